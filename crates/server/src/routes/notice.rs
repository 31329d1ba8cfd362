//! What one was told.

use api::{NoticeInfo, NoticePage, NoticeQuery, NoticesSeen};
use axum::http::StatusCode;
use library::notices::{Words, words};
use model::NoticeId;

use crate::auth::Caller;
use crate::body::{Json, Query};
use crate::openapi::Refusal;
use crate::problem::Answer;

fn info(notice: catalog::Notice) -> NoticeInfo {
    let Words { title, text } = words(notice.kind, &notice.facts, notice.at);
    NoticeInfo {
        id: notice.id.0,
        kind: notice.kind.into(),
        title,
        text,
        at: notice.at.to_string(),
        seen_at: notice.seen_at.map(|at| at.to_string()),
    }
}

/// One's notices, newest first.
#[utoipa::path(
    get, path = "/api/v1/notices", tag = "notices", params(NoticeQuery), security(("session" = []), ("bearer" = [])),
    responses(
        (status = 200, body = NoticePage),
        Refusal<400>, Refusal<401>, Refusal<403>,
    )
)]
pub(crate) async fn list(caller: Caller, Query(asked): Query<NoticeQuery>) -> Answer<Json<NoticePage>> {
    let found = caller.library.notices(&caller.actor, asked.before.map(NoticeId), asked.limit).await?;
    let notices = found.notices.into_iter().map(info).collect();
    Ok(Json(NoticePage { notices, unseen: found.unseen }))
}

/// Notes that one has seen a notice and all before it.
#[utoipa::path(
    post, path = "/api/v1/notices/seen", tag = "notices", request_body = NoticesSeen, security(("session" = []), ("bearer" = [])),
    responses(
        (status = 204),
        Refusal<400>, Refusal<401>, Refusal<403>,
    )
)]
pub(crate) async fn seen(caller: Caller, Json(asked): Json<NoticesSeen>) -> Answer<StatusCode> {
    caller.library.notices_seen(&caller.actor, NoticeId(asked.until)).await?;
    Ok(StatusCode::NO_CONTENT)
}
