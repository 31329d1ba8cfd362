//! What each copy in use lacks: the objects that it does not hold as it should.
//!
//! It follows from copies, objects and replicas, and is kept beside them in the same transactions: to find in a million
//! objects the three that a copy lacks, every one of them would have to be looked up otherwise.

use std::collections::{BTreeMap, HashMap};

use model::{AssetId, CopyId, ObjectId, ReplicaState, Result, Timestamp};

use crate::coverage::Holders;
use crate::object::{COLUMNS as OBJECT, object_at, start};
use crate::sql::{Tx, Value, args, built};
use crate::{Copy, Object, Replica};

impl Tx {
    /// Says that no copy in use holds these objects.
    pub(crate) async fn lacking_everywhere(&mut self, ids: &[ObjectId]) -> Result<()> {
        let sql = "INSERT INTO lacking (copy_id, object_id) SELECT c.id, o.id FROM copy c CROSS JOIN object o \
                   WHERE c.removed_at IS NULL AND o.id IN ({}) ON CONFLICT DO NOTHING";
        let items = ids.iter().map(|id| Value::from(*id)).collect();
        self.execute_in(sql, vec![], items).await.map(drop)
    }

    /// Follows what became known of replicas.
    pub(crate) async fn lacking_follow(&mut self, replicas: &[Replica]) -> Result<()> {
        let mut held: BTreeMap<CopyId, Vec<Value>> = BTreeMap::new();
        let mut bad = Vec::new();
        for replica in replicas {
            if replica.state == ReplicaState::Held {
                held.entry(replica.copy_id).or_default().push(replica.object_id.into());
            } else {
                bad.extend(args![replica.copy_id, replica.object_id]);
            }
        }
        for (copy, objects) in held {
            let sql = "DELETE FROM lacking WHERE copy_id = $1 AND object_id IN ({})";
            self.execute_in(sql, args![copy], objects).await?;
        }
        let sql = "INSERT INTO lacking (copy_id, object_id) VALUES";
        self.insert_many(sql, 2, " ON CONFLICT DO NOTHING", bad).await.map(drop)
    }

    /// Finds out anew what a copy lacks, or every copy: nothing, for one that is not in use.
    pub async fn lacking_refill(&mut self, copy_id: Option<CopyId>) -> Result<()> {
        let (args, gone, one) = match copy_id {
            Some(id) => (args![id], " WHERE copy_id = $1", " AND c.id = $1"),
            None => (vec![], "", ""),
        };
        self.execute(built(format!("DELETE FROM lacking{gone}")), args.clone()).await?;
        let sql = built(format!(
            "INSERT INTO lacking (copy_id, object_id) SELECT c.id, o.id FROM copy c CROSS JOIN object o \
             LEFT JOIN replica r ON r.copy_id = c.id AND r.object_id = o.id AND r.state = 'held' \
             WHERE c.removed_at IS NULL AND r.object_id IS NULL{one} ON CONFLICT DO NOTHING"
        ));
        self.execute(sql, args).await.map(drop)
    }

    /// Objects that a copy in use does not hold as they should be, by id; `after` is the last id of the page before.
    pub async fn replica_missing_from(
        &mut self,
        copy_id: CopyId,
        after: Option<ObjectId>,
        limit: usize,
    ) -> Result<Vec<Object>> {
        let sql = format!(
            "SELECT {OBJECT} FROM {} AND l.object_id > $2 ORDER BY l.object_id LIMIT $3",
            self.lacking_objects()
        );
        self.fetch_all(built(sql), args![copy_id, start(after), limit], |row| object_at(row, 0)).await
    }

    /// How many objects, and encrypted bytes, [`Tx::replica_missing_from`] will name.
    pub async fn replica_missing_count(&mut self, copy_id: CopyId) -> Result<(u64, u64)> {
        let sql = format!(
            "SELECT count(*), coalesce(CAST(sum(o.size) AS bigint), 0) FROM {}",
            self.lacking_objects()
        );
        self.fetch_one(built(sql), args![copy_id], |row| Ok((row.get(0)?, row.get(1)?))).await
    }

