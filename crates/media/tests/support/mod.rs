//! What the tests share: where the photos are, and a worker to look into them.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "test code of which every test binary uses a part"
)]

pub mod films;
pub mod told;

use std::io::Cursor;
use std::path::{Path, PathBuf};

use ourphoto_media::{Limits, Processed, SNIFF_LEN, Worker, sniff_named};

/// The folder with real photos, if this machine has it.
pub fn testdata() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/testdata");
    let folder = std::env::var_os("OURPHOTO_TESTDATA").map_or_else(beside, PathBuf::from);
    if folder.join("exif-samples").is_dir() {
        return Some(folder);
    }
    testkit::skipped("no test photos");
    None
}

/// All photos and sidecars below a folder, in order.
pub fn photos(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending = vec![folder.to_owned()];
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
            } else if ourphoto_media::Format::Unknown != sniff(&std::fs::read(&path).unwrap(), &path) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

pub fn sniff(content: &[u8], path: &Path) -> ourphoto_media::Format {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    sniff_named(&content[..content.len().min(SNIFF_LEN)], name.as_bytes())
}

pub fn worker(limits: Limits) -> Worker {
    Worker::new(PathBuf::from(env!("CARGO_BIN_EXE_media-worker-test")), Vec::new(), limits)
}

/// Looks into a file given as bytes; failing to do so fails the test.
pub fn process(worker: &Worker, content: &[u8], name: &str) -> Processed {
    let format = sniff(content, Path::new(name));
    worker.process(&mut Cursor::new(content), content.len() as u64, format, None).unwrap()
}

/// RGB of a JPEG, with width and height.
pub fn pixels(jpeg: &[u8]) -> (Vec<u8>, usize, usize) {
    let mut decoder = zune_jpeg::JpegDecoder::new(zune_jpeg::zune_core::bytestream::ZCursor::new(jpeg));
    let rgb = decoder.decode().unwrap();
    let (width, height) = decoder.dimensions().unwrap();
    assert_eq!(rgb.len(), width * height * 3);
    (rgb, width, height)
}

/// The mean colour of RGB samples.
pub fn mean(rgb: &[u8]) -> [f64; 3] {
    let count = (rgb.len() / 3) as f64;
    let sum = rgb.chunks_exact(3).fold([0u64; 3], |sum, p| {
        [sum[0] + u64::from(p[0]), sum[1] + u64::from(p[1]), sum[2] + u64::from(p[2])]
    });
    sum.map(|sum| sum as f64 / count)
}

/// A colourful picture that is alike nowhere.
pub fn painting(width: u32, height: u32) -> Vec<u8> {
    (0..width * height)
        .flat_map(|at| {
            let (x, y) = (at % width, at / width);
            [(x * 255 / width) as u8, (y * 255 / height) as u8, ((x ^ y) & 0xFF) as u8]
        })
        .collect()
}

/// A JPEG of a painting.
pub fn jpeg(width: u16, height: u16) -> Vec<u8> {
    let mut out = Vec::new();
    jpeg_encoder::Encoder::new(&mut out, 90)
        .encode(&painting(width.into(), height.into()), width, height, jpeg_encoder::ColorType::Rgb)
        .unwrap();
    out
}

/// Chance that is the same in every run.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides.max(1)
    }
}
