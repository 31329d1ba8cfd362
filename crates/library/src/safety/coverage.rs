//! Which photos have how many copies, exactly: object by object, and against what their space asks for.

use std::collections::HashMap;
use std::time::Duration;

use catalog::{Copy, CoveredObject, Holders, ObjectName, Rule};
use model::{AssetId, ObjectId, Permission, Place, Result, SpaceId, Timestamp};
use serde_json::json;

use crate::access::{Access, Actor};
use crate::{Library, PhotoName};

/// How many photos are named on one page.
pub const PAGE: usize = 200;
const DAY: Duration = Duration::from_hours(24);

/// Why a photo is at risk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// No copy holds it as it should be.
    Lost,
    /// Only one copy, the library included, holds it.
    OneCopy,
    /// Fewer copies hold it than its space asks for.
    FewCopies,
    /// Its copies are on fewer kinds of medium than its space asks for.
    FewMedia,
    /// Fewer copies that hold it are elsewhere than its space asks for.
    NoOffsite,
    /// There are enough copies, but in some it was not read back for longer than its space allows.
    Unproved,
}

impl Why {
    /// For programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::OneCopy => "one-copy",
            Self::FewCopies => "few-copies",
            Self::FewMedia => "few-media",
            Self::NoOffsite => "no-offsite",
            Self::Unproved => "unproved",
        }
    }
}

/// Objects that the same copies hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Names of the copies, the library first.
    pub copies: Vec<String>,
    /// How many objects, and encrypted bytes.
    pub objects: u64,
    /// See [`Held::objects`].
    pub bytes: u64,
    /// Why that is not enough; `None` where it is.
    pub why: Option<Why>,
}

/// How a space stands.
#[derive(Clone, Debug)]
pub struct SpaceCoverage {
    /// What it asks for.
    pub rule: Rule,
    /// Its objects by who holds them, the least safe first.
    pub held: Vec<Held>,
    /// In how many copies at least one object waits to be read again for longer than the space allows, by name of the
    /// copy.
    pub unproved: Vec<(String, u64)>,
}

impl SpaceCoverage {
    /// Objects in all, and those at risk.
    pub fn counts(&self) -> (u64, u64) {
        let all = self.held.iter().map(|held| held.objects).sum();
        (all, self.held.iter().filter(|held| held.why.is_some()).map(|held| held.objects).sum())
    }
}

/// A photo at risk.
#[derive(Clone, Debug)]
pub struct AtRisk {
    /// Its object; the cursor of the next page.
    pub object: ObjectId,
    /// The photos that need it, and what to open to see them.
    pub photos: Vec<(PhotoName, AssetId)>,
    /// The copies that hold it.
    pub copies: Vec<String>,
    /// Those of them in which it was not read back for longer than its space allows.
    pub unproved: Vec<String>,
    /// Why that is not enough.
    pub why: Why,
}

/// Why these holders are not enough for a rule, the worst reason first.
pub(crate) fn judge(rule: Rule, copies: &[Copy], holders: Holders) -> Option<Why> {
    let held: Vec<&Copy> = holding(copies, holders).collect();
    let mut media: Vec<_> = held.iter().map(|copy| copy.medium).collect();
    media.sort_unstable();
    media.dedup();
    let offsite = held.iter().filter(|copy| copy.place == Place::Offsite).count();
    let enough = |number: usize, asked: u32| number as u64 >= u64::from(asked);
    match held.len() {
        0 => Some(Why::Lost),
        1 if rule.copies > 1 => Some(Why::OneCopy),
        number if !enough(number, rule.copies) => Some(Why::FewCopies),
        _ if !enough(offsite, rule.offsite) => Some(Why::NoOffsite),
        _ if !enough(media.len(), rule.media) => Some(Why::FewMedia),
        _ => None,
    }
}

fn holding(copies: &[Copy], holders: Holders) -> impl Iterator<Item = &Copy> {
    copies.iter().enumerate().filter(move |(number, _)| holders >> number & 1 == 1).map(|(_, copy)| copy)
}

fn with_asset(name: ObjectName) -> (PhotoName, AssetId) {
    let asset = name.asset_id;
    (name.into(), asset)
}

impl Library {
    /// How a space stands, for who may look into it.
    pub async fn space_coverage(&self, actor: &Actor, space: SpaceId) -> Result<SpaceCoverage> {
        let mut tx = self.catalog.read().await?;
        Access::new(&mut tx, actor).space(space).await?.needs(Permission::View)?;
        drop(tx);
        self.coverage_of(space).await
    }

    pub(super) async fn coverage_of(&self, space: SpaceId) -> Result<SpaceCoverage> {
        let copies = self.copies_in_use().await?;
        let ids: Vec<_> = copies.iter().map(|copy| copy.id).collect();
        let rule = self.catalog.read().await?.rule_get(space).await?;
        let before = self.proof_limit(rule);
        let count = async || {
            let mut tx = self.catalog.read().await?;
            let mut stale = Vec::with_capacity(ids.len());
            for id in &ids {
                stale.push(tx.replica_stale_count(*id, space, before).await?);
            }
            Ok((tx.coverage(&ids, space).await?, stale))
        };
        let (sets, stale) = self.watch.covered.get((space, ids.clone()), count).await?;
        let mut held: Vec<Held> = sets
            .into_iter()
            .map(|set| Held {
                copies: holding(&copies, set.holders).map(|copy| copy.name.clone()).collect(),
                objects: set.objects,
                bytes: set.bytes,
                why: judge(rule, &copies, set.holders),
            })
            .collect();
        held.sort_by_key(|held| (held.why.is_none(), held.copies.len()));
        let unproved = copies.iter().zip(stale).filter(|(_, stale)| *stale > 0);
        let unproved = unproved.map(|(copy, stale)| (copy.name.clone(), stale)).collect();
        Ok(SpaceCoverage { rule, held, unproved })
    }

