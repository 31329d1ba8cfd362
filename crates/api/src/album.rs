//! Albums, and what opens them to others.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Permission, Tier};

/// An album that one may look into.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AlbumInfo {
    /// Id.
    pub id: Uuid,
    /// Its home.
    pub space: Uuid,
    /// Name.
    pub name: String,
    /// Path below the space, where it is restored to; what is not UTF-8 is replaced.
    pub folder: String,
    /// How strictly it is kept.
    pub tier: Tier,
    /// What one may do in it.
    pub permissions: Vec<Permission>,
    /// When it was made.
    pub created_at: String,
    /// Since when it is in the trash.
    pub deleted_at: Option<String>,
    /// How many photos it has, for who may look at them.
    pub count: Option<u64>,
    /// The newest of them that has a thumbnail.
    pub cover: Option<Uuid>,
}

/// An album to be made.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AlbumRequest {
    /// Name, and folder.
    pub name: String,
}

/// What is to change of an album.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AlbumPatch {
    /// Name; the folder stays.
    pub name: String,
}

/// Somebody to open an album to.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantRequest {
    /// Address of somebody who has an account here.
    pub email: String,
    /// `view`, and perhaps `download`, `upload`, `organise`.
    pub permissions: Vec<Permission>,
}

/// Somebody whom an album is opened to.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct GrantInfo {
    /// Who.
    pub person: Uuid,
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: String,
    /// What they may do.
    pub permissions: Vec<Permission>,
    /// Since when.
    pub added_at: String,
}

/// A space to mirror an album into.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MirrorRequest {
    /// The other space.
    pub space: Uuid,
}

/// A space that an album is mirrored into.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct MirrorInfo {
    /// The other space.
    pub space: Uuid,
    /// Since when.
    pub added_at: String,
}

/// Who sees an album besides the members of its space.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Openings {
    /// Single people.
    pub grants: Vec<GrantInfo>,
    /// Other spaces.
    pub mirrors: Vec<MirrorInfo>,
}
