//! Whether a file may come in: the rights of its sender, and the room that there is.
//!
//! Both are looked at where nothing changes them any more: within the transaction that takes the file in, once the space
//! is locked. So two who send at the same moment never share the last room, and whoever lost the right while the bytes
//! travelled does not get in by it. Content that the space has takes no room, so what was sent and not heard of may be
//! sent again.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use catalog::{HeldRoom, Tx};
use model::{Error, ErrorKind, Result, Sha256, SpaceId, Timestamp};
use uuid::Uuid;

use super::Incoming;
use crate::Library;
use crate::access::{Access, Actor};
use crate::uploads::PATIENCE;

/// An upload that was begun has its room for so long, though nothing came yet,
const BEGUN: Duration = Duration::from_hours(1);
/// and one that goes on until nothing came for so long. It may still go on later, if there is room then.
const PROMISED: Duration = Duration::from_hours(24);

/// Which uploads hold room.
pub(crate) fn held_room(now: Timestamp) -> HeldRoom {
    HeldRoom { now, begun_after: now.minus(BEGUN), ends_after: now.plus(PATIENCE).minus(PROMISED) }
}

/// The room of a space.
pub(crate) struct Room {
    /// How much it may hold, if that is limited.
    quota: Option<u64>,
    /// What it holds and what is promised.
    taken: u64,
    held: HeldRoom,
}

impl Room {
    pub(crate) async fn of(tx: &mut Tx, space: SpaceId, now: Timestamp) -> Result<Self> {
        let (quota, held) = (tx.space_quota(space).await?, held_room(now));
        let taken = match quota {
            Some(_) => tx.space_used(space).await?.saturating_add(tx.upload_promised(space, held).await?),
            None => 0,
        };
        Ok(Self { quota, taken, held })
    }

    /// Takes room for a file, whose own promise does not stand in its way.
    ///
    /// # Errors
    /// `OutOfSpace` with the code `quota`.
    pub(crate) async fn take(&mut self, tx: &mut Tx, incoming: &Incoming, known: bool) -> Result<()> {
        let Some(quota) = self.quota else { return Ok(()) };
        let own = match incoming.upload {
            Some(id) => tx.upload_promise(id, self.held).await?,
            None => 0,
        };
        let others = self.taken.saturating_sub(own);
        let needed = if known { 0 } else { incoming.size };
        let after = others.saturating_add(needed);
        if needed > 0 && after > quota {
            return Err(Error::new(
                ErrorKind::OutOfSpace,
                format!(
                    "the space may hold {quota} bytes, and {others} are there or promised to uploads under way; ask \
                     whoever manages it for more room"
                ),
            )
            .with_code("quota"));
        }
        self.taken = after;
        Ok(())
    }
}

/// Which of these contents a space has on record. They take no more room.
pub(crate) async fn known(tx: &mut Tx, space: SpaceId, contents: &[Sha256]) -> Result<HashSet<Sha256>> {
    let objects = tx.object_find_by_content(space, contents).await?;
    Ok(objects.into_iter().map(|object| object.content_sha256).collect())
}

/// The door of a space, which it holds locked: lets files in, one after the other.
pub(super) struct Door {
    room: Room,
    known: HashSet<Sha256>,
    /// Why somebody is not who they were any more.
    gone: HashMap<Uuid, Error>,
    /// Whether who came in this way may bring back what is in the trash of a folder.
    allowed: HashMap<(Uuid, Vec<u8>), bool>,
}

impl Door {
    /// Locks those who send, then the space: whoever takes both does it in this order.
    pub(super) async fn open(
        library: &Library,
        tx: &mut Tx,
        space: SpaceId,
        mut senders: Vec<&Actor>,
        contents: &[Sha256],
    ) -> Result<Self> {
        senders.sort_by_key(|actor| (actor.person().id, actor.way_in()));
        senders.dedup_by_key(|actor| actor.way_in());
        let mut gone = HashMap::new();
        for actor in senders {
            match library.hold(tx, actor).await {
                Err(error) if error.kind() == ErrorKind::Unproved => {
                    gone.insert(actor.way_in(), error);
                }
                other => other?,
            }
        }
        tx.space_lock(space).await?;
        let room = Room::of(tx, space, library.clock.now()).await?;
        let known = known(tx, space, contents).await?;
        Ok(Self { room, known, gone, allowed: HashMap::new() })
    }

    /// Lets a file of this content in, or says why not. Says whether it may bring back what is in the trash.
    ///
    /// # Errors
    /// Only where the catalog fails.
    pub(super) async fn admit(
        &mut self,
        tx: &mut Tx,
        actor: &Actor,
        incoming: &Incoming,
        content: Sha256,
    ) -> Result<Result<bool>> {
        if let Some(error) = self.gone.get(&actor.way_in()) {
            return Ok(Err(Error::new(error.kind(), error.message())));
        }
        let place = (actor.way_in(), incoming.folder.clone());
        let may_revive = match self.allowed.get(&place).copied() {
            Some(may_revive) => may_revive,
            None => match Access::new(tx, actor).upload(incoming.space, &incoming.folder).await {
                Ok(may_revive) => *self.allowed.entry(place).or_insert(may_revive),
                Err(error) if refuses(&error) => return Ok(Err(error)),
                Err(error) => return Err(error),
            },
        };
        match self.room.take(tx, incoming, self.known.contains(&content)).await {
            Ok(()) => Ok(Ok(may_revive)),
            Err(error) if error.code() == Some("quota") => Ok(Err(error)),
            Err(error) => Err(error),
        }
    }
}

fn refuses(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Forbidden | ErrorKind::NotFound)
}
