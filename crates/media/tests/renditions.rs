//! Renditions of real and generated photos: right size, upright, right colours, nothing private in them.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use image::ImageEncoder;
use ourphoto_media::{Format, Limits, Processed};
use support::{jpeg, mean, painting, photos, pixels, process, sniff, testdata, worker};

fn upright_size(found: &Processed) -> (u32, u32) {
    (found.metadata.width.unwrap(), found.metadata.height.unwrap())
}

fn check_shape(found: &Processed, name: &str) {
    let renditions = found.renditions.as_ref().unwrap_or_else(|| panic!("{name}: {:?}", found.note));
    let (width, height) = upright_size(found);
    for (rendition, edge) in [(&renditions.thumbnail, 512), (&renditions.preview, 2048)] {
        let (_, real_width, real_height) = pixels(&rendition.jpeg);
        assert_eq!((real_width as u32, real_height as u32), (rendition.width, rendition.height), "{name}");
        let long = width.max(height).min(edge);
        assert_eq!(rendition.width.max(rendition.height), long, "{name}");
        let (ratio, shown) =
            (f64::from(width) / f64::from(height), f64::from(rendition.width) / f64::from(rendition.height));
        assert!((ratio / shown - 1.0).abs() < 0.05, "{name}: {width} x {height} became {shown}");
        for private in [&b"Exif\0"[..], b"http://ns.adobe.com", b"Photoshop 3.0", b"ICC_PROFILE"] {
            assert!(!rendition.jpeg.windows(private.len()).any(|w| w == private), "{name} leaks metadata");
        }
    }
    assert!(found.perceptual_hash.is_some() && found.placeholder.is_some(), "{name}");
}

/// Decoders that cannot read a file at all: which and why.
const UNDECODABLE: &[(&str, &str)] = &[("HMD_Nokia_8.3_5G_hdr.heif", "zero property index")];

#[test]
fn every_photo_has_renditions_of_the_right_size() {
    let Some(folder) = testdata() else { return };
    let worker = worker(Limits::default());
    let mut formats = std::collections::HashSet::new();
    for path in photos(&folder) {
        let name = path.to_string_lossy();
        let content = std::fs::read(&path).unwrap();
        let format = sniff(&content, &path);
        // Unoptimised, the decoders that are generic take seconds for a large picture; small ones stand for all there.
        let most = match format {
            Format::Jpeg => 150_000,
            Format::Jxl => 2_000_000,
            Format::Avif => 900_000,
            _ => 600_000,
        };
        let heavy = cfg!(debug_assertions) && content.len() > most;
        if format.is_sidecar() || name.contains("invalid") || heavy {
            continue;
        }
        let found = process(&worker, &content, &name);
        match UNDECODABLE.iter().find(|(file, _)| name.ends_with(file)) {
            Some((_, why)) => assert!(found.note.unwrap_or_default().contains(why), "{name}"),
            None => check_shape(&found, &name),
        }
        formats.insert(format);
    }
    for format in
        [Format::Jpeg, Format::Png, Format::Webp, Format::Tiff, Format::Heic, Format::Avif, Format::Jxl]
    {
        assert!(formats.contains(&format), "no test photo was a {format:?}");
    }
}

#[test]
fn all_eight_orientations_come_out_upright() {
    let Some(folder) = testdata() else { return };
    let worker = worker(Limits::default());
    for shape in ["landscape", "portrait"] {
        let mut first: Option<(Vec<u8>, u32, u32, u64)> = None;
        for orientation in 1..=8 {
            let path = folder.join(format!("exif-samples/jpg/orientation/{shape}_{orientation}.jpg"));
            let found = process(&worker, &std::fs::read(path).unwrap(), "photo.jpg");
            assert_eq!(found.metadata.orientation, Some(orientation));
            let hash = found.perceptual_hash.unwrap();
            let thumbnail = found.renditions.unwrap().thumbnail;
            let (rgb, ..) = pixels(&thumbnail.jpeg);
            let Some((expected, width, height, expected_hash)) = &first else {
                first = Some((rgb, thumbnail.width, thumbnail.height, hash));
                continue;
            };
            assert_eq!((thumbnail.width, thumbnail.height), (*width, *height), "{shape} {orientation}");
            // Only the number painted onto the picture differs.
            let sum: u64 = rgb.iter().zip(expected).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
            let mean = sum as f64 / rgb.len() as f64;
            assert!(mean < 8.0, "{shape} {orientation} differs by {mean}");
            assert!((hash ^ expected_hash).count_ones() <= 10, "{shape} {orientation}");
        }
    }
}

