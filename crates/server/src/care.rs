//! Looking after the copies while the server runs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use library::safety::Seen;
use library::{Cancel, Library, Progress, Silent};
use model::Timestamp;

use crate::app::App;
use crate::certificate::Kept;

/// How often it is looked at whose time has come.
const EACH: Duration = Duration::from_mins(1);
/// What is wrong is found out this often though nothing was done.
const WATCH: Duration = Duration::from_mins(15);
/// The clock may be set by so much without a word, as the network does it.
const SET: i64 = 60_000;

/// Looks after the copies, and finds out what is wrong and tells it.
pub(crate) async fn look_after(app: App, certificate: Option<Kept>, stop: Cancel) {
    let progress: Arc<dyn Progress> = Arc::new(Silent);
    let mut clock = Watch::default();
    let mut watched: Option<Instant> = None;
    while !stop.is_cancelled() {
        let Some(library) = app.library() else {
            tokio::select! {
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
                () = app.stopping().cancelled() => {}
            }
            continue;
        };
        let did = library.look_after(&progress, &stop).await.unwrap_or_else(|error| {
            tracing::error!(%error, "looking after the copies");
            true
        });
        let jumped = clock.jumped(library.clock.now());
        let due = watched.is_none_or(|at| at.elapsed() >= WATCH);
        if (did || due || jumped.is_some()) && !stop.is_cancelled() {
            let seen = Seen { certificate: certificate.as_ref().and_then(Kept::look), clock_jumped: jumped };
            if let Err(error) = library.watch_alerts(&seen).await {
                tracing::error!(%error, "alerts");
            }
            watched = Some(Instant::now());
        }
        if rest(&app, &library).await {
            watched = None;
        }
    }
    // A drill that somebody asked for ends too.
    if let Some(library) = app.library() {
        library.care_ends();
    }
}

/// Waits for the next time; says whether somebody asked to be first.
async fn rest(app: &App, library: &Library) -> bool {
    tokio::select! {
        () = tokio::time::sleep(EACH) => false,
        () = library.care_rung() => true,
        () = app.stopping().cancelled() => false,
    }
}

/// Compares the clock on the wall with the time that passed.
#[derive(Default)]
struct Watch(Option<(Instant, Timestamp)>);

impl Watch {
    /// By how many milliseconds the clock was set since it was last looked at, if that is more than a little.
    fn jumped(&mut self, now: Timestamp) -> Option<i64> {
        let (then, clock) = self.0.replace((Instant::now(), now))?;
        let passed = i64::try_from(then.elapsed().as_millis()).unwrap_or(i64::MAX);
        let jump = now.0.saturating_sub(clock.0).saturating_sub(passed);
        (jump.abs() > SET).then_some(jump)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_set_is_noticed_once() {
        let mut watch = Watch::default();
        let noon = Timestamp(1_795_435_200_000);
        assert_eq!(watch.jumped(noon), None);
        assert_eq!(watch.jumped(noon), None);
        let hour = Duration::from_hours(1);
        let forward = watch.jumped(noon.plus(hour)).unwrap();
        assert!((3_590_000..=3_600_000).contains(&forward), "{forward}");
        assert_eq!(watch.jumped(noon.plus(hour)), None);
        assert!(watch.jumped(noon).unwrap() < -3_590_000);
    }
}
