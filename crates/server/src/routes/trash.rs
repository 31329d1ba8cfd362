//! The trash.

use api::{AssetPage, PageQuery, Selection};
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use catalog::TrashCursor;
use library::assets::Listed;
use model::{AssetId, Error, Result, SpaceId, Timestamp};
use uuid::Uuid;

use super::asset::{info, page_size};
use crate::auth::Caller;
use crate::body::{Json, Path, Query};
use crate::openapi::Refusal;
use crate::problem::Answer;

fn cursor(last: &Listed) -> Option<String> {
    let deleted_at = last.asset.deleted_at?;
    Some(URL_SAFE_NO_PAD.encode([&deleted_at.0.to_be_bytes()[..], last.asset.id.0.as_bytes()].concat()))
}

fn read_cursor(text: &str) -> Result<TrashCursor> {
    let wrong = || Error::invalid("this cursor is none of this server's").with_code("malformed");
    let bytes: [u8; 24] =
        URL_SAFE_NO_PAD.decode(text).map_err(|_| wrong())?.try_into().map_err(|_| wrong())?;
    let (time, id) = bytes.split_at(8);
    let time = i64::from_be_bytes(time.try_into().map_err(|_| wrong())?);
    Ok(TrashCursor { deleted_at: Timestamp(time), id: AssetId(Uuid::from_slice(id).map_err(|_| wrong())?) })
}

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
    let listed = caller.library.trash(&caller.actor, SpaceId(id), before, limit).await?;
    let next = listed.last().filter(|_| listed.len() == limit).and_then(cursor);
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

fn ids(selection: &Selection) -> Vec<AssetId> {
    selection.assets.iter().copied().map(AssetId).collect()
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
    caller.library.assets_trash(&caller.actor, &ids(&selection), true).await?;
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
    caller.library.assets_trash(&caller.actor, &ids(&selection), false).await?;
    Ok(StatusCode::NO_CONTENT)
}
