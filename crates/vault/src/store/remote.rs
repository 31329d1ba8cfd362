//! Stores on other machines, through OpenDAL: S3 and compatible, SFTP, WebDAV.
//!
//! Where the service can rename, a file is written under `tmp/` and renamed when it is complete; S3 makes an object
//! visible only when it is complete. So a cut connection never leaves half a file under a real name.

use std::collections::HashMap;
use std::io::{self, Read};
use std::sync::OnceLock;
use std::time::Duration;

use model::{Error, ErrorKind, Result, Timestamp};
use opendal::blocking::Operator;
use opendal::layers::{RetryLayer, TimeoutLayer};
use opendal::options::{ListOptions, WriteOptions};
use opendal::services::{S3, Sftp, Webdav};
use url::Url;

use super::{Created, Entry, Store, StorePath, without_secrets};

/// How many bytes go into one request of a larger upload (S3 wants at least 5 MiB).
const PART: usize = 8 * 1024 * 1024;

/// Objects behind a network address.
pub struct RemoteStore {
    operator: Operator,
    described: String,
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
    /// Credentials come from the file that `?credentials=/path` names (lines of `name = value`), else from the
    /// environment: `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, `OURPHOTO_WEBDAV_PASSWORD`; SFTP uses the
    /// machine's `ssh` with its configuration and agent.
    ///
    /// # Errors
    /// `Invalid` if something is missing in the address, or it carries a password.
    pub fn open(url: &Url) -> Result<Self> {
        if url.password().is_some() {
            return Err(Error::invalid(
                "a password in a store address ends up in logs and process lists; put it into a file and add \
                 ?credentials=/path/to/file",
            ));
        }
        let query: HashMap<String, String> = url.query_pairs().into_owned().collect();
        let known: &[&str] = match url.scheme() {
            "s3" => &["credentials", "endpoint", "region"],
            "sftp" => &["key", "known-hosts"],
            _ => &["credentials"],
        };
        if let Some(unknown) = query.keys().find(|key| !known.contains(&key.as_str())) {
            return Err(Error::invalid(format!(
                "'{unknown}' is not known in {} addresses; these are: {}",
                url.scheme(),
                known.join(", ")
            )));
        }
        let credentials = credentials(query.get("credentials"))?;
        let operator = match url.scheme() {
            "s3" => opendal::Operator::new(s3(url, &query, &credentials)?),
            "sftp" => opendal::Operator::new(sftp(url, &query)?),
            _ => opendal::Operator::new(webdav(url, &credentials)?),
        };
        let operator = operator.map_err(|error| failed("could not use the store address", &error))?;
        Self::from_operator(operator, without_secrets(url.as_str()))
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
            Operator::new(operator).map_err(|error| failed("could not use the store address", &error))?;
        Ok(Self { operator, described })
    }

    fn err(&self, what: &str, path: &StorePath, error: &opendal::Error) -> Error {
        failed(&format!("could not {what} {path} at {}", self.described), error)
    }

    fn can_rename(&self) -> bool {
        self.operator.info().capability().rename
    }

    /// Streams `content` to `name`; gives whether a file of that name was there (only where the service can tell).
    fn upload(&self, name: &str, content: &mut dyn Read, only_new: bool) -> Result<Created> {
        let failed =
            |error: opendal::Error| failed(&format!("could not write {name} at {}", self.described), &error);
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
            let only_new = self.operator.info().capability().write_with_if_not_exists;
            return self.upload(path.as_str(), content, only_new);
        }
        let aside = self.upload_aside(content)?;
        match self.operator.rename(&aside, path.as_str()) {
            Ok(()) => Ok(Created::New),
            Err(error) => {
                let _ = self.operator.delete(&aside);
                // Someone else may have stored it meanwhile: SFTP then refuses to rename.
                if self.stat(path)?.is_some() {
                    Ok(Created::Exists)
                } else {
                    Err(self.err("store", path, &error))
                }
            }
        }
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
        let failed =
            |error: &opendal::Error| failed(&format!("could not list {prefix} at {}", self.described), error);
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
            other => other.map_err(|error| failed("could not list tmp", &error))?,
        };
        for entry in entries.into_iter().filter(|entry| entry.metadata().is_file()) {
            let metadata =
                self.operator.stat(entry.path()).map_err(|error| failed("could not sweep", &error))?;
            let modified = metadata.last_modified().map(|at| at.into_inner().as_millisecond());
            if modified.is_some_and(|at| at < before.0) {
                old.push(entry.path().to_owned());
            }
        }
        for path in &old {
            self.operator.delete(path).map_err(|error| failed("could not sweep", &error))?;
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

fn failed(what: &str, error: &opendal::Error) -> Error {
    let kind = match error.kind() {
        opendal::ErrorKind::NotFound => ErrorKind::NotFound,
        opendal::ErrorKind::PermissionDenied => ErrorKind::Forbidden,
        opendal::ErrorKind::ConfigInvalid => ErrorKind::Invalid,
        opendal::ErrorKind::AlreadyExists | opendal::ErrorKind::ConditionNotMatch => ErrorKind::Conflict,
        _ => ErrorKind::Unavailable,
    };
    // OpenDAL's full text carries request contexts; a person gets the short form, the log the rest.
    Error::new(kind, format!("{what}: {}", error.message())).with_detail(error.to_string())
}

/// Reads a credentials file: one `name = value` to a line, `#` starts a comment.
fn credentials(path: Option<&String>) -> Result<HashMap<String, String>> {
    let Some(path) = path else { return Ok(HashMap::new()) };
    let text = std::fs::read_to_string(path)
        .map_err(|error| Error::io(format!("could not read the credentials file {path}"), error))?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, value) = line
                .split_once('=')
                .ok_or_else(|| Error::invalid(format!("{path}: lines must look like 'name = value'")))?;
            Ok((name.trim().to_owned(), value.trim().to_owned()))
        })
        .collect()
}

