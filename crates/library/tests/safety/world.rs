//! A library with copies in folders, and a clock that is moved by hand.

use std::collections::HashMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use catalog::{Object, Scope};
use model::{
    AlertKind, Clock as _, DrillId, FixedClock, Medium, Permission, Place, Result, SpaceId, Timestamp,
};
use ourphoto_library::access::Actor;
use ourphoto_library::accounts::{NewToken, Origin, Proof, Secret, SignIn};
use ourphoto_library::copies::NewCopy;
use ourphoto_library::ingest::Import;
use ourphoto_library::safety::Seen;
use ourphoto_library::safety::alerts::Told;
use ourphoto_library::safety::care::CareSettings;
use ourphoto_library::safety::coverage::AtRisk;
use ourphoto_library::safety::drill::{DrillReport, Rehearse};
use ourphoto_library::{Cancel, LIBRARY_COPY, Layout, Library, OpenOptions, Progress, SetUp, Silent, set_up};
use testkit::bytes;
use tokio::sync::Mutex;

/// 2026-11-23 at 02:00 UTC.
const BEGIN: Timestamp = Timestamp(1_795_399_200_000);

pub(crate) struct World {
    dir: tempfile::TempDir,
    pub(crate) library: Arc<Library>,
    pub(crate) clock: Arc<FixedClock>,
    secret: Mutex<Option<Secret>>,
}

impl World {
    /// A library of Ana's with the space Family, and these copies: name, medium, whether elsewhere.
    pub(crate) async fn new(copies: &[(&str, Medium, bool)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock::at(BEGIN));
        let who = SetUp {
            email: "ana@example.org",
            name: "Ana",
            password: "correct horse battery staple",
            deliver: &|_| Ok(()),
        };
        let layout = Layout::new(dir.path().join("data"));
        let (library, _) =
            set_up(layout, &OpenOptions::default(), Arc::<FixedClock>::clone(&clock), who).await.unwrap();
        let world = Self { dir, library: Arc::new(library), clock, secret: Mutex::default() };
        fs::create_dir(world.path("photos")).unwrap();
        let actor = world.actor().await;
        world.library.space_create(&actor, "Family").await.unwrap();
        for (name, medium, offsite) in copies {
            let url = world.path(name);
            let place = if *offsite { Place::Offsite } else { Place::Onsite };
            let new = NewCopy { name, url: url.to_str().unwrap(), medium: *medium, place };
            world.library.copy_add(new).await.unwrap();
        }
        world
    }

    /// Closes the catalog, as whoever opened it has to.
    pub(crate) async fn end(self) {
        self.library.catalog.clone().close().await;
    }

