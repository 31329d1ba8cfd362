//! E-mail by the operator's own mail server (SMTP, RFC 5321). Plain text only; what is in a header is encoded as one.

use std::net::IpAddr;
use std::str::FromStr;
use std::time::{Duration, UNIX_EPOCH};

use lettre::address::Envelope;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MessageBuilder};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use model::{Error, Result, Timestamp};
use zeroize::Zeroizing;

use super::plain::plain;
use super::words::Words;

/// How long the mail server may take, for each step and in all.
const STEP: Duration = Duration::from_secs(10);
const IN_ALL: Duration = Duration::from_secs(30);

/// How the connection to the mail server is encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SmtpTls {
    /// From the first byte (RFC 8314).
    Implicit,
    /// After STARTTLS, without which nothing is sent.
    #[default]
    StartTls,
    /// Not at all, which is for this very machine only.
    None,
}

impl FromStr for SmtpTls {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self> {
        match word {
            "implicit" => Ok(Self::Implicit),
            "starttls" => Ok(Self::StartTls),
            "none" => Ok(Self::None),
            _ => Err(Error::invalid(format!("'{word}' is not one of: implicit, starttls, none"))),
        }
    }
}

/// The operator's mail server.
pub struct Smtp {
    /// Its name or address.
    pub host: String,
    /// Its port; without one, the usual one: 465, 587 or 25.
    pub port: Option<u16>,
    /// How the connection is encrypted.
    pub tls: SmtpTls,
    /// User and password, if it asks for them.
    pub login: Option<(String, Zeroizing<String>)>,
    /// Who the messages are from: `photos@example.org`, or `Photos <photos@example.org>`.
    pub from: String,
    /// A certificate authority to trust besides those of the system, PEM.
    pub authority: Option<Vec<u8>>,
}

/// Sends e-mail.
pub(super) struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Mailer {
    /// Does not connect yet.
    pub(super) fn new(smtp: Smtp) -> Result<Self> {
        let from: Mailbox = smtp.from.parse().map_err(|_| {
            Error::invalid(format!(
                "'{}' is not a sender, as in Photos <photos@example.org>",
                plain(&smtp.from)
            ))
        })?;
        let loopback = smtp.host == "localhost"
            || smtp.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        if smtp.tls == SmtpTls::None && !loopback {
            return Err(Error::invalid(format!(
                "smtp_tls = \"none\" would show what people are told to everybody on the way to {}; use starttls or implicit",
                smtp.host
            )));
        }
        let usual = match smtp.tls {
            SmtpTls::Implicit => 465,
            SmtpTls::StartTls => 587,
            SmtpTls::None => 25,
        };
        let tls = match smtp.tls {
            SmtpTls::None => Tls::None,
            encrypted => {
                let parameters = parameters(&smtp.host, smtp.authority.as_deref())?;
                if encrypted == SmtpTls::Implicit {
                    Tls::Wrapper(parameters)
                } else {
                    Tls::Required(parameters)
                }
            }
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(smtp.host)
            .port(smtp.port.unwrap_or(usual))
            .tls(tls)
            .timeout(Some(STEP))
            .hello_name(ClientId::Domain(from.email.domain().to_owned()));
        if let Some((user, password)) = smtp.login {
            builder = builder.credentials(Credentials::new(user, password.to_string()));
        }
        Ok(Self { transport: builder.build(), from })
    }

    /// Sends one message; says why it could not, in words for its reader.
    pub(super) async fn send(
        &self,
        to: &str,
        id: &str,
        words: &Words,
        at: Timestamp,
    ) -> std::result::Result<(), String> {
        let to: Address = to.parse().map_err(|_| "this is not an address for e-mail".to_owned())?;
        let since = Duration::from_millis(u64::try_from(at.0).unwrap_or_default());
        let message = MessageBuilder::new()
            .from(self.from.clone())
            .to(Mailbox::new(None, to.clone()))
            .subject(&words.title)
            .date(UNIX_EPOCH + since)
            // The same however often it is tried, so that mail programs show it once.
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            // No holiday message answers it (RFC 3834).
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ))
            .header(ContentType::TEXT_PLAIN)
            .envelope(
                Envelope::new(Some(self.from.email.clone()), vec![to]).map_err(|error| error.to_string())?,
            )
            .body(words.text.clone())
            .map_err(|error| plain(&error.to_string()))?;
        match tokio::time::timeout(IN_ALL, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) if error.is_timeout() => Err("the mail server did not answer in time".to_owned()),
            Ok(Err(error)) if error.is_permanent() || error.is_transient() => {
                Err(format!("the mail server refused: {}", plain(&error.to_string())))
            }
            Ok(Err(error)) if error.is_tls() => {
                Err(format!("no encrypted connection to the mail server: {}", plain(&error.to_string())))
            }
            Ok(Err(error)) => {
                Err(format!("the mail server could not be reached: {}", plain(&error.to_string())))
            }
            Err(_) => Err("the mail server did not answer in time".to_owned()),
        }
    }
}

fn parameters(host: &str, authority: Option<&[u8]>) -> Result<TlsParameters> {
    let failed = |error: lettre::transport::smtp::Error| {
        Error::invalid(format!("the certificates for the mail server cannot be used: {error}"))
    };
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(pem) = authority {
        builder = builder.add_root_certificate(Certificate::from_pem(pem).map_err(failed)?);
    }
    builder.build_rustls().map_err(failed)
}

/// An address that messages can be sent to.
pub(super) fn address(text: &str) -> Result<String> {
    let address = crate::accounts::email(text)?;
    match address.parse::<Address>() {
        Ok(_) => Ok(address),
        Err(_) => {
            Err(Error::invalid(format!("'{}' is not an e-mail address", crate::names::printable(text))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn smtp(host: &str, tls: SmtpTls, from: &str) -> Smtp {
        Smtp { host: host.into(), port: None, tls, login: None, from: from.into(), authority: None }
    }

    #[test]
    fn nothing_is_sent_in_the_clear_but_to_this_machine() {
        for host in ["localhost", "127.0.0.1", "::1"] {
            assert!(Mailer::new(smtp(host, SmtpTls::None, "photos@example.org")).is_ok(), "{host}");
        }
        for host in ["mail.example.org", "10.0.0.1", "localhost.example.org"] {
            assert!(Mailer::new(smtp(host, SmtpTls::None, "photos@example.org")).is_err(), "{host}");
        }
        for from in ["", "photos", "a@b.c\r\nBcc: eve@evil.example"] {
            assert!(Mailer::new(smtp("localhost", SmtpTls::None, from)).is_err(), "{from:?}");
        }
    }

    #[test]
    fn addresses_that_would_add_headers_or_recipients_are_refused() {
        assert_eq!(address(" Ana@Example.org ").unwrap(), "ana@example.org");
        for bad in [
            "ana@example.org\r\nBcc: eve@evil.example",
            "a@b.c,d@e.f",
            "a@b.c d@e.f",
            "<a@b.c>",
            "a\0@b.c",
            "@b.c",
        ] {
            address(bad).expect_err(bad);
        }
    }
}
