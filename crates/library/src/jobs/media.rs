//! Metadata and renditions of an asset, made in the sandboxed worker, one process for each photo.
//!
//! Everything here can be made again from the originals, so nothing of it is copied, and no failure here touches them:
//! a photo that cannot be shown says why, and is kept all the same.

use std::io::{Read, Write};
use std::sync::Arc;
use std::time::Duration;

use catalog::{Asset, AssetFile, Job, MediaState, MediaUpdate, NewChange, NewJob, Object, Rendition};
use media::{Format, Processed, Worker};
use model::{AssetId, Error, FileRole, JobId, RenditionKind, Result, Timestamp};
use serde_json::json;
use vault::keys::{PublicKey, SecretKey};
use vault::{Draft, Store, StorePath, encrypt_object, open_object};

use crate::workers::{Workers, threads};
use crate::{Cancel, Library, Progress, Stage};

const KIND: &str = "media";
/// Longer than a worker may take, so that nobody claims what is being done.
const LEASE: Duration = Duration::from_mins(10);
const MAX_ATTEMPTS: u32 = 3;
/// A larger sidecar is not read for metadata; it is stored like any other file.
const MAX_SIDECAR: u64 = 8 * 1024 * 1024;
const PAGE: usize = 32;
/// How many reasons a summary tells.
const REASONS: usize = 5;

/// The job that looks into an asset.
pub(crate) fn media_job(asset: AssetId, now: Timestamp) -> NewJob {
    NewJob {
        id: JobId::generate(),
        kind: KIND,
        payload: json!({ "asset": asset }),
        dedupe_key: Some(format!("{KIND}:{asset}")),
        run_at: now,
        created_at: now,
    }
}

/// What the previews of this run came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct MediaSummary {
    /// Assets that have previews now.
    pub ready: u64,
    /// Assets without a preview, for a reason that their page tells.
    pub without_preview: u64,
    /// Assets that have to be tried again later.
    pub failed: u64,
    /// Why, for the first few of them.
    pub reasons: Vec<String>,
}

/// What a thread needs to look into one asset.
struct Task {
    job: Job,
    asset: Asset,
    /// What is shown, and the object behind it.
    shown: Option<(Object, Vec<u8>)>,
    sidecar: Option<Object>,
    key: SecretKey,
}

/// What came of it.
struct Looked {
    processed: Processed,
    renditions: Vec<(RenditionKind, u32, u32, Draft, u64)>,
}

impl Library {
    /// Does all media work that is due. Interrupted, the rest stays queued.
    pub async fn run_media_jobs(
        self: &Arc<Self>,
        worker: Arc<Worker>,
        progress: &Arc<dyn Progress>,
        cancel: &Cancel,
    ) -> Result<MediaSummary> {
        let due = self.catalog.read().await?.job_counts(self.clock.now()).await?.due;
        let mut summary = MediaSummary::default();
        if due == 0 {
            return Ok(summary);
        }
        progress.begin(Stage::Previews, Some(due), None);
        let (originals, renditions) = (Arc::clone(&self.store), Arc::clone(&self.renditions));
        let (workers, mut outcomes) = Workers::start(threads(), PAGE, move |task: Task| {
            let outcome = look(&worker, &originals, &*renditions, &task);
            (task, outcome)
        })?;
        while !cancel.is_cancelled() {
            let now = self.clock.now();
            let mut tx = self.catalog.begin().await?;
            let jobs = tx.job_claim(&[KIND], PAGE, now, LEASE).await?;
            tx.commit().await?;
            if jobs.is_empty() {
                break;
            }
            let mut gone = Vec::new();
            let mut tasks = Vec::new();
            for job in jobs {
                match self.task(&job).await? {
                    Some(task) => tasks.push(task),
                    None => gone.push(job.id),
                }
            }
            let mut results = Vec::new();
            workers
                .run(&mut outcomes, tasks, |outcome| {
                    progress.advance(1, 0);
                    results.push(outcome);
                })
                .await?;
            self.finish_media(results, gone, &mut summary).await?;
        }
        progress.end();
        Ok(summary)
    }

    async fn task(&self, job: &Job) -> Result<Option<Task>> {
        let asset: AssetId = serde_json::from_value(job.payload["asset"].clone())
            .map_err(|error| Error::internal("a media job without an asset").with_source(error))?;
        let mut tx = self.catalog.read().await?;
        let Some(asset) = tx.asset_get(asset).await? else { return Ok(None) };
        let files = tx.asset_files(asset.id).await?;
        let newest = |role: FileRole| {
            let file: Option<&AssetFile> = files.iter().find(|file| file.file.role == role);
            file.and_then(|file| Some((file.versions.first()?.object_id, file.file.name.clone())))
        };
        let main =
            newest(FileRole::Primary).or_else(|| newest(FileRole::Raw)).or_else(|| newest(FileRole::Motion));
        let shown = match main {
            Some((object, name)) => tx.object_get(object).await?.map(|object| (object, name)),
            None => None,
        };
        let sidecar = match newest(FileRole::Sidecar) {
            Some((object, _)) => {
                tx.object_get(object).await?.filter(|object| object.content_size <= MAX_SIDECAR)
            }
            None => None,
        };
        drop(tx);
        let key = self.space_key(asset.space_id).await?;
        Ok(Some(Task { job: job.clone(), asset, shown, sidecar, key }))
    }

