//! What lies beyond one's rights cannot be reached by other doors: addresses, bodies, filters, cursors, hashes, overwriting.

use model::{Permissions, Role};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{OWNER, Server, Someone, json, problem, sha256};

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_in_an_address_opens_nothing() {
    let server = Server::start().await;
    let owner = server.sign_in(OWNER).await;
    for name in ["token", "access_token", "session", "secret", "authorization", "ourphoto", "bearer"] {
        let path = format!("/api/v1/spaces?{name}={}", owner.secret);
        let refused = server.request(Method::GET, &path, None).send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED, "{name}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_uploader_destroys_nothing() {
    let server = Server::start().await;
    let owner = server.sign_in(OWNER).await;
    let space = server.space("Family").await;
    let thief = server.someone("thief@example.org").await;
    server.join(space, &thief, Role::Contributor, Permissions::NONE).await;
    let put = json(server.put(&owner, space, "a", "a.jpg", b"the only picture").await, 200).await;
    let path = format!("/api/v1/assets/{}", put["asset"].as_str().unwrap());
    let album = json(server.get(&path, &owner).await, 200).await["album"].as_str().unwrap().to_owned();
    // Encrypted, emptied, renamed over: each is a version, and the first stays.
    for n in 0..5 {
        json(server.put(&thief, space, "a", "a.jpg", format!("ransom {n}").as_bytes()).await, 200).await;
    }
    for (method, path) in [
        (Method::DELETE, path.clone()),
        (Method::DELETE, format!("/api/v1/albums/{album}")),
        (Method::PATCH, format!("/api/v1/albums/{album}")),
        (Method::PATCH, path.clone()),
    ] {
        let refused = server.send(method, &path, &thief, json!({"name": "gone"})).await;
        assert!(matches!(refused.status().as_u16(), 400 | 403 | 404), "{path}: {}", refused.status());
    }
    let selection = json!({"assets": [put["asset"]]});
    let refused = server.send(Method::POST, "/api/v1/trash", &thief, selection).await;
    assert!(matches!(refused.status().as_u16(), 403 | 404), "{}", refused.status());
    let view = json(server.get(&path, &owner).await, 200).await;
    let versions = view["files"][0]["versions"].as_array().unwrap().clone();
    assert_eq!(versions.len(), 6);
    let first = format!("{path}/versions/{}", versions[5]["id"].as_str().unwrap());
    let undone = server.send(Method::POST, &format!("{first}/restore"), &thief, json!({})).await;
    assert!(matches!(undone.status().as_u16(), 403 | 404), "{}", undone.status());
    assert_eq!(server.get(&first, &owner).await.bytes().await.unwrap(), &b"the only picture"[..]);
    let undone = server.send(Method::POST, &format!("{first}/restore"), &owner, json!({})).await;
    assert_eq!(undone.status(), StatusCode::NO_CONTENT);
    // What is put back from the trash by a new upload is for who could have put it there.
    server.send(Method::DELETE, &path, &owner, json!({})).await;
    let again = json(server.put(&thief, space, "a", "a.jpg", b"the only picture").await, 200).await;
    assert_eq!(again["was"], "in-trash");
    server.stop().await;
}

/// Somebody with a space of their own, beside another's.
async fn neighbours(server: &Server) -> (Someone, Someone, model::SpaceId, model::SpaceId) {
    let owner = server.sign_in(OWNER).await;
    let neighbour = server.someone("neighbour@example.org").await;
    let (family, other) = (server.space("Family").await, server.space("Other").await);
    server.join(other, &neighbour, Role::Owner, Permissions::NONE).await;
    (owner, neighbour, family, other)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_another_space_is_not_reached_by_body_filter_cursor_or_hash() {
    let server = Server::start().await;
    let (owner, neighbour, family, other) = neighbours(&server).await;
    let mut mine = Vec::new();
    for n in 0..4 {
        let put = server.put(&owner, family, "secret wedding", &format!("w{n}.jpg"), &[n; 100]).await;
        mine.push(json(put, 200).await["asset"].clone());
        server.put(&neighbour, other, "cats", &format!("c{n}.jpg"), &[n + 100; 100]).await;
    }
    let shows_no_wedding = |answer: &Value| assert!(!answer.to_string().contains("w0.jpg"), "{answer}");
    // Filters: another space by its id, and words that would widen a search.
    let search = |query: &str| format!("/api/v1/search?q={query}");
    for query in ["", "wedding", "album:wedding", "cats OR wedding", "-cats", "\" OR 1=1 --", "space:Family"]
    {
        let found = server.get(&search(&query.replace(' ', "%20").replace('"', "%22")), &neighbour).await;
        let status = found.status();
        let found: Value = found.json().await.unwrap();
        assert!(matches!(status.as_u16(), 200 | 400), "{query}: {status}");
        shows_no_wedding(&found);
    }
    problem(server.get(&format!("/api/v1/search?space={family}"), &neighbour).await, 404).await;
    problem(server.get(&format!("/api/v1/search/facets?space={family}"), &neighbour).await, 404).await;
    problem(server.get(&format!("/api/v1/activity?space={family}"), &neighbour).await, 404).await;
    // A cursor of another space is a place in time, and no right.
    let page = json(server.get(&format!("/api/v1/spaces/{family}/assets?limit=1"), &owner).await, 200).await;
    let cursor = page["next"].as_str().unwrap();
    let stolen = server.get(&format!("/api/v1/spaces/{other}/assets?cursor={cursor}"), &neighbour).await;
    shows_no_wedding(&json(stolen, 200).await);
    let found = json(server.get("/api/v1/search?q=&limit=1", &owner).await, 200).await;
    let cursor = found["next"].as_str().unwrap();
    shows_no_wedding(
        &json(server.get(&format!("/api/v1/search?q=&cursor={cursor}"), &neighbour).await, 200).await,
    );
    // Bodies.
    let selection = json!({"assets": mine});
    problem(server.send(Method::POST, "/api/v1/trash", &neighbour, selection.clone()).await, 404).await;
    problem(server.send(Method::POST, "/api/v1/trash/undelete", &neighbour, selection).await, 404).await;
    let token = json!({"name": "t", "permissions": ["view"], "space": family.to_string()});
    problem(server.send(Method::POST, "/api/v1/tokens", &neighbour, token).await, 404).await;
    let album = json(server.get(&format!("/api/v1/spaces/{other}/albums"), &neighbour).await, 200).await;
    let mirror = format!("/api/v1/albums/{}/mirrors", album[0]["id"].as_str().unwrap());
    let into = json!({"space": family.to_string()});
    problem(server.send(Method::POST, &mirror, &neighbour, into).await, 404).await;
    // Hashes: what another space has, this one does not.
    let hash = sha256(&[0; 100]);
    let check = json!({ "sha256": [hash] });
    let path = format!("/api/v1/spaces/{other}/files/check");
    let present = json(server.send(Method::POST, &path, &neighbour, check).await, 200).await;
    assert_eq!(present["present"], json!([]));
    let known = json!({"name": "mine.jpg", "sha256": hash, "size": 100});
    let path = format!("/api/v1/spaces/{other}/files/known");
    let refused = problem(server.send(Method::POST, &path, &neighbour, known).await, 404).await;
    assert_eq!(refused["type"], "/problems/content-unknown");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_removed_or_may_less_keeps_nothing_by_what_they_opened_before() {
    let server = Server::start().await;
    let owner = server.sign_in(OWNER).await;
    let space = server.space("Family").await;
    let put = json(server.put(&owner, space, "a", "a.jpg", b"picture").await, 200).await;
    let asset = format!("/api/v1/assets/{}", put["asset"].as_str().unwrap());
    let album = json(server.get(&asset, &owner).await, 200).await["album"].as_str().unwrap().to_owned();
    let album = format!("/api/v1/albums/{album}");
    let openings = async || json(server.get(&format!("{album}/openings"), &owner).await, 200).await;
    for removed in [true, false] {
        let name = if removed { "removed" } else { "demoted" };
        let who = server.someone(&format!("{name}@example.org")).await;
        server.join(space, &who, Role::Manager, Permissions::NONE).await;
        let own = server.space(name).await;
        server.join(own, &who, Role::Owner, Permissions::NONE).await;
        let into = json!({"space": own.to_string()});
        let mirrored = server.send(Method::POST, &format!("{album}/mirrors"), &who, into).await;
        assert_eq!(mirrored.status(), StatusCode::NO_CONTENT);
        let all = json!({"email": who.email, "permissions": ["view", "download", "upload", "organise"]});
        json(server.send(Method::POST, &format!("{album}/grants"), &who, all).await, 201).await;
        let member = format!("/api/v1/spaces/{space}/members/{}", who.id);
        // The same rights in other words end nothing.
        let same = json!({"role": "custom", "permissions": api::words(Role::Manager.permissions())});
        let kept = server.send(Method::PUT, &member, &owner, same).await;
        assert!(kept.status().is_success(), "{:?}", kept.text().await);
        let open = openings().await;
        assert_eq!(
            (open["grants"].as_array().unwrap().len(), open["mirrors"].as_array().unwrap().len()),
            (1, 1)
        );
        let done = if removed {
            server.send(Method::DELETE, &member, &owner, json!({})).await
        } else {
            let less = json!({"role": "custom", "permissions": ["upload"]});
            server.send(Method::PUT, &member, &owner, less).await
        };
        assert!(done.status().is_success(), "{:?}", done.text().await);
        problem(server.get(&asset, &who).await, 404).await;
        let open = openings().await;
        assert_eq!((&open["grants"], &open["mirrors"]), (&json!([]), &json!([])), "{name}");
    }
    // What somebody else opened to them is not theirs to lose by a change of role.
    let who = server.someone("opened@example.org").await;
    server.join(space, &who, Role::Editor, Permissions::NONE).await;
    let asked = json!({"email": who.email, "permissions": ["view", "download"]});
    json(server.send(Method::POST, &format!("{album}/grants"), &owner, asked).await, 201).await;
    let member = format!("/api/v1/spaces/{space}/members/{}", who.id);
    let less = json!({"role": "custom", "permissions": ["upload"]});
    assert!(server.send(Method::PUT, &member, &owner, less).await.status().is_success());
    json(server.get(&asset, &who).await, 200).await;
    server.stop().await;
}
