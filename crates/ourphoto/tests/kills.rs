//! SIGKILL at random moments: nothing acknowledged is lost, nothing half-written is believed, the next run goes on.
//!
//! The program is measured once without interruption, then killed again and again at moments chosen at random within
//! that time. After each kill the catalog and the stores are looked at by other means than the program's own.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and tells what it tried"
)]

mod support;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io::{Read, Seek};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use catalog::Scope;
use library::{LIBRARY_COPY, Layout, Library, OpenOptions};
use model::{ReplicaState, Sha256, SystemClock};
use support::Cli;
use testkit::{Difference, Rng, bytes, compare};

/// How many kills each command gets; together more than a hundred.
const IMPORTS: u32 = 30;
const RUNS: u32 = 26;
const HEALS: u32 = 22;
const RECOVERIES: u32 = 24;
const PREVIEWS: u32 = 4;
const RESTORES: u32 = 6;

/// Photos of a shoot: more than a copy or a recovery commits at once, so that kills fall between commits too.
const SMALL: u64 = 530;
/// Photos of a shoot that is imported: several folders of them.
const FEW: u64 = 200;
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
        tally.traces(traces != self::traces(&cli.data().join("store")) || after.files != before.files);
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
        before = after;
        if !killed {
            import = import_of(&[shoot(&photos, &mut rng, shoots, FEW)]);
            shoots += 1;
        }
    }
    tally.told();

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
            let held = known.held[&name].iter().map(|(hash, _)| *hash).collect();
            assert!(before.is_subset(&held), "what was copied once is forgotten");
            judge.library(&cli, &known);
            judge.holds(&store, &known.held[&name]);
            judge.whole(&store);
            tally.traces(traces != self::traces(&store));
            before = held;
        }
        let (code, reports) = cli.json(["copies", "run", &name]);
        assert_eq!(code, 0, "{reports}");
        let (code, reports) = cli.json(["copies", "check", &name]);
        assert_eq!((code, reports[0]["proved"].as_u64()), (0, Some(SMALL + 1)), "{reports}");
    }
    tally.told();
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
        while killed && tally.more() {
            let delay = tally.delay(&mut rng, whole);
            let traces = traces(&store);
            killed = tally.run(cli.command().args(["copies", "heal"]), delay);
            for (path, was) in &bad {
                let now = fs::read(path).ok();
                assert!(now == *was || is_whole(path), "{} is half healed", path.display());
            }
            judge.library(&cli, &known(cli.data()));
            tally.traces(traces != self::traces(&store));
        }
        let (code, report) = cli.json(["copies", "heal"]);
        assert_eq!(code, 0, "{report}");
        assert!(objects.iter().all(|path| is_whole(path)));
        assert!(untouched.iter().all(|(path, was)| identity(path) == *was), "what was right was touched");
        assert_eq!(Cli::objects(&store), objects);
        let now: Vec<Identity> = Cli::objects(&cli.path("usb")).iter().map(|path| identity(path)).collect();
        assert_eq!(copy, now, "the copy that helped was touched");
    }
    tally.told();
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
            let traces = traces(&store);
            killed = tally.run(cli.command().args(&arguments), delay);
            judge.whole(&store);
            tally.traces(traces != self::traces(&store) || data.join("recovering.json").exists());
            let listed = cli.command().env("OURPHOTO_DATA", &data).args(["copies", "list"]).output().unwrap();
            let told = String::from_utf8_lossy(&listed.stderr);
            if data.join("recovering.json").exists() {
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
    tally.told();
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
fn previews_and_restores_that_are_killed_go_on_and_leave_nothing_wrong() {
    let cli = Cli::set_up();
    let mut rng = seeded("admin previews and restore");
    let photos = cli.path("photos");
    testkit::bulk::Bulk::new(rng.u64(), 200_000).write(&photos, 100).unwrap();
    cli.ok(import_of(&[photos.join("shoot-0000")]));
    let renditions = cli.data().join("renditions");
    let restore = |to: &Path| {
        ["admin", "restore", "--space", "Family", "--to"]
            .map(PathBuf::from)
            .into_iter()
            .chain([to.to_owned()])
            .collect::<Vec<_>>()
    };
    let whole = measured(&cli, &restore(&cli.path("measured")));

    let mut judge = Judge::default();
    let mut tally = Tally::new(&cli, "admin previews", PREVIEWS);
    while tally.more() {
        let delay = tally.delay(&mut rng, whole);
        let traces = traces(&renditions);
        if !tally.run(cli.command().args(["admin", "previews"]), delay) {
            break;
        }
        judge.whole(&renditions);
        judge.library(&cli, &known(cli.data()));
        tally.traces(traces != self::traces(&renditions));
    }
    println!("{}", tally.summary());

    let mut tally = Tally::new(&cli, "admin restore", RESTORES);
    let mut targets = 0;
    while tally.more() {
        targets += 1;
        let out = cli.path(format!("out-{targets}"));
        let mut killed = true;
        while killed && tally.more() {
            let delay = tally.delay(&mut rng, whole);
            killed = tally.run(cli.command().args(restore(&out)), delay);
            let differences = compare(&photos, &out).unwrap_or_default();
            tally.traces(!differences.is_empty());
            // What has its name is right to its last byte; what was being written has none.
            assert!(
                differences.iter().all(|d| matches!(d, Difference::Missing(_)) || is_part(d)),
                "{differences:#?}"
            );
        }
        cli.ok(restore(&out));
        let differences = compare(&photos, &out).unwrap();
        assert!(differences.iter().all(is_part), "{differences:#?}");
    }
    println!("{}", tally.summary());
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

/// Kills and counts.
struct Tally {
    what: &'static str,
    wanted: u32,
    kills: u32,
    runs: u32,
    /// Kills after the time that the program takes to start,
    in_work: u32,
    /// and those that left something behind.
    left_traces: u32,
    start: Duration,
    /// How long the work takes, as far as is known.
    within: Option<Duration>,
    last_killed: bool,
}

impl Tally {
    fn new(cli: &Cli, what: &'static str, wanted: u32) -> Self {
        let start = Instant::now();
        cli.run(["copies", "list"]);
        let start = start.elapsed();
        Self {
            what,
            wanted,
            kills: 0,
            runs: 0,
            in_work: 0,
            left_traces: 0,
            start,
            within: None,
            last_killed: false,
        }
    }

    fn more(&self) -> bool {
        assert!(self.runs < self.wanted * 6, "too few kills come in time: {}", self.summary());
        self.kills < self.wanted
    }

    /// A moment within the work.
    fn delay(&mut self, rng: &mut Rng, measured: Duration) -> Duration {
        let within = *self.within.get_or_insert(measured);
        Duration::from_micros(rng.below(within.min(measured).as_micros() as u64))
    }

    /// Runs a command and kills it after `delay`; whether it was killed before its end.
    fn run(&mut self, command: &mut Command, delay: Duration) -> bool {
        let start = Instant::now();
        let mut said = tempfile::tempfile().unwrap();
        let [out, err] = [said.try_clone().unwrap(), said.try_clone().unwrap()].map(Stdio::from);
        let mut child = command.env("OURPHOTO_DEBUG", "1").stdout(out).stderr(err).spawn().unwrap();
        // The moment of the kill is what is being tried here, not something that is waited for.
        while start.elapsed() < delay && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(2).min(delay.saturating_sub(start.elapsed())));
        }
        let took = start.elapsed();
        child.kill().unwrap();
        let status = child.wait().unwrap();
        self.runs += 1;
        self.last_killed = status.signal() == Some(9);
        if self.last_killed {
            self.kills += 1;
            self.in_work += u32::from(delay > self.start);
        } else {
            let mut text = String::new();
            said.rewind().unwrap();
            said.read_to_string(&mut text).unwrap();
            assert_eq!(status.code(), Some(0), "{} failed by itself: {text}", self.what);
            // The machine is less busy than it was when the command was measured.
            self.within = self.within.map(|within| (within + took.max(self.start * 3)) / 2);
        }
        self.last_killed
    }

    fn traces(&mut self, left: bool) {
        self.left_traces += u32::from(self.last_killed && left);
    }

    fn summary(&self) -> String {
        format!(
            "{}: {} kills in {} runs, {} after the start of {:?}, {} left traces",
            self.what, self.kills, self.runs, self.in_work, self.start, self.left_traces
        )
    }

    /// Says how it went; kills that did not fall into the work would prove nothing.
    fn told(&self) {
        println!("{}", self.summary());
        assert!(self.in_work * 3 >= self.kills, "{}", self.summary());
        assert!(self.left_traces * 6 >= self.kills, "{}", self.summary());
    }
}

