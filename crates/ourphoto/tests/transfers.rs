//! Sending and fetching where something is in the way: names that cannot be sent, names that are taken, connections that
//! break, a server that stops.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::served::{Served, client, login, serve, started, with_space};
use support::{Cli, Ran};
use testkit::bytes;
use testkit::cutting::CuttingLink;
use testkit::photos::{ExifOptions, jpeg};

fn json_of(cli: &Cli, args: &[&str]) -> (i32, Value) {
    let ran = Ran::from(client(cli).arg("--json").args(args).output().unwrap());
    let document = serde_json::from_str(&ran.stdout);
    (ran.code, document.unwrap_or_else(|error| panic!("{error}: {}{}", ran.stdout, ran.stderr)))
}

fn served() -> (Cli, Served) {
    let cli = Cli::set_up();
    with_space(&cli);
    let served = serve(&cli);
    let signed_in = login(&cli, &served.address);
    assert_eq!(signed_in.code, 0, "{}{}", signed_in.stdout, signed_in.stderr);
    (cli, served)
}

fn socket(address: &str) -> SocketAddr {
    address.split_once("://").unwrap().1.parse().unwrap()
}

fn restored(cli: &Cli, name: &str) -> std::path::PathBuf {
    let out = cli.path(name);
    let (code, report) = json_of(cli, &["restore", "--space", "Family", "--to", out.to_str().unwrap()]);
    assert_eq!(code, 0, "{report}");
    out
}

#[test]
fn folders_whose_names_cannot_be_sent_are_told_and_never_thrown_together() {
    let (cli, server) = served();
    let photos = cli.path("photos");
    for (folder, content) in [(&b"f\xe9te"[..], "one"), (&b"f\xeate"[..], "other")] {
        let folder = photos.join(OsStr::from_bytes(folder));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("IMG_0001.JPG"), content).unwrap();
    }
    fs::write(photos.join("good.jpg"), "good").unwrap();
    let (code, report) = json_of(&cli, &["upload", photos.to_str().unwrap(), "--space", "Family"]);
    assert_eq!((code, &report["new"], &report["versions"]), (1, &json!(1), &json!(0)), "{report}");
    let failed = report["failed"].as_array().unwrap();
    assert_eq!(failed.len(), 2, "{report}");
    let told = |entry: &Value| entry[1].as_str().unwrap().contains("the name of its folder is not UTF-8");
    assert!(failed.iter().all(told), "{report}");
    server.stop();
}

#[test]
fn two_cards_that_number_alike_do_not_become_versions_of_each_other() {
    let (cli, server) = served();
    for (card, content) in [("100CANON", "one"), ("101CANON", "other"), ("102CANON", "one")] {
        let folder = cli.path("card/DCIM").join(card);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("IMG_0001.JPG"), content).unwrap();
    }
    let card = cli.path("card/DCIM");
    let args = ["upload", card.to_str().unwrap(), "--space", "Family", "--album", "Wedding"];
    let (code, report) = json_of(&cli, &args);
    assert_eq!((code, &report["new"], &report["versions"]), (1, &json!(1), &json!(0)), "{report}");
    assert_eq!(report["there"], 1, "the same photo twice is one: {report}");
    let failed = report["failed"].as_array().unwrap();
    assert_eq!(failed.len(), 1, "{report}");
    assert!(failed[0][0].as_str().unwrap().ends_with("101CANON/IMG_0001.JPG"), "{report}");
    assert!(failed[0][1].as_str().unwrap().contains("100CANON/IMG_0001.JPG"), "{report}");
    // Without one album for all, each folder is its own.
    let (code, report) = json_of(&cli, &["upload", card.to_str().unwrap(), "--space", "Family"]);
    assert_eq!((code, &report["new"]), (0, &json!(3)), "{report}");
    let out = restored(&cli, "out");
    assert_eq!(fs::read(out.join("Wedding/IMG_0001.JPG")).unwrap(), b"one");
    assert_eq!(fs::read(out.join("DCIM/101CANON/IMG_0001.JPG")).unwrap(), b"other");
    server.stop();
}

