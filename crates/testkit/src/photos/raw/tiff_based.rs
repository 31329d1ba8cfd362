//! The RAW formats that are TIFF files, each with its own place for the preview.

use super::super::ExifOptions;
use super::super::jpeg::{picture, pixels, with_exif};
use super::super::tiff::{Directory, Header, Value, write, write_behind};
use super::{FULL, PREVIEW, THUMBNAIL, pointer, sensor, strip};
use crate::bytes;

/// Bytes of sensor data: enough for a file that is mostly not preview.
const DATA: usize = 100_000;

/// Whose container a [`tiff_raw`] imitates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RawKind {
    /// Nikon: the preview in a sub-directory.
    Nef,
    /// Canon: the preview as the first directory's strip, behind a `CR` mark.
    Cr2,
    /// Sony: the preview in the first directory.
    Arw,
    /// Pentax: big-endian, the preview in the third directory of the chain.
    Pef,
    /// Olympus: the preview in the maker note.
    Orf,
    /// Panasonic: the preview as the value of a field, and the size of the picture as borders on the sensor.
    Rw2,
}

impl RawKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [Self::Nef, Self::Cr2, Self::Arw, Self::Pef, Self::Orf, Self::Rw2];

    /// The extension its files carry.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Nef => "NEF",
            Self::Cr2 => "CR2",
            Self::Arw => "ARW",
            Self::Pef => "PEF",
            Self::Orf => "ORF",
            Self::Rw2 => "RW2",
        }
    }

    fn camera(self) -> (&'static str, &'static str) {
        match self {
            Self::Nef => ("NIKON CORPORATION", "NIKON D850"),
            Self::Cr2 => ("Canon", "Canon EOS 5D Mark IV"),
            Self::Arw => ("SONY", "ILCE-7M3"),
            Self::Pef => ("PENTAX", "PENTAX K-5"),
            Self::Orf => ("OLYMPUS IMAGING CORP.", "E-M1"),
            Self::Rw2 => ("Panasonic", "DMC-GX8"),
        }
    }
}

/// A file in the container of `kind`: EXIF and a decodable JPEG preview around random sensor bytes.
pub fn tiff_raw(seed: u64, kind: RawKind) -> Vec<u8> {
    let (make, model) = kind.camera();
    let exif = ExifOptions {
        make: Some(make.to_owned()),
        model: Some(model.to_owned()),
        ..ExifOptions::camera(seed)
    };
    let data = bytes(seed ^ 0x5e50, DATA);
    match kind {
        RawKind::Nef => nef(seed, &exif, data),
        RawKind::Cr2 => cr2(seed, &exif, &data),
        RawKind::Arw => arw(seed, &exif, data),
        RawKind::Pef => pef(seed, &exif, data),
        RawKind::Orf => orf(seed, &exif, data),
        RawKind::Rw2 => rw2(seed, &exif, data),
    }
}

fn described(exif: &ExifOptions) -> Directory {
    let mut main = Directory::default();
    exif.describe(&mut main);
    main
}

fn nef(seed: u64, exif: &ExifOptions, data: Vec<u8>) -> Vec<u8> {
    let mut preview = Directory::default();
    preview.long(0x00fe, 1);
    preview.short(0x0103, 6);
    pointer(&mut preview, seed, PREVIEW);
    let mut raw = Directory::default();
    sensor(&mut raw, FULL, 34_713, data);
    let mut main = described(exif);
    index_picture(&mut main, seed);
    main.set(0x014a, Value::Directories(vec![preview, raw]));
    write(&[main])
}

/// Nikon's index picture is not compressed.
fn index_picture(main: &mut Directory, seed: u64) {
    let (width, height) = THUMBNAIL;
    let rgb = pixels(seed, usize::from(width), usize::from(height));
    main.long(0x00fe, 1);
    main.long(0x0100, u32::from(width));
    main.long(0x0101, u32::from(height));
    main.set(0x0102, Value::Short(vec![8, 8, 8]));
    main.short(0x0103, 1);
    main.short(0x0106, 2);
    main.long(0x0117, rgb.len() as u32);
    main.set(0x0111, Value::Blob(rgb));
    main.short(0x0115, 3);
    main.long(0x0116, u32::from(height));
    main.short(0x011c, 1);
}

fn arw(seed: u64, exif: &ExifOptions, data: Vec<u8>) -> Vec<u8> {
    let mut raw = Directory::default();
    sensor(&mut raw, FULL, 32_767, data);
    let mut main = described(exif);
    main.long(0x00fe, 1);
    main.short(0x0103, 6);
    pointer(&mut main, seed, PREVIEW);
    main.set(0x014a, Value::Directories(vec![raw]));
    let mut thumbnail = Directory::default();
    pointer(&mut thumbnail, seed, THUMBNAIL);
    write(&[main, thumbnail])
}

