//! Restore: photos back into plain folders, with their names, folders and modification times, every byte verified.
//!
//! Nothing is ever overwritten, and nothing is ever written outside the target folder. A file appears under its name
//! only when all of its bytes were verified. Where the library's own object is bad, a copy helps out.

mod record;
mod target;

use std::sync::Arc;

use catalog::{RestoreRow, Scope};
use model::{Error, ErrorKind, FileId, Result, Timestamp};
use serde::Serialize;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use vault::keys::SecretKey;
use vault::{HashingReader, Store, open_object};

use crate::names::printable;
use crate::workers::{Workers, streams};
use crate::{Cancel, Library, Progress, Stage};
pub(crate) use record::{RESTORED, Restored};
use target::{Target, Written};

const PAGE: usize = 512;

/// What to restore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Every space, each in a folder of its name.
    All,
    /// One space.
    Space(String),
    /// One album of a space (or of the only space that has it).
    Album {
        /// The space, if there could be a doubt.
        space: Option<String>,
        /// The album, by name or folder.
        album: String,
    },
    /// One photo, with all its files.
    Photo {
        /// The space, if there could be a doubt.
        space: Option<String>,
        /// Its album, by name or folder.
        album: String,
        /// The name of one of its files.
        name: String,
    },
}

/// A restore.
pub struct Restore {
    /// What.
    pub what: What,
    /// Where to; made if it does not exist.
    pub to: PathBuf,
    /// As it was then, instead of as it is now.
    pub as_of: Option<Timestamp>,
    /// Read from this copy instead of the library.
    pub from_copy: Option<String>,
}

/// A file that was not restored as it should be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct NotRestored {
    /// The file, as space, album and name.
    pub photo: String,
    /// Why, and what to do.
    pub reason: String,
}

/// What a restore did.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RestoreReport {
    /// Files written, every byte verified.
    pub restored: u64,
    /// Their bytes.
    pub restored_bytes: u64,
    /// Files that were in the target already, with exactly these bytes.
    pub already_there: u64,
    /// Files whose name the target cannot hold as it was, with the name that they got.
    pub renamed: Vec<NotRestored>,
    /// Files that came from a copy because the library's own object is bad.
    pub helped: Vec<NotRestored>,
    /// Files that could not be restored.
    pub failed: Vec<NotRestored>,
    /// Whether the restore was stopped before its end.
    pub interrupted: bool,
}

impl RestoreReport {
    /// Whether everything that was asked for is in the target now.
    pub fn is_complete(&self) -> bool {
        self.failed.is_empty() && !self.interrupted
    }
}

struct Job {
    row: RestoreRow,
    key: SecretKey,
    /// Below the target: the space's name if several are restored, then the album's folder.
    folder: Vec<u8>,
}

/// A store to read from, with the name of its copy.
pub(crate) type Source = (String, Arc<dyn Store>);

impl Library {
    /// Restores photos. Interrupted or failed, it goes on where it stopped when it is run again.
    ///
    /// # Errors
    /// When the target is full or cannot be written at all, or a named thing does not exist.
    pub async fn restore(
        self: &Arc<Self>,
        restore: Restore,
        progress: &Arc<dyn Progress>,
        cancel: &Cancel,
    ) -> Result<RestoreReport> {
        let scope = self.scope(&restore.what).await?;
        let sources = self.sources(restore.from_copy.as_deref()).await?;
        let report = self.restore_from(scope, restore.as_of, sources, &restore.to, progress, cancel).await?;
        // What came back is there, also where the catalog's disk is full or cannot be written any more.
        let _ = self.note_restore(scope, &restore, &report).await;
        Ok(report)
    }

