//! Sending files in: several at a time, each tried again, none whose bytes the server has already.

use std::collections::HashMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use api::{CheckRequest, CheckResponse, FileReceived, KnownRequest, UploadInfo, Was};
use model::{Error, ErrorKind, Result};
use reqwest::{Body, Method, header};
use serde::Serialize;
use tokio::io::AsyncRead;
use tokio::task::JoinSet;
use tokio_util::io::ReaderStream;

use crate::Client;
use crate::moving::{Moving, OneFile, Told};
use crate::retry::Failed;
use crate::silence::Left;

mod pieces;

/// Files on their way at once.
const AT_ONCE: usize = 4;
/// Files whose hashes go into one question.
const LOT: usize = 200;

/// What to send, and where to.
pub struct Upload {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// The space's name.
    pub space: String,
    /// The album; without one, albums are named after the folders.
    pub album: Option<String>,
}

/// What became of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sent {
    /// It is new.
    New,
    /// It is new; its bytes were known and did not travel.
    Known,
    /// It is a new version of a file of its name.
    NewVersion,
    /// It was there.
    There,
    /// It was there, and somebody put it into the trash.
    InTrash,
}

/// What became of all.
#[derive(Clone, Debug, Default, Serialize)]
pub struct UploadReport {
    /// New files.
    pub new: u64,
    /// Of those, files whose bytes did not have to travel.
    pub known: u64,
    /// New versions.
    pub versions: u64,
    /// Files that were there.
    pub there: u64,
    /// Files that somebody put into the trash, and that stay there.
    pub in_trash: u64,
    /// Bytes that travelled.
    pub bytes: u64,
    /// Files with nothing in them: no photos, and left out.
    pub empty: Vec<String>,
    /// Files that could not be sent, and why.
    pub failed: Vec<(String, String)>,
}

impl UploadReport {
    /// Whether everything that was asked for is safe on the server.
    pub fn is_complete(&self) -> bool {
        self.failed.is_empty()
    }
}

/// A file that is to be sent.
#[derive(Clone)]
struct Found {
    path: PathBuf,
    album: String,
    name: String,
    /// As the folder says; what it really is is found when it is read.
    size: u64,
}

/// A file and what it is.
struct Hashed {
    found: Found,
    sha256: String,
    size: u64,
    modified_ns: i64,
}

/// Sends files. `moving` hears of each file, and of its bytes while they move.
///
/// # Errors
/// When a path does not exist, or nothing can be sent at all; what became of single files is in the report.
pub async fn upload(client: &Client, upload: Upload, moving: Arc<dyn Moving>) -> Result<UploadReport> {
    let space = client.space_or_new(&upload.space).await?;
    // It is the right server, and it answered.
    let client = client.patient();
    let to = Arc::new(To {
        space: space.id,
        files: format!("/api/v1/spaces/{}/files", space.id),
        begun: client.get(pieces::BEGUN).await?,
    });
    let mut report = UploadReport::default();
    let found = find(&upload, &mut report)?;
    moving.found(found.len() as u64, found.iter().map(|file| file.size).sum());
    let mut taken = Taken::default();
    for lot in found.chunks(LOT) {
        let mut hashed = hash_all(lot.to_vec(), &mut report).await?;
        hashed.retain(|file| taken.take(file, &mut report));
        let asked = CheckRequest { sha256: hashed.iter().map(|file| file.sha256.clone()).collect() };
        let known: CheckResponse = client.ask(&format!("{}/check", to.files), &asked).await?;
        let mut sending = JoinSet::new();
        let mut rest = hashed.into_iter();
        loop {
            while sending.len() < AT_ONCE
                && let Some(file) = rest.next()
            {
                let there = known.present.contains(&file.sha256);
                let (client, to) = (client.clone(), Arc::clone(&to));
                let moved = Arc::new(OneFile::new(&moving, file.size));
                sending.spawn(async move {
                    let outcome = send(&client, &to, &file, there, &moved).await;
                    (file, outcome)
                });
            }
            let Some(done) = sending.join_next().await else { break };
            let (file, outcome) =
                done.map_err(|error| Error::internal("sending ended early").with_source(error))?;
            match outcome {
                Ok((sent, travelled)) => count(&mut report, sent, travelled),
                // Nothing will go differently for the others.
                Err(error) if matches!(error.kind(), ErrorKind::Unproved | ErrorKind::Forbidden) => {
                    return Err(error);
                }
                Err(error) => {
                    report.failed.push((file.found.path.display().to_string(), error.message().to_owned()));
                }
            }
        }
    }
    report.failed.sort();
    report.empty.sort();
    Ok(report)
}

