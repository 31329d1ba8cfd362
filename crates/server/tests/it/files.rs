//! Files in and out.

use catalog::{Copy, Replica};
use library::LIBRARY_COPY;
use model::{Clock as _, CopyId, Medium, Permission, Permissions, Place, ReplicaState, Role, StoreId};
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use vault::StorePath;

use crate::support::{OWNER, Server, declared_problem, json, problem, sha256};

#[tokio::test(flavor = "multi_thread")]
async fn a_file_comes_back_byte_for_byte_whole_and_in_ranges() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let space = server.space("Family").await;
    let bytes: Vec<u8> = (0..300_000_u32).map(|i| (i % 251) as u8).collect();
    let put = json(server.put(&ana, space, "Summer/Côte", "né 😀.jpg", &bytes).await, 200).await;
    assert_eq!((put["was"].as_str(), put["sha256"].as_str()), (Some("new"), Some(sha256(&bytes).as_str())));
    let again = json(server.put(&ana, space, "Summer/Côte", "né 😀.jpg", &bytes).await, 200).await;
    assert_eq!((&again["was"], &again["asset"]), (&json!("there"), &put["asset"]));
    let changed = json(server.put(&ana, space, "Summer/Côte", "né 😀.jpg", b"other").await, 200).await;
    assert_eq!((&changed["was"], &changed["asset"]), (&json!("new-version"), &put["asset"]));

    let asset = put["asset"].as_str().unwrap();
    let view = json(server.get(&format!("/api/v1/assets/{asset}"), &ana).await, 200).await;
    assert_eq!(view["files"][0]["name"], "né 😀.jpg");
    let versions = view["files"][0]["versions"].as_array().unwrap();
    assert_eq!(versions.len(), 2);
    let first = versions[1]["id"].as_str().unwrap();
    let path = format!("/api/v1/assets/{asset}/versions/{first}");
    let whole = server.get(&path, &ana).await;
    let etag = whole.headers()[header::ETAG].clone();
    assert_eq!(whole.headers()[header::CONTENT_LENGTH], "300000");
    assert_eq!(whole.bytes().await.unwrap(), bytes);
    let part =
        server.request(Method::GET, &path, Some(&ana.secret)).header(header::RANGE, "bytes=65530-65599");
    let part = part.send().await.unwrap();
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.headers()[header::CONTENT_RANGE], "bytes 65530-65599/300000");
    assert_eq!(part.bytes().await.unwrap(), bytes[65530..65600]);
    let known = server.request(Method::GET, &path, Some(&ana.secret)).header(header::IF_NONE_MATCH, etag);
    assert_eq!(known.send().await.unwrap().status(), StatusCode::NOT_MODIFIED);
    let beyond = server.request(Method::GET, &path, Some(&ana.secret)).header(header::RANGE, "bytes=300000-");
    assert_eq!(beyond.send().await.unwrap().status(), StatusCode::RANGE_NOT_SATISFIABLE);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_library_has_lost_is_taken_again_whatever_a_copy_is_said_to_have() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let space = server.space("Family").await;
    let bytes = b"the only picture of that day";
    let put = json(server.put(&ana, space, "Summer", "a.jpg", bytes).await, 200).await;
    let hashes = json!({"sha256": [sha256(bytes)]});
    let check = format!("/api/v1/spaces/{space}/files/check");
    let present = async || json(server.send(Method::POST, &check, &ana, hashes.clone()).await, 200).await;
    assert_eq!(present().await["present"], hashes["sha256"]);

    // A disk that nobody has seen since is believed to have it.
    let now = server.clock.now();
    let mut tx = server.library.catalog.begin().await.unwrap();
    let content = sha256(bytes).parse().unwrap();
    let object = tx.object_find_by_content(space, &[content]).await.unwrap().remove(0);
    let here = tx.copy_by_name(LIBRARY_COPY).await.unwrap().unwrap();
    let disk = Copy {
        id: CopyId::generate(),
        name: "disk".into(),
        url: Some("file:///nowhere/disk".into()),
        medium: Medium::Disk,
        place: Place::Offsite,
        store_id: StoreId::generate(),
        is_library: false,
        created_at: now,
        removed_at: None,
    };
    tx.copy_insert(&disk).await.unwrap();
    let replica = |copy_id, state| Replica {
        copy_id,
        object_id: object.id,
        state,
        stored_at: now,
        proved_at: None,
        proved_by: None,
        note: None,
    };
    let known = [replica(here.id, ReplicaState::Missing), replica(disk.id, ReplicaState::Held)];
    tx.replica_set_states(&known, Some(now)).await.unwrap();
    tx.commit().await.unwrap();
    server.library.store.remove(&StorePath::object(&object.hash)).unwrap();

    assert_eq!(present().await["present"], json!([]));
    let named = json!({"album": "Summer", "name": "b.jpg", "size": bytes.len(), "sha256": sha256(bytes)});
    let path = format!("/api/v1/spaces/{space}/files/known");
    let unknown = problem(server.send(Method::POST, &path, &ana, named).await, 404).await;
    assert_eq!(unknown["type"], "/problems/content-unknown");
    let again = json(server.put(&ana, space, "Summer", "a.jpg", bytes).await, 200).await;
    assert_eq!((&again["was"], &again["asset"]), (&json!("there"), &put["asset"]));
    assert_eq!(present().await["present"], hashes["sha256"]);
    let asset = put["asset"].as_str().unwrap();
    let view = json(server.get(&format!("/api/v1/assets/{asset}"), &ana).await, 200).await;
    let version = view["files"][0]["versions"][0]["id"].as_str().unwrap();
    let whole = server.get(&format!("/api/v1/assets/{asset}/versions/{version}"), &ana).await;
    assert_eq!(&whole.bytes().await.unwrap()[..], bytes);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_not_what_was_declared_is_refused_and_leaves_nothing() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let space = server.space("Family").await;
    let path = format!("/api/v1/spaces/{space}/files");
    let put = async |hash: &str, body: Vec<u8>| {
        let query = [("name", "a.jpg"), ("sha256", hash)];
        server.request(Method::PUT, &path, Some(&ana.secret)).query(&query).body(body).send().await.unwrap()
    };
    let other = problem(put(&sha256(b"declared"), b"arrived!".to_vec()).await, 400).await;
    assert_eq!(other["type"], "/problems/hash-differs");
    let empty = problem(put(&sha256(b""), Vec::new()).await, 400).await;
    assert_eq!(empty["type"], "/problems/empty-file");
    problem(put("nonsense", b"x".to_vec()).await, 400).await;
    // Cut off in the middle: the declared length never arrives.
    cut_off(&server, &ana.secret, &path, &sha256(b"0123456789")).await;
    let page = json(server.get(&format!("/api/v1/spaces/{space}/assets"), &ana).await, 200).await;
    assert_eq!(page["assets"], json!([]));
    let objects = server.library.store.clone();
    let mut found = 0;
    objects
        .list("objects", &mut |_| {
            found += 1;
            Ok(())
        })
        .unwrap();
    objects
        .list("tmp", &mut |_| {
            found += 1;
            Ok(())
        })
        .unwrap();
    assert_eq!(found, 0);
    server.stop().await;
}

