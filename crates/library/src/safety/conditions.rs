//! What is wrong now. Every condition is found out anew each time, so an alert that is over ends by itself.

use std::sync::PoisonError;
use std::time::Duration;

use catalog::{Alert, Care, Copy};
use model::{AlertId, AlertKind, Medium, Result, Timestamp};
use serde_json::{Value as Json, json};

use super::coverage::{Held, Why};
use crate::Library;

const DAY: Duration = Duration::from_hours(24);
/// A copy that fails so often in a row is told.
const FAILURES: u32 = 3;
/// A copy with photos that wait for longer than twice its time, and a day, is late.
const GRACE: Duration = DAY;
/// Room is looked at over what came in during the last month.
const MONTH: Duration = Duration::from_hours(30 * 24);
/// On so many days of a month damage is found in a copy before what it is on is said to fail.
const BAD_DAYS: u64 = 3;
/// What cannot be read, nor when it is tried again after so long, is told.
const AGAIN: Duration = Duration::from_mins(30);
/// A place that will be full within so many days is told,
const FULL_WITHIN: f64 = 30.0;
/// and one with less than this left.
const LITTLE: u64 = 1 << 30;
/// The certificate has to be good for so long, or for a quarter of its life where that is less.
const CERTIFICATE: Duration = Duration::from_hours(14 * 24);
/// What is needed to reach a copy, or to call, has to be good for so long.
const CREDENTIAL: Duration = Duration::from_hours(14 * 24);
/// The clock may be off by so much.
const CLOCK: Duration = Duration::from_mins(5);
/// Photos that an alert names.
const NAMED: usize = 10;
/// How often the catalog is examined.
const EXAMINE: Duration = DAY;

/// What the server sees that the library cannot know.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    /// The server's certificate, where it has one.
    pub certificate: Option<Certificate>,
    /// By how much the clock jumped against the time that passed, in milliseconds, if it did.
    pub clock_jumped: Option<i64>,
}

/// What the server shows browsers to prove which it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Since when it is good.
    pub from: Timestamp,
    /// Until when it is good.
    pub ends: Timestamp,
    /// Whether the server asks an authority for the next one by itself.
    pub renewed: bool,
}

impl Certificate {
    /// Whether the next one should have been there at `now`. Authorities give the next when two thirds of a life are over.
    fn is_late(&self, now: Timestamp) -> bool {
        let quarter = u64::try_from(self.ends.0.saturating_sub(self.from.0) / 4).unwrap_or(0);
        self.ends < now.plus(CERTIFICATE.min(Duration::from_millis(quarter))) || self.ends <= now
    }
}

/// What was found to be wrong.
pub(super) struct Looked {
    /// Everything that was found.
    pub(super) found: Vec<Condition>,
    /// Whether everything could be looked at; a damaged catalog does not tell all that it knows.
    pub(super) whole: bool,
}

/// Something that is wrong, and with what.
pub(super) struct Condition {
    pub(super) kind: AlertKind,
    pub(super) subject: String,
    pub(super) facts: Json,
}

impl Condition {
    fn new(kind: AlertKind, subject: impl ToString, facts: Json) -> Self {
        Self { kind, subject: subject.to_string(), facts }
    }

    pub(super) fn raised(self, now: Timestamp) -> Alert {
        Alert {
            id: AlertId::generate(),
            kind: self.kind,
            subject: self.subject,
            facts: self.facts,
            raised_at: now,
            told_at: now,
            escalated: 0,
            resolved_at: None,
        }
    }
}

impl Library {
    /// Everything that is wrong now.
    pub(super) async fn conditions(&self, seen: &Seen) -> Result<Looked> {
        let mut found = Vec::new();
        let whole = match self.conditions_told_by_catalog(seen, &mut found).await {
            Ok(()) => true,
            Err(error) => {
                // Perhaps because it is damaged: it is examined now, however lately that was done.
                *self.watch.catalog.lock().unwrap_or_else(PoisonError::into_inner) = None;
                if self.examined(self.clock.now()).await?.is_empty() {
                    return Err(error);
                }
                false
            }
        };
        let problems = self.examined(self.clock.now()).await?;
        if !problems.is_empty() {
            found.push(Condition::new(AlertKind::CatalogDamaged, "", json!({"problems": problems})));
        }
        Ok(Looked { found, whole })
    }

