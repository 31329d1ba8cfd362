//! The queue of work that waits to be done, filled in the transaction that makes the work necessary.
//!
//! A claimed job is leased: if its worker dies, it is claimed again when the lease ends. So jobs must be idempotent.
//! Claim in a transaction of its own and commit it before doing the work.

use std::time::Duration;

use model::{Error, JobId, Result, Timestamp};
use serde_json::Value as Json;

use crate::sql::{Row, Tx, Value, args, built, exactly_one};

/// Work that waits, runs, or has failed for good.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// What sort of work.
    pub kind: String,
    /// What on; its form belongs to the kind.
    pub payload: Json,
    /// While a job with this key waits, another is not added. Claiming a job frees its key: what happens from then on
    /// may need another run.
    pub dedupe_key: Option<String>,
    /// Not before this time.
    pub run_at: Timestamp,
    /// How often it was claimed, this time included.
    pub attempts: u32,
    /// Until when its worker has it.
    pub leased_until: Option<Timestamp>,
    /// Why it failed last.
    pub last_error: Option<String>,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was given up.
    pub failed_at: Option<Timestamp>,
}

/// Work to be added.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// Its id.
    pub id: JobId,
    /// What sort of work.
    pub kind: &'static str,
    /// What on.
    pub payload: Json,
    /// While a job with this key waits, this one is not added.
    pub dedupe_key: Option<String>,
    /// Not before this time.
    pub run_at: Timestamp,
    /// Now.
    pub created_at: Timestamp,
}

/// How much work there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JobCounts {
    /// Jobs that could run now.
    pub due: u64,
    /// Jobs whose time has not come.
    pub later: u64,
    /// Jobs that a worker has.
    pub running: u64,
    /// Jobs that were given up.
    pub failed: u64,
}

const COLUMNS: &str =
    "id, kind, payload, dedupe_key, run_at, attempts, leased_until, last_error, created_at, failed_at";

fn job(row: &Row) -> Result<Job> {
    let payload: String = row.get(2)?;
    Ok(Job {
        id: row.get(0)?,
        kind: row.get(1)?,
        payload: serde_json::from_str(&payload).map_err(|error| {
            Error::damaged("the catalog holds a job that cannot be read").with_source(error)
        })?,
        dedupe_key: row.get(3)?,
        run_at: row.get(4)?,
        attempts: row.get(5)?,
        leased_until: row.get(6)?,
        last_error: row.get(7)?,
        created_at: row.get(8)?,
        failed_at: row.get(9)?,
    })
}

impl Tx {
    /// Adds jobs, except those whose dedupe key waits already. Says how many were added.
    pub async fn job_insert_many(&mut self, jobs: &[NewJob]) -> Result<u64> {
        let mut values = Vec::with_capacity(jobs.len() * 6);
        for job in jobs {
            values.push(Value::Uuid(job.id.0));
            values.push(Value::Word(job.kind));
            values.extend(args![
                job.payload.to_string(),
                job.dedupe_key.as_deref(),
                job.run_at,
                job.created_at
            ]);
        }
        let sql = "INSERT INTO job (id, kind, payload, dedupe_key, run_at, created_at) VALUES";
        self.insert_many(sql, 6, " ON CONFLICT (dedupe_key) DO NOTHING", values).await
    }

