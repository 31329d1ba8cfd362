//! "A flipped bit, a truncated, a missing and a swapped object, in the library or in a copy, are each found, named by
//! photo, and healed from the other side; with no good copy left, the loss is reported and nothing else is touched."
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use library::{Layout, Library, OpenOptions};
use model::SystemClock;
use serde_json::Value;
use support::Cli;

/// A few photos of different sizes in a space, a copy for each name, all of them up to date.
struct Shelf {
    cli: Cli,
    photos: PathBuf,
    copies: Vec<(&'static str, PathBuf)>,
    /// Where each photo's object is in every store.
    objects: BTreeMap<String, PathBuf>,
}

/// What is below a folder: a hash for each file, and what else there is.
type State = BTreeMap<PathBuf, String>;

impl Shelf {
    fn new(copies: &[&'static str]) -> Self {
        let cli = Cli::set_up();
        let photos = cli.path("photos");
        for (number, size) in [100, 5_000, 65_536, 200_000, 70_000, 1].into_iter().enumerate() {
            let folder = photos.join(if number % 2 == 0 { "Beach" } else { "Lake — été" });
            fs::create_dir_all(&folder).unwrap();
            let name = format!("IMG_{number}.jpg");
            fs::write(folder.join(name), testkit::bytes(number as u64 + 1, size)).unwrap();
        }
        import(&cli, &photos);
        let copies: Vec<_> = copies.iter().map(|name| (*name, cli.add_copy(name))).collect();
        cli.ok(["copies", "run"]);
        let objects = objects(&cli);
        assert_eq!(objects.len(), 6);
        Self { cli, photos, copies, objects }
    }

    /// The store of the library or of a copy.
    fn store(&self, name: &str) -> PathBuf {
        match self.copies.iter().find(|(copy, _)| *copy == name) {
            Some((_, path)) => path.clone(),
            None => self.cli.data().join("store"),
        }
    }

    fn object(&self, name: &str, photo: &str) -> PathBuf {
        self.store(name).join(&self.objects[photo])
    }

    fn states(&self) -> Vec<State> {
        let mut all = vec![state(&self.store("library"))];
        all.extend(self.copies.iter().map(|(_, path)| state(path)));
        all
    }

    /// Checks one store; gives the exit code and its report.
    fn check(&self, name: &str) -> (i32, Value) {
        let (code, mut reports) = self.cli.json(["copies", "check", name]);
        (code, reports[0].take())
    }

    fn heal(&self) -> (i32, Value) {
        self.cli.json(["copies", "heal"])
    }

    fn assert_all_right(&self) {
        let (code, reports) = self.cli.json(["copies", "check"]);
        assert_eq!(code, 0, "{reports:#}");
        assert_eq!(reports.as_array().unwrap().len(), self.copies.len() + 1);
        for report in reports.as_array().unwrap() {
            assert_eq!(report["proved"], self.objects.len(), "{report:#}");
        }
        let out = tempfile::tempdir().unwrap();
        self.cli.ok(["admin", "restore", "--space", "Family", "--to", out.path().to_str().unwrap()]);
        assert_eq!(testkit::compare(&self.photos, &out.path().join("photos")).unwrap(), []);
    }
}

fn import(cli: &Cli, photos: &Path) -> Value {
    let (code, summary) =
        cli.json(["admin", "import", "--no-previews", "--space", "Family", photos.to_str().unwrap()]);
    assert_eq!(code, 0, "{summary:#}");
    summary
}

/// Where the object of each photo is in a store.
fn objects(cli: &Cli) -> BTreeMap<String, PathBuf> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let layout = Layout::new(cli.data());
        let library = Library::open(layout, &OpenOptions::default(), Arc::new(SystemClock)).await.unwrap();
        let mut tx = library.catalog.read().await.unwrap();
        let all = tx.object_page(None, 1_000).await.unwrap();
        let ids: Vec<_> = all.iter().map(|object| object.id).collect();
        let names = tx.object_names(&ids).await.unwrap();
        drop(tx);
        library.catalog.clone().close().await;
        all.iter()
            .map(|object| {
                let name = String::from_utf8(names[&object.id][0].name.clone()).unwrap();
                (name, PathBuf::from(vault::StorePath::object(&object.hash).as_str()))
            })
            .collect()
    })
}

