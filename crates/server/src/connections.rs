//! Connections: how many one party holds, and how long one may take nothing of what it asked for.
//!
//! A connection costs memory and a descriptor whether or not anything is said on it, and whoever asks has not said yet
//! who they are. So what counts is where they are. A proxy speaks for many and is trusted to bound them.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum_server::accept::Accept;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

use crate::network::{Proxies, party};

/// How much patience the server has with connections.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// How long the first request, and the head of each, may take.
    pub request: Duration,
    /// How long a connection may take nothing of an answer.
    pub taking: Duration,
    /// Connections of one party at once.
    pub each_party: usize,
}

impl Default for Patience {
    fn default() -> Self {
        Self { request: Duration::from_secs(20), taking: Duration::from_mins(1), each_party: 512 }
    }
}

type Counts = Arc<Mutex<HashMap<IpAddr, usize>>>;

/// Counts connections by where they come from, and refuses those that are too many.
#[derive(Clone)]
pub(crate) struct Counted {
    counts: Counts,
    proxies: Proxies,
    patience: Patience,
}

impl Counted {
    pub(crate) fn new(proxies: Proxies, patience: Patience) -> Self {
        Self { counts: Counts::default(), proxies, patience }
    }

    fn place(&self, peer: IpAddr) -> io::Result<Option<Place>> {
        if self.proxies.trusts(peer.to_canonical()) {
            return Ok(None);
        }
        let party = party(peer);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(party).or_default();
        if *count >= self.patience.each_party {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        *count += 1;
        Ok(Some(Place { counts: Arc::clone(&self.counts), party }))
    }
}

impl<S> Accept<TcpStream, S> for Counted {
    type Stream = Connection;
    type Service = S;
    type Future = std::future::Ready<io::Result<(Connection, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let place = stream.peer_addr().and_then(|peer| self.place(peer.ip()));
        let taking = self.patience.taking;
        std::future::ready(
            place.map(|place| (Connection { stream, taking, stalled: None, _place: place }, service)),
        )
    }
}

/// One of the connections that a party may have; free again when it is dropped.
struct Place {
    counts: Counts,
    party: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.party) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.party);
            }
        }
    }
}

/// A connection that is given up when its other end takes nothing for long.
pub(crate) struct Connection {
    stream: TcpStream,
    taking: Duration,
    /// Runs while there is something that the other end does not take.
    stalled: Option<Pin<Box<Sleep>>>,
    _place: Option<Place>,
}

impl Connection {
    fn patient<T>(&mut self, context: &mut Context<'_>, done: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if done.is_ready() {
            self.stalled = None;
            return done;
        }
        let taking = self.taking;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(taking)));
        stalled.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.patient(context, done)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.patient(context, done)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_party_has_so_many_and_a_proxy_any_number() {
        let patience = Patience { each_party: 2, ..Patience::default() };
        let counted = Counted::new(Proxies(vec!["10.0.0.0/8".parse().unwrap()]), patience);
        let place = |peer: &str| counted.place(peer.parse().unwrap());
        let household = (place("2001:db8:1:2::1").unwrap(), place("2001:db8:1:2:ffff::9").unwrap());
        assert!(place("2001:db8:1:2::3").is_err());
        let neighbour = place("2001:db8:1:3::1").unwrap();
        let proxied: Vec<_> = (0..9).map(|_| place("::ffff:10.1.2.3").unwrap()).collect();
        assert!(proxied.iter().all(Option::is_none));
        drop(household);
        place("2001:db8:1:2::3").unwrap();
        drop(neighbour);
        assert!(counted.counts.lock().unwrap().is_empty());
    }
}
