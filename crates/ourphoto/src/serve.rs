//! `serve`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use library::Layout;
use library::accounts::Secret;
use library::notices::{Post, PostOptions};
use model::{Error, Result, SystemClock};
use serde_json::json;
use server::{Acme, App, Config, Network, Proxies, Tls, serve};
use tokio::signal::unix::{SignalKind, signal};
use zeroize::Zeroizing;

use crate::Outcome;
use crate::args::{Data, Keys, Serve};
use crate::config;
use crate::open::{layout, options, worker};
use crate::output::Output;
use crate::telemetry::Telemetry;
use crate::telling;
use crate::text::counted;

const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 2342);

/// The authority that most people use.
const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";

/// What the file says where flags and environment say nothing.
struct Settings {
    data: Data,
    listen: SocketAddr,
    public_url: Option<String>,
    tls: Option<Tls>,
    trusted_proxy: Vec<Network>,
    metrics_token_file: Option<PathBuf>,
    otlp_endpoint: Option<String>,
    telling: PostOptions,
}

fn settings(how: Serve) -> Result<Settings> {
    let file = config::read(how.config.as_deref())?;
    let telling = telling::options(how.telling, &file)?;
    let data = how.data.or(file.data).ok_or_else(|| {
        Error::invalid("say where the library is, or shall be: --data DIR, or OURPHOTO_DATA, or 'data' in the configuration")
    })?;
    let trusted_proxy = if how.trusted_proxy.is_empty() {
        file.trusted_proxy.iter().map(|network| network.parse()).collect::<Result<_>>()?
    } else {
        how.trusted_proxy
    };
    let domains = if how.acme.acme_domain.is_empty() { file.acme_domain } else { how.acme.acme_domain };
    // A certificate and its key come from the same place.
    let (tls_certificate, tls_key) = if how.tls_certificate.is_some() {
        (how.tls_certificate, how.tls_key)
    } else {
        (file.tls_certificate, file.tls_key)
    };
    if tls_certificate.is_some() != tls_key.is_some() {
        return Err(Error::invalid(
            "a certificate needs its key, and a key its certificate: tls_certificate, tls_key",
        ));
    }
    let tls = match (tls_certificate, tls_key) {
        (Some(_), _) if !domains.is_empty() => {
            return Err(Error::invalid("give either tls_certificate and tls_key, or acme_domain"));
        }
        (Some(certificate), Some(key)) => Some(Tls::Files { certificate, key }),
        _ if domains.is_empty() => None,
        _ => Some(Tls::Acme(Acme {
            contact: how
                .acme
                .acme_contact
                .or(file.acme_contact)
                .map(|email| format!("mailto:{email}"))
                .into_iter()
                .collect(),
            directory: how.acme.acme_directory.or(file.acme_directory).unwrap_or_else(|| LETS_ENCRYPT.into()),
            trusted: how.acme.acme_trusted.or(file.acme_trusted),
            folder: Layout::new(&data).acme(),
            domains,
        })),
    };
    Ok(Settings {
        data: Data {
            data,
            keys: Keys {
                key_file: how.keys.key_file.or(file.key_file),
                passphrase_file: how.keys.passphrase_file.or(file.passphrase_file),
            },
            database: None,
        },
        listen: how.listen.or(file.listen).unwrap_or(LISTEN),
        public_url: how.public_url.or(file.public_url).map(|url| public_url(&url)).transpose()?,
        tls,
        trusted_proxy,
        metrics_token_file: how.metrics_token_file.or(file.metrics_token_file),
        otlp_endpoint: how.otlp_endpoint.or(file.otlp_endpoint),
        telling,
    })
}

