//! Looking after the copies: each is brought up to date when it is due, a part of it is read again so that everything was
//! read within its time, and what is found bad is put right from a good copy.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use catalog::{Care, Copy, Quiet};
use model::{Error, ErrorKind, Medium, Result, Timestamp};
use serde_json::json;

use super::turns::Turn;
use crate::{Cancel, Library, Progress};

const DAY: Duration = Duration::from_hours(24);
/// The first wait after a failure; it doubles with each.
const RETRY: Duration = Duration::from_mins(5);
/// The longest wait after failures.
const PATIENCE: Duration = Duration::from_hours(6);
/// An offline disk that stays plugged in is brought up to date so often.
const PLUGGED_IN: Duration = Duration::from_hours(1);
/// Parts that are read again are at least this far apart.
const SCRUB_EACH: Duration = Duration::from_hours(1);
/// What could not be put right is tried again so often.
const HEAL_AGAIN: Duration = Duration::from_hours(6);
/// Times that are later than now by less than this are the clock's own doing.
const AHEAD_OF_NOW: Duration = Duration::from_mins(5);
/// A clock that is behind for less than this is not believed: proofs of years are not given up for it.
const BELIEVED: Duration = DAY;
/// How much faster than needed everything is read again, so that a day off costs nothing.
const AHEAD: f64 = 1.25;

impl Library {
    /// Ends drills that people asked for: the server stops.
    pub fn care_ends(&self) {
        self.watch.stop.cancel();
    }

    /// Ends when a copy is to be looked after before its time.
    pub async fn care_rung(&self) {
        self.watch.bell.notified().await;
    }

    /// Looks after everything whose time has come, and says whether there was anything. All copies are looked after at once,
    /// each by one at a time: what somebody works on already is left to them. Interrupted, the rest is done the next time.
    ///
    /// # Errors
    /// Only where the catalog fails: what goes wrong with a copy is put on record with the copy.
    pub async fn look_after(self: &Arc<Self>, progress: &Arc<dyn Progress>, cancel: &Cancel) -> Result<bool> {
        let mut work = tokio::task::JoinSet::new();
        for copy in self.copies_in_use().await? {
            let Some(turn) = self.watch.turns.take(&copy.name) else { continue };
            let (library, progress, cancel) = (Arc::clone(self), Arc::clone(progress), cancel.clone());
            work.spawn(async move { library.look_after_copy(&copy, &turn, &progress, &cancel).await });
        }
        let (mut did, mut back, mut failed) = (false, false, None);
        while let Some(came) = work.join_next().await {
            match came.map_err(|error| Error::internal("looking after a copy ended early").with_source(error))
            {
                Ok(Ok(came)) => {
                    did |= came != Came::Nothing;
                    back |= came == Came::Back;
                }
                // The others are looked after all the same.
                Ok(Err(error)) | Err(error) => drop(failed.get_or_insert(error)),
            }
        }
        did |= self.heal_when_due(back, progress, cancel).await?;
        did |= self.drills_due(progress, cancel).await?;
        failed.map_or(Ok(did), Err)
    }

