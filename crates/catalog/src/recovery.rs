//! Accounts that somebody asks to have back, and who has vouched for them.
//!
//! Whoever changes a recovery or its vouches has locked the account's rule before, with
//! [`Tx::contact_rule_lock`](crate::Tx::contact_rule_lock), so that what was read still holds when it is acted upon.

use std::fmt;
use std::str::FromStr;

use model::{Error, PersonId, RecoveryId, Result, Sha256, Timestamp};

use crate::sql::{Row, Tx, Value, args, built, exactly_one, get_word};

/// How a recovery ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecoveryOutcome {
    /// The account has a new password.
    Used,
    /// Its owner ended it.
    Vetoed,
    /// Its time was over, or the account came back in another way.
    Expired,
}

impl RecoveryOutcome {
    /// The word as it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Used => "used",
            Self::Vetoed => "vetoed",
            Self::Expired => "expired",
        }
    }
}

impl fmt::Display for RecoveryOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for RecoveryOutcome {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self> {
        match word {
            "used" => Ok(Self::Used),
            "vetoed" => Ok(Self::Vetoed),
            "expired" => Ok(Self::Expired),
            _ => Err(Error::invalid(format!("'{word}' is not one of: used, vetoed, expired"))),
        }
    }
}

/// An account that somebody asks to have back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// Its id.
    pub id: RecoveryId,
    /// Whose account.
    pub person_id: PersonId,
    /// SHA-256 of the secret that the claimant holds.
    pub secret_hash: Sha256,
    /// What the claimant's browser or program says it is.
    pub agent: String,
    /// The network address that it was asked from.
    pub network: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When the wait is over; enough contacts have vouched.
    pub ready_at: Option<Timestamp>,
    /// When it ends if nothing becomes of it.
    pub expires_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// How it ended.
    pub outcome: Option<RecoveryOutcome>,
}

const COLUMNS: &str =
    "id, person_id, secret_hash, agent, network, created_at, ready_at, expires_at, ended_at, outcome";

fn recovery(row: &Row) -> Result<Recovery> {
    let ended_at: Option<Timestamp> = row.get(8)?;
    Ok(Recovery {
        id: row.get(0)?,
        person_id: row.get(1)?,
        secret_hash: row.get(2)?,
        agent: row.get(3)?,
        network: row.get(4)?,
        created_at: row.get(5)?,
        ready_at: row.get(6)?,
        expires_at: row.get(7)?,
        ended_at,
        outcome: if ended_at.is_some() { Some(get_word(row, 9)?) } else { None },
    })
}

