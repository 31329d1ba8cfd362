//! Programs that are let in from a browser.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Me, Permission};

/// A program that asks to be let in.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PairingRequest {
    /// What it calls itself, as in "ourphoto on laptop".
    pub name: String,
}

/// What a program waits with.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct PairingBegun {
    /// What it fetches its token with; not to be shown.
    pub secret: String,
    /// What a person types into the browser.
    pub code: String,
    /// Where they do, below the server's address.
    pub path: String,
    /// For how many seconds it waits.
    pub expires_in: u64,
    /// How many seconds lie between two questions.
    pub interval: u64,
}

/// A program that asks what became of it.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PairingCollect {
    /// What it waits with.
    pub secret: String,
}

/// Whether a program is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PairingState {
    /// Nobody has said anything yet.
    Waiting,
    /// It is.
    In,
}

/// What became of a program that waits.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct PairingOutcome {
    /// Whether it is let in.
    pub state: PairingState,
    /// Its token, shown only now.
    pub token: Option<String>,
    /// In whose name it acts.
    pub me: Option<Me>,
}

/// A program that waits, as a person sees it before they let it in.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct PairingInfo {
    /// What it calls itself.
    pub name: String,
    /// What it says it is.
    pub agent: String,
    /// The network address that it asked from.
    pub network: String,
    /// When.
    pub created_at: String,
    /// Until when it waits.
    pub expires_at: String,
}

/// What a program may do.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PairingApproval {
    /// Its permissions, as far as one has them oneself.
    pub permissions: Vec<Permission>,
    /// The only space that it may do it in.
    pub space: Option<Uuid>,
}
