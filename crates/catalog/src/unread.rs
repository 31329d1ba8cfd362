//! Objects that a copy would not give when they were last looked at: nothing is known of them, good or bad.

use std::collections::BTreeMap;
use std::time::Duration;

use model::{CopyId, ObjectId, ReplicaState, Result, Timestamp};

use crate::object::COLUMNS as OBJECT;
use crate::replica::{COLUMNS as REPLICA, replica_object};
use crate::sql::{Tx, Value, args, built};
use crate::{Damage, Replica, ReplicaObject};

/// What could not be read in a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// How many objects.
    pub count: u64,
    /// Since when the first of them could not be read.
    pub since: Timestamp,
    /// Why that one could not, the last time that was tried.
    pub note: String,
}

impl Tx {
    /// Notes that objects of a copy could not be read, and why; since when stays as it was.
    pub async fn unread_note(
        &mut self,
        copy_id: CopyId,
        found: &[(ObjectId, String)],
        now: Timestamp,
    ) -> Result<()> {
        let mut values = Vec::with_capacity(found.len() * 4);
        for (object, note) in found {
            values.extend(args![copy_id, *object, now, note]);
        }
        let sql = "INSERT INTO unread (copy_id, object_id, since, note) VALUES";
        // A clock that was ahead must not put off that it is told.
        let tail = " ON CONFLICT (copy_id, object_id) DO UPDATE SET note = excluded.note, \
                    since = CASE WHEN unread.since > excluded.since THEN excluded.since ELSE unread.since END";
        self.insert_many(sql, 4, tail, values).await.map(drop)
    }

    /// What could not be read in a copy, and not either when it was tried again after so long; `None` if there is nothing.
    pub async fn unread_of(&mut self, copy_id: CopyId, again: Duration) -> Result<Option<Unread>> {
        let known = "FROM unread u JOIN replica r ON r.copy_id = u.copy_id AND r.object_id = u.object_id \
                     WHERE u.copy_id = $1 AND r.looked_at >= u.since + $2";
        let sql = built(format!(
            "SELECT (SELECT count(*) {known}), u.since, u.note {known} ORDER BY u.since, u.object_id LIMIT 1"
        ));
        let again = i64::try_from(again.as_millis()).unwrap_or(i64::MAX);
        self.fetch_optional(sql, args![copy_id, again], |row| {
            Ok(Unread { count: row.get(0)?, since: row.get(1)?, note: row.get(2)? })
        })
        .await
    }

    /// Objects of copies in use that could not be read, the newest first: known to be held, and nothing else.
    pub async fn unread_list(&mut self, limit: usize) -> Result<Vec<Damage>> {
        let sql = "SELECT u.copy_id, u.object_id, u.since, u.note FROM unread u \
                   JOIN copy c ON c.id = u.copy_id WHERE c.removed_at IS NULL \
                   ORDER BY u.since DESC, u.object_id LIMIT $1";
        self.fetch_all(sql, args![limit], |row| {
            Ok(Damage {
                copy_id: row.get(0)?,
                object_id: row.get(1)?,
                state: ReplicaState::Held,
                note: row.get(3)?,
                found_at: row.get(2)?,
                healed_at: None,
                healed_from: None,
                unhealed: None,
            })
        })
        .await
    }

    /// Some of the objects that could not be read in a copy, those that were not looked at for the longest time first.
    pub async fn unread_page(&mut self, copy_id: CopyId, limit: usize) -> Result<Vec<ReplicaObject>> {
        let sql = built(format!(
            "SELECT {OBJECT}, {REPLICA} FROM unread u JOIN replica r ON r.copy_id = u.copy_id AND r.object_id = u.object_id \
             JOIN object o ON o.id = u.object_id WHERE u.copy_id = $1 \
             ORDER BY coalesce(r.looked_at, 0), u.object_id LIMIT $2"
        ));
        self.fetch_all(sql, args![copy_id, limit], replica_object).await
    }

    /// Follows what became known of replicas: nothing of it is unread any more.
    pub(crate) async fn unread_follow(&mut self, replicas: &[Replica]) -> Result<()> {
        // Nearly always there is none: then the many that are right cost nothing.
        let any = self.fetch_optional("SELECT 1 FROM unread LIMIT 1", vec![], |_| Ok(())).await?;
        if any.is_none() {
            return Ok(());
        }
        let mut known: BTreeMap<CopyId, Vec<Value>> = BTreeMap::new();
        for replica in replicas {
            known.entry(replica.copy_id).or_default().push(replica.object_id.into());
        }
        for (copy, objects) in known {
            let sql = "DELETE FROM unread WHERE copy_id = $1 AND object_id IN ({})";
            self.execute_in(sql, args![copy], objects).await?;
        }
        Ok(())
    }

    /// Forgets what could not be read in a copy.
    pub(crate) async fn unread_forget(&mut self, copy_id: CopyId) -> Result<()> {
        self.execute("DELETE FROM unread WHERE copy_id = $1", args![copy_id]).await.map(drop)
    }
}
