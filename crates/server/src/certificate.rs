//! What the server shows browsers to prove which it is: a certificate from files, which are read again when they are
//! replaced, or one that it asks an authority for (ACME, RFC 8555, by the challenge TLS-ALPN-01, RFC 8737).

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum_server::tls_rustls::RustlsConfig;
use futures_util::StreamExt as _;
use model::{Error, Result, Timestamp};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use rustls_acme::caches::DirCache;
use rustls_acme::{AcmeConfig, AcmeState};
use tokio_util::sync::CancellationToken;

/// How often files are looked at.
const LOOK: Duration = Duration::from_mins(1);

/// Where the certificate comes from.
pub enum Tls {
    /// PEM files.
    Files {
        /// The certificate and those that vouch for it.
        certificate: PathBuf,
        /// Its private key.
        key: PathBuf,
    },
    /// An authority.
    Acme(Acme),
}

impl Tls {
    /// The file of the certificate, where it is one that somebody has to renew.
    pub(crate) fn file(&self) -> Option<PathBuf> {
        match self {
            Self::Files { certificate, .. } => Some(certificate.clone()),
            Self::Acme(_) => None,
        }
    }
}

/// When the certificate in a file ends; `None` where that cannot be told.
pub(crate) fn ends(path: &Path) -> Option<Timestamp> {
    let certificate = CertificateDer::from_pem_file(path).ok()?;
    let (_, parsed) = x509_parser::parse_x509_certificate(&certificate).ok()?;
    Some(Timestamp(parsed.validity().not_after.timestamp().saturating_mul(1000)))
}

/// An authority that gives certificates to whoever shows that a name is theirs.
pub struct Acme {
    /// The names that the certificate is for.
    pub domains: Vec<String>,
    /// Whom the authority may write to, as in `mailto:you@example.org`.
    pub contact: Vec<String>,
    /// The authority's directory.
    pub directory: String,
    /// Certificates, PEM, of an authority that is known here only.
    pub trusted: Option<PathBuf>,
    /// Where account and certificate are kept, for their owner alone.
    pub folder: PathBuf,
}

/// Chooses the ciphers of this process, once; who chose before chose the same.
pub fn install_tls() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Gets the certificate ready, and keeps it current until `stop`.
///
/// # Errors
/// `Invalid` for files that cannot be used.
pub(crate) async fn ready(tls: Tls, stop: CancellationToken) -> Result<RustlsConfig> {
    install_tls();
    match tls {
        Tls::Files { certificate, key } => {
            let config = RustlsConfig::from_pem_file(&certificate, &key).await.map_err(|error| {
                Error::invalid(format!(
                    "the certificate {} or its key {} cannot be used: {error}",
                    certificate.display(),
                    key.display()
                ))
            })?;
            tokio::spawn(follow(config.clone(), certificate, key, stop));
            Ok(config)
        }
        Tls::Acme(acme) => {
            let state = state(acme)?;
            let resolver = state.resolver();
            let mut config = ServerConfig::builder().with_no_client_auth().with_cert_resolver(resolver);
            config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec(), b"acme-tls/1".to_vec()];
            tokio::spawn(renew(state, stop));
            Ok(RustlsConfig::from_config(Arc::new(config)))
        }
    }
}

/// When the files were last written, as far as can be told.
fn written(certificate: &Path, key: &Path) -> Option<(SystemTime, SystemTime)> {
    let of = |path: &Path| std::fs::metadata(path).and_then(|found| found.modified()).ok();
    Some((of(certificate)?, of(key)?))
}

/// Reads the files again when they were replaced. As long as they do not fit together, the old ones stay.
async fn follow(config: RustlsConfig, certificate: PathBuf, key: PathBuf, stop: CancellationToken) {
    let mut known = written(&certificate, &key);
    while stop.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_some() {
        let now = written(&certificate, &key);
        if now.is_none() || now == known {
            continue;
        }
        match config.reload_from_pem_file(&certificate, &key).await {
            Ok(()) => {
                known = now;
                tracing::info!("the new certificate is in use");
            }
            Err(error) => tracing::warn!(%error, "the new certificate cannot be used; the old one stays"),
        }
    }
}

fn state(acme: Acme) -> Result<AcmeState<std::io::Error>> {
    let folder = &acme.folder;
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| Error::io(format!("could not make {}", folder.display()), error))?;
    let mut config = AcmeConfig::new(&acme.domains).contact(&acme.contact).directory(&acme.directory);
    if let Some(path) = &acme.trusted {
        config = config.client_tls_config(Arc::new(trusting(path)?));
    }
    Ok(config.cache(DirCache::new(acme.folder)).state())
}

fn trusting(path: &Path) -> Result<ClientConfig> {
    let wrong = |error: &dyn std::fmt::Display| {
        Error::invalid(format!("the certificates in {} cannot be used: {error}", path.display()))
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| wrong(&error))? {
        roots.add(certificate.map_err(|error| wrong(&error))?).map_err(|error| wrong(&error))?;
    }
    Ok(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
}

/// Asks for a certificate, and for the next before it ends. What goes wrong is logged and tried again.
async fn renew(mut state: AcmeState<std::io::Error>, stop: CancellationToken) {
    while let Some(Some(event)) = stop.run_until_cancelled(state.next()).await {
        match event {
            Ok(event) => tracing::info!(?event, "certificate"),
            Err(error) => tracing::error!(%error, "no certificate yet; it is asked for again"),
        }
    }
}
