//! Deciding what each file of a batch is, and which rows that makes. Nothing here waits for a disk or a database.

use std::collections::{HashMap, HashSet};

use catalog::{Asset, File, FileState, MediaState, NewChange, Object, Replica, Version};
use media::Format;
use model::{
    AlbumId, Approval, AssetId, AssetKind, CopyId, Error, FileId, Metadata, ObjectId, PersonId, ReplicaState,
    Result, Sha256, SpaceId, Tier, Timestamp, VersionId,
};
use vault::ContentId;

use super::group::{Membership, own_key};
use super::lookups::{Group, Lookups};
use super::rows::Rows;
use crate::jobs::media::media_job;

/// Names and sizes of the objects that a batch stored, by the SHA-256 of what is in them.
pub(super) type Stored = HashMap<Sha256, (Sha256, u64)>;

/// A file whose bytes are known, and that is to have a place in the library.
pub(crate) struct Arrival {
    /// The album's folder.
    pub(crate) album: Vec<u8>,
    pub(crate) name: Vec<u8>,
    pub(crate) place: Membership,
    /// Modification time of the source, nanoseconds since 1970.
    pub(crate) modified_ns: Option<i64>,
    pub(crate) id: ContentId,
    pub(crate) format: Format,
    /// Whether other bytes under the same name are a new version of it, or another picture that must not hide it.
    pub(crate) may_supersede: bool,
    /// Whether it may bring back what is in the trash: an album, or a photo of its name with other bytes.
    pub(crate) may_revive: bool,
    pub(crate) added_by: Option<PersonId>,
}

/// Why a file is [`Fate::Locked`].
pub(super) const LOCKED: &str = "the album or the photo is in the vault: nothing in it can be changed";

/// What became of an arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is new, and so are its bytes.
    Stored(AssetId),
    /// It is new; its bytes were stored already.
    Duplicate(AssetId),
    /// It is a new version, with this number.
    Version(AssetId, u32),
    /// It was there already.
    There(AssetId),
    /// It was there, and somebody put it into the trash.
    InTrash(AssetId),
    /// The space has its bytes under another name, and that was to be enough.
    LeftOut,
    /// Another picture has its name.
    Twin,
    /// What is in the trash is in its way.
    Barred,
    /// It would change what is in the vault.
    Locked,
    /// Another file was to bring its bytes, and has not yet.
    Postponed,
}

/// What is to be written for a batch, and what becomes of its files, in their order.
#[derive(Default)]
pub(super) struct Planned {
    pub(super) rows: Rows,
    pub(super) fates: Vec<Fate>,
    /// Stored bytes that turned out not to be needed.
    pub(super) orphans: Vec<Sha256>,
}

/// What a batch is planned from.
pub(super) struct Plan<'a> {
    space: SpaceId,
    library_copy: CopyId,
    skip_duplicates: bool,
    stored: &'a Stored,
    known: Lookups,
    now: Timestamp,
    rows: Rows,
    /// Stored bytes that rows refer to now,
    used: HashSet<Sha256>,
    /// and those that turned out not to be needed.
    orphans: Vec<Sha256>,
    /// Contents that this batch brought and no file was counted for yet.
    brought: HashSet<Sha256>,
}

impl<'a> Plan<'a> {
    pub(super) fn new(
        space: SpaceId,
        library_copy: CopyId,
        skip_duplicates: bool,
        stored: &'a Stored,
        known: Lookups,
        now: Timestamp,
    ) -> Self {
        Self {
            space,
            library_copy,
            skip_duplicates,
            stored,
            known,
            now,
            rows: Rows::default(),
            used: HashSet::new(),
            orphans: Vec::new(),
            brought: HashSet::new(),
        }
    }

    /// Decides what each file is: new, another of the same bytes, a version, or there already.
    pub(super) fn of(mut self, arrivals: &[Arrival]) -> Result<Planned> {
        let mut fates = Vec::with_capacity(arrivals.len());
        for arrival in arrivals {
            let album = self.known.albums.get(&arrival.album);
            let album = album.ok_or_else(|| Error::internal("an album is missing"))?;
            let (id, in_trash, in_vault) = (album.id, album.deleted_at.is_some(), album.tier == Tier::Vault);
            let fate = self.fate(arrival, id, in_trash, in_vault);
            if in_trash && matches!(fate, Fate::Stored(_) | Fate::Duplicate(_) | Fate::Version(..)) {
                self.album_back(id);
            }
            fates.push(fate);
        }
        // What one file did not need, a later one may have used.
        self.orphans.retain(|hash| !self.used.contains(hash));
        Ok(Planned { rows: self.rows, fates, orphans: self.orphans })
    }

    /// An album comes out of the trash, and those who look at it are told.
    fn album_back(&mut self, album: AlbumId) {
        if self.rows.albums_back.insert(album) {
            let change = NewChange {
                space_id: self.space,
                entity: "album",
                entity_id: album.0,
                op: "insert",
                at: self.now,
            };
            self.rows.changes.push(change);
        }
    }

