//! Turning a batch of prepared files into durable objects and, in one transaction, the rows that refer to them.

use std::collections::{HashMap, HashSet};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::Arc;

use catalog::{Space, Tx};
use model::{CopyId, Error, ErrorKind, Result};
use serde_json::json;
use vault::{Draft, StorePath};

use super::known::Known;
use super::lookups::Lookups;
use super::plan::{Arrival, Fate, LOCKED, Plan, Planned, Stored};
use super::prepare::{Content, Failure, Prepared};
use super::seen::{Stat, encode};
use super::summary::{ImportSummary, Skipped};
use super::walk::{Folder, FoundFile, skipped};
use crate::names::printable;
use crate::{LIBRARY_COPY, Library, Progress};

/// How often a file waits for another of the same content.
const MAX_POSTPONED: u8 = 20;

/// Counts and commits what workers prepare.
pub(crate) struct Committer<'a> {
    library: &'a Arc<Library>,
    space: Space,
    skip_duplicates: bool,
    progress: &'a Arc<dyn Progress>,
    known: Arc<Known>,
    library_copy: Option<CopyId>,
    summary: ImportSummary,
    folders: HashMap<FolderKey, OpenFolder>,
    /// Files whose content another file was to bring, and has not yet.
    unresolved: Vec<FoundFile>,
    /// Files of a name that the batch before had too.
    deferred: Vec<Prepared>,
    /// Which source folder each album of this import comes from.
    sources: HashMap<Vec<u8>, PathBuf>,
}

/// Source and album: overlapping paths meet one source twice.
type FolderKey = (PathBuf, Vec<u8>);

fn key_of(folder: &Folder) -> FolderKey {
    (folder.source.clone(), folder.album.clone())
}

/// What is known of a folder that is being imported; remembered when it is through.
struct OpenFolder {
    folder: Arc<Folder>,
    entries: HashMap<Vec<u8>, Stat>,
    whole: bool,
    changed: bool,
    /// Files that were found and are neither committed nor told yet.
    open: usize,
}

impl<'a> Committer<'a> {
    pub(crate) fn new(
        library: &'a Arc<Library>,
        space: Space,
        skip_duplicates: bool,
        progress: &'a Arc<dyn Progress>,
        known: Arc<Known>,
    ) -> Self {
        Self {
            library,
            space,
            skip_duplicates,
            progress,
            known,
            library_copy: None,
            summary: ImportSummary::default(),
            folders: HashMap::new(),
            unresolved: Vec::new(),
            deferred: Vec::new(),
            sources: HashMap::new(),
        }
    }

    /// Takes note of a folder that was walked.
    pub(crate) fn folder(
        &mut self,
        folder: Arc<Folder>,
        unchanged: HashMap<Vec<u8>, Stat>,
        problems: Vec<Skipped>,
        whole: bool,
        open: usize,
    ) {
        self.summary.unchanged += unchanged.len() as u64;
        self.summary.already_there += unchanged.len() as u64;
        self.summary.skipped.extend(problems);
        self.sources.entry(folder.album.clone()).or_insert_with(|| folder.source.clone());
        // Where nothing has to be read, there is nothing new to remember.
        if open > 0 {
            self.folders.insert(
                key_of(&folder),
                OpenFolder { folder, entries: unchanged, whole, changed: false, open },
            );
        }
    }

    /// Whether files wait to be read again.
    pub(crate) fn has_unresolved(&self) -> bool {
        !self.unresolved.is_empty() || !self.deferred.is_empty()
    }

    /// A file whose bytes another one was to bring is read again, later; in the end it is told.
    fn postpone(&mut self, mut file: FoundFile) {
        file.postponed += 1;
        if file.postponed <= MAX_POSTPONED {
            self.unresolved.push(file);
        } else {
            let reason = "another file of the same content could not be stored; import again";
            self.skip(&file, reason);
        }
    }

