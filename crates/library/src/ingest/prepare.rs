//! Reading, hashing and encrypting one file, exactly as it is on the disk at one moment.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::{Read, Seek};
use std::sync::Arc;

use media::{Format, SNIFF_LEN, sniff_named};
use model::{Clock, Error, ErrorKind, Result, Sha256};
use vault::keys::PublicKey;
use vault::{ContentId, Spool, Store, encrypt_object, hash_content, seal_object};

use super::known::Known;
use super::seen::Stat;
use super::walk::FoundFile;
use crate::{Cancel, Progress};

/// Up to here a file is read into memory: then it can be hashed, and recognised, before it is encrypted.
const IN_MEMORY: u64 = 8 * 1024 * 1024;
/// How often a file that changes under our hands is read again before it is left for the next import.
const TRIES: u32 = 3;

thread_local! {
    /// The file that this thread has in hand. Memory that was used before is faster than new memory.
    static HAND: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// An object that waits in the store's temporary folder.
pub(crate) struct Waiting {
    pub(crate) hash: Sha256,
    pub(crate) size: u64,
    pub(crate) spool: Spool,
}

/// What a file turned out to be.
pub(crate) struct Content {
    pub(crate) id: ContentId,
    pub(crate) format: Format,
    /// The encrypted bytes; `None` if the space has this content already.
    pub(crate) object: Option<Waiting>,
}

/// Why a file was not prepared.
pub(crate) enum Failure {
    /// The file cannot be read: it is told, and the import goes on.
    File(Error),
    /// The store or the catalog failed: it would for every other file too.
    Library(Error),
}

/// A file that was read, or not.
pub(crate) struct Prepared {
    pub(crate) file: FoundFile,
    pub(crate) content: Result<Content, Failure>,
}

impl Prepared {
    /// Bytes that wait to be synced.
    pub(crate) fn stored_bytes(&self) -> u64 {
        match &self.content {
            Ok(Content { object: Some(object), .. }) => object.size,
            _ => 0,
        }
    }
}

/// Prepares files for one space.
pub(crate) struct Preparer {
    store: Arc<dyn Store>,
    key: PublicKey,
    known: Arc<Known>,
    clock: Arc<dyn Clock>,
    progress: Arc<dyn Progress>,
    cancel: Cancel,
}

impl Preparer {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        key: PublicKey,
        known: Arc<Known>,
        clock: Arc<dyn Clock>,
        progress: Arc<dyn Progress>,
        cancel: Cancel,
    ) -> Self {
        Self { store, key, known, clock, progress, cancel }
    }

    /// Reads a file; again, if it changed meanwhile. The stat in the outcome is that of the bytes that were read.
    pub(crate) fn prepare(&self, mut file: FoundFile) -> Prepared {
        let mut tries = 0;
        loop {
            file.looked = self.clock.now();
            tries += 1;
            if let Err(error) = self.cancel.check() {
                return Prepared { file, content: Err(Failure::File(error)) };
            }
            let told = Cell::new(file.told);
            let read = self.read(&file, &told);
            file.told = told.get();
            match read {
                Ok((before, content, after)) if before == after => {
                    file.stat = before;
                    return Prepared { file, content: Ok(content) };
                }
                Ok((_, content, _)) => {
                    // What was stored under this name is dropped with its spool; another file may bring it.
                    if content.object.is_some() {
                        self.known.release(content.id.sha256);
                    }
                    if tries == TRIES {
                        let reason = "it changes while it is being read; import it again when it is finished";
                        return Prepared {
                            file,
                            content: Err(Failure::File(Error::new(ErrorKind::Conflict, reason))),
                        };
                    }
                }
                Err(error) => return Prepared { file, content: Err(error) },
            }
        }
    }

    fn read(&self, found: &FoundFile, told: &Cell<u64>) -> Result<(Stat, Content, Stat), Failure> {
        let failed = |error| Failure::File(Error::io("it cannot be read", error));
        // What was a file when it was found may be a link by now; it is not followed.
        let mut file = found.folder.open(&found.name).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if !metadata.is_file() {
            return Err(Failure::File(Error::new(ErrorKind::Conflict, "it is no longer a file")));
        }
        let before = Stat::of(&metadata);
        read_ahead(&file, before.size);
        let content = if before.size <= IN_MEMORY {
            HAND.with_borrow_mut(|bytes| self.small(&mut file, before.size, &found.name, bytes))?
        } else {
            self.large(&mut file, found, told)?
        };
        let after = Stat::of(&file.metadata().map_err(failed)?);
        if content.id.size != before.size && before == after {
            self.known.release(content.id.sha256);
            let short = std::io::ErrorKind::UnexpectedEof.into();
            return Err(Failure::File(Error::io("it cannot be read to its end", short)));
        }
        Ok((before, content, after))
    }

    fn small(
        &self,
        file: &mut File,
        size: u64,
        name: &[u8],
        bytes: &mut Vec<u8>,
    ) -> Result<Content, Failure> {
        bytes.clear();
        bytes.reserve(size as usize + 1);
        file.take(IN_MEMORY + 1).read_to_end(bytes).map_err(unreadable)?;
        let id = hash_content(&mut &bytes[..]).map_err(Failure::File)?;
        let format = sniff_named(&bytes[..bytes.len().min(SNIFF_LEN)], name);
        let object = if self.known.take(id.sha256).map_err(Failure::Library)? {
            Some(self.encrypt(id.sha256, &mut Source::new(&mut &bytes[..], &self.cancel))?)
        } else {
            None
        };
        Ok(Content { id, format, object })
    }

    fn large(&self, file: &mut File, found: &FoundFile, told: &Cell<u64>) -> Result<Content, Failure> {
        let mut head = Vec::with_capacity(SNIFF_LEN);
        file.take(SNIFF_LEN as u64).read_to_end(&mut head).map_err(unreadable)?;
        let format = sniff_named(&head, &found.name);
        file.rewind().map_err(unreadable)?;
        if found.likely_same {
            let id = hash_content(&mut Source::new(file, &self.cancel)).map_err(Failure::File)?;
            let object = if self.known.take(id.sha256).map_err(Failure::Library)? {
                file.rewind().map_err(unreadable)?;
                Some(self.encrypt(id.sha256, &mut Source::new(file, &self.cancel))?)
            } else {
                None
            };
            return Ok(Content { id, format, object });
        }
        let mut source = Source::new(file, &self.cancel);
        // Minutes in which nothing moves look like a fault. Read again, it is not told again.
        source.tell = (told.get() == 0).then_some((&*self.progress, told));
        let mut spool = self.store.spool().map_err(Failure::Library)?;
        let sealed = seal_object(&self.key, &mut source, &mut spool).map_err(|error| source.blame(error))?;
        spool.close();
        let new = self.known.take(sealed.content.sha256).map_err(Failure::Library)?;
        let object = new.then_some(Waiting { hash: sealed.hash, size: sealed.size, spool });
        Ok(Content { id: sealed.content, format, object })
    }

    /// Encrypts content that was taken on; lets go of it if that fails.
    fn encrypt(&self, content: Sha256, source: &mut Source<'_>) -> Result<Waiting, Failure> {
        let encrypted = self.store.spool().map_err(Failure::Library).and_then(|mut spool| {
            let (hash, size) =
                encrypt_object(&self.key, source, &mut spool).map_err(|error| source.blame(error))?;
            spool.close();
            Ok(Waiting { hash, size, spool })
        });
        encrypted.inspect_err(|_| self.known.release(content))
    }
}

