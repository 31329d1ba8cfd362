//! How long work talks to whoever waits for it, and how it is asked to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use model::{Error, ErrorKind, Result};

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Looking through folders for files.
    Scanning,
    /// Reading, encrypting and storing files.
    Storing,
    /// Making previews and reading metadata.
    Previews,
    /// Writing a snapshot of the catalog.
    Snapshot,
    /// Copying objects to another store.
    Copying,
    /// Re-reading objects and comparing them with their hash.
    Checking,
    /// Putting good objects in the place of damaged ones.
    Healing,
    /// Writing photos into a folder.
    Restoring,
    /// Bringing objects back from a copy.
    Recovering,
    /// Sending files to a server.
    Sending,
}

/// Hears how far work is. Called often and from many threads; must be quick.
pub trait Progress: Send + Sync {
    /// A stage begins. `files` and `bytes` are what it will take, where that is known.
    fn begin(&self, stage: Stage, files: Option<u64>, bytes: Option<u64>);

    /// More is known about how much there is to do.
    fn found(&self, files: u64, bytes: u64);

    /// Work was done.
    fn advance(&self, files: u64, bytes: u64);

    /// The stage is over.
    fn end(&self);
}

/// Tells nobody.
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _: Stage, _: Option<u64>, _: Option<u64>) {}
    fn found(&self, _: u64, _: u64) {}
    fn advance(&self, _: u64, _: u64) {}
    fn end(&self) {}
}

/// A request to stop, shared between whoever asks and the work. What was done until then stays done.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Asks the work to stop at the next safe point.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// The flag itself, for a signal handler to set.
    pub fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }

    /// Whether it was asked.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// `Interrupted` once it was asked.
    pub fn check(&self) -> Result<()> {
        if self.is_cancelled() {
            return Err(Error::new(
                ErrorKind::Interrupted,
                "interrupted; what was done until now stays done",
            ));
        }
        Ok(())
    }
}
