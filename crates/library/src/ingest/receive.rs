//! Receiving: single files that people and programs send, stored like those of an import.
//!
//! Each is encrypted into the store's temporary folder while it arrives. Those that are complete wait for each other a
//! moment, so that many senders share one sync and one transaction; each hears of success only after both.

use std::io::Read;
use std::sync::Arc;

use catalog::Tx;
use media::{SNIFF_LEN, sniff_named};
use model::{AssetId, Error, ErrorKind, PersonId, Result, Sha256, SpaceId, Timestamp, UploadId};
use serde_json::json;
use tokio::sync::{mpsc, oneshot};
use vault::{ContentId, Draft, Sealed, Spool, StorePath, seal_object};

use super::admit::Door;
use super::group::group;
use super::lookups::Lookups;
use super::plan::{Arrival, Fate, LOCKED, Plan, Planned, Stored};
use crate::access::{Access, Actor};
use crate::background::run_low;
use crate::uploads::Finishing;
use crate::{LIBRARY_COPY, Library};

/// So many files at most share a commit.
const BATCH: usize = 256;
/// No file is larger, so that sums of sizes stay numbers: 1 TiB.
const LARGEST: u64 = 1 << 40;

/// A file that somebody sends.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// Where to.
    pub space: SpaceId,
    /// The album's folder below the space.
    pub folder: Vec<u8>,
    /// The file's name.
    pub name: Vec<u8>,
    /// Bytes, as declared.
    pub size: u64,
    /// What it must turn out to be, if the sender said so.
    pub content_sha256: Option<Sha256>,
    /// Modification time of the source, nanoseconds since 1970.
    pub modified_ns: Option<i64>,
    /// Who sends it.
    pub by: PersonId,
    /// The upload that it arrived by, which has its room promised.
    pub upload: Option<UploadId>,
}

/// What became of a file that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// The photo it belongs to.
    pub asset: AssetId,
    /// SHA-256 of the bytes that arrived.
    pub content_sha256: Sha256,
    /// What it was to the library.
    pub was: Was,
}

/// What a file that was sent was to the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Was {
    /// New.
    New,
    /// A changed file: a new version.
    NewVersion,
    /// There already.
    There,
    /// There, and in the trash, where it stays.
    InTrash,
}

/// Takes files in; cheap to clone.
#[derive(Clone)]
pub struct Receiver {
    library: Arc<Library>,
    complete: mpsc::Sender<Complete>,
    finishing: Finishing,
}

/// A file that is encrypted, and waits to be committed.
struct Complete {
    file: SealedFile,
    answer: oneshot::Sender<Result<Received>>,
}

struct SealedFile {
    actor: Actor,
    incoming: Incoming,
    sealed: Sealed,
    head: Vec<u8>,
    spool: Spool,
}

impl Receiver {
    /// Starts the committer, which ends when the last receiver is gone.
    pub fn start(library: Arc<Library>) -> Self {
        let (complete, waiting) = mpsc::channel(BATCH);
        tokio::spawn(commit_all(Arc::clone(&library), waiting));
        Self { library, complete, finishing: Finishing::default() }
    }

    pub(crate) fn library(&self) -> &Library {
        &self.library
    }

    /// The uploads that are being finished.
    pub(crate) fn finishing(&self) -> &Finishing {
        &self.finishing
    }

    /// Takes one file in. With success it is durable and referenced. Refused, nothing of it is left; where the catalog
    /// fails, at most an object that nobody refers to.
    ///
    /// # Errors
    /// `Invalid` for a name that cannot be one, and for bytes that are not what was declared (codes `size-differs`,
    /// `hash-differs`); what reading `source` says.
    pub async fn receive(
        &self,
        actor: &Actor,
        incoming: Incoming,
        mut source: Box<dyn Read + Send>,
    ) -> Result<Received> {
        incoming.check()?;
        let key = self.library.space_key(incoming.space).await?.public();
        let store = Arc::clone(&self.library.store);
        let declared = incoming.clone();
        let (sealed, head, spool) = run_low("receiving", move || {
            let mut spool = store.spool()?;
            let mut source =
                Headed { inner: &mut *source, head: Vec::with_capacity(SNIFF_LEN), left: declared.size };
            let sealed = seal_object(&key, &mut source, &mut spool)?;
            spool.close();
            check_content(&declared, &sealed, source.left)?;
            Ok((sealed, source.head, spool))
        })
        .await?;
        let file = SealedFile { actor: actor.clone(), incoming, sealed, head, spool };
        let (answer, answered) = oneshot::channel();
        let ended = || Error::internal("the committer ended");
        self.complete.send(Complete { file, answer }).await.map_err(|_| ended())?;
        answered.await.map_err(|_| ended())?
    }
}

