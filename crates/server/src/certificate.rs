//! What the server shows browsers to prove which it is: a certificate from files, which are read again when they are
//! replaced, or one that it asks an authority for (ACME, RFC 8555, by the challenge TLS-ALPN-01, RFC 8737).

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum_server::tls_rustls::RustlsConfig;
use futures_util::StreamExt as _;
use library::safety::Certificate;
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
    /// Where the certificate is kept.
    pub(crate) fn kept(&self) -> Kept {
        match self {
            Self::Files { certificate, .. } => Kept::File(certificate.clone()),
            Self::Acme(acme) => Kept::Folder(acme.folder.clone()),
        }
    }
}

/// Where the certificate is kept, to be looked at.
pub(crate) enum Kept {
    /// In this file, which somebody has to replace.
    File(PathBuf),
    /// In this folder, where what the authority gave is put.
    Folder(PathBuf),
}

impl Kept {
    /// How long the certificate is good; `None` where that cannot be told, or there is none yet.
    pub(crate) fn look(&self) -> Option<Certificate> {
        let (path, renewed) = match self {
            Self::File(path) => (path.clone(), false),
            Self::Folder(folder) => (newest(folder)?, true),
        };
        let certificate = CertificateDer::from_pem_file(path).ok()?;
        let (_, parsed) = x509_parser::parse_x509_certificate(&certificate).ok()?;
        let at = |time: x509_parser::time::ASN1Time| Timestamp(time.timestamp().saturating_mul(1000));
        let validity = parsed.validity();
        Some(Certificate { from: at(validity.not_before), ends: at(validity.not_after), renewed })
    }
}

/// The certificate that was written last: one of other names or of another authority may lie beside it.
fn newest(folder: &Path) -> Option<PathBuf> {
    let found = std::fs::read_dir(folder).ok()?.filter_map(std::result::Result::ok);
    let certificates =
        found.filter(|entry| entry.file_name().as_encoded_bytes().starts_with(b"cached_cert_"));
    let dated =
        certificates.filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())));
    dated.max().map(|(_, path)| path)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A certificate that is good for `days`.
    fn make(path: &Path, days: u32) {
        let made = std::process::Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"])
            .args(["-subj", "/CN=localhost", "-days", &days.to_string(), "-keyout", "/dev/null", "-out"])
            .arg(path)
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }

    fn days(certificate: Certificate) -> i64 {
        (certificate.ends.0 - certificate.from.0) / Duration::from_hours(24).as_millis() as i64
    }

    #[test]
    fn the_life_of_a_certificate_is_read_from_where_it_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Kept::Folder(dir.path().to_owned());
        assert_eq!(folder.look(), None);
        let file = dir.path().join("server.pem");
        make(&file, 3);
        let own = Kept::File(file).look().unwrap();
        assert_eq!((days(own), own.renewed), (3, false));

        assert_eq!(folder.look(), None, "of the authority is none yet");
        let (old, new) = (dir.path().join("cached_cert_a"), dir.path().join("cached_cert_b"));
        make(&old, 5);
        make(&new, 7);
        let earlier = SystemTime::UNIX_EPOCH + Duration::from_hours(1);
        std::fs::File::options().write(true).open(&old).unwrap().set_modified(earlier).unwrap();
        let given = folder.look().unwrap();
        assert_eq!((days(given), given.renewed), (7, true));
    }
}
