//! Files in pieces, for links that break: tus 1.0 with creation, checksum, expiration and termination.

use api::UploadInfo;
use axum::body::Body;
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use library::ingest::Incoming;
use library::uploads::{Part, Progressed};
use model::{Error, Result, SpaceId, UploadId};
use uuid::Uuid;

use crate::app::App;
use crate::auth::Caller;
use crate::body::{Json, Path};
use crate::openapi::Refusal;
use crate::problem::Answer;
use crate::stream::incoming_until;
use crate::turns::Turn;
use crate::tus;

/// A request at one upload.
struct At<'a> {
    app: &'a App,
    caller: &'a Caller,
    id: UploadId,
}

impl At<'_> {
    /// Takes the part that a request brings.
    async fn take(&self, headers: &HeaderMap, offset: u64, body: Body) -> Result<Progressed> {
        let checksum = tus::checksum(headers)?;
        let turn = turn(self.app, self.caller, self.id).await?;
        let transfer = self.app.limits().transfer(&self.caller.actor)?;
        let source = incoming_until(body, turn.over.clone());
        let part = Part { offset, checksum, source };
        let Caller { actor, receiver, .. } = self.caller;
        let progressed = receiver.upload_continue(actor, self.id, part, || Ok(transfer)).await?;
        self.app.work().notify_one();
        Ok(progressed)
    }
}

/// Says what the server can do of tus.
#[utoipa::path(
    options, path = "/api/v1/spaces/{id}/uploads", tag = "uploads", params(("id" = Uuid, Path)),
    responses(
        (status = 204, description = "the headers Tus-Version, Tus-Extension, Tus-Checksum-Algorithm"),
        Refusal<404>,
    )
)]
pub(crate) async fn abilities(Path(_id): Path<Uuid>) -> Response {
    tus::abilities()
}

/// One's uploads that are not at their end, so that another program or another day can go on with them.
#[utoipa::path(
    get, path = "/api/v1/uploads", tag = "uploads", security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = Vec<UploadInfo>),
        Refusal<401>,
    )
)]
pub(crate) async fn list(caller: Caller) -> Answer<Json<Vec<UploadInfo>>> {
    let listed = caller.receiver.upload_list(&caller.actor).await?;
    let info = |(upload, progressed): &(catalog::Upload, Progressed)| UploadInfo {
        location: place(upload.id),
        space: upload.space_id.0,
        album: String::from_utf8_lossy(&upload.folder).into_owned(),
        name: String::from_utf8_lossy(&upload.name).into_owned(),
        size: upload.size,
        offset: progressed.offset,
        sha256: upload.content_sha256.map(|sha256| sha256.to_string()),
        expires_at: progressed.expires_at.to_string(),
    };
    Ok(Json(listed.iter().map(info).collect()))
}

/// Waits for a turn at an upload of the caller's own. Nobody ends what somebody else is sending.
async fn turn(app: &App, caller: &Caller, id: UploadId) -> Result<Turn> {
    caller.receiver.upload_known(&caller.actor, id).await?;
    Ok(app.turns().take(id).await)
}

fn place(id: UploadId) -> String {
    format!("/api/v1/uploads/{id}")
}

/// Begins an upload (tus creation). `Upload-Metadata` says what the file is: `filename`, and if wanted `album` (the folder
/// below the space), `sha256` (hexadecimal) and `modified_ns`. A body is the first part.
#[utoipa::path(
    post, path = "/api/v1/spaces/{id}/uploads", tag = "uploads", security(("session" = []), ("bearer" = [])),
    params(
        ("id" = Uuid, Path),
        ("Tus-Resumable" = String, Header, pattern = "^1\\.0\\.0$"),
        ("Upload-Length" = u64, Header, description = "bytes in all"),
        ("Upload-Metadata" = String, Header, description = "keys and base64 values"),
    ),
    responses(
        (status = 201, description = "begun; Location says where to go on"),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>, Refusal<409>, Refusal<412>, Refusal<429>, Refusal<460>,
        Refusal<507>,
    )
)]
pub(crate) async fn begin(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let begun = async {
        let described = tus::described(&headers)?;
        let incoming = Incoming {
            space: SpaceId(id),
            folder: described.album,
            name: described.name,
            size: tus::length(&headers)?,
            content_sha256: described.sha256,
            modified_ns: described.modified_ns,
            by: caller.actor.person().id,
            upload: None,
        };
        let begun = caller.receiver.upload_begin(&caller.actor, &incoming).await?;
        if !tus::brings_part(&headers) {
            return Ok(begun);
        }
        At { app: &app, caller: &caller, id: begun.id }.take(&headers, 0, body).await
    };
    let progressed = match begun.await {
        Ok(progressed) => progressed,
        Err(error) => return tus::failure(error),
    };
    let mut response = tus::progress(StatusCode::CREATED, &progressed);
    if let Ok(place) = HeaderValue::try_from(place(progressed.id)) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    response
}

