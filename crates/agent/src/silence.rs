//! How long a server may say nothing. Sending a file takes as long as it takes: what counts is whether its bytes move.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

/// How long a server is waited for that says nothing.
#[derive(Clone, Copy, Debug)]
pub struct Silence {
    /// While bytes should move, there or back.
    pub moving: Duration,
    /// After the last byte of a file: the server may have to read, hash and encrypt all of it before it answers. Where the
    /// server is gone meanwhile, the connection breaks by itself.
    pub finishing: Duration,
}

impl Default for Silence {
    fn default() -> Self {
        Self { moving: Duration::from_mins(2), finishing: Duration::from_hours(1) }
    }
}

impl Silence {
    /// Waits for an answer for as long as bytes leave. `None` where it is waited for in vain.
    pub(crate) async fn bear<T>(self, left: &Left, answer: impl Future<Output = T>) -> Option<T> {
        let mut answer = pin!(answer);
        let mut changes = left.0.subscribe();
        loop {
            let patience = if *changes.borrow_and_update() == 0 { self.finishing } else { self.moving };
            tokio::select! {
                answer = &mut answer => return Some(answer),
                Ok(()) = changes.changed() => {}
                () = tokio::time::sleep(patience) => return None,
            }
        }
    }
}

/// How many bytes of a request have not left yet.
#[derive(Clone)]
pub(crate) struct Left(Arc<watch::Sender<u64>>);

impl Left {
    pub(crate) fn new(bytes: u64) -> Self {
        Self(Arc::new(watch::Sender::new(bytes)))
    }

    /// So many have left. None is no news.
    pub(crate) fn took(&self, bytes: u64) {
        self.0.send_if_modified(|left| {
            *left = left.saturating_sub(bytes);
            bytes > 0
        });
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::time::{Instant, sleep};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn bytes_that_move_are_waited_for_however_long_and_those_that_stand_still_are_not() {
        let silence = Silence::default();
        let left = Left::new(1000);
        let slow = async {
            for _ in 0..1000 {
                sleep(Duration::from_secs(100)).await;
                left.took(1);
            }
            sleep(Duration::from_mins(50)).await;
            "stored"
        };
        assert_eq!(silence.bear(&left, slow).await, Some("stored"));

        let begun = Instant::now();
        assert_eq!(silence.bear(&Left::new(1), pending::<()>()).await, None);
        assert_eq!(begun.elapsed().as_secs(), 120);
        let begun = Instant::now();
        assert_eq!(silence.bear(&Left::new(0), pending::<()>()).await, None);
        assert_eq!(begun.elapsed().as_secs(), 3600);
    }
}
