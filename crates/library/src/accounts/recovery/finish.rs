//! Giving an account back: a new password, and nothing left of what was lost.

use catalog::{Person, RecoveryOutcome, Tx};
use model::{Error, NoticeKind, RecoveryId, Result};
use serde_json::json;

use super::{RecoveryState, RecoveryStatus};
use crate::Library;
use crate::accounts::password::new_hash;
use crate::accounts::{Origin, Secret};

/// What proved that it is the owner.
#[derive(Clone, Copy)]
pub(in crate::accounts) enum By {
    /// Their contacts.
    Contacts(RecoveryId),
    /// The recovery key.
    Kit,
}

impl Library {
    /// Gives the account a new password, once enough contacts have vouched and the wait is over.
    ///
    /// # Errors
    /// `Conflict` with the code `recovery-not-ready` before that, `NotFound` when it has ended.
    pub async fn recovery_finish(&self, secret: &Secret, password: &str, origin: &Origin) -> Result<()> {
        let mut tx = self.catalog.read().await?;
        let (status, found) = self.presented(&mut tx, secret).await?;
        drop(tx);
        ready(&status)?;
        let (recovery, person) = found.ok_or_else(ended)?;
        let hash = new_hash(password, &[&person.email, &person.name]).await?;
        let mut tx = self.catalog.begin().await?;
        tx.person_lock(person.id).await?;
        tx.contact_rule_lock(person.id).await?;
        // A veto, a vouch that was taken back, or somebody who was faster.
        let (status, _) = self.presented(&mut tx, secret).await?;
        ready(&status)?;
        self.give_back(&mut tx, &person, &hash, By::Contacts(recovery.id), origin).await?;
        tx.commit().await
    }

    /// Replaces the password and ends everything that the account was signed in or proved with. The person, and the rule of
    /// their contacts, are locked.
    pub(in crate::accounts) async fn give_back(
        &self,
        tx: &mut Tx,
        person: &Person,
        password_hash: &str,
        by: By,
        origin: &Origin,
    ) -> Result<()> {
        let now = self.clock.now();
        tx.person_set_password(person.id, password_hash).await?;
        let sessions = tx.session_delete_others(person.id, None).await?;
        let tokens = tx.token_delete_all(person.id).await?;
        // They are lost, or they are a thief's.
        let factors = tx.factor_delete_all(person.id).await?;
        if let By::Contacts(id) = by
            && !tx.recovery_end(id, now, RecoveryOutcome::Used).await?
        {
            return Err(ended());
        }
        tx.recovery_end_all(person.id, now, RecoveryOutcome::Expired).await?;
        let way = match by {
            By::Contacts(_) => "contacts",
            By::Kit => "kit",
        };
        let (agent, network) = origin.kept();
        let facts = json!({"way": way, "agent": agent, "network": network});
        self.tell(tx, person.id, NoticeKind::Recovered, facts).await?;
        for (_, contact) in tx.contact_list(person.id).await? {
            let facts = json!({"way": way, "email": person.email, "name": person.name});
            self.tell(tx, contact.id, NoticeKind::Recovered, facts).await?;
        }
        let detail = json!({
            "way": way, "agent": agent, "network": network, "sessions_ended": sessions, "tokens_revoked": tokens,
            "factors_removed": factors
        });
        tx.audit_append(now, &person.email, "recovery.finish", &person.email, &detail).await?;
        Ok(())
    }
}

fn ended() -> Error {
    Error::not_found("this recovery has ended; ask for the account again")
}

fn ready(status: &RecoveryStatus) -> Result<()> {
    let why = match (status.state, status.ready_at) {
        (RecoveryState::Ready, _) => return Ok(()),
        (RecoveryState::Ended, _) => return Err(ended()),
        (RecoveryState::Waiting, Some(at)) => format!("everybody has to wait until {at}; come back then"),
        _ => "not enough trusted contacts have vouched yet; tell them the phrase, by voice".to_owned(),
    };
    Err(Error::conflict(why).with_code("recovery-not-ready"))
}
