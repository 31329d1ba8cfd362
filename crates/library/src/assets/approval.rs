//! Approval of what contributors bring. A photo that waits is safe, seen by everybody who may look, and marked; somebody
//! who may approve accepts it, or declines it, which puts it into the trash.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use catalog::{Approvals, Asset, Judgement, NewChange, TimelineCursor, Tx};
use model::{Approval, AssetId, Error, NoticeKind, Permission, PersonId, Result, SpaceId, Timestamp};
use serde_json::json;

use super::{Listed, PAGE, locked};
use crate::Library;
use crate::access::{Access, Actor, SpaceRight};

/// Those who may approve are told of a space at most once in this time.
const TOLD_AGAIN: Duration = Duration::from_hours(1);
/// Characters of a reason at most.
const REASON: usize = 500;

/// What was decided of a photo.
pub struct Decision {
    /// The name of who decided, for other members of the space.
    pub by: Option<String>,
    /// When.
    pub at: Timestamp,
    /// Why, if they said so.
    pub reason: Option<String>,
}

impl Library {
    /// A page of the photos of a space that wait for approval, newest first.
    pub async fn waiting(
        &self,
        actor: &Actor,
        space: SpaceId,
        before: Option<TimelineCursor>,
        limit: usize,
    ) -> Result<Vec<Listed>> {
        let mut tx = self.catalog.read().await?;
        Access::new(&mut tx, actor).space(space).await?.needs(Permission::View)?;
        let tiles = tx.asset_page_of_waiting(space, before, limit.clamp(1, PAGE)).await?;
        Ok(tiles.into_iter().map(Listed::from).collect())
    }

    /// Which of these spaces ask for approval, and how many photos wait there.
    pub async fn space_approvals(&self, rights: &[SpaceRight]) -> Result<HashMap<SpaceId, Approvals>> {
        let ids: Vec<SpaceId> = rights.iter().map(|right| right.space.id).collect();
        self.catalog.read().await?.space_approvals(&ids).await
    }

    /// Approves photos that wait: all of them, or none. One that does not wait is approved already.
    ///
    /// # Errors
    /// `NotFound` where the actor may not look at one of them; `Forbidden` where they may not approve it; `Conflict` with the
    /// code `in-trash`.
    pub async fn assets_approve(&self, actor: &Actor, ids: &[AssetId]) -> Result<()> {
        self.decide(actor, ids, Approval::Approved, None).await
    }

    /// Declines photos that wait, which puts them into the trash: all of them, or none.
    ///
    /// # Errors
    /// As for [`Library::assets_approve`], and `Conflict` with the code `not-waiting` for one that does not wait, or
    /// `vault-locked` for one in the vault; `Invalid` for a reason that is too long.
    pub async fn assets_decline(&self, actor: &Actor, ids: &[AssetId], reason: Option<&str>) -> Result<()> {
        let reason = reason.map(str::trim).filter(|reason| !reason.is_empty());
        if reason.is_some_and(|reason| reason.chars().count() > REASON || reason.contains('\0')) {
            return Err(Error::invalid(format!("a reason has up to {REASON} characters, and no NUL")));
        }
        self.decide(actor, ids, Approval::Declined, reason).await
    }

