//! Photos.

use api::{
    AssetAlbum, AssetCopy, AssetDecision, AssetDetail, AssetFile, AssetInfo, AssetPage, AssetPatch,
    AssetVersion, CaptureTime, Location, MonthInfo, OriginalQuery, PageQuery, RenditionKind,
};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use catalog::TimelineCursor;
use library::assets::{AssetView, CopyOfPhoto, Listed, Made};
use model::{AlbumId, AssetId, Error, Gps, Result, SpaceId, Timestamp, VersionId};
use uuid::Uuid;

use crate::app::App;
use crate::auth::Caller;
use crate::body::{Json, Path, Query};
use crate::openapi::Refusal;
use crate::pages::{self, Kept};
use crate::problem::Answer;
use crate::stream;

/// Photos on a page that says no number.
const PAGE: u32 = 100;

pub(crate) fn info(Listed { asset, album, name }: &Listed) -> AssetInfo {
    let shown = asset.shown();
    AssetInfo {
        id: asset.id.0,
        album: album.0,
        name: name.clone(),
        title: shown.title,
        kind: asset.kind.into(),
        media: shown.kind.into(),
        captured_at: asset.captured_at.to_string(),
        offset_minutes: shown.captured.and_then(|captured| captured.offset_minutes),
        rating: shown.rating,
        width: shown.width,
        height: shown.height,
        duration_ms: shown.duration_ms,
        placeholder: asset.placeholder.as_ref().map(|bytes| STANDARD.encode(bytes)),
        previews: asset.media_state.to_string(),
        deleted_at: asset.deleted_at.map(|at| at.to_string()),
        approval: asset.approval.map(Into::into),
    }
}

fn detail(view: AssetView) -> Result<AssetDetail> {
    let AssetView { asset, right, albums, decision, derived_from, files, objects } = view;
    let version = |version: &catalog::Version| {
        let object = objects.iter().find(|object| object.id == version.object_id);
        object.map(|object| AssetVersion {
            id: version.id.0,
            number: version.number,
            size: object.content_size,
            sha256: object.content_sha256.to_string(),
            media_type: object.media_type.clone(),
            modified_ns: version.modified_ns,
            added_at: version.added_at.to_string(),
        })
    };
    let file = |file: &catalog::AssetFile| AssetFile {
        name: String::from_utf8_lossy(&file.file.name).into_owned(),
        role: file.file.role.into(),
        versions: file.versions.iter().filter_map(version).collect(),
    };
    let unwritten = |error| Error::internal("metadata cannot be written").with_source(error);
    let name = library::assets::called(&files);
    let metadata = serde_json::to_value(asset.shown()).map_err(unwritten)?;
    let edits = serde_json::to_value(&asset.edits).map_err(unwritten)?;
    let album = albums.first().map_or(asset.album_id, |album| album.id);
    let others = albums.into_iter().skip(1);
    Ok(AssetDetail {
        note: asset.media_note.clone(),
        albums: others.map(|album| AssetAlbum { id: album.id.0, name: album.name }).collect(),
        decision: decision.map(|decision| AssetDecision {
            by: decision.by,
            at: decision.at.to_string(),
            reason: decision.reason,
        }),
        derived_from: derived_from.map(|id| id.0),
        asset: info(&Listed { asset, album, name }),
        metadata,
        edits,
        permissions: api::words(right.permissions),
        files: files.iter().map(file).collect(),
    })
}

/// A cursor is a time of the last photo of a page, and its id. It gives nobody any right: the page after it is asked for like
/// any other.
pub(super) fn cursor(at: Timestamp, id: AssetId) -> String {
    URL_SAFE_NO_PAD.encode([&at.0.to_be_bytes()[..], id.0.as_bytes()].concat())
}

pub(super) fn read_cursor(text: &str) -> Result<(Timestamp, AssetId)> {
    let wrong = || Error::invalid("this cursor is none of this server's").with_code("malformed");
    let bytes: [u8; 24] =
        URL_SAFE_NO_PAD.decode(text).map_err(|_| wrong())?.try_into().map_err(|_| wrong())?;
    let (time, id) = bytes.split_at(8);
    let time = i64::from_be_bytes(time.try_into().map_err(|_| wrong())?);
    Ok((Timestamp(time), AssetId(Uuid::from_slice(id).map_err(|_| wrong())?)))
}

/// The photos of a selection.
pub(super) fn ids(selected: &[Uuid]) -> Vec<AssetId> {
    selected.iter().copied().map(AssetId).collect()
}

/// How many photos a page shall have.
pub(crate) fn page_size(limit: Option<u32>) -> Result<usize> {
    let limit = limit.unwrap_or(PAGE) as usize;
    if limit == 0 || limit > library::assets::PAGE {
        return Err(Error::invalid("a page has 1 to 500 photos").with_code("malformed"));
    }
    Ok(limit)
}

