//! Webhooks and ntfy topics: one POST each, to where [`Reach`] lets it go. Of the answer only its status counts; nothing
//! else of it is read.

use std::error::Error as StdError;
use std::sync::OnceLock;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, Mac as _};
use model::{Error, Result, Timestamp};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, redirect};
use serde_json::json;
use sha2::Sha256;

use super::post::Message;
use super::reach::{Reach, Refused};

/// How long all of it may take, and connecting.
const IN_ALL: Duration = Duration::from_secs(10);
const CONNECT: Duration = Duration::from_secs(5);

/// Sends to addresses that people gave.
pub(super) struct Hooks {
    pub(super) reach: Reach,
    encrypted: OnceLock<Client>,
    plain: OnceLock<Client>,
}

impl Hooks {
    pub(super) fn new(reach: Reach) -> Self {
        Self { reach, encrypted: OnceLock::new(), plain: OnceLock::new() }
    }

    /// The client for one sort of address, made when it is first needed.
    fn client(&self, encrypted: bool) -> Result<&Client> {
        let kept = if encrypted { &self.encrypted } else { &self.plain };
        if let Some(client) = kept.get() {
            return Ok(client);
        }
        // Set once for the process; who set it before chose the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .user_agent(concat!("ourphoto/", env!("CARGO_PKG_VERSION")))
            .timeout(IN_ALL)
            .connect_timeout(CONNECT)
            .redirect(redirect::Policy::none())
            // A proxy would look names up itself.
            .no_proxy()
            .https_only(encrypted)
            // Each connection is judged anew.
            .pool_max_idle_per_host(0)
            .dns_resolver(self.reach.resolver(encrypted))
            .build()
            .map_err(|error| Error::internal("the client for webhooks").with_source(error))?;
        Ok(kept.get_or_init(|| client))
    }

    async fn post(
        &self,
        address: &str,
        headers: HeaderMap,
        body: Vec<u8>,
    ) -> std::result::Result<(), String> {
        let told = |error: Error| error.message().to_owned();
        // What is allowed may have changed since it was added.
        let url = self.reach.check(address).map_err(told)?;
        let client = self.client(url.scheme() == "https").map_err(told)?;
        let answer =
            client.post(url).headers(headers).body(body).send().await.map_err(|error| why(&error))?;
        match answer.status() {
            status if status.is_success() => Ok(()),
            status if status.is_redirection() => Err(format!(
                "it answered {}: redirects are not followed; give the address it leads to",
                status.as_u16()
            )),
            status => Err(format!("it answered {}", status.as_u16())),
        }
    }

    /// Sends JSON, signed with the webhook's secret.
    pub(super) async fn webhook(
        &self,
        address: &str,
        secret: Option<&str>,
        message: &Message,
        now: Timestamp,
    ) -> std::result::Result<(), String> {
        let body = json!({
            "id": message.id,
            "kind": message.kind,
            "title": message.words.title,
            "text": message.words.text,
            "at": message.at.to_string(),
            "code": message.code,
            "server": message.server,
        });
        let body = body.to_string().into_bytes();
        let seconds = (now.0 / 1000).to_string();
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(secret) = secret {
            let signature = sign(secret, &seconds, &body).map_err(|error| error.message().to_owned())?;
            headers.insert("ourphoto-signature", header(&format!("v1={signature}"))?);
        }
        headers.insert("ourphoto-timestamp", header(&seconds)?);
        self.post(address, headers, body).await
    }

    /// Publishes to a topic (<https://docs.ntfy.sh/publish/>).
    pub(super) async fn ntfy(
        &self,
        address: &str,
        token: Option<&str>,
        message: &Message,
    ) -> std::result::Result<(), String> {
        let mut headers = HeaderMap::new();
        headers.insert("title", header(&encoded_word(&message.words.title))?);
        headers.insert("priority", HeaderValue::from_static(if message.urgent { "high" } else { "default" }));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        if let Some(token) = token {
            let mut value = header(&format!("Bearer {token}"))?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        self.post(address, headers, message.text().into_bytes()).await
    }
}

fn header(text: &str) -> std::result::Result<HeaderValue, String> {
    HeaderValue::try_from(text).map_err(|_| "the secret has characters that no header may have".to_owned())
}

/// `HMAC-SHA256(secret, timestamp "." body)`, hexadecimal.
fn sign(secret: &str, timestamp: &str, body: &[u8]) -> Result<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())
        .map_err(|error| Error::internal("a webhook's secret").with_source(error))?;
    mac.update(timestamp.as_bytes());
    mac.update(b".");
    mac.update(body);
    Ok(hex::encode(mac.finalize().into_bytes()))
}

/// A header's text that is not ASCII, as RFC 2047 writes it, which ntfy reads.
fn encoded_word(text: &str) -> String {
    if text.is_ascii() { text.to_owned() } else { format!("=?UTF-8?B?{}?=", BASE64.encode(text)) }
}

/// Why a request failed, without the address, which may be secret, and without what is inside the network.
fn why(error: &reqwest::Error) -> String {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(refused) = inner.downcast_ref::<Refused>() {
            return refused.to_string();
        }
        cause = inner.source();
    }
    if error.is_timeout() {
        return format!("no answer within {} seconds", IN_ALL.as_secs());
    }
    if error.is_connect() {
        return "no connection: the name, the port or the certificate is not right, or nobody listens"
            .to_owned();
    }
    "the connection broke off".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_what_rfc_4231_says() {
        // Test case 2, its data cut at the '?' that stands where the dot does not: the dot is part of what is signed.
        let mut mac = Hmac::<Sha256>::new_from_slice(b"Jefe").unwrap();
        mac.update(b"what do ya want for nothing?");
        let known = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(hex::encode(mac.finalize().into_bytes()), known);
        // `printf '1790000000.{}' | openssl dgst -sha256 -hmac Jefe`
        let ours = sign("Jefe", "1790000000", b"{}").unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(b"Jefe").unwrap();
        mac.update(b"1790000000.{}");
        assert_eq!(ours, hex::encode(mac.finalize().into_bytes()));
    }

    #[test]
    fn titles_are_ascii_whatever_they_say() {
        assert_eq!(encoded_word("plain"), "plain");
        assert_eq!(encoded_word("‘Büro’"), "=?UTF-8?B?4oCYQsO8cm/igJk=?=");
    }
}
