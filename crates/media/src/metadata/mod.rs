//! Reads what a file and its sidecar say, from wherever each format keeps it, and settles who is believed.
//!
//! Descriptions (title, caption, keywords, creator, copyright, rating) are what a person wrote last: sidecar, then
//! embedded XMP, then IPTC, then EXIF. Facts of the capture (time, place, camera, exposure) are what the camera wrote:
//! EXIF first, then the container, then XMP, then IPTC. Reading is total: any bytes give some metadata.

pub(crate) mod boxes;
mod chunks;
mod exif;
pub(crate) mod heif;
mod iptc;
pub(crate) mod jpeg;
mod merge;
mod movie;
pub(crate) mod raw;
pub(crate) mod text;
pub(crate) mod tiff;
pub mod xmp;

use model::Metadata;

use crate::Format;
use crate::bytes::{Bytes, Window};
use boxes::top;

/// Segments before the picture of a JPEG: Photoshop writes hundreds of kilobytes, multi-part XMP more.
const JPEG_HEAD: usize = 16 << 20;

/// What the parts of one file say, before they are merged.
#[derive(Default)]
pub(crate) struct Parts {
    pub(crate) exif: Metadata,
    pub(crate) container: Metadata,
    pub(crate) iptc: Metadata,
    pub(crate) xmp: Metadata,
    /// The satellites' clock.
    pub(crate) gps_time: Option<model::CaptureTime>,
    /// Width and height as coded.
    pub(crate) size: Option<(u32, u32)>,
    /// The size is as shown already: the container turns the picture, not EXIF.
    pub(crate) upright: bool,
}

impl Parts {
    fn exif_at(&mut self, bytes: &mut impl Bytes, base: u64) {
        let found = exif::read(bytes, base);
        self.exif = found.metadata;
        self.gps_time = found.gps_time;
        if let Some(block) = found.iptc {
            self.iptc = iptc::read(&block);
        }
        if let Some(packet) = found.xmp {
            self.xmp = xmp::read_sidecar(&packet);
        }
    }

    fn blocks(&mut self, exif: Option<&[u8]>, xmp: Option<&[u8]>) {
        if let Some(mut exif) = exif {
            self.exif_at(&mut exif, 0);
        }
        if let Some(packet) = xmp {
            self.xmp = xmp::read_sidecar(packet);
        }
    }

    fn jpeg(&mut self, data: &[u8]) {
        let segments = jpeg::segments(data);
        self.blocks(segments.exif, segments.xmp);
        if let Some(block) = iptc::in_photoshop(&segments.photoshop) {
            self.iptc = iptc::read(block);
        }
        self.size = segments.size;
    }
}

/// Everything that the file and `sidecar` say.
pub(crate) fn read(bytes: &mut impl Bytes, format: Format, sidecar: Option<&[u8]>) -> Metadata {
    let mut parts = Parts::default();
    match format {
        Format::Jpeg => parts.jpeg(&bytes.head(JPEG_HEAD)),
        Format::Png | Format::Webp => {
            let chunks = if format == Format::Png { chunks::png(bytes) } else { chunks::webp(bytes) };
            parts.blocks(chunks.exif.as_deref(), chunks.xmp.as_deref());
            parts.size = chunks.size.or_else(|| webp_frame(bytes, format));
        }
        Format::Gif => {
            parts.size = bytes.array::<4>(6).map(|[a, b, c, d]| {
                (u32::from(u16::from_le_bytes([a, b])), u32::from(u16::from_le_bytes([c, d])))
            });
        }
        Format::Tiff => {
            parts.exif_at(bytes, 0);
            parts.size = tiff_size(bytes);
        }
        Format::Heic | Format::Avif => {
            if let Some(heif) = heif::Heif::read(bytes) {
                parts.blocks(heif.exif(bytes).as_deref(), heif.xmp(bytes).as_deref());
                (parts.size, parts.upright) = (heif.size(), true);
            }
        }
        Format::Jxl => jxl(bytes, &mut parts),
        Format::Mp4 | Format::Mov => {
            let (found, packet) = movie::read(bytes);
            parts.size = found.width.zip(found.height);
            (parts.container, parts.upright) = (found, true);
            parts.blocks(None, packet.as_deref());
        }
        Format::Cr3 => cr3(bytes, &mut parts),
        Format::Raf => raf(bytes, &mut parts),
        Format::Rw2 => {
            // The directory of the RAW has little; the JPEG inside has the camera's whole EXIF.
            parts.exif_at(bytes, 0);
            let raw = raw::read(bytes, format);
            if let Some(preview) = raw.preview {
                let outer = std::mem::take(&mut parts);
                parts.jpeg(&bytes.read_at(preview.offset, 1 << 20));
                merge::fill_capture(&mut parts.exif, &outer.exif);
            }
            parts.size = raw.size;
        }
        Format::Cr2 | Format::Nef | Format::Arw | Format::Orf | Format::Pef | Format::Dng => {
            parts.exif_at(bytes, 0);
            parts.size = raw::read(bytes, format).size;
        }
        Format::Xmp => parts.xmp = xmp::read_sidecar(&bytes.head(xmp::MAX_PACKET + 1)),
        Format::Unknown => {}
    }
    let mut metadata = merge::settle(parts, sidecar.map(xmp::read_sidecar));
    metadata.kind = format.kind();
    metadata
}

