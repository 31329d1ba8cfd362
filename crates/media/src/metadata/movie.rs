//! MPEG-4 and QuickTime movies: length, size, rotation, capture time, place, camera.
//!
//! Reads only the boxes it needs, wherever they lie, so that a movie of many gigabytes costs a few range reads.

use model::{CaptureTime, Metadata};

use super::boxes::{Fields, Part, top};
use super::{exif, text, xmp};
use crate::bytes::Bytes;

/// A box that is read whole is at most this large.
const MAX_BOX: usize = 1 << 20;
pub(super) const XMP_UUID: [u8; 16] = *b"\xBE\x7A\xCF\xCB\x97\xA9\x42\xE8\x9C\x71\x99\x94\x91\xE3\xAF\xAC";

/// Facts of a movie, and its XMP packet.
pub(crate) fn read(bytes: &mut impl Bytes) -> (Metadata, Option<Vec<u8>>) {
    let mut found = Metadata::default();
    let mut packet = None;
    let boxes = top(bytes);
    for part in &boxes {
        if &part.kind == b"uuid" && bytes.read_at(part.start, 16) == XMP_UUID {
            packet = part.skip(16).read(bytes, xmp::MAX_PACKET);
        }
    }
    if let Some(moov) = boxes.iter().find(|part| &part.kind == b"moov") {
        let mut header_time = None;
        let mut told_time = None;
        for part in moov.children(bytes) {
            match &part.kind {
                b"mvhd" => header_time = movie_header(bytes, &part, &mut found),
                b"trak" if found.width.is_none() => {
                    let _ = track(bytes, &part, &mut found);
                }
                b"udta" => {
                    for item in part.children(bytes) {
                        match &item.kind {
                            b"XMP_" => packet = packet.or_else(|| item.read(bytes, xmp::MAX_PACKET)),
                            b"meta" => told_time = told_time.or(tags(bytes, &item, &mut found)),
                            _ => user_text(bytes, &item, &mut found),
                        }
                    }
                }
                b"meta" => told_time = told_time.or(tags(bytes, &part, &mut found)),
                _ => {}
            }
        }
        found.captured = told_time.or(header_time);
    }
    (found, packet)
}

fn movie_header(bytes: &mut impl Bytes, part: &Part, found: &mut Metadata) -> Option<CaptureTime> {
    let raw = part.read(bytes, MAX_BOX)?;
    let mut fields = Fields(&raw);
    let wide = if fields.u8()? == 1 { 8 } else { 4 };
    fields.take(3)?;
    let created = fields.uint(wide)?;
    fields.uint(wide)?;
    let scale = u64::from(fields.u32()?);
    let duration = fields.uint(wide)?;
    let unknown = duration == u64::MAX || (wide == 4 && duration == u64::from(u32::MAX));
    if scale > 0 && !unknown {
        found.duration_ms = u64::try_from(u128::from(duration) * 1000 / u128::from(scale)).ok();
    }
    text::quicktime(created)
}

/// Size of a video track, turned as its matrix says.
fn track(bytes: &mut impl Bytes, part: &Part, found: &mut Metadata) -> Option<()> {
    let handler = part.child(bytes, *b"mdia")?.child(bytes, *b"hdlr")?.read(bytes, MAX_BOX)?;
    if handler.get(8..12)? != b"vide" {
        return None;
    }
    let raw = part.child(bytes, *b"tkhd")?.read(bytes, MAX_BOX)?;
    let mut fields = Fields(&raw);
    let wide = if fields.u8()? == 1 { 8 } else { 4 };
    fields.take(3 + 2 * wide + 8 + wide + 16)?;
    let matrix: Vec<i32> = (0..9).map_while(|_| fields.u32().map(|value| value as i32)).collect();
    let (width, height) = (fields.u32()? >> 16, fields.u32()? >> 16);
    let [a, b, _, c, d, ..] = matrix[..] else { return None };
    // The signs of the matrix tell the quarter turn; the EXIF orientation names the same thing.
    let orientation = match (a.signum(), b.signum(), c.signum(), d.signum()) {
        (0, 1, -1, 0) => 6,
        (-1, 0, 0, -1) => 3,
        (0, -1, 1, 0) => 8,
        _ => 1,
    };
    let (width, height) = if orientation >= 5 { (height, width) } else { (width, height) };
    if width > 0 && height > 0 {
        (found.width, found.height, found.orientation) = (Some(width), Some(height), Some(orientation));
    }
    Some(())
}

