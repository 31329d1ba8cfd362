//! Reviews: what people look at themselves, again and again. Each has an owner, a day when it is due, and a checklist whose
//! evidence is filled in already; what they found is kept.

mod evidence;

use std::time::Duration;

use catalog::{Review, ReviewDone, Tx};
use model::{Error, PersonId, Result, ReviewId, ReviewKind, Timestamp};
use serde_json::{Value as Json, json};

pub use evidence::Evidence;

use crate::Library;
use crate::access::{Access, Actor};
use crate::accounts::label;

const DAY: Duration = Duration::from_hours(24);
/// How many times before are told.
const HISTORY: usize = 50;
/// Points of a checklist at most.
const POINTS: usize = 50;

/// A review, who has to do it, and what there is to see.
#[derive(Clone, Debug)]
pub struct ReviewView {
    /// The review.
    pub review: Review,
    /// The name of who has to do it.
    pub owner: Option<String>,
    /// Whether its day has passed.
    pub overdue: bool,
    /// What there is to see, for each point of the checklist.
    pub evidence: Vec<Evidence>,
    /// How it went before, the last time first, with the names of who did it.
    pub history: Vec<(ReviewDone, Option<String>)>,
}

/// What somebody says of a review of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewPlan {
    /// What it is called.
    pub title: String,
    /// What is to be looked at.
    pub checklist: Vec<String>,
    /// It is due every so many days, 1 to 1,000.
    pub every_days: u32,
    /// Who has to do it.
    pub owner: Option<PersonId>,
    /// When it is due next.
    pub due_at: Timestamp,
}

/// What came of a review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Whether all is as it should be.
    pub passed: bool,
    /// Which points were ticked, in the order of the checklist.
    pub ticked: Vec<bool>,
    /// What they say.
    pub note: String,
}

/// The reviews that every library has: kind, title, days, points.
const USUAL: [(ReviewKind, &str, u32, &[&str]); 4] = [
    (
        ReviewKind::Storage,
        "Storage health",
        7,
        &[
            "Every copy is up to date",
            "Nothing is damaged",
            "Every photo has the copies that its space asks for",
            "There is room for what comes",
            "No alert is open",
        ],
    ),
    (
        ReviewKind::Permissions,
        "Who may see and do what",
        30,
        &[
            "Everybody in each space should be there, with that role",
            "Albums that are open to others should be",
            "Invitations that wait should",
            "Programs that sleep are let go",
        ],
    ),
    (
        ReviewKind::Drill,
        "Restore drill",
        91,
        &[
            "A restore from every copy was rehearsed, and passed",
            "The recovery kit is where it should be, and can be read",
        ],
    ),
    (
        ReviewKind::Export,
        "Export test",
        365,
        &[
            "Everything was restored into plain folders, and opens in another program",
            "Somebody else knows how to do it",
        ],
    ),
];

impl Library {
    /// Makes the reviews that every library has, once there are photos.
    pub(super) async fn begin_reviews(&self) -> Result<()> {
        let mut tx = self.catalog.read().await?;
        if tx.review_any().await? {
            drop(tx);
            return self.mend_due_days().await;
        }
        if tx.object_count().await? == 0 {
            return Ok(());
        }
        drop(tx);
        let now = self.clock.now();
        let mut tx = self.catalog.begin().await?;
        if tx.review_any().await? {
            return Ok(());
        }
        let owner = first_owner(&mut tx).await?;
        for (kind, title, every_days, points) in USUAL {
            let review = Review {
                id: ReviewId::generate(),
                kind,
                title: title.to_owned(),
                checklist: points.iter().map(|point| (*point).to_owned()).collect(),
                every_days,
                owner_id: owner,
                due_at: now.plus(DAY * every_days),
                created_at: now,
                ended_at: None,
            };
            tx.review_insert(&review).await?;
        }
        tx.commit().await
    }

