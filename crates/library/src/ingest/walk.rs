//! Finding files: every file below the given paths, folder by folder, links not followed.

use std::collections::{BTreeMap, HashMap};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use catalog::Catalog;
use model::{AlbumId, Clock, Error, Result, SpaceId, Timestamp};
use rustix::fs::{Mode, OFlags};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::group::{Membership, group};
use super::seen::{Stat, decode};
use super::{Import, Skipped, importable};
use crate::{Cancel, Library, Progress};

/// A folder of the source and the album it becomes.
pub(crate) struct Folder {
    /// Absolute path of the source.
    pub(crate) source: PathBuf,
    /// Folder of the album within the space.
    pub(crate) album: Vec<u8>,
    /// The path that was named, opened, and this folder's path below it: from there on, no link is followed, whatever
    /// happens between finding a file and reading it.
    root: Arc<File>,
    below: PathBuf,
}

impl Folder {
    /// Opens a file of this folder for reading; without waiting, should it be a pipe by now.
    pub(crate) fn open(&self, name: &[u8]) -> std::io::Result<File> {
        let path = self.below.join(OsStr::from_bytes(name));
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        #[cfg(target_os = "linux")]
        {
            use rustix::fs::{ResolveFlags, openat2};
            let within = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
            match openat2(&*self.root, &path, flags, Mode::empty(), within) {
                Err(rustix::io::Errno::NOSYS) => {}
                other => return Ok(other?.into()),
            }
        }
        Ok(rustix::fs::openat(&*self.root, &path, flags, Mode::empty())?.into())
    }
}

/// A file that has to be read.
pub(crate) struct FoundFile {
    pub(crate) folder: Arc<Folder>,
    pub(crate) name: Vec<u8>,
    pub(crate) place: Membership,
    pub(crate) stat: Stat,
    /// The library has a file of this name and size here: it is probably the same, so it is hashed before anything else.
    pub(crate) likely_same: bool,
    /// How often it waited for another file of the same content.
    pub(crate) postponed: u8,
    /// When it was looked at; a write that is not later is in what was read.
    pub(crate) looked: Timestamp,
    /// Bytes of it that were told as done while it was read.
    pub(crate) told: u64,
}

impl FoundFile {
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.source.join(OsString::from_vec(self.name.clone()))
    }
}

/// What one folder holds.
pub(crate) struct FoundFolder {
    pub(crate) folder: Arc<Folder>,
    /// What has to be read.
    pub(crate) files: Vec<FoundFile>,
    /// What has not changed since the last import.
    pub(crate) unchanged: HashMap<Vec<u8>, Stat>,
    pub(crate) problems: Vec<Skipped>,
    /// Whether the folder was listed from end to end (single files are not).
    pub(crate) whole: bool,
}

/// Walks on a thread of its own.
pub(crate) struct Walk {
    catalog: Catalog,
    clock: Arc<dyn Clock>,
    runtime: Handle,
    space: SpaceId,
    /// The library's own folder is never imported into itself.
    own: PathBuf,
    out: mpsc::Sender<Result<FoundFolder>>,
    progress: Arc<dyn Progress>,
    cancel: Cancel,
}

impl Walk {
    /// Starts walking; folders come out of the receiver.
    pub(crate) fn start(
        library: &Library,
        space: SpaceId,
        import: &Import,
        progress: Arc<dyn Progress>,
        cancel: Cancel,
    ) -> Result<mpsc::Receiver<Result<FoundFolder>>> {
        let mut roots = Vec::new();
        for path in &import.paths {
            roots.push(importable(path)?);
        }
        let album = import.album.clone();
        if album.as_ref().is_some_and(|album| {
            album.trim().is_empty() || album.split('/').any(|p| p.is_empty() || p == "." || p == "..")
        }) {
            return Err(Error::invalid(
                "an album's name has no empty parts, '.' or '..' between its slashes",
            ));
        }
        let (out, found) = mpsc::channel(4);
        let walk = Self {
            catalog: library.catalog.clone(),
            clock: Arc::clone(&library.clock),
            runtime: Handle::current(),
            space,
            own: fs::canonicalize(library.layout.root()).unwrap_or_else(|_| library.layout.root().to_owned()),
            out,
            progress,
            cancel,
        };
        let spawned = std::thread::Builder::new().name("walk".to_owned()).spawn(move || {
            if let Err(error) = walk.roots(&roots, album.as_deref()) {
                let _ = walk.out.blocking_send(Err(error));
            }
        });
        spawned.map_err(|error| Error::io("could not start a thread", error))?;
        Ok(found)
    }