    async fn conditions_told_by_catalog(&self, seen: &Seen, found: &mut Vec<Condition>) -> Result<()> {
        self.begin_reviews().await?;
        let copies = self.copies_in_use().await?;
        let objects = self.catalog.read().await?.object_count().await?;
        if objects > 0 && copies.len() == 1 {
            found.push(Condition::new(AlertKind::NoCopy, "", json!({"objects": objects})));
        }
        for copy in &copies {
            self.conditions_of_copy(copy, found).await?;
        }
        for space in self.catalog.read().await?.space_list().await? {
            let coverage = self.coverage_of(space.id).await?;
            let (_, lost) = by_reason(&coverage.held, |why| why == Why::Lost);
            if lost > 0 {
                let names = self.lost_names(&space.name).await?;
                let facts = json!({"space": space.name, "count": lost, "photos": names});
                found.push(Condition::new(AlertKind::Lost, space.id, facts));
            }
            let (why, few) = by_reason(&coverage.held, |why| why != Why::Lost);
            // Without any copy there is one alert that says so, and not one for each space as well.
            if let Some(why) = why.filter(|_| copies.len() > 1) {
                let facts = json!({"space": space.name, "count": few, "why": why.as_str()});
                found.push(Condition::new(AlertKind::RuleBroken, space.id, facts));
            }
            let stale: u64 = coverage.unproved.iter().map(|(_, count)| count).sum();
            if stale > 0 {
                let names: Vec<&str> = coverage.unproved.iter().map(|(copy, _)| copy.as_str()).collect();
                let facts = json!({
                    "space": space.name, "count": stale, "copies": names, "days": coverage.rule.proof_days,
                });
                found.push(Condition::new(AlertKind::Unproved, space.id, facts));
            }
        }
        self.conditions_of_people(&copies, found).await?;
        self.conditions_of_credentials(&copies, found).await?;
        self.conditions_of_machine(seen, found).await
    }

    async fn conditions_of_copy(&self, copy: &Copy, found: &mut Vec<Condition>) -> Result<()> {
        let now = self.clock.now();
        let care = self.care(copy).await?;
        let known = self.copy_status(copy).await?;
        let mut tx = self.catalog.read().await?;
        let mut add = |kind, facts| found.push(Condition::new(kind, copy.id, facts));
        let (stuck, why) = tx.damage_stuck(copy.id).await?;
        let files = care.bad_files.len();
        if known.damaged + known.missing > stuck || files > 0 {
            // Of a copy, not of a space: names are for who may look into the space, and are told with the damage.
            let facts = json!({
                "copy": copy.name, "damaged": known.damaged, "missing": known.missing, "files": files,
            });
            add(AlertKind::Damaged, facts);
        }
        if stuck > 0 {
            add(AlertKind::Unhealable, json!({"copy": copy.name, "count": stuck, "why": why}));
        }
        let days = tx.damage_days(copy.id, now.minus(MONTH)).await?;
        if days >= BAD_DAYS {
            add(AlertKind::DiskFailing, json!({"copy": copy.name, "days": days}));
        }
        if let Some(facts) = filling(copy, &care, tx.object_bytes_since(now.minus(MONTH)).await?) {
            add(AlertKind::DiskFilling, facts);
        }
        // What could not be read twice in a row: once may have been a bad moment.
        if let Some(unread) = tx.unread_of(copy.id, AGAIN).await? {
            let facts =
                json!({"copy": copy.name, "count": unread.count, "since": unread.since, "why": unread.note});
            add(AlertKind::Unreadable, facts);
        }
        if copy.is_library {
            return Ok(());
        }
        if care.failures >= FAILURES {
            let facts = json!({
                "copy": copy.name, "failures": care.failures, "since": care.failing_since, "why": care.last_error,
            });
            add(AlertKind::CopyFailing, facts);
        }
        if let Some(since) = tx.replica_missing_since(copy.id).await?
            && is_late(&care, copy, since, now)
        {
            let (waiting, _) = tx.replica_missing_count(copy.id).await?;
            let offline = copy.medium == Medium::Offline;
            let facts = json!({"copy": copy.name, "waiting": waiting, "since": since, "ran_at": care.ran_at, "offline": offline});
            add(AlertKind::CopyLate, facts);
        }
        Ok(())
    }

