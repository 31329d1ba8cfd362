//! Who did what.

use api::{ActivityCheck, ActivityEntry, ActivityPage, ActivityQuery};
use axum::extract::State;
use library::activity::{Asked, PAGE};
use model::{Error, SpaceId};

use crate::app::App;
use crate::auth::Caller;
use crate::body::{Json, Query};
use crate::network::Peer;
use crate::openapi::Refusal;
use crate::problem::Answer;
use crate::spending::WHOLE_LOG;

/// Entries on a page that says no number.
const USUAL: u32 = 100;

fn info(entry: catalog::AuditEntry) -> ActivityEntry {
    ActivityEntry {
        seq: entry.seq,
        at: entry.at.to_string(),
        actor: entry.actor,
        action: entry.action,
        subject: entry.subject,
        detail: serde_json::from_str(&entry.detail).unwrap_or(serde_json::Value::String(entry.detail)),
        space: entry.space_id.map(|space| space.0),
        hash: entry.hash.to_string(),
    }
}

/// What happened in a space, for who manages it; or what one did oneself. Newest first.
#[utoipa::path(
    get, path = "/api/v1/activity", tag = "activity", params(ActivityQuery), security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = ActivityPage),
        Refusal<400>, Refusal<401>, Refusal<403>, Refusal<404>,
    )
)]
pub(crate) async fn list(caller: Caller, Query(query): Query<ActivityQuery>) -> Answer<Json<ActivityPage>> {
    let limit = query.limit.unwrap_or(USUAL) as usize;
    if limit == 0 || limit > PAGE {
        return Err(Error::invalid("a page has 1 to 1000 entries").with_code("malformed").into());
    }
    let nul = |text: &Option<String>| text.as_ref().is_some_and(|text| text.contains('\0'));
    if nul(&query.action) || nul(&query.actor) {
        return Err(Error::invalid("a text may not contain the character NUL").with_code("malformed").into());
    }
    let asked = Asked {
        space: query.space.map(SpaceId),
        action: query.action,
        actor: query.actor,
        before: query.before,
        limit,
    };
    let entries = caller.library.activity(&caller.actor, asked).await?;
    let next = entries.last().filter(|_| entries.len() == limit).map(|entry| entry.seq);
    Ok(Json(ActivityPage { entries: entries.into_iter().map(info).collect(), next }))
}

/// Reads the whole log again and says whether it is what was written. For who manages a space.
#[utoipa::path(
    get, path = "/api/v1/activity/check", tag = "activity", security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = ActivityCheck),
        Refusal<401>, Refusal<404>, Refusal<429>,
    )
)]
pub(crate) async fn check(State(app): State<App>, peer: Peer, caller: Caller) -> Answer<Json<ActivityCheck>> {
    let _asking = app.limits().costly(&caller.actor, &peer, WHOLE_LOG)?;
    let (head, broken_at) = caller.library.activity_check(&caller.actor).await?;
    Ok(Json(ActivityCheck { entries: head.seq, head: head.hash.to_string(), broken_at }))
}