    /// When the oldest of the objects that [`Tx::replica_missing_from`] will name came into the library.
    pub async fn replica_missing_since(&mut self, copy_id: CopyId) -> Result<Option<Timestamp>> {
        let sql = format!("SELECT min(o.created_at) FROM {}", self.lacking_objects());
        self.fetch_one(built(sql), args![copy_id], |row| row.get(0)).await
    }

    /// What follows FROM to look at the objects that the copy `$1` lacks.
    fn lacking_objects(&self) -> String {
        let join = self.pick("CROSS JOIN", "JOIN");
        format!("lacking l {join} object o ON o.id = l.object_id WHERE l.copy_id = $1")
    }

    /// Whether as many objects are known to be held and to be lacked by a copy in use as there are. They are, unless this
    /// program has a fault or somebody wrote to the database; [`Tx::lacking_refill`] then puts it right.
    pub async fn lacking_adds_up(&mut self, copy_id: CopyId) -> Result<bool> {
        let sql = "SELECT (SELECT count(*) FROM object), (SELECT count(*) FROM lacking WHERE copy_id = $1), \
                   (SELECT count(*) FROM replica WHERE copy_id = $1 AND state = 'held')";
        let (all, lacked, held): (u64, u64, u64) =
            self.fetch_one(sql, args![copy_id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).await?;
        Ok(lacked + held == all)
    }

    /// The photos of which a copy lacks a file as it is now, in no order; `None` if it lacks more than `most` objects.
    pub async fn assets_lacking(&mut self, copy_id: CopyId, most: usize) -> Result<Option<Vec<AssetId>>> {
        let sql = "SELECT count(*) FROM (SELECT 1 FROM lacking WHERE copy_id = $1 LIMIT $2) AS few";
        let count: u64 = self.fetch_one(sql, args![copy_id, most + 1], |row| row.get(0)).await?;
        if count > most as u64 {
            return Ok(None);
        }
        let join = self.pick("CROSS JOIN", "JOIN");
        let sql = format!(
            "SELECT DISTINCT f.asset_id FROM lacking l {join} version v ON v.object_id = l.object_id \
             {join} file f ON f.id = v.file_id AND f.version_id = v.id WHERE l.copy_id = $1"
        );
        self.fetch_all(built(sql), args![copy_id], |row| row.get(0)).await.map(Some)
    }

    /// Of the files of these photos as they are now, which of these copies lack them: a set of copies, the first being the
    /// lowest bit, for each object that not every one of them holds.
    pub async fn asset_lacks(
        &mut self,
        ids: &[AssetId],
        copies: &[Copy],
    ) -> Result<HashMap<AssetId, Vec<Holders>>> {
        // Looked up from the photos on, however many objects a copy lacks.
        let join = self.pick("CROSS JOIN", "JOIN");
        let sql = format!(
            "SELECT f.asset_id, v.object_id, l.copy_id FROM file f {join} version v ON v.id = f.version_id \
             {join} copy c ON c.removed_at IS NULL \
             {join} lacking l ON l.copy_id = c.id AND l.object_id = v.object_id WHERE f.asset_id IN ({{}})"
        );
        let mut found: HashMap<(AssetId, ObjectId), Holders> = HashMap::new();
        self.fetch_in(&sql, vec![], ids.iter().map(|id| Value::from(*id)).collect(), |row| {
            let copy: CopyId = row.get(2)?;
            if let Some(number) = copies.iter().take(62).position(|known| known.id == copy) {
                *found.entry((row.get(0)?, row.get(1)?)).or_default() |= 1 << number;
            }
            Ok(())
        })
        .await?;
        let mut lacks: HashMap<AssetId, Vec<Holders>> = HashMap::new();
        for ((asset, _), set) in found {
            lacks.entry(asset).or_default().push(set);
        }
        Ok(lacks)
    }
}
