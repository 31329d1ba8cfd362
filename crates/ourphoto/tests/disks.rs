//! Full disks and read-only disks: an error that says so, nothing acknowledged lost, nothing half-written believed, and
//! the next run goes on. The disks are small memory file systems, mounted for the test.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and tells what it tried"
)]

mod support;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use support::{Cli, Ran};
use testkit::{Difference, bytes, compare};

/// Set in the copy of this program that runs where it may mount.
const INSIDE: &str = "DISKS_MAY_MOUNT";

/// A disk of its own; unmounted when dropped.
struct Disk(PathBuf);

impl Disk {
    fn mount(path: PathBuf, size: &str) -> Self {
        fs::create_dir_all(&path).unwrap();
        let options = format!("size={size}");
        assert!(quiet("mount", &["-t", "tmpfs", "-o", &options, "none", path.to_str().unwrap()]));
        Self(path)
    }

    fn remount(&self, options: &str) {
        let options = format!("remount,{options}");
        assert!(quiet("mount", &["-o", &options, self.0.to_str().unwrap()]), "{options}");
    }

    /// Takes all room but `left` bytes.
    fn fill(&self, left: u64) -> PathBuf {
        let path = self.0.join("filler");
        let mut file = fs::File::create(&path).unwrap();
        while file.write(&[1; 4096]).is_ok_and(|written| written == 4096) {}
        let length = file.metadata().unwrap().len();
        file.set_len(length.saturating_sub(left) / 4096 * 4096).unwrap();
        path
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let path = self.0.to_str().unwrap();
        if !quiet("umount", &[path]) {
            quiet("umount", &["-l", path]);
        }
    }
}

fn quiet(program: &str, args: &[&str]) -> bool {
    Command::new(program).args(args).output().is_ok_and(|output| output.status.success())
}

/// Runs `test` where small disks can be mounted: here, or in a mount namespace of its own, or not at all.
fn with_disks(name: &str, test: impl FnOnce()) {
    let tried = tempfile::tempdir().unwrap();
    let path = tried.path().to_str().unwrap();
    if quiet("mount", &["-t", "tmpfs", "-o", "size=64k", "none", path]) {
        assert!(quiet("umount", &[path]));
        test();
    } else if std::env::var_os(INSIDE).is_none() && quiet("unshare", &["-Urm", "true"]) {
        let this = std::env::current_exe().unwrap();
        let mut ran = Command::new("unshare");
        ran.arg("-Urm").arg(this).args(["--exact", name, "--nocapture"]);
        let output = ran.env(INSIDE, "1").output().unwrap();
        print!("{}", String::from_utf8_lossy(&output.stdout));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    } else {
        testkit::skipped("cannot mount a small disk");
    }
}

/// A folder of `number` photos of 20 kB and one film of `film` bytes.
fn photos(folder: &Path, seed: u64, number: u64, film: usize) {
    fs::create_dir_all(folder).unwrap();
    for photo in 0..number {
        fs::write(folder.join(format!("IMG_{photo:04}.JPG")), bytes(seed * 10_000 + photo, 20_000)).unwrap();
    }
    if film > 0 {
        fs::write(folder.join("film.mov"), bytes(seed, film)).unwrap();
    }
}

fn set_up(cli: &Cli) {
    let kit = cli.path("kit.txt");
    let args =
        ["admin", "setup", "--email", "ana@example.org", "--password-stdin", "--kit", kit.to_str().unwrap()];
    let mut child = cli.command().args(args).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"correct horse battery staple\n").unwrap();
    well(&Ran::from(child.wait_with_output().unwrap()));
}

fn import(cli: &Cli, folder: &Path) -> Ran {
    cli.run(["admin", "import", "--space", "Family", "--no-previews", folder.to_str().unwrap()])
}

fn restore(cli: &Cli, to: &Path) -> Ran {
    cli.run(["admin", "restore", "--space", "Family", "--to", to.to_str().unwrap()])
}

fn recover(cli: &Cli, from: &Path, to: &Path) -> Ran {
    let (from, kit) = (format!("file://{}", from.display()), cli.path("kit.txt"));
    let key = ["--recovery-key", kit.to_str().unwrap()];
    cli.run(["admin", "recover", "--from", &from, key[0], key[1], "--data", to.to_str().unwrap()])
}

