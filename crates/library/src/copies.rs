//! Copies: further complete sets of objects in other places. They are only ever added to.
//!
//! A copy counts an object as held only after it was read back and matched. The snapshot of the catalog goes first, so
//! that even a copy that was interrupted half way can name every photo that it holds, and every one that it does not.

mod check;
mod disks;
pub(crate) mod elsewhere;
mod heal;
mod named;
mod run;

use std::sync::Arc;

use catalog::{Care, Copy, ReplicaSummary};
use model::{CopyId, Error, ErrorKind, Medium, ObjectId, Place, ReplicaState, Result, Timestamp};
use serde::Serialize;
use vault::store;

pub use check::CheckReport;
pub use heal::HealReport;
pub use run::RunReport;
pub(crate) use run::{fetch_object, lots};

use crate::setup::GUIDE;
use crate::{LIBRARY_COPY, Library, PhotoName};

/// How many objects are taken from the catalog at a time.
pub(crate) const PAGE: usize = 512;

/// A photo with a problem, as it is told to a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The photos that need this object; a content that several files share has several.
    pub photos: Vec<PhotoName>,
    /// The object, 64 hexadecimal digits.
    pub object: String,
    /// What is wrong, and where.
    pub problem: String,
}

/// Objects with a problem. The first of them are named; a million more are counted, and take no memory.
#[derive(Default)]
pub(crate) struct Problems {
    first: Vec<(ObjectId, model::Sha256, String)>,
    count: u64,
}

impl Problems {
    /// So many are named.
    const NAMED: usize = 10_000;

    pub(crate) fn push(&mut self, id: ObjectId, hash: model::Sha256, problem: String) {
        self.count += 1;
        if self.first.len() < Self::NAMED {
            self.first.push((id, hash, problem));
        }
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    pub(crate) fn unnamed(&self) -> u64 {
        self.count - self.first.len() as u64
    }
}

/// How a copy stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CopyStatus {
    /// Its name.
    pub name: String,
    /// Where its store is.
    pub url: Option<String>,
    /// What it is stored on.
    pub medium: Medium,
    /// Where it is.
    pub place: Place,
    /// Whether it is the library's own store.
    pub is_library: bool,
    /// Objects that it holds.
    pub held: u64,
    /// Their encrypted bytes.
    pub held_bytes: u64,
    /// Of those, how many were never read back and matched.
    pub unproved: u64,
    /// When the one that waits longest was last read back and matched.
    pub oldest_proof: Option<Timestamp>,
    /// Objects whose bytes are not what they were.
    pub damaged: u64,
    /// Objects that it held and holds no more.
    pub missing: u64,
    /// Objects that no run has copied yet.
    pub waiting: u64,
}

/// A copy to be added.
pub struct NewCopy<'a> {
    /// Its name.
    pub name: &'a str,
    /// Where its store is, or will be.
    pub url: &'a str,
    /// What it is stored on.
    pub medium: Medium,
    /// Where it is.
    pub place: Place,
}