/// Preview, thumbnail, and a sensor whose data are a lossless JPEG, which no preview may be mistaken for. The first
/// directory is of the preview's size; that of the picture is in the EXIF.
fn cr2(seed: u64, exif: &ExifOptions, data: &[u8]) -> Vec<u8> {
    let mut photo = exif.photo();
    photo.long(0xa002, FULL.0);
    photo.long(0xa003, FULL.1);
    let mut main = Directory::default();
    exif.describe_with(&mut main, photo);
    strip(&mut main, seed, PREVIEW, 6);
    let mut thumbnail = Directory::default();
    pointer(&mut thumbnail, seed, THUMBNAIL);
    let mut raw = Directory::default();
    raw.short(0x0103, 6);
    let data = lossless_jpeg(data);
    raw.long(0x0117, data.len() as u32);
    raw.set(0x0111, Value::Blob(data));
    write_behind(Header { extra: b"CR\x02\0\0\0\0\0", ..Header::LITTLE_ENDIAN }, &[main, thumbnail, raw])
}

/// The head of a lossless JPEG (ITU-T T.81, SOF3) with two components of half the width, as Canon has it.
fn lossless_jpeg(data: &[u8]) -> Vec<u8> {
    let (width, height) = ((FULL.0 as u16 / 2).to_be_bytes(), (FULL.1 as u16).to_be_bytes());
    [
        b"\xff\xd8\xff\xc4\0\x14\0\x01".as_slice(),
        &[0; 16],
        b"\xff\xc3\0\x0e\x0e",
        &height,
        &width,
        b"\x02\x01\x11\0\x02\x11\0",
        b"\xff\xda\0\x0a\x02\x01\0\x02\0\x01\0\0",
        data,
        b"\xff\xd9",
    ]
    .concat()
}

fn pef(seed: u64, exif: &ExifOptions, data: Vec<u8>) -> Vec<u8> {
    let mut main = described(exif);
    sensor(&mut main, FULL, 65_535, data);
    let [mut thumbnail, mut preview] = [Directory::default(), Directory::default()];
    pointer(&mut thumbnail, seed, THUMBNAIL);
    pointer(&mut preview, seed, PREVIEW);
    write_behind(Header::BIG_ENDIAN, &[main, thumbnail, preview])
}

fn orf(seed: u64, exif: &ExifOptions, data: Vec<u8>) -> Vec<u8> {
    let jpeg = picture(seed, PREVIEW.0, PREVIEW.1);
    let mut settings = Directory::default();
    settings.set(0x0000, Value::Undefined(b"0100".to_vec()));
    settings.long(0x0100, 1);
    settings.long(0x0102, jpeg.len() as u32);
    settings.set(0x0101, Value::Blob(jpeg));
    let mut note = Directory::default();
    note.set(0x2020, Value::Directories(vec![settings]));
    // Offsets in the note count from its beginning, and its header is four bytes longer than that of a TIFF.
    let mut note = write_behind(Header { extra: b"II\x03\0", ..Header::LITTLE_ENDIAN }, &[note]);
    note[..8].copy_from_slice(b"OLYMPUS\0");
    let mut photo = exif.photo();
    photo.set(0x927c, Value::Undefined(note));

    let mut main = Directory::default();
    exif.describe_with(&mut main, photo);
    sensor(&mut main, FULL, 1, data);
    write_behind(Header { magic: *b"IIRO", extra: b"" }, &[main])
}

fn rw2(seed: u64, exif: &ExifOptions, data: Vec<u8>) -> Vec<u8> {
    const GUID: &[u8] = b"\x88\xe7\x74\xd8\xf8\x25\x1d\x4d\x94\x7a\x6e\x77\x82\x2b\x5d\x6a";
    // Unused columns and rows around the picture.
    const LEFT: u16 = 8;
    const TOP: u16 = 4;
    let (width, height) = (FULL.0 as u16, FULL.1 as u16);
    let mut main = described(exif);
    main.set(0x0001, Value::Undefined(b"0310".to_vec()));
    for (tag, value) in [
        (0x0002, LEFT + width + 40),
        (0x0003, TOP + height + 12),
        (0x0004, TOP),
        (0x0005, LEFT),
        (0x0006, TOP + height),
        (0x0007, LEFT + width),
        (0x0008, 1),
        (0x000a, 12),
        (0x000b, 34_316),
    ] {
        main.short(tag, value);
    }
    main.set(0x002e, Value::Undefined(with_exif(&picture(seed, PREVIEW.0, PREVIEW.1), exif)));
    main.long(0x0111, u32::MAX);
    main.long(0x0116, u32::from(height));
    main.long(0x0117, data.len() as u32);
    main.set(0x0118, Value::Blob(data));
    write_behind(Header { magic: *b"IIU\0", extra: GUID }, &[main])
}
