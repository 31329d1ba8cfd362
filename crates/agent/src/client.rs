//! The client of the API. What may be asked twice is asked again where a link broke or the server was busy; what may not is
//! asked once.

use std::time::Duration;

use api::{AlbumInfo, AssetInfo, AssetPage, SearchQuery, SpaceDetail, SpaceInfo, SpaceRequest};
use model::{Error, ErrorKind, Result};
use reqwest::header::RANGE;
use reqwest::{ClientBuilder, Method, RequestBuilder, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::answer::{refused, silent, unanswered};
use crate::retry::{Failed, Patience, Tries, patiently};
use crate::silence::{Left, Silence};

const SPACES: &str = "/api/v1/spaces";

/// Calls one server, perhaps as somebody.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    /// Of requests that bring a file, which take as long as they take: nothing in it measures time.
    sending: reqwest::Client,
    silence: Silence,
    server: String,
    secret: Option<String>,
    patience: Patience,
}

impl Client {
    /// A client of the server at this address.
    ///
    /// # Errors
    /// `Invalid` for an address that is none, and for one that would show the secret to the network.
    pub fn new(server: &str, secret: Option<String>) -> Result<Self> {
        Self::with_silence(server, secret, Silence::default())
    }

    /// The same, with a patience of one's own.
    ///
    /// # Errors
    /// As for [`Client::new`].
    pub fn with_silence(server: &str, secret: Option<String>, silence: Silence) -> Result<Self> {
        // Set once for the process; who set it before chose the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let server = server.trim().trim_end_matches('/').to_owned();
        let url: reqwest::Url = server.parse().map_err(|_| {
            Error::invalid(format!("'{server}' is not an address, as in https://photos.example.org"))
        })?;
        let loopback = url.host_str().is_some_and(|host| {
            host == "localhost"
                || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
        });
        match url.scheme() {
            "https" => {}
            "http" if loopback => {}
            "http" => {
                return Err(Error::invalid(format!(
                    "{server} is plain HTTP, which would show your password to everybody on the way; use https"
                )));
            }
            _ => return Err(Error::invalid(format!("'{server}' is neither https nor http"))),
        }
        // This time begins with the request, and anew only once the answer comes: no measure for a file on its way there.
        let http = built(builder().read_timeout(silence.moving))?;
        let sending = built(builder())?;
        Ok(Self { http, sending, silence, server, secret, patience: Patience::SHORT })
    }

    /// The server's address.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// The same client for work that takes long: it bears with a server that is started again meanwhile.
    pub(crate) fn patient(&self) -> Self {
        Self { patience: Patience::LONG, ..self.clone() }
    }

    /// Tries of something that is not one request.
    pub(crate) fn tries(&self) -> Tries {
        Tries::new(self.patience)
    }

    /// Does again and again what may be done twice, for as long as patience lasts.
    pub(crate) async fn again<T, F>(&self, ask: impl FnMut() -> F) -> Result<T>
    where
        F: Future<Output = Result<T, Failed>>,
    {
        patiently(self.patience, ask).await
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.signed(self.http.request(method, format!("{}{path}", self.server)))
    }

    /// A request that brings a file, or asks whether all of it is there. [`Client::bear`] says how long it is waited for.
    pub(crate) fn sending(&self, method: Method, path: &str) -> RequestBuilder {
        self.signed(self.sending.request(method, format!("{}{path}", self.server)))
    }

    fn signed(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.secret {
            Some(secret) => request.bearer_auth(secret),
            None => request,
        }
    }

    /// Waits for the answer to a request of [`Client::sending`] for as long as its bytes leave; see [`Silence`].
    pub(crate) async fn bear<T>(
        &self,
        left: &Left,
        answer: impl Future<Output = Result<T, Failed>>,
    ) -> Result<T, Failed> {
        self.silence.bear(left, answer).await.unwrap_or_else(|| Err(silent(&self.server)))
    }

