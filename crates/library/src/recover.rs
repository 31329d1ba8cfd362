//! A new library out of one copy and the recovery key, on an empty machine.
//!
//! First the catalog: the newest snapshot that is whole, opened with the recovery key, its space keys wrapped anew for
//! this machine. Then every object, proved before it is believed. What is missing in the copy is told by name. Stopped
//! at any moment, a further run goes on; until the end, the data folder says that it is not finished.

mod catalog;
mod objects;
mod state;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::{Clock, Error, ErrorKind, Result, Timestamp};
use serde::Serialize;
use vault::Store;
use vault::keys::{SecretKey, parse_identity_file};
use vault::store::{self, open_store};

use self::catalog::Loader;
use crate::copies::Finding;
use crate::jobs::media::media_job;
use crate::setup::server_key;
use crate::snapshot::list_snapshots;
use crate::{Cancel, Layout, Library, OpenOptions, Progress, Stage};
use objects::{bring_objects, unnamed};
use state::{Loaded, begin};

/// What to recover from and to.
pub struct Recover {
    /// The address of a copy's store.
    pub from: String,
    /// The file with the recovery key; the recovery kit itself will do.
    pub recovery_key: PathBuf,
    /// The new data folder.
    pub layout: Layout,
    /// Where the new server key and the catalog go.
    pub options: OpenOptions,
}

/// What came back.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RecoverReport {
    /// The snapshot that was used.
    pub snapshot: String,
    /// When it was taken: what came later is not in it.
    pub snapshot_at: Option<Timestamp>,
    /// Newer snapshots that could not be used, and why.
    pub skipped_snapshots: Vec<String>,
    /// People, spaces, albums, assets and files that the snapshot names.
    pub people: u64,
    /// See [`RecoverReport::people`].
    pub spaces: u64,
    /// See [`RecoverReport::people`].
    pub albums: u64,
    /// See [`RecoverReport::people`].
    pub assets: u64,
    /// See [`RecoverReport::people`].
    pub files: u64,
    /// Objects brought back, this time and before.
    pub objects: u64,
    /// Encrypted bytes brought back this time.
    pub bytes: u64,
    /// Photos whose object the copy does not hold, or holds damaged.
    pub missing: Vec<Finding>,
    /// Objects in the copy that the snapshot does not know: photos that are newer than it. They stay in the copy.
    pub unnamed: u64,
    /// Whether the recovery was stopped before its end.
    pub interrupted: bool,
}

impl RecoverReport {
    /// Whether every photo that the snapshot names is back, and nothing newer is left behind.
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty() && self.skipped_snapshots.is_empty() && self.unnamed == 0 && !self.interrupted
    }
}

/// Recovers a library.
///
/// # Errors
/// `Forbidden` for the wrong recovery key, `Damaged` where no snapshot can be read, `Conflict` where the data folder is
/// not empty, `NotFound` where there is no store.
pub async fn recover(
    mut recover: Recover,
    clock: Arc<dyn Clock>,
    progress: &Arc<dyn Progress>,
    cancel: &Cancel,
) -> Result<RecoverReport> {
    recover.from = store::url_of(&recover.from)?;
    recover_with(recover, open_store, clock, progress, cancel).await
}

