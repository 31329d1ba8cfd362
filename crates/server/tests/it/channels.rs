//! Webhooks and ntfy topics, against servers on loopback: confirmed, signed, tried again, given up, ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use library::notices::PostOptions;
use model::NoticeKind;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::support::{OWNER, PASSWORD, Server, Someone, json, problem};

/// What a [`Catcher`] was sent.
pub(crate) struct Caught {
    path: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Caught {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

/// A small HTTP server that keeps what it is sent, and answers as it is told.
pub(crate) struct Catcher {
    pub(crate) address: String,
    pub(crate) answer: Arc<AtomicU16>,
    caught: UnboundedReceiver<Caught>,
}

impl Catcher {
    pub(crate) async fn start(on: &str, location: Option<String>) -> Self {
        let (sender, caught) = unbounded_channel();
        let answer = Arc::new(AtomicU16::new(200));
        let status = Arc::clone(&answer);
        let handle = move |request: Request| {
            let (sender, status, location) =
                (sender.clone(), status.load(Ordering::SeqCst), location.clone());
            async move {
                let (parts, body) = request.into_parts();
                let body = axum::body::to_bytes(body, 1 << 20).await.unwrap().to_vec();
                let path = parts.uri.path().to_owned();
                sender.send(Caught { path, headers: parts.headers, body }).unwrap();
                let location = location.map(|to| [("location", to)]);
                (StatusCode::from_u16(status).unwrap(), location, "x".repeat(1 << 20)).into_response()
            }
        };
        let listener = tokio::net::TcpListener::bind((on, 0)).await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(handle)).await });
        Self { address, answer, caught }
    }

    async fn next(&mut self) -> Caught {
        tokio::time::timeout(Duration::from_secs(30), self.caught.recv()).await.unwrap().unwrap()
    }

    pub(crate) fn is_quiet(&mut self) -> bool {
        self.caught.try_recv().is_err()
    }
}

/// Webhooks and topics may be on this machine.
pub(crate) fn loopback() -> PostOptions {
    PostOptions { smtp: None, allowed: vec!["127.0.0.0/8".parse().unwrap()] }
}

pub(crate) async fn add(server: &Server, who: &Someone, asked: Value) -> Value {
    json(server.send(Method::POST, "/api/v1/channels", who, asked).await, 201).await
}

async fn act(server: &Server, who: &Someone, channel: &Value, act: &str, body: Value) -> u16 {
    let path = format!("/api/v1/channels/{}{act}", channel["id"].as_str().unwrap());
    server.send(Method::POST, &path, who, body).await.status().as_u16()
}

pub(crate) async fn listed(server: &Server, who: &Someone) -> Value {
    server.delivered().await;
    json(server.get("/api/v1/channels", who).await, 200).await
}

/// A webhook that was confirmed.
async fn webhook(server: &Server, who: &Someone, catcher: &mut Catcher, kinds: Value) -> Value {
    let asked = json!({"kind": "webhook", "address": catcher.address, "kinds": kinds});
    let made = add(server, who, asked).await;
    let code = catcher.next().await.json()["code"].clone();
    assert_eq!(act(server, who, &made, "/confirm", json!({"code": code})).await, 204);
    server.delivered().await;
    made
}

async fn token(server: &Server, who: &Someone, name: &str) {
    let asked = json!({"name": name, "permissions": ["view"]});
    json(server.send(Method::POST, "/api/v1/tokens", who, asked).await, 201).await;
}

