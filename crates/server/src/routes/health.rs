//! For whoever watches the server.

use axum::extract::State;
use axum::http::StatusCode;

use crate::app::App;
use crate::problem::Answer;

/// The process answers.
pub(crate) async fn alive() -> &'static str {
    "alive\n"
}

/// The library is open, and its catalog answers.
pub(crate) async fn ready(State(app): State<App>) -> Answer<(StatusCode, &'static str)> {
    let live = app.live()?;
    live.library.catalog.read().await?.library_get().await?;
    Ok((StatusCode::OK, "ready\n"))
}
