//! What may come in: who may send where, how much room there is, and what need not be sent.

use catalog::{Change, Tx};
use model::{ObjectId, Permission, Result, Sha256, SpaceId};

use crate::Library;
use crate::access::{Access, Actor};
use crate::ingest::{Incoming, Room, known_contents};
use crate::search::Scope;

/// Changes in one answer.
const CHANGES: usize = 1000;

impl Library {
    /// Refuses a file before its bytes travel: its sender may not send it there, or there is no room. What counts is what
    /// is decided when it is taken in.
    ///
    /// # Errors
    /// What [`Access::upload`] says; `OutOfSpace` with the code `quota` where the space would hold more than it may.
    pub async fn may_receive(&self, actor: &Actor, incoming: &Incoming) -> Result<()> {
        let mut tx = self.catalog.read().await?;
        self.may_receive_in(&mut tx, actor, incoming).await
    }

    /// The same within a transaction.
    pub(crate) async fn may_receive_in(&self, tx: &mut Tx, actor: &Actor, incoming: &Incoming) -> Result<()> {
        Access::new(tx, actor).upload(incoming.space, &incoming.folder).await?;
        let known = match incoming.content_sha256 {
            Some(content) => !known_contents(tx, incoming.space, &[content]).await?.is_empty(),
            None => false,
        };
        Room::of(tx, incoming.space, self.clock.now()).await?.take(tx, incoming, known).await
    }

    /// Which of these contents a space holds in the library itself: what only other copies are said to have is wanted.
    pub async fn contents_present(
        &self,
        actor: &Actor,
        space: SpaceId,
        contents: &[Sha256],
    ) -> Result<Vec<Sha256>> {
        let mut tx = self.catalog.read().await?;
        Access::new(&mut tx, actor).space(space).await?.needs(Permission::Upload)?;
        let objects = tx.object_find_by_content(space, contents).await?;
        let ids: Vec<ObjectId> = objects.iter().map(|object| object.id).collect();
        let held = tx.objects_in_library(&ids).await?;
        let present = objects.iter().filter(|object| held.contains(&object.id));
        Ok(present.map(|object| object.content_sha256).collect())
    }

    /// What changed in a space after change number `after`.
    pub async fn changes(&self, actor: &Actor, space: SpaceId, after: i64) -> Result<Vec<Change>> {
        let mut tx = self.catalog.read().await?;
        Access::new(&mut tx, actor).space(space).await?.needs(Permission::View)?;
        tx.change_list(space, after, CHANGES).await
    }

    /// The number of the last change of all.
    pub async fn change_head(&self) -> Result<i64> {
        self.catalog.look().await?.change_head().await
    }

    /// What changed after number `after` in all that an actor may look at, single albums included, in order, and up to which
    /// number that is all.
    ///
    /// # Errors
    /// `Unproved` for whoever is not signed in any more.
    pub async fn changes_after(&self, actor: &Actor, after: i64) -> Result<(Vec<Change>, i64)> {
        let mut tx = self.catalog.read().await?;
        self.still_valid(&mut tx, actor).await?;
        let mut seen = tx.change_head().await?;
        if seen <= after {
            return Ok((Vec::new(), after));
        }
        let mut changes = Vec::new();
        for scope in Access::new(&mut tx, actor).scopes(None).await? {
            let some = match scope {
                Scope::Space(space) => tx.change_list(space, after, CHANGES).await?,
                Scope::Album(album) => tx.change_list_in_album(album, after, CHANGES).await?,
            };
            // Of a place with more, the rest comes next time, and so does what is later elsewhere.
            if some.len() == CHANGES {
                seen = seen.min(some.last().map_or(after, |last| last.seq));
            }
            changes.extend(some);
        }
        changes.retain(|change| change.seq <= seen);
        changes.sort_by_key(|change| change.seq);
        // An album may be opened in more ways than one.
        changes.dedup_by_key(|change| change.seq);
        Ok((changes, seen))
    }
}
