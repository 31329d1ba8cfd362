//! Who did what, and what work was given up.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Which part of the log.
#[derive(Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ActivityQuery {
    /// What happened in this space; without one, what one did oneself.
    pub space: Option<Uuid>,
    /// Only this action, as in `asset.delete`, or all of a sort, as in `asset`.
    pub action: Option<String>,
    /// Only by this person, by their address.
    pub actor: Option<String>,
    /// Only entries older than this number.
    pub before: Option<i64>,
    /// Entries on the page, up to 1000.
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
}

/// One thing that somebody did.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ActivityEntry {
    /// Its number in the log.
    pub seq: i64,
    /// When.
    pub at: String,
    /// Who, by their address; `admin` for who works on the server itself.
    pub actor: String,
    /// What, as in `album.rename`.
    pub action: String,
    /// To what.
    pub subject: String,
    /// The rest.
    #[schema(value_type = Object)]
    pub detail: serde_json::Value,
    /// Where.
    pub space: Option<Uuid>,
    /// SHA-256 of the entry and of the one before, which makes the log a chain.
    pub hash: String,
}

/// A page of the log, newest first.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ActivityPage {
    /// The entries.
    pub entries: Vec<ActivityEntry>,
    /// Ask for entries before this number next; none after the last page.
    pub next: Option<i64>,
}

/// Whether the log is what was written.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ActivityCheck {
    /// How many entries there are.
    pub entries: i64,
    /// SHA-256 at the end of the chain. It stands in every snapshot of the catalog too.
    pub head: String,
    /// The first entry that is not what was written, if there is one.
    pub broken_at: Option<i64>,
}

/// How the work stands.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct WorkInfo {
    /// Jobs that could run now.
    pub due: u64,
    /// Jobs whose time has not come.
    pub later: u64,
    /// Jobs that run.
    pub running: u64,
    /// Jobs that were given up.
    pub failed: u64,
    /// Those of them that are about photos one manages, newest first.
    pub given_up: Vec<GivenUp>,
}

/// A job that was given up.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct GivenUp {
    /// Id.
    pub id: Uuid,
    /// What sort of work.
    pub kind: String,
    /// What on.
    pub photo: JobPhoto,
    /// Why.
    pub error: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was given up.
    pub failed_at: String,
}

/// The photo that a job is about.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct JobPhoto {
    /// Id.
    pub id: Uuid,
    /// The name of its file.
    pub name: String,
    /// Its album.
    pub album: Uuid,
    /// Its space.
    pub space: Uuid,
}
