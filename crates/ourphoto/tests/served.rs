//! The server as a program, and the commands that work with it: photos from another folder come back byte for byte, and
//! what was acknowledged survives SIGKILL at random moments.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and tells what it tried"
)]

mod support;

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Method, RequestBuilder as Request, Response};
use serde_json::{Value, json};
use support::served::{Served, client, login, serve, serve_new, with_space};
use support::{Cli, Ran};
use testkit::{Rng, SampleTree, Shape, bytes, compare};

/// How often the server is killed.
const KILLS: u64 = 10;
/// Senders at once.
const SENDERS: u64 = 16;

fn json_of(cli: &Cli, args: &[&str]) -> (i32, Value) {
    let ran = Ran::from(client(cli).arg("--json").args(args).output().unwrap());
    let document = serde_json::from_str(&ran.stdout);
    (ran.code, document.unwrap_or_else(|error| panic!("{error}: {}{}", ran.stdout, ran.stderr)))
}

#[test]
fn photos_sent_from_another_machine_come_back_byte_for_byte() {
    let cli = Cli::set_up();
    with_space(&cli);
    let photos = cli.path("photos");
    // Names that are not UTF-8 cannot be sent, and are told; this tree has none.
    let tree = SampleTree::write(&photos, 3, &Shape::small()).unwrap();
    if let Some(real) = testkit::testdata() {
        let copied = Command::new("cp")
            .arg("-r")
            .arg("--preserve=timestamps")
            .args([&real, &photos.join("real")])
            .status();
        assert!(copied.unwrap().success());
    } else {
        testkit::testdata::say_skipped();
    }
    let served = serve(&cli);
    let refused = Ran::from(client(&cli).args(["ls"]).output().unwrap());
    assert_ne!(refused.code, 0, "{}", refused.stdout);
    let signed_in = login(&cli, &served.address);
    assert_eq!(signed_in.code, 0, "{}{}", signed_in.stdout, signed_in.stderr);

    let sent = |path: &Path| json_of(&cli, &["upload", path.to_str().unwrap(), "--space", "family"]);
    let (code, report) = sent(&photos);
    assert!(report["new"].as_u64().unwrap() + 1 >= tree.len() as u64, "{report}");
    // An empty file is no photo, and is left out; whatever is not sent is a failure of ours.
    assert_eq!((code, &report["failed"]), (0, &json!([])), "{report}");
    let empty = report["empty"].as_array().unwrap();
    assert!(empty.iter().any(|file| file.as_str().unwrap().ends_with("Edge names/empty.jpg")), "{report}");
    let (_, again) = sent(&photos);
    assert_eq!((again["new"].as_u64(), again["bytes"].as_u64()), (Some(0), Some(0)), "{again}");

    let out = cli.path("out");
    let (code, report) = json_of(&cli, &["restore", "--space", "Family", "--to", out.to_str().unwrap()]);
    assert_eq!(code, 0, "{report}");
    for file in empty {
        std::fs::remove_file(file.as_str().unwrap()).unwrap();
    }
    let differences = compare(&photos, &out.join("photos")).unwrap();
    assert!(differences.is_empty(), "{differences:#?}");
    let (_, again) = json_of(&cli, &["restore", "--space", "Family", "--to", out.to_str().unwrap()]);
    assert_eq!(again["restored"], 0, "{again}");

    let out = Ran::from(client(&cli).args(["logout"]).output().unwrap());
    assert_eq!(out.code, 0, "{}{}", out.stdout, out.stderr);
    assert_ne!(Ran::from(client(&cli).args(["ls"]).output().unwrap()).code, 0);
    served.stop();
    cli.ok(["copies", "check", "library"]);
}

