//! What an import makes of folders that are not as they should be: links, pipes, and files that change, vanish or are
//! swapped under its hands. Nothing outside the imported tree is read, and whatever is left out is told with its reason.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and tells what it tried"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{Seek, Write};
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use catalog::NewAlbum;
use model::{SystemClock, Tier, Timestamp};
use ourphoto_library::ingest::{Import, ImportSummary};
use ourphoto_library::restore::{Restore, What};
use ourphoto_library::{Cancel, Layout, Library, OpenOptions, Progress, SetUp, Silent, Stage, set_up};
use testkit::bytes;

/// Longer than any import here may take; one that waits for a pipe would wait for ever.
const PATIENCE: Duration = Duration::from_mins(1);

/// A library and a folder to import.
struct World {
    dir: tempfile::TempDir,
    library: Arc<Library>,
}

impl World {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let who = SetUp {
            email: "ana@example.org",
            name: "",
            password: "correct horse battery staple",
            deliver: &|_| Ok(()),
        };
        let layout = Layout::new(dir.path().join("data"));
        let made = set_up(layout, &OpenOptions::default(), Arc::new(SystemClock), who).await;
        fs::create_dir(dir.path().join("photos")).unwrap();
        fs::create_dir(dir.path().join("outside")).unwrap();
        fs::write(dir.path().join("outside/secret.jpg"), b"nobody asked for this").unwrap();
        Self { dir, library: Arc::new(made.unwrap().0) }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A photo in the folder to import.
    fn photo(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.path("photos").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    async fn import(&self) -> ImportSummary {
        self.import_with(Arc::new(Silent)).await
    }

    async fn import_with(&self, progress: Arc<dyn Progress>) -> ImportSummary {
        let import = Import {
            paths: vec![self.path("photos")],
            space: "Family".to_owned(),
            album: None,
            skip_duplicates: false,
        };
        let cancel = Cancel::default();
        let imported = self.library.import(import, &progress, &cancel);
        tokio::time::timeout(PATIENCE, imported).await.expect("the import hangs").unwrap()
    }

    /// Imports, with `swap` done once the folder that `swap` is about was looked at, and before its files are read.
    async fn import_while(&self, swap: impl Fn() + Send + Sync + 'static) -> ImportSummary {
        self.import_with(Arc::new(Meanwhile { swap, done: AtomicBool::new(false) })).await
    }

    /// Everything that the library has, as it comes out: path and content.
    async fn restored(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let out = tempfile::tempdir().unwrap();
        let restore = Restore {
            what: What::Space("Family".to_owned()),
            to: out.path().to_owned(),
            as_of: None,
            from_copy: None,
        };
        let report =
            self.library.restore(restore, &(Arc::new(Silent) as _), &Cancel::default()).await.unwrap();
        assert!(report.is_complete(), "{report:?}");
        let mut found = BTreeMap::new();
        let mut folders = vec![out.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(out.path()).unwrap().to_owned();
                    found.insert(name, fs::read(&path).unwrap());
                }
            }
        }
        found
    }

    async fn close(self) {
        self.library.catalog.clone().close().await;
    }
}

/// Does something at the moment between looking at files and reading them.
struct Meanwhile<F> {
    swap: F,
    done: AtomicBool,
}

impl<F: Fn() + Send + Sync> Progress for Meanwhile<F> {
    fn begin(&self, _: Stage, _: Option<u64>, _: Option<u64>) {}

    // Said by the walk, once for each folder, before it hands the folder's files on.
    fn found(&self, _: u64, _: u64) {
        if !self.done.swap(true, Ordering::SeqCst) {
            (self.swap)();
        }
    }

    fn advance(&self, _: u64, _: u64) {}
    fn end(&self) {}
}

/// Writes to a file without a pause until it is dropped.
struct Writer {
    stop: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Writer {
    fn start(mut step: impl FnMut() + Send + 'static) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                step();
            }
        });
        Self { stop, thread: Some(thread) }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap();
    }
}

/// The one reason that is given for `path`.
fn reason<'a>(summary: &'a ImportSummary, path: &Path) -> &'a str {
    let path = path.to_string_lossy();
    let reasons: Vec<&str> =
        summary.skipped.iter().filter(|s| s.path == path).map(|s| s.reason.as_str()).collect();
    assert_eq!(reasons.len(), 1, "{path}: {summary:#?}");
    reasons[0]
}

