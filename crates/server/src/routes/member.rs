//! Members of a space.

use api::{MemberInfo, MemberRequest};
use axum::http::StatusCode;
use library::members::MemberView;
use model::{PersonId, SpaceId};
use uuid::Uuid;

use crate::auth::Caller;
use crate::body::{Json, Path};
use crate::openapi::Refusal;
use crate::problem::Answer;

/// Who belongs to a space.
#[utoipa::path(
    get, path = "/api/v1/spaces/{id}/members", tag = "spaces", params(("id" = Uuid, Path)), security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = Vec<MemberInfo>),
        Refusal<401>, Refusal<404>,
    )
)]
pub(crate) async fn list(caller: Caller, Path(id): Path<Uuid>) -> Answer<Json<Vec<MemberInfo>>> {
    let members = caller.library.members(&caller.actor, SpaceId(id)).await?;
    let info = |view: MemberView| MemberInfo {
        person: view.member.person_id.0,
        name: view.name,
        email: view.email,
        role: view.member.role.into(),
        permissions: api::words(view.member.permissions()),
        added_at: view.member.added_at.to_string(),
    };
    Ok(Json(members.into_iter().map(info).collect()))
}

/// Changes what a member is. Nobody gives more than they have; the last owner stays one.
#[utoipa::path(
    put, path = "/api/v1/spaces/{id}/members/{person}", tag = "spaces", params(("id" = Uuid, Path), ("person" = Uuid, Path)), request_body = MemberRequest, security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>, Refusal<409>,
    )
)]
pub(crate) async fn change(
    caller: Caller,
    Path((id, person)): Path<(Uuid, Uuid)>,
    Json(asked): Json<MemberRequest>,
) -> Answer<StatusCode> {
    let custom = api::permissions(&asked.permissions);
    caller
        .library
        .member_change(&caller.actor, SpaceId(id), PersonId(person), asked.role.into(), custom)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Removes a member; everybody may remove themselves.
#[utoipa::path(
    delete, path = "/api/v1/spaces/{id}/members/{person}", tag = "spaces", params(("id" = Uuid, Path), ("person" = Uuid, Path)), security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<401>, Refusal<403>, Refusal<404>, Refusal<409>,
    )
)]
pub(crate) async fn remove(caller: Caller, Path((id, person)): Path<(Uuid, Uuid)>) -> Answer<StatusCode> {
    caller.library.member_remove(&caller.actor, SpaceId(id), PersonId(person)).await?;
    Ok(StatusCode::NO_CONTENT)
}
