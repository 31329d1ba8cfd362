//! What was found bad in which copy, and what became of it: a disk that keeps failing shows here first.

use model::{CopyId, ObjectId, ReplicaState, Result, Timestamp};

use crate::sql::{Row, Tx, args, get_word};

/// An object that was found bad in a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The copy.
    pub copy_id: CopyId,
    /// The object.
    pub object_id: ObjectId,
    /// Damaged or missing.
    pub state: ReplicaState,
    /// What was seen.
    pub note: String,
    /// When.
    pub found_at: Timestamp,
    /// When it was put right.
    pub healed_at: Option<Timestamp>,
    /// Which copy helped; `None` where it was found to be right after all, or is not healed yet.
    pub healed_from: Option<CopyId>,
    /// Why it could not be put right, the last time that was tried.
    pub unhealed: Option<String>,
}

fn damage(row: &Row) -> Result<Damage> {
    Ok(Damage {
        copy_id: row.get(0)?,
        object_id: row.get(1)?,
        state: get_word(row, 2)?,
        note: row.get(3)?,
        found_at: row.get(4)?,
        healed_at: row.get(5)?,
        healed_from: row.get(6)?,
        unhealed: row.get(7)?,
    })
}

impl Tx {
    /// Notes damage; what is known already is noted once.
    pub async fn damage_note(&mut self, found: &[Damage]) -> Result<u64> {
        let mut values = Vec::with_capacity(found.len() * 6);
        for damage in found {
            values.extend(args![
                uuid::Uuid::now_v7(),
                damage.copy_id,
                damage.object_id,
                damage.state,
                &damage.note,
                damage.found_at
            ]);
        }
        let sql = "INSERT INTO damage (id, copy_id, object_id, state, note, found_at) VALUES";
        let tail = " ON CONFLICT (copy_id, object_id) WHERE healed_at IS NULL DO NOTHING";
        self.insert_many(sql, 6, tail, values).await
    }

    /// Notes that an object is right again in a copy, and which copy helped.
    pub async fn damage_healed(
        &mut self,
        copy_id: CopyId,
        object_id: ObjectId,
        from: Option<CopyId>,
        at: Timestamp,
    ) -> Result<bool> {
        let sql = "UPDATE damage SET healed_at = $1, healed_from = $2 \
                   WHERE copy_id = $3 AND object_id = $4 AND healed_at IS NULL";
        Ok(self.execute(sql, args![at, from, copy_id, object_id]).await? > 0)
    }

    /// Notes that it was tried to put an object right in a copy, and why that could not be.
    pub async fn damage_unhealed(
        &mut self,
        copy_id: CopyId,
        object_id: ObjectId,
        why: &str,
        at: Timestamp,
    ) -> Result<bool> {
        let sql = "UPDATE damage SET tried_at = $1, unhealed = $2 \
                   WHERE copy_id = $3 AND object_id = $4 AND healed_at IS NULL";
        Ok(self.execute(sql, args![at, why, copy_id, object_id]).await? > 0)
    }

    /// How many bad objects nobody tried to put right yet, in any copy.
    pub async fn damage_untried(&mut self) -> Result<u64> {
        let sql = "SELECT count(*) FROM damage d JOIN copy c ON c.id = d.copy_id \
                   WHERE d.healed_at IS NULL AND d.tried_at IS NULL AND c.removed_at IS NULL";
        self.fetch_one(sql, vec![], |row| row.get(0)).await
    }

    /// How many objects of a copy could not be put right, and why the last of them could not.
    pub async fn damage_stuck(&mut self, copy_id: CopyId) -> Result<(u64, Option<String>)> {
        let sql =
            "SELECT count(*) FROM damage WHERE copy_id = $1 AND healed_at IS NULL AND unhealed IS NOT NULL";
        let count = self.fetch_one(sql, args![copy_id], |row| row.get(0)).await?;
        let sql = "SELECT unhealed FROM damage WHERE copy_id = $1 AND healed_at IS NULL AND unhealed IS NOT NULL \
                   ORDER BY tried_at DESC, id DESC LIMIT 1";
        Ok((count, self.fetch_optional(sql, args![copy_id], |row| row.get(0)).await?))
    }

    /// How many objects are known to be bad in copies that are in use, and not healed.
    pub async fn damage_open(&mut self) -> Result<u64> {
        let sql = "SELECT count(*) FROM damage d JOIN copy c ON c.id = d.copy_id \
                   WHERE d.healed_at IS NULL AND c.removed_at IS NULL";
        self.fetch_one(sql, vec![], |row| row.get(0)).await
    }

    /// Whether any object is known to be bad in a copy and not healed.
    pub async fn damage_any(&mut self) -> Result<bool> {
        let sql = "SELECT count(*) FROM (SELECT 1 FROM damage WHERE healed_at IS NULL LIMIT 1) found";
        self.fetch_one(sql, vec![], |row| row.get::<u64>(0)).await.map(|found| found > 0)
    }

    /// How many objects were found bad in a copy since then, and how many of all are not healed.
    pub async fn damage_count(&mut self, copy_id: CopyId, since: Timestamp) -> Result<(u64, u64)> {
        let sql = "SELECT count(CASE WHEN found_at >= $2 THEN 1 END), count(CASE WHEN healed_at IS NULL THEN 1 END) \
                   FROM damage WHERE copy_id = $1";
        self.fetch_one(sql, args![copy_id, since], |row| Ok((row.get(0)?, row.get(1)?))).await
    }

    /// On how many different days (UTC) damage was found in a copy since then: one bad day is an accident, several may be
    /// a disk that dies. What is gone was taken away, by somebody and not by the disk.
    pub async fn damage_days(&mut self, copy_id: CopyId, since: Timestamp) -> Result<u64> {
        let sql = "SELECT count(DISTINCT found_at / 86400000) FROM damage WHERE copy_id = $1 AND found_at >= $2 AND state = 'damaged'";
        self.fetch_one(sql, args![copy_id, since], |row| row.get(0)).await
    }

    /// The last damage that was found, newest first.
    pub async fn damage_list(&mut self, limit: usize) -> Result<Vec<Damage>> {
        let sql = "SELECT copy_id, object_id, state, note, found_at, healed_at, healed_from, unhealed FROM damage \
                   ORDER BY found_at DESC, id DESC LIMIT $1";
        self.fetch_all(sql, args![limit], damage).await
    }
}
