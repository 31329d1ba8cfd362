//! Rehearsed restores and their signed reports.

use model::{CopyId, DrillId, DrillScope, Result, Timestamp};

use crate::sql::{Row, Tx, args, built, exactly_one, get_word};

/// A rehearsed restore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drill {
    /// Its id.
    pub id: DrillId,
    /// The copy that was restored from.
    pub copy_id: CopyId,
    /// How much.
    pub scope: DrillScope,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// Whether everything came back as it was.
    pub passed: bool,
    /// What was done and found: JSON, exactly as it was signed.
    pub report: String,
    /// Ed25519 over the bytes of the report.
    pub signature: Vec<u8>,
}

const COLUMNS: &str = "id, copy_id, scope, started_at, ended_at, passed, report, signature";

fn drill(row: &Row) -> Result<Drill> {
    Ok(Drill {
        id: row.get(0)?,
        copy_id: row.get(1)?,
        scope: get_word(row, 2)?,
        started_at: row.get(3)?,
        ended_at: row.get(4)?,
        passed: row.get(5)?,
        report: row.get(6)?,
        signature: row.get(7)?,
    })
}

impl Tx {
    /// Puts a drill on record.
    pub async fn drill_insert(&mut self, drill: &Drill) -> Result<()> {
        let sql = built(format!("INSERT INTO drill ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"));
        let args = args![
            drill.id,
            drill.copy_id,
            drill.scope,
            drill.started_at,
            drill.ended_at,
            drill.passed,
            &drill.report,
            &drill.signature
        ];
        exactly_one(self.execute(sql, args).await?, "the drill")
    }

    /// One drill.
    pub async fn drill_get(&mut self, id: DrillId) -> Result<Option<Drill>> {
        let sql = built(format!("SELECT {COLUMNS} FROM drill WHERE id = $1"));
        self.fetch_optional(sql, args![id], drill).await
    }

    /// The last drills, newest first.
    pub async fn drill_list(&mut self, limit: usize) -> Result<Vec<Drill>> {
        let sql = built(format!("SELECT {COLUMNS} FROM drill ORDER BY started_at DESC, id DESC LIMIT $1"));
        self.fetch_all(sql, args![limit], drill).await
    }

    /// The last drill from a copy.
    pub async fn drill_last(&mut self, copy_id: CopyId) -> Result<Option<Drill>> {
        let sql = built(format!(
            "SELECT {COLUMNS} FROM drill WHERE copy_id = $1 ORDER BY started_at DESC, id DESC LIMIT 1"
        ));
        self.fetch_optional(sql, args![copy_id], drill).await
    }

    /// The last drill from a copy that began no later than `now`. Another one was put on record while the clock was wrong.
    pub async fn drill_last_before(&mut self, copy_id: CopyId, now: Timestamp) -> Result<Option<Drill>> {
        let sql = built(format!(
            "SELECT {COLUMNS} FROM drill WHERE copy_id = $1 AND started_at <= $2 \
             ORDER BY started_at DESC, id DESC LIMIT 1"
        ));
        self.fetch_optional(sql, args![copy_id, now], drill).await
    }

    /// The last drill that restored everything, from whichever copy, that began no later than `now`.
    pub async fn drill_last_of_everything(&mut self, now: Timestamp) -> Result<Option<Drill>> {
        let sql = built(format!(
            "SELECT {COLUMNS} FROM drill WHERE scope = 'everything' AND started_at <= $1 \
             ORDER BY started_at DESC, id DESC LIMIT 1"
        ));
        self.fetch_optional(sql, args![now], drill).await
    }
}
