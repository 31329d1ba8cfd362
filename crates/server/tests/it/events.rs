//! Changes are told while they happen, to those who may look at what changes.

use std::time::Duration;

use model::{Permissions, Role};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::{OWNER, Server, Someone, json as ok, problem};

/// A stream that is read event by event.
struct Events {
    response: Response,
    text: String,
}

impl Server {
    async fn events(&self, who: &Someone, last: Option<&str>) -> Events {
        let request = self.request(Method::GET, "/api/v1/events", Some(&who.secret));
        let request = last.into_iter().fold(request, |request, last| request.header("Last-Event-ID", last));
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Events { response, text: String::new() }
    }
}

impl Events {
    /// The next event: its number and what it says; none at the end of the stream.
    async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    let line = event.lines().find_map(|line| line.strip_prefix(name));
                    line.map(|value| value.trim_start_matches([':', ' ']).to_owned())
                };
                let found =
                    field("data").map(|data| (field("id").unwrap(), serde_json::from_str(&data).unwrap()));
                self.text = String::from(rest);
                if found.is_some() {
                    return found;
                }
                continue;
            }
            let chunk = tokio::time::timeout(Duration::from_secs(45), self.response.chunk()).await.unwrap();
            match chunk {
                Ok(Some(chunk)) => self.text.push_str(std::str::from_utf8(&chunk).unwrap()),
                _ => return None,
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_told_in_order_and_none_is_missed_by_who_comes_back() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let space = server.space("Family").await;
    let mut events = server.events(&ana, None).await;
    let first = ok(server.put(&ana, space, "a", "1.jpg", b"one").await, 200).await;
    let mut seen = Vec::new();
    let last = loop {
        let (id, event) = events.next().await.unwrap();
        seen.push(id.clone());
        if event["entity"] == "asset" {
            assert_eq!((&event["id"], &event["op"]), (&first["asset"], &json!("insert")));
            assert_eq!(event["space"], json!(space.to_string()));
            break id;
        }
    };
    drop(events);
    let second = ok(server.put(&ana, space, "a", "2.jpg", b"two").await, 200).await;
    let third = ok(server.put(&ana, space, "a", "3.jpg", b"three").await, 200).await;
    let mut events = server.events(&ana, Some(&last)).await;
    let mut told = Vec::new();
    while told.len() < 2 {
        let (id, event) = events.next().await.unwrap();
        assert!(!seen.contains(&id), "told twice");
        seen.push(id);
        if event["entity"] == "asset" {
            told.push(event["id"].clone());
        }
    }
    assert_eq!(told, [second["asset"].clone(), third["asset"].clone()]);
    let numbers: Vec<i64> = seen.iter().map(|id| id.parse().unwrap()).collect();
    assert!(numbers.is_sorted());
    let wrong = server.request(Method::GET, "/api/v1/events", Some(&ana.secret)).header("Last-Event-ID", "x");
    problem(wrong.send().await.unwrap(), 400).await;
    drop(events);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_hears_of_what_they_may_not_look_at_and_the_stream_ends_with_the_session() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let (family, clients) = (server.space("Family").await, server.space("Clients").await);
    let guest = server.someone("guest@example.org").await;
    server.join(clients, &guest, Role::Viewer, Permissions::NONE).await;
    let mut events = server.events(&guest, Some("0")).await;
    server.put(&ana, family, "a", "1.jpg", b"one").await;
    let shown = ok(server.put(&ana, clients, "b", "2.jpg", b"two").await, 200).await;
    loop {
        let (_, event) = events.next().await.unwrap();
        assert_eq!(event["space"], json!(clients.to_string()));
        if event["id"] == shown["asset"] {
            break;
        }
    }
    let out = server.request(Method::DELETE, "/api/v1/session", Some(&guest.secret)).send().await.unwrap();
    assert_eq!(out.status(), 204);
    server.put(&ana, clients, "b", "3.jpg", b"three").await;
    assert!(events.next().await.is_none(), "who is signed out hears nothing");
    // Listeners do not keep the server from stopping.
    let listening = server.events(&ana, None).await;
    tokio::time::timeout(Duration::from_secs(20), server.stop()).await.unwrap();
    drop(listening);
}

#[tokio::test(flavor = "multi_thread")]
async fn guests_of_an_album_hear_of_it_and_of_nothing_else() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let (family, clients) = (server.space("Family").await, server.space("Clients").await);
    let (guest, client) =
        (server.someone("guest@example.org").await, server.someone("client@example.org").await);
    server.join(clients, &client, Role::Viewer, Permissions::NONE).await;
    let put = ok(server.put(&ana, family, "open", "1.jpg", b"one").await, 200).await;
    let view =
        ok(server.get(&format!("/api/v1/assets/{}", put["asset"].as_str().unwrap()), &ana).await, 200).await;
    let album = format!("/api/v1/albums/{}", view["album"].as_str().unwrap());
    let asked = json!({"email": "guest@example.org", "permissions": ["view"]});
    ok(server.send(Method::POST, &format!("{album}/grants"), &ana, asked).await, 201).await;
    let into = json!({"space": clients.to_string()});
    assert_eq!(server.send(Method::POST, &format!("{album}/mirrors"), &ana, into).await.status(), 204);
    for who in [&guest, &client] {
        let mut events = server.events(who, Some("0")).await;
        let hidden =
            ok(server.put(&ana, family, "closed", &who.email, who.email.as_bytes()).await, 200).await;
        let name = format!("of {}", who.email);
        let shown = ok(server.put(&ana, family, "open", &name, name.as_bytes()).await, 200).await;
        loop {
            let (_, event) = events.next().await.unwrap();
            assert_ne!(event["id"], hidden["asset"]);
            if event["id"] == shown["asset"] {
                break;
            }
        }
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_too_many_streams_of_one_person_the_oldest_gives_way() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let other = server.someone("other@example.org").await;
    let mut others = server.events(&other, None).await;
    let mut first = server.events(&ana, None).await;
    let mut streams = Vec::new();
    for _ in 0..16 {
        streams.push(server.events(&ana, None).await);
    }
    assert!(first.next().await.is_none());
    let space = server.space("Family").await;
    server.join(space, &other, Role::Viewer, Permissions::NONE).await;
    server.put(&ana, space, "a", "1.jpg", b"one").await;
    for stream in streams.iter_mut().chain([&mut others]) {
        assert!(stream.next().await.is_some());
    }
    drop(streams);
    drop(others);
    server.stop().await;
}
