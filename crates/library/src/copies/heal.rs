//! Healing: a damaged or missing object is put right from any copy that still has it.
//!
//! Good bytes are proved before they replace anything, and read back after. Where no good replica is left, nothing is
//! touched, and the loss is told by name.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use catalog::{Copy, Object, Replica};
use model::{CopyId, Error, ErrorKind, ObjectId, ProvedBy, ReplicaState, Result, Sha256};
use serde::Serialize;
use vault::{FetchError, Store, StorePath, fetch, in_lanes, verify_object};

use super::named::Which;
use super::{Finding, PAGE, Problems};
use crate::workers::streams;
use crate::{Cancel, Library, Progress, Stage};

/// What healing did.
#[derive(Clone, Debug, Default, Serialize)]
pub struct HealReport {
    /// Objects put right, with the copy that was healed and the one that helped.
    pub healed: Vec<Finding>,
    /// How many objects were put right, named or not.
    pub count: u64,
    /// Objects that no reachable copy holds any more.
    pub lost: Vec<Finding>,
    /// Objects that a good replica exists for, but could not be put right now.
    pub failed: Vec<Finding>,
    /// Snapshots and keys that were put right.
    pub healed_files: Vec<String>,
    /// Snapshots and keys that could not be put right.
    pub failed_files: Vec<String>,
    /// Objects beyond the first ten thousand of each of these, which are counted and not named.
    pub unnamed: u64,
    /// Copies that were to be healed and could not be reached, and why.
    pub unreachable: Vec<String>,
    /// Whether healing was stopped before its end.
    pub interrupted: bool,
}

impl HealReport {
    /// Whether everything that was known to be bad is good now.
    pub fn is_clean(&self) -> bool {
        self.lost.is_empty()
            && self.failed.is_empty()
            && self.failed_files.is_empty()
            && self.unreachable.is_empty()
            && !self.interrupted
    }
}

/// The copies that can be reached.
type Stores = HashMap<CopyId, (Copy, Arc<dyn Store>)>;

/// So many objects are healed, and put on record, together.
const PART: usize = 64;

impl Library {
    /// Heals every object that is known to be damaged or missing, in the library and in every reachable copy, or in
    /// the one that is named.
    pub async fn heal(
        self: &Arc<Self>,
        only: Option<&str>,
        progress: &Arc<dyn Progress>,
        cancel: &Cancel,
    ) -> Result<HealReport> {
        if let Some(name) = only {
            self.copy(name).await?;
        }
        self.heal_in(
            only.unwrap_or("all"),
            &|copy| only.is_none_or(|name| copy.name == name),
            true,
            progress,
            cancel,
        )
        .await
    }

    /// As [`Library::heal`], in those copies that are `meant`. Of snapshots and keys all are read again first, or only what
    /// is known to be bad.
    pub(crate) async fn heal_in(
        self: &Arc<Self>,
        called: &str,
        is_meant: &(dyn Fn(&Copy) -> bool + Sync),
        read_named: bool,
        progress: &Arc<dyn Progress>,
        cancel: &Cancel,
    ) -> Result<HealReport> {
        let mut report = HealReport::default();
        let copies = self.copies_in_use().await?;
        let (mut stores, mut away) = (Stores::new(), Vec::new());
        for copy in copies {
            match self.reach(&copy).await {
                Ok(store) => drop(stores.insert(copy.id, (copy, store))),
                Err(error) => {
                    if is_meant(&copy) {
                        report.unreachable.push(error.message().to_owned());
                    }
                    // It may be missed as a helper; then what it was to help says so.
                    away.push(copy.name);
                }
            }
        }
        let meant: Vec<Copy> =
            stores.values().map(|(copy, _)| copy.clone()).filter(|copy| is_meant(copy)).collect();
        let (mut healed, mut lost, mut failed) =
            (Problems::default(), Problems::default(), Problems::default());
        let (mut files, mut bytes) = (0, 0);
        for copy in &meant {
            let known = self.catalog.read().await?.replica_summary(copy.id).await?;
            files += known.damaged + known.missing;
            bytes += known.damaged_bytes + known.missing_bytes;
        }
        progress.begin(Stage::Healing, Some(files), Some(bytes));
        // What a helper turns out to hold badly is found on the way, and healed in a further round.
        let mut tried = HashSet::new();
        let mut met = true;
        while met && !report.interrupted {
            met = false;
            for copy in &meant {
                let mut after: Option<ObjectId> = None;
                while !report.interrupted {
                    let page = self.catalog.read().await?.replica_bad(copy.id, after, PAGE).await?;
                    let Some(last) = page.last() else { break };
                    after = Some(last.object.id);
                    let todo: Vec<(CopyId, Object)> = page
                        .into_iter()
                        .map(|bad| (copy.id, bad.object))
                        .filter(|(copy, object)| tried.insert((*copy, object.id)))
                        .collect();
                    met |= !todo.is_empty();
                    for part in todo.chunks(PART) {
                        for (object, outcome) in
                            self.heal_part(part, &stores, &away, progress, cancel).await?
                        {
                            match outcome {
                                Outcome::Healed(text) => healed.push(object.id, object.hash, text),
                                Outcome::Lost(text) => lost.push(object.id, object.hash, text),
                                Outcome::Failed(text) => failed.push(object.id, object.hash, text),
                            }
                        }
                        report.interrupted = cancel.is_cancelled();
                        if report.interrupted {
                            break;
                        }
                    }
                }
            }
        }
        progress.end();
        if !report.interrupted {
            self.heal_files(&stores, read_named, &mut report).await?;
        }
        let (count, losses) = (healed.count(), lost.count());
        report.unnamed = healed.unnamed() + lost.unnamed() + failed.unnamed();
        report.healed = self.findings_of(healed).await?;
        report.count = count;
        report.lost = self.findings_of(lost).await?;
        report.failed = self.findings_of(failed).await?;
        if losses > 0 {
            self.forget_what_was_seen().await?;
        }
        if count + losses > 0 {
            let detail = serde_json::json!({"healed": count, "lost": losses});
            let mut tx = self.catalog.begin().await?;
            tx.audit_append(self.clock.now(), "admin", "copy.heal", called, &detail).await?;
            tx.commit().await?;
        }
        Ok(report)
    }

