//! Photos as people look at them: the timeline, one photo with its files, its renditions and originals, the trash.

mod approval;
mod kind;
mod locked;
mod original;
mod proof;
mod trash;
mod versions;

use std::collections::HashSet;
use std::io::Read as _;
use std::sync::Arc;

use catalog::{Album, Asset, AssetFile, NewChange, Object, Rendition, Tile, TimelineCursor};
use model::{
    AlbumId, AssetId, AssetKind, Edits, Error, ErrorKind, FileRole, Metadata, Permission, RenditionKind,
    Result, SpaceId, Timestamp,
};
use serde_json::json;
use vault::keys::SecretKey;
use vault::{Store, open_object};

pub use approval::Decision;
pub use kind::Made;
pub use original::{Original, Readable};
pub use proof::CopyOfPhoto;

use crate::Library;
use crate::access::{Access, Actor, AlbumRight};

/// Photos on one page at most.
pub const PAGE: usize = 500;

/// A photo in a list.
pub struct Listed {
    /// The photo.
    pub asset: Asset,
    /// The album in which who asks sees it: its home, unless that is closed to them.
    pub album: AlbumId,
    /// The name of the file that is shown of it.
    pub name: String,
}

impl From<Tile> for Listed {
    fn from(Tile { asset, name }: Tile) -> Self {
        Self { album: asset.album_id, asset, name }
    }
}

/// One photo with its files.
pub struct AssetView {
    /// The photo.
    pub asset: Asset,
    /// Its home, and what one may do with it.
    pub right: AlbumRight,
    /// The albums in which one sees it, its home first, if that is one of them.
    pub albums: Vec<Album>,
    /// What was decided of it, where somebody had to.
    pub decision: Option<Decision>,
    /// The photo it was made from, for who may look at that too.
    pub derived_from: Option<AssetId>,
    /// Its files with all their versions.
    pub files: Vec<AssetFile>,
    /// The originals behind the versions.
    pub objects: Vec<Object>,
}

/// A rendition that was found, ready to be read.
pub struct Picture {
    found: Rendition,
    key: SecretKey,
    store: Arc<dyn Store>,
}

impl Picture {
    /// Never another's: names exactly these bytes.
    pub fn etag(&self) -> String {
        self.found.hash.to_string()
    }

    /// The JPEG.
    ///
    /// # Errors
    /// What the store says if it cannot be read; it can be made again.
    pub async fn read(self) -> Result<Vec<u8>> {
        let read = tokio::task::spawn_blocking(move || {
            let mut bytes = Vec::new();
            open_object(&self.store, &self.found.hash, self.found.size, &self.key)
                .map_err(unreadable)?
                .read_to_end(&mut bytes)
                .map_err(|error| Error::io("the preview cannot be read", error))?;
            Ok(bytes)
        });
        read.await.map_err(|error| Error::internal("reading ended early").with_source(error))?
    }
}

impl Library {
    /// A page of a space's timeline, or of one album, newest first.
    pub async fn timeline(
        &self,
        actor: &Actor,
        space: SpaceId,
        before: Option<TimelineCursor>,
        limit: usize,
    ) -> Result<Vec<Listed>> {
        let mut tx = self.catalog.read().await?;
        Access::new(&mut tx, actor).space(space).await?.needs(Permission::View)?;
        let tiles = tx.asset_page(space, before, limit.clamp(1, PAGE)).await?;
        Ok(tiles.into_iter().map(Listed::from).collect())
    }

    /// The number of the last change of a space whose timeline the actor may look at: as long as it stays, so do the
    /// timeline's pages and months.
    pub async fn timeline_head(&self, actor: &Actor, space: SpaceId) -> Result<i64> {
        Access::new(&mut self.catalog.look().await?, actor).timeline_head(space).await
    }

    /// How many photos of a space were taken in each month (UTC): year, month, number; newest first.
    pub async fn months(&self, actor: &Actor, space: SpaceId) -> Result<Vec<(i64, u32, u64)>> {
        let mut tx = self.catalog.read().await?;
        Access::new(&mut tx, actor).space(space).await?.needs(Permission::View)?;
        tx.asset_months(space).await
    }

