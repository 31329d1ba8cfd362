//! Work that waits, runs, or was given up.

use api::{GivenUp, JobPhoto, WorkInfo};
use axum::extract::State;
use axum::http::StatusCode;
use model::JobId;
use uuid::Uuid;

use crate::app::App;
use crate::auth::Caller;
use crate::body::{Json, Path};
use crate::openapi::Refusal;
use crate::problem::Answer;

/// How the work stands, and what was given up of photos that one manages.
#[utoipa::path(
    get, path = "/api/v1/jobs", tag = "activity", security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = WorkInfo),
        Refusal<401>, Refusal<404>,
    )
)]
pub(crate) async fn list(caller: Caller) -> Answer<Json<WorkInfo>> {
    let work = caller.library.work(&caller.actor).await?;
    let info = |(job, asset, name): (catalog::Job, catalog::Asset, String)| GivenUp {
        id: job.id.0,
        kind: job.kind,
        photo: JobPhoto { id: asset.id.0, name, album: asset.album_id.0, space: asset.space_id.0 },
        error: job.last_error.unwrap_or_default(),
        attempts: job.attempts,
        failed_at: job.failed_at.map(|at| at.to_string()).unwrap_or_default(),
    };
    Ok(Json(WorkInfo {
        due: work.counts.due,
        later: work.counts.later,
        running: work.counts.running,
        failed: work.counts.failed,
        given_up: work.given_up.into_iter().map(info).collect(),
    }))
}

/// Gives a job that was given up another chance.
#[utoipa::path(
    post, path = "/api/v1/jobs/{id}/again", tag = "activity", params(("id" = Uuid, Path)), security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<401>, Refusal<403>, Refusal<404>,
    )
)]
pub(crate) async fn again(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Answer<StatusCode> {
    caller.library.job_again(&caller.actor, JobId(id)).await?;
    app.work().notify_one();
    Ok(StatusCode::NO_CONTENT)
}
