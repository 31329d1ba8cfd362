//! Albums.

use std::collections::HashMap;

use api::{AlbumInfo, AlbumPatch, AlbumRequest};
use axum::http::StatusCode;
use catalog::Glance;
use library::Library;
use library::access::AlbumRight;
use model::{AlbumId, Permission, SpaceId};
use uuid::Uuid;

use crate::auth::Caller;
use crate::body::{Json, Path};
use crate::openapi::Refusal;
use crate::problem::Answer;

async fn infos(library: &Library, rights: Vec<AlbumRight>) -> Answer<Vec<AlbumInfo>> {
    let glances = library.album_glances(&rights).await?;
    Ok(rights.into_iter().map(|right| info(right, &glances)).collect())
}

async fn one(library: &Library, right: AlbumRight) -> Answer<AlbumInfo> {
    let glances = library.album_glances(std::slice::from_ref(&right)).await?;
    Ok(info(right, &glances))
}

fn info(right: AlbumRight, glances: &HashMap<AlbumId, Glance>) -> AlbumInfo {
    let looks = right.permissions.has(Permission::View);
    let glance = looks.then(|| glances.get(&right.album.id).copied().unwrap_or_default());
    let album = right.album;
    AlbumInfo {
        count: glance.map(|glance| glance.count),
        cover: glance.and_then(|glance| glance.cover).map(|id| id.0),
        id: album.id.0,
        space: album.space_id.0,
        name: album.name,
        folder: String::from_utf8_lossy(&album.folder).into_owned(),
        tier: album.tier.into(),
        permissions: api::words(right.permissions),
        created_at: album.created_at.to_string(),
        deleted_at: album.deleted_at.map(|at| at.to_string()),
    }
}

/// The albums that one sees in a space, those mirrored into it too.
#[utoipa::path(
    get, path = "/api/v1/spaces/{id}/albums", tag = "albums", params(("id" = Uuid, Path)), security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = Vec<AlbumInfo>),
        Refusal<401>, Refusal<404>,
    )
)]
pub(crate) async fn list(caller: Caller, Path(id): Path<Uuid>) -> Answer<Json<Vec<AlbumInfo>>> {
    let albums = caller.library.albums(&caller.actor, SpaceId(id)).await?;
    Ok(Json(infos(&caller.library, albums).await?))
}

/// Makes an album.
#[utoipa::path(
    post, path = "/api/v1/spaces/{id}/albums", tag = "albums", params(("id" = Uuid, Path)), request_body = AlbumRequest, security(("session" = []), ("bearer" = [])),
    responses(
        (status = 201, body = AlbumInfo),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>, Refusal<409>,
    )
)]
pub(crate) async fn create(
    caller: Caller,
    Path(id): Path<Uuid>,
    Json(asked): Json<AlbumRequest>,
) -> Answer<(StatusCode, Json<AlbumInfo>)> {
    let album = caller.library.album_create(&caller.actor, SpaceId(id), &asked.name).await?;
    Ok((StatusCode::CREATED, Json(one(&caller.library, album).await?)))
}

/// The albums of other spaces that were opened to oneself alone.
#[utoipa::path(
    get, path = "/api/v1/albums", tag = "albums", security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = Vec<AlbumInfo>),
        Refusal<401>,
    )
)]
pub(crate) async fn granted(caller: Caller) -> Answer<Json<Vec<AlbumInfo>>> {
    let albums = caller.library.albums_granted(&caller.actor).await?;
    Ok(Json(infos(&caller.library, albums).await?))
}

/// One album.
#[utoipa::path(
    get, path = "/api/v1/albums/{id}", tag = "albums", params(("id" = Uuid, Path)), security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = AlbumInfo),
        Refusal<401>, Refusal<404>,
    )
)]
pub(crate) async fn view(caller: Caller, Path(id): Path<Uuid>) -> Answer<Json<AlbumInfo>> {
    let album = caller.library.album_view(&caller.actor, AlbumId(id)).await?;
    Ok(Json(one(&caller.library, album).await?))
}

/// Renames an album; its folder stays.
#[utoipa::path(
    patch, path = "/api/v1/albums/{id}", tag = "albums", params(("id" = Uuid, Path)), request_body = AlbumPatch, security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = AlbumInfo),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>,
    )
)]
pub(crate) async fn rename(
    caller: Caller,
    Path(id): Path<Uuid>,
    Json(asked): Json<AlbumPatch>,
) -> Answer<Json<AlbumInfo>> {
    let album = caller.library.album_rename(&caller.actor, AlbumId(id), &asked.name).await?;
    Ok(Json(one(&caller.library, album).await?))
}

/// Puts an album with all that is in it into the trash.
#[utoipa::path(
    delete, path = "/api/v1/albums/{id}", tag = "albums", params(("id" = Uuid, Path)), security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<401>, Refusal<403>, Refusal<404>, Refusal<409>,
    )
)]
pub(crate) async fn delete(caller: Caller, Path(id): Path<Uuid>) -> Answer<StatusCode> {
    caller.library.album_trash(&caller.actor, AlbumId(id), true).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes an album out of the trash.
#[utoipa::path(
    post, path = "/api/v1/albums/{id}/undelete", tag = "albums", params(("id" = Uuid, Path)), security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<401>, Refusal<403>, Refusal<404>,
    )
)]
pub(crate) async fn undelete(caller: Caller, Path(id): Path<Uuid>) -> Answer<StatusCode> {
    caller.library.album_trash(&caller.actor, AlbumId(id), false).await?;
    Ok(StatusCode::NO_CONTENT)
}
