//! Spaces.

use api::{SpaceDetail, SpaceInfo, SpacePatch, SpaceRequest};
use axum::http::StatusCode;
use catalog::Approvals;
use library::access::SpaceRight;
use library::spaces::{SpaceChange, SpaceView};
use model::{Permission, SpaceId};
use uuid::Uuid;

use crate::auth::Caller;
use crate::body::{Json, Path};
use crate::openapi::Refusal;
use crate::problem::Answer;

fn info(right: SpaceRight, approvals: Approvals) -> SpaceInfo {
    SpaceInfo {
        approval: approvals.asked,
        waiting: right.permissions.has(Permission::View).then_some(approvals.waiting),
        id: right.space.id.0,
        name: right.space.name,
        role: right.role.into(),
        permissions: api::words(right.permissions),
        created_at: right.space.created_at.to_string(),
    }
}

fn detail(view: SpaceView) -> SpaceDetail {
    SpaceDetail { space: info(view.right, view.approvals), used: view.used, quota: view.quota }
}

/// The spaces that one may look into, by name.
#[utoipa::path(
    get, path = "/api/v1/spaces", tag = "spaces", security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = Vec<SpaceInfo>),
        Refusal<401>,
    )
)]
pub(crate) async fn list(caller: Caller) -> Answer<Json<Vec<SpaceInfo>>> {
    let spaces = caller.library.spaces(&caller.actor).await?;
    let approvals = caller.library.space_approvals(&spaces).await?;
    let of = |right: &SpaceRight| approvals.get(&right.space.id).copied().unwrap_or_default();
    Ok(Json(spaces.into_iter().map(|right| (of(&right), right)).map(|(of, right)| info(right, of)).collect()))
}

/// Makes a space, which one owns. For who owns one already.
#[utoipa::path(
    post, path = "/api/v1/spaces", tag = "spaces", request_body = SpaceRequest, security(("session" = []), ("bearer" = [])),
    responses(
        (status = 201, body = SpaceDetail),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<409>,
    )
)]
pub(crate) async fn create(
    caller: Caller,
    Json(asked): Json<SpaceRequest>,
) -> Answer<(StatusCode, Json<SpaceDetail>)> {
    let space = caller.library.space_create(&caller.actor, &asked.name).await?;
    let view = caller.library.space_view(&caller.actor, space.id).await?;
    Ok((StatusCode::CREATED, Json(detail(view))))
}

/// One space.
#[utoipa::path(
    get, path = "/api/v1/spaces/{id}", tag = "spaces", params(("id" = Uuid, Path)), security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = SpaceDetail),
        Refusal<401>, Refusal<404>,
    )
)]
pub(crate) async fn view(caller: Caller, Path(id): Path<Uuid>) -> Answer<Json<SpaceDetail>> {
    Ok(Json(detail(caller.library.space_view(&caller.actor, SpaceId(id)).await?)))
}

/// Changes a space's name, its quota, or whether photos of contributors wait for approval.
#[utoipa::path(
    patch, path = "/api/v1/spaces/{id}", tag = "spaces", params(("id" = Uuid, Path)), request_body = SpacePatch, security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = SpaceDetail),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>, Refusal<409>,
    )
)]
pub(crate) async fn change(
    caller: Caller,
    Path(id): Path<Uuid>,
    Json(asked): Json<SpacePatch>,
) -> Answer<Json<SpaceDetail>> {
    let quota = asked.quota.map(|quota| (quota > 0).then_some(quota));
    let change = SpaceChange { name: asked.name, quota, approval: asked.approval };
    Ok(Json(detail(caller.library.space_change(&caller.actor, SpaceId(id), change).await?)))
}
