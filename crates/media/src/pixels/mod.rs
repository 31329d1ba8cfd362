//! From a file's bytes to pixels: one decoder per format, all giving a [`Picture`].
//!
//! Runs only inside the sandboxed worker. No decoder is asked for a picture beyond the limits: size is judged from the
//! header first, because a refusal in words is worth more than a killed process.

mod av1;
mod avif;
mod colour;
mod hdr;
mod heic;
mod jpeg;
mod jxl;
mod plain;
pub(crate) mod ppm;
mod render;
mod signature;
mod yuv;

use crate::Format;
use crate::bytes::{Bytes, Cursor};
use crate::metadata::heif::Nclx;
use crate::metadata::raw;

pub(crate) use jxl::size as jxl_size;
pub(crate) use render::{Rendered, render};

/// Why there is no preview, or what is wrong with it, in words for a photographer.
pub(crate) type Reason = String;

/// What a picture may cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    /// Pixels at most.
    pub(crate) pixels: u64,
    /// Bytes of memory that decoding may take, of what the process may have.
    pub(crate) memory: u64,
}

impl Budget {
    /// Refuses a picture that is too large or would need more than `bytes_per_pixel` allows.
    pub(crate) fn check(&self, width: u64, height: u64, bytes_per_pixel: u64) -> Result<(), Reason> {
        let pixels = width.saturating_mul(height);
        if pixels == 0 {
            return Err("the picture has no pixels".into());
        }
        if pixels > self.pixels {
            let limit = self.pixels / 1_000_000;
            return Err(format!(
                "picture of {width} x {height} px is larger than the {limit}-megapixel limit"
            ));
        }
        let need = pixels.saturating_mul(bytes_per_pixel);
        if need > self.memory {
            let (need, have) = (need >> 20, self.memory >> 20);
            return Err(format!(
                "picture of {width} x {height} px needs {need} MB of memory to decode, more than the {have} MB allowed"
            ));
        }
        Ok(())
    }
}

/// Rows of interleaved samples without padding.
pub(crate) enum Pixels {
    Rgb8(Vec<u8>),
    Rgba8(Vec<u8>),
    /// Native-endian 16-bit samples, for what 8 bits would band.
    Rgb16(Vec<u16>),
}

/// What the numbers mean.
pub(crate) enum Colour {
    Srgb,
    Icc(Vec<u8>),
    Coded(Nclx),
}

/// A decoded picture.
pub(crate) struct Picture {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) pixels: Pixels,
    pub(crate) colour: Colour,
    /// What is wrong with it although it can be seen.
    pub(crate) note: Option<Reason>,
    /// Turned as it should be already, so that the EXIF orientation must not be applied.
    pub(crate) upright: bool,
}

/// Decodes the picture of a file.
pub(crate) fn decode(bytes: &mut impl Bytes, format: Format, budget: &Budget) -> Result<Picture, Reason> {
    match format {
        Format::Jpeg => jpeg::decode(&whole(bytes, budget)?, budget),
        Format::Heic => heic::decode(&whole(bytes, budget)?, budget),
        Format::Avif => avif::decode(bytes, budget),
        Format::Jxl => jxl::decode(&whole(bytes, budget)?, budget),
        Format::Png => plain::png(&mut &*whole(bytes, budget)?, budget),
        Format::Webp => plain::webp(&mut &*whole(bytes, budget)?, budget),
        Format::Gif => plain::gif(&mut &*whole(bytes, budget)?, budget),
        Format::Tiff => plain::tiff(Cursor::new(bytes), budget),
        raw_format if raw_format.is_raw() => embedded(bytes, raw_format, budget),
        Format::Mp4 | Format::Mov => Err("a film is shown by one of its frames".into()),
        Format::Xmp => Err("a sidecar has no picture".into()),
        _ => Err("this format is not recognised".into()),
    }
}

/// A RAW file is shown by the JPEG that the camera put into it.
fn embedded(bytes: &mut impl Bytes, format: Format, budget: &Budget) -> Result<Picture, Reason> {
    let Some(preview) = raw::read(bytes, format).preview else {
        return Err("no embedded preview in this RAW file".into());
    };
    let len = usize::try_from(preview.len).unwrap_or(usize::MAX).min(64 << 20);
    let data = bytes.read_at(preview.offset, len);
    jpeg::decode(&data, budget).map(|picture| Picture { upright: false, ..picture })
}

/// The whole file, which may take a quarter of the memory.
fn whole<'a>(bytes: &'a mut impl Bytes, budget: &Budget) -> Result<std::borrow::Cow<'a, [u8]>, Reason> {
    let size = bytes.size();
    if size > budget.memory / 4 {
        return Err(format!("the file of {} MB is too large to decode", size >> 20));
    }
    Ok(bytes.head(size as usize))
}
