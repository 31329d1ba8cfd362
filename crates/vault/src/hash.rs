//! Hashing while bytes go by, so that nothing is read twice to be named.

use std::io::{self, Read, Write};

use model::{Error, Result, Sha1, Sha256};
use sha2::Digest;

/// Bytes moved at a time: a chunk of the age format; enough to keep system calls rare, and in the processor's cache.
pub(crate) const BLOCK: usize = 64 * 1024;

/// What identifies content: its SHA-256, and the SHA-1 and size that clients ask by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ContentId {
    /// The identity.
    pub sha256: Sha256,
    /// For clients that ask by it; nothing rests on it.
    pub sha1: Sha1,
    /// Bytes.
    pub size: u64,
}

/// Computes a [`ContentId`] piece by piece.
#[derive(Clone, Default)]
pub struct ContentHasher {
    sha256: sha2::Sha256,
    sha1: sha1::Sha1,
    size: u64,
}

impl ContentHasher {
    /// Takes the next piece.
    pub fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        self.sha1.update(bytes);
        self.size += bytes.len() as u64;
    }

    /// The identity of all pieces.
    pub fn finish(self) -> ContentId {
        ContentId {
            sha256: Sha256(self.sha256.finalize().into()),
            sha1: Sha1(self.sha1.finalize().into()),
            size: self.size,
        }
    }
}

/// The identity of everything that `source` gives.
pub fn hash_content(source: &mut dyn Read) -> Result<ContentId> {
    let mut hasher = ContentHasher::default();
    each_block(source, |block| {
        hasher.update(block);
        Ok(())
    })?;
    Ok(hasher.finish())
}

/// The SHA-256 and size of everything that `source` gives.
pub fn hash_bytes(source: &mut dyn Read) -> Result<(Sha256, u64)> {
    let mut reader = HashingReader::new(source);
    each_block(&mut reader, |_| Ok(()))?;
    let (hash, size) = reader.finish();
    Ok((hash, size))
}

/// Gives all of `source` to `take`, block by block.
pub(crate) fn each_block(source: &mut dyn Read, mut take: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
    let mut buffer = vec![0; BLOCK];
    loop {
        let filled = match source.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(filled) => filled,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Error::io("could not read", error)),
        };
        take(&buffer[..filled])?;
    }
}

/// Passes bytes on to a writer and knows their SHA-256 and count.
pub struct HashingWriter<W> {
    inner: W,
    hasher: sha2::Sha256,
    size: u64,
}

impl<W: Write> HashingWriter<W> {
    /// Wraps `inner`.
    pub fn new(inner: W) -> Self {
        Self { inner, hasher: sha2::Sha256::new(), size: 0 }
    }

    /// How many bytes it was given.
    pub fn written(&self) -> u64 {
        self.size
    }

    /// The writer, and the hash and number of the bytes it was given.
    pub fn finish(self) -> (W, Sha256, u64) {
        (self.inner, Sha256(self.hasher.finalize().into()), self.size)
    }
}

impl<W: Write> Write for HashingWriter<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(buffer)?;
        self.hasher.update(&buffer[..written]);
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Passes bytes on from a reader and knows their SHA-256 and count.
pub struct HashingReader<R> {
    inner: R,
    hasher: sha2::Sha256,
    size: u64,
}

impl<R: Read> HashingReader<R> {
    /// Wraps `inner`.
    pub fn new(inner: R) -> Self {
        Self { inner, hasher: sha2::Sha256::new(), size: 0 }
    }

    /// The hash and number of the bytes that were read.
    pub fn finish(self) -> (Sha256, u64) {
        (Sha256(self.hasher.finalize().into()), self.size)
    }
}

impl<R: Read> Read for HashingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let filled = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..filled]);
        self.size += filled as u64;
        Ok(filled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_match_the_published_examples() {
        let id = hash_content(&mut &b"abc"[..]).unwrap();
        assert_eq!(id.sha256.to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(id.sha1.to_string(), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(id.size, 3);
    }
}
