//! How fast codes can be guessed.
//!
//! Six digits are few, so wrong ones cost growing waits: of the account, wherever they come from. A code is only looked
//! at after a right password, so nobody who does not know the password can make its owner wait; whoever does know it
//! gets nowhere near a million codes. Meanwhile a passkey and a recovery code go on working, for neither can be guessed.
//!
//! Kept in memory: a restart is not something that a guesser can bring about.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use model::{Error, ErrorKind, PersonId, Result, Timestamp};

/// Wrong codes that cost nothing: a slip, a clock that is wrong, yesterday's code.
const FREE: u32 = 5;
/// The wait after one more; each further one doubles it,
const FIRST: Duration = Duration::from_secs(30);
/// up to this. So a day has about thirty guesses.
const LONGEST: Duration = Duration::from_hours(1);
/// Wrong codes that may be slips of the owner; one more is told.
const SLIPS: u32 = 2;
/// Forgotten when nothing was guessed for so long.
const FORGOTTEN: Duration = Duration::from_hours(24);

/// Codes that were wrong, by account.
#[derive(Default)]
pub(crate) struct Guesses(Mutex<HashMap<PersonId, Wrong>>);

#[derive(Clone, Copy)]
struct Wrong {
    times: u32,
    last: Timestamp,
    told: bool,
}

impl Wrong {
    fn until(self) -> Timestamp {
        let Some(over) = self.times.checked_sub(FREE + 1) else {
            return self.last;
        };
        self.last.plus(FIRST.saturating_mul(1 << over.min(16)).min(LONGEST))
    }
}

impl Guesses {
    /// Counts a code before it is looked at, so that many at once gain nothing.
    ///
    /// # Errors
    /// `TooMany` with the code `second-factor-waits` while the account waits.
    pub(super) fn guess(&self, person: PersonId, now: Timestamp) -> Result<()> {
        let mut people = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        people.retain(|_, wrong| wrong.last.plus(FORGOTTEN) > now);
        let wrong = people.entry(person).or_insert(Wrong { times: 0, last: now, told: false });
        let until = wrong.until();
        if now < until {
            let minutes = (until.0 - now.0).div_euclid(60_000) + 1;
            return Err(Error::new(
                ErrorKind::TooMany,
                format!(
                    "too many wrong codes; wait {minutes} min, or use a passkey or a recovery code. If it was not you, \
                     somebody knows your password: change it"
                ),
            )
            .with_code("second-factor-waits"));
        }
        *wrong = Wrong { times: wrong.times.saturating_add(1), last: now, ..*wrong };
        Ok(())
    }

    /// Whether the owner is to be told of wrong codes now: once, until a right one comes or nothing for a day.
    pub(super) fn worth_telling(&self, person: PersonId) -> bool {
        let mut people = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let wrong = people.get_mut(&person).filter(|wrong| wrong.times > SLIPS && !wrong.told);
        wrong.is_some_and(|wrong| {
            wrong.told = true;
            true
        })
    }

    /// The code was right.
    pub(super) fn right(&self, person: PersonId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&person);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_codes_cost_growing_waits_and_a_right_one_ends_them() {
        let (guesses, person) = (Guesses::default(), PersonId::generate());
        let mut now = Timestamp(1_790_000_000_000);
        for _ in 0..=FREE {
            guesses.guess(person, now).unwrap();
        }
        let error = guesses.guess(person, now).unwrap_err();
        assert_eq!((error.kind(), error.code()), (ErrorKind::TooMany, Some("second-factor-waits")));
        now = now.plus(FIRST);
        guesses.guess(person, now).unwrap();
        guesses.guess(person, now.plus(FIRST)).unwrap_err();
        guesses.guess(PersonId::generate(), now).unwrap();
        guesses.right(person);
        guesses.guess(person, now).unwrap();
    }

    #[test]
    fn a_day_has_few_guesses() {
        let (guesses, person) = (Guesses::default(), PersonId::generate());
        let start = Timestamp(1_790_000_000_000);
        let seconds = (0..24 * 3600).map(|second| start.plus(Duration::from_secs(second)));
        let guessed = seconds.filter(|now| guesses.guess(person, *now).is_ok()).count();
        assert!((24..40).contains(&guessed), "{guessed}");
    }
}
