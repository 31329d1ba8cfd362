//! JPEG by `zune-jpeg`.

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::{Budget, Colour, Picture, Pixels, Reason};
use crate::metadata::jpeg;

/// A picture coded in more passes than this is made to waste time (libjpeg-turbo warns from 100 on).
const MAX_SCANS: usize = 100;

pub(super) fn decode(data: &[u8], budget: &Budget) -> Result<Picture, Reason> {
    let segments = jpeg::segments(data);
    let Some((width, height)) = segments.size else {
        return Err("the JPEG data ends before the picture begins".into());
    };
    // Progressive pictures are held as coefficients until the last pass.
    let per_pixel = if segments.progressive { 3 + 2 * u64::from(segments.components.max(1)) } else { 4 };
    budget.check(u64::from(width), u64::from(height), per_pixel)?;
    let options = DecoderOptions::default()
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX))
        .jpeg_set_max_scans(MAX_SCANS)
        .set_strict_mode(false)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(data), options);
    let complete = jpeg::is_complete(data);
    let pixels = decoder.decode().map_err(|error| {
        if complete {
            format!("the JPEG data is damaged: {error}")
        } else {
            "the JPEG data ends early".into()
        }
    })?;
    let Some((width, height)) = decoder.dimensions() else { return Err("the JPEG has no size".into()) };
    if pixels.len() != width * height * 3 {
        return Err("the JPEG has an unusual colour model".into());
    }
    Ok(Picture {
        width: width as u32,
        height: height as u32,
        pixels: Pixels::Rgb8(pixels),
        colour: segments.icc.map_or(Colour::Srgb, Colour::Icc),
        note: (!complete).then(|| "the JPEG data ends early: part of the picture is missing".into()),
        upright: false,
    })
}
