//! Where a photo's copies are, and when each was proved.

use std::collections::HashSet;

use model::{AssetId, Permission, ProvedBy, ReplicaState, Result, Timestamp};

use crate::Library;
use crate::access::{Access, Actor};

/// A copy, as far as one photo is concerned.
pub struct CopyOfPhoto {
    /// The copy.
    pub copy: catalog::Copy,
    /// The worst state that an object of the photo is in there; `None` while one is still to be copied.
    pub state: Option<ReplicaState>,
    /// Since when all of it is there.
    pub stored_at: Option<Timestamp>,
    /// Since when all of it is proved there.
    pub proved_at: Option<Timestamp>,
    /// What proved the one whose proof is the oldest.
    pub proved_by: Option<ProvedBy>,
}

impl Library {
    /// Every copy, the library first, and how the files of a photo as they are now stand in it.
    pub async fn asset_copies(&self, actor: &Actor, id: AssetId) -> Result<Vec<CopyOfPhoto>> {
        let mut tx = self.catalog.read().await?;
        let (_, right) = Access::new(&mut tx, actor).asset(id).await?;
        right.needs(Permission::View)?;
        let files = tx.asset_files(id).await?;
        let current = files.iter().filter_map(|file| {
            file.versions
                .iter()
                .find(|version| version.id == file.file.version_id)
                .map(|version| version.object_id)
        });
        let objects: HashSet<_> = current.collect();
        let known = tx.replica_of_asset(id).await?;
        drop(tx);
        let stands = |copy: catalog::Copy| {
            let here: Vec<_> = known.iter().filter(|replica| replica.copy_id == copy.id).collect();
            let there: HashSet<_> = here.iter().map(|replica| replica.object_id).collect();
            let bad = here.iter().map(|replica| replica.state).find(|state| *state != ReplicaState::Held);
            let is_whole = there.len() == objects.len();
            let state = bad.or(is_whole.then_some(ReplicaState::Held));
            let is_held = state == Some(ReplicaState::Held);
            // One that was never proved makes the whole unproved.
            let oldest = here.iter().min_by_key(|replica| replica.proved_at).filter(|_| is_held);
            CopyOfPhoto {
                copy,
                state,
                stored_at: here.iter().map(|replica| replica.stored_at).max().filter(|_| is_held),
                proved_at: oldest.and_then(|replica| replica.proved_at),
                proved_by: oldest.and_then(|replica| replica.proved_by),
            }
        };
        Ok(self.copies_in_use().await?.into_iter().map(stands).collect())
    }
}
