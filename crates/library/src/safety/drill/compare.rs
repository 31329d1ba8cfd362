//! Comparing what came back with what should have.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use catalog::{RestoreRow, Scope};
use model::{AssetId, Error, ErrorKind, FileId, Result};

use super::DrillReport;
use super::stage::Stage;
use crate::{Cancel, Library, PhotoName, Progress};

const PAGE: usize = 512;

impl DrillReport {
    /// Restores and compares everything, one unit after the other.
    pub(super) async fn compare_all(
        &mut self,
        live: &Arc<Library>,
        stage: &Stage,
        units: &[Scope],
        progress: &Arc<dyn Progress>,
        cancel: &Cancel,
    ) -> Result<()> {
        for unit in units {
            cancel.check()?;
            self.compare(live, stage, *unit, progress, cancel).await?;
        }
        Ok(())
    }

    async fn compare(
        &mut self,
        live: &Arc<Library>,
        stage: &Stage,
        unit: Scope,
        progress: &Arc<dyn Progress>,
        cancel: &Cancel,
    ) -> Result<()> {
        let target = stage.outside.path("restored");
        let sources = vec![stage.outside.source.clone()];
        let restored =
            stage.outside.library.restore_from(unit, None, sources, &target, progress, cancel).await;
        let restored = match restored {
            Ok(restored) => restored,
            Err(error) if error.kind() == ErrorKind::OutOfSpace => {
                return Err(error.context("there is no room on this machine to rehearse in"));
            }
            Err(error) => return Err(error),
        };
        cancel.check()?;
        for failed in &restored.failed {
            self.problem(failed.photo.clone(), failed.reason.clone());
        }
        // Under another name, because this machine's disk cannot hold its own: verified all the same.
        let renamed: HashSet<&str> = restored.renamed.iter().map(|file| file.photo.as_str()).collect();
        self.compare_files(live, stage, unit, &target, &renamed).await?;
        let target = target.clone();
        let cleared = tokio::task::spawn_blocking(move || std::fs::remove_dir_all(target)).await;
        match cleared.map_err(|error| Error::internal("clearing ended early").with_source(error))? {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::io("could not remove what was rehearsed", error))
            }
            _ => Ok(()),
        }
    }

    /// Compares what the library says there is with what the copy brought back.
    async fn compare_files(
        &mut self,
        live: &Library,
        stage: &Stage,
        unit: Scope,
        target: &Path,
        renamed: &HashSet<&str>,
    ) -> Result<()> {
        let brought: HashMap<FileId, RestoreRow> =
            rows(&stage.outside.library, unit).await?.into_iter().map(|row| (row.file_id, row)).collect();
        let (mut photos, mut newer) = (Vec::new(), Vec::new());
        for row in rows(live, unit).await? {
            if stage.newer.contains(&row.asset_id) {
                newer.push(row.asset_id);
                continue;
            }
            let photo = named(&row);
            let Some(copy) = brought.get(&row.file_id) else {
                if stage.was_in_trash(live, row.asset_id).await? {
                    newer.push(row.asset_id);
                    continue;
                }
                photos.push(row.asset_id);
                self.problem(photo, "the copy's catalog does not know this file");
                continue;
            };
            photos.push(row.asset_id);
            for difference in differences(&row, copy, stage.newer_spaces.contains(&row.space_id)) {
                self.problem(photo.clone(), difference);
            }
            let path = place(target, copy);
            let expected = row.clone();
            let looked = tokio::task::spawn_blocking(move || look(&path, &expected)).await;
            let looked =
                looked.map_err(|error| Error::internal("comparing ended early").with_source(error))?;
            match looked {
                Err(_) if renamed.contains(photo.as_str()) => {
                    self.files += 1;
                    self.bytes += row.object.content_size;
                }
                Ok(()) => {
                    self.files += 1;
                    self.bytes += row.object.content_size;
                }
                Err(problem) if self.problems.iter().any(|known| known.photo == photo) => drop(problem),
                Err(problem) => self.problem(photo, problem),
            }
        }
        for ids in [&mut photos, &mut newer] {
            ids.sort_unstable();
            ids.dedup();
        }
        self.newer += newer.len() as u64;
        self.photos += photos.len() as u64;
        self.compare_photos(live, stage, &photos).await
    }

    /// What is known of the photos beside their files.
    async fn compare_photos(&mut self, live: &Library, stage: &Stage, photos: &[AssetId]) -> Result<()> {
        let mut here = live.catalog.read().await?;
        let mut there = stage.outside.library.catalog.read().await?;
        for id in photos {
            let (Some(is), Some(was)) = (here.asset_get(*id).await?, there.asset_get(*id).await?) else {
                continue;
            };
            let renamed = stage.newer_albums.contains(&is.album_id);
            let album = |album: Option<catalog::Album>| {
                album.map(|album| (album.id, album.folder, album.tier, (!renamed).then_some(album.name)))
            };
            let (at, before) =
                (album(here.album_get(is.album_id).await?), album(there.album_get(was.album_id).await?));
            let mut wrong = Vec::new();
            if at != before {
                wrong.push("its album");
            }
            let ids = |albums: Vec<catalog::Album>| {
                albums.into_iter().map(|album| album.id).collect::<HashSet<_>>()
            };
            if ids(here.album_asset_albums(*id).await?) != ids(there.album_asset_albums(*id).await?) {
                wrong.push("the albums that it was added to");
            }
            if is.captured_at != was.captured_at {
                wrong.push("its capture time");
            }
            if is.metadata != was.metadata {
                wrong.push("its metadata");
            }
            if is.edits != was.edits {
                wrong.push("what people said of it");
            }
            if !wrong.is_empty() {
                let name = here.asset_names(&[*id]).await?.remove(id).unwrap_or_default();
                self.problem(name, format!("{} came back different", wrong.join(" and ")));
            }
        }
        Ok(())
    }
}

