//! From luma and colour difference to RGB (ITU-T H.273 section 8.3).

use crate::metadata::heif::Nclx;

/// Planes of samples, each row without padding.
pub(super) struct Planes {
    pub(super) width: usize,
    pub(super) height: usize,
    /// 8, 10 or 12.
    pub(super) depth: u32,
    pub(super) luma: Vec<u16>,
    /// Blue and red difference; none for grey pictures.
    pub(super) chroma: Option<[Vec<u16>; 2]>,
    /// By how many bits the chroma planes are narrower and lower.
    pub(super) shift: (u32, u32),
    pub(super) colour: Nclx,
}

impl Planes {
    /// Luma as opacity, 0 to 255.
    pub(super) fn opacity(&self) -> Vec<u8> {
        let (offset, scale) = if self.colour.full_range { (0.0, 1.0) } else { (16.0 / 255.0, 255.0 / 219.0) };
        let max = ((1u32 << self.depth) - 1) as f32;
        self.luma.iter().map(|y| ((f32::from(*y) / max - offset) * scale * 255.0).round() as u8).collect()
    }

    /// Interleaved RGB in 16 bits.
    pub(super) fn rgb16(&self) -> Vec<u16> {
        let mut out = Vec::with_capacity(self.width * self.height * 3);
        let unit = (1u32 << (self.depth - 8)) as f32;
        let max = ((1u32 << self.depth) - 1) as f32;
        let (y_offset, y_range, c_range) =
            if self.colour.full_range { (0.0, max, max) } else { (16.0 * unit, 219.0 * unit, 224.0 * unit) };
        let middle = (1u32 << (self.depth - 1)) as f32;
        let (kr, kb) = match self.colour.matrix {
            1 => (0.2126, 0.0722),
            4 => (0.30, 0.11),
            7 => (0.212, 0.087),
            9 | 10 => (0.2627, 0.0593),
            _ => (0.299, 0.114),
        };
        let kg = 1.0 - kr - kb;
        let store = |value: f32| (value.clamp(0.0, 1.0) * 65535.0 + 0.5) as u16;
        let chroma_width = self.width.div_ceil(1 << self.shift.0);
        for row in 0..self.height {
            let chroma_row = (row >> self.shift.1) * chroma_width;
            for column in 0..self.width {
                let y = (f32::from(self.luma[row * self.width + column]) - y_offset) / y_range;
                let Some([blue, red]) = &self.chroma else {
                    out.extend([store(y); 3]);
                    continue;
                };
                let at = chroma_row + (column >> self.shift.0);
                if self.colour.matrix == 0 {
                    // Identity: the planes are green, blue and red.
                    let plane = |value: u16| store((f32::from(value) - y_offset) / y_range);
                    out.extend([plane(red[at]), store(y), plane(blue[at])]);
                    continue;
                }
                let cb = (f32::from(blue[at]) - middle) / c_range;
                let cr = (f32::from(red[at]) - middle) / c_range;
                let r = y + 2.0 * (1.0 - kr) * cr;
                let b = y + 2.0 * (1.0 - kb) * cb;
                out.extend([store(r), store((y - kr * r - kb * b) / kg), store(b)]);
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_black_and_red_come_out_as_such_in_limited_range() {
        let colour = Nclx { primaries: 1, transfer: 13, matrix: 1, full_range: false };
        let planes = Planes {
            width: 3,
            height: 1,
            depth: 8,
            luma: vec![235, 16, 63],
            chroma: Some([vec![128, 128, 102], vec![128, 128, 240]]),
            shift: (0, 0),
            colour,
        };
        let rgb: Vec<u8> = planes.rgb16().iter().map(|value| (value >> 8) as u8).collect();
        assert_eq!(rgb[..6], [255, 255, 255, 0, 0, 0]);
        assert!(rgb[6] > 250 && rgb[7] < 5 && rgb[8] < 5, "{rgb:?}");
    }
}