/// What the catalog knows, read without the program.
#[derive(Default)]
struct Known {
    /// Content by path.
    files: BTreeMap<Vec<u8>, Sha256>,
    /// How many of them have an object that the library is not said to hold.
    unheld: usize,
    /// Name and size of the objects that each copy is said to hold.
    held: HashMap<String, Vec<(Sha256, u64)>>,
}

fn known(data: &Path) -> Known {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let opened =
            Library::open(Layout::new(data), &OpenOptions::default(), Arc::new(SystemClock)).await.unwrap();
        let mut known = Known::default();
        let mut tx = opened.catalog.read().await.unwrap();
        for copy in tx.copy_list().await.unwrap() {
            let page = tx.replica_page(copy.id, None, 1_000_000).await.unwrap();
            let held = page.into_iter().filter(|item| item.replica.state == ReplicaState::Held);
            known.held.insert(copy.name, held.map(|item| (item.object.hash, item.object.size)).collect());
        }
        let objects: HashSet<Sha256> = known.held[LIBRARY_COPY].iter().map(|(hash, _)| *hash).collect();
        for row in tx.restore_page(Scope::All, None, None, 1_000_000).await.unwrap() {
            known.unheld += usize::from(!objects.contains(&row.object.hash));
            known.files.insert([&row.folder[..], b"/", &row.name].concat(), row.object.content_sha256);
        }
        drop(tx);
        opened.catalog.close().await;
        known
    })
}

