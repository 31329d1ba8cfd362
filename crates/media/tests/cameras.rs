//! RAW files and movies in the containers of their makers: recognised, read as exiftool reads them, and shown by the
//! largest preview that exiftool finds in them.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use std::collections::BTreeSet;
use std::path::Path;

use ourphoto_media::{Format, Limits};
use support::told::{self, Told};
use support::{pixels, process, worker};
use testkit::photos::{Mp4Options, RawKind, cr3, dng, mp4, raf, tiff_raw};

/// A file of each kind of RAW, and the sides of its largest preview before it is turned.
fn raws(seed: u64) -> Vec<(Format, Vec<u8>, (usize, usize))> {
    let mut all = vec![
        (Format::Dng, dng(seed), (256, 170)),
        (Format::Raf, raf(seed), (640, 424)),
        (Format::Cr3, cr3(seed, true), (640, 424)),
        (Format::Cr3, cr3(seed, false), (320, 212)),
    ];
    for (format, kind) in [
        (Format::Nef, RawKind::Nef),
        (Format::Cr2, RawKind::Cr2),
        (Format::Arw, RawKind::Arw),
        (Format::Pef, RawKind::Pef),
        (Format::Orf, RawKind::Orf),
        (Format::Rw2, RawKind::Rw2),
    ] {
        all.push((format, tiff_raw(seed, kind), (640, 424)));
    }
    all
}

/// Seeds among which the camera is held in every way that it knows.
const SEEDS: std::ops::Range<u64> = 0..6;

/// RGB turned as the EXIF orientation asks for, of those that cameras write.
fn turned((rgb, width, height): (Vec<u8>, usize, usize), orientation: u8) -> (Vec<u8>, usize, usize) {
    let (new_width, new_height) = if orientation >= 5 { (height, width) } else { (width, height) };
    let mut out = Vec::with_capacity(rgb.len());
    for y in 0..new_height {
        for x in 0..new_width {
            let (from_x, from_y) = match orientation {
                1 => (x, y),
                3 => (width - 1 - x, height - 1 - y),
                6 => (y, height - 1 - x),
                8 => (width - 1 - y, x),
                other => panic!("no camera here writes orientation {other}"),
            };
            let at = (from_y * width + from_x) * 3;
            out.extend(&rgb[at..at + 3]);
        }
    }
    (out, new_width, new_height)
}

#[test]
fn raw_files_are_recognised_and_shown_by_their_largest_preview_turned_upright() {
    let worker = worker(Limits::default());
    let mut held = BTreeSet::new();
    for seed in SEEDS {
        for (format, content, (width, height)) in raws(seed) {
            let what = format!("{format:?} of seed {seed}");
            // By content alone: the name says nothing.
            assert_eq!(support::sniff(&content, Path::new("photo")), format, "{what}");
            let found = process(&worker, &content, "photo");
            let preview = found.renditions.unwrap_or_else(|| panic!("{what}: {:?}", found.note)).preview;
            let orientation = found.metadata.orientation.unwrap();
            held.insert(orientation);
            let upright = if orientation >= 5 { (height, width) } else { (width, height) };
            assert_eq!((preview.width as usize, preview.height as usize), upright, "{what}");
            assert_eq!(found.note, None, "{what}");
        }
    }
    assert_eq!(held, BTreeSet::from([1, 6, 8]));
}

/// What exiftool says about files with these contents, whatever their names; `None` where it is not installed.
fn read_by_exiftool(contents: &[&[u8]]) -> Option<Vec<Told>> {
    let folder = tempfile::tempdir().unwrap();
    let path = |index: usize| folder.path().join(index.to_string());
    for (index, content) in contents.iter().enumerate() {
        std::fs::write(path(index), content).unwrap();
    }
    // A preview that exiftool looks into (RW2) is only told when it is named.
    Told::by_exiftool(&["-b", "-all", "-JpgFromRaw"], &(0..contents.len()).map(path).collect::<Vec<_>>())
}

/// The largest JPEG that exiftool took out of a file, decoded.
fn largest_embedded(told: &Told, what: &str) -> (Vec<u8>, usize, usize) {
    let decoded = told.embedded().map(|jpeg| pixels(&jpeg));
    let largest = decoded.max_by_key(|(_, width, height)| width * height);
    largest.unwrap_or_else(|| panic!("exiftool finds no preview in {what}"))
}

