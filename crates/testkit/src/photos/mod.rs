//! Photo-like files out of a seed: real enough for decoders, metadata readers and people to accept them.
//!
//! JPEG, DNG, GIF, PNG and XMP are valid files. The other camera RAWs, the movies and the HEIC have the right containers,
//! metadata and previews around random data, because nothing that makes the real thing is free of a camera.

mod exif;
mod gif;
mod isobmff;
mod jpeg;
mod mp4;
mod png;
mod raw;
mod tiff;
mod xmp;

pub use exif::{ExifOptions, GpsPosition};
pub use gif::gif;
pub use isobmff::{MovOptions, heic_container, mov, mov_head};
pub use jpeg::{jpeg, with_exif};
pub use mp4::{Mp4Options, mp4};
pub use png::png;
pub use raw::{RawKind, cr3, dng, raf, tiff_raw};
pub use xmp::{XmpOptions, xmp};
