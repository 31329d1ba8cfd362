//! Boxes of ISO base media files (ISO/IEC 14496-12).
//!
//! A box always ends behind its beginning and within its parent, and only so many are looked at, so that no file makes
//! the walk endless.

use std::ops::ControlFlow;

use crate::bytes::Bytes;

/// Boxes looked at below one parent.
const MAX_BOXES: usize = 4096;

/// Where a box's content is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) kind: [u8; 4],
    pub(crate) start: u64,
    pub(crate) end: u64,
}

impl Part {
    pub(crate) fn len(&self) -> u64 {
        self.end - self.start
    }

    /// The content, `None` when it is more than `max` or not all there.
    pub(crate) fn read(&self, bytes: &mut impl Bytes, max: usize) -> Option<Vec<u8>> {
        let len = usize::try_from(self.len()).ok().filter(|len| *len <= max)?;
        let raw = bytes.read_at(self.start, len);
        (raw.len() == len).then_some(raw)
    }

    /// The first box of `kind` in this one.
    pub(crate) fn child(&self, bytes: &mut impl Bytes, kind: [u8; 4]) -> Option<Part> {
        first(bytes, self.start, self.end, kind)
    }

    /// The boxes in this one.
    pub(crate) fn children(&self, bytes: &mut impl Bytes) -> Vec<Part> {
        children(bytes, self.start, self.end)
    }

    /// The same box with `skip` bytes of its content passed over (version and flags of a full box).
    pub(crate) fn skip(&self, skip: u64) -> Part {
        Part { start: self.start.saturating_add(skip).min(self.end), ..*self }
    }
}

/// The boxes between two offsets; stops quietly where they are broken.
pub(crate) fn children(bytes: &mut impl Bytes, start: u64, end: u64) -> Vec<Part> {
    let mut found = Vec::new();
    walk(bytes, start, end, |_, part| {
        found.push(part);
        ControlFlow::Continue(())
    });
    found
}

/// The first box of `kind` between two offsets; what lies behind it is not read.
pub(crate) fn first(bytes: &mut impl Bytes, start: u64, end: u64, kind: [u8; 4]) -> Option<Part> {
    let mut found = None;
    walk(bytes, start, end, |_, part| {
        if part.kind == kind {
            found = Some(part);
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    });
    found
}

/// Shows `visit` one box after the other, until it has seen enough or the boxes are broken.
pub(crate) fn walk<B: Bytes>(
    bytes: &mut B,
    start: u64,
    end: u64,
    mut visit: impl FnMut(&mut B, Part) -> ControlFlow<()>,
) {
    let end = end.min(bytes.size());
    let mut at = start;
    for _ in 0..MAX_BOXES {
        if at.saturating_add(8) > end {
            break;
        }
        let head = bytes.read_at(at, 16);
        let Some((size, kind)) = head.get(..4).zip(head.get(4..8)) else { break };
        let (size, header) = match u32::from_be_bytes([size[0], size[1], size[2], size[3]]) {
            0 => (end - at, 8),
            1 => match head.get(8..16).and_then(|raw| raw.try_into().ok()) {
                Some(raw) => (u64::from_be_bytes(raw), 16),
                None => break,
            },
            size => (u64::from(size), 8),
        };
        if size < header {
            break;
        }
        let stop = at.saturating_add(size).min(end);
        let part =
            Part { kind: [kind[0], kind[1], kind[2], kind[3]], start: (at + header).min(stop), end: stop };
        if visit(bytes, part).is_break() {
            break;
        }
        at = stop;
    }
}

/// All top-level boxes.
pub(crate) fn top(bytes: &mut impl Bytes) -> Vec<Part> {
    let size = bytes.size();
    children(bytes, 0, size)
}

/// Reads big-endian numbers from the front of some bytes.
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl<'a> Fields<'a> {
    pub(crate) fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    /// An unsigned number of 0 to 8 bytes.
    pub(crate) fn uint(&mut self, len: usize) -> Option<u64> {
        Some(self.take(len.min(8))?.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.uint(1).map(|value| value as u8)
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        self.uint(2).map(|value| value as u16)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.uint(4).map(|value| value as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endless_and_backward_boxes_end_the_walk() {
        let zero = b"\0\0\0\0free\0\0\0\0free".as_slice();
        assert_eq!(top(&mut { zero }).len(), 1);
        let short = b"\0\0\0\x04free\0\0\0\0\0\0\0\0".as_slice();
        assert!(top(&mut { short }).is_empty());
        let huge = b"\0\0\0\x01free\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF".as_slice();
        assert_eq!(top(&mut { huge })[0].end, 16);
    }
}