fn host(url: &Url) -> Result<&str> {
    url.host_str().ok_or_else(|| Error::invalid(format!("'{url}' names no host")))
}

/// A path segment as the person wrote it, percent-decoding undone.
fn root(url: &Url) -> String {
    let path = if url.path().is_empty() { "/" } else { url.path() };
    percent_decode(path)
}

fn percent_decode(text: &str) -> String {
    url::form_urlencoded::parse(format!("x={}", text.replace('+', "%2B")).as_bytes())
        .next()
        .map_or_else(|| text.to_owned(), |(_, value)| value.into_owned())
}

fn s3(url: &Url, query: &HashMap<String, String>, credentials: &HashMap<String, String>) -> Result<S3> {
    let mut s3 = S3::default().bucket(host(url)?).root(&root(url));
    s3 = s3.region(query.get("region").map_or("us-east-1", String::as_str));
    if let Some(endpoint) = query.get("endpoint") {
        s3 = s3.endpoint(endpoint);
    }
    if let Some(id) = credentials.get("access_key_id") {
        s3 = s3.access_key_id(id);
    }
    if let Some(secret) = credentials.get("secret_access_key") {
        s3 = s3.secret_access_key(secret);
    }
    // Never ask a cloud's metadata address for credentials: on other machines it is a way to be led astray.
    Ok(s3.disable_ec2_metadata())
}

fn sftp(url: &Url, query: &HashMap<String, String>) -> Result<Sftp> {
    let host = host(url)?;
    let endpoint = url.port().map_or_else(|| host.to_owned(), |port| format!("ssh://{host}:{port}"));
    let mut sftp = Sftp::default().endpoint(&endpoint).root(&root(url));
    if !url.username().is_empty() {
        sftp = sftp.user(&percent_decode(url.username()));
    }
    if let Some(key) = query.get("key") {
        sftp = sftp.key(key);
    }
    Ok(sftp.known_hosts_strategy(query.get("known-hosts").map_or("Strict", String::as_str)))
}

fn webdav(url: &Url, credentials: &HashMap<String, String>) -> Result<Webdav> {
    let scheme = if url.scheme() == "webdavs" { "https" } else { "http" };
    let host = host(url)?;
    let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
    let mut webdav = Webdav::default().endpoint(&format!("{scheme}://{host}{port}")).root(&root(url));
    let named = (!url.username().is_empty()).then(|| percent_decode(url.username()));
    if let Some(user) = named.or_else(|| credentials.get("username").cloned()) {
        webdav = webdav.username(&user);
    }
    let password =
        credentials.get("password").cloned().or_else(|| std::env::var("OURPHOTO_WEBDAV_PASSWORD").ok());
    if let Some(password) = password {
        webdav = webdav.password(&password);
    }
    Ok(webdav)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_an_address_is_refused_without_repeating_it() {
        let url = Url::parse("webdavs://me:hunter2@nas.example/photos").unwrap();
        let Err(error) = RemoteStore::open(&url) else { panic!("accepted") };
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(!error.message().contains("hunter2"));
    }

    #[test]
    fn folders_with_spaces_and_plus_signs_are_decoded() {
        assert_eq!(percent_decode("/My%20Photos/a+b"), "/My Photos/a+b");
    }
}
