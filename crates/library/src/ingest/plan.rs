//! Deciding what each file of a batch is, and which rows that makes. Nothing here waits for a disk or a database.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use catalog::{Asset, File, FileState, MediaState, NewChange, NewJob, Object, Replica, Version};
use model::{
    AlbumId, AssetId, AssetKind, CopyId, Error, FileId, Metadata, ObjectId, ReplicaState, Result, Sha256,
    SpaceId, Timestamp, VersionId,
};

use super::group::own_key;
use super::lookups::{Group, Lookups};
use super::prepare::Content;
use super::seen::Stat;
use super::summary::ImportSummary;
use super::walk::{Folder, FoundFile};
use crate::jobs::media::media_job;
use crate::names::printable;

/// Names and sizes of the objects that a batch stored, by the SHA-256 of what is in them.
pub(super) type Stored = HashMap<Sha256, (Sha256, u64)>;

/// The rows of one batch.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) objects: Vec<Object>,
    pub(super) resealed: Vec<(ObjectId, Sha256, u64)>,
    pub(super) replicas: Vec<Replica>,
    pub(super) assets: Vec<Asset>,
    pub(super) files: Vec<File>,
    pub(super) versions: Vec<Version>,
    pub(super) superseding: Vec<VersionId>,
    pub(super) revived: Vec<AssetId>,
    pub(super) changes: Vec<NewChange>,
    pub(super) jobs: Vec<NewJob>,
    pub(super) counted: ImportSummary,
    /// Stored bytes that rows refer to now,
    used: HashSet<Sha256>,
    /// and those that turned out not to be needed.
    pub(super) orphans: Vec<Sha256>,
    /// Files that are through.
    pub(super) done: Vec<(Arc<Folder>, Vec<u8>, Stat, Timestamp)>,
    /// Different pictures of one name for one album: the second is not imported.
    pub(super) twins: Vec<FoundFile>,
    /// Files whose content another file was to bring, and has not yet.
    pub(super) postponed: Vec<FoundFile>,
    /// Files that were touched, not changed.
    pub(super) touched: Vec<(VersionId, i64)>,
}

/// What a batch is planned from.
pub(super) struct Plan<'a> {
    pub(super) space: SpaceId,
    pub(super) library_copy: CopyId,
    pub(super) skip_duplicates: bool,
    /// Which source folder each album of this import comes from.
    pub(super) sources: &'a HashMap<Vec<u8>, PathBuf>,
    pub(super) stored: &'a Stored,
    pub(super) known: Lookups,
    pub(super) now: Timestamp,
    pub(super) rows: Rows,
    /// Contents that this batch brought and no file was counted for yet.
    pub(super) brought: HashSet<Sha256>,
}

