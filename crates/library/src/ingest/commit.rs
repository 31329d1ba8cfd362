//! Turning a batch of prepared files into durable objects and, in one transaction, the rows that refer to them.

use std::collections::{HashMap, HashSet};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::Arc;

use catalog::{
    Album, Asset, File, FileState, MediaState, NewAlbum, NewChange, NewJob, Object, Replica, Space, Tx,
    Version,
};
use model::{
    AlbumId, AssetId, AssetKind, CopyId, Error, ErrorKind, FileId, FileRole, Metadata, ObjectId,
    ReplicaState, Result, Sha256, Tier, Timestamp, VersionId,
};
use serde_json::json;
use vault::{Draft, StorePath};

use super::prepare::{Content, Prepared};
use super::seen::{Stat, encode};
use super::summary::{ImportSummary, Skipped};
use super::walk::{Folder, FoundFile, skipped};
use crate::jobs::media::media_job;
use crate::names::printable;
use crate::{LIBRARY_COPY, Library, Progress};

/// How often a file waits for another of the same content.
const MAX_POSTPONED: u8 = 3;

/// Counts and commits what workers prepare.
pub(crate) struct Committer<'a> {
    library: &'a Arc<Library>,
    space: Space,
    skip_duplicates: bool,
    progress: &'a Arc<dyn Progress>,
    library_copy: Option<CopyId>,
    summary: ImportSummary,
    folders: HashMap<PathBuf, OpenFolder>,
    /// Files whose content another file was to bring, and has not yet.
    unresolved: Vec<FoundFile>,
}

/// What is known of a folder that is being imported; remembered when it is through.
struct OpenFolder {
    folder: Arc<Folder>,
    entries: HashMap<Vec<u8>, Stat>,
    whole: bool,
    changed: bool,
}

/// The rows of one batch.
#[derive(Default)]
struct Rows {
    objects: Vec<Object>,
    resealed: Vec<(ObjectId, Sha256, u64)>,
    replicas: Vec<Replica>,
    assets: Vec<Asset>,
    files: Vec<File>,
    versions: Vec<Version>,
    superseding: Vec<VersionId>,
    revived: Vec<AssetId>,
    changes: Vec<NewChange>,
    jobs: Vec<NewJob>,
    counted: ImportSummary,
    /// Stored bytes that rows refer to now,
    used: HashSet<Sha256>,
    /// and those that turned out not to be needed.
    orphans: Vec<Sha256>,
    done: Vec<(Arc<Folder>, Vec<u8>, Stat)>,
}

/// What a batch needs to know of the catalog.
struct Lookups {
    albums: HashMap<Vec<u8>, Album>,
    files: HashMap<(AlbumId, Vec<u8>), FileState>,
    groups: HashMap<(AlbumId, Vec<u8>), Group>,
    /// Objects by content, and whether any copy holds them.
    contents: HashMap<Sha256, (ObjectId, bool)>,
}

struct Group {
    asset: AssetId,
    roles: Vec<FileRole>,
}

impl<'a> Committer<'a> {
    pub(crate) fn new(
        library: &'a Arc<Library>,
        space: Space,
        skip_duplicates: bool,
        progress: &'a Arc<dyn Progress>,
    ) -> Self {
        Self {
            library,
            space,
            skip_duplicates,
            progress,
            library_copy: None,
            summary: ImportSummary::default(),
            folders: HashMap::new(),
            unresolved: Vec::new(),
        }
    }

    /// Takes note of a folder that was walked.
    pub(crate) fn folder(
        &mut self,
        folder: Arc<Folder>,
        unchanged: HashMap<Vec<u8>, Stat>,
        problems: Vec<Skipped>,
        whole: bool,
    ) {
        self.summary.unchanged += unchanged.len() as u64;
        self.summary.already_there += unchanged.len() as u64;
        self.summary.skipped.extend(problems);
        let source = folder.source.clone();
        self.folders.insert(source, OpenFolder { folder, entries: unchanged, whole, changed: false });
    }

