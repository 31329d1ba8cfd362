//! The words that parent and worker exchange over two pipes.
//!
//! A frame is a tag, a length (32 bits, little-endian) and that many bytes. The parent says `Limits` once, then for
//! its one photo `Sidecar` (if there is one) and `Start`, then answers each `Read` with `Data`. The worker says
//! `Hello` when its sandbox is up, then `Read` as often as it needs, `Metadata`, `Thumbnail` and `Preview` if there is
//! a picture, and `Done`. Of a film it gives `Film` instead of pictures: one frame of it, still coded. Every tag has a
//! largest length, and a longer frame ends the conversation.
//!
//! A process that becomes ffmpeg hears `Limits` and says `Hello` too; from then on its pipes are ffmpeg's own.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};

use crate::film::MAX_FILM;
use crate::metadata::heif::Nclx;

/// Largest range that one `Read` may ask for.
pub(crate) const MAX_READ: usize = 4 << 20;
/// Largest rendition; a 2048 px JPEG at our quality is under two megabytes.
pub(crate) const MAX_RENDITION: usize = 16 << 20;
/// Largest sidecar.
pub(crate) const MAX_SIDECAR: usize = crate::metadata::xmp::MAX_PACKET;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tag {
    Limits = 1,
    Sidecar = 2,
    Start = 3,
    Data = 4,
    Hello = 16,
    Read = 17,
    Metadata = 18,
    Thumbnail = 19,
    Preview = 20,
    Done = 21,
    Film = 22,
}

impl Tag {
    pub(crate) fn from_byte(byte: u8) -> Option<Self> {
        use Tag::{Data, Done, Film, Hello, Limits, Metadata, Preview, Read, Sidecar, Start, Thumbnail};
        [Limits, Sidecar, Start, Data, Hello, Read, Metadata, Thumbnail, Preview, Done, Film]
            .into_iter()
            .find(|tag| *tag as u8 == byte)
    }

    /// The most bytes that a frame of this kind may have.
    pub(crate) fn max_len(self) -> usize {
        match self {
            Self::Limits | Self::Start | Self::Hello => 4 << 10,
            Self::Read => 12,
            Self::Sidecar => MAX_SIDECAR,
            Self::Data => MAX_READ,
            Self::Metadata => 4 << 20,
            Self::Thumbnail | Self::Preview => MAX_RENDITION,
            Self::Done => 64 << 10,
            Self::Film => MAX_FILM,
        }
    }
}

/// The first thing that a worker is told.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct LimitsFrame {
    pub(crate) memory: u64,
    pub(crate) cpu_seconds: u64,
}

/// The one photo.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct StartFrame {
    pub(crate) size: u64,
    pub(crate) mime: String,
    pub(crate) pixels: u64,
    /// The bytes are a frame that ffmpeg made, not a file.
    pub(crate) frame: Option<FrameStart>,
}

/// What is known of a frame beside its samples.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct FrameStart {
    pub(crate) colour: Option<Nclx>,
}

/// The end.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct DoneFrame {
    pub(crate) note: Option<String>,
    pub(crate) placeholder: Option<Vec<u8>>,
    pub(crate) perceptual_hash: Option<u64>,
    /// What the film's container says of its colours.
    pub(crate) film_colour: Option<Nclx>,
}

/// Which walls stand around the decoders on this machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sandbox {
    /// Landlock: no file can be opened, no port connected.
    pub landlock: bool,
    /// Seccomp: all but some twenty harmless system calls end the process.
    pub seccomp: bool,
    /// Limits on memory, processor time and files.
    pub rlimits: bool,
}

impl Sandbox {
    /// Whether no wall is missing, without which programs that are not ours are not run.
    pub fn all(self) -> bool {
        self.landlock && self.seccomp && self.rlimits
    }
}

/// The five bytes before a frame's content.
pub(crate) fn header(tag: Tag, len: usize) -> [u8; 5] {
    let [a, b, c, d] = (len as u32).to_le_bytes();
    [tag as u8, a, b, c, d]
}

/// Takes the five bytes apart; `None` for an unknown tag or a length that it may not have.
pub(crate) fn parse_header(raw: [u8; 5]) -> Option<(Tag, usize)> {
    let tag = Tag::from_byte(raw[0])?;
    let len = u32::from_le_bytes([raw[1], raw[2], raw[3], raw[4]]) as usize;
    (len <= tag.max_len()).then_some((tag, len))
}

/// Writes one frame.
pub(crate) fn write(to: &mut impl Write, tag: Tag, parts: &[&[u8]]) -> io::Result<()> {
    to.write_all(&header(tag, parts.iter().map(|part| part.len()).sum()))?;
    for part in parts {
        to.write_all(part)?;
    }
    to.flush()
}

/// Reads one frame.
pub(crate) fn read(from: &mut impl Read) -> io::Result<(Tag, Vec<u8>)> {
    let mut raw = [0; 5];
    from.read_exact(&mut raw)?;
    let (tag, len) = parse_header(raw).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))?;
    let mut content = vec![0; len];
    from.read_exact(&mut content)?;
    Ok((tag, content))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_that_claims_too_much_is_refused() {
        assert!(parse_header(header(Tag::Done, 100)).is_some());
        assert!(parse_header(header(Tag::Done, 1 << 20)).is_none());
        assert!(parse_header([99, 0, 0, 0, 0]).is_none());
    }
}
