//! Work that was queued in the transaction that made it necessary, one file for each kind.

pub mod deliver;
pub mod films;
pub mod media;

use catalog::JobCounts;
use model::Result;

use crate::Library;

impl Library {
    /// How much work waits, runs, and was given up.
    pub async fn jobs(&self) -> Result<JobCounts> {
        self.catalog.read().await?.job_counts(self.clock.now()).await
    }
}
