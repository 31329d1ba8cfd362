//! What costly questions cost, which is time: of the person who asks, and of the party that asks from one place.
//!
//! A page of photos or a thumbnail is cheap, and may be asked for as fast as somebody scrolls. A search, a long list of
//! hashes or a reading of the whole log may not be. Each of these is paid with the time that it takes. Everybody has so
//! much of it, gets half of what passes, and asks again later when it is spent. Few run at once for one person, for what
//! waits for the database keeps others waiting.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use library::access::Actor;
use model::{Error, ErrorKind, PersonId, Result};

use crate::network::Peer;

/// What can be spent at once.
const PURSE: Duration = Duration::from_mins(1);
/// A debt is at most so much more: nobody is kept out for hours by one long question.
const DEBT: Duration = Duration::from_mins(2);
/// Time spent comes back at half the speed at which it passes.
const PRICE: u32 = 2;
/// Questions of one person at once.
const AT_ONCE: u32 = 16;
/// A party is several people.
const PARTY: u32 = 3;

/// How many questions of the usual kind one is worth, while it goes on.
pub(crate) const SEARCH: u32 = 1;
/// The whole log is read by few at a time.
pub(crate) const WHOLE_LOG: u32 = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Payer {
    Person(PersonId),
    Party(IpAddr),
}

impl Payer {
    fn times(self) -> u32 {
        match self {
            Self::Person(_) => 1,
            Self::Party(_) => PARTY,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Account {
    /// When all that was spent has come back.
    even_at: Instant,
    under_way: u32,
}

/// What everybody has spent; those who have all of it are not kept.
#[derive(Clone, Default)]
pub(crate) struct Spending(Arc<Mutex<HashMap<Payer, Account>>>);

/// A costly question that is being answered; paid for when it is dropped.
pub(crate) struct Asking {
    spending: Spending,
    payers: [Payer; 2],
    weight: u32,
    since: Instant,
}

impl Spending {
    /// Begins to answer a costly question.
    ///
    /// # Errors
    /// `TooMany` with the code `too-often`.
    pub(crate) fn ask(&self, actor: &Actor, peer: &Peer, weight: u32) -> Result<Asking> {
        self.ask_at([Payer::Person(actor.person().id), Payer::Party(peer.party())], weight, Instant::now())
    }

    fn ask_at(&self, payers: [Payer; 2], weight: u32, now: Instant) -> Result<Asking> {
        let mut accounts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        accounts.retain(|_, account| account.under_way > 0 || account.even_at > now);
        for payer in payers {
            let Some(account) = accounts.get(&payer) else { continue };
            let spent = account.even_at.saturating_duration_since(now) / PRICE;
            if spent >= PURSE * payer.times() || account.under_way + weight > AT_ONCE * payer.times() {
                return Err(Error::new(
                    ErrorKind::TooMany,
                    "you asked for too much in a short time; try again in a few seconds",
                )
                .with_code("too-often"));
            }
        }
        for payer in payers {
            accounts.entry(payer).or_insert(Account { even_at: now, under_way: 0 }).under_way += weight;
        }
        drop(accounts);
        Ok(Asking { spending: self.clone(), payers, weight, since: now })
    }
}

impl Asking {
    fn pay(&self, now: Instant) {
        let took = now.saturating_duration_since(self.since);
        let mut accounts = self.spending.0.lock().unwrap_or_else(PoisonError::into_inner);
        for payer in self.payers {
            if let Some(account) = accounts.get_mut(&payer) {
                account.under_way -= self.weight;
                let most = now + (PURSE * payer.times() + DEBT) * PRICE;
                account.even_at = (account.even_at.max(now) + took * PRICE).min(most);
            }
        }
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.pay(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payers(person: PersonId, host: u8) -> [Payer; 2] {
        [Payer::Person(person), Payer::Party(IpAddr::from([192, 0, 2, host]))]
    }

    /// Asks what takes so long, as dropping would pay it at that time.
    fn spend(spending: &Spending, who: [Payer; 2], now: Instant, took: Duration) -> Result<()> {
        let mut asking = spending.ask_at(who, SEARCH, now)?;
        asking.pay(now + took);
        // It is paid.
        asking.payers = [Payer::Party(IpAddr::from([0, 0, 0, 0])); 2];
        Ok(())
    }

    #[test]
    fn cheap_questions_go_on_for_ever_and_dear_ones_until_the_time_is_spent() {
        let (spending, begin) = (Spending::default(), Instant::now());
        let ana = payers(PersonId::generate(), 1);
        // Two hundred a second, of a millisecond each.
        let mut now = begin;
        for _ in 0..20_000 {
            spend(&spending, ana, now, Duration::from_millis(1)).unwrap();
            now += Duration::from_millis(5);
        }
        let dear = Duration::from_secs(5);
        let asked = (0..100).take_while(|_| spend(&spending, ana, now, dear).is_ok()).count();
        assert!((11..=13).contains(&asked), "{asked}");
        // Others elsewhere have theirs, also in the same household.
        spend(&spending, payers(PersonId::generate(), 2), now, dear).unwrap();
        spend(&spending, payers(PersonId::generate(), 1), now, dear).unwrap();
        spend(&spending, ana, now + dear * PRICE * 4, dear).unwrap();
    }

    #[test]
    fn few_run_at_once_and_one_long_question_locks_nobody_out_for_hours() {
        let (spending, now) = (Spending::default(), Instant::now());
        let ana = payers(PersonId::generate(), 1);
        let mut running: Vec<_> = (0..AT_ONCE).map(|_| spending.ask_at(ana, SEARCH, now).unwrap()).collect();
        assert_eq!(spending.ask_at(ana, SEARCH, now).err().unwrap().code(), Some("too-often"));
        running.pop();
        drop(spending.ask_at(ana, SEARCH, now).unwrap());
        drop(running);
        let whole = spending.ask_at(ana, WHOLE_LOG, now).unwrap();
        spending.ask_at(ana, WHOLE_LOG, now).unwrap();
        drop(whole);

        let ben = payers(PersonId::generate(), 2);
        spend(&spending, ben, now, Duration::from_hours(9)).unwrap();
        let later = now + Duration::from_hours(9);
        assert!(spending.ask_at(ben, SEARCH, later).is_err());
        spending.ask_at(ben, SEARCH, later + DEBT * PRICE + Duration::from_secs(1)).unwrap();
        assert!(spending.0.lock().unwrap().len() <= 4, "who has all of it is forgotten");
    }
}
