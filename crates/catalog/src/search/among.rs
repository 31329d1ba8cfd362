//! Searching among some photos, where something else than the index says which they may be.

use std::collections::BTreeMap;

use model::{AssetId, Result};

use super::{Search, SearchKey};
use crate::Tile;
use crate::asset::{COLUMNS, FIELDS, NAME, asset};
use crate::sql::{Tx, Value, args};

impl Tx {
    /// Where these photos are in the index, in order.
    pub async fn search_keys(&mut self, ids: &[AssetId]) -> Result<Vec<SearchKey>> {
        let mut keys = Vec::with_capacity(ids.len());
        let items = ids.iter().map(|id| Value::from(*id)).collect();
        self.fetch_in("SELECT key FROM indexed WHERE asset_id IN ({})", vec![], items, |row| {
            keys.push(SearchKey(row.get(0)?));
            Ok(())
        })
        .await?;
        keys.sort_unstable();
        keys.dedup();
        Ok(keys)
    }

    /// Those of the photos at these places that a question finds, newest first, without what is in the trash.
    pub async fn search_among(
        &mut self,
        search: &Search,
        keys: &[SearchKey],
    ) -> Result<Vec<(SearchKey, Tile)>> {
        let (lower, upper) = search.span();
        let (key, matches, join) = self
            .pick(("s.rowid", "search MATCH $1", "CROSS JOIN"), ("s.key", "s.doc @@ $1::tsquery", "JOIN"));
        let sql = format!(
            "SELECT {FIELDS}, {NAME}, i.key FROM indexed i {join} search s ON {key} = i.key \
             {join} asset a ON a.id = i.asset_id WHERE {matches} AND i.key < $2 AND i.key >= $3 AND i.key IN ({{}}) \
             AND a.deleted_at IS NULL AND a.album_id NOT IN (SELECT id FROM album WHERE deleted_at IS NOT NULL)"
        );
        let text = self.without_beginnings(search).await?.text(self.engine());
        let args = args![text, upper, lower];
        let mut found = BTreeMap::new();
        self.fetch_in(&sql, args, keys.iter().map(|key| Value::Int(key.0)).collect(), |row| {
            let name = row.get::<Option<String>>(COLUMNS)?.unwrap_or_default();
            found.insert(SearchKey(row.get(COLUMNS + 1)?), Tile { asset: asset(row)?, name });
            Ok(())
        })
        .await?;
        Ok(found.into_iter().rev().collect())
    }
}