/// Tells the system what will be read, so that the disk works while the processor does.
fn read_ahead(file: &File, size: u64) {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{Advice, fadvise};
        let advice = if size <= IN_MEMORY { Advice::WillNeed } else { Advice::Sequential };
        // Only advice: a file system that does not take it reads all the same.
        let _ = fadvise(file, 0, None, advice);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (file, size);
}

fn unreadable(error: std::io::Error) -> Failure {
    Failure::File(Error::io("it cannot be read", error))
}

/// What is being imported. Stops giving bytes once the work is cancelled, for large files take minutes; and knows
/// whether a failure was its own or the store's.
struct Source<'a> {
    inner: &'a mut dyn Read,
    cancel: &'a Cancel,
    /// Who hears of each byte, and how many they heard of.
    tell: Option<(&'a dyn Progress, &'a Cell<u64>)>,
    failed: bool,
}

impl<'a> Source<'a> {
    fn new(inner: &'a mut dyn Read, cancel: &'a Cancel) -> Self {
        Self { inner, cancel, tell: None, failed: false }
    }

    fn blame(&self, error: Error) -> Failure {
        if self.failed { Failure::File(error) } else { Failure::Library(error) }
    }
}

impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.cancel.check().map_err(std::io::Error::from).and_then(|()| self.inner.read(buffer));
        if let (Some((progress, told)), Ok(read)) = (self.tell, &read) {
            progress.advance(0, *read as u64);
            told.set(told.get() + *read as u64);
        }
        self.failed |= read.as_ref().is_err_and(|error| error.kind() != std::io::ErrorKind::Interrupted);
        read
    }
}