    /// A page of an album, newest first.
    pub async fn album_page(
        &self,
        actor: &Actor,
        album: AlbumId,
        before: Option<TimelineCursor>,
        limit: usize,
    ) -> Result<Vec<Listed>> {
        let mut tx = self.catalog.read().await?;
        let right = Access::new(&mut tx, actor).album(album).await?;
        right.needs(Permission::View)?;
        if right.album.deleted_at.is_some() {
            right.needs(Permission::Delete)?;
        }
        let tiles = tx.asset_page_of_album(album, before, limit.clamp(1, PAGE)).await?;
        let mut listed: Vec<Listed> = tiles.into_iter().map(Listed::from).collect();
        let mut access = Access::new(&mut tx, actor);
        let space = access.space(right.album.space_id).await;
        if space.is_ok_and(|space| space.permissions.has(Permission::View)) {
            return Ok(listed);
        }
        // Of the other homes of what was added here, who looks into this album alone learns nothing.
        let mut open = HashSet::from([album]);
        for home in listed.iter().map(|photo| photo.album).collect::<HashSet<_>>() {
            let right = access.album(home).await;
            if right.is_ok_and(|right| right.permissions.has(Permission::View)) {
                open.insert(home);
            }
        }
        for photo in &mut listed {
            if !open.contains(&photo.album) {
                photo.album = album;
            }
        }
        Ok(listed)
    }

    /// One photo with its files.
    pub async fn asset_view(&self, actor: &Actor, id: AssetId) -> Result<AssetView> {
        let mut tx = self.catalog.read().await?;
        let (asset, right) = Access::new(&mut tx, actor).asset(id).await?;
        let files = tx.asset_files(id).await?;
        let mut objects = Vec::new();
        for version in files.iter().flat_map(|file| &file.versions) {
            objects.extend(tx.object_get(version.object_id).await?);
        }
        let albums = Access::new(&mut tx, actor).albums_of(&asset).await?;
        let decision = approval::decision(&mut tx, actor, &asset).await?;
        let derived_from = kind::origin(&mut tx, actor, &asset).await;
        Ok(AssetView { asset, right, albums, decision, derived_from, files, objects })
    }

    /// Changes what people say of a photo; its files stay as they are. What `change` makes of the edits, knowing what the
    /// files say, is what they are then: without any, everything is again as the files say. Files do not say what `made`
    /// says.
    ///
    /// # Errors
    /// `Forbidden` without the permission to organise; `Invalid` for what cannot be; `NotFound` for an origin that the actor
    /// may not look at.
    pub async fn asset_edit(
        &self,
        actor: &Actor,
        id: AssetId,
        made: Made,
        change: impl FnOnce(&mut Edits, &Metadata) -> Result<()>,
    ) -> Result<Asset> {
        let now = self.clock.now();
        let mut tx = self.begin_as(actor).await?;
        let (mut asset, right) = Access::new(&mut tx, actor).asset(id).await?;
        right.needs(Permission::Organise)?;
        let before = (asset.edits.clone(), asset.kind, asset.derived_from);
        change(&mut asset.edits, &asset.metadata)?;
        let remade = kind::set(&mut tx, actor, &mut asset, made).await?;
        if asset.edits == before.0 && !remade {
            return Ok(asset);
        }
        check_edits(&asset.edits)?;
        // Without a time of their own, photos stay where their file's time or arrival put them.
        let told = asset.shown().captured.map(|captured| Timestamp(captured.utc_ms()));
        asset.captured_at = told.unwrap_or(asset.captured_at);
        tx.asset_set_edits(id, &asset.edits, asset.captured_at).await?;
        let change =
            NewChange { space_id: asset.space_id, entity: "asset", entity_id: id.0, op: "update", at: now };
        tx.change_append_many(&[change]).await?;
        let mut detail = json!({"was": before.0, "is": asset.edits});
        if remade {
            let told = |kind: AssetKind, from: Option<AssetId>| json!({"kind": kind, "derived_from": from});
            detail["made"] =
                json!({"was": told(before.1, before.2), "is": told(asset.kind, asset.derived_from)});
        }
        tx.audit_append_in(asset.space_id, now, actor.signature(), "asset.edit", &id.to_string(), &detail)
            .await?;
        tx.commit().await?;
        Ok(asset)
    }