/// Failed with exit code 1 and words that name what is wrong.
#[track_caller]
fn refused(ran: &Ran, words: &[&str]) {
    let said = format!("{}{}", ran.stdout, ran.stderr);
    assert_eq!(ran.code, 1, "{said}");
    for word in words {
        assert!(said.contains(word), "'{word}' is not in: {said}");
    }
    assert!(!said.contains("panicked"), "{said}");
}

#[track_caller]
fn well(ran: &Ran) {
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
}

/// Everything below `photos` comes out again, whole; nothing in the library or its copies is damaged.
#[track_caller]
fn comes_back(cli: &Cli, photos: &Path) {
    well(&cli.run(["copies", "check"]));
    let out = tempfile::tempdir_in(cli.path(".")).unwrap();
    well(&restore(cli, out.path()));
    let differences = compare(photos, out.path()).unwrap();
    assert!(differences.is_empty(), "{differences:#?}");
}

fn every_object_is_whole(store: &Path) {
    for path in Cli::objects(store) {
        let hash = model::Sha256(compare::sha256(&path).unwrap()).to_string();
        assert_eq!(path.file_name().unwrap().to_str(), Some(&*hash), "half an object has a name");
    }
}

#[test]
fn an_import_onto_a_full_disk_says_so_and_goes_on_when_there_is_room() {
    with_disks("an_import_onto_a_full_disk_says_so_and_goes_on_when_there_is_room", || {
        // Many photos, and one film that fills the disk by itself.
        for (number, film) in [(500, 0), (3, 12 << 20)] {
            let cli = Cli::empty().with_data("disk/data");
            let disk = Disk::mount(cli.path("disk"), "9m");
            set_up(&cli);
            photos(&cli.path("photos/before"), 1, 40, 0);
            well(&import(&cli, &cli.path("photos/before")));

            photos(&cli.path("new/shoot"), 2, number, film);
            for _ in 0..2 {
                refused(&import(&cli, &cli.path("new/shoot")), &["disk", "full", "free some space"]);
                every_object_is_whole(&cli.data().join("store"));
            }
            cli.ok(["copies", "check", "library"]);
            let out = tempfile::tempdir().unwrap();
            well(&restore(&cli, out.path()));
            let differences = compare(&cli.path("photos/before"), &out.path().join("before")).unwrap();
            assert!(differences.is_empty(), "{differences:#?}");

            disk.remount("size=60m");
            well(&import(&cli, &cli.path("new/shoot")));
            fs::rename(cli.path("new/shoot"), cli.path("photos/shoot")).unwrap();
            comes_back(&cli, &cli.path("photos"));
            cli.ok(["admin", "doctor"]);
        }
    });
}

#[test]
fn a_catalog_whose_disk_has_no_room_for_another_row_loses_nothing() {
    with_disks("a_catalog_whose_disk_has_no_room_for_another_row_loses_nothing", || {
        let cli = Cli::empty().with_data("disk/data");
        let disk = Disk::mount(cli.path("disk"), "9m");
        set_up(&cli);
        photos(&cli.path("photos/before"), 1, 40, 0);
        well(&import(&cli, &cli.path("photos/before")));
        photos(&cli.path("new/shoot"), 2, 1, 0);

        // Where there is room to work but not to write, everything can be read.
        for left in [64 << 10, 80 << 10] {
            let filler = disk.fill(left);
            refused(&import(&cli, &cli.path("new/shoot")), &["disk", "full"]);
            let out = tempfile::tempdir().unwrap();
            well(&restore(&cli, out.path()));
            assert_eq!(compare(&cli.path("photos"), out.path()).unwrap(), []);
            fs::remove_file(filler).unwrap();
        }
        // To the last byte: nothing can be done, and that is all that happens.
        let filler = disk.fill(0);
        refused(&import(&cli, &cli.path("new/shoot")), &["disk"]);
        refused(&cli.run(["copies", "list"]), &["disk"]);
        fs::remove_file(filler).unwrap();
        comes_back(&cli, &cli.path("photos"));
        well(&import(&cli, &cli.path("new/shoot")));
        fs::rename(cli.path("new/shoot"), cli.path("photos/shoot")).unwrap();
        comes_back(&cli, &cli.path("photos"));
    });
}

