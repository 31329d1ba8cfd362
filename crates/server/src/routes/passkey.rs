//! Passkeys: adding one, and signing in with one.

use api::{
    PasskeyAsk, PasskeyAsked, PasskeyConfirmRequest, PasskeyConfirmed, PasskeyPurpose, PasskeyRequest,
    PasskeyShown, PasskeySignIn, SignedIn,
};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use library::accounts::{Asked, Shown};
use model::{Error, ErrorKind, Result};
use uuid::Uuid;

use super::factor::plain;
use super::session::answer;
use crate::app::App;
use crate::auth::{Caller, MaybeCaller};
use crate::body::{Json, Path};
use crate::network::Peer;
use crate::openapi::Refusal;
use crate::problem::Answer;

fn asked(asked: Asked) -> (StatusCode, Json<PasskeyAsked>) {
    (StatusCode::CREATED, Json(PasskeyAsked { ceremony: asked.ceremony, options: asked.options }))
}

/// A passkey that a request shows, if it shows one.
pub(super) fn shown(app: &App, passkey: Option<PasskeyShown>) -> Result<Option<Shown>> {
    let shown = |PasskeyShown { ceremony, credential }| Ok(Shown { site: app.site()?, ceremony, credential });
    passkey.map(shown).transpose()
}

/// Asks the browser to make a passkey, which counts once the browser has answered. Asks for a recent proof.
#[utoipa::path(
    post, path = "/api/v1/passkeys", tag = "account", request_body = PasskeyRequest, security(("session" = []), ("bearer" = [])),
    responses(
        (status = 201, body = PasskeyAsked),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<409>,
        (status = 503, body = api::Problem, content_type = "application/problem+json",
            description = "`no-public-url` where the server does not know the address that people open"),
    )
)]
pub(crate) async fn add(
    State(app): State<App>,
    caller: Caller,
    Json(given): Json<PasskeyRequest>,
) -> Answer<(StatusCode, Json<PasskeyAsked>)> {
    caller.actor.session()?;
    Ok(asked(caller.library.passkey_add(&caller.actor, &app.site()?, &given.name).await?))
}

/// Adds the passkey that the browser has made.
#[utoipa::path(
    post, path = "/api/v1/passkeys/{ceremony}/confirm", tag = "account", params(("ceremony" = Uuid, Path)), request_body = PasskeyConfirmRequest, security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = PasskeyConfirmed),
        Refusal<400>, Refusal<401>, Refusal<403>,
        (status = 404, body = api::Problem, content_type = "application/problem+json",
            description = "`ceremony-ended` after five minutes, after an answer, and in another session"),
        Refusal<409>, Refusal<503>,
    )
)]
pub(crate) async fn confirm(
    State(app): State<App>,
    caller: Caller,
    Path(ceremony): Path<Uuid>,
    Json(given): Json<PasskeyConfirmRequest>,
) -> Answer<Json<PasskeyConfirmed>> {
    caller.actor.session()?;
    let (library, site) = (caller.library, app.site()?);
    let codes = library.passkey_confirm(&caller.actor, &site, ceremony, given.credential).await?;
    Ok(Json(PasskeyConfirmed { recovery_codes: codes.map(plain) }))
}

/// Asks the browser for a passkey: to sign in with it, or, by whoever has signed in, to prove again who they are.
#[utoipa::path(
    post, path = "/api/v1/session/passkey", tag = "account", request_body = PasskeyAsk,
    responses(
        (status = 201, body = PasskeyAsked),
        Refusal<400>, Refusal<401>, Refusal<403>,
        (status = 409, body = api::Problem, content_type = "application/problem+json",
            description = "`no-passkey` for a proof by who has none"),
        Refusal<429>, Refusal<503>,
    )
)]
pub(crate) async fn ask(
    State(app): State<App>,
    peer: Peer,
    MaybeCaller(caller): MaybeCaller,
    Json(given): Json<PasskeyAsk>,
) -> Answer<(StatusCode, Json<PasskeyAsked>)> {
    let (live, site) = (app.live()?, app.site()?);
    let caller = match (given.purpose, caller) {
        (Some(PasskeyPurpose::SignIn), _) => None,
        (Some(PasskeyPurpose::Proof), None) => {
            return Err(
                Error::new(ErrorKind::Unproved, "sign in first, then there is something to prove").into()
            );
        }
        (_, caller) => caller,
    };
    match caller {
        Some(caller) => Ok(asked(caller.library.passkey_ask_again(&site, &caller.actor).await?)),
        None => {
            app.limits().try_secret(None, &peer)?;
            Ok(asked(live.library.passkey_ask(&site, peer.party())?))
        }
    }
}

/// Signs in with a passkey alone: the device has verified who holds it, so it is both factors.
#[utoipa::path(
    post, path = "/api/v1/session/passkey/{ceremony}", tag = "account", params(("ceremony" = Uuid, Path)), request_body = PasskeySignIn,
    responses(
        (status = 201, body = SignedIn),
        Refusal<400>,
        (status = 401, body = api::Problem, content_type = "application/problem+json",
            description = "`ceremony-ended` after five minutes and after an answer, `passkey-failed`, `passkey-copied`"),
        Refusal<403>, Refusal<404>, Refusal<429>, Refusal<503>,
    )
)]
pub(crate) async fn sign_in(
    State(app): State<App>,
    peer: Peer,
    Path(ceremony): Path<Uuid>,
    Json(given): Json<PasskeySignIn>,
) -> Answer<(StatusCode, HeaderMap, Json<SignedIn>)> {
    let live = app.live()?;
    app.limits().try_secret(None, &peer)?;
    let shown = Shown { site: app.site()?, ceremony, credential: given.credential };
    let signed_in = live.library.passkey_sign_in(shown, &peer.origin()).await?;
    let (headers, body) = answer(&app, &peer, &signed_in, given.agent);
    Ok((StatusCode::CREATED, headers, body))
}
