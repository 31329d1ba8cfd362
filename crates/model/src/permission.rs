//! What members may do: single permissions, sets of them, and the sets that the roles stand for.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::words::words;
use crate::{Error, Role};

words!(
    /// One thing that a member of a space may be allowed to do.
    Permission {
        /// See photos in screen size, and what is known of them.
        View = "view",
        /// Fetch originals.
        Download = "download",
        /// Bring photos in.
        Upload = "upload",
        /// Change captions, ratings, albums; mirror albums.
        Organise = "organise",
        /// Accept or refuse what others contributed.
        Approve = "approve",
        /// Make share links.
        Share = "share",
        /// End share links, anybody's.
        Revoke = "revoke",
        /// Put into the trash, and take out of it.
        Delete = "delete",
        /// Members, rules, and the space itself.
        Manage = "manage",
    }
);

/// A set of permissions; written as their words with commas between.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "Vec<Permission>", from = "Vec<Permission>")]
pub struct Permissions(u16);

impl Permissions {
    /// Nothing at all.
    pub const NONE: Self = Self(0);
    /// Everything.
    pub const ALL: Self = Self((1 << Permission::ALL.len()) - 1);

    /// Exactly these.
    pub const fn of(permissions: &[Permission]) -> Self {
        let mut bits = 0;
        let mut at = 0;
        while at < permissions.len() {
            bits |= 1 << permissions[at] as u16;
            at += 1;
        }
        Self(bits)
    }

    /// Whether this one is in the set.
    pub fn has(self, permission: Permission) -> bool {
        self.0 & (1 << permission as u16) != 0
    }

    /// Whether all of these are in the set.
    pub fn covers(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    /// What is in either.
    #[must_use]
    pub fn and_also(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// What is in both.
    #[must_use]
    pub fn only_of(self, others: Self) -> Self {
        Self(self.0 & others.0)
    }

    /// Whether nothing is in the set.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Each one, in order.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |permission| self.has(*permission))
    }
}

impl From<Permissions> for Vec<Permission> {
    fn from(set: Permissions) -> Self {
        set.iter().collect()
    }
}

impl From<Vec<Permission>> for Permissions {
    fn from(permissions: Vec<Permission>) -> Self {
        Self::of(&permissions)
    }
}

impl fmt::Display for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, permission) in self.iter().enumerate() {
            if number > 0 {
                f.write_str(",")?;
            }
            f.write_str(permission.as_str())?;
        }
        Ok(())
    }
}

impl FromStr for Permissions {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
        words.map(str::parse).collect::<Result<Vec<Permission>, _>>().map(Self::from)
    }
}

impl Role {
    /// What the role allows; [`Role::Custom`] by itself nothing, for it comes with a set of its own.
    pub fn permissions(self) -> Permissions {
        use Permission::{Approve, Delete, Download, Organise, Revoke, Share, Upload, View};
        match self {
            Self::Custom => Permissions::NONE,
            Self::Viewer => Permissions::of(&[View, Download]),
            Self::Contributor => Permissions::of(&[View, Download, Upload]),
            Self::Editor => Permissions::of(&[View, Download, Upload, Organise, Delete]),
            Self::Approver => Permissions::of(&[View, Download, Upload, Organise, Delete, Approve]),
            Self::Publisher => {
                Permissions::of(&[View, Download, Upload, Organise, Delete, Approve, Share, Revoke])
            }
            // An owner may also make and unmake owners, and end the space.
            Self::Manager | Self::Owner => Permissions::ALL,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_do_what_the_one_before_may() {
        let ladder = &Role::ALL[1..];
        for pair in ladder.windows(2) {
            assert!(pair[1].permissions().covers(pair[0].permissions()), "{} and {}", pair[0], pair[1]);
        }
        assert!(Role::Custom.permissions().is_empty());
        assert_eq!(Role::Owner.permissions(), Permissions::ALL);
    }

    #[test]
    fn a_set_is_read_back_as_it_was_written() {
        let set = Permissions::of(&[Permission::View, Permission::Share]);
        assert_eq!(set.to_string(), "view,share");
        assert_eq!("share, view".parse::<Permissions>().unwrap(), set);
        assert_eq!("".parse::<Permissions>().unwrap(), Permissions::NONE);
        assert!("view,fly".parse::<Permissions>().is_err());
        assert_eq!(Permissions::from(Vec::from(set)), set);
    }
}
