//! Fujifilm RAF: a header of offsets, a whole JPEG with the EXIF, a list of numbers about the RAW picture, its data.

use super::super::ExifOptions;
use super::super::jpeg::jpeg;
use super::{FULL, PREVIEW};
use crate::bytes;

/// Where the JPEG begins in the files of these cameras.
const JPEG_AT: u32 = 0x94;

/// A file in Fujifilm's container: EXIF and a decodable JPEG preview before random sensor bytes.
pub fn raf(seed: u64) -> Vec<u8> {
    let exif = ExifOptions {
        make: Some("FUJIFILM".to_owned()),
        model: Some("X-T2".to_owned()),
        ..ExifOptions::camera(seed)
    };
    let preview = jpeg(seed, PREVIEW.0, PREVIEW.1, &exif);
    let size = |tag: u16, (width, height): (u16, u16)| {
        [tag, 4, height, width].iter().flat_map(|number| number.to_be_bytes()).collect::<Vec<u8>>()
    };
    let full = (FULL.0 as u16, FULL.1 as u16);
    // Full size with borders, margins (top first), size without borders.
    let numbers = [size(0x0100, (full.0 + 32, full.1 + 16)), size(0x0110, (16, 8)), size(0x0111, full)];
    let numbers = [&(numbers.len() as u32).to_be_bytes()[..], &numbers.concat()].concat();
    let data = bytes(seed ^ 0x5e50, 100_000);

    let mut out = b"FUJIFILMCCD-RAW 0201FF383501".to_vec();
    out.extend(b"X-T2");
    out.resize(60, 0);
    out.extend(b"0132");
    out.resize(84, 0);
    let mut at = JPEG_AT;
    for part in [&preview, &numbers, &data] {
        out.extend(at.to_be_bytes());
        out.extend((part.len() as u32).to_be_bytes());
        at += part.len().next_multiple_of(4) as u32;
    }
    out.resize(JPEG_AT as usize, 0);
    for part in [preview, numbers, data] {
        out.extend(part);
        out.resize(out.len().next_multiple_of(4), 0);
    }
    out
}