    /// Makes a batch durable and referenced. Gives the files that have to be read again.
    pub(crate) async fn commit(&mut self, batch: Vec<Prepared>) -> Result<Vec<FoundFile>> {
        let again = std::mem::take(&mut self.unresolved);
        let mut ready = Vec::with_capacity(batch.len());
        let mut names = HashSet::new();
        let mut batch = batch;
        batch.splice(0..0, std::mem::take(&mut self.deferred));
        for prepared in batch {
            match prepared.content {
                // One name twice: the second is compared with the first once that is in.
                Ok(_) if !names.insert((prepared.file.folder.album.clone(), prepared.file.name.clone())) => {
                    self.deferred.push(prepared);
                }
                Ok(content) => ready.push((prepared.file, content)),
                Err(error) => self.failed(&prepared.file, error)?,
            }
        }
        let stored = self.store(&mut ready).await?;
        let (files, arrivals): (Vec<FoundFile>, Vec<Arrival>) =
            ready.into_iter().map(|(file, content)| self.arrival(file, &content)).unzip();
        let mut tx = self.library.catalog.begin().await?;
        tx.space_lock(self.space.id).await?;
        let now = self.library.clock.now();
        let known = Lookups::find(&mut tx, self.space.id, &arrivals, now).await?;
        let copy = self.library_copy(&mut tx).await?;
        let plan = Plan::new(self.space.id, copy, self.skip_duplicates, &stored, known, now);
        let planned = plan.of(&arrivals)?;
        planned.rows.write(&mut tx, now).await?;
        let counted = count(&planned, &arrivals);
        self.record(&mut tx, &counted).await?;
        for folder in self.remember(&files, &planned.fates) {
            self.put_seen(&mut tx, &folder).await?;
        }
        tx.commit().await?;
        for hash in &planned.orphans {
            // Not needed and not referenced; if it cannot be removed now, it is a leftover that the doctor counts.
            let _ = self.library.store.remove(&StorePath::object(hash));
        }
        self.progress.advance(files.len() as u64, files.iter().map(untold).sum());
        for ((file, arrival), fate) in files.into_iter().zip(&arrivals).zip(&planned.fates) {
            match fate {
                Fate::Postponed => self.postpone(file),
                Fate::Twin => self.skip(
                    &file,
                    "another picture of this name goes into the same album in this import; import it into an album of \
                     its own (--album)",
                ),
                Fate::Locked => {
                    // What it brought was not kept; another file may bring it.
                    self.known.release(arrival.id.sha256);
                    self.skip(&file, LOCKED);
                }
                _ => {}
            }
        }
        self.summary.add(counted);
        Ok(again)
    }

    /// What the plan needs to know of a file.
    fn arrival(&self, file: FoundFile, content: &Content) -> (FoundFile, Arrival) {
        let first = self.sources.get(&file.folder.album);
        let arrival = Arrival {
            album: file.folder.album.clone(),
            name: file.name.clone(),
            place: file.place.clone(),
            modified_ns: Some(file.stat.modified_ns),
            id: content.id,
            format: content.format,
            // Two files of one import that want the same name are two pictures: neither may hide the other.
            may_supersede: first.is_none_or(|first| *first == file.folder.source),
            // Whoever runs the machine may.
            may_revive: true,
            added_by: None,
        };
        (file, arrival)
    }

    /// A file that could not be read is told; a store or catalog that fails ends the import.
    fn failed(&mut self, file: &FoundFile, failure: Failure) -> Result<()> {
        match failure {
            Failure::File(error) if error.kind() == ErrorKind::Interrupted => Ok(()),
            Failure::File(error) => {
                self.progress.advance(1, untold(file));
                self.skip(file, error.message());
                Ok(())
            }
            Failure::Library(error) if error.kind() == ErrorKind::OutOfSpace => {
                Err(error.context("the library's disk is full; free some space and import again, it goes on"))
            }
            Failure::Library(error) => {
                Err(error.context("the import stopped; what was counted before is safe"))
            }
        }
    }

    /// Tells why a file was not imported. Its folder is through without it, and will look at it again.
    fn skip(&mut self, file: &FoundFile, reason: &str) {
        self.summary.skipped.push(skipped(&file.path(), reason));
        if let Some(open) = self.folders.get_mut(&key_of(&file.folder)) {
            open.open = open.open.saturating_sub(1);
        }
    }

    /// Makes the batch's new objects durable; gives their hashes.
    async fn store(&self, ready: &mut [(FoundFile, Content)]) -> Result<Stored> {
        let mut stored = Stored::new();
        let mut drafts = Vec::new();
        for (_, content) in ready.iter_mut() {
            if let Some(object) = content.object.take() {
                stored.insert(content.id.sha256, (object.hash, object.size));
                drafts.push(Draft { path: StorePath::object(&object.hash), spool: object.spool });
            }
        }
        if drafts.is_empty() {
            return Ok(stored);
        }
        let store = Arc::clone(&self.library.store);
        let outcomes = tokio::task::spawn_blocking(move || store.create_many(drafts))
            .await
            .map_err(|error| Error::internal("storing ended early").with_source(error))?;
        for outcome in outcomes {
            outcome?;
        }
        Ok(stored)
    }

