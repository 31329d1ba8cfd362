//! Albums.

use api::{AlbumInfo, AlbumPatch, AlbumRequest};
use axum::http::StatusCode;
use library::access::AlbumRight;
use model::{AlbumId, SpaceId};
use uuid::Uuid;

use crate::auth::Caller;
use crate::body::{Json, Path};
use crate::openapi::Refusal;
use crate::problem::Answer;

fn info(right: AlbumRight) -> AlbumInfo {
    let album = right.album;
    AlbumInfo {
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
    Ok(Json(albums.into_iter().map(info).collect()))
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
    Ok((StatusCode::CREATED, Json(info(album))))
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
    Ok(Json(albums.into_iter().map(info).collect()))
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
    Ok(Json(info(caller.library.album_view(&caller.actor, AlbumId(id)).await?)))
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
    Ok(Json(info(caller.library.album_rename(&caller.actor, AlbumId(id), &asked.name).await?)))
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