    /// Puts right what was made or done while the clock was wrong: a review whose day was counted from a day that has not
    /// come yet would not be due for years. A day that somebody chose stays.
    async fn mend_due_days(&self) -> Result<()> {
        let now = self.clock.now();
        // It may be now that the clock is wrong.
        if self.clock_behind(now).await?.is_some() {
            return Ok(());
        }
        let mut tx = self.catalog.read().await?;
        let mut wrong = Vec::new();
        for review in tx.review_list().await? {
            let latest = now.plus(DAY * review.every_days);
            if review.due_at <= latest {
                continue;
            }
            let done = tx.review_history(review.id, 1).await?.pop().map(|done| done.done_at);
            if review.created_at > now || done.is_some_and(|at| at > now) {
                wrong.push(Review { due_at: latest, ..review });
            }
        }
        drop(tx);
        if wrong.is_empty() {
            return Ok(());
        }
        let mut tx = self.catalog.begin().await?;
        for review in wrong {
            tx.review_update(&review).await?;
        }
        tx.commit().await
    }

    /// Every review with its evidence, the one that is due first in front.
    pub async fn reviews(&self, actor: &Actor) -> Result<Vec<ReviewView>> {
        self.begin_reviews().await?;
        let now = self.clock.now();
        let mut tx = self.for_reviewers(actor).await?;
        let all = Access::new(&mut tx, actor).manages_every_space().await?;
        let reviews = tx.review_list().await?;
        drop(tx);
        let mut views = Vec::new();
        for review in reviews {
            let evidence = self.evidence(actor, &review).await?;
            let mut tx = self.catalog.read().await?;
            let mut history = Vec::new();
            for mut done in tx.review_history(review.id, HISTORY).await? {
                let who = name_of(&mut tx, done.done_by).await?;
                // Somebody else saw what they may see, which may be more.
                if !all && done.done_by != Some(actor.person().id) {
                    done.evidence = Json::Null;
                }
                history.push((done, who));
            }
            let owner = name_of(&mut tx, review.owner_id).await?;
            let overdue = review.due_at < now;
            views.push(ReviewView { review, owner, overdue, evidence, history });
        }
        Ok(views)
    }

    /// Adds a review of one's own.
    pub async fn review_add(&self, actor: &Actor, plan: ReviewPlan) -> Result<Review> {
        actor.session()?;
        self.for_reviewers(actor).await?;
        let plan = plan.check()?;
        let now = self.clock.now();
        let review = Review {
            id: ReviewId::generate(),
            kind: ReviewKind::Own,
            title: plan.title,
            checklist: plan.checklist,
            every_days: plan.every_days,
            owner_id: plan.owner,
            due_at: plan.due_at,
            created_at: now,
            ended_at: None,
        };
        let mut tx = self.begin_as(actor).await?;
        known_person(&mut tx, review.owner_id).await?;
        tx.review_insert(&review).await?;
        audit(&mut tx, now, actor, "review.add", &review).await?;
        tx.commit().await?;
        Ok(review)
    }

    /// Changes a review. The points of those that every library has stay: their evidence belongs to them.
    pub async fn review_change(&self, actor: &Actor, id: ReviewId, plan: ReviewPlan) -> Result<Review> {
        actor.session()?;
        self.for_reviewers(actor).await?;
        let plan = plan.check()?;
        let mut tx = self.begin_as(actor).await?;
        let before = live(&mut tx, id).await?;
        if before.kind != ReviewKind::Own && before.checklist != plan.checklist {
            return Err(Error::invalid(
                "the checklist of this review is fixed; add a review of your own for more",
            ));
        }
        known_person(&mut tx, plan.owner).await?;
        let review = Review {
            title: plan.title,
            checklist: plan.checklist,
            every_days: plan.every_days,
            owner_id: plan.owner,
            due_at: plan.due_at,
            ..before
        };
        tx.review_update(&review).await?;
        audit(&mut tx, self.clock.now(), actor, "review.change", &review).await?;
        tx.commit().await?;
        Ok(review)
    }

    /// Ends a review: it is not due any more, and its history stays.
    pub async fn review_end(&self, actor: &Actor, id: ReviewId) -> Result<()> {
        actor.proved(self.clock.now())?;
        self.for_reviewers(actor).await?;
        let now = self.clock.now();
        let mut tx = self.begin_as(actor).await?;
        let review = Review { ended_at: Some(now), ..live(&mut tx, id).await? };
        tx.review_update(&review).await?;
        audit(&mut tx, now, actor, "review.end", &review).await?;
        tx.commit().await
    }

