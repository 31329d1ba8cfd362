//! Who did what, and work that was given up.

use model::{Permissions, Role};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{OWNER, Server, json, problem};

fn actions(page: &Value) -> Vec<&str> {
    page["entries"].as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_manages_a_space_sees_what_happened_in_it_and_nobody_sees_more() {
    let server = Server::start().await;
    let owner = server.sign_in(OWNER).await;
    let (space, elsewhere) = (server.space("Family").await, server.space("Clients").await);
    let editor = server.someone("editor@example.org").await;
    server.join(space, &editor, Role::Editor, Permissions::NONE).await;
    let photo = json(server.put(&editor, space, "beach", "a.jpg", b"bytes").await, 200).await;
    json(server.put(&owner, elsewhere, "secret wedding", "b.jpg", b"other").await, 200).await;
    let path = format!("/api/v1/assets/{}", photo["asset"].as_str().unwrap());
    json(server.send(Method::PATCH, &path, &editor, json!({"title": "Sea"})).await, 200).await;
    server.request(Method::DELETE, &path, Some(&editor.secret)).send().await.unwrap();

    let ask = |query: String| format!("/api/v1/activity?{query}");
    let page = json(server.get(&ask(format!("space={space}")), &owner).await, 200).await;
    assert_eq!(actions(&page), ["asset.delete", "asset.edit", "asset.upload", "space.create"]);
    assert_eq!(page["entries"][0]["actor"], "editor@example.org");
    assert_eq!(page["entries"][0]["detail"]["album"], "beach");
    assert!(!page.to_string().contains("wedding"));
    // Pages, and what is asked for.
    let one = json(server.get(&ask(format!("space={space}&limit=1")), &owner).await, 200).await;
    let next = one["next"].as_i64().unwrap();
    let two = json(server.get(&ask(format!("space={space}&limit=2&before={next}")), &owner).await, 200).await;
    assert_eq!(actions(&two), ["asset.edit", "asset.upload"]);
    let asset = json(server.get(&ask(format!("space={space}&action=asset")), &owner).await, 200).await;
    assert_eq!(actions(&asset).len(), 3);
    let edit = json(server.get(&ask(format!("space={space}&action=asset.edit")), &owner).await, 200).await;
    assert_eq!(actions(&edit), ["asset.edit"]);
    // An action is no pattern.
    let none = json(server.get(&ask(format!("space={space}&action=asset_edi%25")), &owner).await, 200).await;
    assert!(actions(&none).is_empty());
    let by = format!("space={space}&actor=editor@example.org");
    assert_eq!(actions(&json(server.get(&ask(by), &owner).await, 200).await).len(), 3);
    // Members see what they did themselves; strangers find no such space.
    problem(server.get(&ask(format!("space={space}")), &editor).await, 403).await;
    problem(server.get(&ask(format!("space={elsewhere}")), &editor).await, 404).await;
    let own = json(server.get("/api/v1/activity", &editor).await, 200).await;
    assert_eq!(actions(&own), ["asset.delete", "asset.edit", "asset.upload", "session.begin"]);
    problem(server.get("/api/v1/activity?actor=%00", &editor).await, 400).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_log_is_checked_for_who_manages_a_space_and_nobody_else() {
    let server = Server::start().await;
    let owner = server.sign_in(OWNER).await;
    let good = json(server.get("/api/v1/activity/check", &owner).await, 200).await;
    assert!(good["broken_at"].is_null() && good["entries"].as_i64().unwrap() >= 2, "{good}");
    let stranger = server.someone("stranger@example.org").await;
    problem(server.get("/api/v1/activity/check", &stranger).await, 404).await;
    server.stop().await;
}