    fn fate(&mut self, file: &Arrival, album: AlbumId, album_in_trash: bool, album_in_vault: bool) -> Fate {
        let sha256 = file.id.sha256;
        let there = self.known.files.get(&(album, file.name.clone())).cloned();
        let same = there.as_ref().is_some_and(|there| there.content_sha256 == sha256);
        let in_trash = album_in_trash || there.as_ref().is_some_and(|there| there.asset_deleted_at.is_some());
        let refused = if same {
            None
        } else if album_in_vault || self.changes_vault(file, album, there.as_ref()) {
            Some(Fate::Locked)
        } else {
            (in_trash && !file.may_revive).then_some(Fate::Barred)
        };
        if let Some(refused) = refused {
            let stored = self.stored.get(&sha256).map(|(hash, _)| *hash);
            self.orphans.extend(stored.filter(|hash| !self.used.contains(hash)));
            return refused;
        }
        let was_known = self.known.contents.contains_key(&sha256);
        let Some(object) = self.object(file) else { return Fate::Postponed };
        match there {
            Some(there) if same => {
                if in_trash {
                    return Fate::InTrash(there.asset_id);
                }
                if let Some(modified_ns) = file.modified_ns.filter(|ns| there.modified_ns != Some(*ns)) {
                    self.rows.touched.push((there.version_id, modified_ns));
                }
                Fate::There(there.asset_id)
            }
            Some(_) if !file.may_supersede => {
                self.brought.remove(&sha256);
                Fate::Twin
            }
            Some(there) => {
                self.brought.remove(&sha256);
                self.version(file, &there, object)
            }
            None if self.skip_duplicates && was_known => Fate::LeftOut,
            None => {
                let asset = self.asset(file, album);
                self.new_file(file, album, asset, object);
                self.rows.jobs.push(media_job(asset, self.now));
                if self.brought.remove(&sha256) { Fate::Stored(asset) } else { Fate::Duplicate(asset) }
            }
        }
    }

    /// Whether the file would change a photo that an album of the vault shows: by a new version, or as one more file of it.
    fn changes_vault(&self, file: &Arrival, album: AlbumId, there: Option<&FileState>) -> bool {
        let changed = match there {
            Some(there) => Some(there.asset_id),
            None => {
                let group = self.known.groups.get(&(album, file.place.key.clone()));
                group.filter(|group| !group.roles.contains(&file.place.role)).map(|group| group.asset)
            }
        };
        changed.is_some_and(|asset| self.known.in_vault.contains(&asset))
    }

    /// The object with this content: known, or brought by this batch. `None` if another file was to bring it and has
    /// not.
    fn object(&mut self, file: &Arrival) -> Option<ObjectId> {
        let sha256 = file.id.sha256;
        let sealed = self.stored.get(&sha256).copied();
        let rows = &mut self.rows;
        let id = match (self.known.contents.get(&sha256).copied(), sealed) {
            (Some((id, true)), None) => return Some(id),
            (Some((id, true)), Some((hash, _))) => {
                if !self.used.contains(&hash) {
                    self.orphans.push(hash);
                }
                return Some(id);
            }
            (None | Some((_, false)), None) => return None,
            // The library had lost it, and what other copies are said to have may be gone too; this file brings it back.
            (Some((id, false)), Some((hash, size))) => {
                rows.resealed.push((id, hash, size));
                self.used.insert(hash);
                id
            }
            (None, Some((hash, size))) => {
                let id = ObjectId::generate();
                self.used.insert(hash);
                rows.objects.push(Object {
                    id,
                    space_id: self.space,
                    hash,
                    size,
                    content_sha256: sha256,
                    content_sha1: file.id.sha1,
                    content_size: file.id.size,
                    media_type: file.format.mime().to_owned(),
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
            proved_by: None,
            note: None,
        });
        self.known.contents.insert(sha256, (id, true));
        self.brought.insert(sha256);
        Some(id)
    }

    fn version(&mut self, file: &Arrival, there: &FileState, object_id: ObjectId) -> Fate {
        let number = there.version_number + 1;
        let version = Version {
            id: VersionId::generate(),
            file_id: there.file_id,
            object_id,
            number,
            modified_ns: file.modified_ns,
            added_at: self.now,
            added_by: file.added_by,
        };
        self.rows.superseding.push(version.id);
        self.rows.versions.push(version);
        // New bytes under a name that is in the trash are another photo: nobody deleted that.
        if there.asset_deleted_at.is_some() {
            self.rows.revived.push(there.asset_id);
        }
        if self.waits(file) {
            self.rows.waiting.insert(there.asset_id);
        }
        self.change(there.asset_id, "update");
        self.rows.jobs.push(media_job(there.asset_id, self.now));
        Fate::Version(there.asset_id, number)
    }

    /// The asset that the file joins: the shot it belongs to, or one of its own.
    fn asset(&mut self, file: &Arrival, album: AlbumId) -> AssetId {
        let mut key = file.place.key.clone();
        if let Some(group) = self.known.groups.get_mut(&(album, key.clone())) {
            if !group.roles.contains(&file.place.role) {
                group.roles.push(file.place.role);
                let asset = group.asset;
                if self.waits(file) {
                    self.rows.waiting.insert(asset);
                }
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
            captured_at: file.modified_ns.map_or(self.now, |ns| Timestamp(ns.div_euclid(1_000_000))),
            media_state: MediaState::Pending,
            media_note: None,
            placeholder: None,
            perceptual_hash: None,
            metadata: Metadata::default(),
            edits: model::Edits::default(),
            approval: self.waits(file).then_some(Approval::Waiting),
        });
        self.change(asset, "insert");
        self.known.groups.insert((album, key), Group { asset, roles: vec![file.place.role] });
        asset
    }

    fn new_file(&mut self, file: &Arrival, album_id: AlbumId, asset_id: AssetId, object_id: ObjectId) {
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
            modified_ns: file.modified_ns,
            added_at: self.now,
            added_by: file.added_by,
        });
    }

    /// Whether what this file makes of a photo waits for approval.
    fn waits(&self, file: &Arrival) -> bool {
        file.added_by.is_some_and(|by| self.known.judged.contains(&by))
    }

    fn change(&mut self, asset: AssetId, op: &'static str) {
        let change =
            NewChange { space_id: self.space, entity: "asset", entity_id: asset.0, op, at: self.now };
        self.rows.changes.push(change);
    }
}
