//! The room of a space: it holds whoever sends at the same moment, and nobody is asked for it twice.

use std::sync::Arc;
use std::time::Duration;

use catalog::{HeldRoom, Upload};
use model::{Clock as _, SpaceId, Timestamp, UploadId};
use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::{OWNER, Server, Someone, declared_problem, json, problem, sha256};

/// Files that are sent at once, of ten bytes each.
const MANY: usize = 24;

fn bytes(number: usize) -> Vec<u8> {
    format!("photo {number:04}").into_bytes()
}

impl Server {
    async fn set_quota(&self, who: &Someone, space: SpaceId, quota: u64) {
        let path = format!("/api/v1/spaces/{space}");
        json(self.send(Method::PATCH, &path, who, json!({"quota": quota})).await, 200).await;
    }

    /// Begins an upload in pieces that does not say what its bytes will be.
    async fn promise(&self, who: &Someone, space: SpaceId, name: &str, size: u64) -> reqwest::Response {
        use base64::Engine as _;
        let name = base64::engine::general_purpose::STANDARD.encode(name);
        let begin = self.request(Method::POST, &format!("/api/v1/spaces/{space}/uploads"), Some(&who.secret));
        let begin = begin.header("Tus-Resumable", "1.0.0").header("Upload-Length", size);
        begin.header("Upload-Metadata", format!("filename {name}")).send().await.unwrap()
    }

    async fn bring(&self, who: &Someone, path: &str, offset: usize, bytes: &[u8]) -> reqwest::Response {
        let part = self.request(Method::PATCH, path, Some(&who.secret)).header("Tus-Resumable", "1.0.0");
        let part =
            part.header("Upload-Offset", offset).header("Content-Type", "application/offset+octet-stream");
        part.body(bytes.to_vec()).send().await.unwrap()
    }

    /// Files in the store, unfinished ones included.
    fn stored(&self) -> usize {
        let mut found = 0;
        for folder in ["objects", "tmp"] {
            let count = &mut |_| {
                found += 1;
                Ok(())
            };
            self.library.store.list(folder, count).unwrap();
        }
        found
    }

    async fn used(&self, space: SpaceId) -> u64 {
        self.library.catalog.read().await.unwrap().space_used(space).await.unwrap()
    }
}

