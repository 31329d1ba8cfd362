//! Second factors and recovery codes.

use api::{FactorInfo, Factors, RecoveryCodes, TotpConfirmRequest, TotpConfirmed, TotpMade, TotpRequest};
use axum::extract::State;
use axum::http::StatusCode;
use model::FactorId;
use uuid::Uuid;

use crate::app::App;
use crate::auth::Caller;
use crate::body::{Json, Path};
use crate::network::Peer;
use crate::openapi::Refusal;
use crate::problem::Answer;

pub(super) fn plain(codes: library::accounts::RecoveryCodes) -> Vec<String> {
    codes.0.iter().map(|code| code.to_string()).collect()
}

/// One's second factors.
#[utoipa::path(
    get, path = "/api/v1/factors", tag = "account", security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = Factors),
        Refusal<401>, Refusal<403>,
    )
)]
pub(crate) async fn list(caller: Caller) -> Answer<Json<Factors>> {
    let (factors, recovery_codes_left) = caller.library.factors(&caller.actor).await?;
    let info = |factor: catalog::Factor| FactorInfo {
        id: factor.id.0,
        kind: factor.kind.to_string(),
        name: factor.name,
        created_at: factor.created_at.to_string(),
        confirmed: factor.confirmed_at.is_some(),
        used_at: factor.used_at.map(|at| at.to_string()),
    };
    let password = caller.actor.person().password_hash.is_some();
    Ok(Json(Factors { factors: factors.into_iter().map(info).collect(), recovery_codes_left, password }))
}

/// Adds an authenticator app, which counts once a code of it was seen. Asks for a recent proof.
#[utoipa::path(
    post, path = "/api/v1/factors/totp", tag = "account", request_body = TotpRequest, security(("session" = []), ("bearer" = [])),
    responses(
        (status = 201, body = TotpMade),
        Refusal<400>, Refusal<401>, Refusal<403>,
    )
)]
pub(crate) async fn totp_add(
    caller: Caller,
    Json(asked): Json<TotpRequest>,
) -> Answer<(StatusCode, Json<TotpMade>)> {
    let made = caller.library.totp_add(&caller.actor, &asked.name).await?;
    let made = TotpMade { id: made.id.0, url: made.url.to_string(), secret: made.secret.to_string() };
    Ok((StatusCode::CREATED, Json(made)))
}

/// Makes an authenticator app count, by a code of it.
#[utoipa::path(
    post, path = "/api/v1/factors/totp/{id}/confirm", tag = "account", params(("id" = Uuid, Path)), request_body = TotpConfirmRequest, security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = TotpConfirmed),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>, Refusal<429>,
    )
)]
pub(crate) async fn totp_confirm(
    State(app): State<App>,
    peer: Peer,
    caller: Caller,
    Path(id): Path<Uuid>,
    Json(asked): Json<TotpConfirmRequest>,
) -> Answer<Json<TotpConfirmed>> {
    app.limits().try_secret(Some(caller.actor.signature()), &peer)?;
    let codes = caller.library.totp_confirm(&caller.actor, FactorId(id), &asked.code).await?;
    Ok(Json(TotpConfirmed { recovery_codes: codes.map(plain) }))
}

/// Removes a second factor. Asks for a recent proof.
#[utoipa::path(
    delete, path = "/api/v1/factors/{id}", tag = "account", params(("id" = Uuid, Path)), security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<401>, Refusal<403>, Refusal<404>,
        (status = 409, body = api::Problem, content_type = "application/problem+json",
            description = "`last-way-in` for the only passkey of an account without a password"),
    )
)]
pub(crate) async fn remove(caller: Caller, Path(id): Path<Uuid>) -> Answer<StatusCode> {
    caller.library.factor_remove(&caller.actor, FactorId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// New recovery codes instead of the old ones. Asks for a recent proof.
#[utoipa::path(
    post, path = "/api/v1/recovery-codes", tag = "account", security(("session" = []), ("bearer" = [])),
    responses(
        (status = 201, body = RecoveryCodes),
        Refusal<401>, Refusal<403>,
    )
)]
pub(crate) async fn renew_codes(caller: Caller) -> Answer<(StatusCode, Json<RecoveryCodes>)> {
    let codes = caller.library.recovery_codes_renew(&caller.actor).await?;
    Ok((StatusCode::CREATED, Json(RecoveryCodes { recovery_codes: plain(codes) })))
}