#[test]
fn a_download_goes_on_where_the_connection_broke() {
    let cli = Cli::set_up();
    with_space(&cli);
    let film = bytes(5, 9_000_000);
    fs::create_dir_all(cli.path("films")).unwrap();
    fs::write(cli.path("films/film.mov"), &film).unwrap();
    cli.ok(["admin", "import", "--space", "Family", "--no-previews", cli.path("films").to_str().unwrap()]);
    let server = serve(&cli);
    // Every connection that brings two megabytes breaks, four times.
    let link = CuttingLink::answers(socket(&server.address), 4, 2_000_000);
    let signed_in = login(&cli, &format!("http://{}", link.address()));
    assert_eq!(signed_in.code, 0, "{}{}", signed_in.stdout, signed_in.stderr);
    let out = restored(&cli, "out");
    assert_eq!(link.cut(), 4);
    assert!(fs::read(out.join("films/film.mov")).unwrap() == film);
    let names =
        |folder: &Path| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    let left: Vec<std::ffi::OsString> = names(&out.join("films"));
    assert_eq!(left, ["film.mov"]);
    server.stop();
}

/// The beginning of a request that goes on later.
fn begin(address: SocketAddr, head: &str, body: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(format!("{head}\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    stream
}

fn answer(mut stream: TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

fn has_bytes(folder: &Path) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).any(|path| {
        if path.is_dir() { has_bytes(&path) } else { path.metadata().is_ok_and(|found| found.len() > 0) }
    })
}

#[test]
fn a_server_that_is_stopped_finishes_one_upload_and_parks_the_other() {
    let (cli, server) = served();
    let address = socket(&server.address);
    let spaces: Value = json_of(&cli, &["ls"]).1;
    let space = spaces["spaces"][0]["id"].as_str().unwrap().to_owned();
    let made = cli.json(["admin", "token", "--email", "ana@example.org", "--scope", "view,upload"]).1;
    let token = made["token"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
    let photo = bytes(1, 4_000_000);
    let hash = vault::hash_bytes(&mut &photo[..]).unwrap().0;
    let whole = begin(
        address,
        &format!(
            "PUT /api/v1/spaces/{space}/files?album=a&name=whole.jpg&sha256={hash} HTTP/1.1\r\n\
             Authorization: Bearer {token}\r\nContent-Length: {}",
            photo.len()
        ),
        &photo[..1_000_000],
    );
    let tus = format!("Authorization: Bearer {token}\r\nTus-Resumable: 1.0.0");
    let made = answer(begin(
        address,
        &format!(
            "POST /api/v1/spaces/{space}/uploads HTTP/1.1\r\n{tus}\r\nUpload-Length: {}\r\n\
             Upload-Metadata: filename cGFydC5qcGc=,album YQ==\r\nContent-Length: 0",
            photo.len()
        ),
        &[],
    ));
    let place =
        made.lines().find_map(|line| line.strip_prefix("location: ")).unwrap_or_else(|| panic!("{made}"));
    let place = place.trim().to_owned();
    let part = begin(
        address,
        &format!(
            "PATCH {place} HTTP/1.1\r\n{tus}\r\nUpload-Offset: 0\r\n\
             Content-Type: application/offset+octet-stream\r\nContent-Length: {}",
            photo.len()
        ),
        &photo[..1_000_000],
    );
    // Both are under way when their bytes are on the disk.
    while !["uploads", "store/tmp"].iter().all(|folder| has_bytes(&cli.data().join(folder))) {
        std::thread::yield_now();
    }
    let pid = server.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    // It has heard when the part is answered: what arrived of it is kept.
    let parked = answer(part);
    assert!(parked.starts_with("HTTP/1.1 2") || parked.starts_with("HTTP/1.1 503"), "{parked}");
    let mut whole = whole;
    whole.write_all(&photo[1_000_000..]).unwrap();
    let finished = answer(whole);
    assert!(finished.starts_with("HTTP/1.1 200"), "{finished}");
    let mut server = server;
    assert_eq!(server.child.wait().unwrap().code(), Some(0));

    let server = serve(&cli);
    let address = socket(&server.address);
    let state = answer(begin(address, &format!("HEAD {place} HTTP/1.1\r\n{tus}"), &[]));
    let offset = state.lines().find_map(|line| line.strip_prefix("upload-offset: "));
    let offset: usize = offset.unwrap_or_else(|| panic!("{state}")).trim().parse().unwrap();
    assert!((1..=1_000_000).contains(&offset), "{offset} bytes were kept");
    let rest = answer(begin(
        address,
        &format!(
            "PATCH {place} HTTP/1.1\r\n{tus}\r\nUpload-Offset: {offset}\r\n\
             Content-Type: application/offset+octet-stream\r\nContent-Length: {}",
            photo.len() - offset
        ),
        &photo[offset..],
    ));
    assert!(rest.starts_with("HTTP/1.1 204"), "{rest}");
    server.stop();
    let out = cli.path("out");
    cli.ok(["admin", "restore", "--space", "Family", "--to", out.to_str().unwrap()]);
    for name in ["whole.jpg", "part.jpg"] {
        assert!(fs::read(out.join("a").join(name)).unwrap() == photo, "{name}");
    }
}

#[test]
fn a_second_ctrl_c_ends_a_server_at_once_and_says_what_was_under_way() {
    let cli = Cli::set_up();
    with_space(&cli);
    let mut child = cli.command().args(["serve", "--listen", "127.0.0.1:0"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let address = lines.next().unwrap().split_whitespace().last().unwrap().to_owned();
    assert_eq!(login(&cli, &address).code, 0);
    let spaces: Value = json_of(&cli, &["ls"]).1;
    let made = cli.json(["admin", "token", "--email", "ana@example.org", "--scope", "view,upload"]).1;
    let head = format!(
        "PUT /api/v1/spaces/{}/files?album=a&name=a.jpg&sha256={} HTTP/1.1\r\nAuthorization: Bearer {}\r\n\
         Content-Length: 4000000",
        spaces["spaces"][0]["id"].as_str().unwrap(),
        "0".repeat(64),
        made["token"].as_str().unwrap(),
    );
    let hangs = begin(socket(&address), &head, &bytes(1, 1_000_000));
    while !has_bytes(&cli.data().join("store/tmp")) {
        std::thread::yield_now();
    }
    let interrupt = || {
        let pid = child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    };
    interrupt();
    assert!(lines.any(|line| line.starts_with("Stopping")));
    let begun = Instant::now();
    interrupt();
    // Waiting for the upload would take half a minute.
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    let said: Vec<String> = lines.collect();
    assert!(said[0].starts_with("Ended at once; 1 file on its way was broken off."), "{said:?}");
    drop(hangs);
    // It starts again as if nothing had been.
    serve(&cli).stop();
    cli.ok(["admin", "doctor"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_is_kept_by_browsers_and_given_to_nobody_whose_right_ended() {
    let cli = Cli::set_up();
    let photos = cli.path("photos");
    fs::create_dir_all(&photos).unwrap();
    fs::write(photos.join("a.jpg"), jpeg(1, 640, 480, &ExifOptions::default())).unwrap();
    cli.ok(["admin", "import", "--space", "Family", photos.to_str().unwrap()]);
    let server = serve(&cli);
    let token = || {
        let made = cli.json(["admin", "token", "--email", "ana@example.org", "--scope", "view"]).1;
        made["token"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned()
    };
    let (token, other) = (token(), token());
    // The client wants a provider of cryptography even where it speaks plain HTTP.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::new();
    let get = async |path: &str, token: &str, etag: Option<&reqwest::header::HeaderValue>| {
        let request = http.get(format!("{}{path}", server.address)).bearer_auth(token);
        let request = match etag {
            Some(etag) => request.header(reqwest::header::IF_NONE_MATCH, etag),
            None => request,
        };
        request.send().await.unwrap()
    };
    let found: Value = get("/api/v1/search?q=", &token, None).await.json().await.unwrap();
    let asset = found["assets"][0]["id"].as_str().unwrap_or_else(|| panic!("{found}"));
    let preview = format!("/api/v1/assets/{asset}/renditions/thumbnail");
    let mut first = get(&preview, &token, None).await;
    while first.status() == 404 {
        let body: Value = first.json().await.unwrap();
        assert_eq!(body["type"], "/problems/no-rendition", "{body}");
        first = get(&preview, &token, None).await;
    }
    assert_eq!(
        (first.status().as_u16(), &first.headers()["content-type"]),
        (200, &"image/jpeg".parse().unwrap())
    );
    let kept = first.headers()["cache-control"].to_str().unwrap().to_owned();
    assert!(kept.contains("private") && kept.contains("no-cache"), "asked for again each time: {kept}");
    let etag = first.headers()["etag"].clone();
    let picture = first.bytes().await.unwrap();
    assert!(picture.starts_with(&[0xff, 0xd8, 0xff]), "it is no JPEG");
    let again = get(&preview, &token, Some(&etag)).await;
    assert_eq!(again.status(), 304);
    assert!(again.bytes().await.unwrap().is_empty());
    assert_eq!(get(&preview, &token, Some(&"\"another\"".parse().unwrap())).await.status(), 200);
    // What the browser has kept is worth nothing to whoever has no right any more.
    let ended = http.delete(format!("{}/api/v1/session", server.address)).bearer_auth(&token).send().await;
    assert!(ended.unwrap().status().is_success());
    assert_eq!(get(&preview, &token, Some(&etag)).await.status(), 401);
    assert_eq!(get(&preview, &other, Some(&etag)).await.status(), 304);
    server.stop();
}

#[test]
fn over_tls_from_files_a_browsers_cookie_goes_over_tls_alone() {
    let cli = Cli::set_up();
    let (certificate, key) = (cli.path("server.pem"), cli.path("server.key"));
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
        ])
        .args(["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"])
        .args(["-keyout", key.to_str().unwrap(), "-out", certificate.to_str().unwrap()])
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let mut command = cli.command();
    command.args(["serve", "--listen", "127.0.0.1:0", "--tls-certificate", certificate.to_str().unwrap()]);
    command.args(["--tls-key", key.to_str().unwrap()]);
    let server = started(command);
    assert!(server.address.starts_with("https://"), "{}", server.address);
    let curl = |args: &[&str]| {
        let ran = Command::new("curl")
            .args(["-sS", "--noproxy", "*", "--cacert", certificate.to_str().unwrap(), "-i"])
            .args(args)
            .output();
        ran.ok().map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let session = format!("{}/api/v1/session", server.address);
    let known =
        json!({"email": "ana@example.org", "password": "correct horse battery staple", "agent": "browser"});
    let same_site = ["-H", "Sec-Fetch-Site: same-origin", "-H", "Content-Type: application/json"];
    let known = known.to_string();
    let sign_in: Vec<&str> =
        same_site.iter().copied().chain(["--http2", "-d", &known, session.as_str()]).collect();
    let Some(said) = curl(&sign_in) else {
        testkit::skipped("curl is not installed");
        return server.stop();
    };
    assert!(said.starts_with("HTTP/2 2"), "{said}");
    let cookie =
        said.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap_or_else(|| panic!("{said}"));
    assert!(cookie.starts_with("__Host-ourphoto=ops_"), "{cookie}");
    for part in ["; Secure", "; HttpOnly", "; SameSite=Strict", "; Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!said.contains("\"secret\":\"ops_"), "a script must not read it");
    let kept = format!("Cookie: {}", cookie.split(';').next().unwrap());
    let spaces = format!("{}/api/v1/spaces", server.address);
    assert!(curl(&["-H", &kept, &spaces]).unwrap().starts_with("HTTP/2 200"));
    // The name that a plain server uses means nothing here: another site could have set it.
    let plain = kept.replace("__Host-ourphoto", "ourphoto");
    assert!(curl(&["-H", &plain, &spaces]).unwrap().starts_with("HTTP/2 401"));
    // Nobody is answered in the clear.
    let clear = spaces.replace("https://", "http://");
    assert!(!curl(&["-H", &kept, &clear]).unwrap().contains("200"));
    server.stop();
}
