//! Stores on other machines, through OpenDAL: S3 and compatible, Azure Blob, Google Cloud Storage, SFTP, WebDAV.
//!
//! Where the service can rename (SFTP, WebDAV), a file is written under `tmp/` and renamed when it is complete; the others
//! make an object visible only when it is complete. So a cut connection never leaves half a file under a real name.

mod address;
mod failure;
mod services;

use std::collections::HashSet;
use std::io::{self, Read};
use std::sync::OnceLock;
use std::time::Duration;

use model::{Error, Result, Timestamp};
use opendal::blocking::Operator;
use opendal::layers::{RetryLayer, TimeoutLayer};
use opendal::options::{ListOptions, WriteOptions};
use url::Url;

use self::address::Address;
pub(super) use self::address::credential_ends;
use self::failure::failed;
use super::{Created, Draft, Entry, Store, StorePath, without_secrets};
use crate::lanes::in_lanes;

/// How many bytes go into one request of a larger upload (S3 wants at least 5 MiB).
const PART: usize = 8 * 1024 * 1024;
/// How many files are stored at once: most of the time is waiting. Each may hold three parts in memory.
const LANES: usize = 4;

/// Objects behind a network address.
pub struct RemoteStore {
    operator: Operator,
    described: String,
    /// Whether the service itself refuses to write over a file. Where it does not, two who store the same file at the
    /// same moment both do, the later over the earlier.
    writes_only_new: bool,
}

/// The runtime that drives the network for every remote store; callers block.
fn runtime() -> Result<&'static tokio::runtime::Runtime> {
    static RUNTIME: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime);
    }
    // One process-wide choice of cryptography for TLS; an earlier choice by the program stands.
    let _ = rustls::crypto::ring::default_provider().install_default();
    opendal_http_transport_reqwest::install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("remote-store")
        .enable_all()
        .build()
        .map_err(|error| Error::io("could not start the network runtime", error))?;
    Ok(RUNTIME.get_or_init(|| runtime))
}

impl RemoteStore {
    /// The store at `url`. Nothing is asked of the network yet.
    ///
    /// Credentials come from the file that `?credentials=/path` names, else from the environment: which names they have,
    /// `services.rs` says for each kind of address. SFTP uses the machine's `ssh` with its configuration and agent.
    ///
    /// # Errors
    /// `Invalid` if something is missing in the address, is not known in it, or it carries a password.
    pub fn open(url: &Url) -> Result<Self> {
        let address = Address::parse(url)?;
        let operator = services::operator(&address)?;
        let mut store = Self::from_operator(operator, without_secrets(url.as_str()))?;
        store.writes_only_new &= services::has_conditional_writes(&address)?;
        Ok(store)
    }

    /// A store over any OpenDAL operator, `described` so for people.
    pub fn from_operator(operator: opendal::Operator, described: String) -> Result<Self> {
        let _entered = runtime()?.enter();
        let operator = operator
            .layer(
                TimeoutLayer::new()
                    .with_timeout(Duration::from_mins(1))
                    .with_io_timeout(Duration::from_mins(1)),
            )
            .layer(RetryLayer::new().with_max_times(4).with_jitter());
        let operator =
            Operator::new(operator).map_err(|error| failed("could not use", &described, &error))?;
        let writes_only_new = operator.info().capability().write_with_if_not_exists;
        Ok(Self { operator, described, writes_only_new })
    }

    fn err(&self, what: &str, path: &StorePath, error: &opendal::Error) -> Error {
        self.failed(&format!("could not {what} {path}"), error)
    }

    fn failed(&self, what: &str, error: &opendal::Error) -> Error {
        failed(&format!("{what} at"), &self.described, error)
    }

    fn can_rename(&self) -> bool {
        self.operator.info().capability().rename
    }

