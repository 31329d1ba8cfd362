//! How often secrets may be tried: by whoever tries, by them at one account, and at one account by [everybody
//! together](crate::tries). Nobody's tries are used up by somebody else elsewhere.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use library::access::Actor;
use model::{Error, ErrorKind, PersonId, Result};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::network::Peer;
use crate::spending::{Asking, Spending};
use crate::tries::Tries;

/// Tries that one party can make at one account at once, and then one every six seconds.
const AT_ACCOUNT: u32 = 10;
/// Tries that one party can make at once, and then one every two seconds.
const BY_PARTY: u32 = 30;

/// Questions of one party's programs that wait to be let in: those of as many as may wait, each of which asks every two
/// seconds, twice over.
const COLLECTED: u32 = 20;
const COLLECTED_AT_ONCE: u32 = 100;

/// Messages that one person can have sent to addresses at once, and then one every three minutes: they may not be theirs.
const MESSAGES: u32 = 20;

/// Transfers at once, in all and of one person: each holds a thread while it lasts.
const TRANSFERS: usize = 384;
const TRANSFERS_EACH: u32 = 256;

/// So many of the turns are left to people who have few files under way.
const LEFT: usize = 64;
const FEW: u32 = 16;

/// Streams of changes at once, in all and of one person.
const LISTENERS: usize = 2000;
const LISTENERS_EACH: usize = 16;

/// Counts tries. Forgets who has not tried for a while.
pub(crate) struct Limits {
    at_account: DefaultKeyedRateLimiter<(u64, IpAddr)>,
    by_party: DefaultKeyedRateLimiter<IpAddr>,
    collected: DefaultKeyedRateLimiter<IpAddr>,
    tries: Tries,
    messages: DefaultKeyedRateLimiter<PersonId>,
    transfers: Arc<Semaphore>,
    each: Arc<Mutex<HashMap<PersonId, u32>>>,
    listeners: Arc<Semaphore>,
    streams: Streams,
    spending: Spending,
}

/// Who listens, the oldest of each person first.
type Streams = Arc<Mutex<HashMap<PersonId, VecDeque<CancellationToken>>>>;

/// Somebody who listens to changes; ends when it is dropped.
pub(crate) struct Listening {
    /// Tells when a newer stream of the same person takes its place.
    pub(crate) over: CancellationToken,
    _turn: OwnedSemaphorePermit,
    streams: Streams,
    person: PersonId,
}

impl Drop for Listening {
    fn drop(&mut self) {
        // What is over is no longer on the list.
        self.over.cancel();
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = streams.get_mut(&self.person) {
            own.retain(|stream| !stream.is_cancelled());
            if own.is_empty() {
                streams.remove(&self.person);
            }
        }
    }
}

/// A transfer that goes on; ends when it is dropped.
pub(crate) struct Transfer {
    _turn: OwnedSemaphorePermit,
    each: Arc<Mutex<HashMap<PersonId, u32>>>,
    person: PersonId,
}

impl Drop for Transfer {
    fn drop(&mut self) {
        let mut each = self.each.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = each.get_mut(&self.person) {
            *count -= 1;
            if *count == 0 {
                each.remove(&self.person);
            }
        }
    }
}

impl Limits {
    pub(crate) fn new() -> Self {
        let of = |number: u32| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        let quota = |burst: u32| Quota::per_minute(of(burst));
        Self {
            at_account: RateLimiter::keyed(quota(AT_ACCOUNT)),
            by_party: RateLimiter::keyed(quota(BY_PARTY)),
            collected: RateLimiter::keyed(
                Quota::per_second(of(COLLECTED)).allow_burst(of(COLLECTED_AT_ONCE)),
            ),
            tries: Tries::default(),
            messages: RateLimiter::keyed(Quota::per_hour(of(MESSAGES))),
            transfers: Arc::new(Semaphore::new(TRANSFERS)),
            each: Arc::default(),
            listeners: Arc::new(Semaphore::new(LISTENERS)),
            streams: Streams::default(),
            spending: Spending::default(),
        }
    }

    /// Begins to answer a costly question of somebody's.
    ///
    /// # Errors
    /// `TooMany` for whoever has spent their time on such questions.
    pub(crate) fn costly(&self, actor: &Actor, peer: &Peer, weight: u32) -> Result<Asking> {
        self.spending.ask(actor, peer, weight)
    }

