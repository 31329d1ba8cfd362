//! Bringing a copy up to date: snapshot, keys, then every object that it does not hold.

use std::io::{Read, Write};
use std::sync::Arc;

use catalog::{Copy, Object, Replica};
use model::{Error, ErrorKind, ObjectId, ReplicaState, Result};
use serde::Serialize;
use vault::{Created, Draft, HashingWriter, Store, StorePath, verify_object};

use super::{Finding, PAGE};
use crate::snapshot::{SnapshotFile, copy_named};
use crate::workers::{Workers, threads};
use crate::{Cancel, Library, Progress, Stage};

/// What a run did. Objects are counted only after they were read back and matched.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RunReport {
    /// The copy.
    pub copy: String,
    /// Objects that are new in the copy.
    pub copied: u64,
    /// Their encrypted bytes.
    pub copied_bytes: u64,
    /// Objects that were in the store already, though the catalog did not know; they were read and are right.
    pub adopted: u64,
    /// Photos that could not be copied, and why.
    pub failed: Vec<Finding>,
    /// Whether the run was stopped before its end.
    pub interrupted: bool,
}

impl RunReport {
    /// Whether the copy now holds everything that the library held when the run began.
    pub fn is_complete(&self) -> bool {
        self.failed.is_empty() && !self.interrupted
    }
}

/// Why an object was not copied.
enum Failure {
    /// The library's own object is bad: nothing is copied that does not match its name.
    Source(Error),
    /// What the copy holds under that name is bad.
    Damaged(Error),
    /// The copy's store failed.
    Target(Error),
}

