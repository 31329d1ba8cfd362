//! Rehearsed restores.

use api::{DrillInfo, DrillProblem, DrillReportInfo, DrillRequest, DrillScope};
use axum::http::StatusCode;
use library::safety::drill::Rehearse;
use model::{DrillId, Error};
use uuid::Uuid;

use crate::auth::Caller;
use crate::body::{Json, Path};
use crate::openapi::Refusal;
use crate::problem::Answer;

/// Photos of a sample that says no number.
const SAMPLE: u32 = 100;

fn info(drill: &catalog::Drill, copy: String) -> DrillInfo {
    DrillInfo {
        id: drill.id.0,
        copy,
        scope: drill.scope.into(),
        started_at: drill.started_at.to_string(),
        ended_at: drill.ended_at.to_string(),
        passed: drill.passed,
    }
}

/// The last drills, newest first. For who manages a space.
#[utoipa::path(
    get, path = "/api/v1/drills", tag = "safety", security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = Vec<DrillInfo>),
        Refusal<401>, Refusal<404>,
    )
)]
pub(crate) async fn list(caller: Caller) -> Answer<Json<Vec<DrillInfo>>> {
    let drills = caller.library.drills(&caller.actor).await?;
    Ok(Json(drills.into_iter().map(|(drill, copy)| info(&drill, copy)).collect()))
}

/// Begins a drill; its report is among the others when it is done. For who manages a space.
#[utoipa::path(
    post, path = "/api/v1/drills", tag = "safety", request_body = DrillRequest, security(("session" = []), ("bearer" = [])),
    responses(
        (status = 202),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>, Refusal<503>,
    )
)]
pub(crate) async fn begin(caller: Caller, Json(asked): Json<DrillRequest>) -> Answer<StatusCode> {
    let what = match (asked.scope, asked.album) {
        (DrillScope::Sample, None) => Rehearse::Sample(u64::from(asked.photos.unwrap_or(SAMPLE))),
        (DrillScope::Album, Some(album)) => Rehearse::Album { space: asked.space, album },
        (DrillScope::Everything, None) => Rehearse::Everything,
        (DrillScope::Album, None) => return Err(Error::invalid("say which album").into()),
        (_, Some(_)) => return Err(Error::invalid("an album is for the scope 'album'").into()),
    };
    caller.library.drill_soon(&caller.actor, &asked.copy, what).await?;
    Ok(StatusCode::ACCEPTED)
}

/// The signed report of a drill. For who manages every space: it names photos of all.
#[utoipa::path(
    get, path = "/api/v1/drills/{id}", tag = "safety", params(("id" = Uuid, Path)), security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = DrillReportInfo),
        Refusal<401>, Refusal<404>,
    )
)]
pub(crate) async fn view(caller: Caller, Path(id): Path<Uuid>) -> Answer<Json<DrillReportInfo>> {
    let signed = caller.library.drill_report(&caller.actor, DrillId(id)).await?;
    let report = signed.report;
    let problems =
        report.problems.into_iter().map(|found| DrillProblem { photo: found.photo, problem: found.problem });
    Ok(Json(DrillReportInfo {
        drill: info(&signed.drill, report.copy),
        snapshot: report.snapshot,
        photos: report.photos,
        files: report.files,
        bytes: report.bytes,
        newer: report.newer,
        bytes_per_second: report.bytes_per_second,
        compared: report.compared,
        problems: problems.collect(),
        more_problems: report.more_problems,
        signature: hex::encode(&signed.drill.signature),
        signed: signed.drill.report,
        public_key: hex::encode(signed.public_key),
        genuine: signed.genuine,
    }))
}