    /// Streams `content` to `name`; gives whether a file of that name was there (only where the service can tell).
    fn upload(&self, name: &str, content: &mut dyn Read, only_new: bool) -> Result<Created> {
        let failed = |error: opendal::Error| self.failed(&format!("could not write {name}"), &error);
        let in_parts = self.operator.info().capability().write_can_multi;
        let options = WriteOptions {
            chunk: in_parts.then_some(PART),
            if_not_exists: only_new,
            ..WriteOptions::default()
        };
        let exists = |error: &opendal::Error| {
            only_new
                && matches!(
                    error.kind(),
                    opendal::ErrorKind::AlreadyExists | opendal::ErrorKind::ConditionNotMatch
                )
        };
        let outcome = |result: Result<(), opendal::Error>| match result {
            Ok(()) => Ok(Created::New),
            Err(error) if exists(&error) => Ok(Created::Exists),
            Err(error) => Err(failed(error)),
        };
        let mut writer = self.operator.writer_options(name, options).map_err(failed)?;
        if !in_parts {
            // WebDAV takes a file in one request only; see `whole`.
            return outcome(writer.write(whole(content)?).and_then(|()| writer.close().map(drop)));
        }
        let mut buffer = vec![0; PART];
        loop {
            let filled = fill(content, &mut buffer)?;
            if filled > 0
                && let Err(error) = writer.write(buffer[..filled].to_vec())
            {
                return outcome(Err(error));
            }
            if filled < buffer.len() {
                return outcome(writer.close().map(drop));
            }
        }
    }

    /// Gives a complete file its name, unless somebody else has stored one meanwhile.
    fn name(&self, aside: &str, path: &StorePath) -> Result<Created> {
        // Looked at again, because a rename replaces what is there: OpenSSH's does, and WebDAV's. What is stored between
        // here and there has the same bytes, since names are their hashes.
        if self.stat(path)?.is_some() {
            return Ok(Created::Exists);
        }
        match self.operator.rename(aside, path.as_str()) {
            Ok(()) => Ok(Created::New),
            // A server whose rename does not replace.
            Err(_) if self.stat(path)?.is_some() => Ok(Created::Exists),
            Err(error) => Err(self.err("store", path, &error)),
        }
    }

    /// Uploads to a temporary name and gives that name.
    fn upload_aside(&self, content: &mut dyn Read) -> Result<String> {
        let mut name = [0; 16];
        getrandom::fill(&mut name).map_err(|error| Error::internal(format!("no randomness: {error}")))?;
        let aside = format!("tmp/{}", hex::encode(name));
        self.upload(&aside, content, false)?;
        Ok(aside)
    }
}

impl Store for RemoteStore {
    fn describe(&self) -> String {
        self.described.clone()
    }

    fn create(&self, path: &StorePath, content: &mut dyn Read) -> Result<Created> {
        if self.stat(path)?.is_some() {
            return Ok(Created::Exists);
        }
        if !self.can_rename() {
            return self.upload(path.as_str(), content, self.writes_only_new);
        }
        let aside = self.upload_aside(content)?;
        let named = self.name(&aside, path);
        if !matches!(named, Ok(Created::New)) {
            let _ = self.operator.delete(&aside);
        }
        named
    }

    fn create_many(&self, drafts: Vec<Draft>) -> Vec<Result<Created>> {
        let store = |(number, mut draft): (usize, Draft)| {
            (number, draft.spool.reader().and_then(|mut content| self.create(&draft.path, &mut content)))
        };
        // One name twice: the second waits, or both would be stored where the service cannot refuse the later.
        let mut names = HashSet::new();
        let (first, again): (Vec<_>, Vec<_>) =
            drafts.into_iter().enumerate().partition(|(_, draft)| names.insert(draft.path.clone()));
        let mut outcomes = in_lanes(LANES, first, store);
        outcomes.extend(in_lanes(LANES, again, store));
        outcomes.sort_unstable_by_key(|(number, _)| *number);
        outcomes.into_iter().map(|(_, outcome)| outcome).collect()
    }

    fn replace(&self, path: &StorePath, content: &mut dyn Read) -> Result<()> {
        if !self.can_rename() {
            return self.upload(path.as_str(), content, false).map(|_| ());
        }
        let aside = self.upload_aside(content)?;
        self.remove(path)?;
        self.operator.rename(&aside, path.as_str()).map_err(|error| self.err("replace", path, &error))
    }

