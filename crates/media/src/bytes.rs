//! Random access to the bytes of one photo, wherever they are.
//!
//! Reading past the end gives fewer bytes, never an error: every parser of untrusted lengths is written against
//! "short read", and only the worker's own connection can fail (it then ends the process).

use std::borrow::Cow;
use std::io::{self, Read, Seek, SeekFrom};

/// Bytes by offset.
pub(crate) trait Bytes {
    /// How many there are.
    fn size(&self) -> u64;

    /// Up to `len` bytes from `offset`; fewer only at the end.
    fn read_at(&mut self, offset: u64, len: usize) -> Vec<u8>;

    /// Up to `len` bytes from the beginning, without a copy where they are in memory already.
    fn head(&mut self, len: usize) -> Cow<'_, [u8]> {
        Cow::Owned(self.read_at(0, len))
    }

    /// Exactly `N` bytes from `offset`.
    fn array<const N: usize>(&mut self, offset: u64) -> Option<[u8; N]>
    where
        Self: Sized,
    {
        self.read_at(offset, N).try_into().ok()
    }
}

impl Bytes for &[u8] {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&mut self, offset: u64, len: usize) -> Vec<u8> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(self.len());
        let end = start.saturating_add(len).min(self.len());
        self[start..end].to_vec()
    }

    fn head(&mut self, len: usize) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self[..len.min(self.len())])
    }
}

/// A window of another source, addressed from its own zero.
pub(crate) struct Window<'a, B: Bytes> {
    pub(crate) inner: &'a mut B,
    pub(crate) start: u64,
    pub(crate) len: u64,
}

impl<B: Bytes> Bytes for Window<'_, B> {
    fn size(&self) -> u64 {
        self.len.min(self.inner.size().saturating_sub(self.start))
    }

    fn read_at(&mut self, offset: u64, len: usize) -> Vec<u8> {
        let left = self.size().saturating_sub(offset);
        self.inner.read_at(self.start.saturating_add(offset), len.min(usize::try_from(left).unwrap_or(len)))
    }
}

/// `Read + Seek` over [`Bytes`], for decoders that want a file.
pub(crate) struct Cursor<'a, B: Bytes> {
    bytes: &'a mut B,
    position: u64,
}

impl<'a, B: Bytes> Cursor<'a, B> {
    pub(crate) fn new(bytes: &'a mut B) -> Self {
        Self { bytes, position: 0 }
    }
}

impl<B: Bytes> Read for Cursor<'_, B> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let data = self.bytes.read_at(self.position, buffer.len());
        buffer[..data.len()].copy_from_slice(&data);
        self.position += data.len() as u64;
        Ok(data.len())
    }
}

impl<B: Bytes> Seek for Cursor<'_, B> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(delta) => self.bytes.size().checked_add_signed(delta),
            SeekFrom::Current(delta) => self.position.checked_add_signed(delta),
        };
        self.position = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}
