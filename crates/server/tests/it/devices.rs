//! What sends photos in.

use reqwest::Method;
use serde_json::json;

use crate::support::{OWNER, Server, Someone, json, problem};

#[tokio::test(flavor = "multi_thread")]
async fn a_device_says_what_it_owes_and_ends_together_with_its_token() {
    let server = Server::start().await;
    let owner = server.sign_in(OWNER).await;
    let asked = json!({"name": "phone app", "permissions": ["upload"]});
    let made = json(server.send(Method::POST, "/api/v1/tokens", &owner, asked).await, 201).await;
    let phone = Someone { secret: made["secret"].as_str().unwrap().to_owned(), ..owner.clone() };
    let asked = json!({"name": "Ana's phone", "kind": "phone"});
    let device = json(server.send(Method::POST, "/api/v1/devices", &phone, asked.clone()).await, 201).await;
    problem(server.send(Method::POST, "/api/v1/devices", &phone, asked.clone()).await, 409).await;
    let id = device["id"].as_str().unwrap();
    let report = format!("/api/v1/devices/{id}/report");
    let said = json!({"waiting": 12, "waiting_bytes": 48_000_000, "oldest_ms": 1_789_990_000_000_i64, "note": "battery low"});
    assert_eq!(server.send(Method::PUT, &report, &phone, said).await.status(), 204);
    let listed = json(server.get("/api/v1/devices", &owner).await, 200).await;
    assert_eq!((&listed[0]["name"], &listed[0]["waiting"]), (&json!("Ana's phone"), &json!(12)));
    assert_eq!(listed[0]["oldest_at"], "2026-09-21T11:26:40Z");
    assert_eq!((&listed[0]["note"], &listed[0]["kind"]), (&json!("battery low"), &json!("phone")));
    // Another program speaks for no device but itself, and other people for none of these.
    let other = json(server.send(Method::POST, "/api/v1/devices", &owner, asked).await, 201).await;
    let path = format!("/api/v1/devices/{}/report", other["id"].as_str().unwrap());
    problem(server.send(Method::PUT, &path, &phone, json!({"waiting": 0})).await, 404).await;
    let eve = server.someone("eve@example.org").await;
    problem(server.send(Method::PUT, &report, &eve, json!({"waiting": 0})).await, 404).await;
    problem(server.send(Method::DELETE, &format!("/api/v1/devices/{id}"), &eve, json!({})).await, 404).await;
    assert_eq!(json(server.get("/api/v1/devices", &eve).await, 200).await, json!([]));
    for wrong in
        [json!({"waiting": -1}), json!({"waiting": u64::MAX}), json!({"note": "a\nb"}), json!({"wating": 1})]
    {
        problem(server.send(Method::PUT, &report, &phone, wrong).await, 400).await;
    }
    // Gone is gone, with everything that it called with.
    let ended = server.send(Method::DELETE, &format!("/api/v1/devices/{id}"), &owner, json!({})).await;
    assert_eq!(ended.status(), 204);
    problem(server.send(Method::PUT, &report, &phone, json!({"waiting": 0})).await, 401).await;
    assert_eq!(json(server.get("/api/v1/tokens", &owner).await, 200).await, json!([]));
    server.stop().await;
}