#[test]
fn a_new_server_is_set_up_filled_searched_and_restored_from_with_commands_alone() {
    let cli = Cli::empty();
    let (served, address) = serve_new(&cli);
    let kit = cli.path("kit.txt");
    let set_up = |address: &str, kit: &Path| {
        let args = ["setup", address, "--email", "ana@example.org", "--password-stdin", "--kit"];
        let mut child = client(&cli).args(args).arg(kit).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(b"correct horse battery staple\n").unwrap();
        Ran::from(child.wait_with_output().unwrap())
    };
    let wrong = set_up(&format!("{}/setup#ops_setup_wrong", served.address), &kit);
    assert_ne!(wrong.code, 0);
    assert!(!kit.exists(), "a kit of nothing");
    std::fs::write(cli.path("there.txt"), "mine").unwrap();
    let refused = set_up(&address, &cli.path("there.txt"));
    assert_ne!(refused.code, 0, "{}", refused.stdout);
    let done = set_up(&address, &kit);
    assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
    let text = std::fs::read_to_string(&kit).unwrap();
    assert!(text.contains("AGE-SECRET-KEY-1"), "{text}");
    assert_ne!(set_up(&address, &cli.path("again.txt")).code, 0, "it works once");

    let photos = cli.path("photos");
    let tree = SampleTree::write(&photos, 5, &Shape::small()).unwrap();
    // An empty file is no photo, and would not come back.
    std::fs::remove_file(photos.join("Edge names/empty.jpg")).unwrap();
    let (code, report) = json_of(&cli, &["upload", photos.to_str().unwrap(), "--space", "Made on the way"]);
    assert_eq!((code, report["new"].as_u64()), (0, Some(tree.len() as u64 - 1)), "{report}");
    let (_, found) = json_of(&cli, &["search", "edge", "names", "--limit", "3"]);
    assert_eq!(found.as_array().unwrap().len(), 3);
    // One disk is no backup, and a copy puts that right.
    let (code, status) = json_of(&cli, &["status"]);
    assert_eq!((code, &status["risks"][0]["kind"]), (1, &json!("no-copy")), "{status}");
    cli.add_copy("usb");
    let (_, status) = json_of(&cli, &["status"]);
    assert_eq!(status["risks"][0]["kind"], "not-copied", "{status}");
    cli.ok(["copies", "run"]);
    let (code, status) = json_of(&cli, &["status"]);
    assert_eq!((code, &status["risks"][0]["kind"]), (1, &json!("no-offsite")), "{status}");
    assert!(status["alerts"].is_array(), "{status}");
    let (code, drill) = json_of(&cli, &["drill", "run", "usb"]);
    assert_eq!(
        (code, &drill["drill"]["passed"], &drill["genuine"]),
        (0, &json!(true), &json!(true)),
        "{drill}"
    );
    assert_eq!(drill["files"], tree.len() - 1, "{drill}");
    let (code, drills) = json_of(&cli, &["drill", "list"]);
    assert_eq!((code, drills[0]["id"] == drill["drill"]["id"]), (0, true), "{drills}");
    let (code, unknown) = json_of(&cli, &["drill", "run", "nowhere"]);
    assert_eq!(code, 1, "{unknown}");
    let (_, none) = json_of(&cli, &["search", "edge -names"]);
    assert_eq!(none, json!([]));
    let out = cli.path("out");
    let (code, report) =
        json_of(&cli, &["restore", "--space", "made on the way", "--to", out.to_str().unwrap()]);
    assert_eq!(code, 0, "{report}");
    assert_eq!(compare(&photos, &out.join("photos")).unwrap(), []);
    served.stop();
}

#[test]
fn status_ends_with_1_until_there_are_as_many_copies_as_the_space_asks_for() {
    let cli = Cli::set_up();
    with_space(&cli);
    let away = format!("file://{}", cli.path("away").display());
    cli.ok(["copies", "add", "away", "--url", &away, "--medium", "cloud", "--place", "offsite"]);
    cli.ok(["copies", "run", "away"]);
    // The server finds out what is wrong when it starts.
    let status_when = |broken: bool| {
        let served = serve(&cli);
        assert_eq!(login(&cli, &served.address).code, 0);
        let (code, status) = loop {
            let (code, status) = json_of(&cli, &["status"]);
            let alerts = status["alerts"].as_array().unwrap_or_else(|| panic!("{status}"));
            if alerts.iter().any(|alert| alert["kind"] == "rule-broken") == broken {
                break (code, status);
            }
        };
        let told = Ran::from(client(&cli).args(["status"]).output().unwrap());
        assert_eq!(told.code, code, "{}{}", told.stdout, told.stderr);
        served.stop();
        (code, status, told.stdout)
    };
    let (code, status, told) = status_when(true);
    assert_eq!((code, &status["risks"]), (1, &json!([])), "{status}");
    assert!(told.contains("AT RISK: ") && !told.contains("Nothing is at risk."), "{told}");
    cli.add_copy("usb");
    cli.ok(["copies", "run", "usb"]);
    let (code, status, told) = status_when(false);
    assert_eq!(code, 0, "{status}");
    assert!(told.contains("Nothing is at risk.") && !told.contains("AT RISK"), "{told}");
}

