//! Signing in and out, and what one is signed in with.

use api::{Agent, Me, ProofRequest, SessionInfo, SignInRequest, SignedIn};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use library::access::Via;
use library::accounts::{Proof, SignIn};
use model::{Error, SessionId};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::passkey;
use crate::app::App;
use crate::auth::{Caller, set_cookie};
use crate::body::{Json, Path};
use crate::network::Peer;
use crate::openapi::Refusal;
use crate::problem::Answer;

pub(crate) fn me(person: &catalog::Person) -> Me {
    Me { id: person.id.0, email: person.email.clone(), name: person.name.clone() }
}

/// Signs in.
#[utoipa::path(
    post, path = "/api/v1/session", tag = "account", request_body = SignInRequest,
    responses(
        (status = 200, body = SignedIn),
        Refusal<400>,
        (status = 401, body = api::Problem, content_type = "application/problem+json",
            description = "`second-factor-required` once the password is right and a code is missing"),
        Refusal<403>, Refusal<429>, Refusal<503>,
    )
)]
pub(crate) async fn sign_in(
    State(app): State<App>,
    peer: Peer,
    Json(asked): Json<SignInRequest>,
) -> Answer<(HeaderMap, Json<SignedIn>)> {
    let live = app.live()?;
    app.limits().try_secret(Some(&asked.email), &peer)?;
    app.limits().wait_turn(&asked.email, &peer).await?;
    let password = Zeroizing::new(asked.password);
    let proof = Proof { password, code: asked.code, passkey: passkey::shown(&app, asked.passkey)? };
    let signed_in = live.library.sign_in(SignIn { email: asked.email, proof }, &peer.origin()).await?;
    Ok(answer(&app, &peer, &signed_in, asked.agent))
}

/// What somebody gets who has signed in, however they did.
pub(super) fn answer(
    app: &App,
    peer: &Peer,
    signed_in: &library::accounts::SignedIn,
    agent: Agent,
) -> (HeaderMap, Json<SignedIn>) {
    app.set_up_is_over();
    app.limits().came_in(&signed_in.person.email, peer);
    let mut headers = HeaderMap::new();
    let secret = match agent {
        Agent::Program => Some(signed_in.secret.reveal().to_owned()),
        Agent::Browser => {
            headers.insert(header::SET_COOKIE, set_cookie(app, Some(&signed_in.secret)));
            None
        }
    };
    (headers, Json(SignedIn { me: me(&signed_in.person), secret }))
}

/// Who one is.
#[utoipa::path(
    get, path = "/api/v1/session", tag = "account", security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = Me),
        Refusal<401>,
    )
)]
pub(crate) async fn who(caller: Caller) -> Json<Me> {
    Json(me(caller.actor.person()))
}

/// Signs out: ends the session, or the token, that this request comes with.
#[utoipa::path(
    delete, path = "/api/v1/session", tag = "account", security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<401>, Refusal<403>,
    )
)]
pub(crate) async fn sign_out(State(app): State<App>, caller: Caller) -> Answer<(StatusCode, HeaderMap)> {
    match caller.actor.via() {
        Via::Session(session) => caller.library.session_end(&caller.actor, session.id).await?,
        Via::Token(_) => caller.library.token_end(&caller.actor).await?,
    }
    let headers = HeaderMap::from_iter([(header::SET_COOKIE, set_cookie(&app, None))]);
    Ok((StatusCode::NO_CONTENT, headers))
}

/// Proves again who one is, before what destroys something or shows a key.
#[utoipa::path(
    post, path = "/api/v1/session/proof", tag = "account", request_body = ProofRequest,
    security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<429>, Refusal<503>,
    )
)]
pub(crate) async fn prove(
    State(app): State<App>,
    peer: Peer,
    caller: Caller,
    Json(asked): Json<ProofRequest>,
) -> Answer<StatusCode> {
    caller.actor.session()?;
    app.limits().try_secret(Some(caller.actor.signature()), &peer)?;
    let passkey = passkey::shown(&app, asked.passkey)?;
    match (asked.password, passkey) {
        (Some(password), passkey) => {
            // A session that was stolen is no way around the wait of a password that is guessed.
            app.limits().wait_turn(caller.actor.signature(), &peer).await?;
            let proof = Proof { password: Zeroizing::new(password), code: asked.code, passkey };
            caller.library.prove(&caller.actor, proof).await?;
        }
        (None, Some(shown)) => caller.library.prove_by_passkey(&caller.actor, shown).await?,
        (None, None) => return Err(Error::invalid("give your password, or show a passkey").into()),
    }
    Ok(StatusCode::NO_CONTENT)
}

/// One's sessions, last used first.
#[utoipa::path(
    get, path = "/api/v1/sessions", tag = "account", security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = Vec<SessionInfo>),
        Refusal<401>, Refusal<403>,
    )
)]
pub(crate) async fn list(caller: Caller) -> Answer<Json<Vec<SessionInfo>>> {
    let current = match caller.actor.via() {
        Via::Session(session) => Some(session.id),
        Via::Token(_) => None,
    };
    let sessions = caller.library.sessions(&caller.actor).await?;
    let info = |session: catalog::Session| SessionInfo {
        id: session.id.0,
        current: Some(session.id) == current,
        agent: session.agent,
        network: session.network,
        created_at: session.created_at.to_string(),
        seen_at: session.seen_at.to_string(),
        expires_at: session.expires_at.to_string(),
    };
    Ok(Json(sessions.into_iter().map(info).collect()))
}

/// Ends a session, at once.
#[utoipa::path(
    delete, path = "/api/v1/sessions/{id}", tag = "account", params(("id" = Uuid, Path)),
    security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<401>, Refusal<403>, Refusal<404>,
    )
)]
pub(crate) async fn end(caller: Caller, Path(id): Path<Uuid>) -> Answer<StatusCode> {
    caller.library.session_end(&caller.actor, SessionId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
