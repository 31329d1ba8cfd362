//! Links that break: ours and the official clients of tus send a large file over a connection that is cut again and again;
//! it arrives whole, and nothing that had arrived is sent again.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and tells what it measured"
)]

mod support;

use std::io::Write;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use support::served::{login, serve, with_space};
use support::{Cli, Ran};
use testkit::cutting::CuttingLink;

const CUTS: u64 = 10;
/// Requests and their headers, and what a client asks in between.
const TALK: u64 = 200_000;

/// A file of `len` bytes that compress badly and repeat nowhere; gives its SHA-256.
fn file(path: &Path, len: u64) -> String {
    let mut out = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    let mut left = len;
    let mut seed = 0;
    while left > 0 {
        let part = left.min(1 << 20);
        out.write_all(&testkit::bytes(seed, usize::try_from(part).unwrap())).unwrap();
        left -= part;
        seed += 1;
    }
    out.into_inner().unwrap().sync_all().unwrap();
    hash(path)
}

fn hash(path: &Path) -> String {
    vault::hash_bytes(&mut std::fs::File::open(path).unwrap()).unwrap().0.to_string()
}

/// Serves, has `send` send a file of `len` bytes through a link that is cut ten times, and judges what is there.
fn over_a_bad_link(len: u64, send: impl FnOnce(&Cli, &CuttingLink, &Path) -> Ran) {
    let cli = Cli::set_up();
    with_space(&cli);
    let path = cli.path("film.mov");
    let sha256 = file(&path, len);
    let served = serve(&cli);
    let to = served.address.strip_prefix("http://").unwrap().parse().unwrap();
    let link = CuttingLink::start(to, CUTS, (len / (CUTS + 3)).min(30_000_000));
    let ran = send(&cli, &link, &path);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let (sent, cut) = (link.sent(), link.cut());
    println!("{len} bytes, {cut} cuts, {} bytes more than the file passed", sent.saturating_sub(len));
    assert_eq!(cut, CUTS);
    assert!(sent >= len && sent - len < TALK, "{sent} bytes passed for a file of {len}");
    served.stop();
    let out = cli.path("out");
    cli.ok(["admin", "restore", "--album", "sent", "--to", out.to_str().unwrap()]);
    assert_eq!(hash(&out.join("sent/film.mov")), sha256);
    // Nothing of the pieces is left.
    assert_eq!(std::fs::read_dir(cli.data().join("uploads")).unwrap().count(), 0);
}

/// A token that may send, and the address where uploads are begun.
fn token(cli: &Cli, link: &CuttingLink) -> (String, String) {
    let address = format!("http://{}", link.address());
    assert_eq!(login(cli, &address).code, 0);
    let credentials = std::fs::read_to_string(cli.path("home/.config/ourphoto/credentials.json")).unwrap();
    let credentials: Value = serde_json::from_str(&credentials).unwrap();
    let secret = credentials["secret"].as_str().unwrap().to_owned();
    let spaces = Ran::from(support::served::client(cli).args(["--json", "ls"]).output().unwrap());
    let spaces: Value = serde_json::from_str(&spaces.stdout).unwrap();
    let space = spaces["spaces"][0]["id"].as_str().unwrap();
    (secret, format!("{address}/api/v1/spaces/{space}/uploads"))
}

fn tools() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join("target/tools")
}

fn scripts() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testkit/tus")
}

#[test]
fn upload_goes_on_after_every_cut_and_after_it_was_stopped() {
    over_a_bad_link(200_000_000, |cli, link, path| {
        let address = format!("http://{}", link.address());
        assert_eq!(login(cli, &address).code, 0);
        let args = ["upload", path.to_str().unwrap(), "--space", "Family", "--album", "sent"];
        // Stopped in the middle, by whoever closes the laptop.
        let mut first = support::served::client(cli).args(args).spawn().unwrap();
        while link.sent() < 20_000_000 {
            std::thread::yield_now();
        }
        first.kill().unwrap();
        first.wait().unwrap();
        Ran::from(support::served::client(cli).args(args).output().unwrap())
    });
}

