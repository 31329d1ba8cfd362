//! Scrubbing: every object that a copy should hold is read again, from the medium where that can be done, and compared
//! with its name.

use std::sync::Arc;
use std::time::Duration;

use catalog::{Copy, Damage, LookCursor, Object, Replica, ReplicaObject};
use model::{CopyId, ErrorKind, ObjectId, ProvedBy, ReplicaState, Result, Sha256, Timestamp};
use serde::Serialize;
use vault::{StorePath, verify_object};

use super::named::Which;
use super::{Finding, PAGE, Problems, judged};
use crate::workers::{Workers, streams};
use crate::{Cancel, Library, Progress, Stage};

/// All snapshots of a copy are read again so often.
const NAMED_EACH: Duration = Duration::from_hours(7 * 24);

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
    /// Objects beyond the first ten thousand of each of these, which are counted and not named.
    pub unnamed: u64,
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

/// What is read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Portion {
    /// Everything.
    All,
    /// So many bytes of what was looked at before this time, what was not for the longest time first.
    Oldest { bytes: u64, before: Timestamp },
}

/// What could not be read before is tried again in pages that begin with this many: a store may take its time to refuse.
const AGAIN: usize = 4;

/// Where the next page begins, and how many bytes were taken up.
struct Place {
    object: Option<ObjectId>,
    look: Option<LookCursor>,
    read: u64,
    /// How many of what could not be read before are tried again next, and bytes of what was.
    again: usize,
    read_again: u64,
}

impl Place {
    fn begin() -> Self {
        Self { object: None, look: None, read: 0, again: AGAIN, read_again: 0 }
    }

    /// While everything can be read again the pages grow; after the first that cannot, the rest waits for the next part.
    fn tried(&mut self, all_read: bool) {
        self.again = if all_read { (self.again * 2).min(PAGE) } else { 0 };
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
        self.scrub(&copy, &store, Portion::All, streams(), progress, cancel).await
    }

    /// Reads a part of a copy again: about so many bytes, those that were not looked at for the longest time, one at a time
    /// so that everybody else goes first.
    pub(crate) async fn copy_scrub(
        self: &Arc<Self>,
        copy: &Copy,
        store: &Arc<dyn vault::Store>,
        bytes: u64,
        progress: &Arc<dyn Progress>,
        cancel: &Cancel,
    ) -> Result<CheckReport> {
        let portion = Portion::Oldest { bytes, before: self.clock.now() };
        self.scrub(copy, store, portion, 1, progress, cancel).await
    }