    fn roots(&self, roots: &[PathBuf], album: Option<&str>) -> Result<()> {
        let opened = |path: &Path| {
            let opened = File::open(path);
            opened
                .map(Arc::new)
                .map_err(|error| Error::io(format!("could not open {}", path.display()), error))
        };
        let (folders, files): (Vec<&PathBuf>, Vec<&PathBuf>) = roots.iter().partition(|root| root.is_dir());
        for root in &folders {
            let album = Self::album_of(root, &folders, album);
            self.folder(root, &opened(root)?, album)?;
        }
        // Files that are named one by one and lie together may belong together.
        let mut together: BTreeMap<PathBuf, Vec<Vec<u8>>> = BTreeMap::new();
        for file in files {
            // A link that a person names is meant: its target is imported.
            let file = fs::canonicalize(file)
                .map_err(|error| Error::io(format!("could not find {}", file.display()), error))?;
            let source = file.parent().unwrap_or(Path::new("/")).to_owned();
            together
                .entry(source)
                .or_default()
                .push(file.file_name().unwrap_or_default().as_bytes().to_vec());
        }
        for (source, mut names) in together {
            names.sort_unstable();
            names.dedup();
            let (root, album) = (opened(&source)?, album.unwrap_or_default().as_bytes().to_vec());
            let folder = Arc::new(Folder { root, below: PathBuf::new(), source, album });
            self.emit(folder, names, Vec::new(), false)?;
        }
        Ok(())
    }

    /// The album that a named folder becomes. Folders of one name (the `DCIM` of two cards) are told apart by the names
    /// of the folders that they are in.
    fn album_of(root: &Path, all: &[&PathBuf], album: Option<&str>) -> Vec<u8> {
        let last = |path: &Path| path.file_name().unwrap_or_default().as_bytes().to_vec();
        let mut name = last(root);
        if all.iter().filter(|other| last(other) == name).count() > 1
            && let Some(parent) = root.parent()
        {
            name = join(&last(parent), &name);
        }
        match album {
            // Folders that go into one album together keep their own names below it.
            Some(album) if all.len() > 1 => join(album.as_bytes(), &name),
            Some(album) => album.as_bytes().to_vec(),
            None => name,
        }
    }

    fn folder(&self, start: &Path, root: &Arc<File>, album: Vec<u8>) -> Result<()> {
        // A stack of our own: folders may be nested deeper than threads have stack.
        let mut todo = vec![(start.to_owned(), album)];
        while let Some((source, album)) = todo.pop() {
            let below = source.strip_prefix(start).unwrap_or(&source).to_owned();
            let folder = Arc::new(Folder {
                source: source.clone(),
                album: album.clone(),
                root: Arc::clone(root),
                below,
            });
            if self.cancel.is_cancelled() {
                return Ok(());
            }
            let mut problems = Vec::new();
            if fs::canonicalize(&source).is_ok_and(|path| path == self.own) {
                problems.push(skipped(&source, "this is the library's own data folder"));
                self.send(FoundFolder {
                    folder,
                    files: Vec::new(),
                    unchanged: HashMap::new(),
                    problems,
                    whole: false,
                })?;
                continue;
            }
            let mut names = Vec::new();
            let mut below = Vec::new();
            let entries = fs::read_dir(&source).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
            match entries {
                Err(error) => problems.push(skipped(&source, &format!("the folder cannot be read: {error}"))),
                Ok(entries) => {
                    for entry in entries {
                        match entry.file_type() {
                            Ok(kind) if kind.is_dir() => below.push(entry.file_name()),
                            Ok(kind) if kind.is_file() => names.push(entry.file_name().into_vec()),
                            Ok(kind) if kind.is_symlink() => problems.push(skipped(
                                &entry.path(),
                                "a symbolic link is not followed; import what it points to by its own path",
                            )),
                            Ok(_) => {
                                problems
                                    .push(skipped(&entry.path(), "not a file (a pipe, socket or device)"));
                            }
                            Err(error) => problems.push(skipped(&entry.path(), &error.to_string())),
                        }
                    }
                }
            }
            names.sort_unstable();
            below.sort_unstable_by(|a, b| b.cmp(a));
            for name in below {
                todo.push((source.join(&name), join(&album, name.as_bytes())));
            }
            self.emit(folder, names, problems, true)?;
        }
        Ok(())
    }

