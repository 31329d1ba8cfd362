//! What is known of each object in each copy: whether it is there, and when that was last proved.

use model::{AssetId, CopyId, ObjectId, ReplicaState, Result, Timestamp};

use crate::Object;
use crate::object::{COLUMNS as OBJECT, COUNT, object_at, start};
use crate::sql::{Row, Tx, args, built, exactly, get_word};

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
}

/// The last one of a page in order of proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProofCursor {
    /// Its [`Replica::proved_at`].
    pub proved_at: Option<Timestamp>,
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

pub(crate) const COLUMNS: &str = "r.copy_id, r.object_id, r.state, r.stored_at, r.proved_at, r.note";

pub(crate) fn replica_object(row: &Row) -> Result<ReplicaObject> {
    let replica = Replica {
        copy_id: row.get(COUNT)?,
        object_id: row.get(COUNT + 1)?,
        state: get_word(row, COUNT + 2)?,
        stored_at: row.get(COUNT + 3)?,
        proved_at: row.get(COUNT + 4)?,
        note: row.get(COUNT + 5)?,
    };
    Ok(ReplicaObject { replica, object: object_at(row, 0)? })
}

impl Tx {
    /// Adds replicas; `Conflict` when one is known already.
    pub async fn replica_insert_many(&mut self, replicas: &[Replica]) -> Result<()> {
        self.replica_write(replicas, "").await
    }

    /// Which copies know of the objects behind an asset's files as they are now: copy, object, state, last proof.
    pub async fn replica_of_asset(
        &mut self,
        asset_id: AssetId,
    ) -> Result<Vec<(CopyId, ObjectId, ReplicaState, Option<Timestamp>)>> {
        let sql = "SELECT r.copy_id, r.object_id, r.state, r.proved_at FROM file f \
                   JOIN version v ON v.id = f.version_id JOIN replica r ON r.object_id = v.object_id \
                   WHERE f.asset_id = $1";
        self.fetch_all(sql, args![asset_id], |row| {
            Ok((row.get(0)?, row.get(1)?, get_word(row, 2)?, row.get(3)?))
        })
        .await
    }

    /// Sets what is known of replicas, adding those that were not known. A `proved_at` of `None` keeps the last proof.
    pub async fn replica_set_states(&mut self, replicas: &[Replica]) -> Result<()> {
        let tail = " ON CONFLICT (copy_id, object_id) DO UPDATE SET state = excluded.state, \
                    stored_at = excluded.stored_at, \
                    proved_at = coalesce(excluded.proved_at, replica.proved_at), note = excluded.note";
        self.replica_write(replicas, tail).await
    }

    async fn replica_write(&mut self, replicas: &[Replica], tail: &str) -> Result<()> {
        let mut values = Vec::with_capacity(replicas.len() * 6);
        for replica in replicas {
            values.extend(args![
                replica.copy_id,
                replica.object_id,
                replica.state,
                replica.stored_at,
                replica.proved_at,
                replica.note.as_deref()
            ]);
        }
        let sql = "INSERT INTO replica (copy_id, object_id, state, stored_at, proved_at, note) VALUES";
        exactly(replicas.len(), self.insert_many(sql, 6, tail, values).await?, "replicas")?;
        self.lacking_follow(replicas).await
    }

    /// Objects that the copy does not hold as they should be, by id; `after` is the last id of the page before.
    pub async fn replica_missing_from(
        &mut self,
        copy_id: CopyId,
        after: Option<ObjectId>,
        limit: usize,
    ) -> Result<Vec<Object>> {
        let sql = built(format!(
            "SELECT {OBJECT} FROM object o LEFT JOIN replica r ON r.copy_id = $1 AND r.object_id = o.id \
             AND r.state = 'held' WHERE o.id > $2 AND r.object_id IS NULL ORDER BY o.id LIMIT $3"
        ));
        self.fetch_all(sql, args![copy_id, start(after), limit], |row| object_at(row, 0)).await
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

    /// A page of a copy's replicas, never proved ones first, then by age of proof.
    pub async fn replica_page_by_proof(
        &mut self,
        copy_id: CopyId,
        after: Option<ProofCursor>,
        limit: usize,
    ) -> Result<Vec<ReplicaObject>> {
        let (proved_at, object_id) = match after {
            None => (-1, start(None)),
            Some(after) => (after.proved_at.map_or(0, |at| at.0), after.object_id),
        };
        let sql = built(format!(
            "SELECT {OBJECT}, {COLUMNS} FROM replica r JOIN object o ON o.id = r.object_id \
             WHERE r.copy_id = $1 AND coalesce(r.proved_at, 0) >= $2 \
             AND (coalesce(r.proved_at, 0) > $2 OR r.object_id > $3) \
             ORDER BY coalesce(r.proved_at, 0), r.object_id LIMIT $4"
        ));
        self.fetch_all(sql, args![copy_id, proved_at, object_id, limit], replica_object).await
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
