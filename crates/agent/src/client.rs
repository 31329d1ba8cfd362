//! The client of the API. Problems become errors of the same kind, with the server's own words.

use std::time::Duration;

use api::{AssetInfo, AssetPage, Problem, SearchQuery, SpaceDetail, SpaceInfo, SpaceRequest};
use model::{Error, ErrorKind, Result};
use reqwest::header::RANGE;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// How long a server may be silent.
const SILENCE: Duration = Duration::from_mins(2);

/// Calls one server, perhaps as somebody.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    server: String,
    secret: Option<String>,
}

impl Client {
    /// A client of the server at this address.
    ///
    /// # Errors
    /// `Invalid` for an address that is none, and for one that would show the secret to the network.
    pub fn new(server: &str, secret: Option<String>) -> Result<Self> {
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
        let http = reqwest::Client::builder()
            .user_agent(concat!("ourphoto/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(20))
            .read_timeout(SILENCE)
            // A secret is for the server that it was given to, and for no other.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| Error::internal("the client").with_source(error))?;
        Ok(Self { http, server, secret })
    }

    /// The server's address.
    pub fn server(&self) -> &str {
        &self.server
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.server));
        match &self.secret {
            Some(secret) => request.bearer_auth(secret),
            None => request,
        }
    }

    /// Asks for something.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        self.read(self.request(Method::GET, path)).await
    }

    /// The spaces that one may look into.
    pub async fn spaces(&self) -> Result<Vec<SpaceInfo>> {
        self.get("/api/v1/spaces").await
    }

    /// The space of that name, in whatever case.
    pub async fn space(&self, name: &str) -> Result<SpaceInfo> {
        let mut spaces = self.spaces().await?;
        let wanted = name.trim().to_lowercase();
        match spaces.iter().position(|space| space.name.to_lowercase() == wanted) {
            Some(at) => Ok(spaces.swap_remove(at)),
            None => {
                let names: Vec<&str> = spaces.iter().map(|space| space.name.as_str()).collect();
                Err(Error::not_found(format!("there is no space '{name}'; yours: {}", names.join(", "))))
            }
        }
    }

    /// The space of that name; made when there is none and one may make it.
    pub async fn space_or_new(&self, name: &str) -> Result<SpaceInfo> {
        let missing = match self.space(name).await {
            Err(error) if error.kind() == ErrorKind::NotFound => error,
            other => return other,
        };
        let asked = SpaceRequest { name: name.to_owned() };
        match self.post::<SpaceDetail>("/api/v1/spaces", &asked).await {
            Ok(made) => Ok(made.space),
            Err(error) if error.kind() == ErrorKind::Forbidden => Err(missing),
            Err(error) => Err(error),
        }
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
        self.read(self.request(Method::GET, "/api/v1/search").query(query)).await
    }

    /// Sends something, and reads the answer.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        self.read(self.request(Method::POST, path).json(body)).await
    }

    /// Sends something to which there is nothing to answer.
    pub async fn post_quietly(&self, path: &str, body: &impl Serialize) -> Result<()> {
        self.send(self.request(Method::POST, path).json(body)).await.map(drop)
    }

    /// Ends something.
    pub async fn delete(&self, path: &str) -> Result<()> {
        self.send(self.request(Method::DELETE, path)).await.map(drop)
    }

    /// Fetches bytes as they come, from the one at `start` on.
    pub(crate) async fn stream_from(&self, path: &str, start: u64) -> Result<Response> {
        let request = self.request(Method::GET, path);
        self.send(if start == 0 { request } else { request.header(RANGE, format!("bytes={start}-")) }).await
    }

    pub(crate) async fn read<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T> {
        let response = self.send(request).await?;
        response.json().await.map_err(|error| {
            Error::new(
                ErrorKind::Unavailable,
                format!("{} answered something else than was asked for", self.server),
            )
            .with_source(error)
        })
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<Response> {
        let response = request.send().await.map_err(|error| {
            let why = if error.is_timeout() { "does not answer" } else { "cannot be reached" };
            Error::new(ErrorKind::Unavailable, format!("{} {why}; nothing is lost, try again", self.server))
                .with_source(error)
        })?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        match response.json::<Problem>().await {
            Ok(problem) => Err(told(&problem)),
            Err(_) => Err(Error::new(ErrorKind::Unavailable, format!("{} answered {status}", self.server))),
        }
    }
}

/// Codes that a program acts upon.
const CODES: &[&str] = &[
    "second-factor-required",
    "second-factor-failed",
    "sign-in-failed",
    "proof-required",
    "content-unknown",
    "quota",
    "hash-differs",
    "size-differs",
    "empty-file",
    "not-set-up",
];

fn told(problem: &Problem) -> Error {
    let kind = match StatusCode::from_u16(problem.status) {
        Ok(StatusCode::BAD_REQUEST) => ErrorKind::Invalid,
        Ok(StatusCode::UNAUTHORIZED) => ErrorKind::Unproved,
        Ok(StatusCode::FORBIDDEN) => ErrorKind::Forbidden,
        Ok(StatusCode::NOT_FOUND) => ErrorKind::NotFound,
        Ok(StatusCode::CONFLICT) => ErrorKind::Conflict,
        Ok(StatusCode::TOO_MANY_REQUESTS) => ErrorKind::TooMany,
        Ok(StatusCode::INSUFFICIENT_STORAGE) => ErrorKind::OutOfSpace,
        _ => ErrorKind::Unavailable,
    };
    let error = Error::new(kind, problem.detail.clone());
    match CODES.iter().find(|code| problem.kind.strip_prefix("/problems/") == Some(code)) {
        Some(code) => error.with_code(code),
        None => error,
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
