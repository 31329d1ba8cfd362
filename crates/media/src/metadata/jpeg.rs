//! The marker segments of a JPEG (ITU-T T.81): what they carry and whether the picture is all there.

/// What the segments before the picture hold.
#[derive(Debug, Default)]
pub(crate) struct Segments<'a> {
    /// EXIF, from its TIFF header on.
    pub(crate) exif: Option<&'a [u8]>,
    /// The XMP packet.
    pub(crate) xmp: Option<&'a [u8]>,
    /// Photoshop's image resources.
    pub(crate) photoshop: Vec<u8>,
    /// The ICC profile.
    pub(crate) icc: Option<Vec<u8>>,
    /// Width and height as coded.
    pub(crate) size: Option<(u32, u32)>,
    /// Colour components.
    pub(crate) components: u8,
    /// Coded in several passes, which decoders must hold whole.
    pub(crate) progressive: bool,
    /// Coded without loss, as sensor data is; photo decoders do not read it.
    pub(crate) lossless: bool,
}

/// Walks the segments up to the first scan; stops quietly where they are broken.
pub(crate) fn segments(data: &[u8]) -> Segments<'_> {
    let mut found = Segments::default();
    let mut icc: Vec<(u8, &[u8])> = Vec::new();
    let mut at = 2;
    while let Some(start) = data.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == 0xFF)) {
        at += start;
        let Some(marker) = data[at..].iter().position(|byte| *byte != 0xFF) else { break };
        at += marker;
        let marker = data[at];
        at += 1;
        if matches!(marker, 0x00 | 0x01 | 0xD0..=0xD8) {
            continue;
        }
        if matches!(marker, 0xD9) {
            break;
        }
        let Some(len) = data.get(at..at + 2).map(|raw| usize::from(u16::from_be_bytes([raw[0], raw[1]])))
        else {
            break;
        };
        let end = (at + len.max(2)).min(data.len());
        let body = &data[at + 2..end];
        at = end;
        match marker {
            0xDA => break,
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF if body.len() >= 6 => {
                let height = u32::from(u16::from_be_bytes([body[1], body[2]]));
                let width = u32::from(u16::from_be_bytes([body[3], body[4]]));
                found.size = found.size.or((width > 0 && height > 0).then_some((width, height)));
                found.components = body[5];
                found.lossless = matches!(marker, 0xC3 | 0xC7 | 0xCB | 0xCF);
                found.progressive = matches!(marker, 0xC2 | 0xC6 | 0xCA | 0xCE);
            }
            0xE1 => {
                if let Some(exif) = body.strip_prefix(b"Exif\0") {
                    found.exif = found.exif.or(exif.get(1..));
                } else if let Some(xmp) = body.strip_prefix(b"http://ns.adobe.com/xap/1.0/\0") {
                    found.xmp = found.xmp.or(Some(xmp));
                }
            }
            0xE2 => {
                if let Some([number, _count, part @ ..]) = body.strip_prefix(b"ICC_PROFILE\0") {
                    icc.push((*number, part));
                }
            }
            0xED => {
                if let Some(resources) = body.strip_prefix(b"Photoshop 3.0\0") {
                    found.photoshop.extend_from_slice(resources);
                }
            }
            _ => {}
        }
    }
    icc.sort_by_key(|(number, _)| *number);
    found.icc =
        (!icc.is_empty()).then(|| icc.into_iter().flat_map(|(_, part)| part.iter().copied()).collect());
    found
}

/// Whether an end marker follows the picture. Anything may come after it (phones append videos), so it is looked for
/// in all the data; inside entropy-coded data 0xFF is always stuffed, so it cannot appear by chance.
pub(crate) fn is_complete(data: &[u8]) -> bool {
    // Nearly every file ends with it; the search is for the others.
    data.ends_with(b"\xFF\xD9")
        || after_first_scan(data).is_some_and(|rest| rest.windows(2).any(|w| w == b"\xFF\xD9"))
}

fn after_first_scan(data: &[u8]) -> Option<&[u8]> {
    let mut at = 2;
    loop {
        at += data.get(at..)?.windows(2).position(|pair| pair[0] == 0xFF && !matches!(pair[1], 0 | 0xFF))?;
        let marker = data[at + 1];
        at += 2;
        if matches!(marker, 0x01 | 0xD0..=0xD9) {
            continue;
        }
        let len = data.get(at..at + 2).map(|raw| usize::from(u16::from_be_bytes([raw[0], raw[1]])))?;
        at += len.max(2);
        if marker == 0xDA {
            return data.get(at..);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_in_several_segments_is_put_together_in_order() {
        let segment = |number: u8, text: &[u8]| {
            [b"\xFF\xE2\0".as_slice(), &[16 + text.len() as u8], b"ICC_PROFILE\0", &[number, 2], text]
                .concat()
        };
        let data =
            [b"\xFF\xD8".as_slice(), &segment(2, b"world"), &segment(1, b"hello "), b"\xFF\xD9"].concat();
        assert_eq!(segments(&data).icc.unwrap(), b"hello world");
    }

    #[test]
    fn an_end_marker_is_missed_only_where_there_is_none() {
        let scan = b"\xFF\xD8\xFF\xDA\0\x02\x12\xFF\0\x34";
        assert!(!is_complete(scan));
        assert!(is_complete(&[scan.as_slice(), b"\xFF\xD9trailer"].concat()));
    }
}