/// What tells that a file was not written again.
type Identity = (PathBuf, u64, u64, i64, i64);

fn identity(path: &Path) -> Identity {
    let metadata = fs::metadata(path).unwrap();
    (path.to_owned(), metadata.ino(), metadata.len(), metadata.mtime(), metadata.mtime_nsec())
}

/// Whether a file's bytes are those that its name promises.
fn is_whole(path: &Path) -> bool {
    let Ok(found) = compare::sha256(path) else { return false };
    path.file_name().unwrap().to_str() == Some(&Sha256(found).to_string())
}

/// What is in a store, by name.
fn traces(store: &Path) -> (usize, usize) {
    let unfinished = fs::read_dir(store.join("tmp")).map_or(0, Iterator::count);
    (Cli::objects(store).len(), unfinished)
}

/// Reads stored files without the program; each only once, for as long as nobody writes it again.
#[derive(Default)]
struct Judge {
    right: HashSet<Identity>,
}

impl Judge {
    /// Whether the library holds what it says it holds.
    fn library(&mut self, cli: &Cli, known: &Known) {
        self.holds(&cli.data().join("store"), &known.held[LIBRARY_COPY]);
    }

    fn holds(&mut self, store: &Path, held: &[(Sha256, u64)]) {
        for (hash, size) in held {
            let name = hash.to_string();
            let path = store.join("objects").join(&name[..2]).join(&name);
            assert!(path.exists(), "{} is referenced and not there", path.display());
            assert_eq!(fs::metadata(&path).unwrap().len(), *size);
            self.right(&path);
        }
    }

    /// Whatever has a name in a store is complete, referenced or not.
    fn whole(&mut self, store: &Path) {
        for path in Cli::objects(store) {
            self.right(&path);
        }
    }

    fn right(&mut self, path: &Path) {
        let identity = identity(path);
        if !self.right.contains(&identity) {
            assert!(is_whole(path), "{} is not what its name says", path.display());
            self.right.insert(identity);
        }
    }
}
