//! Looking after the copies while the server runs.
//!
//! What takes long keeps nothing else from its time: each round leaves alone what an earlier one still works on, and what
//! is wrong is found out beside all of them.

use std::sync::Arc;
use std::time::Duration;

use library::safety::Seen;
use library::{Cancel, Library, Progress, Silent};
use model::Timestamp;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::app::App;
use crate::certificate::Kept;

/// How often it is looked at whose time has come.
const EACH: Duration = Duration::from_mins(1);
/// What is wrong is found out this often though nothing was done.
const WATCH: Duration = Duration::from_mins(15);
/// The clock may be set by so much without a word, as the network does it.
const SET: i64 = 60_000;
/// A clock that was set is told for so long, unless it is set back. Which of the two times was right nobody here knows.
const TOLD: Duration = Duration::from_hours(24);

/// Looks after the copies, and finds out what is wrong and tells it.
pub(crate) async fn look_after(app: App, certificate: Option<Kept>, stop: Cancel) {
    let news = Notify::new();
    tokio::join!(care(&app, &stop, &news), watch(&app, certificate.as_ref(), &stop, &news));
    // A drill that somebody asked for ends too.
    if let Some(library) = app.library() {
        library.care_ends();
    }
}

/// Looks after whatever is due, round after round; what was begun is waited for at the end only.
async fn care(app: &App, stop: &Cancel, news: &Notify) {
    let mut rounds = JoinSet::new();
    while !stop.is_cancelled() {
        let Some(library) = ready(app).await else { continue };
        rounds.spawn(round(Arc::clone(&library), stop.clone()));
        let tick = tokio::time::sleep(EACH);
        tokio::pin!(tick);
        loop {
            tokio::select! {
                () = &mut tick => break,
                () = app.stopping().cancelled() => break,
                () = library.care_rung() => {
                    news.notify_one();
                    break;
                }
                Some(did) = rounds.join_next() => if did.unwrap_or(true) {
                    news.notify_one();
                },
            }
        }
    }
    while rounds.join_next().await.is_some() {}
}

/// Does what is due now; says whether there was anything.
async fn round(library: Arc<Library>, stop: Cancel) -> bool {
    let progress: Arc<dyn Progress> = Arc::new(Silent);
    library.look_after(&progress, &stop).await.unwrap_or_else(|error| {
        tracing::error!(%error, "looking after the copies");
        true
    })
}

/// Finds out what is wrong: when something was done, when the clock was set, and every few minutes.
async fn watch(app: &App, certificate: Option<&Kept>, stop: &Cancel, news: &Notify) {
    let mut clock = Watch::default();
    let mut passed = WATCH;
    let mut has_news = true;
    while !stop.is_cancelled() {
        let Some(library) = ready(app).await else { continue };
        let (offset, jumped) = clock.look(library.clock.now());
        if has_news || jumped || passed >= WATCH {
            let seen = Seen { certificate: certificate.and_then(Kept::look), clock_jumped: offset };
            if let Err(error) = library.watch_alerts(&seen).await {
                tracing::error!(%error, "alerts");
            }
            passed = Duration::ZERO;
        }
        has_news = tokio::select! {
            () = tokio::time::sleep(EACH) => false,
            () = news.notified() => true,
            () = app.stopping().cancelled() => false,
        };
        passed += EACH;
    }
}

/// The library, once there is one; waits a moment where there is none yet.
async fn ready(app: &App) -> Option<Arc<Library>> {
    let library = app.library();
    if library.is_none() {
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
            () = app.stopping().cancelled() => {}
        }
    }
    library
}

/// Time since the machine started, the time that it slept included: a laptop that wakes up has the right time.
fn since_boot() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).unwrap_or(0))
}

/// Compares the clock on the wall with the time that passed.
#[derive(Default)]
struct Watch {
    /// When it was last looked at, since the machine started and on the wall.
    last: Option<(Duration, Timestamp)>,
    /// By how many milliseconds the clock was set, in all, and when last.
    set: Option<(i64, Duration)>,
}

impl Watch {
    /// By how many milliseconds the clock is off what it was, as long as that is to be told, and whether it was set just now.
    fn look(&mut self, now: Timestamp) -> (Option<i64>, bool) {
        self.look_at(since_boot(), now)
    }

    fn look_at(&mut self, boot: Duration, now: Timestamp) -> (Option<i64>, bool) {
        let Some((then, clock)) = self.last.replace((boot, now)) else { return (None, false) };
        let passed = i64::try_from(boot.saturating_sub(then).as_millis()).unwrap_or(i64::MAX);
        let jump = now.0.saturating_sub(clock.0).saturating_sub(passed);
        let jumped = jump.abs() > SET;
        if jumped {
            let before = self.set.map_or(0, |(offset, _)| offset);
            self.set = Some((before.saturating_add(jump), boot));
        }
        // What was set back, or was told for long enough, is over.
        self.set = self.set.filter(|(offset, at)| offset.abs() > SET && boot.saturating_sub(*at) < TOLD);
        (self.set.map(|(offset, _)| offset), jumped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp(1_795_435_200_000);
    const HOUR: Duration = Duration::from_hours(1);

    #[test]
    fn a_clock_that_was_set_is_told_until_it_is_set_back() {
        let mut watch = Watch::default();
        let boot = |minutes: u64| Duration::from_mins(minutes);
        let wall = |minutes: u64| NOON.plus(Duration::from_mins(minutes));
        assert_eq!(watch.look_at(boot(0), wall(0)), (None, false));
        assert_eq!(watch.look_at(boot(1), wall(1)), (None, false));
        let hour = i64::try_from(HOUR.as_millis()).unwrap();
        assert_eq!(watch.look_at(boot(2), wall(2).plus(HOUR)), (Some(hour), true));
        assert_eq!(watch.look_at(boot(3), wall(3).plus(HOUR)), (Some(hour), false));
        assert_eq!(watch.look_at(boot(4), wall(4)), (None, true), "it was set back");
        assert_eq!(watch.look_at(boot(5), wall(5).minus(HOUR)), (Some(-hour), true));
        assert_eq!(watch.look_at(boot(24 * 60 + 4), wall(24 * 60 + 4).minus(HOUR)), (Some(-hour), false));
        assert_eq!(watch.look_at(boot(24 * 60 + 5), wall(24 * 60 + 5).minus(HOUR)), (None, false));
    }

    #[test]
    fn a_machine_that_slept_has_the_right_time() {
        let mut watch = Watch::default();
        watch.look_at(Duration::ZERO, NOON);
        assert_eq!(watch.look_at(8 * HOUR, NOON.plus(8 * HOUR)), (None, false));
        assert!(since_boot() > Duration::ZERO);
    }
}
