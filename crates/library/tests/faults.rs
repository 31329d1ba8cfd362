//! Stores that err, tear, forget and lie: any sequence of imports, copies, checks and healing under any weather.
//!
//! The judge reads the stores behind the faults. What the catalog believes of a copy must be true there; what an import
//! counted must be whole somewhere, unless the library's own store lied about it; and once the weather is calm, checking
//! and healing bring back everything that is whole anywhere, name the rest, and touch nothing else.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use catalog::{Object, Scope};
use model::{Error, ErrorKind, Medium, Place, ReplicaState, Result, Sha256, SystemClock};
use ourphoto_library::copies::{Finding, NewCopy};
use ourphoto_library::ingest::{Import, ImportSummary};
use ourphoto_library::recover::{Recover, recover_with};
use ourphoto_library::restore::{Restore, What};
use ourphoto_library::{Cancel, LIBRARY_COPY, Layout, Library, OpenOptions, Progress, SetUp, Silent, set_up};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};
use testkit::{Rng, bytes};
use vault::store::faulty::{Call, Fault, FaultyStore};
use vault::store::{MemoryStore, read_small};
use vault::{Store, StorePath, hash_content, verify_object};

const COPY: &str = "usb";

/// Longer than any step may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// How a store behaves for a while: one call in so many goes wrong (0: none).
#[derive(Clone, Copy, Debug)]
struct Weather {
    seed: u64,
    library: u64,
    copy: u64,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    /// New files, and another content for one of the old ones.
    Photos(u64),
    Import,
    Run,
    CheckLibrary,
    CheckCopy,
    Heal,
    Restore,
    Recover,
}

fn step() -> impl Strategy<Value = (Step, Weather)> {
    let step = prop_oneof![
        3 => any::<u64>().prop_map(Step::Photos),
        5 => Just(Step::Import),
        4 => Just(Step::Run),
        2 => Just(Step::CheckLibrary),
        2 => Just(Step::CheckCopy),
        3 => Just(Step::Heal),
        2 => Just(Step::Restore),
        2 => Just(Step::Recover),
    ];
    let one_in = || prop_oneof![Just(0_u64), Just(3), Just(8), Just(25)];
    let weather =
        (any::<u64>(), one_in(), one_in()).prop_map(|(seed, library, copy)| Weather { seed, library, copy });
    (step, weather)
}

/// Always the same, unless `FAULTS_SEED` asks for another.
fn seed() -> u64 {
    std::env::var("FAULTS_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_123)
}

proptest! {
    #![proptest_config(Config {
        cases: 80,
        max_shrink_iters: 60,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(seed()),
        ..Config::default()
    })]

    #[test]
    fn whatever_the_stores_do_nothing_counted_is_lost_and_calm_brings_back_what_is_whole_anywhere(
        steps in prop::collection::vec(step(), 4..16)
    ) {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let mut world = World::new().await;
            world.photos(1);
            for (step, weather) in &steps {
                world.take(*step, *weather).await;
            }
            world.calm().await;
            world.library.catalog.clone().close().await;
        });
    }
}

/// A store, what is truly in it, and what it does to those who ask.
struct Sky {
    inner: Arc<MemoryStore>,
    mood: Arc<Mutex<Mood>>,
}

struct Mood {
    rng: Rng,
    one_in: u64,
    /// Objects whose creation was acknowledged though other bytes, or none, were stored.
    lied: HashSet<String>,
}

impl Sky {
    fn new(inner: MemoryStore) -> Self {
        let mood = Mood { rng: Rng::new(0), one_in: 0, lied: HashSet::new() };
        Self { inner: Arc::new(inner), mood: Arc::new(Mutex::new(mood)) }
    }

    fn store(&self) -> Arc<dyn Store> {
        let mood = Arc::clone(&self.mood);
        Arc::new(FaultyStore::new(Arc::clone(&self.inner) as _, move |call, path| {
            mood.lock().unwrap().fault(call, path)
        }))
    }

    fn set(&self, one_in: u64, seed: u64) {
        let mut mood = self.mood.lock().unwrap();
        (mood.one_in, mood.rng) = (one_in, Rng::new(seed));
    }

