//! From a decoded picture to what people see: upright sRGB JPEGs without any metadata.
//!
//! Order matters for speed: shrink first, then convert colours and turn on what is left. Never enlarged.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::{Picture, Pixels, colour, signature};
use crate::Rendition;

const PREVIEW: u32 = 2048;
const THUMBNAIL: u32 = 512;
/// Artefacts begin to show below 80.
const QUALITY: u8 = 82;

/// All that is derived from one picture.
pub(crate) struct Rendered {
    pub(crate) thumbnail: Rendition,
    pub(crate) preview: Rendition,
    pub(crate) placeholder: Option<Vec<u8>>,
    pub(crate) perceptual_hash: Option<u64>,
}

/// Makes the renditions of a picture; `orientation` is EXIF's and is passed over where the picture is upright already.
pub(crate) fn render(picture: Picture, orientation: u8) -> Option<Rendered> {
    let orientation = if picture.upright { 1 } else { orientation };
    let (width, height) = fit(picture.width, picture.height, PREVIEW);
    let small = resize(picture.pixels, picture.width, picture.height, width, height)?;
    let rgb = flatten(colour::to_srgb(small, &picture.colour));
    let (rgb, width, height) = turn(rgb, width as usize, height as usize, 3, orientation);
    let (width, height) = (width as u32, height as u32);
    let (thumb_width, thumb_height) = fit(width, height, THUMBNAIL);
    let thumb = shrink(&rgb, width, height, thumb_width, thumb_height)?;
    Some(Rendered {
        placeholder: signature::placeholder(&thumb, thumb_width, thumb_height),
        perceptual_hash: signature::perceptual_hash(&thumb, thumb_width, thumb_height),
        thumbnail: encode(&thumb, thumb_width, thumb_height)?,
        preview: encode(&rgb, width, height)?,
    })
}

/// The size that fits into a square of `edge` pixels, never larger than it was, never nothing.
pub(super) fn fit(width: u32, height: u32, edge: u32) -> (u32, u32) {
    let long = width.max(height);
    if long <= edge {
        return (width, height);
    }
    let scaled = |side: u32| {
        ((u64::from(side) * u64::from(edge) + u64::from(long) / 2) / u64::from(long)).max(1) as u32
    };
    (scaled(width), scaled(height))
}

/// RGB of eight bits at another size.
pub(super) fn shrink(rgb: &[u8], width: u32, height: u32, to_width: u32, to_height: u32) -> Option<Vec<u8>> {
    if (width, height) == (to_width, to_height) {
        return Some(rgb.to_vec());
    }
    scale(rgb, PixelType::U8x3, width, height, to_width, to_height)
}

fn resize(pixels: Pixels, width: u32, height: u32, to_width: u32, to_height: u32) -> Option<Pixels> {
    if (width, height) == (to_width, to_height) {
        return Some(pixels);
    }
    match pixels {
        Pixels::Rgb8(data) => {
            scale(&data, PixelType::U8x3, width, height, to_width, to_height).map(Pixels::Rgb8)
        }
        Pixels::Rgba8(data) => {
            scale(&data, PixelType::U8x4, width, height, to_width, to_height).map(Pixels::Rgba8)
        }
        Pixels::Rgb16(data) => {
            let bytes: Vec<u8> = data.into_iter().flat_map(u16::to_ne_bytes).collect();
            let small = scale(&bytes, PixelType::U16x3, width, height, to_width, to_height)?;
            Some(Pixels::Rgb16(
                small.chunks_exact(2).map(|pair| u16::from_ne_bytes([pair[0], pair[1]])).collect(),
            ))
        }
    }
}

fn scale(
    data: &[u8],
    kind: PixelType,
    width: u32,
    height: u32,
    to_width: u32,
    to_height: u32,
) -> Option<Vec<u8>> {
    let source = ImageRef::new(width, height, data, kind).ok()?;
    let mut target = Image::new(to_width, to_height, kind);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
    Resizer::new().resize(&source, &mut target, &options).ok()?;
    Some(target.into_vec())
}

