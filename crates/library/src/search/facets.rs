//! How many of the photos that are found are of which sort, so that a search can be narrowed with a click.
//!
//! To count a million for every letter that is typed would take too long: the newest are counted, and that is said. Cameras,
//! lenses and years that only older photos have are named without a number.

use std::collections::HashMap;

use catalog::{SearchKey, Term, Tile, Tx};
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
/// Photos that are in memory at once.
const PART: usize = 500;
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
        let members = People::of(&mut tx, actor, &look.spaces).await?;
        let mut missing = Missing::of(&mut tx, &[]).await?;
        let mut counts = Counts::default();
        // What is missing is looked for in one go, or it would be looked for in vain as many times as there are parts.
        let most = if look.missing.is_some() { COUNTED } else { PART };
        let all = loop {
            let limit = most.min(COUNTED - counts.photos);
            let Part { found, more } = look.find(&mut tx, counts.last, limit).await?;
            counts.add(&mut tx, &members, &mut missing, &found).await?;
            if more.is_none() {
                break true;
            }
            if look.missing.is_some() {
                break false;
            }
            if counts.photos == COUNTED {
                break look.find(&mut tx, counts.last, 1).await?.found.is_empty();
            }
        };
        let last = counts.last;
        let mut facets = counts.ranked(&missing, all);
        if !all && look.missing.is_none() {
            let sorts = [
                (Named::Camera, &mut facets.cameras),
                (Named::Lens, &mut facets.lenses),
                (Named::Year, &mut facets.years),
            ];
            for (named, known) in sorts {
                older(&mut tx, &look, last, named, known).await?;
            }
        }
        Ok(facets)
    }
}

/// How often each name was met.
#[derive(Default)]
struct Tally(HashMap<String, u64>);

impl Tally {
    fn add<N: Into<String>>(&mut self, names: impl IntoIterator<Item = N>) {
        for name in names {
            *self.0.entry(name.into()).or_default() += 1;
        }
    }

    /// The most frequent first.
    fn ranked(self) -> Ranked {
        let mut ranked: Ranked = self.0.into_iter().collect();
        ranked.sort_by(|(name, count), (other, than)| than.cmp(count).then_with(|| name.cmp(other)));
        ranked.truncate(NAMED);
        ranked
    }
}

/// What was counted so far, part by part: thousands of photos with all that is known of them would take much memory.
#[derive(Default)]
struct Counts {
    photos: usize,
    last: Option<SearchKey>,
    types: Tally,
    kinds: Tally,
    years: Tally,
    cameras: Tally,
    lenses: Tally,
    places: Tally,
    people: Tally,
    tiers: Tally,
    ratings: Tally,
    keywords: Tally,
    missing: Tally,
}

impl Counts {
    async fn add(
        &mut self,
        tx: &mut Tx,
        members: &People,
        missing: &mut Missing,
        found: &[Found],
    ) -> Result<()> {
        let Some(last) = found.last() else { return Ok(()) };
        self.last = Some(last.key);
        self.photos += found.len();
        for Found { tile: Tile { asset, .. }, .. } in found {
            let shown = asset.shown();
            self.types.add([facts::media(shown.kind)]);
            self.kinds.add([asset.kind.to_string()]);
            self.years.add([facts::year(asset.captured_at, &shown)]);
            self.places.add([if shown.gps.is_some() { "yes" } else { "no" }]);
            self.ratings.add(shown.rating.map(|stars| stars.to_string()));
            self.cameras.add(shown.camera_model);
            self.lenses.add(shown.lens);
            self.keywords.add(shown.keywords);
        }
        self.tiers.add(tiers(tx, found).await?);
        self.people.add(people(tx, members, found).await?);
        for (name, count) in missing.counted(tx, &whose(found)).await? {
            *self.missing.0.entry(name).or_default() += count;
        }
        Ok(())
    }

    fn ranked(self, missing: &Missing, all: bool) -> Facets {
        let lacked = |name: &str| Some((name.to_owned(), *self.missing.0.get(name)?));
        Facets {
            counted: self.photos as u64,
            all,
            types: self.types.ranked(),
            kinds: self.kinds.ranked(),
            years: self.years.ranked(),
            cameras: self.cameras.ranked(),
            lenses: self.lenses.ranked(),
            places: self.places.ranked(),
            people: self.people.ranked(),
            tiers: self.tiers.ranked(),
            ratings: self.ratings.ranked(),
            keywords: self.keywords.ranked(),
            missing: missing.lacks().filter_map(|(_, name)| lacked(name)).collect(),
        }
    }
}

/// Who sees a photo in an album that is not its home does not know how strictly its home is kept.
async fn tiers(tx: &mut Tx, found: &[Found]) -> Result<Vec<String>> {
    let homes: Vec<AlbumId> =
        found.iter().filter(|one| one.album == one.tile.asset.album_id).map(|one| one.album).collect();
    let mut each = homes.clone();
    each.sort_unstable();
    each.dedup();
    let tiers = tx.album_tiers(&each).await?;
    Ok(homes.iter().filter_map(|home| tiers.get(home)).map(ToString::to_string).collect())
}

/// Members only, where who asks sees them: of others nothing is told, so that the numbers need not add up.
async fn people(tx: &mut Tx, people: &People, found: &[Found]) -> Result<Vec<String>> {
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
    Ok(names.map(str::to_owned).collect())
}

/// Adds names that only photos older than those counted have, without a number. They are names of spaces that who asks sees
/// all of, and each is told only if there is such a photo for them.
async fn older(
    tx: &mut Tx,
    look: &Look,
    last: Option<SearchKey>,
    named: Named,
    known: &mut Ranked,
) -> Result<()> {
    let names = tx.facet_names(&look.spaces, named.as_str(), NAMED + TRIED).await?;
    let new: Vec<String> =
        names.into_iter().filter(|name| known.iter().all(|(known, _)| known != name)).take(TRIED).collect();
    for name in new {
        if known.len() >= NAMED {
            break;
        }
        let terms = named.facts(&name).into_iter().map(|fact| vec![Term::Fact(fact)]).collect::<Vec<_>>();
        if !terms.is_empty() && !tx.search_page(&look.within(terms), last, 1).await?.is_empty() {
            known.push((name, 0));
        }
    }
    Ok(())
}
