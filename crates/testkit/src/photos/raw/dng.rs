//! Adobe Digital Negative, the one RAW format that can be made whole without a camera.

use super::super::ExifOptions;
use super::super::tiff::{Directory, Value, write};
use super::{sensor, strip};
use crate::Rng;

/// Sides of the mosaic, which is all there and so must be small.
const SENSOR: (u32, u32) = (320, 212);
/// Sides of the preview.
const PREVIEW: (u16, u16) = (256, 170);

/// A small valid DNG 1.4: an uncompressed 16-bit Bayer mosaic and a JPEG preview.
pub fn dng(seed: u64) -> Vec<u8> {
    let exif = ExifOptions {
        make: Some("OurPhoto".to_owned()),
        model: Some("Test Camera".to_owned()),
        ..ExifOptions::camera(seed)
    };
    let (width, height) = SENSOR;
    let mut rng = Rng::new(seed ^ 0xd06);
    let mosaic: Vec<u8> = (0..height * width)
        .flat_map(|at| {
            let slope = 2000 + (at % width) * 30 + (at / width) * 60;
            (slope as u16 + (rng.u64() & 0x3ff) as u16).to_le_bytes()
        })
        .collect();
    let mut raw = Directory::default();
    sensor(&mut raw, SENSOR, 1, mosaic);
    raw.long(0xc61d, 0x7fff);
    raw.set(0xc61a, Value::Short(vec![0]));

    let mut main = Directory::default();
    exif.describe(&mut main);
    strip(&mut main, seed, PREVIEW, 7);
    main.long(0x00fe, 1);
    main.set(0x014a, Value::Directories(vec![raw]));
    main.set(0xc612, Value::Byte(vec![1, 4, 0, 0]));
    main.set(0xc613, Value::Byte(vec![1, 1, 0, 0]));
    main.ascii(0xc614, "OurPhoto Test Camera");
    let one = 10_000;
    main.set(
        0xc621,
        Value::SRational(
            [9000, -2000, -500, -4000, 12_000, 2000, -500, 1500, 6000].map(|n| (n, one)).to_vec(),
        ),
    );
    main.set(0xc628, Value::Rational(vec![(1, 2), (1, 1), (2, 3)]));
    main.short(0xc65a, 21);
    write(&[main])
}
