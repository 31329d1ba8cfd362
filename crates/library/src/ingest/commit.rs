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

use super::group::own_key;
use super::prepare::{Content, Failure, Prepared};
use super::seen::{Stat, encode};
use super::summary::{ImportSummary, Skipped};
use super::walk::{Folder, FoundFile, skipped};
use crate::jobs::media::media_job;
use crate::names::printable;
use crate::{LIBRARY_COPY, Library, Progress};

/// How often a file waits for another of the same content.
const MAX_POSTPONED: u8 = 20;

/// Counts and commits what workers prepare.
pub(crate) struct Committer<'a> {
    library: &'a Arc<Library>,
    space: Space,
    skip_duplicates: bool,
    progress: &'a Arc<dyn Progress>,
    library_copy: Option<CopyId>,
    summary: ImportSummary,
    folders: HashMap<FolderKey, OpenFolder>,
    /// Files whose content another file was to bring, and has not yet.
    unresolved: Vec<FoundFile>,
    /// Files of a name that the batch before had too.
    deferred: Vec<Prepared>,
    /// Which source folder each album of this import comes from.
    sources: HashMap<Vec<u8>, PathBuf>,
}

/// Source and album: overlapping paths meet one source twice.
type FolderKey = (PathBuf, Vec<u8>);

fn key_of(folder: &Folder) -> FolderKey {
    (folder.source.clone(), folder.album.clone())
}

