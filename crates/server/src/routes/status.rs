//! How safe the photos are.

use api::{CopyInfo, RiskInfo, StatusInfo};

use crate::auth::Caller;
use crate::body::Json;
use crate::openapi::Refusal;
use crate::problem::Answer;

pub(super) fn copy_info(copy: library::copies::CopyStatus) -> CopyInfo {
    CopyInfo {
        name: copy.name,
        medium: copy.medium.to_string(),
        place: copy.place.to_string(),
        library: copy.is_library,
        held: copy.held,
        held_bytes: copy.held_bytes,
        unproved: copy.unproved,
        oldest_proof: copy.oldest_proof.map(|at| at.to_string()),
        damaged: copy.damaged,
        missing: copy.missing,
        waiting: copy.waiting,
    }
}

/// Every copy and how it stands, work that waits, and what puts photos at risk. For who manages a space.
#[utoipa::path(
    get, path = "/api/v1/status", tag = "server", security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = StatusInfo),
        Refusal<401>, Refusal<404>,
    )
)]
pub(crate) async fn view(caller: Caller) -> Answer<Json<StatusInfo>> {
    let status = caller.library.status(&caller.actor).await?;
    let risk = |risk: library::status::Risk| RiskInfo {
        copy: risk.copy,
        kind: risk.kind.to_owned(),
        text: risk.text,
    };
    Ok(Json(StatusInfo {
        copies: status.copies.into_iter().map(copy_info).collect(),
        jobs_waiting: status.jobs.due + status.jobs.later + status.jobs.running,
        jobs_failed: status.jobs.failed,
        risks: status.risks.into_iter().map(risk).collect(),
    }))
}
