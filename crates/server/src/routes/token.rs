//! Tokens.

use std::time::Duration;

use api::{TokenInfo, TokenMade, TokenRequest};
use axum::http::StatusCode;
use library::accounts::NewToken;
use model::{SpaceId, TokenId};
use uuid::Uuid;

use crate::auth::Caller;
use crate::body::{Json, Path};
use crate::openapi::Refusal;
use crate::problem::Answer;

fn info(token: catalog::Token) -> TokenInfo {
    TokenInfo {
        id: token.id.0,
        name: token.name,
        permissions: api::words(token.permissions),
        space: token.space_id.map(|space| space.0),
        network: token.network,
        created_at: token.created_at.to_string(),
        seen_at: token.seen_at.map(|at| at.to_string()),
        expires_at: token.expires_at.map(|at| at.to_string()),
    }
}

/// One's tokens, newest first.
#[utoipa::path(
    get, path = "/api/v1/tokens", tag = "account", security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = Vec<TokenInfo>),
        Refusal<401>, Refusal<403>,
    )
)]
pub(crate) async fn list(caller: Caller) -> Answer<Json<Vec<TokenInfo>>> {
    let tokens = caller.library.tokens(&caller.actor).await?;
    Ok(Json(tokens.into_iter().map(info).collect()))
}

/// Makes a token, never broader than oneself. Asks for a recent proof.
#[utoipa::path(
    post, path = "/api/v1/tokens", tag = "account", request_body = TokenRequest, security(("session" = []), ("bearer" = [])),
    responses(
        (status = 201, body = TokenMade),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>,
    )
)]
pub(crate) async fn create(
    caller: Caller,
    Json(asked): Json<TokenRequest>,
) -> Answer<(StatusCode, Json<TokenMade>)> {
    let new = NewToken {
        name: asked.name,
        permissions: api::permissions(&asked.permissions),
        space: asked.space.map(SpaceId),
        lasts: asked.lasts.map(Duration::from_secs),
    };
    let (secret, token) = caller.library.token_create(&caller.actor, new).await?;
    Ok((StatusCode::CREATED, Json(TokenMade { token: info(token), secret: secret.reveal().to_owned() })))
}

/// Revokes a token, at once.
#[utoipa::path(
    delete, path = "/api/v1/tokens/{id}", tag = "account", params(("id" = Uuid, Path)), security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<401>, Refusal<403>, Refusal<404>,
    )
)]
pub(crate) async fn revoke(caller: Caller, Path(id): Path<Uuid>) -> Answer<StatusCode> {
    caller.library.token_revoke(&caller.actor, TokenId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
