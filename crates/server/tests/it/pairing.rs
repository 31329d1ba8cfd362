//! Letting a program in from a browser.

use std::time::Duration;

use model::{Permissions, Role};
use ourphoto_server::Proxies;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{OWNER, Server, Someone, json, problem};

async fn begin(server: &Server) -> (String, String) {
    let asked = json!({"name": "ourphoto on laptop"});
    let begun = server.request(Method::POST, "/api/v1/pairings", None).json(&asked).send().await.unwrap();
    let begun = json(begun, 201).await;
    assert_eq!(begun["path"], "/link");
    (begun["secret"].as_str().unwrap().to_owned(), begun["code"].as_str().unwrap().to_owned())
}

async fn collect(server: &Server, secret: &str) -> reqwest::Response {
    let asked = json!({"secret": secret});
    server.request(Method::POST, "/api/v1/pairings/collect", None).json(&asked).send().await.unwrap()
}

async fn decide(server: &Server, who: &Someone, code: &str, what: &str, asked: Value) -> reqwest::Response {
    server.send(Method::POST, &format!("/api/v1/pairings/{code}/{what}"), who, asked).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_is_let_in_by_a_person_and_fetches_its_token_once() {
    let server = Server::start().await;
    let owner = server.sign_in(OWNER).await;
    let (secret, code) = begin(&server).await;
    assert_eq!(json(collect(&server, &secret).await, 200).await["state"], "waiting");
    // What is typed by hand is typed in small letters.
    let typed = code.to_lowercase().replace('-', "");
    let seen = json(server.get(&format!("/api/v1/pairings/{typed}"), &owner).await, 200).await;
    assert_eq!((&seen["name"], &seen["network"]), (&json!("ourphoto on laptop"), &json!("127.0.0.1")));
    let let_in = decide(&server, &owner, &typed, "approve", json!({"permissions": ["view", "upload"]})).await;
    assert_eq!(let_in.status(), 204);
    let fetched = json(collect(&server, &secret).await, 200).await;
    assert_eq!((&fetched["state"], &fetched["me"]["email"]), (&json!("in"), &json!(OWNER)));
    let program = Someone { secret: fetched["token"].as_str().unwrap().to_owned(), ..owner.clone() };
    json(server.get("/api/v1/spaces", &program).await, 200).await;
    problem(collect(&server, &secret).await, 404).await;
    // It does what it was let in for, and is in the list of what can be revoked.
    let space = server.space("Family").await;
    json(server.put(&program, space, "a", "a.jpg", b"bytes").await, 200).await;
    let invited = json!({"email": "x@example.org", "role": "viewer"});
    let path = format!("/api/v1/spaces/{space}/invitations");
    problem(server.send(Method::POST, &path, &program, invited).await, 403).await;
    let tokens = json(server.get("/api/v1/tokens", &owner).await, 200).await;
    assert_eq!(tokens[0]["name"], "ourphoto on laptop");
    assert_eq!(tokens[0]["permissions"], json!(["view", "upload"]));
    // Its owner was told.
    let mut tx = server.library.catalog.read().await.unwrap();
    let told = tx.notice_list(owner.id, None, 10).await.unwrap();
    drop(tx);
    assert_eq!(told[0].kind, model::NoticeKind::TokenMade);
    // It signs itself out, and is nobody then.
    let out = server.request(Method::DELETE, "/api/v1/session", Some(&program.secret)).send().await.unwrap();
    assert_eq!(out.status(), 204);
    problem(server.get("/api/v1/spaces", &program).await, 401).await;
    json(server.get("/api/v1/spaces", &owner).await, 200).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_turned_away_or_late_gets_nothing() {
    let server = Server::start().await;
    let owner = server.sign_in(OWNER).await;
    let (refused, code) = begin(&server).await;
    assert_eq!(decide(&server, &owner, &code, "refuse", json!({})).await.status(), 204);
    problem(decide(&server, &owner, &code, "approve", json!({"permissions": ["view"]})).await, 404).await;
    assert_eq!(problem(collect(&server, &refused).await, 403).await["type"], "/problems/pairing-refused");
    problem(collect(&server, &refused).await, 404).await;

    let (late, code) = begin(&server).await;
    server.clock.advance(Duration::from_mins(11));
    let owner = server.sign_in(OWNER).await;
    problem(decide(&server, &owner, &code, "approve", json!({"permissions": ["view"]})).await, 404).await;
    assert_eq!(problem(collect(&server, &late).await, 404).await["type"], "/problems/pairing-over");
    problem(collect(&server, "opp_guessed").await, 404).await;
    server.library.sweep().await.unwrap();
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_lets_a_program_do_what_they_may_not_do_or_without_proving_who_they_are() {
    let server = Server::start().await;
    let viewer = server.someone("viewer@example.org").await;
    let space = server.space("Family").await;
    server.join(space, &viewer, Role::Viewer, Permissions::NONE).await;
    server.clock.advance(Duration::from_mins(30));
    let (secret, code) = begin(&server).await;
    let late = decide(&server, &viewer, &code, "approve", json!({"permissions": ["view"]})).await;
    assert_eq!(problem(late, 401).await["type"], "/problems/proof-required");
    let proved = json!({"password": crate::support::PASSWORD});
    server.send(Method::POST, "/api/v1/session/proof", &viewer, proved).await;
    let asked = json!({"permissions": ["view", "upload"], "space": space.to_string()});
    problem(decide(&server, &viewer, &code, "approve", asked).await, 403).await;
    problem(decide(&server, &viewer, &code, "approve", json!({"permissions": []})).await, 400).await;
    // What it is let in for beyond that person's own rights is worth nothing.
    let all = json!({"permissions": ["view", "upload", "manage"]});
    assert_eq!(decide(&server, &viewer, &code, "approve", all).await.status(), 204);
    let token = json(collect(&server, &secret).await, 200).await["token"].as_str().unwrap().to_owned();
    let program = Someone { secret: token, ..viewer };
    problem(server.put(&program, space, "a", "a.jpg", b"bytes").await, 403).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_changes_the_password_turns_away_what_was_let_in_and_has_not_come() {
    let server = Server::start().await;
    let thief = server.sign_in(OWNER).await;
    let (secret, code) = begin(&server).await;
    let all = json!({"permissions": ["view", "download"]});
    assert_eq!(decide(&server, &thief, &code, "approve", all).await.status(), 204);
    let owner = server.sign_in(OWNER).await;
    let new = json!({"password": "another battery, another staple"});
    let changed = server.send(Method::PUT, "/api/v1/me/password", &owner, new).await;
    assert!(changed.status().is_success(), "{}", changed.text().await.unwrap());
    assert_eq!(problem(collect(&server, &secret).await, 404).await["type"], "/problems/pairing-over");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_party_that_lets_many_programs_wait_loses_its_own_and_nobody_elses() {
    let trusted = Proxies(vec!["127.0.0.1".parse().unwrap()]);
    let server = Server::start_as(|config| config.proxies = trusted).await;
    let begin_at = async |network: &str| {
        let asked = json!({"name": "ourphoto on laptop"});
        let request = server.request(Method::POST, "/api/v1/pairings", None).json(&asked);
        let begun = json(request.header("X-Forwarded-For", network).send().await.unwrap(), 201).await;
        begun["secret"].as_str().unwrap().to_owned()
    };
    let quiet = begin_at("203.0.113.7").await;
    let first = begin_at("2001:db8::1").await;
    for number in 2..=21 {
        begin_at(&format!("2001:db8::{number}")).await;
    }
    assert_eq!(problem(collect(&server, &first).await, 404).await["type"], "/problems/pairing-over");
    assert_eq!(json(collect(&server, &quiet).await, 200).await["state"], "waiting");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_cannot_be_guessed_by_trying_them() {
    let server = Server::start().await;
    let eve = server.someone("eve@example.org").await;
    let mut refused = 0;
    for n in 0..20 {
        let answer = server.get(&format!("/api/v1/pairings/BCDFGH{n:02}"), &eve).await;
        refused += u32::from(answer.status() == 429);
    }
    assert!(refused >= 9, "{refused} of 20 tries were refused");
    server.stop().await;
}