    async fn conditions_of_people(&self, copies: &[Copy], found: &mut Vec<Condition>) -> Result<()> {
        let now = self.clock.now();
        let mut tx = self.catalog.read().await?;
        for copy in copies {
            if let Some(drill) = tx.drill_last_before(copy.id, now).await?.filter(|drill| !drill.passed) {
                let facts = json!({"copy": copy.name, "drill": drill.id, "at": drill.started_at});
                found.push(Condition::new(AlertKind::DrillFailed, copy.id, facts));
            }
        }
        for review in tx.review_list().await?.into_iter().filter(|review| review.due_at < now) {
            let owner = match review.owner_id {
                Some(id) => tx.person_get(id).await?.map(|person| person.name),
                None => None,
            };
            let facts = json!({"review": review.title, "due": review.due_at, "owner": owner});
            found.push(Condition::new(AlertKind::ReviewOverdue, review.id, facts));
        }
        Ok(())
    }

    /// What ends soon of what copies are reached with and programs call with.
    async fn conditions_of_credentials(&self, copies: &[Copy], found: &mut Vec<Condition>) -> Result<()> {
        let now = self.clock.now();
        let soon = now.plus(CREDENTIAL);
        for copy in copies {
            let ends = copy.url.as_deref().and_then(vault::store::credential_ends);
            if let Some(ends) = ends.filter(|ends| *ends <= soon) {
                let facts = json!({"copy": copy.name, "ends": ends, "over": ends <= now});
                found.push(Condition::new(AlertKind::CredentialExpiring, copy.id, facts));
            }
        }
        let mut tx = self.catalog.read().await?;
        // A token that nobody uses may end without a word.
        for token in tx.token_ending(now, soon, now.minus(MONTH)).await? {
            let facts = json!({"token": token.name, "person": token.person_id, "ends": token.expires_at});
            found.push(Condition::new(AlertKind::CredentialExpiring, token.id, facts));
        }
        Ok(())
    }

    async fn conditions_of_machine(&self, seen: &Seen, found: &mut Vec<Condition>) -> Result<()> {
        let now = self.clock.now();
        if let Some(Certificate { ends, renewed, .. }) = seen.certificate.filter(|known| known.is_late(now)) {
            let facts = json!({"ends": ends, "over": ends <= now, "renewed": renewed});
            found.push(Condition::new(AlertKind::CertificateExpiring, "", facts));
        }
        let behind = self.clock_behind(now).await?;
        let jumped = seen.clock_jumped.filter(|ms| ms.unsigned_abs() > CLOCK.as_millis() as u64);
        if let Some(ms) = behind.or(jumped) {
            let facts = json!({"by_ms": ms, "behind": behind.is_some()});
            found.push(Condition::new(AlertKind::ClockWrong, "", facts));
        }
        Ok(())
    }

    /// By how many milliseconds the clock is behind what was last written down, which cannot be of tomorrow unless the clock
    /// was wrong then or is wrong now.
    pub(super) async fn clock_behind(&self, now: Timestamp) -> Result<Option<i64>> {
        let last = self.catalog.read().await?.audit_last_at().await?;
        Ok(last.filter(|last| *last > now.plus(CLOCK)).map(|last| last.0 - now.0))
    }

    /// What an examination of the catalog found, at most a day ago.
    async fn examined(&self, now: Timestamp) -> Result<Vec<String>> {
        let known = self.watch.catalog.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, problems)) = known.filter(|(at, _)| *at <= now && now.minus(EXAMINE) < *at) {
            return Ok(problems);
        }
        // A catalog that cannot even be examined is what this alert is for.
        let unread = |error: model::Error| format!("it could not be examined ({error})");
        let mut problems = self.catalog.check().await.unwrap_or_else(|error| vec![unread(error)]);
        match self.activity_broken().await {
            Ok(None) => {}
            Ok(Some(seq)) => {
                problems.push(format!("entry {seq} of the audit log was changed after it was written"));
            }
            Err(error) => problems.push(unread(error)),
        }
        *self.watch.catalog.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, problems.clone()));
        Ok(problems)
    }

    /// Photos of a space that no copy holds any more.
    async fn lost_names(&self, space: &str) -> Result<Vec<String>> {
        let lost = self.catalog.read().await?.object_unsafe(None, 1000).await?;
        let ids: Vec<_> = lost.iter().map(|object| object.id).collect();
        let names = self.photo_names(&ids).await?;
        let mut names: Vec<String> = names
            .into_values()
            .filter_map(|names| names.into_iter().find(|name| name.space == space))
            .map(|name| name.to_string())
            .collect();
        names.sort();
        names.truncate(NAMED);
        Ok(names)
    }
}

