//! Passwords that were refused, at whatever door, on their way into the audit log.
//!
//! Written when it happens, each would take longer for an account that exists than for one that does not, and whoever tries
//! often would fill the log. So they are counted here, and an entry for each account follows every hour, or with the next
//! sign-in that goes well.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use catalog::{Person, Tx};
use model::{PersonId, Result, Timestamp};
use serde_json::json;

use super::Origin;
use crate::Library;

/// Places of one account that are named.
const PLACES: usize = 5;

/// Refused sign-ins of one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    times: u64,
    first: Timestamp,
    last: Timestamp,
    networks: BTreeSet<String>,
}

/// Refused sign-ins that are not on record yet.
#[derive(Default)]
pub(crate) struct Refusals(Mutex<HashMap<PersonId, Refused>>);

impl Refusals {
    /// Counts one.
    pub(super) fn count(&self, person: PersonId, origin: &Origin, now: Timestamp) {
        let (_, network) = origin.kept();
        let mut people = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let none = Refused { times: 0, first: now, last: now, networks: BTreeSet::new() };
        let refused = people.entry(person).or_insert(none);
        refused.times += 1;
        refused.last = now;
        if refused.networks.len() < PLACES {
            refused.networks.insert(network);
        }
    }

    /// Takes those of one account, to be put on record.
    pub(super) fn take(&self, person: PersonId) -> Option<Refused> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&person)
    }

    fn take_all(&self) -> HashMap<PersonId, Refused> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Library {
    /// Puts refused sign-ins of an account on record.
    pub(super) async fn put_refused(&self, tx: &mut Tx, person: &Person, refused: &Refused) -> Result<()> {
        let detail = json!({
            "times": refused.times, "first": refused.first.to_string(), "last": refused.last.to_string(),
            "networks": refused.networks
        });
        let now = self.clock.now();
        tx.audit_append(now, "somebody", "session.refused", &person.email, &detail).await.map(drop)
    }

    /// Puts all of them on record.
    pub(crate) async fn put_all_refused(&self) -> Result<()> {
        let all = self.refusals.take_all();
        if all.is_empty() {
            return Ok(());
        }
        let mut tx = self.catalog.begin().await?;
        for (person, refused) in all {
            if let Some(person) = tx.person_get(person).await? {
                self.put_refused(&mut tx, &person, &refused).await?;
            }
        }
        tx.commit().await
    }
}
