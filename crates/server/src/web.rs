//! The web app: what `npm run build` left in `web/build`, inside the program. Without it the server does all it does, and `/`
//! says in plain words what is missing. Nothing here knows photos, and no answer depends on who asks.
//!
//! Names below `_app/immutable/` carry a hash of their content and are kept for ever; everything else is asked for again each
//! time. Whatever address a browser opens that is no file of the app gets the app's one page, which finds its way itself.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::problem::nothing_here;

/// What the build left; an empty folder where it was not built.
#[derive(RustEmbed)]
#[folder = "../../web/build"]
#[allow_missing = true]
struct Files;

/// What the app's page may do: run its own files and talk to this server, and nothing else. The one hash is of the `style`
/// attribute with which its framework hides the element that tells screen readers of a new page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
                      style-src-attr 'unsafe-hashes' 'sha256-S8qMpvofolR8Mpjy4kQvEm7m1q8clzU4dfDH0AmvZjo='; \
                      img-src 'self' blob: data:; media-src 'self' blob:; font-src 'self'; connect-src 'self'; \
                      worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; \
                      frame-ancestors 'none'";

const PAGE: &str = "index.html";

const NOT_BUILT: &str = "\
OurPhoto runs, and its web app is not in this program.

To have it, build it before the server, in the folder of the sources:

    cd web && npm ci && npm run build

and then build the server again. 'make run' does both. Programs can use the API as it is; it is described at
/api/openapi.json.
";

/// Addresses of the server that are never the app's.
const NOT_THE_APP: [&str; 4] = ["/api/", "/healthz", "/readyz", "/metrics"];

/// What happens to requests that no operation takes: files of the app, its page for a browser, and for everything else
/// what there is at an address where nothing is.
pub(crate) async fn answer(request: Request) -> Response {
    let path = request.uri().path();
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if !reads || NOT_THE_APP.iter().any(|other| path.starts_with(other)) {
        return nothing_here().await.into_response();
    }
    let name = path.trim_start_matches('/');
    if let Some(found) = Found::at(name, request.headers()) {
        return found.answer(&request);
    }
    if !wants_page(request.headers()) {
        return nothing_here().await.into_response();
    }
    match Found::at(PAGE, request.headers()) {
        Some(found) => found.answer(&request),
        None => {
            (StatusCode::OK, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], NOT_BUILT).into_response()
        }
    }
}

/// Whether it is a person's browser that opens an address. A program that asks for nothing gets a problem document.
fn wants_page(headers: &HeaderMap) -> bool {
    let mut accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.any(|accepted| accepted.contains("text/html"))
}

/// A file of the app, in the best encoding that was asked for.
struct Found {
    file: EmbeddedFile,
    name: String,
    encoding: Option<&'static str>,
}

impl Found {
    fn at(name: &str, headers: &HeaderMap) -> Option<Self> {
        // Compressed files are answers to other names, and the page has one address.
        if name.is_empty() || matches!(name.rsplit_once('.'), Some((_, "br" | "gz"))) {
            return None;
        }
        let plain = Files::get(name)?;
        let better = [("br", "br"), ("gzip", "gz")].into_iter().find_map(|(encoding, ending)| {
            accepts(headers, encoding).then(|| Some((encoding, Files::get(&format!("{name}.{ending}"))?)))?
        });
        let (encoding, file) = match better {
            Some((encoding, file)) => (Some(encoding), file),
            None => (None, plain),
        };
        Some(Self { file, name: name.to_owned(), encoding })
    }

    fn answer(self, request: &Request) -> Response {
        let etag = format!("\"{}\"", model::Sha256(self.file.metadata.sha256_hash()));
        let mut headers = HeaderMap::new();
        let mut set = |name: HeaderName, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        };
        set(header::ETAG, &etag);
        set(header::VARY, "accept-encoding");
        set(header::CACHE_CONTROL, cache(&self.name));
        set(header::CONTENT_SECURITY_POLICY, POLICY);
        set(HeaderName::from_static("permissions-policy"), PERMISSIONS);
        if known(request.headers(), &etag) {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        set(header::CONTENT_TYPE, media_type(&self.name));
        set(header::CONTENT_LENGTH, &self.file.data.len().to_string());
        if let Some(encoding) = self.encoding {
            set(header::CONTENT_ENCODING, encoding);
        }
        let body = if request.method() == Method::HEAD {
            Body::empty()
        } else {
            match self.file.data {
                std::borrow::Cow::Borrowed(bytes) => Body::from(bytes),
                std::borrow::Cow::Owned(bytes) => Body::from(bytes),
            }
        };
        (StatusCode::OK, headers, body).into_response()
    }
}

/// What of a device the page may use: nothing but passkeys and the clipboard.
const PERMISSIONS: &str = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), \
                           publickey-credentials-get=(self), publickey-credentials-create=(self)";

fn cache(name: &str) -> &'static str {
    if name.starts_with("_app/immutable/") { "public, max-age=31536000, immutable" } else { "no-cache" }
}

/// Whether an encoding is accepted, as far as browsers say it: listed, and not with a weight of nothing.
fn accepts(headers: &HeaderMap, encoding: &str) -> bool {
    let listed = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    listed.flat_map(|value| value.split(',')).any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, ""));
        let refused =
            weight.trim().strip_prefix("q=").and_then(|q| q.trim().parse::<f32>().ok()) == Some(0.0);
        name.trim().eq_ignore_ascii_case(encoding) && !refused
    })
}

fn known(headers: &HeaderMap, etag: &str) -> bool {
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    known.flat_map(|value| value.split(',')).any(|known| known.trim().trim_start_matches("W/") == etag)
}

/// The build has files of these types only.
fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_taken_as_browsers_list_them() {
        let headers = |value: &'static str| {
            HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(value))])
        };
        assert!(accepts(&headers("gzip, deflate, br, zstd"), "br"));
        assert!(accepts(&headers("br;q=0.5"), "br"));
        assert!(!accepts(&headers("br;q=0, gzip"), "br"));
        assert!(!accepts(&headers("gzip"), "br"));
        assert!(!accepts(&HeaderMap::new(), "br"));
    }

    #[test]
    fn only_names_with_a_hash_are_kept_for_ever() {
        assert!(cache("_app/immutable/entry/start.abc.js").contains("immutable"));
        assert_eq!(cache("index.html"), "no-cache");
        assert_eq!(cache("service-worker.js"), "no-cache");
    }

    #[test]
    fn the_policy_lets_in_no_script_but_the_app_s_own() {
        assert!(POLICY.contains("script-src 'self';"));
        assert!(!POLICY.contains("unsafe-inline") && !POLICY.contains("unsafe-eval"));
    }
}
