//! A photo lives in one album and is seen in others: by those who may look there, and only through what they may look into.

use catalog::NewAlbum;
use model::{Clock as _, Permissions, Role, SpaceId, Tier};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{OWNER, Server, Someone, json as ok, problem};

/// A photo with its home.
struct Photo {
    id: String,
    home: String,
}

impl Server {
    async fn photo(&self, who: &Someone, space: SpaceId, album: &str, name: &str) -> Photo {
        let put =
            ok(self.put(who, space, album, name, format!("{album} {name}").as_bytes()).await, 200).await;
        let id = put["asset"].as_str().unwrap().to_owned();
        let home = self.seen(who, &id).await["album"].as_str().unwrap().to_owned();
        Photo { id, home }
    }

    async fn seen(&self, who: &Someone, photo: &str) -> Value {
        ok(self.get(&format!("/api/v1/assets/{photo}"), who).await, 200).await
    }

    async fn album(&self, who: &Someone, space: SpaceId, name: &str) -> String {
        let path = format!("/api/v1/spaces/{space}/albums");
        let made = ok(self.send(Method::POST, &path, who, json!({ "name": name })).await, 201).await;
        made["id"].as_str().unwrap().to_owned()
    }

    /// Adds a photo to an album, or takes it out.
    async fn place(&self, method: Method, who: &Someone, album: &str, photo: &str) -> u16 {
        let path = format!("/api/v1/albums/{album}/assets/{photo}");
        self.request(method, &path, Some(&who.secret)).send().await.unwrap().status().as_u16()
    }

    /// The photos of an album, each with the album that it says it is in.
    async fn shows(&self, who: &Someone, album: &str) -> Vec<(String, String)> {
        let page = ok(self.get(&format!("/api/v1/albums/{album}/assets"), who).await, 200).await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let assets = page["assets"].as_array().unwrap().iter();
        assets.map(|asset| (text(&asset["id"]), text(&asset["album"]))).collect()
    }

    async fn finds(&self, who: &Someone, question: &str) -> Vec<String> {
        let request =
            self.request(Method::GET, "/api/v1/search", Some(&who.secret)).query(&[("q", question)]);
        let page = ok(request.send().await.unwrap(), 200).await;
        let ids = page["assets"].as_array().unwrap().iter();
        ids.map(|asset| asset["id"].as_str().unwrap().to_owned()).collect()
    }

