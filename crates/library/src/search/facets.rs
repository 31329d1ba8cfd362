//! How many of the photos that are found are of which sort, so that a search can be narrowed with a click.
//!
//! To count a million for every letter that is typed would take too long: the newest are counted, and that is said. Cameras,
//! lenses and years that only older photos have are named without a number.

use std::collections::HashMap;
use std::hash::Hash;

use catalog::{Term, Tile, Tx};
use model::{AlbumId, AssetId, Result, SpaceId};
use serde::Serialize;

use super::facts::{self, Named};
use super::find::{Found, Look, Part, whose};
use super::missing::Missing;
use super::people::People;
use super::words::words;
use crate::Library;
use crate::access::Actor;

/// Photos that are looked at to count what there is.
const COUNTED: usize = 5000;
/// Names of one sort that are told.
const NAMED: usize = 50;
/// Names of one sort that are looked for among older photos, at most.
const TRIED: usize = 100;

/// Names with how many there are, the most frequent first.
pub type Ranked = Vec<(String, u64)>;

/// How many of the photos that are found are of which sort.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Facets {
    /// Photos that were counted: all that are found, or the newest of them.
    pub counted: u64,
    /// Whether that is all.
    pub all: bool,
    /// Photo, video, other.
    pub types: Ranked,
    /// Master, final, social.
    pub kinds: Ranked,
    /// Years in which they were taken; with 0, those of older photos only.
    pub years: Ranked,
    /// Cameras, likewise.
    pub cameras: Ranked,
    /// Lenses, likewise.
    pub lenses: Ranked,
    /// `yes` and `no`: whether it is known where they were taken.
    pub places: Ranked,
    /// Members who brought them, by name.
    pub people: Ranked,
    /// How strictly their homes are kept.
    pub tiers: Ranked,
    /// Stars; -1 for rejected.
    pub ratings: Ranked,
    /// Keywords.
    pub keywords: Ranked,
    /// `copies` where their space's rule asks for more of them, and the copies that lack them.
    pub missing: Ranked,
}

impl Library {
    /// How many photos of which sort a question finds.
    ///
    /// # Errors
    /// As for [`Library::search`].
    pub async fn facets(&self, actor: &Actor, space: Option<SpaceId>, text: &str) -> Result<Facets> {
        let (mut tx, mut look) = self.look_for(actor, space, text).await?;
        let Part { mut found, more } = look.find(&mut tx, None, COUNTED + 1).await?;
        let all = more.is_none() && found.len() <= COUNTED;
        found.truncate(COUNTED);
        let mut facets = Facets { counted: found.len() as u64, all, ..Facets::default() };
        facets.count_shown(&found);
        facets.tiers = tiers(&mut tx, &found).await?;
        let members = People::of(&mut tx, actor, &look.spaces).await?;
        facets.people = people(&mut tx, &members, &found).await?;
        if !found.is_empty() {
            facets.missing = Missing::of(&mut tx, &[]).await?.counted(&mut tx, &whose(&found)).await?;
        }
        if !facets.all && look.missing.is_none() {
            let sorts = [
                (Named::Camera, &mut facets.cameras),
                (Named::Lens, &mut facets.lenses),
                (Named::Year, &mut facets.years),
            ];
            for (named, known) in sorts {
                older(&mut tx, &look, &found, named, known).await?;
            }
        }
        Ok(facets)
    }
}

impl Facets {
    /// Counts what photos say of themselves.
    fn count_shown(&mut self, found: &[Found]) {
        let shown: Vec<_> =
            found.iter().map(|Found { tile: Tile { asset, .. }, .. }| (asset, asset.shown())).collect();
        let place = |known: bool| if known { "yes" } else { "no" };
        self.types = ranked(shown.iter().map(|(_, shown)| facts::media(shown.kind).to_owned()));
        self.kinds = ranked(shown.iter().map(|(asset, _)| asset.kind.to_string()));
        self.years = ranked(shown.iter().map(|(asset, shown)| facts::year(asset.captured_at, shown)));
        self.cameras = ranked(shown.iter().filter_map(|(_, shown)| shown.camera_model.clone()));
        self.lenses = ranked(shown.iter().filter_map(|(_, shown)| shown.lens.clone()));
        self.places = ranked(shown.iter().map(|(_, shown)| place(shown.gps.is_some()).to_owned()));
        self.ratings =
            ranked(shown.iter().filter_map(|(_, shown)| shown.rating.map(|stars| stars.to_string())));
        self.keywords = ranked(shown.iter().flat_map(|(_, shown)| shown.keywords.clone()));
    }
}

/// Who sees a photo in an album that is not its home does not know how strictly its home is kept.
async fn tiers(tx: &mut Tx, found: &[Found]) -> Result<Ranked> {
    let homes: Vec<AlbumId> =
        found.iter().filter(|one| one.album == one.tile.asset.album_id).map(|one| one.album).collect();
    let mut each = homes.clone();
    each.sort_unstable();
    each.dedup();
    let tiers = tx.album_tiers(&each).await?;
    Ok(ranked(homes.iter().filter_map(|home| tiers.get(home)).map(ToString::to_string)))
}

/// Members only, where who asks sees them: of others nothing is told, so that the numbers need not add up.
async fn people(tx: &mut Tx, people: &People, found: &[Found]) -> Result<Ranked> {
    let ids: Vec<AssetId> = found.iter().map(|one| one.tile.asset.id).collect();
    let brought = tx.asset_uploaders(&ids).await?;
    let names = found.iter().flat_map(|one| {
        let space = one.tile.asset.space_id;
        let who = brought.get(&one.tile.asset.id).into_iter().flatten();
        let named = who.filter_map(|person| people.name(space, *person));
        // A name without letters cannot be asked for.
        let mut names: Vec<&str> = named.filter(|name| !words(name).is_empty()).collect();
        names.sort_unstable();
        names.dedup();
        names
    });
    Ok(ranked(names.map(str::to_owned)))
}

/// Adds names that only photos older than those counted have, without a number. They are names of spaces that who asks sees
/// all of, and each is told only if there is such a photo for them.
async fn older(tx: &mut Tx, look: &Look, counted: &[Found], named: Named, known: &mut Ranked) -> Result<()> {
    let before = counted.last().map(|last| last.key);
    let names = tx.facet_names(&look.spaces, named.as_str(), NAMED + TRIED).await?;
    let new: Vec<String> =
        names.into_iter().filter(|name| known.iter().all(|(known, _)| known != name)).take(TRIED).collect();
    for name in new {
        if known.len() >= NAMED {
            break;
        }
        let terms = named.facts(&name).into_iter().map(|fact| vec![Term::Fact(fact)]).collect::<Vec<_>>();
        if !terms.is_empty() && !tx.search_page(&look.within(terms), before, 1).await?.is_empty() {
            known.push((name, 0));
        }
    }
    Ok(())
}

/// Counts, the most frequent first.
fn ranked<K: Ord + Hash>(names: impl Iterator<Item = K>) -> Vec<(K, u64)> {
    let mut counts: HashMap<K, u64> = HashMap::new();
    for name in names {
        *counts.entry(name).or_default() += 1;
    }
    let mut ranked: Vec<(K, u64)> = counts.into_iter().collect();
    ranked.sort_by(|(name, count), (other, than)| than.cmp(count).then_with(|| name.cmp(other)));
    ranked.truncate(NAMED);
    ranked
}