impl Library {
    /// Takes a file in without its bytes, because the space has them already: it takes no room.
    ///
    /// # Errors
    /// What [`Access::upload`] says; `NotFound` with the code `content-unknown` where the bytes have to be sent.
    pub async fn receive_known(&self, actor: &Actor, incoming: Incoming) -> Result<Received> {
        incoming.check()?;
        let unknown = || {
            Error::not_found("the space does not have these bytes; send them").with_code("content-unknown")
        };
        let content = incoming
            .content_sha256
            .ok_or_else(|| Error::invalid("say which bytes the file has (SHA-256)"))?;
        let now = self.clock.now();
        let mut tx = self.begin_as(actor).await?;
        tx.space_lock(incoming.space).await?;
        let may_revive = Access::new(&mut tx, actor).upload(incoming.space, &incoming.folder).await?;
        let found = tx.object_find_by_content(incoming.space, &[content]).await?;
        let object = found.into_iter().next().filter(|object| object.content_size == incoming.size);
        let object = object.ok_or_else(unknown)?;
        let space = incoming.space;
        let id = ContentId { sha256: content, sha1: object.content_sha1, size: object.content_size };
        let arrivals = [arrival(incoming, id, &[], may_revive)];
        let planned = plan(self, &mut tx, space, &arrivals, &Stored::new(), now).await?;
        match planned.fates.first() {
            // The library does not hold it any more: the bytes are welcome.
            None | Some(Fate::Postponed) => Err(unknown()),
            Some(fate) => {
                let received = received(&arrivals[0], *fate)?;
                tx.commit().await?;
                Ok(received)
            }
        }
    }
}

/// Commits what waits, as much at once as there is.
async fn commit_all(library: Arc<Library>, mut waiting: mpsc::Receiver<Complete>) {
    let mut batch = Vec::with_capacity(BATCH);
    while waiting.recv_many(&mut batch, BATCH).await > 0 {
        // A transaction is of one space, and a name is in it once: the others come next.
        while !batch.is_empty() {
            let mut names = std::collections::HashSet::new();
            let space = batch[0].file.incoming.space;
            let (now, later): (Vec<_>, Vec<_>) = batch.into_iter().partition(|complete: &Complete| {
                let SealedFile { incoming, sealed, .. } = &complete.file;
                incoming.space == space
                    && names.insert((incoming.folder.clone(), incoming.name.clone()))
                    && names.insert((sealed.content.sha256.0.to_vec(), Vec::new()))
            });
            batch = later;
            let (answers, files): (Vec<_>, Vec<_>) =
                now.into_iter().map(|complete| (complete.answer, complete.file)).unzip();
            // A defect met by these files must not end receiving for all others.
            let committed = tokio::spawn(commit(Arc::clone(&library), space, files)).await;
            let ended = |error| Err(Error::internal("committing ended early").with_source(error));
            match committed.unwrap_or_else(ended) {
                Ok(outcomes) => {
                    for (answer, outcome) in answers.into_iter().zip(outcomes) {
                        // Who asked may have gone; the file is safe all the same.
                        let _ = answer.send(outcome);
                    }
                }
                Err(error) => {
                    for answer in answers {
                        let _ = answer.send(Err(Error::new(error.kind(), error.message())));
                    }
                }
            }
        }
    }
}

