//! A library with four copies, each of another kind: a disk, a bucket on a real S3 server, OpenSSH, WebDAV by rclone. Runs
//! are killed, links are cut, are late and shorten what they carry, a place is full, credentials expire, objects rot and are
//! attacked; whatever happens, nothing counts that is not there, everything converges, and each copy alone brings everything
//! back.
//!
//! `OURPHOTO_PHOTOS` says how many photos; 20,000 is what this was made for, a few hundred keep the suite quick.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::Value;
use support::{Cli, Ran};
use testkit::bulk::Bulk;
use testkit::cutting::CuttingLink;
use testkit::remotes::Remote;
use testkit::s3::{ACCESS_KEY, Dialect, NEXT_ACCESS_KEY, S3Server, SECRET_KEY, Trouble};
use testkit::{Rng, compare};

/// A copy and the folder that holds it on this machine.
struct Place {
    name: &'static str,
    url: String,
    folder: PathBuf,
}

struct World {
    cli: Cli,
    photos: u64,
    places: Vec<Place>,
    rng: Rng,
    s3: S3Server,
    webdav: Remote,
    link: CuttingLink,
    // Kept so that it goes on.
    _sftp: Remote,
}

impl World {
    /// The library, and four copies that are empty; `None` where a server is not installed.
    fn new() -> Option<Self> {
        let photos = std::env::var("OURPHOTO_PHOTOS").ok().and_then(|n| n.parse().ok()).unwrap_or(300);
        let cli = Cli::set_up();
        let s3 = S3Server::start(&cli.path("bucket"), Dialect::Whole).unwrap();
        let secrets = write_secrets(&cli, ACCESS_KEY);
        let sftp = Remote::sftp(&cli.path("ssh"))?;
        let webdav = Remote::webdav(&cli.path("dav"))?;
        // The way to it breaks again and again.
        let link = CuttingLink::start(webdav.address(), 6, 150_000);
        let through = webdav.url().replace(&webdav.address().to_string(), &link.address().to_string());
        let places = vec![
            Place {
                name: "disk",
                url: format!("file://{}", cli.path("disk").display()),
                folder: cli.path("disk"),
            },
            Place {
                name: "bucket",
                url: format!("{}&credentials={}", s3.url("mine"), secrets.display()),
                folder: s3.folder("mine"),
            },
            Place { name: "ssh", url: sftp.url().to_owned(), folder: sftp.folder().to_owned() },
            Place { name: "dav", url: through, folder: webdav.folder().to_owned() },
        ];
        let world = Self { cli, photos, places, rng: Rng::new(7), s3, webdav, link, _sftp: sftp };
        Bulk::new(11, 20_000).write(&world.cli.path("photos"), photos).unwrap();
        let source = world.cli.path("photos");
        world.cli.ok(["admin", "import", "--no-previews", "--space", "Family", source.to_str().unwrap()]);
        for (place, medium) in world.places.iter().zip(["disk", "cloud", "nas", "nas"]) {
            world.add(place.name, &place.url, medium);
        }
        Some(world)
    }

    fn add(&self, name: &str, url: &str, medium: &str) {
        let add = ["copies", "add", name, "--url", url, "--medium", medium, "--place", "offsite"];
        // The link may break here too.
        assert!((0..10).any(|_| self.cli.run(add).code == 0), "{name}");
    }

    /// So many more photos are in the library, and in no copy yet.
    fn import_more(&mut self, seed: u64, count: u64) {
        let folder = self.cli.path("photos").join(format!("more {seed}"));
        Bulk::new(seed, 20_000).write(&folder, count).unwrap();
        let source = self.cli.path("photos");
        self.cli.ok(["admin", "import", "--no-previews", "--space", "Family", source.to_str().unwrap()]);
        self.photos += count;
    }

    /// The address of the WebDAV copy over another link.
    fn dav_over(&self, link: &CuttingLink) -> String {
        self.webdav.url().replace(&self.webdav.address().to_string(), &link.address().to_string())
    }

    fn held(&self, name: &str) -> u64 {
        let (_, copies) = self.cli.json(["copies", "list"]);
        let copy = copies.as_array().unwrap().iter().find(|copy| copy["name"] == name).unwrap().clone();
        copy["held"].as_u64().unwrap()
    }

