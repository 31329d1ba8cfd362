//! A store in a folder of a local file system.
//!
//! A file is written under `tmp/`, synced, renamed to its name (never over another file), and then its folder is
//! synced. Only after that is it reported as stored. Many small files share two syncs of the whole file system
//! (`syncfs`) instead of two each; the order stays: bytes first, then names.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::UNIX_EPOCH;

use model::{Error, ErrorKind, Result, Timestamp};

use super::{Created, Draft, Entry, Room, Spool, Store, StorePath};

/// Up to this many files (or folders) are synced one by one; above it, the whole file system at once is cheaper.
const SYNC_EACH: usize = 4;

/// Objects in a folder of this machine.
pub struct LocalStore {
    root: PathBuf,
    /// The folder, opened before the first write: a write error of the file system is told to every handle that was open
    /// when it happened, and to no later one.
    handle: OnceLock<File>,
}

impl LocalStore {
    /// The store in the folder `root`, which may be empty or not exist yet.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self> {
        let root = root.into();
        if !root.is_absolute() {
            return Err(Error::invalid(format!("{} is not an absolute path", root.display())));
        }
        Ok(Self { root, handle: OnceLock::new() })
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn full(&self, path: &StorePath) -> PathBuf {
        self.root.join(path.as_str())
    }

    fn io(&self, what: &str, path: &StorePath, error: io::Error) -> Error {
        Error::io(format!("could not {what} {path} in {}", self.root.display()), error)
    }

    /// Makes a folder of the store, but never the store itself: where that is gone, a disk was unplugged, and what is
    /// written under its mount point now would be on another disk.
    fn make_below(&self, folder: &Path) -> Result<()> {
        if !self.root.is_dir() {
            return Err(Error::new(
                ErrorKind::Unavailable,
                format!("the store {} is gone; is its disk mounted?", self.root.display()),
            ));
        }
        make_folder(folder)
    }

    /// A new file under `tmp/`, its folder made when needed.
    fn new_spool(&self) -> Result<Spool> {
        let mut name = [0; 16];
        getrandom::fill(&mut name).map_err(|error| Error::internal(format!("no randomness: {error}")))?;
        let path = self.root.join("tmp").join(hex::encode(name));
        if self.handle.get().is_none() && self.root.is_dir() {
            let opened = File::open(&self.root)
                .map_err(|error| Error::io(format!("could not open {}", self.root.display()), error))?;
            let _ = self.handle.set(opened);
        }
        match Spool::local(path.clone()) {
            Err(error) if error.kind() == model::ErrorKind::NotFound => {
                self.make_below(&self.root.join("tmp"))?;
                Spool::local(path)
            }
            other => other,
        }
    }

    /// Gives a synced temporary file its name, unless the name is taken.
    fn name(&self, from: &Path, path: &StorePath) -> Result<Created> {
        let to = self.full(path);
        let renamed = match rename_new(from, &to) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.make_below(to.parent().unwrap_or(&self.root))?;
                rename_new(from, &to)
            }
            other => other,
        };
        match renamed {
            Ok(()) => Ok(Created::New),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(Created::Exists),
            Err(error) => Err(self.io("store", path, error)),
        }
    }

    fn write_spool(&self, content: &mut dyn Read) -> Result<Spool> {
        let mut spool = self.new_spool()?;
        let copied = io::copy(content, &mut spool);
        copied.map_err(|error| Error::io(format!("could not write into {}", self.root.display()), error))?;
        spool.close();
        Ok(spool)
    }

    /// Syncs the whole file system where the system can and reports write errors (Linux 5.8 and later).
    fn sync_all(&self) -> io::Result<bool> {
        #[cfg(target_os = "linux")]
        {
            match self.handle.get() {
                Some(root) => rustix::fs::syncfs(root)?,
                None => rustix::fs::syncfs(File::open(&self.root)?)?,
            }
            Ok(true)
        }
        #[cfg(not(target_os = "linux"))]
        Ok(false)
    }

    fn sync_files(&self, drafts: &[Draft]) -> Result<()> {
        let failed = |error| Error::io(format!("could not sync {}", self.root.display()), error);
        if drafts.len() > SYNC_EACH && self.sync_all().map_err(failed)? {
            return Ok(());
        }
        for draft in drafts {
            let path = draft.spool.local_path().ok_or_else(|| Error::internal("a spool of another store"))?;
            File::open(path).and_then(|file| file.sync_data()).map_err(failed)?;
        }
        Ok(())
    }

    fn sync_folders(&self, folders: &HashSet<PathBuf>) -> Result<()> {
        let failed = |error| Error::io(format!("could not sync {}", self.root.display()), error);
        if folders.len() > SYNC_EACH && self.sync_all().map_err(failed)? {
            return Ok(());
        }
        folders.iter().try_for_each(|folder| sync_folder(folder))
    }

    fn list_folder(&self, relative: &str, each: &mut dyn FnMut(Entry) -> Result<()>) -> Result<()> {
        let failed =
            |error| Error::io(format!("could not list {relative} in {}", self.root.display()), error);
        let entries = match fs::read_dir(self.root.join(relative)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            other => other.map_err(failed)?,
        };
        for entry in entries {
            let entry = entry.map_err(failed)?;
            // A name that no store writes is not ours; it is left alone.
            let Some(name) = entry.file_name().to_str().map(|name| format!("{relative}/{name}")) else {
                continue;
            };
            let Ok(path) = StorePath::parse(&name) else { continue };
            let kind = entry.file_type().map_err(failed)?;
            if kind.is_dir() {
                self.list_folder(&name, each)?;
            } else if kind.is_file() {
                match entry.metadata() {
                    Ok(metadata) => each(Entry { path, size: metadata.len(), modified: written(&metadata) })?,
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => return Err(failed(error)),
                }
            }
        }
        Ok(())
    }
}

