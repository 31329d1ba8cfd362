//! What safety asks of the catalog: which objects are held, which are bad, which a copy still owes.

use std::collections::{HashMap, HashSet};

use model::{AssetId, CopyId, ObjectId, Result, Sha256, StoreId, Timestamp};

use crate::ReplicaObject;
use crate::object::{COLUMNS as OBJECT, start};
use crate::replica::{COLUMNS as REPLICA, replica_object};
use crate::sql::{Tx, args, built, exactly_one};

impl Tx {
    /// How many objects there are.
    pub async fn object_count(&mut self) -> Result<u64> {
        self.fetch_one("SELECT count(*) FROM object", vec![], |row| row.get(0)).await
    }

    /// Those of these objects that the library itself holds as they should be, whatever other copies have.
    pub async fn objects_in_library(&mut self, ids: &[ObjectId]) -> Result<HashSet<ObjectId>> {
        let join = self.pick("CROSS JOIN", "JOIN");
        let sql = format!(
            "SELECT r.object_id FROM copy c {join} replica r ON r.copy_id = c.id \
             WHERE r.state = 'held' AND c.is_library = 1 AND r.object_id IN ({{}})"
        );
        let mut held = HashSet::new();
        self.fetch_in(&sql, vec![], ids.iter().map(|id| (*id).into()).collect(), |row| {
            held.insert(row.get(0)?);
            Ok(())
        })
        .await?;
        Ok(held)
    }

    /// The hashes under which these objects are stored now; they stay so until the transaction ends.
    pub async fn object_hashes(&mut self, ids: &[ObjectId]) -> Result<HashMap<ObjectId, Sha256>> {
        let sql = self.pick(
            "SELECT id, hash FROM object WHERE id IN ({})",
            "SELECT id, hash FROM object WHERE id IN ({}) FOR SHARE",
        );
        let mut hashes = HashMap::new();
        self.fetch_in(sql, vec![], ids.iter().map(|id| (*id).into()).collect(), |row| {
            hashes.insert(row.get(0)?, row.get(1)?);
            Ok(())
        })
        .await?;
        Ok(hashes)
    }

    /// Gives an object that the library had lost new encrypted bytes of the same content. What copies held under the
    /// old name no longer counts: it is not what the library has now.
    pub async fn object_reseal(
        &mut self,
        id: ObjectId,
        hash: Sha256,
        size: u64,
        now: Timestamp,
    ) -> Result<()> {
        let touched = self
            .execute("UPDATE object SET hash = $1, size = $2 WHERE id = $3", args![hash, size, id])
            .await?;
        exactly_one(touched, "the object")?;
        for table in ["replica", "unread"] {
            self.execute(built(format!("DELETE FROM {table} WHERE object_id = $1")), args![id]).await?;
        }
        self.lacking_everywhere(&[id]).await?;
        let sql = "UPDATE damage SET healed_at = $1 WHERE object_id = $2 AND healed_at IS NULL";
        self.execute(sql, args![now, id]).await?;
        Ok(())
    }

    /// Every replica of a copy that is damaged or missing, by object id.
    pub async fn replica_bad(
        &mut self,
        copy_id: CopyId,
        after: Option<ObjectId>,
        limit: usize,
    ) -> Result<Vec<ReplicaObject>> {
        let sql = built(format!(
            "SELECT {OBJECT}, {REPLICA} FROM replica r JOIN object o ON o.id = r.object_id \
             WHERE r.copy_id = $1 AND r.state <> 'held' AND r.object_id > $2 ORDER BY r.object_id LIMIT $3"
        ));
        self.fetch_all(sql, args![copy_id, start(after), limit], replica_object).await
    }

    /// Says that a copy's files are in another store, or at another address, from now on.
    pub async fn copy_set_store(&mut self, id: CopyId, store_id: StoreId, url: Option<&str>) -> Result<()> {
        let sql = "UPDATE copy SET store_id = $1, url = $2 WHERE id = $3";
        exactly_one(self.execute(sql, args![store_id, url, id]).await?, "the copy")
    }

    /// A page of all asset ids in order, those in the trash included; `after` is the last of the page before.
    pub async fn asset_id_page(&mut self, after: Option<AssetId>, limit: usize) -> Result<Vec<AssetId>> {
        let after = after.unwrap_or(AssetId(uuid::Uuid::nil()));
        let sql = "SELECT id FROM asset WHERE id > $1 ORDER BY id LIMIT $2";
        self.fetch_all(sql, args![after, limit], |row| row.get(0)).await
    }

    /// Empties every table, for a recovery that has to begin again. The counters stay: loading a snapshot sets them.
    pub async fn wipe(&mut self) -> Result<()> {
        for table in crate::snapshot::TABLES.iter().rev().filter(|table| table.name != "sequence") {
            self.execute(built(format!("DELETE FROM {}", table.name)), vec![]).await?;
        }
        self.execute("DELETE FROM search", vec![]).await?;
        self.beginnings_forget().await
    }
}