    fn forget_lie(&self, hash: &Sha256) {
        self.mood.lock().unwrap().lied.remove(StorePath::object(hash).as_str());
    }

    fn lied_about(&self, hash: &Sha256) -> bool {
        self.mood.lock().unwrap().lied.contains(StorePath::object(hash).as_str())
    }

    /// Whether a snapshot of the catalog is there whose bytes are those of its name.
    fn has_whole_snapshot(&self) -> bool {
        let mut paths = Vec::new();
        let listed = self.inner.list("catalog", &mut |entry| {
            paths.push(entry.path);
            Ok(())
        });
        listed.unwrap();
        paths.iter().any(|path| {
            let content = read_small(&*self.inner, path, 1 << 24).unwrap();
            let hash = vault::hash_bytes(&mut &content[..]).unwrap().0.to_string();
            path.as_str().contains(&hash)
        })
    }

    fn holds(&self, hash: &Sha256, size: u64) -> bool {
        verify_object(&*self.inner, hash, size).is_ok()
    }

    /// Everything below `objects/`.
    fn objects(&self) -> BTreeMap<StorePath, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut paths = Vec::new();
        let listed = self.inner.list("objects", &mut |entry| {
            paths.push(entry.path);
            Ok(())
        });
        listed.unwrap();
        for path in paths {
            let content = read_small(&*self.inner, &path, 1 << 20).unwrap();
            found.insert(path, content);
        }
        found
    }
}

impl Mood {
    fn fault(&mut self, call: Call, path: &str) -> Option<Fault> {
        if self.one_in == 0 || self.rng.below(self.one_in) != 0 {
            return None;
        }
        let kind = *self.rng.pick(&[ErrorKind::Unavailable, ErrorKind::OutOfSpace, ErrorKind::Forbidden]);
        let fault = match self.rng.below(9) {
            0 => Fault::Fail(kind),
            1 => Fault::FailAfter(kind),
            2 => Fault::Tear(self.rng.below(255) as u8),
            3 => Fault::TearAndLie(self.rng.below(255) as u8),
            4 => Fault::Forget,
            5 => Fault::Flip(self.rng.u64()),
            6 => Fault::CutRead(self.rng.below(3_000)),
            7 => Fault::Delay(Duration::from_millis(self.rng.below(8))),
            _ => Fault::Deny,
        };
        let lie = matches!(fault, Fault::TearAndLie(_) | Fault::Forget | Fault::Flip(_));
        if matches!(call, Call::Create | Call::Replace) && lie {
            self.lied.insert(path.to_owned());
        }
        Some(fault)
    }
}

struct World {
    dir: tempfile::TempDir,
    library: Arc<Library>,
    here: Arc<Sky>,
    copy: Arc<Sky>,
    /// The folder to import, as it is now.
    source: BTreeMap<String, Vec<u8>>,
    /// What imports counted: content by path.
    counted: BTreeMap<String, Sha256>,
}

