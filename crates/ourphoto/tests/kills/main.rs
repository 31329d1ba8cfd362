//! SIGKILL at random moments: nothing acknowledged is lost, nothing half-written is believed, the next run goes on.
//!
//! The program is measured once without interruption, then killed again and again at moments chosen at random within
//! that time. After each kill the catalog and the stores are looked at by other means than the program's own.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and tells what it tried"
)]

mod judge;
#[path = "../support/mod.rs"]
mod support;
mod tally;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use judge::{Identity, Judge, identity, is_whole, known, traces};
use library::LIBRARY_COPY;
use support::Cli;
use tally::Tally;
use testkit::{Difference, Rng, bytes, compare};

/// How many kills each command gets; together more than a hundred.
const IMPORTS: u32 = 30;
const RUNS: u32 = 26;
const HEALS: u32 = 22;
const RECOVERIES: u32 = 24;
const PREVIEWS: u32 = 16;
const RESTORES: u32 = 16;

/// Photos of a shoot: more than a copy or a recovery commits at once, so that kills fall between commits too.
const SMALL: u64 = 530;
/// Photos of a shoot that is imported: several folders of them.
const FEW: u64 = 200;
/// Photos of a shoot that is to be shown, and of one that is restored.
const SHOWN: u64 = 60;
const RESTORED: u64 = 300;
/// Large enough to be streamed instead of being read into memory.
const LARGE: usize = 9 << 20;

#[test]
fn an_import_that_is_killed_loses_nothing_that_it_had_committed_and_goes_on() {
    let cli = Cli::set_up();
    let photos = cli.path("photos");
    let mut rng = seeded("import");
    let mut shoots = 1;
    let mut import = import_of(&[shoot(&photos, &mut rng, 0, FEW)]);
    let whole = measured(&cli, &import);
    import = import_of(&[shoot(&photos, &mut rng, shoots, FEW)]);
    shoots += 1;

    let mut judge = Judge::default();
    let mut before = known(cli.data());
    let mut tally = Tally::new(&cli, "import", IMPORTS);
    while tally.more() {
        let delay = tally.delay(&mut rng, whole);
        let traces = traces(&cli.data().join("store"));
        let killed = tally.run(cli.command().args(&import), delay);
        let after = known(cli.data());
        for (file, content) in &before.files {
            assert_eq!(after.files.get(file), Some(content), "{}", String::from_utf8_lossy(file));
        }
        assert_eq!(after.unheld, 0);
        judge.library(&cli, &after);
        let worked = traces != self::traces(&cli.data().join("store")) || after.files != before.files;
        tally.left(worked && (after.files.len() as u64) < shoots * (FEW + 1));
        // What is believed comes back, and nothing else does.
        if tally.kills % 8 == 1 {
            cli.ok(["copies", "check", "library"]);
            let out = tempfile::tempdir_in(cli.path(".")).unwrap();
            cli.ok(["admin", "restore", "--space", "Family", "--to", out.path().to_str().unwrap()]);
            let differences = compare(&photos, out.path()).unwrap();
            assert!(differences.iter().all(|d| matches!(d, Difference::Missing(_))), "{differences:#?}");
            let restored = shoots * (FEW + 1) - differences.len() as u64;
            assert_eq!(restored, after.files.len() as u64);
        }
        if !killed {
            assert_eq!(after.files.len() as u64, shoots * (FEW + 1), "the import said that it was complete");
        }
        before = after;
        if !killed {
            import = import_of(&[shoot(&photos, &mut rng, shoots, FEW)]);
            shoots += 1;
        }
    }
    println!("{}", tally.told());

    let all: Vec<PathBuf> = (0..shoots).map(|number| photos.join(format!("shoot-{number:02}"))).collect();
    cli.ok(import_of(&all));
    let (code, summary) = cli.json(import_of(&all));
    assert_eq!(code, 0, "{summary}");
    assert_eq!(summary["already_there"], shoots * (FEW + 1), "{summary}");
    well(&cli, &photos);
}

