//! Made-up photos, shared by the tests and the example.

use model::{
    AlbumId, AssetId, AssetKind, CopyId, FileId, FileRole, JobId, Medium, Metadata, ObjectId, Place,
    ReplicaState, Sha1, Sha256, SpaceId, StoreId, Tier, Timestamp, VersionId,
};
use ourphoto_catalog::{
    Asset, Catalog, Copy, File, Library, MediaState, NewAlbum, NewChange, NewJob, Object, Replica, Space, Tx,
    Version,
};
use sha2::{Digest as _, Sha256 as Hasher};

pub(crate) const NOW: Timestamp = Timestamp(1_795_399_200_000);

/// A library with one space, one album and one copy, the library itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shelf {
    pub space: SpaceId,
    pub album: AlbumId,
    pub copy: CopyId,
}

pub(crate) fn new_copy(name: &str, is_library: bool) -> Copy {
    Copy {
        id: CopyId::generate(),
        name: name.into(),
        url: (!is_library).then(|| format!("file:///{name}")),
        medium: Medium::Disk,
        place: Place::Onsite,
        store_id: StoreId::generate(),
        is_library,
        created_at: NOW,
        removed_at: None,
    }
}

pub(crate) fn new_space(name: &str) -> Space {
    Space {
        id: SpaceId::generate(),
        name: name.into(),
        recipient: "age1space".into(),
        wrapped_key: b"age-encryption.org/v1\n\x00\xff".to_vec(),
        created_at: NOW,
    }
}

pub(crate) async fn shelf(catalog: &Catalog) -> Shelf {
    let mut tx = catalog.begin().await.unwrap();
    let library =
        Library { id: StoreId::generate().0, created_at: NOW, server_recipient: "age1server".into() };
    tx.library_insert(&library).await.unwrap();
    let space = new_space("Family");
    tx.space_insert(&space).await.unwrap();
    let album = NewAlbum {
        space_id: space.id,
        folder: b"2026/Lake",
        name: "Lake",
        tier: Tier::Working,
        created_at: NOW,
    };
    let (album, _) = tx.album_find_or_insert(&album).await.unwrap();
    let copy = new_copy("library", true);
    tx.copy_insert(&copy).await.unwrap();
    tx.commit().await.unwrap();
    Shelf { space: space.id, album: album.id, copy: copy.id }
}

/// Everything that one commit of an import writes.
#[derive(Clone, Default)]
pub(crate) struct Batch {
    pub assets: Vec<Asset>,
    pub objects: Vec<Object>,
    pub files: Vec<File>,
    pub versions: Vec<Version>,
    pub replicas: Vec<Replica>,
    pub jobs: Vec<NewJob>,
    pub changes: Vec<NewChange>,
}

pub(crate) fn sha256(text: &str) -> Sha256 {
    Sha256(Hasher::digest(text).into())
}

pub(crate) fn object(space: SpaceId, content: &str) -> Object {
    let content_sha256 = sha256(content);
    let mut sha1 = [0; 20];
    sha1.copy_from_slice(&sha256(&format!("sha1 {content}")).0[..20]);
    Object {
        id: ObjectId::generate(),
        space_id: space,
        hash: sha256(&format!("encrypted {content}")),
        size: 1_000_200,
        content_sha256,
        content_sha1: Sha1(sha1),
        content_size: 1_000_000,
        media_type: "image/jpeg".into(),
        created_at: NOW,
    }
}

pub(crate) fn asset(shelf: Shelf, group_key: Vec<u8>, captured_at: Timestamp) -> Asset {
    Asset {
        id: AssetId::generate(),
        space_id: shelf.space,
        album_id: shelf.album,
        group_key,
        kind: AssetKind::Master,
        derived_from: None,
        created_at: NOW,
        deleted_at: None,
        captured_at,
        media_state: MediaState::Pending,
        media_note: None,
        placeholder: None,
        perceptual_hash: None,
        metadata: Metadata::default(),
        edits: model::Edits::default(),
        approval: None,
    }
}

/// Photos number `first` and following: one JPEG each, held by the library.
pub(crate) fn batch(shelf: Shelf, first: usize, count: usize) -> Batch {
    let mut batch = Batch::default();
    for number in first..first + count {
        let object = object(shelf.space, &format!("photo {number}"));
        // Roughly in order, as photos come from a card.
        let captured =
            Timestamp(NOW.0 + (number as i64 / 1_000 * 1_000 + number as i64 * 7_919 % 1_000) * 1_000);
        let asset = asset(shelf, format!("img_{number}").into_bytes(), captured);
        let version = VersionId::generate();
        let file = File {
            id: FileId::generate(),
            asset_id: asset.id,
            album_id: shelf.album,
            name: format!("IMG_{number}.JPG").into_bytes(),
            role: FileRole::Primary,
            version_id: version,
        };
        batch.versions.push(Version {
            id: version,
            file_id: file.id,
            object_id: object.id,
            number: 1,
            modified_ns: Some(captured.0 * 1_000_000),
            added_at: NOW,
            added_by: None,
        });
        batch.replicas.push(Replica {
            copy_id: shelf.copy,
            object_id: object.id,
            state: ReplicaState::Held,
            stored_at: NOW,
            proved_at: None,
            proved_by: None,
            note: None,
        });
        batch.jobs.push(NewJob {
            id: JobId::generate(),
            kind: "media",
            payload: serde_json::json!({ "asset": asset.id }),
            dedupe_key: Some(format!("media {}", asset.id)),
            run_at: NOW,
            created_at: NOW,
        });
        batch.changes.push(NewChange {
            space_id: shelf.space,
            entity: "asset",
            entity_id: asset.id.0,
            op: "insert",
            at: NOW,
        });
        batch.assets.push(asset);
        batch.files.push(file);
        batch.objects.push(object);
    }
    batch
}

impl Batch {
    pub(crate) async fn insert(&self, tx: &mut Tx) -> model::Result<()> {
        tx.object_insert_many(&self.objects).await?;
        tx.asset_insert_many(&self.assets).await?;
        tx.file_insert_many(&self.files).await?;
        tx.version_insert_many(&self.versions).await?;
        tx.replica_insert_many(&self.replicas).await?;
        tx.job_insert_many(&self.jobs).await?;
        tx.change_append_many(&self.changes).await?;
        Ok(())
    }
}

/// A shelf with `count` photos.
pub(crate) async fn filled(catalog: &Catalog, count: usize) -> (Shelf, Batch) {
    let shelf = shelf(catalog).await;
    let batch = batch(shelf, 0, count);
    let mut tx = catalog.begin().await.unwrap();
    batch.insert(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    (shelf, batch)
}
