//! JPEGs that look and weigh like photos: soft shapes, edges and sensor grain.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::ExifOptions;
use crate::Rng;

/// A baseline JPEG of `width` x `height`, 4:2:0 at quality 90, with the EXIF block that `exif` describes.
///
/// Its size is that of a camera's picture of the same dimensions (about 0.4 bytes a pixel).
///
/// # Panics
///
/// When a side is 0.
pub fn jpeg(seed: u64, width: u16, height: u16, exif: &ExifOptions) -> Vec<u8> {
    with_exif(&picture(seed, width, height), exif)
}

/// `jpeg` with its leading JFIF header replaced by the EXIF block that `exif` describes.
///
/// # Panics
///
/// When `jpeg` is no JPEG, or the EXIF block does not fit into one segment.
pub fn with_exif(jpeg: &[u8], exif: &ExifOptions) -> Vec<u8> {
    let rest = jpeg.strip_prefix(b"\xff\xd8").expect("a JPEG begins with SOI");
    let rest = if rest.starts_with(b"\xff\xe0") {
        &rest[2 + usize::from(u16::from_be_bytes([rest[2], rest[3]]))..]
    } else {
        rest
    };
    let block = exif.block();
    let length = u16::try_from(block.len() + 8).expect("an EXIF block fits into a segment");
    let mut out = Vec::with_capacity(jpeg.len() + block.len() + 12);
    out.extend(b"\xff\xd8\xff\xe1");
    out.extend(length.to_be_bytes());
    out.extend(b"Exif\0\0");
    out.extend(block);
    out.extend(rest);
    out
}

/// The bare picture.
pub(super) fn picture(seed: u64, width: u16, height: u16) -> Vec<u8> {
    let pixels = pixels(seed, usize::from(width), usize::from(height));
    let mut out = Vec::with_capacity(pixels.len() / 6 + 2000);
    let mut encoder = Encoder::new(&mut out, 90);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encoder.encode(&pixels, width, height, ColorType::Rgb).expect("a picture with two sides encodes");
    out
}

/// RGB pixels: three layers of interpolated noise per channel, sharp tiles, and grain.
pub(super) fn pixels(seed: u64, width: usize, height: usize) -> Vec<u8> {
    let mut rng = Rng::new(seed);
    let layers = [
        (Layer::new(&mut rng, width, height, 512), 120),
        (Layer::new(&mut rng, width, height, 64), 60),
        (Layer::new(&mut rng, width, height, 8), 24),
    ];
    let mut out = Vec::with_capacity(width * height * 3);
    for y in 0..height {
        let rows: Vec<Vec<[i32; 3]>> = layers.iter().map(|(layer, _)| layer.row(y)).collect();
        let mut grain = 0;
        for x in 0..width {
            if x % 8 == 0 {
                grain = rng.u64();
            }
            // Two dice make the grain rounder than one, as a sensor's noise is.
            let noise = ((grain & 15) + ((grain >> 4) & 15)) as i32 - 15;
            grain >>= 8;
            let tile = if (x / 384 + y / 256) % 5 == 0 { 25 } else { 0 };
            for channel in 0..3 {
                let mut value = 20 + tile + noise;
                for ((layer, weight), row) in layers.iter().zip(&rows) {
                    value += layer.at(row, x)[channel] * weight / 255;
                }
                out.push(value.clamp(0, 255) as u8);
            }
        }
    }
    out
}

/// A coarse grid of colours, read with linear interpolation.
struct Layer {
    step: usize,
    columns: usize,
    grid: Vec<[i32; 3]>,
}

impl Layer {
    fn new(rng: &mut Rng, width: usize, height: usize, step: usize) -> Self {
        let columns = width / step + 2;
        let rows = height / step + 2;
        let grid = (0..columns * rows)
            .map(|_| {
                let bits = rng.u64();
                let light = (bits & 0xff) as i32;
                // The channels move mostly together: photos are more light than colour.
                std::array::from_fn(|c| (light * 3 + ((bits >> (8 * (c + 1))) & 0xff) as i32) / 4)
            })
            .collect();
        Self { step, columns, grid }
    }

    /// The grid at height `y`, interpolated vertically.
    fn row(&self, y: usize) -> Vec<[i32; 3]> {
        let (above, part) = (y / self.step, (y % self.step) as i32);
        let step = self.step as i32;
        (0..self.columns)
            .map(|x| {
                let a = self.grid[above * self.columns + x];
                let b = self.grid[(above + 1) * self.columns + x];
                std::array::from_fn(|c| (a[c] * (step - part) + b[c] * part) / step)
            })
            .collect()
    }

    fn at(&self, row: &[[i32; 3]], x: usize) -> [i32; 3] {
        let (left, part) = (x / self.step, (x % self.step) as i32);
        let step = self.step as i32;
        let (a, b) = (row[left], row[left + 1]);
        std::array::from_fn(|c| (a[c] * (step - part) + b[c] * part) / step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_decodes_to_its_size() {
        let bytes = jpeg(5, 321, 203, &ExifOptions::camera(5));
        let mut decoder = zune_jpeg::JpegDecoder::new(std::io::Cursor::new(&bytes));
        let pixels = decoder.decode().unwrap();
        assert_eq!(decoder.dimensions(), Some((321, 203)));
        assert_eq!(pixels.len(), 321 * 203 * 3);
    }

    #[test]
    fn it_weighs_what_a_photo_weighs_and_differs_by_seed() {
        let a = jpeg(1, 1200, 800, &ExifOptions::default());
        let share = a.len() as f64 / (1200.0 * 800.0);
        assert!((0.2..0.8).contains(&share), "{share} bytes a pixel");
        assert_eq!(a, jpeg(1, 1200, 800, &ExifOptions::default()));
        assert_ne!(a, jpeg(2, 1200, 800, &ExifOptions::default()));
    }
}
