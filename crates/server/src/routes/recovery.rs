//! Getting an account back.

use api::{
    KitChallenge, KitFinish, Me, Recoveries, RecoveryFinish, RecoveryInfo, RecoveryMade, RecoveryRequest,
    RecoverySecret, RecoveryState, RecoveryStatus, VouchRequest,
};
use axum::extract::State;
use axum::http::StatusCode;
use library::accounts::{self, RecoveryView, Secret};
use model::RecoveryId;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::app::App;
use crate::auth::Caller;
use crate::body::{Json, Path};
use crate::even::evenly;
use crate::network::Peer;
use crate::openapi::Refusal;
use crate::problem::Answer;

fn state(state: accounts::RecoveryState) -> RecoveryState {
    match state {
        accounts::RecoveryState::Asking => RecoveryState::Asking,
        accounts::RecoveryState::Waiting => RecoveryState::Waiting,
        accounts::RecoveryState::Ready => RecoveryState::Ready,
        accounts::RecoveryState::Ended => RecoveryState::Ended,
    }
}

fn info(view: RecoveryView) -> RecoveryInfo {
    let RecoveryView { recovery, person, status, vouched } = view;
    RecoveryInfo {
        id: recovery.id.0,
        account: Me { id: person.id.0, email: person.email, name: person.name },
        agent: recovery.agent,
        network: recovery.network,
        created_at: recovery.created_at.to_string(),
        state: state(status.state),
        vouched: status.vouched,
        needed: status.needed,
        vouched_by_me: vouched,
        ready_at: status.ready_at.map(|at| at.to_string()),
        expires_at: status.expires_at.to_string(),
    }
}

/// Asks to have an account back. Nobody is signed in; the answer says nothing of whether there is such an account.
#[utoipa::path(
    post, path = "/api/v1/recoveries", tag = "account", request_body = RecoveryRequest,
    responses(
        (status = 201, body = RecoveryMade),
        Refusal<400>, Refusal<403>, Refusal<429>, Refusal<503>,
    )
)]
pub(crate) async fn begin(
    State(app): State<App>,
    peer: Peer,
    Json(asked): Json<RecoveryRequest>,
) -> Answer<(StatusCode, Json<RecoveryMade>)> {
    let live = app.live()?;
    app.limits().try_secret(Some(&asked.email), &peer)?;
    let made = evenly(live.library.recovery_begin(&asked.email, &peer.origin())).await?;
    let made =
        RecoveryMade { secret: made.secret.reveal().to_owned(), phrase: made.phrase.as_str().to_owned() };
    Ok((StatusCode::CREATED, Json(made)))
}

/// How far a recovery is, for whoever has its secret.
#[utoipa::path(
    post, path = "/api/v1/recoveries/state", tag = "account", request_body = RecoverySecret,
    responses(
        (status = 200, body = RecoveryStatus),
        Refusal<400>, Refusal<403>, Refusal<404>, Refusal<429>, Refusal<503>,
    )
)]
pub(crate) async fn view(
    State(app): State<App>,
    peer: Peer,
    Json(asked): Json<RecoverySecret>,
) -> Answer<Json<RecoveryStatus>> {
    let live = app.live()?;
    app.limits().try_secret(None, &peer)?;
    let status = evenly(live.library.recovery_state(&Secret::presented(&asked.secret))).await?;
    Ok(Json(RecoveryStatus {
        state: state(status.state),
        vouched: status.vouched,
        needed: status.needed,
        ready_at: status.ready_at.map(|at| at.to_string()),
        expires_at: status.expires_at.to_string(),
    }))
}

