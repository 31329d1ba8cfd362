//! Films made by ffmpeg for a test, and a source that is larger than any disk.
#![allow(
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    reason = "test code of which every test binary uses a part"
)]

use std::io::{Read, Result, Seek, SeekFrom};
use std::path::Path;
use std::process::Command;

/// Red and green over blue and yellow, ten pictures a second for two seconds.
pub const CORNERS: &str = "color=red:s=320x180:r=10:d=2[a];color=lime:s=320x180:r=10:d=2[b];\
                           color=blue:s=320x180:r=10:d=2[c];color=yellow:s=320x180:r=10:d=2[d];\
                           [a][b]hstack[e];[c][d]hstack[f];[e][f]vstack";

/// Whether this machine's ffmpeg has all of these encoders; where not, the test is skipped.
pub fn can_encode(encoders: &[&str]) -> bool {
    let listed = Command::new("ffmpeg").args(["-hide_banner", "-encoders"]).output();
    let Ok(listed) = listed else {
        testkit::skipped("ffmpeg is not installed");
        return false;
    };
    let listed = String::from_utf8_lossy(&listed.stdout);
    let missing = encoders.iter().find(|name| !listed.split_whitespace().any(|word| word == **name));
    if let Some(name) = missing {
        testkit::skipped(&format!("this ffmpeg cannot write {name}"));
    }
    missing.is_none()
}

/// A film of what the filter graph `picture` shows; `name` tells the container, `how` the encoder and its options.
pub fn film(picture: &str, name: &str, how: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    let made = Command::new("ffmpeg")
        .args(["-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", picture])
        .args(how.split_whitespace())
        .arg(&path)
        .output()
        .unwrap();
    assert!(made.status.success(), "{how}: {}", String::from_utf8_lossy(&made.stderr));
    std::fs::read(path).unwrap()
}

/// The same film with another matrix in its first track header, in whole numbers.
pub fn with_matrix(film: &[u8], [a, b, c, d]: [i32; 4]) -> Vec<u8> {
    let mut film = film.to_vec();
    let at = find(&film, b"tkhd") + 44;
    let one = 0x1_0000;
    let matrix = [a * one, b * one, 0, c * one, d * one, 0, 0, 0, 0x4000_0000];
    for (index, value) in matrix.iter().enumerate() {
        film[at + index * 4..at + index * 4 + 4].copy_from_slice(&value.to_be_bytes());
    }
    film
}

/// Where these bytes are first.
pub fn find(film: &[u8], what: &[u8]) -> usize {
    film.windows(what.len()).position(|window| window == what).unwrap()
}

/// The words that ISO/IEC 14496-12 has for a box.
pub fn boxed(kind: [u8; 4], body: &[u8]) -> Vec<u8> {
    [&(body.len() as u32 + 8).to_be_bytes()[..], &kind, body].concat()
}

/// A head and a tail with nothing between them, and how much of it was read.
pub struct Sparse {
    at: u64,
    pub read: u64,
    pub size: u64,
    pub head: Vec<u8>,
    pub tail: Vec<u8>,
}

impl Sparse {
    pub fn new(size: u64, head: Vec<u8>, tail: Vec<u8>) -> Self {
        Self { at: 0, read: 0, size, head, tail }
    }
}

impl Read for Sparse {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        buffer.fill(0);
        let tail_at = self.size - self.tail.len() as u64;
        for (index, byte) in buffer.iter_mut().enumerate() {
            let at = self.at + index as u64;
            if at < self.head.len() as u64 {
                *byte = self.head[at as usize];
            } else if at >= tail_at {
                *byte = self.tail[(at - tail_at) as usize];
            }
        }
        self.at += buffer.len() as u64;
        self.read += buffer.len() as u64;
        Ok(buffer.len())
    }
}

impl Seek for Sparse {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        if let SeekFrom::Start(at) = to {
            self.at = at;
        }
        Ok(self.at)
    }
}

/// Real films below a folder.
pub fn films_below(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    let mut pending = vec![folder.to_owned()];
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
            if path.is_dir() {
                pending.push(path);
            } else if ["mov", "mp4", "m4v"].iter().any(|film| extension == *film) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
