//! The files beside the objects that carry their hash in their name: catalog snapshots and wrapped keys. They are
//! checked and healed like objects, without needing the catalog.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{Error, ErrorKind, Result, Sha256};
use vault::{Store, StorePath, hash_bytes};

use crate::Library;
use crate::snapshot::list_snapshots;

/// A file and the hash that its bytes must have.
type Promises = BTreeMap<StorePath, Sha256>;

impl Library {
    /// Which of these files are damaged in a store, or missing although they must be there.
    pub(super) async fn check_named(&self, store: &Arc<dyn Store>) -> Result<Vec<String>> {
        let own = Arc::ptr_eq(store, &self.store);
        let (store, keys) = (Arc::clone(store), self.key_promises().await?);
        blocking(move || {
            let mut bad = bad_files(&*store, &keys)?;
            // A key that a copy does not have yet comes with its next run; a new copy, or a recovery, is no damage.
            for path in keys.keys().filter(|_| !own) {
                if store.stat(path)?.is_none() {
                    bad.remove(path);
                }
            }
            Ok(bad.into_keys().map(|path| path.as_str().to_owned()).collect())
        })
        .await
    }

    /// Puts these files right in every store, from any other. A damaged snapshot that no store has whole is removed
    /// where a newer one is whole: it could only mislead. Gives what was done, and what could not be done.
    pub(super) async fn heal_named(
        &self,
        stores: Vec<(String, Arc<dyn Store>)>,
    ) -> Result<(Vec<String>, Vec<String>)> {
        let keys = self.key_promises().await?;
        let spaces = self.catalog.read().await?.space_list().await?;
        blocking(move || {
            let (mut healed, mut failed) = (Vec::new(), Vec::new());
            for (name, store) in &stores {
                let bad = bad_files(&**store, &keys)?;
                for (path, promised) in &bad {
                    let good = spaces
                        .iter()
                        .map(|space| space.wrapped_key.clone())
                        .find(|wrapped| matches!(hash_bytes(&mut &wrapped[..]), Ok((found, _)) if found == *promised))
                        .or_else(|| stores.iter().find_map(|(_, other)| whole(&**other, path, *promised)));
                    match good {
                        Some(bytes) => {
                            store.replace(path, &mut &bytes[..])?;
                            healed.push(format!("{path} put right in '{name}'"));
                        }
                        None if newest_is_whole(&**store, &bad)? => {
                            store.remove(path)?;
                            healed.push(format!(
                                "{path} removed from '{name}': damaged, and newer ones are whole"
                            ));
                        }
                        None => {
                            failed.push(format!("{path} is damaged in '{name}', and no store has it whole"));
                        }
                    }
                }
            }
            Ok((healed, failed))
        })
        .await
    }

    async fn key_promises(&self) -> Result<Promises> {
        let mut keys = Promises::new();
        for space in self.catalog.read().await?.space_list().await? {
            let (hash, _) = hash_bytes(&mut &space.wrapped_key[..])?;
            keys.insert(StorePath::key(&hash), hash);
        }
        Ok(keys)
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Error::internal("the work ended early").with_source(error))?
}

/// Whether a file has the bytes that it should have. An error is a store that does not answer.
pub(crate) fn is_right(store: &dyn Store, path: &StorePath, promised: Sha256) -> Result<bool> {
    store.forget_cached(path);
    let found = store.open(path, 0).and_then(|mut reader| hash_bytes(&mut reader));
    match found {
        Ok((found, _)) => Ok(found == promised),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Damaged) => Ok(false),
        Err(error) => Err(error),
    }
}

fn bad_files(store: &dyn Store, keys: &Promises) -> Result<Promises> {
    let mut promises = keys.clone();
    for file in list_snapshots(store)? {
        if let Some(hash) = file.hash() {
            promises.insert(file.path, hash);
        }
    }
    let mut bad = Promises::new();
    for (path, promised) in promises {
        if !is_right(store, &path, promised)? {
            bad.insert(path, promised);
        }
    }
    Ok(bad)
}

/// All bytes of a file, if they are right. Snapshots are held in memory here: a hundred megabytes for a million photos.
fn whole(store: &dyn Store, path: &StorePath, promised: Sha256) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut store.open(path, 0).ok()?, &mut bytes).ok()?;
    (hash_bytes(&mut &bytes[..]).ok()?.0 == promised).then_some(bytes)
}

fn newest_is_whole(store: &dyn Store, bad: &Promises) -> Result<bool> {
    Ok(list_snapshots(store)?.first().is_some_and(|newest| !bad.contains_key(&newest.path)))
}