    /// Whether files wait to be read again.
    pub(crate) fn has_unresolved(&self) -> bool {
        !self.unresolved.is_empty()
    }

    /// A file whose bytes another one was to bring is read again, later; in the end it is told.
    fn postpone(&mut self, mut file: FoundFile) {
        file.postponed += 1;
        if file.postponed <= MAX_POSTPONED {
            self.unresolved.push(file);
        } else {
            let reason = "another file of the same content could not be stored; import again";
            self.summary.skipped.push(skipped(&file.path(), reason));
        }
    }

    /// Makes a batch durable and referenced. Gives the files that have to be read again.
    pub(crate) async fn commit(&mut self, batch: Vec<Prepared>) -> Result<Vec<FoundFile>> {
        let mut again = std::mem::take(&mut self.unresolved);
        let mut ready = Vec::with_capacity(batch.len());
        let mut names = HashSet::new();
        for prepared in batch {
            match prepared.content {
                // One name twice (overlapping paths): the second is compared with the first once that is in.
                Ok(_) if !names.insert((prepared.file.folder.album.clone(), prepared.file.name.clone())) => {
                    again.push(prepared.file);
                }
                Ok(content) => ready.push((prepared.file, content)),
                Err(error) => self.failed(&prepared.file, error)?,
            }
        }
        let stored = self.store(&mut ready).await?;
        let (files, bytes) = (ready.len() as u64, ready.iter().map(|(file, _)| file.stat.size).sum());
        let mut tx = self.library.catalog.begin().await?;
        let lookups = self.look_up(&mut tx, &ready).await?;
        let rows = self.plan(ready, &stored, lookups)?;
        self.write(&mut tx, &rows).await?;
        tx.commit().await?;
        self.remember(&rows);
        for hash in &rows.orphans {
            // Not needed and not referenced; if it cannot be removed now, the sweep will.
            let _ = self.library.store.remove(&StorePath::object(hash));
        }
        self.progress.advance(files, bytes);
        self.count(rows.counted);
        Ok(again)
    }

    /// A file that could not be read is told; anything else ends the import.
    fn failed(&mut self, file: &FoundFile, error: Error) -> Result<()> {
        match error.kind() {
            ErrorKind::Interrupted => Ok(()),
            ErrorKind::OutOfSpace => {
                Err(error.context("the library's disk is full; free some space and import again"))
            }
            ErrorKind::Internal => Err(error.context(file.path().display())),
            _ => {
                self.progress.advance(1, file.stat.size);
                self.summary.skipped.push(skipped(&file.path(), error.message()));
                Ok(())
            }
        }
    }

    /// Makes the batch's new objects durable; gives their hashes.
    async fn store(&self, ready: &mut [(FoundFile, Content)]) -> Result<HashMap<Sha256, (Sha256, u64)>> {
        let mut stored = HashMap::new();
        let mut drafts = Vec::new();
        for (_, content) in ready.iter_mut() {
            if let Some(object) = content.object.take() {
                stored.insert(content.id.sha256, (object.hash, object.size));
                drafts.push(Draft { path: StorePath::object(&object.hash), spool: object.spool });
            }
        }
        if drafts.is_empty() {
            return Ok(stored);
        }
        let store = Arc::clone(&self.library.store);
        let outcomes = tokio::task::spawn_blocking(move || store.create_many(drafts))
            .await
            .map_err(|error| Error::internal("storing ended early").with_source(error))?;
        for outcome in outcomes {
            outcome?;
        }
        Ok(stored)
    }

