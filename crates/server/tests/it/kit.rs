//! Whoever has the recovery key gets any account back at once; the key stays with them, and nothing else opens a
//! challenge.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use model::{Clock as _, NoticeKind};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use vault::keys::{SecretKey, load_key_file, parse_identity_file};

use crate::recovery::{NEW, audited, second_factor, sign_in, token};
use crate::support::{OWNER, PASSWORD, Server, json as ok, problem};

async fn ask(server: &Server, email: &str) -> Value {
    let request = server.request(Method::POST, "/api/v1/recoveries/kit", None).json(&json!({"email": email}));
    ok(request.send().await.unwrap(), 201).await
}

async fn finish(server: &Server, challenge: &Value, answer: &str, password: &str) -> Response {
    let asked = json!({"ceremony": challenge["ceremony"], "answer": answer, "password": password});
    server.request(Method::POST, "/api/v1/recoveries/kit/finish", None).json(&asked).send().await.unwrap()
}

fn answer(key: &SecretKey, challenge: &Value) -> String {
    vault::open_text(key, challenge["challenge"].as_str().unwrap()).unwrap().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_recovery_key_brings_an_account_back_at_once_and_everybody_is_told() {
    let server = Server::start().await;
    let key = parse_identity_file(&server.kit).unwrap();
    let ana = server.sign_in(OWNER).await;
    let ben = server.someone("ben@example.org").await;
    server.trust(ana.id, &[ben.id], 1).await;
    let program = token(&server, &ana).await;
    second_factor(&server, &ana).await;
    let asked = json!({"email": OWNER});
    let by_contacts = server.request(Method::POST, "/api/v1/recoveries", None).json(&asked).send().await;
    let by_contacts = ok(by_contacts.unwrap(), 201).await;

    let challenge = ask(&server, "Ana@Example.org").await;
    let right = answer(&key, &challenge);
    let weak = finish(&server, &challenge, &right, OWNER).await;
    assert_eq!(problem(weak, 400).await["type"], "/problems/weak-password");
    let done = finish(&server, &challenge, &right, NEW).await;
    assert_eq!(done.status(), StatusCode::NO_CONTENT);
    for old in [&ana, &program] {
        problem(server.get("/api/v1/spaces", old).await, 401).await;
    }
    problem(sign_in(&server, OWNER, PASSWORD, None).await, 401).await;
    ok(sign_in(&server, OWNER, NEW, None).await, 200).await;
    // What others had begun has ended.
    let state = json!({"secret": by_contacts["secret"]});
    let state = server.request(Method::POST, "/api/v1/recoveries/state", None).json(&state).send().await;
    assert_eq!(ok(state.unwrap(), 200).await["state"], "ended");
    let mut tx = server.library.catalog.read().await.unwrap();
    for who in [&ana, &ben] {
        let notices = tx.notice_list(who.id, None, 100).await.unwrap();
        assert!(notices.iter().any(|notice| notice.kind == NoticeKind::Recovered), "{}", who.email);
    }
    drop(tx);
    assert!(audited(&server).await.contains(&"recovery.finish".to_owned()));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_age_tool_reads_a_challenge_with_the_printed_kit() {
    if Command::new("age").arg("--version").output().is_err() {
        testkit::skipped("age is not installed");
        return;
    }
    let server = Server::start().await;
    let dir = tempfile::tempdir().unwrap();
    let kit = dir.path().join("kit.txt");
    std::fs::write(&kit, &server.kit).unwrap();
    let challenge = ask(&server, OWNER).await;
    let mut age = Command::new("age");
    let age = age.args(["-d", "-i"]).arg(&kit).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut running = age.spawn().unwrap();
    running.stdin.take().unwrap().write_all(challenge["challenge"].as_str().unwrap().as_bytes()).unwrap();
    let read = running.wait_with_output().unwrap();
    assert!(read.status.success());
    let right = String::from_utf8(read.stdout).unwrap();
    let done = finish(&server, &challenge, &right, NEW).await;
    assert_eq!(done.status(), StatusCode::NO_CONTENT);
    ok(sign_in(&server, OWNER, NEW, None).await, 200).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_is_for_one_account_is_tried_once_and_is_soon_too_old() {
    let server = Server::start().await;
    let key = parse_identity_file(&server.kit).unwrap();
    let ben = server.someone("ben@example.org").await;
    // Another challenge's answer is a wrong one, and a wrong one ends the challenge.
    let (anas, bens) = (ask(&server, OWNER).await, ask(&server, "ben@example.org").await);
    let refused = problem(finish(&server, &anas, &answer(&key, &bens), NEW).await, 403).await;
    assert_eq!(refused["type"], "/problems/kit-refused");
    problem(finish(&server, &anas, &answer(&key, &anas), NEW).await, 404).await;
    // One answer brings back the account that was asked for, and no other, once.
    let right = answer(&key, &bens);
    assert_eq!(finish(&server, &bens, &right, NEW).await.status(), StatusCode::NO_CONTENT);
    problem(finish(&server, &bens, &right, NEW).await, 404).await;
    problem(server.get("/api/v1/session", &ben).await, 401).await;
    ok(sign_in(&server, OWNER, PASSWORD, None).await, 200).await;
    ok(sign_in(&server, "ben@example.org", NEW, None).await, 200).await;
    let late = ask(&server, OWNER).await;
    server.clock.advance(Duration::from_mins(10));
    problem(finish(&server, &late, &answer(&key, &late), NEW).await, 404).await;
    let never = json!({"ceremony": uuid::Uuid::now_v7()});
    problem(finish(&server, &never, &right, NEW).await, 404).await;
    // Memory forgets them: after a restart there are none.
    let before = ask(&server, OWNER).await;
    let server = server.restarted().await;
    problem(finish(&server, &before, &answer(&key, &before), NEW).await, 404).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_recovery_keys_in_use_open_a_challenge_and_never_the_server_key() {
    let server = Server::start().await;
    let kit = parse_identity_file(&server.kit).unwrap();
    let server_key = load_key_file(&server.library.layout.server_key(), || None).unwrap();
    let (second, retired) = (SecretKey::generate(), SecretKey::generate());
    let mut tx = server.library.catalog.begin().await.unwrap();
    for (key, retired_at) in [(&second, None), (&retired, Some(server.clock.now()))] {
        let (id, recipient) = (uuid::Uuid::now_v7(), key.public().to_string());
        let created_at = server.clock.now();
        let key = catalog::RecoveryKey { id, recipient, label: "kit".into(), created_at, retired_at };
        tx.recovery_key_insert(&key).await.unwrap();
    }
    tx.commit().await.unwrap();
    let challenge = ask(&server, OWNER).await;
    let sealed = challenge["challenge"].as_str().unwrap();
    for key in [&server_key, &retired, &SecretKey::generate()] {
        let refused = vault::open_text(key, sealed).unwrap_err();
        assert_eq!(refused.kind(), model::ErrorKind::Forbidden);
    }
    assert_eq!(answer(&kit, &challenge), answer(&second, &challenge));
    let done = finish(&server, &challenge, &answer(&second, &challenge), NEW).await;
    assert_eq!(done.status(), StatusCode::NO_CONTENT);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_does_not_tell_whether_there_is_an_account() {
    let server = Server::start().await;
    let key = parse_identity_file(&server.kit).unwrap();
    let gone = server.person("gone@example.org").await;
    let mut tx = server.library.catalog.begin().await.unwrap();
    tx.person_set_disabled(gone, Some(server.clock.now())).await.unwrap();
    tx.commit().await.unwrap();
    let mut told = Vec::new();
    for email in [OWNER, "nobody@example.org", "gone@example.org"] {
        let start = std::time::Instant::now();
        let challenge = ask(&server, email).await;
        assert!(start.elapsed() >= Duration::from_millis(250));
        let refused = problem(finish(&server, &challenge, "opk_wrong", NEW).await, 403).await;
        // Its length is random: age adds a stanza that means nothing, so that readers do not come to rely on none.
        told.push((challenge.as_object().unwrap().len(), refused));
        // Only whoever has the key learns it.
        if email != OWNER {
            let challenge = ask(&server, email).await;
            problem(finish(&server, &challenge, &answer(&key, &challenge), NEW).await, 404).await;
        }
    }
    assert!(told.windows(2).all(|pair| pair[0] == pair[1]), "{told:?}");
    problem(sign_in(&server, "gone@example.org", NEW, None).await, 401).await;
    server.stop().await;
}
