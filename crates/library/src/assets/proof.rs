//! Where a photo's copies are, and when each was proved.

use std::collections::HashSet;

use model::{AssetId, Permission, ReplicaState, Result, Timestamp};

use crate::Library;
use crate::access::{Access, Actor};

/// A copy, as far as one photo is concerned.
pub struct CopyOfPhoto {
    /// The copy.
    pub copy: catalog::Copy,
    /// The worst state that an object of the photo is in there; `None` while one is still to be copied.
    pub state: Option<ReplicaState>,
    /// Since when all of it is proved there.
    pub proved_at: Option<Timestamp>,
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
            let here: Vec<_> = known.iter().filter(|(of, ..)| *of == copy.id).collect();
            let held: HashSet<_> = here.iter().map(|(_, object, ..)| *object).collect();
            let bad = here.iter().map(|(_, _, state, _)| *state).find(|state| *state != ReplicaState::Held);
            let whole = held.len() == objects.len();
            let state = bad.or(whole.then_some(ReplicaState::Held));
            let proofs = here.iter().map(|(.., proved_at)| *proved_at);
            // One that was never proved makes the whole unproved.
            let oldest = proofs.min().flatten();
            CopyOfPhoto { proved_at: oldest.filter(|_| state == Some(ReplicaState::Held)), state, copy }
        };
        Ok(self.copies_in_use().await?.into_iter().map(stands).collect())
    }
}
