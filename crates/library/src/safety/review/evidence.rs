//! What there is to see for each point of a review, found out when it is looked at.

mod export;

use std::time::Duration;

use catalog::Review;
use model::{Permission, Result, ReviewKind, SpaceId, Timestamp};
use serde::Serialize;

use super::ReviewView;
use crate::Library;
use crate::access::{Access, Actor};
use crate::notices::time;

const DAY: Duration = Duration::from_hours(24);
/// A program that nobody used for so long sleeps.
const ASLEEP: Duration = Duration::from_hours(90 * 24);
/// Lines of one point at most.
const LINES: usize = 200;

/// What there is to see for one point.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// One fact to a line.
    pub lines: Vec<String>,
    /// Whether that is as it should be; `None` where only a person can tell.
    pub well: Option<bool>,
    /// Facts beyond those lines.
    #[serde(skip)]
    more: usize,
}

impl Evidence {
    fn add(&mut self, line: String, well: bool) {
        self.well = Some(self.well.unwrap_or(true) && well);
        self.show(line);
    }

    fn show(&mut self, line: String) {
        if self.lines.len() < LINES {
            self.lines.push(line);
        } else {
            self.more += 1;
        }
    }

    /// With a last line that says how much is not shown: a list that ends in silence looks complete.
    fn told(mut self) -> Self {
        if self.more > 0 {
            self.lines
                .push(format!("and {} more, which are not listed here", std::mem::take(&mut self.more)));
        }
        self
    }

    /// For nothing found where finding something would be bad.
    fn or_none(mut self, none: &str) -> Self {
        if self.lines.is_empty() {
            self.lines.push(none.to_owned());
            self.well = Some(true);
        }
        self
    }
}

impl ReviewView {
    /// Whether everything that can be told without a person is well.
    pub fn looks_well(&self) -> bool {
        self.evidence.iter().all(|point| point.well != Some(false))
    }
}

impl Library {
    /// What there is to see, point by point, of what this actor may see.
    pub(super) async fn evidence(&self, actor: &Actor, review: &Review) -> Result<Vec<Evidence>> {
        let mut seen = match review.kind {
            ReviewKind::Storage => self.storage_evidence(actor).await?,
            ReviewKind::Permissions => self.permission_evidence(actor).await?,
            ReviewKind::Drill => vec![self.drill_evidence().await?, Evidence::default()],
            ReviewKind::Export => vec![self.export_evidence(actor).await?, Evidence::default()],
            ReviewKind::Own => Vec::new(),
        };
        seen.resize(review.checklist.len(), Evidence::default());
        Ok(seen.into_iter().map(Evidence::told).collect())
    }

    async fn managed(&self, actor: &Actor) -> Result<Vec<(SpaceId, String)>> {
        let mut tx = self.catalog.read().await?;
        let rights = Access::new(&mut tx, actor).spaces().await?;
        Ok(rights
            .into_iter()
            .filter(|right| right.permissions.has(Permission::Manage))
            .map(|right| (right.space.id, right.space.name))
            .collect())
    }

    async fn storage_evidence(&self, actor: &Actor) -> Result<Vec<Evidence>> {
        let now = self.clock.now();
        let (mut fresh, mut whole, mut room) =
            (Evidence::default(), Evidence::default(), Evidence::default());
        for copy in self.copies_in_use().await? {
            let (status, care) = (self.copy_status(&copy).await?, self.care(&copy).await?);
            let ran = care.ran_at.map_or_else(
                || "never brought up to date".to_owned(),
                |at| format!("last complete on {}", time(at)),
            );
            if !copy.is_library {
                fresh
                    .add(format!("{}: {} files wait; {ran}", copy.name, status.waiting), status.waiting == 0);
            }
            let bad = status.damaged + status.missing;
            let week = self.catalog.read().await?.damage_count(copy.id, now.minus(7 * DAY)).await?.0;
            whole.add(
                format!(
                    "{}: {bad} files are damaged or gone; {week} were found bad in the last week",
                    copy.name
                ),
                bad == 0,
            );
            match (care.free_bytes, care.total_bytes) {
                (Some(free), Some(total)) => room.add(
                    format!(
                        "{}: {:.1} of {:.1} GB are free",
                        copy.name,
                        free as f64 / 1e9,
                        total as f64 / 1e9
                    ),
                    free * 20 > total,
                ),
                _ => room.show(format!("{}: its place does not tell", copy.name)),
            }
        }
        if fresh.lines.is_empty() {
            fresh.add("there is no copy beside the library".to_owned(), false);
        }
        let mut rules = Evidence::default();
        for (space, name) in self.managed(actor).await? {
            let (all, risk) = self.coverage_of(space).await?.counts();
            rules.add(format!("{name}: {risk} of {all} files have too few copies"), risk == 0);
        }
        let mut alerts = Evidence::default();
        for alert in self.alerts(actor).await?.into_iter().filter(|alert| alert.resolved_at.is_none()) {
            alerts.add(alert.words.sentence, false);
        }
        Ok(vec![fresh, whole, rules, room, alerts.or_none("no alert is open")])
    }