    /// Takes up to `limit` jobs of these kinds that are due, oldest first, for as long as `lease`.
    /// Nobody else gets them meanwhile.
    pub async fn job_claim(
        &mut self,
        kinds: &[&str],
        limit: usize,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Vec<Job>> {
        if kinds.is_empty() {
            return Ok(Vec::new());
        }
        let mut args = args![now.plus(lease), now, limit];
        let mut list = Vec::with_capacity(kinds.len());
        for kind in kinds {
            args.push((*kind).into());
            list.push(format!("${}", args.len()));
        }
        let (materialized, lock) = self.pick(("", ""), ("MATERIALIZED ", " FOR UPDATE SKIP LOCKED"));
        let sql = format!(
            "WITH due AS {materialized}(SELECT id FROM job WHERE failed_at IS NULL AND run_at <= $2 \
             AND (leased_until IS NULL OR leased_until <= $2) AND kind IN ({}) ORDER BY run_at, id LIMIT $3{lock}) \
             UPDATE job SET attempts = attempts + 1, leased_until = $1, dedupe_key = NULL WHERE id IN (SELECT id FROM due) \
             RETURNING {COLUMNS}",
            list.join(", ")
        );
        let mut jobs = self.fetch_all(built(sql), args, job).await?;
        jobs.sort_by_key(|job| (job.run_at, job.id));
        Ok(jobs)
    }

    /// Removes jobs that are done. One that is gone already is no error: its lease had ended, and it was done twice.
    pub async fn job_done_many(&mut self, ids: &[JobId]) -> Result<u64> {
        self.execute_in(
            "DELETE FROM job WHERE id IN ({})",
            vec![],
            ids.iter().map(|id| (*id).into()).collect(),
        )
        .await
    }

    /// Gives a job back with the reason why it failed, to be tried again at that time.
    pub async fn job_retry(&mut self, id: JobId, error: &str, retry_at: Timestamp) -> Result<()> {
        let sql = "UPDATE job SET leased_until = NULL, last_error = $1, run_at = $2 WHERE id = $3";
        exactly_one(self.execute(sql, args![error, retry_at, id]).await?, "the job")
    }

    /// Gives a job up for good. It stays visible, and its dedupe key is free again.
    pub async fn job_give_up(&mut self, id: JobId, error: &str, failed_at: Timestamp) -> Result<()> {
        let sql = "UPDATE job SET leased_until = NULL, last_error = $1, failed_at = $2, dedupe_key = NULL WHERE id = $3";
        exactly_one(self.execute(sql, args![error, failed_at, id]).await?, "the job")
    }

    /// Reports a failure: to be tried again at `retry_at`, or given up with `None`.
    pub async fn job_fail(
        &mut self,
        id: JobId,
        error: &str,
        retry_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<()> {
        match retry_at {
            Some(at) => self.job_retry(id, error, at).await,
            None => self.job_give_up(id, error, now).await,
        }
    }

    /// How much work there is.
    pub async fn job_counts(&mut self, now: Timestamp) -> Result<JobCounts> {
        let sql = "SELECT count(CASE WHEN failed_at IS NULL AND run_at <= $1 \
                   AND (leased_until IS NULL OR leased_until <= $1) THEN 1 END), \
                   count(CASE WHEN failed_at IS NULL AND run_at > $1 \
                   AND (leased_until IS NULL OR leased_until <= $1) THEN 1 END), \
                   count(CASE WHEN failed_at IS NULL AND leased_until > $1 THEN 1 END), count(failed_at) FROM job";
        self.fetch_one(sql, args![now], |row| {
            Ok(JobCounts { due: row.get(0)?, later: row.get(1)?, running: row.get(2)?, failed: row.get(3)? })
        })
        .await
    }

    /// Gives a job that was given up another chance. Says whether there was one.
    pub async fn job_again(&mut self, id: JobId, now: Timestamp) -> Result<bool> {
        let sql = "UPDATE job SET failed_at = NULL, attempts = 0, run_at = $1 WHERE id = $2 AND failed_at IS NOT NULL";
        Ok(self.execute(sql, args![now, id]).await? == 1)
    }

    /// A job that was given up.
    pub async fn job_failed(&mut self, id: JobId) -> Result<Option<Job>> {
        let sql = built(format!("SELECT {COLUMNS} FROM job WHERE id = $1 AND failed_at IS NOT NULL"));
        self.fetch_optional(sql, args![id], job).await
    }

    /// The jobs that were given up, newest first.
    pub async fn job_list_failed(&mut self, limit: usize) -> Result<Vec<Job>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM job WHERE failed_at IS NOT NULL ORDER BY failed_at DESC, id DESC LIMIT $1"
        );
        self.fetch_all(built(sql), args![limit], job).await
    }

    /// Forgets jobs of a kind that were given up before this time.
    pub async fn job_forget_failed(&mut self, kind: &'static str, before: Timestamp) -> Result<u64> {
        let mut args = args![before];
        args.push(Value::Word(kind));
        self.execute("DELETE FROM job WHERE failed_at < $1 AND kind = $2", args).await
    }
}