#[test]
fn a_copy_onto_a_full_disk_says_so_keeps_what_it_has_and_goes_on_when_there_is_room() {
    with_disks("a_copy_onto_a_full_disk_says_so_keeps_what_it_has_and_goes_on_when_there_is_room", || {
        let cli = Cli::set_up();
        photos(&cli.path("photos/shoot"), 1, 400, 0);
        well(&import(&cli, &cli.path("photos/shoot")));
        let disk = Disk::mount(cli.path("usb"), "4m");
        let copy = cli.add_copy("usb");
        for _ in 0..2 {
            refused(&cli.run(["copies", "run"]), &["'usb' is full", "make room"]);
            every_object_is_whole(&copy);
            let (_, copies) = cli.json(["copies", "list"]);
            let held = copies[1]["held"].as_u64().unwrap();
            assert!(held <= Cli::objects(&copy).len() as u64, "{copies}");
            well(&cli.run(["copies", "check", "usb"]));
        }
        disk.remount("size=40m");
        well(&cli.run(["copies", "run"]));
        assert_eq!(Cli::objects(&copy).len(), 400);
        every_object_is_whole(&copy);
        comes_back(&cli, &cli.path("photos"));
    });
}

#[test]
fn a_restore_onto_a_full_disk_says_so_and_goes_on_when_there_is_room() {
    with_disks("a_restore_onto_a_full_disk_says_so_and_goes_on_when_there_is_room", || {
        let cli = Cli::set_up();
        photos(&cli.path("photos/shoot"), 1, 300, 9 << 20);
        well(&import(&cli, &cli.path("photos/shoot")));
        let disk = Disk::mount(cli.path("target"), "3m");
        for _ in 0..2 {
            refused(&restore(&cli, &cli.path("target")), &["full", "make room"]);
            let differences = compare(&cli.path("photos"), &cli.path("target")).unwrap();
            assert!(
                differences.iter().all(|difference| matches!(difference, Difference::Missing(_))),
                "{differences:#?}"
            );
        }
        disk.remount("size=40m");
        well(&restore(&cli, &cli.path("target")));
        assert_eq!(compare(&cli.path("photos"), &cli.path("target")).unwrap(), []);
    });
}

#[test]
fn a_recovery_onto_a_full_disk_says_so_and_goes_on_when_there_is_room() {
    with_disks("a_recovery_onto_a_full_disk_says_so_and_goes_on_when_there_is_room", || {
        let cli = Cli::set_up();
        photos(&cli.path("photos/shoot"), 1, 400, 0);
        well(&import(&cli, &cli.path("photos/shoot")));
        let copy = cli.add_copy("usb");
        cli.ok(["copies", "run"]);
        let disk = Disk::mount(cli.path("disk"), "4m");
        let cli = cli.with_data("disk/data");
        for _ in 0..2 {
            refused(&recover(&cli, &copy, cli.data()), &["No space left"]);
            every_object_is_whole(&cli.data().join("store"));
            refused(&cli.run(["copies", "list"]), &["is not finished"]);
        }
        disk.remount("size=40m");
        well(&recover(&cli, &copy, cli.data()));
        comes_back(&cli, &cli.path("photos"));
    });
}

#[test]
fn a_copy_that_became_read_only_is_still_proved_and_recovered_from_but_not_written() {
    with_disks("a_copy_that_became_read_only_is_still_proved_and_recovered_from_but_not_written", || {
        let cli = Cli::set_up();
        photos(&cli.path("photos/shoot"), 1, 60, 0);
        well(&import(&cli, &cli.path("photos/shoot")));
        let disk = Disk::mount(cli.path("usb"), "20m");
        let copy = cli.add_copy("usb");
        cli.ok(["copies", "run"]);
        let before = Cli::objects(&copy);
        photos(&cli.path("photos/later"), 2, 5, 0);
        disk.remount("ro");
        well(&import(&cli, &cli.path("photos/later")));
        refused(&cli.run(["copies", "run"]), &["Read-only"]);
        well(&cli.run(["copies", "check", "usb"]));
        assert_eq!(Cli::objects(&copy), before);

        // What is damaged in it stays damaged, is told, and can be healed when it can be written again.
        disk.remount("rw");
        fs::write(&before[0], b"other bytes").unwrap();
        disk.remount("ro");
        assert_eq!(cli.run(["copies", "check", "usb"]).code, 1);
        refused(&cli.run(["copies", "heal"]), &["Read-only"]);
        disk.remount("rw");
        well(&cli.run(["copies", "heal"]));
        well(&cli.run(["copies", "run"]));
        comes_back(&cli, &cli.path("photos"));

        // Recovering only reads the copy; recovering onto it is refused.
        disk.remount("ro");
        refused(&recover(&cli, &copy, &cli.path("usb/machine")), &["Read-only"]);
        well(&recover(&cli, &copy, &cli.path("machine")));
        let cli = cli.with_data("machine");
        comes_back(&cli, &cli.path("photos"));
    });
}

