//! Healing: a damaged or missing object is put right from any copy that still has it.
//!
//! Good bytes are proved before they replace anything, and read back after. Where no good replica is left, nothing is
//! touched, and the loss is told by name.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use catalog::{Copy, Object, Replica};
use model::{CopyId, Error, ErrorKind, ReplicaState, Result};
use serde::Serialize;
use vault::{FetchError, Store, StorePath, fetch, verify_object};

use super::Finding;
use crate::{Cancel, Library, Progress, Stage};

/// What healing did.
#[derive(Clone, Debug, Default, Serialize)]
pub struct HealReport {
    /// Objects put right, with the copy that was healed and the one that helped.
    pub healed: Vec<Finding>,
    /// Objects that no reachable copy holds any more.
    pub lost: Vec<Finding>,
    /// Objects that a good replica exists for, but could not be put right now.
    pub failed: Vec<Finding>,
    /// Snapshots and keys that were put right.
    pub healed_files: Vec<String>,
    /// Snapshots and keys that could not be put right.
    pub failed_files: Vec<String>,
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

impl Library {
    /// Heals every object that is known to be damaged or missing, in the library and in every reachable copy, or in
    /// the one that is named.
    pub async fn heal(
        self: &Arc<Self>,
        only: Option<&str>,
        progress: &Arc<dyn Progress>,
        cancel: &Cancel,
    ) -> Result<HealReport> {
        let mut report = HealReport::default();
        let copies = self.copies_in_use().await?;
        if let Some(name) = only {
            self.copy(name).await?;
        }
        let mut stores: HashMap<CopyId, (Copy, Arc<dyn Store>)> = HashMap::new();
        for copy in copies {
            match self.reach(&copy).await {
                Ok(store) => drop(stores.insert(copy.id, (copy, store))),
                Err(error) if only.is_none_or(|name| copy.name == name) => {
                    report.unreachable.push(error.message().to_owned());
                }
                // It may be missed as a helper; then what it was to help says so.
                Err(_) => {}
            }
        }
        let meant: Vec<Copy> = stores
            .values()
            .map(|(copy, _)| copy.clone())
            .filter(|copy| only.is_none_or(|name| copy.name == name))
            .collect();
        let (mut healed, mut lost, mut failed) = (Vec::new(), Vec::new(), Vec::new());
        // What a helper turns out to hold badly is found on the way, and healed in a further round.
        let mut tried = HashSet::new();
        loop {
            let mut todo = Vec::new();
            for copy in &meant {
                let bad = self.catalog.read().await?.replica_bad(copy.id).await?;
                todo.extend(bad.into_iter().map(|bad| (copy.id, bad.object)));
            }
            todo.retain(|(copy, object)| tried.insert((*copy, object.id)));
            if todo.is_empty() || report.interrupted {
                break;
            }
            todo.sort_by_key(|(_, object)| object.id);
            let bytes = todo.iter().map(|(_, object)| object.size).sum();
            progress.begin(Stage::Healing, Some(todo.len() as u64), Some(bytes));
            for (target, object) in todo {
                if cancel.is_cancelled() {
                    report.interrupted = true;
                    break;
                }
                let told = |text: String| (object.id, object.hash, text);
                let Some((copy, store)) = stores.get(&target) else { continue };
                match self.heal_one(&object, copy, store, &stores).await? {
                    Outcome::Healed(text) => healed.push(told(text)),
                    Outcome::Lost(text) => lost.push(told(text)),
                    Outcome::Failed(text) => failed.push(told(text)),
                }
                progress.advance(1, object.size);
            }
            progress.end();
        }
        if !report.interrupted {
            let named = stores.values().map(|(copy, store)| (copy.name.clone(), Arc::clone(store))).collect();
            (report.healed_files, report.failed_files) = self.heal_named(named).await?;
        }
        let (count, losses) = (healed.len(), lost.len());
        report.healed = self.findings(healed).await?;
        report.lost = self.findings(lost).await?;
        report.failed = self.findings(failed).await?;
        if losses > 0 {
            self.forget_what_was_seen().await?;
        }
        if count + losses > 0 {
            let detail = serde_json::json!({"healed": count, "lost": losses});
            let mut tx = self.catalog.begin().await?;
            tx.audit_append(self.clock.now(), "admin", "copy.heal", only.unwrap_or("all"), &detail).await?;
            tx.commit().await?;
        }
        Ok(report)
    }

    async fn heal_one(
        &self,
        object: &Object,
        target: &Copy,
        store: &Arc<dyn Store>,
        stores: &HashMap<CopyId, (Copy, Arc<dyn Store>)>,
    ) -> Result<Outcome> {
        let known = self.catalog.read().await?.good_replicas(object.id).await?;
        let mut holders: Vec<(Copy, Arc<dyn Store>)> =
            known.iter().filter_map(|holder| stores.get(&holder.id).cloned()).collect();
        // What a store holds may be unknown here (after a recovery it is), but an object's name proves its bytes: any
        // store may be asked.
        for (id, reached) in stores {
            if !known.iter().any(|holder| holder.id == *id) {
                holders.push(reached.clone());
            }
        }
        holders.retain(|(holder, _)| holder.id != target.id);
        let away: Vec<String> = self
            .copies_in_use()
            .await?
            .into_iter()
            .filter(|copy| !stores.contains_key(&copy.id))
            .map(|copy| copy.name)
            .collect();
        let (to, wanted) = (Arc::clone(store), object.clone());
        let attempt = tokio::task::spawn_blocking(move || repair(&wanted, &to, &holders)).await;
        let attempt = attempt.map_err(|error| Error::internal("healing ended early").with_source(error))?;
        self.still_there(target, store).await?;
        let now = self.clock.now();
        let mut states = Vec::new();
        let replica = |copy_id, state, note: Option<String>| Replica {
            copy_id,
            object_id: object.id,
            state,
            stored_at: now,
            proved_at: (state == ReplicaState::Held).then_some(now),
            note,
        };
        // A helper that turned out to be bad itself is healed in its turn, or told.
        for (copy, error) in
            attempt.bad_helpers.iter().filter(|(copy, _)| known.iter().any(|k| k.id == copy.id))
        {
            if let Some(state) = super::judged(&Err(Error::new(error.kind(), error.message()))) {
                states.push(replica(copy.id, state, Some(error.message().to_owned())));
            }
        }
        let mut helped = None;
        let outcome = match attempt.result {
            Ok(helper) => {
                states.push(replica(target.id, ReplicaState::Held, None));
                helped = helper.as_ref().map(|helper| helper.id);
                Outcome::Healed(match helper {
                    Some(helper) => format!("put right in '{}' from '{}'", target.name, helper.name),
                    None => format!("found to be right in '{}' after all", target.name),
                })
            }
            Err(None) if !away.is_empty() => Outcome::Failed(format!(
                "'{}' may hold it and cannot be reached now; connect it and heal again",
                away.join("' and '")
            )),
            Err(None) => Outcome::Lost(format!(
                "no reachable copy holds it; it stays {} in '{}'. If the photo exists anywhere else, import it again",
                if attempt.bad_helpers.is_empty() { "bad" } else { "bad, as elsewhere," },
                target.name
            )),
            Err(Some(error)) => {
                Outcome::Failed(format!("could not be put right in '{}': {error}", target.name))
            }
        };
        self.put_on_record(&states, helped).await?;
        Ok(outcome)
    }
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