/// A plain WebP has no header chunk of its own; its size is in the frame (RFC 6386 section 9.1, RFC 9649).
fn webp_frame(bytes: &mut impl Bytes, format: Format) -> Option<(u32, u32)> {
    let raw: [u8; 18] = bytes.array(12).filter(|_| format == Format::Webp)?;
    let little = |at: usize| u32::from(u16::from_le_bytes([raw[at], raw[at + 1]]));
    match &raw[..4] {
        b"VP8 " => Some((little(14) & 0x3FFF, little(16) & 0x3FFF)),
        b"VP8L" => {
            let bits = little(9) | little(11) << 16;
            Some(((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1))
        }
        _ => None,
    }
}

fn tiff_size(bytes: &mut impl Bytes) -> Option<(u32, u32)> {
    let (mut tiff, first) = tiff::Tiff::open(bytes, 0)?;
    let (ifd, _) = tiff.ifd(first);
    tiff.find_u32(&ifd, tiff::tag::WIDTH).zip(tiff.find_u32(&ifd, tiff::tag::HEIGHT))
}

/// JPEG XL (ISO/IEC 18181-2): metadata are boxes beside the codestream.
fn jxl(bytes: &mut impl Bytes, parts: &mut Parts) {
    let (mut exif, mut packet) = (None, None);
    if bytes.read_at(4, 4) == b"JXL " {
        for part in top(bytes) {
            match &part.kind {
                b"Exif" => {
                    // Four bytes tell where the TIFF header is.
                    let raw = part.read(bytes, 8 << 20).unwrap_or_default();
                    let skip =
                        raw.get(..4).map_or(0, |raw| u32::from_be_bytes([raw[0], raw[1], raw[2], raw[3]]));
                    exif = raw.get(4..).and_then(|rest| rest.get(skip as usize..)).map(<[u8]>::to_vec);
                }
                b"xml " => packet = part.read(bytes, xmp::MAX_PACKET),
                _ => {}
            }
        }
    }
    parts.blocks(exif.as_deref(), packet.as_deref());
    (parts.size, parts.upright) = (crate::pixels::jxl_size(bytes), true);
}

/// Canon CR3: EXIF split over boxes named CMT1 to CMT4, each a TIFF of its own.
fn cr3(bytes: &mut impl Bytes, parts: &mut Parts) {
    let boxes = top(bytes);
    let moov =
        boxes.iter().find(|part| &part.kind == b"moov").map(|moov| moov.children(bytes)).unwrap_or_default();
    for uuid in moov.iter().filter(|part| &part.kind == b"uuid") {
        for part in uuid.skip(16).children(bytes) {
            let mut window = Window { inner: bytes, start: part.start, len: part.len() };
            match &part.kind {
                b"CMT1" | b"CMT2" => {
                    // The first measures the picture; the second has nothing of the kind.
                    parts.size = parts.size.or(tiff_size(&mut window));
                    let found = exif::read(&mut window, 0).metadata;
                    merge::fill_capture(&mut parts.exif, &found);
                    merge::fill_description(&mut parts.exif, found);
                }
                b"CMT4" => parts.exif.gps = exif::read_gps_block(&mut window, 0),
                _ => {}
            }
        }
    }
    for uuid in boxes.iter().filter(|part| &part.kind == b"uuid") {
        if bytes.read_at(uuid.start, 16) == movie::XMP_UUID {
            let packet = uuid.skip(16).read(bytes, xmp::MAX_PACKET);
            parts.xmp = packet.map(|packet| xmp::read_sidecar(&packet)).unwrap_or_default();
        }
    }
    parts.size = parts.size.or_else(|| raw::read(bytes, Format::Cr3).size);
}

/// Fujifilm RAF: the JPEG inside carries the EXIF.
fn raf(bytes: &mut impl Bytes, parts: &mut Parts) {
    let raw = raw::read(bytes, Format::Raf);
    if let Some(preview) = raw.preview {
        parts.jpeg(&bytes.read_at(preview.offset, 1 << 20));
    }
    parts.size = raw.size;
}