#[test]
fn a_library_on_a_read_only_disk_refuses_with_a_reason_and_is_whole_afterwards() {
    with_disks("a_library_on_a_read_only_disk_refuses_with_a_reason_and_is_whole_afterwards", || {
        let cli = Cli::empty().with_data("disk/data");
        let disk = Disk::mount(cli.path("disk"), "30m");
        set_up(&cli);
        photos(&cli.path("photos/shoot"), 1, 60, 0);
        well(&import(&cli, &cli.path("photos/shoot")));
        let copy = cli.add_copy("usb");
        cli.ok(["copies", "run"]);
        photos(&cli.path("new/later"), 2, 5, 0);

        disk.remount("ro");
        let before = Cli::objects(&cli.data().join("store"));
        refused(&import(&cli, &cli.path("new/later")), &["catalog"]);
        refused(&cli.run(["copies", "run"]), &["catalog"]);
        // Restoring needs a catalog that can be opened for writing: it says so instead of guessing. The way out of a
        // dying disk is the copy, or the same folder copied elsewhere.
        refused(&restore(&cli, &cli.path("out")), &["catalog"]);
        well(&recover(&cli, &copy, &cli.path("machine")));
        assert_eq!(Cli::objects(&cli.data().join("store")), before);

        disk.remount("rw");
        comes_back(&cli, &cli.path("photos"));
        well(&import(&cli, &cli.path("new/later")));
        cli.ok(["admin", "doctor"]);
    });
}

#[test]
fn a_read_only_store_below_a_writable_catalog_takes_nothing_and_gives_everything() {
    with_disks("a_read_only_store_below_a_writable_catalog_takes_nothing_and_gives_everything", || {
        let cli = Cli::set_up();
        let disk = Disk::mount(cli.path("disk"), "30m");
        // The store on a disk of its own, as it is with a large array.
        let store = cli.data().join("store");
        fs::create_dir(cli.path("disk/store")).unwrap();
        for entry in fs::read_dir(&store).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                fs::copy(&path, cli.path("disk/store").join(path.file_name().unwrap())).unwrap();
            }
        }
        fs::remove_dir_all(&store).unwrap();
        std::os::unix::fs::symlink(cli.path("disk/store"), &store).unwrap();
        photos(&cli.path("photos/shoot"), 1, 60, 0);
        well(&import(&cli, &cli.path("photos/shoot")));

        disk.remount("ro");
        photos(&cli.path("new/later"), 2, 5, 0);
        refused(&import(&cli, &cli.path("new/later")), &["Read-only"]);
        comes_back(&cli, &cli.path("photos"));
        disk.remount("rw");
        well(&import(&cli, &cli.path("new/later")));
        fs::rename(cli.path("new/later"), cli.path("photos/later")).unwrap();
        comes_back(&cli, &cli.path("photos"));
    });
}

/// What the kernel is asked for, in order, is the only witness of durability that a test can call: a kill leaves what is in
/// its memory.
#[test]
fn bytes_are_synced_before_they_are_named_and_named_before_the_catalog_knows_them() {
    let cli = Cli::set_up();
    let photos = cli.path("photos");
    fs::create_dir(&photos).unwrap();
    for number in 0..3 {
        fs::write(photos.join(format!("{number}.jpg")), testkit::bytes(number, 70_000)).unwrap();
    }
    let log = cli.path("trace.txt");
    let traced = std::process::Command::new("strace")
        .args(["-f", "-y", "-e", "trace=fsync,fdatasync,syncfs,rename,renameat,renameat2", "-o"])
        .arg(&log)
        .arg(env!("CARGO_BIN_EXE_ourphoto"))
        .args(["admin", "import", "--no-previews", "--space", "Family"])
        .arg(&photos)
        .env("OURPHOTO_DATA", cli.data())
        .output();
    let Ok(traced) = traced else {
        testkit::skipped("no strace to see what is synced");
        return;
    };
    assert!(traced.status.success(), "{}", String::from_utf8_lossy(&traced.stderr));
    let log = fs::read_to_string(&log).unwrap();
    let calls: Vec<&str> = log.lines().collect();
    let after = |from: usize, what: &dyn Fn(&str) -> bool| calls[from..].iter().position(|call| what(call));
    let synced = |call: &str| ["fsync(", "fdatasync(", "syncfs("].iter().any(|name| call.contains(name));
    let mut named = 0;
    for (at, call) in calls
        .iter()
        .enumerate()
        .filter(|(_, call)| call.contains("rename") && call.contains("/objects/") && call.ends_with(" = 0"))
    {
        let quoted: Vec<&str> = call.split('"').collect();
        let (from, to) = (quoted[1], quoted[3]);
        let folder = to.rsplit_once('/').unwrap().0;
        assert!(
            calls[..at].iter().any(|call| synced(call) && (call.contains(from) || call.contains("syncfs("))),
            "{from} was named without being synced:\n{log}"
        );
        let folder_synced = after(at, &|call| {
            synced(call) && (call.contains(&format!("{folder}>")) || call.contains("syncfs("))
        });
        let folder_synced = at + folder_synced.unwrap_or_else(|| panic!("{folder} was not synced:\n{log}"));
        let committed = after(folder_synced, &|call| synced(call) && call.contains("catalog.db-wal"));
        assert!(committed.is_some(), "the catalog was committed before {folder} was synced:\n{log}");
        named += 1;
    }
    assert_eq!(named, 3, "{log}");
}