impl Plan<'_> {
    /// Decides what each file is: new, another of the same bytes, a version, or there already.
    pub(super) fn rows(mut self, ready: Vec<(FoundFile, Content)>) -> Result<Rows> {
        for (file, content) in ready {
            let album = self.known.albums.get(&file.folder.album);
            let album = album.ok_or_else(|| Error::internal("an album is missing"))?.id;
            self.file(file, &content, album);
        }
        Ok(self.rows)
    }

    fn file(&mut self, file: FoundFile, content: &Content, album: AlbumId) {
        let sha256 = content.id.sha256;
        let there = self.known.files.get(&(album, file.name.clone())).cloned();
        let in_trash = there.as_ref().is_some_and(|there| there.asset_deleted_at.is_some());
        let was_known = self.known.contents.get(&sha256).is_some_and(|(_, held)| *held);
        let Some(object) = self.object(content) else {
            self.rows.postponed.push(file);
            return;
        };
        let done = (Arc::clone(&file.folder), file.name.clone(), file.stat, file.looked);
        match there {
            Some(there) if there.content_sha256 == sha256 => {
                if in_trash {
                    self.rows.counted.left_in_trash += 1;
                } else {
                    self.rows.counted.already_there += 1;
                    if there.modified_ns != Some(file.stat.modified_ns) {
                        self.rows.touched.push((there.version_id, file.stat.modified_ns));
                    }
                }
            }
            // Two files of one import that want the same name are two pictures: neither may hide the other.
            Some(_)
                if self.sources.get(&file.folder.album).is_some_and(|first| *first != file.folder.source) =>
            {
                self.brought.remove(&sha256);
                self.rows.twins.push(file);
                return;
            }
            Some(there) => {
                self.version(&file, &there, object, in_trash);
                self.brought.remove(&sha256);
            }
            None if self.skip_duplicates && was_known => self.rows.counted.duplicates_left_out += 1,
            None => {
                let asset = self.asset(&file, album);
                self.new_file(&file, album, asset, object);
                self.rows.jobs.push(media_job(asset, self.now));
                if self.brought.remove(&sha256) {
                    self.rows.counted.stored += 1;
                    self.rows.counted.stored_bytes += content.id.size;
                } else {
                    self.rows.counted.duplicates += 1;
                }
            }
        }
        self.rows.done.push(done);
    }

    /// The object with this content: known, or brought by this batch. `None` if another file was to bring it and has
    /// not.
    fn object(&mut self, content: &Content) -> Option<ObjectId> {
        let sha256 = content.id.sha256;
        let sealed = self.stored.get(&sha256).copied();
        let rows = &mut self.rows;
        let id = match (self.known.contents.get(&sha256).copied(), sealed) {
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
                    space_id: self.space,
                    hash,
                    size,
                    content_sha256: sha256,
                    content_sha1: content.id.sha1,
                    content_size: content.id.size,
                    media_type: content.format.mime().to_owned(),
                    created_at: self.now,
                });
                id
            }
        };
        rows.replicas.push(Replica {
            copy_id: self.library_copy,
            object_id: id,
            state: ReplicaState::Held,
            stored_at: self.now,
            proved_at: None,
            note: None,
        });
        self.known.contents.insert(sha256, (id, true));
        self.brought.insert(sha256);
        Some(id)
    }

    fn version(&mut self, file: &FoundFile, there: &FileState, object_id: ObjectId, in_trash: bool) {
        let number = there.version_number + 1;
        let version = Version {
            id: VersionId::generate(),
            file_id: there.file_id,
            object_id,
            number,
            modified_ns: Some(file.stat.modified_ns),
            added_at: self.now,
            added_by: None,
        };
        self.rows.superseding.push(version.id);
        self.rows.versions.push(version);
        // New bytes under a name that is in the trash are another photo: nobody deleted that.
        if in_trash {
            self.rows.revived.push(there.asset_id);
        }
        self.change(there.asset_id, "update");
        self.rows.jobs.push(media_job(there.asset_id, self.now));
        self.rows.counted.versions += 1;
        self.rows.counted.new_versions.push(printable(&format!(
            "{}/{} (version {number})",
            String::from_utf8_lossy(&file.folder.album),
            String::from_utf8_lossy(&file.name),
        )));
    }

    /// The asset that the file joins: the shot it belongs to, or one of its own.
    fn asset(&mut self, file: &FoundFile, album: AlbumId) -> AssetId {
        let mut key = file.place.key.clone();
        if let Some(group) = self.known.groups.get_mut(&(album, key.clone())) {
            if !group.roles.contains(&file.place.role) {
                group.roles.push(file.place.role);
                let asset = group.asset;
                self.change(asset, "update");
                return asset;
            }
            // The place is taken by a file of another name, which came earlier.
            key = own_key(&file.name);
        }
        let asset = AssetId::generate();
        self.rows.assets.push(Asset {
            id: asset,
            space_id: self.space,
            album_id: album,
            group_key: key.clone(),
            kind: AssetKind::Master,
            derived_from: None,
            created_at: self.now,
            deleted_at: None,
            captured_at: Timestamp(file.stat.modified_ns.div_euclid(1_000_000)),
            media_state: MediaState::Pending,
            media_note: None,
            placeholder: None,
            perceptual_hash: None,
            metadata: Metadata::default(),
        });
        self.change(asset, "insert");
        self.known.groups.insert((album, key), Group { asset, roles: vec![file.place.role] });
        asset
    }

    fn new_file(&mut self, file: &FoundFile, album_id: AlbumId, asset_id: AssetId, object_id: ObjectId) {
        let (id, version_id) = (FileId::generate(), VersionId::generate());
        self.rows.files.push(File {
            id,
            asset_id,
            album_id,
            name: file.name.clone(),
            role: file.place.role,
            version_id,
        });
        self.rows.versions.push(Version {
            id: version_id,
            file_id: id,
            object_id,
            number: 1,
            modified_ns: Some(file.stat.modified_ns),
            added_at: self.now,
            added_by: None,
        });
    }

    fn change(&mut self, asset: AssetId, op: &'static str) {
        let change =
            NewChange { space_id: self.space, entity: "asset", entity_id: asset.0, op, at: self.now };
        self.rows.changes.push(change);
    }
}
