//! Ceremonies that are under way: what a browser was asked, until it answers.
//!
//! A challenge is good for one answer, for five minutes, for what it was asked for, and, where somebody has signed in,
//! for their session alone. All of that is kept here and nothing of it travels, so there is nothing to forge and nothing
//! to replay. It is kept in memory: a restart ends what was under way, and people begin again. Strangers can begin
//! ceremonies too, so they share a bounded room in which whoever takes most of it loses first; those who have signed in
//! have rooms of their own.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::{PersonId, SessionId, Timestamp};
use uuid::Uuid;
use webauthn_rs::prelude::{DiscoverableAuthentication, PasskeyRegistration};

/// How long an answer is waited for: what browsers are told, too.
const LASTS: Duration = Duration::from_mins(5);

/// Ceremonies of all strangers together,
const STRANGERS: usize = 4096;
/// of one party of them,
const EACH_PARTY: usize = 64;
/// and of one person who has signed in.
const EACH_PERSON: usize = 8;

/// Who began a ceremony.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Holder {
    /// Somebody who has not signed in yet, by where they are.
    Party(IpAddr),
    /// Somebody who has, in this session.
    Session(PersonId, SessionId),
}

/// What a browser was asked for.
#[derive(Clone)]
pub(super) enum Purpose {
    /// To make a passkey of this name.
    Enrol(String, PasskeyRegistration),
    /// To show one: to sign in, or, in a session, to prove again who one is.
    Show(DiscoverableAuthentication),
}

struct Ceremony {
    /// Later ones are larger.
    number: u64,
    expires_at: Timestamp,
    holder: Holder,
    purpose: Purpose,
}

/// The ceremonies that are under way.
#[derive(Default)]
pub(crate) struct Ceremonies(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    by_id: HashMap<Uuid, Ceremony>,
    begun: u64,
}

impl Ceremonies {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins one; gives its id.
    pub(super) fn begin(&self, holder: Holder, purpose: Purpose, now: Timestamp) -> Uuid {
        let mut inner = self.inner();
        inner.by_id.retain(|_, ceremony| ceremony.expires_at > now);
        inner.make_room(holder);
        inner.begun += 1;
        let id = Uuid::new_v4();
        let ceremony = Ceremony { number: inner.begun, expires_at: now.plus(LASTS), holder, purpose };
        inner.by_id.insert(id, ceremony);
        id
    }

    /// Takes the name and the state of an enrolment that this session began. It is good for nothing more after that.
    pub(super) fn enrolment(
        &self,
        id: Uuid,
        holder: Holder,
        now: Timestamp,
    ) -> Option<(String, PasskeyRegistration)> {
        self.take(id, now, |ceremony| match &ceremony.purpose {
            Purpose::Enrol(name, state) if ceremony.holder == holder => Some((name.clone(), state.clone())),
            _ => None,
        })
    }

    /// Takes the state of a ceremony in which a passkey is shown: of this session, or of a stranger, who may have moved
    /// to another network meanwhile.
    pub(super) fn showing(
        &self,
        id: Uuid,
        session: Option<Holder>,
        now: Timestamp,
    ) -> Option<DiscoverableAuthentication> {
        self.take(id, now, |ceremony| match (&ceremony.purpose, ceremony.holder) {
            (Purpose::Show(state), Holder::Party(_)) if session.is_none() => Some(state.clone()),
            (Purpose::Show(state), holder) if session == Some(holder) => Some(state.clone()),
            _ => None,
        })
    }

    /// Ends a ceremony and gives what is wanted of it, unless it is not the one that is meant.
    fn take<T>(&self, id: Uuid, now: Timestamp, wanted: impl FnOnce(&Ceremony) -> Option<T>) -> Option<T> {
        let mut inner = self.inner();
        let ceremony = inner.by_id.get(&id).filter(|ceremony| ceremony.expires_at > now)?;
        let found = wanted(ceremony)?;
        inner.by_id.remove(&id);
        Some(found)
    }
}

impl Inner {
    /// Ends what is too much for one more of this holder's.
    fn make_room(&mut self, holder: Holder) {
        match holder {
            Holder::Party(party) => {
                let of_party = |other| other == holder;
                if self.count(of_party) >= EACH_PARTY {
                    self.end_oldest(of_party);
                }
                if self.count(is_stranger) >= STRANGERS {
                    let most = self.largest_party().unwrap_or(party);
                    self.end_oldest(|other| other == Holder::Party(most));
                }
            }
            Holder::Session(person, _) => {
                let of_person = |other| matches!(other, Holder::Session(owner, _) if owner == person);
                if self.count(of_person) >= EACH_PERSON {
                    self.end_oldest(of_person);
                }
            }
        }
    }