/// Gives the account a new password, once enough contacts have vouched and the wait is over. All that was signed in is
/// signed out, and second factors are removed.
#[utoipa::path(
    post, path = "/api/v1/recoveries/finish", tag = "account", request_body = RecoveryFinish,
    responses(
        (status = 204),
        Refusal<400>, Refusal<403>, Refusal<404>,
        (status = 409, body = api::Problem, content_type = "application/problem+json",
            description = "`recovery-not-ready`: too few have vouched, or the wait is not over"),
        Refusal<429>, Refusal<503>,
    )
)]
pub(crate) async fn finish(
    State(app): State<App>,
    peer: Peer,
    Json(asked): Json<RecoveryFinish>,
) -> Answer<StatusCode> {
    let live = app.live()?;
    app.limits().try_secret(None, &peer)?;
    let (secret, password) = (Secret::presented(&asked.secret), Zeroizing::new(asked.password));
    evenly(live.library.recovery_finish(&secret, &password, &peer.origin())).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Asks to have an account back with the recovery key: gives what only that key can read, for any address.
#[utoipa::path(
    post, path = "/api/v1/recoveries/kit", tag = "account", request_body = RecoveryRequest,
    responses(
        (status = 201, body = KitChallenge),
        Refusal<400>, Refusal<403>, Refusal<429>, Refusal<503>,
    )
)]
pub(crate) async fn kit(
    State(app): State<App>,
    peer: Peer,
    Json(asked): Json<RecoveryRequest>,
) -> Answer<(StatusCode, Json<KitChallenge>)> {
    let live = app.live()?;
    app.limits().try_secret(Some(&asked.email), &peer)?;
    let made = evenly(live.library.kit_begin(&asked.email)).await?;
    Ok((StatusCode::CREATED, Json(KitChallenge { ceremony: made.ceremony, challenge: made.sealed })))
}

/// Gives the account a new password, at once, for the answer that the recovery key has read.
#[utoipa::path(
    post, path = "/api/v1/recoveries/kit/finish", tag = "account", request_body = KitFinish,
    responses(
        (status = 204),
        Refusal<400>,
        (status = 403, body = api::Problem, content_type = "application/problem+json",
            description = "`kit-refused` for a wrong answer; the challenge has ended"),
        Refusal<404>, Refusal<429>, Refusal<503>,
    )
)]
pub(crate) async fn kit_finish(
    State(app): State<App>,
    peer: Peer,
    Json(asked): Json<KitFinish>,
) -> Answer<StatusCode> {
    let live = app.live()?;
    app.limits().try_secret(None, &peer)?;
    let (answer, password) = (Secret::presented(&asked.answer), Zeroizing::new(asked.password));
    live.library.kit_finish(asked.ceremony, &answer, &password, &peer.origin()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Recoveries of one's own account that are under way, and those that one may vouch for.
#[utoipa::path(
    get, path = "/api/v1/recoveries", tag = "account", security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = Recoveries),
        Refusal<401>, Refusal<403>,
    )
)]
pub(crate) async fn list(caller: Caller) -> Answer<Json<Recoveries>> {
    let (mine, to_vouch) = caller.library.recoveries(&caller.actor).await?;
    let list = |views: Vec<RecoveryView>| views.into_iter().map(info).collect();
    Ok(Json(Recoveries { mine: list(mine), to_vouch: list(to_vouch) }))
}

/// Vouches that it is the owner who asks. Asks for a recent proof, and for the phrase.
#[utoipa::path(
    post, path = "/api/v1/recoveries/{id}/vouch", tag = "account", params(("id" = Uuid, Path)),
    request_body = VouchRequest, security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        (status = 400, body = api::Problem, content_type = "application/problem+json",
            description = "`phrase-differs` when the claimant's is another"),
        Refusal<401>, Refusal<403>, Refusal<404>, Refusal<409>, Refusal<429>,
    )
)]
pub(crate) async fn vouch(
    State(app): State<App>,
    peer: Peer,
    caller: Caller,
    Path(id): Path<Uuid>,
    Json(asked): Json<VouchRequest>,
) -> Answer<StatusCode> {
    caller.actor.session()?;
    app.limits().try_secret(Some(caller.actor.signature()), &peer)?;
    caller.library.recovery_vouch(&caller.actor, RecoveryId(id), &asked.phrase).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes back that one vouches.
#[utoipa::path(
    delete, path = "/api/v1/recoveries/{id}/vouch", tag = "account", params(("id" = Uuid, Path)),
    security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<401>, Refusal<403>, Refusal<404>,
    )
)]
pub(crate) async fn withdraw(caller: Caller, Path(id): Path<Uuid>) -> Answer<StatusCode> {
    caller.library.recovery_withdraw(&caller.actor, RecoveryId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends a recovery of one's own account, for good. Any session can, until the recovery is used; no proof is asked for.
#[utoipa::path(
    post, path = "/api/v1/recoveries/{id}/veto", tag = "account", params(("id" = Uuid, Path)),
    security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<401>, Refusal<403>, Refusal<404>,
    )
)]
pub(crate) async fn veto(caller: Caller, Path(id): Path<Uuid>) -> Answer<StatusCode> {
    caller.library.recovery_veto(&caller.actor, RecoveryId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