    /// Compares a folder's files with what is known of them.
    fn emit(
        &self,
        folder: Arc<Folder>,
        names: Vec<Vec<u8>>,
        mut problems: Vec<Skipped>,
        whole: bool,
    ) -> Result<()> {
        let (album, remembered) = self.runtime.block_on(self.remembered(&folder))?;
        let looked = self.clock.now();
        let places = group(names.iter().map(Vec::as_slice));
        let mut unchanged = HashMap::new();
        let mut files = Vec::new();
        for name in &names {
            let path = folder.source.join(OsString::from_vec(name.clone()));
            let stat = match fs::symlink_metadata(&path) {
                Ok(metadata) if metadata.is_file() => Stat::of(&metadata),
                Ok(_) => {
                    problems.push(skipped(&path, "it is no longer a file"));
                    continue;
                }
                Err(error) => {
                    problems.push(skipped(&path, &error.to_string()));
                    continue;
                }
            };
            if remembered.get(name) == Some(&stat) {
                unchanged.insert(name.clone(), stat);
            } else if let Some(place) = places.get(name.as_slice()) {
                let (folder, place) = (Arc::clone(&folder), place.clone());
                files.push(FoundFile {
                    folder,
                    name: name.clone(),
                    place,
                    stat,
                    likely_same: false,
                    postponed: 0,
                    looked,
                    told: 0,
                });
            }
        }
        if let Some(album) = album
            && !files.is_empty()
        {
            self.runtime.block_on(self.mark_likely(album, &mut files))?;
        }
        let bytes = files.iter().map(|file| file.stat.size).sum();
        self.progress.found(files.len() as u64, bytes);
        self.send(FoundFolder { folder, files, unchanged, problems, whole })
    }

    async fn remembered(&self, folder: &Folder) -> Result<(Option<AlbumId>, HashMap<Vec<u8>, Stat>)> {
        let mut tx = self.catalog.read().await?;
        let Some(album) = tx.album_by_folder(self.space, &folder.album).await? else {
            return Ok((None, HashMap::new()));
        };
        let seen = tx.seen_get(self.space, album.id, folder.source.as_os_str().as_bytes()).await?;
        Ok((Some(album.id), seen.map(|bytes| decode(&bytes)).unwrap_or_default()))
    }

    async fn mark_likely(&self, album: AlbumId, files: &mut [FoundFile]) -> Result<()> {
        let mut tx = self.catalog.read().await?;
        for chunk in files.chunks_mut(2_000) {
            let names: Vec<&[u8]> = chunk.iter().map(|file| file.name.as_slice()).collect();
            let states = tx.file_find_by_names(album, &names).await?;
            let sizes: HashMap<Vec<u8>, u64> =
                states.into_iter().map(|state| (state.name, state.content_size)).collect();
            for file in chunk {
                file.likely_same = sizes.get(&file.name) == Some(&file.stat.size);
            }
        }
        Ok(())
    }

    fn send(&self, found: FoundFolder) -> Result<()> {
        self.out
            .blocking_send(Ok(found))
            .map_err(|_| Error::new(model::ErrorKind::Interrupted, "the import ended"))
    }
}

fn join(album: &[u8], name: &[u8]) -> Vec<u8> {
    if album.is_empty() { name.to_vec() } else { [album, b"/", name].concat() }
}

pub(crate) fn skipped(path: &Path, reason: &str) -> Skipped {
    Skipped { path: path.to_string_lossy().into_owned(), reason: reason.to_owned() }
}
