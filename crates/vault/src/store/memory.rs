//! A store in memory, for tests and for trying things out.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::{Error, ErrorKind, Result};

use super::{Created, Entry, Store, StorePath};

/// Files in a map; gone with the program.
#[derive(Default)]
pub struct MemoryStore {
    files: Mutex<BTreeMap<StorePath, Arc<[u8]>>>,
}

impl MemoryStore {
    fn files(&self) -> MutexGuard<'_, BTreeMap<StorePath, Arc<[u8]>>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read_all(content: &mut dyn Read) -> Result<Arc<[u8]>> {
    let mut bytes = Vec::new();
    content
        .read_to_end(&mut bytes)
        .map_err(|error| Error::io("could not read what is to be stored", error))?;
    Ok(bytes.into())
}

impl Store for MemoryStore {
    fn describe(&self) -> String {
        "memory".to_owned()
    }

    fn create(&self, path: &StorePath, content: &mut dyn Read) -> Result<Created> {
        let bytes = read_all(content)?;
        let mut files = self.files();
        if files.contains_key(path) {
            return Ok(Created::Exists);
        }
        files.insert(path.clone(), bytes);
        Ok(Created::New)
    }

    fn replace(&self, path: &StorePath, content: &mut dyn Read) -> Result<()> {
        let bytes = read_all(content)?;
        self.files().insert(path.clone(), bytes);
        Ok(())
    }

    fn open(&self, path: &StorePath, offset: u64) -> Result<Box<dyn Read + Send>> {
        let bytes = self.files().get(path).cloned();
        let bytes = bytes.ok_or_else(|| Error::new(ErrorKind::NotFound, format!("{path} is not there")))?;
        let mut cursor = Cursor::new(bytes);
        cursor.set_position(offset);
        Ok(Box::new(cursor))
    }

    fn stat(&self, path: &StorePath) -> Result<Option<u64>> {
        Ok(self.files().get(path).map(|bytes| bytes.len() as u64))
    }

    fn list(&self, prefix: &str, each: &mut dyn FnMut(Entry) -> Result<()>) -> Result<()> {
        let below = format!("{prefix}/");
        let entries: Vec<Entry> = self
            .files()
            .iter()
            .filter(|(path, _)| path.as_str().starts_with(&below))
            .map(|(path, bytes)| Entry { path: path.clone(), size: bytes.len() as u64, modified: None })
            .collect();
        entries.into_iter().try_for_each(each)
    }

    fn remove(&self, path: &StorePath) -> Result<()> {
        self.files().remove(path);
        Ok(())
    }
}