fn location(begun: &reqwest::Response) -> String {
    assert_eq!(begun.status(), StatusCode::CREATED);
    begun.headers()["location"].to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_come_at_once_share_the_room_and_of_the_others_nothing_is_left() {
    let server = Arc::new(Server::start().await);
    let ana = server.sign_in(OWNER).await;
    let space = server.space("Family").await;
    server.set_quota(&ana, space, 75).await;
    let mut tasks = JoinSet::new();
    for number in 0..MANY {
        let (server, ana) = (Arc::clone(&server), ana.clone());
        tasks.spawn(async move {
            let sent = server.put(&ana, space, "all", &format!("{number}.jpg"), &bytes(number)).await;
            (number, sent.status().as_u16())
        });
    }
    let answers = tasks.join_all().await;
    assert_eq!(answers.iter().filter(|(_, status)| *status == 200).count(), 7, "{answers:?}");
    assert!(answers.iter().all(|(_, status)| matches!(status, 200 | 507)), "{answers:?}");
    assert_eq!((server.used(space).await, server.stored()), (70, 7));
    // What is there may be sent again, under its name or another, and takes no more room.
    let (number, _) = answers.iter().find(|(_, status)| *status == 200).unwrap();
    let again =
        json(server.put(&ana, space, "all", &format!("{number}.jpg"), &bytes(*number)).await, 200).await;
    assert_eq!(again["was"], "there");
    server.set_quota(&ana, space, 1).await;
    let named = json(server.put(&ana, space, "all", "named.jpg", &bytes(*number)).await, 200).await;
    assert_eq!(named["was"], "new");
    let asked = json!({"album": "b", "name": "known.jpg", "sha256": sha256(&bytes(*number)), "size": 10});
    let path = format!("/api/v1/spaces/{space}/files/known");
    json(server.send(Method::POST, &path, &ana, asked).await, 200).await;
    assert_eq!(server.stored(), 7);
    Arc::into_inner(server).unwrap().stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_that_begin_at_once_are_promised_no_more_than_there_is() {
    let server = Arc::new(Server::start().await);
    let ana = server.sign_in(OWNER).await;
    let space = server.space("Family").await;
    server.set_quota(&ana, space, 75).await;
    let mut tasks = JoinSet::new();
    for number in 0..MANY {
        let (server, ana) = (Arc::clone(&server), ana.clone());
        tasks.spawn(async move {
            let begun = server.promise(&ana, space, &format!("{number}.jpg"), 10).await;
            match begun.status() {
                StatusCode::CREATED => Some((location(&begun), number)),
                _ => {
                    assert_eq!(declared_problem("POST", begun, 507).await["type"], "/problems/quota");
                    None
                }
            }
        });
    }
    let begun: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
    assert_eq!(begun.len(), 7);
    assert_eq!(std::fs::read_dir(server.library.layout.uploads()).unwrap().count(), 7);
    // Nobody takes the room from them, and each has it.
    problem(server.put(&ana, space, "", "other.jpg", b"other photo").await, 507).await;
    let mut tasks = JoinSet::new();
    for (path, number) in begun {
        let (server, ana) = (Arc::clone(&server), ana.clone());
        tasks.spawn(async move { server.bring(&ana, &path, 0, &bytes(number)).await.status() });
    }
    assert!(tasks.join_all().await.iter().all(|status| *status == StatusCode::NO_CONTENT));
    assert_eq!((server.used(space).await, server.stored()), (70, 7));
    Arc::into_inner(server).unwrap().stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_done_goes_through_again_in_a_full_space() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let space = server.space("Family").await;
    server.set_quota(&ana, space, 10).await;
    let path = location(&server.promise(&ana, space, "a.jpg", 10).await);
    assert_eq!(server.bring(&ana, &path, 0, &bytes(1)).await.status(), StatusCode::NO_CONTENT);
    // It was promised ten bytes and is ten bytes now: not both.
    let mut tx = server.library.catalog.read().await.unwrap();
    let now = server.clock.now();
    let held = HeldRoom { now, begun_after: Timestamp(0), ends_after: now };
    assert_eq!(tx.upload_promised(space, held).await.unwrap(), 0);
    drop(tx);
    let again = server.bring(&ana, &path, 10, b"").await;
    assert!(again.headers().contains_key("ourphoto-asset"));
    // Sent whole, it is there as well; and another of the same bytes, in pieces, takes no room.
    json(server.put(&ana, space, "", "a.jpg", &bytes(1)).await, 200).await;
    let path = location(&server.begin(&ana, space, "b.jpg", &bytes(1)).await);
    assert_eq!(server.bring(&ana, &path, 0, &bytes(1)).await.status(), StatusCode::NO_CONTENT);
    problem(server.begin(&ana, space, "c.jpg", &bytes(2)).await, 507).await;
    assert_eq!(server.used(space).await, 10);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn room_is_promised_to_what_goes_on_and_not_to_what_only_began() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let space = server.space("Family").await;
    server.set_quota(&ana, space, 20).await;
    let (idle, busy) = (
        server.promise(&ana, space, "idle.jpg", 10).await,
        server.promise(&ana, space, "busy.jpg", 10).await,
    );
    let (idle, busy) = (location(&idle), location(&busy));
    server.clock.advance(Duration::from_mins(50));
    assert_eq!(server.bring(&ana, &busy, 0, b"01234").await.status(), StatusCode::NO_CONTENT);
    // A request that brings nothing puts nothing off.
    assert_eq!(server.bring(&ana, &idle, 0, b"").await.status(), StatusCode::NO_CONTENT);
    declared_problem("PUT", server.put(&ana, space, "", "a.jpg", b"first").await, 507).await;
    server.clock.advance(Duration::from_mins(20));
    json(server.put(&ana, space, "", "a.jpg", b"first").await, 200).await;
    problem(server.put(&ana, space, "", "b.jpg", b"second photo").await, 507).await;
    // It may still go on while there is room, and where there is none its bytes do not even travel.
    let full = server.bring(&ana, &idle, 0, b"0123456789").await;
    assert_eq!(declared_problem("PATCH", full, 507).await["type"], "/problems/quota");
    server.clock.advance(Duration::from_hours(23));
    assert_eq!(server.library.sweep_uploads().await.unwrap(), 1, "nothing is lost with it");
    server.clock.advance(Duration::from_hours(2));
    json(server.put(&ana, space, "", "b.jpg", b"second photo").await, 200).await;
    let late = server.bring(&ana, &busy, 5, b"56789").await;
    assert_eq!(problem(late, 507).await["type"], "/problems/quota");
    server.set_quota(&ana, space, 40).await;
    assert_eq!(server.bring(&ana, &busy, 5, b"56789").await.status(), StatusCode::NO_CONTENT);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_promised_without_measure() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let space = server.space("Family").await;
    for size in [1 << 41, i64::MAX as u64] {
        let refused = problem(server.promise(&ana, space, "a.jpg", size).await, 400).await;
        assert_eq!(refused["type"], "/problems/too-large");
    }
    let now = server.clock.now();
    let mut tx = server.library.catalog.begin().await.unwrap();
    for number in 0..1000 {
        let upload = Upload {
            id: UploadId::generate(),
            person_id: ana.id,
            space_id: space,
            folder: Vec::new(),
            name: number.to_string().into_bytes(),
            size: 1 << 40,
            content_sha256: None,
            modified_ns: None,
            created_at: now,
            expires_at: now.plus(Duration::from_hours(1)),
            asset_id: None,
        };
        tx.upload_insert(&upload).await.unwrap();
    }
    tx.commit().await.unwrap();
    let refused = declared_problem("POST", server.promise(&ana, space, "a.jpg", 5).await, 429).await;
    assert_eq!(refused["type"], "/problems/too-many-uploads");
    // Elsewhere there is room, and here files that are sent whole come in.
    let other = server.space("Other").await;
    assert_eq!(server.promise(&ana, other, "a.jpg", 5).await.status(), StatusCode::CREATED);
    json(server.put(&ana, space, "", "a.jpg", b"photo").await, 200).await;
    server.stop().await;
}
