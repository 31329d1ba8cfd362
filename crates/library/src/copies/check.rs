//! Scrubbing: every object that a copy should hold is read again, from the medium where that can be done, and compared
//! with its name.

use std::sync::Arc;

use catalog::{Object, Replica};
use model::{ErrorKind, ObjectId, ReplicaState, Result};
use serde::Serialize;
use vault::{StorePath, verify_object};

use super::{Finding, PAGE, judged};
use crate::workers::{Workers, streams};
use crate::{Cancel, Library, Progress, Stage};

/// What a check found. Objects are counted only if they were read to their end.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CheckReport {
    /// The copy.
    pub copy: String,
    /// Objects read and right.
    pub proved: u64,
    /// Their encrypted bytes.
    pub proved_bytes: u64,
    /// Objects whose bytes are not what they were.
    pub damaged: Vec<Finding>,
    /// Objects that are not there.
    pub missing: Vec<Finding>,
    /// Objects that could not be read now, for a reason that may pass: nothing is known of them.
    pub unread: Vec<Finding>,
    /// Snapshots of the catalog and wrapped keys that are damaged, or, of the keys, missing.
    pub damaged_files: Vec<String>,
    /// Whether the check was stopped before its end.
    pub interrupted: bool,
}

impl CheckReport {
    /// Whether everything was read and is right.
    pub fn is_clean(&self) -> bool {
        self.damaged.is_empty()
            && self.missing.is_empty()
            && self.unread.is_empty()
            && self.damaged_files.is_empty()
            && !self.interrupted
    }
}

impl Library {
    /// Checks one copy, or the library itself by its name `library`.
    pub async fn copy_check(
        self: &Arc<Self>,
        name: &str,
        progress: &Arc<dyn Progress>,
        cancel: &Cancel,
    ) -> Result<CheckReport> {
        let copy = self.copy(name).await?;
        let store = self.reach(&copy).await?;
        let mut report = CheckReport { copy: copy.name.clone(), ..CheckReport::default() };
        let known = self.catalog.read().await?.replica_summary(copy.id).await?;
        progress.begin(
            Stage::Checking,
            Some(known.held + known.damaged + known.missing),
            Some(known.held_bytes + known.damaged_bytes + known.missing_bytes),
        );
        let (scrubbed, stop) = (Arc::clone(&store), cancel.clone());
        let (workers, mut outcomes) = Workers::start(streams(), PAGE, move |object: Object| {
            scrubbed.forget_cached(&StorePath::object(&object.hash));
            let outcome = stop.check().and_then(|()| verify_object(&*scrubbed, &object.hash, object.size));
            (object, outcome)
        })?;
        let (mut damaged, mut missing, mut unread) = (Vec::new(), Vec::new(), Vec::new());
        let mut after: Option<ObjectId> = None;
        while !cancel.is_cancelled() {
            let page = self.catalog.read().await?.replica_page(copy.id, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.object.id);
            let stored: std::collections::HashMap<_, _> =
                page.iter().map(|item| (item.object.id, item.replica.stored_at)).collect();
            let mut states = Vec::with_capacity(page.len());
            let now = self.clock.now();
            workers
                .run(&mut outcomes, page.into_iter().map(|item| item.object), |(object, outcome)| {
                    if stopped(&outcome) {
                        return;
                    }
                    progress.advance(1, object.size);
                    let problem = outcome.as_ref().err().map(|error| error.message().to_owned());
                    let state = judged(&outcome);
                    match (state, problem.clone()) {
                        (Some(ReplicaState::Damaged), Some(problem)) => {
                            damaged.push((object.id, object.hash, problem));
                        }
                        (Some(ReplicaState::Missing), Some(problem)) => {
                            missing.push((object.id, object.hash, problem));
                        }
                        (None, Some(problem)) => unread.push((object.id, object.hash, problem)),
                        _ => {
                            report.proved += 1;
                            report.proved_bytes += object.size;
                        }
                    }
                    if let Some(state) = state {
                        states.push(Replica {
                            copy_id: copy.id,
                            object_id: object.id,
                            state,
                            stored_at: stored.get(&object.id).copied().unwrap_or(now),
                            proved_at: (state == ReplicaState::Held).then_some(now),
                            note: problem,
                        });
                    }
                })
                .await?;
            self.still_there(&copy, &store).await?;
            let mut tx = self.catalog.begin().await?;
            tx.replica_set_states(&states).await?;
            tx.commit().await?;
        }
        report.interrupted = cancel.is_cancelled();
        if !report.interrupted {
            report.damaged_files = self.check_named(&store).await?;
        }
        let bad = damaged.len() + missing.len();
        report.damaged = self.findings(damaged).await?;
        report.missing = self.findings(missing).await?;
        report.unread = self.findings(unread).await?;
        if bad > 0 {
            if !self.catalog.read().await?.object_unsafe(None, 1).await?.is_empty() {
                self.forget_what_was_seen().await?;
            }
            let detail =
                serde_json::json!({"damaged": report.damaged.len(), "missing": report.missing.len()});
            let mut tx = self.catalog.begin().await?;
            tx.audit_append(self.clock.now(), "admin", "copy.damage-found", &copy.name, &detail).await?;
            tx.commit().await?;
        }
        progress.end();
        Ok(report)
    }

    /// After a loss, an import must not take a file for known without looking: it may be what brings the photo back.
    pub(crate) async fn forget_what_was_seen(&self) -> Result<()> {
        let mut tx = self.catalog.begin().await?;
        for space in tx.space_list().await? {
            tx.seen_clear(space.id).await?;
        }
        tx.commit().await
    }
}

/// Whether the outcome is that of a request to stop: then it says nothing of the object.
pub(super) fn stopped<T>(outcome: &Result<T>) -> bool {
    outcome.as_ref().is_err_and(|error| error.kind() == ErrorKind::Interrupted)
}
