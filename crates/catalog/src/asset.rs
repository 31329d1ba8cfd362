//! Assets: photos and videos as people think of them.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use model::{
    AlbumId, Approval, AssetId, AssetKind, Edits, Error, FileRole, Metadata, Result, SpaceId, Timestamp,
};

use serde::Deserialize;

use crate::file::{VERSION_COLUMNS, version_at};
use crate::sql::{Field, Row, Tx, Value, args, built, exactly, exactly_one, get_word, get_word_opt, unhex};
use crate::{File, Version};

/// Whether renditions and metadata were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaState {
    /// Not yet.
    Pending,
    /// Yes.
    Ready,
    /// Never will be; the note says why.
    None,
}

impl MediaState {
    /// The word as it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Ready => "ready",
            Self::None => "none",
        }
    }
}

impl fmt::Display for MediaState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for MediaState {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self> {
        match word {
            "pending" => Ok(Self::Pending),
            "ready" => Ok(Self::Ready),
            "none" => Ok(Self::None),
            _ => Err(Error::invalid(format!("'{word}' is not one of: pending, ready, none"))),
        }
    }
}

/// One photo or video.
#[derive(Clone, Debug, PartialEq)]
pub struct Asset {
    /// Its id.
    pub id: AssetId,
    /// The space it belongs to.
    pub space_id: SpaceId,
    /// Its home album.
    pub album_id: AlbumId,
    /// What the names of its files have in common; see ingest.
    pub group_key: Vec<u8>,
    /// What it is to its maker.
    pub kind: AssetKind,
    /// The asset it was made from.
    pub derived_from: Option<AssetId>,
    /// When it came in.
    pub created_at: Timestamp,
    /// Since when it is in the trash.
    pub deleted_at: Option<Timestamp>,
    /// When it was taken, for sorting: from the metadata, else the file's modification time.
    pub captured_at: Timestamp,
    /// Whether renditions and metadata were made.
    pub media_state: MediaState,
    /// Why they were not.
    pub media_note: Option<String>,
    /// A few bytes to show before the thumbnail is there.
    pub placeholder: Option<Vec<u8>>,
    /// Near duplicates differ in few bits.
    pub perceptual_hash: Option<i64>,
    /// What its files say of it.
    pub metadata: Metadata,
    /// What people say instead.
    pub edits: Edits,
    /// Whether it waits for approval, or what was decided; `None` where nobody had to decide.
    pub approval: Option<Approval>,
}

impl Asset {
    /// What is to be shown of it: what people say, and for the rest what its files say.
    pub fn shown(&self) -> Metadata {
        self.edits.over(&self.metadata)
    }
}

/// An asset as a page shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Tile {
    /// The asset.
    pub asset: Asset,
    /// The name of the file that is shown of it; empty if it has no file.
    pub name: String,
}

/// An asset found by its group key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssetGroup {
    /// The asset.
    pub asset_id: AssetId,
    /// Its group key.
    pub group_key: Vec<u8>,
    /// Roles that its files have taken.
    pub roles: Vec<FileRole>,
    /// Whether it is in the trash.
    pub deleted: bool,
}

/// A file of an asset with all its versions, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssetFile {
    /// The file.
    pub file: File,
    /// Its versions, newest first.
    pub versions: Vec<Version>,
}

/// What [`asset`] reads, of an `asset a`: [`COLUMNS`] columns.
pub(crate) const FIELDS: &str = "a.id, a.space_id, a.album_id, a.group_key, a.kind, a.derived_from, a.created_at, \
                                 a.deleted_at, a.captured_at, a.media_state, a.media_note, a.placeholder, \
                                 a.perceptual_hash, a.metadata, a.edits, a.approval";

/// The column after [`FIELDS`].
pub(crate) const COLUMNS: usize = 16;

pub(crate) fn asset(row: &Row) -> Result<Asset> {
    let metadata: String = row.get(13)?;
    let edits: Option<String> = row.get(14)?;
    let unreadable =
        |error| Error::damaged("the catalog holds metadata that cannot be read").with_source(error);
    Ok(Asset {
        id: row.get(0)?,
        space_id: row.get(1)?,
        album_id: row.get(2)?,
        group_key: row.get(3)?,
        kind: get_word(row, 4)?,
        derived_from: row.get(5)?,
        created_at: row.get(6)?,
        deleted_at: row.get(7)?,
        captured_at: row.get(8)?,
        media_state: get_word(row, 9)?,
        media_note: row.get(10)?,
        placeholder: row.get(11)?,
        perceptual_hash: row.get(12)?,
        metadata: serde_json::from_str(&metadata).map_err(unreadable)?,
        edits: edits
            .map_or(Ok(Edits::default()), |edits| serde_json::from_str(&edits))
            .map_err(unreadable)?,
        approval: get_word_opt(row, 15)?,
    })
}

