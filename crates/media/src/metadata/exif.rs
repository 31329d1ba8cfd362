//! EXIF (CIPA DC-008) out of any TIFF structure: a block in a JPEG, a TIFF file, a RAW file.
//!
//! What cannot be true is not reported: dates that do not exist, positions off the globe, exposures of zero.

use model::{CaptureTime, Gps, Metadata};

use super::text;
use super::tiff::{Entry, Tiff, find, tag};
use crate::bytes::Bytes;

/// An IPTC or XMP block inside a TIFF is skipped when larger than this.
const MAX_BLOCK: usize = 4 << 20;

/// What a TIFF structure says.
#[derive(Debug, Default)]
pub(crate) struct Exif {
    /// The facts, with `width` and `height` left to the container.
    pub(crate) metadata: Metadata,
    /// What the satellites' clock said, in UTC: the capture time when nothing else tells it.
    pub(crate) gps_time: Option<CaptureTime>,
    /// An IPTC-IIM block.
    pub(crate) iptc: Option<Vec<u8>>,
    /// An XMP packet.
    pub(crate) xmp: Option<Vec<u8>>,
}

/// Reads the EXIF in the TIFF structure at `base`.
pub(crate) fn read(bytes: &mut impl Bytes, base: u64) -> Exif {
    let mut found = Exif::default();
    let Some((mut tiff, first)) = Tiff::open(bytes, base) else { return found };
    let (ifd0, _) = tiff.ifd(first);
    read_ifd0(&mut tiff, &ifd0, &mut found);
    let sub = |tiff: &mut Tiff<'_, _>, tag| match tiff.find_u32(&ifd0, tag) {
        Some(offset) => tiff.ifd(u64::from(offset)).0,
        None => Vec::new(),
    };
    let exif_ifd = sub(&mut tiff, tag::EXIF_IFD);
    // Some writers put EXIF fields straight into the first directory.
    for ifd in [&exif_ifd, &ifd0] {
        read_exif_ifd(&mut tiff, ifd, &mut found.metadata);
    }
    let gps_ifd = sub(&mut tiff, tag::GPS_IFD);
    (found.metadata.gps, found.gps_time) = read_gps(&mut tiff, &gps_ifd);
    found
}

fn read_ifd0<B: Bytes>(tiff: &mut Tiff<'_, B>, ifd: &[Entry], found: &mut Exif) {
    let wide = |tiff: &mut Tiff<'_, B>, tag| {
        find(ifd, tag).map(|entry| tiff.raw_lossy(&entry, 64 << 10)).and_then(|raw| text::from_utf16_le(&raw))
    };
    found.metadata.camera_make = tiff.find_text(ifd, tag::MAKE);
    found.metadata.camera_model = tiff.find_text(ifd, tag::MODEL);
    found.metadata.orientation =
        tiff.find_u32(ifd, tag::ORIENTATION).filter(|value| (1..=8).contains(value)).map(|value| value as u8);
    found.metadata.title = wide(tiff, tag::XP_TITLE);
    found.metadata.caption = tiff.find_text(ifd, tag::DESCRIPTION).or_else(|| wide(tiff, tag::XP_COMMENT));
    found.metadata.creator = tiff.find_text(ifd, tag::ARTIST).or_else(|| wide(tiff, tag::XP_AUTHOR));
    found.metadata.copyright =
        find(ifd, tag::COPYRIGHT).and_then(|entry| copyright(&tiff.raw_lossy(&entry, 64 << 10)));
    found.metadata.rating = tiff
        .find_u32(ifd, tag::RATING)
        .and_then(|value| i8::try_from(value).ok())
        .filter(|stars| *stars <= 5);
    found.metadata.keywords = wide(tiff, tag::XP_KEYWORDS)
        .map(|words| words.split(';').filter_map(text::clean).collect())
        .unwrap_or_default();
    found.iptc = find(ifd, tag::IPTC).and_then(|entry| tiff.raw(&entry, MAX_BLOCK));
    found.xmp = find(ifd, tag::XMP).and_then(|entry| tiff.raw(&entry, MAX_BLOCK));
}

