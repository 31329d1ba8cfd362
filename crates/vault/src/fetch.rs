//! Bytes on their way from one store into another: nothing moves on that is not what its name promises.

use std::io::{Read, Write};

use model::{Error, Result, Sha256};

use crate::hash::{BLOCK, HashingWriter};
use crate::store::{Spool, Store, StorePath};

/// Which side failed.
#[derive(Debug)]
pub enum FetchError {
    /// What is to be copied cannot be read, or is not what it should be.
    Source(Error),
    /// The store that is copied to failed.
    Target(Error),
}

impl From<FetchError> for Error {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::Source(error) | FetchError::Target(error) => error,
        }
    }
}

/// Reads a file of `from` into a spool of `to`, if its bytes have the SHA-256 `promised`; gives the spool, closed, and
/// the number of bytes.
pub fn fetch(
    from: &dyn Store,
    to: &dyn Store,
    path: &StorePath,
    promised: &Sha256,
) -> Result<(Spool, u64), FetchError> {
    let unwritten = |error| FetchError::Target(Error::io("could not write it", error));
    let mut spool = to.spool().map_err(FetchError::Target)?;
    let mut source = from.open(path, 0).map_err(FetchError::Source)?;
    let mut out = HashingWriter::new(&mut spool);
    let mut buffer = vec![0; BLOCK];
    loop {
        let filled = match source.read(&mut buffer) {
            Ok(0) => break,
            Ok(filled) => filled,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(FetchError::Source(Error::io("could not read it", error))),
        };
        out.write_all(&buffer[..filled]).map_err(unwritten)?;
    }
    let (_, found, size) = out.finish();
    if found != *promised {
        return Err(FetchError::Source(Error::damaged("its bytes are not what they were")));
    }
    spool.flush().map_err(unwritten)?;
    spool.close();
    Ok((spool, size))
}
