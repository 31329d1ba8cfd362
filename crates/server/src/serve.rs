//! Listening, and stopping without breaking anything off.

use std::net::SocketAddr;
use std::time::Duration;

use axum_server::Handle;
use axum_server::tls_rustls::RustlsAcceptor;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use library::{Cancel, Progress, Silent};
use model::{Error, Result};
use std::sync::Arc;

use crate::app::App;
use crate::care;
use crate::certificate::{self, Tls};
use crate::connections::{Counted, Patience};
use crate::network;
use crate::router::router;

/// How long requests that are under way have to end.
const GRACE: Duration = Duration::from_secs(30);
/// How long a copy has to end the photo that it is at, beyond that. The service manager waits longer than both together.
const LAST_PHOTO: Duration = Duration::from_secs(15);
/// Work announces itself; so often it is looked for all the same.
const REST: Duration = Duration::from_mins(1);
/// How long a transaction that rings may still take.
const MOMENT: Duration = Duration::from_secs(1);
/// How often what is over is swept.
const SWEEP: Duration = Duration::from_hours(1);

/// Where and how to listen.
pub struct Serve {
    /// The address; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Without it, plain HTTP.
    pub tls: Option<Tls>,
    /// How much patience the server has with connections.
    pub patience: Patience,
}

/// A server that listens.
pub struct Running {
    /// Where.
    pub address: SocketAddr,
    app: App,
    handle: Handle<SocketAddr>,
    served: tokio::task::JoinHandle<std::io::Result<()>>,
    previews: tokio::task::JoinHandle<()>,
    sweeps: tokio::task::JoinHandle<()>,
    told: tokio::task::JoinHandle<()>,
    deliveries: tokio::task::JoinHandle<()>,
    care: tokio::task::JoinHandle<()>,
    stop: Cancel,
}

/// Starts to listen.
///
/// # Errors
/// `Unavailable` where the address is taken; `Invalid` for certificate files that cannot be used.
pub async fn serve(app: App, how: Serve) -> Result<Running> {
    let listen = how.listen;
    let taken = |error| Error::io(format!("could not listen on {listen}"), error);
    let listener = std::net::TcpListener::bind(listen).map_err(taken)?;
    listener.set_nonblocking(true).map_err(taken)?;
    let address = listener.local_addr().map_err(taken)?;
    app.listens(address);
    let certificate = how.tls.as_ref().map(Tls::kept);
    let handle = Handle::new();
    let router = router(app.clone());
    let patience = how.patience;
    let counted = Counted::new(app.config().proxies.clone(), patience);
    let served = match how.tls {
        None => {
            // What does not come through the proxy would travel in the clear.
            let layer =
                axum::middleware::from_fn_with_state(app.config().proxies.clone(), network::only_proxied);
            let service = router.layer(layer).into_make_service_with_connect_info::<SocketAddr>();
            let server = axum_server::from_tcp(listener).map_err(taken)?.acceptor(counted);
            let mut server = server.handle(handle.clone()).first_request_timeout(patience.request);
            bound(server.http_builder(), patience);
            tokio::spawn(server.serve(service))
        }
        Some(tls) => {
            let config = certificate::ready(tls, app.stopping().clone()).await?;
            let service = router.into_make_service_with_connect_info::<SocketAddr>();
            let acceptor = RustlsAcceptor::new(config).handshake_timeout(patience.request).acceptor(counted);
            let server = axum_server::from_tcp(listener).map_err(taken)?.acceptor(acceptor);
            let mut server = server.handle(handle.clone()).first_request_timeout(patience.request);
            bound(server.http_builder(), patience);
            tokio::spawn(server.serve(service))
        }
    };
    let stop = Cancel::default();
    let previews = tokio::spawn(make_previews(app.clone(), stop.clone()));
    let sweeps = tokio::spawn(sweep(app.clone(), stop.clone()));
    let told = tokio::spawn({
        let app = app.clone();
        async move { app.tell_changes().await }
    });
    let deliveries = tokio::spawn(deliver(app.clone(), stop.clone()));
    let care = tokio::spawn(care::look_after(app.clone(), certificate, stop.clone()));
    Ok(Running { address, app, handle, served, previews, sweeps, told, deliveries, care, stop })
}