/// The one object whose content is this, in a store that holds few.
fn object_of(cli: &Cli, store: &Path, content: &[u8]) -> std::path::PathBuf {
    // Encrypted, a file grows by the same for each of its size.
    let more = |path: &Path| std::fs::metadata(path).unwrap().len().checked_sub(content.len() as u64);
    let all = Cli::objects(store);
    let found: Vec<_> = all.iter().filter(|path| more(path).is_some_and(|more| more < 1000)).collect();
    assert_eq!(found.len(), 1, "{} of {} objects in {}", found.len(), all.len(), cli.data().display());
    found[0].clone()
}

#[test]
fn everything_or_what_a_search_finds_is_restored_and_a_copy_helps_where_the_library_is_damaged() {
    let cli = Cli::set_up();
    let files = [
        ("Family", "lake", "a.jpg", 100_000),
        ("Family", "lake", "b.jpg", 200_000),
        ("Clients", "work", "c.jpg", 5_000),
    ];
    for (space, album, name, size) in files {
        let folder = cli.path(space).join(album);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(name), bytes(size as u64, size)).unwrap();
    }
    for (space, album) in [("Family", "lake"), ("Clients", "work")] {
        let folder = cli.path(space).join(album);
        cli.ok(["admin", "import", "--no-previews", "--space", space, folder.to_str().unwrap()]);
    }
    let usb = cli.add_copy("usb");
    cli.ok(["copies", "run"]);
    let one = cli.path("one");
    let ran = ["admin", "restore", "--album", "lake", "--photo", "a.jpg", "--to", one.to_str().unwrap()];
    cli.ok(ran);
    assert!(one.join("lake/a.jpg").is_file() && !one.join("lake/b.jpg").exists());

    let served = serve(&cli);
    assert_eq!(login(&cli, &served.address).code, 0);
    let restore = |to: &str, args: &[&str]| {
        let out = cli.path(to);
        let args = [&["restore", "--to", out.to_str().unwrap()], args].concat();
        (out.clone(), json_of(&cli, &args))
    };
    let (out, (code, report)) = restore("all", &["--all"]);
    assert_eq!((code, &report["restored"]), (0, &json!(3)), "{report}");
    for (space, ..) in files {
        assert_eq!(compare(&cli.path(space), &out.join(space)).unwrap(), []);
    }
    let (out, (code, report)) = restore("found", &["--query", "album:lake -b"]);
    assert_eq!((code, &report["restored"]), (0, &json!(1)), "{report}");
    assert!(out.join("Family/lake/a.jpg").is_file());
    let (out, (code, _)) = restore("found here", &["--query", "album:lake", "--space", "Family"]);
    assert_eq!((code, out.join("lake/b.jpg").is_file()), (0, true));
    let (out, (code, _)) = restore("album", &["--album", "work"]);
    assert_eq!((code, out.join("work/c.jpg").is_file()), (0, true));
    let (_, (code, report)) = restore("then", &["--all", "--as-of", "2020-01-01"]);
    assert_eq!((code, &report["restored"]), (0, &json!(0)), "{report}");
    let (_, (code, report)) = restore("later", &["--all", "--as-of", "2200-01-01"]);
    assert_eq!((code, &report["restored"]), (0, &json!(3)), "{report}");

    // One object of the library is gone, another rots in the middle: the copy has them.
    let library = cli.data().join("store");
    std::fs::remove_file(object_of(&cli, &library, &bytes(100_000, 100_000))).unwrap();
    let rotten = object_of(&cli, &library, &bytes(200_000, 200_000));
    let mut content = std::fs::read(&rotten).unwrap();
    content[150_000] ^= 1;
    std::fs::write(&rotten, content).unwrap();
    let (out, (code, report)) = restore("helped", &["--space", "Family"]);
    assert_eq!((code, &report["restored"]), (0, &json!(2)), "{report}");
    assert_eq!(compare(&cli.path("Family"), &out).unwrap(), []);
    let (out, (code, report)) = restore("from the copy", &["--space", "Family", "--from-copy", "usb"]);
    assert_eq!((code, &report["restored"]), (0, &json!(2)), "{report}");
    assert_eq!(compare(&cli.path("Family"), &out).unwrap(), []);
    // What a copy lacks does not come from elsewhere when it was named.
    std::fs::remove_file(object_of(&cli, &usb, &bytes(5_000, 5_000))).unwrap();
    let (_, (code, report)) = restore("lacking", &["--space", "Clients", "--from-copy", "usb"]);
    assert_eq!(code, 1, "{report}");
    assert!(report["failed"][0][1].as_str().unwrap().contains("does not hold this file"), "{report}");
    let (_, (code, _)) = restore("not lacking", &["--space", "Clients"]);
    assert_eq!(code, 0);
    served.stop();
}