#[test]
fn a_copy_run_that_is_killed_counts_only_what_is_whole_and_goes_on() {
    let cli = Cli::set_up();
    let mut rng = seeded("copies run");
    let photos = cli.path("photos");
    cli.ok(import_of(&[shoot(&photos, &mut rng, 0, SMALL)]));
    cli.add_copy("first");
    let whole = measured(&cli, &["copies", "run", "first"]);

    let mut judge = Judge::default();
    let mut tally = Tally::new(&cli, "copies run", RUNS);
    let mut copies = 0;
    while tally.more() {
        copies += 1;
        let name = format!("copy-{copies}");
        let store = cli.add_copy(&name);
        let mut before = BTreeSet::new();
        let mut killed = true;
        while killed && tally.more() {
            let delay = tally.delay(&mut rng, whole);
            let traces = traces(&store);
            killed = tally.run(cli.command().args(["copies", "run", &name]), delay);
            let known = known(cli.data());
            let held: BTreeSet<_> = known.held[&name].iter().map(|(hash, _)| *hash).collect();
            assert!(before.is_subset(&held), "what was copied once is forgotten");
            judge.library(&cli, &known);
            judge.holds(&store, &known.held[&name]);
            judge.whole(&store);
            tally.left(traces != self::traces(&store) && (held.len() as u64) < SMALL + 1);
            before = held;
        }
        let (code, reports) = cli.json(["copies", "run", &name]);
        assert_eq!(code, 0, "{reports}");
        let (code, reports) = cli.json(["copies", "check", &name]);
        assert_eq!((code, reports[0]["proved"].as_u64()), (0, Some(SMALL + 1)), "{reports}");
    }
    println!("{}", tally.told());
    well(&cli, &photos);

    // A copy that was made in pieces brings everything back.
    let from = format!("file://{}", cli.path("copy-1").display());
    let recovered = cli.path("recovered");
    cli.ok(recovery(&cli, &from, &recovered).iter().map(String::as_str));
    let out = cli.path("from-copy");
    let mut restore = cli.command();
    restore.env("OURPHOTO_DATA", recovered).args(["admin", "restore", "--space", "Family", "--to"]).arg(&out);
    assert!(restore.status().unwrap().success());
    assert_eq!(compare(&photos, &out).unwrap(), []);
}

#[test]
fn healing_that_is_killed_leaves_each_object_either_bad_as_it_was_or_right_and_goes_on() {
    let cli = Cli::set_up();
    let mut rng = seeded("copies heal");
    let photos = cli.path("photos");
    for number in 0..120_u64 {
        put(&photos.join(format!("shoot/IMG_{number:04}.JPG")), &bytes(number, 6_000), number);
    }
    put(&photos.join("shoot/film.mov"), &bytes(9, LARGE), 9);
    cli.ok(import_of(&[photos.join("shoot")]));
    cli.add_copy("usb");
    cli.ok(["copies", "run"]);
    let store = cli.data().join("store");
    let objects = Cli::objects(&store);

    damage(&cli, &objects, &mut rng);
    let whole = measured(&cli, &["copies", "heal"]);

    let mut judge = Judge::default();
    let mut tally = Tally::new(&cli, "copies heal", HEALS);
    while tally.more() {
        let bad = damage(&cli, &objects, &mut rng);
        let untouched: HashMap<&PathBuf, Identity> = objects
            .iter()
            .filter(|path| !bad.contains_key(*path))
            .map(|path| (path, identity(path)))
            .collect();
        let copy: Vec<Identity> = Cli::objects(&cli.path("usb")).iter().map(|path| identity(path)).collect();
        let mut killed = true;
        let mut healed_before = 0;
        while killed && tally.more() {
            let delay = tally.delay(&mut rng, whole);
            let (_, unfinished) = traces(&store);
            killed = tally.run(cli.command().args(["copies", "heal"]), delay);
            let mut healed = 0;
            for (path, was) in &bad {
                let whole = is_whole(path);
                healed += usize::from(whole);
                assert!(whole || fs::read(path).ok() == *was, "{} is half healed", path.display());
            }
            judge.library(&cli, &known(cli.data()));
            let worked = healed > healed_before || traces(&store).1 > unfinished;
            tally.left(worked && healed < bad.len());
            healed_before = healed;
        }
        let (code, report) = cli.json(["copies", "heal"]);
        assert_eq!(code, 0, "{report}");
        assert!(objects.iter().all(|path| is_whole(path)));
        assert!(untouched.iter().all(|(path, was)| identity(path) == *was), "what was right was touched");
        assert_eq!(Cli::objects(&store), objects);
        let now: Vec<Identity> = Cli::objects(&cli.path("usb")).iter().map(|path| identity(path)).collect();
        assert_eq!(copy, now, "the copy that helped was touched");
    }
    println!("{}", tally.told());
    well(&cli, &photos);
}

