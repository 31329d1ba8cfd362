//! Vouching for a recovery, taking it back, and the owner's veto.

use catalog::{ContactRule, Person, Recovery, RecoveryOutcome, Tx};
use model::{Error, NoticeKind, RecoveryId, Result, Timestamp};
use serde_json::json;

use super::LASTS;
use crate::Library;
use crate::access::Actor;

fn gone() -> Error {
    Error::not_found("there is no such recovery, or it has ended")
}

/// A recovery under way, which nobody else changes until the transaction ends.
struct Held {
    recovery: Recovery,
    person: Person,
    rule: ContactRule,
}

async fn hold(tx: &mut Tx, id: RecoveryId, now: Timestamp) -> Result<Held> {
    let known = tx.recovery_get(id).await?.ok_or_else(gone)?;
    let rule = tx.contact_rule_lock(known.person_id).await?.ok_or_else(gone)?;
    // It may have changed until it was held.
    let recovery = tx.recovery_get(id).await?.ok_or_else(gone)?;
    let person = tx.person_get(recovery.person_id).await?.ok_or_else(gone)?;
    if recovery.ended_at.is_some() || now >= recovery.expires_at || person.disabled_at.is_some() {
        return Err(gone());
    }
    Ok(Held { recovery, person, rule })
}

impl Library {
    /// Vouches that it is the owner who asks, as one of their contacts. With enough of them the wait begins.
    ///
    /// # Errors
    /// `NotFound` for whoever is no contact, `Invalid` with the code `phrase-differs` for another phrase than the
    /// claimant's, `Conflict` for who has vouched already.
    pub async fn recovery_vouch(&self, actor: &Actor, id: RecoveryId, phrase: &str) -> Result<()> {
        let now = self.clock.now();
        actor.proved(now)?;
        let me = actor.person();
        let mut tx = self.begin_as(actor).await?;
        let Held { recovery, person, rule } = hold(&mut tx, id, now).await?;
        if !tx.contact_list(person.id).await?.iter().any(|(_, contact)| contact.id == me.id) {
            return Err(gone());
        }
        if !self.is_phrase(&recovery.secret_hash, phrase) {
            return Err(Error::invalid(
                "this is not the phrase of this recovery; ask again, by voice, and do not vouch for who cannot say it",
            )
            .with_code("phrase-differs"));
        }
        let before = tx.vouch_list(id).await?.len() as u32;
        if !tx.vouch_insert(id, me.id, now).await? {
            return Err(Error::conflict("you have vouched for this recovery already"));
        }
        let vouched = before + 1;
        let enough = before < rule.needed && vouched >= rule.needed;
        if enough {
            let ready_at = now.plus(rule.wait);
            tx.recovery_set_wait(id, Some(ready_at), ready_at.plus(LASTS)).await?;
            let facts = json!({
                "recovery": id, "network": recovery.network, "vouched": vouched, "needed": rule.needed,
                "ready_at": ready_at.to_string()
            });
            self.tell(&mut tx, person.id, NoticeKind::RecoveryWaiting, facts).await?;
        } else if before < rule.needed {
            let facts = json!({
                "recovery": id, "network": recovery.network, "vouched": vouched, "needed": rule.needed
            });
            self.tell(&mut tx, person.id, NoticeKind::RecoveryStarted, facts).await?;
        }
        let detail = json!({"for": person.email, "vouched": vouched, "needed": rule.needed});
        tx.audit_append(now, actor.signature(), "recovery.vouch", &id.to_string(), &detail).await?;
        tx.commit().await
    }

    /// Takes back that the actor vouches. With too few left the wait ends.
    pub async fn recovery_withdraw(&self, actor: &Actor, id: RecoveryId) -> Result<()> {
        let now = self.clock.now();
        actor.session()?;
        let mut tx = self.begin_as(actor).await?;
        let Held { recovery, person, rule } = hold(&mut tx, id, now).await?;
        if !tx.vouch_delete(id, actor.person().id).await? {
            return Err(Error::not_found("you have not vouched for such a recovery"));
        }
        let vouched = tx.vouch_list(id).await?.len() as u32;
        if vouched < rule.needed && recovery.ready_at.is_some() {
            // There is time to ask others, though the first days may be over.
            let expires_at = recovery.created_at.plus(LASTS).max(now.plus(super::DAY));
            tx.recovery_set_wait(id, None, expires_at).await?;
        }
        let detail = json!({"for": person.email, "vouched": vouched, "needed": rule.needed});
        tx.audit_append(now, actor.signature(), "recovery.withdraw", &id.to_string(), &detail).await?;
        tx.commit().await
    }

    /// Ends a recovery of the actor's own account, for good. Asks for no proof: it takes nothing from anybody.
    pub async fn recovery_veto(&self, actor: &Actor, id: RecoveryId) -> Result<()> {
        let now = self.clock.now();
        let session = actor.session()?;
        let mut tx = self.begin_as(actor).await?;
        let held = hold(&mut tx, id, now).await?;
        if held.person.id != actor.person().id || !tx.recovery_end(id, now, RecoveryOutcome::Vetoed).await? {
            return Err(gone());
        }
        let facts = json!({"recovery": id, "agent": session.agent, "network": session.network});
        self.tell(&mut tx, held.person.id, NoticeKind::RecoveryVetoed, facts).await?;
        for (_, contact) in tx.contact_list(held.person.id).await? {
            let facts = json!({"recovery": id, "email": held.person.email, "name": held.person.name});
            self.tell(&mut tx, contact.id, NoticeKind::RecoveryVetoed, facts).await?;
        }
        let detail = json!({"agent": session.agent, "network": session.network});
        tx.audit_append(now, actor.signature(), "recovery.veto", &id.to_string(), &detail).await?;
        tx.commit().await
    }
}