impl Stage {
    /// Whether the album of a photo was in the trash when the snapshot was written, and came out of it since.
    async fn was_in_trash(&self, live: &Library, photo: AssetId) -> Result<bool> {
        let Some(asset) = live.catalog.read().await?.asset_get(photo).await? else { return Ok(false) };
        let was = self.outside.library.catalog.read().await?.album_get(asset.album_id).await?;
        Ok(self.newer_albums.contains(&asset.album_id) && was.is_none_or(|album| album.deleted_at.is_some()))
    }
}

async fn rows(library: &Library, unit: Scope) -> Result<Vec<RestoreRow>> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = library.catalog.read().await?.restore_page(unit, None, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(all) };
        after = Some(last.file_id);
        all.extend(page);
    }
}

fn named(row: &RestoreRow) -> String {
    PhotoName {
        space: row.space.clone(),
        album: String::from_utf8_lossy(&row.folder).into_owned(),
        name: String::from_utf8_lossy(&row.name).into_owned(),
        version: 1,
    }
    .to_string()
}

/// What the two catalogs say differently of a file, whose space may have been renamed in between.
fn differences(is: &RestoreRow, was: &RestoreRow, renamed: bool) -> Vec<String> {
    let mut found = Vec::new();
    if is.name != was.name {
        found.push(format!("it came back as '{}'", String::from_utf8_lossy(&was.name)));
    }
    if is.folder != was.folder {
        found.push(format!("it came back in the folder '{}'", String::from_utf8_lossy(&was.folder)));
    }
    if is.space_id != was.space_id || (is.space != was.space && !renamed) {
        found.push(format!("it came back in the space '{}'", was.space));
    }
    if is.modified_ns != was.modified_ns {
        found.push("it came back with another modification time".to_owned());
    }
    if is.object.content_sha256 != was.object.content_sha256 {
        found.push("another version of it came back".to_owned());
    }
    found
}

fn place(target: &Path, row: &RestoreRow) -> PathBuf {
    target.join(OsStr::from_bytes(&row.folder)).join(OsStr::from_bytes(&row.name))
}

/// Reads a restored file again and compares it with what the library knows of it.
fn look(path: &Path, expected: &RestoreRow) -> Result<(), String> {
    let mut file = File::open(path).map_err(|error| format!("it did not come back: {error}"))?;
    let (sha256, size) = vault::hash_bytes(&mut file).map_err(|error| error.to_string())?;
    if (sha256, size) != (expected.object.content_sha256, expected.object.content_size) {
        return Err("its bytes came back different".to_owned());
    }
    let modified =
        file.metadata().and_then(|metadata| metadata.modified()).map_err(|error| error.to_string())?;
    let ns = match modified.duration_since(UNIX_EPOCH) {
        Ok(since) => since.as_nanos() as i128,
        Err(before) => -(before.duration().as_nanos() as i128),
    };
    match expected.modified_ns {
        Some(wanted) if i128::from(wanted) != ns => {
            Err("its modification time came back different".to_owned())
        }
        _ => Ok(()),
    }
}