/// Display P3 red of (200, 40, 30) as sRGB sees it, computed by hand from the two sets of primaries.
#[test]
fn display_p3_looks_right_in_srgb() {
    let p3 = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let rgb: Vec<u8> = [200u8, 90, 60].repeat(64 * 64);
    let mut png = Vec::new();
    let mut encoder = image::codecs::png::PngEncoder::new(&mut png);
    encoder.set_icc_profile(p3.clone()).unwrap();
    encoder.write_image(&rgb, 64, 64, image::ExtendedColorType::Rgb8).unwrap();
    let mut photo = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut photo, 100);
    encoder.add_icc_profile(&p3).unwrap();
    encoder.encode(&rgb, 64, 64, jpeg_encoder::ColorType::Rgb).unwrap();
    let linear =
        |value: f64| if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) };
    let encoded =
        |value: f64| if value <= 0.003_130_8 { value * 12.92 } else { 1.055 * value.powf(1.0 / 2.4) - 0.055 };
    let [r, g, b] = [200.0, 90.0, 60.0].map(|value: f64| linear(value / 255.0));
    let expected = [
        1.224_940_2 * r - 0.224_940_2 * g,
        -0.042_056_9 * r + 1.042_056_9 * g,
        -0.019_637_6 * r - 0.078_636_1 * g + 1.098_273_7 * b,
    ]
    .map(|value: f64| encoded(value.clamp(0.0, 1.0)) * 255.0);
    let worker = worker(Limits::default());
    for (content, name) in [(png, "p3.png"), (photo, "p3.jpg")] {
        let found = process(&worker, &content, name);
        let shown = mean(&pixels(&found.renditions.unwrap().preview.jpeg).0);
        for (shown, expected) in shown.iter().zip(expected) {
            assert!((shown - expected).abs() < 4.0, "{name}: {shown} instead of {expected}");
        }
    }
}

#[test]
fn what_is_transparent_becomes_white() {
    let mut png = Vec::new();
    image::codecs::png::PngEncoder::new(&mut png)
        .write_image(&[10, 20, 30, 0].repeat(40 * 40), 40, 40, image::ExtendedColorType::Rgba8)
        .unwrap();
    let found = process(&worker(Limits::default()), &png, "clear.png");
    assert!(mean(&pixels(&found.renditions.unwrap().preview.jpeg).0).iter().all(|value| *value > 253.0));
}

/// A little-endian TIFF directory at `at`.
fn directory(at: u32, entries: &[(u16, u16, u32, u32)], next: u32) -> Vec<u8> {
    let mut out = (entries.len() as u16).to_le_bytes().to_vec();
    for (tag, kind, count, value) in entries {
        out.extend(tag.to_le_bytes());
        out.extend(kind.to_le_bytes());
        out.extend(count.to_le_bytes());
        out.extend(value.to_le_bytes());
    }
    out.extend(next.to_le_bytes());
    assert!(at.is_multiple_of(2), "directories begin at even offsets");
    out
}

/// A TIFF-based RAW: the first directory with orientation 6 and a small JPEG, a sub-directory with a larger one.
fn tiff_raw(make: &str, dng: bool) -> Vec<u8> {
    let (small, large) = (jpeg(160, 120), jpeg(900, 600));
    let make = format!("{make:<15}\0");
    let first_len = 2 + 12 * 9 + 4;
    let sub_at = 8 + first_len + 16;
    let small_at = sub_at + 2 + 12 * 4 + 4;
    let large_at = small_at + small.len() as u32;
    let version = if dng { 0xC612 } else { 0xC4A5 };
    let first = directory(
        8,
        &[
            (0x00FE, 4, 1, 1),
            (0x0100, 4, 1, 160),
            (0x0101, 4, 1, 120),
            (0x010F, 2, 16, 8 + first_len),
            (0x0112, 3, 1, 6),
            (0x014A, 4, 1, sub_at),
            (0x0201, 4, 1, small_at),
            (0x0202, 4, 1, small.len() as u32),
            (version, 1, 4, 0x0000_0401),
        ],
        0,
    );
    let sub = directory(
        sub_at,
        &[
            (0x0100, 4, 1, 6000),
            (0x0101, 4, 1, 4000),
            (0x0111, 4, 1, large_at),
            (0x0117, 4, 1, large.len() as u32),
        ],
        0,
    );
    [b"II*\0\x08\0\0\0".as_slice(), &first, make.as_bytes(), &sub, &small, &large].concat()
}

