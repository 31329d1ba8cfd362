//! The age v1 format: the only encryption that touches photos, keys and catalog snapshots.

use std::io::{self, BufReader, Read, Write};

use age::stream::{StreamReader, StreamWriter};
use model::{Error, Result};

use crate::keys::{PublicKey, SecretKey};

/// Enough for an age header. Its chunks are larger, and are not copied once more on their way.
pub(crate) const SMALL: usize = 4 * 1024;

/// Encrypts what is written to it; [`Encrypting::finish`] must be called, or the file stays truncated.
pub struct Encrypting<W: Write>(StreamWriter<W>);

impl<W: Write> Encrypting<W> {
    /// Writes the last chunk and gives the writer back.
    pub fn finish(self) -> Result<W> {
        self.0.finish().map_err(|error| Error::io("could not write the encrypted file", error))
    }
}

impl<W: Write> Write for Encrypting<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.0.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Starts an age file for `recipients` on `out`.
pub fn encrypt<W: Write>(recipients: &[PublicKey], out: W) -> Result<Encrypting<W>> {
    let recipients = recipients.iter().map(|key| &key.0 as &dyn age::Recipient);
    let encryptor = age::Encryptor::with_recipients(recipients)
        .map_err(|error| Error::internal("could not start encryption").with_source(error))?;
    let writer =
        encryptor.wrap_output(out).map_err(|error| Error::io("could not write the encrypted file", error))?;
    Ok(Encrypting(writer))
}

/// Opens an age file with one key. What comes out is authentic, chunk by chunk; the end is authenticated too.
///
/// # Errors
/// `Forbidden` if the file was not encrypted to `key`; `Damaged` if its header is not what was written.
pub fn decrypt<R: Read>(key: &SecretKey, source: R) -> Result<StreamReader<BufReader<R>>> {
    let decryptor = age::Decryptor::new_buffered(BufReader::with_capacity(SMALL, source)).map_err(refused)?;
    decryptor.decrypt(std::iter::once(&key.0 as &dyn age::Identity)).map_err(refused)
}

/// What a failed decryption means to us.
pub(crate) fn refused(error: age::DecryptError) -> Error {
    match error {
        age::DecryptError::NoMatchingKeys => {
            Error::new(model::ErrorKind::Forbidden, "this key does not open the file").with_source(error)
        }
        age::DecryptError::Io(error) => Error::io("could not read the encrypted file", error),
        other => Error::damaged("the encrypted file is damaged").with_source(other),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Seek, SeekFrom};

    use proptest::prelude::*;

    use super::*;

    fn sealed(key: &SecretKey, bytes: &[u8]) -> Vec<u8> {
        let mut writer = encrypt(&[key.public()], Vec::new()).unwrap();
        writer.write_all(bytes).unwrap();
        writer.finish().unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn any_range_reads_back_what_was_written(
            length in 0_usize..200_000, seed: u8, ranges in prop::collection::vec((0.0..1.0_f64, 0_usize..70_000), 1..8)
        ) {
            let bytes: Vec<u8> = (0..length).map(|i| (i as u8).wrapping_mul(31) ^ seed ^ (i >> 8) as u8).collect();
            let key = SecretKey::generate();
            let mut reader = decrypt(&key, Cursor::new(sealed(&key, &bytes))).unwrap();
            for (at, len) in ranges {
                let start = (at * length as f64) as usize;
                reader.seek(SeekFrom::Start(start as u64)).unwrap();
                let mut got = Vec::new();
                (&mut reader).take(len as u64).read_to_end(&mut got).unwrap();
                prop_assert_eq!(&got[..], &bytes[start..(start + len).min(length)]);
            }
        }

        #[test]
        fn any_flipped_bit_is_noticed(length in 1_usize..100_000, at in 0.0..1.0_f64, bit in 0_u8..8) {
            let bytes = vec![7_u8; length];
            let key = SecretKey::generate();
            let mut file = sealed(&key, &bytes);
            let position = (at * file.len() as f64) as usize;
            file[position] ^= 1 << bit;
            let outcome = decrypt(&key, &file[..]).and_then(|mut reader| {
                let mut got = Vec::new();
                reader.read_to_end(&mut got).map_err(|error| Error::io("read", error))
            });
            prop_assert!(outcome.is_err());
        }
    }

    #[test]
    fn sizes_at_chunk_borders_seek_and_read() {
        let key = SecretKey::generate();
        for length in [0, 1, 65_535, 65_536, 65_537, 131_072, 131_073] {
            let bytes = vec![3_u8; length];
            let mut reader = decrypt(&key, Cursor::new(sealed(&key, &bytes))).unwrap();
            assert_eq!(reader.seek(SeekFrom::End(0)).unwrap(), length as u64);
            reader.seek(SeekFrom::Start(0)).unwrap();
            let mut got = Vec::new();
            reader.read_to_end(&mut got).unwrap();
            assert_eq!(got, bytes);
        }
    }

    #[test]
    fn a_truncated_file_is_noticed_and_another_key_is_refused() {
        let key = SecretKey::generate();
        let file = sealed(&key, &vec![1; 200_000]);
        for cut in [file.len() - 1, 65_536 * 2, 300, 10, 0] {
            let outcome = decrypt(&key, &file[..cut]).and_then(|mut reader| {
                io::copy(&mut reader, &mut io::sink()).map_err(|error| Error::io("read", error))
            });
            assert_eq!(outcome.unwrap_err().kind(), model::ErrorKind::Damaged, "cut at {cut}");
        }
        let Err(error) = decrypt(&SecretKey::generate(), &file[..]) else {
            panic!("opened with a wrong key")
        };
        assert_eq!(error.kind(), model::ErrorKind::Forbidden);
    }
}
