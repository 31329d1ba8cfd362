//! What is known of each object in each copy: whether it is there, and when that was last proved.

use model::{AssetId, CopyId, ObjectId, ProvedBy, ReplicaState, Result, Timestamp};

use crate::Object;
use crate::object::{COLUMNS as OBJECT, COUNT, object_at, start};
use crate::sql::{Row, Tx, Value, args, built, exactly, get_word, get_word_opt};

/// One object in one copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replica {
    /// The copy.
    pub copy_id: CopyId,
    /// The object.
    pub object_id: ObjectId,
    /// What is known of it.
    pub state: ReplicaState,
    /// When it was written there.
    pub stored_at: Timestamp,
    /// When all its bytes were last read and found right.
    pub proved_at: Option<Timestamp>,
    /// What read them then.
    pub proved_by: Option<ProvedBy>,
    /// What was wrong.
    pub note: Option<String>,
}

/// A replica with its object, as a scrub needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicaObject {
    /// What is known of it.
    pub replica: Replica,
    /// What it should be.
    pub object: Object,
    /// When it was last looked at, whatever came of it.
    pub looked_at: Option<Timestamp>,
}

/// What one copy knows of one object of an asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AssetReplica {
    /// The copy.
    pub copy_id: CopyId,
    /// The object.
    pub object_id: ObjectId,
    /// What is known of it.
    pub state: ReplicaState,
    /// When it was written there.
    pub stored_at: Timestamp,
    /// When all its bytes were last read and found right.
    pub proved_at: Option<Timestamp>,
    /// What read them then.
    pub proved_by: Option<ProvedBy>,
}

/// The last one of a page in the order in which replicas were looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookCursor {
    /// Its [`ReplicaObject::looked_at`].
    pub looked_at: Option<Timestamp>,
    /// Its object.
    pub object_id: ObjectId,
}

/// How a copy stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReplicaSummary {
    /// Objects that are there, and their encrypted bytes.
    pub held: u64,
    /// Encrypted bytes of those.
    pub held_bytes: u64,
    /// Objects whose bytes are not what they were.
    pub damaged: u64,
    /// Encrypted bytes of those.
    pub damaged_bytes: u64,
    /// Objects that should be there and are not.
    pub missing: u64,
    /// Encrypted bytes of those.
    pub missing_bytes: u64,
    /// Objects that were never proved, of those held.
    pub unproved: u64,
    /// The oldest proof, of those held and proved.
    pub oldest_proof: Option<Timestamp>,
}

pub(crate) const COLUMNS: &str =
    "r.copy_id, r.object_id, r.state, r.stored_at, r.proved_at, r.note, r.proved_by, r.looked_at";

pub(crate) fn replica_object(row: &Row) -> Result<ReplicaObject> {
    let replica = Replica {
        copy_id: row.get(COUNT)?,
        object_id: row.get(COUNT + 1)?,
        state: get_word(row, COUNT + 2)?,
        stored_at: row.get(COUNT + 3)?,
        proved_at: row.get(COUNT + 4)?,
        note: row.get(COUNT + 5)?,
        proved_by: get_word_opt(row, COUNT + 6)?,
    };
    Ok(ReplicaObject { replica, object: object_at(row, 0)?, looked_at: row.get(COUNT + 7)? })
}

impl Tx {
    /// Adds replicas; `Conflict` when one is known already.
    pub async fn replica_insert_many(&mut self, replicas: &[Replica]) -> Result<()> {
        self.replica_write(replicas, None, "").await
    }

    /// What copies know of the objects behind an asset's files as they are now.
    pub async fn replica_of_asset(&mut self, asset_id: AssetId) -> Result<Vec<AssetReplica>> {
        let join = self.pick("CROSS JOIN", "JOIN");
        let sql = format!(
            "SELECT r.copy_id, r.object_id, r.state, r.stored_at, r.proved_at, r.proved_by FROM file f \
             {join} version v ON v.id = f.version_id CROSS JOIN copy c \
             {join} replica r ON r.copy_id = c.id AND r.object_id = v.object_id WHERE f.asset_id = $1"
        );
        self.fetch_all(built(sql), args![asset_id], |row| {
            Ok(AssetReplica {
                copy_id: row.get(0)?,
                object_id: row.get(1)?,
                state: get_word(row, 2)?,
                stored_at: row.get(3)?,
                proved_at: row.get(4)?,
                proved_by: get_word_opt(row, 5)?,
            })
        })
        .await
    }

    /// Sets what is known of replicas, adding those that were not known. A `proved_at` of `None` keeps the last proof.
    /// `looked_at` is when that was found out by looking at the bytes; `None` where nobody looked.
    pub async fn replica_set_states(
        &mut self,
        replicas: &[Replica],
        looked_at: Option<Timestamp>,
    ) -> Result<()> {
        let tail = " ON CONFLICT (copy_id, object_id) DO UPDATE SET state = excluded.state, \
                    stored_at = excluded.stored_at, \
                    proved_at = coalesce(excluded.proved_at, replica.proved_at), \
                    proved_by = coalesce(excluded.proved_by, replica.proved_by), \
                    looked_at = coalesce(excluded.looked_at, replica.looked_at), note = excluded.note";
        self.replica_write(replicas, looked_at, tail).await
    }

