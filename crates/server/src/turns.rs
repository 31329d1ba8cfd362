//! One request at a time for each upload. A client that lost its connection comes back before the server has noticed; then
//! the request that hangs is ended, what it brought is kept, and the new one goes on from there.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use model::UploadId;
use tokio::sync::OwnedMutexGuard;
use tokio_util::sync::CancellationToken;

#[derive(Clone, Default)]
struct Place {
    /// Held by whoever's turn it is.
    busy: Arc<tokio::sync::Mutex<()>>,
    /// Ends whoever's turn it is.
    over: CancellationToken,
}

/// Who is at which upload.
#[derive(Clone, Default)]
pub(crate) struct Turns {
    places: Arc<Mutex<HashMap<UploadId, Place>>>,
    /// The server stops: every turn is over, also one that begins now.
    stopped: CancellationToken,
}

/// A request's turn at an upload; over when it is dropped.
pub(crate) struct Turn {
    turns: Turns,
    id: UploadId,
    /// Tells when another request wants to go on.
    pub(crate) over: CancellationToken,
    held: Option<OwnedMutexGuard<()>>,
}

impl Turns {
    /// Waits for a turn, and ends the one before.
    pub(crate) async fn take(&self, id: UploadId) -> Turn {
        let over = self.stopped.child_token();
        let busy = {
            let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
            let place = places.entry(id).or_default();
            std::mem::replace(&mut place.over, over.clone()).cancel();
            Arc::clone(&place.busy)
        };
        let held = Some(busy.lock_owned().await);
        Turn { turns: self.clone(), id, over, held }
    }

    /// Ends every turn: the server stops, and what has arrived is kept.
    pub(crate) fn end_all(&self) {
        self.stopped.cancel();
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut places = self.turns.places.lock().unwrap_or_else(PoisonError::into_inner);
        self.held = None;
        // The map's own is the last: nobody waits.
        if places.get(&self.id).is_some_and(|place| Arc::strong_count(&place.busy) == 1) {
            places.remove(&self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_new_turn_ends_the_one_before_and_waits_for_it() {
        let turns = Turns::default();
        let id = UploadId::generate();
        let first = turns.take(id).await;
        let other = turns.take(UploadId::generate()).await;
        let second = tokio::spawn({
            let turns = turns.clone();
            async move { turns.take(id).await }
        });
        first.over.cancelled().await;
        assert!(!second.is_finished() && !other.over.is_cancelled());
        drop(first);
        let second = second.await.unwrap();
        assert!(!second.over.is_cancelled());
        turns.end_all();
        assert!(second.over.is_cancelled() && other.over.is_cancelled());
        let late = turns.take(UploadId::generate()).await;
        assert!(late.over.is_cancelled(), "a request that comes in meanwhile does not hang");
        drop((second, other, late));
        assert!(turns.places.lock().unwrap().is_empty());
    }
}
