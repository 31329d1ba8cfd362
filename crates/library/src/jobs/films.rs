//! Films whose previews waited for ffmpeg to be installed.
//!
//! They are known by their note, so nothing has to be kept for what may never happen. Asked for where a run of previews
//! begins, not in its loop: nobody installs ffmpeg every few seconds.

use media::{NO_FFMPEG, Worker};
use model::Result;

use super::media::media_job;
use crate::Library;

impl Library {
    /// Queues the films that have no preview for want of ffmpeg, if it is there now; says how many.
    pub async fn queue_films_again(&self, worker: &Worker) -> Result<u64> {
        if worker.ffmpeg().is_none() {
            return Ok(0);
        }
        let films = self.catalog.read().await?.media_noted(NO_FFMPEG).await?;
        if films.is_empty() {
            return Ok(0);
        }
        let now = self.clock.now();
        let jobs: Vec<_> = films.into_iter().map(|film| media_job(film, now)).collect();
        let mut tx = self.catalog.begin().await?;
        let queued = tx.job_insert_many(&jobs).await?;
        tx.commit().await?;
        Ok(queued)
    }
}
