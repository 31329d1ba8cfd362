//! How safe the photos are kept: copies and their care, coverage, alerts, drills, reviews.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{AlertKind, CopyInfo, DrillScope, ReplicaState, ReviewKind};

/// Every copy and how it is looked after.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct CopiesInfo {
    /// The library first.
    pub copies: Vec<CaredCopy>,
    /// What is being done with them now; one thing at a time with each.
    pub doing: Vec<DoingInfo>,
}

/// A copy and how it is looked after.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct CaredCopy {
    /// How it stands.
    pub copy: CopyInfo,
    /// Where its store is, without secrets; none for the library's own.
    pub url: Option<String>,
    /// How old it may be before it is brought up to date, in minutes.
    pub every_minutes: u64,
    /// Within so many days everything in it is read again.
    pub scrub_days: u32,
    /// Bytes in a second; none for as fast as it goes.
    pub rate: Option<u64>,
    /// When nothing begins.
    pub quiet: Option<QuietHours>,
    /// Whether old snapshots of the catalog are thinned out in it.
    pub thin_out: bool,
    /// When a run last began.
    pub tried_at: Option<String>,
    /// When a run last ended with nothing left to do.
    pub ran_at: Option<String>,
    /// Since when nothing comes of it.
    pub failing_since: Option<String>,
    /// How often in a row.
    pub failures: u32,
    /// Why, the last time.
    pub last_error: Option<String>,
    /// When a part of it was last read again on schedule.
    pub scrubbed_at: Option<String>,
    /// Room that is left in its place, where it tells.
    pub free_bytes: Option<u64>,
    /// All the room of its place.
    pub total_bytes: Option<u64>,
    /// Snapshots and keys in it that are not what their names say.
    pub bad_files: Vec<String>,
}

/// Minutes of the day (UTC) between which nothing begins; it may go over midnight.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuietHours {
    /// The first minute.
    #[schema(maximum = 1439)]
    pub from: u32,
    /// The minute in which work may begin again.
    #[schema(maximum = 1439)]
    pub until: u32,
}

/// What is being done with a copy.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct DoingInfo {
    /// The copy; `all` for healing.
    pub copy: String,
    /// `run`, `scrub`, `heal` or `drill`.
    pub what: String,
    /// Since when.
    pub since: String,
}

/// How a copy is to be looked after.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CareRequest {
    /// How old it may be before it is brought up to date, in minutes.
    #[schema(minimum = 5, maximum = 525_600)]
    pub every_minutes: u64,
    /// Within so many days everything in it is read again.
    #[schema(minimum = 1, maximum = 730)]
    pub scrub_days: u32,
    /// Bytes in a second; none for as fast as it goes.
    #[schema(minimum = 65_536)]
    pub rate: Option<u64>,
    /// When nothing begins.
    pub quiet: Option<QuietHours>,
    /// Whether old snapshots of the catalog are thinned out in it: all of the last two days stay, the last of each day of
    /// two months, and the last of each month. Without it nothing in a copy is ever removed.
    #[serde(default)]
    pub thin_out: bool,
}

/// What a space asks of its copies.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleInfo {
    /// Copies of each photo, the library included.
    #[schema(minimum = 1, maximum = 20)]
    pub copies: u32,
    /// Kinds of medium that they are on.
    #[schema(minimum = 1, maximum = 4)]
    pub media: u32,
    /// Copies that are elsewhere.
    #[schema(maximum = 20)]
    pub offsite: u32,
    /// No proof may be older than so many days.
    #[schema(minimum = 1, maximum = 730)]
    pub proof_days: u32,
}

/// How a space stands.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct CoverageInfo {
    /// What it asks for.
    pub rule: RuleInfo,
    /// Objects in all.
    pub objects: u64,
    /// Objects that have less than it asks for.
    pub at_risk: u64,
    /// Its objects by who holds them, the least safe first.
    pub held: Vec<HeldInfo>,
    /// What was not read again for longer than it allows.
    pub unproved: Vec<UnprovedInfo>,
}

/// Objects that the same copies hold.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct HeldInfo {
    /// Names of the copies, the library first.
    pub copies: Vec<String>,
    /// How many objects.
    pub objects: u64,
    /// Their encrypted bytes.
    pub bytes: u64,
    /// Why that is not enough: `lost`, `one-copy`, `few-copies`, `few-media`, `no-offsite`; none where it is.
    pub why: Option<String>,
}

/// Objects of a copy that wait to be read again for too long.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct UnprovedInfo {
    /// The copy.
    pub copy: String,
    /// How many.
    pub objects: u64,
}

/// Which photos at risk.
#[derive(Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AtRiskQuery {
    /// The `next` of the page before.
    pub after: Option<Uuid>,
    /// Photos on the page, up to 200.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

/// Photos at risk, by name.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct AtRiskPage {
    /// The photos.
    pub photos: Vec<AtRiskInfo>,
    /// What the next page is asked with; none on the last.
    pub next: Option<Uuid>,
}

/// Bytes that are at risk, and the photos that need them.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct AtRiskInfo {
    /// What the photos are called: space, album and name.
    pub names: Vec<String>,
    /// The photos.
    pub assets: Vec<Uuid>,
    /// The copies that hold them.
    pub copies: Vec<String>,
    /// Those of them in which they were not read back for longer than the space allows.
    pub unproved: Vec<String>,
    /// `lost`, `one-copy`, `few-copies`, `few-media` or `no-offsite`; or `unproved`, where that is all.
    pub why: String,
}

