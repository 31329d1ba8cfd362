//! Fetching originals into a folder: each appears under its name only when every byte was verified, nothing is ever
//! overwritten, and no name leads out of the folder, whatever the server says.

mod chosen;

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use api::{AssetDetail, AssetFile, AssetVersion};
use chosen::Chosen;
use model::{Error, ErrorKind, Result, Timestamp};
use reqwest::StatusCode;
use serde::Serialize;
use uuid::Uuid;
use vault::store::{rename_new, set_modified};
use vault::{HashingWriter, hash_bytes};

use crate::Client;
use crate::moving::{Moving, OneFile};
use crate::retry::Failed;

/// What to fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Every space that one may look into, each in a folder of its name, and every album that was opened to oneself.
    All,
    /// One space.
    Space(String),
    /// One album of a space (or of the only space that has it, or one that was opened to oneself), by name or folder.
    Album {
        /// The space, if there could be a doubt.
        space: Option<String>,
        /// The album.
        album: String,
    },
    /// What a search finds; without a space, each space's in a folder of its name.
    Found {
        /// Only in this space.
        space: Option<String>,
        /// What to look for.
        query: String,
    },
}

/// What to fetch, and where to.
pub struct Fetch {
    /// What.
    pub what: Wanted,
    /// The folder that it goes into.
    pub to: PathBuf,
    /// As it was then, instead of as it is now.
    pub as_of: Option<Timestamp>,
    /// Out of this copy, and from nowhere else.
    pub from_copy: Option<String>,
}

/// What was fetched.
#[derive(Clone, Debug, Default, Serialize)]
pub struct FetchReport {
    /// Files written, every byte verified.
    pub restored: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Files that were there already, with exactly these bytes.
    pub there: u64,
    /// Files that could not be fetched, and why.
    pub failed: Vec<(String, String)>,
}

impl FetchReport {
    /// Whether everything that was asked for is in the folder now.
    pub fn is_complete(&self) -> bool {
        self.failed.is_empty()
    }

    /// Whether there was nothing to fetch.
    pub fn is_empty(&self) -> bool {
        self.restored == 0 && self.there == 0 && self.failed.is_empty()
    }

    /// Notes what could not be fetched of a photo.
    ///
    /// # Errors
    /// The error itself, where nothing will go differently for the others.
    fn not_fetched(&mut self, photo: &Chosen, name: &str, error: Error) -> Result<()> {
        if matches!(error.kind(), ErrorKind::Unproved | ErrorKind::OutOfSpace) {
            return Err(error);
        }
        self.failed.push((format!("{}/{name}", photo.folder), error.message().to_owned()));
        Ok(())
    }
}

/// Fetches originals. `moving` hears of each file, and of its bytes while they come.
pub async fn fetch(client: &Client, fetch: Fetch, moving: Arc<dyn Moving>) -> Result<FetchReport> {
    client.spaces().await?;
    // It is the right server, and it answered.
    let client = &client.patient();
    let chosen = chosen::choose(client, &fetch).await?;
    std::fs::create_dir_all(&fetch.to)
        .map_err(|error| Error::io(format!("could not make the folder {}", fetch.to.display()), error))?;
    let mut report = FetchReport::default();
    for photo in &chosen {
        one(client, &fetch, photo, &mut report, &moving).await?;
    }
    report.failed.sort();
    Ok(report)
}

async fn one(
    client: &Client,
    fetch: &Fetch,
    photo: &Chosen,
    report: &mut FetchReport,
    moving: &Arc<dyn Moving>,
) -> Result<()> {
    let detail: AssetDetail = match client.get(&format!("/api/v1/assets/{}", photo.id)).await {
        Ok(detail) => detail,
        // Others may have put it into the trash, or closed it, since it was chosen.
        Err(error) => return report.not_fetched(photo, &photo.name, error),
    };
    for file in &detail.files {
        let Some(version) = meant(file, fetch.as_of) else { continue };
        moving.found(1, version.size);
        let moved = OneFile::new(moving, version.size);
        match write(client, fetch, photo, file, version, &moved).await {
            Ok(true) => {
                report.restored += 1;
                report.bytes += version.size;
            }
            Ok(false) => report.there += 1,
            Err(error) => report.not_fetched(photo, &file.name, error)?,
        }
    }
    Ok(())
}

/// The version of a file that is there now, or was then; `None` where there was none yet.
fn meant(file: &AssetFile, as_of: Option<Timestamp>) -> Option<&AssetVersion> {
    match as_of {
        None => file.versions.first(),
        // Times of the API have one form, so that they can be compared as they are.
        Some(at) => file
            .versions
            .iter()
            .filter(|version| version.added_at <= at.to_string())
            .max_by_key(|version| version.number),
    }
}

