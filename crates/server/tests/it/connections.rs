//! Connections: nobody holds one by saying nothing, and one party holds only so many.

use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use model::{FixedClock, Timestamp};
use ourphoto_server::{App, Patience, Proxies, Running, Serve, Tls, serve};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use tempfile::TempDir;

use crate::support::config;

/// Longer than anybody waits here, shorter than the machine would.
const LONG: Duration = Duration::from_secs(30);

/// What can be read and written.
trait Both: std::io::Read + std::io::Write {}
impl<T: std::io::Read + std::io::Write> Both for T {}

struct Listening {
    running: Running,
    dir: TempDir,
}

/// A server with little patience. It need not be set up to be asked how it is.
async fn listening(patience: Patience, encrypted: bool, proxies: Proxies) -> Listening {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(FixedClock::at(Timestamp(1_790_000_000_000)));
    let mut config = config(&dir, &clock);
    config.proxies = proxies;
    let tls = encrypted.then(|| {
        let [certificate, key] = testkit::smtp::certificate(dir.path());
        Tls::Files { certificate, key }
    });
    let (app, _) = App::open(config).await.unwrap();
    let how = Serve { listen: SocketAddr::from(([127, 0, 0, 1], 0)), tls, patience };
    Listening { running: serve(app, how).await.unwrap(), dir }
}

impl Listening {
    fn plain(&self) -> TcpStream {
        let stream = TcpStream::connect(self.running.address).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        stream
    }

    /// After the handshake, if there is one.
    fn secured(&self, stream: TcpStream) -> std::io::Result<StreamOwned<ClientConnection, TcpStream>> {
        let mut roots = RootCertStore::empty();
        let certificate = CertificateDer::from_pem_file(self.dir.path().join("certificate.pem")).unwrap();
        roots.add(certificate).unwrap();
        let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let name = ServerName::try_from("localhost").unwrap();
        let client = ClientConnection::new(Arc::new(config), name).unwrap();
        let mut stream = StreamOwned::new(client, stream);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(stream)
    }

    /// A connection that requests can be made on.
    fn opened(&self, encrypted: bool) -> Box<dyn Both> {
        if encrypted { Box::new(self.secured(self.plain()).unwrap()) } else { Box::new(self.plain()) }
    }

    /// Whether a request on this connection is answered.
    fn asked(&self, mut stream: TcpStream, encrypted: bool) -> bool {
        if encrypted {
            return self.secured(stream).is_ok_and(|mut stream| answered(&mut stream));
        }
        answered(&mut stream)
    }
}

/// Whether the other end closes, rather than leaving it open for as long as anybody waits.
fn closed(stream: &mut impl std::io::Read) -> bool {
    match stream.read(&mut [0; 512]) {
        Ok(0) => true,
        Ok(_) => closed(stream),
        Err(error) => !matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut),
    }
}

const ASKED: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// Whether it is answered; the connection stays open.
fn answered(stream: &mut (impl std::io::Read + std::io::Write)) -> bool {
    let mut answer = [0; 12];
    stream.write_all(ASKED).is_ok() && stream.read_exact(&mut answer).is_ok() && answer == *b"HTTP/1.1 200"
}

/// Whether a further request is answered, behind what was not read of the answer before.
fn answered_again(stream: &mut Box<dyn Both>) -> bool {
    let (mut told, mut chunk) = (Vec::new(), [0; 512]);
    if stream.write_all(ASKED).is_err() {
        return false;
    }
    while !told.windows(12).any(|window| window == b"HTTP/1.1 200") {
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return false,
            Ok(filled) => told.extend_from_slice(&chunk[..filled]),
        }
    }
    true
}

async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

fn hasty() -> Patience {
    Patience { request: Duration::from_millis(500), ..Patience::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_says_nothing_is_not_waited_for() {
    rustls::crypto::ring::default_provider().install_default().ok();
    for encrypted in [false, true] {
        let server = listening(hasty(), encrypted, Proxies::default()).await;
        let server = apart(move || {
            // Before a word, which over TLS is before the handshake.
            assert!(closed(&mut server.plain()), "{encrypted}");
            // With TLS after the handshake; half of a word that may be HTTP/1 or HTTP/2; the head of a request that does not
            // end; and after a request.
            for begun in [&b""[..], b"PRI * HT", b"GET / HTTP/1.1\r\nHost: a", ASKED] {
                let told = String::from_utf8_lossy(begun);
                let mut stream = server.plain();
                if encrypted {
                    let mut stream = server.secured(stream).unwrap();
                    assert!(stream.write_all(begun).is_ok() && closed(&mut stream), "{told} {encrypted}");
                } else {
                    assert!(stream.write_all(begun).is_ok() && closed(&mut stream), "{told}");
                }
            }
            server
        })
        .await;
        server.running.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_party_holds_so_many_connections_and_those_are_served() {
    rustls::crypto::ring::default_provider().install_default().ok();
    let patience = Patience { each_party: 8, ..Patience::default() };
    for encrypted in [false, true] {
        let server = listening(patience, encrypted, Proxies::default()).await;
        let server = apart(move || {
            let mut held: Vec<Box<dyn Both>> = (0..8).map(|_| server.opened(encrypted)).collect();
            // Connections are counted beside each other: only one that was answered is sure to be.
            assert!(held.iter_mut().all(answered));
            // The ninth is closed at once.
            let begun = Instant::now();
            assert!(closed(&mut server.plain()) && begun.elapsed() < patience.request / 2);
            // One that goes makes room for one that comes, as soon as the server has seen it go.
            drop(held.pop());
            let begun = Instant::now();
            while !server.asked(server.plain(), encrypted) {
                assert!(begun.elapsed() < LONG);
                std::thread::yield_now();
            }
            // Those that were there before are served as ever.
            assert!(held.iter_mut().all(answered_again));
            server
        })
        .await;
        server.running.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_proxy_holds_as_many_as_it_likes() {
    let patience = Patience { each_party: 2, ..Patience::default() };
    let server = listening(patience, false, Proxies(vec!["127.0.0.1".parse().unwrap()])).await;
    let server = apart(move || {
        let mut held: Vec<TcpStream> = (0..20).map(|_| server.plain()).collect();
        assert!(held.iter_mut().all(answered));
        server
    })
    .await;
    server.running.stop().await.unwrap();
}
