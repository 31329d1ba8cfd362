//! What the media worker finds out and makes.

use model::{AssetId, Metadata, ObjectId, RenditionKind, Result, Sha256, Timestamp};

use crate::MediaState;
use crate::asset::metadata_json;
use crate::sql::{Row, Tx, Value, args, exactly_one, get_word};

/// What is now known of an asset.
#[derive(Clone, Debug, PartialEq)]
pub struct MediaUpdate {
    /// The asset.
    pub asset_id: AssetId,
    /// What its files say of it.
    pub metadata: Metadata,
    /// When it was taken, for sorting.
    pub captured_at: Timestamp,
    /// Whether renditions were made.
    pub state: MediaState,
    /// Why they were not.
    pub note: Option<String>,
    /// A few bytes to show before the thumbnail is there.
    pub placeholder: Option<Vec<u8>>,
    /// Near duplicates differ in few bits.
    pub perceptual_hash: Option<i64>,
}

/// A picture derived from an original.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendition {
    /// The original.
    pub object_id: ObjectId,
    /// Which one.
    pub kind: RenditionKind,
    /// Its name in the store of renditions.
    pub hash: Sha256,
    /// Encrypted bytes.
    pub size: u64,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

fn rendition(row: &Row) -> Result<Rendition> {
    Ok(Rendition {
        object_id: row.get(0)?,
        kind: get_word(row, 1)?,
        hash: row.get(2)?,
        size: row.get(3)?,
        width: row.get(4)?,
        height: row.get(5)?,
    })
}

impl Tx {
    /// Sets what is known of an asset.
    pub async fn media_set(&mut self, update: &MediaUpdate) -> Result<()> {
        let sql = "UPDATE asset SET metadata = $1, captured_at = $2, media_state = $3, media_note = $4, \
                   placeholder = $5, perceptual_hash = $6 WHERE id = $7";
        let mut args = args![metadata_json(&update.metadata)?, update.captured_at];
        args.push(Value::Word(update.state.as_str()));
        args.extend(args![
            update.note.as_deref(),
            update.placeholder.as_deref(),
            update.perceptual_hash,
            update.asset_id
        ]);
        exactly_one(self.execute(sql, args).await?, "the photo")?;
        self.search_stale(&[update.asset_id]).await
    }

    /// The assets that have no picture for exactly this reason.
    pub async fn media_noted(&mut self, note: &str) -> Result<Vec<AssetId>> {
        let sql = "SELECT id FROM asset WHERE media_state = $1 AND media_note = $2 ORDER BY id";
        let args = vec![Value::Word(MediaState::None.as_str()), note.into()];
        self.fetch_all(sql, args, |row| row.get(0)).await
    }

    /// Notes a rendition, in place of an earlier one of the same kind.
    pub async fn rendition_put(&mut self, rendition: &Rendition) -> Result<()> {
        let sql = "INSERT INTO rendition (object_id, kind, hash, size, width, height) VALUES ($1, $2, $3, $4, $5, $6) \
                   ON CONFLICT (object_id, kind) DO UPDATE SET hash = excluded.hash, size = excluded.size, \
                   width = excluded.width, height = excluded.height";
        let args = args![
            rendition.object_id,
            rendition.kind,
            rendition.hash,
            rendition.size,
            rendition.width,
            rendition.height
        ];
        exactly_one(self.execute(sql, args).await?, "the rendition")
    }

    /// The rendition of this kind of what is shown of an asset.
    pub async fn rendition_of(
        &mut self,
        asset_id: AssetId,
        kind: RenditionKind,
    ) -> Result<Option<Rendition>> {
        let sql = "SELECT r.object_id, r.kind, r.hash, r.size, r.width, r.height FROM file f \
                   JOIN version v ON v.id = f.version_id \
                   JOIN rendition r ON r.object_id = v.object_id AND r.kind = $2 \
                   WHERE f.asset_id = $1 ORDER BY f.role DESC, f.id DESC LIMIT 1";
        self.fetch_optional(sql, args![asset_id, kind], rendition).await
    }
}
