//! Approval of what contributors bring.

use api::{AssetPage, DeclineRequest, DeclinedSelection, PageQuery, Selection};
use axum::http::StatusCode;
use model::{AssetId, SpaceId};
use uuid::Uuid;

use super::asset::{Asked, asked, ids, page};
use crate::auth::Caller;
use crate::body::{Json, Path, Query};
use crate::openapi::Refusal;
use crate::problem::Answer;

/// A page of the photos of a space that wait for approval, newest first.
#[utoipa::path(
    get, path = "/api/v1/spaces/{id}/waiting", tag = "photos", params(("id" = Uuid, Path), PageQuery),
    security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = AssetPage),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>,
    )
)]
pub(crate) async fn list(
    caller: Caller,
    Path(id): Path<Uuid>,
    Query(query): Query<PageQuery>,
) -> Answer<Json<AssetPage>> {
    let Asked { before, limit } = asked(&query)?;
    let assets = caller.library.waiting(&caller.actor, SpaceId(id), before, limit).await?;
    Ok(Json(page(&assets, limit)))
}

/// Approves a photo that waits.
#[utoipa::path(
    post, path = "/api/v1/assets/{id}/approve", tag = "photos", params(("id" = Uuid, Path)),
    security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<401>, Refusal<403>, Refusal<404>, Refusal<409>,
    )
)]
pub(crate) async fn approve(caller: Caller, Path(id): Path<Uuid>) -> Answer<StatusCode> {
    caller.library.assets_approve(&caller.actor, &[AssetId(id)]).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Declines a photo that waits, which puts it into the trash. Who brought it is told why.
#[utoipa::path(
    post, path = "/api/v1/assets/{id}/decline", tag = "photos", params(("id" = Uuid, Path)),
    request_body = DeclineRequest, security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>, Refusal<409>,
    )
)]
pub(crate) async fn decline(
    caller: Caller,
    Path(id): Path<Uuid>,
    Json(asked): Json<DeclineRequest>,
) -> Answer<StatusCode> {
    caller.library.assets_decline(&caller.actor, &[AssetId(id)], asked.reason.as_deref()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Approves photos that wait: all of them, or none.
#[utoipa::path(
    post, path = "/api/v1/approvals", tag = "photos", request_body = Selection,
    security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>, Refusal<409>,
    )
)]
pub(crate) async fn approve_many(caller: Caller, Json(selection): Json<Selection>) -> Answer<StatusCode> {
    caller.library.assets_approve(&caller.actor, &ids(&selection.assets)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Declines photos that wait, which puts them into the trash: all of them, or none.
#[utoipa::path(
    post, path = "/api/v1/approvals/decline", tag = "photos", request_body = DeclinedSelection,
    security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>, Refusal<409>,
    )
)]
pub(crate) async fn decline_many(
    caller: Caller,
    Json(selection): Json<DeclinedSelection>,
) -> Answer<StatusCode> {
    let reason = selection.reason.as_deref();
    caller.library.assets_decline(&caller.actor, &ids(&selection.assets), reason).await?;
    Ok(StatusCode::NO_CONTENT)
}
