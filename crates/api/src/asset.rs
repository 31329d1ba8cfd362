//! Photos, their files, and how they come in.

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{Approval, AssetKind, FileRole, MediaKind, Permission, ProvedBy};

/// A photo in a list.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AssetInfo {
    /// Id.
    pub id: Uuid,
    /// Its home album, or the one that one sees it in, where the home is closed to who asks.
    pub album: Uuid,
    /// The name of the file that is shown of it; what is not UTF-8 is replaced.
    pub name: String,
    /// Its title.
    pub title: Option<String>,
    /// What it is to its maker.
    pub kind: AssetKind,
    /// Photo, video or other.
    pub media: MediaKind,
    /// When it was taken, UTC.
    pub captured_at: String,
    /// Minutes east of UTC of the clock on the wall there, if known.
    pub offset_minutes: Option<i16>,
    /// Stars, -1 (rejected) to 5.
    pub rating: Option<i8>,
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
    /// Whether it waits for approval, or what was decided; none where nobody had to decide.
    pub approval: Option<Approval>,
}

/// A page of photos, newest first.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct AssetPage {
    /// The photos.
    pub assets: Vec<AssetInfo>,
    /// Where the next page begins; none after the last.
    pub next: Option<String>,
}

/// Photos to do something with.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    /// Up to 500.
    #[schema(max_items = 500)]
    pub assets: Vec<Uuid>,
}

/// Photos to be declined.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclinedSelection {
    /// Up to 500.
    #[schema(max_items = 500)]
    pub assets: Vec<Uuid>,
    /// Why, for those who brought them; up to 500 characters.
    #[schema(max_length = 500)]
    pub reason: Option<String>,
}

/// Why a photo is declined.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclineRequest {
    /// Why, for who brought it; up to 500 characters.
    #[schema(max_length = 500)]
    pub reason: Option<String>,
}

/// What was decided of a photo.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct AssetDecision {
    /// The name of who decided, for other members of the space.
    pub by: Option<String>,
    /// When.
    pub at: String,
    /// Why, if they said so.
    pub reason: Option<String>,
}

/// An album that a photo is seen in.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct AssetAlbum {
    /// Id.
    pub id: Uuid,
    /// Name.
    pub name: String,
}

/// A copy, as far as one photo is concerned.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct AssetCopy {
    /// Its name; the library itself is called `library`.
    pub name: String,
    /// `disk`, `nas`, `cloud` or `offline`.
    pub medium: String,
    /// `onsite` or `offsite`.
    pub place: String,
    /// Whether it is the library itself.
    pub library: bool,
    /// `held`; `waiting` while a part is still to be copied; `damaged`; `missing`.
    pub state: String,
    /// Since when all of the photo is there.
    pub stored_at: Option<String>,
    /// Since when all of the photo is proved there.
    pub proved_at: Option<String>,
    /// What proved it then: the run that stored it, a scrub, healing, or a recovery.
    pub proved_by: Option<ProvedBy>,
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
    /// Begin with the newest of this month, as in `2026-05` (UTC).
    #[param(pattern = "^[0-9]{4}-(0[1-9]|1[0-2])$")]
    pub month: Option<String>,
}

/// Where an original is read from.
#[derive(Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OriginalQuery {
    /// Out of this copy, by its name, and from nowhere else; for who manages the space.
    pub copy: Option<String>,
}

/// Photos of a month.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct MonthInfo {
    /// The month, as in `2026-05` (UTC).
    pub month: String,
    /// How many there are.
    pub count: u64,
}

/// One photo.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct AssetDetail {
    /// The photo.
    #[serde(flatten)]
    pub asset: AssetInfo,
    /// What is known of it.
    #[schema(value_type = Object)]
    pub metadata: serde_json::Value,
    /// What people say instead; the rest of `metadata` is from the files.
    #[schema(value_type = Object)]
    pub edits: serde_json::Value,
    /// Why it has no preview.
    pub note: Option<String>,
    /// What one may do with it.
    pub permissions: Vec<Permission>,
    /// Albums besides `album` that one sees it in.
    pub albums: Vec<AssetAlbum>,
    /// What was decided of it, where `approval` says so.
    pub decision: Option<AssetDecision>,
    /// The photo it was made from, for who may look at that too.
    pub derived_from: Option<Uuid>,
    /// Its files.
    pub files: Vec<AssetFile>,
}

/// Where a photo was taken, WGS 84.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Location {
    /// Degrees north.
    #[schema(minimum = -90, maximum = 90)]
    pub latitude: f64,
    /// Degrees east.
    #[schema(minimum = -180, maximum = 180)]
    pub longitude: f64,
    /// Metres above sea level.
    pub altitude: Option<f64>,
}

/// When a photo was taken, as the clock on the wall there said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CaptureTime {
    /// Milliseconds since 1970-01-01T00:00:00 of that clock.
    pub local_ms: i64,
    /// Minutes east of UTC, if known.
    pub offset_minutes: Option<i16>,
}

