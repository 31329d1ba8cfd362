//! The words of OurPhoto as types: ids, hashes, times, entities and the one error.
//!
//! Nothing here does any IO, and nothing here knows HTTP, SQL or encryption; every other room builds on it.

mod error;
mod hash;
mod id;
mod metadata;
mod network;
mod notice;
mod permission;
mod safety;
mod time;
mod words;

pub use error::{Error, ErrorKind, Result};
pub use hash::{Sha1, Sha256};
pub use id::{
    AlbumId, AlertId, AssetId, ChannelId, CopyId, DeviceId, DrillId, FactorId, FileId, InvitationId, JobId,
    NoticeId, ObjectId, PairingId, PersonId, RecoveryId, ReviewId, SessionId, SpaceId, StoreId, TokenId,
    UploadId, VersionId,
};
pub use metadata::{CaptureTime, Edits, Exposure, Gps, MediaKind, Metadata};
pub use network::Network;
pub use notice::{ChannelKind, NoticeKind};
pub use permission::{Permission, Permissions};
pub use safety::{AlertKind, DrillScope, ProvedBy, ReviewKind};
pub use time::{Clock, FixedClock, SystemClock, Timestamp};
pub use words::{
    Approval, AssetKind, DeviceKind, FileRole, Medium, Place, RenditionKind, ReplicaState, Role, Tier,
};
