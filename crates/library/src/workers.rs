//! A few threads that do the same thing to many items: reading, hashing, encrypting, comparing.
//!
//! Items come from an async caller and outcomes go back to it, both through bounded queues, so that memory stays flat
//! whatever the number of items.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use model::{Error, Result};
use tokio::sync::mpsc;

/// How many threads keep this machine busy without starving everything else.
pub(crate) fn threads() -> usize {
    std::thread::available_parallelism().map_or(2, std::num::NonZero::get).clamp(2, 16)
}

/// How many threads keep processor and disk busy at once, where each waits for the disk in its turn.
pub(crate) fn streams() -> usize {
    threads() * 2
}

/// Threads at work. [`Workers::run`] is the simple way; who does other things meanwhile counts what goes out and comes
/// back.
pub(crate) struct Workers<I> {
    items: mpsc::Sender<I>,
    waiting: AtomicUsize,
}

impl<I: Send + 'static> Workers<I> {
    /// Starts `threads` threads that call `work` on each item. Up to `ahead` items wait to be taken, so that the threads
    /// go on while the caller is busy, and as many outcomes wait to be fetched.
    pub(crate) fn start<O: Send + 'static>(
        threads: usize,
        ahead: usize,
        work: impl Fn(I) -> O + Send + Sync + 'static,
    ) -> Result<(Self, mpsc::Receiver<O>)> {
        let (items, todo) = mpsc::channel::<I>(ahead);
        let (done, outcomes) = mpsc::channel::<O>(ahead);
        let todo = Arc::new(Mutex::new(todo));
        let work = Arc::new(work);
        for number in 0..threads {
            let (todo, done, work) = (Arc::clone(&todo), done.clone(), Arc::clone(&work));
            std::thread::Builder::new()
                .name(format!("worker-{number}"))
                .spawn(move || {
                    loop {
                        let item = todo.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
                        let Some(item) = item else { return };
                        // A panic is a defect of ours; the caller must hear of it instead of waiting for ever.
                        let Ok(outcome) = catch_unwind(AssertUnwindSafe(|| work(item))) else {
                            todo.lock().unwrap_or_else(PoisonError::into_inner).close();
                            return;
                        };
                        if done.blocking_send(outcome).is_err() {
                            return;
                        }
                    }
                })
                .map_err(|error| Error::io("could not start a worker thread", error))?;
        }
        Ok((Self { items, waiting: AtomicUsize::new(0) }, outcomes))
    }

    /// Items that went out and did not come back yet.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// A place in the queue of items.
    pub(crate) async fn reserve(&self) -> Result<mpsc::Permit<'_, I>> {
        self.items.reserve().await.map_err(|_| Error::internal("a worker thread ended"))
    }

    /// One more item went out.
    pub(crate) fn went_out(&self) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
    }

    /// One more outcome came back.
    pub(crate) fn came_back(&self) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }

    /// Gives all of `items` to the threads and every outcome, in any order, to `each`.
    pub(crate) async fn run<O>(
        &self,
        outcomes: &mut mpsc::Receiver<O>,
        items: impl IntoIterator<Item = I>,
        mut each: impl FnMut(O),
    ) -> Result<()> {
        let ended = || Error::internal("a worker thread ended");
        let mut items = items.into_iter();
        let mut next = items.next();
        while next.is_some() || self.waiting() > 0 {
            tokio::select! {
                biased;
                outcome = outcomes.recv(), if self.waiting() > 0 => {
                    self.came_back();
                    each(outcome.ok_or_else(ended)?);
                }
                permit = self.items.reserve(), if next.is_some() => {
                    let permit = permit.map_err(|_| ended())?;
                    if let Some(item) = next.take() {
                        permit.send(item);
                        self.went_out();
                    }
                    next = items.next();
                }
            }
        }
        Ok(())
    }
}
