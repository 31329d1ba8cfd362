//! The last step of an upload: all bytes are there, and become a photo.
//!
//! For a large file that takes longer than clients and proxies wait. So it is begun once for each upload and goes on
//! whether or not anybody waits for it; whoever comes back meanwhile waits for the same end. How many go on at once is for
//! the caller to limit, by what each of them holds until its end. When the server stops, the pieces stay, and the next who
//! asks begins it again.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};

use model::{Error, Result, UploadId};
use tokio::sync::watch;

use super::Progressed;

/// What became of an upload, for all who wait.
type Outcome = Result<Progressed, Arc<Error>>;

/// The uploads that are being finished.
#[derive(Clone, Default)]
pub(crate) struct Finishing(Arc<Mutex<HashMap<UploadId, Finish>>>);

/// The end of one of them, to be waited for.
#[derive(Clone)]
pub(super) struct Finish(watch::Receiver<Option<Outcome>>);

impl Finishing {
    /// The end of an upload that is being finished.
    pub(super) fn of(&self, id: UploadId) -> Option<Finish> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// Begins `work`, unless it was begun before; it holds what `hold` gives.
    ///
    /// # Errors
    /// What `hold` says.
    pub(super) fn begin<T: Send + 'static>(
        &self,
        id: UploadId,
        hold: impl FnOnce() -> Result<T>,
        work: impl Future<Output = Result<Progressed>> + Send + 'static,
    ) -> Result<Finish> {
        let mut uploads = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = match uploads.entry(id) {
            Entry::Occupied(begun) => return Ok(begun.get().clone()),
            Entry::Vacant(place) => place,
        };
        let held = hold()?;
        let (tell, told) = watch::channel(None);
        let finish = place.insert(Finish(told)).clone();
        let begun = Begun { of: self.clone(), id };
        tokio::spawn(async move {
            let outcome = work.await.map_err(Arc::new);
            // Whoever finds it gone from the list finds what it came to in the catalog.
            drop((begun, held));
            tell.send_replace(Some(outcome));
        });
        Ok(finish)
    }
}

impl Finish {
    /// Waits for it.
    ///
    /// # Errors
    /// Why the upload did not become a photo.
    pub(super) async fn outcome(mut self) -> Result<Progressed> {
        let ended = || Error::internal("finishing an upload ended early");
        let outcome = self.0.wait_for(Option::is_some).await.map_err(|_| ended())?.clone();
        outcome.ok_or_else(ended)?.map_err(|error| {
            let again = Error::new(error.kind(), error.message());
            let again = match error.code() {
                Some(code) => again.with_code(code),
                None => again,
            };
            again.with_source(error)
        })
    }
}

/// An upload on the list; not any more when it is dropped, as by a defect in the work.
struct Begun {
    of: Finishing,
    id: UploadId,
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.of.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}