fn count(report: &mut UploadReport, sent: Sent, bytes: u64) {
    report.bytes += bytes;
    match sent {
        Sent::New => report.new += 1,
        Sent::Known => {
            report.new += 1;
            report.known += 1;
        }
        Sent::NewVersion => report.versions += 1,
        Sent::There => report.there += 1,
        Sent::InTrash => report.in_trash += 1,
    }
}

/// Every file below the paths; links are not followed.
fn find(upload: &Upload, report: &mut UploadReport) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    for root in &upload.paths {
        let full = std::path::absolute(root).map_err(|error| Error::io(root.display(), error))?;
        let metadata = std::fs::metadata(&full).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                Error::invalid(format!("{} does not exist; nothing was sent", root.display()))
            }
            _ => Error::io(format!("could not look at {}", root.display()), error),
        })?;
        let top = if metadata.is_dir() { full.parent().unwrap_or(&full).to_owned() } else { full.clone() };
        for entry in walkdir::WalkDir::new(&full).sort_by_file_name() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    let path = error.path().unwrap_or(&full).display().to_string();
                    report.failed.push((path, format!("it cannot be read: {error}")));
                    continue;
                }
            };
            // A link that a person names is meant.
            let named = entry.depth() == 0 && metadata.is_file();
            if !entry.file_type().is_file() && !named {
                continue;
            }
            let folder = entry.path().parent().and_then(|folder| folder.strip_prefix(&top).ok());
            let album = match &upload.album {
                Some(album) => Some(album.as_str()),
                None => folder.map_or(Some(""), Path::to_str),
            };
            // A link that is named has the size of what it leads to.
            let size = std::fs::metadata(entry.path()).map_or(0, |metadata| metadata.len());
            match (album, entry.file_name().to_str()) {
                (Some(album), Some(name)) => found.push(Found {
                    path: entry.path().to_owned(),
                    album: album.to_owned(),
                    name: name.to_owned(),
                    size,
                }),
                (album, _) => {
                    let what = if album.is_none() { "the name of its folder" } else { "its name" };
                    let reason = format!(
                        "{what} is not UTF-8, which cannot be sent; import it on the server, or rename it"
                    );
                    report.failed.push((entry.path().display().to_string(), reason));
                }
            }
        }
    }
    Ok(found)
}

/// Reads and hashes a lot of files.
async fn hash_all(lot: Vec<Found>, report: &mut UploadReport) -> Result<Vec<Hashed>> {
    let hashed = tokio::task::spawn_blocking(move || {
        lot.into_iter()
            .map(|found| hash(&found).map_err(|error| (found.path.clone(), error)))
            .collect::<Vec<_>>()
    });
    let hashed = hashed.await.map_err(|error| Error::internal("hashing ended early").with_source(error))?;
    let mut good = Vec::with_capacity(hashed.len());
    for outcome in hashed {
        match outcome {
            Ok(file) if file.size == 0 => report.empty.push(file.found.path.display().to_string()),
            Ok(file) => good.push(file),
            Err((path, error)) => {
                report.failed.push((path.display().to_string(), error.message().to_owned()));
            }
        }
    }
    Ok(good)
}

