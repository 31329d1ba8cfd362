//! "A folder of real photos of all those kinds is imported, and restored byte for byte with names, folders, modification
//! times. Import again: nothing is stored twice, nothing is read twice that has not changed."
//!
//! "Malformed photos (`jpg/invalid`, `xmp`, `tests` in the test photos, truncated and bit-flipped ones generated from the
//! good ones, pixel and metadata bombs): never a crash, a hang …; each is stored, says why it has no preview, and
//! restores byte for byte."
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says what it skips"
)]

mod support;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use library::{Layout, Library, OpenOptions};
use model::{Clock, SystemClock};
use serde_json::Value;
use support::Cli;
use testkit::photos::{
    ExifOptions, MovOptions, Mp4Options, RawKind, XmpOptions, cr3, dng, gif, heic_container, jpeg, mov, mp4,
    png, raf, tiff_raw, xmp,
};
use testkit::{Rng, compare, testdata_or_skip};

/// Every file below a folder, sorted.
fn files(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut todo = vec![root.to_owned()];
    while let Some(folder) = todo.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { todo.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

fn import(cli: &Cli, folder: &Path) -> Value {
    let (code, summary) =
        cli.json(["admin", "import", "--no-previews", "--space", "Family", folder.to_str().unwrap()]);
    assert_eq!(code, 0, "{summary:#}");
    assert_eq!(summary["skipped"].as_array().unwrap().len(), 0);
    summary
}

fn restore_and_compare(cli: &Cli, folder: &Path) {
    let out = tempfile::tempdir().unwrap();
    cli.ok(["admin", "restore", "--space", "Family", "--to", out.path().to_str().unwrap()]);
    let differences = compare(folder, &out.path().join(folder.file_name().unwrap())).unwrap();
    assert!(differences.is_empty(), "{differences:#?}");
}

fn counts<const N: usize>(summary: &Value, keys: [&str; N]) -> [u64; N] {
    keys.map(|key| summary[key].as_u64().unwrap())
}

/// Imports what has not changed once more: the same objects are there, and no file was opened.
fn import_again(cli: &Cli, folder: &Path, number: u64) {
    let objects = Cli::objects(&cli.data().join("store"));
    let summary = import(cli, folder);
    let found = counts(&summary, ["stored", "duplicates", "versions", "already_there", "unchanged"]);
    assert_eq!(found, [0, 0, 0, number, number], "{summary:#}");
    if let Some(opened) = import_traced(cli, folder) {
        assert_eq!(opened, [] as [PathBuf; 0], "read again though nothing has changed");
    }
    assert_eq!(Cli::objects(&cli.data().join("store")), objects);
}

/// Imports a folder and tells which of its files were opened; `None`, and a word about it, where nobody can see that.
fn import_traced(cli: &Cli, folder: &Path) -> Option<Vec<PathBuf>> {
    let log = cli.path("opened");
    let mut traced = Command::new("strace");
    traced.args(["-f", "-qq", "-s", "4096", "-e", "trace=open,openat,openat2", "-o"]).arg(&log);
    traced.arg(env!("CARGO_BIN_EXE_ourphoto")).args([
        "admin",
        "import",
        "--no-previews",
        "--space",
        "Family",
    ]);
    let traced = traced.arg(folder).env("OURPHOTO_DATA", cli.data()).output();
    let log = fs::read_to_string(log).unwrap_or_default();
    if !traced.is_ok_and(|output| output.status.success()) || !log.contains("catalog.db") {
        testkit::skipped("no strace to see what is opened");
        return None;
    }
    // By whole path, or by name within a folder that is open.
    let opened = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        log.contains(&format!("/{name}\"")) || log.contains(&format!("\"{name}\""))
    };
    Some(files(folder).into_iter().filter(opened).collect())
}

#[test]
fn real_photos_come_back_byte_for_byte_and_nothing_is_stored_or_read_twice() {
    let photos = testdata_or_skip!();
    let cli = Cli::set_up();
    let number = files(&photos).len() as u64;
    let summary = import(&cli, &photos);
    let [stored, duplicates] = counts(&summary, ["stored", "duplicates"]);
    assert_eq!(stored + duplicates, number, "{summary:#}");
    assert_eq!(Cli::objects(&cli.data().join("store")).len() as u64, stored, "each content once");
    restore_and_compare(&cli, &photos);
    import_again(&cli, &photos, number);
}

/// One photo of each kind that the testkit can make.
fn generated(folder: &Path) {
    let mut all = Vec::new();
    for (seed, kind) in RawKind::ALL.into_iter().enumerate() {
        all.push((format!("RAW/DSC_{seed}.{}", kind.extension()), tiff_raw(seed as u64, kind)));
    }
    let others = [
        ("RAW/DSC_7.CR3", cr3(7, true)),
        ("RAW/DSC_8.RAF", raf(8)),
        ("RAW/DSC_9.DNG", dng(9)),
        ("RAW/DSC_9.JPG", jpeg(9, 160, 120, &ExifOptions::camera(9))),
        ("RAW/DSC_9.xmp", xmp(&XmpOptions { rating: Some(5), ..XmpOptions::default() })),
        ("Phone/IMG_1.HEIC", heic_container(1, 30_000)),
        ("Phone/IMG_1.MOV", mov(1, &MovOptions { data: 20_000, ..MovOptions::default() })),
        ("Phone/VID_1.MP4", mp4(1, &Mp4Options { data: 20_000, ..Mp4Options::default() })),
        ("Scans & more/wave.gif", gif(2, 120, 90)),
        ("Scans & more/scan.png", png(2, 120, 90, &ExifOptions::default())),
        ("Scans & more/alone.xmp", xmp(&XmpOptions::default())),
    ];
    all.extend(others.into_iter().map(|(name, content)| (name.to_owned(), content)));
    for (index, (name, content)) in all.into_iter().enumerate() {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        let modified = Duration::from_nanos(1_500_000_000_123_456_789 + index as u64 * 1_000_000_007);
        set_modified(&path, UNIX_EPOCH + modified);
    }
}

fn set_modified(path: &Path, to: SystemTime) {
    fs::File::options().write(true).open(path).unwrap().set_modified(to).unwrap();
}

#[test]
fn raw_files_movies_and_sidecars_come_back_byte_for_byte_and_only_what_changed_is_read_again() {
    let cli = Cli::set_up();
    let photos = cli.path("photos");
    generated(&photos);
    // What was written a moment ago might still be written to, and is rightly read again.
    std::thread::sleep(Duration::from_millis(3_200));
    let number = files(&photos).len() as u64;
    assert_eq!(counts(&import(&cli, &photos), ["stored"]), [number]);
    restore_and_compare(&cli, &photos);
    import_again(&cli, &photos, number);

    // A new name and a new time are no new content; a new content is a new version.
    let objects = Cli::objects(&cli.data().join("store")).len();
    let renamed = photos.join("RAW/bride.NEF");
    fs::rename(photos.join("RAW/DSC_0.NEF"), &renamed).unwrap();
    let (touched, edited) = (photos.join("Phone/IMG_1.MOV"), photos.join("Scans & more/scan.png"));
    set_modified(&touched, UNIX_EPOCH);
    fs::write(&edited, b"edited").unwrap();
    let summary = import(&cli, &photos);
    let found = counts(&summary, ["stored", "duplicates", "versions", "already_there", "unchanged"]);
    assert_eq!(found, [0, 1, 1, number - 2, number - 3], "{summary:#}");
    assert_eq!(Cli::objects(&cli.data().join("store")).len(), objects + 1);
    restore_current(&cli, &photos);
    // What is seen to be opened is what has changed, so the look above would have seen the others too.
    fs::write(&edited, b"edited again").unwrap();
    if let Some(opened) = import_traced(&cli, &photos) {
        assert!(opened.contains(&edited), "{opened:?}");
        assert!(opened.iter().all(|path| [&touched, &renamed, &edited].contains(&path)), "{opened:?}");
    }
}

/// What is in the folder now comes back, beside names that are there no more: a backup keeps those.
fn restore_current(cli: &Cli, folder: &Path) {
    let out = tempfile::tempdir().unwrap();
    cli.ok(["admin", "restore", "--space", "Family", "--to", out.path().to_str().unwrap()]);
    let differences = compare(folder, &out.path().join(folder.file_name().unwrap())).unwrap();
    assert_eq!(differences, [testkit::Difference::Extra("RAW/DSC_0.NEF".into())]);
}

/// What became of an asset's preview.
#[derive(Debug)]
struct Shown {
    /// The names of its files.
    names: String,
    state: String,
    note: String,
}

fn previews(cli: &Cli) -> Vec<Shown> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let mut lines = Vec::new();
    runtime.block_on(async {
        let layout = Layout::new(cli.data());
        let library = Library::open(layout, &OpenOptions::default(), Arc::new(SystemClock)).await.unwrap();
        catalog::snapshot::write(&library.catalog, SystemClock.now(), &mut lines).await.unwrap();
        library.catalog.clone().close().await;
    });
    let lines = String::from_utf8(lines).unwrap();
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let rows = |table: &str| {
        let of_table = lines.iter().filter(move |line| line["table"] == *table);
        of_table.map(|line| line["row"].clone()).collect::<Vec<_>>()
    };
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut names: HashMap<String, Vec<String>> = HashMap::new();
    for file in rows("file") {
        names.entry(word(&file["asset_id"])).or_default().push(word(&file["name_text"]));
    }
    let assets = rows("asset").into_iter();
    let judged = assets.map(|asset| {
        let mut files = names.remove(&word(&asset["id"])).unwrap();
        files.sort();
        let (state, note) = (word(&asset["media_state"]), word(&asset["media_note"]));
        Shown { names: files.join(" + "), state, note }
    });
    judged.collect()
}