/// How far an upload is. Where all bytes are there, the photo is in the library; an answer may wait for that.
#[utoipa::path(
    head, path = "/api/v1/uploads/{id}", tag = "uploads", security(("session" = []), ("bearer" = [])),
    params(("id" = Uuid, Path), ("Tus-Resumable" = String, Header, pattern = "^1\\.0\\.0$")),
    responses(
        (status = 200, description = "the headers Upload-Offset, Upload-Length, Upload-Expires, OurPhoto-Asset"),
        (status = 400, description = "not so"),
        (status = 401, description = "who asks is not known"),
        (status = 403, description = "not any more"),
        (status = 404, description = "no such upload"),
        (status = 409, description = "what is in the trash is in the way"),
        (status = 412, description = "another version of tus"),
        (status = 429, description = "too many files are on their way"),
        (status = 507, description = "there is no room"),
    )
)]
pub(crate) async fn state(State(app): State<App>, caller: Caller, Path(id): Path<Uuid>) -> Response {
    let id = UploadId(id);
    let _turn = match turn(&app, &caller, id).await {
        Ok(turn) => turn,
        Err(error) => return tus::failure(error),
    };
    let transfer = || app.limits().transfer(&caller.actor);
    match caller.receiver.upload_state(&caller.actor, id, transfer).await {
        Ok(progressed) => {
            if progressed.asset.is_some() {
                app.work().notify_one();
            }
            tus::progress(StatusCode::OK, &progressed)
        }
        Err(error) => tus::failure(error),
    }
}

/// Takes the next part. With the last byte the photo is in the library before the answer is given.
#[utoipa::path(
    patch, path = "/api/v1/uploads/{id}", tag = "uploads", security(("session" = []), ("bearer" = [])),
    request_body(content = Vec<u8>, content_type = "application/offset+octet-stream"),
    params(
        ("id" = Uuid, Path),
        ("Tus-Resumable" = String, Header, pattern = "^1\\.0\\.0$"),
        ("Upload-Offset" = u64, Header, description = "where the part begins"),
        ("Upload-Checksum" = Option<String>, Header, description = "sha1 or sha256, and the part's hash in base64"),
    ),
    responses(
        (status = 204, description = "the headers Upload-Offset, Upload-Expires, OurPhoto-Asset"),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>, Refusal<409>, Refusal<412>, Refusal<415>,
        Refusal<429>, Refusal<460>, Refusal<507>,
    )
)]
pub(crate) async fn go_on(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    if !tus::brings_part(&headers) {
        return tus::wrong_type();
    }
    let taken = async {
        let offset = tus::offset(&headers)?;
        At { app: &app, caller: &caller, id: UploadId(id) }.take(&headers, offset, body).await
    };
    match taken.await {
        Ok(progressed) => tus::progress(StatusCode::NO_CONTENT, &progressed),
        Err(error) => tus::failure(error),
    }
}

/// Gives an upload up; what arrived is removed.
#[utoipa::path(
    delete, path = "/api/v1/uploads/{id}", tag = "uploads", security(("session" = []), ("bearer" = [])),
    params(("id" = Uuid, Path), ("Tus-Resumable" = String, Header, pattern = "^1\\.0\\.0$")),
    responses(
        (status = 204, description = "removed"),
        Refusal<401>, Refusal<403>, Refusal<404>, Refusal<412>,
    )
)]
pub(crate) async fn end(State(app): State<App>, caller: Caller, Path(id): Path<Uuid>) -> Response {
    let id = UploadId(id);
    let _turn = match turn(&app, &caller, id).await {
        Ok(turn) => turn,
        Err(error) => return tus::failure(error),
    };
    match caller.receiver.upload_end(&caller.actor, id).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => tus::failure(error),
    }
}

/// For clients behind something that lets only GET and POST through: `X-HTTP-Method-Override` says what is meant.
#[utoipa::path(
    post, path = "/api/v1/uploads/{id}", tag = "uploads", security(("session" = []), ("bearer" = [])),
    request_body(content = Vec<u8>, content_type = "application/offset+octet-stream"),
    params(
        ("id" = Uuid, Path),
        ("Tus-Resumable" = String, Header, pattern = "^1\\.0\\.0$"),
        ("X-HTTP-Method-Override" = String, Header, pattern = "^(HEAD|PATCH|DELETE)$"),
    ),
    responses(
        (status = 200, description = "as for HEAD"),
        (status = 204, description = "as for PATCH and DELETE"),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>, Refusal<409>, Refusal<412>, Refusal<415>,
        Refusal<429>, Refusal<460>, Refusal<507>,
    )
)]
pub(crate) async fn overridden(State(app): State<App>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let caller = match Caller::from_request_parts(&mut parts, &app).await {
        Ok(caller) => caller,
        Err(refused) => return refused.into_response(),
    };
    let id = match Path::<Uuid>::from_request_parts(&mut parts, &app).await {
        Ok(id) => id,
        Err(refused) => return refused.into_response(),
    };
    let meant = parts.headers.get("x-http-method-override").and_then(|value| value.to_str().ok());
    match meant.map(str::to_ascii_uppercase).as_deref() {
        Some("PATCH") => go_on(State(app), caller, id, parts.headers, body).await,
        Some("HEAD") => state(State(app), caller, id).await,
        Some("DELETE") => end(State(app), caller, id).await,
        _ => tus::failure(
            Error::invalid("say what is meant: X-HTTP-Method-Override is HEAD, PATCH or DELETE")
                .with_code("malformed"),
        ),
    }
}
