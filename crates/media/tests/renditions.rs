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

/// Looks at the real photos of these formats, all of them and whole; each format must be there.
fn every_photo_of(formats: &[Format]) {
    let Some(folder) = testdata() else { return };
    let worker = worker(Limits::default());
    let mut seen = std::collections::HashSet::new();
    for path in photos(&folder) {
        let name = path.to_string_lossy();
        let content = std::fs::read(&path).unwrap();
        let format = sniff(&content, &path);
        if !formats.contains(&format) {
            continue;
        }
        let found = process(&worker, &content, &name);
        check_shape(&found, &name);
        seen.insert(format);
    }
    for format in formats {
        assert!(seen.contains(format), "no test photo was a {format:?}");
    }
}

// One test for each decoder that takes its time, so that they run beside each other.

#[test]
fn every_jpeg_has_renditions_of_the_right_size() {
    every_photo_of(&[Format::Jpeg]);
}

#[test]
fn every_heic_has_renditions_of_the_right_size() {
    every_photo_of(&[Format::Heic]);
}

#[test]
fn every_avif_has_renditions_of_the_right_size() {
    every_photo_of(&[Format::Avif]);
}

#[test]
fn every_jpeg_xl_has_renditions_of_the_right_size() {
    every_photo_of(&[Format::Jxl]);
}

#[test]
fn every_other_photo_has_renditions_of_the_right_size() {
    every_photo_of(&[Format::Png, Format::Webp, Format::Tiff]);
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
