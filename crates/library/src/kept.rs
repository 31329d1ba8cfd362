//! Answers that take long to count are kept for a while: pages ask for them again every few seconds.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use model::Result;

/// What took less than this is counted anew each time.
const SLOW: Duration = Duration::from_secs(2);
/// What took longer is kept for so many times as long as it took: looking at it costs a sixth of a processor at most.
const TIMES: u32 = 5;

/// An answer, and until when it is given again.
type Answer<V> = Arc<tokio::sync::Mutex<Option<(Instant, V)>>>;

/// Slow answers, by what they answer.
pub(crate) struct Kept<K, V> {
    slow: Duration,
    times: u32,
    answers: Mutex<HashMap<K, Answer<V>>>,
}

impl<K, V> Default for Kept<K, V> {
    fn default() -> Self {
        Self { slow: SLOW, times: TIMES, answers: Mutex::default() }
    }
}

impl<K: Eq + Hash, V: Clone> Kept<K, V> {
    /// The answer that is kept, or a new one. Who asks while somebody counts waits for them.
    pub(crate) async fn get(&self, key: K, count: impl AsyncFnOnce() -> Result<V>) -> Result<V> {
        let answer = {
            let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(answers.entry(key).or_default())
        };
        let mut answer = answer.lock().await;
        if let Some((until, value)) = &*answer
            && Instant::now() < *until
        {
            return Ok(value.clone());
        }
        let begun = Instant::now();
        let value = count().await?;
        let took = begun.elapsed();
        *answer = (took >= self.slow).then(|| (begun + took + took * self.times, value.clone()));
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn asked_twice(kept: &Kept<u8, u8>) -> (u8, u8) {
        (kept.get(1, async || Ok(1)).await.unwrap(), kept.get(1, async || Ok(2)).await.unwrap())
    }

    #[tokio::test]
    async fn what_is_slow_is_kept_and_nothing_else() {
        let quick = Kept::default();
        assert_eq!(asked_twice(&quick).await, (1, 2));
        let slow = Kept { slow: Duration::ZERO, times: u32::MAX, ..Kept::default() };
        assert_eq!(asked_twice(&slow).await, (1, 1));
        assert_eq!(slow.get(2, async || Ok(3)).await.unwrap(), 3, "that is another question");
        let over = Kept { slow: Duration::ZERO, times: 0, ..Kept::default() };
        assert_eq!(asked_twice(&over).await, (1, 2));
    }
}
