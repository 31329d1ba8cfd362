//! A few threads for work that mostly waits: for a network, or for a disk to give back what was written.

use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError};

/// Does `work` to each item, on up to `lanes` threads at once; the outcomes are in the order of the items.
pub fn in_lanes<I: Send, O: Send>(lanes: usize, items: Vec<I>, work: impl Fn(I) -> O + Sync) -> Vec<O> {
    if lanes < 2 || items.len() < 2 {
        return items.into_iter().map(work).collect();
    }
    let lanes = lanes.min(items.len());
    let todo = Mutex::new(items.into_iter().enumerate());
    let lane = || {
        let mut done = Vec::new();
        loop {
            let next = todo.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((number, item)) = next else { return done };
            done.push((number, work(item)));
        }
    };
    let mut done: Vec<(usize, O)> = std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..lanes).map(|_| scope.spawn(lane)).collect();
        lanes.into_iter().flat_map(|lane| lane.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    done.sort_unstable_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, outcome)| outcome).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn outcomes_keep_their_order_and_lanes_work_at_once() {
        // Nobody gets past it alone.
        let together = Barrier::new(3);
        let outcomes = in_lanes(3, (0..30).collect(), |number| {
            together.wait();
            number * 2
        });
        assert_eq!(outcomes, (0..30).map(|number| number * 2).collect::<Vec<_>>());
        assert_eq!(in_lanes(4, Vec::<u8>::new(), |byte| byte), Vec::<u8>::new());
    }
}
