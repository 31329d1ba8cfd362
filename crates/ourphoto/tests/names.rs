//! "Names: Unicode (NFC and NFD), emoji, 255 bytes, reserved Windows names, leading dots, newlines, `../`: stored as they
//! were, restored safely, never outside the target folder."
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use catalog::{Asset, File, MediaState, NewAlbum, Space, Version};
use library::{Layout, Library, OpenOptions};
use model::{
    AssetId, AssetKind, Clock, FileId, FileRole, Metadata, ObjectId, SpaceId, SystemClock, Tier, Timestamp,
    VersionId,
};
use proptest::prelude::*;
use support::Cli;
use testkit::compare;

/// Names that break careless programs.
fn hard_names() -> Vec<Vec<u8>> {
    let mut names: Vec<Vec<u8>> = [
        "J\u{f3}n.jpg",
        "Jo\u{301}n.jpg",
        "\u{212b}.jpg",
        "\u{c5}.jpg",
        "👩‍👩‍👧‍👦🏳️‍🌈.heic",
        "教会の前.cr2",
        "שלום.jpg",
        "a\u{202e}gpj.exe",
        "\u{feff}bom.jpg",
        "zero\u{200b}width.jpg",
        "CON",
        "con.jpg",
        "PRN.txt",
        "AUX",
        "NUL",
        "nul.jpg",
        "COM1.jpg",
        "LPT9",
        "CLOCK$",
        ".hidden",
        "..hidden",
        "...",
        "....jpg",
        ".",
        "trailing dot.",
        "trailing space ",
        " leading space",
        " ",
        "\t",
        "\n",
        "two\nlines.jpg",
        "ends in a line\n",
        "\r\n.jpg",
        "\u{1b}[31mred\u{1b}[0m.jpg",
        "\u{7}bell.jpg",
        "..\\..\\windows.jpg",
        "C:\\autoexec.bat",
        "C:",
        "a:b.jpg",
        "-rf",
        "--help",
        "~",
        "$(reboot).jpg",
        "`x`.jpg",
        "%2E%2E",
        "%2F.jpg",
        "%00.jpg",
        "*?<>|\".jpg",
        "' or 1=1; --.jpg",
        "UPPER.JPG",
        "upper.jpg",
        "Straße.jpg",
        "STRASSE.jpg",
        "İ.jpg",
        ".ourphoto-1.part",
        "desktop.ini",
        "Thumbs.db",
    ]
    .into_iter()
    .filter(|name| *name != ".")
    .map(|name| name.as_bytes().to_vec())
    .collect();
    // 255 bytes: of one, of two and of four bytes a letter, and without an extension.
    names.push(["x".repeat(251).as_bytes(), b".jpg"].concat());
    names.push(["é".repeat(125).as_bytes(), b".jpeg"].concat());
    names.push(["😀".repeat(62).as_bytes(), b".jpeg12"].concat());
    names.push(vec![b'y'; 255]);
    // Not Unicode at all.
    names.push(b"latin1 \xe9t\xe9.jpg".to_vec());
    names.push(b"\xff\xfe".to_vec());
    names.push(b"half \xf0\x9f\x98.jpg".to_vec());
    names.push((1..=255).filter(|byte| *byte != b'/').collect());
    names
}

/// Writes a file of its own content at `folder/name`.
fn put(folder: &Path, name: &[u8], seed: u64) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join(OsStr::from_bytes(name)), testkit::bytes(seed, 64)).unwrap();
}

/// Imports a folder and restores its space somewhere else; the two must not differ.
fn round_trip(cli: &Cli, source: &Path, space: &str) {
    let count = |value: &serde_json::Value, key: &str| value[key].as_u64().unwrap();
    let (code, summary) =
        cli.json(["admin", "import", "--no-previews", "--space", space, source.to_str().unwrap()]);
    assert_eq!(code, 0, "{summary:#}");
    let out = tempfile::tempdir().unwrap();
    let (code, report) =
        cli.json(["admin", "restore", "--space", space, "--to", out.path().to_str().unwrap()]);
    assert_eq!(code, 0, "{report:#}");
    assert_eq!(count(&report, "restored"), count(&summary, "stored") + count(&summary, "duplicates"));
    assert_eq!(report["renamed"].as_array().unwrap().len(), 0, "{report:#}");
    let differences = compare(source, &out.path().join(source.file_name().unwrap())).unwrap();
    assert!(differences.is_empty(), "{differences:#?}");
}

#[test]
fn hard_names_of_files_come_back_as_they_were() {
    let cli = Cli::set_up();
    let source = cli.path("photos");
    for (seed, name) in hard_names().iter().enumerate() {
        put(&source, name, seed as u64);
    }
    round_trip(&cli, &source, "Family");
}

