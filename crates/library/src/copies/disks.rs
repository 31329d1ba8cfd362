//! Copies that are on one disk die with it: which are, as far as this machine can tell.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::{Error, Result};
use vault::store;

use crate::Library;

impl Library {
    /// For each copy in a folder of this machine, the others on the same disk; those that share with nobody are left out. A
    /// copy whose disk is away is on none.
    pub async fn shared_disks(self: &Arc<Self>) -> Result<BTreeMap<String, Vec<String>>> {
        let mut folders = Vec::new();
        for copy in self.copies_in_use().await? {
            let folder = if copy.is_library {
                Some(self.layout.store())
            } else {
                copy.url.as_deref().and_then(store::path_of)
            };
            folders.extend(folder.map(|folder| (copy.name, folder)));
        }
        let looked = tokio::task::spawn_blocking(move || shared(&folders)).await;
        looked.map_err(|error| Error::internal("looking at the disks ended early").with_source(error))
    }

    /// Refuses a copy inside the library's own folder: it would go wherever that goes. Another disk may be mounted there.
    pub(super) fn not_in_itself(&self, url: &str) -> Result<()> {
        let Some(folder) = store::path_of(url) else { return Ok(()) };
        let (own, own_disk) = there(self.layout.root());
        let (folder, disk) = there(&folder);
        if folder.starts_with(own) && disk == own_disk {
            return Err(Error::conflict("that is inside the library's own folder; a copy is another place"));
        }
        Ok(())
    }
}

fn shared(folders: &[(String, PathBuf)]) -> BTreeMap<String, Vec<String>> {
    let disk = |folder: &Path| std::fs::metadata(folder).map(|found| found.dev()).ok();
    let known: Vec<(&String, Option<u64>)> =
        folders.iter().map(|(name, folder)| (name, disk(folder))).collect();
    let mut all = BTreeMap::new();
    for (name, disk) in known.iter().filter(|(_, disk)| disk.is_some()) {
        let others = known.iter().filter(|(other, its)| other != name && its == disk);
        let others: Vec<String> = others.map(|(other, _)| (*other).clone()).collect();
        if !others.is_empty() {
            all.insert((*name).clone(), others);
        }
    }
    all
}

/// A path with its links followed as far as it exists, and the disk that it is or would be on.
fn there(path: &Path) -> (PathBuf, Option<u64>) {
    for known in path.ancestors() {
        if let (Ok(real), Ok(rest)) = (known.canonicalize(), path.strip_prefix(known)) {
            let disk = std::fs::metadata(&real).map(|found| found.dev()).ok();
            return (real.join(rest), disk);
        }
    }
    (path.to_owned(), None)
}
