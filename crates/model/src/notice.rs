//! What people are told of.

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::words::words;
use std::fmt;
use std::str::FromStr;

words!(
    /// Something that a person is told.
    NoticeKind {
        /// Somebody signed in to the account from somewhere new.
        SignIn = "sign-in",
        /// Somebody asked to have the account back.
        RecoveryStarted = "recovery-started",
        /// Enough trusted contacts vouched for it: the wait has begun.
        RecoveryWaiting = "recovery-waiting",
        /// A recovery was ended by the account's owner.
        RecoveryVetoed = "recovery-vetoed",
        /// The account was given a new password by a recovery.
        Recovered = "recovered",
        /// Somebody whom this person may vouch for asks to have their account back.
        VouchAsked = "vouch-asked",
        /// The person was chosen as a trusted contact.
        ContactAdded = "contact-added",
        /// The trusted contacts of the account, or what they can do, were changed.
        ContactsChanged = "contacts-changed",
        /// The password was changed.
        PasswordChanged = "password-changed",
        /// A second factor was added or removed.
        FactorChanged = "factor-changed",
        /// A place where the person is told was removed, or is told less.
        ChannelChanged = "channel-changed",
        /// Somebody gave the right password and wrong codes after it.
        PasswordKnown = "password-known",
        /// A token was made, or a program let in.
        TokenMade = "token-made",
        /// Somebody became a member of a space.
        MemberAdded = "member-added",
        /// An album was opened to the person.
        AlbumOpened = "album-opened",
        /// Something is wrong with the photos' copies, or is over.
        Alert = "alert",
        /// Photos of contributors wait for somebody who may approve them.
        ApprovalAsked = "approval-asked",
        /// Photos that the person brought were approved.
        Approved = "approved",
        /// Photos that the person brought were declined.
        Declined = "declined",
        /// A test of where notices go.
        Test = "test",
    }
);

words!(
    /// How notices reach a person outside the app.
    ChannelKind {
        /// An e-mail address.
        Email = "email",
        /// An address that takes signed JSON.
        Webhook = "webhook",
        /// A topic of an ntfy server.
        Ntfy = "ntfy",
    }
);

impl NoticeKind {
    /// What nobody can ask not to be told: it is how a stolen account is noticed.
    pub fn always_told(self) -> bool {
        !matches!(
            self,
            Self::AlbumOpened
                | Self::ContactAdded
                | Self::ApprovalAsked
                | Self::Approved
                | Self::Declined
                | Self::Alert
        )
    }
}
