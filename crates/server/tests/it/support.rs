//! A started server with people in it.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use catalog::{Channel, Contact, ContactRule, Member, Person, Upload};
use library::accounts::{Origin, Proof, Secret, SignIn};
use library::jobs::deliver::Delivered;
use library::notices::{Post, PostOptions};
use library::{Cancel, Layout, Library, OpenOptions, SetUp, set_up};
use model::{
    ChannelId, ChannelKind, Clock as _, FixedClock, Permissions, PersonId, Role, SpaceId, Timestamp, UploadId,
};
use ourphoto_server::{App, Config, Patience, Proxies, Running, Serve, serve};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use tempfile::TempDir;
use zeroize::Zeroizing;

pub(crate) const PASSWORD: &str = "correct horse battery staple";
/// What Prometheus presents.
pub(crate) const METRICS: &str = "metrics of the server in this test";
pub(crate) const OWNER: &str = "ana@example.org";

pub(crate) struct Server {
    running: Option<Running>,
    dir: TempDir,
    pub(crate) base: String,
    pub(crate) library: Arc<Library>,
    pub(crate) clock: Arc<FixedClock>,
    /// The recovery kit, as it was printed.
    pub(crate) kit: String,
    post: Arc<Post>,
    client: Client,
}

/// Somebody who has signed in.
#[derive(Clone)]
pub(crate) struct Someone {
    pub(crate) id: PersonId,
    pub(crate) email: String,
    pub(crate) secret: String,
}

impl From<&Someone> for PersonId {
    fn from(who: &Someone) -> Self {
        who.id
    }
}

pub(crate) fn config(dir: &TempDir, clock: &Arc<FixedClock>) -> Config {
    Config {
        public_url: None,
        layout: Layout::new(dir.path().join("data")),
        options: OpenOptions::default(),
        clock: Arc::clone(clock) as Arc<dyn model::Clock>,
        worker: None,
        proxies: Proxies::default(),
        tls: false,
        post: Arc::new(Post::new(PostOptions::default()).unwrap()),
        metrics_token: Some(Secret::presented(METRICS)),
    }
}

impl Server {
    /// A server whose library is set up, with one person and one space, "Family".
    pub(crate) async fn start() -> Self {
        Self::start_as(|_| {}).await
    }

    /// The same, with what it needs to tell people things outside the app.
    pub(crate) async fn telling(options: PostOptions) -> Self {
        Self::start_as(|config| config.post = Arc::new(Post::new(options).unwrap())).await
    }

