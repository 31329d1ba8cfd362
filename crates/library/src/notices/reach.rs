//! Which addresses the server may be sent to. Whoever has an account chooses them, so they must not lead to what only
//! this machine can reach: itself, its network, the metadata service of a cloud.
//!
//! An address that is a number is judged when it is written down and before each use; a name is judged by what it means at
//! the moment of connecting, in the resolver that the connection uses, so that it cannot mean something else a moment
//! later. Redirects are not followed, and there is no proxy.

use std::error::Error as StdError;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use model::{Error, Network, Result};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// Bytes of an address.
const LONGEST: usize = 2000;

/// Networks that are allowed besides the public ones.
#[derive(Clone, Debug, Default)]
pub(super) struct Reach(Arc<[Network]>);

impl Reach {
    /// The public networks, and these.
    pub(super) fn new(allowed: Vec<Network>) -> Self {
        Self(allowed.into())
    }

    fn allows(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address.to_canonical()))
    }

    /// Whether a connection may go there. Without encryption only into networks that the operator named.
    fn permits(&self, address: IpAddr, encrypted: bool) -> bool {
        self.allows(address) || (encrypted && is_public(address))
    }

    /// An address that a webhook or topic may have.
    ///
    /// # Errors
    /// `Invalid`, with what would be right.
    pub(super) fn check(&self, text: &str) -> Result<Url> {
        let wrong = |why: &str| Error::invalid(format!("the address {why}"));
        if text.len() > LONGEST || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(wrong("is too long, or has characters that no address has"));
        }
        let url = Url::parse(text).map_err(|_| wrong("is none, as in https://ntfy.example.org/my-topic"))?;
        let encrypted = match url.scheme() {
            "https" => true,
            "http" if !self.0.is_empty() => false,
            _ => return Err(wrong("has to begin with https://")),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("must not contain a name or password; give what opens it as the secret"));
        }
        if url.fragment().is_some() {
            return Err(wrong("must not contain '#'"));
        }
        let number = match url.host() {
            Some(Host::Domain(_)) => None,
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            None => return Err(wrong("names no server")),
        };
        if number.is_some_and(|address| !self.permits(address, encrypted)) {
            return Err(wrong(if encrypted { NOT_ALLOWED } else { NOT_ALLOWED_PLAIN }));
        }
        Ok(url)
    }

    /// What a client finds addresses with.
    pub(super) fn resolver(&self, encrypted: bool) -> Resolver {
        Resolver { reach: self.clone(), encrypted }
    }
}

const NOT_ALLOWED: &str =
    "leads into a network that is not public, which whoever runs the server has not allowed";
const NOT_ALLOWED_PLAIN: &str =
    "has to begin with https://, for it leads out of the networks that whoever runs the server has allowed";

/// Finds the addresses of names, and gives only those that a connection may go to.
pub(super) struct Resolver {
    reach: Reach,
    encrypted: bool,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (reach, encrypted) = (self.reach.clone(), self.encrypted);
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let good: Vec<SocketAddr> =
                found.iter().copied().filter(|address| reach.permits(address.ip(), encrypted)).collect();
            if good.is_empty() && !found.is_empty() {
                return Err(Box::new(Refused { encrypted }) as Box<dyn StdError + Send + Sync>);
            }
            Ok(Box::new(good.into_iter()) as Addrs)
        })
    }
}

/// A name that means addresses where no connection may go.
#[derive(Debug)]
pub(super) struct Refused {
    encrypted: bool,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the address {}", if self.encrypted { NOT_ALLOWED } else { NOT_ALLOWED_PLAIN })
    }
}

impl StdError for Refused {}

/// Whether an address is one of the public internet: not this machine, not its network, nothing reserved, and none that
/// carries one of those inside (mapped, 6to4, NAT64).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// The registry of special-purpose addresses (RFC 6890), multicast and what is reserved.
const SPECIAL: &[(Ipv4Addr, u32)] = &[
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 3),
];

fn is_public_v4(address: Ipv4Addr) -> bool {
    SPECIAL.iter().all(|(network, bits)| (address.to_bits() ^ network.to_bits()) >> (32 - bits) != 0)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(mapped) = address.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    let parts = address.segments();
    let inside = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match parts {
        // NAT64 (RFC 6052) and 6to4 (RFC 3056) carry an IPv4 address.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => inside(high, low),
        // Teredo, ORCHID and the like; documentation.
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => false,
        // Global unicast is 2000::/3; loopback, unique-local, link-local, multicast and all else lie outside.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_public_internet_is_public() {
        for public in [
            "1.1.1.1",
            "172.32.0.1",
            "192.0.1.1",
            "2606:4700::1111",
            "64:ff9b::101:101",
            "2002:101:101::1",
            "::ffff:1.1.1.1",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for other in [
            "0.0.0.0",
            "127.0.0.1",
            "127.9.9.9",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.192",
            "192.0.2.1",
            "198.18.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:a9fe:a9fe",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "2002:7f00:1::1",
            "2002:a00:1::",
            "2001::1",
            "2001:db8::1",
            "100::1",
            "fec0::1",
        ] {
            assert!(!is_public(other.parse().unwrap()), "{other}");
        }
    }

    #[test]
    fn an_address_cannot_be_written_so_that_it_is_taken_for_another() {
        let reach = Reach::default();
        for good in [
            "https://ntfy.sh/topic",
            "https://hooks.example.org/a?b=c",
            "https://1.1.1.1/",
            "https://[2606:4700::1111]/x",
        ] {
            reach.check(good).unwrap();
        }
        for bad in [
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f000001/",
            "https://0177.0.0.1/",
            "https://127.1/",
            "https://0x7f.1/",
            "https://0/",
            "https://169.254.169.254/latest/meta-data/",
            "https://0xa9fea9fe/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:a9fe:a9fe]/",
            "https://[64:ff9b::7f00:1]/",
            "https://１２７.０.０.１/",
            "https://127。0。0。1/",
            "http://ntfy.example.org/topic",
            "http://1.1.1.1/",
            "ftp://example.org/",
            "file:///etc/passwd",
            "gopher://example.org/",
            "https://",
            "//example.org",
            "topic",
            "https://user:secret@example.org/",
            "https://token@example.org/",
            "https://example.org/#part",
            "https://example.org/a b",
            "https://example.org/a\r\nHost: evil",
        ] {
            reach.check(bad).expect_err(bad);
        }
        let home = Reach::new(vec!["10.0.0.0/8".parse().unwrap()]);
        for good in [
            "http://10.1.2.3:8080/x",
            "https://10.1.2.3/x",
            "https://1.1.1.1/",
            "http://[::ffff:10.1.2.3]/x",
            "http://nas.local/x",
        ] {
            home.check(good).unwrap();
        }
        for bad in ["http://1.1.1.1/", "https://192.168.1.1/", "http://127.0.0.1/", "https://127.0.0.1/"] {
            home.check(bad).expect_err(bad);
        }
    }
}
