//! The words of what keeps photos safe: alerts, drills, reviews.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::words::words;

words!(
    /// What somebody has to do something about.
    AlertKind {
        /// No copy holds some photos as they should be any more.
        Lost = "lost",
        /// Objects in a copy are damaged or gone, and not healed yet.
        Damaged = "damaged",
        /// Objects in a copy are damaged or gone, and could not be put right.
        Unhealable = "unhealable",
        /// Objects in a copy cannot be read, so that nothing is known of them.
        Unreadable = "unreadable",
        /// A copy keeps damaging what it holds.
        DiskFailing = "disk-failing",
        /// The catalog or its log is not what it was.
        CatalogDamaged = "catalog-damaged",
        /// There is no copy at all.
        NoCopy = "no-copy",
        /// A copy cannot be brought up to date.
        CopyFailing = "copy-failing",
        /// A copy was not brought up to date for too long.
        CopyLate = "copy-late",
        /// A place has little room left.
        DiskFilling = "disk-filling",
        /// Photos of a space have fewer copies than it asks for.
        RuleBroken = "rule-broken",
        /// What a copy holds was not read again for too long.
        Unproved = "unproved",
        /// A rehearsed restore failed.
        DrillFailed = "drill-failed",
        /// A review is overdue.
        ReviewOverdue = "review-overdue",
        /// The certificate of the server ends soon.
        CertificateExpiring = "certificate-expiring",
        /// What a copy is reached with, or a program calls with, ends soon.
        CredentialExpiring = "credential-expiring",
        /// The clock of the server jumped.
        ClockWrong = "clock-wrong",
        /// Damage was found and put right: nothing is to be done.
        Healed = "healed",
    }
);
words!(
    /// What read all bytes of an object in a copy and found them right.
    ProvedBy {
        /// The run that stored it read it back.
        Run = "run",
        /// A scrub read it again.
        Scrub = "scrub",
        /// It was put right, and read back.
        Heal = "heal",
        /// A recovery read it.
        Recovery = "recovery",
    }
);
words!(
    /// How much a drill restores.
    DrillScope {
        /// Photos chosen by chance.
        Sample = "sample",
        /// One album.
        Album = "album",
        /// Everything.
        Everything = "everything",
    }
);
words!(
    /// What a review looks at.
    ReviewKind {
        /// Whether every copy is well.
        Storage = "storage",
        /// Who may see and do what.
        Permissions = "permissions",
        /// Whether a restore works.
        Drill = "drill",
        /// Whether everything can leave.
        Export = "export",
        /// Something of one's own.
        Own = "own",
    }
);

impl AlertKind {
    /// Whether photos are in danger now, so that it is told again and again until somebody acts.
    pub fn is_urgent(self) -> bool {
        matches!(
            self,
            Self::Lost
                | Self::Damaged
                | Self::Unhealable
                | Self::Unreadable
                | Self::DiskFailing
                | Self::CatalogDamaged
                | Self::CopyFailing
        )
    }

    /// Whether photos are less safe than they should be: whatever is urgent, and what makes it likelier that they are lost
    /// though nothing is lost yet. What only has to be done some day, and what is over, is none.
    pub fn is_risk(self) -> bool {
        self.is_urgent()
            || matches!(
                self,
                Self::NoCopy | Self::CopyLate | Self::RuleBroken | Self::Unproved | Self::DrillFailed
            )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_makes_photos_less_safe_is_a_risk_and_what_can_wait_is_none() {
        let none: Vec<_> = AlertKind::ALL.iter().copied().filter(|kind| !kind.is_risk()).collect();
        assert_eq!(
            none,
            [
                AlertKind::DiskFilling,
                AlertKind::ReviewOverdue,
                AlertKind::CertificateExpiring,
                AlertKind::CredentialExpiring,
                AlertKind::ClockWrong,
                AlertKind::Healed,
            ]
        );
    }
}
