//! A link that is bad: a proxy on loopback that passes bytes on, and cuts connections off while much is on its way, is late
//! with each piece, or lets answers end before their time.

mod short;

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

/// A proxy in front of one address.
pub struct CuttingLink {
    address: SocketAddr,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    /// Bytes passed on towards the server.
    sent: AtomicU64,
    /// Connections that are still to be cut, or answers to be shortened.
    to_cut: AtomicU64,
    /// Connections that were cut, or answers that were shortened.
    cut: AtomicU64,
}

impl Counts {
    /// Takes one of those that are still to be cut.
    fn take(&self) -> bool {
        let taken = self.to_cut.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if taken.is_ok() {
            self.cut.fetch_add(1, Ordering::SeqCst);
        }
        taken.is_ok()
    }
}

/// What happens to the bytes that go one way.
#[derive(Clone, Copy, Default)]
struct Way {
    /// The connection is cut off after so many.
    cut_after: Option<u64>,
    /// Each piece is so late.
    late: Duration,
}

impl CuttingLink {
    /// Passes on to `to`. Of connections that send as much, the first `cuts` are cut off after `after` bytes.
    ///
    /// # Panics
    /// Without a free port.
    pub fn start(to: SocketAddr, cuts: u64, after: u64) -> Self {
        Self::between(to, cuts, Way { cut_after: Some(after), ..Way::default() }, Way::default())
    }

    /// The same for what comes back: of connections that are answered with as much, the first `cuts` are cut off.
    ///
    /// # Panics
    /// Without a free port.
    pub fn answers(to: SocketAddr, cuts: u64, after: u64) -> Self {
        Self::between(to, cuts, Way::default(), Way { cut_after: Some(after), ..Way::default() })
    }

    /// Passes everything on to `to`, each piece so late, there and back.
    ///
    /// # Panics
    /// Without a free port.
    pub fn late(to: SocketAddr, late: Duration) -> Self {
        let way = Way { late, ..Way::default() };
        Self::between(to, 0, way, way)
    }

    /// Passes HTTP on to `to`. Of the answers to `GET` that are at least `least` bytes long, the first `times` end after
    /// half of them, and say that this is all: nothing in them tells that they are short.
    ///
    /// # Panics
    /// Without a free port.
    pub fn shortened(to: SocketAddr, times: u64, least: u64) -> Self {
        Self::serve(to, times, move |client, server, counts| short::pass(client, server, least, counts))
    }

    fn between(to: SocketAddr, cuts: u64, there: Way, back: Way) -> Self {
        Self::serve(to, cuts, move |client, server, counts| {
            thread::scope(|scope| {
                scope.spawn(|| {
                    pass(server, client, back, counts, &AtomicU64::new(0));
                    let _ = client.shutdown(Shutdown::Both);
                });
                pass(client, server, there, counts, &counts.sent);
                let _ = server.shutdown(Shutdown::Write);
            });
        })
    }

    /// Listens, and lets `each` carry every connection.
    fn serve(
        to: SocketAddr,
        cuts: u64,
        each: impl Fn(&TcpStream, &TcpStream, &Counts) + Clone + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address");
        let counts = Arc::new(Counts { to_cut: AtomicU64::new(cuts), ..Counts::default() });
        let shared = Arc::clone(&counts);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(to) else { continue };
                let (counts, each) = (Arc::clone(&shared), each.clone());
                thread::spawn(move || each(&client, &server, &counts));
            }
        });
        Self { address, counts }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Bytes that were passed on towards the server, headers included.
    pub fn sent(&self) -> u64 {
        self.counts.sent.load(Ordering::SeqCst)
    }

    /// Connections that were cut off, or answers that were shortened.
    pub fn cut(&self) -> u64 {
        self.counts.cut.load(Ordering::SeqCst)
    }
}

/// Passes bytes on until their end, or until the connection is cut off after so many.
fn pass(from: &TcpStream, to: &TcpStream, way: Way, counts: &Counts, counted: &AtomicU64) {
    let (mut from, mut to) = (from, to);
    let mut buffer = vec![0; 64 * 1024];
    let mut passed = 0;
    while let Ok(filled) = from.read(&mut buffer) {
        thread::sleep(way.late);
        if filled == 0 || to.write_all(&buffer[..filled]).is_err() {
            break;
        }
        passed += filled as u64;
        counted.fetch_add(filled as u64, Ordering::SeqCst);
        if way.cut_after.is_some_and(|after| passed >= after) && counts.take() {
            // What was passed on arrives; nothing else does, and nobody hears back.
            let _ = from.shutdown(Shutdown::Both);
            let _ = to.shutdown(Shutdown::Write);
            break;
        }
    }
}
