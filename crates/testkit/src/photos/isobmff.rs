//! Boxes (ISO 14496-12): QuickTime movies for live photos, and the shell of a HEIC.

use crate::bytes;

/// What a movie says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MovOptions {
    /// When it was shot, in seconds since 1970 UTC.
    pub created: Option<i64>,
    /// The id that ties a live photo's two halves together.
    pub content_identifier: Option<String>,
    /// Bytes of the media data.
    pub data: usize,
}

/// A movie of 1.5 seconds at 1920 x 1440 in structure; its media data is random, so that no player shows it.
pub fn mov(seed: u64, options: &MovOptions) -> Vec<u8> {
    let mut out = mov_head(options, options.data as u64);
    out.extend(bytes(seed, options.data));
    out
}

/// Everything of a movie before its media data, which must be `data` bytes and may be of any size.
pub fn mov_head(options: &MovOptions, data: u64) -> Vec<u8> {
    let mut out = boxed(b"ftyp", &[b"qt  \0\0\0\0qt  "]);
    out.extend(moov(options));
    out.extend([0, 0, 0, 1]);
    out.extend(b"mdat");
    out.extend((data + 16).to_be_bytes());
    out
}

/// A file that is a HEIC by its boxes and holds no picture: for what must store bytes it cannot read.
pub fn heic_container(seed: u64, data: usize) -> Vec<u8> {
    let mut out = boxed(b"ftyp", &[b"heic\0\0\0\0mif1heic"]);
    let handler = boxed(b"hdlr", &[&[0; 8], b"pict", &[0; 13]]);
    let primary = boxed(b"pitm", &[&[0, 0, 0, 0, 0, 1]]);
    out.extend(boxed(b"meta", &[&[0; 4], &handler, &primary]));
    out.extend(boxed(b"mdat", &[&bytes(seed, data)]));
    out
}

fn moov(options: &MovOptions) -> Vec<u8> {
    let created = options.created;
    let meta = options.content_identifier.as_deref().map_or_else(Vec::new, content_identifier_meta);
    boxed(b"moov", &[&movie_header(created, 2), &video_track(created, (1920, 1440), 0), &meta])
}

/// Units of time in a second, and how many of them a movie lasts.
const SCALE: [u8; 4] = 600_u32.to_be_bytes();
const LENGTH: [u8; 4] = 900_u32.to_be_bytes();

/// QuickTime counts seconds from 1904.
fn since_1904(created: Option<i64>) -> [u8; 4] {
    created.map_or(0, |at| (at + 2_082_844_800) as u32).to_be_bytes()
}

/// Numbers of a transformation matrix: 16.16 fixed point, the last column 2.30.
fn matrix([a, b, c, d]: [i32; 4]) -> Vec<u8> {
    let [a, b, c, d] = [a, b, c, d].map(|value| value << 16);
    [a, b, 0, c, d, 0, 0, 0, 0x4000_0000].iter().flat_map(|value: &i32| value.to_be_bytes()).collect()
}

/// `mvhd` of a movie of 1.5 seconds.
pub(super) fn movie_header(created: Option<i64>, next_track: u32) -> Vec<u8> {
    let created = since_1904(created);
    boxed(
        b"mvhd",
        &[
            &[0; 4],
            &created,
            &created,
            &SCALE,
            &LENGTH,
            &[0, 1, 0, 0, 1, 0],
            &[0; 10],
            &matrix([1, 0, 0, 1]),
            &[0; 24],
            &next_track.to_be_bytes(),
        ],
    )
}

/// `tkhd` of a track to be shown after so many quarter turns clockwise.
pub(super) fn track_header(
    created: Option<i64>,
    id: u32,
    (width, height): (u32, u32),
    quarter_turns: u8,
) -> Vec<u8> {
    let created = since_1904(created);
    let turn = [[1, 0, 0, 1], [0, 1, -1, 0], [-1, 0, 0, -1], [0, -1, 1, 0]][usize::from(quarter_turns % 4)];
    boxed(
        b"tkhd",
        &[
            &[0, 0, 0, 15],
            &created,
            &created,
            &id.to_be_bytes(),
            &[0; 4],
            &LENGTH,
            &[0; 16],
            &matrix(turn),
            &(width << 16).to_be_bytes(),
            &(height << 16).to_be_bytes(),
        ],
    )
}

/// The first track of a movie, without a word about its samples.
pub(super) fn video_track(created: Option<i64>, size: (u32, u32), quarter_turns: u8) -> Vec<u8> {
    let since = since_1904(created);
    let media_header = boxed(b"mdhd", &[&[0; 4], &since, &since, &SCALE, &LENGTH, &[0x55, 0xc4, 0, 0]]);
    let handler = boxed(b"hdlr", &[&[0; 4], b"mhlrvide", &[0; 13]]);
    let media = boxed(b"mdia", &[&media_header, &handler]);
    boxed(b"trak", &[&track_header(created, 1, size, quarter_turns), &media])
}

/// QuickTime metadata (`mdta`) with one key.
fn content_identifier_meta(id: &str) -> Vec<u8> {
    let key = boxed(b"mdta", &[b"com.apple.quicktime.content.identifier"]);
    let keys = boxed(b"keys", &[&[0; 4], &1_u32.to_be_bytes(), &key]);
    let data = boxed(b"data", &[&1_u32.to_be_bytes(), &[0; 4], id.as_bytes()]);
    let item = boxed(&1_u32.to_be_bytes(), &[&data]);
    let handler = boxed(b"hdlr", &[&[0; 8], b"mdta", &[0; 13]]);
    boxed(b"meta", &[&handler, &keys, &boxed(b"ilst", &[&item])])
}

pub(super) fn boxed(kind: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let length = 8 + parts.iter().map(|p| p.len()).sum::<usize>();
    let mut out = Vec::with_capacity(length);
    out.extend((length as u32).to_be_bytes());
    out.extend(kind);
    for part in parts {
        out.extend(*part);
    }
    out
}
