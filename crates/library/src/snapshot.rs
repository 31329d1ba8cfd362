//! Snapshots of the catalog, written into stores: what gives the objects their names back (docs/format.md, "Catalog
//! snapshots").
//!
//! JSON Lines, compressed with zstd, encrypted with age to the server key and to every recovery key, and named by the
//! time and the SHA-256 of the file, so that `sha256sum` proves it too.

mod thin;

use std::io::{BufRead, BufReader, Write};
use std::sync::Arc;

use catalog::snapshot::{Record, Summary};
use catalog::{AuditEntry, AuditHead};
use model::{Error, ErrorKind, Result, Sha256, Timestamp};
use vault::keys::SecretKey;
use vault::{Draft, HashingWriter, Spool, Store, StorePath, decrypt, encrypt, fetch};

use crate::{LIBRARY_COPY, Library, Progress, Stage};

/// Entries of the audit log about runs, at most so many, wait for the next snapshot.
const OF_RUNS: usize = 100;

/// A snapshot as it is found in a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotFile {
    /// Where it is.
    pub path: StorePath,
    /// Encrypted bytes.
    pub size: u64,
}

impl SnapshotFile {
    /// The SHA-256 that its name promises.
    pub fn hash(&self) -> Option<Sha256> {
        let (_, hash) = self.path.name().strip_suffix(".age")?.rsplit_once('-')?;
        hash.parse().ok()
    }
}

/// Every snapshot in a store, newest first.
pub fn list_snapshots(store: &dyn Store) -> Result<Vec<SnapshotFile>> {
    let mut found = Vec::new();
    store.list("catalog", &mut |entry| {
        let file = SnapshotFile { path: entry.path, size: entry.size };
        if file.hash().is_some() {
            found.push(file);
        }
        Ok(())
    })?;
    found.sort_by(|a, b| b.path.cmp(&a.path));
    Ok(found)
}

/// A snapshot's bytes on this machine.
pub(crate) struct FetchedSnapshot {
    bytes: Spool,
    /// Whether they are those that its name promises.
    pub(crate) whole: bool,
}

/// Brings a snapshot onto this machine. Loading one reads it between awaits, on a thread that drives tasks, where a store
/// behind a network cannot be read.
pub(crate) async fn fetch_snapshot(store: &Arc<dyn Store>, file: &SnapshotFile) -> Result<FetchedSnapshot> {
    let (store, path, promised) = (Arc::clone(store), file.path.clone(), file.hash());
    let fetched = tokio::task::spawn_blocking(move || {
        let mut out = HashingWriter::new(Spool::temporary());
        std::io::copy(&mut store.open(&path, 0)?, &mut out)
            .map_err(|error| Error::io("could not read the catalog snapshot", error))?;
        let (bytes, found, _) = out.finish();
        Ok(FetchedSnapshot { bytes, whole: Some(found) == promised })
    });
    fetched.await.map_err(|error| Error::internal("fetching ended early").with_source(error))?
}

impl FetchedSnapshot {
    /// Opens it with any of its keys: the lines, decrypted and decompressed as they are read.
    ///
    /// # Errors
    /// `Forbidden` for a wrong key, `Damaged` for a damaged header; damage further in shows while reading.
    pub(crate) fn open(&mut self, key: &SecretKey) -> Result<Box<dyn BufRead + Send + '_>> {
        let lines = zstd::Decoder::new(decrypt(key, self.bytes.reader()?)?)
            .map_err(|error| Error::io("could not decompress the catalog snapshot", error))?;
        Ok(Box::new(BufReader::with_capacity(256 * 1024, lines)))
    }
}

/// The end of the audit log that each snapshot of a store names, the newest first. What cannot be read names nothing.
pub(crate) fn audit_heads(store: &dyn Store, key: &SecretKey) -> Result<Vec<AuditHead>> {
    let head = |file: SnapshotFile| {
        let lines = zstd::Decoder::new(decrypt(key, store.open(&file.path, 0)?)?)
            .map_err(|error| Error::io("could not decompress the catalog snapshot", error))?;
        catalog::snapshot::audit_head(&mut BufReader::new(lines))
    };
    Ok(list_snapshots(store)?.into_iter().filter_map(|file| head(file).ok()).collect())
}

/// Whether the snapshot's bytes are those that its name promises.
pub fn verify_snapshot(store: &dyn Store, file: &SnapshotFile) -> Result<()> {
    let (found, _) = vault::hash_bytes(&mut store.open(&file.path, 0)?)?;
    if Some(found) == file.hash() {
        Ok(())
    } else {
        Err(Error::damaged(format!("the catalog snapshot {} is damaged", file.path.name())))
    }
}

