//! The recovery key brings any account back at once. Whoever has it shows so by reading what is encrypted to it alone; the
//! key itself stays with them.
//!
//! A challenge is for one account, is tried once, and lives in memory for ten minutes. There is one for an account that
//! does not exist too, so that asking for it tells nothing.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::{Error, ErrorKind, PersonId, Result, Sha256, Timestamp};
use uuid::Uuid;

use super::password::new_hash;
use super::recovery::By;
use super::secret::KIT;
use super::{Origin, Secret, email};
use crate::Library;

/// How long a challenge waits,
const LASTS: Duration = Duration::from_mins(10);
/// and how many of them do.
const MOST: usize = 4096;

/// What was asked, until it is answered.
#[derive(Default)]
pub(crate) struct Challenges(Mutex<HashMap<Uuid, Challenge>>);

#[derive(Clone, Copy)]
struct Challenge {
    /// Whose account; nobody's where there is none.
    person: Option<PersonId>,
    answer: Sha256,
    expires_at: Timestamp,
}

/// What a recovery key has to read.
pub struct KitChallenge {
    /// Which challenge it is.
    pub ceremony: Uuid,
    /// An age file in its ASCII form; inside is the answer.
    pub sealed: String,
}

impl Challenges {
    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, Challenge>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, id: Uuid, challenge: Challenge, now: Timestamp) {
        let mut waiting = self.lock();
        waiting.retain(|_, other| other.expires_at > now);
        if waiting.len() >= MOST {
            let oldest = waiting.iter().min_by_key(|(_, other)| other.expires_at).map(|(id, _)| *id);
            oldest.and_then(|id| waiting.remove(&id));
        }
        waiting.insert(id, challenge);
    }

    fn take(&self, id: Uuid, now: Timestamp) -> Option<Challenge> {
        self.lock().remove(&id).filter(|challenge| challenge.expires_at > now)
    }
}

impl Library {
    /// Asks to have an account back with the recovery key.
    pub async fn kit_begin(&self, address: &str) -> Result<KitChallenge> {
        let now = self.clock.now();
        let address = email(address)?;
        let recipients = self.recovery_recipients().await?;
        if recipients.is_empty() {
            return Err(Error::new(ErrorKind::Unavailable, "this library has no recovery key")
                .with_code("no-recovery-key"));
        }
        let person = self.catalog.read().await?.person_by_email(&address).await?;
        let answer = Secret::generate(KIT);
        let sealed = vault::seal_text(&recipients, answer.reveal())?;
        let ceremony = Uuid::now_v7();
        let challenge = Challenge {
            person: person.map(|person| person.id),
            answer: answer.hash()?,
            expires_at: now.plus(LASTS),
        };
        self.challenges.put(ceremony, challenge, now);
        Ok(KitChallenge { ceremony, sealed })
    }

    /// Gives the account a new password, for the right answer.
    ///
    /// # Errors
    /// `NotFound` for a challenge that was tried or is too old, `Forbidden` with the code `kit-refused` for a wrong answer.
    /// Only with the right one: `NotFound` where there is no account, and `Invalid` for a weak password, after which
    /// the challenge can be tried again.
    pub async fn kit_finish(
        &self,
        ceremony: Uuid,
        answer: &Secret,
        password: &str,
        origin: &Origin,
    ) -> Result<()> {
        let now = self.clock.now();
        let gone =
            || Error::not_found("this challenge was tried, or is older than ten minutes; ask for another");
        let given = answer.hash()?;
        let challenge = self.challenges.take(ceremony, now).ok_or_else(gone)?;
        // Hashes are compared, so that the time taken says nothing of the answer.
        if challenge.answer != given {
            return Err(Error::forbidden("this is not the answer; is it the recovery key of this library?")
                .with_code("kit-refused"));
        }
        let person = match challenge.person {
            Some(id) => self.catalog.read().await?.person_get(id).await?,
            None => None,
        };
        let person = person.filter(|person| person.disabled_at.is_none()).ok_or_else(|| {
            Error::not_found("there is no account with this address, or it may not sign in")
        })?;
        let hash = match new_hash(password, &[&person.email, &person.name]).await {
            Ok(hash) => hash,
            Err(error) => {
                self.challenges.put(ceremony, challenge, now);
                return Err(error);
            }
        };
        let mut tx = self.catalog.begin().await?;
        tx.person_lock(person.id).await?;
        tx.contact_rule_lock(person.id).await?;
        if tx.person_get(person.id).await?.is_none_or(|person| person.disabled_at.is_some()) {
            return Err(gone());
        }
        self.give_back(&mut tx, &person, &hash, By::Kit, origin).await?;
        tx.commit().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_taken_once_grows_old_and_there_are_not_endlessly_many() {
        let challenges = Challenges::default();
        let at = |ms: i64| Timestamp(ms).plus(LASTS);
        let made = |ms: i64| Challenge { person: None, answer: Sha256([0; 32]), expires_at: at(ms) };
        let ids: Vec<Uuid> = (0..=MOST).map(|_| Uuid::now_v7()).collect();
        for (ms, id) in ids.iter().enumerate() {
            challenges.put(*id, made(ms as i64), Timestamp(ms as i64));
        }
        assert_eq!(challenges.lock().len(), MOST);
        assert!(challenges.take(ids[0], Timestamp(0)).is_none(), "the oldest made room");
        assert!(challenges.take(ids[1], Timestamp(1)).is_some());
        assert!(challenges.take(ids[1], Timestamp(1)).is_none());
        assert!(challenges.take(ids[2], at(2)).is_none());
    }
}
