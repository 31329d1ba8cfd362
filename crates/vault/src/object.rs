//! Objects: one encrypted file for each distinct content of a space (docs/format.md, "Objects").

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::Arc;

use age::stream::StreamReader;
use model::{Error, Result, Sha256};

use crate::crypt::{SMALL, decrypt, encrypt};
use crate::hash::{ContentHasher, ContentId, HashingWriter, each_block, hash_bytes};
use crate::keys::{PublicKey, SecretKey};
use crate::store::{Store, StorePath};

/// What sealing made: the object's name and size, and the identity of what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// SHA-256 of the encrypted bytes: the object's name.
    pub hash: Sha256,
    /// Encrypted bytes.
    pub size: u64,
    /// The content inside.
    pub content: ContentId,
}

/// Encrypts all of `source` for `key` onto `out`; gives the name and size of the object, in constant memory.
pub fn encrypt_object(key: &PublicKey, source: &mut dyn Read, out: &mut dyn Write) -> Result<(Sha256, u64)> {
    seal(key, source, out, |_| ())
}

/// As [`encrypt_object`], for content whose identity is not known yet: one pass tells both.
pub fn seal_object(key: &PublicKey, source: &mut dyn Read, out: &mut dyn Write) -> Result<Sealed> {
    let mut content = ContentHasher::default();
    let (hash, size) = seal(key, source, out, |block| content.update(block))?;
    Ok(Sealed { hash, size, content: content.finish() })
}

fn seal(
    key: &PublicKey,
    source: &mut dyn Read,
    out: &mut dyn Write,
    mut see: impl FnMut(&[u8]),
) -> Result<(Sha256, u64)> {
    // Gathers the header; chunks of age are larger and pass it by.
    let buffered = io::BufWriter::with_capacity(SMALL, out);
    let mut writer = encrypt(std::slice::from_ref(key), HashingWriter::new(buffered))?;
    each_block(source, |block| {
        see(block);
        writer.write_all(block).map_err(|error| Error::io("could not write the object", error))
    })?;
    let (mut out, hash, size) = writer.finish()?.finish();
    out.flush().map_err(|error| Error::io("could not write the object", error))?;
    Ok((hash, size))
}

/// Reads the plain bytes of an object; seeks in steps of 64 KiB, so a range costs no more than itself.
pub type ObjectReader = StreamReader<io::BufReader<StoredFile>>;

/// Opens the object `hash` of `size` encrypted bytes.
pub fn open_object(
    store: &Arc<dyn Store>,
    hash: &Sha256,
    size: u64,
    key: &SecretKey,
) -> Result<ObjectReader> {
    decrypt(key, StoredFile::new(Arc::clone(store), StorePath::object(hash), size))
}

/// Re-reads the object in `store` and compares it with its name. Needs no key.
///
/// # Errors
/// `NotFound` if it is missing, `Damaged` if its bytes or size differ, else what the store says.
pub fn verify_object(store: &dyn Store, hash: &Sha256, size: u64) -> Result<()> {
    let (found, length) = hash_bytes(&mut store.open(&StorePath::object(hash), 0)?)?;
    if length != size {
        return Err(Error::damaged(format!("object {hash} has {length} bytes instead of {size}")));
    }
    if found != *hash {
        return Err(Error::damaged(format!("object {hash} has other bytes than were stored")));
    }
    Ok(())
}

/// A stored file as a seekable reader; the store is asked again after each seek.
pub struct StoredFile {
    store: Arc<dyn Store>,
    path: StorePath,
    size: u64,
    position: u64,
    open: Option<Box<dyn Read + Send>>,
}

impl StoredFile {
    fn new(store: Arc<dyn Store>, path: StorePath, size: u64) -> Self {
        Self { store, path, size, position: 0, open: None }
    }
}

impl Read for StoredFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let reader = match &mut self.open {
            Some(reader) => reader,
            slot => slot.insert(self.store.open(&self.path, self.position)?),
        };
        let filled = reader.read(buffer)?;
        self.position += filled as u64;
        Ok(filled)
    }
}

impl Seek for StoredFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
            SeekFrom::End(offset) => self.size.checked_add_signed(offset),
        };
        let target = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        if target != self.position {
            self.open = None;
            self.position = target;
        }
        Ok(target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MemoryStore;

    #[test]
    fn a_sealed_object_is_named_by_its_own_bytes_and_opens_anywhere() {
        let key = SecretKey::generate();
        let bytes: Vec<u8> = (0..300_000_u32).map(|i| (i % 251) as u8).collect();
        let mut file = Vec::new();
        let sealed = seal_object(&key.public(), &mut &bytes[..], &mut file).unwrap();
        assert_eq!(sealed.size, file.len() as u64);

        let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
        store.create(&StorePath::object(&sealed.hash), &mut &file[..]).unwrap();
        verify_object(&*store, &sealed.hash, sealed.size).unwrap();

        let mut reader = open_object(&store, &sealed.hash, sealed.size, &key).unwrap();
        reader.seek(SeekFrom::Start(131_000)).unwrap();
        let mut part = vec![0; 1_000];
        reader.read_exact(&mut part).unwrap();
        assert_eq!(part, bytes[131_000..132_000]);
    }

    #[test]
    fn the_same_content_makes_a_different_object_each_time() {
        let key = SecretKey::generate();
        let first = seal_object(&key.public(), &mut &b"photo"[..], &mut Vec::new()).unwrap();
        let second = seal_object(&key.public(), &mut &b"photo"[..], &mut Vec::new()).unwrap();
        assert_eq!(first.content, second.content);
        assert_ne!(first.hash, second.hash);
    }
}