    /// Asks for something.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        self.again(|| self.read(self.request(Method::GET, path))).await
    }

    /// The spaces that one may look into.
    pub async fn spaces(&self) -> Result<Vec<SpaceInfo>> {
        self.get(SPACES).await
    }

    /// The albums of other spaces that were opened to oneself alone.
    pub async fn granted(&self) -> Result<Vec<AlbumInfo>> {
        self.get("/api/v1/albums").await
    }

    /// The space of that name, in whatever case.
    pub async fn space(&self, name: &str) -> Result<SpaceInfo> {
        named(self.spaces().await?, name)
    }

    /// The space of that name; made when there is none and one may make it.
    pub async fn space_or_new(&self, name: &str) -> Result<SpaceInfo> {
        let asked = SpaceRequest { name: name.to_owned() };
        let asked = &asked;
        // Looked for each time: it may have been made by a request whose answer was lost.
        let look_or_make = || async move {
            let missing = match named(self.read(self.request(Method::GET, SPACES)).await?, name) {
                Err(error) if error.kind() == ErrorKind::NotFound => error,
                other => return Ok(other?),
            };
            match self.read::<SpaceDetail>(self.request(Method::POST, SPACES).json(asked)).await {
                Ok(made) => Ok(made.space),
                Err(failed) if failed.error.kind() == ErrorKind::Forbidden => Err(missing.into()),
                Err(failed) => Err(failed),
            }
        };
        self.again(look_or_make).await
    }

    /// The newest photos that a search finds, `limit` at most.
    pub async fn search(&self, query: &str, space: Option<uuid::Uuid>, limit: u32) -> Result<Vec<AssetInfo>> {
        let mut found = Vec::new();
        let mut cursor = None;
        while (found.len() as u32) < limit {
            let left = (limit - found.len() as u32).min(500);
            let query = SearchQuery { q: query.to_owned(), space, cursor: cursor.take(), limit: Some(left) };
            let page = self.search_page(&query).await?;
            found.extend(page.assets);
            match page.next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        Ok(found)
    }

    /// One page of what a search finds.
    pub(crate) async fn search_page(&self, query: &SearchQuery) -> Result<AssetPage> {
        self.again(|| self.read(self.request(Method::GET, "/api/v1/search").query(query))).await
    }

    /// Sends something once, and reads the answer.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        Ok(self.read(self.request(Method::POST, path).json(body)).await?)
    }

    /// Sends what changes nothing when it is sent twice, until there is an answer.
    pub(crate) async fn ask<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        self.again(|| self.read(self.request(Method::POST, path).json(body))).await
    }

    /// Sends something once to which there is nothing to answer.
    pub async fn post_quietly(&self, path: &str, body: &impl Serialize) -> Result<()> {
        self.send(self.request(Method::POST, path).json(body)).await?;
        Ok(())
    }

    /// Ends something.
    pub async fn delete(&self, path: &str) -> Result<()> {
        self.again(|| self.send(self.request(Method::DELETE, path))).await.map(drop)
    }

    /// Fetches bytes as they come, from the one at `start` on.
    pub(crate) async fn stream_from(&self, path: &str, start: u64) -> Result<Response, Failed> {
        let request = self.request(Method::GET, path);
        self.send(if start == 0 { request } else { request.header(RANGE, format!("bytes={start}-")) }).await
    }

    /// Sends a request once, and reads its answer.
    pub(crate) async fn read<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Failed> {
        let response = self.send(request).await?;
        let bytes = response.bytes().await.map_err(|error| unanswered(&self.server, error))?;
        serde_json::from_slice(&bytes).map_err(|error| {
            let text = format!(
                "{} answered something else than was asked for: is it an OurPhoto server, and as new as this program?",
                self.server
            );
            Error::new(ErrorKind::Invalid, text).with_source(error).into()
        })
    }

    /// Sends a request once.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<Response, Failed> {
        let response = request.send().await.map_err(|error| unanswered(&self.server, error))?;
        if response.status().is_success() { Ok(response) } else { Err(refused(&self.server, response).await) }
    }
}

fn builder() -> ClientBuilder {
    reqwest::Client::builder()
        .user_agent(concat!("ourphoto/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(Duration::from_secs(20))
        // A secret is for the server that it was given to, and for no other.
        .redirect(reqwest::redirect::Policy::none())
}

fn built(builder: ClientBuilder) -> Result<reqwest::Client> {
    builder.build().map_err(|error| Error::internal("the client").with_source(error))
}

/// The space of that name, in whatever case.
fn named(mut spaces: Vec<SpaceInfo>, name: &str) -> Result<SpaceInfo> {
    let wanted = name.trim().to_lowercase();
    match spaces.iter().position(|space| space.name.to_lowercase() == wanted) {
        Some(at) => Ok(spaces.swap_remove(at)),
        None => {
            let names: Vec<&str> = spaces.iter().map(|space| space.name.as_str()).collect();
            Err(Error::not_found(format!("there is no space '{name}'; yours: {}", names.join(", "))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_sent_in_the_clear_to_another_machine() {
        for good in
            ["https://photos.example.org/", "http://127.0.0.1:2342", "http://localhost", "http://[::1]:80"]
        {
            Client::new(good, None).unwrap();
        }
        for bad in ["http://photos.example.org", "http://192.168.1.2", "ftp://x", "photos.example.org", ""] {
            assert!(Client::new(bad, None).is_err(), "{bad}");
        }
    }
}