impl Store for LocalStore {
    fn describe(&self) -> String {
        format!("file://{}", self.root.display())
    }

    fn found(&self) -> Result<()> {
        make_folder(&self.root)
    }

    fn create(&self, path: &StorePath, content: &mut dyn Read) -> Result<Created> {
        if self.stat(path)?.is_some() {
            return Ok(Created::Exists);
        }
        let spool = self.write_spool(content)?;
        let draft = Draft { path: path.clone(), spool };
        self.create_many(vec![draft]).pop().unwrap_or_else(|| Err(Error::internal("no outcome")))
    }

    fn replace(&self, path: &StorePath, content: &mut dyn Read) -> Result<()> {
        let drafts = [Draft { path: path.clone(), spool: self.write_spool(content)? }];
        self.sync_files(&drafts)?;
        let [Draft { spool, .. }] = drafts;
        let to = self.full(path);
        let folder = to.parent().unwrap_or(&self.root).to_owned();
        self.make_below(&folder)?;
        let from = spool.local_path().ok_or_else(|| Error::internal("a spool of another store"))?;
        // A folder in the place of the file goes if it is empty; else it is somebody's, and is kept beside it.
        if fs::symlink_metadata(&to).is_ok_and(|found| found.is_dir()) && fs::remove_dir(&to).is_err() {
            let aside = to.with_extension("folder");
            fs::rename(&to, aside).map_err(|error| self.io("replace", path, error))?;
        }
        fs::rename(from, &to).map_err(|error| self.io("replace", path, error))?;
        spool.published();
        sync_folder(&folder)
    }

