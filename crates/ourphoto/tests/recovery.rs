//! "`admin recover` from one copy and the recovery key alone, on an empty machine: the same albums, names, metadata,
//! versions, people; restores identical. Also when the newest catalog snapshot is damaged (the one before is used, and
//! what that costs is said), and when the copy was interrupted half way."
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says what it skips"
)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use library::{Layout, Library, OpenOptions};
use model::{Clock, SystemClock};
use serde_json::Value;
use support::{Cli, Ran};
use testkit::{SampleTree, Shape, bulk::Bulk, compare};
use vault::keys::SecretKey;

/// A machine with photos of all kinds in two spaces, in versions, and a copy of them; times to restore them as of.
struct Machine {
    cli: Cli,
    photos: PathBuf,
    /// The photos as they were first.
    first: PathBuf,
    /// A moment when the photos were as in `first`.
    then: String,
    copy: PathBuf,
}

/// Names of snapshots and moments of restores tell seconds apart.
fn next_second() {
    let ms = SystemClock.now().0.rem_euclid(1_000);
    std::thread::sleep(Duration::from_millis(1_005 - ms as u64));
}

impl Machine {
    fn new() -> Self {
        let cli = Cli::set_up();
        let (photos, first) = (cli.path("photos"), cli.path("first"));
        let shape = Shape { picture: (64, 48), ..Shape::hard() };
        for folder in [&photos, &first] {
            SampleTree::write(folder, 3, &shape).unwrap();
        }
        let family = ["admin", "import", "--space", "Family", photos.to_str().unwrap()];
        // With previews: metadata is read into the catalog then.
        cli.ok(family);
        let clients = cli.path("clients");
        fs::create_dir_all(clients.join("Ōsaka 大阪")).unwrap();
        fs::write(clients.join("Ōsaka 大阪/hotel.tif"), testkit::bytes(8, 40_000)).unwrap();
        cli.ok(["admin", "import", "--no-previews", "--space", "Clients", clients.to_str().unwrap()]);
        next_second();
        let then = SystemClock.now().to_string();
        next_second();

        let edited = photos.join("2024/Wedding Ana & Jón/DSC_0000.JPG");
        fs::write(&edited, testkit::bytes(9, 30_000)).unwrap();
        fs::write(photos.join("2024/new.jpg"), testkit::bytes(10, 1_000)).unwrap();
        let ran = cli.ok(["admin", "import", "--no-previews", "--space", "Family", photos.to_str().unwrap()]);
        assert!(ran.stdout.contains("version 2"), "{}", ran.stdout);
        let copy = cli.add_copy("disk");
        cli.ok(["copies", "run"]);
        Self { cli, photos, first, then, copy }
    }

    /// Takes the machine away: nothing is left but the copy and the kit, in a new place.
    fn dies(&self) {
        fs::remove_dir_all(self.cli.data()).unwrap();
    }

    fn recover(&self, from: &Path, data: &str) -> Recovered {
        recover(&self.cli, from, &self.cli.path("kit.txt"), data)
    }
}

/// What came of a recovery: its report, if there is one, and what went to the terminal otherwise.
struct Recovered {
    code: i32,
    report: Value,
}

fn recover(cli: &Cli, from: &Path, key: &Path, data: &str) -> Recovered {
    let ran = recover_command(cli, from, key, data).arg("--json").output().unwrap();
    let report = serde_json::from_slice(&ran.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&ran.stderr)));
    Recovered { code: ran.status.code().unwrap(), report }
}

fn recover_command(cli: &Cli, from: &Path, key: &Path, data: &str) -> Command {
    let mut command = cli.command();
    command.args(["admin", "recover", "--recovery-key"]).arg(key);
    command.arg("--from").arg(format!("file://{}", from.display()));
    command.arg("--data").arg(cli.path(data)).env_remove("OURPHOTO_DATA");
    command
}

/// A command on another data folder of the same machine.
fn on(cli: &Cli, data: &str, args: &[&str]) -> Ran {
    Ran::from(cli.command().env("OURPHOTO_DATA", cli.path(data)).args(args).output().unwrap())
}

fn json_on(cli: &Cli, data: &str, args: &[&str]) -> (i32, Value) {
    let ran = on(cli, data, &[&["--json"], args].concat());
    let document = serde_json::from_str(&ran.stdout);
    (ran.code, document.unwrap_or_else(|error| panic!("{error}: {}{}", ran.stdout, ran.stderr)))
}