    async fn permission_evidence(&self, actor: &Actor) -> Result<Vec<Evidence>> {
        let now = self.clock.now();
        let (mut members, mut grants) = (Evidence::default(), Evidence::default());
        let (mut invited, mut programs) = (Evidence::default(), Evidence::default());
        let spaces = self.managed(actor).await?;
        let mut tx = self.catalog.read().await?;
        let mut people = Vec::new();
        for (space, name) in &spaces {
            for member in tx.member_list(*space).await? {
                let Some(person) = tx.person_get(member.person_id).await? else { continue };
                members.show(format!("{name}: {} ({}) is {}", person.name, person.email, member.role));
                if !people.iter().any(|known: &catalog::Person| known.id == person.id) {
                    people.push(person);
                }
            }
            for album in tx.album_list(*space).await? {
                for grant in tx.album_grant_list(album.id).await? {
                    let Some(guest) = tx.person_get(grant.person_id).await? else { continue };
                    grants.show(format!("{name}, {}: {} may {}", album.name, guest.email, grant.permissions));
                    // Whoever has no more than an album has programs as well.
                    if !people.iter().any(|known: &catalog::Person| known.id == guest.id) {
                        people.push(guest);
                    }
                }
                for mirror in tx.album_mirror_list(album.id).await? {
                    let other =
                        tx.space_get(mirror.space_id).await?.map(|space| space.name).unwrap_or_default();
                    grants.show(format!("{name}, {}: shown in the space {other}", album.name));
                }
            }
            for invitation in tx.invitation_list(*space, now).await? {
                invited.show(format!("{name}: {}, until {}", invitation.email, time(invitation.expires_at)));
            }
        }
        for person in people {
            for token in tx.token_list(person.id).await? {
                let alive = token.expires_at.is_none_or(|ends| ends > now);
                let used = token.seen_at.unwrap_or(token.created_at);
                if alive && used < now.minus(ASLEEP) {
                    programs.add(
                        format!("{}: '{}', last used on {}", person.email, token.name, time(used)),
                        false,
                    );
                }
            }
        }
        Ok(vec![
            members,
            grants.or_none("no album is open to others"),
            invited.or_none("no invitation waits"),
            programs.or_none("every program was used within 90 days"),
        ])
    }

    async fn drill_evidence(&self) -> Result<Evidence> {
        let now = self.clock.now();
        let since: Timestamp = now.minus(100 * DAY);
        let mut seen = Evidence::default();
        for copy in self.copies_in_use().await?.into_iter().filter(|copy| !copy.is_library) {
            match self.catalog.read().await?.drill_last_before(copy.id, now).await? {
                Some(drill) => seen.add(
                    format!(
                        "{}: {} on {}",
                        copy.name,
                        if drill.passed { "passed" } else { "FAILED" },
                        time(drill.started_at)
                    ),
                    drill.passed && drill.started_at >= since,
                ),
                None => seen.add(format!("{}: never rehearsed", copy.name), false),
            }
        }
        if seen.lines.is_empty() {
            seen.add("there is no copy to restore from".to_owned(), false);
        }
        Ok(seen)
    }
}