    fn open(&self, path: &StorePath, offset: u64) -> Result<Box<dyn Read + Send>> {
        let open = || {
            let mut file = File::open(self.full(path)).map_err(of_medium)?;
            if file.metadata()?.is_dir() {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a folder is in its place"));
            }
            if offset > 0 {
                file.seek(SeekFrom::Start(offset))?;
            } else {
                // Most who begin at the start read to the end.
                #[cfg(target_os = "linux")]
                let _ = rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::Sequential);
            }
            Ok(Medium(file))
        };
        Ok(Box::new(open().map_err(|error| self.io("read", path, error))?))
    }

    fn stat(&self, path: &StorePath) -> Result<Option<u64>> {
        match fs::metadata(self.full(path)) {
            Ok(metadata) => Ok(Some(metadata.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.io("look at", path, of_medium(error))),
        }
    }

    fn list(&self, prefix: &str, each: &mut dyn FnMut(Entry) -> Result<()>) -> Result<()> {
        self.list_folder(prefix, each)
    }

    fn remove(&self, path: &StorePath) -> Result<()> {
        match fs::remove_file(self.full(path)) {
            Ok(()) => sync_folder_of(&self.full(path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(self.io("remove", path, error)),
        }
    }

    fn sweep(&self, before: Timestamp) -> Result<u64> {
        let failed = |error| Error::io(format!("could not sweep {}", self.root.display()), error);
        let entries = match fs::read_dir(self.root.join("tmp")) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            other => other.map_err(failed)?,
        };
        let mut gone = 0;
        for entry in entries {
            let entry = entry.map_err(failed)?;
            let metadata = entry.metadata().map_err(failed)?;
            if written(&metadata).is_some_and(|at| at < before) {
                fs::remove_file(entry.path()).map_err(failed)?;
                gone += 1;
            }
        }
        Ok(gone)
    }

    fn spool(&self) -> Result<Spool> {
        self.new_spool()
    }

    fn create_many(&self, drafts: Vec<Draft>) -> Vec<Result<Created>> {
        // A spool that another store made cannot be renamed into this one.
        if drafts
            .iter()
            .any(|draft| draft.spool.local_path().is_none_or(|path| !path.starts_with(&self.root)))
        {
            return drafts
                .into_iter()
                .map(|mut draft| self.create(&draft.path, &mut draft.spool.reader()?))
                .collect();
        }
        let count = drafts.len();
        // One failed sync means that none of these files is known to be on the disk.
        let all_failed = |error: Error| {
            (0..count).map(|_| Err(Error::new(error.kind(), error.message().to_owned()))).collect()
        };
        if let Err(error) = self.sync_files(&drafts) {
            return all_failed(error);
        }
        let mut folders = HashSet::new();
        let mut outcomes = Vec::with_capacity(count);
        for Draft { path, spool } in drafts {
            let outcome = match spool.local_path() {
                Some(from) => self.name(from, &path),
                None => Err(Error::internal("a spool of another store")),
            };
            if let Ok(Created::New) = outcome {
                spool.published();
                folders.insert(self.full(&path).parent().unwrap_or(&self.root).to_owned());
            }
            outcomes.push(outcome);
        }
        match self.sync_folders(&folders) {
            Ok(()) => outcomes,
            Err(error) => all_failed(error),
        }
    }

    fn room(&self) -> Result<Option<Room>> {
        let told = rustix::fs::statvfs(&self.root)
            .map_err(|error| Error::io("could not ask how much room there is", error.into()))?;
        Ok(Some(Room { free: told.f_bavail * told.f_frsize, total: told.f_blocks * told.f_frsize }))
    }

    fn forget_cached(&self, path: &StorePath) {
        #[cfg(target_os = "linux")]
        if let Ok(file) = File::open(self.full(path)) {
            let _ = rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed);
        }
        #[cfg(not(target_os = "linux"))]
        let _ = path;
    }
}

/// A file whose unreadable sectors count as damage: reading them again later does not help.
struct Medium(File);

impl Read for Medium {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(of_medium)
    }
}

/// An error of reading, as damage where the medium is what failed: a sector, or the file system's own notes, which it says
/// it cannot read, has to clean, or finds to differ from their checksum.
fn of_medium(error: io::Error) -> io::Error {
    // The others are EBADMSG and EUCLEAN.
    #[cfg(target_os = "linux")]
    let failed = [EIO, 74, 117];
    #[cfg(not(target_os = "linux"))]
    let failed = [EIO];
    match error.raw_os_error() {
        Some(number) if failed.contains(&number) => {
            io::Error::new(io::ErrorKind::InvalidData, "the disk cannot read it any more")
        }
        _ => error,
    }
}

/// Input/output error, as the systems that this runs on number it.
const EIO: i32 = 5;

fn written(metadata: &fs::Metadata) -> Option<Timestamp> {
    let since = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(Timestamp(since.as_millis() as i64))
}

/// Renames, but never over something that exists.
pub fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            // File systems that do not know the flag (some network ones) answer so.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {}
            other => return Ok(other?),
        }
    }
    match fs::hard_link(from, to) {
        Ok(()) => fs::remove_file(from),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        // Neither flag nor links: looking first is the best that this file system lets anybody do.
        Err(_) if fs::symlink_metadata(to).is_ok() => Err(io::ErrorKind::AlreadyExists.into()),
        Err(_) => fs::rename(from, to),
    }
}

/// Makes a folder and those above it, each durable in its parent.
fn make_folder(folder: &Path) -> Result<()> {
    let failed = |error| Error::io(format!("could not make the folder {}", folder.display()), error);
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent() {
        make_folder(parent)?;
    }
    match fs::create_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Ok(()) => sync_folder_of(folder),
        Err(error) => Err(failed(error)),
    }
}

/// Makes the name of `path` durable by syncing the folder that it is in.
pub fn sync_folder_of(path: &Path) -> Result<()> {
    sync_folder(path.parent().unwrap_or(Path::new("/")))
}

fn sync_folder(folder: &Path) -> Result<()> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|error| Error::io(format!("could not sync the folder {}", folder.display()), error))
}