/// Something that somebody has to do something about.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct AlertInfo {
    /// Its id.
    pub id: Uuid,
    /// What is wrong.
    pub kind: AlertKind,
    /// One clear sentence.
    pub sentence: String,
    /// The one thing to do.
    pub action: String,
    /// Whether photos are in danger now.
    pub urgent: bool,
    /// When it was noticed.
    pub raised_at: String,
    /// How often it was told again.
    pub escalated: u32,
    /// When it was over.
    pub resolved_at: Option<String>,
}

/// Something that was found bad in a copy.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct DamageInfo {
    /// What the photos that need it are called.
    pub names: Vec<String>,
    /// The copy.
    pub copy: String,
    /// Damaged or missing; held where it could not be read, so that nothing is known of it.
    pub state: ReplicaState,
    /// What was seen.
    pub note: String,
    /// When.
    pub found_at: String,
    /// When it was put right.
    pub healed_at: Option<String>,
    /// From which copy.
    pub healed_from: Option<String>,
    /// Why it could not be put right, the last time that was tried.
    pub unhealed: Option<String>,
}

/// A drill to be carried out.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DrillRequest {
    /// The copy to restore from.
    pub copy: String,
    /// How much.
    pub scope: DrillScope,
    /// How many photos a sample has; a hundred unless it says.
    #[schema(minimum = 1, maximum = 10_000)]
    pub photos: Option<u32>,
    /// The album, by name or folder.
    pub album: Option<String>,
    /// The space of the album, if there could be a doubt.
    pub space: Option<String>,
}

/// A rehearsed restore.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct DrillInfo {
    /// Its id.
    pub id: Uuid,
    /// The copy that was restored from.
    pub copy: String,
    /// How much.
    pub scope: DrillScope,
    /// When it began.
    pub started_at: String,
    /// When it ended.
    pub ended_at: String,
    /// Whether everything came back as it was.
    pub passed: bool,
}

/// The report of a drill.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct DrillReportInfo {
    /// The drill.
    pub drill: DrillInfo,
    /// The catalog snapshot of the copy that was restored by.
    pub snapshot: Option<String>,
    /// Photos that were rehearsed.
    pub photos: u64,
    /// Their files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Photos that are newer than the snapshot.
    pub newer: u64,
    /// Bytes in a second.
    pub bytes_per_second: u64,
    /// What was compared.
    pub compared: Vec<String>,
    /// What did not come back as it was.
    pub problems: Vec<DrillProblem>,
    /// Problems beyond those.
    pub more_problems: u64,
    /// The report exactly as it was signed.
    pub signed: String,
    /// Ed25519 over these bytes, hexadecimal.
    pub signature: String,
    /// The key that checks it, 32 bytes, hexadecimal.
    pub public_key: String,
    /// Whether the signature is this server's over this report.
    pub genuine: bool,
}

/// Something that did not come back as it was.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct DrillProblem {
    /// The photo; empty for what concerns the whole copy.
    pub photo: String,
    /// What was wrong.
    pub problem: String,
}

/// A recurring review.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ReviewInfo {
    /// Its id.
    pub id: Uuid,
    /// What it looks at.
    pub kind: ReviewKind,
    /// What it is called.
    pub title: String,
    /// What is to be looked at, with what there is to see.
    pub points: Vec<ReviewPoint>,
    /// It is due every so many days.
    pub every_days: u32,
    /// Who has to do it.
    pub owner: Option<String>,
    /// Their id.
    pub owner_id: Option<Uuid>,
    /// When it is due.
    pub due_at: String,
    /// Whether that has passed.
    pub overdue: bool,
    /// How it went before, the last time first.
    pub history: Vec<ReviewRecord>,
}

/// A point of a checklist.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ReviewPoint {
    /// What is to be looked at.
    pub text: String,
    /// What there is to see, one fact to a line.
    pub evidence: Vec<String>,
    /// Whether that is as it should be; none where only a person can tell.
    pub well: Option<bool>,
}

/// A review that was done.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ReviewRecord {
    /// When.
    pub done_at: String,
    /// When it was due.
    pub due_at: String,
    /// By whom.
    pub done_by: Option<String>,
    /// Whether all was as it should be.
    pub passed: bool,
    /// What they said.
    pub note: String,
    /// What was found, as it was shown then.
    #[schema(value_type = Object)]
    pub evidence: serde_json::Value,
}

/// A review of one's own, or a change of one.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewRequest {
    /// What it is called.
    pub title: String,
    /// What is to be looked at.
    pub points: Vec<String>,
    /// It is due every so many days.
    #[schema(minimum = 1, maximum = 1000)]
    pub every_days: u32,
    /// Who has to do it.
    pub owner_id: Option<Uuid>,
    /// When it is due next, in milliseconds since 1970 (UTC).
    pub due_ms: i64,
}

/// What came of a review.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewOutcome {
    /// Whether all is as it should be.
    pub passed: bool,
    /// Which points were ticked, in order.
    pub ticked: Vec<bool>,
    /// What they say.
    #[serde(default)]
    pub note: String,
}