    async fn look_after_copy(
        self: &Arc<Self>,
        copy: &Copy,
        turn: &Turn,
        progress: &Arc<dyn Progress>,
        cancel: &Cancel,
    ) -> Result<Came> {
        let mut care = self.care(copy).await?;
        let mut tried_at = care.tried_at;
        let now = self.clock.now();
        let later_proofs = self.has_later_proofs(copy, now).await?;
        if care.quiet.is_some_and(|quiet| is_quiet(quiet, now)) || cancel.is_cancelled() {
            return Ok(Came::Nothing);
        }
        let due = run_is_due(&care, copy.medium, now);
        // After a failure nothing is tried before its time, or a part that waits to be read would try every minute.
        if care.failures > 0 && !due {
            return Ok(Came::Nothing);
        }
        let run = !copy.is_library && due;
        // What would be read now would be proved at a time that never was.
        let portion = if later_proofs { None } else { portion(&care, now) };
        if !run && portion.is_none() {
            return Ok(Came::Nothing);
        }
        let was_away = care.failures > 0 || copy.medium == Medium::Offline;
        let store = match self.reach(copy).await {
            Ok(store) => store,
            // A disk that comes and goes is away most of the time; that it is late is another matter.
            Err(_) if copy.medium == Medium::Offline => return Ok(Came::Nothing),
            Err(error) => {
                note_failure(&mut care, error.message(), now);
                return self.put_care(&care, tried_at).await.map(|()| Came::Something);
            }
        };
        if let Ok(Some(room)) = room_of(&store).await {
            (care.free_bytes, care.total_bytes) = (Some(room.free), Some(room.total));
        }
        let mut is_there = true;
        if run {
            turn.does(&copy.name, "run", now);
            care.tried_at = Some(now);
            // That it was tried is known even if the machine stops in the middle of it.
            self.put_care(&care, tried_at).await?;
            tried_at = care.tried_at;
            is_there = self.run_due(copy, &mut care, progress, cancel).await;
        }
        // A copy that takes nothing more can be read all the same, and what rots in it found.
        if let Some(share) = portion
            && is_there
            && !cancel.is_cancelled()
        {
            turn.does(&copy.name, "scrub", self.clock.now());
            self.scrub_due(copy, &store, share, &mut care, progress, cancel).await?;
        }
        self.put_care(&care, tried_at).await?;
        let is_back = run && was_away && care.failures == 0;
        Ok(if is_back { Came::Back } else { Came::Something })
    }

    /// Brings a copy up to date, and notes what came of it; gives whether its store is there.
    async fn run_due(
        self: &Arc<Self>,
        copy: &Copy,
        care: &mut Care,
        progress: &Arc<dyn Progress>,
        cancel: &Cancel,
    ) -> bool {
        let now = self.clock.now();
        match self.copy_run(&copy.name, progress, cancel).await {
            Ok(report) if report.interrupted => care.tried_at = None,
            Ok(report) => match report.refused.or_else(|| report.failed_files.into_iter().next()) {
                // What is bad in the library or in the copy is on record as damage, and no fault of the run.
                None => {
                    care.ran_at = Some(self.clock.now());
                    (care.failing_since, care.failures, care.last_error) = (None, 0, None);
                }
                // Told to who manages any space, so without names.
                Some(first) => {
                    let count = report.failed.len() as u64 + report.unnamed;
                    let why = format!("{count} of its objects could not be copied; the first: {first}");
                    note_failure(care, &why, now);
                }
            },
            Err(error) => {
                note_failure(care, error.message(), now);
                return error.kind() != ErrorKind::Unavailable;
            }
        }
        true
    }

    /// Reads a part of a copy again, and notes what came of it.
    async fn scrub_due(
        self: &Arc<Self>,
        copy: &Copy,
        store: &Arc<dyn vault::Store>,
        share: f64,
        care: &mut Care,
        progress: &Arc<dyn Progress>,
        cancel: &Cancel,
    ) -> Result<()> {
        let now = self.clock.now();
        let known = self.catalog.read().await?.replica_summary(copy.id).await?;
        let all = known.held_bytes + known.damaged_bytes + known.missing_bytes;
        let bytes = ((all as f64 * share) as u64).max(1);
        match self.copy_scrub(copy, store, bytes, progress, cancel).await {
            Ok(report) if report.interrupted => {}
            Ok(report) => {
                care.scrubbed_at = Some(now);
                let read = report.proved > 0 || !report.damaged.is_empty() || !report.missing.is_empty();
                // Some that cannot be read are on record by themselves; where nothing can, it is the copy that fails.
                if let Some(first) = report.unread.first().filter(|_| !read) {
                    let why = format!("nothing of it could be read: {}", first.problem);
                    note_failure(care, &why, now);
                } else if copy.is_library {
                    // Nothing runs into the library, so that it could be read is what ends its failures.
                    (care.failing_since, care.failures, care.last_error) = (None, 0, None);
                }
            }
            Err(error) => note_failure(care, error.message(), now),
        }
        Ok(())
    }

    /// Whether a copy has proofs of a later time than now. Either the clock was ahead then, or it is behind now, as after a
    /// start without a battery; that is put right soon. What is still so after a day was written down while it was
    /// ahead, and is forgotten.
    async fn has_later_proofs(&self, copy: &Copy, now: Timestamp) -> Result<bool> {
        let later = now.plus(AHEAD_OF_NOW);
        let behind = self.catalog.read().await?.replica_any_later(copy.id, later).await?;
        if !self.is_believed(copy, behind, now) {
            return Ok(behind);
        }
        let mut tx = self.catalog.begin().await?;
        let detail = json!({"forgotten": tx.replica_forget_later(copy.id, later).await?});
        tx.audit_append(now, "admin", "copy.proofs-forgotten", &copy.name, &detail).await?;
        tx.commit().await?;
        Ok(false)
    }