fn import_with_previews(cli: &Cli, folder: &Path) -> Vec<Shown> {
    let (code, summary) = cli.json(["admin", "import", "--space", "Family", folder.to_str().unwrap()]);
    assert_eq!(code, 0, "{summary:#}");
    assert_eq!(summary["previews"]["failed"], 0, "{summary:#}");
    previews(cli)
}

/// What the real photos hold that cannot be shown, or not as a whole, and what the program says about it.
const NOT_SHOWN: &[(&str, &str)] = &[
    ("2000.xmp", ALONE),
    ("2010.xmp", ALONE),
    ("2020.xmp", ALONE),
    ("iso-value-array.xmp", ALONE),
    (".gitignore", NO_PICTURE),
    ("README", NO_PICTURE),
    ("README.md", NO_PICTURE),
    ("README.rst", NO_PICTURE),
    ("dump", NO_PICTURE),
];
const ALONE: &str = "this is a sidecar without its photo; it is kept as it is";
const NO_PICTURE: &str = "this is no picture or video of a kind that can be shown; it is kept as it is";

#[test]
fn real_photos_have_previews_once_they_are_imported_except_those_listed_with_their_reason() {
    let photos = testdata_or_skip!();
    let cli = Cli::set_up();
    let shown = import_with_previews(&cli, &photos);
    assert!(shown.len() > 100, "{}", shown.len());
    let whole = |shown: &&Shown| shown.state == "ready" && shown.note.is_empty();
    let found: BTreeSet<(&str, &str)> =
        shown.iter().filter(|one| !whole(one)).map(|one| (one.names.as_str(), one.note.as_str())).collect();
    assert_eq!(found, NOT_SHOWN.iter().copied().collect());
}

