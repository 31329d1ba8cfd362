//! The trash.

use api::{AssetPage, PageQuery, Selection};
use axum::http::StatusCode;
use catalog::TrashCursor;
use model::{AssetId, Error, SpaceId};
use uuid::Uuid;

use super::asset::{cursor, ids, info, page_size, read_cursor};
use crate::auth::Caller;
use crate::body::{Json, Path, Query};
use crate::openapi::Refusal;
use crate::problem::Answer;

/// A page of the photos in a space's trash, the last put there first. Albums in the trash are among its albums.
#[utoipa::path(
    get, path = "/api/v1/spaces/{id}/trash", tag = "photos", params(("id" = Uuid, Path), PageQuery),
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
    if query.month.is_some() {
        return Err(Error::invalid("the trash has no months").with_code("malformed").into());
    }
    let limit = page_size(query.limit)?;
    let before = query.cursor.as_deref().map(read_cursor).transpose()?;
    let before = before.map(|(deleted_at, id)| TrashCursor { deleted_at, id });
    let listed = caller.library.trash(&caller.actor, SpaceId(id), before, limit).await?;
    let next = listed
        .last()
        .filter(|_| listed.len() == limit)
        .and_then(|last| Some(cursor(last.asset.deleted_at?, last.asset.id)));
    Ok(Json(AssetPage { assets: listed.iter().map(info).collect(), next }))
}

/// Puts a photo into the trash.
#[utoipa::path(
    delete, path = "/api/v1/assets/{id}", tag = "photos", params(("id" = Uuid, Path)), security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<401>, Refusal<403>, Refusal<404>, Refusal<409>,
    )
)]
pub(crate) async fn delete(caller: Caller, Path(id): Path<Uuid>) -> Answer<StatusCode> {
    caller.library.assets_trash(&caller.actor, &[AssetId(id)], true).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a photo out of the trash.
#[utoipa::path(
    post, path = "/api/v1/assets/{id}/undelete", tag = "photos", params(("id" = Uuid, Path)), security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<401>, Refusal<403>, Refusal<404>,
    )
)]
pub(crate) async fn undelete(caller: Caller, Path(id): Path<Uuid>) -> Answer<StatusCode> {
    caller.library.assets_trash(&caller.actor, &[AssetId(id)], false).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Puts photos into the trash: all of them, or none.
#[utoipa::path(
    post, path = "/api/v1/trash", tag = "photos", request_body = Selection, security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>, Refusal<409>,
    )
)]
pub(crate) async fn delete_many(caller: Caller, Json(selection): Json<Selection>) -> Answer<StatusCode> {
    caller.library.assets_trash(&caller.actor, &ids(&selection.assets), true).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes photos out of the trash: all of them, or none.
#[utoipa::path(
    post, path = "/api/v1/trash/undelete", tag = "photos", request_body = Selection, security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>, Refusal<409>,
    )
)]
pub(crate) async fn undelete_many(caller: Caller, Json(selection): Json<Selection>) -> Answer<StatusCode> {
    caller.library.assets_trash(&caller.actor, &ids(&selection.assets), false).await?;
    Ok(StatusCode::NO_CONTENT)
}
