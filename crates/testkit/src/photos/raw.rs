//! RAW containers: TIFF files with a JPEG preview and sensor data.

use super::ExifOptions;
use super::jpeg::picture;
use super::tiff::{Directory, Value, write};
use crate::{Rng, bytes};

/// Sides of the preview inside the RAW files made here.
const PREVIEW: (u16, u16) = (640, 424);
/// Sides of their sensor.
const SENSOR: (u32, u32) = (320, 212);

/// Whose container a [`tiff_raw`] imitates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RawKind {
    /// Nikon: the preview in a sub-directory.
    Nef,
    /// Canon: the preview as the first directory's strip, behind a `CR` mark.
    Cr2,
    /// Sony: the preview in the first directory.
    Arw,
}

impl RawKind {
    /// The extension its files carry.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Nef => "NEF",
            Self::Cr2 => "CR2",
            Self::Arw => "ARW",
        }
    }

    fn camera(self) -> (&'static str, &'static str) {
        match self {
            Self::Nef => ("NIKON CORPORATION", "NIKON D850"),
            Self::Cr2 => ("Canon", "Canon EOS 5D Mark IV"),
            Self::Arw => ("SONY", "ILCE-7M3"),
        }
    }
}

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
    sensor(&mut raw, 1, mosaic);
    raw.long(0xc61d, 0x7fff);
    raw.set(0xc61a, Value::Short(vec![0]));

    let mut main = Directory::default();
    exif.describe(&mut main);
    preview_strip(&mut main, seed, 7);
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
    write(&[main], &[])
}

/// A file in the container of `kind`: EXIF and a decodable JPEG preview around random sensor bytes.
pub fn tiff_raw(seed: u64, kind: RawKind) -> Vec<u8> {
    let (make, model) = kind.camera();
    let exif = ExifOptions {
        make: Some(make.to_owned()),
        model: Some(model.to_owned()),
        ..ExifOptions::camera(seed)
    };
    let data = bytes(seed ^ 0x5e50, (SENSOR.0 * SENSOR.1 * 3 / 2) as usize);
    let mut main = Directory::default();
    exif.describe(&mut main);
    let mut raw = Directory::default();
    match kind {
        RawKind::Nef => {
            sensor(&mut raw, 34_713, data);
            let mut preview = Directory::default();
            preview.long(0x00fe, 1);
            preview.short(0x0103, 6);
            preview_pointer(&mut preview, seed);
            main.long(0x00fe, 1);
            main.set(0x014a, Value::Directories(vec![preview, raw]));
            write(&[main], &[])
        }
        RawKind::Arw => {
            sensor(&mut raw, 32_767, data);
            main.long(0x00fe, 1);
            main.short(0x0103, 6);
            preview_pointer(&mut main, seed);
            main.set(0x014a, Value::Directories(vec![raw]));
            write(&[main], &[])
        }
        RawKind::Cr2 => {
            preview_strip(&mut main, seed, 6);
            let mut thumbnail = Directory::default();
            preview_pointer(&mut thumbnail, seed);
            raw.short(0x0103, 6);
            let length = data.len() as u32;
            raw.set(0x0111, Value::Blob(data));
            raw.long(0x0117, length);
            write(&[main, thumbnail, raw], b"CR\x02\0\0\0\0\0")
        }
    }
}

/// Describes the sensor and carries its data in one strip.
fn sensor(raw: &mut Directory, compression: u16, data: Vec<u8>) {
    raw.long(0x00fe, 0);
    raw.long(0x0100, SENSOR.0);
    raw.long(0x0101, SENSOR.1);
    raw.short(0x0102, 16);
    raw.short(0x0103, compression);
    raw.short(0x0106, 32_803);
    let length = data.len() as u32;
    raw.set(0x0111, Value::Blob(data));
    raw.short(0x0115, 1);
    raw.long(0x0116, SENSOR.1);
    raw.long(0x0117, length);
    raw.short(0x011c, 1);
    raw.set(0x828d, Value::Short(vec![2, 2]));
    raw.set(0x828e, Value::Byte(vec![0, 1, 1, 2]));
}

/// The preview as a JPEG strip.
fn preview_strip(directory: &mut Directory, seed: u64, compression: u16) {
    let jpeg = picture(seed, PREVIEW.0, PREVIEW.1);
    directory.long(0x0100, u32::from(PREVIEW.0));
    directory.long(0x0101, u32::from(PREVIEW.1));
    directory.set(0x0102, Value::Short(vec![8, 8, 8]));
    directory.short(0x0103, compression);
    directory.short(0x0106, 6);
    directory.long(0x0117, jpeg.len() as u32);
    directory.set(0x0111, Value::Blob(jpeg));
    directory.short(0x0115, 3);
    directory.long(0x0116, u32::from(PREVIEW.1));
    directory.short(0x011c, 1);
}

/// The preview by `JPEGInterchangeFormat` and its length.
fn preview_pointer(directory: &mut Directory, seed: u64) {
    let jpeg = picture(seed, PREVIEW.0, PREVIEW.1);
    directory.long(0x0202, jpeg.len() as u32);
    directory.set(0x0201, Value::Blob(jpeg));
}