    /// Puts on record that a review was done, with what there was to see at that moment. It is due again after its days.
    pub async fn review_done(&self, actor: &Actor, id: ReviewId, outcome: Outcome) -> Result<()> {
        actor.session()?;
        self.for_reviewers(actor).await?;
        let now = self.clock.now();
        let review = live(&mut self.catalog.read().await?, id).await?;
        if outcome.ticked.len() != review.checklist.len() {
            return Err(Error::invalid(format!("this review has {} points", review.checklist.len())));
        }
        if outcome.passed && outcome.ticked.contains(&false) {
            return Err(Error::invalid("a review has passed when every point was ticked"));
        }
        if outcome.note.chars().count() > 5000 || outcome.note.contains('\0') {
            return Err(Error::invalid("a note has up to 5,000 characters"));
        }
        let evidence = self.evidence(actor, &review).await?;
        let record = ReviewDone {
            id: uuid::Uuid::now_v7(),
            review_id: id,
            due_at: review.due_at,
            done_at: now,
            done_by: Some(actor.person().id),
            passed: outcome.passed,
            evidence: json!({"points": review.checklist, "ticked": outcome.ticked, "seen": evidence}),
            note: outcome.note,
        };
        let mut tx = self.begin_as(actor).await?;
        // Somebody else may have done it a moment ago.
        if live(&mut tx, id).await?.due_at != review.due_at {
            return Err(Error::conflict("this review was done, or changed, meanwhile; look at it again"));
        }
        tx.review_done_insert(&record).await?;
        let next = Review { due_at: now.plus(DAY * review.every_days), ..review };
        tx.review_update(&next).await?;
        let detail = json!({"title": next.title, "passed": outcome.passed});
        tx.audit_append(now, actor.signature(), "review.done", &id.to_string(), &detail).await?;
        tx.commit().await?;
        self.watch.bell.notify_one();
        Ok(())
    }

    async fn for_reviewers(&self, actor: &Actor) -> Result<Tx> {
        let mut tx = self.catalog.read().await?;
        Access::new(&mut tx, actor)
            .manages_some_space("reviews are for who manages a space of this server")
            .await?;
        Ok(tx)
    }
}

impl ReviewPlan {
    fn check(mut self) -> Result<Self> {
        self.title = label(&self.title, "a review's title")?;
        if self.checklist.is_empty() || self.checklist.len() > POINTS {
            return Err(Error::invalid(format!("a checklist has 1 to {POINTS} points")));
        }
        for point in &mut self.checklist {
            *point = label(point, "a point of a checklist")?;
        }
        if !(1..=1000).contains(&self.every_days) {
            return Err(Error::invalid("a review is due every 1 to 1,000 days"));
        }
        // The years 2000 to 2200.
        if !(946_684_800_000..=7_258_118_400_000).contains(&self.due_at.0) {
            return Err(Error::invalid("that is no day on which a review could be due"));
        }
        Ok(self)
    }
}

async fn live(tx: &mut Tx, id: ReviewId) -> Result<Review> {
    let review = tx.review_get(id).await?.filter(|review| review.ended_at.is_none());
    review.ok_or_else(|| Error::not_found("there is no such review"))
}

async fn known_person(tx: &mut Tx, id: Option<PersonId>) -> Result<()> {
    match id {
        Some(id) if tx.person_get(id).await?.is_none() => {
            Err(Error::invalid("nobody here could do this review: there is no such person"))
        }
        _ => Ok(()),
    }
}

async fn name_of(tx: &mut Tx, id: Option<PersonId>) -> Result<Option<String>> {
    Ok(match id {
        Some(id) => tx
            .person_get(id)
            .await?
            .map(|person| if person.name.is_empty() { person.email } else { person.name }),
        None => None,
    })
}

/// Who owns the first space: somebody has to begin.
async fn first_owner(tx: &mut Tx) -> Result<Option<PersonId>> {
    for space in tx.space_list().await? {
        let members = tx.member_list(space.id).await?;
        if let Some(owner) = members.iter().find(|member| member.role == model::Role::Owner) {
            return Ok(Some(owner.person_id));
        }
    }
    Ok(None)
}

async fn audit(tx: &mut Tx, now: Timestamp, actor: &Actor, action: &str, review: &Review) -> Result<()> {
    let detail = json!({"title": review.title, "every_days": review.every_days, "due_at": review.due_at});
    tx.audit_append(now, actor.signature(), action, &review.id.to_string(), &detail).await?;
    Ok(())
}
