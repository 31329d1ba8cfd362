//! Fragmented films: their table of contents is empty, each fragment (`moof`) has its own (ISO/IEC 14496-12 section 8.8).

use std::ops::ControlFlow;

use super::MAX_FILM;
use crate::bytes::Bytes;
use crate::metadata::boxes::{Part, walk};

/// The film up to the end of its first fragment with pictures, as it is; offsets in fragments count from many places.
pub(super) fn head(bytes: &mut impl Bytes, moov: &Part, track: u32) -> Option<Vec<u8>> {
    let (mut pictures, mut end) = (false, None);
    let size = bytes.size();
    walk(bytes, moov.end, size, |bytes, part| {
        match &part.kind {
            b"moof" => pictures |= has_track(bytes, &part, track),
            b"mdat" if pictures => {
                end = Some(part.end);
                return ControlFlow::Break(());
            }
            _ => {}
        }
        // The beginning of a fragment that is too long still shows its first pictures.
        if part.end > MAX_FILM as u64 {
            end = pictures.then_some(part.end);
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    });
    let end = end?.min(MAX_FILM as u64);
    Some(bytes.read_at(0, end as usize))
}

fn has_track(bytes: &mut impl Bytes, moof: &Part, track: u32) -> bool {
    moof.children(bytes).iter().filter(|part| &part.kind == b"traf").any(|traf| {
        let header = traf.child(bytes, *b"tfhd");
        header.and_then(|part| bytes.array(part.start + 4)).map(u32::from_be_bytes) == Some(track)
    })
}
