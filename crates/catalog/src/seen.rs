//! What folders looked like when they were last imported, so that an import of nothing new reads nothing.
//!
//! A cache of this machine: it is in no snapshot, and losing it costs time only.

use std::collections::HashMap;

use model::{AlbumId, Result, SpaceId};

use crate::sql::{Tx, args, exactly_one};

impl Tx {
    /// The remembered entries of every folder that was imported into an album, by absolute path of the source.
    pub async fn seen_get_many(
        &mut self,
        space_id: SpaceId,
        album_id: AlbumId,
    ) -> Result<HashMap<Vec<u8>, Vec<u8>>> {
        let sql = "SELECT path, entries FROM seen_folder WHERE space_id = $1 AND album_id = $2";
        let rows =
            self.fetch_all(sql, args![space_id, album_id], |row| Ok((row.get(0)?, row.get(1)?))).await?;
        Ok(rows.into_iter().collect())
    }

    /// The remembered entries of one folder.
    pub async fn seen_get(
        &mut self,
        space_id: SpaceId,
        album_id: AlbumId,
        path: &[u8],
    ) -> Result<Option<Vec<u8>>> {
        let sql = "SELECT entries FROM seen_folder WHERE space_id = $1 AND album_id = $2 AND path = $3";
        self.fetch_optional(sql, args![space_id, album_id, path], |row| row.get(0)).await
    }

    /// Remembers the entries of a folder; their form is the caller's.
    pub async fn seen_put(
        &mut self,
        space_id: SpaceId,
        album_id: AlbumId,
        path: &[u8],
        entries: &[u8],
    ) -> Result<()> {
        let sql = "INSERT INTO seen_folder (space_id, album_id, path, entries) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (space_id, album_id, path) DO UPDATE SET entries = excluded.entries";
        exactly_one(self.execute(sql, args![space_id, album_id, path, entries]).await?, "the folder")
    }

    /// Forgets every folder of a space, so that the next import looks at everything again.
    pub async fn seen_clear(&mut self, space_id: SpaceId) -> Result<()> {
        self.execute("DELETE FROM seen_folder WHERE space_id = $1", args![space_id]).await?;
        Ok(())
    }
}