#[test]
fn a_disk_that_is_unplugged_in_mid_run_goes_on_at_another_mount_point() {
    with_disks("a_disk_that_is_unplugged_in_mid_run_goes_on_at_another_mount_point", || {
        let cli = Cli::set_up();
        let folder = cli.path("photos");
        photos(&folder, 1, 3000, 0);
        well(&import(&cli, &folder));
        // The disk itself, where nobody looks for it, and where it is plugged in: its first place, and later another.
        let drawer = Disk::mount(cli.path("drawer"), "200m");
        let disk = drawer.0.join("of/mine");
        fs::create_dir_all(&disk).unwrap();
        let plug = |place: &str| {
            let point = cli.path(place);
            fs::create_dir_all(&point).unwrap();
            assert!(quiet("mount", &["--bind", disk.to_str().unwrap(), point.to_str().unwrap()]));
            Disk(point)
        };
        let first = plug("media/Shelf");
        let address = first.0.join("photos");
        let add = |cli: &Cli, name: &str, url: &Path| {
            let url = url.to_str().unwrap();
            well(
                &cli.run(["copies", "add", name, "--url", url, "--medium", "offline", "--place", "offsite"]),
            );
        };
        add(&cli, "shelf", &address);

        let mut run = cli.command();
        run.args(["copies", "run", "shelf"]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let run = run.spawn().unwrap();
        while files_below(&disk.join("photos/objects")) == 0 {
            std::thread::yield_now();
        }
        let place = first.0.clone();
        assert!(quiet("umount", &["-l", place.to_str().unwrap()]), "it was pulled out");
        std::mem::forget(first);
        refused(&Ran::from(run.wait_with_output().unwrap()), &["went away"]);
        assert_eq!(files_below(&place), 0, "nothing is written into the empty mount point");
        let held = held(&cli, "shelf");
        assert!(held < 3000, "it was in the middle of it");
        assert!(held <= files_below(&disk.join("photos/objects")) as u64, "what is counted is there");

        // Another disk with the same label, with a copy of another library.
        let other = Cli::set_up();
        let stranger = Disk::mount(place.clone(), "20m");
        add(&other, "theirs", &address);
        well(&other.run(["copies", "run", "theirs"]));
        let theirs = files_below(&stranger.0);
        refused(&cli.run(["copies", "run", "shelf"]), &["another store"]);
        assert_eq!(files_below(&stranger.0), theirs, "it is left alone");

        // Its own disk, at another mount point, while the stranger is still at the address.
        let second = plug("mnt/with space");
        well(&cli.run(["copies", "run", "shelf"]));
        assert_eq!(self::held(&cli, "shelf"), 3000);
        assert_eq!(files_below(&second.0.join("photos/objects")), 3000);
        assert_eq!(files_below(&stranger.0), theirs);
        well(&cli.run(["copies", "check", "shelf"]));
    });
}

fn files_below(folder: &Path) -> usize {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    entries.flatten().map(|entry| if entry.path().is_dir() { files_below(&entry.path()) } else { 1 }).sum()
}

/// Objects that the catalog counts in a copy.
fn held(cli: &Cli, name: &str) -> u64 {
    let ran = cli.run(["copies", "list", "--json"]);
    let copies: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let copy = copies.as_array().unwrap().iter().find(|copy| copy["name"] == name).unwrap();
    copy["held"].as_u64().unwrap()
}
