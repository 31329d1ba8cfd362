//! What makes pictures comparable: a perceptual hash, and a ThumbHash placeholder.

use super::render::shrink;

/// A 64-bit perceptual hash: the signs of the low frequencies of a 32 x 32 grey picture, without the mean. Similar
/// pictures differ in few bits; different ones in about 32.
pub(super) fn perceptual_hash(rgb: &[u8], width: u32, height: u32) -> Option<u64> {
    const SIDE: usize = 32;
    const LOW: usize = 8;
    let small = shrink(rgb, width, height, SIDE as u32, SIDE as u32)?;
    let grey: Vec<f32> = small
        .chunks_exact(3)
        .map(|p| 0.299 * f32::from(p[0]) + 0.587 * f32::from(p[1]) + 0.114 * f32::from(p[2]))
        .collect();
    let cosine = |frequency: usize, at: usize| {
        (std::f32::consts::PI * frequency as f32 * (2 * at + 1) as f32 / (2 * SIDE) as f32).cos()
    };
    // The first LOW frequencies of each row, then of each column of those.
    let mut rows = [[0f32; LOW + 1]; SIDE];
    for (line, row) in rows.iter_mut().enumerate() {
        for (frequency, value) in row.iter_mut().enumerate() {
            *value = (0..SIDE).map(|x| grey[line * SIDE + x] * cosine(frequency, x)).sum();
        }
    }
    let mut low = Vec::with_capacity(LOW * LOW);
    for v in 1..=LOW {
        for u in 1..=LOW {
            low.push(rows.iter().enumerate().map(|(y, row)| row[u] * cosine(v, y)).sum::<f32>());
        }
    }
    let mut sorted = low.clone();
    sorted.sort_by(f32::total_cmp);
    let median = f32::midpoint(sorted[31], sorted[32]);
    Some(low.iter().fold(0, |hash, value| hash << 1 | u64::from(*value > median)))
}

/// A ThumbHash of some 25 bytes: a blurred picture to show while the real one loads.
pub(super) fn placeholder(rgb: &[u8], width: u32, height: u32) -> Option<Vec<u8>> {
    let (small_width, small_height) = super::render::fit(width, height, 100);
    let small = shrink(rgb, width, height, small_width, small_height)?;
    let rgba: Vec<u8> = small.chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], 255]).collect();
    Some(thumbhash::rgba_to_thumb_hash(small_width as usize, small_height as usize, &rgba))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_brighter_and_smaller_picture_keeps_its_hash_and_another_does_not() {
        let draw = |width: u32, height: u32, gain: f32, turn: f32| -> Vec<u8> {
            let pixel = |at: u32| {
                let (x, y) = ((at % width) as f32 / width as f32, (at / width) as f32 / height as f32);
                let value = ((x * 7.0 + turn).sin() * (y * 5.0 - turn).cos() * 0.5 + 0.5 * x) * 120.0 + 60.0;
                [(value * gain) as u8; 3]
            };
            (0..width * height).flat_map(pixel).collect()
        };
        let hash = |rgb: &[u8], w, h| perceptual_hash(rgb, w, h).unwrap();
        let one = hash(&draw(300, 200, 1.0, 0.0), 300, 200);
        let same = hash(&draw(150, 100, 1.1, 0.0), 150, 100);
        let other = hash(&draw(300, 200, 1.0, 2.0), 300, 200);
        assert!((one ^ same).count_ones() <= 4, "{}", (one ^ same).count_ones());
        assert!((one ^ other).count_ones() >= 12, "{}", (one ^ other).count_ones());
    }
}
