//! Photos in albums that are not their home. A photo lives in one album, where a restore puts it, and is seen in as many
//! others of its space as it is added to; taking it out of one of those deletes nothing.

use std::collections::BTreeSet;

use catalog::{Asset, NewChange, Tx};
use model::{AlbumId, AssetId, Error, Result, Tier};
use serde_json::json;

use crate::Library;
use crate::access::{Access, Actor, AlbumRight};
use crate::assets::PAGE;

impl Library {
    /// Lets photos be seen in an album of their space too: all of them, or none. Those that are there already stay.
    ///
    /// # Errors
    /// `NotFound` where the actor may not look at the album or a photo; `Forbidden` where they may not organise the space;
    /// `Invalid` with the code `other-space`; `Conflict` with the codes `in-trash` and `vault-locked`.
    pub async fn album_add(&self, actor: &Actor, id: AlbumId, photos: &[AssetId]) -> Result<()> {
        let mut tx = self.begin_as(actor).await?;
        let (right, photos) = asked(&mut tx, actor, id, photos).await?;
        for (asset, home) in &photos {
            if asset.space_id != right.album.space_id {
                let what = "the photo is in another space; albums are seen there by a mirror";
                return Err(Error::invalid(what).with_code("other-space"));
            }
            let in_trash = [asset.deleted_at, home.album.deleted_at, right.album.deleted_at];
            if in_trash.iter().any(Option::is_some) {
                let what = "the photo or the album is in the trash; take it out first";
                return Err(Error::conflict(what).with_code("in-trash"));
            }
        }
        let away: Vec<AssetId> =
            photos.iter().filter(|(asset, _)| asset.album_id != id).map(|(asset, _)| asset.id).collect();
        let there: BTreeSet<AssetId> = tx.album_asset_which(id, &away).await?.into_iter().collect();
        let new: Vec<AssetId> = away.into_iter().filter(|photo| !there.contains(photo)).collect();
        tx.album_asset_add(id, &new, actor.person().id, self.clock.now()).await?;
        self.album_held(tx, actor, &right, &new, "album.add").await
    }

    /// Ends that photos are seen in an album: all of them, or none. They stay in their home, and in all other albums.
    ///
    /// # Errors
    /// As for [`Library::album_add`], and `Conflict` with the code `home-album` for a photo that lives there.
    pub async fn album_take_out(&self, actor: &Actor, id: AlbumId, photos: &[AssetId]) -> Result<()> {
        let mut tx = self.begin_as(actor).await?;
        let (right, photos) = asked(&mut tx, actor, id, photos).await?;
        if photos.iter().any(|(asset, _)| asset.album_id == id) {
            let what =
                "the photo lives in this album and stays there; to take it away, put it into the trash";
            return Err(Error::conflict(what).with_code("home-album"));
        }
        let ids: Vec<AssetId> = photos.iter().map(|(asset, _)| asset.id).collect();
        let there = tx.album_asset_which(id, &ids).await?;
        tx.album_asset_remove(id, &there).await?;
        self.album_held(tx, actor, &right, &there, "album.take-out").await
    }

    /// Records that photos came into an album, or went out of it, and commits.
    async fn album_held(
        &self,
        mut tx: Tx,
        actor: &Actor,
        right: &AlbumRight,
        photos: &[AssetId],
        action: &'static str,
    ) -> Result<()> {
        if photos.is_empty() {
            return Ok(());
        }
        let (album, at) = (&right.album, self.clock.now());
        let of = |entity: &'static str, entity_id| NewChange {
            space_id: album.space_id,
            entity,
            entity_id,
            op: "update",
            at,
        };
        let mut changes = vec![of("album", album.id.0)];
        changes.extend(photos.iter().map(|photo| of("asset", photo.0)));
        tx.change_append_many(&changes).await?;
        let detail = json!({"album": album.id, "photos": photos});
        tx.audit_append_in(album.space_id, at, actor.signature(), action, &album.name, &detail).await?;
        tx.commit().await
    }
}

/// The album and the photos, each with its home, if the actor sees them and may organise.
async fn asked(
    tx: &mut Tx,
    actor: &Actor,
    id: AlbumId,
    photos: &[AssetId],
) -> Result<(AlbumRight, Vec<(Asset, AlbumRight)>)> {
    if photos.len() > PAGE {
        return Err(Error::invalid(format!("up to {PAGE} photos at once")));
    }
    let mut access = Access::new(tx, actor);
    let right = access.album(id).await?;
    let mut found = Vec::new();
    for photo in photos.iter().collect::<BTreeSet<_>>() {
        found.push(access.asset(*photo).await?);
    }
    access.organises(&right).await?;
    if right.album.tier == Tier::Vault {
        return Err(Error::conflict("the album is in the vault: nothing in it can be changed")
            .with_code("vault-locked"));
    }
    Ok((right, found))
}