    /// What counts is there, byte for byte.
    fn judge(&self) {
        for place in &self.places {
            let whole = Cli::objects(&place.folder).iter().filter(|path| is_right(path)).count() as u64;
            let held = self.held(place.name);
            assert!(held <= whole, "{}: {held} count, {whole} are there", place.name);
        }
    }

    /// Begins to bring a copy up to date and kills it after a moment.
    fn kill_a_run(&mut self, name: &str) {
        let mut child = self.cli.command().args(["copies", "run", name]).spawn().unwrap();
        let moment = Duration::from_millis(20 + self.rng.below(400));
        // The moment is chance; whatever is under way then must not matter.
        std::thread::sleep(moment);
        let _ = child.kill();
        child.wait().unwrap();
    }

    /// Runs until the copy is complete: links break, and each run goes on where the last one stopped.
    fn converge(&self, name: &str) {
        let mut last = Ran { code: 1, stdout: String::new(), stderr: String::new() };
        for _ in 0..12 {
            last = self.cli.run(["copies", "run", name]);
            if last.code == 0 {
                return;
            }
        }
        panic!("{name} does not converge: {}{}", last.stdout, last.stderr);
    }

    fn place(&self, name: &str) -> &Place {
        self.places.iter().find(|place| place.name == name).unwrap()
    }

    /// What a check of a copy finds.
    fn check(&self, name: &str) -> Found {
        let (_, reports) = self.cli.json(["copies", "check", name]);
        let report = &reports[0];
        let names = |key: &str| -> BTreeSet<String> {
            let found = report[key].as_array().unwrap_or_else(|| panic!("{reports}"));
            found.iter().inspect(|finding| assert!(is_named(finding))).map(object).collect()
        };
        assert_eq!(report["unread"].as_array().unwrap().len(), 0, "{report}");
        let unnamed = report["unnamed"].as_u64().unwrap();
        Found { damaged: names("damaged"), missing: names("missing"), unnamed }
    }
}

/// Objects that a check found bad.
struct Found {
    damaged: BTreeSet<String>,
    missing: BTreeSet<String>,
    /// Beyond the first ten thousand of each, which are named.
    unnamed: u64,
}

fn is_named(finding: &Value) -> bool {
    finding["photos"][0]["name"].as_str().is_some_and(|name| name.starts_with("IMG_"))
}

fn object(finding: &Value) -> String {
    finding["object"].as_str().unwrap().to_owned()
}

fn named(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

fn is_right(path: &Path) -> bool {
    testkit::compare::sha256(path).is_ok_and(|found| hex::encode(found) == named(path))
}

fn rot(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 16;
    fs::write(path, bytes).unwrap();
}

fn diff(one: &Path, other: &Path) {
    let differences = compare(one, other).unwrap();
    assert!(differences.is_empty(), "{differences:?}");
}

#[test]
fn four_kinds_of_copies_converge_heal_and_each_brings_everything_back() {
    let Some(mut world) = World::new() else {
        testkit::skipped("OpenSSH or rclone is not installed");
        return;
    };
    let names = ["disk", "bucket", "ssh", "dav"];
    for name in names {
        for _ in 0..3 {
            world.kill_a_run(name);
        }
        world.judge();
        world.converge(name);
        assert_eq!(world.held(name), world.photos, "{name}");
    }
    world.judge();
    assert!(world.link.cut() > 0, "the link never broke");

    fill_up(&mut world);
    expire(&mut world);
    over_bad_links(&mut world);
    attack(&world);
    rot_everywhere(&mut world);
    rehearse(&world);
    bring_back(world);
}

fn write_secrets(cli: &Cli, key: &str) -> PathBuf {
    let secrets = cli.path("s3.txt");
    fs::write(&secrets, format!("access_key_id = {key}\nsecret_access_key = {SECRET_KEY}\n")).unwrap();
    secrets
}

/// Nothing more fits into the bucket in the middle of a run. That is told, what fitted counts, and with room it goes on.
fn fill_up(world: &mut World) {
    let before = world.held("bucket");
    world.import_more(21, 60);
    for trouble in [Trouble::FullAfter(20), Trouble::OverQuota] {
        world.s3.trouble(Some(trouble));
        let ran = world.cli.run(["copies", "run", "bucket"]);
        assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
        assert!(ran.stdout.contains("make room"), "{}{}", ran.stdout, ran.stderr);
        world.judge();
        assert!(world.held("bucket") < world.photos);
    }
    assert!(world.held("bucket") >= before);
    world.s3.trouble(None);
    world.converge("bucket");
    assert_eq!(world.held("bucket"), world.photos);
}

/// The credentials expire. What to do is told, nothing is lost, and with new ones in the same file it goes on.
fn expire(world: &mut World) {
    let before = world.held("bucket");
    world.import_more(22, 10);
    world.s3.trouble(Some(Trouble::Expired));
    let ran = world.cli.run(["copies", "run", "bucket"]);
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("put new ones in their place"), "{}{}", ran.stdout, ran.stderr);
    assert!(!ran.stdout.contains(SECRET_KEY) && !ran.stderr.contains(SECRET_KEY));
    assert_eq!(world.held("bucket"), before, "what could not be looked at is not gone");
    write_secrets(&world.cli, NEXT_ACCESS_KEY);
    world.converge("bucket");
    assert_eq!(world.held("bucket"), world.photos);
}

