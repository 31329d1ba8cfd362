//! What photos are told apart by besides their words: names that a space has, who brought them, how strictly they are kept.

use std::collections::{BTreeSet, HashMap};

use model::{AlbumId, AssetId, PersonId, Result, SpaceId, Tier};

use crate::Entry;
use crate::sql::{Tx, Value, args, get_word};

/// No name is longer, in characters: a key of an index has an end.
const LONGEST: usize = 200;

impl Tx {
    /// Keeps the names that entries of the index have, each once. A name outlives its photos: who asks looks for a photo.
    pub(crate) async fn facet_note(&mut self, entries: &[Entry]) -> Result<()> {
        let names: BTreeSet<_> = entries
            .iter()
            .flat_map(|entry| entry.names.iter().map(|(class, name)| (entry.space_id, *class, name.as_str())))
            .filter(|(.., name)| name.chars().count() <= LONGEST && !name.contains('\0'))
            .collect();
        let rows = names.into_iter().flat_map(|(space, class, name)| args![space, class, name]).collect();
        let sql = "INSERT INTO facet (space_id, class, name) VALUES";
        self.insert_many(sql, 3, " ON CONFLICT DO NOTHING", rows).await.map(drop)
    }

    /// Names of one class that photos of these spaces have or had, each once; the last by their letters first, which is the
    /// newest of years.
    pub async fn facet_names(
        &mut self,
        spaces: &[SpaceId],
        class: &'static str,
        limit: usize,
    ) -> Result<Vec<String>> {
        let mut names = BTreeSet::new();
        for space in spaces {
            let sql = "SELECT name FROM facet WHERE space_id = $1 AND class = $2 ORDER BY name DESC LIMIT $3";
            let found = self.fetch_all(sql, args![*space, class, limit], |row| row.get::<String>(0)).await?;
            names.extend(found);
        }
        Ok(names.into_iter().rev().take(limit).collect())
    }

    /// Who brought the files of these photos when they were new.
    pub async fn asset_uploaders(&mut self, ids: &[AssetId]) -> Result<HashMap<AssetId, Vec<PersonId>>> {
        let sql = "SELECT DISTINCT f.asset_id, v.added_by FROM file f JOIN version v ON v.file_id = f.id AND v.number = 1 \
                   WHERE v.added_by IS NOT NULL AND f.asset_id IN ({})";
        let mut found: HashMap<AssetId, Vec<PersonId>> = HashMap::new();
        self.fetch_in(sql, vec![], ids.iter().map(|id| Value::from(*id)).collect(), |row| {
            let people = found.entry(row.get(0)?).or_default();
            let person = row.get(1)?;
            // A list that is filled up may name a photo twice.
            if !people.contains(&person) {
                people.push(person);
            }
            Ok(())
        })
        .await?;
        Ok(found)
    }

    /// How strictly these albums are kept.
    pub async fn album_tiers(&mut self, ids: &[AlbumId]) -> Result<HashMap<AlbumId, Tier>> {
        let mut tiers = HashMap::new();
        let items = ids.iter().map(|id| Value::from(*id)).collect();
        self.fetch_in("SELECT id, tier FROM album WHERE id IN ({})", vec![], items, |row| {
            tiers.insert(row.get(0)?, get_word(row, 1)?);
            Ok(())
        })
        .await?;
        Ok(tiers)
    }
}
