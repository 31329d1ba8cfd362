//! What somebody has to do something about: raised once, told again while nothing happens, and resolved by itself.

use model::{AlertId, AlertKind, Error, Result, Timestamp};
use serde_json::Value as Json;

use crate::sql::{Row, Tx, args, built, exactly_one, get_word};

/// One alert.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// Its id.
    pub id: AlertId,
    /// What is wrong.
    pub kind: AlertKind,
    /// With what: the id of a copy, space or review, or nothing. One alert of a kind is open about one thing.
    pub subject: String,
    /// The names and numbers in it; their form belongs to the kind.
    pub facts: Json,
    /// When it was noticed.
    pub raised_at: Timestamp,
    /// When people were last told.
    pub told_at: Timestamp,
    /// How often they were told again.
    pub escalated: u32,
    /// When it was over.
    pub resolved_at: Option<Timestamp>,
}

const COLUMNS: &str = "id, kind, subject, facts, raised_at, told_at, escalated, resolved_at";

fn alert(row: &Row) -> Result<Alert> {
    let facts: String = row.get(3)?;
    Ok(Alert {
        id: row.get(0)?,
        kind: get_word(row, 1)?,
        subject: row.get(2)?,
        facts: serde_json::from_str(&facts).map_err(|error| {
            Error::damaged("the catalog holds an alert that cannot be read").with_source(error)
        })?,
        raised_at: row.get(4)?,
        told_at: row.get(5)?,
        escalated: row.get(6)?,
        resolved_at: row.get(7)?,
    })
}

impl Tx {
    /// Raises an alert; `Conflict` while one of its kind is open about the same thing.
    pub async fn alert_insert(&mut self, alert: &Alert) -> Result<()> {
        let sql = built(format!("INSERT INTO alert ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"));
        let args = args![
            alert.id,
            alert.kind,
            &alert.subject,
            alert.facts.to_string(),
            alert.raised_at,
            alert.told_at,
            alert.escalated,
            alert.resolved_at
        ];
        exactly_one(self.execute(sql, args).await?, "the alert")
    }

    /// Changes what an alert says, when and how often it was told, and whether it is over.
    pub async fn alert_update(&mut self, alert: &Alert) -> Result<()> {
        let sql = "UPDATE alert SET facts = $1, told_at = $2, escalated = $3, resolved_at = $4 WHERE id = $5";
        let args =
            args![alert.facts.to_string(), alert.told_at, alert.escalated, alert.resolved_at, alert.id];
        exactly_one(self.execute(sql, args).await?, "the alert")
    }

    /// The alerts that are open, the oldest first.
    pub async fn alert_open(&mut self) -> Result<Vec<Alert>> {
        let sql =
            built(format!("SELECT {COLUMNS} FROM alert WHERE resolved_at IS NULL ORDER BY raised_at, id"));
        self.fetch_all(sql, vec![], alert).await
    }

    /// The last alerts, newest first, whether or not they are over.
    pub async fn alert_list(&mut self, limit: usize) -> Result<Vec<Alert>> {
        let sql = built(format!("SELECT {COLUMNS} FROM alert ORDER BY raised_at DESC, id DESC LIMIT $1"));
        self.fetch_all(sql, args![limit], alert).await
    }

    /// Forgets alerts that were over before this time.
    pub async fn alert_sweep(&mut self, before: Timestamp) -> Result<u64> {
        self.execute("DELETE FROM alert WHERE resolved_at < $1", args![before]).await
    }
}