    /// A rendition of a photo, as JPEG.
    ///
    /// # Errors
    /// `NotFound` where there is none, with the reason, and the code `no-rendition`.
    pub async fn asset_rendition(&self, actor: &Actor, id: AssetId, kind: RenditionKind) -> Result<Picture> {
        // A grid asks for hundreds: what is asked here one by one may have changed in between, and says so next time.
        let mut tx = self.catalog.look().await?;
        let (asset, _) = Access::new(&mut tx, actor).asset(id).await?;
        let found = tx.rendition_of(id, kind).await?;
        drop(tx);
        let found = found.ok_or_else(|| {
            let why = asset.media_note.unwrap_or_else(|| "it is being made".to_owned());
            Error::not_found(format!("this photo has no {kind}: {why}")).with_code("no-rendition")
        })?;
        let key = self.space_key(asset.space_id).await?;
        Ok(Picture { found, key, store: Arc::clone(&self.renditions) })
    }
}

/// What a photo with these files is called.
pub fn called(files: &[AssetFile]) -> String {
    let order = |file: &&AssetFile| match file.file.role {
        FileRole::Primary => 0,
        FileRole::Raw => 1,
        FileRole::Sidecar => 2,
        FileRole::Motion => 3,
    };
    let first = files.iter().min_by_key(order);
    first.map(|file| String::from_utf8_lossy(&file.file.name).into_owned()).unwrap_or_default()
}

/// Stored bytes that are not there are no mistake of whoever asks for them, and whoever runs the server must hear of it.
pub(crate) fn unreadable(error: Error) -> Error {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::Conflict | ErrorKind::Forbidden => {
            Error::damaged("stored bytes are missing or cannot be opened").with_source(error)
        }
        _ => error,
    }
}

/// Refuses edits that say what cannot be, or too much of it.
fn check_edits(edits: &Edits) -> Result<()> {
    const TEXT: usize = 10_000;
    const KEYWORDS: usize = 1000;
    const KEYWORD: usize = 200;
    let long = |text: &Option<String>| text.as_ref().is_some_and(|text| text.chars().count() > TEXT);
    let texts = [&edits.title, &edits.caption, &edits.creator, &edits.copyright];
    if texts.into_iter().any(long) {
        return Err(Error::invalid("a title, caption, author or copyright has up to 10,000 characters"));
    }
    let nul = |text: &Option<String>| text.as_ref().is_some_and(|text| text.contains('\0'));
    if texts.into_iter().any(nul) {
        return Err(Error::invalid("a text may not contain the character NUL"));
    }
    if let Some(keywords) = &edits.keywords {
        let bad =
            |word: &String| word.trim().is_empty() || word.chars().count() > KEYWORD || word.contains('\0');
        if keywords.len() > KEYWORDS || keywords.iter().any(bad) {
            return Err(Error::invalid("there are up to 1,000 keywords, each of 1 to 200 characters"));
        }
    }
    if edits.rating.is_some_and(|stars| !(-1..=5).contains(&stars)) {
        return Err(Error::invalid("a rating is -1 (rejected) to 5"));
    }
    if let Some(gps) = &edits.gps {
        let real = (-90.0..=90.0).contains(&gps.latitude)
            && (-180.0..=180.0).contains(&gps.longitude)
            && gps.altitude.is_none_or(f64::is_finite);
        if !real {
            return Err(Error::invalid(
                "a place has a latitude of -90 to 90 and a longitude of -180 to 180 degrees",
            ));
        }
    }
    if let Some(captured) = &edits.captured {
        // The years 1826 to 2200, as for what files say.
        let real = (-4_544_208_000_000..=7_289_654_400_000).contains(&captured.local_ms)
            && captured.offset_minutes.is_none_or(|offset| (-840..=900).contains(&offset));
        if !real {
            return Err(Error::invalid("photos are taken between 1826 and 2200, up to 15 hours from UTC"));
        }
    }
    Ok(())
}
