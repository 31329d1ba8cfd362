//! Files in pieces: tus 1.0 as its specification says, over connections that break.

use std::time::Duration;

use model::{Permissions, Role, SpaceId};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{OWNER, Server, Someone, declared, declared_problem, json, problem, sha256};

fn base64(text: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

impl Server {
    fn tus(&self, method: Method, path: &str, who: &Someone) -> RequestBuilder {
        self.request(method, path, Some(&who.secret)).header("Tus-Resumable", "1.0.0")
    }

    pub(crate) async fn begin(&self, who: &Someone, space: SpaceId, name: &str, bytes: &[u8]) -> Response {
        let told = [
            format!("filename {}", base64(name.as_bytes())),
            format!("album {}", base64(b"in pieces")),
            format!("sha256 {}", base64(sha256(bytes).as_bytes())),
            format!("modified_ns {}", base64(b"1700000000123456789")),
        ];
        let begin = self.tus(Method::POST, &format!("/api/v1/spaces/{space}/uploads"), who);
        let begin = begin.header("Upload-Length", bytes.len()).header("Upload-Metadata", told.join(","));
        begin.send().await.unwrap()
    }

    /// Begins, and gives the address to go on at.
    async fn begun_at(&self, who: &Someone, space: SpaceId, name: &str, bytes: &[u8]) -> String {
        let begun = self.begin(who, space, name, bytes).await;
        assert_eq!(begun.status(), StatusCode::CREATED, "{:?}", begun.text().await);
        assert_eq!(begun.headers()["tus-resumable"], "1.0.0");
        begun.headers()["location"].to_str().unwrap().to_owned()
    }

    async fn patch(&self, who: &Someone, path: &str, offset: usize, bytes: &[u8]) -> Response {
        self.part(who, path, offset, bytes).send().await.unwrap()
    }

    fn part(&self, who: &Someone, path: &str, offset: usize, bytes: &[u8]) -> RequestBuilder {
        let part = self.tus(Method::PATCH, path, who).header("Upload-Offset", offset);
        part.header("Content-Type", "application/offset+octet-stream").body(bytes.to_vec())
    }

    async fn offset(&self, who: &Someone, path: &str) -> usize {
        let state = self.tus(Method::HEAD, path, who).send().await.unwrap();
        assert_eq!(state.status(), StatusCode::OK);
        number(&state, "upload-offset")
    }

    /// Sends a part whose connection breaks after `sent` bytes of it.
    async fn cut(&self, who: &Someone, path: &str, offset: usize, part: &[u8], sent: usize) {
        let address = self.base.strip_prefix("http://").unwrap();
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let head = format!(
            "PATCH {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\nTus-Resumable: 1.0.0\r\n\
             Upload-Offset: {offset}\r\nContent-Type: application/offset+octet-stream\r\nContent-Length: {}\r\n\r\n",
            who.secret,
            part.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&part[..sent]).await.unwrap();
        stream.shutdown().await.unwrap();
        // Until the server has let go of it.
        let _ = stream.read_to_end(&mut Vec::new()).await;
    }

    /// The bytes of the first file of a photo.
    async fn original(&self, who: &Someone, asset: &str) -> (Value, Vec<u8>) {
        let view = json(self.get(&format!("/api/v1/assets/{asset}"), who).await, 200).await;
        let version = view["files"][0]["versions"][0].clone();
        let path = format!("/api/v1/assets/{asset}/versions/{}", version["id"].as_str().unwrap());
        let bytes = self.get(&path, who).await.bytes().await.unwrap().to_vec();
        (version, bytes)
    }
}

fn number(response: &Response, header: &str) -> usize {
    response.headers()[header].to_str().unwrap().parse().unwrap()
}

fn bytes(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at / 3 % 253) as u8).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn however_often_the_connection_breaks_what_arrived_is_not_sent_again() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let space = server.space("Family").await;
    let file = bytes(1_000_000);
    let path = server.begun_at(&ana, space, "né.jpg", &file).await;
    let mut offset = 0;
    for turn in 0..10 {
        let sent = 1 + turn * 9_973;
        server.cut(&ana, &path, offset, &file[offset..], sent).await;
        let now = server.offset(&ana, &path).await;
        assert_eq!(now, offset + sent, "every byte that was read is kept");
        offset = now;
    }
    let done = server.patch(&ana, &path, offset, &file[offset..]).await;
    assert_eq!(done.status(), StatusCode::NO_CONTENT, "{:?}", done.text().await);
    assert_eq!(number(&done, "upload-offset"), file.len());
    let asset = done.headers()["ourphoto-asset"].to_str().unwrap().to_owned();
    let (version, stored) = server.original(&ana, &asset).await;
    assert!(stored == file);
    assert_eq!(version["modified_ns"], 1_700_000_000_123_456_789_i64);
    // Asked again, it is told again; and nothing of it lies about any more.
    assert_eq!(server.offset(&ana, &path).await, file.len());
    let again = server.patch(&ana, &path, file.len(), b"").await;
    assert_eq!(again.headers()["ourphoto-asset"].to_str().unwrap(), asset);
    assert_eq!(std::fs::read_dir(server.library.layout.uploads()).unwrap().count(), 0);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_hangs_gives_way_to_the_one_that_comes_back() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let space = server.space("Family").await;
    let file = bytes(300_000);
    let path = server.begun_at(&ana, space, "a.jpg", &file).await;
    // It sends some and then says nothing, as a phone in a tunnel.
    let address = server.base.strip_prefix("http://").unwrap();
    let mut hangs = tokio::net::TcpStream::connect(address).await.unwrap();
    let head = format!(
        "PATCH {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\nTus-Resumable: 1.0.0\r\n\
         Upload-Offset: 0\r\nContent-Type: application/offset+octet-stream\r\nContent-Length: {}\r\n\r\n",
        ana.secret,
        file.len()
    );
    hangs.write_all(head.as_bytes()).await.unwrap();
    hangs.write_all(&file[..100_000]).await.unwrap();
    // Until the server has begun to take it in.
    let begun = || {
        std::fs::read_dir(server.library.layout.uploads())
            .unwrap()
            .flatten()
            .any(|upload| std::fs::read_dir(upload.path()).unwrap().count() > 0)
    };
    while !begun() {
        tokio::task::yield_now().await;
    }
    // How much of it the server has read by now is its own affair; it goes on from there.
    let offset = tokio::time::timeout(Duration::from_secs(20), server.offset(&ana, &path)).await.unwrap();
    assert!(offset <= 100_000);
    let done = server.patch(&ana, &path, offset, &file[offset..]).await;
    assert_eq!(done.status(), StatusCode::NO_CONTENT);
    let asset = done.headers()["ourphoto-asset"].to_str().unwrap();
    assert!(server.original(&ana, asset).await.1 == file);
    drop(hangs);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_refused_in_the_words_of_tus() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let space = server.space("Family").await;
    let uploads = format!("/api/v1/spaces/{space}/uploads");
    let able = server.request(Method::OPTIONS, &uploads, None).send().await.unwrap();
    assert_eq!(
        (able.status(), &able.headers()["tus-version"]),
        (StatusCode::NO_CONTENT, &"1.0.0".parse().unwrap())
    );
    assert_eq!(able.headers()["tus-resumable"], "1.0.0");

    let file = bytes(1000);
    let path = server.begun_at(&ana, space, "a.jpg", &file).await;
    // Another version, or none.
    let old = server.request(Method::HEAD, &path, Some(&ana.secret)).header("Tus-Resumable", "0.2.2");
    let old = old.send().await.unwrap();
    assert_eq!(
        (old.status(), &old.headers()["tus-version"]),
        (StatusCode::PRECONDITION_FAILED, &"1.0.0".parse().unwrap())
    );
    // Another type.
    let part = server.tus(Method::PATCH, &path, &ana).header("Upload-Offset", 0).body(file.clone());
    problem(part.send().await.unwrap(), 415).await;
    // Another place.
    let wrong = declared_problem("PATCH", server.patch(&ana, &path, 7, &file[7..]).await, 409).await;
    assert_eq!(wrong["type"], "/problems/wrong-offset");
    // Other bytes than the checksum says; then those that it does.
    let sum = format!("sha256 {}", base64(&hex(&sha256(&file[..500]))));
    let part = server.part(&ana, &path, 0, &file[1..501]).header("Upload-Checksum", &sum);
    let differs = problem_of(part.send().await.unwrap(), 460).await;
    assert_eq!(differs["type"], "/problems/checksum-differs");
    assert_eq!(server.offset(&ana, &path).await, 0);
    let part = server.part(&ana, &path, 0, &file[..500]).header("Upload-Checksum", &sum);
    assert_eq!(part.send().await.unwrap().status(), StatusCode::NO_CONTENT);
    // More than was declared.
    let more = [&file[500..], b"more"].concat();
    let more = problem(server.patch(&ana, &path, 500, &more).await, 400).await;
    assert_eq!(more["type"], "/problems/size-differs");
    // No name, no length, nothing in it, a name that leads elsewhere.
    let begin = |length: Option<&str>, told: &str| {
        let begin = server.tus(Method::POST, &uploads, &ana).header("Upload-Metadata", told);
        match length {
            Some(length) => begin.header("Upload-Length", length),
            None => begin,
        }
    };
    let name = format!("filename {}", base64(b"a.jpg"));
    let climbs = format!("filename {}", base64(b"../a.jpg"));
    for (length, told) in [
        (Some("5"), ""),
        (None, name.as_str()),
        (Some("-5"), name.as_str()),
        (Some("0"), name.as_str()),
        (Some("5"), climbs.as_str()),
    ] {
        problem(begin(length, told).send().await.unwrap(), 400).await;
    }
    // Nobody else's.
    let eve = server.someone("eve@example.org").await;
    server.join(space, &eve, Role::Owner, Permissions::NONE).await;
    for method in [Method::HEAD, Method::PATCH, Method::DELETE] {
        let part = server.tus(method, &path, &eve).header("Upload-Offset", 500);
        let part = part.header("Content-Type", "application/offset+octet-stream").body("x");
        assert_eq!(part.send().await.unwrap().status(), StatusCode::NOT_FOUND);
    }
    // Given up, it is gone.
    let end = server.tus(Method::DELETE, &path, &ana).send().await.unwrap();
    assert_eq!(end.status(), StatusCode::NO_CONTENT);
    let gone = server.tus(Method::HEAD, &path, &ana).send().await.unwrap();
    assert_eq!(gone.status(), StatusCode::NOT_FOUND);
    assert_eq!(std::fs::read_dir(server.library.layout.uploads()).unwrap().count(), 0);
    let page = json(server.get(&format!("/api/v1/spaces/{space}/assets"), &ana).await, 200).await;
    assert_eq!(page["assets"], json!([]));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_not_those_declared_end_the_upload() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let space = server.space("Family").await;
    let path = server.begun_at(&ana, space, "a.jpg", b"0123456789").await;
    let differs = problem(server.patch(&ana, &path, 0, b"012345678X").await, 400).await;
    assert_eq!(differs["type"], "/problems/hash-differs");
    let gone = server.tus(Method::HEAD, &path, &ana).send().await.unwrap();
    assert_eq!(gone.status(), StatusCode::NOT_FOUND);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_has_its_room_promised_and_is_swept_when_it_does_not_go_on() {
    let server = Server::start().await;
    let ana = server.sign_in(OWNER).await;
    let space = server.space("Family").await;
    let limit = json!({"quota": 15});
    json(server.send(Method::PATCH, &format!("/api/v1/spaces/{space}"), &ana, limit).await, 200).await;
    let first = server.begun_at(&ana, space, "a.jpg", b"0123456789").await;
    let full = declared_problem("POST", server.begin(&ana, space, "b.jpg", b"9876543210").await, 507).await;
    assert_eq!(full["type"], "/problems/quota");
    // Its own promise does not stand in its way.
    assert_eq!(server.patch(&ana, &first, 0, b"01234").await.status(), StatusCode::NO_CONTENT);
    assert_eq!(server.patch(&ana, &first, 5, b"56789").await.status(), StatusCode::NO_CONTENT);

    let second = server.begun_at(&ana, space, "c.jpg", b"abcde").await;
    assert_eq!(server.patch(&ana, &second, 0, b"abc").await.status(), StatusCode::NO_CONTENT);
    assert_eq!(server.library.sweep_uploads().await.unwrap(), 0, "it may still go on");
    server.clock.advance(Duration::from_hours(8 * 24));
    assert_eq!(server.library.sweep_uploads().await.unwrap(), 2);
    assert_eq!(std::fs::read_dir(server.library.layout.uploads()).unwrap().count(), 0);
    let ana = server.sign_in(OWNER).await;
    let gone = server.tus(Method::HEAD, &second, &ana).send().await.unwrap();
    assert_eq!(gone.status(), StatusCode::NOT_FOUND);
    let page = json(server.get(&format!("/api/v1/spaces/{space}/assets"), &ana).await, 200).await;
    assert_eq!(page["assets"].as_array().unwrap().len(), 1, "what is done stays");
    server.stop().await;
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// The problem document of an answer with a status that only tus knows, whose own words keep the common one.
async fn problem_of(response: Response, status: u16) -> Value {
    assert_eq!(response.status().as_u16(), status);
    assert!(
        declared("PATCH", response.url().path(), status) && declared("POST", response.url().path(), status)
    );
    response.json().await.unwrap()
}