    async fn decide(
        &self,
        actor: &Actor,
        ids: &[AssetId],
        approval: Approval,
        reason: Option<&str>,
    ) -> Result<()> {
        if ids.len() > PAGE {
            return Err(Error::invalid(format!("up to {PAGE} photos at once")));
        }
        let declines = approval == Approval::Declined;
        let at = self.clock.now();
        let judgement = Judgement { by: actor.person().id, at, reason: reason.map(str::to_owned) };
        let mut tx = self.begin_as(actor).await?;
        let mut decided: BTreeMap<SpaceId, Vec<Asset>> = BTreeMap::new();
        for id in ids {
            let (asset, right) = Access::new(&mut tx, actor).asset(*id).await?;
            right.needs(Permission::Approve)?;
            if asset.approval == Some(approval) || asset.approval.is_none() && !declines {
                continue;
            }
            if asset.deleted_at.is_some() || right.album.deleted_at.is_some() {
                return Err(
                    Error::conflict("the photo is in the trash; take it out first").with_code("in-trash")
                );
            }
            if declines {
                locked::refuse(&mut tx, *id, &right.album, "deleted").await?;
            }
            // It may have been decided meanwhile by somebody else.
            if !tx.approval_decide(*id, approval, &judgement).await? {
                let what = "the photo does not wait for approval; to take it away, put it into the trash";
                return Err(Error::conflict(what).with_code("not-waiting"));
            }
            if declines {
                tx.asset_set_deleted(&[*id], Some(at)).await?;
            }
            decided.entry(asset.space_id).or_default().push(asset);
        }
        let (op, action, kind) = if declines {
            ("delete", "asset.decline", NoticeKind::Declined)
        } else {
            ("update", "asset.approve", NoticeKind::Approved)
        };
        for (space, assets) in &decided {
            self.tell_bringers(&mut tx, actor, *space, assets, kind, reason).await?;
            for asset in assets {
                let change = NewChange { space_id: *space, entity: "asset", entity_id: asset.id.0, op, at };
                tx.change_append_many(&[change]).await?;
                let detail = json!({"album": asset.album_id, "reason": reason});
                let subject = asset.id.to_string();
                tx.audit_append_in(*space, at, actor.signature(), action, &subject, &detail).await?;
            }
        }
        tx.commit().await
    }

    /// Tells those who brought photos what was decided of them: each once, and none who does not belong there any more.
    async fn tell_bringers(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        space: SpaceId,
        assets: &[Asset],
        kind: NoticeKind,
        reason: Option<&str>,
    ) -> Result<()> {
        let ids: Vec<AssetId> = assets.iter().map(|asset| asset.id).collect();
        let name = tx.space_get(space).await?.map(|space| space.name);
        let names = tx.asset_names(&ids).await?;
        let mut brought: Vec<(PersonId, Vec<AssetId>)> = tx.asset_bringers(&ids).await?.into_iter().collect();
        brought.sort_by_key(|(person, _)| *person);
        for (person, photos) in brought {
            if person == actor.person().id || !belongs(tx, person, space, assets).await? {
                continue;
            }
            let photo = photos.first().and_then(|id| names.get(id));
            let facts = json!({
                "space": name, "photo": photo, "count": photos.len(), "by": actor.person().name, "reason": reason,
            });
            self.tell(tx, person, kind, facts).await?;
        }
        Ok(())
    }

    /// Tells those who may approve in a space that photos wait there, unless they were told a short while ago.
    pub(crate) async fn tell_of_waiting(&self, tx: &mut Tx, space: SpaceId) -> Result<()> {
        let now = self.clock.now();
        if !tx.approval_told(space, now, now.minus(TOLD_AGAIN)).await? {
            return Ok(());
        }
        let name = tx.space_get(space).await?.map(|space| space.name);
        let count = tx.space_approvals(&[space]).await?.get(&space).map(|found| found.waiting);
        for member in tx.member_list(space).await? {
            if member.permissions().has(Permission::Approve) {
                let facts = json!({"space": name, "count": count});
                self.tell(tx, member.person_id, NoticeKind::ApprovalAsked, facts).await?;
            }
        }
        Ok(())
    }
}

/// Whether somebody is a member of the space, or one of the albums that the photos live in is opened to them.
async fn belongs(tx: &mut Tx, person: PersonId, space: SpaceId, assets: &[Asset]) -> Result<bool> {
    if tx.member_get(space, person).await?.is_some() {
        return Ok(true);
    }
    let grants = tx.album_grant_by_person(person).await?;
    Ok(grants.iter().any(|grant| assets.iter().any(|asset| asset.album_id == grant.album_id)))
}

/// What was decided of a photo. Names of people are for those who belong to its space.
pub(super) async fn decision(tx: &mut Tx, actor: &Actor, asset: &Asset) -> Result<Option<Decision>> {
    if asset.approval.is_none() {
        return Ok(None);
    }
    let Some(judgement) = tx.approval_judgement(asset.id).await? else { return Ok(None) };
    let by = match tx.member_get(asset.space_id, actor.person().id).await? {
        Some(_) => tx.person_get(judgement.by).await?.map(|person| person.name),
        None => None,
    };
    Ok(Some(Decision { by, at: judgement.at, reason: judgement.reason }))
}
