//! How fast the password of one account can be tried from everywhere together.
//!
//! Somebody with many addresses makes many tries, few from each. Together they are slowed down: after a burst each try
//! waits until it is due, and where too many wait already, it is refused. That must not lock the owner out, who needs
//! none of it: who has come in from a network before has a way of their own there, which strangers elsewhere cannot fill.
//! A passkey is tried against nothing that can be guessed, and never waits. What is left: an owner who types a password
//! in a network that the account was never seen in, while many strangers try, waits with them.
//!
//! Accounts are known by a hash, whether they exist or not, so a name of any length takes the same room. All of it is
//! forgotten with a restart.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use model::{Error, ErrorKind, Result};

/// Tries that one account meets at once,
const BURST: u32 = 100;
/// and then one in this time,
const EACH: Duration = Duration::from_secs(3);
/// for which a try waits no longer than this.
const LONGEST: Duration = Duration::from_secs(20);

/// Networks of one account that are remembered.
const KNOWN: usize = 8;

/// Tries, by account.
#[derive(Default)]
pub(crate) struct Tries {
    state: Mutex<State>,
    hasher: RandomState,
}

#[derive(Default)]
struct State {
    /// When all tries so far would have been made, one after the other.
    done_by: HashMap<u64, Instant>,
    /// From where an account was come into, latest last.
    known: HashMap<u64, VecDeque<IpAddr>>,
}

impl Tries {
    /// What an account is known by.
    pub(crate) fn account(&self, account: &str) -> u64 {
        self.hasher.hash_one(account.trim().to_lowercase())
    }

    /// How long a try has to wait.
    ///
    /// # Errors
    /// `TooMany`, where too many wait already.
    pub(crate) fn turn(&self, account: u64, party: IpAddr, now: Instant) -> Result<Duration> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.known.get(&account).is_some_and(|known| known.contains(&party)) {
            return Ok(Duration::ZERO);
        }
        state.done_by.retain(|_, done_by| *done_by > now);
        let done_by = state.done_by.get(&account).copied().unwrap_or(now) + EACH;
        let wait = done_by.saturating_duration_since(now).saturating_sub(EACH * BURST);
        if wait > LONGEST {
            return Err(Error::new(
                ErrorKind::TooMany,
                "too many try to sign in to this account; try again later, sign in with a passkey, or from where you \
                 have signed in before",
            ));
        }
        state.done_by.insert(account, done_by);
        Ok(wait)
    }

    /// Somebody has come into an account from here.
    pub(crate) fn came_in(&self, account: u64, party: IpAddr) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let known = state.known.entry(account).or_default();
        known.retain(|other| *other != party);
        known.push_back(party);
        if known.len() > KNOWN {
            known.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn party(number: u32) -> IpAddr {
        IpAddr::from(number.to_be_bytes())
    }

    #[test]
    fn strangers_together_are_slowed_down_and_then_refused() {
        let (tries, now) = (Tries::default(), Instant::now());
        let account = tries.account("ana@example.org");
        for number in 0..BURST {
            assert_eq!(tries.turn(account, party(number), now).unwrap(), Duration::ZERO);
        }
        let mut waits = Vec::new();
        let mut number = BURST;
        while let Ok(wait) = tries.turn(account, party(number), now) {
            waits.push(wait);
            number += 1;
        }
        assert!(waits.is_sorted() && waits[0] > Duration::ZERO, "{waits:?}");
        assert!(waits.last().is_some_and(|wait| *wait <= LONGEST), "{waits:?}");
        // What was refused does not make others wait longer.
        let later = now + EACH * 2;
        assert!(tries.turn(account, party(0), later).unwrap() <= LONGEST);
        assert_eq!(tries.turn(tries.account("ben@example.org"), party(0), now).unwrap(), Duration::ZERO);
        let quiet = now + EACH * (BURST + 20);
        assert_eq!(tries.turn(account, party(0), quiet).unwrap(), Duration::ZERO);
    }

    #[test]
    fn the_owner_is_not_slowed_down_where_they_came_in_before() {
        let (tries, now) = (Tries::default(), Instant::now());
        let account = tries.account("Ana@example.org ");
        let home = party(7);
        tries.came_in(tries.account("ana@example.org"), home);
        while tries.turn(account, party(1), now).is_ok() {}
        assert_eq!(tries.turn(account, home, now).unwrap(), Duration::ZERO);
        // Of many networks the latest are remembered.
        for number in 100..100 + u32::try_from(KNOWN).unwrap() {
            tries.came_in(account, party(number));
        }
        tries.turn(account, home, now).unwrap_err();
    }
}
