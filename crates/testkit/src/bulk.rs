//! Photos by the thousand: quick to make, true in size, every one different.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use crate::photos::{ExifOptions, MovOptions, jpeg, mov_head, with_exif};
use crate::{Rng, bytes};

/// Files to a folder, as a card or a shoot would have them.
const FOLDER: u64 = 500;
/// From this size on a file is a movie, written in pieces.
const MOVIE: u64 = 64 << 20;

/// Makes files of a given size.
#[derive(Clone, Debug)]
pub struct Bulk {
    seed: u64,
    size: u64,
    picture: Vec<u8>,
}

impl Bulk {
    /// Files of `size` bytes each that follow from `seed`.
    pub fn new(seed: u64, size: u64) -> Self {
        Self { seed, size, picture: jpeg(seed, 32, 24, &ExifOptions::default()) }
    }

    /// Writes `files` files below `dir`, 500 to a folder, each with a modification time of its own.
    pub fn write(&self, dir: &Path, files: u64) -> io::Result<()> {
        for index in 0..files {
            let path = dir.join(self.name(index));
            if index % FOLDER == 0 {
                fs::create_dir_all(path.parent().unwrap_or(dir))?;
            }
            let mut file = File::create(&path)?;
            if self.size >= MOVIE {
                self.movie(index, &mut file)?;
            } else {
                file.write_all(&self.photo(index))?;
            }
            // Set once everything is written: a later write would move it.
            let nanoseconds = 1_600_000_000_000_000_000 + index * 1_000_000_007;
            file.set_modified(UNIX_EPOCH + Duration::from_nanos(nanoseconds))?;
        }
        Ok(())
    }

    /// Where the `index`th file goes, relative to the folder.
    pub fn name(&self, index: u64) -> PathBuf {
        let extension = if self.size >= MOVIE { "MOV" } else { "JPG" };
        PathBuf::from(format!("shoot-{:04}/IMG_{index:06}.{extension}", index / FOLDER))
    }

    /// The `index`th photo: a small picture with its own EXIF, filled up behind its end with random bytes, as phones
    /// do with motion photos. Sizes too small for a picture give random bytes alone.
    pub fn photo(&self, index: u64) -> Vec<u8> {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let mut rng = Rng::for_item(self.seed, index);
        let mut photo = with_exif(&self.picture, &ExifOptions::camera(rng.u64()));
        if photo.len() > size {
            return bytes(rng.u64(), size);
        }
        let start = photo.len();
        photo.resize(size, 0);
        rng.fill(&mut photo[start..]);
        photo
    }

    fn movie(&self, index: u64, out: &mut impl Write) -> io::Result<()> {
        let head = mov_head(&MovOptions::default(), 0).len() as u64;
        let mut left = self.size - head;
        let mut out = BufWriter::new(out);
        out.write_all(&mov_head(&MovOptions::default(), left))?;
        let mut rng = Rng::for_item(self.seed, index);
        let mut piece = vec![0; 1 << 20];
        while left > 0 {
            let length = piece.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            rng.fill(&mut piece[..length]);
            out.write_all(&piece[..length])?;
            left -= length as u64;
        }
        out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_have_the_size_asked_for_and_differ() {
        let dir = tempfile::tempdir().unwrap();
        let bulk = Bulk::new(1, 50_000);
        bulk.write(dir.path(), 3).unwrap();
        let files: Vec<_> = (0..3).map(|i| fs::read(dir.path().join(bulk.name(i))).unwrap()).collect();
        assert!(files.iter().all(|f| f.len() == 50_000 && f.starts_with(b"\xff\xd8\xff\xe1")));
        assert_ne!(files[0][40_000..], files[1][40_000..]);
    }

    #[test]
    fn a_tiny_size_is_kept_too() {
        assert_eq!(Bulk::new(1, 10).photo(0).len(), 10);
    }

    #[test]
    fn a_large_file_is_a_movie_of_that_size() {
        let dir = tempfile::tempdir().unwrap();
        let bulk = Bulk::new(1, MOVIE + 3);
        bulk.write(dir.path(), 1).unwrap();
        assert_eq!(fs::metadata(dir.path().join(bulk.name(0))).unwrap().len(), MOVIE + 3);
    }
}