    /// Restores what is meant from the first of these sources that has it.
    pub(crate) async fn restore_from(
        self: &Arc<Self>,
        scope: Scope,
        as_of: Option<Timestamp>,
        sources: Vec<Source>,
        to: &Path,
        progress: &Arc<dyn Progress>,
        cancel: &Cancel,
    ) -> Result<RestoreReport> {
        let target = Arc::new(Target::open(to)?);
        let count = self.catalog.read().await?.restore_count(scope, as_of).await?;
        progress.begin(Stage::Restoring, Some(count.files), Some(count.bytes));
        let (to, stop) = (Arc::clone(&target), cancel.clone());
        let (workers, mut outcomes) = Workers::start(streams(), PAGE, move |job: Job| {
            let outcome = write(&to, &sources, &job, &stop);
            (job, outcome)
        })?;
        let mut report = RestoreReport::default();
        let mut fatal = None;
        let mut keys: HashMap<model::SpaceId, SecretKey> = HashMap::new();
        let mut after: Option<FileId> = None;
        while !cancel.is_cancelled() && fatal.is_none() {
            let page = self.catalog.read().await?.restore_page(scope, as_of, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.file_id);
            let mut jobs = Vec::with_capacity(page.len());
            for row in page {
                let key = match keys.get(&row.space_id) {
                    Some(key) => key.clone(),
                    None => keys.entry(row.space_id).or_insert(self.space_key(row.space_id).await?).clone(),
                };
                let mut folder = Vec::new();
                if scope == Scope::All {
                    folder.extend(row.space.as_bytes());
                    folder.push(b'/');
                }
                folder.extend(&row.folder);
                jobs.push(Job { row, key, folder });
            }
            workers
                .run(&mut outcomes, jobs, |(job, outcome)| {
                    progress.advance(1, job.row.object.content_size);
                    report.count(&job, outcome, &mut fatal);
                })
                .await?;
        }
        let synced = tokio::task::spawn_blocking(move || target.sync()).await;
        synced.map_err(|error| Error::internal("syncing ended early").with_source(error))??;
        progress.end();
        report.interrupted = cancel.is_cancelled();
        report.failed.sort();
        match fatal {
            Some(error) => Err(error),
            None => Ok(report),
        }
    }

    pub(crate) async fn scope(&self, what: &What) -> Result<Scope> {
        let (wanted, album) = match what {
            What::All => return Ok(Scope::All),
            What::Space(name) => return Ok(Scope::Space(self.space(name).await?.id)),
            What::Album { space, album } => (space, album),
            What::Photo { space, album, name } => {
                let what = What::Album { space: space.clone(), album: album.clone() };
                let Scope::Album(id) = Box::pin(self.scope(&what)).await? else { return Ok(Scope::All) };
                let mut tx = self.catalog.read().await?;
                let found = tx.file_find_by_names(id, &[name.as_bytes()]).await?;
                let photo = found.first().map(|found| Scope::Asset(found.asset_id));
                return photo.ok_or_else(|| {
                    Error::not_found(format!("there is no photo '{}' in that album", printable(name)))
                });
            }
        };
        let spaces = match wanted {
            Some(name) => vec![self.space(name).await?],
            None => self.catalog.read().await?.space_list().await?,
        };
        let mut found = Vec::new();
        let mut tx = self.catalog.read().await?;
        for space in &spaces {
            let by_folder = tx.album_by_folder(space.id, album.as_bytes()).await?;
            let found_here = match by_folder {
                Some(album) => Some(album),
                None => tx.album_by_name(space.id, album).await?,
            };
            found.extend(found_here.map(|album| (space.name.clone(), album.id)));
        }
        match found.as_slice() {
            [(_, id)] => Ok(Scope::Album(*id)),
            [] => Err(Error::not_found(format!("there is no album '{}'", printable(album)))),
            several => {
                let names: Vec<&str> = several.iter().map(|(space, _)| space.as_str()).collect();
                Err(Error::invalid(format!(
                    "several spaces have an album '{}': {}; say which with --space",
                    printable(album),
                    names.join(", ")
                )))
            }
        }
    }

