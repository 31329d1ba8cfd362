//! Places that hold objects. Every store is the same tree of files (docs/format.md, "Store"), written create-only: a
//! file, once there, is never changed; only healing replaces one that is known to be damaged.
//!
//! What a store reports as created is durable and complete. A crash leaves at most files under `tmp/`, which nobody
//! believes and [`Store::sweep`] removes.

#[cfg(any(test, feature = "faulty"))]
pub mod faulty;
mod info;
mod local;
mod memory;
mod paced;
mod path;
mod remote;
mod spool;

use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use model::{Error, Result, Timestamp};

pub use info::{StoreInfo, initialize, read_info, rewrite_info};
pub use local::{LocalStore, rename_new, sync_folder_of};
pub use memory::MemoryStore;
pub use paced::PacedStore;
pub use path::StorePath;
pub use remote::RemoteStore;
pub use spool::Spool;

/// A file shorter than this is written back with its neighbours, which is quicker than each by itself.
const LONG: u64 = 1024 * 1024;

/// Lets the disk begin to write a file that is complete, so that the sync that follows has less to wait for.
pub fn begin_writing_back(file: &std::fs::File) {
    #[cfg(target_os = "linux")]
    if file.metadata().is_ok_and(|metadata| metadata.len() >= LONG) {
        let _ = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = file;
}

/// Sets a file's modification time, in nanoseconds since 1970. One that the system cannot express is left out.
pub fn set_modified(file: &std::fs::File, modified_ns: i64) -> std::io::Result<()> {
    let span = Duration::from_nanos(modified_ns.unsigned_abs());
    let time = if modified_ns < 0 { UNIX_EPOCH.checked_sub(span) } else { UNIX_EPOCH.checked_add(span) };
    match time {
        Some(time) => file.set_times(std::fs::FileTimes::new().set_modified(time)),
        None => Ok(()),
    }
}

/// The day from whose beginning on the store at `url` may not open any more, where its credentials tell.
pub fn credential_ends(url: &str) -> Option<Timestamp> {
    remote::credential_ends(url)
}

/// What became of a create.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Created {
    /// The file is new.
    New,
    /// A file of that name was there already and was left as it is. Whether it is right is not known.
    Exists,
}

/// A file found by listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it is.
    pub path: StorePath,
    /// Its bytes.
    pub size: u64,
    /// When it was written, where the store tells.
    pub modified: Option<Timestamp>,
}

/// How much fits into a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Bytes that can still be written.
    pub free: u64,
    /// Bytes in all.
    pub total: u64,
}

/// A complete file that waits to be stored under its name.
pub struct Draft {
    /// The name it will have.
    pub path: StorePath,
    /// Its bytes.
    pub spool: Spool,
}

/// A place that holds files under [`StorePath`]s. Calls block; they may come from many threads at once.
///
/// Errors: `NotFound` for a file that is not there, `OutOfSpace` for a full store, `Unavailable` for anything that may
/// pass. One conformance suite (`tests/store_conformance.rs`) holds for every implementation.
pub trait Store: Send + Sync {
    /// The address of the store for people, without secrets.
    fn describe(&self) -> String;

    /// Makes the place itself where there is none. Only for a new store: a store that is gone (a disk that was unplugged)
    /// must not be made anew somewhere else.
    fn found(&self) -> Result<()> {
        Ok(())
    }

    /// Stores a file under `path` unless there is one. Whole and durable, or not at all.
    fn create(&self, path: &StorePath, content: &mut dyn Read) -> Result<Created>;

    /// Puts a file in the place of a damaged one. Only healing calls this.
    fn replace(&self, path: &StorePath, content: &mut dyn Read) -> Result<()>;

    /// Reads from byte `offset` to the end.
    fn open(&self, path: &StorePath, offset: u64) -> Result<Box<dyn Read + Send>>;

    /// The size of a file, or `None` if there is none.
    fn stat(&self, path: &StorePath) -> Result<Option<u64>>;

