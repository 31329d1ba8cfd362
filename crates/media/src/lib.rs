//! What a photo is, says and looks like.
//!
//! [`sniff`] tells formats apart by content, in-process and without ever failing. Everything else that looks into a
//! photo (metadata, decoding, renditions) runs in a child process that a [`Worker`] starts and [`worker::run`] is: it
//! gives up the file system, the network and nearly all system calls before it sees the first byte, handles exactly
//! one photo, reads it by asking its parent for ranges, and exits. So a hostile photo can cost its own preview and
//! nothing else: not the server, not another photo's picture, not memory beyond the limit.
//!
//! A film is shown by one of its frames, which `ffmpeg` decodes behind walls of its own, where it is installed.
//!
//! What comes back from a worker is treated as hostile too; see [`Worker::process`].

mod bytes;
mod film;
mod format;
mod metadata;
mod parent;
mod pixels;
mod protocol;
mod sniff;
pub mod worker;

pub use format::Format;
pub use metadata::xmp;
pub use parent::{Limits, NO_FFMPEG, Processed, Rendition, Renditions, Worker};
pub use protocol::Sandbox;
pub use sniff::{SNIFF_LEN, sniff, sniff_named};

/// Reads metadata of a whole file in this very process, for fuzzing and for tests of the parsers; the product goes
/// through [`Worker::process`].
#[doc(hidden)]
pub fn read_metadata(file: &[u8], format: Format, sidecar: Option<&[u8]>) -> model::Metadata {
    metadata::read(&mut { file }, format, sidecar)
}