/// The moment after a month, before which all of its photos lie.
fn end_of(month: &str) -> Result<TimelineCursor> {
    let wrong = || Error::invalid("a month is written like 2026-05").with_code("malformed");
    let (year, month) = month.split_once('-').ok_or_else(wrong)?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if year.len() != 4 || month.len() != 2 || !digits(year) || !digits(month) {
        return Err(wrong());
    }
    let (year, month): (i64, u32) = (year.parse().map_err(|_| wrong())?, month.parse().map_err(|_| wrong())?);
    let next = match month {
        1..=11 => Timestamp::from_civil(year, month + 1, 1),
        12 => Timestamp::from_civil(year + 1, 1, 1),
        _ => return Err(wrong()),
    };
    Ok(TimelineCursor { captured_at: next, id: AssetId(Uuid::nil()) })
}

pub(super) struct Asked {
    pub(super) before: Option<TimelineCursor>,
    pub(super) limit: usize,
}

pub(super) fn asked(query: &PageQuery) -> Result<Asked> {
    let before = match (&query.cursor, &query.month) {
        (Some(cursor), _) => {
            let (captured_at, id) = read_cursor(cursor)?;
            Some(TimelineCursor { captured_at, id })
        }
        (None, Some(month)) => Some(end_of(month)?),
        (None, None) => None,
    };
    Ok(Asked { before, limit: page_size(query.limit)? })
}

pub(super) fn page(assets: &[Listed], limit: usize) -> AssetPage {
    let next = assets
        .last()
        .filter(|_| assets.len() == limit)
        .map(|last| cursor(last.asset.captured_at, last.asset.id));
    AssetPage { assets: assets.iter().map(info).collect(), next }
}

/// A page of a space's timeline, newest first.
#[utoipa::path(
    get, path = "/api/v1/spaces/{id}/assets", tag = "photos", params(("id" = Uuid, Path), PageQuery), security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = AssetPage),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>,
    )
)]
pub(crate) async fn timeline(
    State(app): State<App>,
    Caller { actor, library, .. }: Caller,
    Path(id): Path<Uuid>,
    Query(query): Query<PageQuery>,
) -> Answer<Kept> {
    let space = SpaceId(id);
    let Asked { before, limit } = asked(&query)?;
    let head = library.timeline_head(&actor, space).await?;
    let read = async { Ok(page(&library.timeline(&actor, space, before, limit).await?, limit)) };
    Ok(app.pages().answer((space, head), pages::Asked::Page(before, limit), read).await?)
}

/// How many photos there are of each month, newest first.
#[utoipa::path(
    get, path = "/api/v1/spaces/{id}/months", tag = "photos", params(("id" = Uuid, Path)), security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = Vec<MonthInfo>),
        Refusal<401>, Refusal<403>, Refusal<404>,
    )
)]
pub(crate) async fn months(
    State(app): State<App>,
    Caller { actor, library, .. }: Caller,
    Path(id): Path<Uuid>,
) -> Answer<Kept> {
    let space = SpaceId(id);
    let head = library.timeline_head(&actor, space).await?;
    let info = |(year, month, count)| MonthInfo { month: format!("{year:04}-{month:02}"), count };
    let read = async {
        let months = library.months(&actor, space).await?;
        Ok(months.into_iter().map(info).collect::<Vec<_>>())
    };
    Ok(app.pages().answer((space, head), pages::Asked::Months, read).await?)
}

/// A page of an album, newest first.
#[utoipa::path(
    get, path = "/api/v1/albums/{id}/assets", tag = "photos", params(("id" = Uuid, Path), PageQuery), security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = AssetPage),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>,
    )
)]
pub(crate) async fn in_album(
    caller: Caller,
    Path(id): Path<Uuid>,
    Query(query): Query<PageQuery>,
) -> Answer<Json<AssetPage>> {
    let Asked { before, limit } = asked(&query)?;
    let assets = caller.library.album_page(&caller.actor, AlbumId(id), before, limit).await?;
    Ok(Json(page(&assets, limit)))
}

/// One photo with its files.
#[utoipa::path(
    get, path = "/api/v1/assets/{id}", tag = "photos", params(("id" = Uuid, Path)), security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = AssetDetail),
        Refusal<401>, Refusal<404>,
    )
)]
pub(crate) async fn view(caller: Caller, Path(id): Path<Uuid>) -> Answer<Json<AssetDetail>> {
    Ok(Json(detail(caller.library.asset_view(&caller.actor, AssetId(id)).await?)?))
}

