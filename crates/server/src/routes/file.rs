//! Whole files, in one request each.

use api::{CheckRequest, CheckResponse, FileReceived, KnownRequest, PutFileQuery, Was};
use axum::body::{Body, HttpBody};
use axum::extract::State;
use library::ingest::{Incoming, Received, Was as Known};
use model::{Error, Sha256, SpaceId};
use uuid::Uuid;

use crate::app::App;
use crate::auth::Caller;
use crate::body::{Json, Path, Query};
use crate::network::Peer;
use crate::openapi::Refusal;
use crate::problem::Answer;
use crate::spending::SEARCH;
use crate::stream;

/// Hashes in one question.
const MANY: usize = 10_000;

pub(crate) fn was(known: Known) -> Was {
    match known {
        Known::New => Was::New,
        Known::NewVersion => Was::NewVersion,
        Known::There => Was::There,
        Known::InTrash => Was::InTrash,
    }
}

fn answer(received: Received) -> FileReceived {
    FileReceived {
        asset: received.asset.0,
        sha256: received.content_sha256.to_string(),
        was: was(received.was),
    }
}

/// Stores a file. Answered with success, it is durable and referenced; refused, nothing of it is left.
#[utoipa::path(
    put, path = "/api/v1/spaces/{id}/files", tag = "uploads", params(("id" = Uuid, Path), PutFileQuery), request_body(content = Vec<u8>, content_type = "application/octet-stream"), security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = FileReceived),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>, Refusal<409>, Refusal<429>, Refusal<507>,
    )
)]
pub(crate) async fn put(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Query(query): Query<PutFileQuery>,
    body: Body,
) -> Answer<Json<FileReceived>> {
    let size = body.size_hint().exact().ok_or_else(|| {
        Error::invalid("say how long the file is (Content-Length)").with_code("length-required")
    })?;
    let content_sha256: Sha256 = query.sha256.parse()?;
    let incoming = Incoming {
        space: SpaceId(id),
        folder: query.album.into_bytes(),
        name: query.name.into_bytes(),
        size,
        content_sha256: Some(content_sha256),
        modified_ns: query.modified_ns,
        by: caller.actor.person().id,
        upload: None,
    };
    caller.library.may_receive(&caller.actor, &incoming).await?;
    let _turn = app.limits().transfer(&caller.actor)?;
    let received = caller.receiver.receive(&caller.actor, incoming, stream::incoming(body)).await?;
    app.work().notify_one();
    Ok(Json(answer(received)))
}

/// Stores a file without its bytes, which the space has already; `content-unknown` says that they have to be sent.
#[utoipa::path(
    post, path = "/api/v1/spaces/{id}/files/known", tag = "uploads", params(("id" = Uuid, Path)),
    request_body = KnownRequest, security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = FileReceived),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>, Refusal<409>, Refusal<507>,
    )
)]
pub(crate) async fn known(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Json(asked): Json<KnownRequest>,
) -> Answer<Json<FileReceived>> {
    let content_sha256: Sha256 = asked.sha256.parse()?;
    // Whoever may ask which contents a space has may also name one of them.
    caller.library.contents_present(&caller.actor, SpaceId(id), &[content_sha256]).await?;
    let incoming = Incoming {
        space: SpaceId(id),
        folder: asked.album.into_bytes(),
        name: asked.name.into_bytes(),
        size: asked.size,
        content_sha256: Some(content_sha256),
        modified_ns: asked.modified_ns,
        by: caller.actor.person().id,
        upload: None,
    };
    let received = caller.library.receive_known(&caller.actor, incoming).await?;
    app.work().notify_one();
    Ok(Json(answer(received)))
}

/// Which contents a space has already, so that their bytes need not travel.
#[utoipa::path(
    post, path = "/api/v1/spaces/{id}/files/check", tag = "uploads", params(("id" = Uuid, Path)), request_body = CheckRequest, security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = CheckResponse),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>, Refusal<429>,
    )
)]
pub(crate) async fn check(
    State(app): State<App>,
    peer: Peer,
    caller: Caller,
    Path(id): Path<Uuid>,
    Json(asked): Json<CheckRequest>,
) -> Answer<Json<CheckResponse>> {
    let _asking = app.limits().costly(&caller.actor, &peer, SEARCH)?;
    if asked.sha256.len() > MANY {
        return Err(Error::invalid("ask for up to 10,000 hashes at a time").into());
    }
    let hashes = asked.sha256.iter().map(|hash| hash.parse()).collect::<Result<Vec<Sha256>, Error>>()?;
    let present = caller.library.contents_present(&caller.actor, SpaceId(id), &hashes).await?;
    Ok(Json(CheckResponse { present: present.iter().map(ToString::to_string).collect() }))
}
