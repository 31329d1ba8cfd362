//! The closed vocabularies of the product, spelled the same way in SQL, JSON, URL and UI.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Error;

/// An enum whose values are words, with parsing and printing.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant),* }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word as it is stored and shown.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self, Error> {
                match text {
                    $($word => Ok(Self::$variant),)*
                    _ => Err(Error::invalid(format!(
                        "'{text}' is not one of: {}", [$($word),*].join(", ")
                    ))),
                }
            }
        }
    };
}

pub(crate) use words;

words!(
    /// How strictly an album is kept.
    Tier {
        /// Changes often.
        Working = "working",
        /// Controlled.
        Delivery = "delivery",
        /// Stable: nothing in it can be changed or deleted while it is locked.
        Vault = "vault",
    }
);
words!(
    /// What becomes of a photo that somebody contributed.
    Approval {
        /// Somebody has to look at it.
        Waiting = "waiting",
        /// It was accepted.
        Approved = "approved",
        /// It was refused, and is in the trash.
        Declined = "declined",
    }
);
words!(
    /// What an asset is to its maker.
    AssetKind {
        /// As it came from the camera.
        Master = "master",
        /// Retouched.
        Final = "final",
        /// A crop for social media.
        Social = "social",
    }
);
words!(
    /// What a file is within its asset; an asset has at most one file of each role.
    FileRole {
        /// The photo or video that people look at (JPEG, HEIC, PNG, MP4 …), or a file of any other sort.
        Primary = "primary",
        /// The camera RAW of the same shot.
        Raw = "raw",
        /// XMP beside a photo.
        Sidecar = "sidecar",
        /// The moving half of a live photo.
        Motion = "motion",
    }
);
words!(
    /// What a copy is stored on.
    Medium {
        /// An internal or always attached disk.
        Disk = "disk",
        /// A network storage device.
        Nas = "nas",
        /// An object store or a rented server.
        Cloud = "cloud",
        /// A disk that is plugged in now and then.
        Offline = "offline",
    }
);
words!(
    /// What sort of thing sends photos in.
    DeviceKind {
        /// A phone.
        Phone = "phone",
        /// A tablet.
        Tablet = "tablet",
        /// A laptop or desktop computer.
        Computer = "computer",
        /// A reader of memory cards.
        CardReader = "card-reader",
        /// Something else.
        Other = "other",
    }
);
words!(
    /// Where a copy is.
    Place {
        /// In the same building as the library.
        Onsite = "onsite",
        /// Elsewhere.
        Offsite = "offsite",
    }
);
words!(
    /// What is known of one object in one store.
    ReplicaState {
        /// Stored, and when last looked at, as it should be.
        Held = "held",
        /// Present, but its bytes are not what they were.
        Damaged = "damaged",
        /// Not there although it should be.
        Missing = "missing",
    }
);
words!(
    /// What is derived from an original.
    RenditionKind {
        /// 512 px on the long edge.
        Thumbnail = "thumbnail",
        /// 2048 px on the long edge.
        Preview = "preview",
    }
);
words!(
    /// What a member is in a space: a named set of permissions, from least to most.
    Role {
        /// A set of permissions of its own.
        Custom = "custom",
        /// Looks and fetches.
        Viewer = "viewer",
        /// And uploads.
        Contributor = "contributor",
        /// And organises.
        Editor = "editor",
        /// And approves.
        Approver = "approver",
        /// And shares.
        Publisher = "publisher",
        /// And manages members and rules.
        Manager = "manager",
        /// Everything.
        Owner = "owner",
    }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_back_and_others_are_refused() {
        for tier in Tier::ALL {
            assert_eq!(tier.as_str().parse::<Tier>().unwrap(), *tier);
        }
        assert_eq!(
            "gold".parse::<Tier>().unwrap_err().message(),
            "'gold' is not one of: working, delivery, vault"
        );
    }
}