/// What is known of a folder that is being imported; remembered when it is through.
struct OpenFolder {
    folder: Arc<Folder>,
    entries: HashMap<Vec<u8>, Stat>,
    whole: bool,
    changed: bool,
    /// Files that were found and are neither committed nor told yet.
    open: usize,
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
    done: Vec<(Arc<Folder>, Vec<u8>, Stat, Timestamp)>,
    /// Different pictures of one name for one album: the second is not imported.
    twins: Vec<FoundFile>,
    /// Files that were touched, not changed.
    touched: Vec<(VersionId, i64)>,
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
            deferred: Vec::new(),
            sources: HashMap::new(),
        }
    }

    /// Takes note of a folder that was walked.
    pub(crate) fn folder(
        &mut self,
        folder: Arc<Folder>,
        unchanged: HashMap<Vec<u8>, Stat>,
        problems: Vec<Skipped>,
        whole: bool,
        open: usize,
    ) {
        self.summary.unchanged += unchanged.len() as u64;
        self.summary.already_there += unchanged.len() as u64;
        self.summary.skipped.extend(problems);
        self.sources.entry(folder.album.clone()).or_insert_with(|| folder.source.clone());
        // Where nothing has to be read, there is nothing new to remember.
        if open > 0 {
            self.folders.insert(
                key_of(&folder),
                OpenFolder { folder, entries: unchanged, whole, changed: false, open },
            );
        }
    }

    /// Whether files wait to be read again.
    pub(crate) fn has_unresolved(&self) -> bool {
        !self.unresolved.is_empty() || !self.deferred.is_empty()
    }

    /// A file whose bytes another one was to bring is read again, later; in the end it is told.
    fn postpone(&mut self, mut file: FoundFile) {
        file.postponed += 1;
        if file.postponed <= MAX_POSTPONED {
            self.unresolved.push(file);
        } else {
            let reason = "another file of the same content could not be stored; import again";
            self.skip(&file, reason);
        }
    }

    /// Makes a batch durable and referenced. Gives the files that have to be read again.
    pub(crate) async fn commit(&mut self, batch: Vec<Prepared>) -> Result<Vec<FoundFile>> {
        let again = std::mem::take(&mut self.unresolved);
        let mut ready = Vec::with_capacity(batch.len());
        let mut names = HashSet::new();
        let mut batch = batch;
        batch.splice(0..0, std::mem::take(&mut self.deferred));
        for prepared in batch {
            match prepared.content {
                // One name twice: the second is compared with the first once that is in.
                Ok(_) if !names.insert((prepared.file.folder.album.clone(), prepared.file.name.clone())) => {
                    self.deferred.push(prepared);
                }
                Ok(content) => ready.push((prepared.file, content)),
                Err(error) => self.failed(&prepared.file, error)?,
            }
        }
        let stored = self.store(&mut ready).await?;
        let (files, bytes) = (ready.len() as u64, ready.iter().map(|(file, _)| file.stat.size).sum());
        let mut tx = self.library.catalog.begin().await?;
        tx.space_lock(self.space.id).await?;
        let lookups = self.look_up(&mut tx, &ready).await?;
        let mut rows = self.plan(ready, &stored, lookups)?;
        self.write(&mut tx, &rows).await?;
        for folder in self.remember(&rows) {
            self.put_seen(&mut tx, &folder).await?;
        }
        tx.commit().await?;
        for hash in &rows.orphans {
            // Not needed and not referenced; if it cannot be removed now, the sweep will.
            let _ = self.library.store.remove(&StorePath::object(hash));
        }
        self.progress.advance(files, bytes);
        for file in std::mem::take(&mut rows.twins) {
            self.skip(
                &file,
                "another picture of this name goes into the same album in this import; import it into an album of its \
                 own (--album)",
            );
        }
        self.count(rows.counted);
        Ok(again)
    }

    /// A file that could not be read is told; a store or catalog that fails ends the import.
    fn failed(&mut self, file: &FoundFile, failure: Failure) -> Result<()> {
        match failure {
            Failure::File(error) if error.kind() == ErrorKind::Interrupted => Ok(()),
            Failure::File(error) => {
                self.progress.advance(1, file.stat.size);
                self.skip(file, error.message());
                Ok(())
            }
            Failure::Library(error) if error.kind() == ErrorKind::OutOfSpace => {
                Err(error.context("the library's disk is full; free some space and import again, it goes on"))
            }
            Failure::Library(error) => {
                Err(error.context("the import stopped; what was counted before is safe"))
            }
        }
    }

    /// Tells why a file was not imported. Its folder is through without it, and will look at it again.
    fn skip(&mut self, file: &FoundFile, reason: &str) {
        self.summary.skipped.push(skipped(&file.path(), reason));
        if let Some(open) = self.folders.get_mut(&key_of(&file.folder)) {
            open.open = open.open.saturating_sub(1);
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
            // New pictures for an album that was deleted bring the album back, or no restore would find them.
            if album.deleted_at.is_some() {
                tx.album_set_deleted(album.id, None).await?;
            }
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
            let object = self.object(&mut rows, &mut known.contents, stored, &content, now, &mut brought);
            let Some(object_id) = object else {
                self.postpone(file);
                continue;
            };
            let done = (Arc::clone(&file.folder), file.name.clone(), file.stat, file.looked);
            match there {
                Some(there) if there.content_sha256 == content.id.sha256 => {
                    if in_trash {
                        rows.counted.left_in_trash += 1;
                    } else {
                        rows.counted.already_there += 1;
                        if there.modified_ns != Some(file.stat.modified_ns) {
                            rows.touched.push((there.version_id, file.stat.modified_ns));
                        }
                    }
                }
                // Two files of one import that want the same name are two pictures: neither may hide the other.
                Some(_)
                    if self
                        .sources
                        .get(&file.folder.album)
                        .is_some_and(|first| *first != file.folder.source) =>
                {
                    brought.remove(&content.id.sha256);
                    rows.twins.push(file);
                    continue;
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
                rows.counted.brought_back += 1;
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
            key = own_key(&file.name);
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
        let revived: HashSet<AssetId> = rows.revived.iter().copied().collect();
        tx.asset_set_deleted(&revived.into_iter().collect::<Vec<_>>(), None).await?;
        for (version, modified_ns) in &rows.touched {
            tx.version_set_modified(*version, Some(*modified_ns)).await?;
        }
        tx.change_append_many(&rows.changes).await?;
        tx.job_insert_many(&rows.jobs).await?;
        let counted = &rows.counted;
        if counted.stored + counted.duplicates + counted.versions + counted.brought_back > 0 {
            let detail = json!({
                "brought_back": counted.brought_back,
                "stored": counted.stored, "bytes": counted.stored_bytes,
                "duplicates": counted.duplicates, "versions": counted.versions,
            });
            tx.audit_append(now, "admin", "import", &self.space.name, &detail).await?;
        }
        Ok(())
    }

    /// What is committed need not be read next time. Gives the folders that are through.
    fn remember(&mut self, rows: &Rows) -> Vec<OpenFolder> {
        let mut through = Vec::new();
        for (folder, name, stat, looked) in &rows.done {
            let Some(open) = self.folders.get_mut(&key_of(folder)) else { continue };
            if !stat.is_racy(*looked) {
                open.entries.insert(name.clone(), *stat);
                open.changed = true;
            }
            open.open = open.open.saturating_sub(1);
            if open.open == 0 {
                through.extend(self.folders.remove(&key_of(folder)));
            }
        }
        through
    }

    async fn put_seen(&self, tx: &mut Tx, open: &OpenFolder) -> Result<()> {
        // Files that were named one by one belong to a folder that was not listed; it is not remembered.
        if !open.whole || !open.changed {
            return Ok(());
        }
        let album = tx.album_by_folder(self.space.id, &open.folder.album).await?;
        let album = album.ok_or_else(|| Error::internal("an album is missing"))?;
        let path = open.folder.source.as_os_str().as_bytes();
        tx.seen_put(self.space.id, album.id, path, &encode(&open.entries)?).await
    }

    fn count(&mut self, more: ImportSummary) {
        let sum = &mut self.summary;
        sum.stored += more.stored;
        sum.stored_bytes += more.stored_bytes;
        sum.duplicates += more.duplicates;
        sum.versions += more.versions;
        sum.brought_back += more.brought_back;
        sum.already_there += more.already_there;
        sum.left_in_trash += more.left_in_trash;
        sum.duplicates_left_out += more.duplicates_left_out;
        sum.new_versions.extend(more.new_versions);
    }

    /// Remembers the folders that changed and gives the summary.
    pub(crate) async fn finish(mut self, interrupted: bool) -> Result<ImportSummary> {
        // Folders that were not finished: interrupted, or with files that could not be read.
        let mut tx = self.library.catalog.begin().await?;
        for open in std::mem::take(&mut self.folders).into_values() {
            if tx.album_by_folder(self.space.id, &open.folder.album).await?.is_some() {
                self.put_seen(&mut tx, &open).await?;
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
