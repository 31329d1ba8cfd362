//! Trusted contacts, and getting an account back.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Me;

/// Somebody who may vouch for one.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ContactInfo {
    /// Id of the person.
    pub id: Uuid,
    /// E-mail address.
    pub email: String,
    /// Name.
    pub name: String,
    /// Since when.
    pub added_at: String,
}

/// One's trusted contacts, and whose contact one is.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ContactsInfo {
    /// Who may vouch, first added first.
    pub contacts: Vec<ContactInfo>,
    /// How many of them must; 0 where there are none.
    pub needed: u32,
    /// How many hours everybody waits then.
    pub wait_hours: u64,
    /// For whom one may vouch.
    pub vouching_for: Vec<Me>,
}

/// Trusted contacts in place of those that there are.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactsRequest {
    /// Their e-mail addresses; each has an account. None to have no contacts.
    #[schema(max_items = 100)]
    pub emails: Vec<String>,
    /// How many of them must vouch.
    pub needed: u32,
    /// How many hours everybody waits then: 24 to 720; 72 where it is not said.
    pub wait_hours: Option<u32>,
}

/// An account that somebody asks to have back.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecoveryRequest {
    /// E-mail address of the account.
    pub email: String,
}

/// What a claimant gets, whether or not there is such an account.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct RecoveryMade {
    /// To be kept: it gives the account back in the end. Shown only now.
    pub secret: String,
    /// A few words to tell the trusted contacts, by voice.
    pub phrase: String,
}

/// The secret of a recovery.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecoverySecret {
    /// As it was given out.
    pub secret: String,
}

/// How far a recovery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RecoveryState {
    /// Not enough contacts have vouched.
    Asking,
    /// Enough have; everybody waits.
    Waiting,
    /// The wait is over: a new password can be chosen.
    Ready,
    /// Used, ended by the owner, or too old.
    Ended,
}

/// What a recovery's secret says of it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct RecoveryStatus {
    /// How far it is.
    pub state: RecoveryState,
    /// How many contacts have vouched.
    pub vouched: u32,
    /// How many must; not told before one has.
    pub needed: Option<u32>,
    /// When the wait is over, once it has begun.
    pub ready_at: Option<String>,
    /// When it ends if nothing becomes of it.
    pub expires_at: String,
}

/// A recovery under way, for the owner of the account and for the contacts.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct RecoveryInfo {
    /// Id.
    pub id: Uuid,
    /// Whose account.
    pub account: Me,
    /// What the claimant's browser or program says it is; anybody can say anything.
    pub agent: String,
    /// Network address that it was asked from.
    pub network: String,
    /// When it began.
    pub created_at: String,
    /// How far it is.
    pub state: RecoveryState,
    /// How many contacts have vouched.
    pub vouched: u32,
    /// How many must; not told before one has.
    pub needed: Option<u32>,
    /// Whether the one who asks for the list has.
    pub vouched_by_me: bool,
    /// When the wait is over, once it has begun; until then and after, until it is used, the owner can veto.
    pub ready_at: Option<String>,
    /// When it ends if nothing becomes of it.
    pub expires_at: String,
}

/// Recoveries under way.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Recoveries {
    /// Of one's own account.
    pub mine: Vec<RecoveryInfo>,
    /// Of accounts that one may vouch for.
    pub to_vouch: Vec<RecoveryInfo>,
}

/// A contact who vouches.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VouchRequest {
    /// The words that the claimant said.
    pub phrase: String,
}

/// The end of a recovery.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecoveryFinish {
    /// The secret of the recovery.
    pub secret: String,
    /// The new password: at least twelve characters, and hard to guess.
    pub password: String,
}

/// What whoever has the recovery key can read, and nobody else.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct KitChallenge {
    /// Which challenge it is.
    pub ceremony: Uuid,
    /// An age file in its ASCII form, for `age -d -i KIT`; inside is the answer.
    pub challenge: String,
}

/// The answer to a challenge.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KitFinish {
    /// Which challenge.
    pub ceremony: Uuid,
    /// What was in it.
    pub answer: String,
    /// The new password: at least twelve characters, and hard to guess.
    pub password: String,
}