/// Every row of the catalog that belongs to the photos and people, not to the machine, by table.
fn rows(data: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let mut lines = Vec::new();
    runtime.block_on(async {
        let opened = Library::open(Layout::new(data), &OpenOptions::default(), Arc::new(SystemClock)).await;
        let library = opened.unwrap();
        catalog::snapshot::write(&library.catalog, SystemClock.now(), &mut lines).await.unwrap();
        library.catalog.clone().close().await;
    });
    let mut tables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in String::from_utf8(lines).unwrap().lines() {
        let mut line: Value = serde_json::from_str(line).unwrap();
        let Some(table) = line["table"].as_str().map(str::to_owned) else { continue };
        let row = line["row"].as_object_mut().unwrap();
        match table.as_str() {
            // The server key is another one.
            "library" => drop(row.remove("server_recipient")),
            "space" => drop(row.remove("wrapped_key")),
            "copy" if row["is_library"] == 1 || row["is_library"] == true => drop(row.remove("store_id")),
            _ => {}
        }
        tables.entry(table).or_default().insert(line["row"].to_string());
    }
    tables
}

fn snapshots(store: &Path) -> Vec<PathBuf> {
    let mut all: Vec<_> =
        fs::read_dir(store.join("catalog")).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.sort();
    all
}

fn flip(path: &Path, at: f64) {
    let mut bytes = fs::read(path).unwrap();
    let at = (bytes.len() as f64 * at) as usize;
    bytes[at] ^= 0x10;
    fs::write(path, bytes).unwrap();
}

