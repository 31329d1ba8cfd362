//! Albums in which photos are seen besides their home.

use std::collections::HashSet;

use model::{AlbumId, AssetId, PersonId, Result, Tier, Timestamp};

use crate::album::{Album, FIELDS, album};
use crate::sql::{Tx, Value, args, built};

impl Tx {
    /// Lets photos be seen in an album too. Those that are seen there already stay as they were.
    pub async fn album_asset_add(
        &mut self,
        album_id: AlbumId,
        ids: &[AssetId],
        added_by: PersonId,
        added_at: Timestamp,
    ) -> Result<()> {
        let rows = ids.iter().flat_map(|id| args![album_id, *id, added_by, added_at]).collect();
        let sql = "INSERT INTO album_asset (album_id, asset_id, added_by, added_at) VALUES";
        self.insert_many(sql, 4, " ON CONFLICT DO NOTHING", rows).await?;
        self.search_stale(ids).await
    }

    /// Ends that photos are seen in an album that is not their home.
    pub async fn album_asset_remove(&mut self, album_id: AlbumId, ids: &[AssetId]) -> Result<()> {
        let items = ids.iter().map(|id| (*id).into()).collect();
        let sql = "DELETE FROM album_asset WHERE album_id = $1 AND asset_id IN ({})";
        self.execute_in(sql, args![album_id], items).await?;
        self.search_stale(ids).await
    }

    /// The albums in which a photo is seen besides its home, by name; those in the trash too.
    pub async fn album_asset_albums(&mut self, id: AssetId) -> Result<Vec<Album>> {
        let sql = built(format!(
            "SELECT {FIELDS} FROM album_asset x JOIN album b ON b.id = x.album_id WHERE x.asset_id = $1 \
             ORDER BY b.name, b.id"
        ));
        self.fetch_all(sql, args![id], album).await
    }

    /// Which of these photos are seen in an album of the vault that is not their home.
    pub async fn album_asset_in_vault(&mut self, ids: &[AssetId]) -> Result<HashSet<AssetId>> {
        let items = ids.iter().map(|id| Value::from(*id)).collect();
        let mut found = HashSet::new();
        let sql = "SELECT x.asset_id FROM album_asset x JOIN album b ON b.id = x.album_id \
                   WHERE b.tier = $1 AND x.asset_id IN ({})";
        self.fetch_in(sql, args![Tier::Vault], items, |row| {
            found.insert(row.get(0)?);
            Ok(())
        })
        .await?;
        Ok(found)
    }

    /// Which of these photos are seen in an album that is not their home.
    pub async fn album_asset_which(&mut self, album_id: AlbumId, ids: &[AssetId]) -> Result<Vec<AssetId>> {
        let items = ids.iter().map(|id| Value::from(*id)).collect();
        let mut found = Vec::new();
        let sql = "SELECT asset_id FROM album_asset WHERE album_id = $1 AND asset_id IN ({})";
        self.fetch_in(sql, args![album_id], items, |row| {
            found.push(row.get(0)?);
            Ok(())
        })
        .await?;
        Ok(found)
    }
}
