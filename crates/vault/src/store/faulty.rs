//! A store that fails, tears, delays and lies on purpose, for tests of everything that uses stores.

use std::io::{self, Cursor, Read};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use model::{Error, ErrorKind, Result, Timestamp};

use super::{Created, Entry, Store, StorePath};

/// What is being asked of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Call {
    /// [`Store::create`], also within [`Store::create_many`].
    Create,
    /// [`Store::replace`].
    Replace,
    /// [`Store::open`].
    Open,
    /// [`Store::stat`].
    Stat,
    /// [`Store::list`].
    List,
    /// [`Store::remove`].
    Remove,
}

/// How the call goes wrong.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Answers with an error of this kind and does nothing.
    Fail(ErrorKind),
    /// Does the thing, then answers with an error: the answer was lost.
    FailAfter(ErrorKind),
    /// Stores only this part (0 to 255 of 255) under the real name, then answers with an error.
    Tear(u8),
    /// Stores only this part, and says that all went well.
    TearAndLie(u8),
    /// Stores nothing, and says that all went well.
    Forget,
    /// Flips one bit, chosen by this number, of what is stored or read, and says that all went well.
    Flip(u64),
    /// Reading ends with an error after this many bytes.
    CutRead(u64),
    /// Says of a file that is there that it is not.
    Deny,
    /// Does the thing, but late: what others do meanwhile comes first.
    Delay(Duration),
}

type Plan = dyn FnMut(Call, &str) -> Option<Fault> + Send;

/// Passes calls to another store, except where its plan says otherwise.
pub struct FaultyStore {
    inner: Arc<dyn Store>,
    plan: Mutex<Box<Plan>>,
}

impl FaultyStore {
    /// `plan` is asked before each call, with the path or prefix that it concerns.
    pub fn new(
        inner: Arc<dyn Store>,
        plan: impl FnMut(Call, &str) -> Option<Fault> + Send + 'static,
    ) -> Self {
        Self { inner, plan: Mutex::new(Box::new(plan)) }
    }

    fn fault(&self, call: Call, path: &str) -> Option<Fault> {
        let planned = (self.plan.lock().unwrap_or_else(PoisonError::into_inner))(call, path);
        if let Some(Fault::Delay(late)) = planned {
            std::thread::sleep(late);
            return None;
        }
        planned
    }
}

fn failure(kind: ErrorKind) -> Error {
    Error::new(kind, "the store failed on purpose")
}

fn flip(bytes: &mut [u8], choice: u64) {
    if !bytes.is_empty() {
        let bit = choice % (bytes.len() as u64 * 8);
        bytes[(bit / 8) as usize] ^= 1 << (bit % 8);
    }
}

fn part(bytes: &[u8], part: u8) -> &[u8] {
    &bytes[..bytes.len() * usize::from(part) / 255]
}

/// Applies a fault to a write that `store` would do with the bytes it is given.
fn write_with<T>(
    fault: Option<Fault>,
    content: &mut dyn Read,
    lie: T,
    store: impl Fn(&mut dyn Read) -> Result<T>,
) -> Result<T> {
    let Some(fault) = fault else { return store(content) };
    let mut bytes = Vec::new();
    content
        .read_to_end(&mut bytes)
        .map_err(|error| Error::io("could not read what is to be stored", error))?;
    match fault {
        Fault::Fail(kind) => Err(failure(kind)),
        Fault::FailAfter(kind) => store(&mut &bytes[..]).and(Err(failure(kind))),
        Fault::Tear(size) => store(&mut part(&bytes, size)).and(Err(failure(ErrorKind::Unavailable))),
        Fault::TearAndLie(size) => store(&mut part(&bytes, size)),
        Fault::Forget => Ok(lie),
        Fault::Flip(choice) => {
            flip(&mut bytes, choice);
            store(&mut &bytes[..])
        }
        Fault::CutRead(_) | Fault::Deny | Fault::Delay(_) => store(&mut &bytes[..]),
    }
}

struct Cut<R> {
    inner: io::Take<R>,
}

impl<R: Read> Read for Cut<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.inner.read(buffer)? {
            0 if self.inner.limit() == 0 => Err(io::Error::from(io::ErrorKind::ConnectionReset)),
            filled => Ok(filled),
        }
    }
}

impl Store for FaultyStore {
    fn describe(&self) -> String {
        self.inner.describe()
    }

    fn create(&self, path: &StorePath, content: &mut dyn Read) -> Result<Created> {
        let fault = self.fault(Call::Create, path.as_str());
        write_with(fault, content, Created::New, |content| self.inner.create(path, content))
    }

    fn replace(&self, path: &StorePath, content: &mut dyn Read) -> Result<()> {
        let fault = self.fault(Call::Replace, path.as_str());
        write_with(fault, content, (), |content| self.inner.replace(path, content))
    }

    fn open(&self, path: &StorePath, offset: u64) -> Result<Box<dyn Read + Send>> {
        match self.fault(Call::Open, path.as_str()) {
            None | Some(Fault::Delay(_)) => self.inner.open(path, offset),
            Some(Fault::Fail(kind) | Fault::FailAfter(kind)) => Err(failure(kind)),
            Some(Fault::Deny | Fault::Forget) => Err(failure(ErrorKind::NotFound)),
            Some(Fault::CutRead(after)) => {
                Ok(Box::new(Cut { inner: self.inner.open(path, offset)?.take(after) }))
            }
            Some(Fault::Flip(choice)) => {
                let mut bytes = Vec::new();
                let read = self.inner.open(path, 0)?.read_to_end(&mut bytes);
                read.map_err(|error| Error::io("could not read", error))?;
                flip(&mut bytes, choice);
                let mut cursor = Cursor::new(bytes);
                cursor.set_position(offset);
                Ok(Box::new(cursor))
            }
            Some(Fault::Tear(size) | Fault::TearAndLie(size)) => {
                let whole = self.inner.stat(path)?.unwrap_or(0);
                let end = whole * u64::from(size) / 255;
                Ok(Box::new(self.inner.open(path, offset)?.take(end.saturating_sub(offset))))
            }
        }
    }

    fn stat(&self, path: &StorePath) -> Result<Option<u64>> {
        match self.fault(Call::Stat, path.as_str()) {
            Some(Fault::Fail(kind) | Fault::FailAfter(kind)) => Err(failure(kind)),
            Some(Fault::Deny | Fault::Forget) => Ok(None),
            _ => self.inner.stat(path),
        }
    }

    fn list(&self, prefix: &str, each: &mut dyn FnMut(Entry) -> Result<()>) -> Result<()> {
        match self.fault(Call::List, prefix) {
            Some(Fault::Fail(kind) | Fault::FailAfter(kind)) => Err(failure(kind)),
            Some(Fault::Deny | Fault::Forget) => Ok(()),
            _ => self.inner.list(prefix, each),
        }
    }

    fn remove(&self, path: &StorePath) -> Result<()> {
        match self.fault(Call::Remove, path.as_str()) {
            Some(Fault::Fail(kind)) => Err(failure(kind)),
            Some(Fault::FailAfter(kind)) => self.inner.remove(path).and(Err(failure(kind))),
            Some(Fault::Forget) => Ok(()),
            _ => self.inner.remove(path),
        }
    }

    fn sweep(&self, before: Timestamp) -> Result<u64> {
        self.inner.sweep(before)
    }
}