    async fn scrub(
        self: &Arc<Self>,
        copy: &Copy,
        store: &Arc<dyn vault::Store>,
        portion: Portion,
        threads: usize,
        progress: &Arc<dyn Progress>,
        cancel: &Cancel,
    ) -> Result<CheckReport> {
        let mut report = CheckReport { copy: copy.name.clone(), ..CheckReport::default() };
        let known = self.catalog.read().await?.replica_summary(copy.id).await?;
        let (files, bytes) = (
            known.held + known.damaged + known.missing,
            known.held_bytes + known.damaged_bytes + known.missing_bytes,
        );
        match portion {
            Portion::All => progress.begin(Stage::Checking, Some(files), Some(bytes)),
            Portion::Oldest { bytes: part, .. } => {
                progress.begin(Stage::Checking, None, Some(part.min(bytes)));
            }
        }
        let (scrubbed, stop) = (Arc::clone(store), cancel.clone());
        let (workers, mut outcomes) = Workers::start(threads, PAGE, move |object: Object| {
            scrubbed.forget_cached(&StorePath::object(&object.hash));
            let outcome = stop.check().and_then(|()| verify_object(&*scrubbed, &object.hash, object.size));
            (object, outcome)
        })?;
        let (mut damaged, mut missing, mut unread) =
            (Problems::default(), Problems::default(), Problems::default());
        let mut place = Place::begin();
        while !cancel.is_cancelled() {
            let page = self.portion_page(copy, portion, &mut place).await?;
            if page.is_empty() {
                break;
            }
            let stored: std::collections::HashMap<_, _> =
                page.iter().map(|item| (item.object.id, item.replica.stored_at)).collect();
            let mut states = Vec::with_capacity(page.len());
            let mut unknown = Vec::new();
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
                            damaged.push(object.id, object.hash, problem);
                        }
                        (Some(ReplicaState::Missing), Some(problem)) => {
                            missing.push(object.id, object.hash, problem);
                        }
                        (None, Some(problem)) => {
                            unknown.push((object.id, problem.clone()));
                            unread.push(object.id, object.hash, problem);
                        }
                        _ => {
                            report.proved += 1;
                            report.proved_bytes += object.size;
                        }
                    }
                    if let Some(state) = state {
                        let seen = Replica {
                            copy_id: copy.id,
                            object_id: object.id,
                            state,
                            stored_at: stored.get(&object.id).copied().unwrap_or(now),
                            proved_at: (state == ReplicaState::Held).then_some(now),
                            proved_by: (state == ReplicaState::Held).then_some(ProvedBy::Scrub),
                            note: problem,
                        };
                        states.push((seen, object.hash));
                    }
                })
                .await?;
            place.tried(unknown.is_empty());
            self.still_there(copy, store).await?;
            self.put_on_record(states, None).await?;
            if !unknown.is_empty() {
                let mut tx = self.catalog.begin().await?;
                let ids: Vec<ObjectId> = unknown.iter().map(|(id, _)| *id).collect();
                tx.replica_looked(copy.id, &ids, now).await?;
                tx.unread_note(copy.id, &unknown, now).await?;
                tx.commit().await?;
            }
        }
        report.interrupted = cancel.is_cancelled();
        if !report.interrupted {
            report.damaged_files = self.scrub_named(copy, store, portion == Portion::All).await?;
        }
        let detail = serde_json::json!({"damaged": damaged.count(), "missing": missing.count()});
        let bad = damaged.count() + missing.count();
        report.unnamed = damaged.unnamed() + missing.unnamed() + unread.unnamed();
        report.damaged = self.findings_of(damaged).await?;
        report.missing = self.findings_of(missing).await?;
        report.unread = self.findings_of(unread).await?;
        if bad > 0 {
            if !self.catalog.read().await?.object_unsafe(None, 1).await?.is_empty() {
                self.forget_what_was_seen().await?;
            }
            let mut tx = self.catalog.begin().await?;
            tx.audit_append(self.clock.now(), "admin", "copy.damage-found", &copy.name, &detail).await?;
            tx.commit().await?;
        }
        progress.end();
        Ok(report)
    }

    /// The next objects that are to be read; none when that was all.
    async fn portion_page(
        &self,
        copy: &Copy,
        portion: Portion,
        place: &mut Place,
    ) -> Result<Vec<ReplicaObject>> {
        let mut tx = self.catalog.read().await?;
        let (bytes, before) = match portion {
            Portion::All => {
                let page = tx.replica_page(copy.id, place.object, PAGE).await?;
                place.object = page.last().map(|last| last.object.id);
                return Ok(page);
            }
            Portion::Oldest { bytes, before } => (bytes, before),
        };
        // What could not be read takes up as much again at most, or it would keep everything else from being read.
        if place.again > 0 && place.read_again < bytes {
            let mut page = tx.unread_page(copy.id, place.again).await?;
            page.retain(|item| item.looked_at.is_none_or(|at| at < before));
            fit(&mut page, bytes, &mut place.read_again);
            if !page.is_empty() {
                return Ok(page);
            }
        }
        place.again = 0;
        let mut page = tx.replica_page_by_look(copy.id, place.look, PAGE).await?;
        // What this scrub looked at itself comes last, and is where it ends.
        page.retain(|item| item.looked_at.is_none_or(|at| at < before));
        fit(&mut page, bytes, &mut place.read);
        place.look =
            page.last().map(|last| LookCursor { looked_at: last.looked_at, object_id: last.object.id });
        Ok(page)
    }

    /// Reads snapshots and keys again, and puts on record which are bad. With each part of a scrub those that matter most
    /// are read, all of them once a week: there are more of them from day to day.
    async fn scrub_named(
        &self,
        copy: &Copy,
        store: &Arc<dyn vault::Store>,
        all: bool,
    ) -> Result<Vec<String>> {
        let (care, now) = (self.care(copy).await?, self.clock.now());
        let all = all || care.named_at.is_none_or(|at| at > now || at.plus(NAMED_EACH) <= now);
        let which = if all { Which::All } else { Which::First(care.bad_files) };
        let bad = self.check_named(store, which).await?;
        self.still_there(copy, store).await?;
        self.note_named(copy, &bad, all.then_some(now)).await?;
        Ok(bad)
    }

    /// Puts on record what was seen of a copy's objects by looking at them under these hashes: their state, and the damage or
    /// the end of it. What was sealed anew meanwhile has another hash, and nothing is known of it. `helper` is the copy that
    /// put them right, if one did.
    pub(crate) async fn put_on_record(
        &self,
        seen: Vec<(Replica, Sha256)>,
        helper: Option<CopyId>,
    ) -> Result<()> {
        let now = self.clock.now();
        let mut tx = self.catalog.begin().await?;
        let ids: Vec<ObjectId> = seen.iter().map(|(seen, _)| seen.object_id).collect();
        let hashes = tx.object_hashes(&ids).await?;
        let still = seen.into_iter().filter(|(seen, hash)| hashes.get(&seen.object_id) == Some(hash));
        let states: Vec<Replica> = still.map(|(seen, _)| seen).collect();
        tx.replica_set_states(&states, Some(now)).await?;
        let bad: Vec<Damage> = states
            .iter()
            .filter(|seen| seen.state != ReplicaState::Held)
            .map(|seen| Damage {
                copy_id: seen.copy_id,
                object_id: seen.object_id,
                state: seen.state,
                note: seen.note.clone().unwrap_or_default(),
                found_at: now,
                healed_at: None,
                healed_from: None,
                unhealed: None,
            })
            .collect();
        tx.damage_note(&bad).await?;
        // Nearly always there is none: then the many that are right cost nothing.
        if tx.damage_any().await? {
            for seen in states.iter().filter(|seen| seen.state == ReplicaState::Held) {
                tx.damage_healed(seen.copy_id, seen.object_id, helper, now).await?;
            }
        }
        tx.commit().await
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

/// Leaves in a page what begins within so many bytes, of which some were read already.
fn fit(page: &mut Vec<ReplicaObject>, bytes: u64, read: &mut u64) {
    let mut fits = 0;
    for item in page.iter() {
        if *read >= bytes {
            break;
        }
        *read += item.object.size;
        fits += 1;
    }
    page.truncate(fits);
}

/// Whether the outcome is that of a request to stop: then it says nothing of the object.
pub(super) fn stopped<T>(outcome: &Result<T>) -> bool {
    outcome.as_ref().is_err_and(|error| error.kind() == ErrorKind::Interrupted)
}