    /// Whether the clock has been behind what is known of a copy for so long that it is right now, and was wrong then.
    fn is_believed(&self, copy: &Copy, behind: bool, now: Timestamp) -> bool {
        let mut known = self.watch.behind.lock().unwrap_or_else(PoisonError::into_inner);
        if !behind {
            known.remove(&copy.id);
            return false;
        }
        let since = known.entry(copy.id).or_insert(now);
        *since = (*since).min(now);
        since.plus(BELIEVED) <= now
    }

    /// Writes what came of it; what somebody set meanwhile stays as they set it. Who asked for a run, by taking away that
    /// one was tried at `tried_at`, gets it.
    async fn put_care(&self, came: &Care, tried_at: Option<Timestamp>) -> Result<()> {
        let mut tx = self.catalog.begin().await?;
        let set = tx.care_get(came.copy_id).await?.unwrap_or_else(|| came.clone());
        let asked = tried_at.is_some() && set.tried_at.is_none();
        let care = Care {
            tried_at: came.tried_at.filter(|_| !asked),
            every: set.every,
            scrub_days: set.scrub_days,
            rate: set.rate,
            quiet: set.quiet,
            thin_out: set.thin_out,
            bad_files: set.bad_files,
            named_at: set.named_at,
            ..came.clone()
        };
        tx.care_put(&care).await?;
        tx.commit().await
    }

    /// Puts right what is bad, where that was not tried yet, where a copy came `back` that may help, and every few hours: what
    /// is bad everywhere stays bad until somebody acts.
    async fn heal_when_due(
        self: &Arc<Self>,
        back: bool,
        progress: &Arc<dyn Progress>,
        cancel: &Cancel,
    ) -> Result<bool> {
        let Some(turn) = self.watch.turns.take("heal").filter(|_| !cancel.is_cancelled()) else {
            return Ok(false);
        };
        let now = self.clock.now();
        let mut tx = self.catalog.read().await?;
        let (bad, untried) = (tx.damage_open().await?, tx.damage_untried().await?);
        drop(tx);
        let (mut bad_files, mut quiet) = (false, Vec::new());
        for copy in self.copies_in_use().await? {
            let care = self.care(&copy).await?;
            bad_files |= !care.bad_files.is_empty();
            if care.quiet.is_some_and(|hours| is_quiet(hours, now)) {
                quiet.push(copy.id);
            }
        }
        if bad == 0 && !bad_files {
            return Ok(false);
        }
        let last = *self.watch.healed.lock().unwrap_or_else(PoisonError::into_inner);
        let again =
            last.is_none_or(|(at, left)| back || untried > left || at > now || at.plus(HEAL_AGAIN) <= now);
        if !again {
            return Ok(false);
        }
        turn.does("all", "heal", now);
        let report = self.heal_in("all", &|copy| !quiet.contains(&copy.id), false, progress, cancel).await?;
        let left = self.catalog.read().await?.damage_untried().await?;
        *self.watch.healed.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, left));
        self.tell_of_healing(&report).await?;
        Ok(true)
    }
}

/// What came of looking after a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Came {
    /// Its time had not come.
    Nothing,
    /// Something was done, or tried.
    Something,
    /// It was away or failing, and is whole again: it may help others now.
    Back,
}

fn note_failure(care: &mut Care, why: &str, now: Timestamp) {
    care.tried_at = Some(now);
    care.failures = care.failures.saturating_add(1);
    care.failing_since = care.failing_since.or(Some(now));
    care.last_error = Some(why.chars().filter(|c| *c != '\0').take(2000).collect());
}

async fn room_of(store: &Arc<dyn vault::Store>) -> Result<Option<vault::Room>> {
    let store = Arc::clone(store);
    let asked = tokio::task::spawn_blocking(move || store.room()).await;
    asked.map_err(|error| Error::internal("asking for room ended early").with_source(error))?
}

