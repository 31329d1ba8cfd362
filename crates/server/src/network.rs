//! Where a request comes from. A header is believed only from a proxy that was declared trusted, for anybody can send one.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use library::accounts::Origin;
use model::{Error, Network};

use crate::app::App;
use crate::problem::Failure;

/// Proxies whose word on the client's address is taken.
#[derive(Clone, Debug, Default)]
pub struct Proxies(pub Vec<Network>);

impl Proxies {
    fn may_speak_plainly(&self, peer: IpAddr) -> bool {
        peer.is_loopback() || self.trusts(peer)
    }

    pub(crate) fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }

    /// The client's address: the last one in `X-Forwarded-For` that no trusted proxy is at.
    fn client(&self, peer: IpAddr, forwarded: &str) -> IpAddr {
        let mut client = peer;
        for hop in forwarded.rsplit(',').map(str::trim) {
            if !self.trusts(client) {
                break;
            }
            match hop.parse() {
                Ok(address) => client = address,
                Err(_) => break,
            }
        }
        client
    }
}

/// Plain HTTP is for this machine, and for proxies that were declared trusted: others would show their passwords to
/// whoever listens.
pub(crate) async fn only_proxied(
    State(proxies): State<Proxies>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    if proxies.may_speak_plainly(peer.ip().to_canonical()) {
        return next.run(request).await;
    }
    let refused =
        Error::forbidden("this server speaks plain HTTP to its proxy only; use the proxy's https:// address");
    Failure(refused.with_code("not-proxied")).into_response()
}

/// Who is at the other end.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    pub(crate) address: IpAddr,
    agent: String,
}

impl Peer {
    pub(crate) fn origin(&self) -> Origin {
        Origin { agent: self.agent.clone(), network: self.address.to_canonical().to_string() }
    }

    pub(crate) fn party(&self) -> IpAddr {
        party(self.address)
    }
}

/// What one party commonly has: an IPv4 address, or a /64 of IPv6.
pub(crate) fn party(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        address @ IpAddr::V4(_) => address,
    }
}

impl FromRequestParts<App> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let peer = peer.unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED));
        let forwarded: Vec<&str> =
            parts.headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok()).collect();
        let address = if forwarded.is_empty() {
            peer
        } else {
            app.config().proxies.client(peer.to_canonical(), &forwarded.join(","))
        };
        let agent = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        Ok(Self { address, agent: agent.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn in_the_clear_nobody_is_answered_but_this_machine_and_the_proxy() {
        use axum::body::Body;
        use axum::extract::connect_info::MockConnectInfo;
        use tower_service::Service as _;

        let proxies = Proxies(vec!["10.0.0.0/8".parse().unwrap()]);
        let layer = axum::middleware::from_fn_with_state(proxies, only_proxied);
        let router = axum::Router::new().route("/", axum::routing::get(|| async { "in" })).layer(layer);
        for (peer, status) in [
            ("127.0.0.1", 200),
            ("::1", 200),
            ("10.1.2.3", 200),
            ("::ffff:10.1.2.3", 200),
            ("192.0.2.7", 403),
            ("::ffff:192.0.2.7", 403),
            ("2001:db8::7", 403),
        ] {
            let peer = SocketAddr::new(peer.parse().unwrap(), 4711);
            // Who asks may say what they like.
            let request = axum::http::Request::builder().uri("/").header("X-Forwarded-For", "127.0.0.1");
            let mut served = router.clone().layer(MockConnectInfo(peer));
            let answer = served.call(request.body(Body::empty()).unwrap()).await.unwrap();
            assert_eq!(answer.status(), status, "{peer}");
        }
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_header_is_believed_only_as_far_as_trusted_proxies_wrote_it() {
        let proxies = Proxies(vec!["10.0.0.0/8".parse().unwrap(), "::1".parse().unwrap()]);
        // Nobody who is not a proxy can say where they are.
        assert_eq!(proxies.client(ip("203.0.113.9"), "198.51.100.1"), ip("203.0.113.9"));
        // What the client wrote itself stands left of what the proxy added.
        assert_eq!(proxies.client(ip("10.1.2.3"), "1.1.1.1, 198.51.100.1"), ip("198.51.100.1"));
        assert_eq!(proxies.client(ip("::1"), "198.51.100.1, 10.9.9.9"), ip("198.51.100.1"));
        assert_eq!(proxies.client(ip("10.1.2.3"), "nonsense"), ip("10.1.2.3"));
        assert_eq!(Proxies::default().client(ip("127.0.0.1"), "8.8.8.8"), ip("127.0.0.1"));
    }
}