    fn open(&self, path: &StorePath, offset: u64) -> Result<Box<dyn Read + Send>> {
        let size = self
            .stat(path)?
            .ok_or_else(|| Error::not_found(format!("{path} is not there at {}", self.described)))?;
        if offset >= size {
            return Ok(Box::new(io::empty()));
        }
        let reader = self.operator.reader(path.as_str()).map_err(|error| self.err("read", path, &error))?;
        let reader = reader.into_std_read(offset..size).map_err(|error| self.err("read", path, &error))?;
        Ok(Box::new(reader))
    }

    fn stat(&self, path: &StorePath) -> Result<Option<u64>> {
        match self.operator.stat(path.as_str()) {
            Ok(metadata) => Ok(Some(metadata.content_length())),
            Err(error) if error.kind() == opendal::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.err("look at", path, &error)),
        }
    }

    fn list(&self, prefix: &str, each: &mut dyn FnMut(Entry) -> Result<()>) -> Result<()> {
        let failed = |error: &opendal::Error| self.failed(&format!("could not list {prefix}"), error);
        let options = ListOptions { recursive: true, ..ListOptions::default() };
        let lister = match self.operator.lister_options(&format!("{prefix}/"), options) {
            Err(error) if error.kind() == opendal::ErrorKind::NotFound => return Ok(()),
            other => other.map_err(|error| failed(&error))?,
        };
        for entry in lister {
            let entry = match entry {
                Err(error) if error.kind() == opendal::ErrorKind::NotFound => continue,
                other => other.map_err(|error| failed(&error))?,
            };
            if !entry.metadata().is_file() {
                continue;
            }
            let Ok(path) = StorePath::parse(entry.path()) else { continue };
            let modified =
                entry.metadata().last_modified().map(|at| Timestamp(at.into_inner().as_millisecond()));
            each(Entry { path, size: entry.metadata().content_length(), modified })?;
        }
        Ok(())
    }

    fn remove(&self, path: &StorePath) -> Result<()> {
        match self.operator.delete(path.as_str()) {
            Err(error) if error.kind() != opendal::ErrorKind::NotFound => {
                Err(self.err("remove", path, &error))
            }
            _ => Ok(()),
        }
    }

    fn sweep(&self, before: Timestamp) -> Result<u64> {
        if !self.can_rename() {
            return Ok(0);
        }
        let mut old = Vec::new();
        let entries = match self.operator.list("tmp/") {
            Err(error) if error.kind() == opendal::ErrorKind::NotFound => return Ok(0),
            other => other.map_err(|error| self.failed("could not list tmp", &error))?,
        };
        for entry in entries.into_iter().filter(|entry| entry.metadata().is_file()) {
            let metadata =
                self.operator.stat(entry.path()).map_err(|error| self.failed("could not sweep", &error))?;
            let modified = metadata.last_modified().map(|at| at.into_inner().as_millisecond());
            if modified.is_some_and(|at| at < before.0) {
                old.push(entry.path().to_owned());
            }
        }
        for path in &old {
            self.operator.delete(path).map_err(|error| self.failed("could not sweep", &error))?;
        }
        Ok(old.len() as u64)
    }
}

/// All of `content` as one piece that does not live in memory when it is large: it is mapped from a nameless file.
fn whole(content: &mut dyn Read) -> Result<bytes::Bytes> {
    let failed = |error| Error::io("could not make a temporary file", error);
    let mut start = Vec::new();
    let read = content.take(PART as u64).read_to_end(&mut start);
    read.map_err(|error| Error::io("could not read what is to be stored", error))?;
    if start.len() < PART {
        return Ok(start.into());
    }
    let mut file = tempfile::tempfile().map_err(failed)?;
    io::copy(&mut start.as_slice().chain(content), &mut file)
        .map_err(|error| Error::io("could not read what is to be stored", error))?;
    #[expect(
        unsafe_code,
        reason = "the file is nameless and ours alone, so nobody can change it under the map"
    )]
    let map = unsafe { memmap2::Mmap::map(&file) }.map_err(failed)?;
    Ok(bytes::Bytes::from_owner(map))
}

/// Reads until `buffer` is full or the source ends.
fn fill(source: &mut dyn Read, buffer: &mut [u8]) -> Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match source.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(more) => filled += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Error::io("could not read what is to be stored", error)),
        }
    }
    Ok(filled)
}
