//! Trusted contacts: who may vouch for a person who has lost everything.

use std::time::Duration;

use model::{PersonId, Result, Timestamp};

use crate::Person;
use crate::person::{PERSON_COLUMNS, person_at};
use crate::sql::{Row, Tx, args, built, exactly_one};

/// Somebody who may vouch for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Whom they may vouch for.
    pub person_id: PersonId,
    /// Who may.
    pub contact_id: PersonId,
    /// Since when.
    pub added_at: Timestamp,
}

/// What it takes until a person's contacts have brought an account back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContactRule {
    /// Whose account.
    pub person_id: PersonId,
    /// How many contacts must vouch; 0 where there are none.
    pub needed: u32,
    /// How long everybody waits then.
    pub wait: Duration,
}

fn contact(row: &Row) -> Result<Contact> {
    Ok(Contact { person_id: row.get(0)?, contact_id: row.get(1)?, added_at: row.get(2)? })
}

fn rule(row: &Row) -> Result<ContactRule> {
    let wait: u64 = row.get(2)?;
    Ok(ContactRule { person_id: row.get(0)?, needed: row.get(1)?, wait: Duration::from_millis(wait) })
}

impl Tx {
    /// Adds a contact; `Conflict` if they are one already.
    pub async fn contact_insert(&mut self, contact: &Contact) -> Result<()> {
        let sql = "INSERT INTO contact (person_id, contact_id, added_at) VALUES ($1, $2, $3)";
        let args = args![contact.person_id, contact.contact_id, contact.added_at];
        exactly_one(self.execute(sql, args).await?, "the contact")
    }

    /// Removes one of someone's contacts. Says whether they were one.
    pub async fn contact_delete(&mut self, person_id: PersonId, contact_id: PersonId) -> Result<bool> {
        let sql = "DELETE FROM contact WHERE person_id = $1 AND contact_id = $2";
        Ok(self.execute(sql, args![person_id, contact_id]).await? == 1)
    }

    /// Someone's contacts and who they are, in the order in which they were added.
    pub async fn contact_list(&mut self, person_id: PersonId) -> Result<Vec<(Contact, Person)>> {
        let sql = built(format!(
            "SELECT c.person_id, c.contact_id, c.added_at, {PERSON_COLUMNS} FROM contact c \
             JOIN person p ON p.id = c.contact_id WHERE c.person_id = $1 ORDER BY c.added_at, c.contact_id"
        ));
        self.fetch_all(sql, args![person_id], |row| Ok((contact(row)?, person_at(row, 3)?))).await
    }

    /// Whose contact somebody is.
    pub async fn contact_of(&mut self, contact_id: PersonId) -> Result<Vec<Person>> {
        let sql = built(format!(
            "SELECT {PERSON_COLUMNS} FROM contact c JOIN person p ON p.id = c.person_id \
             WHERE c.contact_id = $1 ORDER BY c.added_at, c.person_id"
        ));
        self.fetch_all(sql, args![contact_id], |row| person_at(row, 0)).await
    }

    /// Makes the rule, or changes it; until this transaction ends, others that lock it wait.
    pub async fn contact_rule_put(&mut self, rule: &ContactRule) -> Result<()> {
        let sql = "INSERT INTO contact_rule (person_id, needed, wait_ms) VALUES ($1, $2, $3) \
                   ON CONFLICT (person_id) DO UPDATE SET needed = excluded.needed, wait_ms = excluded.wait_ms";
        let wait = u64::try_from(rule.wait.as_millis()).unwrap_or(u64::MAX >> 1);
        exactly_one(self.execute(sql, args![rule.person_id, rule.needed, wait]).await?, "the rule")
    }

    /// The rule of an account.
    pub async fn contact_rule_get(&mut self, person_id: PersonId) -> Result<Option<ContactRule>> {
        let sql = "SELECT person_id, needed, wait_ms FROM contact_rule WHERE person_id = $1";
        self.fetch_optional(sql, args![person_id], rule).await
    }

    /// The same; whoever changes an account's recoveries takes it first, and others that do wait until this transaction
    /// ends. An account without a rule has no recoveries.
    pub async fn contact_rule_lock(&mut self, person_id: PersonId) -> Result<Option<ContactRule>> {
        let lock = self.pick("", " FOR UPDATE");
        let sql =
            built(format!("SELECT person_id, needed, wait_ms FROM contact_rule WHERE person_id = $1{lock}"));
        self.fetch_optional(sql, args![person_id], rule).await
    }
}
