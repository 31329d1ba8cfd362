//! Photos that are not in as many places as they should be. What copies lack changes from minute to minute, so it is not in
//! the index: it is asked of the catalog each time, for the photos that are looked at.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use catalog::{Copy, Holders, Rule, Tx};
use model::{AssetId, Result, SpaceId};

use super::query::bad;
use crate::safety::coverage::judge;

/// The word for what its space's rule asks for, where others are names of copies.
pub(super) const COPIES: &str = "copies";
/// A copy that lacks more objects than this has not been filled yet, and most photos are wanted.
const FEW: usize = 20_000;

/// What a photo may lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lack {
    /// Enough copies, as its space counts them.
    Copies,
    /// This one of the copies.
    One(usize),
}

/// Tells what photos lack.
pub(super) struct Missing {
    copies: Vec<Copy>,
    rules: HashMap<SpaceId, Rule>,
    wanted: Vec<(Lack, bool)>,
}

impl Missing {
    /// For what was asked, each with whether photos shall not lack it.
    ///
    /// # Errors
    /// `Invalid` with the code `bad-search` for a copy that there is not: that nothing is missing from it would be wrong.
    pub(super) async fn of(tx: &mut Tx, asked: &[(String, bool)]) -> Result<Self> {
        let mut copies = tx.copy_list().await?;
        copies.truncate(62);
        let mut wanted = Vec::new();
        for (name, negated) in asked {
            let lack = if name.eq_ignore_ascii_case(COPIES) {
                Some(Lack::Copies)
            } else {
                let named = |copy: &Copy| copy.name.to_lowercase() == name.to_lowercase();
                copies.iter().position(named).map(Lack::One)
            };
            let names = || copies.iter().map(|copy| copy.name.as_str()).collect::<Vec<_>>().join(", ");
            let lack = lack.ok_or_else(|| {
                bad(format!("there is no copy '{name}'; 'missing:' is copies, or one of: {}", names()))
            })?;
            wanted.push((lack, *negated));
        }
        Ok(Self { copies, rules: HashMap::new(), wanted })
    }

    /// Everything that a photo can lack, with its name.
    pub(super) fn lacks(&self) -> impl Iterator<Item = (Lack, &str)> {
        let each =
            self.copies.iter().enumerate().map(|(number, copy)| (Lack::One(number), copy.name.as_str()));
        std::iter::once((Lack::Copies, COPIES)).chain(each.filter(|(_, name)| *name != COPIES))
    }

    /// Which of these photos, each with its space, are as was asked for.
    pub(super) async fn wanted(
        &mut self,
        tx: &mut Tx,
        photos: &[(AssetId, SpaceId)],
    ) -> Result<HashSet<AssetId>> {
        let lacks = self.read(tx, photos).await?;
        let as_asked = |(id, space): &&(AssetId, SpaceId)| {
            self.wanted.iter().all(|(lack, negated)| self.is(*lack, *space, lacks.get(id)) != *negated)
        };
        Ok(photos.iter().filter(as_asked).map(|(id, _)| *id).collect())
    }

    /// How many of these photos lack each thing that can be lacked.
    pub(super) async fn counted(
        &mut self,
        tx: &mut Tx,
        photos: &[(AssetId, SpaceId)],
    ) -> Result<Vec<(String, u64)>> {
        let lacks = self.read(tx, photos).await?;
        let count = |lack| photos.iter().filter(|(id, space)| self.is(lack, *space, lacks.get(id))).count();
        let counts = self.lacks().map(|(lack, name)| (name.to_owned(), count(lack) as u64));
        Ok(counts.filter(|(_, count)| *count > 0).collect())
    }

    /// The only photos of these spaces that can be as was asked for, if they are few.
    pub(super) async fn few(&mut self, tx: &mut Tx, spaces: &[SpaceId]) -> Result<Option<Vec<AssetId>>> {
        self.learn_rules(tx, spaces.iter().copied()).await?;
        let mut fewest: Option<Vec<AssetId>> = None;
        for (lack, _) in self.wanted.iter().filter(|(_, negated)| !negated) {
            let copies = match lack {
                Lack::One(number) => &self.copies[*number..=*number],
                // Where all copies together are not enough, every photo is meant.
                Lack::Copies if spaces.iter().any(|space| self.is(Lack::Copies, *space, None)) => continue,
                Lack::Copies => &self.copies[..],
            };
            let mut found = Some(Vec::new());
            for copy in copies {
                let Some(some) = tx.assets_lacking(copy.id, FEW).await? else {
                    found = None;
                    break;
                };
                if let Some(all) = &mut found {
                    all.extend(&some);
                }
            }
            if let Some(found) = found
                && fewest.as_ref().is_none_or(|fewest| found.len() < fewest.len())
            {
                fewest = Some(found);
            }
        }
        Ok(fewest)
    }

    async fn read(
        &mut self,
        tx: &mut Tx,
        photos: &[(AssetId, SpaceId)],
    ) -> Result<HashMap<AssetId, Vec<Holders>>> {
        self.learn_rules(tx, photos.iter().map(|(_, space)| *space)).await?;
        let ids: Vec<AssetId> = photos.iter().map(|(id, _)| *id).collect();
        tx.asset_lacks(&ids, &self.copies).await
    }

    async fn learn_rules(&mut self, tx: &mut Tx, spaces: impl Iterator<Item = SpaceId>) -> Result<()> {
        for space in spaces {
            if let Entry::Vacant(unknown) = self.rules.entry(space) {
                unknown.insert(tx.rule_get(space).await?);
            }
        }
        Ok(())
    }

    /// Whether a photo of a space lacks this, by the sets of copies that lack one of its objects.
    fn is(&self, lack: Lack, space: SpaceId, lacking: Option<&Vec<Holders>>) -> bool {
        let all: Holders = (1 << self.copies.len()) - 1;
        let sets = lacking.map_or(&[][..], Vec::as_slice);
        match lack {
            Lack::One(number) => sets.iter().any(|set| set >> number & 1 == 1),
            Lack::Copies => {
                let rule = self.rules.get(&space).copied().unwrap_or_default();
                let enough = |holders| judge(rule, &self.copies, holders).is_none();
                !enough(all) || sets.iter().any(|set| !enough(all & !set))
            }
        }
    }
}
