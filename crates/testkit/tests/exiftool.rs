//! What the generator writes, a metadata reader of the field reads back.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::fs;
use std::path::Path;
use std::process::Command;

use ourphoto_testkit::photos::{
    ExifOptions, GpsPosition, MovOptions, Mp4Options, RawKind, XmpOptions, cr3, dng, gif, jpeg, mov, mp4,
    png, raf, tiff_raw, xmp,
};
use serde_json::Value;

/// What exiftool says about `content`, with numbers as numbers; `None`, said aloud, where it is not installed.
fn read(name: &str, content: &[u8]) -> Option<Value> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    fs::write(&path, content).unwrap();
    let said = exiftool(&["-j", "-n", "-warning"], &path)?;
    let mut files: Vec<Value> = serde_json::from_slice(&said).unwrap();
    Some(files.remove(0))
}

fn exiftool(options: &[&str], path: &Path) -> Option<Vec<u8>> {
    match Command::new("exiftool").args(options).args(["-all"]).arg(path).output() {
        Ok(output) => {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            Some(output.stdout)
        }
        Err(_) => {
            ourphoto_testkit::skipped("no exiftool");
            None
        }
    }
}

fn wedding() -> ExifOptions {
    ExifOptions {
        date: Some("2024:06:01 14:03:22".to_owned()),
        subsec: Some("123".to_owned()),
        offset: Some("+02:00".to_owned()),
        gps: Some(GpsPosition { latitude: 64.2559, longitude: -21.1295, altitude: Some(-12.5) }),
        make: Some("Canon".to_owned()),
        model: Some("Canon EOS R5".to_owned()),
        lens: Some("RF24-70mm".to_owned()),
        orientation: Some(6),
        description: Some("Ana & Jón — 教会".to_owned()),
        artist: Some("Ana".to_owned()),
        copyright: Some("© Ana".to_owned()),
        iso: Some(400),
        exposure: Some((1, 250)),
        f_number_tenths: Some(28),
        content_identifier: None,
    }
}

fn assert_near(found: &Value, expected: f64) {
    let found = found.as_f64().unwrap();
    assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
}

#[test]
fn exif_of_a_jpeg_reads_back() {
    let Some(found) = read("a.jpg", &jpeg(1, 200, 100, &wedding())) else { return };
    assert_eq!(found["DateTimeOriginal"], "2024:06:01 14:03:22");
    assert_eq!(found["OffsetTimeOriginal"], "+02:00");
    assert_eq!(found["SubSecTimeOriginal"], 123);
    assert_near(&found["GPSLatitude"], 64.2559);
    assert_near(&found["GPSLongitude"], -21.1295);
    assert_near(&found["GPSAltitude"], -12.5);
    assert_eq!(found["Make"], "Canon");
    assert_eq!(found["Model"], "Canon EOS R5");
    assert_eq!(found["LensModel"], "RF24-70mm");
    assert_eq!(found["Orientation"], 6);
    assert_eq!(found["ImageDescription"], "Ana & Jón — 教会");
    assert_eq!(found["Copyright"], "© Ana");
    assert_eq!(found["ISO"], 400);
    assert_near(&found["ExposureTime"], 0.004);
    assert_near(&found["FNumber"], 2.8);
    assert_eq!((found["ImageWidth"].as_u64(), found["ImageHeight"].as_u64()), (Some(200), Some(100)));
}

#[test]
fn exif_of_a_png_reads_back() {
    let Some(found) = read("a.png", &png(1, 20, 10, &wedding())) else { return };
    assert_eq!(found["DateTimeOriginal"], "2024:06:01 14:03:22");
    assert_near(&found["GPSLongitude"], -21.1295);
    assert!(found.get("Warning").is_none(), "{found}");
}

#[test]
fn both_halves_of_a_live_photo_carry_the_same_identifier() {
    let id = "A0B1C2D3-0000-4000-8000-ABCDEF012345";
    let exif = ExifOptions {
        make: Some("Apple".to_owned()),
        content_identifier: Some(id.to_owned()),
        ..ExifOptions::default()
    };
    let Some(still) = read("a.jpg", &jpeg(1, 64, 64, &exif)) else { return };
    // Older releases call it by its first use, bursts.
    let found = still.get("ContentIdentifier").or(still.get("MediaGroupUUID"));
    assert_eq!(found, Some(&Value::from(id)), "{still}");
    let options =
        MovOptions { created: Some(1_717_243_402), content_identifier: Some(id.to_owned()), data: 5_000 };
    let Some(movie) = read("a.mov", &mov(1, &options)) else { return };
    assert_eq!(movie["ContentIdentifier"], id, "{movie}");
    assert_eq!(movie["CreateDate"], "2024:06:01 12:03:22");
    assert_near(&movie["Duration"], 1.5);
    assert!(movie.get("Warning").is_none(), "{movie}");
}