/// What shall be said of a photo in place of what its files say. What is left out stays; `null` takes back what was said.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssetPatch {
    /// Title; empty for none.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>)]
    pub title: Option<Option<String>>,
    /// Caption; empty for none.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>)]
    pub caption: Option<Option<String>>,
    /// Author; empty for none.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>)]
    pub creator: Option<Option<String>>,
    /// Whose rights they are; empty for none.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>)]
    pub copyright: Option<Option<String>>,
    /// Keywords, all of them.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<Vec<String>>)]
    pub keywords: Option<Option<Vec<String>>>,
    /// Keywords that it shall have besides those that it has by then.
    #[serde(default)]
    pub add_keywords: Vec<String>,
    /// Keywords that it shall not have any more, of those that it has by then.
    #[serde(default)]
    pub remove_keywords: Vec<String>,
    /// Stars, -1 (rejected) to 5.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<i8>, minimum = -1, maximum = 5)]
    pub rating: Option<Option<i8>>,
    /// When it was taken.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<CaptureTime>)]
    pub captured: Option<Option<CaptureTime>>,
    /// Where it was taken.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<Location>)]
    pub location: Option<Option<Location>>,
    /// What it is to its maker; `null` leaves it.
    pub kind: Option<AssetKind>,
    /// The photo of the same space that it was made from; `null` for none.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<Uuid>)]
    pub derived_from: Option<Option<Uuid>>,
}

/// `null` is something else than nothing.
#[expect(clippy::option_option, reason = "left out, null, and a value are three things")]
fn said<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// What to look for.
#[derive(Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SearchQuery {
    /// Words that must all be there, `-word` for what must not, and filters: `album:`, `camera:`, `lens:`, `keyword:`,
    /// `type:photo`, `kind:final`, `tier:vault`, `by:ana`, `rating:3+`, `has:place`, `missing:copies`, `missing:nas`,
    /// `approval:waiting`, `on:2024-05`, `since:`, `before:`. Empty finds everything.
    #[serde(default)]
    #[param(max_length = 500)]
    pub q: String,
    /// Only in this space.
    pub space: Option<Uuid>,
    /// `next` of the page before.
    pub cursor: Option<String>,
    /// Photos on the page, up to 500.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
}

/// What to count.
#[derive(Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FacetQuery {
    /// As for a search.
    #[serde(default)]
    #[param(max_length = 500)]
    pub q: String,
    /// Only in this space.
    pub space: Option<Uuid>,
}

/// How many there are of one sort.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Facet {
    /// The sort.
    pub name: String,
    /// How many of those counted; 0 for what only older photos have.
    pub count: u64,
}

/// How many of the photos that are found are of which sort, the most frequent first.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Facets {
    /// Photos that were counted: all that are found, or the newest of them.
    pub counted: u64,
    /// Whether that is all.
    pub all: bool,
    /// `photo`, `video`, `other`.
    pub types: Vec<Facet>,
    /// `master`, `final`, `social`.
    pub kinds: Vec<Facet>,
    /// Years in which they were taken.
    pub years: Vec<Facet>,
    /// Cameras.
    pub cameras: Vec<Facet>,
    /// Lenses.
    pub lenses: Vec<Facet>,
    /// `yes` and `no`: whether it is known where they were taken.
    pub places: Vec<Facet>,
    /// Members of the spaces who brought them, by name.
    pub people: Vec<Facet>,
    /// `working`, `delivery`, `vault`: of the album in which they live.
    pub tiers: Vec<Facet>,
    /// Stars; `-1` for rejected.
    pub ratings: Vec<Facet>,
    /// Keywords.
    pub keywords: Vec<Facet>,
    /// `copies` where their space asks for more of them, and the names of copies that lack them.
    pub missing: Vec<Facet>,
}

/// A file that is on its way in, in pieces.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct UploadInfo {
    /// Where it goes on: PATCH with tus 1.0.
    pub location: String,
    /// The space.
    pub space: Uuid,
    /// The album's folder below the space.
    pub album: String,
    /// The file's name.
    pub name: String,
    /// Bytes in all.
    pub size: u64,
    /// Bytes that have arrived.
    pub offset: u64,
    /// SHA-256 of the whole, if its sender said so.
    pub sha256: Option<String>,
    /// When it is given up, unless it goes on.
    pub expires_at: String,
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

impl Was {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::New, Self::NewVersion, Self::There, Self::InTrash];

    /// The word, as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::NewVersion => "new-version",
            Self::There => "there",
            Self::InTrash => "in-trash",
        }
    }
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

/// A change, as it happens.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ChangeEvent {
    /// Where.
    pub space: Uuid,
    /// What sort of thing, as in `asset`.
    pub entity: String,
    /// Which.
    pub id: Uuid,
    /// `insert`, `update` or `delete`.
    pub op: String,
    /// When.
    pub at: String,
}
