//! A walker over TIFF directories (TIFF 6.0), which EXIF and most camera RAW formats are made of.
//!
//! Written for hostile files: a directory is read whole or not at all, counts and sizes are capped, every offset is
//! checked by reading through [`Bytes`], and the number of directories is limited so that loops end.

use crate::bytes::Bytes;

/// Tag numbers, named as in TIFF 6.0, EXIF 2.32 and DNG 1.7.
pub(crate) mod tag {
    pub(crate) const NEW_SUBFILE_TYPE: u16 = 0x00FE;
    pub(crate) const WIDTH: u16 = 0x0100;
    pub(crate) const HEIGHT: u16 = 0x0101;
    pub(crate) const COMPRESSION: u16 = 0x0103;
    pub(crate) const PHOTOMETRIC: u16 = 0x0106;
    pub(crate) const DESCRIPTION: u16 = 0x010E;
    pub(crate) const MAKE: u16 = 0x010F;
    pub(crate) const MODEL: u16 = 0x0110;
    pub(crate) const STRIP_OFFSETS: u16 = 0x0111;
    pub(crate) const ORIENTATION: u16 = 0x0112;
    pub(crate) const STRIP_COUNTS: u16 = 0x0117;
    pub(crate) const ARTIST: u16 = 0x013B;
    pub(crate) const SUB_IFDS: u16 = 0x014A;
    pub(crate) const JPEG_OFFSET: u16 = 0x0201;
    pub(crate) const JPEG_LENGTH: u16 = 0x0202;
    pub(crate) const XMP: u16 = 0x02BC;
    pub(crate) const RATING: u16 = 0x4746;
    pub(crate) const COPYRIGHT: u16 = 0x8298;
    pub(crate) const EXPOSURE_TIME: u16 = 0x829A;
    pub(crate) const F_NUMBER: u16 = 0x829D;
    pub(crate) const IPTC: u16 = 0x83BB;
    pub(crate) const EXIF_IFD: u16 = 0x8769;
    pub(crate) const GPS_IFD: u16 = 0x8825;
    pub(crate) const ISO: u16 = 0x8827;
    pub(crate) const DATE_ORIGINAL: u16 = 0x9003;
    pub(crate) const DATE_DIGITIZED: u16 = 0x9004;
    pub(crate) const OFFSET_ORIGINAL: u16 = 0x9011;
    pub(crate) const OFFSET_DIGITIZED: u16 = 0x9012;
    pub(crate) const FOCAL_LENGTH: u16 = 0x920A;
    pub(crate) const MAKER_NOTE: u16 = 0x927C;
    pub(crate) const USER_COMMENT: u16 = 0x9286;
    pub(crate) const SUBSEC_ORIGINAL: u16 = 0x9291;
    pub(crate) const SUBSEC_DIGITIZED: u16 = 0x9292;
    pub(crate) const XP_TITLE: u16 = 0x9C9B;
    pub(crate) const XP_COMMENT: u16 = 0x9C9C;
    pub(crate) const XP_AUTHOR: u16 = 0x9C9D;
    pub(crate) const XP_KEYWORDS: u16 = 0x9C9E;
    pub(crate) const PIXEL_WIDTH: u16 = 0xA002;
    pub(crate) const PIXEL_HEIGHT: u16 = 0xA003;
    pub(crate) const LENS_MODEL: u16 = 0xA434;
    pub(crate) const DNG_VERSION: u16 = 0xC612;
    /// Panasonic: where on the sensor the picture is.
    pub(crate) const RW2_TOP: u16 = 0x0004;
    pub(crate) const RW2_LEFT: u16 = 0x0005;
    pub(crate) const RW2_BOTTOM: u16 = 0x0006;
    pub(crate) const RW2_RIGHT: u16 = 0x0007;
    /// Panasonic: the embedded JPEG.
    pub(crate) const RW2_JPEG: u16 = 0x002E;
}

/// Directories read from one file at most; the busiest RAW files have about thirty.
const MAX_DIRECTORIES: u32 = 256;
/// Entries in one directory at most.
const MAX_ENTRIES: u16 = 4096;
/// Text longer than this is cut.
const MAX_TEXT: usize = 64 << 10;

