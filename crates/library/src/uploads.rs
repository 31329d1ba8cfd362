//! Uploads that come in pieces, over links that break: what has arrived is never sent again.
//!
//! An upload is a row in the catalog and a folder of encrypted pieces (`uploads/<id>`). When the last byte is there, the
//! pieces pass through the same [`Receiver`] as a file that is sent whole, and only then is it told as done.

mod finishing;
mod pieces;

use std::io::Read;
use std::time::Duration;

use catalog::Upload;
use model::{AssetId, Error, ErrorKind, Result, Timestamp, UploadId};

use crate::access::{Access, Actor};
use crate::background::run_low;
use crate::ingest::{Incoming, Receiver, Was};
use crate::{Layout, Library};
use pieces::Pieces;

pub(crate) use finishing::Finishing;
pub use pieces::Checksum;

/// An upload that does not go on for so long is given up,
pub(crate) const PATIENCE: Duration = Duration::from_hours(7 * 24);
/// and one that nothing came of, after so long: there is nothing that would have to be sent again.
const NOTHING_YET: Duration = Duration::from_hours(24);
/// How often the end is put off while one request goes on.
const MEANWHILE: Duration = Duration::from_mins(10);
/// Uploads that somebody may have under way in a space.
const MOST: u64 = 1000;
/// Uploads that a sweep ends in one go.
const SWEPT: usize = 1000;

/// How far an upload is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progressed {
    /// Which.
    pub id: UploadId,
    /// Bytes in all.
    pub size: u64,
    /// Bytes that are safe.
    pub offset: u64,
    /// When it is given up, unless it goes on.
    pub expires_at: Timestamp,
    /// The photo that it became: set once every byte is durable and referenced.
    pub asset: Option<AssetId>,
    /// What the file was to the library; told once, with its last byte.
    pub was: Option<Was>,
}

/// What one request brings.
pub struct Part {
    /// Where it begins.
    pub offset: u64,
    /// What its bytes must be.
    pub checksum: Option<Checksum>,
    /// The bytes. Reading blocks.
    pub source: Box<dyn Read + Send>,
}

fn pieces(layout: &Layout, id: UploadId) -> Pieces {
    Pieces::new(layout.uploads().join(id.to_string()))
}

/// Runs what blocks.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Error::internal("an upload ended early").with_source(error))?
}

impl Receiver {
    /// Begins an upload.
    ///
    /// # Errors
    /// As for a file that is sent whole: rights, room, names; `Invalid` for an empty file; `TooMany` for whoever has very
    /// many under way.
    pub async fn upload_begin(&self, actor: &Actor, incoming: &Incoming) -> Result<Progressed> {
        incoming.check()?;
        if incoming.size == 0 {
            return Err(Error::invalid("the file is empty").with_code("empty-file"));
        }
        let library = self.library();
        let now = library.clock.now();
        let upload = Upload {
            id: UploadId::generate(),
            person_id: actor.person().id,
            space_id: incoming.space,
            folder: incoming.folder.clone(),
            name: incoming.name.clone(),
            size: incoming.size,
            content_sha256: incoming.content_sha256,
            modified_ns: incoming.modified_ns,
            created_at: now,
            expires_at: now.plus(NOTHING_YET),
            asset_id: None,
        };
        let mut tx = library.begin_as(actor).await?;
        // The last room is promised once.
        tx.space_lock(upload.space_id).await?;
        library.may_receive_in(&mut tx, actor, incoming).await?;
        if tx.upload_count(upload.space_id, upload.person_id, now).await? >= MOST {
            let many =
                format!("you have {MOST} uploads under way in this space; finish or end some of them first");
            return Err(Error::new(ErrorKind::TooMany, many).with_code("too-many-uploads"));
        }
        tx.upload_insert(&upload).await?;
        let folder = pieces(&library.layout, upload.id);
        blocking(move || folder.create()).await?;
        tx.commit().await?;
        Ok(progressed(&upload, 0))
    }

    /// The actor's uploads that are not at their end, and how far they are.
    pub async fn upload_list(&self, actor: &Actor) -> Result<Vec<(Upload, Progressed)>> {
        let library = self.library();
        let mut tx = library.catalog.read().await?;
        let mut listed = Vec::new();
        for upload in tx.upload_list(actor.person().id, library.clock.now()).await? {
            if Access::new(&mut tx, actor).upload(upload.space_id, &upload.folder).await.is_err() {
                continue;
            }
            let folder = pieces(&library.layout, upload.id);
            let offset = blocking(move || folder.len()).await?;
            let progressed = progressed(&upload, offset);
            listed.push((upload, progressed));
        }
        Ok(listed)
    }

