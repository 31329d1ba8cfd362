//! Where one is told outside the app.

use api::{ChannelCode, ChannelInfo, ChannelMade, ChannelPatch, ChannelRequest};
use axum::extract::State;
use axum::http::StatusCode;
use library::notices::NewChannel;
use model::{ChannelId, NoticeKind};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::app::App;
use crate::auth::Caller;
use crate::body::{Json, Path};
use crate::network::Peer;
use crate::openapi::Refusal;
use crate::problem::Answer;

fn info(channel: catalog::Channel) -> ChannelInfo {
    ChannelInfo {
        id: channel.id.0,
        kind: channel.kind.into(),
        address: channel.address,
        kinds: channel.kinds.map(|kinds| kinds.into_iter().map(Into::into).collect()),
        confirmed: channel.confirmed_at.is_some(),
        created_at: channel.created_at.to_string(),
        told_at: channel.told_at.map(|at| at.to_string()),
        failed_at: channel.failed_at.map(|at| at.to_string()),
        last_error: channel.last_error,
    }
}

fn kinds(asked: Option<Vec<api::NoticeKind>>) -> Option<Vec<NoticeKind>> {
    asked.map(|kinds| kinds.into_iter().map(Into::into).collect())
}

/// One's channels, oldest first.
#[utoipa::path(
    get, path = "/api/v1/channels", tag = "notices", security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = Vec<ChannelInfo>),
        Refusal<401>, Refusal<403>,
    )
)]
pub(crate) async fn list(caller: Caller) -> Answer<Json<Vec<ChannelInfo>>> {
    let channels = caller.library.channels(&caller.actor).await?;
    Ok(Json(channels.into_iter().map(info).collect()))
}

/// Adds a channel, and sends a code there unless it is the account's own address. Asks for a recent proof.
#[utoipa::path(
    post, path = "/api/v1/channels", tag = "notices", request_body = ChannelRequest, security(("session" = []), ("bearer" = [])),
    responses(
        (status = 201, body = ChannelMade),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<409>, Refusal<429>,
    )
)]
pub(crate) async fn add(
    State(app): State<App>,
    caller: Caller,
    Json(asked): Json<ChannelRequest>,
) -> Answer<(StatusCode, Json<ChannelMade>)> {
    caller.actor.session()?;
    app.limits().message(&caller.actor)?;
    let new = NewChannel {
        kind: asked.kind.into(),
        address: asked.address,
        kinds: kinds(asked.kinds),
        secret: asked.secret.map(Zeroizing::new),
    };
    let (channel, secret) = caller.library.channel_add(&caller.actor, &app.config().post, new).await?;
    let secret = secret.map(|secret| secret.reveal().to_owned());
    Ok((StatusCode::CREATED, Json(ChannelMade { channel: info(channel), secret })))
}

/// Makes a channel count, by the code that was sent there.
#[utoipa::path(
    post, path = "/api/v1/channels/{id}/confirm", tag = "notices", params(("id" = Uuid, Path)), request_body = ChannelCode, security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>, Refusal<409>, Refusal<429>,
    )
)]
pub(crate) async fn confirm(
    State(app): State<App>,
    peer: Peer,
    caller: Caller,
    Path(id): Path<Uuid>,
    Json(asked): Json<ChannelCode>,
) -> Answer<StatusCode> {
    app.limits().try_secret(Some(caller.actor.signature()), &peer)?;
    caller.library.channel_confirm(&caller.actor, ChannelId(id), &asked.code).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sends a notice to a channel, to see whether it arrives; the channel says so a moment later.
#[utoipa::path(
    post, path = "/api/v1/channels/{id}/test", tag = "notices", params(("id" = Uuid, Path)), security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<401>, Refusal<403>, Refusal<404>, Refusal<409>, Refusal<429>,
    )
)]
pub(crate) async fn test(State(app): State<App>, caller: Caller, Path(id): Path<Uuid>) -> Answer<StatusCode> {
    caller.actor.session()?;
    app.limits().message(&caller.actor)?;
    caller.library.channel_test(&caller.actor, ChannelId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Changes what goes to a channel, besides what is always told. Less than before asks for a recent proof.
#[utoipa::path(
    patch, path = "/api/v1/channels/{id}", tag = "notices", params(("id" = Uuid, Path)), request_body = ChannelPatch, security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = ChannelInfo),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>,
    )
)]
pub(crate) async fn change(
    caller: Caller,
    Path(id): Path<Uuid>,
    Json(asked): Json<ChannelPatch>,
) -> Answer<Json<ChannelInfo>> {
    let channel = caller.library.channel_change(&caller.actor, ChannelId(id), kinds(asked.kinds)).await?;
    Ok(Json(info(channel)))
}

/// Removes a channel: nothing goes there any more, not even what waits. One that counts asks for a recent proof, and is told
/// as the last thing.
#[utoipa::path(
    delete, path = "/api/v1/channels/{id}", tag = "notices", params(("id" = Uuid, Path)), security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<401>, Refusal<403>, Refusal<404>,
    )
)]
pub(crate) async fn remove(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Answer<StatusCode> {
    let (post, server) = (&app.config().post, app.public_url());
    caller.library.channel_remove(&caller.actor, post, server, ChannelId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