/// Every kind of RAW file made here, as exiftool calls the kind, and what it calls the largest preview in it.
fn raws() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let mut all = vec![
        ("DNG", dng(3), "-PreviewImage"),
        ("RAF", raf(3), "-PreviewImage"),
        ("CR3", cr3(3, true), "-JpgFromRaw"),
        ("CR3", cr3(3, false), "-PreviewImage"),
    ];
    for (kind, preview) in [
        (RawKind::Nef, "-JpgFromRaw"),
        (RawKind::Cr2, "-PreviewImage"),
        (RawKind::Arw, "-PreviewImage"),
        (RawKind::Pef, "-JpgFromRaw"),
        (RawKind::Orf, "-PreviewImage"),
        (RawKind::Rw2, "-JpgFromRaw"),
    ] {
        all.push((kind.extension(), tiff_raw(3, kind), preview));
    }
    all
}

#[test]
fn raw_files_are_recognised_and_their_preview_comes_out_as_a_jpeg() {
    for (kind, content, preview) in raws() {
        // Under a neutral name it is the content that tells.
        let Some(found) = read("a", &content) else { return };
        assert_eq!(found["FileType"], kind, "{found}");
        assert!(found["DateTimeOriginal"].is_string(), "{found}");
        assert!(found["Make"].is_string() && found["Model"].is_string(), "{found}");
        assert!(found.get("Warning").is_none(), "{found}");
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        fs::write(&path, &content).unwrap();
        let output = Command::new("exiftool").args(["-b", preview]).arg(&path).output().unwrap();
        let mut decoder = zune_jpeg::JpegDecoder::new(std::io::Cursor::new(&output.stdout));
        decoder.decode().unwrap_or_else(|e| panic!("{kind} has no preview: {e:?}\n{found}"));
    }
}

#[test]
fn a_phone_s_movie_reads_back() {
    let options = Mp4Options {
        created: Some(1_717_243_402),
        make: Some("Google".to_owned()),
        model: Some("Pixel 8".to_owned()),
        place: Some("+64.2559-021.1295/".to_owned()),
        quarter_turns: 1,
        data: 5_000,
    };
    let Some(found) = read("a", &mp4(1, &options)) else { return };
    assert_eq!((&found["FileType"], &found["CreateDate"]), (&"MP4".into(), &"2024:06:01 12:03:22".into()));
    assert_eq!((&found["Make"], &found["Model"]), (&"Google".into(), &"Pixel 8".into()));
    assert_eq!((&found["ImageSize"], &found["Rotation"]), (&"1280 720".into(), &90.into()));
    assert_near(&found["Duration"], 1.5);
    assert_near(&found["GPSLatitude"], 64.2559);
    assert_near(&found["GPSLongitude"], -21.1295);
    assert!(found.get("Warning").is_none(), "{found}");
}

#[test]
fn a_gif_reads_back() {
    let Some(found) = read("a", &gif(1, 120, 90)) else { return };
    assert_eq!((&found["FileType"], &found["ImageSize"]), (&"GIF".into(), &"120 90".into()));
}

#[test]
fn a_sidecar_reads_back() {
    let sidecar = xmp(&XmpOptions {
        rating: Some(4),
        label: Some("Green".to_owned()),
        title: Some("Ana & <Jón>".to_owned()),
        description: Some("教会の前".to_owned()),
        keywords: vec!["one".to_owned(), "two \"quoted\"".to_owned()],
        creator: Some("Ana".to_owned()),
        rights: Some("All".to_owned()),
        date: Some("2024-06-01T14:00:00+02:00".to_owned()),
    });
    let Some(found) = read("a.xmp", &sidecar) else { return };
    assert_eq!(found["Rating"], 4);
    assert_eq!(found["Title"], "Ana & <Jón>");
    assert_eq!(found["Description"], "教会の前");
    assert_eq!(found["Subject"], serde_json::json!(["one", "two \"quoted\""]));
    assert_eq!(found["Creator"], "Ana");
}
