//! How copies are looked after: what each asks for, and what came of it.

use std::time::Duration;

use model::{CopyId, Medium, Result, Timestamp};

use crate::sql::{Row, Tx, args, built, exactly_one};

/// Minutes of the day (UTC) between which nothing begins; it may go over midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quiet {
    /// The first minute, 0 to 1439.
    pub from: u32,
    /// The minute in which work may begin again, 0 to 1439.
    pub until: u32,
}

/// How one copy is looked after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Care {
    /// The copy.
    pub copy_id: CopyId,
    /// How old it may be before it is brought up to date.
    pub every: Duration,
    /// Within so many days everything that it holds is read again.
    pub scrub_days: u32,
    /// Bytes in a second; `None` for as fast as it goes.
    pub rate: Option<u64>,
    /// When nothing begins.
    pub quiet: Option<Quiet>,
    /// Whether old snapshots in it are thinned out; otherwise nothing in it is ever removed.
    pub thin_out: bool,
    /// When a run last began.
    pub tried_at: Option<Timestamp>,
    /// When a run last ended with nothing left to do.
    pub ran_at: Option<Timestamp>,
    /// Since when nothing comes of it.
    pub failing_since: Option<Timestamp>,
    /// How often in a row.
    pub failures: u32,
    /// Why, the last time.
    pub last_error: Option<String>,
    /// When a part of it was last read again on schedule.
    pub scrubbed_at: Option<Timestamp>,
    /// Room that is left in the place, where it tells.
    pub free_bytes: Option<u64>,
    /// All the room of the place.
    pub total_bytes: Option<u64>,
    /// Snapshots and keys in it that are not what their names say.
    pub bad_files: Vec<String>,
    /// When all of its snapshots were last read.
    pub named_at: Option<Timestamp>,
}

impl Care {
    /// What a copy on this medium gets unless somebody says otherwise.
    pub fn usual(copy_id: CopyId, medium: Medium) -> Self {
        let every = match medium {
            Medium::Offline => Duration::from_hours(30 * 24),
            Medium::Disk | Medium::Nas | Medium::Cloud => Duration::from_hours(1),
        };
        Self {
            copy_id,
            every,
            scrub_days: 90,
            rate: None,
            quiet: None,
            thin_out: false,
            tried_at: None,
            ran_at: None,
            failing_since: None,
            failures: 0,
            last_error: None,
            scrubbed_at: None,
            free_bytes: None,
            total_bytes: None,
            bad_files: Vec::new(),
            named_at: None,
        }
    }
}

const COLUMNS: &str = "copy_id, every_ms, scrub_days, rate, quiet_from, quiet_until, tried_at, ran_at, failing_since, \
                       failures, last_error, scrubbed_at, free_bytes, total_bytes, thin_out, bad_files, named_at";

fn care(row: &Row) -> Result<Care> {
    let every: u64 = row.get(1)?;
    let (from, until): (Option<u32>, Option<u32>) = (row.get(4)?, row.get(5)?);
    let bad_files: Option<String> = row.get(15)?;
    Ok(Care {
        copy_id: row.get(0)?,
        every: Duration::from_millis(every),
        scrub_days: row.get(2)?,
        rate: row.get(3)?,
        quiet: from.zip(until).map(|(from, until)| Quiet { from, until }),
        tried_at: row.get(6)?,
        ran_at: row.get(7)?,
        failing_since: row.get(8)?,
        failures: row.get(9)?,
        last_error: row.get(10)?,
        scrubbed_at: row.get(11)?,
        free_bytes: row.get(12)?,
        total_bytes: row.get(13)?,
        thin_out: row.get(14)?,
        bad_files: bad_files.iter().flat_map(|files| files.lines()).map(str::to_owned).collect(),
        named_at: row.get(16)?,
    })
}

impl Tx {
    /// How a copy is looked after, if that was ever said.
    pub async fn care_get(&mut self, copy_id: CopyId) -> Result<Option<Care>> {
        let sql = built(format!("SELECT {COLUMNS} FROM care WHERE copy_id = $1"));
        self.fetch_optional(sql, args![copy_id], care).await
    }

    /// Says how a copy is looked after from now on, and what came of it so far.
    pub async fn care_put(&mut self, care: &Care) -> Result<()> {
        let sql = built(format!(
            "INSERT INTO care ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, \
             $16, $17) \
             ON CONFLICT (copy_id) DO UPDATE SET every_ms = excluded.every_ms, scrub_days = excluded.scrub_days, \
             rate = excluded.rate, quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until, \
             tried_at = excluded.tried_at, ran_at = excluded.ran_at, failing_since = excluded.failing_since, \
             failures = excluded.failures, last_error = excluded.last_error, scrubbed_at = excluded.scrubbed_at, \
             free_bytes = excluded.free_bytes, total_bytes = excluded.total_bytes, \
             thin_out = excluded.thin_out, bad_files = excluded.bad_files, named_at = excluded.named_at"
        ));
        let every = u64::try_from(care.every.as_millis()).unwrap_or(u64::MAX >> 1);
        let args = args![
            care.copy_id,
            every,
            care.scrub_days,
            care.rate,
            care.quiet.map(|quiet| quiet.from),
            care.quiet.map(|quiet| quiet.until),
            care.tried_at,
            care.ran_at,
            care.failing_since,
            care.failures,
            care.last_error.as_deref(),
            care.scrubbed_at,
            care.free_bytes,
            care.total_bytes,
            care.thin_out,
            (!care.bad_files.is_empty()).then(|| care.bad_files.join("\n")),
            care.named_at
        ];
        exactly_one(self.execute(sql, args).await?, "the care of the copy")
    }
}
