//! Metadata of all test photos against `exiftool`, field by field.

mod support;

use std::collections::BTreeSet;

use support::told::{self, Told};
use support::{photos, sniff, testdata};

/// Where we differ on purpose: file, field, why.
const ACCEPTED: &[(&str, &str, &str)] = &[
    (
        "tests/87_OSError.jpg",
        "altitude",
        "the reference is missing; above sea level is the default of EXIF 2.32",
    ),
    ("dates/2000.xmp", "date", "exiftool 12.57 recognises UTF-16 sidecars but reads nothing in them"),
    ("dates/2010.xmp", "date", "exiftool 12.57 recognises UTF-16 sidecars but reads nothing in them"),
    ("dates/2020.xmp", "date", "exiftool 12.57 recognises UTF-16 sidecars but reads nothing in them"),
];

#[test]
fn metadata_agree_with_exiftool() {
    let Some(folder) = testdata() else { return };
    let files = photos(&folder);
    let Some(all) = Told::by_exiftool(&[], &files) else { return };
    let mut differences = BTreeSet::new();
    for (path, told) in files.iter().zip(&all) {
        let content = std::fs::read(path).unwrap();
        let ours = ourphoto_media::read_metadata(&content, sniff(&content, path), None);
        let name = path.strip_prefix(&folder).unwrap().to_string_lossy().into_owned();
        let mut compare = |field: &str, ours: Option<String>, theirs: Option<String>| {
            if ours != theirs
                && !ACCEPTED.iter().any(|(file, what, _)| *what == field && name.ends_with(file))
            {
                differences.insert(format!("{name}: {field}: ours {ours:?}, exiftool {theirs:?}"));
            }
        };
        let text = |keys: &[&str]| told.text(keys);
        let number = |keys: &[&str]| told.number(keys);
        compare("make", ours.camera_make.clone(), text(&["IFD0:Make", "XMP-tiff:Make"]));
        compare("model", ours.camera_model.clone(), text(&["IFD0:Model", "XMP-tiff:Model"]));
        compare(
            "lens",
            ours.lens.clone(),
            text(&["ExifIFD:LensModel", "XMP-exifEX:LensModel", "XMP-aux:Lens"]),
        );
        compare(
            "orientation",
            ours.orientation.map(|o| o.to_string()),
            text(&["IFD0:Orientation", "XMP-tiff:Orientation"]),
        );
        compare("rating", ours.rating.map(|r| r.to_string()), text(&["XMP-xmp:Rating", "IFD0:Rating"]));
        compare("title", ours.title.clone(), text(&["XMP-dc:Title", "IPTC:ObjectName", "IFD0:XPTitle"]));
        compare(
            "caption",
            ours.caption.clone(),
            text(&[
                "XMP-dc:Description",
                "IPTC:Caption-Abstract",
                "IFD0:ImageDescription",
                "IFD0:XPComment",
                "ExifIFD:UserComment",
            ]),
        );
        let keywords = (!ours.keywords.is_empty()).then(|| ours.keywords.join("|"));
        compare(
            "keywords",
            keywords,
            text(&["XMP-dc:Subject", "IPTC:Keywords", "IFD0:XPKeywords"]).map(|k| k.replace(';', "|")),
        );
        compare("creator", ours.creator.clone(), text(&["XMP-dc:Creator", "IPTC:By-line", "IFD0:Artist"]));
        compare("iso", ours.exposure.iso.map(|iso| iso.to_string()), text(&["ExifIFD:ISO", "XMP-exif:ISO"]));
        compare(
            "f-number",
            ours.exposure.f_number.map(short),
            number(&["ExifIFD:FNumber", "XMP-exif:FNumber"]).map(short),
        );
        compare(
            "seconds",
            ours.exposure.seconds.map(short),
            number(&["ExifIFD:ExposureTime", "XMP-exif:ExposureTime"]).map(short),
        );
        compare(
            "focal length",
            ours.exposure.focal_length.map(short),
            number(&["ExifIFD:FocalLength", "XMP-exif:FocalLength"]).map(short),
        );
        compare(
            "latitude",
            ours.gps.map(|gps| short(gps.latitude)),
            number(&["Composite:GPSLatitude", "XMP-exif:GPSLatitude"]).map(short),
        );
        compare(
            "longitude",
            ours.gps.map(|gps| short(gps.longitude)),
            number(&["Composite:GPSLongitude", "XMP-exif:GPSLongitude"]).map(short),
        );
        compare(
            "altitude",
            ours.gps.and_then(|gps| gps.altitude).map(short),
            number(&["Composite:GPSAltitude"]).map(short),
        );
        let date = text(&[
            "ExifIFD:DateTimeOriginal",
            "ExifIFD:CreateDate",
            "XMP-exif:DateTimeOriginal",
            "XMP-photoshop:DateCreated",
            "XMP-xmp:CreateDate",
            "Composite:DateTimeCreated",
            "IPTC:DateCreated",
            "Composite:GPSDateTime",
        ]);
        compare(
            "date",
            ours.captured.map(|time| told::civil(time.local_ms)),
            date.map(|date| {
                // A date alone counts from midnight.
                date.get(..19).map_or_else(|| format!("{date} 00:00:00"), str::to_owned)
            }),
        );
        let offset = text(&["ExifIFD:OffsetTimeOriginal"]).filter(|_| ours.captured.is_some());
        if offset.is_some() {
            let told = ours.captured.and_then(|time| time.offset_minutes).map(told::offset);
            compare("offset", told, offset.map(|o| o.replace('Z', "+00:00")));
        }
        let size = number(&[
            "File:ImageWidth",
            "PNG:ImageWidth",
            "RIFF:ImageWidth",
            "IFD0:ImageWidth",
            "Meta:ImageWidth",
        ])
        .zip(number(&[
            "File:ImageHeight",
            "PNG:ImageHeight",
            "RIFF:ImageHeight",
            "IFD0:ImageHeight",
            "Meta:ImageHeight",
        ]));
        let container_turns =
            matches!(path.extension().and_then(|e| e.to_str()), Some("heic" | "HEIC" | "heif" | "avif"));
        let turned = if container_turns {
            matches!(number(&["QuickTime:Rotation"]), Some(r) if r as i64 % 180 == 90)
        } else {
            ours.orientation.is_some_and(|orientation| orientation >= 5)
        };
        let size = size.map(|(w, h)| if turned { format!("{h}x{w}") } else { format!("{w}x{h}") });
        if size.is_some() {
            compare("size", ours.width.zip(ours.height).map(|(w, h)| format!("{w}x{h}")), size);
        }
    }
    assert!(differences.is_empty(), "{}", differences.into_iter().collect::<Vec<_>>().join("\n"));
}

fn short(value: f64) -> String {
    format!("{value:.5}")
}
