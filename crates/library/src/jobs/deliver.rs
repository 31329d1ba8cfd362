//! Carrying notices to the channels of people, one job for each notice and channel.
//!
//! What is sent is decided when it is sent: a channel that was removed, or that does not want this kind any more, gets
//! nothing, whatever waits. A code is made when it is sent too, so that none waits in the queue. A failure is tried again,
//! later each time, and the channel says why; given up, it stays visible. A job may run twice, so each message has an id.

use std::sync::Arc;
use std::time::Duration;

use catalog::{Channel, Job, NewJob};
use model::{ChannelId, Error, JobId, NoticeId, Result, Timestamp};
use serde_json::json;
use tokio::task::JoinSet;

use crate::notices::{Message, Post, code_hash, new_code};
use crate::{Cancel, Library};

pub(crate) const KIND: &str = "deliver";
/// Longer than a delivery may take.
const LEASE: Duration = Duration::from_mins(5);
/// How many go out at once.
const PAGE: usize = 8;
/// How long to wait after each failure; then it is given up.
const RETRIES: [Duration; 6] = [
    Duration::from_secs(20),
    Duration::from_mins(2),
    Duration::from_mins(10),
    Duration::from_hours(1),
    Duration::from_hours(4),
    Duration::from_hours(12),
];

/// The job that carries a notice to a channel.
pub(crate) fn notice_job(channel: ChannelId, notice: NoticeId, now: Timestamp) -> NewJob {
    job(json!({"channel": channel, "notice": notice}), now)
}

/// The job that sends a code to a channel that is not confirmed yet.
pub(crate) fn code_job(channel: ChannelId, now: Timestamp) -> NewJob {
    job(json!({"channel": channel}), now)
}

fn job(payload: serde_json::Value, now: Timestamp) -> NewJob {
    NewJob { id: JobId::generate(), kind: KIND, payload, dedupe_key: None, run_at: now, created_at: now }
}

/// What came of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Messages that arrived.
    pub told: u64,
    /// Messages that did not, and are tried again or given up.
    pub failed: u64,
    /// Jobs that had nothing to send any more.
    pub moot: u64,
}

/// What came of one job.
enum Outcome {
    Told,
    Failed,
    Moot,
}

impl Library {
    /// Delivers everything that is due; `server` is the address that messages name. Interrupted, the rest stays queued.
    pub async fn run_deliveries(
        self: &Arc<Self>,
        post: &Arc<Post>,
        server: Option<&str>,
        cancel: &Cancel,
    ) -> Result<Delivered> {
        let mut delivered = Delivered::default();
        while !cancel.is_cancelled() {
            let mut tx = self.catalog.begin().await?;
            let jobs = tx.job_claim(&[KIND], PAGE, self.clock.now(), LEASE).await?;
            tx.commit().await?;
            if jobs.is_empty() {
                break;
            }
            let mut running = JoinSet::new();
            for job in jobs {
                let (library, post) = (Arc::clone(self), Arc::clone(post));
                let server = server.map(str::to_owned);
                running.spawn(async move { library.deliver(&post, server.as_deref(), &job).await });
            }
            let mut broken = None;
            while let Some(outcome) = running.join_next().await {
                let ended = |error| Err(Error::internal("a delivery ended early").with_source(error));
                match outcome.unwrap_or_else(ended) {
                    Ok(Outcome::Told) => delivered.told += 1,
                    Ok(Outcome::Failed) => delivered.failed += 1,
                    Ok(Outcome::Moot) => delivered.moot += 1,
                    // The others are on their way: they are not broken off for it.
                    Err(error) => broken = Some(error),
                }
            }
            if let Some(error) = broken {
                return Err(error);
            }
        }
        Ok(delivered)
    }

    async fn deliver(&self, post: &Post, server: Option<&str>, job: &Job) -> Result<Outcome> {
        let Some((channel, message)) = self.message(server, job).await? else {
            let mut tx = self.catalog.begin().await?;
            tx.job_done_many(&[job.id]).await?;
            tx.commit().await?;
            return Ok(Outcome::Moot);
        };
        let sent = post.send(&channel, &message, self.clock.now()).await;
        let now = self.clock.now();
        let mut tx = self.catalog.begin().await?;
        let outcome = match sent {
            Ok(()) => {
                tx.job_done_many(&[job.id]).await?;
                tx.channel_told(channel.id, now).await?;
                Outcome::Told
            }
            Err(why) => {
                let tries = usize::try_from(job.attempts).unwrap_or(usize::MAX);
                let again = RETRIES.get(tries.saturating_sub(1)).map(|wait| now.plus(*wait));
                tx.job_fail(job.id, &why, again, now).await?;
                tx.channel_failed(channel.id, &why, now).await?;
                Outcome::Failed
            }
        };
        tx.commit().await?;
        Ok(outcome)
    }

    /// What a job has to send, and where; `None` if it has nothing to send any more.
    async fn message(&self, server: Option<&str>, job: &Job) -> Result<Option<(Channel, Message)>> {
        let read = |key: &str| serde_json::from_value(job.payload[key].clone());
        let channel: ChannelId = read("channel")
            .map_err(|error| Error::internal("a delivery without a channel").with_source(error))?;
        let notice: Option<NoticeId> = serde_json::from_value(job.payload["notice"].clone())
            .map_err(|error| Error::internal("a delivery of nothing").with_source(error))?;
        let mut tx = self.catalog.read().await?;
        let Some(channel) = tx.channel_get(channel).await? else { return Ok(None) };
        let person = tx.person_get(channel.person_id).await?;
        if person.is_none_or(|person| person.disabled_at.is_some()) {
            return Ok(None);
        }
        if let Some(notice) = notice {
            let notice = tx.notice_get(notice).await?;
            let notice = notice.filter(|notice| {
                notice.person_id == channel.person_id
                    && channel.confirmed_at.is_some()
                    && channel.wants(notice.kind)
            });
            return Ok(notice.map(|notice| {
                let message = Message::notice(&notice, server);
                (channel, message)
            }));
        }
        drop(tx);
        if channel.confirmed_at.is_some() {
            return Ok(None);
        }
        let code = new_code();
        let mut tx = self.catalog.begin().await?;
        let waits = tx.channel_set_code(channel.id, &code_hash(&code)?).await?;
        tx.commit().await?;
        if !waits {
            return Ok(None);
        }
        let message = Message::code(&channel, &code, self.clock.now(), server);
        Ok(Some((channel, message)))
    }
}