#[test]
fn generated_raw_files_and_pictures_have_previews_once_they_are_imported() {
    let cli = Cli::set_up();
    let photos = cli.path("photos");
    generated(&photos);
    let shown = import_with_previews(&cli, &photos);
    let unseen: Vec<&Shown> = shown.iter().filter(|shown| shown.state != "ready").collect();
    // The HEIC holds no picture, and movies are another matter.
    let pictures =
        unseen.iter().filter(|shown| !shown.names.contains("IMG_1") && !shown.names.contains("VID_1"));
    let words: Vec<_> = pictures.map(|shown| shown.names.as_str()).collect();
    assert_eq!(words, ["alone.xmp"], "{unseen:#?}");
}

#[test]
fn a_film_has_a_preview_once_it_is_imported() {
    let cli = Cli::set_up();
    let photos = cli.path("photos");
    std::fs::create_dir(&photos).unwrap();
    let made = Command::new("ffmpeg")
        .args(["-loglevel", "error", "-f", "lavfi", "-i", "testsrc=duration=2:size=640x360:rate=10"])
        .args(["-c:v", "mpeg4", "-pix_fmt", "yuv420p"])
        .arg(photos.join("film.mp4"))
        .status();
    let Ok(made) = made else {
        testkit::skipped("no ffmpeg to make a film and to show it");
        return;
    };
    assert!(made.success());
    let shown = import_with_previews(&cli, &photos);
    let told: Vec<_> =
        shown.iter().map(|one| (one.names.as_str(), one.state.as_str(), one.note.as_str())).collect();
    assert_eq!(told, [("film.mp4", "ready", "")]);
}

