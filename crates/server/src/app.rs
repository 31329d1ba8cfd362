//! What requests share.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use library::accounts::{Secret, Site};
use library::ingest::Receiver;
use library::notices::Post;
use library::{Layout, Library, OpenOptions, RecoveryKit, SetUp, set_up};
use media::Worker;
use model::{Clock, Error, ErrorKind, Result, Timestamp};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use crate::limit::Limits;
use crate::metrics::Metrics;
use crate::network::Proxies;
use crate::pages::Pages;
use crate::turns::Turns;

/// How often changes are looked for while somebody listens.
const EACH: Duration = Duration::from_millis(500);
/// For so long the set-up address gives the kit again. It stands in logs, where others may read it later.
const KIT_AGAIN: Duration = Duration::from_mins(10);

/// How the server is set up.
pub struct Config {
    /// The data folder.
    pub layout: Layout,
    /// Keys and database, where they are not in it.
    pub options: OpenOptions,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes previews; without one, they wait.
    pub worker: Option<Arc<Worker>>,
    /// Proxies whose word on the client's address is taken.
    pub proxies: Proxies,
    /// Whether browsers reach it over TLS.
    pub tls: bool,
    /// The address that people open, with nothing after the host and port: passkeys belong to it, and messages lead to
    /// it. Without one, it is `localhost` as long as nobody else can reach the server.
    pub public_url: Option<String>,
    /// Sends what people are told outside the app.
    pub post: Arc<Post>,
    /// What Prometheus presents; without it there are no metrics.
    pub metrics_token: Option<Secret>,
}

/// What requests share; cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

pub(crate) struct Inner {
    config: Config,
    live: RwLock<Option<Live>>,
    gate: Mutex<Gate>,
    limits: Limits,
    turns: Turns,
    pages: Pages,
    metrics: Metrics,
    public_url: OnceLock<String>,
    work: Notify,
    /// The number of the last change, for those who listen.
    head: watch::Sender<i64>,
    listened: Notify,
    stopping: CancellationToken,
}

/// The set-up address.
enum Gate {
    /// Nobody has used it.
    Open(Secret),
    /// Somebody is using it.
    Busy,
    /// It was used, at this time. For a while, and until its maker signs in, it gives the kit again: an answer that did not
    /// arrive must not cost the only recovery key.
    Used(Secret, Arc<RecoveryKit>, Timestamp),
    Closed,
}

/// An open library.
#[derive(Clone)]
pub(crate) struct Live {
    pub(crate) library: Arc<Library>,
    pub(crate) receiver: Receiver,
}

impl App {
    /// Opens the library; where there is none yet, waits for the set-up and gives the secret of its address.
    pub async fn open(config: Config) -> Result<(Self, Option<Secret>)> {
        let opened = Library::open(config.layout.clone(), &config.options, Arc::clone(&config.clock)).await;
        let (live, gate) = match opened {
            Ok(library) => (Some(Arc::new(library)), None),
            Err(error) if error.kind() == ErrorKind::NotFound && is_new(&config) => {
                (None, Some(Secret::generate("ops_setup_")))
            }
            Err(error) => return Err(error),
        };
        let app = Self(Arc::new(Inner {
            config,
            live: RwLock::new(None),
            gate: Mutex::new(gate.clone().map_or(Gate::Closed, Gate::Open)),
            limits: Limits::new(),
            turns: Turns::default(),
            pages: Pages::new(),
            metrics: Metrics::new(),
            public_url: OnceLock::new(),
            work: Notify::new(),
            head: watch::Sender::new(0),
            listened: Notify::new(),
            stopping: CancellationToken::new(),
        }));
        if let Some(library) = live {
            app.go_live(library);
        }
        Ok((app, gate))
    }

    /// Makes the library, whether or not whoever asked still waits. A set-up that fails may be tried again.
    pub(crate) async fn set_up(
        &self,
        secret: Secret,
        email: String,
        name: String,
        password: Zeroizing<String>,
    ) -> Result<Arc<RecoveryKit>> {
        let app = self.clone();
        let made = tokio::spawn(async move { app.set_up_once(&secret, &email, &name, &password).await });
        made.await.map_err(|error| Error::internal("the set-up ended early").with_source(error))?
    }

