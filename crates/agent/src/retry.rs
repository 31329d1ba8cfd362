//! Trying again over links that break and servers that are busy: waits that grow, up to a limit, none of them exactly alike,
//! and as long as the server asks for where it says so. What cannot pass is not tried again.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use model::{Error, ErrorKind, Result};

/// The first wait between two tries; each is twice as long as the one before.
const FIRST: Duration = Duration::from_millis(500);

/// How long a server is borne with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// Tries without anything moving on.
    tries: u32,
    /// The longest wait between two.
    longest: Duration,
    /// The longest wait that a server may ask for; who asks for more is told to the person instead.
    asked: Duration,
}

impl Patience {
    /// Of somebody who waits for an answer: some seconds.
    pub(crate) const SHORT: Self =
        Self { tries: 5, longest: Duration::from_secs(5), asked: Duration::from_secs(10) };
    /// Of work that takes long anyway: a server that is started again, or a line that is dialled again, in between.
    pub(crate) const LONG: Self =
        Self { tries: 9, longest: Duration::from_secs(30), asked: Duration::from_mins(5) };
}

/// Why a request failed, and for how long the server wants to be left alone.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) error: Error,
    pub(crate) after: Option<Duration>,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self { error, after: None }
    }
}

impl From<Failed> for Error {
    fn from(failed: Failed) -> Self {
        failed.error
    }
}

impl Failed {
    /// Whether the same request may go better later. The server tells of an upload that another request is at, or that
    /// is further than it was thought to be, as a conflict: that passes too.
    fn may_pass(&self) -> bool {
        matches!(self.error.kind(), ErrorKind::Unavailable | ErrorKind::TooMany)
            || matches!(self.error.code(), Some("upload-busy" | "wrong-offset"))
    }
}

/// The tries of one thing.
pub(crate) struct Tries {
    patience: Patience,
    failed: u32,
}

impl Tries {
    pub(crate) fn new(patience: Patience) -> Self {
        Self { patience, failed: 0 }
    }

    /// Something arrived: what moves on may break again.
    pub(crate) fn moved_on(&mut self) {
        self.failed = 0;
    }

    /// Waits until the next try is due.
    ///
    /// # Errors
    /// The failure, where trying again is of no use or was tried often enough.
    pub(crate) async fn wait(&mut self, failed: Failed) -> Result<()> {
        match self.next(&failed) {
            Some(wait) => {
                tokio::time::sleep(wait).await;
                Ok(())
            }
            None => Err(failed.error),
        }
    }

    fn next(&mut self, failed: &Failed) -> Option<Duration> {
        self.failed += 1;
        if !failed.may_pass() || self.failed >= self.patience.tries {
            return None;
        }
        let grown = FIRST.saturating_mul(2_u32.saturating_pow(self.failed - 1)).min(self.patience.longest);
        // Between half of it and all of it, so that many that were cut off together do not come back together.
        let chance = RandomState::new().hash_one(self.failed) % 1024;
        let own = grown / 2 + grown / 2 * u32::try_from(chance).unwrap_or(0) / 1024;
        match failed.after {
            Some(asked) if asked > self.patience.asked => None,
            Some(asked) => Some(asked.max(own)),
            None => Some(own),
        }
    }
}

/// Asks again and again, for as long as patience lasts. Only for what may be asked twice.
pub(crate) async fn patiently<T, F>(patience: Patience, mut ask: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<T, Failed>>,
{
    let mut tries = Tries::new(patience);
    loop {
        match ask().await {
            Ok(answer) => return Ok(answer),
            Err(failed) => tries.wait(failed).await?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(kind: ErrorKind, after: Option<u64>) -> Failed {
        Failed { error: Error::new(kind, "no"), after: after.map(Duration::from_secs) }
    }

    #[test]
    fn waits_grow_up_to_a_limit_and_end_and_begin_anew_when_something_moved() {
        let mut tries = Tries::new(Patience::LONG);
        let mut all = || {
            let waits = std::iter::from_fn(|| tries.next(&failed(ErrorKind::Unavailable, None)));
            let waits: Vec<Duration> = waits.take(100).collect();
            tries.moved_on();
            waits
        };
        for waits in [all(), all()] {
            assert_eq!(waits.len(), 8);
            for (number, wait) in (0..).zip(&waits) {
                let full = (FIRST * 2_u32.pow(number)).min(Duration::from_secs(30));
                assert!(*wait >= full / 2 && *wait <= full, "{waits:?}");
            }
        }
        assert_ne!(all(), all(), "many would come back at the same moment");
    }

    #[test]
    fn a_server_that_says_when_is_left_alone_until_then_and_not_waited_for_too_long() {
        let next = |patience, after| Tries::new(patience).next(&failed(ErrorKind::TooMany, Some(after)));
        assert_eq!(next(Patience::LONG, 60), Some(Duration::from_mins(1)));
        assert_eq!(next(Patience::SHORT, 60), None);
        assert_eq!(next(Patience::LONG, 100_000), None);
        assert!(next(Patience::SHORT, 0).is_some_and(|wait| wait >= FIRST / 2));
    }

    #[test]
    fn what_cannot_pass_is_not_tried_again() {
        let passes = |error: Error| Tries::new(Patience::LONG).next(&error.into()).is_some();
        for kind in [
            ErrorKind::Invalid,
            ErrorKind::NotFound,
            ErrorKind::Forbidden,
            ErrorKind::Unproved,
            ErrorKind::OutOfSpace,
            ErrorKind::Conflict,
            ErrorKind::Damaged,
            ErrorKind::Internal,
        ] {
            assert!(!passes(Error::new(kind, "no")), "{kind:?}");
        }
        assert!(!passes(Error::conflict("no").with_code("in-trash")));
        assert!(passes(Error::conflict("no").with_code("upload-busy")));
        assert!(passes(Error::conflict("no").with_code("wrong-offset")));
        assert!(passes(Error::new(ErrorKind::Unavailable, "no")));
    }
}
