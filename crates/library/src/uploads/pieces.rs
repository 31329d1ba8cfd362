//! What has arrived of one upload: a folder of encrypted pieces, each named by where it begins and how long it is.
//!
//! A piece is an age file for the space's key, synced and then named; so what is told as arrived survives a crash, and no
//! plain byte of a photo waits on the disk. Pieces that do not continue each other without a gap count for nothing.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use model::{Error, ErrorKind, Result, Sha1, Sha256};
use tempfile::{Builder, TempPath};
use vault::keys::{PublicKey, SecretKey};
use vault::{ContentHasher, decrypt, encrypt};

/// A piece is closed at this many bytes, so that a crash in the middle of a long request costs no more.
const PIECE: u64 = 64 << 20;
const EXTENSION: &str = "age";

/// What the bytes of one request must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksum {
    /// Their SHA-1.
    Sha1(Sha1),
    /// Their SHA-256.
    Sha256(Sha256),
}

/// What one request brought.
#[derive(Debug)]
pub(super) struct Taken {
    /// Bytes that are safe now.
    pub(super) bytes: u64,
    /// Why there are no more, if the source did not end by itself.
    pub(super) broken: Option<Error>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Piece {
    start: u64,
    len: u64,
}

impl Piece {
    fn name(self) -> String {
        format!("{:016x}-{:x}.{EXTENSION}", self.start, self.len)
    }

    fn parse(name: &str) -> Option<Self> {
        let (start, len) = name.strip_suffix(".age")?.split_once('-')?;
        let number = |text| u64::from_str_radix(text, 16).ok();
        Some(Self { start: number(start)?, len: number(len)? })
    }
}

/// The pieces of one upload.
#[derive(Clone, Debug)]
pub(super) struct Pieces {
    folder: PathBuf,
}

impl Pieces {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Makes the folder.
    pub(super) fn create(&self) -> Result<()> {
        fs::create_dir_all(&self.folder).map_err(|error| failed("begun", error))
    }

    /// How many bytes are there, from the first on without a gap.
    pub(super) fn len(&self) -> Result<u64> {
        Ok(self.list()?.last().map_or(0, |last| last.start + last.len))
    }

    /// Takes what `source` gives, up to `limit` bytes from `start` on. What arrived before the source broke is kept,
    /// unless there is a checksum, which can only be that of all.
    ///
    /// # Errors
    /// `Conflict` where another request is writing, or `start` is not where the pieces end; `Invalid` with the code
    /// `checksum-differs`; what the disk says.
    pub(super) fn take(
        &self,
        key: &PublicKey,
        start: u64,
        limit: u64,
        checksum: Option<Checksum>,
        source: &mut dyn Read,
    ) -> Result<Taken> {
        let lock = File::open(&self.folder).map_err(|error| failed("continued", error))?;
        if lock.try_lock().is_err() {
            return Err(Error::conflict("another request is continuing this upload").with_code("upload-busy"));
        }
        let there = self.len()?;
        if start != there {
            return Err(Error::conflict(format!("the upload goes on at byte {there}, not at {start}"))
                .with_code("wrong-offset"));
        }
        let mut hasher = checksum.map(|_| ContentHasher::default());
        let mut waiting: Vec<(TempPath, Piece)> = Vec::new();
        let mut taken = Taken { bytes: 0, broken: None };
        while taken.bytes < limit && taken.broken.is_none() {
            let start = start + taken.bytes;
            let most = PIECE.min(limit - taken.bytes);
            let (path, len, broken) = self.write(key, source, most, hasher.as_mut())?;
            taken.broken = broken;
            if len > 0 {
                taken.bytes += len;
                waiting.push((path, Piece { start, len }));
            }
            if hasher.is_none() {
                self.keep(&mut waiting)?;
            }
            if len < most {
                break;
            }
        }
        if let (Some(checksum), Some(hasher)) = (checksum, hasher) {
            if taken.broken.is_some() {
                // Nothing of it can be checked, so nothing of it is kept.
                return Ok(Taken { bytes: 0, broken: taken.broken });
            }
            let found = hasher.finish();
            let same = match checksum {
                Checksum::Sha1(expected) => found.sha1 == expected,
                Checksum::Sha256(expected) => found.sha256 == expected,
            };
            if !same {
                return Err(Error::invalid(
                    "the bytes that arrived are not those of the checksum; send them again",
                )
                .with_code("checksum-differs"));
            }
            self.keep(&mut waiting)?;
        }
        Ok(taken)
    }