    /// How far an upload is. One that was interrupted between its last byte and its place in the library is brought to
    /// its end first: whoever hears that all bytes are there may believe that the photo is safe. That goes on to its end
    /// also when nobody waits for it any more, and holds what `hold` gives.
    ///
    /// # Errors
    /// `NotFound` for one that is none, is over, or is somebody else's; what `hold` says; as for
    /// [`Receiver::upload_continue`].
    pub async fn upload_state<T: Send + 'static>(
        &self,
        actor: &Actor,
        id: UploadId,
        hold: impl FnOnce() -> Result<T>,
    ) -> Result<Progressed> {
        // Before the upload: if it came to its end between the two, that is seen.
        let finish = self.finishing().of(id);
        let upload = self.own(actor, id).await?;
        if let Some(finish) = finish {
            return finish.outcome().await;
        }
        if upload.asset_id.is_some() {
            return Ok(progressed(&upload, upload.size));
        }
        let folder = pieces(&self.library().layout, id);
        let offset = blocking(move || folder.len()).await?;
        if offset == upload.size {
            return self.finish(actor, upload, hold).await;
        }
        Ok(progressed(&upload, offset))
    }

    /// Takes a part of an upload; with its last byte the photo is in the library. A part that breaks off is no failure:
    /// what arrived of it is kept, and the answer says how far it came. What makes it a photo goes on to its end also when
    /// nobody waits for it any more, and holds what `hold` gives.
    ///
    /// # Errors
    /// `Conflict` with the code `wrong-offset`; `Invalid` with `checksum-differs` or `size-differs`; at the end what `hold`
    /// says, and whatever a file that is sent whole may be refused for. Bytes that are not those that were declared end the
    /// upload.
    pub async fn upload_continue<T: Send + 'static>(
        &self,
        actor: &Actor,
        id: UploadId,
        part: Part,
        hold: impl FnOnce() -> Result<T>,
    ) -> Result<Progressed> {
        // Before the upload: if it came to its end between the two, that is seen.
        let finish = self.finishing().of(id);
        let upload = self.own(actor, id).await?;
        let library = self.library();
        if finish.is_some() || upload.asset_id.is_some() {
            let end = upload.size;
            if part.offset != end {
                let complete = format!("the upload is complete, with {end} bytes");
                return Err(Error::conflict(complete).with_code("wrong-offset"));
            }
            return match finish {
                Some(finish) => finish.outcome().await,
                None => Ok(progressed(&upload, end)),
            };
        }
        let size = upload.size;
        let Part { offset, checksum, mut source } = part;
        if offset < size {
            // Its room may be gone, if it rested for long.
            library.may_receive(actor, &incoming(&upload, actor)).await?;
        }
        let key = library.space_key(upload.space_id).await?.public();
        let folder = pieces(&library.layout, id);
        let taking = folder.clone();
        let taken = run_low("taking a part", move || {
            let left = size.saturating_sub(offset);
            taking.take(&key, offset, left, checksum, &mut source)?;
            let there = taking.len()?;
            let more = there == size && source.read(&mut [0]).is_ok_and(|filled| filled > 0);
            Ok((there, more))
        });
        tokio::pin!(taken);
        // One request may take many hours: what it has brought so far puts the end off meanwhile.
        let (there, more) = loop {
            tokio::select! {
                taken = &mut taken => break taken?,
                () = tokio::time::sleep(MEANWHILE) => {
                    let folder = folder.clone();
                    if blocking(move || folder.len()).await? > offset {
                        self.put_off(actor, id).await?;
                    }
                }
            }
        };
        if more {
            return Err(Error::invalid(format!("more than the {size} bytes that were declared arrived"))
                .with_code("size-differs"));
        }
        let mut upload = upload;
        // Asking alone puts nothing off.
        if there > offset {
            upload.expires_at = self.put_off(actor, id).await?;
        }
        if there == size {
            return self.finish(actor, upload, hold).await;
        }
        Ok(progressed(&upload, there))
    }

    /// Something arrived: the upload has time again.
    async fn put_off(&self, actor: &Actor, id: UploadId) -> Result<Timestamp> {
        let library = self.library();
        let expires_at = library.clock.now().plus(PATIENCE);
        let mut tx = library.begin_as(actor).await?;
        tx.upload_extend(id, expires_at).await?;
        tx.commit().await?;
        Ok(expires_at)
    }

    /// Ends an upload; what arrived of it is removed. A photo that it became stays.
    pub async fn upload_end(&self, actor: &Actor, id: UploadId) -> Result<()> {
        let upload = self.own(actor, id).await?;
        self.library().forget(upload.id).await
    }

    /// All bytes are there: makes them a photo, once, whoever waits for it.
    async fn finish<T: Send + 'static>(
        &self,
        actor: &Actor,
        upload: Upload,
        hold: impl FnOnce() -> Result<T>,
    ) -> Result<Progressed> {
        let (receiver, actor, id) = (self.clone(), actor.clone(), upload.id);
        let work = async move { receiver.make_photo(&actor, upload).await };
        self.finishing().begin(id, hold, work)?.outcome().await
    }

    async fn make_photo(&self, actor: &Actor, upload: Upload) -> Result<Progressed> {
        let library = self.library();
        let key = library.space_key(upload.space_id).await?;
        let folder = pieces(&library.layout, upload.id);
        let source = blocking(move || folder.read(key)).await?;
        match self.receive(actor, incoming(&upload, actor), source).await {
            Ok(received) => {
                let folder = pieces(&library.layout, upload.id);
                // What stays behind is swept when the upload's time is over.
                let _ = blocking(move || folder.remove()).await;
                let size = upload.size;
                let progressed = progressed(&Upload { asset_id: Some(received.asset), ..upload }, size);
                Ok(Progressed { was: Some(received.was), ..progressed })
            }
            // These bytes will never be right.
            Err(error) if error.code() == Some("hash-differs") => {
                library.forget(upload.id).await?;
                Err(error)
            }
            Err(error) => Err(error),
        }
    }

    /// Whether there is such an upload of the actor's own.
    ///
    /// # Errors
    /// `NotFound` where there is none.
    pub async fn upload_known(&self, actor: &Actor, id: UploadId) -> Result<()> {
        self.own(actor, id).await.map(drop)
    }

    /// An upload of the actor's, into a place where they may still send.
    async fn own(&self, actor: &Actor, id: UploadId) -> Result<Upload> {
        let library = self.library();
        let mut tx = library.catalog.read().await?;
        let found = tx.upload_get(id, library.clock.now()).await?;
        let found = found.filter(|upload| upload.person_id == actor.person().id);
        let found = found.ok_or_else(|| Error::not_found("there is no such upload, or its time is over"))?;
        Access::new(&mut tx, actor).upload(found.space_id, &found.folder).await?;
        Ok(found)
    }
}