    /// Makes the renditions durable, then commits what is known and that the jobs are done.
    async fn finish_media(
        &self,
        results: Vec<(Task, Result<Looked>)>,
        mut done: Vec<JobId>,
        summary: &mut MediaSummary,
    ) -> Result<()> {
        let mut drafts = Vec::new();
        let mut updates = Vec::new();
        let mut failures = Vec::new();
        for (task, outcome) in results {
            match outcome {
                Ok(Looked { processed, renditions }) => {
                    let mut rows = Vec::new();
                    for (kind, width, height, draft, size) in renditions {
                        let hash = draft
                            .path
                            .object_hash()
                            .ok_or_else(|| Error::internal("a nameless rendition"))?;
                        let object = task.shown.as_ref().map(|(object, _)| object.id);
                        let object_id = object.ok_or_else(|| Error::internal("a rendition of nothing"))?;
                        rows.push(Rendition { object_id, kind, hash, size, width, height });
                        drafts.push(draft);
                    }
                    updates.push((task, processed, rows));
                }
                Err(error) => failures.push((task, error)),
            }
        }
        let store = Arc::clone(&self.renditions);
        let stored = tokio::task::spawn_blocking(move || store.create_many(drafts)).await;
        for outcome in stored.map_err(|error| Error::internal("storing ended early").with_source(error))? {
            outcome?;
        }
        let now = self.clock.now();
        let mut tx = self.catalog.begin().await?;
        let mut changes = Vec::new();
        for (task, processed, rows) in updates {
            let state = if rows.is_empty() { MediaState::None } else { MediaState::Ready };
            if rows.is_empty() {
                summary.without_preview += 1;
            } else {
                summary.ready += 1;
            }
            for row in &rows {
                tx.rendition_put(row).await?;
            }
            tx.media_set(&update(&task.asset, processed, state)).await?;
            changes.push(NewChange {
                space_id: task.asset.space_id,
                entity: "asset",
                entity_id: task.asset.id.0,
                op: "update",
                at: now,
            });
            done.push(task.job.id);
        }
        for (task, error) in failures {
            summary.failed += 1;
            if summary.reasons.len() < REASONS {
                summary.reasons.push(error.message().to_owned());
            }
            if task.job.attempts >= MAX_ATTEMPTS {
                tx.job_give_up(task.job.id, error.message(), now).await?;
            } else {
                let later = now.plus(Duration::from_mins(1) * task.job.attempts.max(1));
                tx.job_retry(task.job.id, error.message(), later).await?;
            }
        }
        tx.change_append_many(&changes).await?;
        tx.job_done_many(&done).await?;
        tx.commit().await
    }
}

fn update(asset: &Asset, processed: Processed, state: MediaState) -> MediaUpdate {
    let captured = asset.edits.captured.or(processed.metadata.captured);
    let captured_at = captured.map_or(asset.captured_at, |at| Timestamp(at.utc_ms()));
    MediaUpdate {
        asset_id: asset.id,
        captured_at,
        state,
        note: processed.note,
        placeholder: processed.placeholder,
        perceptual_hash: processed.perceptual_hash.map(|hash| hash as i64),
        metadata: processed.metadata,
    }
}

/// Decrypts what the worker asks for, and encrypts what it made. The photo's plain bytes never touch the disk.
fn look(worker: &Worker, originals: &Arc<dyn Store>, store: &dyn Store, task: &Task) -> Result<Looked> {
    let Some((object, name)) = &task.shown else {
        return Ok(unseen("this is a sidecar without its photo; it is kept as it is"));
    };
    let mut source = open_object(originals, &object.hash, object.size, &task.key)?;
    let mut head = Vec::new();
    let read = (&mut source).take(media::SNIFF_LEN as u64).read_to_end(&mut head);
    read.map_err(|error| Error::io("the original cannot be read", error))?;
    let format = media::sniff_named(&head, name);
    let sidecar = match &task.sidecar {
        Some(object) => Some(read_all(originals, object, &task.key)?),
        None => None,
    };
    if format == Format::Unknown && sidecar.is_none() {
        return Ok(unseen("this is no picture or video of a kind that can be shown; it is kept as it is"));
    }
    let mut processed = worker.process(&mut source, object.content_size, format, sidecar.as_deref())?;
    let mut renditions = Vec::new();
    if let Some(made) = processed.renditions.take() {
        let key = task.key.public();
        for (kind, picture) in
            [(RenditionKind::Thumbnail, made.thumbnail), (RenditionKind::Preview, made.preview)]
        {
            let (draft, size) = encrypted(store, &key, &picture.jpeg)?;
            renditions.push((kind, picture.width, picture.height, draft, size));
        }
    }
    Ok(Looked { processed, renditions })
}

/// There is nothing to show, for this reason.
fn unseen(note: &str) -> Looked {
    let processed = Processed { note: Some(note.to_owned()), ..Processed::default() };
    Looked { processed, renditions: Vec::new() }
}

fn read_all(store: &Arc<dyn Store>, object: &Object, key: &SecretKey) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_object(store, &object.hash, object.size, key)?
        .read_to_end(&mut bytes)
        .map_err(|error| Error::io("the sidecar cannot be read", error))?;
    Ok(bytes)
}

fn encrypted(store: &dyn Store, key: &PublicKey, bytes: &[u8]) -> Result<(Draft, u64)> {
    let mut spool = store.spool()?;
    let (hash, size) = encrypt_object(key, &mut &bytes[..], &mut spool)?;
    spool.flush().map_err(|error| Error::io("could not write a preview", error))?;
    spool.close();
    Ok((Draft { path: StorePath::object(&hash), spool }, size))
}
