//! Whether everything can leave: what was last restored, and what was rehearsed.

use std::time::Duration;

use catalog::Drill;
use model::{Result, Timestamp};

use super::Evidence;
use crate::Library;
use crate::access::Actor;
use crate::notices::time;
use crate::restore::{RESTORED, Restored};
use crate::safety::drill::DrillReport;

/// An export is tried every year, and a month of grace.
const FRESH: Duration = Duration::from_hours(400 * 24);
/// So many of the last restores are looked at.
const LOOKED_AT: usize = 200;

impl Library {
    /// The last restore of everything and of each space, and the last rehearsal of everything.
    pub(super) async fn export_evidence(&self, actor: &Actor) -> Result<Evidence> {
        let now = self.clock.now();
        let spaces = self.managed(actor).await?;
        let mut seen = Evidence::default();
        let mut told = Vec::new();
        let mut tx = self.catalog.read().await?;
        for entry in tx.audit_newest(RESTORED, LOOKED_AT).await?.into_iter().filter(|entry| entry.at <= now) {
            let Ok(restored) = serde_json::from_str::<Restored>(&entry.detail) else { continue };
            // What others have is nobody's business here.
            let mine = entry.space_id.is_none_or(|id| spaces.iter().any(|(space, _)| *space == id));
            let what = match restored.scope.as_str() {
                "everything" => "everything".to_owned(),
                "space" => format!("the space '{}'", entry.subject),
                _ => continue,
            };
            if mine && !told.contains(&what) {
                seen.add(restored.line(&what, entry.at), restored.is_complete() && is_fresh(entry.at, now));
                told.push(what);
            }
        }
        let drill = tx.drill_last_of_everything(now).await?;
        drop(tx);
        if let Some(drill) = drill {
            seen.add(line_of(&drill), drill.passed && is_fresh(drill.started_at, now));
        }
        if seen.lines.is_empty() {
            seen.add(
                "neither a restore nor a rehearsal of everything is on record; restores over HTTP leave no record of \
                 their own"
                    .to_owned(),
                false,
            );
        }
        Ok(seen)
    }
}

fn is_fresh(at: Timestamp, now: Timestamp) -> bool {
    at >= now.minus(FRESH)
}

fn line_of(drill: &Drill) -> String {
    let report: Option<DrillReport> = serde_json::from_str(&drill.report).ok();
    let counts = report.map_or_else(String::new, |report| {
        format!(" out of '{}': {} photos, {} files", report.copy, report.photos, report.files)
    });
    let result = if drill.passed { "passed" } else { "FAILED" };
    format!("on {}, everything was rehearsed{counts}; it {result}", time(drill.started_at))
}