impl World {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        copy_folder(template().await, &data);
        let library =
            Library::open(Layout::new(&data), &OpenOptions::default(), Arc::new(SystemClock)).await.unwrap();
        let inner = MemoryStore::default();
        for entry in fs::read_dir(data.join("store")).unwrap() {
            let path = entry.unwrap().path();
            let name = StorePath::parse(path.file_name().unwrap().to_str().unwrap());
            if path.is_file() {
                inner.create(&name.unwrap(), &mut &fs::read(&path).unwrap()[..]).unwrap();
            }
        }
        let (here, copy) = (Arc::new(Sky::new(inner)), Arc::new(Sky::new(MemoryStore::default())));
        let opened = Arc::clone(&copy);
        let library = library.with_store(here.store()).with_opener(move |_| Ok(opened.store()));
        let new = NewCopy { name: COPY, url: "file:///usb", medium: Medium::Disk, place: Place::Offsite };
        library.copy_add(new).await.unwrap();
        fs::create_dir(dir.path().join("photos")).unwrap();
        let library = Arc::new(library);
        Self { dir, library, here, copy, source: BTreeMap::new(), counted: BTreeMap::new() }
    }

    /// Adds files, and changes one.
    fn photos(&mut self, seed: u64) {
        let mut rng = Rng::new(seed);
        let folder = self.dir.path().join("photos");
        let mut names: Vec<String> =
            (0..=rng.below(6)).map(|number| format!("photos/{:04x}-{number}.jpg", seed >> 48)).collect();
        let count = self.source.len() as u64;
        names.extend(self.source.keys().nth(rng.below(count) as usize).cloned());
        for name in names {
            // Some contents come twice.
            let content = match rng.below(4) {
                0 => bytes(7, 600),
                _ => bytes(rng.u64(), rng.below(3_000) as usize),
            };
            fs::write(folder.join(name.strip_prefix("photos/").unwrap()), &content).unwrap();
            self.source.insert(name, content);
        }
    }

    async fn take(&mut self, step: Step, weather: Weather) {
        let held = self.held(COPY).await;
        self.here.set(weather.library, weather.seed);
        self.copy.set(weather.copy, !weather.seed);
        let (silent, cancel): (Arc<dyn Progress>, _) = (Arc::new(Silent), Cancel::default());
        let library = Arc::clone(&self.library);
        match step {
            Step::Photos(seed) => self.photos(seed),
            Step::Import => {
                let imported = in_time(self.import()).await;
                self.here.set(0, 0);
                self.copy.set(0, 0);
                self.judge_import(imported).await;
            }
            Step::Run => {
                let outcome = in_time(library.copy_run(COPY, &silent, &cancel)).await;
                if let Ok(report) = &outcome {
                    let more = self.held(COPY).await.difference(&held).count() as u64;
                    assert_eq!(report.copied + report.adopted, more, "{report:?}");
                }
            }
            Step::CheckLibrary => drop(in_time(library.copy_check(LIBRARY_COPY, &silent, &cancel)).await),
            Step::CheckCopy => drop(in_time(library.copy_check(COPY, &silent, &cancel)).await),
            Step::Heal => drop(in_time(library.heal(None, &silent, &cancel)).await),
            Step::Restore => self.restore().await,
            Step::Recover => self.recover().await,
        }
        self.here.set(0, 0);
        self.copy.set(0, 0);
        self.judge().await;
    }

    async fn import(&self) -> Result<ImportSummary> {
        let import = Import {
            paths: vec![self.dir.path().join("photos")],
            space: "Family".to_owned(),
            album: None,
            skip_duplicates: false,
        };
        self.library.import(import, &(Arc::new(Silent) as _), &Cancel::default()).await
    }

    /// Counted files are known with the content that they had; files of an import that failed may be, or not yet.
    async fn judge_import(&mut self, imported: Result<ImportSummary>) {
        let rows = self.rows().await;
        let skipped: HashSet<String> = match &imported {
            Ok(summary) => summary.skipped.iter().map(|skipped| skipped.path.clone()).collect(),
            Err(_) => HashSet::new(),
        };
        for (name, content) in &self.source {
            let now = sha256(content);
            let known = rows.get(name).map(|object| object.content_sha256);
            let path = self.dir.path().join(name).to_string_lossy().into_owned();
            if imported.is_ok() && !skipped.contains(&path) {
                assert_eq!(known, Some(now), "{name} was counted");
            } else {
                let before = self.counted.get(name).copied();
                assert!(known == before || known == Some(now), "{name} was counted before, and is forgotten");
            }
            if let Some(known) = known {
                self.counted.insert(name.clone(), known);
            }
        }
    }

    /// What holds after every step.
    async fn judge(&self) {
        for (name, content) in &self.counted {
            let rows = self.rows().await;
            assert_eq!(rows.get(name).map(|object| object.content_sha256), Some(*content), "{name}");
        }
        for object in self.objects().await {
            let (hash, size) = (object.hash, object.size);
            let safe = self.here.holds(&hash, size) || self.copy.holds(&hash, size);
            if self.here.holds(&hash, size) {
                // Whatever it said then, it is true now: from here on it is not excused any more.
                self.here.forget_lie(&hash);
            }
            assert!(safe || self.here.lied_about(&hash), "object {hash} is lost, and nobody lied about it");
        }
        for (hash, size) in self.held(COPY).await {
            assert!(self.copy.holds(&hash, size), "the copy is believed to hold {hash}, and does not");
        }
    }

    async fn restore(&self) {
        let out = tempfile::tempdir().unwrap();
        let restore = Restore { what: What::All, to: out.path().to_owned(), as_of: None, from_copy: None };
        let silent: Arc<dyn Progress> = Arc::new(Silent);
        let cancel = Cancel::default();
        let outcome = in_time(self.library.restore(restore, &silent, &cancel)).await;
        let rows = self.rows().await;
        let folder = out.path().join("Family/photos");
        let mut found = 0;
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            let name = format!("photos/{}", path.file_name().unwrap().to_str().unwrap());
            let content = fs::read(&path).unwrap();
            assert_eq!(Some(sha256(&content)), rows.get(&name).map(|object| object.content_sha256), "{name}");
            found += 1;
        }
        if let Ok(report) = outcome {
            assert_eq!(
                (report.restored, report.restored + report.failed.len() as u64),
                (found, rows.len() as u64)
            );
        }
    }

    /// A new library out of the copy, under the weather and then in calm. What it says is back is back; what it says is
    /// missing is named; in calm, nothing is missing that the copy has.
    async fn recover(&self) {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path().join("data"));
        let mut finished = false;
        for calm in [false, true] {
            if calm {
                self.copy.set(0, 0);
            }
            if finished {
                return;
            }
            let recover = Recover {
                from: "file:///usb".to_owned(),
                recovery_key: template().await.with_file_name("recovery.key"),
                layout: layout.clone(),
                options: OpenOptions::default(),
            };
            let store = self.copy.store();
            let (silent, cancel): (Arc<dyn Progress>, _) = (Arc::new(Silent), Cancel::default());
            let clock = Arc::new(SystemClock);
            let outcome = in_time(recover_with(recover, move |_| Ok(store), clock, &silent, &cancel)).await;
            let report = match outcome {
                Ok(report) => report,
                Err(error) => {
                    // In calm only a copy without one whole snapshot cannot be recovered from.
                    let none = matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Damaged);
                    assert!(!calm || (none && !self.copy.has_whole_snapshot()), "{error:?}");
                    continue;
                }
            };
            finished = true;
            let library = Library::open(layout.clone(), &OpenOptions::default(), Arc::new(SystemClock)).await;
            let library = library.unwrap();
            let missing: HashSet<&str> = report.missing.iter().map(|found| found.object.as_str()).collect();
            let objects = library.catalog.read().await.unwrap().object_page(None, 100_000).await.unwrap();
            for object in objects {
                let (hash, size) = (object.hash, object.size);
                let back = verify_object(&*library.store, &hash, size).is_ok();
                let told = missing.contains(hash.to_string().as_str());
                assert!(back != told, "object {hash}: back {back}, told as missing {told}");
                assert!(!calm || back == self.copy.holds(&hash, size), "object {hash}: back {back}");
            }
            library.catalog.close().await;
        }
    }

    /// The weather is calm now: everything that is whole anywhere becomes whole everywhere, and the rest is named.
    async fn calm(&mut self) {
        let (silent, cancel): (Arc<dyn Progress>, _) = (Arc::new(Silent), Cancel::default());
        let objects = self.objects().await;
        let names: HashSet<StorePath> =
            objects.iter().map(|object| StorePath::object(&object.hash)).collect();
        let lost: BTreeSet<String> = objects
            .iter()
            .filter(|object| {
                !self.here.holds(&object.hash, object.size) && !self.copy.holds(&object.hash, object.size)
            })
            .map(|object| object.hash.to_string())
            .collect();
        let strangers = [&self.here, &self.copy].map(|sky| unreferenced(sky, &names));
        let library = Arc::clone(&self.library);
        let mut told = BTreeSet::new();
        for round in 0..3 {
            let here = in_time(library.copy_check(LIBRARY_COPY, &silent, &cancel)).await.unwrap();
            assert!(here.unread.is_empty(), "{here:?}");
            let copy = in_time(library.copy_check(COPY, &silent, &cancel)).await.unwrap();
            assert!(copy.unread.is_empty(), "{copy:?}");
            let healed = in_time(library.heal(None, &silent, &cancel)).await.unwrap();
            assert!(healed.failed.is_empty() && healed.unreachable.is_empty(), "{healed:?}");
            // A damaged snapshot may take a round to be put right.
            let run = in_time(library.copy_run(COPY, &silent, &cancel)).await;
            assert!(run.is_ok() || round == 0, "{run:?}");
            told = [&here.damaged, &here.missing].into_iter().flatten().map(|f| f.object.clone()).collect();
            self.named(&here.damaged).await;
            self.named(&here.missing).await;
        }
        assert_eq!(told, lost, "what is lost is told, and nothing else");
        for object in &objects {
            let (hash, size) = (object.hash, object.size);
            let whole = (self.here.holds(&hash, size), self.copy.holds(&hash, size));
            let expected = !lost.contains(&hash.to_string());
            assert_eq!(whole, (expected, expected), "object {hash}");
        }
        for (sky, before) in [&self.here, &self.copy].into_iter().zip(strangers) {
            assert_eq!(unreferenced(sky, &names), before, "something that nobody asked for was touched");
        }

        // What was lost comes back from where it came from.
        let summary = in_time(self.import()).await.unwrap();
        assert!(summary.skipped.is_empty(), "{summary:?}");
        self.judge_import(Ok(summary)).await;
        for (name, object) in self.rows().await {
            assert!(
                self.here.holds(&object.hash, object.size),
                "{name} was imported again, and is not there"
            );
        }
        self.restore().await;
    }

    /// Findings name every photo that has the object.
    async fn named(&self, findings: &[Finding]) {
        let rows = self.rows().await;
        for finding in findings {
            let told: HashSet<String> =
                finding.photos.iter().map(|photo| format!("{}/{}", photo.album, photo.name)).collect();
            for (name, object) in &rows {
                if object.hash.to_string() == finding.object {
                    assert!(told.contains(name), "{name} is not named: {finding:?}");
                }
            }
        }
    }

    /// Every file that a restore would write, with its object.
    async fn rows(&self) -> BTreeMap<String, Object> {
        let mut tx = self.library.catalog.read().await.unwrap();
        let rows = tx.restore_page(Scope::All, None, None, 100_000).await.unwrap();
        let name = |folder: &[u8], name: &[u8]| String::from_utf8([folder, b"/", name].concat()).unwrap();
        rows.into_iter().map(|row| (name(&row.folder, &row.name), row.object)).collect()
    }

    async fn objects(&self) -> Vec<Object> {
        self.library.catalog.read().await.unwrap().object_page(None, 100_000).await.unwrap()
    }

    /// What a copy is believed to hold.
    async fn held(&self, copy: &str) -> BTreeSet<(Sha256, u64)> {
        let mut tx = self.library.catalog.read().await.unwrap();
        let id = tx.copy_by_name(copy).await.unwrap().unwrap().id;
        let page = tx.replica_page(id, None, 100_000).await.unwrap();
        let held = page.into_iter().filter(|item| item.replica.state == ReplicaState::Held);
        held.map(|item| (item.object.hash, item.object.size)).collect()
    }
}