/// Nobody holds a connection by saying nothing on it: the handshake, the first request and the head of each further one
/// have their time, and HTTP/2 a sign of life.
fn bound(builder: &mut Builder<TokioExecutor>, patience: Patience) {
    let head = patience.request;
    builder.http1().timer(TokioTimer::new()).header_read_timeout(head);
    let mut http2 = builder.http2();
    http2.timer(TokioTimer::new()).keep_alive_interval(head).keep_alive_timeout(head);
    http2.max_concurrent_streams(64);
}

impl Running {
    /// Stops: what is under way ends first, then the library is closed.
    pub async fn stop(self) -> Result<()> {
        self.stop.cancel();
        self.app.work().notify_one();
        self.app.turns().end_all();
        self.app.stopping().cancel();
        self.handle.graceful_shutdown(Some(GRACE));
        let served = self.served.await;
        // It rests most of the time, and may be left at any point.
        self.sweeps.abort();
        let _ = self.sweeps.await;
        // A copy stops after the photo that it is at. A large one on a slow line is left: it does not count before it was
        // read back, and begins again at the next start.
        let last = tokio::time::Instant::now() + LAST_PHOTO;
        let tasks = [
            ("previews", self.previews),
            ("telling changes", self.told),
            ("notices", self.deliveries),
            ("looking after the copies", self.care),
        ];
        for (what, mut task) in tasks {
            if tokio::time::timeout_at(last, &mut task).await.is_err() {
                tracing::warn!(what, "did not come to its end in time, and goes on at the next start");
                task.abort();
                let _ = task.await;
            }
        }
        self.app.close().await;
        served
            .map_err(|error| Error::internal("the server ended early").with_source(error))?
            .map_err(|error| Error::io("the server failed", error))
    }

    /// The application behind it.
    pub fn app(&self) -> &App {
        &self.app
    }
}

/// Ends what is over and removes what was left behind, every hour.
async fn sweep(app: App, stop: Cancel) {
    while !stop.is_cancelled() {
        if let Some(library) = app.library()
            && let Err(error) = library.sweep().await
        {
            tracing::error!(%error, "sweeping");
        }
        tokio::time::sleep(SWEEP).await;
    }
}

/// Brings the search index up to date and makes the previews that are due, and waits for more.
async fn make_previews(app: App, stop: Cancel) {
    let progress: Arc<dyn Progress> = Arc::new(Silent);
    let worker = app.config().worker.clone();
    if let (Some(library), Some(worker)) = (app.library(), &worker)
        && let Err(error) = library.queue_films_again(worker).await
    {
        tracing::error!(%error, "films that waited for ffmpeg");
    }
    while !stop.is_cancelled() {
        if let Some(library) = app.library()
            && let Err(error) = library.index().await
        {
            tracing::error!(%error, "the search index");
        }
        if let Some(library) = app.library()
            && let Some(worker) = &worker
            && let Err(error) = library.run_media_jobs(Arc::clone(worker), &progress, &stop).await
        {
            tracing::error!(%error, "previews");
        }
        tokio::select! {
            () = tokio::time::sleep(REST) => {}
            () = app.work().notified() => {}
        }
    }
}

/// Sends people what they are told, as soon as there is something, and what failed when its time has come again.
async fn deliver(app: App, stop: Cancel) {
    let post = Arc::clone(&app.config().post);
    // Rung from within the transaction that tells, which may end a moment later.
    let mut again = false;
    while !stop.is_cancelled() {
        let Some(library) = app.library() else {
            tokio::select! {
                () = tokio::time::sleep(MOMENT) => {}
                () = app.stopping().cancelled() => {}
            }
            continue;
        };
        if let Err(error) = library.run_deliveries(&post, app.public_url(), &stop).await {
            tracing::error!(%error, "notices");
        }
        let rest = if std::mem::take(&mut again) { MOMENT } else { REST };
        tokio::select! {
            () = tokio::time::sleep(rest) => {}
            () = library.rung() => again = true,
            () = app.stopping().cancelled() => {}
        }
    }
}
