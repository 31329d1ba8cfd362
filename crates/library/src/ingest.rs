//! Ingest: photos come in, are encrypted, stored and referenced, in that order.
//!
//! The way of a file: the walk finds it and leaves out what has not changed since the last import; a worker reads,
//! hashes and encrypts it into the store's temporary folder; the committer makes a batch of objects durable, then
//! commits their rows in one transaction. Only then is a file counted. Content that the space has is stored once.

mod admit;
mod commit;
mod group;
mod known;
mod lookups;
mod plan;
mod prepare;
mod receive;
mod rows;
mod seen;
mod summary;
mod walk;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use model::{Error, ErrorKind, Result};

pub(crate) use admit::{Room, known as known_contents};
pub(crate) use lookups::waits_for_approval;
pub(crate) use receive::check_folder;
pub use receive::{Incoming, Received, Receiver, Was};
pub use summary::{ImportSummary, Skipped};

use crate::workers::{Workers, streams};
use crate::{Cancel, Library, Progress, Stage};
use commit::Committer;
use known::Known;
use prepare::{Prepared, Preparer};
use walk::{FoundFolder, Walk};

/// A batch is committed when it has so many files,
const BATCH_FILES: usize = 1024;
/// or so many bytes,
const BATCH_BYTES: u64 = 256 * 1024 * 1024;
/// or has waited so long.
const BATCH_WAIT: Duration = Duration::from_secs(2);

/// What to import, and where to.
pub struct Import {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// The space, made when there is none.
    pub space: String,
    /// The album; without one, albums are named after the folders.
    pub album: Option<String>,
    /// Leave out files whose content the space has already, under whatever name.
    pub skip_duplicates: bool,
}

impl Library {
    /// Imports files and folders. Each file counts once it is durable and referenced; what could not be read is in the
    /// summary with its reason. Interrupted, it says so in the summary, and the next import goes on.
    ///
    /// # Errors
    /// When the store or the catalog fails, or a path does not exist; what was counted until then stays.
    pub async fn import(
        self: &Arc<Self>,
        import: Import,
        progress: &Arc<dyn Progress>,
        cancel: &Cancel,
    ) -> Result<ImportSummary> {
        let space = self.space_or_new(&import.space).await?;
        let key = self.space_key(space.id).await?.public();
        self.sweep_leftovers().await?;
        let known = Arc::new(Known::new(self.catalog.clone(), space.id));
        // Before the walk, which tells what it finds.
        progress.begin(Stage::Storing, None, None);
        let folders = Walk::start(self, space.id, &import, Arc::clone(progress), cancel.clone());
        let mut folders = folders.inspect_err(|_| progress.end())?;
        let clock = Arc::clone(&self.clock);
        let (store, told) = (Arc::clone(&self.store), Arc::clone(progress));
        let preparer = Preparer::new(store, key, Arc::clone(&known), clock, told, cancel.clone());
        let (workers, mut prepared) =
            Workers::start(streams(), BATCH_FILES, move |file| preparer.prepare(file))?;
        let mut committer = Committer::new(self, space, import.skip_duplicates, progress, Arc::clone(&known));

        let mut batch: Vec<Prepared> = Vec::new();
        let mut bytes = 0;
        let mut since = Instant::now();
        let mut queue = Vec::new().into_iter();
        let mut walking = true;
        let mut next = None;
        loop {
            if next.is_none() {
                next = queue.next();
            }
            let idle = next.is_none() && workers.waiting() == 0;
            if idle && !walking && batch.is_empty() && !committer.has_unresolved() {
                break;
            }
            let full = batch.len() >= BATCH_FILES || bytes >= BATCH_BYTES;
            let due = full || (idle && !walking) || since.elapsed() >= BATCH_WAIT;
            if (due && !batch.is_empty()) || (idle && committer.has_unresolved()) {
                queue = requeue(committer.commit(std::mem::take(&mut batch)).await?, queue);
                (bytes, since) = (0, Instant::now());
                continue;
            }
            tokio::select! {
                biased;
                outcome = prepared.recv(), if workers.waiting() > 0 => {
                    let outcome = outcome.ok_or_else(|| Error::internal("a worker thread ended"))?;
                    workers.came_back();
                    bytes += outcome.stored_bytes();
                    if batch.is_empty() {
                        since = Instant::now();
                    }
                    batch.push(outcome);
                }
                sent = workers.reserve(), if next.is_some() => {
                    if let Some(file) = next.take() {
                        sent?.send(file);
                        workers.went_out();
                    }
                }
                found = folders.recv(), if walking && next.is_none() => match found {
                    None => walking = false,
                    Some(found) => {
                        let FoundFolder { folder, files, unchanged, problems, whole } = found?;
                        committer.folder(folder, unchanged, problems, whole, files.len());
                        queue = files.into_iter();
                    }
                },
            }
        }
        let interrupted = cancel.is_cancelled();
        let summary = committer.finish(interrupted).await?;
        progress.end();
        // With its names in the store too, a library without a catalog is still a library.
        if summary.changed_anything() {
            self.snapshot(progress).await?;
        }
        Ok(summary)
    }
}

/// Fails early, and clearly, for paths that cannot be imported.
fn importable(path: &std::path::Path) -> Result<PathBuf> {
    let full = std::path::absolute(path)
        .map_err(|error| Error::io(format!("could not find {}", path.display()), error))?;
    // The last name becomes an album's, so it has to be one.
    let full = if full.file_name().is_none() { std::fs::canonicalize(&full).unwrap_or(full) } else { full };
    let metadata = std::fs::symlink_metadata(&full).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            Error::new(ErrorKind::Invalid, format!("{} does not exist; nothing was imported", path.display()))
        }
        _ => Error::io(format!("could not look at {}", path.display()), error),
    })?;
    // A link that a person names is meant; links found inside are not followed.
    if metadata.is_symlink() {
        std::fs::metadata(&full)
            .map_err(|error| Error::io(format!("could not follow the link {}", path.display()), error))?;
    }
    Ok(full)
}

/// Files that have to be read again come before the rest.
fn requeue(
    again: Vec<walk::FoundFile>,
    rest: std::vec::IntoIter<walk::FoundFile>,
) -> std::vec::IntoIter<walk::FoundFile> {
    if again.is_empty() { rest } else { again.into_iter().chain(rest).collect::<Vec<_>>().into_iter() }
}