#[test]
fn a_recovery_that_is_killed_is_no_library_until_a_further_run_ends_it() {
    let cli = Cli::set_up();
    let mut rng = seeded("admin recover");
    let photos = cli.path("photos");
    cli.ok(import_of(&[shoot(&photos, &mut rng, 0, SMALL)]));
    let copy = cli.add_copy("usb");
    cli.ok(["copies", "run"]);
    let from = format!("file://{}", copy.display());
    let arguments = recovery(&cli, &from, &cli.path("measured"));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let whole = measured(&cli, &arguments);

    let mut judge = Judge::default();
    let mut tally = Tally::new(&cli, "admin recover", RECOVERIES);
    tally.within = Some(whole);
    let mut machines = 0;
    let untouched: Vec<Identity> = Cli::objects(&copy).iter().map(|path| identity(path)).collect();
    while tally.more() {
        machines += 1;
        let data = cli.path(format!("machine-{machines}"));
        let store = data.join("store");
        let arguments = recovery(&cli, &from, &data);
        let mut killed = true;
        while killed && tally.more() {
            // Early moments are of their own interest here: keys, catalog and notes are made then.
            let until = if rng.below(3) == 0 { whole / 5 } else { whole };
            let delay = tally.delay(&mut rng, until);
            let (traces, note) = (traces(&store), data.join("recovering.json"));
            let begun = note.exists();
            killed = tally.run(cli.command().args(&arguments), delay);
            judge.whole(&store);
            tally.left(note.exists() && (!begun || traces != self::traces(&store)));
            let listed = cli.command().env("OURPHOTO_DATA", &data).args(["copies", "list"]).output().unwrap();
            let told = String::from_utf8_lossy(&listed.stderr);
            if note.exists() {
                assert!(told.contains("is not finished"), "{told}");
            } else if !data.join("server.key").exists() {
                assert!(told.contains("there is no library"), "{told}");
            } else {
                // The kill came after the end of the recovery.
                judge.holds(&store, &known(&data).held[LIBRARY_COPY]);
                break;
            }
        }
        if !data.exists() || data.join("recovering.json").exists() || !data.join("server.key").exists() {
            cli.ok(&arguments);
        }
        let known = known(&data);
        assert_eq!(known.files.len() as u64, SMALL + 1);
        judge.holds(&store, &known.held[LIBRARY_COPY]);
        assert_eq!(known.held[LIBRARY_COPY].len() as u64, SMALL + 1);
        if machines % 4 == 1 {
            let out = cli.path(format!("restored-{machines}"));
            let restore = ["admin", "restore", "--space", "Family", "--to", out.to_str().unwrap()];
            assert!(cli.command().env("OURPHOTO_DATA", &data).args(restore).status().unwrap().success());
            assert_eq!(compare(&photos, &out).unwrap(), []);
            for look in [["copies", "check"], ["admin", "doctor"]] {
                let ran = cli.command().env("OURPHOTO_DATA", &data).args(look).output().unwrap();
                assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stdout));
            }
        }
        fs::remove_dir_all(&data).unwrap();
    }
    println!("{}", tally.told());
    let now: Vec<Identity> = Cli::objects(&copy).iter().map(|path| identity(path)).collect();
    assert_eq!(untouched, now, "recovering changed the copy");
}