    /// Gives every file below the folder `prefix` (`objects`, `catalog` …) to `each`, in no particular order.
    fn list(&self, prefix: &str, each: &mut dyn FnMut(Entry) -> Result<()>) -> Result<()>;

    /// Removes a file; one that is not there is no error.
    fn remove(&self, path: &StorePath) -> Result<()>;

    /// Removes what interrupted writes left behind before `before`; gives how many files went.
    fn sweep(&self, _before: Timestamp) -> Result<u64> {
        Ok(0)
    }

    /// A place to write a file whose name is not known yet.
    fn spool(&self) -> Result<Spool> {
        Ok(Spool::temporary())
    }

    /// Stores many files at once, which may be much cheaper than one by one. Outcomes are in the order of `drafts`.
    fn create_many(&self, drafts: Vec<Draft>) -> Vec<Result<Created>> {
        drafts.into_iter().map(|mut draft| self.create(&draft.path, &mut draft.spool.reader()?)).collect()
    }

    /// The room in the place, where the store can tell.
    fn room(&self) -> Result<Option<Room>> {
        Ok(None)
    }

    /// Makes the next read of `path` come from the medium instead of a cache, where the store can do that.
    fn forget_cached(&self, _path: &StorePath) {}
}

/// Reads a whole small file.
///
/// # Errors
/// `Damaged` if it is longer than `limit` bytes.
pub fn read_small(store: &dyn Store, path: &StorePath, limit: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = store.open(path, 0)?.take(limit + 1).read_to_end(&mut bytes);
    read.map_err(|error| Error::io(format!("could not read {path}"), error))?;
    if bytes.len() as u64 > limit {
        return Err(Error::damaged(format!("{path} is longer than {limit} bytes")));
    }
    Ok(bytes)
}

/// Opens the store at a URL: `file:///path`, `s3://bucket/prefix?endpoint=…`, `b2://bucket/prefix?region=…`,
/// `azblob://container/prefix?account=…`, `gcs://bucket/prefix`, `sftp://user@host/path`, `webdavs://host/path`. A plain
/// absolute path counts as `file://`. Nothing is created.
pub fn open_store(url: &str) -> Result<Arc<dyn Store>> {
    if url.starts_with('/') {
        return Ok(Arc::new(LocalStore::open(url)?));
    }
    let parsed = url::Url::parse(url).map_err(|error| {
        Error::invalid(format!(
            "'{}' is not a store address ({error}); try file:///path",
            without_secrets(url)
        ))
    })?;
    match parsed.scheme() {
        "file" => {
            let path = parsed
                .to_file_path()
                .map_err(|()| Error::invalid(format!("'{url}' does not name a folder; try file:///path")))?;
            Ok(Arc::new(LocalStore::open(path)?))
        }
        "azblob" | "b2" | "gcs" | "s3" | "sftp" | "webdav" | "webdavs" => {
            Ok(Arc::new(RemoteStore::open(&parsed)?))
        }
        other => Err(Error::invalid(format!(
            "stores at '{other}:' addresses are not supported; these are: azblob, b2, file, gcs, s3, sftp, webdav, \
             webdavs"
        ))),
    }
}

/// The folder of a store that is a folder.
pub fn path_of(url: &str) -> Option<std::path::PathBuf> {
    url::Url::parse(url).ok().filter(|url| url.scheme() == "file")?.to_file_path().ok()
}

/// The address that a person means: a plain path becomes a `file://` address, whatever characters are in it.
pub fn url_of(text: &str) -> Result<String> {
    if !text.starts_with('/') {
        return Ok(text.to_owned());
    }
    let url =
        url::Url::from_file_path(text).map_err(|()| Error::invalid(format!("'{text}' is not a path")))?;
    Ok(url.into())
}

/// The address with the password, if it has one, left out.
pub fn without_secrets(url: &str) -> String {
    match url::Url::parse(url) {
        Ok(mut parsed) if parsed.password().is_some() => {
            let _ = parsed.set_password(Some("…"));
            parsed.to_string()
        }
        _ => url.to_owned(),
    }
}