    async fn library_copy(&mut self, tx: &mut Tx) -> Result<CopyId> {
        if let Some(id) = self.library_copy {
            return Ok(id);
        }
        let copy = tx.copy_by_name(LIBRARY_COPY).await?;
        let id = copy.ok_or_else(|| Error::internal("the library is not a copy of itself"))?.id;
        self.library_copy = Some(id);
        Ok(id)
    }

    async fn record(&self, tx: &mut Tx, counted: &ImportSummary) -> Result<()> {
        if counted.changed_anything() {
            let detail = json!({
                "brought_back": counted.brought_back,
                "stored": counted.stored, "bytes": counted.stored_bytes,
                "duplicates": counted.duplicates, "versions": counted.versions,
            });
            tx.audit_append_in(
                self.space.id,
                self.library.clock.now(),
                "admin",
                "import",
                &self.space.name,
                &detail,
            )
            .await?;
        }
        Ok(())
    }

    /// What is committed need not be read next time. Gives the folders that are through.
    fn remember(&mut self, files: &[FoundFile], fates: &[Fate]) -> Vec<OpenFolder> {
        let mut through = Vec::new();
        for (file, _) in files
            .iter()
            .zip(fates)
            .filter(|(_, fate)| !matches!(fate, Fate::Postponed | Fate::Twin | Fate::Locked))
        {
            let Some(open) = self.folders.get_mut(&key_of(&file.folder)) else { continue };
            if !file.stat.is_racy(file.looked) {
                open.entries.insert(file.name.clone(), file.stat);
                open.changed = true;
            }
            open.open = open.open.saturating_sub(1);
            if open.open == 0 {
                through.extend(self.folders.remove(&key_of(&file.folder)));
            }
        }
        through
    }

    async fn put_seen(&self, tx: &mut Tx, open: &OpenFolder) -> Result<()> {
        // Files that were named one by one belong to a folder that was not listed; it is not remembered.
        if !open.whole || !open.changed {
            return Ok(());
        }
        let album = tx.album_by_folder(self.space.id, &open.folder.album).await?;
        let album = album.ok_or_else(|| Error::internal("an album is missing"))?;
        let path = open.folder.source.as_os_str().as_bytes();
        tx.seen_put(self.space.id, album.id, path, &encode(&open.entries)?).await
    }

    /// Remembers the folders that changed and gives the summary.
    pub(crate) async fn finish(mut self, interrupted: bool) -> Result<ImportSummary> {
        // Folders that were not finished: interrupted, or with files that could not be read.
        let mut tx = self.library.catalog.begin().await?;
        for open in std::mem::take(&mut self.folders).into_values() {
            if tx.album_by_folder(self.space.id, &open.folder.album).await?.is_some() {
                self.put_seen(&mut tx, &open).await?;
            }
        }
        tx.commit().await?;
        self.summary.interrupted = interrupted;
        Ok(self.summary)
    }
}

/// What a batch adds to the summary.
fn count(planned: &Planned, arrivals: &[Arrival]) -> ImportSummary {
    let mut sum =
        ImportSummary { brought_back: planned.rows.resealed.len() as u64, ..ImportSummary::default() };
    for (fate, file) in planned.fates.iter().zip(arrivals) {
        let new = matches!(fate, Fate::Stored(_) | Fate::Duplicate(_) | Fate::Version(..));
        if new && file.id.size == 0 {
            sum.empty.push(named(file));
        }
        match fate {
            Fate::Stored(_) => {
                sum.stored += 1;
                sum.stored_bytes += file.id.size;
            }
            Fate::Duplicate(_) => sum.duplicates += 1,
            Fate::Version(_, number) => {
                sum.versions += 1;
                sum.new_versions.push(format!("{} (version {number})", named(file)));
            }
            Fate::There(_) => sum.already_there += 1,
            Fate::InTrash(_) => sum.left_in_trash += 1,
            Fate::LeftOut => sum.duplicates_left_out += 1,
            Fate::Twin | Fate::Postponed | Fate::Barred | Fate::Locked => {}
        }
    }
    sum
}

/// Album and name, as text.
fn named(file: &Arrival) -> String {
    let (album, name) = (String::from_utf8_lossy(&file.album), String::from_utf8_lossy(&file.name));
    printable(&format!("{album}/{name}"))
}

/// Bytes of a file that were not told as done while it was read.
fn untold(file: &FoundFile) -> u64 {
    file.stat.size.saturating_sub(file.told)
}