/// A link that is late with each piece, and one whose answers end before their time without a sign of it.
fn over_bad_links(world: &mut World) {
    let to = world.webdav.address();
    let late = CuttingLink::late(to, Duration::from_millis(3));
    world.add("dav", &world.dav_over(&late), "nas");
    world.converge("dav");
    assert_eq!(world.held("dav"), world.photos);
    world.import_more(23, 10);
    let short = CuttingLink::shortened(to, 8, 5_000);
    world.add("dav", &world.dav_over(&short), "nas");
    world.converge("dav");
    assert!(short.cut() > 0, "no answer was shortened");
    assert_eq!(world.held("dav"), world.photos);
    world.judge();
    let url = world.place("dav").url.clone();
    world.add("dav", &url, "nas");
    for name in ["disk", "bucket", "ssh", "dav"] {
        world.converge(name);
        assert_eq!(world.held(name), world.photos, "{name}");
    }
}

/// Somebody has the credentials of the bucket: they delete, overwrite and encrypt all of it.
fn attack(world: &World) {
    // Also the file by which it is known as a copy.
    fs::write(world.place("bucket").folder.join("ourphoto-store.json"), b"pay 1 BTC").unwrap();
    let objects = Cli::objects(&world.place("bucket").folder);
    for (number, path) in objects.iter().enumerate() {
        match number % 3 {
            0 => fs::remove_file(path).unwrap(),
            1 => fs::write(path, b"pay 1 BTC").unwrap(),
            _ => rot(path),
        }
    }
    let found = world.check("bucket");
    let (missing, damaged): (Vec<_>, Vec<_>) = objects.iter().enumerate().partition(|(n, _)| n % 3 == 0);
    let mut unnamed = 0;
    for (found, attacked) in [(&found.missing, missing), (&found.damaged, damaged)] {
        let attacked: BTreeSet<String> = attacked.into_iter().map(|(_, path)| named(path)).collect();
        assert!(found.is_subset(&attacked));
        assert_eq!(found.len(), attacked.len().min(10_000));
        unnamed += (attacked.len() - found.len()) as u64;
    }
    assert_eq!(found.unnamed, unnamed, "every one is found");
    world.cli.ok(["copies", "heal"]);
    assert_eq!(Cli::objects(&world.place("bucket").folder), objects);
    assert!(objects.iter().all(|path| is_right(path)));
}