/// Imports with previews, and holds the program to its word on each photo.
fn survive(cli: &Cli, folder: &Path) -> BTreeMap<String, (String, String)> {
    let started = Instant::now();
    let number = files(folder).len() as u64;
    let (code, summary) = cli.json(["admin", "import", "--space", "Family", folder.to_str().unwrap()]);
    assert_eq!(code, 0, "{summary:#}");
    let [stored, duplicates] = counts(&summary, ["stored", "duplicates"]);
    assert_eq!(stored + duplicates, number, "each is stored: {summary:#}");
    assert_eq!(summary["previews"]["failed"], 0, "{summary:#}");
    let ran = cli.ok(["admin", "previews"]);
    assert!(ran.stdout.contains("No previews are waiting"), "{}", ran.stdout);
    assert!(started.elapsed() < Duration::from_mins(2), "{:?}", started.elapsed());

    let judged = previews(cli);
    let explained =
        |shown: &Shown| shown.state == "ready" || (shown.state == "none" && !shown.note.is_empty());
    let unexplained: Vec<_> = judged.iter().filter(|shown| !explained(shown)).collect();
    assert!(unexplained.is_empty(), "neither a preview nor a reason: {unexplained:#?}");
    restore_and_compare(cli, folder);
    judged.into_iter().map(|shown| (shown.names, (shown.state, shown.note))).collect()
}

#[test]
fn photos_known_to_be_broken_are_stored_explained_and_restored() {
    let photos = testdata_or_skip!();
    let cli = Cli::set_up();
    let broken = cli.path("broken");
    for part in ["invalid", "xmp", "tests"] {
        let to = broken.join(part);
        fs::create_dir_all(&to).unwrap();
        for path in files(&photos.join("exif-samples/jpg").join(part)) {
            fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
        }
    }
    assert!(files(&broken).len() > 5);
    survive(&cli, &broken);
}

#[test]
fn cut_and_bit_flipped_photos_are_stored_explained_and_restored() {
    let cli = Cli::set_up();
    let (good, broken) = (cli.path("good"), cli.path("broken"));
    generated(&good);
    let mut sources = files(&good);
    if let Some(photos) = testkit::testdata() {
        // The smallest of each kind.
        let mut smallest: BTreeMap<String, (u64, PathBuf)> = BTreeMap::new();
        for path in files(&photos) {
            let kind = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
            let size = path.metadata().unwrap().len();
            let best = smallest.entry(kind).or_insert_with(|| (size, path.clone()));
            if size < best.0 {
                *best = (size, path);
            }
        }
        sources.extend(smallest.into_values().filter(|(size, _)| *size < 800_000).map(|(_, path)| path));
    } else {
        eprintln!("no test photos: only generated ones are broken here");
    }
    let mut rng = Rng::new(2026);
    fs::create_dir_all(&broken).unwrap();
    for (index, path) in sources.iter().enumerate() {
        let content = fs::read(path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy();
        let cut = &content[..rng.below(content.len() as u64) as usize];
        let mut flipped = content.clone();
        for _ in 0..=rng.below(16) {
            let reach = if rng.below(2) == 0 { 2_048 } else { content.len() as u64 };
            let at = rng.below(reach.min(content.len() as u64)) as usize;
            flipped[at] ^= 1 << rng.below(8);
        }
        fs::write(broken.join(format!("{index} cut {name}")), cut).unwrap();
        fs::write(broken.join(format!("{index} flipped {name}")), flipped).unwrap();
        // Nothing but a beginning, and something else under the name of a photo.
        fs::write(broken.join(format!("{index} head {name}")), &content[..content.len().min(16)]).unwrap();
    }
    fs::write(broken.join("empty.jpg"), b"").unwrap();
    fs::write(broken.join("text.CR3"), b"this is no photo").unwrap();
    survive(&cli, &broken);
}

/// CRC-32 as PNG has it.
fn crc32(data: &[u8]) -> u32 {
    !data.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 },
        )
    })
}

fn chunk(kind: [u8; 4], body: &[u8]) -> Vec<u8> {
    let crc = crc32(&[&kind, body].concat());
    [&(body.len() as u32).to_be_bytes()[..], &kind, body, &crc.to_be_bytes()].concat()
}

/// A zlib stream (RFC 1950, 1951) that unpacks to `length` letters, a thousand times its size and more: one letter, and
/// then again and again "258 bytes from one byte back", which takes 13 bits in the fixed code.
fn unpacks_to(length: usize) -> Vec<u8> {
    let mut bits: Vec<bool> = Vec::new();
    let mut put = |code: u32, count: u32| bits.extend((0..count).rev().map(|bit| code >> bit & 1 == 1));
    put(0b110, 3);
    put(0x30 + u32::from(b'a'), 8);
    for _ in 0..length / 258 {
        put(0b1100_0101, 8);
        put(0, 5);
    }
    put(0, 7);
    let packed = bits
        .chunks(8)
        .map(|byte| byte.iter().enumerate().fold(0_u8, |sum, (place, bit)| sum | u8::from(*bit) << place));
    [0x78, 0xDA].into_iter().chain(packed).chain([0; 4]).collect()
}

