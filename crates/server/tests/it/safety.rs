//! A started server looks after its copies, and whoever manages a space sees how it goes.

use std::time::Duration;

use library::copies::NewCopy;
use model::{Medium, Permissions, Place, Role};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{OWNER, Server, Someone, json, problem};

/// Longer than anything here may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// Asks again and again until the answer is as it should become.
async fn becomes(server: &Server, who: &Someone, path: &str, good: impl Fn(&Value) -> bool) -> Value {
    let asked = async {
        loop {
            let answer = json(server.get(path, who).await, 200).await;
            if good(&answer) {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, asked)
        .await
        .unwrap_or_else(|_| panic!("{path} never becomes as it should"))
}

async fn with_copy(dir: &tempfile::TempDir) -> (Server, Someone, model::SpaceId) {
    let server = Server::start().await;
    let owner = server.sign_in(OWNER).await;
    let space = server.space("Family").await;
    for number in 0..3 {
        let name = format!("{number}.jpg");
        json(server.put(&owner, space, "Lake", &name, name.as_bytes()).await, 200).await;
    }
    let url = dir.path().join("nas");
    let new = NewCopy { name: "nas", url: url.to_str().unwrap(), medium: Medium::Nas, place: Place::Offsite };
    server.library.copy_add(new).await.unwrap();
    (server, owner, space)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_is_filled_proved_and_rehearsed_from_while_the_server_runs() {
    let dir = tempfile::tempdir().unwrap();
    let (server, owner, space) = with_copy(&dir).await;
    let run = server.send(Method::POST, "/api/v1/copies/nas/run", &owner, json!({})).await;
    assert_eq!(run.status(), 202);
    let copies =
        becomes(&server, &owner, "/api/v1/copies", |copies| copies["copies"][1]["ran_at"].is_string()).await;
    let nas = &copies["copies"][1];
    assert_eq!((&nas["copy"]["held"], &nas["copy"]["waiting"]), (&json!(3), &json!(0)), "{copies}");
    assert_eq!(nas["copy"]["unproved"], 0, "{copies}");

    let coverage = json(server.get(&format!("/api/v1/spaces/{space}/coverage"), &owner).await, 200).await;
    assert_eq!((&coverage["objects"], &coverage["at_risk"]), (&json!(3), &json!(3)), "{coverage}");
    assert_eq!(coverage["held"][0]["why"], "few-copies", "{coverage}");
    let risk = json(server.get(&format!("/api/v1/spaces/{space}/at-risk?limit=2"), &owner).await, 200).await;
    let next = risk["next"].as_str().unwrap();
    let path = format!("/api/v1/spaces/{space}/at-risk?limit=2&after={next}");
    let rest = json(server.get(&path, &owner).await, 200).await;
    let mut names: Vec<String> = [&risk, &rest]
        .iter()
        .flat_map(|page| page["photos"].as_array().unwrap())
        .map(|photo| photo["names"][0].as_str().unwrap().to_owned())
        .collect();
    names.sort();
    assert_eq!(names, ["Family/Lake/0.jpg", "Family/Lake/1.jpg", "Family/Lake/2.jpg"]);
    assert!(rest["next"].is_null(), "{rest}");

    // Asking for less makes it enough, and the alert ends.
    becomes(&server, &owner, "/api/v1/alerts", |alerts| alerts[0]["kind"] == "rule-broken").await;
    let rule = json!({"copies": 2, "media": 2, "offsite": 1, "proof_days": 100});
    let path = format!("/api/v1/spaces/{space}/rule");
    assert_eq!(server.send(Method::PUT, &path, &owner, rule).await.status(), 204);
    becomes(&server, &owner, "/api/v1/alerts", |alerts| alerts[0]["resolved_at"].is_string()).await;

    let asked = json!({"copy": "nas", "scope": "everything"});
    assert_eq!(server.send(Method::POST, "/api/v1/drills", &owner, asked).await.status(), 202);
    let drills =
        becomes(&server, &owner, "/api/v1/drills", |drills| !drills.as_array().unwrap().is_empty()).await;
    assert_eq!((&drills[0]["passed"], &drills[0]["scope"]), (&json!(true), &json!("everything")));
    let report =
        json(server.get(&format!("/api/v1/drills/{}", drills[0]["id"].as_str().unwrap()), &owner).await, 200)
            .await;
    assert_eq!((&report["photos"], &report["genuine"]), (&json!(3), &json!(true)), "{report}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_meant_is_refused_and_said() {
    let dir = tempfile::tempdir().unwrap();
    let (server, owner, space) = with_copy(&dir).await;
    for (method, path, body, said) in [
        (
            Method::PUT,
            "/api/v1/copies/nas/care",
            json!({"every_minutes": 1, "scrub_days": 90}),
            "five minutes",
        ),
        (
            Method::PUT,
            "/api/v1/copies/nas/care",
            json!({"every_minutes": 60, "scrub_days": 90, "quiet": {"from": 5, "until": 5}}),
            "quiet hours",
        ),
        (Method::POST, "/api/v1/copies/library/run", json!({}), "name another copy"),
        (Method::POST, "/api/v1/drills", json!({"copy": "nas", "scope": "album"}), "which album"),
        (Method::POST, "/api/v1/drills", json!({"copy": "library", "scope": "sample"}), "the library itself"),
        (
            Method::POST,
            "/api/v1/reviews",
            json!({"title": "x", "points": [], "every_days": 7, "due_ms": 1_795_399_200_000i64}),
            "1 to 50 points",
        ),
    ] {
        let refused = problem(server.send(method, path, &owner, body).await, 400).await;
        assert!(refused["detail"].as_str().unwrap().contains(said), "{path}: {refused}");
    }
    let rule = json!({"copies": 1, "media": 2, "offsite": 0, "proof_days": 1});
    problem(server.send(Method::PUT, &format!("/api/v1/spaces/{space}/rule"), &owner, rule).await, 400).await;
    let missing = server.send(Method::POST, "/api/v1/copies/ssd/run", &owner, json!({})).await;
    let missing = problem(missing, 404).await;
    assert!(missing["detail"].as_str().unwrap().contains("copies here: library, nas"), "{missing}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_manages_another_space_learns_no_name_out_of_this_one() {
    let dir = tempfile::tempdir().unwrap();
    let (server, owner, space) = with_copy(&dir).await;
    let elsewhere = server.space("Elsewhere").await;
    let ben = server.someone("ben@example.org").await;
    server.join(elsewhere, ben.id, Role::Manager, Permissions::NONE).await;
    // A photo of the family is damaged in the library, and told.
    let objects =
        server.library.catalog.read().await.unwrap().restore_page(catalog::Scope::All, None, None, 1).await;
    let hash = objects.unwrap()[0].object.hash.to_string();
    let path = server.library.layout.store().join("objects").join(&hash[..2]).join(&hash);
    std::fs::write(path, b"rot").unwrap();
    let progress: std::sync::Arc<dyn library::Progress> = std::sync::Arc::new(library::Silent);
    server.library.copy_check("library", &progress, &library::Cancel::default()).await.unwrap();
    let told = json(server.get("/api/v1/damage", &owner).await, 200).await;
    assert_eq!(told[0]["names"][0], "Family/Lake/0.jpg", "{told}");
    let told = json(server.get("/api/v1/damage", &ben).await, 200).await;
    assert_eq!(told[0]["names"], json!([]), "{told}");
    for path in [format!("/api/v1/spaces/{space}/coverage"), format!("/api/v1/spaces/{space}/at-risk")] {
        problem(server.get(&path, &ben).await, 404).await;
    }
    for path in ["/api/v1/alerts", "/api/v1/reviews", "/api/v1/drills", "/api/v1/copies"] {
        let told = json(server.get(path, &ben).await, 200).await.to_string();
        assert!(!told.contains("Lake") && !told.contains("Family"), "{path}: {told}");
    }
    server.stop().await;
}