    /// Puts snapshots and keys right, and on record which of them are bad still.
    async fn heal_files(&self, stores: &Stores, read_all: bool, report: &mut HealReport) -> Result<()> {
        let mut named = Vec::new();
        for (copy, store) in stores.values() {
            let which = if read_all { Which::All } else { Which::First(self.care(copy).await?.bad_files) };
            named.push((copy.clone(), Arc::clone(store), which));
        }
        for came in self.heal_named(named).await? {
            report.healed_files.extend(came.healed);
            // Where nothing could be read, what was known before stays.
            if let Some(why) = came.unread {
                report.failed_files.push(why);
                continue;
            }
            let (files, reasons): (Vec<String>, Vec<String>) = came.failed.into_iter().unzip();
            report.failed_files.extend(reasons);
            self.note_named(&came.copy, &files, None).await?;
        }
        Ok(())
    }

    /// Heals some objects, several at once, and puts on record what came of it. A request to stop leaves out the rest.
    async fn heal_part(
        &self,
        part: &[(CopyId, Object)],
        stores: &Stores,
        away: &[String],
        progress: &Arc<dyn Progress>,
        cancel: &Cancel,
    ) -> Result<Vec<(Object, Outcome)>> {
        let mut wanted = Vec::with_capacity(part.len());
        let mut tx = self.catalog.read().await?;
        for (target, object) in part {
            let Some((target, store)) = stores.get(target) else { continue };
            let known = tx.good_replicas(object.id).await?;
            let holders = holders(&known, stores, target);
            let known = known.iter().map(|copy| copy.id).collect();
            wanted.push(Wanted {
                object: object.clone(),
                target: target.clone(),
                store: Arc::clone(store),
                holders,
                known,
            });
        }
        drop(tx);
        let (stop, told) = (cancel.clone(), Arc::clone(progress));
        let healing = tokio::task::spawn_blocking(move || {
            in_lanes(streams(), wanted, |wanted| {
                if stop.is_cancelled() {
                    return None;
                }
                let attempt = repair(&wanted.object, &wanted.store, &wanted.holders);
                told.advance(1, wanted.object.size);
                Some((wanted, attempt))
            })
        });
        let attempts =
            healing.await.map_err(|error| Error::internal("healing ended early").with_source(error))?;
        let attempts: Vec<(Wanted, Attempt)> = attempts.into_iter().flatten().collect();
        let targets: HashSet<CopyId> = attempts.iter().map(|(wanted, _)| wanted.target.id).collect();
        for (copy, store) in targets.iter().filter_map(|target| stores.get(target)) {
            self.still_there(copy, store).await?;
        }
        self.put_attempts_on_record(&attempts).await?;
        let mut outcomes = Vec::with_capacity(attempts.len());
        let now = self.clock.now();
        let mut tx = self.catalog.begin().await?;
        for (wanted, attempt) in attempts {
            let target = wanted.target.id;
            let (object, outcome) = outcome(wanted, attempt, away);
            if let Outcome::Lost(why) | Outcome::Failed(why) = &outcome {
                tx.damage_unhealed(target, object.id, why, now).await?;
            }
            outcomes.push((object, outcome));
        }
        tx.commit().await?;
        Ok(outcomes)
    }

