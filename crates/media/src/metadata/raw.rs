//! The JPEG previews that cameras put into their RAW files, and the size of the RAW picture.
//!
//! Every RAW family keeps them elsewhere; candidates are gathered from all known places and judged by what is really
//! there: the start of a JPEG with a size, not coded losslessly (that is the sensor's data).

use super::boxes::{Fields, Part, top};
use super::jpeg;
use super::tiff::{Entry, Tiff, find, tag};
use crate::Format;
use crate::bytes::Bytes;

/// How much of a candidate is read to judge it; EXIF with its own thumbnail comes before the size.
const PROBE: usize = 192 << 10;
/// Candidates judged at most.
const MAX_CANDIDATES: usize = 24;
/// How far a file is searched when it names no preview.
const SEARCH: usize = 16 << 20;

/// An embedded JPEG.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Preview {
    pub(crate) offset: u64,
    pub(crate) len: u64,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// What a RAW file holds.
#[derive(Debug, Default)]
pub(crate) struct Raw {
    /// The largest embedded JPEG.
    pub(crate) preview: Option<Preview>,
    /// Width and height of the RAW picture as stored.
    pub(crate) size: Option<(u32, u32)>,
}

/// Offset and length of what may be a JPEG.
type Candidate = (u64, u64);

/// Looks for the preview and the size of a RAW file.
pub(crate) fn read(bytes: &mut impl Bytes, format: Format) -> Raw {
    let (candidates, size) = told(bytes, format);
    let mut preview = judge(bytes, candidates);
    if preview.is_none() {
        let found = search(bytes);
        preview = judge(bytes, found);
    }
    Raw { preview, size: size.or(preview.map(|preview| (preview.width, preview.height))) }
}

/// The places where the file says that JPEGs are, and the size that it tells.
fn told(bytes: &mut impl Bytes, format: Format) -> (Vec<Candidate>, Option<(u32, u32)>) {
    match format {
        Format::Raf => (raf(bytes).into_iter().collect(), raf_size(bytes)),
        Format::Cr3 => (cr3(bytes), None),
        _ => {
            let (candidates, largest) = tiff(bytes);
            (candidates, told_size(bytes, format).or(largest))
        }
    }
}

fn judge(bytes: &mut impl Bytes, candidates: Vec<(u64, u64)>) -> Option<Preview> {
    let mut best: Option<Preview> = None;
    for (offset, len) in candidates.into_iter().take(MAX_CANDIDATES) {
        let head = bytes.read_at(offset, PROBE.min(usize::try_from(len).unwrap_or(PROBE)));
        if !head.starts_with(b"\xFF\xD8\xFF") {
            continue;
        }
        let segments = jpeg::segments(&head);
        let Some((width, height)) = segments.size.filter(|_| !segments.lossless) else { continue };
        let area = |preview: Preview| u64::from(preview.width) * u64::from(preview.height);
        let found = Preview { offset, len: len.min(bytes.size().saturating_sub(offset)), width, height };
        if best.is_none_or(|best| area(found) > area(best)) {
            best = Some(found);
        }
    }
    best
}

/// Fujifilm: offset and length stand in the header.
fn raf(bytes: &mut impl Bytes) -> Option<(u64, u64)> {
    let raw: [u8; 8] = bytes.array(84)?;
    let mut fields = Fields(&raw);
    Some((u64::from(fields.u32()?), u64::from(fields.u32()?)))
}

/// The size without borders, in a list of numbers that the header points at: tag, length, value, big-endian.
fn raf_size(bytes: &mut impl Bytes) -> Option<(u32, u32)> {
    const CROPPED_SIZE: u16 = 0x0111;
    /// Cameras write a few dozen.
    const MAX_NUMBERS: u32 = 255;
    let mut at = u64::from(u32::from_be_bytes(bytes.array(92)?));
    let count = u32::from_be_bytes(bytes.array(at)?);
    at += 4;
    for _ in 0..count.min(MAX_NUMBERS) {
        let raw: [u8; 8] = bytes.array(at)?;
        let mut fields = Fields(&raw);
        let (tag, len) = (fields.u16()?, fields.u16()?);
        if (tag, len) == (CROPPED_SIZE, 4) {
            let (height, width) = (u32::from(fields.u16()?), u32::from(fields.u16()?));
            return Some((width, height)).filter(|(width, height)| *width > 0 && *height > 0);
        }
        at += 4 + u64::from(len);
    }
    None
}