#[test]
fn a_recovery_that_was_killed_before_its_first_note_had_its_name_goes_on() {
    let cli = Cli::set_up();
    let copy = cli.add_copy("usb");
    cli.ok(["copies", "run"]);
    let data = cli.path("machine");
    fs::create_dir(&data).unwrap();
    // What a kill leaves between writing the first note aside and giving it its name.
    fs::write(data.join("recovering.tmp"), "{\"fr").unwrap();
    let from = format!("file://{}", copy.display());
    cli.ok(recovery(&cli, &from, &data));
    assert!(!data.join("recovering.json").exists() && !data.join("recovering.tmp").exists());
}

#[test]
fn previews_that_are_killed_go_on_and_leave_nothing_wrong() {
    let cli = Cli::set_up();
    let mut rng = seeded("admin previews");
    let photos = cli.path("photos");
    let renditions = cli.data().join("renditions");
    let mut shoots = 0;
    let mut next_shoot = |rng: &mut Rng| {
        shoots += 1;
        let shoot = photos.join(shoots.to_string());
        testkit::bulk::Bulk::new(rng.u64(), 20_000).write(&shoot, SHOWN).unwrap();
        cli.ok(import_of(&[shoot]));
    };
    next_shoot(&mut rng);
    let whole = measured(&cli, &["admin", "previews"]);
    let for_each = traces(&renditions).0;
    let mut wanted = for_each;

    let mut judge = Judge::default();
    let mut tally = Tally::new(&cli, "admin previews", PREVIEWS);
    let mut killed = false;
    while tally.more() {
        if !killed {
            next_shoot(&mut rng);
            wanted += for_each;
        }
        let delay = tally.delay(&mut rng, whole);
        let traces = traces(&renditions);
        killed = tally.run(cli.command().args(["admin", "previews"]), delay);
        judge.whole(&renditions);
        judge.library(&cli, &known(cli.data()));
        let now = self::traces(&renditions);
        tally.left(now != traces && now.0 < wanted);
    }
    println!("{}", tally.told());
    cli.ok(["admin", "previews"]);
    assert_eq!(cli.ok(["admin", "previews"]).stdout.trim(), "No previews are waiting.");
    well(&cli, &photos);
}

#[test]
fn restores_that_are_killed_go_on_and_leave_nothing_wrong() {
    let cli = Cli::set_up();
    let mut rng = seeded("admin restore");
    let photos = cli.path("photos");
    testkit::bulk::Bulk::new(rng.u64(), 200_000).write(&photos, RESTORED).unwrap();
    cli.ok(import_of(&[photos.join("shoot-0000")]));
    let restore = |to: &Path| {
        ["admin", "restore", "--space", "Family", "--to"]
            .map(PathBuf::from)
            .into_iter()
            .chain([to.to_owned()])
            .collect::<Vec<_>>()
    };
    let whole = measured(&cli, &restore(&cli.path("measured")));

    let mut tally = Tally::new(&cli, "admin restore", RESTORES);
    let mut targets = 0;
    while tally.more() {
        targets += 1;
        let out = cli.path(format!("out-{targets}"));
        let mut killed = true;
        let mut before = Vec::new();
        while killed && tally.more() {
            let delay = tally.delay(&mut rng, whole);
            killed = tally.run(cli.command().args(restore(&out)), delay);
            let differences = if out.exists() { compare(&photos, &out).unwrap() } else { Vec::new() };
            // What has its name is right to its last byte; what was being written has none.
            assert!(
                differences.iter().all(|d| matches!(d, Difference::Missing(_)) || is_part(d)),
                "{differences:#?}"
            );
            let missing = differences.iter().filter(|d| matches!(d, Difference::Missing(_))).count() as u64;
            tally.left(differences != before && (1..RESTORED).contains(&missing));
            before = differences;
        }
        cli.ok(restore(&out));
        let differences = compare(&photos, &out).unwrap();
        assert!(differences.iter().all(is_part), "{differences:#?}");
        fs::remove_dir_all(&out).unwrap();
    }
    println!("{}", tally.told());
    well(&cli, &photos);
}