/// Photographer's and editor's notice are separated by a NUL (EXIF 2.32, Copyright).
fn copyright(raw: &[u8]) -> Option<String> {
    let parts: Vec<String> = raw.split(|byte| *byte == 0).filter_map(text::from_bytes).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

fn read_exif_ifd<B: Bytes>(tiff: &mut Tiff<'_, B>, ifd: &[Entry], into: &mut Metadata) {
    let original = time(tiff, ifd, tag::DATE_ORIGINAL, tag::SUBSEC_ORIGINAL, tag::OFFSET_ORIGINAL);
    into.captured = into
        .captured
        .or(original)
        .or_else(|| time(tiff, ifd, tag::DATE_DIGITIZED, tag::SUBSEC_DIGITIZED, tag::OFFSET_DIGITIZED));
    let positive = |value: &f64| *value > 0.0 && *value < 1e6;
    let exposure = &mut into.exposure;
    exposure.seconds = exposure.seconds.or_else(|| tiff.find_f64(ifd, tag::EXPOSURE_TIME).filter(positive));
    exposure.f_number = exposure.f_number.or_else(|| tiff.find_f64(ifd, tag::F_NUMBER).filter(positive));
    exposure.iso = exposure.iso.or_else(|| tiff.find_u32(ifd, tag::ISO).filter(|iso| *iso > 0));
    exposure.focal_length =
        exposure.focal_length.or_else(|| tiff.find_f64(ifd, tag::FOCAL_LENGTH).filter(positive));
    into.lens = into.lens.take().or_else(|| tiff.find_text(ifd, tag::LENS_MODEL).filter(|lens| named(lens)));
    if into.caption.is_none() {
        into.caption = find(ifd, tag::USER_COMMENT).and_then(|entry| user_comment(tiff, &entry));
    }
    if into.live_photo_id.is_none() {
        into.live_photo_id = find(ifd, tag::MAKER_NOTE).and_then(|entry| apple_content_id(tiff, &entry));
    }
}

/// Some cameras write dashes where no lens is known.
fn named(lens: &str) -> bool {
    lens.chars().any(char::is_alphanumeric)
}

fn time<B: Bytes>(
    tiff: &mut Tiff<'_, B>,
    ifd: &[Entry],
    date: u16,
    subsec: u16,
    offset: u16,
) -> Option<CaptureTime> {
    let mut time = text::date(&tiff.find_text(ifd, date)?)?;
    if let Some(ms) = tiff.find_text(ifd, subsec).and_then(|digits| text::subsec(&digits)) {
        // The date is of whole seconds unless a writer broke the rules; then its fraction stands.
        if time.local_ms % 1000 == 0 {
            time.local_ms += ms;
        }
    }
    time.offset_minutes =
        time.offset_minutes.or_else(|| tiff.find_text(ifd, offset).and_then(|text| text::offset(&text)));
    Some(time)
}

/// The first eight bytes name the encoding.
fn user_comment<B: Bytes>(tiff: &mut Tiff<'_, B>, entry: &Entry) -> Option<String> {
    let raw = tiff.raw_lossy(entry, 64 << 10);
    let (code, body) = raw.split_at_checked(8)?;
    match code {
        b"ASCII\0\0\0" => text::from_bytes(body.split(|byte| *byte == 0).next()?),
        b"UNICODE\0" if tiff.big_endian() => {
            let swapped: Vec<u8> = body.chunks_exact(2).flat_map(|pair| [pair[1], pair[0]]).collect();
            text::from_utf16_le(&swapped)
        }
        b"UNICODE\0" => text::from_utf16_le(body),
        _ => None,
    }
}

/// Apple's maker note is a directory of its own; tag 0x11 ties photo and video of a live photo together.
fn apple_content_id<B: Bytes>(tiff: &mut Tiff<'_, B>, entry: &Entry) -> Option<String> {
    const DIRECTORY: u64 = 14;
    const CONTENT_IDENTIFIER: u16 = 0x0011;
    let raw = tiff.raw_lossy(entry, 256 << 10);
    if !raw.starts_with(b"Apple iOS\0") {
        return None;
    }
    let mut note = raw.as_slice();
    let mut tiff = Tiff::headless(&mut note, true);
    let (ifd, _) = tiff.ifd(DIRECTORY);
    tiff.find_text(&ifd, CONTENT_IDENTIFIER).filter(|id| id.len() <= 64 && id.is_ascii())
}

/// Reads a TIFF structure whose first directory is the GPS one, as Canon's CR3 has it.
pub(crate) fn read_gps_block(bytes: &mut impl Bytes, base: u64) -> Option<Gps> {
    let (mut tiff, first) = Tiff::open(bytes, base)?;
    let (ifd, _) = tiff.ifd(first);
    read_gps(&mut tiff, &ifd).0
}

/// Position, and the time in UTC that the satellites told.
fn read_gps<B: Bytes>(tiff: &mut Tiff<'_, B>, ifd: &[Entry]) -> (Option<Gps>, Option<CaptureTime>) {
    let degrees = |tiff: &mut Tiff<'_, B>, value: u16, reference: u16, negative: &str| {
        let parts = tiff.f64s(&find(ifd, value)?, 3);
        let degrees = (*parts.first()?)?;
        let minutes = parts.get(1).copied().flatten().unwrap_or(0.0);
        let seconds = parts.get(2).copied().flatten().unwrap_or(0.0);
        let unsigned = degrees + minutes / 60.0 + seconds / 3600.0;
        let reference = tiff.find_text(ifd, reference)?.to_ascii_uppercase();
        Some(if reference.starts_with(negative) { -unsigned } else { unsigned })
    };
    let latitude = degrees(tiff, 2, 1, "S");
    let longitude = degrees(tiff, 4, 3, "W");
    let below = tiff.find_u32(ifd, 5).is_some_and(|reference| reference & 1 == 1);
    let altitude = tiff.find_f64(ifd, 6).map(|metres| if below { -metres } else { metres });
    let gps =
        latitude.zip(longitude).and_then(|(latitude, longitude)| position(latitude, longitude, altitude));
    let stamp = find(ifd, 7).and_then(|entry| {
        let time: Option<Vec<f64>> = tiff.f64s(&entry, 3).into_iter().collect();
        let date = text::date(&tiff.find_text(ifd, 29)?)?;
        let [hour, minute, second] = time?[..] else { return None };
        let seconds = hour * 3600.0 + minute * 60.0 + second;
        (0.0..86_400.0).contains(&seconds).then(|| CaptureTime {
            local_ms: date.local_ms + (seconds * 1000.0).round() as i64,
            offset_minutes: Some(0),
        })
    });
    (gps, stamp)
}

/// A position on this globe; exactly 0/0 is what a receiver without a fix writes.
pub(crate) fn position(latitude: f64, longitude: f64, altitude: Option<f64>) -> Option<Gps> {
    let plausible = (-90.0..=90.0).contains(&latitude)
        && (-180.0..=180.0).contains(&longitude)
        && (latitude != 0.0 || longitude != 0.0);
    plausible.then(|| Gps {
        latitude,
        longitude,
        altitude: altitude.filter(|metres| (-12_000.0..=100_000.0).contains(metres)),
    })
}
