//! Albums: each is a folder of its space, and is where its assets are restored to.

use model::{AlbumId, Result, SpaceId, Tier, Timestamp};

use crate::sql::{Row, Tx, args, built, exactly_one, get_word};

/// A named set of assets in a space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Album {
    /// Its id.
    pub id: AlbumId,
    /// The space it belongs to.
    pub space_id: SpaceId,
    /// What people call it.
    pub name: String,
    /// Path below the space, `/` between parts, as raw bytes; empty for the space's root. Unique in the space.
    pub folder: Vec<u8>,
    /// How strictly it is kept.
    pub tier: Tier,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when it is in the trash.
    pub deleted_at: Option<Timestamp>,
}

/// What an album is made of when it does not exist yet.
#[derive(Clone, Debug)]
pub struct NewAlbum<'a> {
    /// The space it belongs to.
    pub space_id: SpaceId,
    /// Path below the space, as in [`Album::folder`].
    pub folder: &'a [u8],
    /// What people call it.
    pub name: &'a str,
    /// How strictly it is kept.
    pub tier: Tier,
    /// When it is made.
    pub created_at: Timestamp,
}

const COLUMNS: &str = "SELECT id, space_id, name, folder, tier, created_at, deleted_at FROM album";

/// What [`album`] reads, of an `album b`.
pub(crate) const FIELDS: &str = "b.id, b.space_id, b.name, b.folder, b.tier, b.created_at, b.deleted_at";

pub(crate) fn album(row: &Row) -> Result<Album> {
    Ok(Album {
        id: row.get(0)?,
        space_id: row.get(1)?,
        name: row.get(2)?,
        folder: row.get(3)?,
        tier: get_word(row, 4)?,
        created_at: row.get(5)?,
        deleted_at: row.get(6)?,
    })
}

impl Tx {
    /// The album of this folder, made when there is none, and whether it was made now.
    ///
    /// An album in the trash is found too; the caller decides what that means.
    pub async fn album_find_or_insert(&mut self, new: &NewAlbum<'_>) -> Result<(Album, bool)> {
        if let Some(found) = self.album_by_folder(new.space_id, new.folder).await? {
            return Ok((found, false));
        }
        let sql = "INSERT INTO album (id, space_id, name, folder, tier, created_at) VALUES ($1, $2, $3, $4, $5, $6) \
                   ON CONFLICT (space_id, folder) DO NOTHING";
        let id = AlbumId::generate();
        let args = args![id, new.space_id, new.name, new.folder, new.tier, new.created_at];
        let made = self.execute(sql, args).await? == 1;
        let found = self.album_by_folder(new.space_id, new.folder).await?;
        let album = found.ok_or_else(|| model::Error::internal("an album vanished while it was made"))?;
        Ok((album, made))
    }

    /// The album of this folder.
    pub async fn album_by_folder(&mut self, space_id: SpaceId, folder: &[u8]) -> Result<Option<Album>> {
        let sql = built(format!("{COLUMNS} WHERE space_id = $1 AND folder = $2"));
        self.fetch_optional(sql, args![space_id, folder], album).await
    }

    /// The oldest album of this name that is not in the trash: folders are unique, names need not be.
    pub async fn album_by_name(&mut self, space_id: SpaceId, name: &str) -> Result<Option<Album>> {
        let sql = built(format!(
            "{COLUMNS} WHERE space_id = $1 AND name = $2 AND deleted_at IS NULL ORDER BY created_at, id LIMIT 1"
        ));
        self.fetch_optional(sql, args![space_id, name], album).await
    }

    /// The album with this id.
    pub async fn album_get(&mut self, id: AlbumId) -> Result<Option<Album>> {
        self.fetch_optional(built(format!("{COLUMNS} WHERE id = $1")), args![id], album).await
    }

    /// The albums of a space, by folder, those in the trash too.
    pub async fn album_list(&mut self, space_id: SpaceId) -> Result<Vec<Album>> {
        let sql = built(format!("{COLUMNS} WHERE space_id = $1 ORDER BY folder"));
        self.fetch_all(sql, args![space_id], album).await
    }

    /// Changes what people call an album.
    pub async fn album_rename(&mut self, id: AlbumId, name: &str) -> Result<()> {
        let sql = "UPDATE album SET name = $1 WHERE id = $2";
        exactly_one(self.execute(sql, args![name, id]).await?, "the album")?;
        self.search_stale_album(id).await
    }

    /// Puts an album in the trash, or takes it out with `None`.
    pub async fn album_set_deleted(&mut self, id: AlbumId, deleted_at: Option<Timestamp>) -> Result<()> {
        let sql = "UPDATE album SET deleted_at = $1 WHERE id = $2";
        exactly_one(self.execute(sql, args![deleted_at, id]).await?, "the album")?;
        // Photos that live elsewhere stay, and are not found by its name any more.
        self.search_stale_added(id).await
    }
}
