//! Passkeys: made, shown in place of a code, of a password and of both, and taken away.

use std::net::SocketAddr;
use std::time::Duration;

use model::NoticeKind;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::device::Device;
use crate::support::{OWNER, PASSWORD, Server, Someone, json, problem};

/// The server as browsers on this machine call it.
pub(crate) fn origin(server: &Server) -> String {
    server.base.replace("127.0.0.1", "localhost")
}

pub(crate) async fn post(server: &Server, path: &str, body: Value) -> Response {
    server.request(Method::POST, path, None).json(&body).send().await.unwrap()
}

/// Adds a passkey for somebody; gives the recovery codes, if any came with it.
pub(crate) async fn add(server: &Server, who: &Someone, device: &Device, name: &str) -> Value {
    let asked = server.send(Method::POST, "/api/v1/passkeys", who, json!({"name": name})).await;
    let asked = json(asked, 201).await;
    let made = device.make(&origin(server), &asked["options"]).await.unwrap();
    let path = format!("/api/v1/passkeys/{}/confirm", asked["ceremony"].as_str().unwrap());
    let confirmed = server.send(Method::POST, &path, who, json!({"credential": made})).await;
    json(confirmed, 200).await["recovery_codes"].clone()
}

/// What the server asks a browser that nobody has signed in with.
pub(crate) async fn asked(server: &Server) -> Value {
    json(post(server, "/api/v1/session/passkey", json!({})).await, 201).await
}

/// What the server asks in somebody's session.
pub(crate) async fn asked_again(server: &Server, who: &Someone) -> Value {
    json(server.send(Method::POST, "/api/v1/session/passkey", who, json!({})).await, 201).await
}

/// A passkey that is shown for what was asked, as other requests take it.
pub(crate) async fn shown(server: &Server, device: &Device, asked: &Value) -> Value {
    let credential = device.show(&origin(server), &asked["options"]).await.unwrap();
    json!({"ceremony": asked["ceremony"], "credential": credential})
}

/// Signs in with what a browser answered.
pub(crate) async fn answer(server: &Server, asked: &Value, credential: Value) -> Response {
    let path = format!("/api/v1/session/passkey/{}", asked["ceremony"].as_str().unwrap());
    post(server, &path, json!({"credential": credential, "agent": "program"})).await
}

/// Signs in with a passkey alone.
pub(crate) async fn sign_in(server: &Server, device: &Device) -> Response {
    let asked = asked(server).await;
    let credential = device.show(&origin(server), &asked["options"]).await.unwrap();
    answer(server, &asked, credential).await
}

/// Takes somebody's password away.
pub(crate) async fn remove_password(server: &Server, who: &Someone) -> Response {
    server.request(Method::DELETE, "/api/v1/me/password", Some(&who.secret)).send().await.unwrap()
}

/// Somebody's factor of this name.
pub(crate) async fn factor(server: &Server, who: &Someone, name: &str) -> Value {
    let listed = json(server.get("/api/v1/factors", who).await, 200).await;
    let mut factors = listed["factors"].as_array().unwrap().iter();
    factors.find(|factor| factor["name"] == name).unwrap().clone()
}

/// Removes somebody's factor of this name.
async fn remove(server: &Server, who: &Someone, name: &str) -> Response {
    let id = factor(server, who, name).await["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/factors/{id}");
    server.request(Method::DELETE, &path, Some(&who.secret)).send().await.unwrap()
}