/// Makes the files of a batch durable, and refers to those of them that may come in now. Of the others nothing is left.
async fn commit(
    library: Arc<Library>,
    space: SpaceId,
    files: Vec<SealedFile>,
) -> Result<Vec<Result<Received>>> {
    let mut stored = Stored::new();
    let mut drafts = Vec::with_capacity(files.len());
    let mut waiting = Vec::with_capacity(files.len());
    for SealedFile { actor, incoming, sealed, head, spool } in files {
        stored.insert(sealed.content.sha256, (sealed.hash, sealed.size));
        drafts.push(Draft { path: StorePath::object(&sealed.hash), spool });
        waiting.push((actor, incoming, sealed.content, head));
    }
    let store = Arc::clone(&library.store);
    let outcomes = tokio::task::spawn_blocking(move || store.create_many(drafts)).await;
    for outcome in outcomes.map_err(|error| Error::internal("storing ended early").with_source(error))? {
        outcome?;
    }
    let now = library.clock.now();
    let mut tx = library.catalog.begin().await?;
    let contents: Vec<Sha256> = waiting.iter().map(|(_, _, content, _)| content.sha256).collect();
    let senders: Vec<&Actor> = waiting.iter().map(|(actor, ..)| actor).collect();
    let mut door = Door::open(&library, &mut tx, space, senders, &contents).await?;
    let (mut arrivals, mut uploads) = (Vec::with_capacity(waiting.len()), Vec::with_capacity(waiting.len()));
    // Why not, of those that may not come in.
    let mut refused: Vec<Option<Error>> = Vec::with_capacity(waiting.len());
    let mut unwanted = Vec::new();
    for (actor, incoming, content, head) in waiting {
        match door.admit(&mut tx, &actor, &incoming, content.sha256).await? {
            Ok(may_revive) => {
                refused.push(None);
                uploads.push(incoming.upload);
                arrivals.push(arrival(incoming, content, &head, may_revive));
            }
            Err(error) => {
                refused.push(Some(error));
                unwanted.extend(stored.remove(&content.sha256).map(|(hash, _)| hash));
            }
        }
    }
    let planned = plan(&library, &mut tx, space, &arrivals, &stored, now).await?;
    let mut outcomes = Vec::with_capacity(arrivals.len());
    for ((arrival, fate), upload) in arrivals.iter().zip(&planned.fates).zip(uploads) {
        let outcome = received(arrival, *fate);
        if let (Ok(received), Some(upload)) = (&outcome, upload) {
            // With the photo, so that no upload holds room for what is there. If it was given up, the photo stays.
            tx.upload_set_asset(upload, received.asset).await?;
        }
        outcomes.push(outcome);
    }
    tx.commit().await?;
    for hash in planned.orphans.iter().chain(&unwanted) {
        // Not needed and not referenced; if it cannot be removed now, it is a leftover that the doctor counts.
        let _ = library.store.remove(&StorePath::object(hash));
    }
    let mut outcomes = outcomes.into_iter();
    let next = |refused: Option<Error>| match refused {
        Some(error) => Err(error),
        None => outcomes.next().unwrap_or_else(|| Err(Error::internal("a file was left over"))),
    };
    Ok(refused.into_iter().map(next).collect())
}

/// Plans and writes the rows of arrivals, and records who brought what.
async fn plan(
    library: &Library,
    tx: &mut Tx,
    space: SpaceId,
    arrivals: &[Arrival],
    stored: &Stored,
    now: Timestamp,
) -> Result<Planned> {
    let known = Lookups::find(tx, space, arrivals, now).await?;
    let copy = tx.copy_by_name(LIBRARY_COPY).await?;
    let copy = copy.ok_or_else(|| Error::internal("the library is not a copy of itself"))?.id;
    let planned = Plan::new(space, copy, false, stored, known, now).of(arrivals)?;
    planned.rows.write(tx, now).await?;
    if planned.rows.ask_for_approval() {
        library.tell_of_waiting(tx, space).await?;
    }
    for (arrival, fate) in arrivals.iter().zip(&planned.fates) {
        let (asset, action) = match fate {
            Fate::Stored(asset) | Fate::Duplicate(asset) => (asset, "asset.upload"),
            Fate::Version(asset, _) => (asset, "asset.version"),
            _ => continue,
        };
        let by = match arrival.added_by {
            Some(id) => tx.person_get(id).await?.map(|person| person.email),
            None => None,
        };
        let detail = json!({"bytes": arrival.id.size, "sha256": arrival.id.sha256.to_string()});
        tx.audit_append_in(space, now, by.as_deref().unwrap_or("admin"), action, &asset.to_string(), &detail)
            .await?;
    }
    Ok(planned)
}

