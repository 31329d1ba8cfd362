//! Photo-like files out of a seed: real enough for decoders, metadata readers and people to accept them.
//!
//! JPEG, DNG, PNG and XMP are valid files. The camera RAWs and the HEIC have the right containers and previews around
//! random sensor data, because nothing that makes the real thing is free of a camera.

mod exif;
mod isobmff;
mod jpeg;
mod png;
mod raw;
mod tiff;
mod xmp;

pub use exif::{ExifOptions, GpsPosition};
pub use isobmff::{MovOptions, heic_container, mov, mov_head};
pub use jpeg::{jpeg, with_exif};
pub use png::png;
pub use raw::{RawKind, dng, tiff_raw};
pub use xmp::{XmpOptions, xmp};