/// The size of the picture where no directory has it as its own: the first one of a CR2 measures the preview and EXIF
/// the picture, that of an RW2 the borders of the picture on the sensor.
fn told_size(bytes: &mut impl Bytes, format: Format) -> Option<(u32, u32)> {
    let (mut tiff, first) = Tiff::open(bytes, 0)?;
    let (ifd, _) = tiff.ifd(first);
    let (width, height) = match format {
        Format::Cr2 => {
            let exif = tiff.find_u32(&ifd, tag::EXIF_IFD)?;
            let (exif, _) = tiff.ifd(u64::from(exif));
            (tiff.find_u32(&exif, tag::PIXEL_WIDTH)?, tiff.find_u32(&exif, tag::PIXEL_HEIGHT)?)
        }
        Format::Rw2 => {
            let mut between = |low, high| tiff.find_u32(&ifd, high)?.checked_sub(tiff.find_u32(&ifd, low)?);
            (between(tag::RW2_LEFT, tag::RW2_RIGHT)?, between(tag::RW2_TOP, tag::RW2_BOTTOM)?)
        }
        _ => return None,
    };
    (width > 0 && height > 0).then_some((width, height))
}

/// All directories of a TIFF-based RAW: the chain, and below each its sub-directories.
fn tiff(bytes: &mut impl Bytes) -> (Vec<Candidate>, Option<(u32, u32)>) {
    let mut candidates = Vec::new();
    let mut size: Option<(u32, u32)> = None;
    let Some((mut tiff, first)) = Tiff::open(bytes, 0) else { return (candidates, size) };
    let mut pending = vec![first];
    let mut seen = Vec::new();
    while let Some(offset) = pending.pop() {
        if seen.contains(&offset) {
            continue;
        }
        seen.push(offset);
        let (ifd, next) = tiff.ifd(offset);
        if ifd.is_empty() {
            continue;
        }
        pending.push(next);
        if let Some(entry) = find(&ifd, tag::SUB_IFDS) {
            pending.extend(tiff.u32s(&entry, 16).into_iter().map(u64::from));
        }
        candidates.extend(jpegs(&mut tiff, &ifd));
        let area = |(width, height): (u32, u32)| u64::from(width) * u64::from(height);
        let here = tiff.find_u32(&ifd, tag::WIDTH).zip(tiff.find_u32(&ifd, tag::HEIGHT));
        if let Some(here) = here.filter(|here| size.is_none_or(|size| area(*here) > area(size))) {
            size = Some(here);
        }
    }
    (candidates, size)
}

fn jpegs<B: Bytes>(tiff: &mut Tiff<'_, B>, ifd: &[Entry]) -> Vec<(u64, u64)> {
    let base = tiff.base();
    let mut found = Vec::new();
    let pair = |tiff: &mut Tiff<'_, B>, offset, len| {
        let one = |tag| find(ifd, tag).filter(|entry| entry.count == 1).map(|_| tag);
        tiff.find_u32(ifd, one(offset)?).zip(tiff.find_u32(ifd, one(len)?))
    };
    for (offset, len) in [(tag::JPEG_OFFSET, tag::JPEG_LENGTH), (tag::STRIP_OFFSETS, tag::STRIP_COUNTS)] {
        found.extend(pair(tiff, offset, len).map(|(offset, len)| (base + u64::from(offset), u64::from(len))));
    }
    // Panasonic keeps the JPEG as the value of a field.
    found.extend(find(ifd, tag::RW2_JPEG).map(|entry| (base + entry.offset, entry.len())));
    found
}