impl Library {
    /// Brings a copy up to date.
    ///
    /// # Errors
    /// When the copy cannot be reached, or its store is full: going on would fail for every photo.
    pub async fn copy_run(
        self: &Arc<Self>,
        name: &str,
        progress: &Arc<dyn Progress>,
        cancel: &Cancel,
    ) -> Result<RunReport> {
        let copy = self.copy(name).await?;
        if copy.is_library {
            return Err(Error::invalid("the library is what copies are made of; name another copy"));
        }
        let store = self.reach(&copy).await?;
        let snapshot = self.snapshot(progress).await?;
        self.copy_names(&store, &snapshot).await?;

        let mut report = RunReport { copy: copy.name.clone(), ..RunReport::default() };
        let (files, bytes) = self.catalog.read().await?.replica_missing_count(copy.id).await?;
        progress.begin(Stage::Copying, Some(files), Some(bytes));
        let (from, to) = (Arc::clone(&self.store), Arc::clone(&store));
        let (workers, mut outcomes) = Workers::start(threads(), PAGE, move |object: Object| {
            let outcome = fetch(&*from, &*to, &object);
            (object, outcome)
        })?;
        let mut problems = Vec::new();
        let mut after: Option<ObjectId> = None;
        while !cancel.is_cancelled() {
            let page = self.catalog.read().await?.replica_missing_from(copy.id, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            let mut drafts = Vec::new();
            let mut failures = Vec::new();
            workers
                .run(&mut outcomes, page, |(object, outcome)| match outcome {
                    Ok(draft) => drafts.push((object, draft)),
                    Err(failure) => failures.push((object, failure)),
                })
                .await?;
            self.publish(&copy, &store, drafts, failures, &mut report, &mut problems, progress).await?;
        }
        report.interrupted = cancel.is_cancelled();
        report.failed = self.findings(problems).await?;
        progress.end();
        if report.copied + report.adopted > 0 || !report.failed.is_empty() {
            let detail = serde_json::json!({
                "copied": report.copied, "bytes": report.copied_bytes, "adopted": report.adopted,
                "failed": report.failed.len(), "interrupted": report.interrupted,
            });
            let mut tx = self.catalog.begin().await?;
            tx.audit_append(self.clock.now(), "admin", "copy.run", &copy.name, &detail).await?;
            tx.commit().await?;
        }
        Ok(report)
    }

    /// What names the objects goes before the objects: the snapshot and the wrapped keys.
    async fn copy_names(&self, store: &Arc<dyn Store>, snapshot: &SnapshotFile) -> Result<()> {
        let spaces = self.catalog.read().await?.space_list().await?;
        let (from, to) = (Arc::clone(&self.store), Arc::clone(store));
        let snapshot = snapshot.clone();
        let copied = tokio::task::spawn_blocking(move || {
            for space in spaces {
                let hash = vault::hash_content(&mut &space.wrapped_key[..])?.sha256;
                to.create(&StorePath::key(&hash), &mut &space.wrapped_key[..])?;
            }
            let hash = snapshot.hash().ok_or_else(|| Error::internal("a snapshot without a hash"))?;
            copy_named(&*from, &*to, &snapshot.path, hash)?;
            // A store that says it has a snapshot must be able to give it back.
            crate::snapshot::verify_snapshot(&*to, &snapshot)
        });
        copied
            .await
            .map_err(|error| Error::internal("copying ended early").with_source(error))?
            .map_err(|error| error.context("the catalog snapshot could not be copied"))
    }

    /// Stores a page of objects, reads them back, and only then counts them.
    #[expect(clippy::too_many_arguments, reason = "one step of the run above, which owns all of these")]
    async fn publish(
        &self,
        copy: &Copy,
        store: &Arc<dyn Store>,
        drafts: Vec<(Object, Draft)>,
        mut failures: Vec<(Object, Failure)>,
        report: &mut RunReport,
        problems: &mut Vec<(ObjectId, model::Sha256, String)>,
        progress: &Arc<dyn Progress>,
    ) -> Result<()> {
        let to = Arc::clone(store);
        let stored = tokio::task::spawn_blocking(move || {
            let (objects, drafts): (Vec<Object>, Vec<Draft>) = drafts.into_iter().unzip();
            let outcomes = to.create_many(drafts);
            let read_back = |(object, outcome): (Object, Result<Created>)| {
                let created = match outcome {
                    Ok(created) => created,
                    Err(error) => return Err((object, Failure::Target(error))),
                };
                to.forget_cached(&StorePath::object(&object.hash));
                match verify_object(&*to, &object.hash, object.size) {
                    Ok(()) => Ok((object, created)),
                    Err(error) if error.kind() == ErrorKind::Damaged => {
                        Err((object, Failure::Damaged(error)))
                    }
                    Err(error) => Err((object, Failure::Target(error))),
                }
            };
            objects.into_iter().zip(outcomes).map(read_back).collect::<Vec<_>>()
        });
        let stored =
            stored.await.map_err(|error| Error::internal("copying ended early").with_source(error))?;

        let now = self.clock.now();
        let mut states = Vec::new();
        let replica = |object: &Object, state, note: Option<String>| Replica {
            copy_id: copy.id,
            object_id: object.id,
            state,
            stored_at: now,
            proved_at: (state == ReplicaState::Held).then_some(now),
            note,
        };
        for outcome in stored {
            match outcome {
                Ok((object, created)) => {
                    progress.advance(1, object.size);
                    match created {
                        Created::New => {
                            report.copied += 1;
                            report.copied_bytes += object.size;
                        }
                        Created::Exists => report.adopted += 1,
                    }
                    states.push(replica(&object, ReplicaState::Held, None));
                }
                Err(failure) => failures.push(failure),
            }
        }
        let mut full = None;
        for (object, failure) in failures {
            progress.advance(1, object.size);
            let problem = match failure {
                Failure::Source(error) => format!(
                    "the library's own object cannot be copied ({error}); run 'copies check library' and 'copies heal'"
                ),
                Failure::Damaged(error) => {
                    states.push(replica(&object, ReplicaState::Damaged, Some(error.message().to_owned())));
                    format!("what the copy holds is damaged ({error}); run 'copies heal'")
                }
                Failure::Target(error) => {
                    let text = format!("it could not be stored ({error})");
                    if error.kind() == ErrorKind::OutOfSpace {
                        full = Some(error);
                    }
                    text
                }
            };
            problems.push((object.id, object.hash, problem));
        }
        let mut tx = self.catalog.begin().await?;
        tx.replica_set_states(&states).await?;
        tx.commit().await?;
        match full {
            Some(error) => Err(error.context(format!(
                "the copy '{}' is full; {} objects were copied before, make room and run it again",
                copy.name, report.copied
            ))),
            None => Ok(()),
        }
    }
}

/// Reads an object out of one store into a spool of another, if it is what its name says.
pub(crate) fn fetch_object(from: &dyn Store, to: &dyn Store, object: &Object) -> Result<Draft> {
    fetch(from, to, object).map_err(|failure| match failure {
        Failure::Source(error) | Failure::Damaged(error) | Failure::Target(error) => error,
    })
}

/// Reads an object from the library into a spool of the copy's store, if it is what its name says.
fn fetch(from: &dyn Store, to: &dyn Store, object: &Object) -> Result<Draft, Failure> {
    let path = StorePath::object(&object.hash);
    let mut spool = to.spool().map_err(Failure::Target)?;
    let mut source = from.open(&path, 0).map_err(Failure::Source)?;
    let mut out = HashingWriter::new(&mut spool);
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let filled = match source.read(&mut buffer) {
            Ok(0) => break,
            Ok(filled) => filled,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Failure::Source(Error::io("could not read it", error))),
        };
        out.write_all(&buffer[..filled])
            .map_err(|error| Failure::Target(Error::io("could not write it", error)))?;
    }
    let (_, found, size) = out.finish();
    if found != object.hash || size != object.size {
        return Err(Failure::Source(Error::damaged("its bytes are not what they were")));
    }
    spool.flush().map_err(|error| Failure::Target(Error::io("could not write it", error)))?;
    spool.close();
    Ok(Draft { path, spool })
}
