//! Removing unfinished files that interrupted work left behind.
//!
//! Only files under `tmp/` are removed: they never had a name. Objects that no row refers to are told by `doctor` and
//! kept: a catalog that was put back from an older state does not know the newest photos, and they may exist nowhere
//! else.

use std::sync::Arc;
use std::time::Duration;

use model::{Error, Result, Timestamp};
use serde_json::json;

use crate::Library;

/// How old a leftover must be: older than the slowest upload.
const LEFTOVER: Duration = Duration::from_hours(24);

/// How long it is known how a recovery ended.
const FORGET: Duration = Duration::from_hours(30 * 24);

impl Library {
    pub(crate) fn leftover_time(&self) -> Timestamp {
        self.clock.now().minus(LEFTOVER)
    }

    /// Ends sessions, recoveries, notices and uploads whose time is over, and removes what interrupted work left behind.
    pub async fn sweep(&self) -> Result<()> {
        let mut tx = self.catalog.begin().await?;
        tx.session_sweep(self.clock.now()).await?;
        tx.pairing_sweep(self.clock.now()).await?;
        let overdue = tx.recovery_overdue(self.clock.now()).await?;
        tx.recovery_sweep(self.clock.now(), self.clock.now().minus(FORGET)).await?;
        // The log comes last: who writes to it holds up the others.
        for recovery in overdue {
            let Some(person) = tx.person_get(recovery.person_id).await? else { continue };
            let detail = json!({"recovery": recovery.id, "begun": recovery.created_at.to_string()});
            tx.audit_append(self.clock.now(), "admin", "recovery.expire", &person.email, &detail).await?;
        }
        tx.commit().await?;
        self.put_all_refused().await?;
        self.sweep_notices().await?;
        self.sweep_uploads().await?;
        self.sweep_leftovers().await.map(drop)
    }

    /// Removes unfinished files of the library's own stores; gives their number.
    pub(crate) async fn sweep_leftovers(&self) -> Result<u64> {
        let (store, renditions, before) =
            (Arc::clone(&self.store), Arc::clone(&self.renditions), self.leftover_time());
        let root = self.layout.root().to_owned();
        let swept = tokio::task::spawn_blocking(move || {
            crate::outside::sweep_passing(&root, before)?;
            Ok(store.sweep(before)? + renditions.sweep(before)?)
        })
        .await;
        swept.map_err(|error| Error::internal("sweeping ended early").with_source(error))?
    }

    /// Removes unfinished files of a copy. A store that forbids it, or cannot tell, keeps them: they harm nobody.
    pub(crate) async fn sweep_copy(&self, store: &Arc<dyn vault::Store>) {
        let (store, before) = (Arc::clone(store), self.leftover_time());
        let _ = tokio::task::spawn_blocking(move || store.sweep(before)).await;
    }
}
