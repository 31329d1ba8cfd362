//! Approval of what contributors bring: which spaces ask for it, which photos wait, and what was decided.

use std::collections::HashMap;

use model::{Approval, AssetId, PersonId, Result, SpaceId, Timestamp};

use crate::sql::{Tx, Value, args, exactly_one};
use crate::timeline::WAITING;

/// A space, as far as approval is concerned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Approvals {
    /// Whether photos of those who may not approve wait.
    pub asked: bool,
    /// How many photos wait, without what is in the trash.
    pub waiting: u64,
}

/// What was decided of a photo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// By whom.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
    /// Why, if they said so.
    pub reason: Option<String>,
}

impl Tx {
    /// Whether photos of those who may not approve wait in a space.
    pub async fn space_approval(&mut self, id: SpaceId) -> Result<bool> {
        let sql = "SELECT coalesce(approval, 0) FROM space WHERE id = $1";
        Ok(self.fetch_optional(sql, args![id], |row| row.get(0)).await?.unwrap_or(false))
    }

    /// Sets whether photos of those who may not approve wait in a space. What waits already goes on waiting.
    pub async fn space_set_approval(&mut self, id: SpaceId, asked: bool) -> Result<()> {
        let sql = "UPDATE space SET approval = $1 WHERE id = $2";
        exactly_one(self.execute(sql, args![asked, id]).await?, "the space")
    }

    /// These spaces, as far as approval is concerned.
    pub async fn space_approvals(&mut self, ids: &[SpaceId]) -> Result<HashMap<SpaceId, Approvals>> {
        let mut found: HashMap<SpaceId, Approvals> = HashMap::new();
        let items = || ids.iter().map(|id| Value::from(*id)).collect::<Vec<_>>();
        let sql = "SELECT id, coalesce(approval, 0) FROM space WHERE id IN ({})";
        self.fetch_in(sql, vec![], items(), |row| {
            found.entry(row.get(0)?).or_default().asked = row.get(1)?;
            Ok(())
        })
        .await?;
        let sql = format!(
            "SELECT a.space_id, count(*) FROM asset a WHERE a.space_id IN ({{}}) AND {WAITING} GROUP BY a.space_id"
        );
        self.fetch_in(&sql, vec![], items(), |row| {
            found.entry(row.get(0)?).or_default().waiting = row.get(1)?;
            Ok(())
        })
        .await?;
        Ok(found)
    }

    /// Takes the turn to tell those who may approve that photos wait, unless somebody took it after `since`.
    pub async fn approval_told(&mut self, id: SpaceId, at: Timestamp, since: Timestamp) -> Result<bool> {
        let sql = "UPDATE space SET approval_told_at = $1 \
                   WHERE id = $2 AND (approval_told_at IS NULL OR approval_told_at <= $3)";
        Ok(self.execute(sql, args![at, id, since]).await? == 1)
    }

    /// Lets photos wait for approval, whatever was decided before.
    pub async fn approval_wait(&mut self, ids: &[AssetId]) -> Result<()> {
        let sql = "UPDATE asset SET approval = 'waiting', decided_by = NULL, decided_at = NULL, decision_reason = NULL \
                   WHERE id IN ({})";
        let items = ids.iter().map(|id| (*id).into()).collect();
        self.execute_in(sql, vec![], items).await?;
        self.search_stale(ids).await
    }

    /// Lets those of these photos that were declined wait again.
    pub(crate) async fn approval_reopen(&mut self, ids: &[AssetId]) -> Result<()> {
        let mut declined = Vec::new();
        let items = ids.iter().map(|id| (*id).into()).collect();
        let sql = "SELECT id FROM asset WHERE approval = 'declined' AND id IN ({})";
        self.fetch_in(sql, vec![], items, |row| {
            declined.push(row.get(0)?);
            Ok(())
        })
        .await?;
        self.approval_wait(&declined).await
    }

    /// Decides of a photo that waits and is not in the trash. Says whether it did.
    pub async fn approval_decide(
        &mut self,
        id: AssetId,
        approval: Approval,
        judgement: &Judgement,
    ) -> Result<bool> {
        let sql = "UPDATE asset SET approval = $1, decided_by = $2, decided_at = $3, decision_reason = $4 \
                   WHERE id = $5 AND approval = 'waiting' AND deleted_at IS NULL";
        let args = args![approval, judgement.by, judgement.at, judgement.reason.as_deref(), id];
        let decided = self.execute(sql, args).await? == 1;
        self.search_stale(&[id]).await?;
        Ok(decided)
    }

    /// What was decided of a photo last; nothing while it waits.
    pub async fn approval_judgement(&mut self, id: AssetId) -> Result<Option<Judgement>> {
        let sql = "SELECT decided_by, decided_at, decision_reason FROM asset WHERE id = $1 AND decided_by IS NOT NULL";
        self.fetch_optional(sql, args![id], |row| {
            Ok(Judgement { by: row.get(0)?, at: row.get(1)?, reason: row.get(2)? })
        })
        .await
    }

    /// Who brought the current versions of these photos' files.
    pub async fn asset_bringers(&mut self, ids: &[AssetId]) -> Result<HashMap<PersonId, Vec<AssetId>>> {
        let mut brought: HashMap<PersonId, Vec<AssetId>> = HashMap::new();
        let sql = "SELECT DISTINCT v.added_by, f.asset_id FROM file f JOIN version v ON v.id = f.version_id \
                   WHERE v.added_by IS NOT NULL AND f.asset_id IN ({})";
        self.fetch_in(sql, vec![], ids.iter().map(|id| (*id).into()).collect(), |row| {
            brought.entry(row.get(0)?).or_default().push(row.get(1)?);
            Ok(())
        })
        .await?;
        Ok(brought)
    }
}
