//! Files of assets and their versions.
//!
//! A file's `version_id` names its current version; file and version are inserted in one transaction.

use model::{AlbumId, AssetId, FileId, FileRole, ObjectId, PersonId, Result, Sha256, Timestamp, VersionId};

use crate::sql::{Row, Tx, Value, args, exactly, exactly_one, get_word};

/// One file of an asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its id.
    pub id: FileId,
    /// The asset it belongs to.
    pub asset_id: AssetId,
    /// The home album of the asset.
    pub album_id: AlbumId,
    /// Its name as raw bytes, unique in the album.
    pub name: Vec<u8>,
    /// What it is within its asset.
    pub role: FileRole,
    /// Its current version.
    pub version_id: VersionId,
}

/// One state of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Its id.
    pub id: VersionId,
    /// The file.
    pub file_id: FileId,
    /// The bytes.
    pub object_id: ObjectId,
    /// Counted from 1 in each file.
    pub number: u32,
    /// The source's modification time in nanoseconds since 1970, when it is known.
    pub modified_ns: Option<i64>,
    /// When it came in.
    pub added_at: Timestamp,
    /// Who brought it, when a person did.
    pub added_by: Option<PersonId>,
}

/// What is known of a file by name, as much as ingest needs to tell new, changed and unchanged apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileState {
    /// The file.
    pub file_id: FileId,
    /// Its name.
    pub name: Vec<u8>,
    /// The asset it belongs to.
    pub asset_id: AssetId,
    /// Since when the asset is in the trash.
    pub asset_deleted_at: Option<Timestamp>,
    /// What it is within its asset.
    pub role: FileRole,
    /// The current version.
    pub version_id: VersionId,
    /// Number of the current version.
    pub version_number: u32,
    /// The source's modification time then.
    pub modified_ns: Option<i64>,
    /// The bytes of the current version.
    pub object_id: ObjectId,
    /// SHA-256 of the original.
    pub content_sha256: Sha256,
    /// Bytes of the original.
    pub content_size: u64,
}

pub(crate) const VERSION_COLUMNS: &str =
    "v.id, v.file_id, v.object_id, v.number, v.modified_ns, v.added_at, v.added_by";

/// Reads [`VERSION_COLUMNS`] that begin at `first`.
pub(crate) fn version_at(row: &Row, first: usize) -> Result<Version> {
    Ok(Version {
        id: row.get(first)?,
        file_id: row.get(first + 1)?,
        object_id: row.get(first + 2)?,
        number: row.get(first + 3)?,
        modified_ns: row.get(first + 4)?,
        added_at: row.get(first + 5)?,
        added_by: row.get(first + 6)?,
    })
}

impl Tx {
    /// Those of an album's files that have one of these names, in no order; assets in the trash included.
    pub async fn file_find_by_names<N: AsRef<[u8]>>(
        &mut self,
        album_id: AlbumId,
        names: &[N],
    ) -> Result<Vec<FileState>> {
        let sql = "SELECT f.id, f.name, f.asset_id, a.deleted_at, f.role, v.id, v.number, v.modified_ns, o.id, \
                   o.content_sha256, o.content_size FROM file f JOIN asset a ON a.id = f.asset_id \
                   JOIN version v ON v.id = f.version_id JOIN object o ON o.id = v.object_id \
                   WHERE f.album_id = $1 AND f.name IN ({})";
        let names = names.iter().map(|name| Value::from(name.as_ref())).collect();
        let mut found = Vec::new();
        self.fetch_in(sql, args![album_id], names, |row| {
            found.push(FileState {
                file_id: row.get(0)?,
                name: row.get(1)?,
                asset_id: row.get(2)?,
                asset_deleted_at: row.get(3)?,
                role: get_word(row, 4)?,
                version_id: row.get(5)?,
                version_number: row.get(6)?,
                modified_ns: row.get(7)?,
                object_id: row.get(8)?,
                content_sha256: row.get(9)?,
                content_size: row.get(10)?,
            });
            Ok(())
        })
        .await?;
        Ok(found)
    }

    /// Adds files; `Conflict` when an album has the name, or an asset the role, already.
    pub async fn file_insert_many(&mut self, files: &[File]) -> Result<()> {
        let mut values = Vec::with_capacity(files.len() * 7);
        for file in files {
            values.extend(args![
                file.id,
                file.asset_id,
                file.album_id,
                &file.name,
                readable(&file.name),
                file.role,
                file.version_id
            ]);
        }
        let sql = "INSERT INTO file (id, asset_id, album_id, name, name_text, role, version_id) VALUES";
        exactly(files.len(), self.insert_many(sql, 7, "", values).await?, "files")?;
        let ids: Vec<AssetId> = files.iter().map(|file| file.asset_id).collect();
        self.search_stale(&ids).await
    }

    /// Adds versions; their files and objects must be there.
    pub async fn version_insert_many(&mut self, versions: &[Version]) -> Result<()> {
        let mut values = Vec::with_capacity(versions.len() * 7);
        for version in versions {
            values.extend(args![
                version.id,
                version.file_id,
                version.object_id,
                version.number,
                version.modified_ns,
                version.added_at,
                version.added_by
            ]);
        }
        let sql =
            "INSERT INTO version (id, file_id, object_id, number, modified_ns, added_at, added_by) VALUES";
        exactly(versions.len(), self.insert_many(sql, 7, "", values).await?, "versions")
    }

    /// Makes each of these versions the current one of its file.
    pub async fn file_set_current(&mut self, versions: &[VersionId]) -> Result<()> {
        let sql =
            "UPDATE file SET version_id = v.id FROM version v WHERE v.file_id = file.id AND v.id IN ({})";
        let items = versions.iter().map(|id| (*id).into()).collect();
        exactly(versions.len(), self.execute_in(sql, vec![], items).await?, "files")
    }

    /// Notes the source's modification time of a version that did not change otherwise.
    pub async fn version_set_modified(&mut self, id: VersionId, modified_ns: Option<i64>) -> Result<()> {
        let sql = "UPDATE version SET modified_ns = $1 WHERE id = $2";
        exactly_one(self.execute(sql, args![modified_ns, id]).await?, "the version")
    }
}

/// A name for people and for `jq`: what is not UTF-8, and NUL, becomes U+FFFD.
fn readable(name: &[u8]) -> String {
    String::from_utf8_lossy(name).replace('\0', "\u{fffd}")
}
