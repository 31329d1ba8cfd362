//! Uploads: files that come in pieces, until they are in the library.

use model::{AssetId, PersonId, Result, Sha256, SpaceId, Timestamp, UploadId};

use crate::sql::{Row, Tx, args, built, exactly_one};

/// A file on its way in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Its id.
    pub id: UploadId,
    /// Who sends it.
    pub person_id: PersonId,
    /// Where to.
    pub space_id: SpaceId,
    /// The album's folder.
    pub folder: Vec<u8>,
    /// The file's name.
    pub name: Vec<u8>,
    /// Bytes in all.
    pub size: u64,
    /// What it must turn out to be, if the sender said so.
    pub content_sha256: Option<Sha256>,
    /// The file's modification time, nanoseconds since 1970.
    pub modified_ns: Option<i64>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it is given up.
    pub expires_at: Timestamp,
    /// The asset that it became.
    pub asset_id: Option<AssetId>,
}

/// Which of the uploads that go on hold room: those that were begun lately, and those of which something arrived lately,
/// which puts off their end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldRoom {
    /// The time: what ended before it holds nothing.
    pub now: Timestamp,
    /// Begun after this,
    pub begun_after: Timestamp,
    /// or not given up until after this.
    pub ends_after: Timestamp,
}

/// No upload counts for more: 1 TiB.
const LARGEST: u64 = 1 << 40;

/// What the space has already takes no more room, whoever sends it again.
const HOLDS_ROOM: &str = "u.asset_id IS NULL AND u.expires_at > $1 AND (u.created_at > $2 OR u.expires_at > $3) \
                          AND NOT EXISTS (SELECT 1 FROM object o \
                          WHERE o.space_id = u.space_id AND o.content_sha256 = u.content_sha256)";

const COLUMNS: &str = "id, person_id, space_id, folder, name, size, content_sha256, modified_ns, created_at, \
                       expires_at, asset_id";

fn upload(row: &Row) -> Result<Upload> {
    Ok(Upload {
        id: row.get(0)?,
        person_id: row.get(1)?,
        space_id: row.get(2)?,
        folder: row.get(3)?,
        name: row.get(4)?,
        size: row.get(5)?,
        content_sha256: row.get(6)?,
        modified_ns: row.get(7)?,
        created_at: row.get(8)?,
        expires_at: row.get(9)?,
        asset_id: row.get(10)?,
    })
}

impl Tx {
    /// Begins an upload.
    pub async fn upload_insert(&mut self, upload: &Upload) -> Result<()> {
        let sql = built(format!(
            "INSERT INTO upload ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        ));
        let args = args![
            upload.id,
            upload.person_id,
            upload.space_id,
            &upload.folder,
            &upload.name,
            upload.size,
            upload.content_sha256,
            upload.modified_ns,
            upload.created_at,
            upload.expires_at,
            upload.asset_id
        ];
        exactly_one(self.execute(sql, args).await?, "the upload")
    }

    /// The upload with this id, unless it has expired.
    pub async fn upload_get(&mut self, id: UploadId, now: Timestamp) -> Result<Option<Upload>> {
        let sql = built(format!("SELECT {COLUMNS} FROM upload WHERE id = $1 AND expires_at > $2"));
        self.fetch_optional(sql, args![id, now], upload).await
    }

    /// Somebody's uploads that are not at their end, the oldest first.
    pub async fn upload_list(&mut self, person_id: PersonId, now: Timestamp) -> Result<Vec<Upload>> {
        let sql = built(format!(
            "SELECT {COLUMNS} FROM upload WHERE person_id = $1 AND expires_at > $2 AND asset_id IS NULL ORDER BY id"
        ));
        self.fetch_all(sql, args![person_id, now], upload).await
    }

    /// Notes what an upload became, if it was not given up meanwhile.
    pub async fn upload_set_asset(&mut self, id: UploadId, asset_id: AssetId) -> Result<bool> {
        let sql = "UPDATE upload SET asset_id = $1 WHERE id = $2";
        Ok(self.execute(sql, args![asset_id, id]).await? == 1)
    }

    /// Ends an upload.
    pub async fn upload_delete(&mut self, id: UploadId) -> Result<bool> {
        Ok(self.execute("DELETE FROM upload WHERE id = $1", args![id]).await? == 1)
    }

    /// Uploads whose time is over.
    pub async fn upload_expired(&mut self, now: Timestamp, limit: usize) -> Result<Vec<Upload>> {
        let sql = built(format!(
            "SELECT {COLUMNS} FROM upload WHERE expires_at <= $1 ORDER BY expires_at, id LIMIT $2"
        ));
        self.fetch_all(sql, args![now, limit], upload).await
    }

    /// Gives an upload more time.
    pub async fn upload_extend(&mut self, id: UploadId, expires_at: Timestamp) -> Result<()> {
        let sql = "UPDATE upload SET expires_at = $1 WHERE id = $2";
        exactly_one(self.execute(sql, args![expires_at, id]).await?, "the upload")
    }

    /// How many uploads into a space somebody has under way.
    pub async fn upload_count(
        &mut self,
        space_id: SpaceId,
        person_id: PersonId,
        now: Timestamp,
    ) -> Result<u64> {
        let sql = "SELECT count(*) FROM upload \
                   WHERE space_id = $1 AND person_id = $2 AND expires_at > $3 AND asset_id IS NULL";
        self.fetch_one(sql, args![space_id, person_id, now], |row| row.get(0)).await
    }

    /// Bytes that uploads into a space hold room for, and that the space does not have yet.
    pub async fn upload_promised(&mut self, space_id: SpaceId, held: HeldRoom) -> Result<u64> {
        // A sum of 64-bit numbers is wider on PostgreSQL. Uploads of any length were begun once; their sum is a number too.
        let cast = self.pick("", "::bigint");
        let sum =
            format!("coalesce(sum(CASE WHEN u.size > {LARGEST} THEN {LARGEST} ELSE u.size END), 0){cast}");
        let sql = built(format!("SELECT {sum} FROM upload u WHERE u.space_id = $4 AND {HOLDS_ROOM}"));
        self.fetch_one(sql, args![held.now, held.begun_after, held.ends_after, space_id], |row| row.get(0))
            .await
    }

    /// As much of that as one upload is promised: nothing, if it holds no room.
    pub async fn upload_promise(&mut self, id: UploadId, held: HeldRoom) -> Result<u64> {
        let sql = built(format!("SELECT u.size FROM upload u WHERE u.id = $4 AND {HOLDS_ROOM}"));
        let args = args![held.now, held.begun_after, held.ends_after, id];
        Ok(self.fetch_optional(sql, args, |row| row.get(0)).await?.unwrap_or(0))
    }
}
