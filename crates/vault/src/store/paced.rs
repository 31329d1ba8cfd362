//! A store behind a limit: so many bytes in a second, read and written together, whoever asks.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use model::{Result, Timestamp};

use super::{Created, Draft, Entry, Room, Spool, Store, StorePath};

/// Reading is let through in parts of this size.
const PART: usize = 64 * 1024;

/// Passes calls to another store, no faster than agreed.
pub struct PacedStore {
    inner: Arc<dyn Store>,
    pace: Arc<Pace>,
}

impl PacedStore {
    /// `rate` is in bytes per second.
    pub fn new(inner: Arc<dyn Store>, rate: u64) -> Self {
        Self { inner, pace: Arc::new(Pace { rate: rate.max(1), next: Mutex::new(None) }) }
    }
}

/// When the next byte may pass.
struct Pace {
    rate: u64,
    next: Mutex<Option<Instant>>,
}

impl Pace {
    /// Waits until these bytes may pass. Everybody waits in turn: who comes later waits for those before.
    fn pass(&self, bytes: u64) {
        let now = Instant::now();
        let until = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let begin = next.map_or(now, |next| next.max(now));
            *next = Some(begin + Duration::from_secs_f64(bytes as f64 / self.rate as f64));
            begin
        };
        std::thread::sleep(until.saturating_duration_since(now));
    }
}

struct PacedReader<R> {
    inner: R,
    pace: Arc<Pace>,
}

impl<R: Read> Read for PacedReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let part = buffer.len().min(PART);
        let read = self.inner.read(&mut buffer[..part])?;
        self.pace.pass(read as u64);
        Ok(read)
    }
}

impl Store for PacedStore {
    fn describe(&self) -> String {
        self.inner.describe()
    }

    fn found(&self) -> Result<()> {
        self.inner.found()
    }

    fn create(&self, path: &StorePath, content: &mut dyn Read) -> Result<Created> {
        self.inner.create(path, &mut PacedReader { inner: content, pace: Arc::clone(&self.pace) })
    }

    fn replace(&self, path: &StorePath, content: &mut dyn Read) -> Result<()> {
        self.inner.replace(path, &mut PacedReader { inner: content, pace: Arc::clone(&self.pace) })
    }

    fn open(&self, path: &StorePath, offset: u64) -> Result<Box<dyn Read + Send>> {
        let inner = self.inner.open(path, offset)?;
        Ok(Box::new(PacedReader { inner, pace: Arc::clone(&self.pace) }))
    }

    fn stat(&self, path: &StorePath) -> Result<Option<u64>> {
        self.inner.stat(path)
    }

    fn list(&self, prefix: &str, each: &mut dyn FnMut(Entry) -> Result<()>) -> Result<()> {
        self.inner.list(prefix, each)
    }

    fn remove(&self, path: &StorePath) -> Result<()> {
        self.inner.remove(path)
    }

    fn sweep(&self, before: Timestamp) -> Result<u64> {
        self.inner.sweep(before)
    }

    fn spool(&self) -> Result<Spool> {
        self.inner.spool()
    }

    fn create_many(&self, mut drafts: Vec<Draft>) -> Vec<Result<Created>> {
        // What waits may lie in the store's own place already, so its bytes are counted, and stored together all the same.
        for draft in &mut drafts {
            self.pace.pass(draft.spool.size().unwrap_or(0));
        }
        self.inner.create_many(drafts)
    }

    fn forget_cached(&self, path: &StorePath) {
        self.inner.forget_cached(path);
    }

    fn room(&self) -> Result<Option<Room>> {
        self.inner.room()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MemoryStore;

    #[test]
    fn bytes_take_the_time_that_was_agreed_both_ways() {
        let store = PacedStore::new(Arc::new(MemoryStore::default()), 1_000_000);
        let path = StorePath::object(&model::Sha256([7; 32]));
        let begin = Instant::now();
        store.create(&path, &mut &vec![0; 200_000][..]).unwrap();
        let mut back = Vec::new();
        store.open(&path, 0).unwrap().read_to_end(&mut back).unwrap();
        assert_eq!(back.len(), 200_000);
        // 400 kB at 1 MB a second, less the last part, which nobody waits for.
        assert!(begin.elapsed() >= Duration::from_millis(300), "{:?}", begin.elapsed());
    }
}
