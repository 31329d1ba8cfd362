//! Objects: the encrypted files in storage, each known by its own hash and by that of its content.

use std::collections::HashMap;

use model::{AssetId, ObjectId, Result, Sha1, Sha256, SpaceId, Timestamp};

use crate::sql::{Row, Tx, Value, args, built, exactly};

/// One encrypted file in storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Its id.
    pub id: ObjectId,
    /// The space whose key it is encrypted to.
    pub space_id: SpaceId,
    /// SHA-256 of the encrypted file: its name in every store.
    pub hash: Sha256,
    /// Encrypted bytes.
    pub size: u64,
    /// SHA-256 of the original, unique in the space.
    pub content_sha256: Sha256,
    /// SHA-1 of the original, because clients ask by it.
    pub content_sha1: Sha1,
    /// Bytes of the original.
    pub content_size: u64,
    /// Media type by content, as in `image/jpeg`.
    pub media_type: String,
    /// When it was stored.
    pub created_at: Timestamp,
}

/// What people know an object by: a file that has, or had, this content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectName {
    /// Name of the space.
    pub space: String,
    /// Folder of the album.
    pub folder: Vec<u8>,
    /// Name of the file.
    pub name: Vec<u8>,
    /// Which version of the file.
    pub version: u32,
    /// The asset the file belongs to.
    pub asset_id: AssetId,
}

/// For one-table queries; those that join write the prefix `o.`.
pub(crate) const COLUMNS: &str = "o.id, o.space_id, o.hash, o.size, o.content_sha256, o.content_sha1, o.content_size, \
                                  o.media_type, o.created_at";
pub(crate) const COUNT: usize = 9;

/// Reads [`COLUMNS`] that begin at `first`.
pub(crate) fn object_at(row: &Row, first: usize) -> Result<Object> {
    Ok(Object {
        id: row.get(first)?,
        space_id: row.get(first + 1)?,
        hash: row.get(first + 2)?,
        size: row.get(first + 3)?,
        content_sha256: row.get(first + 4)?,
        content_sha1: row.get(first + 5)?,
        content_size: row.get(first + 6)?,
        media_type: row.get(first + 7)?,
        created_at: row.get(first + 8)?,
    })
}

fn object(row: &Row) -> Result<Object> {
    object_at(row, 0)
}

impl Tx {
    /// Adds objects; `Conflict` when a hash, or a content in its space, is there already.
    pub async fn object_insert_many(&mut self, objects: &[Object]) -> Result<()> {
        let mut values = Vec::with_capacity(objects.len() * COUNT);
        for object in objects {
            values.extend(args![
                object.id,
                object.space_id,
                object.hash,
                object.size,
                object.content_sha256,
                object.content_sha1,
                object.content_size,
                &object.media_type,
                object.created_at
            ]);
        }
        let sql = "INSERT INTO object (id, space_id, hash, size, content_sha256, content_sha1, content_size, \
                   media_type, created_at) VALUES";
        exactly(objects.len(), self.insert_many(sql, COUNT, "", values).await?, "objects")?;
        let ids: Vec<ObjectId> = objects.iter().map(|object| object.id).collect();
        self.lacking_everywhere(&ids).await
    }

    /// Those of a space's objects whose original has one of these hashes, in no order.
    pub async fn object_find_by_content(
        &mut self,
        space_id: SpaceId,
        hashes: &[Sha256],
    ) -> Result<Vec<Object>> {
        let sql =
            format!("SELECT {COLUMNS} FROM object o WHERE o.space_id = $1 AND o.content_sha256 IN ({{}})");
        let hashes = hashes.iter().map(|hash| (*hash).into()).collect();
        self.object_fetch_in(&sql, args![space_id], hashes).await
    }

    /// As [`Tx::object_find_by_content`], by SHA-1. Several may share one: nothing may rest on it.
    pub async fn object_find_by_sha1(&mut self, space_id: SpaceId, hashes: &[Sha1]) -> Result<Vec<Object>> {
        let sql =
            format!("SELECT {COLUMNS} FROM object o WHERE o.space_id = $1 AND o.content_sha1 IN ({{}})");
        let hashes = hashes.iter().map(|hash| (*hash).into()).collect();
        self.object_fetch_in(&sql, args![space_id], hashes).await
    }

