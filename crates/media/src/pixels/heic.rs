//! HEIC by `heic-decoder`.

use heic_decoder::{DecodeOptions, DecodedImage};

use super::{Budget, Colour, Picture, Pixels, Reason};
use crate::metadata::heif::{Heif, Nclx};

/// The decoder keeps every sample in four bytes, and tiles beside the assembled picture.
const BYTES_PER_PIXEL: u64 = 20;

pub(super) fn decode(data: &[u8], budget: &Budget) -> Result<Picture, Reason> {
    if let Some((width, height)) = Heif::read(&mut { data }).and_then(|heif| heif.coded_size(heif.primary)) {
        budget.check(u64::from(width), u64::from(height), BYTES_PER_PIXEL)?;
    }
    let image = heic_decoder::decode_with(data, &DecodeOptions { apply_transforms: true })
        .map_err(|error| format!("this HEIC picture could not be decoded: {error}"))?;
    let coded = image.color_info.map(|info| Nclx {
        primaries: info.color_primaries,
        transfer: info.transfer_characteristics,
        matrix: info.matrix_coefficients,
        full_range: info.full_range,
    });
    let colour = match (&image.metadata.icc_profile, coded) {
        (Some(icc), _) => Colour::Icc(icc.clone()),
        (None, Some(nclx)) => Colour::Coded(nclx),
        (None, None) => Colour::Srgb,
    };
    let (width, height) = (image.width as u32, image.height as u32);
    let pixels = pixels(&image).map_err(|error| format!("this HEIC picture has unusual colours: {error}"))?;
    Ok(Picture { width, height, pixels, colour, note: None, upright: true })
}

fn pixels(image: &DecodedImage) -> heic_decoder::Result<Pixels> {
    if image.alpha.is_some() {
        return image.to_rgba8().map(|image| Pixels::Rgba8(image.data));
    }
    if image.bit_depth_luma > 8 {
        return image.to_rgb16().map(|image| Pixels::Rgb16(image.data));
    }
    image.to_rgb8().map(|image| Pixels::Rgb8(image.data))
}