#[test]
fn the_configuration_file_is_read_and_what_is_wrong_in_it_is_told() {
    let cli = Cli::set_up();
    let file = cli.path("ourphoto.toml");
    let serve = |text: &str| {
        std::fs::write(&file, text).unwrap();
        let args = ["serve", "--config", file.to_str().unwrap()];
        Ran::from(client(&cli).args(args).output().unwrap())
    };
    let unknown = serve("listn = \"127.0.0.1:0\"\n");
    assert_eq!(unknown.code, 2, "{}", unknown.stderr);
    assert!(unknown.stderr.contains("listn"), "{}", unknown.stderr);
    let open = serve(&format!("data = {:?}\nlisten = \"0.0.0.0:0\"\n", cli.data()));
    assert_eq!(open.code, 2, "{}", open.stderr);
    let half = serve(&format!("data = {:?}\ntls_key = \"/x\"\n", cli.data()));
    assert!(half.stderr.contains("tls_certificate"), "{}", half.stderr);
    // A flag goes over the file.
    std::fs::write(&file, format!("data = {:?}\nlisten = \"0.0.0.0:1\"\n", cli.data())).unwrap();
    let mut command = client(&cli);
    command.args(["serve", "--config", file.to_str().unwrap(), "--listen", "127.0.0.1:0"]);
    support::served::started(command).stop();
}

#[test]
fn plain_http_is_refused_where_others_could_listen() {
    let cli = Cli::set_up();
    let ran = cli.run(["serve", "--listen", "0.0.0.0:0"]);
    assert_eq!(ran.code, 2, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("--tls-certificate"), "{}", ran.stderr);
}

/// What senders have been told, by the file's name.
#[derive(Default)]
struct Told {
    /// Files that are in the library: seed and size.
    stored: BTreeMap<String, (u64, usize)>,
    /// Uploads in pieces that are not at their end.
    begun: BTreeMap<String, Begun>,
}

/// An upload in pieces.
struct Begun {
    place: String,
    seed: u64,
    size: usize,
    /// Bytes that are said to have arrived.
    safe: usize,
}

/// Sends to one server until it is gone.
#[derive(Clone)]
struct Sender {
    http: reqwest::Client,
    address: String,
    secret: String,
    space: String,
    told: Arc<Mutex<Told>>,
}

impl Sender {
    async fn to(served: &Served, told: &Arc<Mutex<Told>>) -> Self {
        let (secret, space) = signed_in(&served.address).await;
        let address = served.address.clone();
        Self { http: reqwest::Client::new(), address, secret, space, told: Arc::clone(told) }
    }

    /// An answer of a server that is there; it refuses nothing.
    async fn ask(
        &self,
        method: Method,
        path: &str,
        more: impl FnOnce(Request) -> Request,
    ) -> Option<Response> {
        let request = self.http.request(method, format!("{}{path}", self.address)).bearer_auth(&self.secret);
        let answer = more(request.header("Tus-Resumable", "1.0.0")).send().await.ok()?;
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap_or_default());
        Some(answer)
    }

    /// Sends whole files until the server is gone.
    async fn whole(self, first: u64) {
        for seed in first.. {
            let size = 20_000 + usize::try_from(seed % 7).unwrap() * 30_000;
            let bytes = bytes(seed, size);
            let (sha256, name) = (hash(&bytes), format!("whole-{seed:x}.jpg"));
            let query = [("album", "sent"), ("name", &name), ("sha256", &sha256)];
            let path = format!("/api/v1/spaces/{}/files", self.space);
            let put = self.ask(Method::PUT, &path, |request| request.query(&query).body(bytes));
            if put.await.is_none() {
                return;
            }
            self.told.lock().unwrap().stored.insert(name, (seed, size));
        }
    }

    /// Goes on with what was begun before, then begins more, until the server is gone.
    async fn pieces(self, first: u64) {
        while self.goes_on().await.is_some() {}
        for seed in first.. {
            let size = 400_000 + usize::try_from(seed % 5).unwrap() * 300_000;
            let name = format!("pieces-{seed:x}.mov");
            let metadata =
                [("filename", &name), ("album", &"sent".to_owned()), ("sha256", &hash(&bytes(seed, size)))]
                    .map(|(key, value)| format!("{key} {}", STANDARD.encode(value)));
            let path = format!("/api/v1/spaces/{}/uploads", self.space);
            let begin = self.ask(Method::POST, &path, |request| {
                request.header("Upload-Length", size).header("Upload-Metadata", metadata.join(","))
            });
            let Some(answer) = begin.await else { return };
            let place = answer.headers()["location"].to_str().unwrap().to_owned();
            if self.send(name, Begun { place, seed, size, safe: 0 }).await.is_none() {
                return;
            }
        }
    }

    /// Takes up one that was begun; none where there is none, or no server any more.
    async fn goes_on(&self) -> Option<()> {
        let (name, mut begun) = self.told.lock().unwrap().begun.pop_first()?;
        match self.ask(Method::HEAD, &begun.place, |request| request).await {
            Some(state) => {
                let there = offset(&state);
                assert!(there >= begun.safe, "{name}: {} bytes were safe, {there} are there", begun.safe);
                begun.safe = there;
                self.send(name, begun).await
            }
            None => {
                self.told.lock().unwrap().begun.insert(name, begun);
                None
            }
        }
    }

    /// Sends what is missing, in parts.
    async fn send(&self, name: String, mut begun: Begun) -> Option<()> {
        let all = bytes(begun.seed, begun.size);
        while begun.safe < begun.size {
            let part = all[begun.safe..begun.size.min(begun.safe + 150_000)].to_vec();
            let patch = self.ask(Method::PATCH, &begun.place, |request| {
                let request = request.header("Content-Type", "application/offset+octet-stream");
                request.header("Upload-Offset", begun.safe).body(part)
            });
            let Some(answer) = patch.await else {
                self.told.lock().unwrap().begun.insert(name, begun);
                return None;
            };
            begun.safe = offset(&answer);
        }
        self.told.lock().unwrap().stored.insert(name, (begun.seed, begun.size));
        Some(())
    }
}

