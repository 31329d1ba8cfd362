//! Who did what: the audit log, for those whom it concerns.

use catalog::{AuditEntry, AuditHead, AuditOf, AuditQuery};
use model::{Permission, Result, SpaceId};

use crate::Library;
use crate::access::{Access, Actor};

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
        Ok((tx.audit_head().await?, tx.audit_verify().await?))
    }
}