impl Library {
    /// Adds a copy. Its store is made if the place is empty; a store of this library that is there already is taken up.
    /// Added again under its name, a copy gets a new address: the same disk, mounted elsewhere.
    pub async fn copy_add(&self, new: NewCopy<'_>) -> Result<CopyStatus> {
        let name = new.name.trim();
        if name.is_empty() || name.chars().count() > 60 || name.chars().any(|c| c.is_control() || c == '/') {
            return Err(Error::invalid("a copy's name has 1 to 60 characters, without '/'"));
        }
        let url = store::url_of(new.url)?;
        self.not_in_itself(&url)?;
        let known = self.catalog.read().await?.library_get().await?;
        let library = known.ok_or_else(|| Error::internal("a library without an id"))?.id;
        let (open, opened) = (Arc::clone(&self.opener), url.clone());
        let info = tokio::task::spawn_blocking(move || store::initialize(&*open(&opened)?, library, GUIDE))
            .await
            .map_err(|error| Error::internal("opening the store ended early").with_source(error))??;
        let now = self.clock.now();
        let mut tx = self.catalog.begin().await?;
        let before = tx.copy_by_store(info.store).await?;
        match &before {
            Some(other) if other.is_library => {
                return Err(Error::new(
                    ErrorKind::Conflict,
                    "that is the library's own store; a copy is another place",
                ));
            }
            Some(other) if other.removed_at.is_none() && other.name != name => {
                let text = format!(
                    "that store is the copy '{}' already; add it by that name to change its address",
                    other.name
                );
                return Err(Error::new(ErrorKind::Conflict, text));
            }
            _ => {}
        }
        let copy = Copy {
            id: before.as_ref().map_or_else(CopyId::generate, |copy| copy.id),
            name: name.to_owned(),
            url: Some(url),
            medium: new.medium,
            place: new.place,
            store_id: info.store,
            is_library: false,
            created_at: before.as_ref().map_or(now, |copy| copy.created_at),
            removed_at: None,
        };
        let comes_back = before.as_ref().is_some_and(|copy| copy.removed_at.is_some());
        let written = match before {
            Some(_) => tx.copy_update(&copy).await,
            None => tx.copy_insert(&copy).await,
        };
        written.map_err(|error| match error.kind() {
            ErrorKind::Conflict => {
                Error::new(ErrorKind::Conflict, format!("there is a copy named '{name}' already"))
            }
            _ => error,
        })?;
        // A store that was a copy before is one again, and an old disk need not be filled anew. But nobody looked at it
        // meanwhile, so nothing in it counts before the next run has read it.
        if comes_back {
            tx.copy_forget_replicas(copy.id).await?;
            if let Some(care) = tx.care_get(copy.id).await? {
                let settings = Care::usual(copy.id, copy.medium);
                let Care { every, scrub_days, rate, quiet, thin_out, .. } = care;
                tx.care_put(&Care { every, scrub_days, rate, quiet, thin_out, ..settings }).await?;
            }
        }
        tx.audit_append(now, "admin", "copy.add", name, &serde_json::json!({})).await?;
        tx.commit().await?;
        self.copy_status(&copy).await
    }

    /// Every copy in use, the library first, and how it stands.
    pub async fn copies(&self) -> Result<Vec<CopyStatus>> {
        let mut all = Vec::new();
        for copy in self.copies_in_use().await? {
            all.push(self.copy_status(&copy).await?);
        }
        Ok(all)
    }

    /// Stops using a copy. Its files stay where they are: removing them is somebody's own act.
    pub async fn copy_remove(&self, name: &str) -> Result<()> {
        let copy = self.copy(name).await?;
        if copy.is_library {
            return Err(Error::invalid("the library itself cannot be removed"));
        }
        let now = self.clock.now();
        let mut tx = self.catalog.begin().await?;
        tx.copy_remove(copy.id, now).await?;
        tx.audit_append(now, "admin", "copy.remove", name, &serde_json::json!({})).await?;
        tx.commit().await
    }

    /// The copy of that name.
    pub(crate) async fn copy(&self, name: &str) -> Result<Copy> {
        let copies = self.copies_in_use().await?;
        let names: Vec<String> = copies.iter().map(|copy| copy.name.clone()).collect();
        copies.into_iter().find(|copy| copy.name == name).ok_or_else(|| {
            Error::not_found(format!("there is no copy '{name}'; copies here: {}", names.join(", ")))
        })
    }

    /// Copies that were not removed, the library first.
    pub(crate) async fn copies_in_use(&self) -> Result<Vec<Copy>> {
        let mut copies = self.catalog.read().await?.copy_list().await?;
        copies.retain(|copy| copy.removed_at.is_none());
        copies.sort_by_key(|copy| (!copy.is_library, copy.created_at));
        Ok(copies)
    }

