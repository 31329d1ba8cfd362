//! The password.

use api::PasswordChange;
use axum::extract::State;
use axum::http::StatusCode;

use crate::app::App;
use crate::auth::Caller;
use crate::body::Json;
use crate::network::Peer;
use crate::openapi::Refusal;
use crate::problem::Answer;

/// Changes one's password. Every other session and every token ends. Asks for a recent proof.
#[utoipa::path(
    put, path = "/api/v1/me/password", tag = "account", request_body = PasswordChange, security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<429>,
    )
)]
pub(crate) async fn change(
    State(app): State<App>,
    peer: Peer,
    caller: Caller,
    Json(asked): Json<PasswordChange>,
) -> Answer<StatusCode> {
    app.limits().try_secret(Some(caller.actor.signature()), &peer)?;
    caller.library.password_change(&caller.actor, &asked.password).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes one's password away: from now on one signs in by passkey. Every other session and every token ends. Asks for a
/// recent proof.
#[utoipa::path(
    delete, path = "/api/v1/me/password", tag = "account", security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<401>, Refusal<403>,
        (status = 409, body = api::Problem, content_type = "application/problem+json",
            description = "`no-passkey` for who would have no way in"),
    )
)]
pub(crate) async fn remove(caller: Caller) -> Answer<StatusCode> {
    caller.library.password_remove(&caller.actor).await?;
    Ok(StatusCode::NO_CONTENT)
}