/// Whether a run is due. A clock that was set back must not put it off for years.
fn run_is_due(care: &Care, medium: Medium, now: Timestamp) -> bool {
    let Some(tried) = care.tried_at.filter(|tried| *tried <= now) else { return true };
    let wait = match care.failures {
        0 if medium == Medium::Offline => PLUGGED_IN.min(care.every),
        0 => care.every,
        failures => (RETRY * 2u32.pow(failures.saturating_sub(1).min(10))).min(PATIENCE).min(care.every),
    };
    tried.plus(wait) <= now
}

/// Which share of everything is to be read again now, so that all of it was within its time.
fn portion(care: &Care, now: Timestamp) -> Option<f64> {
    let period = DAY.as_secs_f64() * f64::from(care.scrub_days);
    let since = match care.scrubbed_at.filter(|at| *at <= now) {
        // The first part: as if the last had been an hour ago.
        None => SCRUB_EACH,
        Some(at) => Duration::from_millis((now.0 - at.0) as u64),
    };
    (since >= SCRUB_EACH).then(|| (since.as_secs_f64() / period * AHEAD).min(1.0))
}

/// Whether it is quiet at this time.
pub(super) fn is_quiet(quiet: Quiet, now: Timestamp) -> bool {
    let (_, _, _, hour, minute, ..) = now.civil();
    let minute = hour * 60 + minute;
    if quiet.from < quiet.until {
        (quiet.from..quiet.until).contains(&minute)
    } else {
        minute >= quiet.from || minute < quiet.until
    }
}

#[cfg(test)]
mod tests {
    use model::CopyId;

    use super::*;

    fn usual(medium: Medium) -> Care {
        Care::usual(CopyId::generate(), medium)
    }

    const NOON: Timestamp = Timestamp(1_795_435_200_000);

    #[test]
    fn a_copy_is_due_when_its_time_has_come_and_later_after_each_failure() {
        let fresh = usual(Medium::Disk);
        assert!(run_is_due(&fresh, Medium::Disk, NOON));
        let mut care = Care { tried_at: Some(NOON), ..fresh };
        let at = |minutes: u64| NOON.plus(Duration::from_mins(minutes));
        assert!(!run_is_due(&care, Medium::Disk, at(59)));
        assert!(run_is_due(&care, Medium::Disk, at(60)));
        for (failures, minutes) in [(1, 5), (2, 10), (3, 20), (40, 60)] {
            care.failures = failures;
            assert!(!run_is_due(&care, Medium::Disk, at(minutes - 1)), "{failures}");
            assert!(run_is_due(&care, Medium::Disk, at(minutes)), "{failures}");
        }
        care = Care { failures: 40, every: 30 * DAY, ..care };
        assert!(run_is_due(&care, Medium::Disk, NOON.plus(PATIENCE)));
        // The clock was set back by a year.
        assert!(run_is_due(&care, Medium::Disk, NOON.minus(365 * DAY)));
    }

    #[test]
    fn everything_is_read_again_within_its_time() {
        let mut care = Care { scrub_days: 90, ..usual(Medium::Disk) };
        let mut now = NOON;
        let mut read = 0.0;
        for hour in 0..90 * 24 {
            if let Some(share) = portion(&care, now) {
                read += share;
                care.scrubbed_at = Some(now);
            }
            // Switched off every night.
            now = now.plus(Duration::from_hours(if hour % 16 == 15 { 9 } else { 1 }));
            if now >= NOON.plus(90 * DAY) {
                break;
            }
        }
        assert!(read > 1.0, "{read}");
        care.scrubbed_at = Some(now);
        assert_eq!(portion(&care, now.plus(Duration::from_mins(59))), None);
        assert_eq!(portion(&care, now.plus(400 * DAY)), Some(1.0), "never more than everything");
    }

    #[test]
    fn quiet_hours_may_go_over_midnight() {
        let night = Quiet { from: 22 * 60, until: 6 * 60 };
        let at = |hour: u64| NOON.plus(Duration::from_hours(hour));
        assert_eq!(
            [0, 9, 10, 17, 18].map(|hours| is_quiet(night, at(hours))),
            [false, false, true, true, false]
        );
        let lunch = Quiet { from: 11 * 60, until: 13 * 60 };
        assert_eq!([0, 1, 23].map(|hours| is_quiet(lunch, at(hours))), [true, false, true]);
    }
}