impl Library {
    /// Writes a snapshot into the library's store, unless nothing has changed since the last one that is there. That copies
    /// were brought up to date is no change, or each of them would make a new one for all the others.
    pub async fn snapshot(self: &Arc<Self>, progress: &Arc<dyn Progress>) -> Result<SnapshotFile> {
        let mut tx = self.catalog.read().await?;
        let (changes, audit) = (tx.change_head().await?, tx.audit_head().await?.seq);
        let last = tx.snapshot_list(1).await?.pop();
        let mut known = last.filter(|last| last.change_seq == changes);
        if let Some(last) = &known
            && last.audit_seq != audit
        {
            let since = tx.audit_list(last.audit_seq, OF_RUNS + 1).await?;
            let of_runs = |entry: &AuditEntry| entry.action == "copy.run" || entry.action == "copy.thin-out";
            if since.len() > OF_RUNS || !since.iter().all(of_runs) {
                known = None;
            }
        }
        drop(tx);
        if let Some(last) = known {
            let path = StorePath::snapshot(&last.name)?;
            if let Some(size) = self.store.stat(&path)? {
                let file = SnapshotFile { path, size };
                // One that went bad names nothing, and would fail every run until something changes.
                if verify_snapshot(&*self.store, &file).is_ok() {
                    return Ok(file);
                }
            }
        }
        progress.begin(Stage::Snapshot, None, None);
        let written = self.write_snapshot().await;
        progress.end();
        let written = written?;
        // The snapshot counts, whatever becomes of those that it makes superfluous.
        let _ = self.thin_out(LIBRARY_COPY, &self.store).await;
        Ok(written)
    }

    async fn write_snapshot(&self) -> Result<SnapshotFile> {
        let failed = |error| Error::io("could not write the catalog snapshot", error);
        // Newer snapshots sort behind older ones, also where the clock was set back.
        let last = self.catalog.read().await?.snapshot_list(1).await?.pop();
        let now =
            last.map_or(self.clock.now(), |last| self.clock.now().max(Timestamp(last.created_at.0 + 1)));
        let recipients = self.recipients().await?;
        let out = HashingWriter::new(self.store.spool()?);
        let mut out = zstd::Encoder::new(encrypt(&recipients, out)?, 3).map_err(failed)?;
        let summary = catalog::snapshot::write(&self.catalog, now, &mut out).await?;
        let (mut spool, hash, size) = out.finish().map_err(failed)?.finish()?.finish();
        spool.flush().map_err(failed)?;
        spool.close();
        let name = format!("{}-{hash}.age", now.compact());
        let path = StorePath::snapshot(&name)?;
        let outcomes = self.store.create_many(vec![Draft { path: path.clone(), spool }]);
        outcomes.into_iter().try_for_each(|outcome| outcome.map(drop))?;
        self.note_snapshot(&name, &summary).await?;
        Ok(SnapshotFile { path, size })
    }

    async fn note_snapshot(&self, name: &str, summary: &Summary) -> Result<()> {
        let record = Record {
            name: name.to_owned(),
            created_at: summary.created_at,
            change_seq: summary.change_seq,
            audit_seq: summary.audit_seq,
            rows: summary.rows,
        };
        let mut tx = self.catalog.begin().await?;
        match tx.snapshot_insert(&record).await {
            // The very same snapshot, written twice within a second.
            Err(error) if error.kind() == ErrorKind::Conflict => return Ok(()),
            other => other?,
        }
        tx.commit().await
    }
}

/// Copies a file that is named by its hash from one store to another, over a damaged one if need be; verified before it
/// is believed.
pub(crate) fn copy_named(
    from: &dyn Store,
    to: &dyn Store,
    path: &StorePath,
    promised: Sha256,
) -> Result<u64> {
    let fetched = fetch(from, to, path, &promised);
    let (mut spool, size) =
        fetched.map_err(|error| Error::from(error).context(format!("{path} in {}", from.describe())))?;
    if to.stat(path)?.is_some() {
        // What is there under this name was looked at, and is damaged.
        to.replace(path, &mut spool.reader()?)?;
    } else {
        let outcomes = to.create_many(vec![Draft { path: path.clone(), spool }]);
        outcomes.into_iter().try_for_each(|outcome| outcome.map(drop))?;
    }
    Ok(size)
}
