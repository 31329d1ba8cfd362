//! The trash: what is in it can be taken out again.

use catalog::{NewChange, TrashCursor};
use model::{AssetId, Error, Permission, Result, SpaceId};
use serde_json::json;

use super::{Listed, PAGE, locked};
use crate::Library;
use crate::access::{Access, Actor};

impl Library {
    /// A page of the photos that are in a space's trash, the last put there first. Albums in the trash are among the albums.
    pub async fn trash(
        &self,
        actor: &Actor,
        space: SpaceId,
        before: Option<TrashCursor>,
        limit: usize,
    ) -> Result<Vec<Listed>> {
        let mut tx = self.catalog.read().await?;
        let right = Access::new(&mut tx, actor).space(space).await?;
        right.needs(Permission::View)?;
        right.needs(Permission::Delete)?;
        let tiles = tx.asset_page_of_trash(space, before, limit.clamp(1, PAGE)).await?;
        Ok(tiles.into_iter().map(Listed::from).collect())
    }

    /// Puts photos into the trash, or takes them out again: all of them, or none.
    ///
    /// # Errors
    /// `NotFound` where the actor may not look at one of them; `Forbidden` where they may not delete it; `Conflict` with the
    /// code `vault-locked` for one in the vault.
    pub async fn assets_trash(&self, actor: &Actor, ids: &[AssetId], into: bool) -> Result<()> {
        if ids.len() > PAGE {
            return Err(Error::invalid(format!("up to {PAGE} photos at once")));
        }
        let now = self.clock.now();
        let (op, action) = if into { ("delete", "asset.delete") } else { ("insert", "asset.undelete") };
        let mut tx = self.begin_as(actor).await?;
        for id in ids {
            let (asset, right) = Access::new(&mut tx, actor).asset(*id).await?;
            right.needs(Permission::Delete)?;
            if asset.deleted_at.is_some() == into {
                continue;
            }
            if into {
                locked::refuse(&mut tx, *id, &right.album, "deleted").await?;
            }
            tx.asset_set_deleted(&[*id], into.then_some(now)).await?;
            let change =
                NewChange { space_id: asset.space_id, entity: "asset", entity_id: id.0, op, at: now };
            tx.change_append_many(&[change]).await?;
            let detail = json!({"album": right.album.name});
            tx.audit_append_in(asset.space_id, now, actor.signature(), action, &id.to_string(), &detail)
                .await?;
        }
        tx.commit().await
    }
}
