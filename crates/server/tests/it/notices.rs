//! What people are told of, in the app.

use std::time::Duration;

use model::{Permissions, Role};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{OWNER, PASSWORD, Server, Someone, json, problem};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const NEWER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0";

async fn notices(server: &Server, who: &Someone) -> Vec<Value> {
    let page = json(server.get("/api/v1/notices", who).await, 200).await;
    page["notices"].as_array().unwrap().clone()
}

fn kinds(notices: &[Value]) -> Vec<&str> {
    notices.iter().map(|notice| notice["kind"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_from_somewhere_new_is_told_and_one_from_a_known_place_is_not() {
    let server = Server::start().await;
    let ana = server.sign_in_from(OWNER, FIREFOX, "203.0.113.9").await;
    assert!(notices(&server, &ana).await.is_empty(), "the first one is no news");
    server.sign_in_from(OWNER, FIREFOX, "203.0.113.9").await;
    // A newer browser, and signing out in between, change nothing.
    let out = server.send(Method::DELETE, "/api/v1/session", &ana, json!({})).await;
    assert_eq!(out.status(), StatusCode::NO_CONTENT);
    let ana = server.sign_in_from(OWNER, NEWER, "203.0.113.9").await;
    assert!(notices(&server, &ana).await.is_empty());

    server.sign_in_from(OWNER, FIREFOX, "198.51.100.7").await;
    server.sign_in_from(OWNER, "curl/8.5.0", "203.0.113.9").await;
    let told = notices(&server, &ana).await;
    assert_eq!(kinds(&told), ["sign-in", "sign-in"]);
    let text = told[1]["text"].as_str().unwrap();
    for part in [
        "Firefox on Linux",
        "198.51.100.7",
        "2026-09-21 at 14:13 UTC",
        "If it was not you, change your password",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    // Another network of the same household, as IPv6 has it, is none.
    server.sign_in_from(OWNER, FIREFOX, "2001:db8:1:2::1").await;
    server.sign_in_from(OWNER, FIREFOX, "2001:db8:1:2:ffff::9").await;
    assert_eq!(notices(&server, &ana).await.len(), 3);
    // What was long ago is news again.
    server.clock.advance(Duration::from_hours(91 * 24));
    let ana = server.sign_in_from(OWNER, FIREFOX, "203.0.113.9").await;
    assert_eq!(notices(&server, &ana).await.len(), 4);
    // A sign-in that failed is told to nobody.
    let asked = json!({"email": OWNER, "password": "wrong password here"});
    problem(server.request(Method::POST, "/api/v1/session", None).json(&asked).send().await.unwrap(), 401)
        .await;
    assert_eq!(notices(&server, &ana).await.len(), 4);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_passwords_members_and_albums_are_told_to_whom_they_concern() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let space = server.space("Family").await;
    let mia = server.someone("mia@example.org").await;
    server.join(space, &mia, Role::Manager, Permissions::NONE).await;
    let vera = server.someone("vera@example.org").await;
    server.join(space, &vera, Role::Viewer, Permissions::NONE).await;

    let token = json!({"name": "press", "permissions": ["view", "upload"], "space": space.to_string()});
    let made = json(server.send(Method::POST, "/api/v1/tokens", &ana, token).await, 201).await;
    let told = notices(&server, &ana).await;
    assert_eq!(kinds(&told), ["token-made"]);
    let text = told[0]["text"].as_str().unwrap();
    for part in ["‘press’", "It may: view, upload, in ‘Family’ only.", "127.0.0.1"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert!(!text.contains(made["secret"].as_str().unwrap()));

    let path = format!("/api/v1/spaces/{space}/invitations");
    let asked = json!({"email": "ben@example.org", "role": "contributor"});
    let made = json(server.send(Method::POST, &path, &mia, asked).await, 201).await;
    let accept = json!({"secret": made["secret"], "name": "Ben", "password": PASSWORD});
    let accepted =
        server.request(Method::POST, "/api/v1/invitations/accept", None).json(&accept).send().await;
    json(accepted.unwrap(), 201).await;
    let ben = server.sign_in("ben@example.org").await;
    let told = notices(&server, &ben).await;
    assert_eq!(told[0]["title"], "You are a member of ‘Family’ now");
    for who in [&ana, &mia] {
        let told = notices(&server, who).await;
        assert_eq!(told[0]["kind"], "member-added");
        let text = told[0]["text"].as_str().unwrap();
        assert!(
            text.starts_with("‘Ben’ (ben@example.org) became a member of ‘Family’ as contributor"),
            "{text}"
        );
    }
    assert!(notices(&server, &vera).await.is_empty(), "who does not manage the space sees no addresses");

    let put = json(server.put(&ana, space, "Beach", "a.jpg", b"photo").await, 200).await;
    let view = server.get(&format!("/api/v1/assets/{}", put["asset"].as_str().unwrap()), &ana).await;
    let album = json(view, 200).await["album"].as_str().unwrap().to_owned();
    let outsider = server.someone("out@example.org").await;
    for rights in [json!(["view"]), json!(["view", "download"])] {
        let asked = json!({"email": "out@example.org", "permissions": rights});
        let path = format!("/api/v1/albums/{album}/grants");
        json(server.send(Method::POST, &path, &ana, asked).await, 201).await;
    }
    let told = notices(&server, &outsider).await;
    assert_eq!(kinds(&told), ["album-opened"], "once");
    assert!(
        told[0]["text"].as_str().unwrap().starts_with("The album ‘Beach’ was opened to you by ‘Ana’"),
        "{told:?}"
    );
    assert!(!told[0]["text"].as_str().unwrap().contains(OWNER));

    let new = json!({"password": "another good long passphrase"});
    let changed = server.send(Method::PUT, "/api/v1/me/password", &ana, new).await;
    assert_eq!(changed.status(), StatusCode::NO_CONTENT);
    assert_eq!(notices(&server, &ana).await[0]["kind"], "password-changed");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn notices_are_read_in_pages_and_counted_until_they_were_seen() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let ben = server.someone("ben@example.org").await;
    for number in 0..5 {
        for who in [&ana, &ben] {
            let asked = json!({"name": format!("t{number}"), "permissions": ["view"]});
            json(server.send(Method::POST, "/api/v1/tokens", who, asked).await, 201).await;
        }
    }
    let page = json(server.get("/api/v1/notices?limit=2", &ana).await, 200).await;
    let id = |page: &Value, at: usize| page["notices"][at]["id"].as_str().unwrap().to_owned();
    assert_eq!((page["notices"].as_array().unwrap().len(), &page["unseen"]), (2, &json!(5)));
    assert!(page["notices"][0]["text"].as_str().unwrap().contains("‘t4’"));
    let rest = server.get(&format!("/api/v1/notices?limit=200&before={}", id(&page, 1)), &ana).await;
    let rest = json(rest, 200).await;
    assert_eq!(rest["notices"].as_array().unwrap().len(), 3);
    let seen = json!({"until": id(&rest, 0)});
    let done = server.send(Method::POST, "/api/v1/notices/seen", &ana, seen).await;
    assert_eq!(done.status(), StatusCode::NO_CONTENT);
    let page = json(server.get("/api/v1/notices", &ana).await, 200).await;
    assert_eq!(page["unseen"], 2);
    assert!(page["notices"][1]["seen_at"].is_null() && page["notices"][2]["seen_at"].is_string(), "{page}");
    // Of other people's notices nothing is seen, and nothing shown.
    let others = json(server.get("/api/v1/notices", &ben).await, 200).await;
    assert_eq!(others["unseen"], 5);
    for wrong in ["?limit=0", "?limit=201", "?limit=x", "?before=x", "?person=1"] {
        problem(server.get(&format!("/api/v1/notices{wrong}"), &ana).await, 400).await;
    }
    // After a year they are forgotten.
    server.clock.advance(Duration::from_hours(366 * 24));
    server.library.sweep().await.unwrap();
    let ana = server.sign_in(OWNER).await;
    assert_eq!(kinds(&notices(&server, &ana).await), ["sign-in"]);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_names_are_told_as_names() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let name = "<a href=x>\u{202e}gpj\u{200b} https://evil.example/ ‘";
    let asked = json!({"name": name, "permissions": ["view"]});
    json(server.send(Method::POST, "/api/v1/tokens", &ana, asked).await, 201).await;
    server.sign_in_from(OWNER, "Your account is locked: https://evil.example/", "127.0.0.1\r\nX: y").await;
    for notice in notices(&server, &ana).await {
        let told = format!("{} {}", notice["title"], notice["text"]);
        for bad in ["<a", "\u{202e}", "\u{200b}", "://", "locked", "\\r", "X: y"] {
            assert!(!told.contains(bad), "{bad:?} in {told}");
        }
    }
    server.stop().await;
}
