//! Typed identifiers: version 7 UUIDs (RFC 9562), so that rows made together lie together.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Error;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id that no other machine will make.
            pub fn generate() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self, Error> {
                Uuid::parse_str(text).map(Self).map_err(|_| Error::invalid(format!("'{text}' is not an id")))
            }
        }
    )*};
}

id!(
    /// A top-level library with its own key, members and rules.
    SpaceId,
    /// A named set of assets in a space.
    AlbumId,
    /// One photo or video as a person thinks of it.
    AssetId,
    /// One file of an asset.
    FileId,
    /// One state of a file.
    VersionId,
    /// One encrypted file in storage.
    ObjectId,
    /// Someone with an account.
    PersonId,
    /// A complete set of objects in a place; the library is the first.
    CopyId,
    /// The identity of a store, written into the store itself.
    StoreId,
    /// Work that waits to be done.
    JobId,
    /// A browser or program that someone signed in with.
    SessionId,
    /// A named secret that a program calls with.
    TokenId,
    /// A second factor: an authenticator app or a passkey.
    FactorId,
    /// A single-use address that makes somebody an account or a member.
    InvitationId,
    /// A file that is on its way in, in pieces.
    UploadId,
    /// Where somebody is told what happens.
    ChannelId,
    /// Something that somebody was told.
    NoticeId,
    /// An account that somebody asks to have back.
    RecoveryId,
    /// A phone, laptop or card reader that sends photos in.
    DeviceId,
    /// A program that waits to be let in.
    PairingId,
    /// Something that somebody has to do something about.
    AlertId,
    /// A rehearsed restore.
    DrillId,
    /// What people look at again and again.
    ReviewId,
);
