//! Answers to strangers that take the same time whatever there was to do, so that it does not tell whether an account
//! exists.

use std::time::Duration;

/// Longer than what there is to do in the dark takes, and short for a person.
pub(crate) const EVEN: Duration = Duration::from_millis(250);

/// Does the work, and waits until the time is over.
pub(crate) async fn evenly<T>(work: impl Future<Output = T>) -> T {
    let (done, ()) = tokio::join!(work, tokio::time::sleep(EVEN));
    done
}
