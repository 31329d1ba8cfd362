//! The first start.

use api::{SetUpDone, SetUpRequest};
use axum::extract::State;
use axum::http::StatusCode;
use library::accounts::Secret;
use zeroize::Zeroizing;

use crate::app::App;
use crate::body::Json;
use crate::network::Peer;
use crate::openapi::Refusal;
use crate::problem::Answer;

/// Makes the library, its first person and the recovery kit; gives the kit again for ten minutes, until somebody has signed in.
#[utoipa::path(
    post, path = "/api/v1/setup", tag = "server", request_body = SetUpRequest,
    responses(
        (status = 201, body = SetUpDone),
        Refusal<400>, Refusal<403>, Refusal<429>,
    )
)]
pub(crate) async fn set_up(
    State(app): State<App>,
    peer: Peer,
    Json(asked): Json<SetUpRequest>,
) -> Answer<(StatusCode, Json<SetUpDone>)> {
    app.limits().try_secret(None, &peer)?;
    let secret = Secret::presented(&asked.secret);
    let password = Zeroizing::new(asked.password);
    let kit = app.set_up(secret, asked.email, asked.name, password).await?;
    Ok((StatusCode::CREATED, Json(SetUpDone { recovery_kit: kit.text().to_string() })))
}