    /// Writes up to `most` bytes into a file that has no name yet.
    fn write(
        &self,
        key: &PublicKey,
        source: &mut dyn Read,
        most: u64,
        mut hasher: Option<&mut ContentHasher>,
    ) -> Result<(TempPath, u64, Option<Error>)> {
        let full = |error| failed("written", error);
        let file = Builder::new().prefix("part-").tempfile_in(&self.folder).map_err(full)?;
        let (file, path) = file.into_parts();
        let mut out = encrypt(std::slice::from_ref(key), BufWriter::new(file))?;
        let mut buffer = vec![0; 64 * 1024];
        let mut len = 0;
        let mut broken = None;
        while len < most {
            let wanted = buffer.len().min(usize::try_from(most - len).unwrap_or(usize::MAX));
            match source.read(&mut buffer[..wanted]) {
                Ok(0) => break,
                Ok(filled) => {
                    out.write_all(&buffer[..filled]).map_err(full)?;
                    if let Some(hasher) = &mut hasher {
                        hasher.update(&buffer[..filled]);
                    }
                    len += filled as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    broken = Some(Error::io("the upload was broken off", error));
                    break;
                }
            }
        }
        let file = out.finish()?.into_inner().map_err(|error| full(error.into_error()))?;
        if len > 0 {
            file.sync_data().map_err(full)?;
        }
        Ok((path, len, broken))
    }

    /// Gives pieces their names; from here on they have arrived.
    fn keep(&self, waiting: &mut Vec<(TempPath, Piece)>) -> Result<()> {
        if waiting.is_empty() {
            return Ok(());
        }
        for (path, piece) in waiting.drain(..) {
            path.persist_noclobber(self.folder.join(piece.name()))
                .map_err(|error| failed("kept", error.error))?;
        }
        File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(|error| failed("kept", error))
    }

    /// The pieces that continue each other, in order.
    fn list(&self) -> Result<Vec<Piece>> {
        let unreadable = |error| failed("read", error);
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(unreadable)? {
            let name = entry.map_err(unreadable)?.file_name();
            found.extend(name.to_str().and_then(Piece::parse));
        }
        found.sort_unstable();
        let mut end = 0;
        found.retain(|piece| {
            let continues = piece.start == end && piece.len > 0;
            if continues {
                end += piece.len;
            }
            continues
        });
        Ok(found)
    }

    /// The plain bytes of all pieces.
    pub(super) fn read(&self, key: SecretKey) -> Result<Box<dyn Read + Send>> {
        let pieces = self.list()?.into_iter();
        let paths: Vec<PathBuf> = pieces.map(|piece| self.folder.join(piece.name())).collect();
        Ok(Box::new(Chain { key, left: paths.into_iter(), open: None }))
    }

    /// Removes all of it.
    pub(super) fn remove(&self) -> Result<()> {
        remove(&self.folder)
    }
}

/// Removes the folder of an upload, if it is there.
pub(super) fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("removed", error)),
        _ => Ok(()),
    }
}

fn failed(what: &str, error: io::Error) -> Error {
    let error = Error::io(format!("the upload could not be {what}"), error);
    match error.kind() {
        // Its folder is gone or stands in the way: nothing that the sender could know of.
        ErrorKind::NotFound | ErrorKind::Conflict => Error::internal("an upload's folder").with_source(error),
        _ => error,
    }
}

/// One piece after the other, each opened when the one before is read.
struct Chain {
    key: SecretKey,
    left: std::vec::IntoIter<PathBuf>,
    open: Option<Box<dyn Read + Send>>,
}