    /// The first eight bytes, big-endian, of the SHA-256 of every original in a space: enough to know without asking
    /// that a photo is new.
    pub async fn object_content_prefixes(&mut self, space_id: SpaceId) -> Result<Vec<u64>> {
        let mut prefixes = Vec::new();
        let sql = self.pick(
            "SELECT substr(content_sha256, 1, 8) FROM object WHERE space_id = $1",
            "SELECT substring(content_sha256 FROM 1 FOR 8) FROM object WHERE space_id = $1",
        );
        self.fetch_each(sql, args![space_id], |row| {
            let bytes: Vec<u8> = row.get(0)?;
            let bytes = <[u8; 8]>::try_from(bytes.as_slice());
            prefixes
                .push(u64::from_be_bytes(bytes.map_err(|_| model::Error::damaged("a hash is too short"))?));
            Ok(())
        })
        .await?;
        Ok(prefixes)
    }

    /// The object with this id.
    pub async fn object_get(&mut self, id: ObjectId) -> Result<Option<Object>> {
        self.fetch_optional(
            built(format!("SELECT {COLUMNS} FROM object o WHERE o.id = $1")),
            args![id],
            object,
        )
        .await
    }

    /// The objects with these ids, in no order.
    pub async fn object_get_many(&mut self, ids: &[ObjectId]) -> Result<Vec<Object>> {
        let sql = format!("SELECT {COLUMNS} FROM object o WHERE o.id IN ({{}})");
        self.object_fetch_in(&sql, vec![], ids.iter().map(|id| (*id).into()).collect()).await
    }

    /// The object of this name.
    pub async fn object_by_hash(&mut self, hash: Sha256) -> Result<Option<Object>> {
        let sql = built(format!("SELECT {COLUMNS} FROM object o WHERE o.hash = $1"));
        self.fetch_optional(sql, args![hash], object).await
    }

    /// A page of all objects by id; `after` is the last id of the page before.
    pub async fn object_page(&mut self, after: Option<ObjectId>, limit: usize) -> Result<Vec<Object>> {
        let sql = built(format!("SELECT {COLUMNS} FROM object o WHERE o.id > $1 ORDER BY o.id LIMIT $2"));
        self.fetch_all(sql, args![start(after), limit], object).await
    }

    /// For each of these objects, every file that has or had it, newest version first: to name photos, not numbers.
    pub async fn object_names(&mut self, ids: &[ObjectId]) -> Result<HashMap<ObjectId, Vec<ObjectName>>> {
        let sql = "SELECT v.object_id, s.name, a.folder, f.name, v.number, f.asset_id FROM version v \
                   JOIN file f ON f.id = v.file_id JOIN album a ON a.id = f.album_id JOIN space s ON s.id = a.space_id \
                   WHERE v.object_id IN ({}) ORDER BY v.added_at DESC, v.id DESC";
        let mut names: HashMap<ObjectId, Vec<ObjectName>> = HashMap::new();
        self.fetch_in(sql, vec![], ids.iter().map(|id| (*id).into()).collect(), |row| {
            names.entry(row.get(0)?).or_default().push(ObjectName {
                space: row.get(1)?,
                folder: row.get(2)?,
                name: row.get(3)?,
                version: row.get(4)?,
                asset_id: row.get(5)?,
            });
            Ok(())
        })
        .await?;
        Ok(names)
    }

    /// Objects that no copy holds as they should be, library included, by id; `after` is the last id seen.
    pub async fn object_unsafe(&mut self, after: Option<ObjectId>, limit: usize) -> Result<Vec<Object>> {
        let join = self.pick("CROSS JOIN", "JOIN");
        let sql = built(format!(
            "SELECT {COLUMNS} FROM object o WHERE o.id > $1 AND NOT EXISTS (SELECT 1 FROM copy c {join} replica r \
             ON r.copy_id = c.id AND r.object_id = o.id WHERE r.state = 'held' AND c.removed_at IS NULL) \
             ORDER BY o.id LIMIT $2"
        ));
        self.fetch_all(sql, args![start(after), limit], object).await
    }

    async fn object_fetch_in(
        &mut self,
        sql: &str,
        fixed: Vec<Value>,
        items: Vec<Value>,
    ) -> Result<Vec<Object>> {
        let mut found = Vec::new();
        self.fetch_in(sql, fixed, items, |row| {
            found.push(object(row)?);
            Ok(())
        })
        .await?;
        Ok(found)
    }
}

/// Where a page by object id begins: every id is greater than the nil one.
pub(crate) fn start(after: Option<ObjectId>) -> ObjectId {
    after.unwrap_or(ObjectId(uuid::Uuid::nil()))
}
