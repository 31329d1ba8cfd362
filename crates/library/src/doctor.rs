//! `doctor`: everything that can be checked without reading the photos themselves.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use model::{ErrorKind, Result, Sha256};
use serde::Serialize;

use crate::Library;
use crate::jobs::deliver;
use crate::snapshot::{list_snapshots, verify_snapshot};

/// Jobs that were given up and are looked at.
const FAILED: usize = 10_000;

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What.
    pub what: String,
    /// Whether it is as it should be.
    pub ok: bool,
    /// What was found, and what to do.
    pub found: String,
}

/// What a doctor's visit found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct DoctorReport {
    /// Every check, in order.
    pub checks: Vec<Check>,
}

impl DoctorReport {
    /// Whether all is well.
    pub fn is_healthy(&self) -> bool {
        self.checks.iter().all(|check| check.ok)
    }

    /// Adds what is known of the walls around decoders: weaker ones are told, and are no reason to stop.
    pub fn add_sandbox(&mut self, walls: &Result<String>) {
        let outcome = match walls {
            Ok(walls) if walls.is_empty() => {
                Err("nothing stands around photo decoders on this system".to_owned())
            }
            Ok(walls) => Ok(format!("photos are decoded behind: {walls}")),
            Err(error) => Err(format!("{error}; no previews can be made")),
        };
        self.add("sandbox", outcome);
    }

    /// Adds where the program is that shows films, if anywhere: without it they are kept all the same. `fenced` says
    /// whether all the walls stand without which it is not run.
    pub fn add_ffmpeg(&mut self, program: Option<&Path>, fenced: bool) {
        let found = match program {
            Some(program) if fenced => format!("{} shows films", program.display()),
            Some(program) => format!(
                "{} is not run, because this kernel lacks landlock or seccomp; films are kept without previews",
                program.display()
            ),
            None => {
                "not installed; films are kept without previews. Once it is, run 'admin previews'".to_owned()
            }
        };
        self.add("ffmpeg", Ok(found));
    }

    fn add(&mut self, what: &str, outcome: Result<String, String>) {
        let ok = outcome.is_ok();
        let found = outcome.unwrap_or_else(|problem| problem);
        self.checks.push(Check { what: what.to_owned(), ok, found });
    }
}

impl Library {
    /// Looks at catalog, keys, store and queue; sweeps what interrupted work left behind more than a day ago.
    pub async fn doctor(self: &Arc<Self>) -> Result<DoctorReport> {
        let mut report = DoctorReport::default();
        let problems = self.catalog.check().await?;
        report.add(
            "catalog",
            if problems.is_empty() {
                Ok("consistent".to_owned())
            } else {
                Err(format!("{}; restore it with 'admin recover' from a copy", problems.join("; ")))
            },
        );
        let broken = self.activity_broken().await?;
        let head = self.catalog.read().await?.audit_head().await?;
        report.add(
            "audit log",
            match broken {
                None => Ok(format!("unbroken, {} entries", head.seq)),
                Some(seq) => Err(format!("entry {seq} was changed after it was written")),
            },
        );
        report.add("space keys", self.keys_open().await?);
        report.add("recovery key", self.recovery_ready().await?);
        report.add("objects", self.objects_there().await?);
        report.add("catalog snapshot", self.newest_snapshot().await?);
        let mut tx = self.catalog.read().await?;
        let jobs = tx.job_counts(self.clock.now()).await?;
        let failed = tx.job_list_failed(FAILED).await?;
        drop(tx);
        // What did not reach somebody is told to them; the photos are none the worse for it.
        let previews = failed.iter().filter(|job| job.kind != deliver::KIND).count();
        report.add(
            "previews",
            if previews == 0 {
                Ok(format!("{} waiting", jobs.due + jobs.later + jobs.running))
            } else {
                Err(format!("{previews} could not be made after several tries"))
            },
        );
        let gone = self.sweep_leftovers().await?;
        report.add("leftovers", Ok(format!("{gone} unfinished files removed")));
        Ok(report)
    }

