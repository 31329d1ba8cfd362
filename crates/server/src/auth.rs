//! Who asks: every handler that needs to know takes a [`Caller`], and cannot be reached without one.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use library::Library;
use library::access::Actor;
use library::accounts::Secret;
use library::ingest::Receiver;
use model::{Error, ErrorKind};

use crate::app::App;
use crate::guard;
use crate::network::Peer;
use crate::problem::Failure;

/// Somebody who has proved who they are, and the library that they ask.
pub(crate) struct Caller {
    pub(crate) actor: Actor,
    pub(crate) library: Arc<Library>,
    pub(crate) receiver: Receiver,
}

impl FromRequestParts<App> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let live = app.live()?;
        let Ok(peer) = Peer::from_request_parts(parts, app).await;
        let secret = match bearer(&parts.headers) {
            Some(secret) => secret,
            None => {
                let secret = cookie(&parts.headers, cookie_name(app))
                    .ok_or_else(|| Error::new(ErrorKind::Unproved, "sign in first, or present a token"))?;
                // A cookie travels by itself: the browser must vouch for where the request was made.
                guard::vouched(&parts.method, &parts.uri, &parts.headers)?;
                secret
            }
        };
        let actor = live.library.authenticate(&secret, &peer.origin()).await?;
        Ok(Self { actor, library: live.library, receiver: live.receiver })
    }
}

/// Somebody who has proved who they are, or anybody else: for what both may ask. A session that has ended is none.
pub(crate) struct MaybeCaller(pub(crate) Option<Caller>);

impl FromRequestParts<App> for MaybeCaller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        match Caller::from_request_parts(parts, app).await {
            Ok(caller) => Ok(Self(Some(caller))),
            Err(Failure(error)) if error.kind() == ErrorKind::Unproved => Ok(Self(None)),
            Err(failure) => Err(failure),
        }
    }
}

pub(crate) fn bearer(headers: &HeaderMap) -> Option<Secret> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, secret) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| Secret::presented(secret))
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<Secret> {
    let pairs = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = pairs.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, secret)| Secret::presented(secret))
}

/// Over TLS a name that only this host can set, and only over TLS.
fn cookie_name(app: &App) -> &'static str {
    if app.config().tls { "__Host-ourphoto" } else { "ourphoto" }
}

/// Keeps a session's secret in the browser; `None` forgets it.
pub(crate) fn set_cookie(app: &App, secret: Option<&Secret>) -> HeaderValue {
    let secure = if app.config().tls { "; Secure" } else { "" };
    let name = cookie_name(app);
    let text = match secret {
        Some(secret) => {
            // The server ends a session sooner than this when it is not used.
            let longest = 90 * 24 * 3600;
            format!(
                "{name}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age={longest}{secure}",
                secret.reveal()
            )
        }
        None => format!("{name}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0{secure}"),
    };
    let mut value = HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}
