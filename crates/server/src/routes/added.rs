//! Photos in albums that are not their home.

use api::Selection;
use axum::http::StatusCode;
use model::{AlbumId, AssetId};
use uuid::Uuid;

use super::asset::ids;
use crate::auth::Caller;
use crate::body::{Json, Path};
use crate::openapi::Refusal;
use crate::problem::Answer;

/// Lets a photo be seen in an album too. It goes on living in its home, where a restore puts it.
#[utoipa::path(
    put, path = "/api/v1/albums/{id}/assets/{asset}", tag = "albums",
    params(("id" = Uuid, Path), ("asset" = Uuid, Path)), security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>, Refusal<409>,
    )
)]
pub(crate) async fn add(caller: Caller, Path((id, asset)): Path<(Uuid, Uuid)>) -> Answer<StatusCode> {
    caller.library.album_add(&caller.actor, AlbumId(id), &[AssetId(asset)]).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a photo out of an album that is not its home. It stays there, and in all other albums.
#[utoipa::path(
    delete, path = "/api/v1/albums/{id}/assets/{asset}", tag = "albums",
    params(("id" = Uuid, Path), ("asset" = Uuid, Path)), security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<401>, Refusal<403>, Refusal<404>, Refusal<409>,
    )
)]
pub(crate) async fn take_out(caller: Caller, Path((id, asset)): Path<(Uuid, Uuid)>) -> Answer<StatusCode> {
    caller.library.album_take_out(&caller.actor, AlbumId(id), &[AssetId(asset)]).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lets photos be seen in an album too: all of them, or none.
#[utoipa::path(
    post, path = "/api/v1/albums/{id}/assets", tag = "albums", params(("id" = Uuid, Path)), request_body = Selection,
    security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>, Refusal<409>,
    )
)]
pub(crate) async fn add_many(
    caller: Caller,
    Path(id): Path<Uuid>,
    Json(selection): Json<Selection>,
) -> Answer<StatusCode> {
    caller.library.album_add(&caller.actor, AlbumId(id), &ids(&selection.assets)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes photos out of an album that is not their home: all of them, or none.
#[utoipa::path(
    post, path = "/api/v1/albums/{id}/assets/remove", tag = "albums", params(("id" = Uuid, Path)),
    request_body = Selection, security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>, Refusal<409>,
    )
)]
pub(crate) async fn take_out_many(
    caller: Caller,
    Path(id): Path<Uuid>,
    Json(selection): Json<Selection>,
) -> Answer<StatusCode> {
    caller.library.album_take_out(&caller.actor, AlbumId(id), &ids(&selection.assets)).await?;
    Ok(StatusCode::NO_CONTENT)
}
