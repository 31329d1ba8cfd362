//! The audit log: who did what, as a chain of hashes.
//!
//! The hash of an entry is SHA-256 over the hash before it and every field, each with its length in front, so no two
//! different entries are hashed alike and none can be edited, left out or moved without breaking the chain. Its head goes
//! into every snapshot of the catalog, so a chain that was rewritten from some point on contradicts the copies.

use model::{Error, Result, Sha256, SpaceId, Timestamp};
use sha2::{Digest as _, Sha256 as Hasher};

use crate::sql::{Row, Tx, Value, args, exactly_one};

/// One entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its number, from 1 without gaps.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// Did what.
    pub action: String,
    /// To what.
    pub subject: String,
    /// The rest, as JSON; the very text is hashed.
    pub detail: String,
    /// The space that it is about, if it is about one.
    pub space_id: Option<SpaceId>,
    /// The hash of the entry before; zeros in the first.
    pub prev: Sha256,
    /// Its own hash.
    pub hash: Sha256,
}

/// The end of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditHead {
    /// Number of the last entry, 0 before the first.
    pub seq: i64,
    /// Its hash; zeros before the first.
    pub hash: Sha256,
}

/// Whose or what entries.
#[derive(Clone, Debug)]
pub enum AuditOf {
    /// Those about a space and what is in it.
    Space(SpaceId),
    /// What somebody did, by their address.
    Actor(String),
}

/// Which entries.
#[derive(Clone, Debug)]
pub struct AuditQuery {
    /// Whose or what.
    pub of: AuditOf,
    /// Only this action, or all that begin with it and a dot.
    pub action: Option<String>,
    /// Only by this person, by their address.
    pub actor: Option<String>,
    /// Only older ones than this number.
    pub before: Option<i64>,
    /// So many at most.
    pub limit: usize,
}

const GENESIS: Sha256 = Sha256([0; 32]);
const COLUMNS: &str = "SELECT seq, at, actor, action, subject, detail, prev, hash, space_id FROM audit";

impl AuditEntry {
    /// What [`AuditEntry::hash`] must be.
    pub fn expected_hash(&self) -> Sha256 {
        let mut hasher = Hasher::new();
        hasher.update(self.prev.0);
        hasher.update(self.seq.to_be_bytes());
        hasher.update(self.at.0.to_be_bytes());
        for field in [&self.actor, &self.action, &self.subject, &self.detail] {
            hasher.update((field.len() as u64).to_be_bytes());
            hasher.update(field.as_bytes());
        }
        // Entries from before there was such a field, and those about no space, are hashed without it.
        if let Some(space) = self.space_id {
            hasher.update(16_u64.to_be_bytes());
            hasher.update(space.0.as_bytes());
        }
        Sha256(hasher.finalize().into())
    }
}

fn entry(row: &Row) -> Result<AuditEntry> {
    Ok(AuditEntry {
        seq: row.get(0)?,
        at: row.get(1)?,
        actor: row.get(2)?,
        action: row.get(3)?,
        subject: row.get(4)?,
        detail: row.get(5)?,
        prev: row.get(6)?,
        hash: row.get(7)?,
        space_id: row.get(8)?,
    })
}

impl Tx {
    /// Appends an entry about an account or the whole library, and returns it. Other writers of the log wait until this
    /// transaction ends.
    pub async fn audit_append(
        &mut self,
        at: Timestamp,
        actor: &str,
        action: &str,
        subject: &str,
        detail: &serde_json::Value,
    ) -> Result<AuditEntry> {
        self.append(None, at, actor, action, subject, detail).await
    }

    /// The same about what is in a space, for those who manage it to see.
    pub async fn audit_append_in(
        &mut self,
        space_id: SpaceId,
        at: Timestamp,
        actor: &str,
        action: &str,
        subject: &str,
        detail: &serde_json::Value,
    ) -> Result<AuditEntry> {
        self.append(Some(space_id), at, actor, action, subject, detail).await
    }

