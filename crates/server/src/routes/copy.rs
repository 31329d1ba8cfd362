//! Copies and how they are looked after, and what was found bad in them.

use std::time::Duration;

use api::{CareRequest, CaredCopy, CopiesInfo, DamageInfo, DoingInfo, QuietHours};
use axum::http::StatusCode;
use catalog::Quiet;
use library::safety::care::{CareSettings, CopyCare};

use super::status::copy_info;
use crate::auth::Caller;
use crate::body::{Json, Path};
use crate::openapi::Refusal;
use crate::problem::Answer;

fn cared(copy: CopyCare) -> CaredCopy {
    let CopyCare { status, care } = copy;
    let text = |at: Option<model::Timestamp>| at.map(|at| at.to_string());
    let is_library = status.is_library;
    CaredCopy {
        url: status.url.clone(),
        copy: copy_info(status),
        every_minutes: care.every.as_secs() / 60,
        scrub_days: care.scrub_days,
        rate: care.rate,
        quiet: care.quiet.map(|Quiet { from, until }| QuietHours { from, until }),
        thin_out: care.thin_out || is_library,
        tried_at: text(care.tried_at),
        ran_at: text(care.ran_at),
        failing_since: text(care.failing_since),
        failures: care.failures,
        last_error: care.last_error,
        scrubbed_at: text(care.scrubbed_at),
        free_bytes: care.free_bytes,
        total_bytes: care.total_bytes,
        bad_files: care.bad_files,
    }
}

/// Every copy, how it stands and how it is looked after. For who manages a space.
#[utoipa::path(
    get, path = "/api/v1/copies", tag = "safety", security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = CopiesInfo),
        Refusal<401>, Refusal<404>,
    )
)]
pub(crate) async fn list(caller: Caller) -> Answer<Json<CopiesInfo>> {
    let (copies, doing) = caller.library.copies_cared(&caller.actor).await?;
    let doing = doing.into_iter().map(|doing| DoingInfo {
        copy: doing.copy,
        what: doing.what.to_owned(),
        since: doing.since.to_string(),
    });
    Ok(Json(CopiesInfo { copies: copies.into_iter().map(cared).collect(), doing: doing.collect() }))
}

/// Says how a copy is looked after from now on. For who manages every space, and has just proved who they are.
#[utoipa::path(
    put, path = "/api/v1/copies/{copy}/care", tag = "safety", params(("copy" = String, Path)), request_body = CareRequest,
    security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>,
    )
)]
pub(crate) async fn care(
    caller: Caller,
    Path(copy): Path<String>,
    Json(asked): Json<CareRequest>,
) -> Answer<StatusCode> {
    let settings = CareSettings {
        every: Duration::from_secs(asked.every_minutes.saturating_mul(60)),
        scrub_days: asked.scrub_days,
        rate: asked.rate,
        quiet: asked.quiet.map(|QuietHours { from, until }| Quiet { from, until }),
        thin_out: asked.thin_out,
    };
    caller.library.care_set(&caller.actor, &copy, settings).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lets a copy be brought up to date now. For who manages a space.
#[utoipa::path(
    post, path = "/api/v1/copies/{copy}/run", tag = "safety", params(("copy" = String, Path)),
    security(("session" = []), ("bearer" = [])),
    responses(
        (status = 202),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>,
    )
)]
pub(crate) async fn run(caller: Caller, Path(copy): Path<String>) -> Answer<StatusCode> {
    caller.library.copy_run_soon(&caller.actor, &copy).await?;
    Ok(StatusCode::ACCEPTED)
}

/// What was found bad in copies and what became of it, the newest first. For who manages a space.
#[utoipa::path(
    get, path = "/api/v1/damage", tag = "safety", security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = Vec<DamageInfo>),
        Refusal<401>, Refusal<404>,
    )
)]
pub(crate) async fn damage(caller: Caller) -> Answer<Json<Vec<DamageInfo>>> {
    let found = caller.library.damage_found(&caller.actor).await?;
    let told = found.into_iter().map(|found| DamageInfo {
        names: found.photos.iter().map(ToString::to_string).collect(),
        copy: found.copy,
        state: found.state.into(),
        note: found.note,
        found_at: found.found_at.to_string(),
        healed_at: found.healed_at.map(|at| at.to_string()),
        healed_from: found.healed_from,
        unhealed: found.unhealed,
    });
    Ok(Json(told.collect()))
}