/// One field of a directory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) tag: u16,
    kind: u16,
    /// Number of values.
    pub(crate) count: u32,
    /// Where the values are, from the start of the TIFF.
    pub(crate) offset: u64,
}

impl Entry {
    /// Bytes that the values take.
    pub(crate) fn len(&self) -> u64 {
        u64::from(self.count) * value_size(self.kind)
    }
}

fn value_size(kind: u16) -> u64 {
    match kind {
        1 | 2 | 6 | 7 => 1,
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 => 8,
        _ => 0,
    }
}

/// A TIFF structure inside some bytes.
pub(crate) struct Tiff<'a, B: Bytes> {
    bytes: &'a mut B,
    /// Where its header is; all its offsets count from here.
    base: u64,
    big_endian: bool,
    directories_left: u32,
}

impl<'a, B: Bytes> Tiff<'a, B> {
    /// Reads the header at `base`; gives the offset of the first directory too.
    pub(crate) fn open(bytes: &'a mut B, base: u64) -> Option<(Self, u64)> {
        let head: [u8; 8] = bytes.array(base)?;
        let big_endian = match &head[..2] {
            b"II" => false,
            b"MM" => true,
            _ => return None,
        };
        let mut tiff = Self { bytes, base, big_endian, directories_left: MAX_DIRECTORIES };
        // 42 everywhere but in Olympus ("RO", "RS") and Panasonic (0x55) RAW files.
        let magic = tiff.u16(&head[2..4]);
        if !matches!(magic, 42 | 0x4F52 | 0x5352 | 0x55) {
            return None;
        }
        let first = tiff.u32(&head[4..8]);
        tiff.base = base;
        Some((tiff, u64::from(first)))
    }

    /// A directory that stands alone, as in maker notes.
    pub(crate) fn headless(bytes: &'a mut B, big_endian: bool) -> Self {
        Self { bytes, base: 0, big_endian, directories_left: 1 }
    }

    fn u16(&self, raw: &[u8]) -> u16 {
        let raw = [raw[0], raw[1]];
        if self.big_endian { u16::from_be_bytes(raw) } else { u16::from_le_bytes(raw) }
    }

    fn u32(&self, raw: &[u8]) -> u32 {
        let raw = [raw[0], raw[1], raw[2], raw[3]];
        if self.big_endian { u32::from_be_bytes(raw) } else { u32::from_le_bytes(raw) }
    }

    /// The entries of the directory at `offset`, as far as they can be read, and the offset of the next one.
    pub(crate) fn ifd(&mut self, offset: u64) -> (Vec<Entry>, u64) {
        if offset == 0 || self.directories_left == 0 {
            return (Vec::new(), 0);
        }
        self.directories_left -= 1;
        let start = self.base.saturating_add(offset);
        let Some(count) = self.bytes.array::<2>(start) else { return (Vec::new(), 0) };
        let count = self.u16(&count);
        if count > MAX_ENTRIES {
            return (Vec::new(), 0);
        }
        let raw = self.bytes.read_at(start.saturating_add(2), usize::from(count) * 12 + 4);
        let entries = raw.chunks_exact(12).take(usize::from(count)).enumerate().map(|(index, raw)| {
            let entry = Entry {
                tag: self.u16(&raw[..2]),
                kind: self.u16(&raw[2..4]),
                count: self.u32(&raw[4..8]),
                offset: offset + 2 + index as u64 * 12 + 8,
            };
            if entry.len() > 4 { Entry { offset: u64::from(self.u32(&raw[8..12])), ..entry } } else { entry }
        });
        let entries: Vec<Entry> = entries.collect();
        let next =
            raw.get(usize::from(count) * 12..usize::from(count) * 12 + 4).map_or(0, |raw| self.u32(raw));
        (entries, u64::from(next))
    }

    /// The bytes of a field's values, `None` when they are more than `max` or not all there.
    pub(crate) fn raw(&mut self, entry: &Entry, max: usize) -> Option<Vec<u8>> {
        let len = usize::try_from(entry.len()).ok().filter(|len| *len <= max)?;
        let raw = self.bytes.read_at(self.base.saturating_add(entry.offset), len);
        (raw.len() == len).then_some(raw)
    }