/// As docs/operations.md tells how to verify a signature.
fn openssl(secret: &str, timestamp: &str, body: &[u8]) -> String {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    let mut child = Command::new("openssl")
        .args(["dgst", "-sha256", "-hmac", secret])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(format!("{timestamp}.").as_bytes()).unwrap();
    input.write_all(body).unwrap();
    drop(input);
    let said = child.wait_with_output().unwrap().stdout;
    String::from_utf8(said).unwrap().split_whitespace().last().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_confirmed_by_the_code_that_it_got_and_its_messages_are_signed() {
    let server = Server::telling(loopback()).await;
    let mut catcher = Catcher::start("127.0.0.1", None).await;
    let ana = server.sign_in(OWNER).await;
    let asked = json!({"kind": "webhook", "address": format!("{}/hook", catcher.address)});
    let made = add(&server, &ana, asked.clone()).await;
    let secret = made["secret"].as_str().unwrap().to_owned();
    assert_eq!(made["confirmed"], false);
    problem(server.send(Method::POST, "/api/v1/channels", &ana, asked).await, 409).await;
    let code = catcher.next().await;
    assert_eq!((code.path.as_str(), &code.json()["kind"]), ("/hook", &json!("confirm")));
    // Nothing goes there before the code came back.
    token(&server, &ana, "early").await;
    server.delivered().await;
    assert!(catcher.is_quiet());
    assert_eq!(act(&server, &ana, &made, "/test", json!({})).await, 409);
    assert_eq!(act(&server, &ana, &made, "/confirm", json!({"code": "aaaa-aaaa"})).await, 400);
    let typed = code.json()["code"].as_str().unwrap().to_uppercase().replace('-', " ");
    // Nobody else's code confirms it, and nobody else sees it.
    let ben = server.someone("ben@example.org").await;
    assert_eq!(act(&server, &ben, &made, "/confirm", json!({"code": typed})).await, 404);
    assert_eq!(act(&server, &ben, &made, "/test", json!({})).await, 404);
    assert_eq!(listed(&server, &ben).await, json!([]));
    assert_eq!(act(&server, &ana, &made, "/confirm", json!({"code": typed})).await, 204);
    assert_eq!(act(&server, &ana, &made, "/confirm", json!({"code": typed})).await, 409);

    token(&server, &ana, "press").await;
    let told = catcher.next().await;
    let body = told.json();
    assert_eq!(
        (&body["kind"], &body["title"]),
        (&json!("token-made"), &json!("A token for your account was made"))
    );
    assert!(body["text"].as_str().unwrap().contains("‘press’"), "{body}");
    assert!(body["server"].as_str().unwrap().starts_with("http://localhost:"), "{body}");
    let notices = json(server.get("/api/v1/notices", &ana).await, 200).await;
    assert_eq!(body["id"], notices["notices"][0]["id"]);
    let timestamp = told.header("ourphoto-timestamp");
    assert_eq!(timestamp, "1790000000");
    let signature = format!("v1={}", openssl(&secret, timestamp, &told.body));
    assert_eq!(told.header("ourphoto-signature"), signature);
    assert_ne!(signature, format!("v1={}", openssl(&secret, "1790000001", &told.body)));

    assert_eq!(act(&server, &ana, &made, "/test", json!({})).await, 204);
    assert_eq!(catcher.next().await.json()["kind"], "test");
    let channel = listed(&server, &ana).await[0].clone();
    assert!(
        channel["confirmed"] == true && channel["told_at"].is_string() && channel["last_error"].is_null()
    );
    assert!(channel.get("secret").is_none(), "{channel}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ntfy_topic_gets_title_text_and_priority_with_its_access_token() {
    let server = Server::telling(loopback()).await;
    let mut catcher = Catcher::start("127.0.0.1", None).await;
    let ana = server.sign_in(OWNER).await;
    let address = format!("{}/my-topic", catcher.address);
    let asked = json!({"kind": "ntfy", "address": address, "secret": "tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2"});
    let made = add(&server, &ana, asked).await;
    assert!(made["secret"].is_null());
    let code = catcher.next().await;
    assert_eq!((code.path.as_str(), code.header("priority")), ("/my-topic", "default"));
    assert_eq!(code.header("authorization"), "Bearer tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2");
    let text = String::from_utf8(code.body).unwrap();
    let code = text.split_once("enter this code: ").unwrap().1.split_whitespace().next().unwrap();
    assert_eq!(act(&server, &ana, &made, "/confirm", json!({"code": code})).await, 204);
    token(&server, &ana, "press").await;
    let told = catcher.next().await;
    assert_eq!(told.header("title"), "A token for your account was made");
    assert_eq!(told.header("priority"), "high");
    assert!(String::from_utf8(told.body).unwrap().contains("The token ‘press’ was made"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_did_not_arrive_is_sent_again_and_given_up_in_the_end_for_all_to_see() {
    let server = Server::telling(loopback()).await;
    let mut catcher = Catcher::start("127.0.0.1", None).await;
    let ana = server.sign_in(OWNER).await;
    webhook(&server, &ana, &mut catcher, Value::Null).await;
    catcher.answer.store(503, Ordering::SeqCst);
    token(&server, &ana, "first").await;
    let first = catcher.next().await.json();
    let channel = listed(&server, &ana).await[0].clone();
    assert_eq!(channel["last_error"], "it answered 503");
    assert!(channel["failed_at"].is_string());
    assert!(catcher.is_quiet(), "not at once again");
    catcher.answer.store(200, Ordering::SeqCst);
    server.clock.advance(Duration::from_secs(21));
    server.delivered().await;
    assert_eq!(catcher.next().await.json()["id"], first["id"], "the same message, known by its id");
    let channel = listed(&server, &ana).await[0].clone();
    assert!(channel["last_error"].is_null() && channel["failed_at"].is_null(), "{channel}");

    catcher.answer.store(500, Ordering::SeqCst);
    token(&server, &ana, "second").await;
    let mut tries = 0;
    while server.library.jobs().await.unwrap().failed == 0 {
        catcher.next().await;
        tries += 1;
        server.delivered().await;
        server.clock.advance(Duration::from_hours(13));
        server.delivered().await;
    }
    catcher.next().await;
    assert_eq!(tries + 1, 7);
    assert!(catcher.is_quiet());
    let failed = server.library.catalog.read().await.unwrap().job_list_failed(10).await.unwrap();
    assert_eq!(
        (failed[0].kind.as_str(), failed[0].last_error.as_deref()),
        ("deliver", Some("it answered 500"))
    );
    let ana = server.sign_in(OWNER).await;
    assert_eq!(listed(&server, &ana).await[0]["last_error"], "it answered 500");
    server.clock.advance(Duration::from_hours(31 * 24));
    server.library.sweep().await.unwrap();
    assert_eq!(server.library.jobs().await.unwrap().failed, 0);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_channel_gets_nothing_not_even_what_waited() {
    let server = Server::telling(loopback()).await;
    let mut catcher = Catcher::start("127.0.0.1", None).await;
    let ana = server.sign_in(OWNER).await;
    let channel = webhook(&server, &ana, &mut catcher, Value::Null).await;
    catcher.answer.store(503, Ordering::SeqCst);
    token(&server, &ana, "waits").await;
    catcher.next().await;
    server.delivered().await;
    assert_eq!(server.library.jobs().await.unwrap().later, 1);
    let path = format!("/api/v1/channels/{}", channel["id"].as_str().unwrap());
    let ben = server.someone("ben@example.org").await;
    problem(server.send(Method::DELETE, &path, &ben, json!({})).await, 404).await;
    catcher.answer.store(200, Ordering::SeqCst);
    assert_eq!(server.send(Method::DELETE, &path, &ana, json!({})).await.status(), StatusCode::NO_CONTENT);
    // But this, as the last thing.
    assert_eq!(catcher.next().await.json()["kind"], "channel-changed");
    token(&server, &ana, "late").await;
    server.clock.advance(Duration::from_hours(1));
    server.delivered().await;
    assert!(catcher.is_quiet());
    let jobs = server.library.jobs().await.unwrap();
    assert_eq!((jobs.due, jobs.later, jobs.failed), (0, 0, 0));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kinds_that_are_not_wanted_stay_away_and_what_is_always_told_cannot_be_refused() {
    let server = Server::telling(loopback()).await;
    let mut catcher = Catcher::start("127.0.0.1", None).await;
    let ana = server.sign_in(OWNER).await;
    let space = server.space("Family").await;
    let ben = server.someone("ben@example.org").await;
    let channel = webhook(&server, &ben, &mut catcher, json!([])).await;
    let open = async |number: u32| {
        let put = server
            .put(&ana, space, &format!("album {number}"), "a.jpg", format!("{number}").as_bytes())
            .await;
        let asset = json(put, 200).await["asset"].as_str().unwrap().to_owned();
        let view = json(server.get(&format!("/api/v1/assets/{asset}"), &ana).await, 200).await;
        let path = format!("/api/v1/albums/{}/grants", view["album"].as_str().unwrap());
        let asked = json!({"email": "ben@example.org", "permissions": ["view"]});
        json(server.send(Method::POST, &path, &ana, asked).await, 201).await;
    };
    open(1).await;
    // What is always told comes all the same.
    assert!(NoticeKind::TokenMade.always_told() && !NoticeKind::AlbumOpened.always_told());
    token(&server, &ben, "told").await;
    assert_eq!(catcher.next().await.json()["kind"], "token-made");
    let path = format!("/api/v1/channels/{}", channel["id"].as_str().unwrap());
    let changed = server.send(Method::PATCH, &path, &ben, json!({"kinds": ["album-opened"]})).await;
    assert_eq!(json(changed, 200).await["kinds"], json!(["album-opened"]));
    open(2).await;
    assert_eq!(catcher.next().await.json()["title"], "The album ‘album 2’ was opened to you");
    problem(server.send(Method::PATCH, &path, &ben, json!({"kinds": ["nonsense"]})).await, 400).await;
    problem(server.send(Method::PATCH, &path, &ana, json!({"kinds": []})).await, 404).await;
    server.delivered().await;
    assert!(catcher.is_quiet());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn silencing_a_channel_asks_for_a_proof_and_is_told_there_and_in_the_app() {
    let server = Server::telling(loopback()).await;
    let (mut first, mut second) =
        (Catcher::start("127.0.0.1", None).await, Catcher::start("127.0.0.1", None).await);
    let ana = server.sign_in(OWNER).await;
    let path = |channel: &Value| format!("/api/v1/channels/{}", channel["id"].as_str().unwrap());
    let (one, other) = (
        path(&webhook(&server, &ana, &mut first, Value::Null).await),
        path(&webhook(&server, &ana, &mut second, json!([])).await),
    );
    // A session that was left open somewhere.
    server.clock.advance(Duration::from_mins(20));
    let less = json!({"kinds": ["alert"]});
    for refused in [
        server.send(Method::PATCH, &one, &ana, less.clone()).await,
        server.send(Method::DELETE, &one, &ana, json!({})).await,
        server.send(Method::DELETE, &other, &ana, json!({})).await,
    ] {
        assert_eq!(problem(refused, 401).await["type"], "/problems/proof-required");
    }
    // More is no harm, and an address that never counted is nobody's loss.
    json(server.send(Method::PATCH, &other, &ana, json!({"kinds": ["alert"]})).await, 200).await;
    let waits = server.channel(&ana, false).await;
    let removed = server.send(Method::DELETE, &format!("/api/v1/channels/{waits}"), &ana, json!({})).await;
    assert_eq!(removed.status(), StatusCode::NO_CONTENT);
    server.delivered().await;
    assert!(first.is_quiet() && second.is_quiet());

    let proof = json!({"password": PASSWORD});
    let proved = server.send(Method::POST, "/api/v1/session/proof", &ana, proof).await;
    assert_eq!(proved.status(), StatusCode::NO_CONTENT);
    json(server.send(Method::PATCH, &one, &ana, less).await, 200).await;
    for catcher in [&mut first, &mut second] {
        let told = catcher.next().await.json();
        assert_eq!(told["kind"], "channel-changed");
        assert!(told["text"].as_str().unwrap().contains("is told less"), "{told}");
    }
    let removed = server.send(Method::DELETE, &one, &ana, json!({})).await;
    assert_eq!(removed.status(), StatusCode::NO_CONTENT);
    for catcher in [&mut first, &mut second] {
        let told = catcher.next().await.json();
        assert_eq!(told["title"], "You are told nothing there any more");
        // Where to, without what may open it.
        assert!(told["text"].as_str().unwrap().contains("a webhook to ‘127.0.0.1’"), "{told}");
    }
    let notices = json(server.get("/api/v1/notices", &ana).await, 200).await;
    let kinds: Vec<_> = notices["notices"].as_array().unwrap().iter().map(|notice| &notice["kind"]).collect();
    assert_eq!(kinds, ["channel-changed", "channel-changed"]);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_has_messages_sent_to_strangers_without_end() {
    let server = Server::telling(loopback()).await;
    let catcher = Catcher::start("127.0.0.1", None).await;
    let ana = server.sign_in(OWNER).await;
    let mut last = 0;
    for number in 0..25 {
        let asked = json!({"kind": "webhook", "address": format!("{}/{number}", catcher.address)});
        last = server.send(Method::POST, "/api/v1/channels", &ana, asked).await.status().as_u16();
        if last != 201 {
            assert_eq!(number, 20);
            break;
        }
    }
    assert_eq!(last, 429);
    server.clock.advance(Duration::from_mins(16));
    let asked = json!({"kind": "webhook", "address": catcher.address});
    let ben = server.someone("ben@example.org").await;
    server.clock.advance(Duration::from_mins(16));
    let late = problem(server.send(Method::POST, "/api/v1/channels", &ben, asked.clone()).await, 401).await;
    assert_eq!(late["type"], "/problems/proof-required");
    let proof = json!({"password": PASSWORD});
    assert_eq!(
        server.send(Method::POST, "/api/v1/session/proof", &ben, proof).await.status(),
        StatusCode::NO_CONTENT
    );
    add(&server, &ben, asked).await;
    // An address that nobody confirmed is forgotten after a day.
    server.clock.advance(Duration::from_hours(25));
    server.library.sweep().await.unwrap();
    assert_eq!(listed(&server, &ben).await, json!([]));
    server.stop().await;
}
