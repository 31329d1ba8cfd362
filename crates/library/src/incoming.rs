//! What may come in: who may send where, how much room there is, and what need not be sent.

use catalog::Change;
use model::{Error, ErrorKind, ObjectId, Permission, Result, Sha256, SpaceId};

use crate::Library;
use crate::access::{Access, Actor};
use crate::ingest::Incoming;

/// Changes in one answer.
const CHANGES: usize = 1000;

impl Library {
    /// Refuses a file: its sender may not send it there, or there is no room. Says what [`Access::upload`] says.
    ///
    /// # Errors
    /// `OutOfSpace` with the code `quota` where the space would hold more than it may.
    pub async fn may_receive(&self, actor: &Actor, incoming: &Incoming) -> Result<bool> {
        let mut tx = self.catalog.read().await?;
        let may_revive = Access::new(&mut tx, actor).upload(incoming.space, &incoming.folder).await?;
        let Some(quota) = tx.space_quota(incoming.space).await? else { return Ok(may_revive) };
        let taken = tx.space_used(incoming.space).await?
            + tx.upload_promised(incoming.space, self.clock.now(), incoming.upload).await?;
        if taken.saturating_add(incoming.size) > quota {
            return Err(Error::new(
                ErrorKind::OutOfSpace,
                format!(
                    "the space may hold {quota} bytes and holds {taken}; ask whoever manages it for more room"
                ),
            )
            .with_code("quota"));
        }
        Ok(may_revive)
    }

    /// Which of these contents a space holds.
    pub async fn contents_present(
        &self,
        actor: &Actor,
        space: SpaceId,
        contents: &[Sha256],
    ) -> Result<Vec<Sha256>> {
        let mut tx = self.catalog.read().await?;
        Access::new(&mut tx, actor).space(space).await?.needs(Permission::Upload)?;
        let objects = tx.object_find_by_content(space, contents).await?;
        let ids: Vec<ObjectId> = objects.iter().map(|object| object.id).collect();
        let held = tx.objects_held(&ids).await?;
        let present = objects.iter().filter(|object| held.contains(&object.id));
        Ok(present.map(|object| object.content_sha256).collect())
    }

    /// What changed in a space after change number `after`.
    pub async fn changes(&self, actor: &Actor, space: SpaceId, after: i64) -> Result<Vec<Change>> {
        let mut tx = self.catalog.read().await?;
        Access::new(&mut tx, actor).space(space).await?.needs(Permission::View)?;
        tx.change_list(space, after, CHANGES).await
    }

    /// The number of the last change of all.
    pub async fn change_head(&self) -> Result<i64> {
        self.catalog.look().await?.change_head().await
    }

    /// What changed after number `after` in all spaces that an actor may look at, in order, and up to which number that is
    /// all.
    ///
    /// # Errors
    /// `Unproved` for whoever is not signed in any more.
    pub async fn changes_after(&self, actor: &Actor, after: i64) -> Result<(Vec<Change>, i64)> {
        let mut tx = self.catalog.read().await?;
        self.still_valid(&mut tx, actor).await?;
        let mut seen = tx.change_head().await?;
        if seen <= after {
            return Ok((Vec::new(), after));
        }
        let mut changes = Vec::new();
        for right in Access::new(&mut tx, actor).spaces().await? {
            if !right.permissions.has(Permission::View) {
                continue;
            }
            let some = tx.change_list(right.space.id, after, CHANGES).await?;
            // Of a space with more, the rest comes next time, and so does what is later elsewhere.
            if some.len() == CHANGES {
                seen = seen.min(some.last().map_or(after, |last| last.seq));
            }
            changes.extend(some);
        }
        changes.retain(|change| change.seq <= seen);
        changes.sort_by_key(|change| change.seq);
        Ok((changes, seen))
    }
}