/// Canon CR3: a full-size JPEG is the first sample of the first track; a smaller one is in a box of its own.
fn cr3(bytes: &mut impl Bytes) -> Vec<(u64, u64)> {
    let mut found = Vec::new();
    for part in top(bytes) {
        match &part.kind {
            b"moov" => {
                for track in part.children(bytes).iter().filter(|part| &part.kind == b"trak") {
                    found.extend(first_sample(bytes, track));
                }
            }
            b"uuid" => {
                // 16 bytes of identifier, 8 of header, then PRVW with 16 bytes before its JPEG.
                for inner in part.skip(24).children(bytes).iter().filter(|part| &part.kind == b"PRVW") {
                    let jpeg = inner.skip(16);
                    found.push((jpeg.start, jpeg.len()));
                }
            }
            _ => {}
        }
    }
    found
}

fn first_sample(bytes: &mut impl Bytes, track: &Part) -> Option<(u64, u64)> {
    let table = track.child(bytes, *b"mdia")?.child(bytes, *b"minf")?.child(bytes, *b"stbl")?;
    let sizes = table.child(bytes, *b"stsz")?.read(bytes, 1 << 20)?;
    let mut fields = Fields(sizes.get(4..)?);
    let (same, _count) = (fields.u32()?, fields.u32()?);
    let len = if same > 0 { same } else { fields.u32()? };
    let offset = match table.child(bytes, *b"co64").and_then(|part| part.read(bytes, 1 << 20)) {
        Some(raw) => Fields(raw.get(8..)?).uint(8)?,
        None => Fields(table.child(bytes, *b"stco")?.read(bytes, 1 << 20)?.get(8..)?).uint(4)?,
    };
    Some((offset, u64::from(len)))
}

/// Every start of a JPEG in the beginning of the file (Olympus names its preview only in its maker note).
fn search(bytes: &mut impl Bytes) -> Vec<(u64, u64)> {
    let size = bytes.size();
    let head = bytes.read_at(0, SEARCH);
    let starts = head.windows(4).enumerate().filter(|(_, window)| {
        window.starts_with(b"\xFF\xD8\xFF") && matches!(window[3], 0xE0..=0xEF | 0xDB | 0xFE)
    });
    starts.take(MAX_CANDIDATES).map(|(at, _)| (at as u64, size - at as u64)).collect()
}

#[cfg(test)]
mod tests {
    use testkit::photos::{RawKind, cr3, dng, raf, tiff_raw};

    use super::*;

    /// Searching finds the preview of any small file, so it would hide that a place is no longer known.
    #[test]
    fn previews_are_where_the_file_says_and_need_no_search() {
        let files = [
            (Format::Dng, dng(1), (256, 170)),
            (Format::Raf, raf(1), (640, 424)),
            (Format::Cr3, cr3(1, true), (640, 424)),
            (Format::Cr3, cr3(1, false), (320, 212)),
            (Format::Nef, tiff_raw(1, RawKind::Nef), (640, 424)),
            (Format::Cr2, tiff_raw(1, RawKind::Cr2), (640, 424)),
            (Format::Arw, tiff_raw(1, RawKind::Arw), (640, 424)),
            (Format::Pef, tiff_raw(1, RawKind::Pef), (640, 424)),
            (Format::Rw2, tiff_raw(1, RawKind::Rw2), (640, 424)),
        ];
        for (format, content, sides) in files {
            let mut bytes = content.as_slice();
            let (candidates, _) = told(&mut bytes, format);
            let found = judge(&mut bytes, candidates).unwrap_or_else(|| panic!("{format:?} tells no place"));
            assert_eq!((found.width, found.height), sides, "{format:?}");
            assert!(content[found.offset as usize..].starts_with(b"\xFF\xD8\xFF"), "{format:?}");
        }
    }
}
