//! Photos, their files, and how they come in.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{AssetKind, FileRole, MediaKind, Permission};

/// A photo in a list.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct AssetInfo {
    /// Id.
    pub id: Uuid,
    /// Its home album.
    pub album: Uuid,
    /// What it is to its maker.
    pub kind: AssetKind,
    /// Photo, video or other.
    pub media: MediaKind,
    /// When it was taken, UTC.
    pub captured_at: String,
    /// Pixels, as shown.
    pub width: Option<u32>,
    /// Pixels, as shown.
    pub height: Option<u32>,
    /// Length of a video in milliseconds.
    pub duration_ms: Option<u64>,
    /// ThumbHash, base64: to be shown until the thumbnail is there.
    pub placeholder: Option<String>,
    /// `pending`, `ready`, or `none` where there never will be a preview.
    pub previews: String,
    /// Since when it is in the trash.
    pub deleted_at: Option<String>,
}

/// A page of photos, newest first.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct AssetPage {
    /// The photos.
    pub assets: Vec<AssetInfo>,
    /// Where the next page begins; none after the last.
    pub next: Option<String>,
}

/// Which page.
#[derive(Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// `next` of the page before.
    pub cursor: Option<String>,
    /// Photos on the page, up to 500.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
}

/// One photo.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct AssetDetail {
    /// The photo.
    #[serde(flatten)]
    pub asset: AssetInfo,
    /// What its files say of it.
    #[schema(value_type = Object)]
    pub metadata: serde_json::Value,
    /// Why it has no preview.
    pub note: Option<String>,
    /// What one may do with it.
    pub permissions: Vec<Permission>,
    /// Its files.
    pub files: Vec<AssetFile>,
}

/// One file of a photo.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct AssetFile {
    /// Name; what is not UTF-8 is replaced.
    pub name: String,
    /// What it is within the photo.
    pub role: FileRole,
    /// Its versions, newest first.
    pub versions: Vec<AssetVersion>,
}

/// One state of a file.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct AssetVersion {
    /// Id.
    pub id: Uuid,
    /// Counted from 1.
    pub number: u32,
    /// Bytes.
    pub size: u64,
    /// SHA-256 of the original.
    pub sha256: String,
    /// What it is.
    pub media_type: String,
    /// Modification time of the file that was sent, nanoseconds since 1970.
    pub modified_ns: Option<i64>,
    /// When it came in.
    pub added_at: String,
}

/// Where a file goes.
#[derive(Debug, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PutFileQuery {
    /// The album's folder below the space; made when there is none.
    #[serde(default)]
    pub album: String,
    /// The file's name.
    pub name: String,
    /// SHA-256 of the bytes.
    #[param(pattern = "^[0-9a-f]{64}$")]
    pub sha256: String,
    /// Modification time of the file, nanoseconds since 1970.
    pub modified_ns: Option<i64>,
}

/// A file whose bytes a space has already.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KnownRequest {
    /// The album's folder below the space; made when there is none.
    #[serde(default)]
    pub album: String,
    /// The file's name.
    pub name: String,
    /// SHA-256 of the bytes.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub sha256: String,
    /// How many they are.
    pub size: u64,
    /// Modification time of the file, nanoseconds since 1970.
    pub modified_ns: Option<i64>,
}

/// What a file was to the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Was {
    /// New.
    New,
    /// A changed file: a new version.
    NewVersion,
    /// There already.
    There,
    /// There, and in the trash, where it stays.
    InTrash,
}

/// A file that is durable and referenced.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct FileReceived {
    /// The photo it belongs to.
    pub asset: Uuid,
    /// SHA-256 of the bytes that arrived.
    pub sha256: String,
    /// What it was to the library.
    pub was: Was,
}

/// Which contents a space has already.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckRequest {
    /// SHA-256 of originals, up to 10,000.
    #[schema(max_items = 10000)]
    pub sha256: Vec<String>,
}

/// Which of the contents that were asked for a space has already.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct CheckResponse {
    /// SHA-256 of those that it has, whole, in the library.
    pub present: Vec<String>,
}

/// Something that changed.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ChangeInfo {
    /// Its number, rising.
    pub seq: i64,
    /// `asset` or `album`.
    pub entity: String,
    /// Which.
    pub id: Uuid,
    /// `insert`, `update` or `delete`.
    pub op: String,
    /// When.
    pub at: String,
}

/// Changes of a space, in order.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ChangePage {
    /// The changes.
    pub changes: Vec<ChangeInfo>,
    /// Ask for what came after this number next.
    pub next: i64,
}
