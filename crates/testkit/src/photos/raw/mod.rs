//! Camera RAW: the containers as cameras write them, with real JPEG previews around sensor data that means nothing.

mod cr3;
mod dng;
mod raf;
mod tiff_based;

use super::jpeg::picture;
use super::tiff::{Directory, Value};

pub use cr3::cr3;
pub use dng::dng;
pub use raf::raf;
pub use tiff_based::{RawKind, tiff_raw};

/// Sides of the smallest picture in a file: what the camera shows in its index.
const THUMBNAIL: (u16, u16) = (160, 106);
/// Sides of the largest preview.
const PREVIEW: (u16, u16) = (640, 424);
/// Sides of the RAW picture, larger than any preview.
const FULL: (u32, u32) = (1280, 848);

/// Describes the sensor and carries its data in one strip.
fn sensor(raw: &mut Directory, (width, height): (u32, u32), compression: u16, data: Vec<u8>) {
    raw.long(0x00fe, 0);
    raw.long(0x0100, width);
    raw.long(0x0101, height);
    raw.short(0x0102, 16);
    raw.short(0x0103, compression);
    raw.short(0x0106, 32_803);
    let length = data.len() as u32;
    raw.set(0x0111, Value::Blob(data));
    raw.short(0x0115, 1);
    raw.long(0x0116, height);
    raw.long(0x0117, length);
    raw.short(0x011c, 1);
    raw.set(0x828d, Value::Short(vec![2, 2]));
    raw.set(0x828e, Value::Byte(vec![0, 1, 1, 2]));
}

/// A picture as a JPEG strip.
fn strip(directory: &mut Directory, seed: u64, (width, height): (u16, u16), compression: u16) {
    let jpeg = picture(seed, width, height);
    directory.long(0x0100, u32::from(width));
    directory.long(0x0101, u32::from(height));
    directory.set(0x0102, Value::Short(vec![8, 8, 8]));
    directory.short(0x0103, compression);
    directory.short(0x0106, 6);
    directory.long(0x0117, jpeg.len() as u32);
    directory.set(0x0111, Value::Blob(jpeg));
    directory.short(0x0115, 3);
    directory.long(0x0116, u32::from(height));
    directory.short(0x011c, 1);
}

/// A picture by `JPEGInterchangeFormat` and its length.
fn pointer(directory: &mut Directory, seed: u64, (width, height): (u16, u16)) {
    let jpeg = picture(seed, width, height);
    directory.long(0x0202, jpeg.len() as u32);
    directory.set(0x0201, Value::Blob(jpeg));
}