    async fn keys_open(&self) -> Result<Result<String, String>> {
        let spaces = self.catalog.read().await?.space_list().await?;
        let mut bad = Vec::new();
        for space in &spaces {
            if let Err(error) = self.space_key(space.id).await {
                bad.push(error.message().to_owned());
            }
        }
        Ok(if bad.is_empty() { Ok(format!("all {} open", spaces.len())) } else { Err(bad.join("; ")) })
    }

    async fn recovery_ready(&self) -> Result<Result<String, String>> {
        let keys = self.catalog.read().await?.recovery_key_list().await?;
        let live = keys.iter().filter(|key| key.retired_at.is_none()).count();
        Ok(if live > 0 {
            Ok(format!("{live} in use; is the kit on paper, and not on this machine?"))
        } else {
            Err("there is none: a lost server would mean lost photos".to_owned())
        })
    }

    /// Whether every object that the library should hold is there with the right size. Reading them is `copies check`.
    async fn objects_there(self: &Arc<Self>) -> Result<Result<String, String>> {
        let library = self.library_copy().await?;
        let store = Arc::clone(&self.store);
        let listed = tokio::task::spawn_blocking(move || {
            let mut found = std::collections::HashMap::new();
            store.list("objects", &mut |entry| {
                if let Some(hash) = entry.path.object_hash() {
                    found.insert(hash, entry.size);
                }
                Ok(())
            })?;
            Ok::<_, model::Error>(found)
        });
        let found =
            listed.await.map_err(|error| model::Error::internal("listing ended").with_source(error))??;
        let mut after = None;
        let (mut total, mut bad) = (0_u64, 0_u64);
        let mut known = HashSet::new();
        loop {
            let page = self.catalog.read().await?.replica_page(library.id, after, 5_000).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.object.id);
            for item in &page {
                total += 1;
                known.insert(item.object.hash);
                bad += u64::from(found.get(&item.object.hash).is_none_or(|size| *size != item.object.size));
            }
        }
        let unknown = self.unknown_objects(found.keys().filter(|hash| !known.contains(*hash))).await?;
        let note = if unknown == 0 {
            String::new()
        } else {
            format!(
                "; {unknown} more are in the store that this catalog does not know: left by interrupted imports, or by a \
                 catalog that was put back from an older state. They are kept"
            )
        };
        let at_risk = self.catalog.read().await?.object_unsafe(None, 1_000).await?.len();
        Ok(if bad == 0 && at_risk == 0 {
            Ok(format!("all {total} are there{note}"))
        } else {
            Err(format!(
                "{bad} of {total} are missing or have the wrong size, {at_risk} have no good copy anywhere; run \
                 'copies check library' and then 'copies heal'{note}"
            ))
        })
    }

    async fn unknown_objects(&self, hashes: impl Iterator<Item = &Sha256>) -> Result<u64> {
        let mut tx = self.catalog.read().await?;
        let mut unknown = 0;
        for hash in hashes {
            unknown += u64::from(tx.object_by_hash(*hash).await?.is_none());
        }
        Ok(unknown)
    }

    async fn newest_snapshot(self: &Arc<Self>) -> Result<Result<String, String>> {
        let store = Arc::clone(&self.store);
        let looked = tokio::task::spawn_blocking(move || {
            let newest = list_snapshots(&*store)?.into_iter().next();
            Ok::<_, model::Error>(newest.map(|file| {
                let whole = verify_snapshot(&*store, &file);
                (file, whole)
            }))
        });
        let newest =
            looked.await.map_err(|error| model::Error::internal("reading ended").with_source(error))??;
        Ok(match newest {
            None => Ok("none yet; 'copies run' writes one".to_owned()),
            Some((file, Ok(()))) => Ok(format!("{} is whole", file.path.name())),
            Some((_, Err(error))) if error.kind() == ErrorKind::Damaged => {
                Err(format!("{error}; 'copies run' writes a new one when something has changed"))
            }
            Some((_, Err(error))) => Err(error.message().to_owned()),
        })
    }
}
