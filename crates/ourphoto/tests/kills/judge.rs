//! Looks at what a kill left behind, by other means than the program's own.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use catalog::Scope;
use library::{LIBRARY_COPY, Layout, Library, OpenOptions};
use model::{ReplicaState, Sha256, SystemClock};
use testkit::compare;

use crate::support::Cli;

/// What the catalog knows, read without the program.
#[derive(Default)]
pub(crate) struct Known {
    /// Content by path.
    pub(crate) files: BTreeMap<Vec<u8>, Sha256>,
    /// How many of them have an object that the library is not said to hold.
    pub(crate) unheld: usize,
    /// Name and size of the objects that each copy is said to hold.
    pub(crate) held: HashMap<String, Vec<(Sha256, u64)>>,
}

pub(crate) fn known(data: &Path) -> Known {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let opened =
            Library::open(Layout::new(data), &OpenOptions::default(), Arc::new(SystemClock)).await.unwrap();
        let mut known = Known::default();
        let mut tx = opened.catalog.read().await.unwrap();
        for copy in tx.copy_list().await.unwrap() {
            let page = tx.replica_page(copy.id, None, 1_000_000).await.unwrap();
            let held = page.into_iter().filter(|item| item.replica.state == ReplicaState::Held);
            known.held.insert(copy.name, held.map(|item| (item.object.hash, item.object.size)).collect());
        }
        let objects: HashSet<Sha256> = known.held[LIBRARY_COPY].iter().map(|(hash, _)| *hash).collect();
        for row in tx.restore_page(Scope::All, None, None, 1_000_000).await.unwrap() {
            known.unheld += usize::from(!objects.contains(&row.object.hash));
            known.files.insert([&row.folder[..], b"/", &row.name].concat(), row.object.content_sha256);
        }
        drop(tx);
        opened.catalog.close().await;
        known
    })
}

/// What tells that a file was not written again.
pub(crate) type Identity = (PathBuf, u64, u64, i64, i64);

pub(crate) fn identity(path: &Path) -> Identity {
    let metadata = fs::metadata(path).unwrap();
    (path.to_owned(), metadata.ino(), metadata.len(), metadata.mtime(), metadata.mtime_nsec())
}

/// Whether a file's bytes are those that its name promises.
pub(crate) fn is_whole(path: &Path) -> bool {
    let Ok(found) = compare::sha256(path) else { return false };
    path.file_name().unwrap().to_str() == Some(&Sha256(found).to_string())
}

/// What is in a store, by name.
pub(crate) fn traces(store: &Path) -> (usize, usize) {
    let unfinished = fs::read_dir(store.join("tmp")).map_or(0, Iterator::count);
    (Cli::objects(store).len(), unfinished)
}

/// Reads stored files without the program; each only once, for as long as nobody writes it again.
#[derive(Default)]
pub(crate) struct Judge {
    right: HashSet<Identity>,
}

impl Judge {
    /// Whether the library holds what it says it holds.
    pub(crate) fn library(&mut self, cli: &Cli, known: &Known) {
        self.holds(&cli.data().join("store"), &known.held[LIBRARY_COPY]);
    }

    pub(crate) fn holds(&mut self, store: &Path, held: &[(Sha256, u64)]) {
        for (hash, size) in held {
            let name = hash.to_string();
            let path = store.join("objects").join(&name[..2]).join(&name);
            assert!(path.exists(), "{} is referenced and not there", path.display());
            assert_eq!(fs::metadata(&path).unwrap().len(), *size);
            self.right(&path);
        }
    }

    /// Whatever has a name in a store is complete, referenced or not.
    pub(crate) fn whole(&mut self, store: &Path) {
        for path in Cli::objects(store) {
            self.right(&path);
        }
    }

    fn right(&mut self, path: &Path) {
        let identity = identity(path);
        if !self.right.contains(&identity) {
            assert!(is_whole(path), "{} is not what its name says", path.display());
            self.right.insert(identity);
        }
    }
}
