//! The catalog of a library that is being recovered, out of a snapshot.

use std::sync::Arc;

use catalog::Catalog;
use catalog::snapshot::Summary;
use model::{Error, ErrorKind, Result};
use vault::Store;
use vault::keys::SecretKey;
use vault::store;

use super::Recover;
use super::state::{Loaded, State, write_state};
use crate::setup::GUIDE;
use crate::snapshot::{FetchedSnapshot, SnapshotFile, fetch_snapshot};
use crate::spaces::space_comment;
use crate::{Layout, Library};

/// Fills a catalog from snapshots.
pub(super) struct Loader<'a> {
    pub(super) recover: &'a Recover,
    pub(super) source: &'a Arc<dyn Store>,
    /// The recovery key.
    pub(super) key: &'a SecretKey,
    pub(super) server_key: &'a SecretKey,
    pub(super) clock: &'a Arc<dyn model::Clock>,
    /// The database was found empty when this recovery began, so what is in it now is this recovery's.
    pub(super) database_is_ours: bool,
}

impl Loader<'_> {
    /// Fills the catalog from the newest snapshot that is whole.
    pub(super) async fn load(mut self, snapshots: &[SnapshotFile]) -> Result<Loaded> {
        let mut skipped = Vec::new();
        let mut wrong_key = 0;
        for file in snapshots {
            let mut fetched = match fetch_snapshot(self.source, file).await {
                Ok(fetched) => fetched,
                // Ours is the disk that has no room, and an older snapshot would not fit either.
                Err(error) if error.kind() == ErrorKind::OutOfSpace => return Err(error),
                Err(error) => {
                    skipped.push(format!("{}: {error}", file.path.name()));
                    continue;
                }
            };
            if self.recover.options.database.is_none() {
                remove_catalog(&self.recover.layout)?;
            }
            let catalog = self.recover.options.open_catalog(&self.recover.layout, self.server_key).await?;
            let attempt = self.attempt(&catalog, &mut fetched).await;
            catalog.close().await;
            match attempt? {
                Ok(summary) => {
                    let loaded = Loaded {
                        library: summary.library,
                        snapshot: file.path.name().to_owned(),
                        snapshot_at: summary.created_at,
                        skipped,
                        tables: summary.tables,
                    };
                    self.note(Some(loaded.clone()))?;
                    return Ok(loaded);
                }
                Err(error) if matches!(error.kind(), ErrorKind::Damaged | ErrorKind::NotFound) => {
                    skipped.push(format!("{}: {error}", file.path.name()));
                }
                // Damage in the right place looks like a wrong key; the name tells which it is.
                Err(_) if !fetched.whole => {
                    skipped.push(format!("{}: it is damaged", file.path.name()));
                }
                Err(error) if error.kind() == ErrorKind::Forbidden => {
                    wrong_key += 1;
                    skipped.push(format!("{}: {error}", file.path.name()));
                }
                Err(error) => return Err(error),
            }
        }
        if wrong_key == snapshots.len() {
            return Err(Error::new(
                ErrorKind::Forbidden,
                "this recovery key does not open the copy; use the kit that was printed when this library was set up",
            ));
        }
        Err(Error::damaged(format!(
            "no catalog snapshot at {} can be read ({}); try another copy. The photos themselves can still be \
             decrypted without their names, as RECOVERY.md in the copy says",
            self.source.describe(),
            skipped.join("; ")
        )))
    }

    /// Loads one snapshot. The inner error is the snapshot's: an older one may do. The outer one is not.
    async fn attempt(&mut self, catalog: &Catalog, fetched: &mut FetchedSnapshot) -> Result<Result<Summary>> {
        self.clear(catalog).await?;
        let loaded = match fetched.open(self.key) {
            Ok(mut lines) => catalog::snapshot::load(catalog, &mut lines).await,
            Err(error) => Err(error),
        };
        if loaded.is_ok() {
            let library = Library::assemble(
                self.recover.layout.clone(),
                catalog.clone(),
                self.server_key.clone(),
                Arc::clone(self.clock),
            )?;
            adopt(&library, self.key).await?;
        }
        Ok(loaded)
    }

    /// Empties a database of what an attempt that was stopped left in it; but one that was not empty when the recovery
    /// began is somebody's.
    async fn clear(&mut self, catalog: &Catalog) -> Result<()> {
        let mut tx = catalog.begin().await?;
        if tx.library_get().await?.is_some() {
            if !self.database_is_ours {
                return Err(Error::new(
                    ErrorKind::Conflict,
                    "the database holds a library already; recover into an empty database",
                ));
            }
            tx.wipe().await?;
        }
        tx.commit().await?;
        if !self.database_is_ours {
            self.database_is_ours = true;
            self.note(None)?;
        }
        Ok(())
    }

    fn note(&self, catalog: Option<Loaded>) -> Result<()> {
        let state = State { from: self.recover.from.clone(), database_is_ours: true, catalog };
        write_state(&self.recover.layout, &state)
    }
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