#[test]
fn hard_names_of_folders_come_back_as_they_were() {
    let cli = Cli::set_up();
    let source = cli.path("photos \u{1f4f7}");
    for (seed, name) in hard_names().iter().enumerate() {
        put(&source.join(OsStr::from_bytes(name)), b"IMG_1.jpg", seed as u64);
        put(&source.join("deep").join(OsStr::from_bytes(name)).join("er"), name, 1_000 + seed as u64);
    }
    round_trip(&cli, &source, "Family");
}

#[test]
fn the_name_of_the_imported_folder_itself_may_be_hard_too() {
    let cli = Cli::set_up();
    for (seed, name) in [b"\xff\xfe".as_slice(), b"two\nlines", "..é..".as_bytes()].into_iter().enumerate() {
        let source = cli.path(OsStr::from_bytes(name));
        put(&source, b"IMG_1.jpg", seed as u64);
        let mut command = cli.command();
        command.args(["admin", "import", "--no-previews", "--space", "Family"]).arg(&source);
        assert!(command.status().unwrap().success());
    }
    let out = cli.path("out");
    cli.ok(["admin", "restore", "--space", "Family", "--to", out.to_str().unwrap()]);
    let found: BTreeSet<OsString> =
        fs::read_dir(out).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    let wanted = [b"\xff\xfe".to_vec(), b"two\nlines".to_vec(), "..é..".into()];
    assert_eq!(found, wanted.map(OsString::from_vec).into());
}

#[test]
fn names_cannot_write_to_the_terminal_what_they_like() {
    let cli = Cli::set_up();
    let source = cli.path("photos");
    put(&source, b"\x1b[31mred\x1b[0m\n\x07.jpg", 1);
    std::os::unix::fs::symlink("/etc/passwd", source.join("\u{1b}[2J link.jpg")).unwrap();
    let ran = cli.run(["admin", "import", "--no-previews", "--space", "Family", source.to_str().unwrap()]);
    let mut shown = ran.stdout + &ran.stderr;
    assert!(shown.contains("link.jpg"), "{shown:?}");
    for object in Cli::objects(&cli.data().join("store")) {
        fs::remove_file(object).unwrap();
    }
    for args in
        [&["copies", "check"][..], &["copies", "heal"], &["admin", "restore", "--all", "--to", "/dev/null/x"]]
    {
        let ran = cli.run(args);
        assert_eq!(ran.code, 1, "{args:?}");
        shown += &(ran.stdout + &ran.stderr);
    }
    assert!(shown.contains("red"), "{shown:?}");
    assert!(!shown.contains(['\u{1b}', '\u{7}']), "{shown:?}");
}

/// A library with one photo whose rows can be multiplied under any name, as an uploading client could ask for.
struct Planted {
    library: Library,
    space: Space,
    object: ObjectId,
    now: Timestamp,
    count: u64,
}

impl Planted {
    async fn open(cli: &Cli) -> Self {
        let options = OpenOptions::default();
        let clock = Arc::new(SystemClock);
        let library = Library::open(Layout::new(cli.data()), &options, clock).await.unwrap();
        let space = library.space("Family").await.unwrap();
        let mut tx = library.catalog.read().await.unwrap();
        let object = tx.object_page(None, 1).await.unwrap()[0].id;
        drop(tx);
        let now = SystemClock.now();
        Self { library, space, object, now, count: 0 }
    }

    /// Puts the photo into an album folder under a name, without asking whether they make sense.
    async fn plant(&mut self, space_id: SpaceId, folder: &[u8], name: &[u8]) {
        let mut tx = self.library.catalog.begin().await.unwrap();
        let album = NewAlbum {
            space_id,
            folder,
            name: &String::from_utf8_lossy(folder).replace('\0', "?"),
            tier: Tier::Working,
            created_at: self.now,
        };
        let (album, _) = tx.album_find_or_insert(&album).await.unwrap();
        let (asset_id, file_id, version_id) =
            (AssetId::generate(), FileId::generate(), VersionId::generate());
        let asset = Asset {
            id: asset_id,
            space_id,
            album_id: album.id,
            group_key: name.to_vec(),
            kind: AssetKind::Master,
            derived_from: None,
            created_at: self.now,
            deleted_at: None,
            captured_at: self.now,
            media_state: MediaState::Pending,
            media_note: None,
            placeholder: None,
            perceptual_hash: None,
            metadata: Metadata::default(),
            edits: model::Edits::default(),
            approval: None,
        };
        tx.asset_insert_many(&[asset]).await.unwrap();
        let file = File {
            id: file_id,
            asset_id,
            album_id: album.id,
            name: name.to_vec(),
            role: FileRole::Primary,
            version_id,
        };
        tx.file_insert_many(&[file]).await.unwrap();
        let version = Version {
            id: version_id,
            file_id,
            object_id: self.object,
            number: 1,
            modified_ns: Some(i64::MIN),
            added_at: self.now,
            added_by: None,
        };
        tx.version_insert_many(&[version]).await.unwrap();
        tx.commit().await.unwrap();
        self.count += 1;
    }

