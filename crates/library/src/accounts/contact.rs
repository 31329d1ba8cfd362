//! Trusted contacts: people who can bring an account back together, after a wait in which its owner can say no.
//!
//! Whoever changes them has the account in hand. So a change ends every recovery that is under way: none goes on under
//! a rule that is weaker than the one that it began with.

use std::collections::BTreeSet;
use std::time::Duration;

use catalog::{Contact, ContactRule, Person, RecoveryOutcome};
use model::{Error, NoticeKind, PersonId, Result};
use serde_json::json;

use super::email;
use crate::Library;
use crate::access::Actor;

/// How long everybody waits, unless the owner says otherwise; at least; at most.
const WAIT: Duration = Duration::from_hours(72);
const SHORTEST: Duration = Duration::from_hours(24);
const LONGEST: Duration = Duration::from_hours(30 * 24);
/// Contacts that anybody has.
const MOST: usize = 100;

/// Someone's contacts, and whose contact they are.
pub struct Contacts {
    /// Who may vouch for them.
    pub contacts: Vec<(Contact, Person)>,
    /// How many of them must; 0 where there are none.
    pub needed: u32,
    /// How long everybody waits then.
    pub wait: Duration,
    /// For whom they may vouch.
    pub vouching_for: Vec<Person>,
}

/// Contacts to be chosen in place of those that there are.
pub struct NewContacts {
    /// Their addresses; each has an account.
    pub emails: Vec<String>,
    /// How many of them must vouch.
    pub needed: u32,
    /// How long everybody waits then; without it, three days.
    pub wait: Option<Duration>,
}

impl Library {
    /// The actor's contacts, and for whom they may vouch.
    pub async fn contacts(&self, actor: &Actor) -> Result<Contacts> {
        actor.session()?;
        let person = actor.person().id;
        let mut tx = self.catalog.read().await?;
        let rule = tx.contact_rule_get(person).await?;
        Ok(Contacts {
            contacts: tx.contact_list(person).await?,
            needed: rule.map_or(0, |rule| rule.needed),
            wait: rule.map_or(WAIT, |rule| rule.wait),
            vouching_for: tx.contact_of(person).await?,
        })
    }

    /// Chooses the actor's contacts, how many of them must vouch, and how long everybody waits then. Ends recoveries that
    /// are under way.
    ///
    /// # Errors
    /// `NotFound` for an address without an account, `Invalid` for one's own and for numbers that cannot be.
    pub async fn contacts_choose(&self, actor: &Actor, new: NewContacts) -> Result<()> {
        let now = self.clock.now();
        let session = actor.proved(now)?;
        let person = actor.person();
        let emails = new.emails.iter().map(|text| email(text)).collect::<Result<BTreeSet<String>>>()?;
        let rule = rule(person.id, emails.len(), new.needed, new.wait.unwrap_or(WAIT))?;
        if emails.contains(&person.email) {
            return Err(Error::invalid("you cannot be your own trusted contact"));
        }
        let mut tx = self.begin_as(actor).await?;
        let mut chosen = Vec::new();
        for email in &emails {
            let found = tx.person_by_email(email).await?.filter(|found| found.disabled_at.is_none());
            chosen.push(found.ok_or_else(|| {
                Error::not_found(format!("{email} has no account here; invite them first, then choose them"))
            })?);
        }
        let before = tx.contact_rule_lock(person.id).await?;
        let known = tx.contact_list(person.id).await?;
        let same = known.iter().map(|(_, contact)| contact.id).collect::<BTreeSet<PersonId>>()
            == chosen.iter().map(|contact| contact.id).collect();
        if same && before.map_or(emails.is_empty(), |before| before == rule) {
            return Ok(());
        }
        tx.contact_rule_put(&rule).await?;
        // Whoever chose for the first time at the same moment has done so by now.
        let known = tx.contact_list(person.id).await?;
        for (_, contact) in known.iter().filter(|(_, old)| chosen.iter().all(|new| new.id != old.id)) {
            tx.contact_delete(person.id, contact.id).await?;
        }
        let ended = tx.recovery_end_all(person.id, now, RecoveryOutcome::Vetoed).await?;
        for contact in chosen.iter().filter(|new| known.iter().all(|(_, old)| old.id != new.id)) {
            tx.contact_insert(&Contact { person_id: person.id, contact_id: contact.id, added_at: now })
                .await?;
            let facts = json!({"email": person.email, "name": person.name});
            self.tell(&mut tx, contact.id, NoticeKind::ContactAdded, facts).await?;
        }
        let hours = rule.wait.as_secs() / 3600;
        let facts = json!({
            "contacts": emails, "needed": rule.needed, "wait_hours": hours, "recoveries_ended": ended,
            "agent": session.agent, "network": session.network
        });
        self.tell(&mut tx, person.id, NoticeKind::ContactsChanged, facts).await?;
        let detail = json!({
            "contacts": emails, "needed": rule.needed, "wait_hours": hours, "recoveries_ended": ended
        });
        tx.audit_append(now, actor.signature(), "contacts.change", &person.email, &detail).await?;
        tx.commit().await
    }
}

fn rule(person_id: PersonId, contacts: usize, needed: u32, wait: Duration) -> Result<ContactRule> {
    if contacts > MOST {
        return Err(Error::invalid(format!("at most {MOST} people can be trusted contacts")));
    }
    if !(SHORTEST..=LONGEST).contains(&wait) {
        return Err(Error::invalid("the wait has to be between 24 hours and 30 days (720 hours)"));
    }
    let most = contacts as u32;
    if contacts > 0 && !(1..=most).contains(&needed) {
        return Err(Error::invalid(format!(
            "between 1 and {most} of these contacts have to vouch, not {needed}"
        )));
    }
    Ok(ContactRule { person_id, needed: needed.min(most), wait })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_as_there_are_can_be_needed_and_a_wait_is_a_day_to_a_month() {
        let me = PersonId::generate();
        let hours = Duration::from_hours;
        for (contacts, needed, wait) in [(1, 1, 24), (3, 3, 72), (100, 2, 720)] {
            assert_eq!(rule(me, contacts, needed, hours(wait)).unwrap().needed, needed);
        }
        assert_eq!(rule(me, 0, 5, WAIT).unwrap().needed, 0, "none of none");
        for (contacts, needed, wait) in [(1, 0, 72), (3, 4, 72), (101, 1, 72), (1, 1, 23), (1, 1, 721)] {
            rule(me, contacts, needed, hours(wait)).unwrap_err();
        }
    }
}
