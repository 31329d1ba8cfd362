//! How slowly a file may travel. A transfer holds a thread, and there are so many; a few bytes a minute must not keep one.
//!
//! Only the time counts in which the other end is waited for: a slow disk here is nobody's fault there.

use std::time::Duration;

/// Looked at whenever so long was waited,
const WINDOW: Duration = Duration::from_mins(1);
/// in which so many bytes must have moved: a kibibyte a second, which the slowest of links still has.
const LEAST: u64 = 60 * 1024;

/// The pace of one transfer.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    waited: Duration,
    moved: u64,
}

impl Pace {
    /// Counts bytes that moved after such a wait. Says whether the transfer may go on.
    pub(crate) fn moved(&mut self, bytes: usize, waited: Duration) -> bool {
        self.waited += waited;
        self.moved += bytes as u64;
        if self.waited < WINDOW {
            return true;
        }
        std::mem::take(self).moved >= LEAST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_link_goes_on_and_a_trickle_does_not() {
        let second = Duration::from_secs(1);
        let mut slow = Pace::default();
        assert!((0..600).all(|_| slow.moved(1100, second)));
        let mut trickle = Pace::default();
        let lasted = (0..600).take_while(|_| trickle.moved(1, second)).count();
        assert_eq!(lasted, 59);
        // Nothing was waited for: what takes its time is this machine.
        let mut stalled_here = Pace::default();
        assert!((0..600).all(|_| stalled_here.moved(1, Duration::ZERO)));
        // Having been fast once is no excuse for ever.
        let mut was_fast = Pace::default();
        assert!(was_fast.moved(1 << 30, second * 60));
        assert!(!was_fast.moved(1, second * 60));
    }
}