fn mkfifo(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status().unwrap();
    assert!(made.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn links_inside_a_folder_are_told_and_not_followed() {
    let world = World::new().await;
    world.photo("real.jpg", b"a photo");
    let photos = world.path("photos");
    let links = ["to-file.jpg", "to-folder", "loop", "dangling", "inside"].map(|name| photos.join(name));
    symlink(world.path("outside/secret.jpg"), &links[0]).unwrap();
    symlink(world.path("outside"), &links[1]).unwrap();
    symlink(&photos, &links[2]).unwrap();
    symlink("/nowhere/at/all", &links[3]).unwrap();
    symlink("real.jpg", &links[4]).unwrap();

    let summary = world.import().await;
    assert_eq!((summary.stored, summary.skipped.len()), (1, 5), "{summary:#?}");
    for link in &links {
        assert!(reason(&summary, link).contains("link is not followed"), "{summary:#?}");
    }
    let restored = world.restored().await;
    assert_eq!(restored, BTreeMap::from([("photos/real.jpg".into(), b"a photo".to_vec())]));
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_a_person_names_is_what_it_points_to() {
    let world = World::new().await;
    fs::remove_dir(world.path("photos")).unwrap();
    symlink(world.path("outside"), world.path("photos")).unwrap();
    let summary = world.import().await;
    assert_eq!((summary.stored, summary.skipped.len()), (1, 0), "{summary:#?}");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pipes_and_sockets_are_told_and_never_opened() {
    let world = World::new().await;
    world.photo("real.jpg", b"a photo");
    let (pipe, socket) = (world.path("photos/pipe.jpg"), world.path("photos/socket.jpg"));
    mkfifo(&pipe);
    let _listener = UnixListener::bind(&socket).unwrap();
    let summary = world.import().await;
    assert_eq!((summary.stored, summary.skipped.len()), (1, 2), "{summary:#?}");
    for path in [&pipe, &socket] {
        assert!(reason(&summary, path).contains("not a file"), "{summary:#?}");
    }
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_grows_while_it_is_read_is_left_until_it_is_finished() {
    // One that is read into memory at once, and one that is streamed.
    for size in [4 << 20, 20 << 20] {
        let world = World::new().await;
        let path = world.photo("export.mov", &bytes(size, size as usize));
        world.photo("still.jpg", b"a photo");
        let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
        let writer = Writer::start(move || file.write_all(b"more").unwrap());
        let summary = world.import().await;
        drop(writer);
        assert_eq!((summary.stored, summary.skipped.len()), (1, 1), "{summary:#?}");
        assert!(reason(&summary, &path).contains("changes while it is being read"), "{summary:#?}");
        assert_eq!(world.restored().await.len(), 1);

        let summary = world.import().await;
        assert_eq!((summary.stored, summary.already_there), (1, 1), "{summary:#?}");
        assert!(summary.skipped.is_empty(), "{summary:#?}");
        assert_eq!(world.restored().await[Path::new("photos/export.mov")], fs::read(&path).unwrap());
        world.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_overwritten_in_place_while_it_is_read_is_noticed_too() {
    let world = World::new().await;
    let path = world.photo("edited.tif", &bytes(7, 20 << 20));
    let mut file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    let mut value = 0_u8;
    let writer = Writer::start(move || {
        value = value.wrapping_add(1);
        file.rewind().unwrap();
        file.write_all(&[value]).unwrap();
    });
    let summary = world.import().await;
    drop(writer);
    assert_eq!(summary.stored, 0, "{summary:#?}");
    assert!(reason(&summary, &path).contains("changes while it is being read"), "{summary:#?}");

    let summary = world.import().await;
    assert_eq!((summary.stored, summary.skipped.len()), (1, 0), "{summary:#?}");
    assert_eq!(world.restored().await[Path::new("photos/edited.tif")], fs::read(&path).unwrap());
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_changes_between_looking_and_reading_is_imported_as_it_is_then() {
    let world = World::new().await;
    let path = world.photo("a.jpg", b"first");
    let changed = path.clone();
    let summary = world.import_while(move || fs::write(&changed, b"second, and longer").unwrap()).await;
    assert_eq!((summary.stored, summary.skipped.len()), (1, 0), "{summary:#?}");
    assert_eq!(world.restored().await[Path::new("photos/a.jpg")], b"second, and longer");
    // The next import knows the file as it was read, not as it was first seen.
    fs::write(&path, b"third").unwrap();
    let summary = world.import().await;
    assert_eq!(summary.versions, 1, "{summary:#?}");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_vanishes_before_it_is_read_is_told() {
    let world = World::new().await;
    let path = world.photo("gone.jpg", b"a photo");
    world.photo("stays.jpg", b"another photo");
    let gone = path.clone();
    let summary = world.import_while(move || fs::remove_file(&gone).unwrap()).await;
    assert_eq!((summary.stored, summary.skipped.len()), (1, 1), "{summary:#?}");
    assert!(reason(&summary, &path).contains("cannot be read"), "{summary:#?}");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_the_place_of_a_file_before_it_is_read_is_not_followed_and_not_waited_for() {
    let world = World::new().await;
    let paths = ["link.jpg", "pipe.jpg", "folder.jpg"].map(|name| world.photo(name, name.as_bytes()));
    world.photo("stays.jpg", b"a photo");
    let (swapped, secret) = (paths.clone(), world.path("outside/secret.jpg"));
    let summary = world
        .import_while(move || {
            for path in &swapped {
                fs::remove_file(path).unwrap();
            }
            symlink(&secret, &swapped[0]).unwrap();
            mkfifo(&swapped[1]);
            fs::create_dir(&swapped[2]).unwrap();
        })
        .await;
    assert_eq!((summary.stored, summary.skipped.len()), (1, 3), "{summary:#?}");
    for path in &paths {
        assert!(!reason(&summary, path).is_empty());
    }
    let restored = world.restored().await;
    assert_eq!(restored, BTreeMap::from([("photos/stays.jpg".into(), b"a photo".to_vec())]));
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_becomes_a_link_before_its_files_are_read_is_not_followed() {
    let world = World::new().await;
    world.photo("album/secret.jpg", b"a harmless photo");
    let (album, aside) = (world.path("photos/album"), world.path("aside"));
    let outside = world.path("outside");
    // `photos` itself is looked at first, and has no files; so this comes before `album` is listed.
    let summary = world
        .import_while(move || {
            fs::rename(&album, &aside).unwrap();
            symlink(&outside, &album).unwrap();
        })
        .await;
    assert_eq!(summary.stored, 0, "{summary:#?}");
    assert_eq!(summary.skipped.len(), 1, "{summary:#?}");
    assert_eq!(world.restored().await, BTreeMap::new());
    world.close().await;

    // And once more, between listing the folder and reading its files.
    let world = World::new().await;
    world.photo("secret.jpg", b"a harmless photo");
    let (photos, aside, outside) = (world.path("photos"), world.path("aside"), world.path("outside"));
    let summary = world
        .import_while(move || {
            fs::rename(&photos, &aside).unwrap();
            symlink(&outside, &photos).unwrap();
        })
        .await;
    // The folder that was named stays open: what was found in it is read from it, wherever it is called by now.
    assert_eq!((summary.stored, summary.skipped.len()), (1, 0), "{summary:#?}");
    let restored = world.restored().await;
    assert_eq!(restored, BTreeMap::from([("photos/secret.jpg".into(), b"a harmless photo".to_vec())]));
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_cannot_be_read_is_told_and_the_rest_is_imported() {
    let world = World::new().await;
    world.photo("a.jpg", b"a photo");
    world.photo("broken/b.jpg", b"out of reach");
    world.photo("whole/c.jpg", b"another photo");
    let broken = world.path("photos/broken");
    let swapped = broken.clone();
    // No permission stops the superuser, but a file in the place of a folder cannot be listed by anybody.
    let summary = world
        .import_while(move || {
            fs::remove_dir_all(&swapped).unwrap();
            fs::write(&swapped, b"now a file").unwrap();
        })
        .await;
    assert_eq!((summary.stored, summary.skipped.len()), (2, 1), "{summary:#?}");
    assert!(reason(&summary, &broken).contains("cannot be read"), "{summary:#?}");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_without_permission_are_told_and_the_rest_is_imported() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new().await;
    world.photo("a.jpg", b"a photo");
    let path = world.photo("locked.jpg", b"out of reach");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&path).is_ok() {
        testkit::skipped("permissions do not stop this user");
    } else {
        let summary = world.import().await;
        assert_eq!((summary.stored, summary.skipped.len()), (1, 1), "{summary:#?}");
        assert!(reason(&summary, &path).contains("cannot be read"), "{summary:#?}");
    }
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn empty_files_come_back_empty_and_are_stored_once() {
    let world = World::new().await;
    for name in ["empty.jpg", "album/empty.mov", "album/.hidden"] {
        world.photo(name, b"");
    }
    let summary = world.import().await;
    assert_eq!((summary.stored, summary.duplicates, summary.skipped.len()), (1, 2, 0), "{summary:#?}");
    let mut empty = summary.empty.clone();
    empty.sort();
    assert_eq!(empty, ["photos/album/.hidden", "photos/album/empty.mov", "photos/empty.jpg"]);
    let restored = world.restored().await;
    assert_eq!(restored.len(), 3);
    assert!(restored.values().all(Vec::is_empty));
    let summary = world.import().await;
    assert_eq!((summary.already_there, summary.empty.len()), (3, 0), "{summary:#?}");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_changes_once_while_it_is_read_is_read_again_and_stored_as_it_is_then() {
    let world = World::new().await;
    let before = bytes(1, 150_000_000);
    let mut after = before.clone();
    after[0] ^= 1;
    let path = world.photo("film.mov", &before);
    let spools = world.library.layout.store().join("tmp");
    let changed = {
        let (path, first) = (path.clone(), after[0]);
        std::thread::spawn(move || {
            let reading = || {
                let spools = fs::read_dir(&spools).into_iter().flatten().flatten();
                spools.filter_map(|spool| spool.metadata().ok()).any(|spool| spool.len() > 1_000_000)
            };
            // Until what is changed has been read already.
            while !reading() {
                std::thread::yield_now();
            }
            fs::OpenOptions::new().write(true).open(path).unwrap().write_all(&[first]).unwrap();
        })
    };
    let summary = world.import().await;
    changed.join().unwrap();
    assert_eq!((summary.stored, summary.skipped.len()), (1, 0), "{summary:?}");
    assert!(world.restored().await.values().eq([&after]), "what is stored is what the file is");
    world.close().await;
}

/// Hears what an import tells of its progress.
#[derive(Default)]
struct Heard {
    begun: AtomicBool,
    found: Mutex<(u64, u64)>,
    done: Mutex<(u64, u64)>,
    steps: AtomicU64,
}

impl Progress for Heard {
    fn begin(&self, stage: Stage, _: Option<u64>, _: Option<u64>) {
        if stage == Stage::Storing {
            self.begun.store(true, Ordering::SeqCst);
        }
    }

    fn found(&self, files: u64, bytes: u64) {
        assert!(self.begun.load(Ordering::SeqCst), "told before anybody listens");
        let mut found = self.found.lock().unwrap();
        *found = (found.0 + files, found.1 + bytes);
    }

    fn advance(&self, files: u64, bytes: u64) {
        let mut done = self.done.lock().unwrap();
        *done = (done.0 + files, done.1 + bytes);
        self.steps.fetch_add(1, Ordering::SeqCst);
    }

    fn end(&self) {}
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_tells_all_that_there_is_and_all_that_is_done_large_files_bit_by_bit() {
    let world = World::new().await;
    world.photo("film.mov", &bytes(1, 30_000_000));
    world.photo("a.jpg", &bytes(2, 1_000));
    world.photo("shoot/b.jpg", &bytes(3, 2_000));
    let heard = Arc::new(Heard::default());
    world.import_with(Arc::clone(&heard) as Arc<dyn Progress>).await;
    assert_eq!(*heard.found.lock().unwrap(), (3, 30_003_000));
    assert_eq!(*heard.done.lock().unwrap(), (3, 30_003_000));
    assert!(heard.steps.load(Ordering::SeqCst) > 100, "a film that moves in one step looks like a fault");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_album_in_the_vault_takes_nothing_and_keeps_the_same_bytes_out_of_no_other() {
    let world = World::new().await;
    let space_id = world.library.space_or_new("Family").await.unwrap().id;
    let mut tx = world.library.catalog.begin().await.unwrap();
    let (folder, created_at) = (b"photos", Timestamp(1));
    let vault = NewAlbum { space_id, folder, name: "photos", tier: Tier::Vault, created_at };
    tx.album_find_or_insert(&vault).await.unwrap();
    tx.commit().await.unwrap();
    let content = bytes(1, 1_000);
    world.photo("a.jpg", &content);
    world.photo("more/b.jpg", &content);
    let summary = world.import().await;
    assert_eq!((summary.stored, summary.skipped.len()), (1, 1), "{summary:?}");
    assert!(summary.skipped[0].path.ends_with("a.jpg"), "{summary:?}");
    assert!(summary.skipped[0].reason.contains("vault"), "{summary:?}");
    assert_eq!(world.restored().await.into_values().collect::<Vec<_>>(), [content]);
    world.close().await;
}
