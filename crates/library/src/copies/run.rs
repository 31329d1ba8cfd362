//! Bringing a copy up to date: snapshot, keys, then every object that it does not hold.

use std::sync::Arc;

use catalog::{Copy, Object, Replica};
use model::{Error, ErrorKind, ObjectId, ProvedBy, ReplicaState, Result};
use serde::Serialize;
use vault::{Created, Draft, FetchError, Store, StorePath, fetch, in_lanes, verify_object};

use super::named::is_right;
use super::{Finding, PAGE, Problems};
use crate::snapshot::{SnapshotFile, copy_named};
use crate::workers::{Workers, streams};
use crate::{Cancel, Library, Progress, Stage};

/// Up to so many bytes wait to be stored together.
const LOT_BYTES: u64 = 64 * 1024 * 1024;

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
    /// Old snapshots that were removed, where that was asked for.
    pub thinned: u64,
    /// Why they were not.
    pub not_thinned: Option<String>,
    /// Photos that could not be copied, and why.
    pub failed: Vec<Finding>,
    /// Objects beyond the first ten thousand of them, which are counted and not named.
    pub unnamed: u64,
    /// Keys that the copy holds damaged and lets nobody put right.
    pub failed_files: Vec<String>,
    /// What the copy's store refused or did not do, the first of it: everything else that failed is on record as damage,
    /// and healing's to put right.
    #[serde(skip)]
    pub refused: Option<String>,
    /// Whether the run was stopped before its end.
    pub interrupted: bool,
}

impl RunReport {
    /// Whether the copy now holds everything that the library held when the run began.
    pub fn is_complete(&self) -> bool {
        self.failed.is_empty() && self.failed_files.is_empty() && !self.interrupted
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
    /// A request to stop: nothing is known of the object.
    Stopped(Error),
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::Source(error) => Self::Source(error),
            FetchError::Target(error) => Self::Target(error),
        }
    }
}

/// An object on its way into a copy.
enum Fetched {
    /// It waits to be stored.
    Draft(Draft),
    /// The copy has it, and it is right.
    There,
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
        let failed_files = self.copy_names(&store, &snapshot).await?;
        self.sweep_copy(&store).await;

        let mut report = RunReport { copy: copy.name.clone(), failed_files, ..RunReport::default() };
        if self.care(&copy).await?.thin_out {
            match self.thin_out(&copy.name, &store).await {
                Ok(removed) => report.thinned = removed,
                // Photos are what a run is for.
                Err(error) => report.not_thinned = Some(error.message().to_owned()),
            }
        }
        let (files, bytes) = self.lacked_by(&copy).await?;
        progress.begin(Stage::Copying, Some(files), Some(bytes));
        let (from, to, stop) = (Arc::clone(&self.store), Arc::clone(&store), cancel.clone());
        let (workers, mut outcomes) = Workers::start(streams(), PAGE, move |object: Object| {
            let outcome =
                stop.check().map_err(Failure::Stopped).and_then(|()| take_up(&*from, &*to, &object));
            (object, outcome)
        })?;
        let mut problems = Problems::default();
        let mut after: Option<ObjectId> = None;
        // What comes in from now on is for the next run.
        while files > 0 && !cancel.is_cancelled() {
            let page = self.catalog.read().await?.replica_missing_from(copy.id, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            for lot in lots(page) {
                let mut there = Vec::new();
                let mut drafts = Vec::new();
                let mut failures = Vec::new();
                workers
                    .run(&mut outcomes, lot, |(object, outcome)| match outcome {
                        Ok(Fetched::Draft(draft)) => drafts.push((object, draft)),
                        Ok(Fetched::There) => there.push(object),
                        Err(Failure::Stopped(_)) => {}
                        Err(failure) => failures.push((object, failure)),
                    })
                    .await?;
                self.publish(&copy, &store, there, drafts, failures, &mut report, &mut problems, progress)
                    .await?;
                if cancel.is_cancelled() {
                    break;
                }
            }
        }
        report.interrupted = cancel.is_cancelled();
        let failed = problems.count();
        report.unnamed = problems.unnamed();
        report.failed = self.findings_of(problems).await?;
        progress.end();
        if report.copied + report.adopted + failed > 0 {
            let detail = serde_json::json!({
                "copied": report.copied, "bytes": report.copied_bytes, "adopted": report.adopted, "failed": failed,
                "interrupted": report.interrupted,
            });
            let mut tx = self.catalog.begin().await?;
            tx.audit_append(self.clock.now(), "admin", "copy.run", &copy.name, &detail).await?;
            tx.commit().await?;
        }
        Ok(report)
    }