    async fn put_attempts_on_record(&self, attempts: &[(Wanted, Attempt)]) -> Result<()> {
        let now = self.clock.now();
        let mut by_helper: HashMap<Option<CopyId>, Vec<(Replica, Sha256)>> = HashMap::new();
        // Two attempts may have met the same bad helper.
        let mut seen = HashSet::new();
        for (wanted, attempt) in attempts {
            let replica = |copy_id, state, note: Option<String>| {
                let seen = Replica {
                    copy_id,
                    object_id: wanted.object.id,
                    state,
                    stored_at: now,
                    proved_at: (state == ReplicaState::Held).then_some(now),
                    proved_by: (state == ReplicaState::Held).then_some(ProvedBy::Heal),
                    note,
                };
                (seen, wanted.object.hash)
            };
            // A helper that turned out to be bad itself is healed in its turn, or told.
            for (copy, error) in
                attempt.bad_helpers.iter().filter(|(copy, _)| wanted.known.contains(&copy.id))
            {
                if let Some(state) = super::judged(&Err(Error::new(error.kind(), error.message())))
                    && seen.insert((copy.id, wanted.object.id))
                {
                    let note = Some(error.message().to_owned());
                    by_helper.entry(None).or_default().push(replica(copy.id, state, note));
                }
            }
            if let Ok(helper) = &attempt.result {
                let states = by_helper.entry(helper.as_ref().map(|helper| helper.id)).or_default();
                states.push(replica(wanted.target.id, ReplicaState::Held, None));
            }
        }
        for (helper, states) in by_helper {
            self.put_on_record(states, helper).await?;
        }
        Ok(())
    }
}

/// Who may have an object for `target`: those that are known to have it, then the others. What a store holds may be unknown
/// here (after a recovery it is), but an object's name proves its bytes: any store may be asked.
fn holders(known: &[Copy], stores: &Stores, target: &Copy) -> Vec<(Copy, Arc<dyn Store>)> {
    let is_known = |id: &CopyId| known.iter().any(|holder| holder.id == *id);
    let others = stores.iter().filter(|(id, _)| !is_known(id)).map(|(_, reached)| reached);
    let first = known.iter().filter_map(|holder| stores.get(&holder.id));
    first.chain(others).filter(|(holder, _)| holder.id != target.id).cloned().collect()
}

fn outcome(wanted: Wanted, attempt: Attempt, away: &[String]) -> (Object, Outcome) {
    let target = &wanted.target.name;
    let outcome = match attempt.result {
        Ok(Some(helper)) => Outcome::Healed(format!("put right in '{target}' from '{}'", helper.name)),
        Ok(None) => Outcome::Healed(format!("found to be right in '{target}' after all")),
        Err(None) if !away.is_empty() => Outcome::Failed(format!(
            "'{}' may hold it and cannot be reached now; connect it and heal again",
            away.join("' and '")
        )),
        Err(None) => Outcome::Lost(format!(
            "no reachable copy holds it; it stays {} in '{target}'. If the photo exists anywhere else, import it again",
            if attempt.bad_helpers.is_empty() { "bad" } else { "bad, as elsewhere," },
        )),
        Err(Some(error)) => Outcome::Failed(format!("could not be put right in '{target}': {error}")),
    };
    (wanted.object, outcome)
}

/// An object that is bad in a copy.
struct Wanted {
    object: Object,
    target: Copy,
    store: Arc<dyn Store>,
    /// Whom to ask for it, in this order.
    holders: Vec<(Copy, Arc<dyn Store>)>,
    /// Of them, those that should have it.
    known: HashSet<CopyId>,
}

enum Outcome {
    Healed(String),
    Lost(String),
    Failed(String),
}

struct Attempt {
    /// The helper (`None` if nothing was wrong), or why it failed (`None` if nobody could help).
    result: Result<Option<Copy>, Option<Error>>,
    bad_helpers: Vec<(Copy, Error)>,
}

fn repair(object: &Object, to: &Arc<dyn Store>, holders: &[(Copy, Arc<dyn Store>)]) -> Attempt {
    let mut bad_helpers = Vec::new();
    let path = StorePath::object(&object.hash);
    to.forget_cached(&path);
    if verify_object(&**to, &object.hash, object.size).is_ok() {
        return Attempt { result: Ok(None), bad_helpers };
    }
    for (copy, from) in holders {
        let attempt = fetch(&**from, &**to, &path, &object.hash).and_then(|(mut spool, _)| {
            let put = spool.reader().and_then(|mut content| to.replace(&path, &mut content));
            put.map_err(FetchError::Target)
        });
        match attempt {
            Err(FetchError::Source(error)) => bad_helpers.push((copy.clone(), error)),
            Err(FetchError::Target(error)) => return Attempt { result: Err(Some(error)), bad_helpers },
            Ok(()) => {
                to.forget_cached(&path);
                let read_back = verify_object(&**to, &object.hash, object.size);
                let result = read_back.map(|()| Some(copy.clone())).map_err(Some);
                return Attempt { result, bad_helpers };
            }
        }
    }
    // A helper that did not answer may still have it: that is no loss.
    let passing = bad_helpers
        .iter()
        .find(|(_, error)| !matches!(error.kind(), ErrorKind::Damaged | ErrorKind::NotFound));
    let result = Err(passing.map(|(_, error)| Error::new(error.kind(), error.message())));
    Attempt { result, bad_helpers }
}
