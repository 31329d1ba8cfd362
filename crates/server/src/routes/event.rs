//! What changes, while it changes (server-sent events).

use std::convert::Infallible;
use std::time::Duration;

use api::ChangeEvent;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use catalog::Change;
use futures_util::stream;
use model::{Error, Result};
use tokio::sync::watch;

use crate::app::App;
use crate::auth::Caller;
use crate::limit::Listening;
use crate::openapi::Refusal;
use crate::problem::Answer;

/// A line that says nothing, so that nobody on the way ends a silent connection.
const SIGN_OF_LIFE: Duration = Duration::from_secs(20);

/// Somebody who listens.
struct Listener {
    app: App,
    turn: Listening,
    caller: Caller,
    head: watch::Receiver<i64>,
    after: i64,
    waiting: std::vec::IntoIter<Change>,
}

impl Listener {
    /// The next change that they may know of; none when they may not listen any more, or the server stops.
    async fn next(&mut self) -> Option<Change> {
        loop {
            if let Some(change) = self.waiting.next() {
                return Some(change);
            }
            // Rights count as they are at each change.
            let (changes, seen) =
                self.caller.library.changes_after(&self.caller.actor, self.after).await.ok()?;
            let more = seen > self.after;
            self.after = seen;
            self.waiting = changes.into_iter();
            if !more {
                tokio::select! {
                    () = self.app.stopping().cancelled() => return None,
                    () = self.turn.over.cancelled() => return None,
                    changed = self.head.changed() => changed.ok()?,
                    // Whoever was signed out meanwhile is told by the end of the stream.
                    () = tokio::time::sleep(SIGN_OF_LIFE) => {}
                }
            }
        }
    }
}

/// What changes in all that one may look at, as server-sent events named `change`. Each has its number as its id: who
/// comes back with `Last-Event-ID` misses nothing. Of more than sixteen streams of one person the oldest ends.
#[utoipa::path(
    get, path = "/api/v1/events", tag = "photos", security(("session" = []), ("bearer" = [])),
    params(("Last-Event-ID" = Option<String>, Header, description = "the number of the last change that was seen")),
    responses(
        (status = 200, body = ChangeEvent, content_type = "text/event-stream"),
        Refusal<400>, Refusal<401>, Refusal<429>,
    )
)]
pub(crate) async fn listen(State(app): State<App>, caller: Caller, headers: HeaderMap) -> Answer<Response> {
    let turn = app.limits().listen(&caller.actor)?;
    let head = app.watch_changes();
    let after = match headers.get("last-event-id") {
        Some(seen) => read_seen(seen.to_str().unwrap_or_default())?,
        None => caller.library.change_head().await?,
    };
    let listener = Listener { app, turn, caller, head, after, waiting: Vec::new().into_iter() };
    let events = stream::unfold(listener, |mut listener| async move {
        let change = listener.next().await?;
        let event = event(&change);
        Some((Ok::<_, Infallible>(event), listener))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(SIGN_OF_LIFE)).into_response())
}

fn read_seen(text: &str) -> Result<i64> {
    let seen = text.parse().ok().filter(|seen| *seen >= 0);
    seen.ok_or_else(|| Error::invalid("Last-Event-ID is the number of a change").with_code("malformed"))
}

fn event(change: &Change) -> Event {
    let told = ChangeEvent {
        space: change.space_id.0,
        entity: change.entity.clone(),
        id: change.entity_id,
        op: change.op.clone(),
        at: change.at.to_string(),
    };
    let event = Event::default().event("change").id(change.seq.to_string());
    event.json_data(&told).unwrap_or_default()
}
