//! What people look at again and again, and what they found.

use model::{Error, PersonId, Result, ReviewId, ReviewKind, Timestamp};
use serde_json::Value as Json;

use crate::sql::{Row, Tx, args, built, exactly_one, get_word};

/// A recurring review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// Its id.
    pub id: ReviewId,
    /// What it looks at.
    pub kind: ReviewKind,
    /// What it is called.
    pub title: String,
    /// What is to be looked at, point by point.
    pub checklist: Vec<String>,
    /// It is due again so many days after it was.
    pub every_days: u32,
    /// Who has to do it; nobody in particular where `None`.
    pub owner_id: Option<PersonId>,
    /// When it is due.
    pub due_at: Timestamp,
    /// Since when there is this review.
    pub created_at: Timestamp,
    /// Since when it is not done any more.
    pub ended_at: Option<Timestamp>,
}

/// A review that was done.
#[derive(Clone, Debug, PartialEq)]
pub struct ReviewDone {
    /// Its id.
    pub id: uuid::Uuid,
    /// Which review.
    pub review_id: ReviewId,
    /// When it was due.
    pub due_at: Timestamp,
    /// When it was done.
    pub done_at: Timestamp,
    /// By whom.
    pub done_by: Option<PersonId>,
    /// Whether all was as it should be.
    pub passed: bool,
    /// What was found then, and which points were ticked.
    pub evidence: Json,
    /// What they said.
    pub note: String,
}

const COLUMNS: &str = "id, kind, title, checklist, every_days, owner_id, due_at, created_at, ended_at";
const DONE: &str = "id, review_id, due_at, done_at, done_by, passed, evidence, note";

fn unreadable(error: serde_json::Error) -> Error {
    Error::damaged("the catalog holds a review that cannot be read").with_source(error)
}

fn review(row: &Row) -> Result<Review> {
    let checklist: String = row.get(3)?;
    Ok(Review {
        id: row.get(0)?,
        kind: get_word(row, 1)?,
        title: row.get(2)?,
        checklist: serde_json::from_str(&checklist).map_err(unreadable)?,
        every_days: row.get(4)?,
        owner_id: row.get(5)?,
        due_at: row.get(6)?,
        created_at: row.get(7)?,
        ended_at: row.get(8)?,
    })
}

fn done(row: &Row) -> Result<ReviewDone> {
    let evidence: String = row.get(6)?;
    Ok(ReviewDone {
        id: row.get(0)?,
        review_id: row.get(1)?,
        due_at: row.get(2)?,
        done_at: row.get(3)?,
        done_by: row.get(4)?,
        passed: row.get(5)?,
        evidence: serde_json::from_str(&evidence).map_err(unreadable)?,
        note: row.get(7)?,
    })
}

impl Tx {
    /// Adds a review.
    pub async fn review_insert(&mut self, review: &Review) -> Result<()> {
        let sql =
            built(format!("INSERT INTO review ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"));
        let args = args![
            review.id,
            review.kind,
            &review.title,
            Json::from(review.checklist.clone()).to_string(),
            review.every_days,
            review.owner_id,
            review.due_at,
            review.created_at,
            review.ended_at
        ];
        exactly_one(self.execute(sql, args).await?, "the review")
    }

    /// Changes everything of a review but its kind.
    pub async fn review_update(&mut self, review: &Review) -> Result<()> {
        let sql = "UPDATE review SET title = $1, checklist = $2, every_days = $3, owner_id = $4, due_at = $5, \
                   ended_at = $6 WHERE id = $7";
        let args = args![
            &review.title,
            Json::from(review.checklist.clone()).to_string(),
            review.every_days,
            review.owner_id,
            review.due_at,
            review.ended_at,
            review.id
        ];
        exactly_one(self.execute(sql, args).await?, "the review")
    }

    /// One review.
    pub async fn review_get(&mut self, id: ReviewId) -> Result<Option<Review>> {
        let sql = built(format!("SELECT {COLUMNS} FROM review WHERE id = $1"));
        self.fetch_optional(sql, args![id], review).await
    }

    /// The reviews that are done, the one that is due first in front.
    pub async fn review_list(&mut self) -> Result<Vec<Review>> {
        let sql = built(format!("SELECT {COLUMNS} FROM review WHERE ended_at IS NULL ORDER BY due_at, id"));
        self.fetch_all(sql, vec![], review).await
    }

    /// Whether there ever was a review, so that those that were ended are not made again.
    pub async fn review_any(&mut self) -> Result<bool> {
        let count: u64 = self.fetch_one("SELECT count(*) FROM review", vec![], |row| row.get(0)).await?;
        Ok(count > 0)
    }

    /// Puts on record that a review was done.
    pub async fn review_done_insert(&mut self, record: &ReviewDone) -> Result<()> {
        let sql = built(format!("INSERT INTO review_done ({DONE}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"));
        let args = args![
            record.id,
            record.review_id,
            record.due_at,
            record.done_at,
            record.done_by,
            record.passed,
            record.evidence.to_string(),
            &record.note
        ];
        exactly_one(self.execute(sql, args).await?, "the record of the review")
    }

    /// How a review went, the last time first.
    pub async fn review_history(&mut self, id: ReviewId, limit: usize) -> Result<Vec<ReviewDone>> {
        let sql = built(format!(
            "SELECT {DONE} FROM review_done WHERE review_id = $1 ORDER BY done_at DESC, id DESC LIMIT $2"
        ));
        self.fetch_all(sql, args![id, limit], done).await
    }
}
