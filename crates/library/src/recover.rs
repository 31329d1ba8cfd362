//! A new library out of one copy and the recovery key, on an empty machine.
//!
//! First the catalog: the newest snapshot that is whole, opened with the recovery key, its space keys wrapped anew for
//! this machine. Then every object, proved before it is believed. What is missing in the copy is told by name. Stopped
//! at any moment, a further run goes on; until the end, the data folder says that it is not finished.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use catalog::Replica;
use catalog::snapshot::Summary;
use model::{Clock, Error, ErrorKind, ObjectId, ReplicaState, Result, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use vault::Store;
use vault::keys::{SecretKey, parse_identity_file};
use vault::store::{self, open_store};

use crate::copies::{Finding, PAGE, fetch_object, lots};
use crate::jobs::media::media_job;
use crate::setup::{GUIDE, private, server_key};
use crate::snapshot::{SnapshotFile, list_snapshots, open_snapshot, verify_snapshot};
use crate::spaces::space_comment;
use crate::workers::{Workers, streams};
use crate::{Cancel, Layout, Library, OpenOptions, Progress, Stage};

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

/// What the data folder remembers while a recovery is under way.
#[derive(Serialize, Deserialize)]
struct State {
    from: String,
    /// The database was found empty when this recovery began, so what is in it now is this recovery's.
    database_is_ours: bool,
    /// Once set, the catalog is complete and objects are being brought back.
    catalog: Option<Loaded>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Loaded {
    library: Uuid,
    snapshot: String,
    snapshot_at: Timestamp,
    skipped: Vec<String>,
    tables: std::collections::BTreeMap<String, u64>,
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
    let key = recovery_key(&recover.recovery_key)?;
    recover.from = store::url_of(&recover.from)?;
    let from = recover.from.clone();
    let source = tokio::task::spawn_blocking(move || {
        let store = open_store(&from)?;
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
            load(&recover, &source, &snapshots, &key, &server_key, state.database_is_ours, &clock, progress)
                .await?
        }
    };
    let catalog = recover.options.open_catalog(&recover.layout, &server_key).await?;
    let library = Arc::new(Library::assemble(recover.layout.clone(), catalog, server_key, clock)?);

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

fn recovery_key(path: &Path) -> Result<SecretKey> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Error::io(format!("could not read the recovery key {}", path.display()), error))?;
    parse_identity_file(&text).map_err(|error| error.context(path.display()))
}

/// Makes sure that the data folder is new, or that of this very recovery.
fn begin(recover: &Recover, library: Option<Uuid>) -> Result<State> {
    let folder = recover.layout.root();
    let failed = |error| Error::io(format!("could not use the data folder {}", folder.display()), error);
    std::fs::create_dir_all(folder).map_err(failed)?;
    match std::fs::read(recover.layout.recovering()) {
        Ok(bytes) => {
            let state: State = serde_json::from_slice(&bytes).map_err(|error| {
                Error::damaged(format!("{} cannot be read", recover.layout.recovering().display()))
                    .with_source(error)
            })?;
            // Until a catalog was loaded any copy will do; from then on, any copy of the same library.
            let same = state.catalog.as_ref().is_none_or(|loaded| library == Some(loaded.library));
            if state.from != recover.from && !same {
                return Err(Error::new(
                    ErrorKind::Conflict,
                    format!(
                        "a recovery from {} into {} is not finished; go on with it, or use another data folder",
                        store::without_secrets(&state.from),
                        folder.display()
                    ),
                ));
            }
            Ok(state)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            // Half of a first note, left by a kill, is not yet anything.
            let empty = |entry: std::io::Result<std::fs::DirEntry>| {
                entry.is_ok_and(|entry| entry.path() == note_aside(&recover.layout))
            };
            if !std::fs::read_dir(folder).map_err(failed)?.all(empty) {
                return Err(Error::new(
                    ErrorKind::Conflict,
                    format!("{} is not empty; recover into an empty folder", folder.display()),
                ));
            }
            private(folder)?;
            let state = State { from: recover.from.clone(), database_is_ours: false, catalog: None };
            write_state(&recover.layout, &state)?;
            Ok(state)
        }
        Err(error) => Err(failed(error)),
    }
}

/// Where a note is written before it gets its name.
fn note_aside(layout: &Layout) -> PathBuf {
    layout.root().join("recovering.tmp")
}

fn write_state(layout: &Layout, state: &State) -> Result<()> {
    let failed = |error| Error::io("could not note how far the recovery is", error);
    let aside = note_aside(layout);
    let text = serde_json::to_vec(state).map_err(|error| Error::internal("json").with_source(error))?;
    let written = std::fs::File::create(&aside).and_then(|mut file| {
        std::io::Write::write_all(&mut file, &text)?;
        file.sync_all()
    });
    written.map_err(failed)?;
    std::fs::rename(&aside, layout.recovering()).map_err(failed)?;
    store::sync_folder_of(&layout.recovering())
}

/// Fills the catalog from the newest snapshot that is whole.
#[expect(clippy::too_many_arguments, reason = "one step of the recovery above, which owns all of these")]
async fn load(
    recover: &Recover,
    source: &Arc<dyn Store>,
    snapshots: &[SnapshotFile],
    key: &SecretKey,
    server_key: &SecretKey,
    ours: bool,
    clock: &Arc<dyn Clock>,
    progress: &Arc<dyn Progress>,
) -> Result<Loaded> {
    progress.begin(Stage::Snapshot, None, None);
    let mut skipped = Vec::new();
    let mut wrong_key = 0;
    let mut ours = ours;
    for file in snapshots {
        if recover.options.database.is_none() {
            remove_catalog(&recover.layout)?;
        }
        let catalog = recover.options.open_catalog(&recover.layout, server_key).await?;
        clear(recover, &catalog, &mut ours).await?;
        let loaded: Result<Summary> = match open_snapshot(&**source, file, key) {
            Ok(mut lines) => catalog::snapshot::load(&catalog, &mut lines).await,
            Err(error) => Err(error),
        };
        match loaded {
            Ok(summary) => {
                let library = Library::assemble(
                    recover.layout.clone(),
                    catalog,
                    server_key.clone(),
                    Arc::clone(clock),
                )?;
                adopt(&library, key).await?;
                library.catalog.clone().close().await;
                let loaded = Loaded {
                    library: summary.library,
                    snapshot: file.path.name().to_owned(),
                    snapshot_at: summary.created_at,
                    skipped,
                    tables: summary.tables,
                };
                let state = State {
                    from: recover.from.clone(),
                    database_is_ours: true,
                    catalog: Some(loaded.clone()),
                };
                write_state(&recover.layout, &state)?;
                progress.end();
                return Ok(loaded);
            }
            Err(error) if matches!(error.kind(), ErrorKind::Damaged | ErrorKind::NotFound) => {
                skipped.push(format!("{}: {error}", file.path.name()));
            }
            // Damage in the right place looks like a wrong key; the name tells which it is.
            Err(_) if verify_snapshot(&**source, file).is_err() => {
                skipped.push(format!("{}: it is damaged", file.path.name()));
            }
            Err(error) if error.kind() == ErrorKind::Forbidden => {
                wrong_key += 1;
                skipped.push(format!("{}: {error}", file.path.name()));
            }
            Err(error) => return Err(error),
        }
        catalog.close().await;
    }
    progress.end();
    if wrong_key == snapshots.len() {
        return Err(Error::new(
            ErrorKind::Forbidden,
            "this recovery key does not open the copy; use the kit that was printed when this library was set up",
        ));
    }
    Err(Error::damaged(format!(
        "no catalog snapshot at {} can be read ({}); try another copy. The photos themselves can still be decrypted \
         without their names, as RECOVERY.md in the copy says",
        source.describe(),
        skipped.join("; ")
    )))
}

/// An attempt that was stopped leaves an embedded catalog that is not complete, perhaps not even a database. It holds
/// nothing that is not in the snapshot, and the folder was empty when the recovery began.
fn remove_catalog(layout: &Layout) -> Result<()> {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let mut path = layout.catalog().into_os_string();
        path.push(suffix);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::io("could not begin the recovery anew", error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The same for a database server; but one that was not empty when the recovery began is somebody's.
async fn clear(recover: &Recover, catalog: &catalog::Catalog, ours: &mut bool) -> Result<()> {
    let mut tx = catalog.begin().await?;
    if tx.library_get().await?.is_some() {
        if !*ours {
            return Err(Error::new(
                ErrorKind::Conflict,
                "the database holds a library already; recover into an empty database",
            ));
        }
        tx.wipe().await?;
    }
    tx.commit().await?;
    if !*ours {
        *ours = true;
        write_state(
            &recover.layout,
            &State { from: recover.from.clone(), database_is_ours: true, catalog: None },
        )?;
    }
    Ok(())
}

/// Makes a loaded catalog that of this machine: new server key, space keys wrapped for it, a new store of its own.
async fn adopt(library: &Library, key: &SecretKey) -> Result<()> {
    let mut tx = library.catalog.begin().await?;
    let known = tx.library_get().await?.ok_or_else(|| Error::damaged("the snapshot names no library"))?;
    let own = store::initialize(&*library.store, known.id, GUIDE)?;
    tx.library_set_recipient(&library.server_key().public().to_string()).await?;
    let mut recipients = vec![library.server_key().public()];
    for known in tx.recovery_key_list().await?.iter().filter(|known| known.retired_at.is_none()) {
        recipients.push(known.recipient.parse()?);
    }
    for mut space in tx.space_list().await? {
        let secret = SecretKey::unwrap(&space.wrapped_key, key)
            .map_err(|error| error.context(format!("the key of the space '{}'", space.name)))?;
        space.wrapped_key = secret.wrap(&recipients, &space_comment(space.id, &space.name))?;
        tx.space_set_wrapped_key(space.id, &space.wrapped_key).await?;
        library.store_key(&space)?;
    }
    for copy in tx.copy_list().await?.iter().filter(|copy| copy.is_library) {
        tx.copy_set_store(copy.id, own.store, None).await?;
    }
    tx.commit().await
}

/// Brings every object back that the library does not hold yet; what was read and is right is proved in the copy too.
async fn bring_objects(
    library: &Arc<Library>,
    source: &Arc<dyn Store>,
    source_id: Option<model::StoreId>,
    from_url: &str,
    report: &mut RecoverReport,
    progress: &Arc<dyn Progress>,
    cancel: &Cancel,
) -> Result<()> {
    let own = library.library_copy().await?;
    let helper = library.copies_in_use().await?.into_iter().find(|copy| Some(copy.store_id) == source_id);
    if let Some(copy) = helper.clone().filter(|copy| copy.url.as_deref() != Some(from_url)) {
        // The disk is mounted somewhere else on this machine.
        let mut tx = library.catalog.begin().await?;
        tx.copy_update(&catalog::Copy { url: Some(from_url.to_owned()), ..copy }).await?;
        tx.commit().await?;
    }
    let (files, bytes) = library.catalog.read().await?.replica_missing_count(own.id).await?;
    report.objects = library.catalog.read().await?.object_count().await?.saturating_sub(files);
    progress.begin(Stage::Recovering, Some(files), Some(bytes));
    let (from, to, stop) = (Arc::clone(source), Arc::clone(&library.store), cancel.clone());
    let (workers, mut outcomes) = Workers::start(streams(), PAGE, move |object: catalog::Object| {
        let fetched = stop.check().and_then(|()| fetch_object(&*from, &*to, &object));
        (object, fetched)
    })?;
    let mut missing = Vec::new();
    let mut after: Option<ObjectId> = None;
    while !cancel.is_cancelled() {
        let page = library.catalog.read().await?.replica_missing_from(own.id, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        for lot in lots(page) {
            let mut drafts = Vec::new();
            let mut objects = Vec::new();
            let mut fatal = None;
            workers
                .run(&mut outcomes, lot, |(object, fetched)| {
                    progress.advance(1, object.size);
                    match fetched {
                        Ok(draft) => {
                            drafts.push(draft);
                            objects.push(object);
                        }
                        Err(error) if error.kind() == ErrorKind::NotFound => {
                            missing.push((object.id, object.hash, "the copy does not hold it".to_owned()));
                        }
                        Err(error) if error.kind() == ErrorKind::Damaged => {
                            missing.push((object.id, object.hash, error.message().to_owned()));
                        }
                        Err(error) if error.kind() == ErrorKind::Interrupted => {}
                        // What did not answer now may answer later: that is no loss, and the recovery is not finished.
                        Err(error) => drop(fatal.get_or_insert(error)),
                    }
                })
                .await?;
            if let Some(error) = fatal {
                return Err(error.context("the recovery stopped; run it again, it goes on"));
            }
            let to = Arc::clone(&library.store);
            let stored = tokio::task::spawn_blocking(move || to.create_many(drafts)).await;
            for outcome in
                stored.map_err(|error| Error::internal("storing ended early").with_source(error))?
            {
                outcome.map_err(|error| error.context("the recovery stopped; run it again, it goes on"))?;
            }
            let now = library.clock.now();
            let mut states = Vec::new();
            for object in &objects {
                report.objects += 1;
                report.bytes += object.size;
                for copy in std::iter::once(&own).chain(helper.as_ref()) {
                    states.push(Replica {
                        copy_id: copy.id,
                        object_id: object.id,
                        state: ReplicaState::Held,
                        stored_at: now,
                        proved_at: (copy.id != own.id).then_some(now),
                        note: None,
                    });
                }
            }
            let mut tx = library.catalog.begin().await?;
            tx.replica_set_states(&states).await?;
            tx.commit().await?;
        }
    }
    // What is nowhere now is on record as missing, so that healing from another copy brings it back.
    let now = library.clock.now();
    let absent: Vec<Replica> = missing
        .iter()
        .map(|(object_id, _, problem)| Replica {
            copy_id: own.id,
            object_id: *object_id,
            state: ReplicaState::Missing,
            stored_at: now,
            proved_at: None,
            note: Some(problem.clone()),
        })
        .collect();
    let mut tx = library.catalog.begin().await?;
    tx.replica_set_states(&absent).await?;
    tx.commit().await?;
    report.missing = library.findings(missing).await?;
    progress.end();
    Ok(())
}

/// How many objects the copy holds that the catalog does not know.
async fn unnamed(library: &Arc<Library>, source: &Arc<dyn Store>) -> Result<u64> {
    let mut known = HashSet::new();
    let mut after = None;
    loop {
        let page = library.catalog.read().await?.object_page(after, 10_000).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        known.extend(page.iter().map(|object| object.hash));
    }
    let source = Arc::clone(source);
    let listed = tokio::task::spawn_blocking(move || {
        let mut unnamed = 0;
        source.list("objects", &mut |entry| {
            unnamed += u64::from(entry.path.object_hash().is_some_and(|hash| !known.contains(&hash)));
            Ok(())
        })?;
        Ok(unnamed)
    });
    listed.await.map_err(|error| Error::internal("listing ended early").with_source(error))?
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