    async fn opened(&self, owner: &Someone, album: &str, to: &str, permissions: Value) {
        let asked = json!({"email": to, "permissions": permissions});
        ok(self.send(Method::POST, &format!("/api/v1/albums/{album}/grants"), owner, asked).await, 201).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_is_seen_in_several_albums_and_lives_in_one() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let space = server.space("Family").await;
    let photo = server.photo(&ana, space, "Summer", "a.jpg").await;
    server.photo(&ana, space, "Summer", "b.jpg").await;
    let best = server.album(&ana, space, "Favourites").await;
    let before = server.library.change_head().await.unwrap();
    for _ in 0..2 {
        assert_eq!(server.place(Method::PUT, &ana, &best, &photo.id).await, 204);
    }
    assert_eq!(server.shows(&ana, &best).await, [(photo.id.clone(), photo.home.clone())]);
    assert_eq!(server.shows(&ana, &photo.home).await.len(), 2);
    let album = ok(server.get(&format!("/api/v1/albums/{best}"), &ana).await, 200).await;
    assert_eq!(album["count"], 1);
    let view = server.seen(&ana, &photo.id).await;
    assert_eq!(view["album"], json!(photo.home));
    assert_eq!(view["albums"], json!([{"id": best, "name": "Favourites"}]));
    for question in ["album:favour", "favourites", "album:summer a"] {
        assert_eq!(server.finds(&ana, question).await, [photo.id.clone()], "{question}");
    }
    // Told once: the album changed, and the photo.
    let path = format!("/api/v1/spaces/{space}/changes?after={before}");
    let told = ok(server.get(&path, &ana).await, 200).await;
    let told: Vec<_> = told["changes"].as_array().unwrap().iter().map(|change| &change["entity"]).collect();
    assert_eq!(told, ["album", "asset"]);
    let timeline = ok(server.get(&format!("/api/v1/spaces/{space}/assets"), &ana).await, 200).await;
    assert_eq!(timeline["assets"].as_array().unwrap().len(), 2, "each once");

    // In the trash it is nowhere, and back it is where it was.
    server.send(Method::DELETE, &format!("/api/v1/assets/{}", photo.id), &ana, json!({})).await;
    assert!(server.shows(&ana, &best).await.is_empty());
    assert!(server.finds(&ana, "favourites").await.is_empty());
    server.send(Method::POST, &format!("/api/v1/assets/{}/undelete", photo.id), &ana, json!({})).await;
    assert_eq!(server.shows(&ana, &best).await.len(), 1);

    for _ in 0..2 {
        assert_eq!(server.place(Method::DELETE, &ana, &best, &photo.id).await, 204);
    }
    assert!(server.shows(&ana, &best).await.is_empty());
    assert_eq!(server.shows(&ana, &photo.home).await.len(), 2);
    assert!(server.finds(&ana, "favourites").await.is_empty());
    assert_eq!(server.seen(&ana, &photo.id).await["albums"], json!([]));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_one_album_sees_what_was_added_to_it_and_only_through_it() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let out = server.someone("out@example.org").await;
    let space = server.space("Family").await;
    let photo = server.photo(&ana, space, "Secret wedding", "a.jpg").await;
    let hidden = server.photo(&ana, space, "Secret wedding", "b.jpg").await;
    let best = server.album(&ana, space, "Favourites").await;
    server.opened(&ana, &best, "out@example.org", json!(["view", "organise"])).await;
    let path = format!("/api/v1/assets/{}", photo.id);
    problem(server.get(&path, &out).await, 404).await;
    assert_eq!(server.place(Method::PUT, &ana, &best, &photo.id).await, 204);

    let view = server.seen(&out, &photo.id).await;
    assert_eq!((&view["album"], &view["albums"]), (&json!(best), &json!([])), "no trace of its home");
    assert_eq!(view["permissions"], json!(["view"]), "to look, whatever else they may do with the album");
    assert_eq!(server.shows(&out, &best).await, [(photo.id.clone(), best.clone())]);
    let refused = server.send(Method::PATCH, &path, &out, json!({"title": "mine"})).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let version = view["files"][0]["versions"][0]["id"].as_str().unwrap();
    problem(server.get(&format!("{path}/versions/{version}"), &out).await, 403).await;
    problem(server.get(&format!("/api/v1/albums/{}", photo.home), &out).await, 404).await;
    problem(server.get(&format!("/api/v1/assets/{}", hidden.id), &out).await, 404).await;
    // What its other albums are called is not learned by asking.
    for question in ["wedding", "album:secret", "a -x wedding"] {
        assert!(server.finds(&out, question).await.is_empty(), "{question}");
    }
    for question in ["", "a", "favourites", "album:favour", "a -wedding", "-album:secret"] {
        assert_eq!(server.finds(&out, question).await, [photo.id.clone()], "{question}");
    }
    assert_eq!(server.finds(&ana, "wedding").await.len(), 2);
    // Only who organises the space puts photos there, or takes them out.
    assert_eq!(server.place(Method::PUT, &out, &best, &photo.id).await, 403);
    assert_eq!(server.place(Method::DELETE, &out, &best, &photo.id).await, 403);

    server.opened(&ana, &best, "out@example.org", json!(["view", "download"])).await;
    let original = server.get(&format!("{path}/versions/{version}"), &out).await;
    assert_eq!(original.bytes().await.unwrap(), &b"Secret wedding a.jpg"[..]);
    // Both albums open: it is one photo, in its home.
    server.opened(&ana, &photo.home, "out@example.org", json!(["view"])).await;
    let view = server.seen(&out, &photo.id).await;
    assert_eq!((&view["album"], &view["albums"][0]["id"]), (&json!(photo.home), &json!(best)));
    assert_eq!(server.finds(&out, "wedding").await.len(), 2);
    let path = format!("/api/v1/albums/{}/grants/{}", photo.home, out.id);
    server.send(Method::DELETE, &path, &ana, json!({})).await;

    assert_eq!(server.place(Method::DELETE, &ana, &best, &photo.id).await, 204);
    problem(server.get(&format!("/api/v1/assets/{}", photo.id), &out).await, 404).await;
    assert!(server.finds(&out, "").await.is_empty());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_shows_what_was_added_to_its_album() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let ben = server.someone("ben@example.org").await;
    let (space, other) = (server.space("Family").await, server.space("Clients").await);
    server.join(other, &ben, Role::Viewer, Permissions::NONE).await;
    let photo = server.photo(&ana, space, "Home", "a.jpg").await;
    let best = server.album(&ana, space, "Favourites").await;
    let into = json!({"space": other.to_string()});
    server.send(Method::POST, &format!("/api/v1/albums/{best}/mirrors"), &ana, into).await;
    problem(server.get(&format!("/api/v1/assets/{}", photo.id), &ben).await, 404).await;
    assert_eq!(server.place(Method::PUT, &ana, &best, &photo.id).await, 204);
    assert_eq!(server.shows(&ben, &best).await, [(photo.id.clone(), best.clone())]);
    assert_eq!(server.seen(&ben, &photo.id).await["permissions"], json!(["view", "download"]));
    assert_eq!(server.finds(&ben, "a").await, [photo.id.clone()]);
    assert!(server.finds(&ben, "home").await.is_empty());
    let albums = ok(server.get(&format!("/api/v1/spaces/{other}/albums"), &ben).await, 200).await;
    assert_eq!(albums[0]["count"], 1);
    // An album in the trash opens nothing any more.
    server.send(Method::DELETE, &format!("/api/v1/albums/{best}"), &ana, json!({})).await;
    problem(server.get(&format!("/api/v1/assets/{}", photo.id), &ben).await, 404).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_in_an_album_is_refused_with_a_reason() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let (space, other) = (server.space("Family").await, server.space("Clients").await);
    let photo = server.photo(&ana, space, "Home", "a.jpg").await;
    let elsewhere = server.photo(&ana, other, "Shoot", "b.jpg").await;
    let best = server.album(&ana, space, "Favourites").await;
    let path = format!("/api/v1/albums/{best}/assets");
    // All of them, or none.
    let selection = json!({"assets": [photo.id, elsewhere.id]});
    let refused = problem(server.send(Method::POST, &path, &ana, selection).await, 400).await;
    assert_eq!(refused["type"], "/problems/other-space");
    assert!(server.shows(&ana, &best).await.is_empty());
    assert_eq!(server.place(Method::PUT, &ana, &photo.home, &photo.id).await, 204, "it is there");
    assert_eq!(server.place(Method::DELETE, &ana, &photo.home, &photo.id).await, 409, "and lives there");
    let many: Vec<Value> = (0..501).map(|_| json!(photo.id)).collect();
    problem(server.send(Method::POST, &path, &ana, json!({ "assets": many })).await, 400).await;
    let both = server.photo(&ana, space, "Home", "c.jpg").await;
    let selection = json!({"assets": [photo.id, both.id, photo.id]});
    for (path, left) in [(path.clone(), 2), (format!("{path}/remove"), 0)] {
        let done = server.send(Method::POST, &path, &ana, selection.clone()).await;
        assert_eq!(done.status(), StatusCode::NO_CONTENT);
        assert_eq!(server.shows(&ana, &best).await.len(), left, "{path}");
    }
    server.send(Method::DELETE, &format!("/api/v1/assets/{}", photo.id), &ana, json!({})).await;
    assert_eq!(server.place(Method::PUT, &ana, &best, &photo.id).await, 409);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_album_in_the_vault_takes_and_gives_nothing_and_keeps_what_it_shows() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let space = server.space("Family").await;
    let photo = server.photo(&ana, space, "Home", "a.jpg").await;
    let mut tx = server.library.catalog.begin().await.unwrap();
    let new = NewAlbum {
        space_id: space,
        folder: b"Kept",
        name: "Kept",
        tier: Tier::Vault,
        created_at: server.clock.now(),
    };
    let (vault, _) = tx.album_find_or_insert(&new).await.unwrap();
    tx.commit().await.unwrap();
    let kept = vault.id.to_string();
    assert_eq!(server.place(Method::PUT, &ana, &kept, &photo.id).await, 409);
    // It was there when the album was locked.
    let mut tx = server.library.catalog.begin().await.unwrap();
    let id = photo.id.parse().unwrap();
    tx.album_asset_add(vault.id, &[id], ana.id, server.clock.now()).await.unwrap();
    tx.approval_wait(&[id]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(server.place(Method::DELETE, &ana, &kept, &photo.id).await, 409);
    let path = format!("/api/v1/assets/{}", photo.id);
    let refused = problem(server.send(Method::DELETE, &path, &ana, json!({})).await, 409).await;
    assert_eq!(refused["type"], "/problems/vault-locked");
    let declined = server.send(Method::POST, &format!("{path}/decline"), &ana, json!({})).await;
    assert_eq!(problem(declined, 409).await["type"], "/problems/vault-locked");
    // Nor is it changed by what is sent: by other bytes of its name, by a file that joins it, or in the vault itself.
    for (album, name) in [("Home", "a.jpg"), ("Home", "a.xmp"), ("Kept", "new.jpg")] {
        let sent = problem(server.put(&ana, space, album, name, name.as_bytes()).await, 409).await;
        assert_eq!(sent["type"], "/problems/vault-locked", "{album}/{name}");
    }
    let same = ok(server.put(&ana, space, "Home", "a.jpg", b"Home a.jpg").await, 200).await;
    assert_eq!(same["was"], "there");
    assert_eq!(server.seen(&ana, &photo.id).await["files"].as_array().unwrap().len(), 1);
    // From the vault into another album it may go: nothing in the vault changes by that.
    let best = server.album(&ana, space, "Favourites").await;
    assert_eq!(server.place(Method::PUT, &ana, &best, &photo.id).await, 204);
    server.stop().await;
}
