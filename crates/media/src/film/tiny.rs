//! Writes a movie of one sample.
//!
//! Descriptions and the matrix are taken over as they are, so that the decoder sees the codec's headers, the shape of
//! the pixels and the rotation; edit lists, sound and everything else stay behind.

use super::track::Track;
use crate::bytes::Bytes;
use crate::metadata::boxes::first;

/// The movie; `description` is the one that the sample needs.
pub(super) fn movie(bytes: &mut impl Bytes, track: &Track, description: u32, sample: &[u8]) -> Vec<u8> {
    // What the film calls itself decides how some old headers are read.
    let brand = first(bytes, 0, 4096, *b"ftyp").and_then(|part| part.read(bytes, 4096));
    let brand = brand.map(|body| boxed(*b"ftyp", &[&body])).unwrap_or_default();
    let head = |offset| moov(track, description, sample.len() as u32, offset);
    // A header's length does not depend on the offset in it.
    let offset = brand.len() + head(0).len() + 8;
    [brand, head(offset as u32), boxed(*b"mdat", &[sample])].concat()
}

fn moov(track: &Track, description: u32, len: u32, offset: u32) -> Vec<u8> {
    const SECOND: u32 = 1000;
    let unity = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];
    let mvhd = [&[0, 0, 0, SECOND, SECOND, 0x1_0000, 0x0100_0000, 0, 0][..], &unity, &[0; 6], &[2]].concat();
    let mdhd = [0, 0, 0, SECOND, SECOND, 0x55C4_0000];
    let handler = [&numbers(&[0, 0])[..], b"vide", &[0; 13]].concat();
    let url = boxed(*b"url ", &[&numbers(&[1])]);
    let stbl = boxed(
        *b"stbl",
        &[
            &boxed(*b"stsd", &[&track.descriptions]),
            &boxed(*b"stts", &[&numbers(&[0, 1, 1, SECOND])]),
            &boxed(*b"stsc", &[&numbers(&[0, 1, 1, 1, description])]),
            &boxed(*b"stsz", &[&numbers(&[0, 0, 1, len])]),
            &boxed(*b"stco", &[&numbers(&[0, 1, offset])]),
        ],
    );
    let minf = boxed(
        *b"minf",
        &[
            &boxed(*b"vmhd", &[&numbers(&[1, 0, 0])]),
            &boxed(*b"dinf", &[&boxed(*b"dref", &[&numbers(&[0, 1]), &url])]),
            &stbl,
        ],
    );
    let mdia = boxed(*b"mdia", &[&boxed(*b"mdhd", &[&numbers(&mdhd)]), &boxed(*b"hdlr", &[&handler]), &minf]);
    let trak = boxed(*b"trak", &[&boxed(*b"tkhd", &[&track.header]), &mdia]);
    boxed(*b"moov", &[&boxed(*b"mvhd", &[&numbers(&mvhd)]), &trak])
}

fn numbers(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_be_bytes()).collect()
}

/// A box of these parts.
pub(super) fn boxed(kind: [u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    [&(body.len() as u32 + 8).to_be_bytes()[..], &kind, &body].concat()
}