fn hash(found: &Found) -> Result<Hashed> {
    let failed = |error| Error::io("it cannot be read", error);
    let mut file = std::fs::File::open(&found.path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    let (sha256, size) = vault::hash_bytes(&mut file)?;
    let modified_ns = metadata.mtime().saturating_mul(1_000_000_000).saturating_add(metadata.mtime_nsec());
    Ok(Hashed { found: found.clone(), sha256: sha256.to_string(), size, modified_ns })
}

/// The names that are given out. Two cards number their photos alike: what would become a version of another photo of the
/// same upload is told, and not sent.
#[derive(Default)]
struct Taken(HashMap<(String, String), (String, PathBuf)>);

impl Taken {
    fn take(&mut self, file: &Hashed, report: &mut UploadReport) -> bool {
        let Found { path, album, name, .. } = &file.found;
        let (sha256, first) = self
            .0
            .entry((album.clone(), name.clone()))
            .or_insert_with(|| (file.sha256.clone(), path.clone()));
        if *sha256 == file.sha256 {
            return true;
        }
        let reason = format!(
            "another photo goes to the album '{album}' under this name: {}; send this one on its own, with an --album of \
             its own",
            first.display()
        );
        report.failed.push((path.display().to_string(), reason));
        false
    }
}

/// Where files are sent.
struct To {
    space: uuid::Uuid,
    files: String,
    /// What earlier runs began.
    begun: Vec<UploadInfo>,
}

/// Sends one file, and says how many of its bytes travelled.
async fn send(
    client: &Client,
    to: &To,
    file: &Hashed,
    there: bool,
    moved: &Arc<OneFile>,
) -> Result<(Sent, u64)> {
    if there {
        let asked = KnownRequest {
            album: file.found.album.clone(),
            name: file.found.name.clone(),
            sha256: file.sha256.clone(),
            size: file.size,
            modified_ns: Some(file.modified_ns),
        };
        match client.ask::<FileReceived>(&format!("{}/known", to.files), &asked).await {
            Ok(received) if received.was == Was::New => return Ok((Sent::Known, 0)),
            Ok(received) => return Ok((sent(received.was), 0)),
            // Gone since the question: then the bytes travel.
            Err(error) if error.code() == Some("content-unknown") => {}
            Err(error) => return Err(error),
        }
    }
    if file.size >= pieces::LARGE {
        let (was, travelled) = pieces::send(client, to, file, moved).await?;
        return Ok((sent(was), travelled));
    }
    // Bytes that are there already are there after a second time too.
    let received = client.again(|| put(client, &to.files, file, moved)).await?;
    Ok((sent(received.was), file.size))
}

async fn put(
    client: &Client,
    base: &str,
    file: &Hashed,
    moved: &Arc<OneFile>,
) -> Result<FileReceived, Failed> {
    let opened = tokio::fs::File::open(&file.found.path).await;
    let opened = opened.map_err(|error| Error::io("it cannot be read", error))?;
    let modified_ns = file.modified_ns.to_string();
    let query = [
        ("album", file.found.album.as_str()),
        ("name", file.found.name.as_str()),
        ("sha256", file.sha256.as_str()),
        ("modified_ns", modified_ns.as_str()),
    ];
    let left = Left::new(file.size);
    let request = client
        .sending(Method::PUT, base)
        .query(&query)
        .header(header::CONTENT_LENGTH, file.size)
        .body(body(Told::new(opened, moved, 0, &left)));
    client.bear(&left, client.read(request)).await
}

/// A file as a body.
fn body(source: impl AsyncRead + Send + 'static) -> Body {
    Body::wrap_stream(ReaderStream::with_capacity(source, 64 * 1024))
}

fn sent(was: Was) -> Sent {
    match was {
        Was::New => Sent::New,
        Was::NewVersion => Sent::NewVersion,
        Was::There => Sent::There,
        Was::InTrash => Sent::InTrash,
    }
}