impl Library {
    /// Ends the uploads whose time is over and removes what nobody will continue; gives their number.
    pub async fn sweep_uploads(&self) -> Result<u64> {
        let now = self.clock.now();
        let expired = self.catalog.read().await?.upload_expired(now, SWEPT).await?;
        for upload in &expired {
            self.forget(upload.id).await?;
        }
        // Folders without a row: a crash came between the two.
        let (folder, before) = (self.layout.uploads(), self.leftover_time());
        let found = blocking(move || list(&folder, before)).await?;
        let mut swept = expired.len() as u64;
        for id in found {
            if self.catalog.read().await?.upload_get(id, now).await?.is_some() {
                continue;
            }
            let folder = pieces(&self.layout, id);
            blocking(move || folder.remove()).await?;
            swept += 1;
        }
        Ok(swept)
    }

    /// The row first: a folder without one is swept, a row without a folder would be an upload that cannot go on.
    async fn forget(&self, id: UploadId) -> Result<()> {
        let mut tx = self.catalog.begin().await?;
        tx.upload_delete(id).await?;
        tx.commit().await?;
        let folder = pieces(&self.layout, id);
        blocking(move || folder.remove()).await
    }
}

/// The folders that nothing was put into since `before`: a folder is made before its row, so a young one may be about to
/// get it.
fn list(folder: &std::path::Path, before: Timestamp) -> Result<Vec<UploadId>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(|error| Error::io("the folder of uploads could not be read", error))?,
    };
    let old = entries.flatten().filter(|entry| {
        let modified = entry.metadata().and_then(|metadata| metadata.modified());
        let since = modified.ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        since.is_some_and(|since| Timestamp(since.as_millis() as i64) < before)
    });
    let names = old.filter_map(|entry| entry.file_name().into_string().ok());
    Ok(names.filter_map(|name| name.parse().ok()).collect())
}

fn incoming(upload: &Upload, actor: &Actor) -> Incoming {
    Incoming {
        space: upload.space_id,
        folder: upload.folder.clone(),
        name: upload.name.clone(),
        size: upload.size,
        content_sha256: upload.content_sha256,
        modified_ns: upload.modified_ns,
        by: actor.person().id,
        upload: Some(upload.id),
    }
}

fn progressed(upload: &Upload, offset: u64) -> Progressed {
    Progressed {
        id: upload.id,
        size: upload.size,
        offset,
        expires_at: upload.expires_at,
        asset: upload.asset_id,
        was: None,
    }
}