fn state(root: &Path) -> State {
    let mut found = State::new();
    let mut todo = vec![root.to_owned()];
    while let Some(folder) = todo.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let kind = path.symlink_metadata().unwrap().file_type();
            let what = if kind.is_dir() {
                todo.push(path.clone());
                "folder".to_owned()
            } else if kind.is_symlink() {
                format!("link to {}", fs::read_link(&path).unwrap().display())
            } else {
                model::Sha256(testkit::compare::sha256(&path).unwrap()).to_string()
            };
            found.insert(path.strip_prefix(root).unwrap().to_owned(), what);
        }
    }
    // Where unfinished writes are; empty folders there are nobody's loss, files would be.
    if found.get(Path::new("tmp")).is_some_and(|what| what == "folder") {
        found.remove(Path::new("tmp"));
    }
    found
}

/// The names of the photos in a list of findings.
fn photos(findings: &Value) -> BTreeSet<String> {
    let names = |finding: &Value| -> Vec<String> {
        let photos = finding["photos"].as_array().unwrap();
        photos.iter().map(|photo| photo["name"].as_str().unwrap().to_owned()).collect()
    };
    findings.as_array().unwrap().iter().flat_map(names).collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Harm {
    Flip(usize),
    FlipLast,
    Truncate,
    Empty,
    Extend,
    Remove,
    Swap,
    Link,
    DanglingLink,
    Folder,
}

const HARMS: &[Harm] = &[
    Harm::Flip(0),
    Harm::Flip(150),
    Harm::FlipLast,
    Harm::Truncate,
    Harm::Empty,
    Harm::Extend,
    Harm::Remove,
    Harm::Swap,
    Harm::Link,
    Harm::DanglingLink,
    Harm::Folder,
];

impl Harm {
    /// Does it to the object at `path`; to the one at `other` too where it takes two.
    fn apply(self, path: &Path, other: &Path) {
        let mut bytes = fs::read(path).unwrap();
        let length = bytes.len();
        match self {
            Self::Flip(at) => bytes[at] ^= 1,
            Self::FlipLast => bytes[length - 1] ^= 0x80,
            Self::Truncate => bytes.truncate(length - 1),
            Self::Empty => bytes.clear(),
            Self::Extend => bytes.push(0),
            Self::Swap => {
                fs::write(path, fs::read(other).unwrap()).unwrap();
                return fs::write(other, bytes).unwrap();
            }
            Self::Remove => return fs::remove_file(path).unwrap(),
            Self::Link | Self::DanglingLink | Self::Folder => {
                fs::remove_file(path).unwrap();
                return match self {
                    Self::Link => std::os::unix::fs::symlink(other, path).unwrap(),
                    Self::DanglingLink => std::os::unix::fs::symlink("/nowhere/at/all", path).unwrap(),
                    _ => fs::create_dir(path).unwrap(),
                };
            }
        }
        fs::write(path, bytes).unwrap();
    }
}

/// Does every harm to one side, and has it found, named and healed from the other.
fn harm_and_heal(side: &'static str) {
    let shelf = Shelf::new(&["disk"]);
    let before = shelf.states();
    let (photo, second) = ("IMG_3.jpg", "IMG_1.jpg");
    for harm in HARMS {
        harm.apply(&shelf.object(side, photo), &shelf.object(side, second));
        let hurt = if *harm == Harm::Swap { set(&[photo, second]) } else { set(&[photo]) };
        let missing = matches!(harm, Harm::Remove | Harm::DanglingLink);

        let (code, report) = shelf.check(side);
        assert_eq!(code, 1, "{harm:?}: {report:#}");
        let (found, other) = if missing { ("missing", "damaged") } else { ("damaged", "missing") };
        assert_eq!(photos(&report[found]), hurt, "{harm:?}: {report:#}");
        assert_eq!(photos(&report[other]), set(&[]), "{harm:?}: {report:#}");
        assert_eq!(report["proved"], shelf.objects.len() - hurt.len(), "{harm:?}: {report:#}");
        let whole = if side == "library" { "disk" } else { "library" };
        assert_eq!(shelf.check(whole).0, 0, "{harm:?}");
        let (code, list) = shelf.cli.json(["copies", "list"]);
        assert_eq!(code, 1);
        let status = list.as_array().unwrap().iter().find(|status| status["name"] == side).unwrap();
        assert_eq!(
            status["damaged"].as_u64().unwrap() + status["missing"].as_u64().unwrap(),
            hurt.len() as u64
        );

        let (code, report) = shelf.heal();
        assert_eq!(code, 0, "{harm:?}: {report:#}");
        assert_eq!(photos(&report["healed"]), hurt, "{harm:?}: {report:#}");
        assert_eq!(shelf.states(), before, "{harm:?}: both stores are what they were, file by file");
    }
    shelf.assert_all_right();
}

#[test]
fn every_kind_of_damage_in_the_library_is_found_named_and_healed_from_the_copy() {
    harm_and_heal("library");
}

#[test]
fn every_kind_of_damage_in_a_copy_is_found_named_and_healed_from_the_library() {
    harm_and_heal("disk");
}

#[test]
fn a_folder_with_something_in_it_in_the_place_of_an_object_is_kept_beside_what_is_healed() {
    let shelf = Shelf::new(&["disk"]);
    for side in ["library", "disk"] {
        let object = shelf.object(side, "IMG_0.jpg");
        Harm::Folder.apply(&object, Path::new(""));
        fs::write(object.join("mine.txt"), "keep").unwrap();
        assert_eq!(photos(&shelf.check(side).1["damaged"]), set(&["IMG_0.jpg"]));
        let (code, report) = shelf.heal();
        assert_eq!(code, 0, "{report:#}");
        assert_eq!(fs::read(object.with_extension("folder").join("mine.txt")).unwrap(), b"keep");
    }
    shelf.assert_all_right();
}

#[test]
fn damage_is_told_in_words_with_the_photo_and_what_to_do() {
    let shelf = Shelf::new(&["disk"]);
    Harm::FlipLast.apply(&shelf.object("library", "IMG_1.jpg"), Path::new(""));
    let ran = shelf.cli.run(["copies", "check"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("DAMAGED: Family/photos/Lake — été/IMG_1.jpg"), "{}", ran.stdout);
    assert!(ran.stdout.contains("ourphoto copies heal"), "{}", ran.stdout);
    let ran = shelf.cli.ok(["copies", "heal"]);
    assert!(ran.stdout.contains("healed: Family/photos/Lake — été/IMG_1.jpg"), "{}", ran.stdout);
    assert!(ran.stdout.contains("put right in 'library' from 'disk'"), "{}", ran.stdout);
    let ran = shelf.cli.ok(["copies", "heal"]);
    assert!(ran.stdout.contains("Nothing is known to be damaged"), "{}", ran.stdout);
}

#[test]
fn each_side_heals_the_other_when_both_are_damaged_in_different_photos() {
    let shelf = Shelf::new(&["disk"]);
    let before = shelf.states();
    Harm::Truncate.apply(&shelf.object("library", "IMG_0.jpg"), Path::new(""));
    Harm::Remove.apply(&shelf.object("library", "IMG_2.jpg"), Path::new(""));
    Harm::FlipLast.apply(&shelf.object("disk", "IMG_4.jpg"), Path::new(""));
    let (code, reports) = shelf.cli.json(["copies", "check"]);
    assert_eq!(code, 1);
    assert_eq!(photos(&reports[0]["damaged"]), set(&["IMG_0.jpg"]));
    assert_eq!(photos(&reports[0]["missing"]), set(&["IMG_2.jpg"]));
    assert_eq!(photos(&reports[1]["damaged"]), set(&["IMG_4.jpg"]));
    let (code, report) = shelf.heal();
    assert_eq!(code, 0, "{report:#}");
    assert_eq!(photos(&report["healed"]), set(&["IMG_0.jpg", "IMG_2.jpg", "IMG_4.jpg"]));
    assert_eq!(shelf.states(), before);
}

#[test]
fn with_no_good_copy_left_the_loss_is_reported_and_nothing_else_is_touched() {
    let shelf = Shelf::new(&["disk"]);
    let lost = "IMG_3.jpg";
    Harm::FlipLast.apply(&shelf.object("library", lost), Path::new(""));
    Harm::Truncate.apply(&shelf.object("disk", lost), Path::new(""));
    Harm::Remove.apply(&shelf.object("disk", "IMG_1.jpg"), Path::new(""));
    assert_eq!(shelf.cli.json(["copies", "check"]).0, 1);
    let before = shelf.states();
    let (code, report) = shelf.heal();
    assert_eq!(code, 1, "{report:#}");
    assert_eq!(photos(&report["lost"]), set(&[lost]), "{report:#}");
    assert_eq!(photos(&report["healed"]), set(&["IMG_1.jpg"]), "{report:#}");
    assert_eq!(photos(&report["failed"]), set(&[]), "{report:#}");
    let mut after = shelf.states();
    assert!(after[1].remove(&shelf.objects["IMG_1.jpg"]).is_some());
    assert_eq!(after, before, "what is damaged stays as it is, for whoever can make something of it");

    // A further round says the same again.
    assert_eq!(photos(&shelf.heal().1["lost"]), set(&[lost]));
    // Everything else is restored, and the loss is told there too.
    let out = shelf.cli.path("out");
    let (code, report) =
        shelf.cli.json(["admin", "restore", "--space", "Family", "--to", out.to_str().unwrap()]);
    assert_eq!((code, report["restored"].as_u64()), (1, Some(5)), "{report:#}");
    let failed = report["failed"].as_array().unwrap();
    assert_eq!(failed.len(), 1);
    assert!(failed[0]["photo"].as_str().unwrap().ends_with(lost), "{report:#}");
    let differences = testkit::compare(&shelf.photos, &out.join("photos")).unwrap();
    assert_eq!(differences, [testkit::Difference::Missing(Path::new("Lake — été").join(lost))]);
}

#[test]
fn a_lost_photo_that_is_imported_again_comes_back_in_the_library_and_then_in_the_copies() {
    let mut shelf = Shelf::new(&["disk", "nas"]);
    let lost = "IMG_3.jpg";
    for store in ["library", "disk", "nas"] {
        Harm::FlipLast.apply(&shelf.object(store, lost), Path::new(""));
    }
    assert_eq!(shelf.cli.json(["copies", "check"]).0, 1);
    assert_eq!(shelf.heal().0, 1);

    // The file has not changed since it was imported first; it must be read all the same.
    let summary = import(&shelf.cli, &shelf.photos);
    assert_eq!(summary["already_there"], 6, "{summary:#}");
    assert_eq!((&summary["brought_back"], &summary["versions"]), (&1.into(), &0.into()), "{summary:#}");
    shelf.objects = objects(&shelf.cli);
    assert_eq!(shelf.objects.len(), 6);
    let (code, reports) = shelf.cli.json(["copies", "run"]);
    assert_eq!(code, 0, "{reports:#}");
    for report in reports.as_array().unwrap() {
        assert_eq!(report["copied"], 1, "{report:#}");
    }
    shelf.assert_all_right();
    let (code, report) = shelf.heal();
    assert_eq!(code, 0, "{report:#}");
    assert_eq!(report["healed"].as_array().unwrap().len(), 0, "{report:#}");
    let (code, list) = shelf.cli.json(["copies", "list"]);
    assert_eq!(code, 0, "{list:#}");
}

#[test]
fn the_third_replica_heals_the_other_two() {
    let shelf = Shelf::new(&["disk", "nas"]);
    let before = shelf.states();
    Harm::FlipLast.apply(&shelf.object("library", "IMG_2.jpg"), Path::new(""));
    Harm::Empty.apply(&shelf.object("disk", "IMG_2.jpg"), Path::new(""));
    // Only the library is known to be bad: the first helper turns out to be bad too.
    assert_eq!(shelf.check("library").0, 1);
    let (code, report) = shelf.heal();
    assert_eq!(code, 0, "{report:#}");
    assert_eq!(photos(&report["healed"]), set(&["IMG_2.jpg"]), "{report:#}");
    // What was found out about the helper on the way was put right in its turn.
    let told: BTreeSet<_> =
        report["healed"].as_array().unwrap().iter().map(|item| item["problem"].as_str().unwrap()).collect();
    assert_eq!(told.len(), 2, "{report:#}");
    assert!(told.contains("put right in 'library' from 'nas'"), "{report:#}");
    assert_eq!(shelf.states(), before);
}

#[test]
fn one_copy_alone_is_healed_when_it_is_named() {
    let shelf = Shelf::new(&["disk", "nas"]);
    Harm::FlipLast.apply(&shelf.object("disk", "IMG_2.jpg"), Path::new(""));
    Harm::FlipLast.apply(&shelf.object("nas", "IMG_4.jpg"), Path::new(""));
    assert_eq!(shelf.cli.json(["copies", "check"]).0, 1);
    let (code, report) = shelf.cli.json(["copies", "heal", "disk"]);
    assert_eq!(code, 0, "{report:#}");
    assert_eq!(photos(&report["healed"]), set(&["IMG_2.jpg"]), "{report:#}");
    assert_eq!(shelf.check("disk").0, 0);
    assert_eq!(shelf.check("nas").0, 1);
}

#[test]
fn a_photo_whose_only_good_replica_is_unplugged_is_not_called_lost() {
    let shelf = Shelf::new(&["disk"]);
    let before = shelf.states();
    Harm::FlipLast.apply(&shelf.object("library", "IMG_2.jpg"), Path::new(""));
    let (disk, drawer) = (shelf.store("disk"), shelf.cli.path("in a drawer"));
    fs::rename(&disk, &drawer).unwrap();
    assert_eq!(shelf.check("library").0, 1);
    for mounted in [false, true] {
        if mounted {
            // The empty mount point of the disk is no disk.
            fs::create_dir(&disk).unwrap();
        }
        let (code, report) = shelf.heal();
        assert_eq!(code, 1, "{report:#}");
        assert_eq!(photos(&report["lost"]), set(&[]), "{report:#}");
        assert_eq!(photos(&report["failed"]), set(&["IMG_2.jpg"]), "{report:#}");
        let text = report["failed"][0]["problem"].as_str().unwrap();
        assert!(text.contains("'disk'") && text.contains("connect it and heal again"), "{text}");
        assert_eq!(report["unreachable"].as_array().unwrap().len(), 1, "{report:#}");
    }
    assert_eq!(fs::read_dir(&disk).unwrap().count(), 0, "nothing is written into the mount point");
    fs::remove_dir(&disk).unwrap();
    fs::rename(&drawer, &disk).unwrap();
    let (code, report) = shelf.heal();
    assert_eq!(code, 0, "{report:#}");
    assert_eq!(shelf.states(), before);
}

#[test]
fn another_disk_at_the_place_of_a_copy_is_not_taken_for_it() {
    let shelf = Shelf::new(&["disk", "nas"]);
    let (disk, nas) = (shelf.store("disk"), shelf.store("nas"));
    let aside = shelf.cli.path("aside");
    fs::rename(&disk, &aside).unwrap();
    fs::rename(&nas, &disk).unwrap();
    let before = state(&disk);
    for command in ["run", "check"] {
        let (code, reports) = shelf.cli.json(["copies", command, "disk"]);
        assert_eq!(code, 1, "{reports:#}");
        assert!(reports[0]["error"].as_str().unwrap().contains("another store"), "{reports:#}");
    }
    assert_eq!(state(&disk), before);
}

/// The newest snapshot of a store, by its path there.
fn newest_snapshot(store: &Path) -> PathBuf {
    let names = fs::read_dir(store.join("catalog")).unwrap().map(|entry| entry.unwrap().file_name());
    Path::new("catalog").join(names.max().unwrap())
}

fn key_file(store: &Path) -> PathBuf {
    Path::new("keys").join(fs::read_dir(store.join("keys")).unwrap().next().unwrap().unwrap().file_name())
}

#[test]
fn a_damaged_catalog_snapshot_or_key_is_reported_and_healed_from_the_other_side() {
    let shelf = Shelf::new(&["disk"]);
    let before = shelf.states();
    for side in ["library", "disk"] {
        let store = shelf.store(side);
        for name in [newest_snapshot(&store), key_file(&store)] {
            Harm::FlipLast.apply(&store.join(&name), Path::new(""));
            let (code, report) = shelf.check(side);
            assert_eq!(code, 1, "{report:#}");
            assert_eq!(report["damaged_files"], serde_json::json!([name.to_str().unwrap()]));
            assert_eq!(report["proved"], 6);
            let ran = shelf.cli.run(["copies", "check", side]);
            assert!(ran.stdout.contains("DAMAGED: ") && ran.stdout.contains(name.to_str().unwrap()));
            let (code, report) = shelf.heal();
            assert_eq!(code, 0, "{report:#}");
            assert_eq!(report["healed_files"].as_array().unwrap().len(), 1, "{report:#}");
            assert_eq!(shelf.states(), before);
        }
    }
    shelf.assert_all_right();
}

#[test]
fn a_run_makes_a_copy_whole_again_whose_newest_snapshot_went_bad() {
    for side in ["library", "disk"] {
        let shelf = Shelf::new(&["disk"]);
        // The second snapshot knows of the first run; nothing has changed after it. Their names tell seconds apart.
        std::thread::sleep(std::time::Duration::from_millis(1_100));
        shelf.cli.ok(["copies", "run"]);
        let store = shelf.store(side);
        Harm::FlipLast.apply(&store.join(newest_snapshot(&store)), Path::new(""));
        let (code, reports) = shelf.cli.json(["copies", "run"]);
        assert_eq!(code, 0, "{side}: {reports:#}");
        assert_eq!(shelf.check("disk").0, 0);
        let ran = shelf
            .cli
            .command()
            .args(["--json", "admin", "recover", "--from", shelf.store("disk").to_str().unwrap()])
            .arg("--recovery-key")
            .arg(shelf.cli.path("kit.txt"))
            .arg("--data")
            .arg(shelf.cli.path("recovered"))
            .output()
            .unwrap();
        let report: Value = serde_json::from_slice(&ran.stdout).unwrap();
        assert_eq!(report["files"], 6, "{side}: {report:#}");
        assert_eq!(report["missing"].as_array().unwrap().len(), 0, "{side}: {report:#}");
    }
}

#[test]
fn a_restore_gets_a_damaged_photo_from_the_copy_and_says_so() {
    let shelf = Shelf::new(&["disk"]);
    Harm::Flip(0).apply(&shelf.object("library", "IMG_2.jpg"), Path::new(""));
    Harm::FlipLast.apply(&shelf.object("library", "IMG_3.jpg"), Path::new(""));
    Harm::Remove.apply(&shelf.object("library", "IMG_1.jpg"), Path::new(""));
    let before = shelf.states();
    let out = shelf.cli.path("out");
    let (code, report) =
        shelf.cli.json(["admin", "restore", "--space", "Family", "--to", out.to_str().unwrap()]);
    assert_eq!(code, 0, "{report:#}");
    let helped: BTreeSet<_> = report["helped"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| {
            assert!(item["reason"].as_str().unwrap().contains("restored from 'disk'"), "{item}");
            item["photo"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
        })
        .collect();
    assert_eq!(helped, set(&["IMG_1.jpg", "IMG_2.jpg", "IMG_3.jpg"]));
    assert_eq!(testkit::compare(&shelf.photos, &out.join("photos")).unwrap(), []);
    assert_eq!(shelf.states(), before, "a restore reads and nothing else");
}

#[test]
fn a_restore_from_a_copy_reads_that_copy_alone() {
    let shelf = Shelf::new(&["disk"]);
    fs::remove_dir_all(shelf.store("library").join("objects")).unwrap();
    let out = shelf.cli.path("out");
    let to = out.to_str().unwrap();
    let (code, report) = shelf.cli.json(["admin", "restore", "--all", "--from-copy", "disk", "--to", to]);
    assert_eq!(code, 0, "{report:#}");
    assert_eq!(report["helped"].as_array().unwrap().len(), 0, "{report:#}");
    assert_eq!(testkit::compare(&shelf.photos, &out.join("Family/photos")).unwrap(), []);

    Harm::FlipLast.apply(&shelf.object("disk", "IMG_4.jpg"), Path::new(""));
    let again = shelf.cli.path("again");
    let (code, report) =
        shelf.cli.json(["admin", "restore", "--all", "--from-copy", "disk", "--to", again.to_str().unwrap()]);
    assert_eq!(code, 1, "{report:#}");
    assert_eq!(report["failed"].as_array().unwrap().len(), 1, "{report:#}");
    assert!(!again.join("Family/photos/Beach/IMG_4.jpg").exists(), "half a photo is no photo");
}

#[test]
fn how_a_copy_is_looked_after_is_said_and_changed_from_the_command_line() {
    let cli = Cli::set_up();
    let url = format!("file://{}", cli.path("disk").display());
    cli.ok(["copies", "add", "disk", "--url", &url, "--medium", "disk", "--place", "onsite"]);
    let usual = serde_json::json!({
        "copy": "disk", "every_s": 3600, "read_within_days": 90, "bytes_per_second": null, "quiet": null,
        "thin_out": false,
    });
    assert_eq!(cli.json(["copies", "care", "disk"]), (0, usual));
    let change = ["copies", "care", "disk", "--every", "6h", "--limit", "5000", "--quiet", "22:30-06:05"];
    cli.ok(change);
    cli.ok(["copies", "care", "disk", "--read-within", "30", "--thin-out", "yes"]);
    let changed = serde_json::json!({
        "copy": "disk", "every_s": 21600, "read_within_days": 30, "bytes_per_second": 5_120_000,
        "quiet": ["22:30", "06:05"], "thin_out": true,
    });
    assert_eq!(cli.json(["copies", "care", "disk"]), (0, changed));
    let (_, off) =
        cli.json(["copies", "care", "disk", "--limit", "off", "--quiet", "off", "--thin-out", "no"]);
    assert!(off["bytes_per_second"].is_null() && off["quiet"].is_null() && off["thin_out"] == false, "{off}");
    for (wrong, why) in [
        (["--every", "1s"], "every five minutes to every year"),
        (["--read-within", "0"], "within 1 to 730 days"),
        (["--limit", "1"], "at least 65536 bytes a second"),
        (["--quiet", "8-18"], "write two times of the day"),
    ] {
        let ran = cli.run(["copies", "care", "disk"].into_iter().chain(wrong));
        assert!(ran.code != 0 && ran.stderr.contains(why), "{wrong:?}: {}", ran.stderr);
    }
}
