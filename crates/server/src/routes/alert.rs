//! What somebody has to do something about.

use api::AlertInfo;

use crate::auth::Caller;
use crate::body::Json;
use crate::openapi::Refusal;
use crate::problem::Answer;

/// Alerts, open ones first, then those that are over. For who manages a space.
#[utoipa::path(
    get, path = "/api/v1/alerts", tag = "safety", security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = Vec<AlertInfo>),
        Refusal<401>, Refusal<404>,
    )
)]
pub(crate) async fn list(caller: Caller) -> Answer<Json<Vec<AlertInfo>>> {
    let alerts = caller.library.alerts(&caller.actor).await?;
    let told = alerts.into_iter().map(|alert| AlertInfo {
        id: alert.id.0,
        kind: alert.kind.into(),
        sentence: alert.words.sentence,
        action: alert.words.action,
        urgent: alert.kind.is_urgent(),
        raised_at: alert.raised_at.to_string(),
        escalated: alert.escalated,
        resolved_at: alert.resolved_at.map(|at| at.to_string()),
    });
    Ok(Json(told.collect()))
}