/// Sends half of a body and hangs up; waits until the server has let go of it.
async fn cut_off(server: &Server, secret: &str, path: &str, hash: &str) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let address = server.base.strip_prefix("http://").unwrap();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let head = format!(
        "PUT {path}?name=a.jpg&sha256={hash} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {secret}\r\n\
         Content-Length: 10\r\n\r\n01234"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert!(!String::from_utf8_lossy(&answer).contains(" 200 "));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_uploads_at_once_are_all_there() {
    let server = std::sync::Arc::new(Server::start().await);
    let ana = server.sign_in(OWNER).await;
    let space = server.space("Family").await;
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..200 {
        let (server, ana) = (std::sync::Arc::clone(&server), ana.clone());
        tasks.spawn(async move {
            // Every tenth has the bytes of another, and every twentieth its name too.
            let bytes = format!("photo {}", number - number % 10 % 2);
            let name = format!("{}.jpg", if number % 20 == 1 { number - 1 } else { number });
            json(server.put(&ana, space, "all", &name, bytes.as_bytes()).await, 200).await
        });
    }
    let answers: Vec<Value> = tasks.join_all().await;
    assert_eq!(answers.len(), 200);
    let mut seen = Vec::new();
    let mut next = None::<String>;
    loop {
        let cursor = next.map(|next| format!("&cursor={next}")).unwrap_or_default();
        let page =
            json(server.get(&format!("/api/v1/spaces/{space}/assets?limit=7{cursor}"), &ana).await, 200)
                .await;
        seen.extend(
            page["assets"].as_array().unwrap().iter().map(|asset| asset["id"].as_str().unwrap().to_owned()),
        );
        match page["next"].as_str() {
            Some(cursor) => next = Some(cursor.to_owned()),
            None => break,
        }
    }
    seen.sort();
    seen.dedup();
    for answer in &answers {
        assert!(seen.binary_search(&answer["asset"].as_str().unwrap().to_owned()).is_ok(), "{answer}");
    }
    std::sync::Arc::into_inner(server).unwrap().stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_known_need_not_be_sent_and_what_is_too_much_is_refused_first() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let space = server.space("Family").await;
    server.put(&ana, space, "a", "1.jpg", b"12345").await;
    let (known, unknown) = (sha256(b"12345"), sha256(b"67890"));
    let path = format!("/api/v1/spaces/{space}/files/check");
    let asked = json!({"sha256": [known, unknown]});
    let answer = json(server.send(Method::POST, &path, &ana, asked).await, 200).await;
    assert_eq!(answer["present"], json!([known]));
    // The same bytes under another name need not travel to be there under it.
    let path = format!("/api/v1/spaces/{space}/files/known");
    let asked = |name: &str, sha256: &str| json!({"album": "b", "name": name, "sha256": sha256, "size": 5});
    let named = json(server.send(Method::POST, &path, &ana, asked("again.jpg", &known)).await, 200).await;
    assert_eq!(named["was"], "new");
    let refused = server.send(Method::POST, &path, &ana, asked("other.jpg", &unknown)).await;
    assert_eq!(problem(refused, 404).await["type"], "/problems/content-unknown");
    let limit = json!({"quota": 8});
    json(server.send(Method::PATCH, &format!("/api/v1/spaces/{space}"), &ana, limit).await, 200).await;
    assert_eq!(
        problem(server.put(&ana, space, "a", "2.jpg", b"67890").await, 507).await["type"],
        "/problems/quota"
    );
    json(server.put(&ana, space, "a", "3.jpg", b"678").await, 200).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn view_only_is_view_only_and_a_grant_ends_at_once() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let (space, other) = (server.space("Family").await, server.space("Clients").await);
    let put = json(server.put(&ana, space, "shown", "a.jpg", b"bytes").await, 200).await;
    let hidden = json(server.put(&ana, space, "hidden", "b.jpg", b"other").await, 200).await;
    let asset = format!("/api/v1/assets/{}", put["asset"].as_str().unwrap());
    let view = json(server.get(&asset, &ana).await, 200).await;
    let album = view["album"].as_str().unwrap().to_owned();
    let original = format!("{asset}/versions/{}", view["files"][0]["versions"][0]["id"].as_str().unwrap());
    let guest = server.someone("guest@example.org").await;
    let asked = json!({"email": "guest@example.org", "permissions": ["view"]});
    json(server.send(Method::POST, &format!("/api/v1/albums/{album}/grants"), &ana, asked).await, 201).await;
    // The guest sees this one album and nothing else.
    assert_eq!(json(server.get("/api/v1/albums", &guest).await, 200).await.as_array().unwrap().len(), 1);
    json(server.get(&asset, &guest).await, 200).await;
    problem(server.get(&original, &guest).await, 403).await;
    problem(server.get(&format!("/api/v1/assets/{}", hidden["asset"].as_str().unwrap()), &guest).await, 404)
        .await;
    problem(server.get(&format!("/api/v1/spaces/{space}/assets"), &guest).await, 404).await;
    problem(server.put(&guest, space, "shown", "c.jpg", b"mine").await, 403).await;
    let path = format!("/api/v1/albums/{album}/grants/{}", guest.id);
    assert_eq!(server.send(Method::DELETE, &path, &ana, json!({})).await.status(), StatusCode::NO_CONTENT);
    problem(server.get(&asset, &guest).await, 404).await;

    // Mirrored elsewhere it may be looked at there, and never changed.
    let member = server.someone("client@example.org").await;
    server.join(other, &member, Role::Owner, Permissions::NONE).await;
    let into = json!({"space": other.to_string()});
    let path = format!("/api/v1/albums/{album}/mirrors");
    assert_eq!(server.send(Method::POST, &path, &ana, into).await.status(), StatusCode::NO_CONTENT);
    let shown = json(server.get(&format!("/api/v1/albums/{album}"), &member).await, 200).await;
    assert_eq!(shown["permissions"], json!(["view", "download"]));
    problem(server.send(Method::DELETE, &asset, &member, json!({})).await, 403).await;
    problem(server.put(&member, space, "shown", "c.jpg", b"mine").await, 403).await;
    let listed = json(server.get(&format!("/api/v1/spaces/{other}/albums"), &member).await, 200).await;
    assert_eq!(listed[0]["id"].as_str(), Some(album.as_str()));
    let looker = server.someone("looker@example.org").await;
    server.join(other, &looker, Role::Custom, Permissions::of(&[Permission::View])).await;
    problem(server.get(&original, &looker).await, 403).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trash_gives_everything_back() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let space = server.space("Family").await;
    let viewer = server.someone("viewer@example.org").await;
    server.join(space, &viewer, Role::Viewer, Permissions::NONE).await;
    let put = json(server.put(&ana, space, "a", "1.jpg", b"12345").await, 200).await;
    let asset = format!("/api/v1/assets/{}", put["asset"].as_str().unwrap());
    let album = json(server.get(&asset, &ana).await, 200).await["album"].as_str().unwrap().to_owned();
    let timeline = format!("/api/v1/spaces/{space}/assets");
    for thing in [asset.clone(), format!("/api/v1/albums/{album}")] {
        assert_eq!(
            server.send(Method::DELETE, &thing, &ana, json!({})).await.status(),
            StatusCode::NO_CONTENT
        );
        assert_eq!(json(server.get(&timeline, &ana).await, 200).await["assets"], json!([]));
        problem(server.get(&asset, &viewer).await, 404).await;
        let back = server.send(Method::POST, &format!("{thing}/undelete"), &ana, json!({})).await;
        assert_eq!(back.status(), StatusCode::NO_CONTENT);
        assert_eq!(
            json(server.get(&timeline, &viewer).await, 200).await["assets"].as_array().unwrap().len(),
            1
        );
        json(server.get(&asset, &viewer).await, 200).await;
    }
    // What was deleted stays deleted when it is sent again.
    server.send(Method::DELETE, &asset, &ana, json!({})).await;
    let sent = json(server.put(&ana, space, "a", "1.jpg", b"12345").await, 200).await;
    assert_eq!(sent["was"], "in-trash");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_could_have_deleted_it_brings_something_back_by_sending_it() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let space = server.space("Family").await;
    let helper = server.someone("helper@example.org").await;
    server.join(space, &helper, Role::Contributor, Permissions::NONE).await;
    let put = json(server.put(&ana, space, "gone", "1.jpg", b"12345").await, 200).await;
    let asset = format!("/api/v1/assets/{}", put["asset"].as_str().unwrap());
    let album = json(server.get(&asset, &ana).await, 200).await["album"].as_str().unwrap().to_owned();
    let album = format!("/api/v1/albums/{album}");
    let timeline = format!("/api/v1/spaces/{space}/assets");
    for thing in [&asset, &album] {
        server.send(Method::DELETE, thing, &ana, json!({})).await;
        // Other bytes of the same name would show what was deleted.
        let barred = server.put(&helper, space, "gone", "1.jpg", b"other").await;
        assert_eq!(declared_problem("PUT", barred, 409).await["type"], "/problems/in-trash");
        // The same bytes change nothing.
        let same = json(server.put(&helper, space, "gone", "1.jpg", b"12345").await, 200).await;
        assert_eq!(same["was"], "in-trash");
        assert_eq!(json(server.get(&timeline, &ana).await, 200).await["assets"], json!([]));
        problem(server.get(&asset, &helper).await, 404).await;
        server.send(Method::POST, &format!("{thing}/undelete"), &ana, json!({})).await;
    }
    problem(server.get(&format!("{album}/openings"), &helper).await, 403).await;
    // Who may delete may bring back.
    server.send(Method::DELETE, &album, &ana, json!({})).await;
    problem(server.get(&album, &helper).await, 404).await;
    let same = json(server.put(&ana, space, "gone", "1.jpg", b"12345").await, 200).await;
    assert_eq!(same["was"], "in-trash");
    let new = json(server.put(&ana, space, "gone", "2.jpg", b"67890").await, 200).await;
    assert_eq!(new["was"], "new");
    let page = json(server.get(&timeline, &helper).await, 200).await;
    assert_eq!(page["assets"].as_array().unwrap().len(), 2);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trash_is_listed_and_emptied_again_as_a_whole_or_not_at_all() {
    let server = Server::start().await;
    let owner = server.sign_in(OWNER).await;
    let space = server.space("Family").await;
    let mut ids = Vec::new();
    for n in 0..3 {
        let put =
            server.put(&owner, space, "beach", &format!("{n}.jpg"), format!("photo {n}").as_bytes()).await;
        ids.push(json(put, 200).await["asset"].as_str().unwrap().to_owned());
        server.clock.advance(std::time::Duration::from_secs(1));
    }
    let post = |path: &'static str, assets: serde_json::Value| {
        server.send(Method::POST, path, &owner, serde_json::json!({ "assets": assets }))
    };
    // One that does not exist spoils it for all.
    let nil = uuid::Uuid::nil().to_string();
    problem(post("/api/v1/trash", serde_json::json!([ids[0], nil])).await, 404).await;
    let trash = format!("/api/v1/spaces/{space}/trash");
    assert_eq!(json(server.get(&trash, &owner).await, 200).await["assets"], serde_json::json!([]));
    assert_eq!(post("/api/v1/trash", serde_json::json!(ids)).await.status(), 204);
    let first = json(server.get(&format!("{trash}?limit=2"), &owner).await, 200).await;
    let next = first["next"].as_str().unwrap();
    let rest = json(server.get(&format!("{trash}?limit=2&cursor={next}"), &owner).await, 200).await;
    let names = |page: &serde_json::Value| -> Vec<String> {
        page["assets"].as_array().unwrap().iter().map(|a| a["name"].as_str().unwrap().to_owned()).collect()
    };
    let mut all = [names(&first), names(&rest)].concat();
    all.sort();
    assert_eq!(all, ["0.jpg", "1.jpg", "2.jpg"]);
    assert_eq!(post("/api/v1/trash/undelete", serde_json::json!(ids)).await.status(), 204);
    let months = json(server.get(&format!("/api/v1/spaces/{space}/months"), &owner).await, 200).await;
    assert_eq!(months[0]["count"], 3, "{months}");
    let month = months[0]["month"].as_str().unwrap();
    let timeline = format!("/api/v1/spaces/{space}/assets");
    let page = json(server.get(&format!("{timeline}?month={month}"), &owner).await, 200).await;
    assert_eq!(page["assets"].as_array().unwrap().len(), 3);
    let before = json(server.get(&format!("{timeline}?month=1999-12"), &owner).await, 200).await;
    assert_eq!(before["assets"], serde_json::json!([]));
    for wrong in ["2026-13", "2026", "26-1", "abcd-ef", "2026-1"] {
        problem(server.get(&format!("{timeline}?month={wrong}"), &owner).await, 400).await;
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_earlier_version_comes_back_as_a_new_one_and_nothing_is_lost() {
    let server = Server::start().await;
    let owner = server.sign_in(OWNER).await;
    let space = server.space("Family").await;
    let put = json(server.put(&owner, space, "a", "a.jpg", b"as it was").await, 200).await;
    json(server.put(&owner, space, "a", "a.jpg", b"spoiled").await, 200).await;
    let path = format!("/api/v1/assets/{}", put["asset"].as_str().unwrap());
    let view = json(server.get(&path, &owner).await, 200).await;
    assert_eq!(view["name"], "a.jpg");
    let versions = view["files"][0]["versions"].as_array().unwrap().clone();
    assert_eq!(versions.len(), 2);
    let first = format!("{path}/versions/{}/restore", versions[1]["id"].as_str().unwrap());
    let again = || server.send(Method::POST, &first, &owner, serde_json::json!({}));
    assert_eq!(again().await.status(), 204);
    assert_eq!(again().await.status(), 204, "it is the current one already");
    let view = json(server.get(&path, &owner).await, 200).await;
    let now = view["files"][0]["versions"].as_array().unwrap();
    assert_eq!(now.len(), 3, "nothing is undone");
    assert_eq!((&now[0]["number"], &now[0]["sha256"]), (&serde_json::json!(3), &versions[1]["sha256"]));
    // The library has all of it; another copy has nothing yet.
    let copies = json(server.get(&format!("{path}/copies"), &owner).await, 200).await;
    assert_eq!(
        (&copies[0]["name"], &copies[0]["state"]),
        (&serde_json::json!("library"), &serde_json::json!("held"))
    );
    let albums = json(server.get(&format!("/api/v1/spaces/{space}/albums"), &owner).await, 200).await;
    assert_eq!((&albums[0]["count"], &albums[0]["cover"]), (&serde_json::json!(1), &serde_json::Value::Null));
    let said = serde_json::json!({"creator": "Ana", "copyright": "© Ana", "rating": 4});
    let edited = json(server.send(Method::PATCH, &path, &owner, said).await, 200).await;
    assert_eq!(
        (&edited["metadata"]["creator"], &edited["rating"]),
        (&serde_json::json!("Ana"), &serde_json::json!(4))
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_original_comes_from_a_copy_where_the_librarys_is_bad_and_only_a_manager_names_the_copy() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let space = server.space("Family").await;
    let bytes: Vec<u8> = (0..300_000_u32).map(|i| (i % 251) as u8).collect();
    let put = json(server.put(&ana, space, "Lake", "a.jpg", &bytes).await, 200).await;
    let asset = put["asset"].as_str().unwrap();
    let view = json(server.get(&format!("/api/v1/assets/{asset}"), &ana).await, 200).await;
    let version = view["files"][0]["versions"][0]["id"].as_str().unwrap();
    let path = format!("/api/v1/assets/{asset}/versions/{version}");
    let nas = dir.path().join("nas");
    let new = library::copies::NewCopy {
        name: "nas",
        url: nas.to_str().unwrap(),
        medium: model::Medium::Nas,
        place: model::Place::Onsite,
    };
    server.library.copy_add(new).await.unwrap();
    let progress: std::sync::Arc<dyn library::Progress> = std::sync::Arc::new(library::Silent);
    server.library.copy_run("nas", &progress, &library::Cancel::default()).await.unwrap();

    // A bit flips in the middle of the library's object: what was sent before it stays sent.
    let objects = server.library.catalog.read().await.unwrap();
    let object = { objects }.restore_page(catalog::Scope::All, None, None, 1).await.unwrap().remove(0).object;
    let hash = object.hash.to_string();
    let own = server.library.layout.store().join("objects").join(&hash[..2]).join(&hash);
    let mut rotten = std::fs::read(&own).unwrap();
    rotten[200_000] ^= 1;
    std::fs::write(&own, rotten).unwrap();
    assert_eq!(server.get(&path, &ana).await.bytes().await.unwrap(), bytes);
    std::fs::remove_file(&own).unwrap();
    assert_eq!(server.get(&path, &ana).await.bytes().await.unwrap(), bytes);
    let part =
        server.request(Method::GET, &path, Some(&ana.secret)).header(header::RANGE, "bytes=199000-201999");
    assert_eq!(part.send().await.unwrap().bytes().await.unwrap(), bytes[199_000..202_000]);

    let from_copy = format!("{path}?copy=nas");
    assert_eq!(server.get(&from_copy, &ana).await.bytes().await.unwrap(), bytes);
    let ben = server.someone("ben@example.org").await;
    server.join(space, ben.id, Role::Contributor, Permissions::of(&[Permission::Download])).await;
    assert_eq!(server.get(&path, &ben).await.status(), StatusCode::OK);
    problem(server.get(&from_copy, &ben).await, 403).await;
    problem(server.get(&format!("{path}?copy=other"), &ana).await, 404).await;
    problem(server.get(&format!("{path}?cpy=nas"), &ana).await, 400).await;
    // The library's own has nothing, and was named.
    let lacking = problem(server.get(&format!("{path}?copy=library"), &ana).await, 404).await;
    assert_eq!(lacking["type"], "/problems/not-in-copy");
    std::fs::rename(&nas, dir.path().join("drawer")).unwrap();
    let away = problem(server.get(&from_copy, &ana).await, 503).await;
    assert_eq!(away["type"], "/problems/copy-away");
    assert!(!away.to_string().contains(dir.path().to_str().unwrap()), "{away}");
    problem(server.get(&path, &ana).await, 500).await;
    server.stop().await;
}
