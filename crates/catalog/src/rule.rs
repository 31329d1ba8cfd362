//! What a space asks of its copies.

use model::{Result, SpaceId};

use crate::sql::{Tx, args, exactly_one};

/// How many copies, of which kind, and how fresh their proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Copies of each object, the library included.
    pub copies: u32,
    /// Kinds of medium that they are on.
    pub media: u32,
    /// Copies that are elsewhere.
    pub offsite: u32,
    /// No proof may be older than so many days.
    pub proof_days: u32,
}

impl Default for Rule {
    /// 3-2-1, and everything read again within a hundred days.
    fn default() -> Self {
        Self { copies: 3, media: 2, offsite: 1, proof_days: 100 }
    }
}

impl Tx {
    /// What a space asks for; 3-2-1 unless it said otherwise.
    pub async fn rule_get(&mut self, space_id: SpaceId) -> Result<Rule> {
        let sql = "SELECT copies, media, offsite, proof_days FROM rule WHERE space_id = $1";
        let known = self.fetch_optional(sql, args![space_id], |row| {
            Ok(Rule {
                copies: row.get(0)?,
                media: row.get(1)?,
                offsite: row.get(2)?,
                proof_days: row.get(3)?,
            })
        });
        Ok(known.await?.unwrap_or_default())
    }

    /// Says what a space asks for from now on.
    pub async fn rule_put(&mut self, space_id: SpaceId, rule: Rule) -> Result<()> {
        let sql = "INSERT INTO rule (space_id, copies, media, offsite, proof_days) VALUES ($1, $2, $3, $4, $5) \
                   ON CONFLICT (space_id) DO UPDATE SET copies = excluded.copies, media = excluded.media, \
                   offsite = excluded.offsite, proof_days = excluded.proof_days";
        let args = args![space_id, rule.copies, rule.media, rule.offsite, rule.proof_days];
        exactly_one(self.execute(sql, args).await?, "the rule")
    }
}