fn offset(answer: &Response) -> usize {
    answer.headers()["upload-offset"].to_str().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_sigkill_under_concurrent_uploads() {
    let cli = Cli::set_up();
    with_space(&cli);
    let seed: u64 = std::env::var("KILLS_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or_else(|| RandomState::new().hash_one("served"));
    println!("KILLS_SEED={seed}");
    let mut rng = Rng::new(seed);
    let told: Arc<Mutex<Told>> = Arc::default();
    let mut taken_up = 0;
    for round in 0..KILLS {
        let mut served = serve(&cli);
        let sender = Sender::to(&served, &told).await;
        taken_up += told.lock().unwrap().begun.len();
        let mut senders = tokio::task::JoinSet::new();
        for number in 0..SENDERS {
            let first = (round << 40) + (number << 20);
            // Every fourth sends in pieces.
            if number % 4 == 0 {
                senders.spawn(sender.clone().pieces(first));
            } else {
                senders.spawn(sender.clone().whole(first));
            }
        }
        tokio::time::sleep(Duration::from_millis(50 + rng.below(700))).await;
        served.child.kill().unwrap();
        served.child.wait().unwrap();
        // Each ends because the server is gone, and fails where something was refused or forgotten.
        senders.join_all().await;
    }
    // What was begun comes to its end, too.
    let served = serve(&cli);
    let sender = Sender::to(&served, &told).await;
    taken_up += told.lock().unwrap().begun.len();
    while sender.goes_on().await.is_some() {}
    served.stop();
    let told = told.lock().unwrap();
    println!("{} stored, {taken_up} uploads in pieces taken up after a kill", told.stored.len());
    assert!(told.begun.is_empty());
    assert!(told.stored.len() as u64 > KILLS, "the server was killed before it did anything");
    assert!(taken_up > 0, "no kill came between two pieces");
    // All of them are there, whole, and everything that is there is whole.
    cli.ok(["copies", "check", "library"]);
    let out = cli.path("out");
    cli.ok(["admin", "restore", "--space", "Family", "--to", out.to_str().unwrap()]);
    for (name, (seed, size)) in &told.stored {
        let found = std::fs::read(out.join("sent").join(name)).unwrap();
        assert!(found == bytes(*seed, *size), "{name}");
    }
    cli.ok(["admin", "doctor"]);
}

fn hash(bytes: &[u8]) -> String {
    vault::hash_bytes(&mut &bytes[..]).unwrap().0.to_string()
}

/// A session, and the space's id.
async fn signed_in(address: &str) -> (String, String) {
    // The client wants a provider of cryptography even where it speaks plain HTTP.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::new();
    let asked =
        json!({"email": "ana@example.org", "password": "correct horse battery staple", "agent": "program"});
    let answer = http.post(format!("{address}/api/v1/session")).json(&asked).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    let secret = answer["secret"].as_str().unwrap().to_owned();
    let spaces = http.get(format!("{address}/api/v1/spaces")).bearer_auth(&secret).send().await.unwrap();
    let spaces: Value = spaces.json().await.unwrap();
    (secret, spaces[0]["id"].as_str().unwrap().to_owned())
}
