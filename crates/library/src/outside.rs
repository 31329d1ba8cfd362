//! A library as a copy tells it: the catalog out of a snapshot in the copy, the photos out of the copy's objects. Nothing of
//! the library itself is needed, so photos come back while it is lost, and a rehearsal proves that they would.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use catalog::Catalog;
use model::{Clock, Error, ErrorKind, Result, Timestamp};
use serde::Serialize;
use vault::keys::SecretKey;
use vault::{Store, store};

use crate::recover::recovery_key;
use crate::restore::{RestoreReport, Source, What};
use crate::snapshot::{FetchedSnapshot, fetch_snapshot, list_snapshots};
use crate::{Cancel, Layout, Library, Progress, Stage};

/// How passing folders begin.
const PASSING: &str = "drill-";

/// A library out of a copy, in a folder of its own that goes away with it.
pub(crate) struct Outside {
    pub(crate) library: Arc<Library>,
    pub(crate) source: Source,
    folder: tempfile::TempDir,
}

impl Outside {
    /// Loads a snapshot of a store, which `key` opens, into a catalog below `folder`.
    ///
    /// # Errors
    /// `Damaged` or `Forbidden` where the snapshot cannot be read.
    pub(crate) async fn load(
        name: &str,
        store: &Arc<dyn Store>,
        snapshot: &mut FetchedSnapshot,
        key: &SecretKey,
        clock: &Arc<dyn Clock>,
        folder: tempfile::TempDir,
    ) -> Result<Self> {
        let layout = Layout::new(folder.path());
        std::fs::create_dir_all(layout.store())
            .map_err(|error| Error::io("could not make room for the copy's catalog", error))?;
        // It holds names and places like any catalog, and is gone in a moment.
        let own = SecretKey::generate();
        let url = catalog::Url::sqlite(layout.catalog());
        let catalog = Catalog::open(&url, Some(&*own.derive("ourphoto passing catalog v1"))).await?;
        let loaded = match snapshot.open(key) {
            Ok(mut lines) => catalog::snapshot::load(&catalog, &mut lines).await.map(drop),
            Err(error) => Err(error),
        };
        catalog.or_close(loaded).await?;
        let library = Library::assemble(layout, catalog.clone(), key.clone(), Arc::clone(clock));
        let library = catalog.or_close(library).await?.with_store(Arc::clone(store));
        Ok(Self { library: Arc::new(library), source: (name.to_owned(), Arc::clone(store)), folder })
    }

    /// A place in its folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Closes it and removes its folder.
    pub(crate) async fn close(self) {
        self.library.catalog.clone().close().await;
        // What cannot be removed now is nobody's secret: its key is gone.
        let _ = self.folder.close();
    }
}

/// Photos to be brought back from a copy, without a library.
pub struct Rescue {
    /// Where the copy's store is.
    pub from: String,
    /// The recovery kit, or a file with the recovery key.
    pub recovery_key: PathBuf,
    /// Which photos.
    pub what: What,
    /// Where to; made if it does not exist.
    pub to: PathBuf,
}

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub struct RescueReport {
    /// The snapshot that the photos were found by: what came later is not in it.
    pub snapshot: String,
    /// Newer snapshots that could not be used, and why.
    pub skipped_snapshots: Vec<String>,
    /// The restore itself.
    #[serde(flatten)]
    pub restored: RestoreReport,
}

/// Restores photos straight from a copy.
///
/// # Errors
/// `Forbidden` for the wrong recovery key, `Damaged` where no snapshot can be read, `NotFound` where there is no store, or
/// no such album or photo.
pub async fn rescue(
    rescue: Rescue,
    clock: Arc<dyn Clock>,
    progress: &Arc<dyn Progress>,
    cancel: &Cancel,
) -> Result<RescueReport> {
    let key = recovery_key(&rescue.recovery_key)?;
    let url = store::url_of(&rescue.from)?;
    let opened = tokio::task::spawn_blocking(move || {
        let store = store::open_store(&url)?;
        let snapshots = list_snapshots(&*store)?;
        Ok::<_, Error>((store, snapshots))
    });
    let (store, snapshots) = opened
        .await
        .map_err(|error| Error::internal("opening the copy ended early").with_source(error))??;
    if snapshots.is_empty() {
        return Err(Error::not_found(format!(
            "there is no catalog snapshot at {}; is this the folder of a copy?",
            store.describe()
        )));
    }
    let mut skipped = Vec::new();
    progress.begin(Stage::Snapshot, None, None);
    for file in snapshots {
        let fetched = async {
            let mut fetched = fetch_snapshot(&store, &file).await?;
            let folder = passing_folder(&std::env::temp_dir())?;
            Outside::load(&store.describe(), &store, &mut fetched, &key, &clock, folder).await
        };
        match fetched.await {
            Ok(outside) => {
                progress.end();
                let restored = outside.restore(&rescue, progress, cancel).await;
                outside.close().await;
                let snapshot = file.path.name().to_owned();
                return Ok(RescueReport { snapshot, skipped_snapshots: skipped, restored: restored? });
            }
            Err(error) if error.kind() == ErrorKind::OutOfSpace => return Err(error),
            Err(error) => skipped.push(format!("{}: {error}", file.path.name())),
        }
    }
    progress.end();
    Err(Error::damaged(format!(
        "no catalog snapshot at {} can be read with this recovery key ({})",
        store.describe(),
        skipped.join("; ")
    )))
}

impl Outside {
    async fn restore(
        &self,
        rescue: &Rescue,
        progress: &Arc<dyn Progress>,
        cancel: &Cancel,
    ) -> Result<RestoreReport> {
        let scope = self.library.scope(&rescue.what).await?;
        let sources = vec![self.source.clone()];
        self.library.restore_from(scope, None, sources, &rescue.to, progress, cancel).await
    }
}

/// A folder that goes away, for its owner alone.
pub(crate) fn passing_folder(below: &Path) -> Result<tempfile::TempDir> {
    tempfile::Builder::new()
        .prefix(PASSING)
        .tempdir_in(below)
        .map_err(|error| Error::io("could not make room for the copy's catalog", error))
}

/// Removes passing folders that a crash left behind before `before`: photos lie in them as they are. One in which something
/// was written since is in use: a rehearsal from afar may take days.
pub(crate) fn sweep_passing(below: &Path, before: Timestamp) -> Result<()> {
    let failed = |error| Error::io("could not remove what a rehearsal left behind", error);
    for entry in std::fs::read_dir(below).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PASSING));
        if !ours || !entry.file_type().map_err(failed)?.is_dir() {
            continue;
        }
        let last = match last_written(&entry.path()) {
            // It ended meanwhile.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            other => other.map_err(failed)?,
        };
        if last < before {
            std::fs::remove_dir_all(entry.path()).map_err(failed)?;
        }
    }
    Ok(())
}

/// When something was last written in a folder.
fn last_written(folder: &Path) -> std::io::Result<Timestamp> {
    let modified = std::fs::symlink_metadata(folder)?.modified()?;
    let mut last = Timestamp(modified.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as i64);
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        // A file has the time of its photo: a folder has that of its last file.
        if entry.file_type()?.is_dir() {
            last = last.max(last_written(&entry.path())?);
        }
    }
    Ok(last)
}
