//! Programs that are let in from a browser (RFC 8628).

use api::{
    PairingApproval, PairingBegun, PairingCollect, PairingInfo, PairingOutcome, PairingRequest, PairingState,
};
use axum::extract::State;
use axum::http::StatusCode;
use library::accounts::{PAIRING_PATIENCE, Paired, Secret};
use model::{Result, SpaceId};

use super::session::me;
use crate::app::App;
use crate::auth::Caller;
use crate::body::{Json, Path};
use crate::network::Peer;
use crate::openapi::Refusal;
use crate::problem::Answer;

/// Seconds between two questions of a program that waits.
const INTERVAL: u64 = 2;

/// A program asks to be let in.
#[utoipa::path(
    post, path = "/api/v1/pairings", tag = "account", request_body = PairingRequest,
    responses(
        (status = 201, body = PairingBegun),
        Refusal<400>, Refusal<403>, Refusal<429>, Refusal<503>,
    )
)]
pub(crate) async fn begin(
    State(app): State<App>,
    peer: Peer,
    Json(asked): Json<PairingRequest>,
) -> Answer<(StatusCode, Json<PairingBegun>)> {
    app.limits().try_secret(None, &peer)?;
    let begun = app.live()?.library.pairing_begin(&asked.name, &peer.origin()).await?;
    let begun = PairingBegun {
        secret: begun.secret.reveal().to_owned(),
        code: begun.code,
        path: "/link".to_owned(),
        expires_in: PAIRING_PATIENCE.as_secs(),
        interval: INTERVAL,
    };
    Ok((StatusCode::CREATED, Json(begun)))
}

/// A program asks what became of it. The token is given once.
#[utoipa::path(
    post, path = "/api/v1/pairings/collect", tag = "account", request_body = PairingCollect,
    responses(
        (status = 200, body = PairingOutcome),
        Refusal<400>, Refusal<403>, Refusal<404>, Refusal<429>, Refusal<503>,
    )
)]
pub(crate) async fn collect(
    State(app): State<App>,
    peer: Peer,
    Json(asked): Json<PairingCollect>,
) -> Answer<Json<PairingOutcome>> {
    app.limits().collect(peer.party())?;
    let outcome = match app.live()?.library.pairing_collect(&Secret::presented(&asked.secret)).await? {
        Paired::Waiting => PairingOutcome { state: PairingState::Waiting, token: None, me: None },
        Paired::In(let_in) => {
            let (secret, _, person) = *let_in;
            PairingOutcome {
                state: PairingState::In,
                token: Some(secret.reveal().to_owned()),
                me: Some(me(&person)),
            }
        }
    };
    Ok(Json(outcome))
}

/// Codes are short, so tries of them are counted, and only people may try.
fn counted(app: &App, caller: &Caller) -> Result<()> {
    caller.actor.session()?;
    app.limits().try_code(&caller.actor)
}

/// The program that shows a code.
#[utoipa::path(
    get, path = "/api/v1/pairings/{code}", tag = "account", params(("code" = String, Path)), security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = PairingInfo),
        Refusal<401>, Refusal<403>, Refusal<404>, Refusal<429>,
    )
)]
pub(crate) async fn view(
    State(app): State<App>,
    caller: Caller,
    Path(code): Path<String>,
) -> Answer<Json<PairingInfo>> {
    counted(&app, &caller)?;
    let pairing = caller.library.pairing_view(&caller.actor, &code).await?;
    Ok(Json(PairingInfo {
        name: pairing.name,
        agent: pairing.agent,
        network: pairing.network,
        created_at: pairing.created_at.to_string(),
        expires_at: pairing.expires_at.to_string(),
    }))
}

/// Lets the program that shows a code in. Asks for a recent proof.
#[utoipa::path(
    post, path = "/api/v1/pairings/{code}/approve", tag = "account", params(("code" = String, Path)), request_body = PairingApproval,
    security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>, Refusal<429>,
    )
)]
pub(crate) async fn approve(
    State(app): State<App>,
    caller: Caller,
    Path(code): Path<String>,
    Json(asked): Json<PairingApproval>,
) -> Answer<StatusCode> {
    counted(&app, &caller)?;
    let permissions = api::permissions(&asked.permissions);
    caller.library.pairing_approve(&caller.actor, &code, permissions, asked.space.map(SpaceId)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Turns the program that shows a code away.
#[utoipa::path(
    post, path = "/api/v1/pairings/{code}/refuse", tag = "account", params(("code" = String, Path)), security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<401>, Refusal<403>, Refusal<404>, Refusal<429>,
    )
)]
pub(crate) async fn refuse(
    State(app): State<App>,
    caller: Caller,
    Path(code): Path<String>,
) -> Answer<StatusCode> {
    counted(&app, &caller)?;
    caller.library.pairing_refuse(&caller.actor, &code).await?;
    Ok(StatusCode::NO_CONTENT)
}
