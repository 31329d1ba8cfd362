//! What people were told.

use model::{Error, NoticeId, NoticeKind, PersonId, Result, Timestamp};
use serde_json::Value as Json;

use crate::sql::{Row, Tx, Value, args, exactly_one, get_word};

/// Something that a person was told.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// Its id; later ones are larger.
    pub id: NoticeId,
    /// Who was told.
    pub person_id: PersonId,
    /// What of.
    pub kind: NoticeKind,
    /// The names and numbers in it; their form belongs to the kind.
    pub facts: Json,
    /// When it happened.
    pub at: Timestamp,
    /// When the person saw it in the app.
    pub seen_at: Option<Timestamp>,
}

fn notice(row: &Row) -> Result<Notice> {
    let facts: String = row.get(3)?;
    Ok(Notice {
        id: row.get(0)?,
        person_id: row.get(1)?,
        kind: get_word(row, 2)?,
        facts: serde_json::from_str(&facts).map_err(|error| {
            Error::damaged("the catalog holds a notice that cannot be read").with_source(error)
        })?,
        at: row.get(4)?,
        seen_at: row.get(5)?,
    })
}

impl Tx {
    /// Adds a notice.
    pub async fn notice_insert(&mut self, notice: &Notice) -> Result<()> {
        let sql =
            "INSERT INTO notice (id, person_id, kind, facts, at, seen_at) VALUES ($1, $2, $3, $4, $5, $6)";
        let mut args = args![notice.id, notice.person_id];
        args.push(Value::Word(notice.kind.as_str()));
        args.extend(args![notice.facts.to_string(), notice.at, notice.seen_at]);
        exactly_one(self.execute(sql, args).await?, "the notice")
    }

    /// One notice.
    pub async fn notice_get(&mut self, id: NoticeId) -> Result<Option<Notice>> {
        let sql = "SELECT id, person_id, kind, facts, at, seen_at FROM notice WHERE id = $1";
        self.fetch_optional(sql, args![id], notice).await
    }

    /// Someone's notices, newest first, from before one of them if it is given.
    pub async fn notice_list(
        &mut self,
        person_id: PersonId,
        before: Option<NoticeId>,
        limit: usize,
    ) -> Result<Vec<Notice>> {
        let columns = "SELECT id, person_id, kind, facts, at, seen_at FROM notice WHERE person_id = $1";
        match before {
            Some(before) => {
                let sql = crate::sql::built(format!("{columns} AND id < $2 ORDER BY id DESC LIMIT $3"));
                self.fetch_all(sql, args![person_id, before, limit], notice).await
            }
            None => {
                let sql = crate::sql::built(format!("{columns} ORDER BY id DESC LIMIT $2"));
                self.fetch_all(sql, args![person_id, limit], notice).await
            }
        }
    }

    /// How often someone was told something of this kind, since then.
    pub async fn notice_count(
        &mut self,
        person_id: PersonId,
        kind: NoticeKind,
        since: Timestamp,
    ) -> Result<u64> {
        let sql = "SELECT count(*) FROM notice WHERE person_id = $1 AND kind = $2 AND at >= $3";
        let mut args = args![person_id];
        args.push(Value::Word(kind.as_str()));
        args.extend(args![since]);
        self.fetch_one(sql, args, |row| row.get(0)).await
    }

    /// How many of someone's notices they have not seen.
    pub async fn notice_unseen(&mut self, person_id: PersonId) -> Result<u64> {
        let sql = "SELECT count(*) FROM notice WHERE person_id = $1 AND seen_at IS NULL";
        self.fetch_one(sql, args![person_id], |row| row.get(0)).await
    }

    /// Notes that someone saw their notices up to this one. Says how many they had not seen before.
    pub async fn notice_seen(
        &mut self,
        person_id: PersonId,
        until: NoticeId,
        seen_at: Timestamp,
    ) -> Result<u64> {
        let sql = "UPDATE notice SET seen_at = $1 WHERE person_id = $2 AND id <= $3 AND seen_at IS NULL";
        self.execute(sql, args![seen_at, person_id, until]).await
    }

    /// Forgets what was told before this time.
    pub async fn notice_sweep(&mut self, before: Timestamp) -> Result<u64> {
        self.execute("DELETE FROM notice WHERE at < $1", args![before]).await
    }
}
