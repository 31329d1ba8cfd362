//! Who did what: the audit log, for those whom it concerns.

use std::sync::Arc;

use catalog::{AuditEntry, AuditHead, AuditOf, AuditQuery};
use model::{Error, Permission, Result, SpaceId};

use crate::Library;
use crate::access::{Access, Actor};
use crate::snapshot::audit_heads;

/// Entries on one page at most.
pub const PAGE: usize = 1000;

/// What to show of the log.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// What happened in this space; without one, what the actor did.
    pub space: Option<SpaceId>,
    /// Only this action, as in `asset.delete`, or all of a sort, as in `asset`.
    pub action: Option<String>,
    /// Only by this person, by their address.
    pub actor: Option<String>,
    /// Only older entries than this number.
    pub before: Option<i64>,
    /// So many at most.
    pub limit: usize,
}

impl Library {
    /// What happened in a space, for who manages it; or what the actor did. Newest first.
    pub async fn activity(&self, actor: &Actor, asked: Asked) -> Result<Vec<AuditEntry>> {
        let mut tx = self.catalog.read().await?;
        let of = match asked.space {
            Some(space) => {
                Access::new(&mut tx, actor).space(space).await?.needs(Permission::Manage)?;
                AuditOf::Space(space)
            }
            None => {
                actor.session()?;
                AuditOf::Actor(actor.person().email.clone())
            }
        };
        let query = AuditQuery {
            of,
            action: asked.action,
            actor: asked.actor.map(|email| email.trim().to_lowercase()),
            before: asked.before,
            limit: asked.limit.clamp(1, PAGE),
        };
        tx.audit_find(&query).await
    }

    /// Reads the whole log again, for who manages a space: its end, and the first entry that is not what it was.
    ///
    /// # Errors
    /// `NotFound` for everybody else.
    pub async fn activity_check(&self, actor: &Actor) -> Result<(AuditHead, Option<i64>)> {
        let mut tx = self.catalog.read().await?;
        let refused = "the whole log is for who manages a space of this server";
        Access::new(&mut tx, actor).manages_some_space(refused).await?;
        let head = tx.audit_head().await?;
        drop(tx);
        Ok((head, self.activity_broken().await?))
    }

    /// The first entry that is not what it was, if there is one. A log that was written anew from some point on is unbroken
    /// in itself, but does not have the entry that a snapshot from after that point names.
    pub(crate) async fn activity_broken(&self) -> Result<Option<i64>> {
        let broken = self.catalog.read().await?.audit_verify().await?;
        if broken.is_some() {
            return Ok(broken);
        }
        let (store, key) = (Arc::clone(&self.store), self.server_key().clone());
        let named = tokio::task::spawn_blocking(move || audit_heads(&*store, &key)).await;
        let named = named.map_err(|error| Error::internal("reading ended early").with_source(error))??;
        let mut tx = self.catalog.read().await?;
        let mut first = None;
        for head in named.into_iter().filter(|head| head.seq > 0) {
            if tx.audit_hash(head.seq).await? != Some(head.hash) {
                first = Some(first.map_or(head.seq, |seq: i64| seq.min(head.seq)));
            }
        }
        Ok(first)
    }
}