impl Tx {
    /// Adds a recovery.
    pub async fn recovery_insert(&mut self, recovery: &Recovery) -> Result<()> {
        let sql = built(format!(
            "INSERT INTO recovery ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        ));
        let mut args = args![
            recovery.id,
            recovery.person_id,
            recovery.secret_hash,
            &recovery.agent,
            &recovery.network,
            recovery.created_at,
            recovery.ready_at,
            recovery.expires_at,
            recovery.ended_at
        ];
        args.push(recovery.outcome.map_or(Value::Null, |outcome| Value::Word(outcome.as_str())));
        exactly_one(self.execute(sql, args).await?, "the recovery")
    }

    /// The recovery with this secret, ended or not.
    pub async fn recovery_find(&mut self, secret_hash: &Sha256) -> Result<Option<Recovery>> {
        let sql = built(format!("SELECT {COLUMNS} FROM recovery WHERE secret_hash = $1"));
        self.fetch_optional(sql, args![*secret_hash], recovery).await
    }

    /// The recovery with this id, ended or not.
    pub async fn recovery_get(&mut self, id: RecoveryId) -> Result<Option<Recovery>> {
        let sql = built(format!("SELECT {COLUMNS} FROM recovery WHERE id = $1"));
        self.fetch_optional(sql, args![id], recovery).await
    }

    /// The recoveries of an account that are under way, oldest first.
    pub async fn recovery_under_way(&mut self, person_id: PersonId, now: Timestamp) -> Result<Vec<Recovery>> {
        let sql = built(format!(
            "SELECT {COLUMNS} FROM recovery WHERE person_id = $1 AND ended_at IS NULL AND expires_at > $2 \
             ORDER BY created_at, id"
        ));
        self.fetch_all(sql, args![person_id, now], recovery).await
    }

    /// The recoveries under way that somebody may vouch for, oldest first; not those of accounts that are disabled.
    pub async fn recovery_to_vouch(&mut self, contact_id: PersonId, now: Timestamp) -> Result<Vec<Recovery>> {
        let own: Vec<String> = COLUMNS.split(", ").map(|column| format!("r.{column}")).collect();
        let sql = built(format!(
            "SELECT {} FROM recovery r JOIN contact c ON c.person_id = r.person_id JOIN person p ON p.id = r.person_id \
             WHERE c.contact_id = $1 AND r.ended_at IS NULL AND r.expires_at > $2 AND p.disabled_at IS NULL \
             ORDER BY r.created_at, r.id",
            own.join(", ")
        ));
        self.fetch_all(sql, args![contact_id, now], recovery).await
    }

    /// Begins the wait of a recovery, or with `None` takes it back.
    pub async fn recovery_set_wait(
        &mut self,
        id: RecoveryId,
        ready_at: Option<Timestamp>,
        expires_at: Timestamp,
    ) -> Result<()> {
        let sql = "UPDATE recovery SET ready_at = $1, expires_at = $2 WHERE id = $3 AND ended_at IS NULL";
        exactly_one(self.execute(sql, args![ready_at, expires_at, id]).await?, "the recovery")
    }

    /// Ends a recovery, once. Says whether it was under way.
    pub async fn recovery_end(
        &mut self,
        id: RecoveryId,
        at: Timestamp,
        outcome: RecoveryOutcome,
    ) -> Result<bool> {
        let sql = "UPDATE recovery SET ended_at = $1, outcome = $2 \
                   WHERE id = $3 AND ended_at IS NULL AND expires_at > $1";
        let mut args = args![at];
        args.push(Value::Word(outcome.as_str()));
        args.extend(args![id]);
        Ok(self.execute(sql, args).await? == 1)
    }

    /// Ends every recovery of an account that is under way. Says how many were.
    pub async fn recovery_end_all(
        &mut self,
        person_id: PersonId,
        at: Timestamp,
        outcome: RecoveryOutcome,
    ) -> Result<u64> {
        let sql = "UPDATE recovery SET ended_at = $1, outcome = $2 \
                   WHERE person_id = $3 AND ended_at IS NULL AND expires_at > $1";
        let mut args = args![at];
        args.push(Value::Word(outcome.as_str()));
        args.extend(args![person_id]);
        self.execute(sql, args).await
    }

    /// Forgets a recovery that nobody has vouched for. Says whether it did.
    pub async fn recovery_delete(&mut self, id: RecoveryId) -> Result<bool> {
        let sql =
            "DELETE FROM recovery WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM vouch WHERE recovery_id = $1)";
        Ok(self.execute(sql, args![id]).await? == 1)
    }

    /// Recoveries whose time is over and that are not ended yet, oldest first.
    pub async fn recovery_overdue(&mut self, now: Timestamp) -> Result<Vec<Recovery>> {
        let sql = built(format!(
            "SELECT {COLUMNS} FROM recovery WHERE ended_at IS NULL AND expires_at <= $1 ORDER BY expires_at, id"
        ));
        self.fetch_all(sql, args![now], recovery).await
    }

    /// Ends recoveries whose time is over, and forgets those that ended before `forget`. Says how many ended.
    pub async fn recovery_sweep(&mut self, now: Timestamp, forget: Timestamp) -> Result<u64> {
        let sql = "UPDATE recovery SET ended_at = expires_at, outcome = 'expired' \
                   WHERE ended_at IS NULL AND expires_at <= $1";
        let ended = self.execute(sql, args![now]).await?;
        let old = "(SELECT id FROM recovery WHERE ended_at < $1)";
        let sql = built(format!("DELETE FROM vouch WHERE recovery_id IN {old}"));
        self.execute(sql, args![forget]).await?;
        self.execute("DELETE FROM recovery WHERE ended_at < $1", args![forget]).await?;
        Ok(ended)
    }

    /// Notes that somebody vouches. Says whether they had not yet.
    pub async fn vouch_insert(
        &mut self,
        recovery_id: RecoveryId,
        contact_id: PersonId,
        at: Timestamp,
    ) -> Result<bool> {
        let sql = "INSERT INTO vouch (recovery_id, contact_id, at) VALUES ($1, $2, $3) \
                   ON CONFLICT (recovery_id, contact_id) DO NOTHING";
        Ok(self.execute(sql, args![recovery_id, contact_id, at]).await? == 1)
    }

    /// Takes back that somebody vouches. Says whether they did.
    pub async fn vouch_delete(&mut self, recovery_id: RecoveryId, contact_id: PersonId) -> Result<bool> {
        let sql = "DELETE FROM vouch WHERE recovery_id = $1 AND contact_id = $2";
        Ok(self.execute(sql, args![recovery_id, contact_id]).await? == 1)
    }

    /// Who vouches for a recovery, as far as it counts: those who are contacts of the account and may sign in.
    pub async fn vouch_list(&mut self, recovery_id: RecoveryId) -> Result<Vec<PersonId>> {
        let sql = "SELECT v.contact_id FROM vouch v JOIN recovery r ON r.id = v.recovery_id \
                   JOIN contact c ON c.person_id = r.person_id AND c.contact_id = v.contact_id \
                   JOIN person p ON p.id = v.contact_id \
                   WHERE v.recovery_id = $1 AND p.disabled_at IS NULL ORDER BY v.at, v.contact_id";
        self.fetch_all(sql, args![recovery_id], |row| row.get(0)).await
    }
}