    async fn look_up(&mut self, tx: &mut Tx, ready: &[(FoundFile, Content)]) -> Result<Lookups> {
        if self.library_copy.is_none() {
            let copy = tx.copy_by_name(LIBRARY_COPY).await?;
            self.library_copy =
                Some(copy.ok_or_else(|| Error::internal("the library is not a copy of itself"))?.id);
        }
        let mut found = Lookups {
            albums: HashMap::new(),
            files: HashMap::new(),
            groups: HashMap::new(),
            contents: HashMap::new(),
        };
        let contents: Vec<Sha256> = ready.iter().map(|(_, content)| content.id.sha256).collect();
        let objects = tx.object_find_by_content(self.space.id, &contents).await?;
        let ids: Vec<ObjectId> = objects.iter().map(|object| object.id).collect();
        let held = tx.objects_held(&ids).await?;
        for object in objects {
            found.contents.insert(object.content_sha256, (object.id, held.contains(&object.id)));
        }
        let now = self.library.clock.now();
        let mut by_album: HashMap<&[u8], Vec<&FoundFile>> = HashMap::new();
        for (file, _) in ready {
            by_album.entry(&file.folder.album).or_default().push(file);
        }
        for (folder, files) in by_album {
            let name = album_name(folder);
            let new = NewAlbum {
                space_id: self.space.id,
                folder,
                name: &name,
                tier: Tier::Working,
                created_at: now,
            };
            let (album, _) = tx.album_find_or_insert(&new).await?;
            let names: Vec<&[u8]> = files.iter().map(|file| file.name.as_slice()).collect();
            for state in tx.file_find_by_names(album.id, &names).await? {
                found.files.insert((album.id, state.name.clone()), state);
            }
            let keys: HashSet<&[u8]> = files.iter().map(|file| file.place.key.as_slice()).collect();
            let keys: Vec<&[u8]> = keys.into_iter().collect();
            for group in tx.asset_find_groups(album.id, &keys).await? {
                if !group.deleted {
                    let key = (album.id, group.group_key);
                    found.groups.entry(key).or_insert(Group { asset: group.asset_id, roles: group.roles });
                }
            }
            found.albums.insert(folder.to_vec(), album);
        }
        Ok(found)
    }

    /// Decides what each file is: new, another of the same bytes, a version, or there already.
    fn plan(
        &mut self,
        ready: Vec<(FoundFile, Content)>,
        stored: &HashMap<Sha256, (Sha256, u64)>,
        mut known: Lookups,
    ) -> Result<Rows> {
        let mut rows = Rows::default();
        let now = self.library.clock.now();
        let mut brought: HashSet<Sha256> = HashSet::new();
        for (file, content) in ready {
            let album =
                known.albums.get(&file.folder.album).ok_or_else(|| Error::internal("an album is missing"))?;
            let album_id = album.id;
            let there = known.files.get(&(album_id, file.name.clone()));
            let in_trash = there.is_some_and(|there| there.asset_deleted_at.is_some());
            let was_known = known.contents.get(&content.id.sha256).is_some_and(|(_, held)| *held);
            let object_id =
                match self.object(&mut rows, &mut known.contents, stored, &content, now, &mut brought) {
                    Some(object_id) => object_id,
                    None => {
                        self.postpone(file);
                        continue;
                    }
                };
            let done = (Arc::clone(&file.folder), file.name.clone(), file.stat);
            match there {
                Some(there) if there.content_sha256 == content.id.sha256 => {
                    if in_trash {
                        rows.counted.left_in_trash += 1;
                    } else {
                        rows.counted.already_there += 1;
                    }
                }
                Some(there) => {
                    self.version(&mut rows, &file, there.clone(), object_id, in_trash, now);
                    brought.remove(&content.id.sha256);
                }
                None if self.skip_duplicates && was_known => rows.counted.duplicates_left_out += 1,
                None => {
                    let asset = self.asset(&mut rows, &mut known.groups, &file, album_id, now);
                    new_file(&mut rows, &file, album_id, asset, object_id, now);
                    rows.jobs.push(media_job(asset, now));
                    if brought.remove(&content.id.sha256) {
                        rows.counted.stored += 1;
                        rows.counted.stored_bytes += content.id.size;
                    } else {
                        rows.counted.duplicates += 1;
                    }
                }
            }
            rows.done.push(done);
        }
        Ok(rows)
    }