    /// Begins to send or receive a file.
    ///
    /// # Errors
    /// `TooMany`, for whoever has so many under way already, and for everybody when the server has.
    pub(crate) fn transfer(&self, actor: &Actor) -> Result<Transfer> {
        let busy =
            || Error::new(ErrorKind::TooMany, "too many files are on their way; try again in a moment");
        let turn = Arc::clone(&self.transfers).try_acquire_owned().map_err(|_| busy())?;
        let person = actor.person().id;
        let mut each = self.each.lock().unwrap_or_else(PoisonError::into_inner);
        let count = each.entry(person).or_default();
        let left = self.transfers.available_permits();
        if *count >= TRANSFERS_EACH || (*count >= FEW && left < LEFT) {
            return Err(busy());
        }
        *count += 1;
        drop(each);
        Ok(Transfer { _turn: turn, each: Arc::clone(&self.each), person })
    }

    /// How many files are on their way.
    pub(crate) fn transfers(&self) -> usize {
        TRANSFERS.saturating_sub(self.transfers.available_permits())
    }

    /// Begins to listen to changes. The oldest of too many of one person gives way: whoever comes back after a broken
    /// connection is not kept out by what is left of it.
    ///
    /// # Errors
    /// `TooMany`, when too many do.
    pub(crate) fn listen(&self, actor: &Actor) -> Result<Listening> {
        let turn = Arc::clone(&self.listeners).try_acquire_owned().map_err(|_| {
            Error::new(
                ErrorKind::TooMany,
                "too many programs listen to changes; ask for them from time to time",
            )
        })?;
        let (over, person) = (CancellationToken::new(), actor.person().id);
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        let own = streams.entry(person).or_default();
        own.push_back(over.clone());
        if own.len() > LISTENERS_EACH
            && let Some(oldest) = own.pop_front()
        {
            oldest.cancel();
        }
        drop(streams);
        Ok(Listening { over, _turn: turn, streams: Arc::clone(&self.streams), person })
    }

    /// Counts a try, by somebody who has signed in, of a secret that is not theirs.
    ///
    /// # Errors
    /// `TooMany`.
    pub(crate) fn try_code(&self, actor: &Actor) -> Result<()> {
        self.at_account.retain_recent();
        // Who has signed in is known better than by their network.
        let account = self.tries.account(&format!("code {}", actor.person().id));
        let often = self.at_account.check_key(&(account, IpAddr::V4(Ipv4Addr::UNSPECIFIED))).is_err();
        if often { Err(too_many()) } else { Ok(()) }
    }

    /// Counts a message that somebody has sent to an address which they name.
    ///
    /// # Errors
    /// `TooMany`, after the twentieth within an hour.
    pub(crate) fn message(&self, actor: &Actor) -> Result<()> {
        self.messages.retain_recent();
        self.messages.check_key(&actor.person().id).map_err(|_| {
            Error::new(
                ErrorKind::TooMany,
                "too many messages were asked for; wait some minutes and try again",
            )
        })
    }

    /// Counts a question of a program that waits to be let in.
    ///
    /// # Errors
    /// `TooMany`, for whoever asks much more often than they were told to.
    pub(crate) fn collect(&self, party: IpAddr) -> Result<()> {
        self.collected.retain_recent();
        self.collected.check_key(&party).map_err(|_| too_many())
    }

    /// Counts a try of a secret.
    ///
    /// # Errors
    /// `TooMany`, whether the account exists or not.
    pub(crate) fn try_secret(&self, account: Option<&str>, peer: &Peer) -> Result<()> {
        self.by_party.retain_recent();
        self.at_account.retain_recent();
        let (party, account) = (peer.party(), account.map(|account| self.tries.account(account)));
        let often = self.by_party.check_key(&party).is_err()
            || account.is_some_and(|account| self.at_account.check_key(&(account, party)).is_err());
        if often {
            return Err(too_many());
        }
        Ok(())
    }

    /// Waits until a stranger's try of an account's password is due.
    ///
    /// # Errors
    /// `TooMany`, whether the account exists or not, where too many wait already.
    pub(crate) async fn wait_turn(&self, account: &str, peer: &Peer) -> Result<()> {
        let wait = self.tries.turn(self.tries.account(account), peer.party(), Instant::now())?;
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        Ok(())
    }

    /// Remembers from where somebody came into their account.
    pub(crate) fn came_in(&self, account: &str, peer: &Peer) {
        self.tries.came_in(self.tries.account(account), peer.party());
    }
}

fn too_many() -> Error {
    Error::new(ErrorKind::TooMany, "too many tries; wait a minute and try again")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_programs_as_may_wait_ask_as_they_were_told_and_no_flood_is_answered() {
        let limits = Limits::new();
        let party = |number| IpAddr::V4(Ipv4Addr::from_bits(number));
        for _ in 0..COLLECTED_AT_ONCE {
            limits.collect(party(1)).unwrap();
        }
        let refused = (0..10_000).filter(|_| limits.collect(party(2)).is_err()).count();
        assert!(refused > 0);
        limits.collect(party(3)).unwrap();
    }
}
