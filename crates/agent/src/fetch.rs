//! Fetching originals into a folder: each appears under its name only when every byte was verified, nothing is ever
//! overwritten, and no name leads out of the folder, whatever the server says.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use api::{AlbumInfo, AssetDetail, AssetFile, AssetPage, AssetVersion};
use model::{Error, ErrorKind, Result};
use reqwest::StatusCode;
use serde::Serialize;
use uuid::Uuid;
use vault::store::{rename_new, set_modified};
use vault::{HashingWriter, hash_bytes};

use crate::Client;
use crate::moving::{Moving, OneFile};
use crate::retry::Failed;

/// What to fetch, and where to.
pub struct Fetch {
    /// The space's name.
    pub space: String,
    /// Only this album.
    pub album: Option<String>,
    /// The folder that it goes into.
    pub to: PathBuf,
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
}

/// Fetches originals, the newest version of each file. `moving` hears of each file, and of its bytes while they come.
pub async fn fetch(client: &Client, fetch: Fetch, moving: Arc<dyn Moving>) -> Result<FetchReport> {
    let space = client.space(&fetch.space).await?;
    // It is the right server, and it answered.
    let client = &client.patient();
    let mut albums: Vec<AlbumInfo> = client.get(&format!("/api/v1/spaces/{}/albums", space.id)).await?;
    albums.retain(|album| album.deleted_at.is_none());
    if let Some(wanted) = &fetch.album {
        albums.retain(|album| album.name == *wanted || album.folder == *wanted);
        if albums.is_empty() {
            return Err(Error::not_found(format!("there is no album '{wanted}' in '{}'", space.name)));
        }
    }
    std::fs::create_dir_all(&fetch.to)
        .map_err(|error| Error::io(format!("could not make the folder {}", fetch.to.display()), error))?;
    let mut report = FetchReport::default();
    for album in &albums {
        let mut cursor = String::new();
        loop {
            let path = format!("/api/v1/albums/{}/assets?limit=500{cursor}", album.id);
            let page: AssetPage = client.get(&path).await?;
            // What was added to the album lives in another, and is restored with that.
            for asset in page.assets.iter().filter(|asset| asset.album == album.id) {
                one(client, &fetch.to, album, asset.id, &mut report, &moving).await?;
            }
            match page.next {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
    }
    report.failed.sort();
    Ok(report)
}

async fn one(
    client: &Client,
    to: &Path,
    album: &AlbumInfo,
    asset: Uuid,
    report: &mut FetchReport,
    moving: &Arc<dyn Moving>,
) -> Result<()> {
    let detail: AssetDetail = client.get(&format!("/api/v1/assets/{asset}")).await?;
    for file in &detail.files {
        let Some(version) = file.versions.first() else { continue };
        let name = format!("{}/{}", album.folder, file.name);
        moving.found(1, version.size);
        let moved = OneFile::new(moving, version.size);
        match write(client, to, album, asset, file, version, &moved).await {
            Ok(true) => {
                report.restored += 1;
                report.bytes += version.size;
            }
            Ok(false) => report.there += 1,
            Err(error) if matches!(error.kind(), ErrorKind::Unproved | ErrorKind::OutOfSpace) => {
                return Err(error);
            }
            Err(error) => report.failed.push((name, error.message().to_owned())),
        }
    }
    Ok(())
}

/// Writes one file, unless it is there; says whether it was written.
async fn write(
    client: &Client,
    to: &Path,
    album: &AlbumInfo,
    asset: Uuid,
    file: &AssetFile,
    version: &AssetVersion,
    moved: &OneFile,
) -> Result<bool> {
    let folder = below(to, &album.folder)?;
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
    let from = format!("/api/v1/assets/{asset}/versions/{}", version.id);
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
    fn no_name_leads_out_of_the_folder() {
        let folder = Path::new("/to");
        for bad in ["..", "../x", "a/../../x", "/etc/passwd", "a\0b", "./x/.."] {
            assert!(below(folder, bad).is_err(), "{bad:?}");
        }
        assert_eq!(below(folder, "a/né 😀.jpg").unwrap(), Path::new("/to/a/né 😀.jpg"));
        assert_eq!(below(folder, "").unwrap(), Path::new("/to"));
    }
}
