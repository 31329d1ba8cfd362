//! A link that is bad: a proxy on loopback that passes bytes on, and cuts connections off while much is on its way, is late
//! with each piece, or lets answers end before their time.

mod short;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
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
    /// How often each kind of request was made, where each is cut.
    kinds: Option<Mutex<BTreeMap<String, u32>>>,
}

/// What becomes of a request.
enum Fate {
    /// It does not arrive.
    Unheard,
    /// It arrives, and its answer does not.
    Unanswered,
    /// It passes.
    Passes,
}

impl Counts {
    /// Decides what becomes of a chunk on its way to the server: of each kind of request, the first does not arrive and the
    /// second is not answered.
    fn judge(&self, chunk: &[u8]) -> Fate {
        let (Some(kinds), Some(kind)) = (&self.kinds, kind(chunk)) else { return Fate::Passes };
        let mut kinds = kinds.lock().unwrap_or_else(PoisonError::into_inner);
        let made = kinds.entry(kind).or_default();
        *made += 1;
        match *made {
            1 => Fate::Unheard,
            2 => Fate::Unanswered,
            _ => Fate::Passes,
        }
    }
}

/// Method and path of the request of HTTP/1.1 that a chunk begins with, ids replaced.
fn kind(chunk: &[u8]) -> Option<String> {
    let line = chunk.split(|byte| *byte == b'\r').next()?;
    let line = std::str::from_utf8(line).ok()?.strip_suffix(" HTTP/1.1")?;
    let (method, path) = line.split_once(' ')?;
    let path = path.split('?').next()?;
    let parts = path.split('/').map(|part| if part.len() == 36 { "*" } else { part });
    Some(format!("{method} {}", parts.collect::<Vec<_>>().join("/")))
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
        let counts = Counts { to_cut: AtomicU64::new(times), ..Counts::default() };
        Self::serve(to, counts, move |client, server, counts| short::pass(client, server, least, counts))
    }

    /// Passes on HTTP/1.1. Of each kind of request, the first is cut off before it arrives, and the second when its answer
    /// comes.
    ///
    /// # Panics
    /// Without a free port.
    pub fn each_kind(to: SocketAddr) -> Self {
        let counts = Counts { kinds: Some(Mutex::default()), ..Counts::default() };
        Self::serve(to, counts, |client, server, counts| {
            both_ways(client, server, Way::default(), Way::default(), counts);
        })
    }

    fn between(to: SocketAddr, cuts: u64, there: Way, back: Way) -> Self {
        let counts = Counts { to_cut: AtomicU64::new(cuts), ..Counts::default() };
        Self::serve(to, counts, move |client, server, counts| both_ways(client, server, there, back, counts))
    }

    /// Listens, and lets `each` carry every connection.
    fn serve(
        to: SocketAddr,
        counts: Counts,
        each: impl Fn(&TcpStream, &TcpStream, &Counts) + Clone + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address");
        let counts = Arc::new(counts);
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

    /// How often each kind of request was made, where each is cut.
    pub fn kinds(&self) -> BTreeMap<String, u32> {
        let kinds = self.counts.kinds.as_ref();
        kinds.map(|kinds| kinds.lock().unwrap_or_else(PoisonError::into_inner).clone()).unwrap_or_default()
    }

    /// Connections that were cut off, or answers that were shortened.
    pub fn cut(&self) -> u64 {
        self.counts.cut.load(Ordering::SeqCst)
    }
}

/// Passes bytes on in both directions until one ends.
fn both_ways(client: &TcpStream, server: &TcpStream, there: Way, back: Way, counts: &Counts) {
    // Whether what comes back is to be lost.
    let lost = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            pass(server, client, back, counts, &AtomicU64::new(0), |_| lost.load(Ordering::SeqCst));
            let _ = client.shutdown(Shutdown::Both);
        });
        pass(client, server, there, counts, &counts.sent, |chunk| match counts.judge(chunk) {
            Fate::Unheard => true,
            Fate::Unanswered => {
                lost.store(true, Ordering::SeqCst);
                false
            }
            Fate::Passes => false,
        });
        let _ = server.shutdown(Shutdown::Write);
    });
}

/// Passes bytes on until their end, or until the connection is cut off: after so many, or before a chunk that is `lost`.
fn pass(
    from: &TcpStream,
    to: &TcpStream,
    way: Way,
    counts: &Counts,
    counted: &AtomicU64,
    lost: impl Fn(&[u8]) -> bool,
) {
    let (mut source, mut sink) = (from, to);
    let cut_off = || {
        // What was passed on arrives; nothing else does, and nobody hears back.
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Write);
    };
    let mut buffer = vec![0; 64 * 1024];
    let mut passed = 0;
    while let Ok(filled) = source.read(&mut buffer) {
        thread::sleep(way.late);
        if filled > 0 && lost(&buffer[..filled]) {
            counts.cut.fetch_add(1, Ordering::SeqCst);
            return cut_off();
        }
        if filled == 0 || sink.write_all(&buffer[..filled]).is_err() {
            break;
        }
        passed += filled as u64;
        counted.fetch_add(filled as u64, Ordering::SeqCst);
        if way.cut_after.is_some_and(|after| passed >= after) && counts.take() {
            return cut_off();
        }
    }
}