    /// A space of any name, with the key of the first.
    async fn space(&mut self, name: &str) -> SpaceId {
        let space = Space { id: SpaceId::generate(), name: name.to_owned(), ..self.space.clone() };
        let mut tx = self.library.catalog.begin().await.unwrap();
        tx.space_insert(&space).await.unwrap();
        tx.commit().await.unwrap();
        space.id
    }
}

/// Everything below a folder, links not followed, but for what is below `without`.
fn listing(root: &Path, without: &[&Path]) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut todo = vec![root.to_owned()];
    while let Some(folder) = todo.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            if without.contains(&entry.path().as_path()) {
                continue;
            }
            if entry.file_type().unwrap().is_dir() {
                todo.push(entry.path());
            }
            found.insert(entry.path());
        }
    }
    found
}

fn one_photo() -> Cli {
    let cli = Cli::set_up();
    put(&cli.path("photos"), b"IMG_1.jpg", 1);
    cli.ok(["admin", "import", "--no-previews", "--space", "Family", cli.path("photos").to_str().unwrap()]);
    cli
}

#[test]
fn hostile_names_in_the_catalog_are_restored_inside_the_target_and_nowhere_else() {
    let cli = one_photo();
    let outside = cli.path("outside");
    fs::create_dir(&outside).unwrap();
    let climbing = format!("../../../../../../../../..{}", outside.display());
    let absolute = outside.to_str().unwrap().to_owned();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let planted = runtime.block_on(async {
        let mut planted = Planted::open(&cli).await;
        let family = planted.space.id;
        let folders: Vec<Vec<u8>> = [
            "../../x",
            "..",
            "../",
            "/etc",
            "/",
            "//",
            "a/../../../b",
            "a/./b",
            ".",
            "a//b",
            "a/b/",
            "..\\..\\x",
            "photos/../../..",
            "nul\0byte",
            "%2E%2E",
            "~root",
            &climbing,
            &absolute,
        ]
        .into_iter()
        .map(|folder| folder.as_bytes().to_vec())
        .chain([b"\xff/..".to_vec(), vec![b'f'; 300], b"d/".repeat(400)])
        .collect();
        for folder in &folders {
            planted.plant(family, folder, b"IMG_1.jpg").await;
        }
        let names = [
            "..",
            ".",
            "",
            "/",
            "a/b",
            "../up.jpg",
            "../../../../up.jpg",
            "/etc/cron.d/x",
            "nul\0.jpg",
            "\0",
        ];
        for name in names.into_iter().chain([climbing.as_str(), &absolute]) {
            planted.plant(family, b"names", name.as_bytes()).await;
            planted.plant(family, b"../names", name.as_bytes()).await;
        }
        planted.plant(family, b"names", &[b'n'; 700]).await;
        for name in ["..", "../evil", "/etc/evil", "."] {
            let space = planted.space(name).await;
            planted.plant(space, b"../../album", b"../x.jpg").await;
            planted.plant(space, b"", b"x.jpg").await;
        }
        planted.library.catalog.clone().close().await;
        planted
    });
    let (target, data) = (cli.path("a/b/c/out"), cli.path("data"));
    fs::create_dir_all(target.parent().unwrap()).unwrap();
    let root = cli.path("");
    let before = listing(&root, &[&target, &data]);
    let (code, report) = cli.json(["admin", "restore", "--all", "--to", target.to_str().unwrap()]);
    assert_eq!(listing(&root, &[&target, &data]), before, "something was written outside of the target");
    assert!(!Path::new("/etc/IMG_1.jpg").exists() && !Path::new("/etc/evil").exists());
    // Nothing is lost either: what cannot keep its name gets another and is told, what collides is told too.
    let number = |key: &str| report[key].as_u64().unwrap();
    let failed = report["failed"].as_array().unwrap();
    assert_eq!(
        number("restored") + number("already_there") + failed.len() as u64,
        planted.count + 1,
        "{report:#}"
    );
    assert!(failed.is_empty(), "{failed:#?}");
    assert_eq!(code, 0);
    assert!(report["renamed"].as_array().unwrap().len() > 20, "{report:#}");
    let content = fs::read(cli.path("photos/IMG_1.jpg")).unwrap();
    for path in listing(&target, &[]) {
        let kind = path.symlink_metadata().unwrap().file_type();
        assert!(kind.is_dir() || (kind.is_file() && fs::read(&path).unwrap() == content), "{path:?}");
    }
    // Spaces restored one by one hold the same line.
    let again = cli.path("a/b/c/again");
    cli.run(["admin", "restore", "--space", "Family", "--to", again.to_str().unwrap()]);
    assert_eq!(listing(&root, &[&target, &data, &again]), before);
}

