//! What every request and answer passes: no state is changed from another site, no page is framed, nothing is sniffed.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use model::{Error, Result};

use crate::app::App;
use crate::problem::Failure;

fn refused() -> Error {
    Error::forbidden("this request was made by a page of another site").with_code("cross-site")
}

/// The server as the request calls it: HTTP/2 says it in the request's address, HTTP/1 in a header.
fn host<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> Option<&'a str> {
    match uri.authority() {
        Some(authority) => Some(authority.as_str()),
        None => headers.get(header::HOST)?.to_str().ok(),
    }
}

/// Whether an `Origin` is this very server.
fn same_origin(headers: &HeaderMap, uri: &Uri, origin: &HeaderValue) -> bool {
    let authority =
        origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, authority)| authority);
    authority.is_some() && authority == host(headers, uri)
}

/// Refuses what a browser says was made by another site, whatever it carries.
pub(crate) async fn cross_site(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let unsafe_method = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let site = headers.get("sec-fetch-site").and_then(|value| value.to_str().ok());
    let foreign = site.is_some_and(|site| site != "same-origin" && site != "none")
        || headers.get(header::ORIGIN).is_some_and(|origin| !same_origin(headers, request.uri(), origin));
    if unsafe_method && foreign {
        return Failure(refused()).into_response();
    }
    next.run(request).await
}

/// For what a cookie authorises: the browser must say that the request comes from this site.
pub(crate) fn vouched(method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<()> {
    if matches!(*method, Method::GET | Method::HEAD) {
        return Ok(());
    }
    let site = headers.get("sec-fetch-site").and_then(|value| value.to_str().ok());
    let origin = headers.get(header::ORIGIN);
    if site == Some("same-origin") || origin.is_some_and(|origin| same_origin(headers, uri, origin)) {
        return Ok(());
    }
    Err(refused())
}

/// Headers that every answer has, unless a handler has set them.
pub(crate) async fn headers(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if app.config().tls {
        // Not for names below it: other machines of a house have those, and may not speak TLS.
        let year = HeaderValue::from_static("max-age=31536000");
        headers.entry(header::STRICT_TRANSPORT_SECURITY).or_insert(year);
    }
    let standing = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'; sandbox"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        // What was revoked must not live on in a cache.
        (header::CACHE_CONTROL, "private, no-store"),
    ];
    for (name, value) in standing {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// What the pages that document the API may do: run the scripts that this server gives, and ask this server.
pub(crate) async fn documentation(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    // They style themselves in place, which harms nobody: what they show comes from this server.
    let allowed = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                   connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(allowed));
    response
}
