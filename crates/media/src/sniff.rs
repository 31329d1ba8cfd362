//! Recognises a format from the first bytes of a file.
//!
//! Total: any bytes give an answer and none panics. The file's name is only asked where the content leaves a choice,
//! which is within the family of TIFF-based containers.

use crate::Format;
use crate::metadata::tiff::{Tiff, tag};

/// How much of a file's beginning is worth passing to [`sniff`].
pub const SNIFF_LEN: usize = 4096;

/// The format of a file that begins with `head`.
pub fn sniff(head: &[u8]) -> Format {
    sniff_named(head, b"")
}

/// The same, with the file's name as tie-breaker between TIFF and the RAW formats built on it.
pub fn sniff_named(head: &[u8], name: &[u8]) -> Format {
    match head {
        [0xFF, 0xD8, 0xFF, ..] => Format::Jpeg,
        [0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => Format::Png,
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Format::Gif,
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Format::Webp,
        [0xFF, 0x0A, ..] | [0, 0, 0, 0x0C, b'J', b'X', b'L', b' ', 0x0D, 0x0A, 0x87, 0x0A, ..] => Format::Jxl,
        [b'I', b'I', b'R', b'O' | b'S', ..] | [b'M', b'M', b'O', b'R', ..] => Format::Orf,
        [b'I', b'I', b'U', 0, ..] => Format::Rw2,
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => tiff_family(head, name),
        [b'I', b'I', 43, 0, ..] | [b'M', b'M', 0, 43, ..] => Format::Tiff,
        _ if head.starts_with(b"FUJIFILMCCD-RAW") => Format::Raf,
        _ => base_media(head).unwrap_or_else(|| xmp(head)),
    }
}

fn tiff_family(head: &[u8], name: &[u8]) -> Format {
    if head.get(8..10) == Some(b"CR") {
        return Format::Cr2;
    }
    let by_name = raw_by_name(name);
    let mut source = head;
    let Some((mut tiff, first)) = Tiff::open(&mut source, 0) else {
        return by_name.unwrap_or(Format::Tiff);
    };
    let (ifd, _) = tiff.ifd(first);
    if ifd.is_empty() {
        // The directory lies beyond what we were given.
        return by_name.unwrap_or(Format::Tiff);
    }
    if ifd.iter().any(|entry| entry.tag == tag::DNG_VERSION) {
        return Format::Dng;
    }
    let make = tiff.find_text(&ifd, tag::MAKE).unwrap_or_default().to_ascii_uppercase();
    let by_make = if make.starts_with("NIKON") {
        Some(Format::Nef)
    } else if make.starts_with("SONY") {
        Some(Format::Arw)
    } else if make.starts_with("PENTAX") || make.starts_with("RICOH") {
        Some(Format::Pef)
    } else if make.starts_with("CANON") {
        Some(Format::Cr2)
    } else {
        None
    };
    // A scan or an export also carries the camera's make; a RAW file is told by what only it has: sub-directories or a
    // thumbnail in its first directory, or sensor data.
    let photometric = tiff.find_u32(&ifd, tag::PHOTOMETRIC);
    let sensor_data = matches!(photometric, Some(32803 | 34892));
    let reduced = tiff.find_u32(&ifd, tag::NEW_SUBFILE_TYPE) == Some(1);
    let sub_directories = ifd.iter().any(|entry| entry.tag == tag::SUB_IFDS);
    let compressed_raw =
        matches!(tiff.find_u32(&ifd, tag::COMPRESSION), Some(34713 | 32767 | 32770 | 65535 | 34892));
    let thumbnail = matches!(tiff.find_u32(&ifd, tag::COMPRESSION), Some(6))
        && ifd.iter().any(|entry| entry.tag == tag::JPEG_OFFSET);
    match (by_make, by_name) {
        (Some(make), _) if sensor_data || compressed_raw || thumbnail || (reduced && sub_directories) => make,
        (Some(_), Some(name)) => name,
        (None, Some(name)) if make.is_empty() || sensor_data => name,
        _ => Format::Tiff,
    }
}

fn raw_by_name(name: &[u8]) -> Option<Format> {
    let dot = name.iter().rposition(|byte| *byte == b'.')?;
    match name[dot + 1..].to_ascii_lowercase().as_slice() {
        b"cr2" => Some(Format::Cr2),
        b"nef" | b"nrw" => Some(Format::Nef),
        b"arw" | b"sr2" => Some(Format::Arw),
        b"pef" => Some(Format::Pef),
        b"dng" => Some(Format::Dng),
        _ => None,
    }
}

/// ISO base media (ISO/IEC 14496-12): told by the brands of `ftyp`, or for old QuickTime by its first box.
fn base_media(head: &[u8]) -> Option<Format> {
    let kind = head.get(4..8)?;
    if matches!(kind, b"moov" | b"mdat" | b"wide" | b"pnot") {
        return Some(Format::Mov);
    }
    if matches!(kind, b"free" | b"skip") {
        let size = u32::from_be_bytes(head[..4].try_into().ok()?) as usize;
        return match head.get(size.checked_add(4)?..size.checked_add(8)?) {
            Some(b"ftyp" | b"moov" | b"mdat" | b"wide") if size >= 8 => base_media(&head[size..]),
            _ => None,
        };
    }
    if kind != b"ftyp" {
        return None;
    }
    let size = (u32::from_be_bytes(head[..4].try_into().ok()?) as usize).clamp(16, 1024);
    let mut brands: Vec<&[u8]> = head.get(8..12).into_iter().collect();
    brands.extend(head.get(16..size.min(head.len())).unwrap_or_default().chunks_exact(4));
    let major = *brands.first()?;
    let any = |wanted: &[&[u8; 4]]| brands.iter().any(|brand| wanted.iter().any(|w| w.as_slice() == *brand));
    if major == b"crx " {
        Some(Format::Cr3)
    } else if major == b"jxl " {
        Some(Format::Jxl)
    } else if major == b"qt  " {
        Some(Format::Mov)
    } else if any(&[b"avif", b"avis"]) {
        Some(Format::Avif)
    } else if any(&[b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"])
        || matches!(major, b"mif1" | b"msf1")
    {
        Some(Format::Heic)
    } else if any(&[
        b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"MSNV",
        b"3gp4", b"3gp5", b"3gp6", b"3g2a", b"XAVC", b"dash", b"f4v ",
    ]) {
        Some(Format::Mp4)
    } else if any(&[b"qt  "]) {
        Some(Format::Mov)
    } else {
        None
    }
}

fn xmp(head: &[u8]) -> Format {
    // UTF-16 sidecars exist; dropping the NULs leaves the ASCII that is looked for.
    let text: Vec<u8> = head.iter().copied().filter(|byte| *byte != 0).collect();
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&text);
    let text = text.strip_prefix(b"\xFF\xFE").or_else(|| text.strip_prefix(b"\xFE\xFF")).unwrap_or(text);
    let starts_as_xml = text.trim_ascii_start().starts_with(b"<");
    let has = |needle: &[u8]| text.windows(needle.len()).any(|window| window == needle);
    if starts_as_xml && (has(b"<x:xmpmeta") || has(b"<rdf:RDF") || has(b"adobe:ns:meta/")) {
        Format::Xmp
    } else {
        Format::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn magic_numbers_are_told_apart() {
        for (head, format) in [
            (&b"\xFF\xD8\xFF\xE0"[..], Format::Jpeg),
            (b"\x89PNG\r\n\x1a\n", Format::Png),
            (b"GIF89a", Format::Gif),
            (b"RIFF\0\0\0\0WEBPVP8 ", Format::Webp),
            (b"\xFF\x0A", Format::Jxl),
            (b"IIRO\x08\0\0\0", Format::Orf),
            (b"IIU\0\x18\0\0\0", Format::Rw2),
            (b"FUJIFILMCCD-RAW 0201", Format::Raf),
            (b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom", Format::Cr3),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", Format::Heic),
            (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf", Format::Avif),
            (b"\0\0\0\x18ftypmp42\0\0\0\0isommp42", Format::Mp4),
            (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", Format::Mov),
            (b"\0\0\0\x08wide\0\0\0\0mdat", Format::Mov),
            (b"II*\0\x10\0\0\0CR\x02\0", Format::Cr2),
            (b"<?xpacket begin=''?><x:xmpmeta>", Format::Xmp),
            (b"<svg></svg>", Format::Unknown),
            (b"", Format::Unknown),
        ] {
            assert_eq!(sniff(head), format, "{:?}", String::from_utf8_lossy(head));
        }
    }

    #[test]
    fn the_name_decides_only_between_tiff_based_formats() {
        let beyond = b"II*\0\xFF\xFF\xFF\x00";
        assert_eq!(sniff_named(beyond, b"DSC_1.NEF"), Format::Nef);
        assert_eq!(sniff_named(beyond, b"scan.tif"), Format::Tiff);
        assert_eq!(sniff_named(b"\xFF\xD8\xFF\xE0", b"DSC_1.NEF"), Format::Jpeg);
    }
}