    /// Says that these objects of a copy were looked at and nothing was learned: others come first now.
    pub async fn replica_looked(
        &mut self,
        copy_id: CopyId,
        objects: &[ObjectId],
        at: Timestamp,
    ) -> Result<()> {
        let items = objects.iter().map(|id| Value::from(*id)).collect();
        let sql = "UPDATE replica SET looked_at = $1 WHERE copy_id = $2 AND object_id IN ({})";
        self.execute_in(sql, args![at, copy_id], items).await.map(drop)
    }

    /// Whether a copy has proofs that are of a later time than `now`.
    pub async fn replica_any_later(&mut self, copy_id: CopyId, now: Timestamp) -> Result<bool> {
        let sql = "SELECT 1 FROM replica WHERE copy_id = $1 AND coalesce(looked_at, 0) > $2 LIMIT 1";
        self.fetch_optional(sql, args![copy_id, now], |_| Ok(())).await.map(|found| found.is_some())
    }

    /// Forgets proofs of a copy that are of a later time than `now`: they were written down while the clock was wrong, and
    /// would count for as long as it was ahead. Gives how many.
    pub async fn replica_forget_later(&mut self, copy_id: CopyId, now: Timestamp) -> Result<u64> {
        let sql = "UPDATE replica SET proved_at = NULL, proved_by = NULL, looked_at = NULL, \
                   stored_at = CASE WHEN stored_at > $2 THEN $2 ELSE stored_at END \
                   WHERE copy_id = $1 AND coalesce(looked_at, 0) > $2";
        self.execute(sql, args![copy_id, now]).await
    }

    async fn replica_write(
        &mut self,
        replicas: &[Replica],
        looked_at: Option<Timestamp>,
        tail: &str,
    ) -> Result<()> {
        let mut values = Vec::with_capacity(replicas.len() * 8);
        for replica in replicas {
            values.extend(args![
                replica.copy_id,
                replica.object_id,
                replica.state,
                replica.stored_at,
                replica.proved_at,
                replica.note.as_deref(),
                replica.proved_by,
                looked_at
            ]);
        }
        let sql = "INSERT INTO replica (copy_id, object_id, state, stored_at, proved_at, note, proved_by, looked_at) VALUES";
        exactly(replicas.len(), self.insert_many(sql, 8, tail, values).await?, "replicas")?;
        self.lacking_follow(replicas).await?;
        self.unread_follow(replicas).await
    }

    /// A page of a copy's replicas by object id; `after` is the last id of the page before.
    pub async fn replica_page(
        &mut self,
        copy_id: CopyId,
        after: Option<ObjectId>,
        limit: usize,
    ) -> Result<Vec<ReplicaObject>> {
        let sql = built(format!(
            "SELECT {OBJECT}, {COLUMNS} FROM replica r JOIN object o ON o.id = r.object_id \
             WHERE r.copy_id = $1 AND r.object_id > $2 ORDER BY r.object_id LIMIT $3"
        ));
        self.fetch_all(sql, args![copy_id, start(after), limit], replica_object).await
    }

    /// A page of a copy's replicas, those that were never looked at first, then what was not for the longest time.
    pub async fn replica_page_by_look(
        &mut self,
        copy_id: CopyId,
        after: Option<LookCursor>,
        limit: usize,
    ) -> Result<Vec<ReplicaObject>> {
        let (looked_at, object_id) = match after {
            None => (-1, start(None)),
            Some(after) => (after.looked_at.map_or(0, |at| at.0), after.object_id),
        };
        let sql = built(format!(
            "SELECT {OBJECT}, {COLUMNS} FROM replica r JOIN object o ON o.id = r.object_id \
             WHERE r.copy_id = $1 AND coalesce(r.looked_at, 0) >= $2 \
             AND (coalesce(r.looked_at, 0) > $2 OR r.object_id > $3) \
             ORDER BY coalesce(r.looked_at, 0), r.object_id LIMIT $4"
        ));
        self.fetch_all(sql, args![copy_id, looked_at, object_id, limit], replica_object).await
    }

    /// How a copy stands.
    pub async fn replica_summary(&mut self, copy_id: CopyId) -> Result<ReplicaSummary> {
        let sql = "SELECT r.state, count(*), CAST(sum(o.size) AS bigint), count(*) - count(r.proved_at), \
                   min(r.proved_at) FROM replica r JOIN object o ON o.id = r.object_id \
                   WHERE r.copy_id = $1 GROUP BY r.state";
        let mut summary = ReplicaSummary::default();
        self.fetch_each(sql, args![copy_id], |row| {
            let (count, bytes) = (row.get(1)?, row.get(2)?);
            match get_word(row, 0)? {
                ReplicaState::Held => {
                    (summary.held, summary.held_bytes) = (count, bytes);
                    (summary.unproved, summary.oldest_proof) = (row.get(3)?, row.get(4)?);
                }
                ReplicaState::Damaged => (summary.damaged, summary.damaged_bytes) = (count, bytes),
                ReplicaState::Missing => (summary.missing, summary.missing_bytes) = (count, bytes),
            }
            Ok(())
        })
        .await?;
        Ok(summary)
    }
}
