//! Work that takes the processor for long and that nobody looks at while it goes on: encrypting what arrives. It runs on
//! threads of its own that stand back behind those that answer requests.

use model::{Error, Result};
use tokio::sync::oneshot;

/// How far back: under a full processor, such a thread gets about a tenth of what one gets that answers.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// Runs what blocks, on a thread of its own. How many there are is for the caller to limit. Like other blocking work it goes
/// on to its end when nobody waits for it any more.
///
/// # Errors
/// What `work` says; `Internal` if it panics; `Unavailable` where no thread can be started.
pub(crate) async fn run_low<T: Send + 'static>(
    what: &'static str,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let (done, outcome) = oneshot::channel();
    // A pool's threads could not step back: what has stepped back may not step forward again.
    let thread = std::thread::Builder::new().name(what.to_owned()).spawn(move || {
        step_back();
        let _ = done.send(work());
    });
    thread.map_err(|error| Error::io(format!("{what} could not begin"), error))?;
    outcome.await.map_err(|_| Error::internal(format!("{what} ended early")))?
}

/// Where it is refused, the thread is one like the others.
fn step_back() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{getpriority_process, setpriority_process};
        // On Linux the calling "process" is the calling thread, and no other.
        if getpriority_process(None).is_ok_and(|own| own < NICE) {
            let _ = setpriority_process(None, NICE);
        }
    }
}

#[cfg(test)]
mod tests {
    use model::ErrorKind;

    use super::*;

    #[tokio::test]
    async fn work_answers_and_a_panic_is_a_failure_and_no_silence() {
        assert_eq!(run_low("adding", || Ok(1 + 1)).await.unwrap(), 2);
        let refused = run_low("refusing", || Err::<(), _>(Error::invalid("no"))).await.unwrap_err();
        assert_eq!((refused.kind(), refused.message()), (ErrorKind::Invalid, "no"));
        let broken = run_low("breaking", || -> Result<()> { panic!("a defect") }).await.unwrap_err();
        assert_eq!(broken.kind(), ErrorKind::Internal);
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn it_stands_back_and_nobody_else_does() {
        let own = || rustix::process::getpriority_process(None).unwrap();
        let before = own();
        assert_eq!(run_low("looking", move || Ok(own())).await.unwrap(), before.max(NICE));
        assert_eq!(own(), before);
    }
}