pub(crate) async fn run(how: Serve, output: &Output) -> Outcome {
    let how = settings(how)?;
    let tls = how.tls;
    let proxied = !how.trusted_proxy.is_empty();
    if tls.is_none() && !proxied && !how.listen.ip().is_loopback() {
        return Err(Error::invalid(format!(
            "{} can be reached from other machines, and plain HTTP would show them passwords: give --tls-certificate and \
             --tls-key, or --acme-domain, or say with --trusted-proxy which proxy does TLS, or listen on 127.0.0.1",
            how.listen
        )));
    }
    let telemetry = Telemetry::start(how.otlp_endpoint.as_deref())?;
    let config = Config {
        layout: layout(&how.data),
        options: options(&how.data)?,
        clock: Arc::new(SystemClock),
        worker: Some(worker()?),
        proxies: Proxies(how.trusted_proxy),
        tls: tls.is_some() || proxied,
        public_url: how.public_url,
        post: Arc::new(Post::new(how.telling)?),
        metrics_token: how.metrics_token_file.as_deref().map(token).transpose()?,
    };
    let scheme = if tls.is_some() { "https" } else { "http" };
    let (app, gate) = App::open(config).await?;
    let failed = |error| Error::io("could not listen for signals", error);
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let running = match serve(
        app.clone(),
        server::Serve { listen: how.listen, tls, patience: server::Patience::default() },
    )
    .await
    {
        Ok(running) => running,
        Err(error) => {
            app.close().await;
            return Err(error);
        }
    };
    let address = format!("{scheme}://{}", running.address);
    // Passkeys belong to a name, so browsers are sent to that.
    let opened = app.public_url().unwrap_or(&address);
    let set_up = gate.map(|secret| format!("{opened}/setup#{}", secret.reveal()));
    output.document(&json!({ "address": address, "set_up": set_up }));
    output.line(format!("OurPhoto listens on {address}"));
    if scheme == "http" {
        output.line(if proxied {
            "It speaks plain HTTP to the proxy, which has to do TLS."
        } else {
            "It speaks plain HTTP, which is safe on this machine only."
        });
    }
    if let Some(set_up) = &set_up {
        output.line(format!("Set it up, once, at {set_up}"));
    }
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    output.line("Stopping; what is under way is finished first. Once more ends it at once.");
    let stopped = tokio::select! {
        stopped = running.stop() => stopped.map(|()| true),
        _ = interrupt.recv() => Ok(at_once(&app, output)),
        _ = terminate.recv() => Ok(at_once(&app, output)),
    };
    telemetry.end();
    stopped
}

/// Tells what is left where it is.
fn at_once(app: &App, output: &Output) -> bool {
    let transfers = app.transfers();
    if transfers > 0 {
        let files = counted(transfers as u64, "file on its way was", "files on their way were");
        output.line(format!(
            "Ended at once; {files} broken off. Of uploads in pieces, what had arrived is parked and goes on; other files \
             are sent again."
        ));
    } else {
        output.line("Ended at once; no file was on its way.");
    }
    output.line("Previews, and copies that were being looked after, go on at the next start.");
    false
}

/// An address as browsers say it: scheme, host, and a port that is not the usual one.
fn public_url(text: &str) -> Result<String> {
    let wrong = || {
        Error::invalid(format!(
            "'{text}' is not the address of a server, as in https://photos.example.org or http://localhost:2342"
        ))
    };
    let url = url::Url::parse(text).map_err(|_| wrong())?;
    let secure = url.scheme() == "https" || (url.scheme() == "http" && url.host_str() == Some("localhost"));
    let bare =
        url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    if !secure || !bare || url.host_str().is_none() {
        return Err(wrong());
    }
    Ok(url.origin().ascii_serialization())
}

/// The first line of a file, as a secret.
fn token(path: &Path) -> Result<Secret> {
    let unreadable = |error| Error::io(format!("could not read {}", path.display()), error);
    let text = Zeroizing::new(std::fs::read_to_string(path).map_err(unreadable)?);
    let line = text.lines().next().unwrap_or_default().trim();
    if line.len() < 16 {
        return Err(Error::invalid(format!(
            "the token in {} has less than 16 characters; 'openssl rand -hex 32' makes a good one",
            path.display()
        )));
    }
    Ok(Secret::presented(line))
}
