//! A link that breaks: a proxy on loopback that passes bytes on and cuts connections off while much is on its way.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// A proxy in front of one address.
pub struct CuttingLink {
    address: SocketAddr,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    /// Bytes passed on towards the server.
    sent: AtomicU64,
    /// Connections that are still to be cut.
    to_cut: AtomicU64,
    /// Connections that were cut.
    cut: AtomicU64,
}

impl CuttingLink {
    /// Passes on to `to`. Of connections that send as much, the first `cuts` are cut off after `after` bytes.
    ///
    /// # Panics
    /// Without a free port.
    pub fn start(to: SocketAddr, cuts: u64, after: u64) -> Self {
        Self::between(to, cuts, Some(after), None)
    }

    /// The same for what comes back: of connections that are answered with as much, the first `cuts` are cut off.
    ///
    /// # Panics
    /// Without a free port.
    pub fn answers(to: SocketAddr, cuts: u64, after: u64) -> Self {
        Self::between(to, cuts, None, Some(after))
    }

    fn between(to: SocketAddr, cuts: u64, there: Option<u64>, back: Option<u64>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address");
        let counts = Arc::new(Counts { to_cut: AtomicU64::new(cuts), ..Counts::default() });
        let shared = Arc::clone(&counts);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(to) else { continue };
                let counts = Arc::clone(&shared);
                thread::spawn(move || {
                    thread::scope(|scope| {
                        scope.spawn(|| {
                            pass(&server, &client, back, &counts, &AtomicU64::new(0));
                            let _ = client.shutdown(Shutdown::Both);
                        });
                        pass(&client, &server, there, &counts, &counts.sent);
                        let _ = server.shutdown(Shutdown::Write);
                    });
                });
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

    /// Connections that were cut off.
    pub fn cut(&self) -> u64 {
        self.counts.cut.load(Ordering::SeqCst)
    }
}

/// Passes bytes on until their end, or until the connection is cut off after so many.
fn pass(from: &TcpStream, to: &TcpStream, after: Option<u64>, counts: &Counts, counted: &AtomicU64) {
    let (mut from, mut to) = (from, to);
    let mut buffer = vec![0; 64 * 1024];
    let mut passed = 0;
    while let Ok(filled) = from.read(&mut buffer) {
        if filled == 0 || to.write_all(&buffer[..filled]).is_err() {
            break;
        }
        passed += filled as u64;
        counted.fetch_add(filled as u64, Ordering::SeqCst);
        let cut =
            || counts.to_cut.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if after.is_some_and(|after| passed >= after) && cut().is_ok() {
            counts.cut.fetch_add(1, Ordering::SeqCst);
            // What was passed on arrives; nothing else does, and nobody hears back.
            let _ = from.shutdown(Shutdown::Both);
            let _ = to.shutdown(Shutdown::Write);
            break;
        }
    }
}
