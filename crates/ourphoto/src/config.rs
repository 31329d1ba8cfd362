//! The configuration file of the server: what flags and the environment do not say is read from it.
//!
//! Every key is a flag of `serve` with `_` for `-`; a key that is none is refused, for a misspelt one must not leave a
//! server open. Secrets are in files of their own, which it names.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use model::{Error, Result};
use serde::Deserialize;

/// What a configuration file may say.
#[expect(clippy::struct_field_names, reason = "the fields are the keys")]
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    pub(crate) data: Option<PathBuf>,
    pub(crate) key_file: Option<PathBuf>,
    pub(crate) passphrase_file: Option<PathBuf>,
    pub(crate) listen: Option<SocketAddr>,
    pub(crate) public_url: Option<String>,
    pub(crate) tls_certificate: Option<PathBuf>,
    pub(crate) tls_key: Option<PathBuf>,
    #[serde(default)]
    pub(crate) acme_domain: Vec<String>,
    pub(crate) acme_contact: Option<String>,
    pub(crate) acme_directory: Option<String>,
    pub(crate) acme_trusted: Option<PathBuf>,
    #[serde(default)]
    pub(crate) trusted_proxy: Vec<String>,
    pub(crate) metrics_token_file: Option<PathBuf>,
    pub(crate) otlp_endpoint: Option<String>,
    pub(crate) smtp_host: Option<String>,
    pub(crate) smtp_port: Option<u16>,
    pub(crate) smtp_tls: Option<String>,
    pub(crate) smtp_user: Option<String>,
    pub(crate) smtp_password_file: Option<PathBuf>,
    pub(crate) smtp_from: Option<String>,
    pub(crate) smtp_ca_file: Option<PathBuf>,
    #[serde(default)]
    pub(crate) allow_network: Vec<String>,
}

/// Reads a file; where there is no path, nothing is said.
///
/// # Errors
/// `Invalid`, with the line, for what cannot be understood.
pub(crate) fn read(path: Option<&Path>) -> Result<File> {
    let Some(path) = path else { return Ok(File::default()) };
    let text = std::fs::read_to_string(path)
        .map_err(|error| Error::io(format!("could not read the configuration {}", path.display()), error))?;
    parse(&text).map_err(|why| Error::invalid(format!("the configuration {}: {why}", path.display())))
}

fn parse(text: &str) -> std::result::Result<File, String> {
    toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_says_every_key_and_unknown_ones_are_refused() {
        let example = include_str!("../../../packaging/ourphoto.toml");
        // Every other key is there as a comment, with the value that it has or an example.
        let keys = example
            .lines()
            .map(|line| line.strip_prefix("# ").unwrap_or(line))
            .filter(|line| line.contains(" = "));
        let file = parse(&keys.collect::<Vec<_>>().join("\n")).unwrap();
        let set = File { data: Some("/var/lib/ourphoto".into()), ..File::default() };
        assert_eq!(parse(example).unwrap(), set, "nothing else is set until somebody sets it");
        assert!(file.data.is_some() && file.key_file.is_some() && file.passphrase_file.is_some());
        assert!(
            file.listen.is_some()
                && file.public_url.is_some()
                && file.tls_certificate.is_some()
                && file.tls_key.is_some()
        );
        assert!(!file.acme_domain.is_empty() && file.acme_contact.is_some() && file.acme_directory.is_some());
        assert!(file.acme_trusted.is_some() && file.otlp_endpoint.is_some());
        assert!(!file.trusted_proxy.is_empty() && file.metrics_token_file.is_some());
        assert!(file.smtp_host.is_some() && file.smtp_port.is_some() && file.smtp_tls.is_some());
        assert!(file.smtp_user.is_some() && file.smtp_password_file.is_some());
        assert!(file.smtp_from.is_some() && file.smtp_ca_file.is_some() && !file.allow_network.is_empty());
        let wrong = parse("listen = \"127.0.0.1:2342\"\ntrusted_proxies = [\"::1\"]\n").unwrap_err();
        assert!(wrong.contains("trusted_proxies") && wrong.contains("line 2"), "{wrong}");
        assert!(parse("listen = \"everywhere\"").is_err());
    }
}
