//! What a server refuses is told with its reason and asked once; what it puts off is asked again when it says so.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ourphoto_agent::{Client, Moving, Upload, UploadReport, upload};

const SPACE: &str = "0195d5b0-0000-7000-8000-000000000001";
/// Large enough to be sent in pieces.
const LARGE: u64 = 33 << 20;

/// An answer: status, headers, body.
struct Answer(u16, &'static [(&'static str, &'static str)], String);

type Asked = Arc<Mutex<Vec<(String, Instant)>>>;

fn problem(status: u16, name: &str, detail: &str) -> Answer {
    let body = format!(r#"{{"type":"/problems/{name}","title":"","status":{status},"detail":"{detail}"}}"#);
    Answer(status, &[], body)
}

fn ok(body: impl Into<String>) -> Answer {
    Answer(200, &[], body.into())
}

/// What every upload asks first, or the answer of `special`.
fn usual(asked: &str, special: impl Fn(&str) -> Answer) -> Answer {
    match asked {
        "GET /api/v1/spaces" => ok(format!(
            r#"[{{"id":"{SPACE}","name":"Family","role":"owner","permissions":[],"created_at":"","approval":false}}]"#
        )),
        "GET /api/v1/uploads" => ok("[]"),
        asked if asked.ends_with("/files/check") => ok(r#"{"present":[]}"#),
        asked => special(asked),
    }
}

/// A server that answers as it is told to; gives its address and what it is asked.
fn serve(answer: impl Fn(&str, usize) -> Answer + Send + 'static) -> (String, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked = Asked::default();
    let noted = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            talk(&stream, &answer, &noted);
        }
    });
    (address, asked)
}