    fn count(&self, whose: impl Fn(Holder) -> bool) -> usize {
        self.by_id.values().filter(|ceremony| whose(ceremony.holder)).count()
    }

    fn end_oldest(&mut self, whose: impl Fn(Holder) -> bool) {
        let theirs = self.by_id.iter().filter(|(_, ceremony)| whose(ceremony.holder));
        let oldest = theirs.min_by_key(|(_, ceremony)| ceremony.number).map(|(id, _)| *id);
        if let Some(id) = oldest {
            self.by_id.remove(&id);
        }
    }

    /// Of the parties with most ceremonies, the one that has been there longest.
    fn largest_party(&self) -> Option<IpAddr> {
        let mut parties: HashMap<IpAddr, (usize, u64)> = HashMap::new();
        for ceremony in self.by_id.values() {
            if let Holder::Party(party) = ceremony.holder {
                let (count, first) = parties.entry(party).or_insert((0, ceremony.number));
                *count += 1;
                *first = ceremony.number.min(*first);
            }
        }
        let largest = parties.into_iter().max_by_key(|(_, (count, first))| (*count, u64::MAX - first));
        largest.map(|(party, _)| party)
    }
}

fn is_stranger(holder: Holder) -> bool {
    matches!(holder, Holder::Party(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::Site;

    const NOW: Timestamp = Timestamp(1_790_000_000_000);

    fn show() -> Purpose {
        let site = Site::at("https://photos.example.org").unwrap();
        Purpose::Show(site.0.start_discoverable_authentication().unwrap().1)
    }

    fn party(number: u32) -> Holder {
        Holder::Party(IpAddr::from(number.to_be_bytes()))
    }

    fn session() -> Holder {
        Holder::Session(PersonId::generate(), SessionId::generate())
    }

    #[test]
    fn a_ceremony_is_taken_once_and_in_its_time() {
        let ceremonies = Ceremonies::default();
        let id = ceremonies.begin(party(1), show(), NOW);
        assert!(ceremonies.showing(id, None, NOW).is_some());
        assert!(ceremonies.showing(id, None, NOW).is_none());
        let late = ceremonies.begin(party(1), show(), NOW);
        assert!(ceremonies.showing(late, None, NOW.plus(LASTS)).is_none());
    }

    #[test]
    fn a_ceremony_is_for_its_purpose_and_its_session() {
        let ceremonies = Ceremonies::default();
        let (own, other) = (session(), session());
        let id = ceremonies.begin(own, show(), NOW);
        assert!(ceremonies.showing(id, None, NOW).is_none());
        assert!(ceremonies.showing(id, Some(other), NOW).is_none());
        assert!(ceremonies.enrolment(id, own, NOW).is_none());
        // Whoever may not take it does not end it either.
        assert!(ceremonies.showing(id, Some(own), NOW).is_some());
        let strangers = ceremonies.begin(party(1), show(), NOW);
        assert!(ceremonies.showing(strangers, Some(own), NOW).is_none());
    }

    #[test]
    fn whoever_begins_too_many_loses_their_own() {
        let ceremonies = Ceremonies::default();
        let quiet = ceremonies.begin(party(0), show(), NOW);
        let signed_in = ceremonies.begin(session(), show(), NOW);
        let parties = u32::try_from(STRANGERS / EACH_PARTY).unwrap();
        let purpose = show();
        for number in 1..=parties + 10 {
            for _ in 0..=EACH_PARTY {
                ceremonies.begin(party(number), purpose.clone(), NOW);
            }
        }
        assert_eq!(ceremonies.inner().count(is_stranger), STRANGERS);
        assert!(ceremonies.showing(quiet, None, NOW).is_some());
        let inner = ceremonies.inner();
        assert!(inner.by_id.contains_key(&signed_in));
        assert!((1..=parties).all(|number| inner.count(|holder| holder == party(number)) <= EACH_PARTY));
    }

    #[test]
    fn a_person_has_a_bounded_number_under_way() {
        let ceremonies = Ceremonies::default();
        let own = session();
        let first = ceremonies.begin(own, show(), NOW);
        for _ in 0..EACH_PERSON {
            ceremonies.begin(own, show(), NOW);
        }
        assert!(ceremonies.showing(first, Some(own), NOW).is_none());
        assert_eq!(ceremonies.inner().by_id.len(), EACH_PERSON);
    }
}
