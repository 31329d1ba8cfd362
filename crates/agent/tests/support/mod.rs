//! A server of a few answers, and files to be sent to it.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "shared by several test programs; a test fails by panicking"
)]

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ourphoto_agent::{Client, Moving, Silence, Upload, UploadReport, upload};

pub const SPACE: &str = "0195d5b0-0000-7000-8000-000000000001";
/// Large enough to be sent in pieces.
pub const LARGE: u64 = 33 << 20;

/// An answer: status, headers, body.
pub struct Answer(pub u16, pub &'static [(&'static str, &'static str)], pub String);

pub type Asked = Arc<Mutex<Vec<(String, Instant)>>>;

/// How a server takes what a request brings.
#[derive(Clone, Copy)]
pub enum Takes {
    /// As fast as it comes.
    AtOnce,
    /// So many bytes each time, and a pause after them; the same pause a hundred times before it answers.
    Slowly(u64, Duration),
    /// So many bytes, and then nothing more, though the connection stays.
    Stalls(u64),
}

pub fn problem(status: u16, name: &str, detail: &str) -> Answer {
    let body = format!(r#"{{"type":"/problems/{name}","title":"","status":{status},"detail":"{detail}"}}"#);
    Answer(status, &[], body)
}

pub fn ok(body: impl Into<String>) -> Answer {
    Answer(200, &[], body.into())
}

/// What every upload and every restore asks first, or the answer of `special`.
pub fn usual(asked: &str, special: impl Fn(&str) -> Answer) -> Answer {
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
pub fn serve(answer: impl Fn(&str, usize) -> Answer + Send + 'static) -> (String, Asked) {
    serve_taking(|_, _| Takes::AtOnce, answer)
}

/// The same, taking what requests bring as it is told to.
pub fn serve_taking(
    takes: impl Fn(&str, usize) -> Takes + Send + 'static,
    answer: impl Fn(&str, usize) -> Answer + Send + 'static,
) -> (String, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked = Asked::default();
    let noted = Arc::clone(&asked);
    std::thread::spawn(move || {
        let mut stalled = Vec::new();
        for stream in listener.incoming().map_while(Result::ok) {
            if !talk(&stream, &takes, &answer, &noted) {
                stalled.push(stream);
            }
        }
    });
    (address, asked)
}

/// Takes a request and answers it; `false` where it stalls.
fn talk(
    stream: &TcpStream,
    takes: &impl Fn(&str, usize) -> Takes,
    answer: &impl Fn(&str, usize) -> Answer,
    noted: &Asked,
) -> bool {
    let mut reader = BufReader::new(stream);
    let mut head = Vec::new();
    for line in reader.by_ref().lines().map_while(Result::ok) {
        if line.is_empty() {
            break;
        }
        head.push(line.to_ascii_lowercase());
    }
    let Some(first) = head.first() else { return true };
    let mut words = first.split(['?', ' ']);
    let asked = format!("{} {}", words.next().unwrap().to_uppercase(), words.next().unwrap());
    let length =
        head.iter().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
    let before = {
        let mut noted = noted.lock().unwrap();
        noted.push((asked.clone(), Instant::now()));
        noted.iter().filter(|(other, _)| *other == asked).count()
    };
    let mut body = reader.take(length);
    let mut take = |most: u64| std::io::copy(&mut body.by_ref().take(most), &mut std::io::sink());
    match takes(&asked, before) {
        Takes::AtOnce => {
            let _ = take(length);
        }
        Takes::Slowly(each, pause) => {
            while take(each).is_ok_and(|taken| taken > 0) {
                std::thread::sleep(pause);
            }
            std::thread::sleep(pause * 100);
        }
        Takes::Stalls(after) => {
            let _ = take(after);
            return false;
        }
    }
    let Answer(status, headers, body) = answer(&asked, before);
    let mut text = format!("HTTP/1.1 {status} x\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    let body = if asked.starts_with("HEAD") { "" } else { &body };
    let _ = (&*stream).write_all(format!("{text}\r\n{body}").as_bytes());
    true
}

#[derive(Default)]
pub struct Heard(Mutex<(u64, u64)>);

impl Moving for Heard {
    fn found(&self, _: u64, _: u64) {}
    fn advance(&self, files: u64, bytes: u64) {
        let mut heard = self.0.lock().unwrap();
        *heard = (heard.0 + files, heard.1 + bytes);
    }
}

pub async fn send(address: &str, path: &Path) -> model::Result<UploadReport> {
    send_bearing(address, path, Silence::default()).await
}

pub async fn send_bearing(address: &str, path: &Path, silence: Silence) -> model::Result<UploadReport> {
    let client = Client::with_silence(address, Some("secret".to_owned()), silence).unwrap();
    let heard = Arc::new(Heard::default());
    let what = Upload { paths: vec![path.to_owned()], space: "Family".to_owned(), album: None };
    let report = upload(&client, what, heard.clone()).await;
    if report.is_ok() {
        assert_eq!(
            *heard.0.lock().unwrap(),
            (1, path.metadata().unwrap().len()),
            "each byte is told once: {report:?}"
        );
    }
    report
}

pub fn file(size: u64) -> (tempfile::TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.jpg");
    std::fs::File::create(&path).unwrap().set_len(size).unwrap();
    (dir, path)
}

pub fn times(asked: &Asked, what: &str) -> usize {
    asked.lock().unwrap().iter().filter(|(asked, _)| asked.starts_with(what)).count()
}