#[test]
fn links_in_the_target_are_not_followed_out_of_it() {
    let cli = one_photo();
    let outside = cli.path("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("precious.txt"), "mine").unwrap();
    for (number, link) in ["Family", "Family/photos", "Family/photos/IMG_1.jpg"].into_iter().enumerate() {
        let target = cli.path(format!("out {number}"));
        let link = target.join(link);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        let to = if number == 2 { outside.join("precious.txt") } else { outside.clone() };
        std::os::unix::fs::symlink(to, &link).unwrap();
        let (code, report) = cli.json(["admin", "restore", "--all", "--to", target.to_str().unwrap()]);
        assert_eq!(code, 1, "{report:#}");
        assert_eq!(report["failed"].as_array().unwrap().len(), 1, "{report:#}");
        assert!(link.is_symlink());
        assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
        assert_eq!(fs::read(outside.join("precious.txt")).unwrap(), b"mine");
    }
}

/// A name that a file system takes: arbitrary bytes, or text with troublesome pieces.
fn file_name() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => any::<char>().prop_map(String::from),
        2 => "[a-zA-Z0-9 ._-]{1,12}",
        1 => prop::sample::select(vec!["..", ".", " ", "\n", "\\", "%", "e\u{301}", "é", "😀", ".jpg", ".xmp", ".CR2"])
            .prop_map(String::from),
    ];
    let text = prop::collection::vec(piece, 1..20).prop_map(|pieces| pieces.concat().into_bytes());
    let raw = prop::collection::vec(any::<u8>(), 1..256);
    prop_oneof![3 => text, 1 => raw].prop_map(|mut name| {
        name.retain(|byte| !matches!(byte, 0 | b'/'));
        name.truncate(255);
        if name.is_empty() || name == b"." || name == b".." { b"x".to_vec() } else { name }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    /// Many names at once: a round trip costs more than a name.
    #[test]
    fn any_name_comes_back_as_it_was(
        paths in prop::collection::vec(prop::collection::vec(file_name(), 1..4), 20..60)
    ) {
        let cli = Cli::set_up();
        let source = cli.path("photos");
        for (seed, path) in paths.iter().enumerate() {
            let (name, folders) = path.split_last().unwrap();
            let folder = folders.iter().fold(source.clone(), |path, part| path.join(OsStr::from_bytes(part)));
            // A file may be where another path has a folder.
            if fs::create_dir_all(&folder).is_ok() {
                let _ = fs::write(folder.join(OsStr::from_bytes(name)), testkit::bytes(seed as u64, 64));
            }
        }
        round_trip(&cli, &source, "Family");
    }

    /// Whatever bytes the catalog holds, restoring them stays inside the target.
    #[test]
    fn any_bytes_in_the_catalog_stay_inside_the_target(
        rows in prop::collection::vec((prop::collection::vec(hostile_byte(), 0..30), prop::collection::vec(hostile_byte(), 0..30)), 10..40)
    ) {
        let cli = one_photo();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut planted = Planted::open(&cli).await;
            let family = planted.space.id;
            let distinct: BTreeSet<_> = rows.iter().collect();
            for (folder, name) in distinct {
                planted.plant(family, folder, name).await;
            }
            planted.library.catalog.clone().close().await;
        });
        let (target, data) = (cli.path("a/b/out"), cli.path("data"));
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        let root = cli.path("");
        let before = listing(&root, &[&target, &data]);
        cli.run(["admin", "restore", "--all", "--to", target.to_str().unwrap()]);
        prop_assert_eq!(listing(&root, &[&target, &data]), before);
        prop_assert!(listing(&target, &[]).iter().any(|path| path.is_file()));
    }
}

/// Mostly what climbs.
fn hostile_byte() -> impl Strategy<Value = u8> {
    prop_oneof![3 => Just(b'.'), 3 => Just(b'/'), 1 => Just(0), 1 => Just(b'\\'), 1 => any::<u8>()]
}
