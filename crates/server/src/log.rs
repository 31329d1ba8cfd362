//! One line and one count for each request, with an id that the client gets too. What a log may not know is not in it: no query, no
//! header, no body, and of the path only its shape.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;
use uuid::Uuid;

use crate::app::App;

/// Logs a request, and names it.
pub(crate) async fn request(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = Uuid::now_v7();
    let method = request.method().clone();
    let path = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str).to_owned();
    let begun = Instant::now();
    // The names of these fields are those of OpenTelemetry's conventions for HTTP.
    let span = tracing::info_span!(
        "request",
        %id,
        otel.name = format!("{method} {path}"),
        otel.kind = "server",
        http.request.method = %method,
        http.route = path,
        http.response.status_code = tracing::field::Empty,
    );
    let mut response = next.run(request).instrument(span.clone()).await;
    let (status, took) = (response.status().as_u16(), begun.elapsed());
    span.record("http.response.status_code", status);
    app.metrics().answered(&method, &path, status, took);
    span.in_scope(|| {
        let ms = took.as_millis() as u64;
        tracing::info!(%method, path, status, ms, "answered");
    });
    if let Ok(id) = HeaderValue::try_from(id.to_string()) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), id);
    }
    response
}
