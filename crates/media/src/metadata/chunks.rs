//! Metadata in PNG chunks (W3C PNG, third edition) and WebP chunks (RFC 9649).

use crate::bytes::Bytes;

/// A chunk that is larger is skipped.
const MAX_CHUNK: usize = 8 << 20;
/// Chunks looked at in one file.
const MAX_CHUNKS: usize = 10_000;

/// What chunks carry.
#[derive(Debug, Default)]
pub(crate) struct Chunks {
    pub(crate) exif: Option<Vec<u8>>,
    pub(crate) xmp: Option<Vec<u8>>,
    pub(crate) size: Option<(u32, u32)>,
}

/// Reads the chunks of a PNG.
pub(crate) fn png(bytes: &mut impl Bytes) -> Chunks {
    let mut found = Chunks::default();
    let mut at = 8;
    for _ in 0..MAX_CHUNKS {
        let Some(head) = bytes.array::<8>(at) else { break };
        let len = u32::from_be_bytes([head[0], head[1], head[2], head[3]]);
        let body = |bytes: &mut _| limited(bytes, at + 8, u64::from(len));
        match &head[4..] {
            b"IHDR" => found.size = size(&bytes.read_at(at + 8, 8)),
            b"eXIf" => found.exif = body(bytes),
            b"iTXt" => found.xmp = found.xmp.or_else(|| international_text(&body(bytes)?)),
            b"IEND" => break,
            _ => {}
        }
        at += 12 + u64::from(len);
    }
    found
}

fn size(raw: &[u8]) -> Option<(u32, u32)> {
    let raw: [u8; 8] = raw.try_into().ok()?;
    let both = u64::from_be_bytes(raw);
    Some(((both >> 32) as u32, both as u32))
}

/// The XMP packet of an iTXt chunk. A compressed one is skipped: no writer that follows the XMP specification
/// (part 3, 1.1.5) makes it, and not inflating is the surest limit on inflation.
fn international_text(body: &[u8]) -> Option<Vec<u8>> {
    let rest = body.strip_prefix(b"XML:com.adobe.xmp\0\0")?;
    // Compression method, language tag and translated keyword come before the text.
    let mut parts = rest.get(1..)?.splitn(3, |byte| *byte == 0);
    parts.nth(2).map(<[u8]>::to_vec)
}

/// Reads the chunks of a WebP.
pub(crate) fn webp(bytes: &mut impl Bytes) -> Chunks {
    let mut found = Chunks::default();
    let mut at = 12;
    for _ in 0..MAX_CHUNKS {
        let Some(head) = bytes.array::<8>(at) else { break };
        let len = u64::from(u32::from_le_bytes([head[4], head[5], head[6], head[7]]));
        match &head[..4] {
            b"VP8X" => {
                let raw = bytes.read_at(at + 8, 10);
                if let [_, _, _, _, w0, w1, w2, h0, h1, h2] = raw[..] {
                    let pixels = |raw| u32::from_le_bytes(raw) + 1;
                    found.size = Some((pixels([w0, w1, w2, 0]), pixels([h0, h1, h2, 0])));
                }
            }
            b"EXIF" => {
                // Some writers keep the header that JPEG puts before EXIF.
                found.exif = limited(bytes, at + 8, len)
                    .map(|raw| raw.strip_prefix(b"Exif\0\0").map(<[u8]>::to_vec).unwrap_or(raw));
            }
            b"XMP " => found.xmp = limited(bytes, at + 8, len),
            _ => {}
        }
        at += 8 + len + len % 2;
    }
    found
}

fn limited(bytes: &mut impl Bytes, at: u64, len: u64) -> Option<Vec<u8>> {
    let len = usize::try_from(len).ok().filter(|len| *len <= MAX_CHUNK)?;
    let raw = bytes.read_at(at, len);
    (raw.len() == len).then_some(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_is_found_behind_language_and_keyword() {
        assert_eq!(international_text(b"XML:com.adobe.xmp\0\0\0en\0key\0<x/>").unwrap(), b"<x/>");
        assert_eq!(international_text(b"Comment\0\0\0\0\0text"), None);
    }
}
