//! GIF 89a, without the compression that would make it small.

use crate::Rng;

/// Codes between two clearings: one more and they would grow to nine bits.
const RUN: usize = 126;

/// A picture of `width` x `height` in 128 colours: a slope with grain.
///
/// Every pixel is written as the code of its own colour and the table is cleared before codes get longer, so this needs
/// no dictionary and any decoder reads it.
pub fn gif(seed: u64, width: u16, height: u16) -> Vec<u8> {
    let mut rng = Rng::new(seed);
    let mut out = b"GIF89a".to_vec();
    out.extend([width.to_le_bytes(), height.to_le_bytes()].concat());
    out.extend([0xf6, 0, 0]);
    for colour in 0..128_u8 {
        out.extend([colour * 2, 240 - colour, 40]);
    }
    out.push(b',');
    out.extend([0; 4]);
    out.extend([width.to_le_bytes(), height.to_le_bytes()].concat());
    out.extend([0, 7]);
    let (clear, end) = (128, 129);
    let mut codes = Vec::new();
    for at in 0..usize::from(width) * usize::from(height) {
        if at % RUN == 0 {
            codes.push(clear);
        }
        let slope = at % usize::from(width) * 120 / usize::from(width);
        codes.push(slope as u8 + rng.below(8) as u8);
    }
    codes.push(end);
    for block in codes.chunks(255) {
        out.push(block.len() as u8);
        out.extend(block);
    }
    out.extend([0, b';']);
    out
}
