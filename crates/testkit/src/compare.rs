//! The judge of restores: the same names, the same bytes, the same times, and nothing more.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

/// One way in which a restored tree differs from its original. Paths are relative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// In the original only.
    Missing(PathBuf),
    /// In the restored tree only.
    Extra(PathBuf),
    /// Other bytes.
    Content(PathBuf),
    /// Another time of last modification, in nanoseconds since 1970.
    Modified {
        /// Which file.
        path: PathBuf,
        /// Its time in the original.
        original: i128,
        /// Its time after the restore.
        restored: i128,
    },
    /// A regular file on one side and something else on the other, or something that no restore should make.
    Kind(PathBuf),
}

#[expect(clippy::unnecessary_debug_formatting, reason = "names differ in characters that only escapes show")]
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(path) => write!(f, "missing: {path:?}"),
            Self::Extra(path) => write!(f, "not in the original: {path:?}"),
            Self::Content(path) => write!(f, "other content: {path:?}"),
            Self::Modified { path, original, restored } => {
                write!(f, "other modification time ({original} became {restored} ns): {path:?}")
            }
            Self::Kind(path) => write!(f, "not a regular file on both sides: {path:?}"),
        }
    }
}

/// Every difference between the files below `original` and those below `restored`, ordered by path.
///
/// Names are compared as raw bytes. Folders count only by the files in them.
pub fn compare(original: &Path, restored: &Path) -> io::Result<Vec<Difference>> {
    let before = files(original)?;
    let mut after = files(restored)?;
    let mut differences = Vec::new();
    for (path, was_file) in before {
        let Some(is_file) = after.remove(&path) else {
            differences.push(Difference::Missing(path));
            continue;
        };
        if !(was_file && is_file) {
            differences.push(Difference::Kind(path));
            continue;
        }
        let (a, b) = (original.join(&path), restored.join(&path));
        if fs::metadata(&a)?.len() != fs::metadata(&b)?.len() || sha256(&a)? != sha256(&b)? {
            differences.push(Difference::Content(path.clone()));
        }
        let (original, restored) = (mtime_ns(&a)?, mtime_ns(&b)?);
        if original != restored {
            differences.push(Difference::Modified { path, original, restored });
        }
    }
    differences.extend(after.into_keys().map(Difference::Extra));
    Ok(differences)
}

/// The SHA-256 of a file's bytes.
pub fn sha256(path: &Path) -> io::Result<[u8; 32]> {
    let mut hasher = Sha256::new();
    let mut file = File::open(path)?;
    let mut buffer = vec![0; 1 << 18];
    loop {
        match io::Read::read(&mut file, &mut buffer)? {
            0 => return Ok(hasher.finalize().into()),
            n => hasher.update(&buffer[..n]),
        }
    }
}

/// When a file was last modified, in nanoseconds since 1970.
pub fn mtime_ns(path: &Path) -> io::Result<i128> {
    let metadata = fs::symlink_metadata(path)?;
    Ok(i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec()))
}

/// Whatever is below `root` and no folder, by relative path, with whether it is a regular file.
fn files(root: &Path) -> io::Result<BTreeMap<PathBuf, bool>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder))? {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(path);
            } else {
                found.insert(path, kind.is_file());
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    fn put(path: &Path, bytes: &[u8], ns: u64) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        let file = File::options().write(true).open(path).unwrap();
        file.set_modified(UNIX_EPOCH + Duration::from_nanos(ns)).unwrap();
    }

    #[test]
    fn equal_trees_have_no_difference_and_each_kind_of_difference_is_found() {
        let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for root in [a.path(), b.path()] {
            put(&root.join("f/same"), b"1", 5);
        }
        assert_eq!(compare(a.path(), b.path()).unwrap(), []);

        put(&a.path().join("gone"), b"1", 5);
        put(&b.path().join("new"), b"1", 5);
        put(&a.path().join("bytes"), b"1", 5);
        put(&b.path().join("bytes"), b"2", 5);
        put(&a.path().join("time"), b"1", 5);
        put(&b.path().join("time"), b"1", 6);
        put(&a.path().join("link"), b"1", 5);
        std::os::unix::fs::symlink("/nowhere", b.path().join("link")).unwrap();
        let path = PathBuf::from;
        assert_eq!(
            compare(a.path(), b.path()).unwrap(),
            [
                Difference::Content(path("bytes")),
                Difference::Missing(path("gone")),
                Difference::Kind(path("link")),
                Difference::Modified { path: path("time"), original: 5, restored: 6 },
                Difference::Extra(path("new")),
            ]
        );
    }

    #[test]
    fn composed_and_decomposed_names_are_two_names() {
        let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        put(&a.path().join("Jo\u{301}n"), b"1", 5);
        put(&b.path().join("J\u{f3}n"), b"1", 5);
        assert_eq!(compare(a.path(), b.path()).unwrap().len(), 2);
    }
}