    /// The object with this content: known, or brought by this batch. `None` if another file was to bring it and has
    /// not.
    fn object(
        &self,
        rows: &mut Rows,
        contents: &mut HashMap<Sha256, (ObjectId, bool)>,
        stored: &HashMap<Sha256, (Sha256, u64)>,
        content: &Content,
        now: Timestamp,
        brought: &mut HashSet<Sha256>,
    ) -> Option<ObjectId> {
        let sha256 = content.id.sha256;
        let sealed = stored.get(&sha256).copied();
        let id = match (contents.get(&sha256).copied(), sealed) {
            (Some((id, true)), None) => return Some(id),
            (Some((id, true)), Some((hash, _))) => {
                if !rows.used.contains(&hash) {
                    rows.orphans.push(hash);
                }
                return Some(id);
            }
            (None | Some((_, false)), None) => return None,
            // It was lost everywhere; this file brings it back.
            (Some((id, false)), Some((hash, size))) => {
                rows.resealed.push((id, hash, size));
                rows.used.insert(hash);
                id
            }
            (None, Some((hash, size))) => {
                let id = ObjectId::generate();
                rows.used.insert(hash);
                rows.objects.push(Object {
                    id,
                    space_id: self.space.id,
                    hash,
                    size,
                    content_sha256: sha256,
                    content_sha1: content.id.sha1,
                    content_size: content.id.size,
                    media_type: content.format.mime().to_owned(),
                    created_at: now,
                });
                id
            }
        };
        rows.replicas.push(Replica {
            copy_id: self.library_copy?,
            object_id: id,
            state: ReplicaState::Held,
            stored_at: now,
            proved_at: None,
            note: None,
        });
        contents.insert(sha256, (id, true));
        brought.insert(sha256);
        Some(id)
    }

    fn version(
        &self,
        rows: &mut Rows,
        file: &FoundFile,
        there: FileState,
        object_id: ObjectId,
        in_trash: bool,
        now: Timestamp,
    ) {
        let version = Version {
            id: VersionId::generate(),
            file_id: there.file_id,
            object_id,
            number: there.version_number + 1,
            modified_ns: Some(file.stat.modified_ns),
            added_at: now,
            added_by: None,
        };
        rows.superseding.push(version.id);
        rows.versions.push(version);
        // New bytes under a name that is in the trash are another photo: nobody deleted that.
        if in_trash {
            rows.revived.push(there.asset_id);
        }
        rows.changes.push(self.change(there.asset_id, "update", now));
        rows.jobs.push(media_job(there.asset_id, now));
        rows.counted.versions += 1;
        rows.counted.new_versions.push(printable(&format!(
            "{}/{} (version {})",
            String::from_utf8_lossy(&file.folder.album),
            String::from_utf8_lossy(&file.name),
            there.version_number + 1
        )));
    }

    /// The asset that the file joins: the shot it belongs to, or one of its own.
    fn asset(
        &self,
        rows: &mut Rows,
        groups: &mut HashMap<(AlbumId, Vec<u8>), Group>,
        file: &FoundFile,
        album_id: AlbumId,
        now: Timestamp,
    ) -> AssetId {
        let mut key = file.place.key.clone();
        if let Some(group) = groups.get_mut(&(album_id, key.clone())) {
            if !group.roles.contains(&file.place.role) {
                group.roles.push(file.place.role);
                rows.changes.push(self.change(group.asset, "update", now));
                return group.asset;
            }
            // The place is taken by a file of another name, which came earlier.
            key.clone_from(&file.name);
        }
        let asset = AssetId::generate();
        rows.assets.push(Asset {
            id: asset,
            space_id: self.space.id,
            album_id,
            group_key: key.clone(),
            kind: AssetKind::Master,
            derived_from: None,
            created_at: now,
            deleted_at: None,
            captured_at: Timestamp(file.stat.modified_ns.div_euclid(1_000_000)),
            media_state: MediaState::Pending,
            media_note: None,
            placeholder: None,
            perceptual_hash: None,
            metadata: Metadata::default(),
        });
        rows.changes.push(self.change(asset, "insert", now));
        groups.insert((album_id, key), Group { asset, roles: vec![file.place.role] });
        asset
    }