    /// The same, set up in another way.
    pub(crate) async fn start_as(change: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock::at(Timestamp(1_790_000_000_000)));
        let made = config(&dir, &clock);
        let who = SetUp { email: OWNER, name: "Ana", password: PASSWORD, deliver: &|_| Ok(()) };
        let (library, kit) =
            set_up(made.layout.clone(), &made.options, Arc::clone(&made.clock), who).await.unwrap();
        library.space_or_new("Family").await.unwrap();
        library.catalog.clone().close().await;
        drop(library);
        Self { kit: kit.text().to_string(), ..Self::on(dir, clock, change).await }
    }

    /// Stops, and starts again with the same library.
    pub(crate) async fn restarted(mut self) -> Self {
        drop(self.library);
        self.running.take().unwrap().stop().await.unwrap();
        Self { kit: self.kit, ..Self::on(self.dir, self.clock, |_| ()).await }
    }

    async fn on(dir: TempDir, clock: Arc<FixedClock>, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = config(&dir, &clock);
        change(&mut config);
        let post = Arc::clone(&config.post);
        let (app, gate) = App::open(config).await.unwrap();
        assert!(gate.is_none());
        let how =
            Serve { listen: SocketAddr::from(([127, 0, 0, 1], 0)), tls: None, patience: Patience::default() };
        let library = app.library().unwrap();
        let running = serve(app, how).await.unwrap();
        let base = format!("http://{}", running.address);
        // Set once for the process; the client wants one even where it speaks plain HTTP.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (kit, client) = (String::new(), Client::new());
        Self { running: Some(running), dir, base, library, clock, kit, post, client }
    }

    pub(crate) async fn stop(mut self) {
        drop(self.library);
        self.running.take().unwrap().stop().await.unwrap();
    }

    /// Until everything that is due was delivered, or was tried.
    pub(crate) async fn delivered(&self) {
        loop {
            let done = self.library.run_deliveries(&self.post, None, &Cancel::default()).await.unwrap();
            // What the server's own worker has under way is leased.
            if done == Delivered::default() && self.library.jobs().await.unwrap().running == 0 {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    pub(crate) async fn space(&self, name: &str) -> SpaceId {
        self.library.space_or_new(name).await.unwrap().id
    }

    /// Signs somebody in who has an account.
    pub(crate) async fn sign_in(&self, email: &str) -> Someone {
        self.sign_in_from(email, "test", "127.0.0.1").await
    }

    /// The same, with a browser, on a network.
    pub(crate) async fn sign_in_from(&self, email: &str, agent: &str, network: &str) -> Someone {
        let proof = Proof { password: Zeroizing::new(PASSWORD.to_owned()), code: None, passkey: None };
        let origin = Origin { agent: agent.into(), network: network.into() };
        let signed_in = self.library.sign_in(SignIn { email: email.into(), proof }, &origin).await.unwrap();
        Someone {
            id: signed_in.person.id,
            email: email.to_owned(),
            secret: signed_in.secret.reveal().to_owned(),
        }
    }

    /// Makes somebody an account, with everybody's password, and signs them in.
    pub(crate) async fn someone(&self, email: &str) -> Someone {
        self.person(email).await;
        self.sign_in(email).await
    }

    /// Makes somebody an account, with everybody's password.
    pub(crate) async fn person(&self, email: &str) -> PersonId {
        let mut tx = self.library.catalog.begin().await.unwrap();
        let password_hash = tx.person_by_email(OWNER).await.unwrap().unwrap().password_hash;
        let person = Person {
            id: PersonId::generate(),
            email: email.to_owned(),
            name: email.split('@').next().unwrap().to_owned(),
            password_hash,
            created_at: Timestamp(1_790_000_000_001),
            disabled_at: None,
        };
        tx.person_insert(&person).await.unwrap();
        tx.commit().await.unwrap();
        person.id
    }

    pub(crate) async fn join(
        &self,
        space_id: SpaceId,
        who: impl Into<PersonId>,
        role: Role,
        custom: Permissions,
    ) {
        let mut tx = self.library.catalog.begin().await.unwrap();
        let member = Member { space_id, person_id: who.into(), role, custom, added_at: Timestamp(1) };
        tx.member_insert(&member).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub(crate) fn request(&self, method: Method, path: &str, secret: Option<&str>) -> RequestBuilder {
        let request =
            self.client.request(method, format!("{}{path}", self.base)).timeout(Duration::from_mins(1));
        match secret {
            Some(secret) => request.bearer_auth(secret),
            None => request,
        }
    }

    pub(crate) async fn get(&self, path: &str, who: &Someone) -> Response {
        self.request(Method::GET, path, Some(&who.secret)).send().await.unwrap()
    }

    pub(crate) async fn send(&self, method: Method, path: &str, who: &Someone, body: Value) -> Response {
        self.request(method, path, Some(&who.secret)).json(&body).send().await.unwrap()
    }

    /// Makes these people somebody's trusted contacts, of whom so many must vouch.
    pub(crate) async fn trust(&self, who: PersonId, contacts: &[PersonId], needed: u32) {
        let mut tx = self.library.catalog.begin().await.unwrap();
        let rule = ContactRule { person_id: who, needed, wait: Duration::from_hours(72) };
        tx.contact_rule_put(&rule).await.unwrap();
        for contact in contacts {
            tx.contact_delete(who, *contact).await.unwrap();
            let contact = Contact { person_id: who, contact_id: *contact, added_at: self.clock.now() };
            tx.contact_insert(&contact).await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    /// An upload in pieces that somebody began, whatever they may do now.
    pub(crate) async fn begun(&self, who: &Someone, space_id: SpaceId, album: &str, size: u64) -> UploadId {
        let id = UploadId::generate();
        let now = self.clock.now();
        let upload = Upload {
            id,
            person_id: who.id,
            space_id,
            folder: album.into(),
            name: format!("{id}.jpg").into(),
            size,
            content_sha256: None,
            modified_ns: None,
            created_at: now,
            expires_at: now.plus(Duration::from_hours(1)),
            asset_id: None,
        };
        std::fs::create_dir_all(self.library.layout.uploads().join(id.to_string())).unwrap();
        let mut tx = self.library.catalog.begin().await.unwrap();
        tx.upload_insert(&upload).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// A channel that somebody has, at an address where nobody listens.
    pub(crate) async fn channel(&self, who: &Someone, confirmed: bool) -> ChannelId {
        let now = self.clock.now();
        let id = ChannelId::generate();
        let channel = Channel {
            id,
            person_id: who.id,
            kind: ChannelKind::Ntfy,
            address: format!("https://127.0.0.1:9/{id}"),
            secret: None,
            kinds: None,
            created_at: now,
            confirmed_at: confirmed.then_some(now),
            code_hash: None,
            told_at: None,
            failed_at: None,
            last_error: None,
        };
        let mut tx = self.library.catalog.begin().await.unwrap();
        tx.channel_insert(&channel).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// Uploads a file and gives the id of its photo.
    pub(crate) async fn put(
        &self,
        who: &Someone,
        space: SpaceId,
        album: &str,
        name: &str,
        bytes: &[u8],
    ) -> Response {
        let sha256 = sha256(bytes);
        let path = format!("/api/v1/spaces/{space}/files");
        let query = [("album", album), ("name", name), ("sha256", sha256.as_str())];
        self.request(Method::PUT, &path, Some(&who.secret))
            .query(&query)
            .body(bytes.to_vec())
            .send()
            .await
            .unwrap()
    }
}

/// Whether the description of the API knows this answer to a request at this address.
pub(crate) fn declared(method: &str, path: &str, status: u16) -> bool {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    let document = DOCUMENT.get_or_init(|| serde_json::to_value(ourphoto_server::openapi()).unwrap());
    let matches = |template: &str| {
        let (mut one, mut other) = (template.split('/'), path.split('/'));
        loop {
            match (one.next(), other.next()) {
                (None, None) => return true,
                (Some(part), Some(found)) if part == found || part.starts_with('{') => {}
                _ => return false,
            }
        }
    };
    let mut templates =
        document["paths"].as_object().unwrap().iter().filter(|(template, _)| matches(template));
    templates
        .any(|(_, methods)| methods[method.to_lowercase()]["responses"].get(status.to_string()).is_some())
}

/// The problem document of an answer that the description of the API knows.
pub(crate) async fn declared_problem(method: &str, response: Response, status: u16) -> Value {
    let path = response.url().path().to_owned();
    assert!(declared(method, &path, status), "{method} {path} does not know of {status}");
    problem(response, status).await
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    vault::hash_bytes(&mut &bytes[..]).unwrap().0.to_string()
}

/// The problem document of an answer.
pub(crate) async fn problem(response: Response, status: u16) -> Value {
    assert_eq!(response.status(), StatusCode::from_u16(status).unwrap());
    let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
    let problem: Value = response.json().await.unwrap();
    assert_eq!(kind, "application/problem+json", "{problem}");
    assert_eq!(problem["status"], status, "{problem}");
    for field in ["type", "title", "detail"] {
        assert!(problem[field].as_str().is_some_and(|text| !text.is_empty()), "{problem}");
    }
    problem
}

/// The JSON of a good answer.
pub(crate) async fn json(response: Response, status: u16) -> Value {
    let found = response.status();
    let text = response.text().await.unwrap();
    assert_eq!(found, StatusCode::from_u16(status).unwrap(), "{text}");
    serde_json::from_str(&text).unwrap()
}