#[test]
fn raw_files_are_shown_by_their_largest_preview_turned_upright() {
    let worker = worker(Limits::default());
    for (make, dng, format) in [
        ("Leica", true, Format::Dng),
        ("NIKON", false, Format::Nef),
        ("SONY", false, Format::Arw),
        ("PENTAX", false, Format::Pef),
    ] {
        let raw = tiff_raw(make, dng);
        assert_eq!(ourphoto_media::sniff(&raw[..raw.len().min(4096)]), format);
        let found = process(&worker, &raw, "photo");
        let preview = found.renditions.unwrap_or_else(|| panic!("{format:?}: {:?}", found.note)).preview;
        assert_eq!((preview.width, preview.height), (600, 900), "{format:?}");
        assert_eq!((found.metadata.width, found.metadata.height), (Some(4000), Some(6000)), "{format:?}");
        assert_eq!(found.metadata.camera_make.as_deref(), Some(make));
    }
}

#[test]
fn fujifilm_and_canon_containers_give_their_preview() {
    let worker = worker(Limits::default());
    let photo = jpeg(800, 600);
    let mut raf = b"FUJIFILMCCD-RAW 0201FF383501".to_vec();
    raf.resize(84, 0);
    raf.extend(100u32.to_be_bytes());
    raf.extend((photo.len() as u32).to_be_bytes());
    raf.resize(100, 0);
    raf.extend(&photo);
    let boxed =
        |kind: &[u8; 4], body: &[u8]| [&(body.len() as u32 + 8).to_be_bytes()[..], kind, body].concat();
    let preview = boxed(b"PRVW", &[&[0; 16][..], &photo].concat());
    let canon = [&b"\xEA\xF4\x2B\x5E\x1C\x98\x4B\x88\xB9\xFB\xB7\xDC\x40\x6E\x4D\x16"[..], &[0; 8], &preview]
        .concat();
    let cr3 =
        [boxed(b"ftyp", b"crx \0\0\0\x01crx isom"), boxed(b"moov", b""), boxed(b"uuid", &canon)].concat();
    // Olympus names its preview in a maker note only; it is found by looking for it.
    let orf = [b"IIRO\x08\0\0\0".as_slice(), &directory(8, &[(0x0100, 4, 1, 4000)], 0), &photo].concat();
    for (content, format) in [(raf, Format::Raf), (cr3, Format::Cr3), (orf, Format::Orf)] {
        assert_eq!(ourphoto_media::sniff(&content[..content.len().min(4096)]), format);
        let found = process(&worker, &content, "photo");
        let preview = found.renditions.unwrap_or_else(|| panic!("{format:?}: {:?}", found.note)).preview;
        assert_eq!((preview.width, preview.height), (800, 600), "{format:?}");
    }
}

#[test]
fn a_raw_without_preview_says_so() {
    let raw =
        [b"II*\0\x10\0\0\0CR\x02\0\0\0\0\0".as_slice(), &directory(16, &[(0x0100, 4, 1, 4000)], 0)].concat();
    let found = process(&worker(Limits::default()), &raw, "photo.cr2");
    assert_eq!(found.note.as_deref(), Some("no embedded preview in this RAW file"));
}

#[test]
fn a_sidecar_s_words_are_taken_and_generated_formats_are_shown() {
    let worker = worker(Limits::default());
    let mut gif = Vec::new();
    image::codecs::gif::GifEncoder::new(&mut gif)
        .encode(&painting(300, 200), 300, 200, image::ExtendedColorType::Rgb8)
        .unwrap();
    check_shape(&process(&worker, &gif, "a.gif"), "gif");
    let sidecar = br#"<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
        xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description
        xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="5"/></rdf:RDF></x:xmpmeta>"#;
    let photo = jpeg(600, 400);
    let mut source = std::io::Cursor::new(&photo);
    let found = worker.process(&mut source, photo.len() as u64, Format::Jpeg, Some(sidecar)).unwrap();
    assert_eq!(found.metadata.rating, Some(5));
    check_shape(&found, "jpeg with sidecar");
}
