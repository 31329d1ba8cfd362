//! What photos are told apart by: who brought them, what they are to their maker, how strictly they are kept, and which copy
//! lacks them. Each as a filter and as a number, for those who may look, and of what they may see.

use catalog::{Copy, NewAlbum, Replica, Rule};
use model::{
    AssetId, Clock as _, CopyId, Medium, Permission, Permissions, Place, ReplicaState, Role, SpaceId,
    StoreId, Tier,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{OWNER, Server, Someone, json as ok, problem};

async fn photo(server: &Server, who: &Someone, space: SpaceId, album: &str, name: &str) -> String {
    let put = server.put(who, space, album, name, format!("{album} {name}").as_bytes()).await;
    ok(put, 200).await["asset"].as_str().unwrap().to_owned()
}

async fn asked(server: &Server, who: &Someone, question: &str) -> reqwest::Response {
    let request = server.request(Method::GET, "/api/v1/search", Some(&who.secret)).query(&[("q", question)]);
    request.send().await.unwrap()
}

async fn found(server: &Server, who: &Someone, question: &str) -> Vec<String> {
    let page = ok(asked(server, who, question).await, 200).await;
    let assets = page["assets"].as_array().unwrap().iter();
    let mut ids: Vec<String> = assets.map(|asset| asset["id"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

async fn facets(server: &Server, who: &Someone, question: &str) -> Value {
    let path = "/api/v1/search/facets";
    let request = server.request(Method::GET, path, Some(&who.secret)).query(&[("q", question)]);
    ok(request.send().await.unwrap(), 200).await
}

fn facet(name: &str, count: u64) -> Value {
    json!({"name": name, "count": count})
}

fn sorted<const N: usize>(ids: [&String; N]) -> Vec<String> {
    let mut ids: Vec<String> = ids.into_iter().cloned().collect();
    ids.sort();
    ids
}

async fn delivery(server: &Server, space: SpaceId) {
    let mut tx = server.library.catalog.begin().await.unwrap();
    let (folder, created_at) = (b"Kept", server.clock.now());
    let new = NewAlbum { space_id: space, folder, name: "Kept", tier: Tier::Delivery, created_at };
    tx.album_find_or_insert(&new).await.unwrap();
    tx.commit().await.unwrap();
}

/// A copy that holds these photos' files and no others.
async fn copy(server: &Server, name: &str, holds: &[&String]) -> Copy {
    let copy = Copy {
        id: CopyId::generate(),
        name: name.into(),
        url: Some(format!("file:///{name}")),
        medium: Medium::Nas,
        place: Place::Offsite,
        store_id: StoreId::generate(),
        is_library: false,
        created_at: server.clock.now(),
        removed_at: None,
    };
    let mut tx = server.library.catalog.begin().await.unwrap();
    tx.copy_insert(&copy).await.unwrap();
    tx.commit().await.unwrap();
    for photo in holds {
        hold(server, &copy, photo).await;
    }
    copy
}

async fn hold(server: &Server, copy: &Copy, photo: &str) {
    let mut tx = server.library.catalog.begin().await.unwrap();
    let id: AssetId = photo.parse().unwrap();
    let replicas: Vec<Replica> = tx
        .replica_of_asset(id)
        .await
        .unwrap()
        .into_iter()
        .map(|known| Replica {
            copy_id: copy.id,
            object_id: known.object_id,
            state: ReplicaState::Held,
            stored_at: server.clock.now(),
            proved_at: None,
            proved_by: None,
            note: None,
        })
        .collect();
    assert!(!replicas.is_empty());
    tx.replica_set_states(&replicas[..1], None).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_brought_a_photo_and_what_it_is_are_filters_and_numbers() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let space = server.space("Family").await;
    delivery(&server, space).await;
    let bo = server.someone("bo@example.org").await;
    server.join(space, &bo, Role::Contributor, Permissions::NONE).await;
    let one = photo(&server, &ana, space, "Lake", "one.jpg").await;
    let two = photo(&server, &bo, space, "Lake", "two.jpg").await;
    let kept = photo(&server, &ana, space, "Kept", "three.jpg").await;
    // A new version does not make it somebody else's.
    ok(server.put(&ana, space, "Lake", "two.jpg", b"a better one").await, 200).await;

    for (question, expected) in [
        ("by:bo", vec![two.clone()]),
        ("by:BO@example.org", vec![two.clone()]),
        ("-by:bo", sorted([&one, &kept])),
        ("by:nobody", vec![]),
        ("-by:nobody", sorted([&one, &two, &kept])),
        ("tier:delivery", vec![kept.clone()]),
        ("tier:working by:bo", vec![two.clone()]),
        ("-tier:delivery", sorted([&one, &two])),
        ("kind:master", sorted([&one, &two, &kept])),
        ("kind:final", vec![]),
        ("type:other -has:place", sorted([&one, &two, &kept])),
    ] {
        assert_eq!(found(&server, &ana, question).await, expected, "{question}");
    }
    // Addresses are for those who manage the space; names are for members.
    assert_eq!(found(&server, &bo, "by:bo").await, [two.clone()]);
    assert_eq!(found(&server, &bo, "by:bo@example.org").await, [two.clone()], "their own");
    assert_eq!(found(&server, &bo, &format!("by:{OWNER}")).await, Vec::<String>::new());
    assert_eq!(found(&server, &ana, &format!("by:{OWNER}")).await, sorted([&one, &kept]));

    // What a photo is to its maker can be said, and what it was made from.
    let path = format!("/api/v1/assets/{one}");
    let said = json!({"kind": "final", "derived_from": two});
    let shown = ok(server.send(Method::PATCH, &path, &ana, said).await, 200).await;
    assert_eq!((&shown["kind"], &shown["derived_from"]), (&json!("final"), &json!(two)));
    assert_eq!(found(&server, &ana, "kind:final").await, [one.clone()]);
    let facets = facets(&server, &ana, "").await;
    assert_eq!(facets["kinds"], json!([facet("master", 2), facet("final", 1)]));
    assert_eq!(facets["tiers"], json!([facet("working", 2), facet("delivery", 1)]));
    assert_eq!(facets["places"], json!([facet("no", 3)]));
    assert_eq!(facets["people"].as_array().unwrap().len(), 2, "{facets}");
    assert_eq!(facets["people"][1], facet("bo", 1));
    assert_eq!((&facets["counted"], &facets["all"]), (&json!(3), &json!(true)));

    // Not from itself, in no circle, and from what one sees of the same space.
    let other = server.space("Other").await;
    let elsewhere = photo(&server, &ana, other, "a", "a.jpg").await;
    for (from, of, status) in [(&one, &one, 400), (&one, &two, 400), (&elsewhere, &one, 400)] {
        let path = format!("/api/v1/assets/{of}");
        problem(server.send(Method::PATCH, &path, &ana, json!({"derived_from": from})).await, status).await;
    }
    let editor = server.someone("ed@example.org").await;
    server.join(space, &editor, Role::Editor, Permissions::NONE).await;
    let refused = server.send(Method::PATCH, &path, &editor, json!({"derived_from": elsewhere})).await;
    problem(refused, 404).await;
    problem(server.send(Method::PATCH, &path, &bo, json!({"kind": "social"})).await, 403).await;
    problem(server.send(Method::PATCH, &path, &ana, json!({"kind": "poster"})).await, 400).await;
    let shown = ok(server.send(Method::PATCH, &path, &ana, json!({"derived_from": null})).await, 200).await;
    assert_eq!((&shown["kind"], &shown["derived_from"]), (&json!("final"), &Value::Null));
    for wrong in ["kind:photo", "tier:gold", "by:", "missing:"] {
        assert_eq!(problem(asked(&server, &ana, wrong).await, 400).await["type"], "/problems/bad-search");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_copy_lacks_is_found_until_it_holds_it() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let space = server.space("Family").await;
    let mut photos = Vec::new();
    for n in 0..5 {
        photos.push(photo(&server, &ana, space, "Lake", &format!("lake {n}.jpg")).await);
    }
    let all = found(&server, &ana, "").await;
    // One place, where the space asks for three: every photo.
    assert_eq!(found(&server, &ana, "missing:copies").await, all);
    assert_eq!(found(&server, &ana, "missing:library").await, Vec::<String>::new());
    let mut tx = server.library.catalog.begin().await.unwrap();
    tx.rule_put(space, Rule { copies: 2, media: 1, offsite: 0, proof_days: 100 }).await.unwrap();
    tx.commit().await.unwrap();
    let nas = copy(&server, "Nas in the cellar", &[&photos[0], &photos[1], &photos[2]]).await;
    let lacked = sorted([&photos[3], &photos[4]]);
    for question in [
        "missing:copies",
        "missing:\"nas in the cellar\"",
        "lake missing:copies",
        "-missing:library missing:copies",
    ] {
        assert_eq!(found(&server, &ana, question).await, lacked, "{question}");
    }
    let held = sorted([&photos[0], &photos[1], &photos[2]]);
    assert_eq!(found(&server, &ana, "-missing:copies").await, held);
    assert_eq!(found(&server, &ana, "missing:copies -missing:copies").await, Vec::<String>::new());
    assert_eq!(found(&server, &ana, "sea missing:copies").await, Vec::<String>::new());
    let counted = facets(&server, &ana, "").await["missing"].clone();
    assert_eq!(counted, json!([facet("copies", 2), facet("Nas in the cellar", 2)]));
    // A third copy with nothing in it: the rule asks for two.
    copy(&server, "new", &[]).await;
    assert_eq!(found(&server, &ana, "missing:new").await, all);
    assert_eq!(found(&server, &ana, "missing:copies").await, lacked);
    assert_eq!(found(&server, &ana, "missing:new -missing:copies").await, held);
    // Page by page.
    let mut seen = Vec::new();
    let mut path = "/api/v1/search?q=missing:new&limit=2".to_owned();
    loop {
        let page = ok(server.get(&path, &ana).await, 200).await;
        seen.extend(
            page["assets"].as_array().unwrap().iter().map(|asset| asset["id"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/v1/search?q=missing:new&limit=2&cursor={next}");
    }
    seen.sort();
    assert_eq!(seen, all);
    // No index is made again for it.
    hold(&server, &nas, &photos[3]).await;
    assert_eq!(found(&server, &ana, "missing:copies").await, [photos[4].clone()]);
    // What is misspelled must not look as if nothing were missing.
    let refused = problem(asked(&server, &ana, "missing:nsa").await, 400).await;
    assert_eq!(refused["type"], "/problems/bad-search");
    assert!(refused["detail"].as_str().unwrap().contains("Nas in the cellar"), "{refused}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_and_a_number_tell_nothing_of_what_one_may_not_see() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let (family, clients) = (server.space("Family").await, server.space("Clients").await);
    delivery(&server, family).await;
    let bo = server.someone("bo@example.org").await;
    server.join(family, &bo, Role::Contributor, Permissions::NONE).await;
    let brought = photo(&server, &bo, family, "Open", "open.jpg").await;
    let kept = photo(&server, &bo, family, "Kept", "kept.jpg").await;
    let hidden = photo(&server, &bo, family, "Closed", "closed.jpg").await;
    copy(&server, "cellar", &[]).await;
    let view = ok(server.get(&format!("/api/v1/assets/{brought}"), &ana).await, 200).await;
    let open = view["album"].as_str().unwrap().to_owned();
    // What is kept is added to the album that is opened.
    let added = format!("/api/v1/albums/{open}/assets/{kept}");
    let put = server.request(Method::PUT, &added, Some(&ana.secret)).send().await.unwrap();
    assert_eq!(put.status(), 204);

    // Who may look nowhere learns neither names nor copies, and is told the same of what is there and what is not.
    let sends = server.someone("sends@example.org").await;
    server.join(family, &sends, Role::Custom, Permissions::of(&[Permission::Upload])).await;
    let stranger = server.someone("stranger@example.org").await;
    for who in [&sends, &stranger] {
        for question in
            ["by:bo", "-by:bo", "missing:cellar", "missing:cellarette", "missing:copies", "tier:delivery"]
        {
            assert_eq!(found(&server, who, question).await, Vec::<String>::new(), "{question}");
        }
        let facets = facets(&server, who, "").await;
        for sort in ["people", "missing", "tiers", "kinds", "places", "years", "cameras"] {
            assert_eq!(facets[sort], json!([]), "{sort}");
        }
    }

    // Who looks into one album sees its photos: not who brought them, nor how strictly a home is kept that is closed to them.
    let guest = server.someone("guest@example.org").await;
    let asked = json!({"email": "guest@example.org", "permissions": ["view"]});
    ok(server.send(Method::POST, &format!("/api/v1/albums/{open}/grants"), &ana, asked).await, 201).await;
    let seen = sorted([&brought, &kept]);
    assert_eq!(found(&server, &guest, "").await, seen);
    assert_eq!(found(&server, &guest, "by:bo").await, Vec::<String>::new());
    assert_eq!(found(&server, &guest, "-by:bo").await, seen);
    assert_eq!(found(&server, &guest, "tier:delivery").await, Vec::<String>::new());
    assert_eq!(found(&server, &guest, "-tier:delivery").await, seen);
    assert_eq!(found(&server, &guest, "tier:working").await, [brought.clone()]);
    // Where its copies are is told of a photo to whoever sees it.
    assert_eq!(found(&server, &guest, "missing:cellar").await, seen);
    let told = facets(&server, &guest, "").await;
    assert_eq!((&told["people"], &told["tiers"]), (&json!([]), &json!([facet("working", 1)])));
    assert_eq!(told["missing"], json!([facet("copies", 2), facet("cellar", 2)]));

    // Who knows somebody from one space learns nothing of what they do in another.
    server.join(clients, &guest, Role::Owner, Permissions::NONE).await;
    server.join(clients, &bo, Role::Contributor, Permissions::NONE).await;
    let theirs = photo(&server, &bo, clients, "work", "work.jpg").await;
    assert_eq!(found(&server, &guest, "by:bo").await, [theirs.clone()]);
    assert_eq!(facets(&server, &guest, "").await["people"], json!([facet("bo", 1)]));
    // Nor of somebody who left, even where they look at everything.
    let mut tx = server.library.catalog.begin().await.unwrap();
    tx.member_delete(family, bo.id).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(found(&server, &ana, "by:bo closed").await, Vec::<String>::new());
    assert_eq!(found(&server, &ana, "closed").await, [hidden]);
    server.stop().await;
}