/// What is in a store and no photo refers to.
fn unreferenced(sky: &Sky, names: &HashSet<StorePath>) -> BTreeMap<StorePath, Vec<u8>> {
    sky.objects().into_iter().filter(|(path, _)| !names.contains(path)).collect()
}

/// The step ends, and whatever goes wrong is not our own defect.
async fn in_time<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let outcome = tokio::time::timeout(PATIENCE, work).await.expect("this hangs");
    if let Err(error) = &outcome {
        assert_ne!(Error::kind(error), ErrorKind::Internal, "{error}");
    }
    outcome
}

fn sha256(content: &[u8]) -> Sha256 {
    hash_content(&mut &content[..]).unwrap().sha256
}

/// A library that is set up once for all cases: deriving the password's hash takes its time.
async fn template() -> &'static Path {
    static MADE: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    if let Some((_, data)) = MADE.get() {
        return data;
    }
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let kit = dir.path().join("recovery.key");
    let who = SetUp {
        email: "ana@example.org",
        name: "",
        password: "correct horse battery staple",
        deliver: &|made| made.write(&kit),
    };
    let made = set_up(Layout::new(&data), &OpenOptions::default(), Arc::new(SystemClock), who).await;
    made.unwrap().0.catalog.close().await;
    &MADE.get_or_init(|| (dir, data)).1
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_folder(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}