#[test]
fn each_kind_of_request_may_be_lost_once_and_its_answer_once() {
    let cli = Cli::set_up();
    with_space(&cli);
    let served = serve(&cli);
    assert_eq!(login(&cli, &served.address).code, 0);
    let link = CuttingLink::each_kind(served.address.strip_prefix("http://").unwrap().parse().unwrap());
    // Signing in is for a person to try again; all that comes after it is not.
    let credentials = cli.path("home/.config/ourphoto/credentials.json");
    let known = std::fs::read_to_string(&credentials).unwrap();
    std::fs::write(&credentials, known.replace(&served.address, &format!("http://{}", link.address())))
        .unwrap();
    let run = |args: &[&str]| {
        let ran = Ran::from(support::served::client(&cli).arg("--json").args(args).output().unwrap());
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        serde_json::from_str::<Value>(&ran.stdout).unwrap()
    };
    let photos = cli.path("photos");
    std::fs::create_dir(&photos).unwrap();
    std::fs::write(photos.join("small.jpg"), testkit::bytes(1, 20_000)).unwrap();
    file(&photos.join("film.mov"), 34 << 20);
    let upload = ["upload", photos.to_str().unwrap(), "--space", "Made on the way"];
    run(&upload);
    // Its bytes are known by now.
    std::fs::copy(photos.join("small.jpg"), photos.join("the same.jpg")).unwrap();
    let again = run(&upload);
    assert_eq!((&again["bytes"], &again["failed"]), (&Value::from(0), &serde_json::json!([])), "{again}");
    let out = cli.path("out");
    run(&["restore", "--space", "Made on the way", "--to", out.to_str().unwrap()]);
    assert_eq!(testkit::compare(&photos, &out.join("photos")).unwrap(), []);
    // What was asked twice was done once.
    assert_eq!(run(&["ls"])["spaces"].as_array().unwrap().len(), 2);
    assert_eq!(std::fs::read_dir(cli.data().join("uploads")).unwrap().count(), 0);
    let kinds = link.kinds();
    println!("{kinds:#?}");
    for kind in [
        "GET /api/v1/spaces",
        "POST /api/v1/spaces",
        "GET /api/v1/uploads",
        "POST /api/v1/spaces/*/files/check",
        "POST /api/v1/spaces/*/files/known",
        "PUT /api/v1/spaces/*/files",
        "POST /api/v1/spaces/*/uploads",
        "HEAD /api/v1/uploads/*",
        "PATCH /api/v1/uploads/*",
        "GET /api/v1/spaces/*/albums",
        "GET /api/v1/albums/*/assets",
        "GET /api/v1/assets/*",
        "GET /api/v1/assets/*/versions/*",
    ] {
        assert!(kinds.get(kind).is_some_and(|made| *made >= 2), "{kind} was not cut");
    }
    assert!(link.cut() >= 26);
    served.stop();
}

#[test]
fn tus_js_client_sends_a_gigabyte() {
    let client = tools().join("tus");
    if !client.join("node_modules/tus-js-client").is_dir() {
        testkit::skipped("tus-js-client is not installed");
        return;
    }
    over_a_bad_link(1_000_000_000, |cli, link, path| {
        let (secret, endpoint) = token(cli, link);
        let sent = Command::new("node")
            .arg(scripts().join("upload.mjs"))
            .args([client.as_os_str(), endpoint.as_ref(), secret.as_ref(), path.as_os_str()])
            .args(["film.mov", "sent"])
            .output();
        Ran::from(sent.unwrap())
    });
}

#[test]
fn tuspy_sends_a_gigabyte() {
    let python = tools().join("python/bin/python");
    if !python.exists() {
        testkit::skipped("tuspy is not installed");
        return;
    }
    over_a_bad_link(1_000_000_000, |cli, link, path| {
        let (secret, endpoint) = token(cli, link);
        let sent = Command::new(&python)
            .arg(scripts().join("upload.py"))
            .args([endpoint.as_ref(), secret.as_ref(), path.as_os_str()])
            .args(["film.mov", "sent"])
            .output();
        Ran::from(sent.unwrap())
    });
}
