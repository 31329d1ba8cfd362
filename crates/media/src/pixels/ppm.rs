//! PPM (binary, `P6`), in which a frame of a film arrives.

use super::{Budget, Colour, Picture, Pixels, Reason};
use crate::metadata::heif::Nclx;

/// The samples that were read, the ones that are shown, and room to shrink them.
const BYTES_PER_PIXEL: u64 = 24;

/// Decodes a frame that is upright already; `coded` is what the film's container says of its colours.
pub(crate) fn decode(data: &[u8], coded: Option<Nclx>, budget: &Budget) -> Result<Picture, Reason> {
    let broken = || Reason::from("no preview: ffmpeg could not show a frame of this film");
    let (width, height, depth, samples) = header(data).ok_or_else(broken)?;
    budget.check(u64::from(width), u64::from(height), BYTES_PER_PIXEL)?;
    let count = width as usize * height as usize * 3;
    let pixels = match depth {
        255 => Pixels::Rgb8(samples.get(..count).ok_or_else(broken)?.to_vec()),
        65_535 => {
            let samples = samples.get(..count * 2).ok_or_else(broken)?;
            let wide = samples.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            Pixels::Rgb16(wide.collect())
        }
        _ => return Err(broken()),
    };
    let colour = match coded {
        // What is unspecified or common video is shown like sRGB.
        None | Some(Nclx { primaries: 1 | 2, transfer: 1 | 2 | 6 | 13, .. }) => Colour::Srgb,
        Some(nclx) => Colour::Coded(nclx),
    };
    Ok(Picture { width, height, pixels, colour, note: None, upright: true })
}

/// Width, height, largest value, and what follows.
fn header(data: &[u8]) -> Option<(u32, u32, u32, &[u8])> {
    let mut rest = data.strip_prefix(b"P6")?;
    let mut number = || {
        rest = rest.trim_ascii_start();
        let digits = rest.iter().take(8).take_while(|byte| byte.is_ascii_digit()).count();
        let (text, after) = rest.split_at(digits);
        rest = after;
        std::str::from_utf8(text).ok()?.parse::<u32>().ok()
    };
    let (width, height, depth) = (number()?, number()?, number()?);
    // Exactly one white space; the samples may look like more of it.
    Some((width, height, depth, rest.get(1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGET: Budget = Budget { pixels: 1000, memory: 1 << 20 };

    #[test]
    fn both_depths_are_read_and_short_ones_refused() {
        let small = decode(b"P6\n2 1\n255\n\n23456", None, &BUDGET).unwrap_or_else(|_| panic!());
        assert!(matches!(small.pixels, Pixels::Rgb8(rgb) if rgb == b"\n23456"));
        let wide = decode(b"P6 1 1 65535 \0\x01\x02\x03\xFF\xFF", None, &BUDGET).unwrap_or_else(|_| panic!());
        assert!(matches!(wide.pixels, Pixels::Rgb16(rgb) if rgb == [1, 0x203, 0xFFFF]));
        let endless = b"P6 99999999999 1 255 ";
        for broken in [&b""[..], b"P6", b"P5 1 1 255 123", b"P6 2 1 255 12345", b"P6 1 1 7 123", endless] {
            assert!(decode(broken, None, &BUDGET).is_err());
        }
        assert!(
            decode(b"P6 99999999 99999999 255 ", None, &BUDGET).is_err_and(|why| why.contains("megapixel"))
        );
    }
}
