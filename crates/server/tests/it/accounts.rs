//! Signing in, second factors, tokens, invitations, members.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use library::accounts::Secret;
use model::{Clock, FixedClock, Permissions, Role, Timestamp};
use ourphoto_server::{App, Patience, Running, Serve, serve};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{OWNER, PASSWORD, Server, Someone, config, json, problem};

/// A server that is not set up, and the secret of the address that it printed.
async fn new_server(dir: &TempDir, clock: &Arc<FixedClock>) -> (Running, Secret) {
    let (app, gate) = App::open(config(dir, clock)).await.unwrap();
    let how =
        Serve { listen: SocketAddr::from(([127, 0, 0, 1], 0)), tls: None, patience: Patience::default() };
    let running = serve(app, how).await.unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    (running, gate.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_of_the_set_up_gives_the_kit_again_for_a_while_only() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(FixedClock::at(Timestamp(1_790_000_000_000)));
    let (running, secret) = new_server(&dir, &clock).await;
    let client = reqwest::Client::new();
    let path = format!("http://{}/api/v1/setup", running.address);
    let asked = json!({"secret": secret.reveal(), "email": OWNER, "password": PASSWORD});
    let set_up = async || client.post(&path).json(&asked).send().await.unwrap();
    let made = json(set_up().await, 201).await;
    clock.advance(Duration::from_mins(9));
    assert_eq!(json(set_up().await, 201).await, made);
    clock.advance(Duration::from_mins(1));
    assert_eq!(problem(set_up().await, 403).await["type"], "/problems/set-up-refused");
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_server_is_set_up_once_with_the_address_that_it_printed() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(FixedClock::at(Timestamp(1_790_000_000_000)));
    let (running, secret) = new_server(&dir, &clock).await;
    let address = format!("http://{}", running.address);
    let client = reqwest::Client::new();
    let post = |path: &str, body: Value| client.post(format!("{address}{path}")).json(&body).send();
    let asked =
        |secret: &str, password: &str| json!({"secret": secret, "email": OWNER, "password": password});

    assert_eq!(client.get(format!("{address}/healthz")).send().await.unwrap().status(), StatusCode::OK);
    problem(client.get(format!("{address}/readyz")).send().await.unwrap(), 503).await;
    let early = post("/api/v1/session", json!({"email": OWNER, "password": PASSWORD})).await.unwrap();
    assert_eq!(problem(early, 503).await["type"], "/problems/not-set-up");
    let wrong = post("/api/v1/setup", asked("ops_setup_wrong", PASSWORD)).await.unwrap();
    assert_eq!(problem(wrong, 403).await["type"], "/problems/set-up-refused");
    let weak = post("/api/v1/setup", asked(secret.reveal(), "password1234")).await.unwrap();
    assert_eq!(problem(weak, 400).await["type"], "/problems/weak-password");

    let made = json(post("/api/v1/setup", asked(secret.reveal(), PASSWORD)).await.unwrap(), 201).await;
    assert!(made["recovery_kit"].as_str().unwrap().contains("AGE-SECRET-KEY-"));
    // An answer that did not arrive must not cost the only recovery key.
    let again = json(post("/api/v1/setup", asked(secret.reveal(), PASSWORD)).await.unwrap(), 201).await;
    assert_eq!(again["recovery_kit"], made["recovery_kit"]);
    assert_eq!(client.get(format!("{address}/readyz")).send().await.unwrap().status(), StatusCode::OK);
    let signed_in = post("/api/v1/session", json!({"email": OWNER, "password": PASSWORD})).await.unwrap();
    assert_eq!(json(signed_in, 200).await["me"]["email"], OWNER);
    let late = post("/api/v1/setup", asked(secret.reveal(), PASSWORD)).await.unwrap();
    assert_eq!(problem(late, 403).await["type"], "/problems/set-up-refused");
    running.stop().await.unwrap();
}

async fn sign_in(server: &Server, email: &str, password: &str, code: Option<&str>) -> reqwest::Response {
    let asked = json!({"email": email, "password": password, "code": code, "agent": "program"});
    server.request(Method::POST, "/api/v1/session", None).json(&asked).send().await.unwrap()
}

/// Adds an authenticator app for somebody; gives it and the recovery codes.
pub(crate) async fn totp(server: &Server, who: &Someone) -> (totp_rs::Totp, Vec<String>) {
    let made = server.send(Method::POST, "/api/v1/factors/totp", who, json!({"name": "phone"})).await;
    let made = json(made, 201).await;
    let secret = totp_rs::Secret::try_from_base32(made["secret"].as_str().unwrap()).unwrap();
    let app = totp_rs::Builder::new()
        .with_secret(secret.as_bytes().to_vec())
        .with_digits(6)
        .with_skew(0)
        .with_step_duration(30)
        .build_noncompliant();
    let path = format!("/api/v1/factors/totp/{}/confirm", made["id"].as_str().unwrap());
    let wrong = server.send(Method::POST, &path, who, json!({"code": "000000"})).await;
    assert_eq!(problem(wrong, 400).await["type"], "/problems/second-factor-failed");
    let code = code(&app, server);
    let done = json(server.send(Method::POST, &path, who, json!({"code": code})).await, 200).await;
    let codes = done["recovery_codes"].as_array().unwrap();
    (app, codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect())
}

pub(crate) fn code(app: &totp_rs::Totp, server: &Server) -> String {
    app.generate(u64::try_from(server.clock.now().0 / 1000).unwrap()).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_asked_for_and_each_code_is_taken_once() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let (app, codes) = totp(&server, &ana).await;
    assert_eq!(codes.len(), 10);

    let without = problem(sign_in(&server, OWNER, PASSWORD, None).await, 401).await;
    assert_eq!(without["type"], "/problems/second-factor-required");
    // Only who knows the password learns that there is a second factor.
    let wrong = problem(sign_in(&server, OWNER, "wrong password here", None).await, 401).await;
    assert_eq!(wrong["type"], "/problems/sign-in-failed");
    // The code that confirmed the app is used up.
    let used = problem(sign_in(&server, OWNER, PASSWORD, Some(&code(&app, &server))).await, 401).await;
    assert_eq!(used["type"], "/problems/second-factor-failed");
    server.clock.advance(Duration::from_secs(30));
    let next = code(&app, &server);
    json(sign_in(&server, OWNER, PASSWORD, Some(&next)).await, 200).await;
    problem(sign_in(&server, OWNER, PASSWORD, Some(&next)).await, 401).await;
    // A recovery code stands in for the app, once, however it is typed; but not for the password.
    let typed = codes[0].to_uppercase().replace('-', " ");
    problem(sign_in(&server, OWNER, "wrong password here", Some(&codes[0])).await, 401).await;
    json(sign_in(&server, OWNER, PASSWORD, Some(&typed)).await, 200).await;
    problem(sign_in(&server, OWNER, PASSWORD, Some(&codes[0])).await, 401).await;
    let factors = json(server.get("/api/v1/factors", &ana).await, 200).await;
    assert_eq!(factors["recovery_codes_left"], 9);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_reveals_or_destroys_asks_for_a_recent_proof() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    server.clock.advance(Duration::from_mins(16));
    let token = json!({"name": "t", "permissions": ["view"]});
    for (method, path, body) in [
        (Method::POST, "/api/v1/tokens", token.clone()),
        (Method::POST, "/api/v1/factors/totp", json!({"name": "phone"})),
        (Method::POST, "/api/v1/recovery-codes", json!({})),
        (Method::PUT, "/api/v1/me/password", json!({"password": "another good long passphrase"})),
    ] {
        let refused = problem(server.send(method, path, &ana, body).await, 401).await;
        assert_eq!(refused["type"], "/problems/proof-required", "{path}");
    }
    let proof = json!({"password": PASSWORD});
    let proved = server.send(Method::POST, "/api/v1/session/proof", &ana, proof).await;
    assert_eq!(proved.status(), StatusCode::NO_CONTENT);
    json(server.send(Method::POST, "/api/v1/tokens", &ana, token).await, 201).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_ends_every_other_session_and_every_token() {
    let server = Server::start().await;
    let (ana, other) = (server.sign_in(OWNER).await, server.sign_in(OWNER).await);
    let made = json!({"name": "t", "permissions": ["view"]});
    let token = json(server.send(Method::POST, "/api/v1/tokens", &ana, made).await, 201).await;
    let token = Someone { secret: token["secret"].as_str().unwrap().to_owned(), ..ana.clone() };
    json(server.get("/api/v1/spaces", &token).await, 200).await;
    let weak =
        server.send(Method::PUT, "/api/v1/me/password", &ana, json!({"password": "ana@example.org"})).await;
    assert_eq!(problem(weak, 400).await["type"], "/problems/weak-password");
    let new = "another good long passphrase";
    let changed = server.send(Method::PUT, "/api/v1/me/password", &ana, json!({"password": new})).await;
    assert_eq!(changed.status(), StatusCode::NO_CONTENT);
    json(server.get("/api/v1/spaces", &ana).await, 200).await;
    problem(server.get("/api/v1/spaces", &other).await, 401).await;
    problem(server.get("/api/v1/spaces", &token).await, 401).await;
    problem(sign_in(&server, OWNER, PASSWORD, None).await, 401).await;
    json(sign_in(&server, OWNER, new, None).await, 200).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_makes_one_member_once() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let space = server.space("Family").await;
    let path = format!("/api/v1/spaces/{space}/invitations");
    let asked = json!({"email": "Ben@Example.org", "role": "contributor"});
    let made = json(server.send(Method::POST, &path, &ana, asked).await, 201).await;
    let secret = made["secret"].as_str().unwrap();
    let accept = async |password: &str| {
        let asked = json!({"secret": secret, "name": "Ben", "password": password});
        server.request(Method::POST, "/api/v1/invitations/accept", None).json(&asked).send().await.unwrap()
    };
    assert_eq!(problem(accept("ben@example.org").await, 400).await["type"], "/problems/weak-password");
    let me = json(accept(PASSWORD).await, 201).await;
    assert_eq!(me["email"], "ben@example.org");
    problem(accept(PASSWORD).await, 404).await;
    let ben = server.sign_in("ben@example.org").await;
    let spaces = json(server.get("/api/v1/spaces", &ben).await, 200).await;
    assert_eq!(spaces[0]["role"], "contributor");
    // Guests do not make spaces of their own, and see no addresses.
    problem(server.send(Method::POST, "/api/v1/spaces", &ben, json!({"name": "Mine"})).await, 403).await;
    let members = json(server.get(&format!("/api/v1/spaces/{space}/members"), &ben).await, 200).await;
    assert!(members.as_array().unwrap().iter().all(|member| member["email"].is_null()), "{members}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_space_keeps_its_last_owner_and_nobody_gives_more_than_they_have() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let space = server.space("Family").await;
    let manager = server.someone("mia@example.org").await;
    server.join(space, &manager, Role::Manager, Permissions::NONE).await;
    let member = |who: &Someone| format!("/api/v1/spaces/{space}/members/{}", who.id);
    let viewer = json!({"role": "viewer"});
    problem(server.send(Method::PUT, &member(&ana), &ana, viewer.clone()).await, 409).await;
    problem(server.send(Method::DELETE, &member(&ana), &ana, json!({})).await, 409).await;
    problem(server.send(Method::PUT, &member(&ana), &manager, viewer).await, 403).await;
    problem(server.send(Method::DELETE, &member(&ana), &manager, json!({})).await, 403).await;
    problem(server.send(Method::PUT, &member(&manager), &manager, json!({"role": "owner"})).await, 403).await;
    let owner = json!({"role": "owner"});
    let made = server.send(Method::PUT, &member(&manager), &ana, owner).await;
    assert_eq!(made.status(), StatusCode::NO_CONTENT);
    let left = server.send(Method::DELETE, &member(&ana), &ana, json!({})).await;
    assert_eq!(left.status(), StatusCode::NO_CONTENT);
    problem(server.get(&format!("/api/v1/spaces/{space}"), &ana).await, 404).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_does_not_go_around_the_second_factor_of_an_account() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let ben = server.someone("ben@example.org").await;
    totp(&server, &ben).await;
    let space = server.space("Family").await;
    let asked = json!({"email": "ben@example.org", "role": "viewer"});
    let path = format!("/api/v1/spaces/{space}/invitations");
    let made = json(server.send(Method::POST, &path, &ana, asked).await, 201).await;
    let accept = json!({"secret": made["secret"], "password": PASSWORD});
    let refused = server.request(Method::POST, "/api/v1/invitations/accept", None).json(&accept).send().await;
    assert_eq!(problem(refused.unwrap(), 401).await["type"], "/problems/second-factor-required");
    let members = json(server.get(&format!("/api/v1/spaces/{space}/members"), &ana).await, 200).await;
    assert_eq!(members.as_array().unwrap().len(), 1, "{members}");
    server.stop().await;
}
