//! Brings decoded colours to sRGB by `moxcms`.
//!
//! Done after shrinking, on a few million pixels at most. A profile that makes no sense is passed over: the picture is
//! then shown as if it were sRGB, which is what a browser would do.

use moxcms::{
    CicpColorPrimaries, CicpProfile, ColorProfile, DataColorSpace, Layout, MatrixCoefficients,
    TransferCharacteristics, TransformOptions,
};

use super::{Colour, Pixels, hdr};

/// A profile that is larger is passed over; the largest of real printers are about four megabytes.
const MAX_PROFILE: usize = 8 << 20;

/// Gives the same picture in sRGB with eight bits a sample.
pub(super) fn to_srgb(pixels: Pixels, colour: &Colour) -> Pixels {
    if let (Pixels::Rgb16(samples), Colour::Coded(nclx)) = (&pixels, colour)
        && let Some(mapped) = hdr::to_srgb(samples, *nclx)
    {
        return Pixels::Rgb8(mapped);
    }
    match profile(colour).and_then(|profile| convert(&pixels, &profile)) {
        Some(converted) => converted,
        None => eight_bits(pixels),
    }
}

fn eight_bits(pixels: Pixels) -> Pixels {
    match pixels {
        Pixels::Rgb16(samples) => Pixels::Rgb8(narrow(&samples)),
        other => other,
    }
}

fn narrow(samples: &[u16]) -> Vec<u8> {
    samples.iter().map(|value| ((u32::from(*value) * 255 + 32_767) / 65_535) as u8).collect()
}

fn profile(colour: &Colour) -> Option<ColorProfile> {
    match colour {
        Colour::Srgb => None,
        Colour::Icc(icc) if icc.len() > MAX_PROFILE => None,
        Colour::Icc(icc) => ColorProfile::new_from_slice(icc)
            .ok()
            .filter(|profile| profile.color_space == DataColorSpace::Rgb),
        Colour::Coded(nclx) => {
            let primaries = CicpColorPrimaries::try_from(nclx.primaries as u8).ok()?;
            let transfer = TransferCharacteristics::try_from(nclx.transfer as u8).ok()?;
            // Video transfer functions are meant to be shown like sRGB.
            let transfer = match nclx.transfer {
                1 | 2 | 6 | 14 | 15 => TransferCharacteristics::Srgb,
                _ => transfer,
            };
            let primaries = if nclx.primaries == 2 { CicpColorPrimaries::Bt709 } else { primaries };
            Some(ColorProfile::new_from_cicp(CicpProfile {
                color_primaries: primaries,
                transfer_characteristics: transfer,
                matrix_coefficients: MatrixCoefficients::Identity,
                full_range: true,
            }))
        }
    }
}

fn convert(pixels: &Pixels, from: &ColorProfile) -> Option<Pixels> {
    let srgb = ColorProfile::new_srgb();
    let options = TransformOptions::default();
    match pixels {
        Pixels::Rgb8(source) => {
            let transform = from.create_transform_8bit(Layout::Rgb, &srgb, Layout::Rgb, options).ok()?;
            let mut out = vec![0; source.len()];
            transform.transform(source, &mut out).ok()?;
            Some(Pixels::Rgb8(out))
        }
        Pixels::Rgba8(source) => {
            let transform = from.create_transform_8bit(Layout::Rgba, &srgb, Layout::Rgba, options).ok()?;
            let mut out = vec![0; source.len()];
            transform.transform(source, &mut out).ok()?;
            Some(Pixels::Rgba8(out))
        }
        Pixels::Rgb16(source) => {
            let transform = from.create_transform_16bit(Layout::Rgb, &srgb, Layout::Rgb, options).ok()?;
            let mut out = vec![0; source.len()];
            transform.transform(source, &mut out).ok()?;
            Some(Pixels::Rgb8(narrow(&out)))
        }
    }
}