pub(crate) async fn told(server: &Server, who: &Someone) -> Vec<(NoticeKind, Value)> {
    let mut tx = server.library.catalog.read().await.unwrap();
    let notices = tx.notice_list(who.id, None, 100).await.unwrap();
    notices.into_iter().map(|notice| (notice.kind, notice.facts)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_is_added_and_signs_in_alone() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let device = Device::counting();
    let codes = add(&server, &ana, &device, "phone").await;
    assert_eq!(codes.as_array().unwrap().len(), 10);
    // With the first factor only.
    assert!(add(&server, &ana, &Device::default(), "key").await.is_null());

    let listed = factor(&server, &ana, "phone").await;
    assert_eq!((listed["kind"].as_str(), listed["name"].as_str()), (Some("passkey"), Some("phone")));
    assert!(listed["confirmed"].as_bool().unwrap() && listed["used_at"].is_null(), "{listed}");
    let (kind, facts) = told(&server, &ana).await.pop().unwrap();
    assert_eq!(kind, NoticeKind::FactorChanged);
    assert_eq!((facts["change"].as_str(), facts["name"].as_str()), (Some("added"), Some("phone")));

    for _ in 0..2 {
        let signed_in = json(sign_in(&server, &device).await, 201).await;
        assert_eq!(signed_in["me"]["email"], OWNER);
        let mut again = ana.clone();
        again.secret = signed_in["secret"].as_str().unwrap().to_owned();
        json(server.get("/api/v1/spaces", &again).await, 200).await;
    }
    assert!(!factor(&server, &ana, "phone").await["used_at"].is_null());
    // A browser gets a cookie, and no secret that its scripts could read.
    let asked = asked(&server).await;
    let credential = device.show(&origin(&server), &asked["options"]).await.unwrap();
    let path = format!("/api/v1/session/passkey/{}", asked["ceremony"].as_str().unwrap());
    let response = post(&server, &path, json!({"credential": credential})).await;
    assert!(response.headers()["set-cookie"].to_str().unwrap().contains("HttpOnly"));
    assert!(json(response, 201).await["secret"].is_null());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_browser_is_asked_makes_the_device_remember_and_verify_its_user() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let device = Device::default();
    add(&server, &ana, &device, "phone").await;
    let made = server.send(Method::POST, "/api/v1/passkeys", &ana, json!({"name": "key"})).await;
    let options = json(made, 201).await["options"]["publicKey"].clone();
    assert_eq!(options["rp"]["id"], "localhost");
    let selection = &options["authenticatorSelection"];
    assert_eq!(
        (&selection["residentKey"], &selection["userVerification"]),
        (&json!("required"), &json!("required"))
    );
    assert_eq!(selection["requireResidentKey"], true);
    assert_eq!(options["excludeCredentials"].as_array().unwrap().len(), 1);
    // Who has not signed in is asked for whatever they have; nothing tells who has an account.
    let options = asked(&server).await["options"]["publicKey"].clone();
    assert_eq!((&options["rpId"], &options["userVerification"]), (&json!("localhost"), &json!("required")));
    assert_eq!(options["allowCredentials"], json!([]));
    // In a session it is one of one's own.
    let own = asked_again(&server, &ana).await["options"]["publicKey"].clone();
    assert_eq!(own["allowCredentials"].as_array().unwrap().len(), 1);
    let body = json!({"for": "sign-in"});
    let other = json(server.send(Method::POST, "/api/v1/session/passkey", &ana, body).await, 201).await;
    assert_eq!(other["options"]["publicKey"]["allowCredentials"], json!([]));
    let nobody = post(&server, "/api/v1/session/passkey", json!({"for": "proof"})).await;
    problem(nobody, 401).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_stands_in_for_the_code_after_the_password() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let device = Device::default();
    let codes = add(&server, &ana, &device, "phone").await;
    let sign_in = async |password: &str, code: Option<&Value>, passkey: Option<Value>| {
        let body = json!({"email": OWNER, "password": password, "code": code, "passkey": passkey});
        post(&server, "/api/v1/session", body).await
    };
    let without = problem(sign_in(PASSWORD, None, None).await, 401).await;
    assert_eq!(without["type"], "/problems/second-factor-required");
    let asked = asked(&server).await;
    let passkey = shown(&server, &device, &asked).await;
    // A wrong password learns nothing, and costs the passkey nothing.
    let wrong = problem(sign_in("wrong password here", None, Some(passkey.clone())).await, 401).await;
    assert_eq!(wrong["type"], "/problems/sign-in-failed");
    json(sign_in(PASSWORD, None, Some(passkey)).await, 200).await;
    // The recovery codes that came with it stand in for it, and for nothing more.
    json(sign_in(PASSWORD, Some(&codes[0]), None).await, 200).await;
    problem(sign_in("wrong password here", Some(&codes[1]), None).await, 401).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_proves_again_who_one_is() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let device = Device::counting();
    add(&server, &ana, &device, "phone").await;
    let prove = async |body: Value| server.send(Method::POST, "/api/v1/session/proof", &ana, body).await;
    let token = json!({"name": "t", "permissions": ["view"]});
    for password in [None, Some(PASSWORD)] {
        server.clock.advance(Duration::from_mins(16));
        let refused = server.send(Method::POST, "/api/v1/tokens", &ana, token.clone()).await;
        assert_eq!(problem(refused, 401).await["type"], "/problems/proof-required");
        let passkey = shown(&server, &device, &asked_again(&server, &ana).await).await;
        let proved = prove(json!({"password": password, "passkey": passkey})).await;
        assert_eq!(proved.status(), StatusCode::NO_CONTENT);
        json(server.send(Method::POST, "/api/v1/tokens", &ana, token.clone()).await, 201).await;
    }
    problem(prove(json!({})).await, 400).await;
    // A password that is wrong is not made right by a passkey beside it.
    let passkey = shown(&server, &device, &asked_again(&server, &ana).await).await;
    problem(prove(json!({"password": "wrong password here", "passkey": passkey})).await, 401).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_without_a_password_keeps_a_way_in() {
    let server = Server::start().await;
    let (ana, other) = (server.sign_in(OWNER).await, server.sign_in(OWNER).await);
    let without = problem(remove_password(&server, &ana).await, 409).await;
    assert_eq!(without["type"], "/problems/no-passkey");
    let (phone, key) = (Device::default(), Device::default());
    add(&server, &ana, &phone, "phone").await;
    add(&server, &ana, &key, "key").await;
    assert_eq!(remove_password(&server, &ana).await.status(), StatusCode::NO_CONTENT);
    // As with a changed password, everything else is signed out, and it is told.
    problem(server.get("/api/v1/spaces", &other).await, 401).await;
    let (kind, facts) = told(&server, &ana).await.remove(0);
    assert_eq!((kind, facts["removed"].as_bool()), (NoticeKind::PasswordChanged, Some(true)));

    let body = json!({"email": OWNER, "password": PASSWORD});
    let refused = problem(post(&server, "/api/v1/session", body).await, 401).await;
    let body = json!({"email": "nobody@example.org", "password": PASSWORD});
    assert_eq!(refused, problem(post(&server, "/api/v1/session", body).await, 401).await);
    json(sign_in(&server, &phone).await, 201).await;

    assert_eq!(remove(&server, &ana, "phone").await.status(), StatusCode::NO_CONTENT);
    problem(sign_in(&server, &phone).await, 401).await;
    let last = problem(remove(&server, &ana, "key").await, 409).await;
    assert_eq!(last["type"], "/problems/last-way-in");
    json(sign_in(&server, &key).await, 201).await;
    // With a new password the passkey may go.
    let new = json!({"password": "another good long passphrase"});
    let changed = server.send(Method::PUT, "/api/v1/me/password", &ana, new).await;
    assert_eq!(changed.status(), StatusCode::NO_CONTENT);
    assert_eq!(remove(&server, &ana, "key").await.status(), StatusCode::NO_CONTENT);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_requests_at_once_do_not_take_the_last_way_in() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    for name in ["phone", "key"] {
        add(&server, &ana, &Device::default(), name).await;
    }
    assert_eq!(remove_password(&server, &ana).await.status(), StatusCode::NO_CONTENT);
    let ids = [
        factor(&server, &ana, "phone").await["id"].clone(),
        factor(&server, &ana, "key").await["id"].clone(),
    ];
    let remove = async |id: &Value| {
        let path = format!("/api/v1/factors/{}", id.as_str().unwrap());
        server.request(Method::DELETE, &path, Some(&ana.secret)).send().await.unwrap().status()
    };
    let (one, other) = tokio::join!(remove(&ids[0]), remove(&ids[1]));
    assert_eq!(
        [one, other].iter().filter(|status| **status == StatusCode::NO_CONTENT).count(),
        1,
        "{one} {other}"
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_accepted_with_a_passkey() {
    let server = Server::start().await;
    let (ana, ben) = (server.sign_in(OWNER).await, server.someone("ben@example.org").await);
    let (own, other) = (Device::default(), Device::default());
    add(&server, &ben, &own, "phone").await;
    add(&server, &ana, &other, "phone").await;
    assert_eq!(remove_password(&server, &ben).await.status(), StatusCode::NO_CONTENT);
    let space = server.space("Family").await;
    let path = format!("/api/v1/spaces/{space}/invitations");
    let invited = json!({"email": "ben@example.org", "role": "viewer"});
    let made = json(server.send(Method::POST, &path, &ana, invited).await, 201).await;
    let accept = async |device: &Device| {
        let passkey = shown(&server, device, &asked(&server).await).await;
        let body = json!({"secret": made["secret"], "passkey": passkey});
        post(&server, "/api/v1/invitations/accept", body).await
    };
    let refused = problem(accept(&other).await, 401).await;
    assert_eq!(refused["type"], "/problems/passkey-failed");
    assert_eq!(json(accept(&own).await, 201).await["email"], "ben@example.org");
    let spaces = json(server.get("/api/v1/spaces", &ben).await, 200).await;
    assert_eq!(spaces[0]["role"], "viewer");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_public_address_passkeys_say_which_setting_is_missing() {
    let dir = tempfile::tempdir().unwrap();
    let clock = std::sync::Arc::new(model::FixedClock::at(model::Timestamp(1_790_000_000_000)));
    let config = crate::support::config(&dir, &clock);
    let who = library::SetUp { email: OWNER, name: "Ana", password: PASSWORD, deliver: &|_| Ok(()) };
    let made = library::set_up(config.layout.clone(), &config.options, config.clock.clone(), who).await;
    made.unwrap().0.catalog.clone().close().await;
    let (app, _) = ourphoto_server::App::open(config).await.unwrap();
    let how = ourphoto_server::Serve {
        listen: SocketAddr::from(([0, 0, 0, 0], 0)),
        tls: None,
        patience: ourphoto_server::Patience::default(),
    };
    let running = ourphoto_server::serve(app, how).await.unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let address = format!("http://127.0.0.1:{}/api/v1/session/passkey", running.address.port());
    let asked = reqwest::Client::new().post(address).json(&json!({})).send().await.unwrap();
    let missing = problem(asked, 503).await;
    assert_eq!(missing["type"], "/problems/no-public-url");
    assert!(missing["detail"].as_str().unwrap().contains("--public-url"), "{missing}");
    running.stop().await.unwrap();

    let numbered = Server::start_as(|config| config.public_url = Some("https://192.0.2.7".into())).await;
    let missing = problem(post(&numbered, "/api/v1/session/passkey", json!({})).await, 503).await;
    assert_eq!(missing["type"], "/problems/no-public-url");
    numbered.stop().await;
}