fn arrival(incoming: Incoming, id: ContentId, head: &[u8], may_revive: bool) -> Arrival {
    let place = group([incoming.name.as_slice()]).remove(incoming.name.as_slice());
    let format = sniff_named(head, &incoming.name);
    Arrival {
        place: place.unwrap_or_else(|| super::group::alone(&incoming.name)),
        album: incoming.folder,
        name: incoming.name,
        modified_ns: incoming.modified_ns,
        id,
        format,
        may_supersede: true,
        may_revive,
        added_by: Some(incoming.by),
    }
}

fn received(arrival: &Arrival, fate: Fate) -> Result<Received> {
    let (asset, was) = match fate {
        Fate::Stored(asset) | Fate::Duplicate(asset) => (asset, Was::New),
        Fate::Version(asset, _) => (asset, Was::NewVersion),
        Fate::There(asset) => (asset, Was::There),
        Fate::InTrash(asset) => (asset, Was::InTrash),
        Fate::Barred => {
            return Err(Error::conflict(
                "an album or photo of this name is in the trash; take it out, or choose another name",
            )
            .with_code("in-trash"));
        }
        Fate::Locked => return Err(Error::conflict(LOCKED).with_code("vault-locked")),
        Fate::LeftOut | Fate::Twin | Fate::Postponed => return Err(Error::internal("a file was left over")),
    };
    Ok(Received { asset, content_sha256: arrival.id.sha256, was })
}

impl Incoming {
    /// Refuses what no file can be called: a name is one part of a path, as a file system has it. And what is too large.
    pub(crate) fn check(&self) -> Result<()> {
        if self.size > LARGEST {
            return Err(
                Error::invalid("a file has up to 1 TiB (1,099,511,627,776 bytes)").with_code("too-large")
            );
        }
        let name = &self.name;
        let bad = name.is_empty()
            || name.len() > 255
            || name.iter().any(|byte| matches!(byte, 0 | b'/'))
            || name == b"."
            || name == b"..";
        if bad {
            return Err(Error::invalid(
                "a file's name has 1 to 255 bytes and no '/', and is not '.' or '..'",
            ));
        }
        check_folder(&self.folder)
    }
}

/// The folder of an album: names with `/` between.
pub(crate) fn check_folder(folder: &[u8]) -> Result<()> {
    let parts = || folder.split(|byte| *byte == b'/');
    let bad = folder.len() > 1024
        || (!folder.is_empty() && parts().any(|part| part.is_empty() || part == b"." || part == b".."))
        || folder.contains(&0);
    if bad {
        return Err(Error::invalid("an album's folder has no empty parts, '.' or '..' between its slashes"));
    }
    Ok(())
}

fn check_content(declared: &Incoming, sealed: &Sealed, missing: u64) -> Result<()> {
    if sealed.content.size != declared.size {
        return Err(Error::invalid(format!(
            "{} of {} bytes arrived; nothing was kept, send the file again",
            declared.size - missing,
            declared.size
        ))
        .with_code("size-differs"));
    }
    if declared.content_sha256.is_some_and(|declared| declared != sealed.content.sha256) {
        return Err(Error::invalid(
            "the bytes that arrived are not those that were declared (SHA-256); nothing was kept, send the file again",
        )
        .with_code("hash-differs"));
    }
    if declared.size == 0 {
        return Err(Error::new(ErrorKind::Invalid, "the file is empty").with_code("empty-file"));
    }
    Ok(())
}

/// Keeps the first bytes for telling the format, and takes no more than was declared, and one.
struct Headed<'a> {
    inner: &'a mut (dyn Read + Send),
    head: Vec<u8>,
    left: u64,
}

impl Read for Headed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let filled = self.inner.read(buffer)?;
        let wanted = SNIFF_LEN.saturating_sub(self.head.len()).min(filled);
        self.head.extend_from_slice(&buffer[..wanted]);
        if filled as u64 > self.left {
            let more = Error::invalid("more bytes arrived than were declared; nothing was kept")
                .with_code("size-differs");
            return Err(std::io::Error::from(more));
        }
        self.left -= filled as u64;
        Ok(filled)
    }
}
