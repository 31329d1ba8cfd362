//! What crosses a space's border: albums opened to single people, and albums mirrored into another space.

use model::{AlbumId, Permissions, PersonId, Result, SpaceId, Timestamp};

use crate::sql::{Row, Tx, args, exactly_one, get_word};

/// One album, opened to someone outside its space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlbumGrant {
    /// The album.
    pub album_id: AlbumId,
    /// To whom.
    pub person_id: PersonId,
    /// What they may do in it.
    pub permissions: Permissions,
    /// Who opened it.
    pub added_by: PersonId,
    /// Since when.
    pub added_at: Timestamp,
}

/// One album, to be seen in another space too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlbumMirror {
    /// The album.
    pub album_id: AlbumId,
    /// The other space.
    pub space_id: SpaceId,
    /// Who mirrored it.
    pub added_by: PersonId,
    /// Since when.
    pub added_at: Timestamp,
}

fn grant(row: &Row) -> Result<AlbumGrant> {
    Ok(AlbumGrant {
        album_id: row.get(0)?,
        person_id: row.get(1)?,
        permissions: get_word(row, 2)?,
        added_by: row.get(3)?,
        added_at: row.get(4)?,
    })
}

fn mirror(row: &Row) -> Result<AlbumMirror> {
    Ok(AlbumMirror {
        album_id: row.get(0)?,
        space_id: row.get(1)?,
        added_by: row.get(2)?,
        added_at: row.get(3)?,
    })
}

impl Tx {
    /// Opens an album to someone, or changes what they may do in it.
    pub async fn album_grant_put(&mut self, grant: &AlbumGrant) -> Result<()> {
        let sql = "INSERT INTO album_grant (album_id, person_id, permissions, added_by, added_at) \
                   VALUES ($1, $2, $3, $4, $5) ON CONFLICT (album_id, person_id) DO UPDATE \
                   SET permissions = excluded.permissions, added_by = excluded.added_by, added_at = excluded.added_at";
        let args = args![grant.album_id, grant.person_id, grant.permissions, grant.added_by, grant.added_at];
        exactly_one(self.execute(sql, args).await?, "the grant")
    }

    /// What someone may do in an album by a grant of its own.
    pub async fn album_grant_get(
        &mut self,
        album_id: AlbumId,
        person_id: PersonId,
    ) -> Result<Option<AlbumGrant>> {
        let sql = "SELECT album_id, person_id, permissions, added_by, added_at FROM album_grant \
                   WHERE album_id = $1 AND person_id = $2";
        self.fetch_optional(sql, args![album_id, person_id], grant).await
    }

    /// To whom an album is opened.
    pub async fn album_grant_list(&mut self, album_id: AlbumId) -> Result<Vec<AlbumGrant>> {
        let sql = "SELECT album_id, person_id, permissions, added_by, added_at FROM album_grant \
                   WHERE album_id = $1 ORDER BY added_at, person_id";
        self.fetch_all(sql, args![album_id], grant).await
    }

    /// Which albums are opened to someone.
    pub async fn album_grant_by_person(&mut self, person_id: PersonId) -> Result<Vec<AlbumGrant>> {
        let sql = "SELECT album_id, person_id, permissions, added_by, added_at FROM album_grant \
                   WHERE person_id = $1 ORDER BY added_at, album_id";
        self.fetch_all(sql, args![person_id], grant).await
    }

    /// Closes an album to someone. Says whether it was open to them.
    pub async fn album_grant_delete(&mut self, album_id: AlbumId, person_id: PersonId) -> Result<bool> {
        let sql = "DELETE FROM album_grant WHERE album_id = $1 AND person_id = $2";
        Ok(self.execute(sql, args![album_id, person_id]).await? == 1)
    }

    /// Closes every album of a space to somebody. Says how many were open to them.
    pub async fn album_grant_delete_in_space(
        &mut self,
        space_id: SpaceId,
        person_id: PersonId,
    ) -> Result<u64> {
        let sql = "DELETE FROM album_grant WHERE person_id = $1 \
                   AND album_id IN (SELECT id FROM album WHERE space_id = $2)";
        self.execute(sql, args![person_id, space_id]).await
    }

    /// Closes every album of a space to somebody who opened it to themselves. Says how many they had.
    pub async fn album_grant_delete_own(&mut self, space_id: SpaceId, person_id: PersonId) -> Result<u64> {
        let sql = "DELETE FROM album_grant WHERE person_id = $1 AND added_by = $1 \
                   AND album_id IN (SELECT id FROM album WHERE space_id = $2)";
        self.execute(sql, args![person_id, space_id]).await
    }

    /// Ends every mirror of a space's albums that somebody made. Says how many there were.
    pub async fn album_mirror_delete_by(&mut self, space_id: SpaceId, person_id: PersonId) -> Result<u64> {
        let sql = "DELETE FROM album_mirror WHERE added_by = $1 \
                   AND album_id IN (SELECT id FROM album WHERE space_id = $2)";
        self.execute(sql, args![person_id, space_id]).await
    }

    /// Mirrors an album into another space; `Conflict` if it is already.
    pub async fn album_mirror_insert(&mut self, mirror: &AlbumMirror) -> Result<()> {
        let sql = "INSERT INTO album_mirror (album_id, space_id, added_by, added_at) VALUES ($1, $2, $3, $4)";
        let args = args![mirror.album_id, mirror.space_id, mirror.added_by, mirror.added_at];
        exactly_one(self.execute(sql, args).await?, "the mirror")
    }

    /// Which spaces an album is mirrored into.
    pub async fn album_mirror_list(&mut self, album_id: AlbumId) -> Result<Vec<AlbumMirror>> {
        let sql = "SELECT album_id, space_id, added_by, added_at FROM album_mirror WHERE album_id = $1 \
                   ORDER BY added_at, space_id";
        self.fetch_all(sql, args![album_id], mirror).await
    }

    /// Which albums of other spaces are mirrored into this one.
    pub async fn album_mirror_by_space(&mut self, space_id: SpaceId) -> Result<Vec<AlbumMirror>> {
        let sql = "SELECT album_id, space_id, added_by, added_at FROM album_mirror WHERE space_id = $1 \
                   ORDER BY added_at, album_id";
        self.fetch_all(sql, args![space_id], mirror).await
    }

    /// Ends a mirror. Says whether there was one.
    pub async fn album_mirror_delete(&mut self, album_id: AlbumId, space_id: SpaceId) -> Result<bool> {
        let sql = "DELETE FROM album_mirror WHERE album_id = $1 AND space_id = $2";
        Ok(self.execute(sql, args![album_id, space_id]).await? == 1)
    }
}
