//! A video track of a movie: what the tiny movie takes over from it.

use crate::bytes::Bytes;
use crate::metadata::boxes::{Fields, Part, top};
use crate::metadata::heif::Nclx;

/// Sample descriptions carry codec headers and sometimes a colour profile.
const MAX_DESCRIPTIONS: usize = 2 << 20;
/// Headers of fixed size.
const MAX_HEADER: usize = 4 << 10;
/// What stands before the boxes of a visual sample entry (ISO/IEC 14496-12 section 12.1.3).
const VISUAL_ENTRY: usize = 78;

pub(super) struct Track {
    pub(super) id: u32,
    /// Units of time in a second, never zero.
    pub(super) timescale: u32,
    /// The content of `tkhd`, with the matrix that turns the picture.
    pub(super) header: Vec<u8>,
    /// The content of `stsd`.
    pub(super) descriptions: Vec<u8>,
    pub(super) colour: Option<Nclx>,
    /// The sample table.
    pub(super) table: Part,
}

impl Track {
    /// `None` for tracks of another kind and those that make no sense.
    pub(super) fn read(bytes: &mut impl Bytes, part: &Part) -> Option<Self> {
        let media = part.child(bytes, *b"mdia")?;
        let handler = media.child(bytes, *b"hdlr")?;
        if &bytes.array::<4>(handler.start + 8)? != b"vide" {
            return None;
        }
        let header = part.child(bytes, *b"tkhd")?.read(bytes, MAX_HEADER)?;
        let mut fields = Fields(&header);
        let wide = if fields.u8()? == 1 { 8 } else { 4 };
        fields.take(3 + 2 * wide)?;
        let id = fields.u32()?;
        let raw = media.child(bytes, *b"mdhd")?.read(bytes, MAX_HEADER)?;
        let mut fields = Fields(&raw);
        let wide = if fields.u8()? == 1 { 8 } else { 4 };
        fields.take(3 + 2 * wide)?;
        let timescale = fields.u32().filter(|scale| *scale > 0)?;
        let table = media.child(bytes, *b"minf")?.child(bytes, *b"stbl")?;
        let descriptions = table.child(bytes, *b"stsd")?.read(bytes, MAX_DESCRIPTIONS)?;
        let colour = colour(&descriptions);
        Some(Self { id, timescale, header, descriptions, colour, table })
    }
}

/// The coded colour of the first sample entry that tells one.
fn colour(descriptions: &[u8]) -> Option<Nclx> {
    let mut entries = descriptions.get(8..)?;
    top(&mut entries).into_iter().find_map(|entry| {
        let raw = entry.skip(VISUAL_ENTRY as u64).read(&mut entries, MAX_DESCRIPTIONS)?;
        let mut inner = raw.as_slice();
        let boxes = top(&mut inner);
        boxes.iter().filter(|part| &part.kind == b"colr").find_map(|part| {
            let body = part.read(&mut inner, MAX_HEADER)?;
            Nclx::read(&body)
        })
    })
}