    fn change(&self, asset: AssetId, op: &'static str, at: Timestamp) -> NewChange {
        NewChange { space_id: self.space.id, entity: "asset", entity_id: asset.0, op, at }
    }

    async fn write(&self, tx: &mut Tx, rows: &Rows) -> Result<()> {
        let now = self.library.clock.now();
        tx.object_insert_many(&rows.objects).await?;
        for (id, hash, size) in &rows.resealed {
            tx.object_reseal(*id, *hash, *size).await?;
        }
        tx.replica_set_states(&rows.replicas).await?;
        tx.asset_insert_many(&rows.assets).await?;
        tx.file_insert_many(&rows.files).await?;
        tx.version_insert_many(&rows.versions).await?;
        tx.file_set_current(&rows.superseding).await?;
        tx.asset_set_deleted(&rows.revived, None).await?;
        tx.change_append_many(&rows.changes).await?;
        tx.job_insert_many(&rows.jobs).await?;
        let counted = &rows.counted;
        if counted.stored + counted.duplicates + counted.versions > 0 {
            let detail = json!({
                "stored": counted.stored, "bytes": counted.stored_bytes,
                "duplicates": counted.duplicates, "versions": counted.versions,
            });
            tx.audit_append(now, "admin", "import", &self.space.name, &detail).await?;
        }
        Ok(())
    }

    /// What is committed need not be read next time.
    fn remember(&mut self, rows: &Rows) {
        let now = self.library.clock.now();
        for (folder, name, stat) in &rows.done {
            // Files found one by one belong to a folder that was not listed whole; it is not remembered.
            if let Some(open) = self.folders.get_mut(&folder.source)
                && !stat.is_racy(now)
            {
                open.entries.insert(name.clone(), *stat);
                open.changed = true;
            }
        }
    }

    fn count(&mut self, more: ImportSummary) {
        let sum = &mut self.summary;
        sum.stored += more.stored;
        sum.stored_bytes += more.stored_bytes;
        sum.duplicates += more.duplicates;
        sum.versions += more.versions;
        sum.already_there += more.already_there;
        sum.left_in_trash += more.left_in_trash;
        sum.duplicates_left_out += more.duplicates_left_out;
        sum.new_versions.extend(more.new_versions);
    }

    /// Remembers the folders that changed and gives the summary.
    pub(crate) async fn finish(mut self, interrupted: bool) -> Result<ImportSummary> {
        let mut tx = self.library.catalog.begin().await?;
        for open in self.folders.values().filter(|open| open.whole && open.changed) {
            if let Some(album) = tx.album_by_folder(self.space.id, &open.folder.album).await? {
                let path = open.folder.source.as_os_str().as_bytes();
                tx.seen_put(self.space.id, album.id, path, &encode(&open.entries)?).await?;
            }
        }
        tx.commit().await?;
        self.summary.interrupted = interrupted;
        Ok(self.summary)
    }
}

fn new_file(
    rows: &mut Rows,
    file: &FoundFile,
    album_id: AlbumId,
    asset_id: AssetId,
    object_id: ObjectId,
    now: Timestamp,
) {
    let (id, version_id) = (FileId::generate(), VersionId::generate());
    rows.files.push(File {
        id,
        asset_id,
        album_id,
        name: file.name.clone(),
        role: file.place.role,
        version_id,
    });
    rows.versions.push(Version {
        id: version_id,
        file_id: id,
        object_id,
        number: 1,
        modified_ns: Some(file.stat.modified_ns),
        added_at: now,
        added_by: None,
    });
}

/// What people call the album of a folder.
fn album_name(folder: &[u8]) -> String {
    if folder.is_empty() { "Unsorted".to_owned() } else { String::from_utf8_lossy(folder).into_owned() }
}