#[test]
fn raw_files_are_read_and_shown_as_exiftool_reads_and_shows_them() {
    let files: Vec<_> = SEEDS.flat_map(raws).collect();
    let contents: Vec<&[u8]> = files.iter().map(|(_, content, _)| content.as_slice()).collect();
    let Some(told) = read_by_exiftool(&contents) else { return };
    let worker = worker(Limits::default());
    for ((index, (format, content, _)), told) in files.iter().enumerate().zip(&told) {
        let what = format!("{format:?}, file {index}");
        let found = process(&worker, content, "photo");
        let ours = &found.metadata;
        assert_eq!(ours.camera_make, told.text(&["IFD0:Make"]), "{what}");
        assert_eq!(ours.camera_model, told.text(&["IFD0:Model"]), "{what}");
        assert_eq!(ours.lens, told.text(&["ExifIFD:LensModel"]), "{what}");
        assert_eq!(
            ours.captured.map(|time| told::civil(time.local_ms)),
            told.text(&["ExifIFD:DateTimeOriginal"]),
            "{what}"
        );
        let offset = ours.captured.and_then(|time| time.offset_minutes).map(told::offset);
        assert_eq!(offset, told.text(&["ExifIFD:OffsetTimeOriginal"]), "{what}");
        assert_eq!(ours.exposure.iso.map(f64::from), told.number(&["ExifIFD:ISO"]), "{what}");
        let orientation = told.number(&["IFD0:Orientation"]).unwrap();
        assert_eq!(ours.orientation.map(f64::from), Some(orientation), "{what}");
        let place = told.number(&["Composite:GPSLatitude"]).zip(told.number(&["Composite:GPSLongitude"]));
        let near = |(latitude, longitude): (f64, f64)| {
            let gps = ours.gps.unwrap_or_else(|| panic!("{what} has a place"));
            (gps.latitude - latitude).abs() < 1e-5 && (gps.longitude - longitude).abs() < 1e-5
        };
        assert!(place.map_or(ours.gps.is_none(), near), "{what}: {place:?}, ours {:?}", ours.gps);

        let size = told.text(&["Composite:ImageSize"]).unwrap();
        let shown = ours.width.zip(ours.height).map(|(width, height)| {
            if orientation >= 5.0 { format!("{height} {width}") } else { format!("{width} {height}") }
        });
        assert_eq!(shown, Some(size), "{what}");

        let (expected, width, height) = turned(largest_embedded(told, &what), orientation as u8);
        let preview = pixels(&found.renditions.unwrap().preview.jpeg);
        assert_eq!((preview.1, preview.2), (width, height), "{what}");
        let sum: u64 = preview.0.iter().zip(&expected).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        let mean = sum as f64 / expected.len() as f64;
        assert!(mean < 6.0, "{what}: the preview differs by {mean} from the one in the file");
    }
}

#[test]
fn a_phone_s_movie_is_read_as_exiftool_reads_it() {
    for quarter_turns in 0..4 {
        let options = Mp4Options {
            created: Some(1_717_243_402),
            make: Some("Google".to_owned()),
            model: Some("Pixel 8".to_owned()),
            place: Some("+64.2559-021.1295+031.5/".to_owned()),
            quarter_turns,
            data: 300_000,
        };
        let content = mp4(7, &options);
        let Some(told) = read_by_exiftool(&[&content]) else { return };
        let told = &told[0];
        let format = support::sniff(&content, Path::new("movie"));
        assert_eq!(format, Format::Mp4);
        let ours = ourphoto_media::read_metadata(&content, format, None);
        assert_eq!(ours.camera_make, told.text(&["UserData:Make"]));
        assert_eq!(ours.camera_model, told.text(&["UserData:Model"]));
        let captured = ours.captured.unwrap();
        assert_eq!(Some(told::civil(captured.local_ms)), told.text(&["QuickTime:CreateDate"]));
        assert_eq!(captured.offset_minutes, Some(0), "the header counts in UTC");
        let seconds = told.number(&["QuickTime:Duration"]).unwrap();
        assert_eq!(ours.duration_ms, Some((seconds * 1000.0) as u64));
        let gps = ours.gps.unwrap();
        for (ours, tag) in [
            (gps.latitude, "Composite:GPSLatitude"),
            (gps.longitude, "Composite:GPSLongitude"),
            (gps.altitude.unwrap(), "Composite:GPSAltitude"),
        ] {
            assert!((ours - told.number(&[tag]).unwrap()).abs() < 1e-5, "{tag}");
        }
        assert_eq!(told.number(&["Composite:Rotation"]), Some(f64::from(quarter_turns) * 90.0));
        assert_eq!(ours.orientation, Some([1, 6, 3, 8][usize::from(quarter_turns)]));
        let size = told.text(&["Composite:ImageSize"]).unwrap();
        let (width, height) = ours.width.zip(ours.height).unwrap();
        let coded = if quarter_turns % 2 == 1 { (height, width) } else { (width, height) };
        assert_eq!(format!("{} {}", coded.0, coded.1), size);
    }
}

#[test]
fn a_raw_without_preview_says_so() {
    // One directory, which tells a width and nothing else.
    let raw = b"II*\0\x10\0\0\0CR\x02\0\0\0\0\0\x01\0\0\x01\x04\0\x01\0\0\0\xa0\x0f\0\0\0\0\0\0";
    let found = process(&worker(Limits::default()), raw, "photo.cr2");
    assert_eq!(found.note.as_deref(), Some("no embedded preview in this RAW file"));
}