/// As [`recover`], with stores opened by `open`.
///
/// # Errors
/// As for [`recover`].
pub async fn recover_with(
    recover: Recover,
    open: impl FnOnce(&str) -> Result<Arc<dyn Store>> + Send + 'static,
    clock: Arc<dyn Clock>,
    progress: &Arc<dyn Progress>,
    cancel: &Cancel,
) -> Result<RecoverReport> {
    let key = recovery_key(&recover.recovery_key)?;
    let from = recover.from.clone();
    let source = tokio::task::spawn_blocking(move || {
        let store = open(&from)?;
        let info = store::read_info(&*store);
        Ok::<_, Error>((store, info))
    });
    let (source, info) =
        source.await.map_err(|error| Error::internal("opening ended early").with_source(error))??;
    let info = match info {
        Ok(info) => info,
        // The description is the least of what is there: with it damaged, snapshots and objects still speak.
        Err(error) if error.kind() == ErrorKind::Damaged => None,
        Err(error) => return Err(error),
    };
    let listed = Arc::clone(&source);
    let snapshots = tokio::task::spawn_blocking(move || list_snapshots(&*listed)).await;
    let snapshots =
        snapshots.map_err(|error| Error::internal("listing ended early").with_source(error))??;
    if snapshots.is_empty() {
        return Err(Error::not_found(format!(
            "there is no catalog snapshot at {}; is this the folder of a copy?",
            source.describe()
        )));
    }
    let state = begin(&recover, info.as_ref().map(|info| info.library))?;
    let server_key = server_key(&recover.layout, &recover.options)?;
    let loaded = match state.catalog {
        Some(loaded) => loaded,
        None => {
            progress.begin(Stage::Snapshot, None, None);
            let loader = Loader {
                recover: &recover,
                source: &source,
                key: &key,
                server_key: &server_key,
                clock: &clock,
                database_is_ours: state.database_is_ours,
            };
            let loaded = loader.load(&snapshots).await;
            progress.end();
            loaded?
        }
    };
    let catalog = recover.options.open_catalog(&recover.layout, &server_key).await?;
    let library = Library::assemble(recover.layout.clone(), catalog.clone(), server_key, clock);
    let library = Arc::new(catalog.or_close(library).await?);

    let mut report = RecoverReport {
        snapshot: loaded.snapshot.clone(),
        snapshot_at: Some(loaded.snapshot_at),
        skipped_snapshots: loaded.skipped.clone(),
        people: count(&loaded, "person"),
        spaces: count(&loaded, "space"),
        albums: count(&loaded, "album"),
        assets: count(&loaded, "asset"),
        files: count(&loaded, "file"),
        ..RecoverReport::default()
    };
    let store_id = info.as_ref().map(|info| info.store);
    let finished = finish(&library, &source, store_id, &recover, &mut report, progress, cancel).await;
    library.catalog.clone().close().await;
    finished?;
    Ok(report)
}

/// Everything after the catalog.
async fn finish(
    library: &Arc<Library>,
    source: &Arc<dyn Store>,
    store_id: Option<model::StoreId>,
    recover: &Recover,
    report: &mut RecoverReport,
    progress: &Arc<dyn Progress>,
    cancel: &Cancel,
) -> Result<()> {
    bring_objects(library, source, store_id, &recover.from, report, progress, cancel).await?;
    if cancel.is_cancelled() {
        report.interrupted = true;
        return Ok(());
    }
    report.unnamed = unnamed(library, source).await?;
    queue_previews(library).await?;
    let mut tx = library.catalog.begin().await?;
    let detail = serde_json::json!({"snapshot": report.snapshot, "missing": report.missing.len()});
    let from = store::without_secrets(&recover.from);
    tx.audit_append(library.clock.now(), "admin", "library.recover", &from, &detail).await?;
    tx.commit().await?;
    std::fs::remove_file(recover.layout.recovering())
        .map_err(|error| Error::io("could not finish the recovery", error))?;
    store::sync_folder_of(&recover.layout.recovering())
}

fn count(loaded: &Loaded, table: &str) -> u64 {
    loaded.tables.get(table).copied().unwrap_or(0)
}

pub(crate) fn recovery_key(path: &Path) -> Result<SecretKey> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Error::io(format!("could not read the recovery key {}", path.display()), error))?;
    parse_identity_file(&text).map_err(|error| error.context(path.display()))
}

/// Previews are not copied; they are made again.
async fn queue_previews(library: &Arc<Library>) -> Result<()> {
    let now = library.clock.now();
    let mut after = None;
    loop {
        let page = library.catalog.read().await?.asset_id_page(after, 10_000).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(*last);
        let jobs: Vec<_> = page.into_iter().map(|asset| media_job(asset, now)).collect();
        let mut tx = library.catalog.begin().await?;
        tx.job_insert_many(&jobs).await?;
        tx.commit().await?;
    }
}
