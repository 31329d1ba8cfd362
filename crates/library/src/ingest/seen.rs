//! What a folder looked like when it was last imported, so that what has not changed is not read again.
//!
//! A file counts as unchanged when name, size, both times (to the nanosecond) and inode are the same. Times that are
//! too close to the moment of looking prove nothing, for a later write could leave them as they are; such files are
//! read again next time.

use std::collections::HashMap;
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use model::{Result, Timestamp};
use serde::{Deserialize, Serialize};

/// The coarsest file time in use (FAT) is two seconds.
const RACY: Duration = Duration::from_secs(3);

/// What tells a changed file from an unchanged one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stat {
    pub(crate) size: u64,
    /// Modification time, nanoseconds since 1970.
    pub(crate) modified_ns: i64,
    changed_ns: i64,
    inode: u64,
}

impl Stat {
    pub(crate) fn of(metadata: &std::fs::Metadata) -> Self {
        let ns = |seconds: i64, nanos: i64| seconds.saturating_mul(1_000_000_000).saturating_add(nanos);
        Self {
            size: metadata.len(),
            modified_ns: ns(metadata.mtime(), metadata.mtime_nsec()),
            changed_ns: ns(metadata.ctime(), metadata.ctime_nsec()),
            inode: metadata.ino(),
        }
    }

    /// Whether a write after the file was looked at could leave this very same stat.
    pub(crate) fn is_racy(&self, looked: Timestamp) -> bool {
        let ns = |at: Timestamp| at.0.saturating_mul(1_000_000);
        let window = ns(looked.minus(RACY))..=ns(looked.plus(RACY));
        window.contains(&self.modified_ns) || window.contains(&self.changed_ns)
    }
}

#[derive(Serialize, Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    name: &'a [u8],
    stat: Stat,
}

/// Reads what was remembered; an older form is no error, it only costs reading the folder again.
pub(crate) fn decode(bytes: &[u8]) -> HashMap<Vec<u8>, Stat> {
    let entries: Vec<Entry<'_>> = postcard::from_bytes(bytes).unwrap_or_default();
    entries.into_iter().map(|entry| (entry.name.to_vec(), entry.stat)).collect()
}

/// What to remember.
pub(crate) fn encode(entries: &HashMap<Vec<u8>, Stat>) -> Result<Vec<u8>> {
    let entries: Vec<Entry<'_>> = entries.iter().map(|(name, stat)| Entry { name, stat: *stat }).collect();
    postcard::to_stdvec(&entries)
        .map_err(|error| model::Error::internal("could not remember a folder").with_source(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_remembered_is_read_back_and_rubbish_is_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let stat = Stat::of(&std::fs::metadata(dir.path()).unwrap());
        let entries = HashMap::from([(b"a\xff\n".to_vec(), stat)]);
        assert_eq!(decode(&encode(&entries).unwrap()), entries);
        assert!(decode(b"rubbish").is_empty());
    }
}
