//! How safe the photos are.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How safe the photos are.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct StatusInfo {
    /// Every copy, the library first.
    pub copies: Vec<CopyInfo>,
    /// Previews and other work that waits or runs.
    pub jobs_waiting: u64,
    /// Work that was given up.
    pub jobs_failed: u64,
    /// What puts photos at risk, the worst first; empty when all is well.
    pub risks: Vec<RiskInfo>,
}

/// A complete set of objects in a place.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct CopyInfo {
    /// Its name.
    pub name: String,
    /// `disk`, `nas`, `cloud` or `offline`.
    pub medium: String,
    /// `onsite` or `offsite`.
    pub place: String,
    /// Whether it is the library's own store.
    pub library: bool,
    /// Objects that it holds.
    pub held: u64,
    /// Their encrypted bytes.
    pub held_bytes: u64,
    /// Of those, how many were never read back and matched.
    pub unproved: u64,
    /// When the one that waits longest was last read back and matched.
    pub oldest_proof: Option<String>,
    /// Objects whose bytes are not what they were.
    pub damaged: u64,
    /// Objects that it held and holds no more.
    pub missing: u64,
    /// Objects that no run has copied yet.
    pub waiting: u64,
}

/// Something that puts photos at risk.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct RiskInfo {
    /// The copy that it is about.
    pub copy: Option<String>,
    /// `damaged`, `missing`, `no-copy`, `not-copied` or `no-offsite`.
    pub kind: String,
    /// What it is and what to do.
    pub text: String,
}