/// What is transparent becomes white.
fn flatten(pixels: Pixels) -> Vec<u8> {
    match pixels {
        Pixels::Rgb8(data) => data,
        Pixels::Rgba8(data) => {
            let over =
                |value: u8, alpha: u32| ((u32::from(value) * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
            data.chunks_exact(4)
                .flat_map(|p| [p[0], p[1], p[2]].map(|value| over(value, u32::from(p[3]))))
                .collect()
        }
        Pixels::Rgb16(data) => data.into_iter().map(|value| (value >> 8) as u8).collect(),
    }
}

/// Turns and mirrors samples as an EXIF orientation says; gives the new width and height too.
fn turn<T: Copy>(
    data: Vec<T>,
    width: usize,
    height: usize,
    channels: usize,
    orientation: u8,
) -> (Vec<T>, usize, usize) {
    if !(2..=8).contains(&orientation) {
        return (data, width, height);
    }
    let (to_width, to_height) = if orientation >= 5 { (height, width) } else { (width, height) };
    let mut out = Vec::with_capacity(data.len());
    for y in 0..to_height {
        for x in 0..to_width {
            // Where the pixel at (x, y) of the upright picture is stored.
            let (sx, sy) = match orientation {
                2 => (width - 1 - x, y),
                3 => (width - 1 - x, height - 1 - y),
                4 => (x, height - 1 - y),
                5 => (y, x),
                6 => (y, height - 1 - x),
                7 => (width - 1 - y, height - 1 - x),
                _ => (width - 1 - y, x),
            };
            let at = (sy * width + sx) * channels;
            out.extend_from_slice(&data[at..at + channels]);
        }
    }
    (out, to_width, to_height)
}

/// Applies a HEIF container's quarter turns (anticlockwise) and then its mirror axis.
pub(super) fn container_turn(picture: Picture, turns: u8, mirror: Option<u8>) -> Picture {
    let rotation = [1, 8, 3, 6][usize::from(turns & 3)];
    let mirror = match mirror {
        None => 1,
        Some(0) => 4,
        Some(_) => 2,
    };
    let mut picture = picture;
    for orientation in [rotation, mirror] {
        let (width, height) = (picture.width as usize, picture.height as usize);
        let (pixels, width, height) = match picture.pixels {
            Pixels::Rgb8(data) => {
                let (data, w, h) = turn(data, width, height, 3, orientation);
                (Pixels::Rgb8(data), w, h)
            }
            Pixels::Rgba8(data) => {
                let (data, w, h) = turn(data, width, height, 4, orientation);
                (Pixels::Rgba8(data), w, h)
            }
            Pixels::Rgb16(data) => {
                let (data, w, h) = turn(data, width, height, 3, orientation);
                (Pixels::Rgb16(data), w, h)
            }
        };
        picture = Picture { pixels, width: width as u32, height: height as u32, ..picture };
    }
    picture
}

fn encode(rgb: &[u8], width: u32, height: u32) -> Option<Rendition> {
    let mut jpeg = Vec::with_capacity(rgb.len() / 8);
    let mut encoder = Encoder::new(&mut jpeg, QUALITY);
    encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
    encoder.encode(rgb, u16::try_from(width).ok()?, u16::try_from(height).ok()?, ColorType::Rgb).ok()?;
    Some(Rendition { jpeg, width, height })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renditions_fit_and_are_never_enlarged() {
        assert_eq!(fit(6000, 4000, 2048), (2048, 1365));
        assert_eq!(fit(100, 50, 512), (100, 50));
        assert_eq!(fit(60_000, 1, 512), (512, 1));
    }

    #[test]
    fn every_orientation_is_undone() {
        // Stored pixels of a picture that reads 1 2 3 / 4 5 6 when upright.
        for (orientation, width, stored) in [
            (1, 3, [1, 2, 3, 4, 5, 6]),
            (2, 3, [3, 2, 1, 6, 5, 4]),
            (3, 3, [6, 5, 4, 3, 2, 1]),
            (4, 3, [4, 5, 6, 1, 2, 3]),
            (5, 2, [1, 4, 2, 5, 3, 6]),
            (6, 2, [3, 6, 2, 5, 1, 4]),
            (7, 2, [6, 3, 5, 2, 4, 1]),
            (8, 2, [4, 1, 5, 2, 6, 3]),
        ] {
            let (upright, width, height) = turn(stored.to_vec(), width, 6 / width, 1, orientation);
            assert_eq!((upright, width, height), (vec![1, 2, 3, 4, 5, 6], 3, 2), "orientation {orientation}");
        }
    }
}