impl Read for Chain {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(open) = &mut self.open {
                let filled = open.read(buffer)?;
                if filled > 0 || buffer.is_empty() {
                    return Ok(filled);
                }
            }
            let Some(next) = self.left.next() else { return Ok(0) };
            self.open = Some(Box::new(decrypt(&self.key, File::open(next)?)?));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Gives some bytes and then breaks.
    struct Breaks<'a>(&'a [u8]);

    impl Read for Breaks<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.read(buffer)? {
                0 => Err(io::ErrorKind::ConnectionReset.into()),
                filled => Ok(filled),
            }
        }
    }

    fn scene() -> (tempfile::TempDir, Pieces, SecretKey) {
        let dir = tempfile::tempdir().unwrap();
        let pieces = Pieces::new(dir.path().join("one"));
        pieces.create().unwrap();
        (dir, pieces, SecretKey::generate())
    }

    fn all(pieces: &Pieces, key: &SecretKey) -> Vec<u8> {
        let mut bytes = Vec::new();
        pieces.read(key.clone()).unwrap().read_to_end(&mut bytes).unwrap();
        bytes
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn however_it_is_cut_the_bytes_are_those_that_were_sent(
            cuts in prop::collection::vec((1_usize..200_000, any::<bool>()), 1..8)
        ) {
            let (_dir, pieces, key) = scene();
            let total: usize = cuts.iter().map(|(len, _)| len).sum();
            let sent: Vec<u8> = (0..total).map(|at| (at / 7 % 251) as u8).collect();
            let mut at = 0;
            for (len, breaks) in cuts {
                let part = &sent[at..at + len];
                let limit = (total - at) as u64;
                let taken = if breaks {
                    pieces.take(&key.public(), at as u64, limit, None, &mut Breaks(part)).unwrap()
                } else {
                    pieces.take(&key.public(), at as u64, limit, None, &mut &*part).unwrap()
                };
                prop_assert_eq!(taken.bytes, len as u64);
                at += len;
                // What filled it to the last byte cannot be seen to break.
                prop_assert_eq!(taken.broken.is_some(), breaks && at < total);
                prop_assert_eq!(pieces.len().unwrap(), at as u64);
            }
            prop_assert_eq!(all(&pieces, &key), sent);
        }
    }

    #[test]
    fn a_wrong_checksum_or_a_broken_request_that_has_one_leaves_nothing() {
        let (_dir, pieces, key) = scene();
        let (right, _) = vault::hash_bytes(&mut &b"0123456789"[..]).unwrap();
        let sum = Some(Checksum::Sha256(right));
        let refused = pieces.take(&key.public(), 0, 100, sum, &mut &b"012345678X"[..]).unwrap_err();
        assert_eq!(refused.code(), Some("checksum-differs"));
        let broken = pieces.take(&key.public(), 0, 100, sum, &mut Breaks(b"0123456789")).unwrap();
        assert!(broken.bytes == 0 && broken.broken.is_some());
        assert_eq!(pieces.len().unwrap(), 0);
        assert_eq!(pieces.take(&key.public(), 0, 100, sum, &mut &b"0123456789"[..]).unwrap().bytes, 10);
        assert_eq!(all(&pieces, &key), b"0123456789");
        assert_eq!(fs::read_dir(&pieces.folder).unwrap().count(), 1, "nothing unfinished lies about");
    }

    #[test]
    fn it_goes_on_only_where_it_ended_and_leftovers_and_gaps_count_for_nothing() {
        let (_dir, pieces, key) = scene();
        pieces.take(&key.public(), 0, 100, None, &mut &b"01234"[..]).unwrap();
        for wrong in [0, 4, 6] {
            let refused = pieces.take(&key.public(), wrong, 100, None, &mut &b"x"[..]).unwrap_err();
            assert_eq!(refused.code(), Some("wrong-offset"), "{wrong}");
        }
        fs::write(pieces.folder.join("part-x"), b"half").unwrap();
        fs::write(pieces.folder.join(Piece { start: 9, len: 3 }.name()), b"gap").unwrap();
        assert_eq!(pieces.len().unwrap(), 5);
        pieces.take(&key.public(), 5, 2, None, &mut &b"5678"[..]).unwrap();
        assert_eq!(all(&pieces, &key), b"0123456");
    }

    #[test]
    fn no_plain_byte_is_on_the_disk() {
        let (_dir, pieces, key) = scene();
        pieces.take(&key.public(), 0, 100, None, &mut &b"a secret photograph"[..]).unwrap();
        for entry in fs::read_dir(&pieces.folder).unwrap() {
            let bytes = fs::read(entry.unwrap().path()).unwrap();
            assert!(!bytes.windows(6).any(|window| window == b"secret"));
        }
    }
}
