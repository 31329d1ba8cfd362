//! Files on their way into a store: complete and named only when their last byte is known.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use model::{Error, Result};
use tempfile::{SpooledTempFile, TempPath};

/// Up to here a temporary spool stays in memory.
const IN_MEMORY: usize = 8 * 1024 * 1024;

/// A file being written; gone when dropped before it is stored.
pub struct Spool(Kind);

enum Kind {
    /// A file inside a local store's `tmp/`; open while it is being written.
    Local { path: TempPath, file: Option<File> },
    /// Memory, or a nameless file of the system when it grows.
    Temporary(SpooledTempFile),
}

impl Spool {
    /// A file of no store: in memory while it is small, else nameless on disk.
    pub fn temporary() -> Self {
        Self(Kind::Temporary(SpooledTempFile::new(IN_MEMORY)))
    }

    pub(super) fn local(path: PathBuf) -> Result<Self> {
        let failed = |error| Error::io("could not make a temporary file in the store", error);
        let file = File::create_new(&path).map_err(failed)?;
        let path = TempPath::try_from_path(path).map_err(failed)?;
        Ok(Self(Kind::Local { path, file: Some(file) }))
    }

    /// Ends writing: lets go of the file handle, so that many spools can wait to be stored together.
    pub fn close(&mut self) {
        if let Kind::Local { file, .. } = &mut self.0
            && let Some(file) = file.take()
        {
            super::begin_writing_back(&file);
        }
    }

    /// The file inside the local store that made this spool.
    pub(super) fn local_path(&self) -> Option<&Path> {
        match &self.0 {
            Kind::Local { path, .. } => Some(path),
            Kind::Temporary(_) => None,
        }
    }

    /// The file has been renamed and is no longer ours to remove.
    pub(super) fn published(self) {
        if let Kind::Local { path, .. } = self.0 {
            let _ = path.keep();
        }
    }

    /// Bytes that were written.
    pub fn size(&mut self) -> Result<u64> {
        let failed = |error| Error::io("could not look at a temporary file", error);
        match &mut self.0 {
            Kind::Local { path, .. } => Ok(std::fs::metadata(path).map_err(failed)?.len()),
            Kind::Temporary(file) => file.seek(io::SeekFrom::End(0)).map_err(failed),
        }
    }

    /// Reads the spool from its start.
    pub fn reader(&mut self) -> Result<Box<dyn Read + Send + '_>> {
        let failed = |error| Error::io("could not read a temporary file back", error);
        match &mut self.0 {
            Kind::Local { path, .. } => Ok(Box::new(File::open(path).map_err(failed)?)),
            Kind::Temporary(file) => {
                file.rewind().map_err(failed)?;
                Ok(Box::new(file))
            }
        }
    }
}

impl Write for Spool {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match &mut self.0 {
            Kind::Local { file: Some(file), .. } => file.write(buffer),
            Kind::Local { file: None, .. } => Err(io::Error::other("the spool is closed")),
            Kind::Temporary(file) => file.write(buffer),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.0 {
            Kind::Temporary(file) => file.flush(),
            Kind::Local { .. } => Ok(()),
        }
    }
}