/// What [`Packed`] is made of, of an `asset`; `name` is [`NAME`], `place` what the page goes on by, or NULL.
pub(crate) const PACKED: [Field; 18] = [
    Field::Id("id"),
    Field::Id("space_id"),
    Field::Id("album_id"),
    Field::Bytes("group_key"),
    Field::Plain("kind"),
    Field::Id("derived_from"),
    Field::Plain("created_at"),
    Field::Plain("deleted_at"),
    Field::Plain("captured_at"),
    Field::Plain("media_state"),
    Field::Plain("media_note"),
    Field::Bytes("placeholder"),
    Field::Plain("perceptual_hash"),
    Field::Json("metadata"),
    Field::Json("edits"),
    Field::Plain("approval"),
    Field::Plain("name"),
    Field::Plain("place"),
];

/// The name of the file that is shown of an `asset a`: words of roles happen to sort as they are looked for, but for the
/// moving half of a live photo.
pub(crate) const NAME: &str = "(SELECT f.name_text FROM file f WHERE f.asset_id = a.id \
                               ORDER BY CASE WHEN f.role = 'motion' THEN 1 ELSE 0 END, f.role LIMIT 1) AS name";

/// An asset and its name as a page brings them.
#[derive(Deserialize)]
pub(crate) struct Packed(
    AssetId,
    SpaceId,
    AlbumId,
    Option<String>,
    String,
    Option<AssetId>,
    Timestamp,
    Option<Timestamp>,
    Timestamp,
    String,
    Option<String>,
    Option<String>,
    Option<i64>,
    Metadata,
    Option<Edits>,
    Option<String>,
    Option<String>,
    Option<i64>,
);

impl Packed {
    /// What the page goes on by; 0 where it has no such thing.
    pub(crate) fn place(&self) -> i64 {
        self.17.unwrap_or_default()
    }

    pub(crate) fn tile(self) -> Result<Tile> {
        let asset = Asset {
            id: self.0,
            space_id: self.1,
            album_id: self.2,
            group_key: self.3.map_or(Ok(Vec::new()), |text| unhex(&text))?,
            kind: self.4.parse()?,
            derived_from: self.5,
            created_at: self.6,
            deleted_at: self.7,
            captured_at: self.8,
            media_state: self.9.parse()?,
            media_note: self.10,
            placeholder: self.11.map(|text| unhex(&text)).transpose()?,
            perceptual_hash: self.12,
            metadata: self.13,
            edits: self.14.unwrap_or_default(),
            approval: self.15.map(|word| word.parse()).transpose()?,
        };
        Ok(Tile { asset, name: self.16.unwrap_or_default() })
    }
}

/// Metadata as it is stored; nothing known is `{}`.
pub(crate) fn metadata_json(metadata: &Metadata) -> Result<String> {
    if *metadata == Metadata::default() {
        return Ok("{}".into());
    }
    json(metadata)
}

fn json(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|error| Error::internal("metadata cannot be written").with_source(error))
}

/// Edits as they are stored; none is nothing.
fn edits_json(edits: &Edits) -> Result<Option<String>> {
    if *edits == Edits::default() { Ok(None) } else { json(edits).map(Some) }
}

impl Tx {
    /// Adds assets.
    pub async fn asset_insert_many(&mut self, assets: &[Asset]) -> Result<()> {
        let mut values = Vec::with_capacity(assets.len() * COLUMNS);
        for asset in assets {
            values.extend(args![
                asset.id,
                asset.space_id,
                asset.album_id,
                &asset.group_key,
                asset.kind,
                asset.derived_from,
                asset.created_at,
                asset.deleted_at,
                asset.captured_at
            ]);
            values.push(Value::Word(asset.media_state.as_str()));
            values.extend(args![
                asset.media_note.as_deref(),
                asset.placeholder.as_deref(),
                asset.perceptual_hash,
                metadata_json(&asset.metadata)?,
                edits_json(&asset.edits)?,
                asset.approval
            ]);
        }
        let sql = "INSERT INTO asset (id, space_id, album_id, group_key, kind, derived_from, created_at, deleted_at, \
                   captured_at, media_state, media_note, placeholder, perceptual_hash, metadata, edits, approval) VALUES";
        exactly(assets.len(), self.insert_many(sql, COLUMNS, "", values).await?, "assets")
    }

