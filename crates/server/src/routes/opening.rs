//! What opens an album to others: grants to single people, and mirrors in other spaces.

use api::{GrantInfo, GrantRequest, MirrorInfo, MirrorRequest, Openings};
use axum::http::StatusCode;
use model::{AlbumId, PersonId, SpaceId};
use uuid::Uuid;

use crate::auth::Caller;
use crate::body::{Json, Path};
use crate::openapi::Refusal;
use crate::problem::Answer;

fn info((grant, person): &(catalog::AlbumGrant, catalog::Person)) -> GrantInfo {
    GrantInfo {
        name: person.name.clone(),
        email: person.email.clone(),
        person: grant.person_id.0,
        permissions: api::words(grant.permissions),
        added_at: grant.added_at.to_string(),
    }
}

/// Who sees an album besides the members of its space.
#[utoipa::path(
    get, path = "/api/v1/albums/{id}/openings", tag = "albums", params(("id" = Uuid, Path)), security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = Openings),
        Refusal<401>, Refusal<403>, Refusal<404>,
    )
)]
pub(crate) async fn list(caller: Caller, Path(id): Path<Uuid>) -> Answer<Json<Openings>> {
    let (grants, mirrors) = caller.library.album_openings(&caller.actor, AlbumId(id)).await?;
    let mirror = |mirror: &catalog::AlbumMirror| MirrorInfo {
        space: mirror.space_id.0,
        added_at: mirror.added_at.to_string(),
    };
    Ok(Json(Openings {
        grants: grants.iter().map(info).collect(),
        mirrors: mirrors.iter().map(mirror).collect(),
    }))
}

/// Opens an album to somebody who has an account, or changes what they may do in it.
#[utoipa::path(
    post, path = "/api/v1/albums/{id}/grants", tag = "albums", params(("id" = Uuid, Path)), request_body = GrantRequest, security(("session" = []), ("bearer" = [])),
    responses(
        (status = 201, body = GrantInfo),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>,
    )
)]
pub(crate) async fn grant(
    caller: Caller,
    Path(id): Path<Uuid>,
    Json(asked): Json<GrantRequest>,
) -> Answer<(StatusCode, Json<GrantInfo>)> {
    let permissions = api::permissions(&asked.permissions);
    let grant = caller.library.album_grant(&caller.actor, AlbumId(id), &asked.email, permissions).await?;
    Ok((StatusCode::CREATED, Json(info(&grant))))
}

/// Closes an album to somebody, at once.
#[utoipa::path(
    delete, path = "/api/v1/albums/{id}/grants/{person}", tag = "albums", params(("id" = Uuid, Path), ("person" = Uuid, Path)), security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<401>, Refusal<403>, Refusal<404>,
    )
)]
pub(crate) async fn grant_end(caller: Caller, Path((id, person)): Path<(Uuid, Uuid)>) -> Answer<StatusCode> {
    caller.library.album_grant_end(&caller.actor, AlbumId(id), PersonId(person)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Mirrors an album, to be looked at, into another space.
#[utoipa::path(
    post, path = "/api/v1/albums/{id}/mirrors", tag = "albums", params(("id" = Uuid, Path)), request_body = MirrorRequest, security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>, Refusal<409>,
    )
)]
pub(crate) async fn mirror(
    caller: Caller,
    Path(id): Path<Uuid>,
    Json(asked): Json<MirrorRequest>,
) -> Answer<StatusCode> {
    caller.library.album_mirror(&caller.actor, AlbumId(id), SpaceId(asked.space)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends a mirror; either side may.
#[utoipa::path(
    delete, path = "/api/v1/albums/{id}/mirrors/{space}", tag = "albums", params(("id" = Uuid, Path), ("space" = Uuid, Path)), security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<401>, Refusal<403>, Refusal<404>,
    )
)]
pub(crate) async fn mirror_end(caller: Caller, Path((id, space)): Path<(Uuid, Uuid)>) -> Answer<StatusCode> {
    caller.library.album_mirror_end(&caller.actor, AlbumId(id), SpaceId(space)).await?;
    Ok(StatusCode::NO_CONTENT)
}