    /// The bytes of a field, as far as they are there, `max` at most.
    pub(crate) fn raw_lossy(&mut self, entry: &Entry, max: usize) -> Vec<u8> {
        let len = usize::try_from(entry.len()).unwrap_or(max).min(max);
        self.bytes.read_at(self.base.saturating_add(entry.offset), len)
    }

    /// Unsigned whole numbers of a field, `max` at most.
    pub(crate) fn u32s(&mut self, entry: &Entry, max: usize) -> Vec<u32> {
        let size = value_size(entry.kind) as usize;
        if !matches!(entry.kind, 1 | 3 | 4 | 6 | 7 | 8 | 9 | 13) {
            return Vec::new();
        }
        let raw = self.raw_lossy(entry, max.saturating_mul(size));
        raw.chunks_exact(size)
            .map(|raw| match size {
                1 => u32::from(raw[0]),
                2 => u32::from(self.u16(raw)),
                _ => self.u32(raw),
            })
            .collect()
    }

    /// Numbers of a field: rationals (none where the denominator is zero), whole or floating-point.
    pub(crate) fn f64s(&mut self, entry: &Entry, max: usize) -> Vec<Option<f64>> {
        let finite = |value: f64| value.is_finite().then_some(value);
        let raw = match entry.kind {
            5 | 10 | 12 => self.raw_lossy(entry, max * 8),
            11 => self.raw_lossy(entry, max * 4),
            _ => return self.u32s(entry, max).into_iter().map(|value| Some(f64::from(value))).collect(),
        };
        match entry.kind {
            5 => raw
                .chunks_exact(8)
                .map(|raw| finite(f64::from(self.u32(raw)) / f64::from(self.u32(&raw[4..]))))
                .collect(),
            10 => raw
                .chunks_exact(8)
                .map(|raw| finite(f64::from(self.u32(raw) as i32) / f64::from(self.u32(&raw[4..]) as i32)))
                .collect(),
            11 => raw.chunks_exact(4).map(|raw| finite(f64::from(f32::from_bits(self.u32(raw))))).collect(),
            _ => raw
                .chunks_exact(8)
                .map(|raw| {
                    let (first, second) = (u64::from(self.u32(raw)), u64::from(self.u32(&raw[4..])));
                    let bits = if self.big_endian { first << 32 | second } else { second << 32 | first };
                    finite(f64::from_bits(bits))
                })
                .collect(),
        }
    }

    /// The text of a field: cut at the first NUL, trimmed; `None` when nothing is left.
    pub(crate) fn text(&mut self, entry: &Entry) -> Option<String> {
        if !matches!(entry.kind, 1 | 2 | 6 | 7) {
            return None;
        }
        let raw = self.raw_lossy(entry, MAX_TEXT);
        super::text::from_bytes(raw.split(|byte| *byte == 0).next().unwrap_or_default())
    }

    /// The text of `tag` in `ifd`.
    pub(crate) fn find_text(&mut self, ifd: &[Entry], tag: u16) -> Option<String> {
        find(ifd, tag).and_then(|entry| self.text(&entry))
    }

    /// The first whole number of `tag` in `ifd`.
    pub(crate) fn find_u32(&mut self, ifd: &[Entry], tag: u16) -> Option<u32> {
        find(ifd, tag).and_then(|entry| self.u32s(&entry, 1).first().copied())
    }

    /// The first number of `tag` in `ifd`.
    pub(crate) fn find_f64(&mut self, ifd: &[Entry], tag: u16) -> Option<f64> {
        find(ifd, tag).and_then(|entry| self.f64s(&entry, 1).first().copied().flatten())
    }

    /// Where offsets count from.
    pub(crate) fn base(&self) -> u64 {
        self.base
    }

    /// `II` or `MM`.
    pub(crate) fn big_endian(&self) -> bool {
        self.big_endian
    }
}

/// The first field with this tag.
pub(crate) fn find(ifd: &[Entry], tag: u16) -> Option<Entry> {
    ifd.iter().find(|entry| entry.tag == tag).copied()
}
