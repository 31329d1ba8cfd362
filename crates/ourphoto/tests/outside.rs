//! What the server has to do with others: an authority that gives it a certificate, and a collector of traces.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::json;
use support::Cli;
use support::served::{client, login, started, with_space};

/// A port that nobody listens on.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Ends with the test, however that ends.
struct Ends(Child);

impl Drop for Ends {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn installed(tools: &[&str]) -> bool {
    let there = |tool: &&&str| {
        let found = Command::new("sh").args(["-c", "command -v \"$0\"", tool]).stdout(Stdio::null()).status();
        found.is_ok_and(|status| status.success())
    };
    let missing: Vec<_> = tools.iter().filter(|tool| !there(tool)).collect();
    if !missing.is_empty() {
        testkit::skipped(&format!("not installed: {missing:?}"));
    }
    missing.is_empty()
}

fn listens(port: u16) {
    let end = Instant::now() + Duration::from_mins(1);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < end, "nobody listens on {port}");
        std::thread::yield_now();
    }
}

/// An authority of one's own, and its names: pebble, which follows RFC 8555 strictly.
fn authority(dir: &Path, served: u16) -> (Vec<Ends>, u16, u16) {
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
        ])
        .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout", "key.pem", "-out", "own.pem"])
        .current_dir(dir)
        .stderr(Stdio::null())
        .status();
    assert!(made.unwrap().success());
    let (names, manage_names, listen, manage) = (free_port(), free_port(), free_port(), free_port());
    let config = json!({"pebble": {
        "listenAddress": format!("127.0.0.1:{listen}"), "managementListenAddress": format!("127.0.0.1:{manage}"),
        "certificate": "own.pem", "privateKey": "key.pem", "httpPort": 5002, "tlsPort": served,
        "ocspResponderURL": "", "externalAccountBindingRequired": false,
    }});
    std::fs::write(dir.join("pebble.json"), config.to_string()).unwrap();
    let quiet = |command: &mut Command| {
        Ends(command.current_dir(dir).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    };
    let names_at = format!("127.0.0.1:{names}");
    let resolver = quiet(
        Command::new("pebble-challtestsrv")
            .args(["-dns01", &names_at, "-management", &format!("127.0.0.1:{manage_names}")])
            .args([
                "-defaultIPv4",
                "127.0.0.1",
                "-defaultIPv6",
                "",
                "-http01",
                "",
                "-https01",
                "",
                "-tlsalpn01",
                "",
            ]),
    );
    listens(manage_names);
    let pebble = quiet(
        Command::new("pebble")
            .args(["-config", "pebble.json", "-dnsserver", &names_at])
            .env("PEBBLE_VA_NOSLEEP", "1"),
    );
    listens(listen);
    listens(manage);
    (vec![resolver, pebble], listen, manage)
}

fn curl(args: &[&str]) -> Option<String> {
    let ran =
        Command::new("curl").args(["--silent", "--fail", "--max-time", "10"]).args(args).output().unwrap();
    ran.status.success().then(|| String::from_utf8(ran.stdout).unwrap())
}

#[test]
fn a_certificate_comes_from_an_authority_and_is_kept() {
    if !installed(&["pebble", "pebble-challtestsrv", "openssl", "curl"]) {
        return;
    }
    let cli = Cli::empty();
    let port = free_port();
    let dir = cli.path("authority");
    std::fs::create_dir_all(&dir).unwrap();
    let (authority, directory, manage) = authority(&dir, port);
    let own = dir.join("own.pem");
    let serve = || {
        let mut command = cli.command();
        command.args([
            "serve",
            "--listen",
            &format!("127.0.0.1:{port}"),
            "--acme-domain",
            "photos.example.org",
        ]);
        command.args(["--acme-contact", "ana@example.org", "--acme-trusted", own.to_str().unwrap()]);
        command.args(["--acme-directory", &format!("https://localhost:{directory}/dir")]);
        let mut child = command.stderr(Stdio::null()).spawn().unwrap();
        let first = BufReader::new(child.stdout.take().unwrap()).lines().next().unwrap().unwrap();
        assert!(first.contains("https://"), "{first}");
        Ends(child)
    };
    let server = serve();
    let root =
        curl(&["--cacert", own.to_str().unwrap(), &format!("https://localhost:{manage}/roots/0")]).unwrap();
    let root_file = dir.join("root.pem");
    std::fs::write(&root_file, root).unwrap();
    let resolve = format!("photos.example.org:{port}:127.0.0.1");
    let url = format!("https://photos.example.org:{port}/healthz");
    let healthy = || curl(&["--cacert", root_file.to_str().unwrap(), "--resolve", &resolve, &url]).is_some();
    let end = Instant::now() + Duration::from_mins(2);
    while !healthy() {
        assert!(Instant::now() < end, "no certificate after two minutes");
        std::thread::yield_now();
    }
    let kept = cli.data().join("acme");
    let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(&kept).unwrap());
    assert_eq!(mode & 0o777, 0o700, "its key is nobody else's");
    // Without the authority, the certificate that was kept serves.
    drop(server);
    drop(authority);
    let _server = serve();
    let end = Instant::now() + Duration::from_secs(30);
    while !healthy() {
        assert!(Instant::now() < end, "the certificate was not kept");
        std::thread::yield_now();
    }
}

/// Takes what is posted to it, until nobody holds the sender.
fn collector() -> (String, mpsc::Receiver<(String, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let (mut head, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                if stream.read_line(&mut line).unwrap() == 0 || line == "\r\n" {
                    break;
                }
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                head += &line;
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).unwrap();
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            stream.get_mut().write_all(answer).unwrap();
            if sender.send((head, body)).is_err() {
                return;
            }
        }
    });
    (address, receiver)
}

#[test]
fn traces_of_requests_reach_a_collector_and_say_no_more_than_the_log() {
    let cli = Cli::set_up();
    with_space(&cli);
    let (address, received) = collector();
    let mut command = client(&cli);
    command.args(["serve", "--listen", "127.0.0.1:0", "--otlp-endpoint", &address, "--data"]).arg(cli.data());
    let served = started(command);
    let signed_in = login(&cli, &served.address);
    assert_eq!(signed_in.code, 0, "{}", signed_in.stderr);
    assert_eq!(client(&cli).args(["search", "secret wedding"]).status().unwrap().code(), Some(0));
    // What waits is sent before it ends.
    served.stop();
    let posts: Vec<(String, Vec<u8>)> = received.try_iter().collect();
    assert!(!posts.is_empty(), "nothing reached the collector");
    let sent: Vec<u8> = posts.iter().flat_map(|(_, body)| body.clone()).collect();
    let has = |text: &str| sent.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(posts.iter().all(|(head, _)| head.starts_with("POST /v1/traces ")), "{:?}", posts[0].0);
    for told in ["ourphoto", "POST /api/v1/session", "GET /api/v1/search", "http.response.status_code"] {
        assert!(has(told), "{told} is not told");
    }
    for secret in ["secret wedding", "secret+wedding", "ana@example.org", "ops_", "battery"] {
        assert!(!has(secret), "{secret} is told");
    }
}
