//! Thinning out snapshots: a library that changes writes one with every run, and after a while nobody needs each of them.
//!
//! Of the last two days all stay, then the last of each day for two months, then the last of each month for ever. Whole days
//! and whole months are thinned out, so there is something to do once a day and not every hour.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use model::{Error, Result, Timestamp};
use serde_json::json;
use vault::Store;

use super::{SnapshotFile, list_snapshots};
use crate::Library;

/// Of each day before that, one stays;
const EACH: Duration = Duration::from_hours(2 * 24);
/// and of each month before that.
const DAILY: Duration = Duration::from_hours(60 * 24);

impl Library {
    /// Thins out the snapshots in a store, whose newest has just been written or read back; gives how many went.
    ///
    /// # Errors
    /// When the store does not let them go; the rest stays.
    pub(crate) async fn thin_out(&self, copy: &str, store: &Arc<dyn Store>) -> Result<u64> {
        let (store, now) = (Arc::clone(store), self.clock.now());
        let (removed, outcome) = tokio::task::spawn_blocking(move || {
            let mut removed = 0;
            let outcome = list_snapshots(&*store).and_then(|all| {
                // The oldest first: were it stopped, the newest would be there.
                superfluous(&all, now).iter().rev().try_for_each(|file| {
                    store.remove(&file.path)?;
                    removed += 1;
                    Ok(())
                })
            });
            (removed, outcome)
        })
        .await
        .map_err(|error| Error::internal("thinning out ended early").with_source(error))?;
        if removed > 0 {
            let mut tx = self.catalog.begin().await?;
            tx.audit_append(now, "admin", "copy.thin-out", copy, &json!({"snapshots": removed})).await?;
            tx.commit().await?;
        }
        outcome.map(|()| removed)
    }
}

/// Which of the snapshots, newest first, are not needed any more. A name begins with its time, `20261123T020000.123Z`.
fn superfluous(snapshots: &[SnapshotFile], now: Timestamp) -> Vec<&SnapshotFile> {
    let (each, daily) = (now.minus(EACH).compact(), now.minus(DAILY).compact());
    let (day, month) = (8, 6);
    let mut stay = HashSet::new();
    let mut gone = Vec::new();
    for file in snapshots {
        let name = file.path.name();
        let period = match name.get(..day) {
            Some(of_day) if of_day[..month] < daily[..month] => &of_day[..month],
            Some(of_day) if *of_day < each[..day] => of_day,
            _ => name,
        };
        if !stay.insert(period) {
            gone.push(file);
        }
    }
    gone
}

#[cfg(test)]
mod tests {
    use model::Sha256;
    use proptest::prelude::*;
    use vault::StorePath;

    use super::*;

    const HOUR: i64 = 3_600_000;
    /// 2026-11-24, noon.
    const NOW: Timestamp = Timestamp(1_795_521_600_000);

    fn written(at: Timestamp) -> SnapshotFile {
        let name = format!("{}-{}.age", at.compact(), Sha256([7; 32]));
        SnapshotFile { path: StorePath::snapshot(&name).unwrap(), size: 1 }
    }

    fn hours_ago(hours: &[i64]) -> Vec<SnapshotFile> {
        let mut files: Vec<_> = hours.iter().map(|hours| written(Timestamp(NOW.0 - hours * HOUR))).collect();
        files.sort_by(|a, b| b.path.cmp(&a.path));
        files.dedup();
        files
    }

    fn left(files: &[SnapshotFile], now: Timestamp) -> Vec<SnapshotFile> {
        let gone = superfluous(files, now);
        files.iter().filter(|file| !gone.contains(file)).cloned().collect()
    }

    #[test]
    fn a_year_of_hours_becomes_days_and_months() {
        let all = hours_ago(&(0..365 * 24).collect::<Vec<_>>());
        let left = left(&all, NOW);
        let names: Vec<&str> = left.iter().map(|file| &file.path.name()[..11]).collect();
        assert_eq!(names[0], "20261124T12");
        // Today, yesterday and the day before yesterday: every hour.
        assert_eq!(names.iter().filter(|name| **name >= "20261122T00").count(), 13 + 24 + 24);
        // 60 days ago was the 25th of September: from its month on one of each day,
        let days: Vec<_> = names.iter().filter(|name| **name < "20261122" && **name >= "202609").collect();
        assert_eq!(days.len(), 21 + 31 + 30);
        assert!(days.iter().all(|name| name.ends_with("T23")), "the last of each: {days:?}");
        // and before it one of each month.
        let months: Vec<_> = names.iter().filter(|name| **name < "202609").collect();
        assert_eq!(
            months,
            [
                &"20260831T23",
                &"20260731T23",
                &"20260630T23",
                &"20260531T23",
                &"20260430T23",
                &"20260331T23",
                &"20260228T23",
                &"20260131T23",
                &"20251231T23",
                &"20251130T23",
            ]
        );
    }

    proptest! {
        #[test]
        fn the_newest_stays_and_what_stayed_stays_until_time_goes_on(
            hours in prop::collection::vec(-48i64..20_000, 1..200), later in 0i64..20_000,
        ) {
            let all = hours_ago(&hours);
            let once = left(&all, NOW);
            prop_assert_eq!(&once[0], &all[0]);
            prop_assert_eq!(&left(&once, NOW), &once);
            // Whether it was thinned out on the way makes no difference.
            let then = Timestamp(NOW.0 + later * HOUR);
            prop_assert_eq!(left(&once, then), left(&all, then));
        }
    }
}
