//! The rows of one batch, written in one transaction.

use std::collections::HashSet;

use catalog::{Asset, File, NewChange, NewJob, Object, Replica, Tx, Version};
use model::{AlbumId, AssetId, ObjectId, Result, Sha256, Timestamp, VersionId};

/// What is to be written.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) objects: Vec<Object>,
    /// Objects whose bytes the library had lost, and the new ones that bring them back.
    pub(super) resealed: Vec<(ObjectId, Sha256, u64)>,
    pub(super) replicas: Vec<Replica>,
    pub(super) assets: Vec<Asset>,
    pub(super) files: Vec<File>,
    pub(super) versions: Vec<Version>,
    pub(super) superseding: Vec<VersionId>,
    pub(super) revived: Vec<AssetId>,
    /// Photos that were there, and wait for approval now.
    pub(super) waiting: HashSet<AssetId>,
    /// Albums in the trash that get new pictures, or no restore would find them.
    pub(super) albums_back: HashSet<AlbumId>,
    /// Files that were touched, not changed.
    pub(super) touched: Vec<(VersionId, i64)>,
    pub(super) changes: Vec<NewChange>,
    pub(super) jobs: Vec<NewJob>,
}

impl Rows {
    pub(super) async fn write(&self, tx: &mut Tx, now: Timestamp) -> Result<()> {
        tx.object_insert_many(&self.objects).await?;
        for (id, hash, size) in &self.resealed {
            tx.object_reseal(*id, *hash, *size, now).await?;
        }
        tx.replica_set_states(&self.replicas, None).await?;
        tx.asset_insert_many(&self.assets).await?;
        tx.file_insert_many(&self.files).await?;
        tx.version_insert_many(&self.versions).await?;
        tx.file_set_current(&self.superseding).await?;
        let revived: HashSet<AssetId> = self.revived.iter().copied().collect();
        tx.asset_set_deleted(&revived.into_iter().collect::<Vec<_>>(), None).await?;
        tx.approval_wait(&self.waiting.iter().copied().collect::<Vec<_>>()).await?;
        for album in &self.albums_back {
            tx.album_set_deleted(*album, None).await?;
        }
        for (version, modified_ns) in &self.touched {
            tx.version_set_modified(*version, Some(*modified_ns)).await?;
        }
        tx.change_append_many(&self.changes).await?;
        tx.job_insert_many(&self.jobs).await?;
        Ok(())
    }

    /// Whether somebody has to look at photos now, who had not to before.
    pub(super) fn ask_for_approval(&self) -> bool {
        !self.waiting.is_empty() || self.assets.iter().any(|asset| asset.approval.is_some())
    }
}
