//! HEIC by `heic-decoder`.

use std::borrow::Cow;

use heic_decoder::{DecodeOptions, DecodedImage};

use super::{Budget, Colour, Picture, Pixels, Reason};
use crate::bytes::Bytes;
use crate::metadata::boxes::first;
use crate::metadata::heif::{Heif, Nclx};

/// The decoder keeps every sample in four bytes, and tiles beside the assembled picture.
const BYTES_PER_PIXEL: u64 = 20;
/// The longest list of associations that is looked at.
const MAX_IPMA: usize = 1 << 20;

pub(super) fn decode(data: &[u8], budget: &Budget) -> Result<Picture, Reason> {
    if let Some((width, height)) = Heif::read(&mut { data }).and_then(|heif| heif.coded_size(heif.primary)) {
        budget.check(u64::from(width), u64::from(height), BYTES_PER_PIXEL)?;
    }
    let data = &*without_empty_associations(data);
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

/// An item may be associated with property 0, which is none (ISO/IEC 23008-12, `ipma`); the decoder takes it for damage.
/// Such an entry is pointed to a property that says nothing new, the size of the picture, so that nothing moves.
fn without_empty_associations(data: &[u8]) -> Cow<'_, [u8]> {
    let empty = empty_associations(data).unwrap_or_default();
    if empty.is_empty() {
        return Cow::Borrowed(data);
    }
    let mut mended = data.to_vec();
    for (at, entry) in empty {
        if let Some(place) = mended.get_mut(at..at + entry.len()) {
            place.copy_from_slice(&entry);
        }
    }
    Cow::Owned(mended)
}

/// Where entries are that point to no property, and what to put there.
fn empty_associations(mut data: &[u8]) -> Option<Vec<(usize, Vec<u8>)>> {
    let bytes = &mut data;
    let end = bytes.size();
    let properties = first(bytes, 0, end, *b"meta")?.skip(4).child(bytes, *b"iprp")?;
    let all = properties.child(bytes, *b"ipco")?.children(bytes);
    let size = all.iter().position(|property| &property.kind == b"ispe")? as u16 + 1;
    let part = properties.child(bytes, *b"ipma")?;
    let raw = part.read(bytes, MAX_IPMA)?;
    let (version, wide) = (*raw.first()?, raw.get(3)? & 1 == 1);
    let (id_len, entry_len) = (if version == 0 { 2 } else { 4 }, if wide { 2 } else { 1 });
    let entry = if wide {
        size.to_be_bytes().to_vec()
    } else {
        vec![u8::try_from(size).ok().filter(|size| *size < 128)?]
    };
    let items = u32::from_be_bytes(raw.get(4..8)?.try_into().ok()?);
    let mut at = 8;
    let mut found = Vec::new();
    for _ in 0..items {
        at += id_len;
        let count = usize::from(*raw.get(at)?);
        at += 1;
        for _ in 0..count {
            let value = raw.get(at..at + entry_len)?;
            // The first bit says that the property is essential.
            if matches!(value, [0 | 0x80] | [0 | 0x80, 0]) {
                found.push((usize::try_from(part.start).ok()? + at, entry.clone()));
            }
            at += entry_len;
        }
    }
    Some(found)
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