    async fn set_up_once(
        &self,
        secret: &Secret,
        email: &str,
        name: &str,
        password: &str,
    ) -> Result<Arc<RecoveryKit>> {
        let hash = secret.hash()?;
        let now = self.0.config.clock.now();
        let expected = {
            let mut gate = self.gate();
            match std::mem::replace(&mut *gate, Gate::Busy) {
                // Hashes are compared, so that the time taken says nothing of the secret.
                Gate::Open(expected) if expected.hash()? == hash => expected,
                Gate::Used(expected, kit, at)
                    if (at..at.plus(KIT_AGAIN)).contains(&now) && expected.hash()? == hash =>
                {
                    *gate = Gate::Used(expected, Arc::clone(&kit), at);
                    return Ok(kit);
                }
                other => {
                    *gate = other;
                    let refused = "this set-up address is not valid, or was used";
                    return Err(Error::forbidden(refused).with_code("set-up-refused"));
                }
            }
        };
        let Config { layout, options, clock, .. } = &self.0.config;
        let who = SetUp { email, name, password, deliver: &|_| Ok(()) };
        match set_up(layout.clone(), options, Arc::clone(clock), who).await {
            Ok((library, kit)) => {
                self.go_live(Arc::new(library));
                let kit = Arc::new(kit);
                *self.gate() = Gate::Used(expected, Arc::clone(&kit), self.0.config.clock.now());
                Ok(kit)
            }
            Err(error) => {
                *self.gate() = Gate::Open(expected);
                Err(error)
            }
        }
    }

    /// Somebody has signed in: the set-up address gives nothing any more.
    pub(crate) fn set_up_is_over(&self) {
        *self.gate() = Gate::Closed;
    }

    fn gate(&self) -> MutexGuard<'_, Gate> {
        self.0.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn go_live(&self, library: Arc<Library>) {
        let receiver = Receiver::start(Arc::clone(&library));
        *self.0.live.write().unwrap_or_else(PoisonError::into_inner) = Some(Live { library, receiver });
    }

    /// The open library.
    ///
    /// # Errors
    /// `Unavailable` with the code `not-set-up` until there is one.
    pub(crate) fn live(&self) -> Result<Live> {
        self.0.live.read().unwrap_or_else(PoisonError::into_inner).clone().ok_or_else(|| {
            Error::new(
                ErrorKind::Unavailable,
                "this server is not set up yet; open the address that it printed",
            )
            .with_code("not-set-up")
        })
    }

    /// The library, if it is open.
    pub fn library(&self) -> Option<Arc<Library>> {
        self.live().ok().map(|live| live.library)
    }

    /// Closes the library.
    pub async fn close(&self) {
        let live = self.0.live.write().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(live) = live {
            live.library.catalog.clone().close().await;
        }
    }

    /// How many files are on their way, in either direction.
    pub fn transfers(&self) -> usize {
        self.limits().transfers()
    }

    /// The address that people open, once it is known.
    pub fn public_url(&self) -> Option<&str> {
        self.0.config.public_url.as_deref().or_else(|| self.0.public_url.get().map(String::as_str))
    }

    /// The site that passkeys belong to.
    ///
    /// # Errors
    /// `Unavailable` with the code `no-public-url` where nothing says by which name people reach the server.
    pub(crate) fn site(&self) -> Result<Site> {
        let url = self.public_url().ok_or_else(|| {
            Error::new(
                ErrorKind::Unavailable,
                "passkeys belong to the address that people open, and this server does not know it: set public_url \
                 (--public-url), as in https://photos.example.org",
            )
            .with_code("no-public-url")
        })?;
        Site::at(url)
    }

    /// Says where the server listens: what only this machine can reach is called `localhost` by its browsers.
    pub(crate) fn listens(&self, address: SocketAddr) {
        if address.ip().is_loopback() {
            let scheme = if self.0.config.tls { "https" } else { "http" };
            // Told once; a server listens once.
            let _ = self.0.public_url.set(format!("{scheme}://localhost:{}", address.port()));
        }
    }

    pub(crate) fn config(&self) -> &Config {
        &self.0.config
    }

    /// Rings when there is something to do.
    pub(crate) fn work(&self) -> &Notify {
        &self.0.work
    }

    /// Hears of changes by their numbers.
    pub(crate) fn watch_changes(&self) -> watch::Receiver<i64> {
        self.0.listened.notify_one();
        self.0.head.subscribe()
    }

    /// Tells those who listen that there is something new, while anybody does.
    pub(crate) async fn tell_changes(&self) {
        while !self.0.stopping.is_cancelled() {
            if self.0.head.receiver_count() == 0 {
                // Nobody listens: nothing wakes up until somebody does.
                tokio::select! {
                    () = self.0.listened.notified() => {}
                    () = self.0.stopping.cancelled() => return,
                }
            }
            if let Some(library) = self.library()
                && let Ok(head) = library.change_head().await
            {
                self.0.head.send_if_modified(|known| std::mem::replace(known, head) != head);
            }
            tokio::time::sleep(EACH).await;
        }
    }

    /// Ends what would go on for ever: the server stops.
    pub(crate) fn stopping(&self) -> &CancellationToken {
        &self.0.stopping
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    pub(crate) fn turns(&self) -> &Turns {
        &self.0.turns
    }

    pub(crate) fn pages(&self) -> &Pages {
        &self.0.pages
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.0.limits
    }
}

/// A data folder with nothing in it, or none: then nobody's library is hidden by a new one.
fn is_new(config: &Config) -> bool {
    let empty = std::fs::read_dir(config.layout.root()).map_or(true, |mut entries| entries.next().is_none());
    empty || (!config.layout.catalog().exists() && !config.layout.store().exists())
}
