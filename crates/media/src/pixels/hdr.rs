//! Pictures of high dynamic range, PQ and HLG (ITU-R BT.2100), brought down to sRGB.
//!
//! A colour profile alone would show them nearly black. Diffuse white (203 cd/m², ITU-R BT.2408) becomes almost white,
//! what is brighter is compressed smoothly.

use crate::metadata::heif::Nclx;

/// Diffuse white in cd/m².
const WHITE: f32 = 203.0;
/// What is this many times brighter than diffuse white becomes full white.
const PEAK: f32 = 5.0;

/// RGB in eight bits, or `None` when the picture is not of high dynamic range.
pub(super) fn to_srgb(samples: &[u16], colour: Nclx) -> Option<Vec<u8>> {
    let curve: fn(f32) -> f32 = match colour.transfer {
        16 => pq,
        18 => hlg,
        _ => return None,
    };
    let linear: Vec<f32> = (0..=4096u16).map(|step| curve(f32::from(step) / 4096.0)).collect();
    let encoded: Vec<u8> =
        (0..=8192u16).map(|step| (srgb(f32::from(step) / 8192.0) * 255.0 + 0.5) as u8).collect();
    let lookup = |value: u16| {
        let at = f32::from(value) / 65_535.0 * 4096.0;
        let low = (at as usize).min(4095);
        linear[low] + (linear[low + 1] - linear[low]) * (at - low as f32)
    };
    let matrix = match colour.primaries {
        9 => BT2020_TO_709,
        11 | 12 => P3_TO_709,
        _ => [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    };
    let mut out = Vec::with_capacity(samples.len());
    for pixel in samples.chunks_exact(3) {
        let rgb = [lookup(pixel[0]), lookup(pixel[1]), lookup(pixel[2])];
        let mapped = matrix.map(|row| row[0] * rgb[0] + row[1] * rgb[1] + row[2] * rgb[2]);
        // One factor for all channels keeps the hue.
        let brightest = mapped[0].max(mapped[1]).max(mapped[2]).max(1e-6);
        let factor = compress(brightest) / brightest;
        out.extend(mapped.map(|value| encoded[((value * factor).clamp(0.0, 1.0) * 8192.0 + 0.5) as usize]));
    }
    Some(out)
}

/// Reinhard's operator with a white point, on light relative to diffuse white.
fn compress(light: f32) -> f32 {
    // Shadows and middle tones stay; the shoulder begins at half of diffuse white.
    const KNEE: f32 = 0.5;
    if light <= KNEE {
        return light;
    }
    let x = (light - KNEE) / (1.0 - KNEE);
    let peak = (PEAK - KNEE) / (1.0 - KNEE);
    KNEE + (1.0 - KNEE) * (x * (1.0 + x / (peak * peak)) / (1.0 + x)).min(1.0)
}

/// SMPTE ST 2084, light relative to diffuse white.
fn pq(value: f32) -> f32 {
    const M1: f32 = 0.159_301_76;
    const M2: f32 = 78.84375;
    const C1: f32 = 0.835_937_5;
    const C2: f32 = 18.851_563;
    const C3: f32 = 18.6875;
    let power = value.powf(1.0 / M2);
    ((power - C1).max(0.0) / (C2 - C3 * power)).powf(1.0 / M1) * 10_000.0 / WHITE
}

/// ARIB STD-B67 with a gamma of 1.2 on a display of 1000 cd/m².
fn hlg(value: f32) -> f32 {
    const A: f32 = 0.178_832_77;
    const B: f32 = 0.284_668_92;
    const C: f32 = 0.559_910_7;
    let scene = if value <= 0.5 { value * value / 3.0 } else { (((value - C) / A).exp() + B) / 12.0 };
    scene.powf(1.2) * 1_000.0 / WHITE
}

fn srgb(light: f32) -> f32 {
    if light <= 0.003_130_8 { light * 12.92 } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 }
}

const P3_TO_709: [[f32; 3]; 3] =
    [[1.224_94, -0.224_94, 0.0], [-0.042_057, 1.042_057, 0.0], [-0.019_638, -0.078_636, 1.098_274]];
const BT2020_TO_709: [[f32; 3]; 3] = [
    [1.660_491, -0.587_641, -0.072_85],
    [-0.124_55, 1.132_9, -0.008_349],
    [-0.018_151, -0.100_579, 1.118_73],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn diffuse_white_is_bright_and_grey_stays_grey() {
        let colour = Nclx { primaries: 12, transfer: 16, matrix: 0, full_range: true };
        // PQ of 203 cd/m² is 0.58.
        let white = (0.5807 * 65_535.0) as u16;
        let out = to_srgb(&[white, white, white, 0, 0, 0], colour).unwrap();
        assert!(out[0] > 215 && out[0].abs_diff(out[1]) <= 1 && out[1].abs_diff(out[2]) <= 1, "{out:?}");
        assert_eq!(out[3..], [0, 0, 0]);
        assert!(to_srgb(&[0, 0, 0], Nclx { transfer: 13, ..colour }).is_none());
    }
}