    pub(super) fn proof_limit(&self, rule: Rule) -> Timestamp {
        self.clock.now().minus(DAY * rule.proof_days)
    }

    /// Photos of a space that are at risk, by name; `after` is the last object of the page before.
    pub async fn at_risk(
        &self,
        actor: &Actor,
        space: SpaceId,
        after: Option<ObjectId>,
        limit: usize,
    ) -> Result<Vec<AtRisk>> {
        let copies = self.copies_in_use().await?;
        let ids: Vec<_> = copies.iter().map(|copy| copy.id).collect();
        let mut tx = self.catalog.read().await?;
        Access::new(&mut tx, actor).space(space).await?.needs(Permission::View)?;
        let rule = tx.rule_get(space).await?;
        let sets: HashMap<Holders, Why> = tx
            .coverage(&ids, space)
            .await?
            .into_iter()
            .filter_map(|set| Some((set.holders, judge(rule, &copies, set.holders)?)))
            .collect();
        let bad: Vec<Holders> = sets.keys().copied().collect();
        let before = self.proof_limit(rule);
        let found = tx.coverage_objects(&ids, space, &bad, before, after, limit.clamp(1, PAGE)).await?;
        let objects: Vec<ObjectId> = found.iter().map(|object| object.id).collect();
        let mut names = tx.object_names(&objects).await?;
        let named = |holders| holding(&copies, holders).map(|copy| copy.name.clone()).collect();
        let told = found.into_iter().map(|CoveredObject { id, holders, unproved }| AtRisk {
            object: id,
            photos: names.remove(&id).unwrap_or_default().into_iter().map(with_asset).collect(),
            copies: named(holders),
            unproved: named(unproved),
            why: sets.get(&holders).copied().unwrap_or(Why::Unproved),
        });
        Ok(told.collect())
    }

    /// Says what a space asks of its copies.
    pub async fn rule_set(&self, actor: &Actor, space: SpaceId, rule: Rule) -> Result<()> {
        let sane = (1..=20).contains(&rule.copies)
            && (1..=4).contains(&rule.media)
            && rule.offsite <= rule.copies
            && rule.media <= rule.copies
            && (1..=730).contains(&rule.proof_days);
        if !sane {
            return Err(model::Error::invalid(
                "a space asks for 1 to 20 copies on 1 to 4 kinds of medium, no more of them elsewhere than there are \
                 copies, each read again within 1 to 730 days",
            ));
        }
        let mut tx = self.begin_as(actor).await?;
        Access::new(&mut tx, actor).space(space).await?.needs(Permission::Manage)?;
        let was = tx.rule_get(space).await?;
        tx.rule_put(space, rule).await?;
        let told = |rule: Rule| json!([rule.copies, rule.media, rule.offsite, rule.proof_days]);
        let detail = json!({"was": told(was), "is": told(rule)});
        let (now, who) = (self.clock.now(), actor.signature());
        tx.audit_append_in(space, now, who, "space.rule", &space.to_string(), &detail).await?;
        tx.commit().await?;
        self.watch.bell.notify_one();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use model::{CopyId, Medium, StoreId};

    use super::*;

    fn copy(medium: Medium, place: Place) -> Copy {
        Copy {
            id: CopyId::generate(),
            name: medium.to_string(),
            url: None,
            medium,
            place,
            store_id: StoreId::generate(),
            is_library: false,
            created_at: Timestamp(0),
            removed_at: None,
        }
    }

    #[test]
    fn three_two_one_means_three_two_and_one() {
        let copies = [
            copy(Medium::Disk, Place::Onsite),
            copy(Medium::Nas, Place::Onsite),
            copy(Medium::Cloud, Place::Offsite),
            copy(Medium::Disk, Place::Offsite),
        ];
        let usual = Rule::default();
        for (holders, why) in [
            (0b0000, Some(Why::Lost)),
            (0b0100, Some(Why::OneCopy)),
            (0b0101, Some(Why::FewCopies)),
            (0b0111, None),
            (0b1011, None),
            (0b1001, Some(Why::FewCopies)),
            (0b1111, None),
        ] {
            assert_eq!(judge(usual, &copies, holders), why, "{holders:b}");
        }
        assert_eq!(judge(Rule { offsite: 2, ..usual }, &copies, 0b0111), Some(Why::NoOffsite));
        assert_eq!(judge(Rule { copies: 4, ..usual }, &copies, 0b0111), Some(Why::FewCopies));
        assert_eq!(judge(Rule { copies: 2, ..usual }, &copies, 0b1001), Some(Why::FewMedia));
        let alone = Rule { copies: 1, media: 1, offsite: 0, proof_days: 9 };
        assert_eq!(judge(alone, &copies, 0b0001), None);
        assert_eq!(judge(alone, &copies, 0), Some(Why::Lost), "no rule makes that well");
    }
}