/// One in a hundred objects rots in the library, and others in each copy.
fn rot_everywhere(world: &mut World) {
    let stores: Vec<(&str, PathBuf)> = std::iter::once(("library", world.cli.data().join("store")))
        .chain(world.places.iter().map(|place| (place.name, place.folder.clone())))
        .collect();
    let mut rotten = Vec::new();
    for (number, (name, folder)) in stores.iter().enumerate() {
        let objects = Cli::objects(folder);
        let each: Vec<PathBuf> = objects.iter().skip(number * 7).step_by(100).cloned().collect();
        for path in &each {
            rot(path);
        }
        rotten.push((*name, each));
    }
    // And one that is bad everywhere.
    let lost = named(&Cli::objects(&stores[0].1)[50]);
    for (_, folder) in &stores {
        rot(&folder.join("objects").join(&lost[..2]).join(&lost));
    }
    for (name, each) in &rotten {
        let found = world.check(name);
        let expected: BTreeSet<String> = each.iter().map(|path| named(path)).chain([lost.clone()]).collect();
        assert_eq!(found.damaged, expected, "{name}: every one is found within one scrub, and nothing else");
        assert!(found.missing.is_empty());
    }
    let (code, healed) = world.cli.json(["copies", "heal"]);
    assert_eq!(code, 1, "one is lost");
    let told: BTreeSet<String> = healed["lost"].as_array().unwrap().iter().map(object).collect();
    assert_eq!(told, BTreeSet::from([lost.clone()]), "{healed}");
    for (name, each) in &rotten {
        assert!(each.iter().all(|path| is_right(path)), "{name}");
    }
    // It comes back from the card.
    let source = world.cli.path("photos");
    world.cli.ok(["admin", "import", "--no-previews", "--space", "Family", source.to_str().unwrap()]);
    for name in ["disk", "bucket", "ssh", "dav"] {
        world.converge(name);
    }
}

