//! Alerts: what is wrong is raised once, told again while nobody acts, and resolved by itself when it is over.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use catalog::{Alert, Tx};
use model::{AlertId, AlertKind, NoticeKind, Permission, PersonId, Result, SpaceId, Timestamp};
use serde_json::json;

use super::alert_words;
use super::conditions::{Condition, Looked, Seen};
use crate::Library;
use crate::access::{Access, Actor};

const DAY: Duration = Duration::from_hours(24);
/// What is urgent is told again after a day, then after three, then every week,
const URGENT: [Duration; 3] = [DAY, Duration::from_hours(3 * 24), Duration::from_hours(7 * 24)];
/// everything else every fortnight.
const OTHERS: Duration = Duration::from_hours(14 * 24);
/// Alerts that are over are kept for so long.
const KEPT: Duration = Duration::from_hours(365 * 24);
/// How many are told.
const TOLD: usize = 200;

/// An alert as a person reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertWords {
    /// One clear sentence.
    pub sentence: String,
    /// The one thing to do.
    pub action: String,
}

/// An alert and its words.
#[derive(Clone, Debug)]
pub struct Told {
    /// Its id.
    pub id: AlertId,
    /// What is wrong.
    pub kind: AlertKind,
    /// Its words.
    pub words: AlertWords,
    /// When it was noticed.
    pub raised_at: Timestamp,
    /// How often it was told again.
    pub escalated: u32,
    /// When it was over.
    pub resolved_at: Option<Timestamp>,
}

impl Library {
    /// Finds out what is wrong, raises what is new, tells again what nobody acted upon, and resolves what is over.
    pub async fn watch_alerts(&self, seen: &Seen) -> Result<()> {
        let Looked { found, whole } = self.conditions(seen).await?;
        let now = self.clock.now();
        let mut tx = self.catalog.begin().await?;
        let mut open: HashMap<(AlertKind, String), Alert> = tx
            .alert_open()
            .await?
            .into_iter()
            .map(|alert| ((alert.kind, alert.subject.clone()), alert))
            .collect();
        let stuck: HashSet<String> = found
            .iter()
            .filter(|condition| condition.kind == AlertKind::Unhealable)
            .map(|condition| condition.subject.clone())
            .collect();
        for condition in found {
            match open.remove(&(condition.kind, condition.subject.clone())) {
                None => {
                    let alert = condition.raised(now);
                    tx.alert_insert(&alert).await?;
                    self.tell_of_alert(&mut tx, &alert, "raised").await?;
                }
                Some(known) => self.tell_again(&mut tx, known, condition, now).await?,
            }
        }
        for mut over in open.into_values().filter(|_| whole) {
            over.resolved_at = Some(now);
            tx.alert_update(&over).await?;
            // What could not be put right is told as that, and not as over.
            if over.kind != AlertKind::Damaged || !stuck.contains(&over.subject) {
                self.tell_of_alert(&mut tx, &over, "resolved").await?;
            }
        }
        tx.alert_sweep(now.minus(KEPT)).await?;
        tx.commit().await
    }

    async fn tell_again(&self, tx: &mut Tx, known: Alert, is: Condition, now: Timestamp) -> Result<()> {
        let mut alert = Alert { facts: is.facts, ..known.clone() };
        let wait = if alert.kind.is_urgent() {
            URGENT[(alert.escalated as usize).min(URGENT.len() - 1)]
        } else {
            OTHERS
        };
        // A clock that was set back must not silence it.
        let due = known.told_at.plus(wait) <= now || known.told_at > now.plus(DAY);
        if due {
            alert.escalated += 1;
            alert.told_at = now;
        }
        if alert != known {
            tx.alert_update(&alert).await?;
        }
        if due {
            self.tell_of_alert(tx, &alert, "again").await?;
        }
        Ok(())
    }

    /// Tells those whom an alert concerns: who manages the space that it is about, or any space of this server.
    pub(super) async fn tell_of_alert(&self, tx: &mut Tx, alert: &Alert, state: &str) -> Result<()> {
        let facts = json!({"alert": alert.kind, "state": state, "facts": alert.facts});
        for person in self.concerned(tx, alert).await? {
            self.tell(tx, person, NoticeKind::Alert, facts.clone()).await?;
        }
        Ok(())
    }

    async fn concerned(&self, tx: &mut Tx, alert: &Alert) -> Result<Vec<PersonId>> {
        if let Some(person) = about_person(alert) {
            return Ok(vec![person]);
        }
        let spaces: Vec<SpaceId> = match about_space(alert) {
            Some(space) => vec![space],
            None => tx.space_list().await?.into_iter().map(|space| space.id).collect(),
        };
        let mut people = Vec::new();
        for space in spaces {
            for member in tx.member_list(space).await? {
                if member.permissions().has(Permission::Manage) && !people.contains(&member.person_id) {
                    people.push(member.person_id);
                }
            }
        }
        Ok(people)
    }

    /// The alerts that concern somebody, open ones first, then those that are over, each the newest first.
    ///
    /// # Errors
    /// `NotFound` for who manages no space of this server.
    pub async fn alerts(&self, actor: &Actor) -> Result<Vec<Told>> {
        let mut tx = self.catalog.read().await?;
        Access::new(&mut tx, actor)
            .manages_some_space("alerts are for who manages a space of this server")
            .await?;
        let mine: Vec<SpaceId> = Access::new(&mut tx, actor)
            .spaces()
            .await?
            .into_iter()
            .filter(|right| right.permissions.has(Permission::Manage))
            .map(|right| right.space.id)
            .collect();
        let mut alerts = tx.alert_open().await?;
        alerts.reverse();
        alerts.extend(tx.alert_list(TOLD).await?.into_iter().filter(|alert| alert.resolved_at.is_some()));
        let told = alerts
            .into_iter()
            .filter(|alert| about_space(alert).is_none_or(|space| mine.contains(&space)))
            .filter(|alert| about_person(alert).is_none_or(|person| person == actor.person().id))
            .map(|alert| Told {
                id: alert.id,
                kind: alert.kind,
                words: alert_words(alert.kind, &alert.facts),
                raised_at: alert.raised_at,
                escalated: alert.escalated,
                resolved_at: alert.resolved_at,
            });
        Ok(told.collect())
    }
}

/// The person whose own the matter is, if it is somebody's.
fn about_person(alert: &Alert) -> Option<PersonId> {
    let person = alert.facts["person"].as_str().filter(|_| alert.kind == AlertKind::CredentialExpiring)?;
    person.parse().ok()
}

/// The space that an alert is about, if it is about one.
fn about_space(alert: &Alert) -> Option<SpaceId> {
    matches!(alert.kind, AlertKind::Lost | AlertKind::RuleBroken | AlertKind::Unproved)
        .then(|| alert.subject.parse().ok())
        .flatten()
}
