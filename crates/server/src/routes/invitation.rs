//! Invitations into a space.

use api::{AcceptRequest, InvitationInfo, InvitationMade, InvitationRequest, Me};
use axum::extract::State;
use axum::http::StatusCode;
use library::accounts::{Accepted, NewInvitation, Secret};
use model::{InvitationId, Role, SpaceId};
use uuid::Uuid;

use super::passkey;
use crate::app::App;
use crate::auth::Caller;
use crate::body::{Json, Path};
use crate::network::Peer;
use crate::openapi::Refusal;
use crate::problem::Answer;

fn info(invitation: catalog::Invitation) -> InvitationInfo {
    InvitationInfo {
        id: invitation.id.0,
        email: invitation.email,
        role: invitation.membership.map_or(Role::Custom, |membership| membership.role).into(),
        expires_at: invitation.expires_at.to_string(),
    }
}

/// Invitations that wait, newest first.
#[utoipa::path(
    get, path = "/api/v1/spaces/{id}/invitations", tag = "spaces", params(("id" = Uuid, Path)), security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = Vec<InvitationInfo>),
        Refusal<401>, Refusal<403>, Refusal<404>,
    )
)]
pub(crate) async fn list(caller: Caller, Path(id): Path<Uuid>) -> Answer<Json<Vec<InvitationInfo>>> {
    let invitations = caller.library.invitations(&caller.actor, SpaceId(id)).await?;
    Ok(Json(invitations.into_iter().map(info).collect()))
}

/// Invites somebody; whoever has the secret can accept, once.
#[utoipa::path(
    post, path = "/api/v1/spaces/{id}/invitations", tag = "spaces", params(("id" = Uuid, Path)), request_body = InvitationRequest, security(("session" = []), ("bearer" = [])),
    responses(
        (status = 201, body = InvitationMade),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>,
    )
)]
pub(crate) async fn create(
    caller: Caller,
    Path(id): Path<Uuid>,
    Json(asked): Json<InvitationRequest>,
) -> Answer<(StatusCode, Json<InvitationMade>)> {
    let new = NewInvitation {
        email: asked.email,
        space: SpaceId(id),
        role: asked.role.into(),
        permissions: api::permissions(&asked.permissions),
    };
    let (secret, invitation) = caller.library.invitation_create(&caller.actor, new).await?;
    let made = InvitationMade { invitation: info(invitation), secret: secret.reveal().to_owned() };
    Ok((StatusCode::CREATED, Json(made)))
}

/// Takes an invitation back.
#[utoipa::path(
    delete, path = "/api/v1/spaces/{id}/invitations/{invitation}", tag = "spaces", params(("id" = Uuid, Path), ("invitation" = Uuid, Path)), security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<401>, Refusal<403>, Refusal<404>,
    )
)]
pub(crate) async fn revoke(caller: Caller, Path((id, invitation)): Path<(Uuid, Uuid)>) -> Answer<StatusCode> {
    caller.library.invitation_revoke(&caller.actor, SpaceId(id), InvitationId(invitation)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Accepts an invitation: makes an account, or uses the one that there is.
#[utoipa::path(
    post, path = "/api/v1/invitations/accept", tag = "account", request_body = AcceptRequest,
    responses(
        (status = 201, body = Me),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>, Refusal<409>, Refusal<429>, Refusal<503>,
    )
)]
pub(crate) async fn accept(
    State(app): State<App>,
    peer: Peer,
    Json(asked): Json<AcceptRequest>,
) -> Answer<(StatusCode, Json<Me>)> {
    let live = app.live()?;
    let secret = Secret::presented(&asked.secret);
    // Whoever holds an invitation must not guess passwords faster than others.
    let email = live.library.invitation_email(&secret).await?;
    app.limits().try_secret(email.as_deref(), &peer)?;
    if let Some(email) = &email {
        app.limits().wait_turn(email, &peer).await?;
    }
    let accepted = Accepted {
        secret: &secret,
        name: &asked.name,
        password: &asked.password,
        code: asked.code.as_deref(),
        passkey: passkey::shown(&app, asked.passkey)?,
        origin: peer.origin(),
    };
    let person = live.library.invitation_accept(accepted).await?;
    Ok((StatusCode::CREATED, Json(Me { id: person.id.0, email: person.email, name: person.name })))
}