/// A rehearsal from each passes, and one from a copy with a bad photo names it.
fn rehearse(world: &World) {
    for place in &world.places {
        let (code, drill) = world.cli.json(["copies", "drill", place.name, "--photos", "20"]);
        assert_eq!(code, 0, "{}: {drill}", place.name);
        assert_eq!(drill["report"]["photos"], 20, "{drill}");
    }
    let bad = Cli::objects(&world.place("disk").folder)[3].clone();
    let kept = fs::read(&bad).unwrap();
    rot(&bad);
    let (code, drill) = world.cli.json(["copies", "drill", "disk", "--everything"]);
    assert_eq!(code, 1, "{drill}");
    let problems = drill["report"]["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 1, "{drill}");
    assert!(problems[0]["photo"].as_str().unwrap().contains("/IMG_"), "{drill}");
    fs::write(bad, kept).unwrap();
}

/// The machine is gone. Each copy brings back everything, and a single photo without a library.
fn bring_back(mut world: World) {
    let kit = world.cli.path("kit.txt");
    let kit = kit.to_str().unwrap().to_owned();
    let source = world.cli.path("photos");
    fs::remove_dir_all(world.cli.data()).unwrap();
    let places: Vec<(&str, String)> =
        world.places.iter().map(|place| (place.name, place.url.clone())).collect();
    for (name, url) in places {
        let photo = world.cli.path(format!("photo from {name}"));
        world.cli.ok([
            "admin",
            "rescue",
            "--from",
            &url,
            "--recovery-key",
            &kit,
            "--album",
            "photos/shoot-0000",
            "--photo",
            "IMG_000007.JPG",
            "--to",
            photo.to_str().unwrap(),
        ]);
        let back = photo.join("photos/shoot-0000/IMG_000007.JPG");
        assert_eq!(fs::read(back).unwrap(), fs::read(source.join("shoot-0000/IMG_000007.JPG")).unwrap());

        world.cli = world.cli.with_data(&format!("from {name}"));
        let (_, recovered) = world.cli.json(["admin", "recover", "--from", &url, "--recovery-key", &kit]);
        assert_eq!(recovered["missing"].as_array().unwrap().len(), 0, "{name}: {recovered}");
        assert_eq!(recovered["files"], world.photos, "{name}: {recovered}");
        // What rotted everywhere still lies there under its old name.
        assert_eq!(recovered["unnamed"], 1, "{name}: {recovered}");
        let restored = world.cli.path(format!("restored from {name}"));
        world.cli.ok(["admin", "restore", "--space", "Family", "--to", restored.to_str().unwrap()]);
        diff(&source, &restored.join("photos"));
        fs::remove_dir_all(world.cli.data()).unwrap();
        fs::remove_dir_all(restored).unwrap();
    }
}

#[test]
fn a_copy_that_may_only_be_added_to_is_filled_checked_and_loses_nothing() {
    loses_nothing_in(Dialect::CreateOnly);
}

#[test]
fn a_copy_under_object_lock_is_filled_checked_loses_nothing_and_is_recovered_from() {
    loses_nothing_in(Dialect::ObjectLock);
}

fn loses_nothing_in(dialect: Dialect) {
    let cli = Cli::set_up();
    Bulk::new(3, 5_000).write(&cli.path("photos"), 20).unwrap();
    let source = cli.path("photos");
    // Uploaded in more than one part.
    fs::write(source.join("film.mov"), testkit::bytes(6, 20 << 20)).unwrap();
    cli.ok(["admin", "import", "--no-previews", "--space", "Family", source.to_str().unwrap()]);
    let server = S3Server::start(&cli.path("bucket"), dialect).unwrap();
    let with = |mut command: Command, args: &[&str]| -> Ran {
        command.env("AWS_ACCESS_KEY_ID", ACCESS_KEY).env("AWS_SECRET_ACCESS_KEY", SECRET_KEY);
        let output: Output = command.args(args).output().unwrap();
        Ran::from(output)
    };
    let url = server.url("locked");
    let add = ["copies", "add", "locked", "--url", &url, "--medium", "cloud", "--place", "offsite"];
    let ran = with(cli.command(), &add);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    for args in [["copies", "run", "locked"], ["copies", "check", "locked"]] {
        let ran = with(cli.command(), &args);
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    }
    // Whoever has stolen the credentials tries with a tool of their own.
    let objects = Cli::objects(&server.folder("locked"));
    let remote = ":s3:photos/locked";
    let one = format!("{remote}/objects/{}/{}", &named(&objects[0])[..2], named(&objects[0]));
    let evil = cli.path("evil");
    fs::write(&evil, b"pay 1 BTC").unwrap();
    let rclone = |args: &[&str]| {
        let args =
            args.iter().chain(&["--config", "/dev/null", "--retries", "1", "--low-level-retries", "1"]);
        Command::new("rclone")
            .args(args)
            // It goes to the loopback without TLS, whatever else this machine trusts.
            .env_remove("AWS_CA_BUNDLE")
            .env("RCLONE_S3_PROVIDER", "Other")
            .env("RCLONE_S3_ENDPOINT", server.endpoint())
            .env("RCLONE_S3_ACCESS_KEY_ID", ACCESS_KEY)
            .env("RCLONE_S3_SECRET_ACCESS_KEY", SECRET_KEY)
            .output()
            .ok()
            .map(|output| (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned()))
    };
    let Some((listed, said)) = rclone(&["lsf", remote]) else {
        testkit::skipped("rclone is not installed");
        return;
    };
    assert!(listed, "the credentials are good: {said}");
    for attack in [&["deletefile", &one][..], &["copyto", "--ignore-times", evil.to_str().unwrap(), &one]] {
        let (done, said) = rclone(attack).unwrap();
        assert!(!done && said.contains("AccessDenied"), "{attack:?}: {said}");
    }
    assert_eq!(Cli::objects(&server.folder("locked")), objects);
    assert!(objects.iter().all(|path| is_right(path)));
    let ran = with(cli.command(), &["copies", "check", "locked"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    // It goes on taking what is new, and brings everything back when the machine is gone.
    fs::write(source.join("IMG_new.jpg"), b"the last picture").unwrap();
    cli.ok(["admin", "import", "--no-previews", "--space", "Family", source.to_str().unwrap()]);
    let ran = with(cli.command(), &["copies", "run", "locked"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let kit = cli.path("kit.txt");
    fs::remove_dir_all(cli.data()).unwrap();
    let cli = cli.with_data("new");
    let ran =
        with(cli.command(), &["admin", "recover", "--from", &url, "--recovery-key", kit.to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let restored = cli.path("restored");
    cli.ok(["admin", "restore", "--space", "Family", "--to", restored.to_str().unwrap()]);
    diff(&cli.path("photos"), &restored.join("photos"));
}