/// QuickTime user data: text behind its length and language.
fn user_text(bytes: &mut impl Bytes, part: &Part, found: &mut Metadata) {
    if part.kind[0] != 0xA9 {
        return;
    }
    let Some(raw) = part.read(bytes, 64 << 10) else { return };
    let Some(len) = raw.get(..2).map(|raw| usize::from(u16::from_be_bytes([raw[0], raw[1]]))) else { return };
    let Some(value) = raw.get(4..).and_then(|rest| text::from_bytes(&rest[..len.min(rest.len())])) else {
        return;
    };
    assign(&part.kind, value, found);
}

fn assign(key: &[u8], value: String, found: &mut Metadata) {
    match key {
        b"\xA9xyz" | b"com.apple.quicktime.location.ISO6709" => {
            found.gps = found.gps.or_else(|| iso_6709(&value));
        }
        b"\xA9mak" | b"com.apple.quicktime.make" | b"com.android.manufacturer" => {
            found.camera_make = Some(value);
        }
        b"\xA9mod" | b"com.apple.quicktime.model" | b"com.android.model" => found.camera_model = Some(value),
        b"\xA9nam" | b"com.apple.quicktime.title" => found.title = Some(value),
        b"\xA9cmt" | b"desc" | b"com.apple.quicktime.description" => found.caption = Some(value),
        b"\xA9ART" | b"com.apple.quicktime.author" => found.creator = Some(value),
        b"\xA9cpy" | b"cprt" | b"com.apple.quicktime.copyright" => found.copyright = Some(value),
        b"com.apple.quicktime.content.identifier" => {
            found.live_photo_id = Some(value).filter(|id| id.len() <= 64 && id.is_ascii());
        }
        b"com.apple.quicktime.camera.lens_model" => found.lens = Some(value),
        _ => {}
    }
}

/// An `ilst` of values, with `keys` naming them where Apple wrote it; gives the capture time if one is told.
fn tags(bytes: &mut impl Bytes, meta: &Part, found: &mut Metadata) -> Option<CaptureTime> {
    // In MPEG-4 `meta` is a full box, in QuickTime it is not.
    let meta = if bytes.read_at(meta.start + 4, 4) == b"hdlr" { *meta } else { meta.skip(4) };
    let mut names: Vec<Vec<u8>> = Vec::new();
    if let Some(raw) = meta.child(bytes, *b"keys").and_then(|keys| keys.read(bytes, MAX_BOX)) {
        let mut source = raw.get(8..).unwrap_or_default();
        let entries = top(&mut source);
        names.extend(entries.iter().filter_map(|entry| entry.read(&mut source, 1024)));
    }
    let mut time = None;
    for item in meta.child(bytes, *b"ilst")?.children(bytes) {
        let Some(data) = item.child(bytes, *b"data").and_then(|data| data.read(bytes, 64 << 10)) else {
            continue;
        };
        // Type 1 is UTF-8; the locale follows it.
        let Some((1, value)) = data.split_at_checked(8).map(|(head, value)| (head[3], value)) else {
            continue;
        };
        let Some(value) = text::from_bytes(value) else { continue };
        let index = u32::from_be_bytes(item.kind) as usize;
        let key = index
            .checked_sub(1)
            .and_then(|index| names.get(index))
            .map_or(item.kind.as_slice(), Vec::as_slice);
        match key {
            b"com.apple.quicktime.creationdate" => time = text::date(&value).or(time),
            b"\xA9day" => time = time.or_else(|| text::date(&value)),
            _ => assign(key, value, found),
        }
    }
    time
}

/// ISO 6709, `+37.7749-122.4194+010.5/`.
fn iso_6709(text: &str) -> Option<model::Gps> {
    let mut parts = Vec::new();
    let mut rest = text.trim().split('/').next()?;
    while !rest.is_empty() && parts.len() < 3 {
        let end = rest
            .char_indices()
            .skip(1)
            .find(|(_, c)| matches!(c, '+' | '-' | 'C'))
            .map_or(rest.len(), |(at, _)| at);
        let Ok(value) = rest[..end].parse::<f64>() else { break };
        parts.push(value);
        rest = &rest[end..];
    }
    exif::position(*parts.first()?, *parts.get(1)?, parts.get(2).copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_from_iso_6709() {
        let gps = iso_6709("+37.7749-122.4194+010.500/").unwrap();
        assert_eq!((gps.latitude, gps.longitude, gps.altitude), (37.7749, -122.4194, Some(10.5)));
        assert!(iso_6709("+99.0+000.0/").is_none());
        assert!(iso_6709("nonsense").is_none());
    }
}