/// The reason that most objects share, and how many objects have any of these reasons.
fn by_reason(held: &[Held], which: impl Fn(Why) -> bool) -> (Option<Why>, u64) {
    let bad: Vec<&Held> = held.iter().filter(|held| held.why.is_some_and(&which)).collect();
    let most = bad.iter().max_by_key(|held| held.objects).and_then(|held| held.why);
    (most, bad.iter().map(|held| held.objects).sum())
}

/// Whether photos wait for too long. `since` is when the first of them came.
fn is_late(care: &Care, copy: &Copy, since: Timestamp, now: Timestamp) -> bool {
    let patience = match copy.medium {
        // How old it may be is how often it is plugged in.
        Medium::Offline => care.every,
        Medium::Disk | Medium::Nas | Medium::Cloud => care.every * 2 + GRACE,
    };
    // A copy that was added a moment ago is not late with photos of last year. What was written down while the clock was
    // ahead must not put it off.
    let begun = [Some(copy.created_at), care.ran_at].into_iter().flatten().filter(|at| *at <= now).max();
    let since = begun.map_or(since, |begun| since.max(begun));
    since.plus(patience) < now
}

/// Whether a place fills up, going by what came in during the last month.
fn filling(copy: &Copy, care: &Care, month: u64) -> Option<Json> {
    let (free, total) = (care.free_bytes?, care.total_bytes?);
    let daily = month as f64 / 30.0;
    let days = if daily > 0.0 { free as f64 / daily } else { f64::INFINITY };
    (free < LITTLE || days < FULL_WITHIN).then(|| {
        json!({"copy": copy.name, "free": free, "total": total, "days": days.is_finite().then_some(days as u64)})
    })
}

#[cfg(test)]
mod tests {
    use model::{CopyId, Place, StoreId};

    use super::*;

    fn copy(medium: Medium) -> Copy {
        Copy {
            id: CopyId::generate(),
            name: "ssd".into(),
            url: None,
            medium,
            place: Place::Onsite,
            store_id: StoreId::generate(),
            is_library: false,
            created_at: Timestamp(0),
            removed_at: None,
        }
    }

    #[test]
    fn a_copy_is_late_after_its_time_and_not_before() {
        let at = |hours: u64| Timestamp(0).plus(Duration::from_hours(hours));
        let disk = copy(Medium::Disk);
        let care = Care::usual(disk.id, Medium::Disk);
        assert!(!is_late(&care, &disk, at(0), at(26)));
        assert!(is_late(&care, &disk, at(0), at(27)));
        let ran = Care { ran_at: Some(at(20)), ..care };
        assert!(!is_late(&ran, &disk, at(0), at(46)));
        let ahead = Care { ran_at: Some(at(90_000)), ..ran };
        assert!(is_late(&ahead, &disk, at(0), at(46)), "the clock was ahead when it ran");
        let young = Copy { created_at: at(100), ..disk };
        assert!(!is_late(&Care::usual(young.id, Medium::Disk), &young, at(0), at(110)));
        let offline = copy(Medium::Offline);
        let care = Care::usual(offline.id, Medium::Offline);
        assert!(!is_late(&care, &offline, at(0), at(30 * 24)));
        assert!(is_late(&care, &offline, at(0), at(30 * 24 + 1)));
    }

    #[test]
    fn a_filling_disk_is_told_with_the_days_that_are_left() {
        let disk = copy(Medium::Disk);
        let gb = 1u64 << 30;
        let with = |free: u64| Care {
            free_bytes: Some(free),
            total_bytes: Some(1000 * gb),
            ..Care::usual(disk.id, Medium::Disk)
        };
        assert_eq!(filling(&disk, &with(100 * gb), 30 * gb), None);
        let told = filling(&disk, &with(20 * gb), 30 * gb).unwrap();
        assert_eq!(told["days"], 20);
        assert!(filling(&disk, &with(gb / 2), 0).unwrap()["days"].is_null());
        assert_eq!(filling(&disk, &Care::usual(disk.id, Medium::Disk), 30 * gb), None, "nothing is known");
    }
}