fn talk(stream: &TcpStream, answer: &impl Fn(&str, usize) -> Answer, noted: &Asked) {
    let mut reader = BufReader::new(stream);
    let mut head = Vec::new();
    for line in reader.by_ref().lines().map_while(Result::ok) {
        if line.is_empty() {
            break;
        }
        head.push(line.to_ascii_lowercase());
    }
    let Some(first) = head.first() else { return };
    let mut words = first.split(['?', ' ']);
    let asked = format!("{} {}", words.next().unwrap().to_uppercase(), words.next().unwrap());
    let length =
        head.iter().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
    let before = {
        let mut noted = noted.lock().unwrap();
        noted.push((asked.clone(), Instant::now()));
        noted.iter().filter(|(other, _)| *other == asked).count()
    };
    let _ = std::io::copy(&mut reader.take(length), &mut std::io::sink());
    let Answer(status, headers, body) = answer(&asked, before);
    let mut text = format!("HTTP/1.1 {status} x\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    let body = if asked.starts_with("HEAD") { "" } else { &body };
    let _ = (&*stream).write_all(format!("{text}\r\n{body}").as_bytes());
}

#[derive(Default)]
struct Heard(Mutex<(u64, u64)>);

impl Moving for Heard {
    fn found(&self, _: u64, _: u64) {}
    fn advance(&self, files: u64, bytes: u64) {
        let mut heard = self.0.lock().unwrap();
        *heard = (heard.0 + files, heard.1 + bytes);
    }
}

async fn send(address: &str, path: &Path) -> model::Result<UploadReport> {
    let client = Client::new(address, Some("secret".to_owned())).unwrap();
    let heard = Arc::new(Heard::default());
    let what = Upload { paths: vec![path.to_owned()], space: "Family".to_owned(), album: None };
    let report = upload(&client, what, heard.clone()).await;
    if report.is_ok() {
        assert_eq!(*heard.0.lock().unwrap(), (1, path.metadata().unwrap().len()), "each byte is told once");
    }
    report
}

fn file(size: u64) -> (tempfile::TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.jpg");
    std::fs::File::create(&path).unwrap().set_len(size).unwrap();
    (dir, path)
}

fn times(asked: &Asked, what: &str) -> usize {
    asked.lock().unwrap().iter().filter(|(asked, _)| asked.starts_with(what)).count()
}

#[tokio::test]
async fn a_server_that_says_when_is_asked_again_then() {
    let received = format!(r#"{{"asset":"{SPACE}","sha256":"","was":"new"}}"#);
    let (address, asked) = serve(move |asked, time| {
        usual(asked, |_| match time {
            1 => Answer(429, &[("Retry-After", "2")], String::new()),
            _ => ok(received.clone()),
        })
    });
    let (_dir, path) = file(1000);
    let report = send(&address, &path).await.unwrap();
    assert_eq!((report.new, report.failed.len()), (1, 0), "{report:?}");
    let asked = asked.lock().unwrap();
    let puts: Vec<Instant> =
        asked.iter().filter(|(asked, _)| asked.starts_with("PUT")).map(|(_, at)| *at).collect();
    assert!(puts[1] - puts[0] >= Duration::from_secs(2));
}

#[tokio::test]
async fn a_refusal_is_told_with_its_reason_and_not_asked_again() {
    let (address, asked) = serve(|asked, _| usual(asked, |_| problem(409, "in-trash", "it is in the trash")));
    let (_dir, path) = file(1000);
    let report = send(&address, &path).await.unwrap();
    assert_eq!(report.failed[0].1, "it is in the trash");
    assert_eq!(times(&asked, "PUT"), 1);

    let (address, asked) = serve(|asked, _| usual(asked, |_| Answer(413, &[], "<html>".to_owned())));
    let report = send(&address, &path).await.unwrap();
    assert!(report.failed[0].1.contains("the proxy's limit"), "{report:?}");
    assert_eq!(times(&asked, "PUT"), 1);
}

/// An upload in pieces whose HEAD is answered with `status`, and what asking with words says.
fn in_pieces(status: u16, told: (u16, &'static str, &'static str)) -> (String, Asked) {
    serve(move |asked, _| {
        usual(asked, |asked| match asked.split(' ').next() {
            Some("POST") => Answer(201, &[("Location", "/api/v1/uploads/one")], String::new()),
            Some("HEAD") => Answer(status, &[], "not sent".to_owned()),
            _ => problem(told.0, told.1, told.2),
        })
    })
}

#[tokio::test]
async fn the_reason_that_an_answer_to_head_cannot_have_is_asked_for() {
    let (_dir, path) = file(LARGE);
    for (status, name, said) in
        [(507, "quota", "the space is full"), (409, "in-trash", "an album of this name is in the trash")]
    {
        let (address, asked) = in_pieces(status, (status, name, said));
        let report = send(&address, &path).await.unwrap();
        assert_eq!(report.failed[0].1, said);
        assert_eq!((times(&asked, "HEAD"), times(&asked, "PATCH")), (1, 1));
    }
    // Where the bytes are not all there, there is no more to hear than that.
    let (address, asked) = in_pieces(507, (409, "wrong-offset", "the upload goes on at byte 0"));
    let report = send(&address, &path).await.unwrap();
    assert!(report.failed[0].1.contains("no room"), "{report:?}");
    assert_eq!(times(&asked, "HEAD"), 1);
    // Nothing will go differently for other files.
    let (address, asked) = in_pieces(401, (401, "unproved", "unused"));
    let refused = send(&address, &path).await.unwrap_err();
    assert!(refused.message().contains("sign in again"), "{refused}");
    assert_eq!((times(&asked, "HEAD"), times(&asked, "PATCH")), (1, 0));
}

#[tokio::test]
async fn empty_files_are_left_out_by_name_and_are_no_failure() {
    let (address, asked) =
        serve(|asked, _| usual(asked, |_| problem(400, "empty-file", "the file is empty")));
    let (_dir, path) = file(0);
    let client = Client::new(&address, None).unwrap();
    let what = Upload { paths: vec![path.clone()], space: "family".to_owned(), album: None };
    let report = upload(&client, what, Arc::new(Heard::default())).await.unwrap();
    assert!(report.is_complete());
    assert_eq!(report.empty, [path.display().to_string()]);
    assert_eq!(times(&asked, "PUT"), 0);
}
