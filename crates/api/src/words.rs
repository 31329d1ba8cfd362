//! The vocabularies of the model, described for OpenAPI. Spelled as everywhere else.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

macro_rules! mirror {
    ($($(#[$doc:meta])* $name:ident { $($variant:ident),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name {
            $(
                #[doc = stringify!($variant)]
                $variant,
            )*
        }

        impl From<model::$name> for $name {
            fn from(word: model::$name) -> Self {
                match word { $(model::$name::$variant => Self::$variant),* }
            }
        }

        impl From<$name> for model::$name {
            fn from(word: $name) -> Self {
                match word { $($name::$variant => Self::$variant),* }
            }
        }
    )*};
}

mirror! {
    /// What a member is in a space.
    Role { Custom, Viewer, Contributor, Editor, Approver, Publisher, Manager, Owner }
    /// One thing that a member may be allowed to do.
    Permission { View, Download, Upload, Organise, Approve, Share, Revoke, Delete, Manage }
    /// How strictly an album is kept.
    Tier { Working, Delivery, Vault }
    /// What becomes of a photo that somebody contributed.
    Approval { Waiting, Approved, Declined }
    /// What an asset is to its maker.
    AssetKind { Master, Final, Social }
    /// What a file is within its asset.
    FileRole { Primary, Raw, Sidecar, Motion }
    /// What is derived from an original.
    RenditionKind { Thumbnail, Preview }
    /// Something that a person is told.
    NoticeKind {
        SignIn, RecoveryStarted, RecoveryWaiting, RecoveryVetoed, Recovered, VouchAsked, ContactAdded, ContactsChanged,
        PasswordChanged, FactorChanged, ChannelChanged, PasswordKnown, TokenMade, MemberAdded, AlbumOpened, ApprovalAsked,
        Approved, Declined, Alert, Test,
    }
    /// What somebody has to do something about.
    AlertKind {
        Lost, Damaged, Unhealable, Unreadable, DiskFailing, CatalogDamaged, NoCopy, CopyFailing, CopyLate, DiskFilling, RuleBroken, Unproved,
        DrillFailed, ReviewOverdue, CertificateExpiring, CredentialExpiring, ClockWrong,
        Healed,
    }
    /// What read all bytes of an object in a copy and found them right.
    ProvedBy { Run, Scrub, Heal, Recovery }
    /// How much a drill restores.
    DrillScope { Sample, Album, Everything }
    /// What a review looks at.
    ReviewKind { Storage, Permissions, Drill, Export, Own }
    /// What is known of one object in one copy.
    ReplicaState { Held, Damaged, Missing }
    /// How notices reach a person outside the app.
    ChannelKind { Email, Webhook, Ntfy }
    /// What sort of thing sends photos in.
    DeviceKind { Phone, Tablet, Computer, CardReader, Other }
    /// Photo, video or other.
    MediaKind { Photo, Video, Other }
}

/// A set as a list of words.
pub fn words(set: model::Permissions) -> Vec<Permission> {
    set.iter().map(Permission::from).collect()
}

/// A list of words as a set.
pub fn permissions(words: &[Permission]) -> model::Permissions {
    let words: Vec<model::Permission> = words.iter().map(|word| (*word).into()).collect();
    model::Permissions::of(&words)
}
