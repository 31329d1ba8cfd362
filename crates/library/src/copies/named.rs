//! The files beside the objects that carry their hash in their name: catalog snapshots and wrapped keys. They are
//! checked and healed like objects, without needing the catalog.

use std::collections::BTreeMap;
use std::sync::Arc;

use catalog::{Care, Copy};
use model::{Error, ErrorKind, Result, Sha256, Timestamp};
use vault::{Store, StorePath, hash_bytes};

use crate::Library;
use crate::snapshot::list_snapshots;

/// A file and the hash that its bytes must have.
type Promises = BTreeMap<StorePath, Sha256>;

/// Which of these files are read.
#[derive(Clone, Debug)]
pub(super) enum Which {
    /// All of them.
    All,
    /// The keys, the newest snapshot, and these: what a restore needs first, and what was bad before.
    First(Vec<String>),
}

/// What became of the bad files of one copy.
pub(super) struct NamedHealing {
    /// The copy.
    pub(super) copy: Copy,
    /// What was done.
    pub(super) healed: Vec<String>,
    /// Files that are bad still, and why.
    pub(super) failed: Vec<(String, String)>,
    /// Why nothing could be read, if so.
    pub(super) unread: Option<String>,
}

impl Library {
    /// Which of these files are damaged in a store, or missing although they must be there.
    pub(super) async fn check_named(&self, store: &Arc<dyn Store>, which: Which) -> Result<Vec<String>> {
        let own = Arc::ptr_eq(store, &self.store);
        let (store, keys) = (Arc::clone(store), self.key_promises().await?);
        blocking(move || {
            let mut bad = bad_files(&*store, &keys, &which)?;
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
    /// where a newer one is whole: it could only mislead. What cannot be put right in one store, because it lets nobody
    /// overwrite or has gone, keeps nothing else from being put right.
    pub(super) async fn heal_named(
        &self,
        stores: Vec<(Copy, Arc<dyn Store>, Which)>,
    ) -> Result<Vec<NamedHealing>> {
        let keys = self.key_promises().await?;
        let spaces = self.catalog.read().await?.space_list().await?;
        blocking(move || {
            let whole_key = |promised: Sha256| {
                let mut all = spaces.iter().map(|space| &space.wrapped_key);
                all.find(|key| matches!(hash_bytes(&mut &key[..]), Ok((found, _)) if found == promised))
                    .cloned()
            };
            let elsewhere = |path: &StorePath, promised: Sha256| {
                stores.iter().find_map(|(_, other, _)| whole(&**other, path, promised))
            };
            let heal = |(copy, store, which): &(Copy, Arc<dyn Store>, Which)| {
                let mut came =
                    NamedHealing { copy: copy.clone(), healed: Vec::new(), failed: Vec::new(), unread: None };
                match bad_files(&**store, &keys, which) {
                    Ok(bad) => {
                        for (path, promised) in &bad {
                            let good = whole_key(*promised).or_else(|| elsewhere(path, *promised));
                            match put_right(copy, &**store, path, &bad, good) {
                                Ok(done) => came.healed.push(done),
                                Err(why) => came.failed.push((path.as_str().to_owned(), why)),
                            }
                        }
                    }
                    Err(error) => {
                        came.unread =
                            Some(format!("snapshots and keys of '{}' could not be read: {error}", copy.name));
                    }
                }
                came
            };
            Ok(stores.iter().map(heal).collect())
        })
        .await
    }

    /// Puts on record which of these files are bad in a copy, and when all of them were read, if that was now.
    pub(super) async fn note_named(
        &self,
        copy: &Copy,
        bad: &[String],
        all_at: Option<Timestamp>,
    ) -> Result<()> {
        let mut tx = self.catalog.begin().await?;
        let known = crate::safety::care::care_in(&mut tx, copy).await?;
        let named_at = all_at.or(known.named_at);
        if known.bad_files != bad || known.named_at != named_at {
            tx.care_put(&Care { bad_files: bad.to_vec(), named_at, ..known }).await?;
        }
        tx.commit().await
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

/// Puts one file right with good bytes, or removes it where it can only mislead.
fn put_right(
    copy: &Copy,
    store: &dyn Store,
    path: &StorePath,
    bad: &Promises,
    good: Option<Vec<u8>>,
) -> Result<String, String> {
    let name = &copy.name;
    let failed = |error: Error| format!("{path} is damaged in '{name}' and could not be put right: {error}");
    match good {
        Some(bytes) => {
            store.replace(path, &mut &bytes[..]).map_err(failed)?;
            Ok(format!("{path} put right in '{name}'"))
        }
        None if newest_is_whole(store, bad).map_err(failed)? => {
            store.remove(path).map_err(failed)?;
            Ok(format!("{path} removed from '{name}': damaged, and newer ones are whole"))
        }
        None => Err(format!("{path} is damaged in '{name}', and no store has it whole")),
    }
}

fn bad_files(store: &dyn Store, keys: &Promises, which: &Which) -> Result<Promises> {
    let mut promises = keys.clone();
    for (number, file) in list_snapshots(store)?.into_iter().enumerate() {
        let meant = match which {
            Which::All => true,
            Which::First(before) => number == 0 || before.iter().any(|bad| bad == file.path.as_str()),
        };
        if let Some(hash) = file.hash().filter(|_| meant) {
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