/// Writes one file, unless it is there; says whether it was written.
async fn write(
    client: &Client,
    fetch: &Fetch,
    photo: &Chosen,
    file: &AssetFile,
    version: &AssetVersion,
    moved: &OneFile,
) -> Result<bool> {
    let folder = below(&fetch.to, &photo.folder)?;
    let path = below(&folder, &file.name)?;
    if path.parent() != Some(&folder) {
        return Err(Error::invalid("its name leads elsewhere"));
    }
    std::fs::create_dir_all(&folder).map_err(|error| Error::io("its folder could not be made", error))?;
    if std::fs::symlink_metadata(&path).is_ok() {
        let mut there = File::open(&path).map_err(|error| Error::io("it could not be compared", error))?;
        if hash_bytes(&mut there)?.0.to_string() == version.sha256 {
            return Ok(false);
        }
        return Err(Error::conflict("another file of that name is there, and was left as it is"));
    }
    let aside = folder.join(format!(".ourphoto-{}.part", Uuid::now_v7().simple()));
    let mut from = format!("/api/v1/assets/{}/versions/{}", photo.id, version.id);
    if let Some(copy) = &fetch.from_copy {
        let query: String = reqwest::Url::parse_with_params("x:/", [("copy", copy)])
            .ok()
            .and_then(|url| url.query().map(str::to_owned))
            .unwrap_or_default();
        from = format!("{from}?{query}");
    }
    let written = download(client, &from, &aside, version, moved).await;
    let named = written.and_then(|()| {
        rename_new(&aside, &path).map_err(|error| Error::io("it could not be given its name", error))
    });
    if named.is_err() {
        let _ = std::fs::remove_file(&aside);
    }
    named.map(|()| true)
}

/// Fetches a version into a new file. A connection that breaks is taken up again where it broke.
async fn download(
    client: &Client,
    from: &str,
    to: &Path,
    version: &AssetVersion,
    moved: &OneFile,
) -> Result<()> {
    let failed = |error| Error::io("it could not be written", error);
    let file = OpenOptions::new().write(true).create_new(true).open(to).map_err(failed)?;
    let mut out = HashingWriter::new(file);
    let mut tries = client.tries();
    loop {
        let before = out.written();
        let Err(failed) = take(client, from, &mut out, moved).await else { break };
        // All of it came, and only the end was not heard of.
        if out.written() >= version.size && version.size > 0 {
            break;
        }
        if out.written() > before {
            tries.moved_on();
        }
        tries.wait(failed).await?;
    }
    let (file, hash, size) = out.finish();
    if hash.to_string() != version.sha256 || size != version.size {
        return Err(Error::damaged("its bytes are not what was uploaded"));
    }
    if let Some(modified_ns) = version.modified_ns {
        set_modified(&file, modified_ns).map_err(failed)?;
    }
    file.sync_all().map_err(failed)
}

/// Takes what is still to come, to the end.
async fn take(
    client: &Client,
    from: &str,
    out: &mut HashingWriter<File>,
    moved: &OneFile,
) -> Result<(), Failed> {
    let broke = |error| {
        Error::new(ErrorKind::Unavailable, "the connection broke; run it again, it goes on")
            .with_source(error)
    };
    let there = out.written();
    let mut response = client.stream_from(from, there).await?;
    if there > 0 && response.status() != StatusCode::PARTIAL_CONTENT {
        let text = "the server begins anew; run it again, it goes on";
        return Err(Error::new(ErrorKind::Unavailable, text).into());
    }
    while let Some(chunk) = response.chunk().await.map_err(broke)? {
        out.write_all(&chunk).map_err(|error| Error::io("it could not be written", error))?;
        moved.at(out.written());
    }
    Ok(())
}

/// A path of plain names below a folder.
fn below(folder: &Path, relative: &str) -> Result<PathBuf> {
    let path = Path::new(relative);
    if path.components().all(|part| matches!(part, Component::Normal(_))) && !relative.contains('\0') {
        return Ok(folder.join(path));
    }
    Err(Error::invalid("its name leads out of the folder, and was not followed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_then_is_the_last_that_had_come_in() {
        let version = |number: u32, added_at: &str| AssetVersion {
            id: uuid::Uuid::now_v7(),
            number,
            size: 1,
            sha256: String::new(),
            media_type: String::new(),
            modified_ns: None,
            added_at: added_at.to_owned(),
        };
        let versions = vec![version(2, "2026-05-01T10:00:00Z"), version(1, "2026-04-01T10:00:00Z")];
        let file = AssetFile { name: String::new(), role: api::FileRole::Primary, versions };
        // 2026-04-01T10:00:00Z
        let april = 1_775_037_600_000;
        let number = |at: Option<i64>| meant(&file, at.map(Timestamp)).map(|version| version.number);
        assert_eq!(number(None), Some(2));
        assert_eq!(number(Some(april - 1000)), None);
        assert_eq!(number(Some(april)), Some(1));
        assert_eq!(number(Some(april + 40 * 86_400_000)), Some(2));
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        let folder = Path::new("/to");
        for bad in ["..", "../x", "a/../../x", "/etc/passwd", "a\0b", "./x/.."] {
            assert!(below(folder, bad).is_err(), "{bad:?}");
        }
        assert_eq!(below(folder, "a/né 😀.jpg").unwrap(), Path::new("/to/a/né 😀.jpg"));
        assert_eq!(below(folder, "").unwrap(), Path::new("/to"));
    }
}
