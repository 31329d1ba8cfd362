//! Attacks on passkeys: each is made, and must fail.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use model::{Clock as _, NoticeKind};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::device::{Device, client_data};
use crate::passkeys::{
    add, answer, asked, asked_again, factor, origin, post, remove_password, shown, sign_in, told,
};
use crate::support::{OWNER, PASSWORD, Server, Someone, json, problem};

const EVIL: &str = "https://evil.example";

/// Asks for a new passkey in somebody's session.
async fn begun(server: &Server, who: &Someone) -> Value {
    json(server.send(Method::POST, "/api/v1/passkeys", who, json!({"name": "key"})).await, 201).await
}

async fn confirm(server: &Server, who: &Someone, asked: &Value, made: Value) -> reqwest::Response {
    let path = format!("/api/v1/passkeys/{}/confirm", asked["ceremony"].as_str().unwrap());
    server.send(Method::POST, &path, who, json!({"credential": made})).await
}

async fn prove(server: &Server, who: &Someone, passkey: Value) -> reqwest::Response {
    server.send(Method::POST, "/api/v1/session/proof", who, json!({"passkey": passkey})).await
}

/// The same answer, with something else in what the browser says of itself. Nothing signs it when a passkey is made.
fn altered(made: &Value, change: impl FnOnce(&mut Value)) -> Value {
    let text = made["response"]["clientDataJSON"].as_str().unwrap();
    let mut said: Value = serde_json::from_slice(&BASE64.decode(text).unwrap()).unwrap();
    change(&mut said);
    let mut made = made.clone();
    made["response"]["clientDataJSON"] = BASE64.encode(said.to_string()).into();
    made
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_from_another_origin_or_for_another_site_is_refused() {
    let own = "https://photos.example.org";
    let server = Server::start_as(|config| config.public_url = Some(own.into())).await;
    let ana = server.sign_in(OWNER).await;
    let device = Device::default();
    let making = begun(&server, &ana).await;
    let made = device.make(own, &making["options"]).await.unwrap();
    json(confirm(&server, &ana, &making, made).await, 200).await;

    // A browser that keeps to the rules shows no passkey to another site at all.
    let asked_for = asked(&server).await;
    device.show(EVIL, &asked_for["options"]).await.unwrap_err();
    // One that does not cannot hide where it was.
    for lie in [
        EVIL,
        "https://photos.example.org.evil.example",
        "https://sub.photos.example.org",
        "https://example.org",
        "https://photos.example.org:8443",
        "http://photos.example.org",
        server.base.as_str(),
    ] {
        let asked_for = asked(&server).await;
        let said = client_data("webauthn.get", &asked_for["options"], lie);
        let signed = device.sign(&said, "photos.example.org", true).await;
        let refused = problem(answer(&server, &asked_for, signed).await, 401).await;
        assert_eq!(refused["type"], "/problems/passkey-failed", "{lie}");
    }
    // Nor for which site the key was asked for,
    let asked_for = asked(&server).await;
    let said = client_data("webauthn.get", &asked_for["options"], own);
    let signed = device.sign(&said, "evil.example", true).await;
    problem(answer(&server, &asked_for, signed).await, 401).await;
    // and what it was asked to do.
    let asked_for = asked(&server).await;
    let said = client_data("webauthn.create", &asked_for["options"], own);
    let signed = device.sign(&said, "photos.example.org", true).await;
    problem(answer(&server, &asked_for, signed).await, 401).await;
    // The same signer without a lie comes in, so it was the lies that failed.
    let asked_for = asked(&server).await;
    let said = client_data("webauthn.get", &asked_for["options"], own);
    let signed = device.sign(&said, "photos.example.org", true).await;
    json(answer(&server, &asked_for, signed).await, 201).await;
    // And none is made elsewhere.
    let asked_for = begun(&server, &ana).await;
    let made = Device::default().make(own, &asked_for["options"]).await.unwrap();
    let lie = altered(&made, |said| said["origin"] = EVIL.into());
    assert_eq!(
        problem(confirm(&server, &ana, &asked_for, lie).await, 400).await["type"],
        "/problems/passkey-failed"
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_taken_once_and_for_five_minutes() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let device = Device::default();
    add(&server, &ana, &device, "phone").await;
    let own = origin(&server);

    let first = asked(&server).await;
    let credential = device.show(&own, &first["options"]).await.unwrap();
    json(answer(&server, &first, credential.clone()).await, 201).await;
    let again = problem(answer(&server, &first, credential.clone()).await, 401).await;
    assert_eq!(again["type"], "/problems/ceremony-ended");
    // Not in another ceremony either: it answers another challenge.
    let second = asked(&server).await;
    let replayed = problem(answer(&server, &second, credential).await, 401).await;
    assert_eq!(replayed["type"], "/problems/passkey-failed");
    // A wrong answer ends it too.
    let credential = device.show(&own, &second["options"]).await.unwrap();
    problem(answer(&server, &second, credential).await, 401).await;

    let late = asked(&server).await;
    let making = begun(&server, &ana).await;
    let proving = asked_again(&server, &ana).await;
    let credential = device.show(&own, &late["options"]).await.unwrap();
    let made = Device::default().make(&own, &making["options"]).await.unwrap();
    let proof = shown(&server, &device, &proving).await;
    server.clock.advance(Duration::from_mins(5));
    assert_eq!(
        problem(answer(&server, &late, credential).await, 401).await["type"],
        "/problems/ceremony-ended"
    );
    assert_eq!(
        problem(confirm(&server, &ana, &making, made).await, 404).await["type"],
        "/problems/ceremony-ended"
    );
    assert_eq!(problem(prove(&server, &ana, proof).await, 401).await["type"], "/problems/ceremony-ended");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ceremony_belongs_to_its_session_and_its_purpose() {
    let server = Server::start().await;
    let (ana, again) = (server.sign_in(OWNER).await, server.sign_in(OWNER).await);
    let ben = server.someone("ben@example.org").await;
    let (own, others) = (Device::default(), Device::default());
    add(&server, &ana, &own, "phone").await;
    add(&server, &ben, &others, "phone").await;
    let site = origin(&server);

    // A passkey that one session asked for is added by no other, neither of the same nor of another account.
    let making = begun(&server, &ana).await;
    let made = Device::default().make(&site, &making["options"]).await.unwrap();
    for who in [&again, &ben] {
        let refused = problem(confirm(&server, who, &making, made.clone()).await, 404).await;
        assert_eq!(refused["type"], "/problems/ceremony-ended");
    }
    json(confirm(&server, &ana, &making, made).await, 200).await;

    let proving = asked_again(&server, &ana).await;
    let proof = shown(&server, &own, &proving).await;
    for who in [&again, &ben] {
        let refused = problem(prove(&server, who, proof.clone()).await, 401).await;
        assert_eq!(refused["type"], "/problems/ceremony-ended");
    }
    // A proof signs nobody in, and a sign-in proves nothing.
    problem(answer(&server, &proving, proof["credential"].clone()).await, 401).await;
    let body = json!({"email": OWNER, "password": PASSWORD, "passkey": proof});
    problem(post(&server, "/api/v1/session", body).await, 401).await;
    let strangers = shown(&server, &own, &asked(&server).await).await;
    let refused = problem(prove(&server, &ana, strangers).await, 401).await;
    assert_eq!(refused["type"], "/problems/ceremony-ended");
    // Whoever was refused has spoiled nothing.
    assert_eq!(prove(&server, &ana, proof).await.status(), StatusCode::NO_CONTENT);
    // Another's passkey proves nothing in one's own session.
    let proving = asked_again(&server, &ana).await;
    let said = client_data("webauthn.get", &proving["options"], &site);
    let signed = others.sign(&said, "localhost", true).await;
    let body = json!({"ceremony": proving["ceremony"], "credential": signed});
    assert_eq!(problem(prove(&server, &ana, body).await, 401).await["type"], "/problems/passkey-failed");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_does_not_verify_its_user_is_refused() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let own = origin(&server);
    // A page that asks for less than the server did.
    let making = begun(&server, &ana).await;
    let mut less = making["options"].clone();
    less["publicKey"]["authenticatorSelection"]["userVerification"] = "discouraged".into();
    let made = Device::default().make(&own, &less).await.unwrap();
    assert_eq!(
        problem(confirm(&server, &ana, &making, made).await, 400).await["type"],
        "/problems/passkey-failed"
    );
    // A device that forgets whose it is.
    let making = begun(&server, &ana).await;
    let mut made = Device::default().make(&own, &making["options"]).await.unwrap();
    made["clientExtensionResults"]["credProps"] = json!({"rk": false});
    problem(confirm(&server, &ana, &making, made).await, 400).await;

    let device = Device::default();
    add(&server, &ana, &device, "phone").await;
    let asked_for = asked(&server).await;
    let mut less = asked_for["options"].clone();
    less["publicKey"]["userVerification"] = "discouraged".into();
    let credential = device.show(&own, &less).await.unwrap();
    problem(answer(&server, &asked_for, credential).await, 401).await;
    // Not as a second factor either, nor as a proof.
    let asked_for = asked(&server).await;
    let said = client_data("webauthn.get", &asked_for["options"], &own);
    let signed = device.sign(&said, "localhost", false).await;
    let passkey = json!({"ceremony": asked_for["ceremony"], "credential": signed});
    let body = json!({"email": OWNER, "password": PASSWORD, "passkey": passkey});
    problem(post(&server, "/api/v1/session", body).await, 401).await;
    let asked_for = asked_again(&server, &ana).await;
    let said = client_data("webauthn.get", &asked_for["options"], &own);
    let signed = device.sign(&said, "localhost", false).await;
    let passkey = json!({"ceremony": asked_for["ceremony"], "credential": signed});
    problem(prove(&server, &ana, passkey).await, 401).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_opens_its_own_account_and_no_other() {
    let server = Server::start().await;
    let (ana, ben) = (server.sign_in(OWNER).await, server.someone("ben@example.org").await);
    let (own, others) = (Device::default(), Device::default());
    add(&server, &ana, &own, "phone").await;
    add(&server, &ben, &others, "phone").await;
    let site = origin(&server);

    // What says whose it is, is not signed.
    let handle = BASE64.encode(ana.id.0.as_bytes());
    let asked_for = asked(&server).await;
    let mut credential = others.show(&site, &asked_for["options"]).await.unwrap();
    assert_ne!(credential["response"]["userHandle"], handle);
    credential["response"]["userHandle"] = handle.clone().into();
    assert_eq!(
        problem(answer(&server, &asked_for, credential).await, 401).await["type"],
        "/problems/passkey-failed"
    );
    // Neither is which key it claims to be.
    let asked_for = asked(&server).await;
    let own_id = own.show(&site, &asked_for["options"]).await.unwrap()["id"].clone();
    let mut credential = others.show(&site, &asked_for["options"]).await.unwrap();
    credential["response"]["userHandle"] = handle.into();
    (credential["id"], credential["rawId"]) = (own_id.clone(), own_id);
    problem(answer(&server, &asked_for, credential).await, 401).await;
    // Without a word on whose it is, there is nobody to sign in.
    let asked_for = asked(&server).await;
    let mut credential = own.show(&site, &asked_for["options"]).await.unwrap();
    credential["response"]["userHandle"] = Value::Null;
    problem(answer(&server, &asked_for, credential).await, 401).await;
    // Beside another's password it is no second factor.
    let passkey = shown(&server, &others, &asked(&server).await).await;
    let body = json!({"email": OWNER, "password": PASSWORD, "passkey": passkey});
    assert_eq!(
        problem(post(&server, "/api/v1/session", body).await, 401).await["type"],
        "/problems/passkey-failed"
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_passkey_is_added_to_one_account() {
    let server = Server::start().await;
    let (ana, ben) = (server.sign_in(OWNER).await, server.someone("ben@example.org").await);
    let site = origin(&server);
    let device = Device::default();
    let making = begun(&server, &ana).await;
    let made = device.make(&site, &making["options"]).await.unwrap();
    json(confirm(&server, &ana, &making, made.clone()).await, 200).await;
    // Nothing but the challenge keeps an answer from being given again by somebody else.
    let making = begun(&server, &ben).await;
    let challenge = making["options"]["publicKey"]["challenge"].clone();
    let stolen = altered(&made, |said| said["challenge"] = challenge);
    problem(confirm(&server, &ben, &making, stolen).await, 409).await;
    assert_eq!(json(sign_in(&server, &device).await, 201).await["me"]["email"], OWNER);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copied_passkey_is_refused_and_its_owner_is_told() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let device = Device::counting();
    add(&server, &ana, &device, "phone").await;
    json(sign_in(&server, &device).await, 201).await;
    let copy = device.copied();
    json(sign_in(&server, &device).await, 201).await;
    // The copy counts from where it was taken.
    let refused = problem(sign_in(&server, &copy).await, 401).await;
    assert_eq!(refused["type"], "/problems/passkey-copied");
    let (kind, facts) = told(&server, &ana).await.remove(0);
    assert_eq!((kind, facts["change"].as_str()), (NoticeKind::FactorChanged, Some("copied")));
    assert_eq!(facts["name"], "phone");
    // In a proof that was asked for before the other was used, too.
    let copy = device.copied();
    let asked_for = asked_again(&server, &ana).await;
    let proof = shown(&server, &copy, &asked_for).await;
    json(sign_in(&server, &device).await, 201).await;
    assert_eq!(problem(prove(&server, &ana, proof).await, 401).await["type"], "/problems/passkey-copied");
    json(sign_in(&server, &device).await, 201).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_passkey_and_a_disabled_account_open_nothing() {
    let server = Server::start().await;
    let (ana, ben) = (server.sign_in(OWNER).await, server.someone("ben@example.org").await);
    let (device, others) = (Device::default(), Device::default());
    add(&server, &ana, &device, "phone").await;
    add(&server, &ben, &others, "phone").await;
    // What was asked before the removal is refused after it.
    let asked_for = asked(&server).await;
    let credential = device.show(&origin(&server), &asked_for["options"]).await.unwrap();
    let proof = shown(&server, &device, &asked_again(&server, &ana).await).await;
    let id = factor(&server, &ana, "phone").await["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/factors/{id}");
    let theirs = server.request(Method::DELETE, &path, Some(&ben.secret)).send().await.unwrap();
    problem(theirs, 404).await;
    let removed = server.request(Method::DELETE, &path, Some(&ana.secret)).send().await.unwrap();
    assert_eq!(removed.status(), StatusCode::NO_CONTENT);
    problem(answer(&server, &asked_for, credential).await, 401).await;
    problem(prove(&server, &ana, proof).await, 401).await;
    problem(sign_in(&server, &device).await, 401).await;
    let (kind, facts) = told(&server, &ana).await.remove(0);
    assert_eq!((kind, facts["change"].as_str()), (NoticeKind::FactorChanged, Some("removed")));

    json(sign_in(&server, &others).await, 201).await;
    let mut tx = server.library.catalog.begin().await.unwrap();
    tx.person_set_disabled(ben.id, Some(server.clock.now())).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(problem(sign_in(&server, &others).await, 401).await["type"], "/problems/passkey-failed");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_was_left_open_adds_no_passkey_and_takes_no_password_away() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let device = Device::default();
    add(&server, &ana, &device, "phone").await;
    server.clock.advance(Duration::from_mins(16));
    let refused = server.send(Method::POST, "/api/v1/passkeys", &ana, json!({"name": "thief's"})).await;
    assert_eq!(problem(refused, 401).await["type"], "/problems/proof-required");
    assert_eq!(problem(remove_password(&server, &ana).await, 401).await["type"], "/problems/proof-required");
    let id = factor(&server, &ana, "phone").await["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/factors/{id}");
    let refused = server.request(Method::DELETE, &path, Some(&ana.secret)).send().await.unwrap();
    assert_eq!(problem(refused, 401).await["type"], "/problems/proof-required");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_credential_is_refused_without_a_trace() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    for nonsense in [json!(null), json!("x"), json!({}), json!({"id": "x", "rawId": "!", "type": "y"})] {
        let asked_for = asked(&server).await;
        let refused = answer(&server, &asked_for, nonsense.clone()).await;
        assert_eq!(problem(refused, 400).await["type"], "/problems/invalid", "{nonsense}");
        let making = begun(&server, &ana).await;
        problem(confirm(&server, &ana, &making, nonsense).await, 400).await;
    }
    assert!(told(&server, &ana).await.is_empty());
    server.stop().await;
}