/// Whether the difference is a file that a killed restore was writing.
fn is_part(difference: &Difference) -> bool {
    matches!(difference, Difference::Extra(path) if path.file_name().is_some_and(|name| {
        let name = name.to_string_lossy();
        name.starts_with(".ourphoto-") && name.ends_with(".part")
    }))
}

/// Chance for one test; its seed is printed, and taken from `KILLS_SEED` to see the same again.
fn seeded(what: &str) -> Rng {
    let seed = std::env::var("KILLS_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed: u64 = seed.unwrap_or_else(|| RandomState::new().hash_one(what));
    println!("{what}: KILLS_SEED={seed}");
    Rng::new(seed)
}

fn import_of(paths: &[PathBuf]) -> Vec<String> {
    let fixed = ["admin", "import", "--space", "Family", "--no-previews"].map(str::to_owned);
    fixed.into_iter().chain(paths.iter().map(|path| path.to_str().unwrap().to_owned())).collect()
}

/// Makes a folder of small photos and one film.
fn shoot(photos: &Path, rng: &mut Rng, number: u64, small: u64) -> PathBuf {
    let folder = photos.join(format!("shoot-{number:02}"));
    let film = number;
    for number in 0..small {
        let length = 200 + rng.below(4_000) as usize;
        let path = folder.join(format!("{}/IMG_{number:05}.JPG", number / 50));
        put(&path, &bytes(rng.u64(), length), number);
    }
    put(&folder.join("film.mov"), &bytes(rng.u64(), LARGE), film);
    folder
}

/// A file whose time is not now.
fn put(path: &Path, content: &[u8], number: u64) {
    if let Some(folder) = path.parent().filter(|folder| !folder.exists()) {
        fs::create_dir_all(folder).unwrap();
    }
    fs::write(path, content).unwrap();
    let modified =
        std::time::UNIX_EPOCH + Duration::from_nanos(1_600_000_000_000_000_000 + number * 1_000_000_007);
    fs::File::options().write(true).open(path).unwrap().set_modified(modified).unwrap();
}

fn recovery(cli: &Cli, from: &str, data: &Path) -> Vec<String> {
    let kit = cli.path("kit.txt");
    [
        "admin",
        "recover",
        "--from",
        from,
        "--recovery-key",
        kit.to_str().unwrap(),
        "--data",
        data.to_str().unwrap(),
    ]
    .map(str::to_owned)
    .to_vec()
}

/// How long a command takes when nobody kills it.
fn measured<S: AsRef<std::ffi::OsStr>>(cli: &Cli, args: &[S]) -> Duration {
    let start = Instant::now();
    cli.ok(args);
    start.elapsed()
}

/// Everything that the library promises, at rest.
fn well(cli: &Cli, photos: &Path) {
    let out = cli.path("in-the-end");
    cli.ok(["admin", "restore", "--space", "Family", "--to", out.to_str().unwrap()]);
    assert_eq!(compare(photos, &out).unwrap(), []);
    cli.ok(["copies", "check"]);
    cli.ok(["admin", "doctor"]);
}

/// Damages, cuts or removes half of the objects and lets the library find out; gives what is there now.
fn damage(cli: &Cli, objects: &[PathBuf], rng: &mut Rng) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let mut bad = BTreeMap::new();
    for path in objects {
        if rng.below(2) == 0 {
            continue;
        }
        let mut content = fs::read(path).unwrap();
        let at = rng.below(content.len() as u64) as usize;
        let now = match rng.below(3) {
            0 => None,
            1 => Some(content[..at].to_vec()),
            _ => {
                content[at] ^= 1;
                Some(content)
            }
        };
        match &now {
            None => fs::remove_file(path).unwrap(),
            Some(content) => fs::write(path, content).unwrap(),
        }
        bad.insert(path.clone(), now);
    }
    let (code, reports) = cli.json(["copies", "check", "library"]);
    let found = ["damaged", "missing"].map(|kind| reports[0][kind].as_array().unwrap().len());
    assert_eq!((code, found[0] + found[1]), (1, bad.len()));
    bad
}