    /// How many objects, and encrypted bytes, a copy lacks. What follows from other tables is not trusted unseen with which
    /// photos are kept safe.
    async fn lacked_by(&self, copy: &Copy) -> Result<(u64, u64)> {
        if !self.catalog.read().await?.lacking_adds_up(copy.id).await? {
            let mut tx = self.catalog.begin().await?;
            tx.lacking_refill(Some(copy.id)).await?;
            let detail = serde_json::json!({"lacks": tx.replica_missing_count(copy.id).await?.0});
            tx.audit_append(self.clock.now(), "admin", "copy.recounted", &copy.name, &detail).await?;
            tx.commit().await?;
        }
        self.catalog.read().await?.replica_missing_count(copy.id).await
    }

    /// What names the objects goes before the objects: the snapshot and the wrapped keys.
    /// Gives which keys are damaged there and stay so: objects are copied all the same.
    async fn copy_names(&self, store: &Arc<dyn Store>, snapshot: &SnapshotFile) -> Result<Vec<String>> {
        let spaces = self.catalog.read().await?.space_list().await?;
        let (from, to) = (Arc::clone(&self.store), Arc::clone(store));
        let snapshot = snapshot.clone();
        let copied = tokio::task::spawn_blocking(move || {
            let mut stay = Vec::new();
            for space in spaces {
                let hash = vault::hash_bytes(&mut &space.wrapped_key[..])?.0;
                let path = StorePath::key(&hash);
                to.create(&path, &mut &space.wrapped_key[..])?;
                if !is_right(&*to, &path, hash)?
                    && let Err(error) = to.replace(&path, &mut &space.wrapped_key[..])
                {
                    stay.push(format!("{path} is damaged and could not be put right: {error}"));
                }
            }
            let hash = snapshot.hash().ok_or_else(|| Error::internal("a snapshot without a hash"))?;
            // A store that says it has a snapshot must be able to give it back.
            if !is_right(&*to, &snapshot.path, hash)? {
                copy_named(&*from, &*to, &snapshot.path, hash)?;
            }
            if !is_right(&*to, &snapshot.path, hash)? {
                return Err(Error::damaged(format!(
                    "{} does not give it back as it was stored",
                    to.describe()
                )));
            }
            Ok(stay)
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
        there: Vec<Object>,
        drafts: Vec<(Object, Draft)>,
        mut failures: Vec<(Object, Failure)>,
        report: &mut RunReport,
        problems: &mut Problems,
        progress: &Arc<dyn Progress>,
    ) -> Result<()> {
        let to = Arc::clone(store);
        let stored = tokio::task::spawn_blocking(move || {
            let (objects, drafts): (Vec<Object>, Vec<Draft>) = drafts.into_iter().unzip();
            let outcomes = to.create_many(drafts);
            let read_back = |(object, outcome): (Object, Result<Created>)| {
                let created = match outcome {
                    Ok(created) => created,
                    Err(error) => return (object, Err(Failure::Target(error))),
                };
                to.forget_cached(&StorePath::object(&object.hash));
                match verify_object(&*to, &object.hash, object.size) {
                    Ok(()) => (object, Ok(created)),
                    Err(error) if error.kind() == ErrorKind::Damaged => {
                        (object, Err(Failure::Damaged(error)))
                    }
                    Err(error) => (object, Err(Failure::Target(error))),
                }
            };
            in_lanes(streams(), objects.into_iter().zip(outcomes).collect(), read_back)
        });
        let stored =
            stored.await.map_err(|error| Error::internal("copying ended early").with_source(error))?;

        let now = self.clock.now();
        let mut states = Vec::new();
        let replica = |of: &Copy, object: &Object, state, note: Option<String>| {
            let seen = Replica {
                copy_id: of.id,
                object_id: object.id,
                state,
                stored_at: now,
                proved_at: (state == ReplicaState::Held).then_some(now),
                proved_by: (state == ReplicaState::Held).then_some(ProvedBy::Run),
                note,
            };
            (seen, object.hash)
        };
        let there = there.into_iter().map(|object| (object, Ok(Created::Exists)));
        for (object, outcome) in there.chain(stored) {
            match outcome {
                Ok(created) => {
                    progress.advance(1, object.size);
                    match created {
                        Created::New => {
                            report.copied += 1;
                            report.copied_bytes += object.size;
                        }
                        Created::Exists => report.adopted += 1,
                    }
                    states.push(replica(copy, &object, ReplicaState::Held, None));
                }
                Err(failure) => failures.push((object, failure)),
            }
        }
        let mut full = None;
        let own = self.library_copy().await?;
        let mut own_states = Vec::new();
        for (object, failure) in failures {
            progress.advance(1, object.size);
            let problem = match failure {
                Failure::Source(error) => {
                    let text = format!(
                        "the library's own object cannot be copied ({error}); run 'copies check library' and 'copies heal'"
                    );
                    match super::judged(&Err(error)) {
                        Some(state) => own_states.push(replica(&own, &object, state, Some(text.clone()))),
                        None => drop(report.refused.get_or_insert_with(|| text.clone())),
                    }
                    text
                }
                Failure::Damaged(error) => {
                    let note = Some(error.message().to_owned());
                    states.push(replica(copy, &object, ReplicaState::Damaged, note));
                    format!("what the copy holds is damaged ({error}); run 'copies heal'")
                }
                Failure::Stopped(error) => error.message().to_owned(),
                Failure::Target(error) => {
                    let text = format!("it could not be stored ({error})");
                    report.refused.get_or_insert_with(|| text.clone());
                    if error.kind() == ErrorKind::OutOfSpace {
                        full = Some(error);
                    }
                    text
                }
            };
            problems.push(object.id, object.hash, problem);
        }
        self.still_there(copy, store).await?;
        self.put_on_record(states, None).await?;
        if !own_states.is_empty() {
            self.still_there(&own, &self.store).await?;
            self.put_on_record(own_states, None).await?;
        }
        match full {
            Some(error) => Err(error.context(format!(
                "the copy '{}' is full; {} objects were copied before, make room and run it again",
                copy.name, report.copied
            ))),
            None => Ok(()),
        }
    }
}

/// Cuts a page where its bytes get many: what waits to be stored takes memory or temporary space.
pub(crate) fn lots(page: Vec<Object>) -> Vec<Vec<Object>> {
    let mut lots: Vec<Vec<Object>> = Vec::new();
    let mut bytes = u64::MAX;
    for object in page {
        if bytes >= LOT_BYTES {
            lots.push(Vec::new());
            bytes = 0;
        }
        bytes += object.size;
        if let Some(lot) = lots.last_mut() {
            lot.push(object);
        }
    }
    lots
}

/// Fetches an object, unless the copy has it already: an old disk that is taken up is read, not written.
fn take_up(from: &dyn Store, to: &dyn Store, object: &Object) -> Result<Fetched, Failure> {
    let path = StorePath::object(&object.hash);
    if to.stat(&path).map_err(Failure::Target)?.is_some() {
        to.forget_cached(&path);
        match verify_object(to, &object.hash, object.size) {
            Ok(()) => return Ok(Fetched::There),
            Err(error) if error.kind() == ErrorKind::Damaged => return Err(Failure::Damaged(error)),
            Err(error) => return Err(Failure::Target(error)),
        }
    }
    Ok(Fetched::Draft(fetch_object(from, to, object)?))
}

/// An object on its way into another store.
pub(crate) fn fetch_object(from: &dyn Store, to: &dyn Store, object: &Object) -> Result<Draft, FetchError> {
    let path = StorePath::object(&object.hash);
    let (spool, _) = fetch(from, to, &path, &object.hash)?;
    Ok(Draft { path, spool })
}
