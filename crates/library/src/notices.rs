//! Telling people what happens, in the transaction in which it happens.

use catalog::{Notice, Tx};
use model::{NoticeId, NoticeKind, PersonId, Result};
use serde_json::Value as Json;

use crate::Library;

impl Library {
    /// Tells somebody of something: it is on record with what it tells of, or neither is.
    pub(crate) async fn tell(
        &self,
        tx: &mut Tx,
        person: PersonId,
        kind: NoticeKind,
        facts: Json,
    ) -> Result<()> {
        let at = self.clock.now();
        let notice = Notice { id: NoticeId::generate(), person_id: person, kind, facts, at, seen_at: None };
        tx.notice_insert(&notice).await
    }
}