#[test]
fn pixel_and_metadata_bombs_are_stored_explained_and_restored() {
    let cli = Cli::set_up();
    let bombs = cli.path("bombs");
    fs::create_dir_all(&bombs).unwrap();
    let put = |name: &str, content: &[u8]| fs::write(bombs.join(name), content).unwrap();

    // Pixels: headers that claim more than any camera has.
    let size = [&100_000_u32.to_be_bytes()[..], &100_000_u32.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    let signature = b"\x89PNG\r\n\x1a\n".to_vec();
    put(
        "pixels.png",
        &[
            signature.clone(),
            chunk(*b"IHDR", &size),
            chunk(*b"IDAT", &unpacks_to(8 << 20)),
            chunk(*b"IEND", &[]),
        ]
        .concat(),
    );
    let mut photo = jpeg(3, 64, 64, &ExifOptions::default());
    let frame = photo.windows(2).position(|pair| pair == b"\xFF\xC0" || pair == b"\xFF\xC2").unwrap();
    photo[frame + 5..frame + 9].copy_from_slice(&[0xFF; 4]);
    put("pixels.jpg", &photo);
    photo[frame + 5..frame + 9].copy_from_slice(&[0x46, 0x50, 0x46, 0x50]);
    put("memory.jpg", &photo);
    put(
        "pixels.gif",
        &[b"GIF89a\xFF\xFF\xFF\xFF\xF0\0\0".as_slice(), &[0; 6], b",\0\0\0\0\xFF\xFF\xFF\xFF\0\x02\0;"]
            .concat(),
    );
    put("pixels.webp", b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\xFF\xFF\xFF\xFF\xFF\xFF");

    // Metadata: text that unpacks to much, counts that lie, directories in a ring, depth without end.
    let scan = png(5, 50, 40, &ExifOptions::default());
    let text =
        chunk(*b"iTXt", &[b"XML:com.adobe.xmp\0\x01\0\0\0".as_slice(), &unpacks_to(256 << 20)].concat());
    put("text.png", &[&scan[..33], &text, &scan[33..]].concat());
    let profile = chunk(*b"iCCP", &[b"bomb\0\0".as_slice(), &unpacks_to(256 << 20)].concat());
    put("profile.png", &[&scan[..33], &profile, &scan[33..]].concat());
    let exif = [
        b"Exif\0\0II*\0\x08\0\0\0\x02\0".as_slice(),
        b"\x0e\x01\x02\0\xFF\xFF\xFF\xFF\x08\0\0\0",
        b"\x69\x87\x04\0\x01\0\0\0\x08\0\0\0",
        b"\x08\0\0\0",
    ]
    .concat();
    let photo = jpeg(4, 200, 100, &ExifOptions::default());
    let segment = [&[0xFF, 0xE1][..], &(exif.len() as u16 + 2).to_be_bytes(), &exif].concat();
    put("exif.jpg", &[&photo[..2], &segment, &photo[2..]].concat());
    let rdf = "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">";
    let deep = format!("<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">{}", rdf.repeat(40_000));
    put("deep.xmp", deep.as_bytes());
    put("beside.jpg", &jpeg(6, 80, 60, &ExifOptions::default()));
    put("beside.xmp", deep.as_bytes());
    let mut laughs = String::from("<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a0 \"ha\">");
    for level in 1..30 {
        let inner = format!("&a{};", level - 1).repeat(10);
        laughs.extend(["<!ENTITY a", &level.to_string(), " \"", &inner, "\">"]);
    }
    put("laughs.xmp", format!("{laughs}]><x>&a29;</x>").as_bytes());
    let boxes =
        [b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".as_slice(), &b"\0\0\0\x01meta\0\0\0\0\0\0\0\0".repeat(1_000)]
            .concat();
    put("boxes.heic", &boxes);
    let boxes = [b"\0\0\0\x14ftypqt  \0\0\0\0qt  ".as_slice(), &b"\0\0\0\0moov".repeat(100_000)].concat();
    put("boxes.mov", &boxes);

    let judged = survive(&cli, &bombs);
    for name in ["pixels.png", "pixels.jpg", "pixels.gif", "memory.jpg", "pixels.webp"] {
        assert_eq!(judged[name].0, "none", "{name}: {:?}", judged[name]);
    }
    // A bomb in the metadata costs the metadata, not the picture.
    for name in ["exif.jpg", "beside.jpg + beside.xmp"] {
        assert_eq!(judged[name].0, "ready", "{name}: {:?}", judged[name]);
    }
}