    /// Closes the catalog, and returns its files.
    pub(crate) async fn closed_catalog(&self) -> Vec<(PathBuf, Vec<u8>)> {
        self.library.catalog.clone().close().await;
        let files = fs::read_dir(self.path("data")).unwrap().map(|entry| entry.unwrap().path());
        let is_catalog = |path: &PathBuf| {
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("catalog."))
        };
        files.filter(is_catalog).map(|path| (path.clone(), fs::read(path).unwrap())).collect()
    }

    /// Puts files of the catalog back as they were; it is closed.
    pub(crate) fn put_catalog(files: &[(PathBuf, Vec<u8>)]) {
        assert!(!files.is_empty(), "the catalog is somewhere else");
        // Also what was written ahead, and belongs to another state of it.
        for entry in fs::read_dir(files[0].0.parent().unwrap()).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().unwrap().to_string_lossy().starts_with("catalog.") {
                fs::remove_file(path).unwrap();
            }
        }
        for (path, content) in files {
            fs::write(path, content).unwrap();
        }
    }

    /// Opens the library that was closed.
    pub(crate) async fn reopen(&mut self) {
        self.try_reopen().await.unwrap();
    }

    pub(crate) async fn try_reopen(&mut self) -> Result<()> {
        let layout = Layout::new(self.path("data"));
        let clock = Arc::<FixedClock>::clone(&self.clock);
        self.library = Arc::new(Library::open(layout, &OpenOptions::default(), clock).await?);
        Ok(())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Ana, just signed in.
    pub(crate) async fn actor(&self) -> Actor {
        let known = self.secret.lock().await.clone();
        let origin = Origin::default();
        if let Some(secret) = known
            && let Ok(actor) = self.library.authenticate(&secret, &origin).await
        {
            return actor;
        }
        // Sessions end while the clock goes on.
        let secret = sign_in(&self.library).await;
        let actor = self.library.authenticate(&secret, &origin).await.unwrap();
        *self.secret.lock().await = Some(secret);
        actor
    }

    /// A token of Ana's.
    pub(crate) async fn token(&self, name: &str, lasts: std::time::Duration) -> Secret {
        let permissions = vec![Permission::View].into();
        let new = NewToken { name: name.to_owned(), permissions, space: None, lasts: Some(lasts) };
        self.library.token_create_for("ana@example.org", new).await.unwrap().0
    }

    pub(crate) async fn space(&self) -> SpaceId {
        self.library.catalog.read().await.unwrap().space_list().await.unwrap()[0].id
    }

    /// Imports so many photos called `<seed>-<number>.jpg` into the album `photos`.
    pub(crate) async fn import(&self, count: u64, seed: u64) {
        for number in 0..count {
            let path = self.path("photos").join(format!("{seed}-{number}.jpg"));
            fs::write(path, bytes(seed * 1000 + number, 2000)).unwrap();
        }
        self.import_all().await;
    }

    pub(crate) async fn sidecar(&self, name: &str) {
        fs::write(self.path("photos").join(name), b"<x:xmpmeta/>").unwrap();
        self.import_all().await;
    }

    async fn import_all(&self) {
        let import = Import {
            paths: vec![self.path("photos")],
            space: "Family".to_owned(),
            album: None,
            skip_duplicates: false,
        };
        let summary = self.library.import(import, &silent(), &Cancel::default()).await.unwrap();
        assert!(summary.skipped.is_empty(), "{summary:?}");
    }

    pub(crate) async fn care(&self) {
        self.care_with(&Seen::default()).await;
    }

    pub(crate) async fn care_with(&self, seen: &Seen) {
        self.library.look_after(&silent(), &Cancel::default()).await.unwrap();
        self.library.watch_alerts(seen).await.unwrap();
    }

    pub(crate) async fn check_all(&self) {
        for copy in self.library.copies().await.unwrap() {
            self.library.copy_check(&copy.name, &silent(), &Cancel::default()).await.unwrap();
        }
    }

    pub(crate) async fn settings(&self, copy: &str, change: impl FnOnce(&mut CareSettings)) {
        let mut settings = CareSettings {
            every: std::time::Duration::from_hours(1),
            scrub_days: 90,
            rate: None,
            quiet: None,
            thin_out: false,
        };
        change(&mut settings);
        self.library.care_set(&self.actor().await, copy, settings).await.unwrap();
    }

    /// Objects in all, and those at risk.
    pub(crate) async fn counts(&self) -> (u64, u64) {
        let actor = self.actor().await;
        self.library.space_coverage(&actor, self.space().await).await.unwrap().counts()
    }

    pub(crate) async fn at_risk(&self) -> Vec<AtRisk> {
        let actor = self.actor().await;
        self.library.at_risk(&actor, self.space().await, None, 100).await.unwrap()
    }

    pub(crate) async fn held(&self, copy: &str) -> u64 {
        let copies = self.library.copies().await.unwrap();
        copies.iter().find(|known| known.name == copy).unwrap().held
    }

    pub(crate) async fn failures(&self, copy: &str) -> u32 {
        let (cared, _) = self.library.safety_counts().await.unwrap();
        cared.iter().find(|known| known.status.name == copy).unwrap().care.failures
    }

    pub(crate) async fn alerts(&self) -> Vec<Told> {
        self.library.alerts(&self.actor().await).await.unwrap()
    }

    pub(crate) async fn open_alerts(&self) -> Vec<String> {
        let open = self.alerts().await.into_iter().filter(|alert| alert.resolved_at.is_none());
        open.map(|alert| alert.words.sentence).collect()
    }

    pub(crate) async fn kinds(&self) -> Vec<AlertKind> {
        let mut kinds: Vec<AlertKind> = self
            .alerts()
            .await
            .into_iter()
            .filter(|alert| alert.resolved_at.is_none())
            .map(|alert| alert.kind)
            .collect();
        kinds.sort_unstable();
        kinds
    }

    pub(crate) async fn alert(&self, kind: AlertKind) -> Option<Told> {
        self.alerts().await.into_iter().find(|alert| alert.kind == kind && alert.resolved_at.is_none())
    }

    pub(crate) async fn notices(&self) -> u64 {
        self.library.notices(&self.actor().await, None, Some(200)).await.unwrap().notices.len() as u64
    }

    /// The states of what was told of an alert, the newest first.
    pub(crate) async fn notices_of(&self, kind: AlertKind) -> Vec<String> {
        let notices = self.library.notices(&self.actor().await, None, Some(200)).await.unwrap().notices;
        notices
            .into_iter()
            .filter(|notice| notice.facts["alert"] == kind.as_str())
            .map(|notice| notice.facts["state"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Every object, in the order in which it came.
    pub(crate) async fn objects(&self) -> Vec<Object> {
        let rows = self.rows().await;
        let mut objects: Vec<Object> = rows.into_values().collect();
        objects.sort_by_key(|object| object.id);
        objects.dedup_by_key(|object| object.id);
        objects
    }

    async fn rows(&self) -> HashMap<String, Object> {
        let mut tx = self.library.catalog.read().await.unwrap();
        let rows = tx.restore_page(Scope::All, None, None, 10_000).await.unwrap();
        rows.into_iter().map(|row| (String::from_utf8(row.name).unwrap(), row.object)).collect()
    }

    pub(crate) async fn object_named(&self, name: &str) -> Object {
        self.rows().await.remove(name).unwrap()
    }

    pub(crate) fn object_path(&self, copy: &str, object: &Object) -> PathBuf {
        let store = if copy == LIBRARY_COPY { self.path("data/store") } else { self.path(copy) };
        let hash = object.hash.to_string();
        store.join("objects").join(&hash[..2]).join(hash)
    }

    /// Flips one bit in the middle.
    pub(crate) fn rot(&self, copy: &str, object: &Object) {
        let path = self.object_path(copy, object);
        let mut content = fs::read(&path).unwrap();
        let middle = content.len() / 2;
        content[middle] ^= 1;
        fs::write(path, content).unwrap();
    }

    pub(crate) fn is_right(&self, copy: &str, object: &Object) -> bool {
        fs::read(self.object_path(copy, object))
            .is_ok_and(|content| vault::hash_bytes(&mut &content[..]).unwrap().0 == object.hash)
    }

    /// Takes a disk away; it lies elsewhere meanwhile.
    pub(crate) fn unplug(&self, copy: &str) -> PathBuf {
        let away = self.path(&format!("{copy} in a drawer"));
        fs::rename(self.path(copy), &away).unwrap();
        away
    }

    pub(crate) fn plug_in(&self, copy: &str, away: &Path) {
        fs::rename(away, self.path(copy)).unwrap();
    }

    pub(crate) async fn drill(&self, copy: &str, what: &Rehearse) -> (DrillId, DrillReport) {
        self.library.drill(copy, what, &silent(), &Cancel::default()).await.unwrap()
    }

    pub(crate) async fn must_fail(&self, photo: &str, problem: &str) {
        let (_, report) = self.drill("ssd", &Rehearse::Everything).await;
        assert!(!report.passed, "{report:?}");
        let named = report
            .problems
            .iter()
            .any(|found| found.photo.contains(photo) && found.problem.contains(problem));
        assert!(named, "{photo} {problem}: {:?}", report.problems);
        assert_eq!(report.problems.len(), 1, "{:?}", report.problems);
    }

    pub(crate) async fn drills(&self) -> Vec<bool> {
        let drills = self.library.drills(&self.actor().await).await.unwrap();
        drills.into_iter().map(|(drill, _)| drill.passed).collect()
    }

    /// Puts a snapshot into a copy in which a file has another name, and has the library believe that it wrote it.
    pub(crate) async fn rename_in_copy(&self, copy: &str, name: &str, to: &str) {
        let folder = self.path(copy).join("catalog");
        let mut snapshots: Vec<PathBuf> =
            fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        snapshots.sort();
        let newest = snapshots.pop().unwrap();
        let key = vault::keys::load_key_file(&self.path("data/server.key"), || None).unwrap();
        let sealed = fs::read(&newest).unwrap();
        let mut lines = String::new();
        zstd::Decoder::new(vault::decrypt(&key, &sealed[..]).unwrap())
            .unwrap()
            .read_to_string(&mut lines)
            .unwrap();
        let (old, new) = (BASE64.encode(name), BASE64.encode(to));
        assert!(lines.contains(&old), "the name is there");
        let lines = lines.replace(&format!("\"{old}\""), &format!("\"{new}\""));
        // The trailer has the hash of all that is before it.
        let (body, trailer) = lines.trim_end().rsplit_once('\n').unwrap();
        let body = format!("{body}\n");
        let mut trailer: serde_json::Value = serde_json::from_str(trailer).unwrap();
        trailer["sha256"] = vault::hash_bytes(&mut body.as_bytes()).unwrap().0.to_string().into();
        let mut out = zstd::Encoder::new(vault::encrypt(&[key.public()], Vec::new()).unwrap(), 3).unwrap();
        out.write_all(format!("{body}{trailer}\n").as_bytes()).unwrap();
        let sealed = out.finish().unwrap().finish().unwrap();
        let hash = vault::hash_bytes(&mut &sealed[..]).unwrap().0;
        let mut tx = self.library.catalog.begin().await.unwrap();
        let known = tx.snapshot_get(newest.file_name().unwrap().to_str().unwrap()).await.unwrap().unwrap();
        let at = Timestamp(known.created_at.0 + 1);
        let record = catalog::snapshot::Record {
            name: format!("{}-{hash}.age", at.compact()),
            created_at: at,
            ..known
        };
        fs::write(folder.join(&record.name), sealed).unwrap();
        tx.snapshot_insert(&record).await.unwrap();
        tx.commit().await.unwrap();
    }
}

async fn sign_in(library: &Library) -> Secret {
    let proof =
        Proof { password: "correct horse battery staple".to_owned().into(), code: None, passkey: None };
    let given = SignIn { email: "ana@example.org".to_owned(), proof };
    library.sign_in(given, &Origin::default()).await.unwrap().secret
}

pub(crate) fn silent() -> Arc<dyn Progress> {
    Arc::new(Silent)
}