    /// What somebody's newest entries of one action say, since a time.
    pub async fn audit_details(
        &mut self,
        actor: &str,
        action: &str,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<serde_json::Value>> {
        let sql = "SELECT detail FROM audit WHERE actor = $1 AND action = $2 AND at >= $3 ORDER BY seq DESC LIMIT $4";
        self.fetch_all(sql, args![actor, action, since, limit], |row| {
            let detail: String = row.get(0)?;
            serde_json::from_str(&detail).map_err(|error| {
                Error::damaged("the audit log holds an entry that cannot be read").with_source(error)
            })
        })
        .await
    }

    /// The newest entries of one action, whoever did it.
    pub async fn audit_newest(&mut self, action: &str, limit: usize) -> Result<Vec<AuditEntry>> {
        let sql = crate::sql::built(format!("{COLUMNS} WHERE action = $1 ORDER BY seq DESC LIMIT $2"));
        self.fetch_all(sql, args![action, limit], entry).await
    }

    /// In which spaces there was one action after entry `after`.
    pub async fn audit_spaces_since(&mut self, action: &str, after: i64) -> Result<Vec<SpaceId>> {
        let sql =
            "SELECT DISTINCT space_id FROM audit WHERE seq > $1 AND action = $2 AND space_id IS NOT NULL";
        self.fetch_all(sql, args![after, action], |row| row.get(0)).await
    }

    async fn append(
        &mut self,
        space_id: Option<SpaceId>,
        at: Timestamp,
        actor: &str,
        action: &str,
        subject: &str,
        detail: &serde_json::Value,
    ) -> Result<AuditEntry> {
        let seq = self.sequence_take("audit", 1).await?;
        let head = self.audit_head().await?;
        if seq != head.seq + 1 {
            return Err(Error::damaged(format!(
                "the audit log ends at {} where {} should be",
                head.seq,
                seq - 1
            )));
        }
        let mut entry = AuditEntry {
            seq,
            at,
            actor: actor.to_owned(),
            action: action.to_owned(),
            subject: subject.to_owned(),
            detail: detail.to_string(),
            space_id,
            prev: head.hash,
            hash: GENESIS,
        };
        entry.hash = entry.expected_hash();
        let sql = "INSERT INTO audit (seq, at, actor, action, subject, detail, prev, hash, space_id) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let args = args![
            entry.seq,
            entry.at,
            &entry.actor,
            &entry.action,
            &entry.subject,
            &entry.detail,
            entry.prev,
            entry.hash,
            entry.space_id
        ];
        exactly_one(self.execute(sql, args).await?, "the audit entry")?;
        Ok(entry)
    }

    /// The end of the chain.
    pub async fn audit_head(&mut self) -> Result<AuditHead> {
        let sql = "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1";
        let head = self
            .fetch_optional(sql, vec![], |row| Ok(AuditHead { seq: row.get(0)?, hash: row.get(1)? }))
            .await?;
        Ok(head.unwrap_or(AuditHead { seq: 0, hash: GENESIS }))
    }

    /// The hash of an entry, by its number.
    pub async fn audit_hash(&mut self, seq: i64) -> Result<Option<Sha256>> {
        self.fetch_optional("SELECT hash FROM audit WHERE seq = $1", args![seq], |row| row.get(0)).await
    }

    /// The latest time of the last entries, by the clocks of their times: one that was wrong for an entry or two does not hide it.
    pub async fn audit_last_at(&mut self) -> Result<Option<Timestamp>> {
        let sql = "SELECT max(at) FROM (SELECT at FROM audit ORDER BY seq DESC LIMIT 100) AS newest";
        self.fetch_one(sql, vec![], |row| row.get(0)).await
    }

    /// The entries after number `after`, in order.
    pub async fn audit_list(&mut self, after: i64, limit: usize) -> Result<Vec<AuditEntry>> {
        let sql = crate::sql::built(format!("{COLUMNS} WHERE seq > $1 ORDER BY seq LIMIT $2"));
        self.fetch_all(sql, args![after, limit], entry).await
    }

    /// Entries that somebody asks for, newest first.
    pub async fn audit_find(&mut self, query: &AuditQuery) -> Result<Vec<AuditEntry>> {
        let mut args = args![query.before.unwrap_or(i64::MAX), query.limit];
        let mut wanted = vec!["seq < $1".to_owned()];
        let mut and = |column: &str, value: Value| {
            args.push(value);
            wanted.push(format!("{column} = ${}", args.len()));
        };
        match &query.of {
            AuditOf::Space(id) => and("space_id", (*id).into()),
            AuditOf::Actor(actor) => and("actor", actor.as_str().into()),
        }
        if let Some(actor) = &query.actor {
            and("actor", actor.as_str().into());
        }
        if let Some(action) = &query.action {
            args.extend(args![action.as_str(), format!("{action}.")]);
            let (whole, sort) = (args.len() - 1, args.len());
            let length = action.chars().count() + 1;
            wanted.push(format!("(action = ${whole} OR substr(action, 1, {length}) = ${sort})"));
        }
        let wanted = wanted.join(" AND ");
        let sql = crate::sql::built(format!("{COLUMNS} WHERE {wanted} ORDER BY seq DESC LIMIT $2"));
        self.fetch_all(sql, args, entry).await
    }

    /// Walks the whole chain and returns the number of the first entry that is not what it was, if there is one.
    /// Entries cut off at the end show as the number after the last.
    pub async fn audit_verify(&mut self) -> Result<Option<i64>> {
        let mut head = AuditHead { seq: 0, hash: GENESIS };
        let mut broken = None;
        let sql = crate::sql::built(format!("{COLUMNS} ORDER BY seq"));
        self.fetch_each(sql, vec![], |row| {
            // A hash that is no hash any more is an edit as well.
            let found = entry(row).ok().filter(|entry| {
                entry.seq == head.seq + 1 && entry.prev == head.hash && entry.hash == entry.expected_hash()
            });
            match found {
                Some(entry) if broken.is_none() => head = AuditHead { seq: entry.seq, hash: entry.hash },
                _ => broken = broken.or(Some(head.seq + 1)),
            }
            Ok(())
        })
        .await?;
        if broken.is_some() {
            return Ok(broken);
        }
        let sql = "SELECT last FROM sequence WHERE name = 'audit'";
        let last: i64 = self.fetch_one(sql, vec![], |row| row.get(0)).await?;
        Ok((last != head.seq).then_some(head.seq + 1))
    }
}
