//! Removing what interrupted work left behind: unfinished files, and objects that no row refers to.
//!
//! An object is an orphan only if the catalog does not know it, it is older than a day, and the catalog is not itself
//! older than the store: a catalog that was put back from yesterday does not know today's photos.

use std::sync::Arc;
use std::time::Duration;

use model::{Error, Result, Sha256, Timestamp};
use vault::StorePath;

use crate::Library;
use crate::snapshot::{list_snapshots, read_header};

/// How old a leftover must be: older than the slowest upload.
const LEFTOVER: Duration = Duration::from_hours(24);

/// What became of the orphans.
pub(crate) enum Swept {
    /// So many were removed.
    Removed(u64),
    /// The store has this snapshot of a later state than the catalog's: nothing was removed.
    CatalogIsOlder(String),
}

impl Library {
    /// Before when a leftover must have been written to be swept.
    fn leftover_time(&self) -> Timestamp {
        self.clock.now().minus(LEFTOVER)
    }

    /// Removes unfinished files of the library's own stores; gives their number.
    pub(crate) async fn sweep_leftovers(&self) -> Result<u64> {
        let (store, renditions, before) =
            (Arc::clone(&self.store), Arc::clone(&self.renditions), self.leftover_time());
        let swept =
            tokio::task::spawn_blocking(move || Ok(store.sweep(before)? + renditions.sweep(before)?)).await;
        swept.map_err(|error| Error::internal("sweeping ended early").with_source(error))?
    }

    /// Removes unfinished files of a copy. A store that forbids it, or cannot tell, keeps them: they harm nobody.
    pub(crate) async fn sweep_copy(&self, store: &Arc<dyn vault::Store>) {
        let (store, before) = (Arc::clone(store), self.leftover_time());
        let _ = tokio::task::spawn_blocking(move || store.sweep(before)).await;
    }

    /// Removes objects that were stored, but never referenced.
    pub(crate) async fn sweep_orphans(
        &self,
        unreferenced: Vec<(Sha256, Option<Timestamp>)>,
    ) -> Result<Swept> {
        let before = self.leftover_time();
        let mut orphans = Vec::new();
        let mut tx = self.catalog.read().await?;
        for (hash, modified) in unreferenced {
            if modified.is_some_and(|at| at < before) && tx.object_by_hash(hash).await?.is_none() {
                orphans.push(hash);
            }
        }
        let (changes, entries) = (tx.change_head().await?, tx.audit_head().await?.seq);
        drop(tx);
        let (store, key) = (Arc::clone(&self.store), self.server_key().clone());
        let swept = tokio::task::spawn_blocking(move || {
            if let Some(newest) = list_snapshots(&*store)?.first() {
                let header = read_header(&*store, newest, &key)?;
                if header.change_seq > changes || header.audit_seq > entries {
                    return Ok(Swept::CatalogIsOlder(newest.path.name().to_owned()));
                }
            }
            for hash in &orphans {
                store.remove(&StorePath::object(hash))?;
            }
            Ok(Swept::Removed(orphans.len() as u64))
        });
        swept.await.map_err(|error| Error::internal("sweeping ended early").with_source(error))?
    }
}