/// Says something else of a photo than its files do. They stay as they are, and `null` takes it back.
#[utoipa::path(
    patch, path = "/api/v1/assets/{id}", tag = "photos", params(("id" = Uuid, Path)), request_body = AssetPatch,
    security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = AssetDetail),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>,
    )
)]
pub(crate) async fn edit(
    caller: Caller,
    Path(id): Path<Uuid>,
    Json(patch): Json<AssetPatch>,
) -> Answer<Json<AssetDetail>> {
    let id = AssetId(id);
    let made =
        Made { kind: patch.kind.map(Into::into), from: patch.derived_from.map(|from| from.map(AssetId)) };
    caller
        .library
        .asset_edit(&caller.actor, id, made, |edits, metadata| {
            set(&mut edits.title, patch.title);
            set(&mut edits.caption, patch.caption);
            set(&mut edits.creator, patch.creator);
            set(&mut edits.copyright, patch.copyright);
            set(&mut edits.keywords, patch.keywords);
            edits.change_keywords(metadata, patch.add_keywords, &patch.remove_keywords);
            set(&mut edits.rating, patch.rating);
            let captured = patch.captured.map(|told| {
                told.map(|CaptureTime { local_ms, offset_minutes }| model::CaptureTime {
                    local_ms,
                    offset_minutes,
                })
            });
            set(&mut edits.captured, captured);
            let gps = patch.location.map(|told| {
                told.map(|Location { latitude, longitude, altitude }| Gps { latitude, longitude, altitude })
            });
            set(&mut edits.gps, gps);
            Ok(())
        })
        .await?;
    Ok(Json(detail(caller.library.asset_view(&caller.actor, id).await?)?))
}

#[expect(clippy::option_option, reason = "left out, null, and a value are three things")]
fn set<T>(edit: &mut Option<T>, patch: Option<Option<T>>) {
    if let Some(said) = patch {
        *edit = said;
    }
}

/// Every copy, the library first, and how the photo stands in it.
#[utoipa::path(
    get, path = "/api/v1/assets/{id}/copies", tag = "photos", params(("id" = Uuid, Path)), security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = Vec<AssetCopy>),
        Refusal<401>, Refusal<404>,
    )
)]
pub(crate) async fn copies(caller: Caller, Path(id): Path<Uuid>) -> Answer<Json<Vec<AssetCopy>>> {
    let copies = caller.library.asset_copies(&caller.actor, AssetId(id)).await?;
    let info = |found: CopyOfPhoto| AssetCopy {
        name: found.copy.name,
        medium: found.copy.medium.to_string(),
        place: found.copy.place.to_string(),
        library: found.copy.is_library,
        state: found.state.map_or_else(|| "waiting".to_owned(), |state| state.to_string()),
        stored_at: found.stored_at.map(|at| at.to_string()),
        proved_at: found.proved_at.map(|at| at.to_string()),
        proved_by: found.proved_by.map(Into::into),
    };
    Ok(Json(copies.into_iter().map(info).collect()))
}

/// Makes an earlier version of a file the current one again, by a new version that has its bytes.
#[utoipa::path(
    post, path = "/api/v1/assets/{id}/versions/{version}/restore", tag = "photos",
    params(("id" = Uuid, Path), ("version" = Uuid, Path)), security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<401>, Refusal<403>, Refusal<404>, Refusal<409>,
    )
)]
pub(crate) async fn restore(
    State(app): State<App>,
    caller: Caller,
    Path((id, version)): Path<(Uuid, Uuid)>,
) -> Answer<StatusCode> {
    caller.library.version_restore(&caller.actor, AssetId(id), VersionId(version)).await?;
    app.work().notify_one();
    Ok(StatusCode::NO_CONTENT)
}

/// A picture made of a photo, as JPEG in sRGB without metadata.
#[utoipa::path(
    get, path = "/api/v1/assets/{id}/renditions/{kind}", tag = "photos", params(("id" = Uuid, Path), ("kind" = RenditionKind, Path)), security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = Vec<u8>, content_type = "image/jpeg"),
        (status = 304),
        Refusal<401>, Refusal<404>,
    )
)]
pub(crate) async fn rendition(
    caller: Caller,
    Path((id, kind)): Path<(Uuid, RenditionKind)>,
    asked: HeaderMap,
) -> Answer<Response> {
    let picture = caller.library.asset_rendition(&caller.actor, AssetId(id), kind.into()).await?;
    let etag = format!("\"{}\"", picture.etag());
    let mut headers = HeaderMap::new();
    stream::kept(&mut headers, &etag);
    if stream::not_modified(&asked, &etag) {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/jpeg"));
    Ok((headers, picture.read().await?).into_response())
}

/// An original, byte for byte; takes ranges. Where the library's own bytes are bad, they come from a copy that has them; who
/// manages the space may name the copy.
#[utoipa::path(
    get, path = "/api/v1/assets/{id}/versions/{version}", tag = "photos",
    params(("id" = Uuid, Path), ("version" = Uuid, Path), OriginalQuery), security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 206, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 304),
        (status = 416),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>, Refusal<429>, Refusal<503>,
    )
)]
pub(crate) async fn original(
    State(app): State<App>,
    caller: Caller,
    Path((id, version)): Path<(Uuid, Uuid)>,
    Query(OriginalQuery { copy }): Query<OriginalQuery>,
    method: Method,
    asked: HeaderMap,
) -> Answer<Response> {
    let (id, version) = (AssetId(id), VersionId(version));
    let readable = caller.library.original(&caller.actor, id, version, copy.as_deref()).await?;
    let turn = app.limits().transfer(&caller.actor)?;
    stream::file(&method, &asked, readable, turn).await
}
