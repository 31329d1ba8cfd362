//! Spaces, members and invitations.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{PasskeyShown, Permission, Role};

/// A space that one may look into.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct SpaceInfo {
    /// Id.
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// What one is there.
    pub role: Role,
    /// What one may do there.
    pub permissions: Vec<Permission>,
    /// When it was made.
    pub created_at: String,
    /// Whether photos of those who may not approve wait for those who may.
    pub approval: bool,
    /// How many photos wait, for who may look at them.
    pub waiting: Option<u64>,
}

/// One space.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct SpaceDetail {
    /// The space.
    #[serde(flatten)]
    pub space: SpaceInfo,
    /// Bytes of originals in it, each content once.
    pub used: u64,
    /// How many it may hold.
    pub quota: Option<u64>,
}

/// A space to be made.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SpaceRequest {
    /// Name; unique, whatever the case.
    pub name: String,
}

/// What is to change of a space.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SpacePatch {
    /// Name.
    pub name: Option<String>,
    /// Bytes that it may hold; 0 for as many as there is room for.
    pub quota: Option<u64>,
    /// Whether photos of those who may not approve shall wait for those who may.
    pub approval: Option<bool>,
}

/// Somebody who belongs to a space.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct MemberInfo {
    /// Who.
    pub person: Uuid,
    /// Their name.
    pub name: String,
    /// Their address; only for those who manage the space.
    pub email: Option<String>,
    /// What they are.
    pub role: Role,
    /// What they may do.
    pub permissions: Vec<Permission>,
    /// Since when.
    pub added_at: String,
}

/// What a member is to be.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberRequest {
    /// The role.
    pub role: Role,
    /// The set, where the role is `custom`.
    #[serde(default)]
    pub permissions: Vec<Permission>,
}

/// Somebody to be invited.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitationRequest {
    /// Whom it is for.
    pub email: String,
    /// What they become.
    pub role: Role,
    /// The set, where the role is `custom`.
    #[serde(default)]
    pub permissions: Vec<Permission>,
}

/// An invitation that waits.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct InvitationInfo {
    /// Id.
    pub id: Uuid,
    /// Whom it is for.
    pub email: String,
    /// What they become.
    pub role: Role,
    /// Until when.
    pub expires_at: String,
}

/// An invitation that was made.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct InvitationMade {
    /// The invitation.
    pub invitation: InvitationInfo,
    /// Its secret, shown only now: it goes behind the `#` of the address, where no server log sees it.
    pub secret: String,
}

/// Whoever accepts an invitation.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptRequest {
    /// The invitation's secret.
    pub secret: String,
    /// What others call them.
    #[serde(default)]
    pub name: String,
    /// A new password, or that of the account that they have.
    #[serde(default)]
    pub password: String,
    /// A code, where that account has a second factor.
    pub code: Option<String>,
    /// A passkey of that account, in place of both.
    pub passkey: Option<PasskeyShown>,
}