    /// The library as a copy.
    pub(crate) async fn library_copy(&self) -> Result<Copy> {
        self.copy(LIBRARY_COPY).await
    }

    pub(crate) async fn copy_status(&self, copy: &Copy) -> Result<CopyStatus> {
        let count = async || self.catalog.read().await?.replica_summary(copy.id).await;
        let known: ReplicaSummary = self.watch.counted.get(copy.id, count).await?;
        let all = self.catalog.read().await?.object_count().await?;
        Ok(CopyStatus {
            name: copy.name.clone(),
            url: copy.url.as_deref().map(store::without_secrets),
            medium: copy.medium,
            place: copy.place,
            is_library: copy.is_library,
            held: known.held,
            held_bytes: known.held_bytes,
            unproved: known.unproved,
            oldest_proof: known.oldest_proof,
            damaged: known.damaged,
            missing: known.missing,
            waiting: all.saturating_sub(known.held + known.damaged + known.missing),
        })
    }

    /// Opens a copy's store on a thread that may wait for the network; no faster than somebody set.
    pub(crate) async fn reach(self: &Arc<Self>, copy: &Copy) -> Result<Arc<dyn vault::Store>> {
        let (rate, is_library) = (self.care(copy).await?.rate, copy.is_library);
        let (library, copy) = (Arc::clone(self), copy.clone());
        let store = tokio::task::spawn_blocking(move || library.open_copy(&copy))
            .await
            .map_err(|error| Error::internal("opening the copy ended early").with_source(error))??;
        Ok(match rate.filter(|_| !is_library) {
            Some(rate) => Arc::new(vault::PacedStore::new(store, rate)),
            None => store,
        })
    }

    /// Makes sure that a store is still the copy's before anything is put on record about it: what is true of a mount
    /// point whose disk was unplugged says nothing of the disk.
    pub(crate) async fn still_there(&self, copy: &Copy, store: &Arc<dyn vault::Store>) -> Result<()> {
        let store = Arc::clone(store);
        let info = tokio::task::spawn_blocking(move || store::read_info(&*store))
            .await
            .map_err(|error| Error::internal("looking at the store ended early").with_source(error))?;
        match info {
            Ok(Some(info)) if info.store == copy.store_id => Ok(()),
            Err(error) if error.kind() == ErrorKind::Damaged => Ok(()),
            Ok(_) | Err(_) => Err(Error::new(
                ErrorKind::Unavailable,
                format!(
                    "the copy '{}' went away in the middle of the work; what was done before is on record",
                    copy.name
                ),
            )),
        }
    }

    /// Names the photos behind the first of these problems.
    pub(crate) async fn findings_of(&self, problems: Problems) -> Result<Vec<Finding>> {
        self.findings(problems.first).await
    }

    /// Names the photos behind problems with objects.
    pub(crate) async fn findings(
        &self,
        problems: Vec<(ObjectId, model::Sha256, String)>,
    ) -> Result<Vec<Finding>> {
        let ids: Vec<ObjectId> = problems.iter().map(|(id, ..)| *id).collect();
        let names = self.photo_names(&ids).await?;
        let mut findings: Vec<Finding> = problems
            .into_iter()
            .map(|(id, hash, problem)| Finding {
                photos: names.get(&id).cloned().unwrap_or_default(),
                object: hash.to_string(),
                problem,
            })
            .collect();
        findings.sort_by(|a, b| a.photos.cmp(&b.photos));
        Ok(findings)
    }
}

/// What a look at a stored object says of it.
pub(crate) fn judged(outcome: &Result<()>) -> Option<ReplicaState> {
    match outcome {
        Ok(()) => Some(ReplicaState::Held),
        Err(error) => match error.kind() {
            ErrorKind::Damaged => Some(ReplicaState::Damaged),
            ErrorKind::NotFound => Some(ReplicaState::Missing),
            // The store did not answer: that says nothing of the object.
            _ => None,
        },
    }
}
