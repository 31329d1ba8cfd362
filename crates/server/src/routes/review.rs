//! What people look at again and again.

use api::{ReviewInfo, ReviewOutcome, ReviewPoint, ReviewRecord, ReviewRequest};
use axum::http::StatusCode;
use library::safety::review::{Outcome, ReviewPlan, ReviewView};
use model::{PersonId, ReviewId, Timestamp};
use uuid::Uuid;

use crate::auth::Caller;
use crate::body::{Json, Path};
use crate::openapi::Refusal;
use crate::problem::Answer;

fn info(view: ReviewView) -> ReviewInfo {
    let ReviewView { review, owner, overdue, evidence, history } = view;
    let points = review.checklist.into_iter().zip(evidence).map(|(text, seen)| ReviewPoint {
        text,
        evidence: seen.lines,
        well: seen.well,
    });
    let history = history.into_iter().map(|(done, done_by)| ReviewRecord {
        done_at: done.done_at.to_string(),
        due_at: done.due_at.to_string(),
        done_by,
        passed: done.passed,
        note: done.note,
        evidence: done.evidence,
    });
    ReviewInfo {
        id: review.id.0,
        kind: review.kind.into(),
        title: review.title,
        points: points.collect(),
        every_days: review.every_days,
        owner,
        owner_id: review.owner_id.map(|id| id.0),
        due_at: review.due_at.to_string(),
        overdue,
        history: history.collect(),
    }
}

fn plan(asked: ReviewRequest) -> ReviewPlan {
    ReviewPlan {
        title: asked.title,
        checklist: asked.points,
        every_days: asked.every_days,
        owner: asked.owner_id.map(PersonId),
        due_at: Timestamp(asked.due_ms),
    }
}

/// Every review with what there is to see, the one that is due first in front. For who manages a space.
#[utoipa::path(
    get, path = "/api/v1/reviews", tag = "safety", security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = Vec<ReviewInfo>),
        Refusal<401>, Refusal<404>,
    )
)]
pub(crate) async fn list(caller: Caller) -> Answer<Json<Vec<ReviewInfo>>> {
    let reviews = caller.library.reviews(&caller.actor).await?;
    Ok(Json(reviews.into_iter().map(info).collect()))
}

/// Adds a review of one's own. For who manages a space, as a person.
#[utoipa::path(
    post, path = "/api/v1/reviews", tag = "safety", request_body = ReviewRequest, security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>,
    )
)]
pub(crate) async fn add(caller: Caller, Json(asked): Json<ReviewRequest>) -> Answer<StatusCode> {
    caller.library.review_add(&caller.actor, plan(asked)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Changes a review. For who manages a space, as a person.
#[utoipa::path(
    put, path = "/api/v1/reviews/{id}", tag = "safety", params(("id" = Uuid, Path)), request_body = ReviewRequest,
    security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>,
    )
)]
pub(crate) async fn change(
    caller: Caller,
    Path(id): Path<Uuid>,
    Json(asked): Json<ReviewRequest>,
) -> Answer<StatusCode> {
    caller.library.review_change(&caller.actor, ReviewId(id), plan(asked)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends a review; what was found in it is kept. For who manages a space, and has just proved who they are.
#[utoipa::path(
    delete, path = "/api/v1/reviews/{id}", tag = "safety", params(("id" = Uuid, Path)), security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<401>, Refusal<403>, Refusal<404>,
    )
)]
pub(crate) async fn end(caller: Caller, Path(id): Path<Uuid>) -> Answer<StatusCode> {
    caller.library.review_end(&caller.actor, ReviewId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Puts on record that a review was done, with what there is to see now. For who manages a space, as a person.
#[utoipa::path(
    post, path = "/api/v1/reviews/{id}/done", tag = "safety", params(("id" = Uuid, Path)), request_body = ReviewOutcome,
    security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>, Refusal<409>,
    )
)]
pub(crate) async fn done(
    caller: Caller,
    Path(id): Path<Uuid>,
    Json(came): Json<ReviewOutcome>,
) -> Answer<StatusCode> {
    let outcome = Outcome { passed: came.passed, ticked: came.ticked, note: came.note };
    caller.library.review_done(&caller.actor, ReviewId(id), outcome).await?;
    Ok(StatusCode::NO_CONTENT)
}
