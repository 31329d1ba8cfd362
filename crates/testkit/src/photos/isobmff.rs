//! Boxes (ISO 14496-12): QuickTime movies for live photos and video, and the shell of a HEIC.

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
    // QuickTime counts seconds from 1904.
    let created = options.created.map_or(0, |at| (at + 2_082_844_800) as u32).to_be_bytes();
    let (scale, length) = (600_u32.to_be_bytes(), 900_u32.to_be_bytes());
    let unity: Vec<u8> = [0x0001_0000_u32, 0, 0, 0, 0x0001_0000, 0, 0, 0, 0x4000_0000]
        .iter()
        .flat_map(|v| v.to_be_bytes())
        .collect();
    let next_track = 2_u32.to_be_bytes();
    let movie = boxed(
        b"mvhd",
        &[
            &[0; 4],
            &created,
            &created,
            &scale,
            &length,
            &[0, 1, 0, 0, 1, 0],
            &[0; 10],
            &unity,
            &[0; 24],
            &next_track,
        ],
    );
    let (width, height) = ((1920_u32 << 16).to_be_bytes(), (1440_u32 << 16).to_be_bytes());
    let track = boxed(
        b"tkhd",
        &[
            &[0, 0, 0, 15],
            &created,
            &created,
            &1_u32.to_be_bytes(),
            &[0; 4],
            &length,
            &[0; 16],
            &unity,
            &width,
            &height,
        ],
    );
    let media_header = boxed(b"mdhd", &[&[0; 4], &created, &created, &scale, &length, &[0x55, 0xc4, 0, 0]]);
    let handler = boxed(b"hdlr", &[&[0; 4], b"mhlrvide", &[0; 13]]);
    let media = boxed(b"mdia", &[&media_header, &handler]);
    let meta = options.content_identifier.as_deref().map_or_else(Vec::new, content_identifier_meta);
    boxed(b"moov", &[&movie, &boxed(b"trak", &[&track, &media]), &meta])
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

fn boxed(kind: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let length = 8 + parts.iter().map(|p| p.len()).sum::<usize>();
    let mut out = Vec::with_capacity(length);
    out.extend((length as u32).to_be_bytes());
    out.extend(kind);
    for part in parts {
        out.extend(*part);
    }
    out
}