    /// The asset with this id, in the trash or not.
    pub async fn asset_get(&mut self, id: AssetId) -> Result<Option<Asset>> {
        self.fetch_optional(built(format!("SELECT {FIELDS} FROM asset a WHERE id = $1")), args![id], asset)
            .await
    }

    /// The files of an asset with their versions, by role.
    pub async fn asset_files(&mut self, id: AssetId) -> Result<Vec<AssetFile>> {
        let sql = built(format!(
            "SELECT f.asset_id, f.album_id, f.name, f.role, f.version_id, {VERSION_COLUMNS} FROM file f \
             JOIN version v ON v.file_id = f.id WHERE f.asset_id = $1 ORDER BY f.role, f.id, v.number DESC"
        ));
        let mut files: Vec<AssetFile> = Vec::new();
        self.fetch_each(sql, args![id], |row| {
            let version = version_at(row, 5)?;
            if files.last().is_none_or(|last| last.file.id != version.file_id) {
                let file = File {
                    id: version.file_id,
                    asset_id: row.get(0)?,
                    album_id: row.get(1)?,
                    name: row.get(2)?,
                    role: get_word(row, 3)?,
                    version_id: row.get(4)?,
                };
                files.push(AssetFile { file, versions: Vec::new() });
            }
            if let Some(last) = files.last_mut() {
                last.versions.push(version);
            }
            Ok(())
        })
        .await?;
        Ok(files)
    }

    /// The assets of an album that have one of these group keys, by id; those in the trash too.
    pub async fn asset_find_groups<K: AsRef<[u8]>>(
        &mut self,
        album_id: AlbumId,
        group_keys: &[K],
    ) -> Result<Vec<AssetGroup>> {
        let sql = "SELECT a.id, a.group_key, a.deleted_at, f.role FROM asset a LEFT JOIN file f ON f.asset_id = a.id \
                   WHERE a.album_id = $1 AND a.group_key IN ({})";
        let keys = group_keys.iter().map(|key| Value::from(key.as_ref())).collect();
        let mut groups: BTreeMap<AssetId, AssetGroup> = BTreeMap::new();
        self.fetch_in(sql, args![album_id], keys, |row| {
            let asset_id = row.get(0)?;
            let group_key = row.get(1)?;
            let deleted = row.get::<Option<Timestamp>>(2)?.is_some();
            let group = groups.entry(asset_id).or_insert(AssetGroup {
                asset_id,
                group_key,
                roles: Vec::new(),
                deleted,
            });
            if let Some(role) = row.get::<Option<String>>(3)? {
                let role = role.parse()?;
                // A key that was asked for twice is answered twice.
                if !group.roles.contains(&role) {
                    group.roles.push(role);
                }
            }
            Ok(())
        })
        .await?;
        Ok(groups.into_values().collect())
    }

    /// Sets what people say of an asset, and when it was taken according to that.
    pub async fn asset_set_edits(
        &mut self,
        id: AssetId,
        edits: &Edits,
        captured_at: Timestamp,
    ) -> Result<()> {
        let sql = "UPDATE asset SET edits = $1, captured_at = $2 WHERE id = $3";
        exactly_one(self.execute(sql, args![edits_json(edits)?, captured_at, id]).await?, "the photo")?;
        self.search_stale(&[id]).await
    }

    /// Sets what an asset is to its maker, and what it was made from.
    pub async fn asset_set_kind(
        &mut self,
        id: AssetId,
        kind: AssetKind,
        derived_from: Option<AssetId>,
    ) -> Result<()> {
        let sql = "UPDATE asset SET kind = $1, derived_from = $2 WHERE id = $3";
        exactly_one(self.execute(sql, args![kind, derived_from, id]).await?, "the photo")?;
        self.search_stale(&[id]).await
    }

    /// Puts assets in the trash, or takes them out with `None`: what had been declined waits again then.
    pub async fn asset_set_deleted(&mut self, ids: &[AssetId], deleted_at: Option<Timestamp>) -> Result<()> {
        let items = ids.iter().map(|id| (*id).into()).collect();
        let sql = "UPDATE asset SET deleted_at = $1 WHERE id IN ({})";
        exactly(ids.len(), self.execute_in(sql, args![deleted_at], items).await?, "assets")?;
        if deleted_at.is_none() { self.approval_reopen(ids).await } else { Ok(()) }
    }
}