#[test]
fn one_copy_and_the_recovery_key_bring_back_albums_names_metadata_versions_and_people() {
    let machine = Machine::new();
    let cli = &machine.cli;
    let before = rows(cli.data());
    assert!(before["asset"].iter().any(|asset| asset.contains("Ana Sample")), "metadata was read");
    let restore_then = |data: &str, to: &str| {
        let to = cli.path(to);
        let args = ["admin", "restore", "--space", "Family", "--as-of", &machine.then, "--to"];
        let ran = on(cli, data, &[&args[..], &[to.to_str().unwrap()]].concat());
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        assert_eq!(compare(&machine.first, &to.join("photos")).unwrap(), []);
    };
    restore_then("data", "then before");
    machine.dies();

    let Recovered { code, report } = machine.recover(&machine.copy, "new");
    assert_eq!(code, 0, "{report:#}");
    assert_eq!(report["people"], 1);
    assert_eq!(report["spaces"], 2);
    assert_eq!(report["missing"].as_array().unwrap().len(), 0);
    assert_eq!(report["unnamed"], 0);

    let mut after = rows(&cli.path("new"));
    // What happened since the snapshot: the run that took it, on the old machine, and the recovery.
    let mut before = before;
    let (old, new) = (before.remove("audit").unwrap(), after.remove("audit").unwrap());
    assert!(new.iter().any(|entry| entry.contains("library.recover")));
    assert!(old.iter().all(|entry| new.contains(entry) || entry.contains("copy.run")));
    assert_eq!(after, before);
    assert_eq!(after["version"].len(), after["file"].len() + 1, "the old version is there too");

    for (space, source) in [("Family", &machine.photos), ("Clients", &cli.path("clients"))] {
        let out = cli.path(format!("out {space}"));
        let ran = on(cli, "new", &["admin", "restore", "--space", space, "--to", out.to_str().unwrap()]);
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        assert_eq!(compare(source, &out.join(source.file_name().unwrap())).unwrap(), []);
    }
    restore_then("new", "then after");
    let ran = on(cli, "new", &["admin", "doctor"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn after_a_recovery_the_copy_is_the_copy_it_was_and_new_ones_can_be_made() {
    let machine = Machine::new();
    let cli = &machine.cli;
    machine.dies();
    assert_eq!(machine.recover(&machine.copy, "new").code, 0);
    let objects = Cli::objects(&machine.copy).len();

    let (code, copies) = json_on(cli, "new", &["copies", "list"]);
    assert_eq!(code, 0, "{copies:#}");
    let names: Vec<_> =
        copies.as_array().unwrap().iter().map(|copy| copy["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["library", "disk"]);
    for copy in copies.as_array().unwrap() {
        assert_eq!((copy["held"].as_u64(), copy["missing"].as_u64()), (Some(objects as u64), Some(0)));
    }
    let (code, reports) = json_on(cli, "new", &["copies", "run", "disk"]);
    assert_eq!(code, 0, "{reports:#}");
    assert_eq!(reports[0]["copied"], 0, "{reports:#}");

    let fresh = cli.path("fresh");
    let url = format!("file://{}", fresh.display());
    let ran =
        on(cli, "new", &["copies", "add", "fresh", "--url", &url, "--medium", "nas", "--place", "offsite"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let (code, reports) = json_on(cli, "new", &["copies", "run"]);
    assert_eq!(code, 0, "{reports:#}");
    let (code, reports) = json_on(cli, "new", &["copies", "check"]);
    assert_eq!(code, 0, "{reports:#}");
    // And the chain goes on: from the new copy, with the same kit, to a third machine.
    fs::remove_dir_all(cli.path("new")).unwrap();
    let third = machine.recover(&fresh, "third");
    assert_eq!(third.code, 0, "{:#}", third.report);
    let out = cli.path("out");
    let ran = on(cli, "third", &["admin", "restore", "--space", "Family", "--to", out.to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(compare(&machine.photos, &out.join("photos")).unwrap(), []);
}

/// A small library whose copy has two snapshots: the newer one names two photos more.
fn two_snapshots() -> (Cli, PathBuf, PathBuf) {
    let cli = Cli::set_up();
    let photos = cli.path("photos");
    fs::create_dir_all(&photos).unwrap();
    for number in 0..8 {
        fs::write(photos.join(format!("IMG_{number}.jpg")), testkit::bytes(number, 3_000)).unwrap();
    }
    let import = ["admin", "import", "--no-previews", "--space", "Family", photos.to_str().unwrap()];
    cli.ok(import);
    let copy = cli.add_copy("disk");
    cli.ok(["copies", "run"]);
    next_second();
    for number in 8..10 {
        fs::write(photos.join(format!("IMG_{number}.jpg")), testkit::bytes(number, 3_000)).unwrap();
    }
    cli.ok(import);
    cli.ok(["copies", "run"]);
    assert_eq!(snapshots(&copy).len(), 2);
    (cli, photos, copy)
}

fn restored(cli: &Cli, data: &str, photos: &Path) -> Vec<testkit::Difference> {
    let out = tempfile::tempdir().unwrap();
    on(cli, data, &["admin", "restore", "--space", "Family", "--to", out.path().to_str().unwrap()]);
    compare(photos, &out.path().join("photos")).unwrap()
}

#[test]
fn with_the_newest_snapshot_damaged_the_one_before_is_used_and_what_that_costs_is_said() {
    let (cli, photos, copy) = two_snapshots();
    let kit = cli.path("kit.txt");
    let [older, newest] = &snapshots(&copy)[..] else { panic!() };
    let good = fs::read(newest).unwrap();
    for (number, at) in [0.0, 0.3, 0.999].into_iter().enumerate() {
        flip(newest, at);
        let data = format!("new {number}");
        let Recovered { code, report } = recover(&cli, &copy, &kit, &data);
        assert_eq!(code, 1, "{report:#}");
        assert_eq!(report["snapshot"], older.file_name().unwrap().to_str().unwrap());
        let skipped = report["skipped_snapshots"].as_array().unwrap();
        assert_eq!(skipped.len(), 1, "{report:#}");
        assert!(skipped[0].as_str().unwrap().contains(newest.file_name().unwrap().to_str().unwrap()));
        assert_eq!(report["files"], 8, "{report:#}");
        assert_eq!(report["unnamed"], 2, "the copy holds two that have no name now: {report:#}");
        let gone = ["IMG_8.jpg", "IMG_9.jpg"].map(|name| testkit::Difference::Missing(name.into()));
        assert_eq!(restored(&cli, &data, &photos), gone);
        fs::write(newest, &good).unwrap();
    }
    fs::write(newest, &good[..good.len() / 2]).unwrap();
    let ran = Ran::from(recover_command(&cli, &copy, &kit, "cut").output().unwrap());
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("newer catalog snapshot could not be used"), "{}", ran.stdout);
    assert!(ran.stdout.contains("2 objects in the copy are newer than this catalog"), "{}", ran.stdout);
    // Nothing of the copy was touched: with the snapshot whole again, everything is back.
    fs::write(newest, &good).unwrap();
    let Recovered { code, report } = recover(&cli, &copy, &kit, "whole");
    assert_eq!(code, 0, "{report:#}");
    assert_eq!(restored(&cli, "whole", &photos), []);
}

#[test]
fn with_every_snapshot_damaged_the_recovery_says_so_and_points_to_the_guide() {
    let (cli, _, copy) = two_snapshots();
    for snapshot in snapshots(&copy) {
        flip(&snapshot, 0.5);
    }
    let ran = Ran::from(recover_command(&cli, &copy, &cli.path("kit.txt"), "new").output().unwrap());
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("no catalog snapshot"), "{}", ran.stderr);
    assert!(ran.stderr.contains("try another copy") && ran.stderr.contains("RECOVERY.md"), "{}", ran.stderr);
    // Half a library is none.
    let ran = on(&cli, "new", &["copies", "list"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("not finished"), "{}", ran.stderr);
}

#[test]
fn a_damaged_description_of_the_store_does_not_stand_in_the_way() {
    let (cli, photos, copy) = two_snapshots();
    fs::write(copy.join("ourphoto-store.json"), b"{\"format\": \"ourph\0\0\0").unwrap();
    let Recovered { code, report } = recover(&cli, &copy, &cli.path("kit.txt"), "damaged");
    assert_eq!(code, 0, "{report:#}");
    assert_eq!(restored(&cli, "damaged", &photos), []);
    fs::remove_file(copy.join("ourphoto-store.json")).unwrap();
    let Recovered { code, report } = recover(&cli, &copy, &cli.path("kit.txt"), "gone");
    assert_eq!(code, 0, "{report:#}");
    assert_eq!(restored(&cli, "gone", &photos), []);
}

#[test]
fn the_wrong_recovery_key_is_refused_in_words_and_the_right_one_still_works_after_it() {
    let (cli, photos, copy) = two_snapshots();
    let wrong = cli.path("wrong.txt");
    fs::write(&wrong, SecretKey::generate().reveal().as_bytes()).unwrap();
    let ran = Ran::from(recover_command(&cli, &copy, &wrong, "new").output().unwrap());
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("this recovery key does not open the copy"), "{}", ran.stderr);
    for (text, name) in [("not a key", "text.txt"), ("", "empty.txt")] {
        fs::write(cli.path(name), text).unwrap();
        let ran = Ran::from(recover_command(&cli, &copy, &cli.path(name), "new").output().unwrap());
        assert_ne!(ran.code, 0);
        assert!(ran.stderr.contains(name), "{}", ran.stderr);
    }
    let Recovered { code, report } = recover(&cli, &copy, &cli.path("kit.txt"), "new");
    assert_eq!(code, 0, "{report:#}");
    assert_eq!(restored(&cli, "new", &photos), []);
}

#[test]
fn a_folder_that_is_not_empty_and_a_finished_recovery_are_left_alone() {
    let (cli, photos, copy) = two_snapshots();
    let kit = cli.path("kit.txt");
    fs::create_dir(cli.path("mine")).unwrap();
    fs::write(cli.path("mine/thesis.txt"), "x").unwrap();
    let ran = Ran::from(recover_command(&cli, &copy, &kit, "mine").output().unwrap());
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("not empty"), "{}", ran.stderr);
    assert_eq!(fs::read_dir(cli.path("mine")).unwrap().count(), 1);

    assert_eq!(recover(&cli, &copy, &kit, "new").code, 0);
    let ran = Ran::from(recover_command(&cli, &copy, &kit, "new").output().unwrap());
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("not empty"), "{}", ran.stderr);
    assert_eq!(restored(&cli, "new", &photos), []);

    let ran = Ran::from(recover_command(&cli, &cli.path("nowhere"), &kit, "other").output().unwrap());
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("no catalog snapshot"), "{}", ran.stderr);
}

#[test]
fn a_recovery_that_was_killed_goes_on_when_it_is_run_again() {
    let cli = Cli::set_up();
    let photos = cli.path("photos");
    Bulk::new(1, 100_000).write(&photos, 300).unwrap();
    cli.ok(["admin", "import", "--no-previews", "--space", "Family", photos.to_str().unwrap()]);
    let copy = cli.add_copy("disk");
    cli.ok(["copies", "run"]);
    let kit = cli.path("kit.txt");
    let noted = cli.path("new/recovering.json");
    // As soon as it has begun; when the catalog is there; and without a kill.
    for mark in ["from", "snapshot_at"] {
        let mut child = recover_command(&cli, &copy, &kit, "new").spawn().unwrap();
        let deadline = Instant::now() + Duration::from_secs(30);
        while !fs::read_to_string(&noted).is_ok_and(|text| text.contains(mark)) {
            assert!(Instant::now() < deadline && child.try_wait().unwrap().is_none(), "{mark}");
            std::thread::sleep(Duration::from_micros(200));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(noted.exists(), "killed too late to prove anything");
        let ran = on(&cli, "new", &["admin", "restore", "--all", "--to", cli.path("out").to_str().unwrap()]);
        assert_eq!(ran.code, 1);
        assert!(ran.stderr.contains("recovery") && ran.stderr.contains("not finished"), "{}", ran.stderr);
    }
    // Another source would mix two libraries; another copy of the same one is as good as the first.
    let (_stranger, _, strange) = two_snapshots();
    let other = Ran::from(recover_command(&cli, &strange, &kit, "new").output().unwrap());
    assert_eq!(other.code, 1);
    assert!(other.stderr.contains("is not finished"), "{}", other.stderr);
    let copy = cli.data().join("store");
    let Recovered { code, report } = recover(&cli, &copy, &kit, "new");
    assert_eq!(code, 0, "{report:#}");
    assert_eq!(report["objects"], 300, "{report:#}");
    assert_eq!(restored(&cli, "new", &photos), []);
    let (code, reports) = json_on(&cli, "new", &["copies", "check", "library"]);
    assert_eq!((code, reports[0]["proved"].as_u64()), (0, Some(300)));
}

#[test]
fn a_copy_that_was_interrupted_half_way_gives_what_it_has_and_names_the_rest() {
    let (cli, photos, copy) = two_snapshots();
    let nas = cli.add_copy("nas");
    cli.ok(["copies", "run"]);
    assert_eq!(Cli::objects(&nas).len(), 10);
    let kit = cli.path("kit.txt");
    let objects = Cli::objects(&copy);
    for (number, object) in objects.iter().enumerate() {
        if number % 2 == 0 {
            fs::remove_file(object).unwrap();
        }
    }
    fs::remove_dir_all(cli.data()).unwrap();
    let away = cli.path("nas in another town");
    fs::rename(&nas, &away).unwrap();
    let Recovered { code, report } = recover(&cli, &copy, &kit, "new");
    assert_eq!(code, 1, "{report:#}");
    assert_eq!(report["objects"], 5, "{report:#}");
    let missing: BTreeSet<PathBuf> = report["missing"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| PathBuf::from(finding["photos"][0]["name"].as_str().unwrap()))
        .collect();
    assert_eq!(missing.len(), 5);
    let differences = restored(&cli, "new", &photos);
    let gone: Vec<_> = missing.iter().cloned().map(testkit::Difference::Missing).collect();
    assert_eq!(differences, gone, "what is missing is exactly what was named");

    // The catalog knows of another copy, though not what is in it: as long as it is away, nothing is called lost.
    let (code, report) = json_on(&cli, "new", &["copies", "heal"]);
    assert_eq!(code, 1, "{report:#}");
    assert_eq!(report["lost"].as_array().unwrap().len(), 0, "{report:#}");
    fs::rename(&away, &nas).unwrap();
    let (code, report) = json_on(&cli, "new", &["copies", "heal"]);
    assert_eq!(code, 0, "{report:#}");
    assert_eq!(report["lost"].as_array().unwrap().len(), 0, "{report:#}");
    assert_eq!(restored(&cli, "new", &photos), []);
}

#[test]
fn a_copy_whose_first_run_was_killed_names_every_photo_it_should_have() {
    let cli = Cli::set_up();
    let photos = cli.path("photos");
    Bulk::new(2, 50_000).write(&photos, 400).unwrap();
    cli.ok(["admin", "import", "--no-previews", "--space", "Family", photos.to_str().unwrap()]);
    let copy = cli.add_copy("disk");
    let mut child = cli.command().args(["copies", "run"]).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while Cli::objects(&copy).len() < 20 {
        assert!(Instant::now() < deadline, "no objects appear in the copy");
        std::thread::sleep(Duration::from_micros(200));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let held = Cli::objects(&copy).len() as u64;
    assert!((20..400).contains(&held), "the kill came too late: {held}");
    let Recovered { code, report } = recover(&cli, &copy, &cli.path("kit.txt"), "new");
    assert_eq!(report["files"], 400, "{code}");
    assert_eq!(report["objects"].as_u64().unwrap(), held);
    assert_eq!(report["missing"].as_array().unwrap().len() as u64, 400 - held);
    assert_eq!(code, i32::from(held < 400));

    // On the machine that lives, the next run completes the copy.
    cli.ok(["copies", "run"]);
    let Recovered { code, report } = recover(&cli, &copy, &cli.path("kit.txt"), "complete");
    assert_eq!((code, report["objects"].as_u64()), (0, Some(400)), "{:#}", report["skipped_snapshots"]);
}

#[test]
fn the_store_of_the_dead_machine_itself_will_do() {
    let (cli, photos, _) = two_snapshots();
    fs::remove_file(cli.data().join("server.key")).unwrap();
    fs::remove_file(cli.data().join("catalog.db")).unwrap();
    let store = cli.data().join("store");
    let Recovered { code, report } = recover(&cli, &store, &cli.path("kit.txt"), "new");
    assert_eq!(code, 0, "{report:#}");
    assert_eq!(restored(&cli, "new", &photos), []);
    let (code, reports) = json_on(&cli, "new", &["copies", "run"]);
    assert_eq!(code, 0, "{reports:#}");
}

/// A database of its own on the server that the tests were given, or none, with a word about it.
fn database(name: &str) -> Option<String> {
    let Ok(server) = std::env::var("OURPHOTO_TEST_POSTGRES") else {
        testkit::skipped("no PostgreSQL (OURPHOTO_TEST_POSTGRES)");
        return None;
    };
    let name = format!("cli{}_{name}", std::process::id());
    let made =
        Command::new("psql").args(["-q", "-d", &server, "-c", &format!("CREATE DATABASE {name}")]).output();
    let Ok(made) = made else {
        testkit::skipped("psql is not installed");
        return None;
    };
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let (base, _) = server.rsplit_once('/').unwrap();
    Some(format!("{base}/{name}"))
}

#[test]
fn on_postgresql_photos_come_back_from_the_library_and_from_a_copy_too() {
    let Some(old) = database("old") else { return };
    let Some(new) = database("new") else { return };
    let cli = Cli::empty();
    let photos = cli.path("photos");
    SampleTree::write(&photos, 4, &Shape { picture: (64, 48), ..Shape::hard() }).unwrap();
    let copy = cli.path("disk");
    let url = format!("file://{}", copy.display());
    let kit = cli.path("kit.txt");
    let run = |database: &str, data: &str, args: &[&str]| {
        let mut command = cli.command();
        command.env("OURPHOTO_DATABASE", database).env("OURPHOTO_DATA", cli.path(data)).args(args);
        command.stdin(fs::File::open(cli.path("password")).unwrap());
        let ran = Ran::from(command.output().unwrap());
        assert_eq!(ran.code, 0, "{args:?}: {}{}", ran.stdout, ran.stderr);
    };
    fs::write(cli.path("password"), "correct horse battery staple\n").unwrap();
    let kit = kit.to_str().unwrap();
    run(&old, "data", &["admin", "setup", "--email", "ana@example.org", "--password-stdin", "--kit", kit]);
    let import = ["admin", "import", "--space", "Family", photos.to_str().unwrap()];
    run(&old, "data", &import);
    run(&old, "data", &import);
    run(&old, "data", &["copies", "add", "disk", "--url", &url, "--medium", "disk", "--place", "onsite"]);
    run(&old, "data", &["copies", "run"]);
    run(&old, "data", &["copies", "check"]);
    run(&old, "data", &["admin", "doctor"]);
    run(&new, "new", &["admin", "recover", "--from", &url, "--recovery-key", kit]);
    // And into the embedded catalog: a snapshot does not know which engine it came from.
    let Recovered { code, report } = recover(&cli, &copy, Path::new(kit), "embedded");
    assert_eq!(code, 0, "{report:#}");
    for (database, data) in [(old.as_str(), "data"), (new.as_str(), "new")] {
        let out = cli.path(format!("out of {data}"));
        run(database, data, &["admin", "restore", "--space", "Family", "--to", out.to_str().unwrap()]);
        assert_eq!(compare(&photos, &out.join("photos")).unwrap(), []);
    }
    assert_eq!(restored(&cli, "embedded", &photos), []);
}