    /// Where to read from: the library and then every copy that can be reached, or the one that was named.
    async fn sources(self: &Arc<Self>, from_copy: Option<&str>) -> Result<Vec<Source>> {
        if let Some(name) = from_copy {
            let copy = self.copy(name).await?;
            let store = self.reach(&copy).await?;
            return Ok(vec![(copy.name, store)]);
        }
        let mut sources: Vec<Source> = Vec::new();
        for copy in self.copies_in_use().await? {
            match self.reach(&copy).await {
                Ok(store) => sources.push((copy.name, store)),
                // A copy that is away cannot help; the library alone is enough for what is not damaged.
                Err(_) if !copy.is_library => {}
                Err(error) => return Err(error),
            }
        }
        Ok(sources)
    }
}

impl RestoreReport {
    fn count(&mut self, job: &Job, outcome: Result<(Written, Option<String>)>, fatal: &mut Option<Error>) {
        let photo = || {
            let mut path = job.row.space.clone().into_bytes();
            for part in [&job.row.folder, &job.row.name] {
                if !part.is_empty() {
                    path.push(b'/');
                    path.extend(part);
                }
            }
            printable(&String::from_utf8_lossy(&path))
        };
        let told = |reason: String| NotRestored { photo: photo(), reason };
        match outcome {
            Ok((written, helper)) => {
                match written {
                    Written::There => self.already_there += 1,
                    Written::New => self.count_new(job),
                    Written::Renamed(name) => {
                        self.count_new(job);
                        self.renamed.push(told(format!("restored as {}", printable(&name))));
                    }
                }
                if let Some(helper) = helper {
                    self.helped.push(told(format!(
                        "restored from '{helper}', because the library's own object is bad; run 'copies heal'"
                    )));
                }
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::OutOfSpace => {
                fatal.get_or_insert(
                    error.context("the target is full; make room and restore again, it goes on"),
                );
            }
            Err(error) => self.failed.push(told(printable(error.message()))),
        }
    }

    fn count_new(&mut self, job: &Job) {
        self.restored += 1;
        self.restored_bytes += job.row.object.content_size;
    }
}

/// Restores one file from the first source that has it whole; tells which, if it was not the first.
fn write(
    target: &Target,
    sources: &[Source],
    job: &Job,
    cancel: &Cancel,
) -> Result<(Written, Option<String>)> {
    cancel.check()?;
    let object = &job.row.object;
    let place = target.place(&job.folder, &job.row.name)?;
    if place.has(&object.content_sha256, object.content_size)? {
        place.set_modified(job.row.modified_ns)?;
        return Ok((Written::There, None));
    }
    let mut first_problem = None;
    for (number, (name, store)) in sources.iter().enumerate() {
        let opened = open_object(store, &object.hash, object.size, &job.key);
        let written = opened.and_then(|mut plain| {
            place.write(job.row.modified_ns, |out| {
                let mut plain = HashingReader::new(&mut plain);
                copy(&mut plain, out, cancel)?;
                if plain.finish() == (object.content_sha256, object.content_size) {
                    Ok(())
                } else {
                    Err(Error::damaged("its bytes are not what was imported"))
                }
            })
        });
        match written {
            Ok(written) => return Ok((written, (number > 0).then(|| name.clone()))),
            // Another file of the same place came first; all is well if it has the same bytes.
            Err(error) if error.kind() == ErrorKind::Conflict => {
                return match place.has(&object.content_sha256, object.content_size) {
                    Ok(true) => Ok((Written::There, None)),
                    Ok(false) => Err(error),
                    Err(taken) => Err(taken),
                };
            }
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::Damaged | ErrorKind::NotFound | ErrorKind::Unavailable | ErrorKind::Forbidden
                ) =>
            {
                first_problem.get_or_insert(error.context(format!("in '{name}'")));
            }
            Err(error) => return Err(error),
        }
    }
    Err(first_problem.unwrap_or_else(|| Error::not_found("there is nowhere to read it from")))
}

fn copy(from: &mut dyn std::io::Read, out: &mut dyn std::io::Write, cancel: &Cancel) -> Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        cancel.check()?;
        let filled = match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(filled) => filled,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Error::io("it could not be read", error)),
        };
        out.write_all(&buffer[..filled]).map_err(|error| target::failed("it could not be written", error))?;
    }
}
