//! Search: words, filters, and how many of each there are. The catalog keeps the index; what a word is, what can be asked,
//! and who may find what, is here.

mod facts;
mod query;
mod words;

use std::collections::HashMap;
use std::hash::Hash;

use catalog::{Entry, Search, SearchKey, Term, Tile, Tx, Unindexed};
use model::{AlbumId, AssetId, Result, SpaceId};
use serde::Serialize;

use crate::Library;
use crate::access::{Access, Actor};
use crate::assets::Listed;

/// Photos that are brought into the index in one transaction.
const LOT: usize = 500;
/// So many photos that were indexed at once leave an index in many parts.
const MANY: u64 = 10_000;
/// Pages of the index that are brought together in one transaction.
const TIDIED: u32 = 500;
/// Words of one photo in the index at most.
const WORDS: usize = 400;
/// Photos that are looked at to count what there is.
const COUNTED: usize = 5000;
/// Names of one sort that are told.
const NAMED: usize = 30;

/// Where somebody may look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Into all of a space.
    Space(SpaceId),
    /// Into one album.
    Album(AlbumId),
}

/// A photo that was found.
struct Found {
    key: SearchKey,
    tile: Tile,
    /// The album in which who asks sees it.
    album: AlbumId,
}

/// How many of the photos that are found are of which sort.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Facets {
    /// Photos that were counted: all that are found, or the newest of them.
    pub counted: u64,
    /// Whether that is all.
    pub all: bool,
    /// Photo, video, other.
    pub types: Vec<(String, u64)>,
    /// Years in which they were taken.
    pub years: Vec<(String, u64)>,
    /// Cameras.
    pub cameras: Vec<(String, u64)>,
    /// Lenses.
    pub lenses: Vec<(String, u64)>,
    /// Stars; -1 for rejected.
    pub ratings: Vec<(String, u64)>,
    /// Keywords.
    pub keywords: Vec<(String, u64)>,
}

impl Library {
    /// What an actor may see and a question finds, newest first, with the keys that pages go on by.
    ///
    /// # Errors
    /// `Invalid` with the code `bad-search`, in words for who asked; `NotFound` for a space that is not theirs.
    pub async fn search(
        &self,
        actor: &Actor,
        space: Option<SpaceId>,
        text: &str,
        before: Option<SearchKey>,
        limit: usize,
    ) -> Result<Vec<(SearchKey, Listed)>> {
        let found = self.found(actor, space, text, before, limit).await?;
        let listed = |Found { key, tile, album }| (key, Listed { album, ..Listed::from(tile) });
        Ok(found.into_iter().map(listed).collect())
    }

    async fn found(
        &self,
        actor: &Actor,
        space: Option<SpaceId>,
        text: &str,
        before: Option<SearchKey>,
        limit: usize,
    ) -> Result<Vec<Found>> {
        let search = query::parse(text)?;
        // What was changed a moment ago is found; after an import of many the index follows by itself.
        self.index_lot().await?;
        let mut tx = self.catalog.read().await?;
        let (mut spaces, mut albums) = (Vec::new(), Vec::new());
        for scope in Access::new(&mut tx, actor).scopes(space).await? {
            match scope {
                Scope::Space(id) => spaces.push(Term::Fact(facts::space(id))),
                Scope::Album(id) => albums.push(id),
            }
        }
        let mut found = Vec::new();
        if !spaces.is_empty() {
            let mut within = search.clone();
            // For who sees everything the index need not be asked, photo by photo, whether they see it.
            if search.all.is_empty() || spaces.len() < tx.space_list().await?.len() {
                within.all.push(spaces);
            }
            let page = tx.search_page(&within, before, limit).await?.into_iter();
            found.extend(page.map(|(key, tile)| Found { key, album: tile.asset.album_id, tile }));
        }
        if !albums.is_empty() {
            found.extend(opened(&mut tx, &search, &albums, before, limit).await?);
            found.sort_by_key(|found| std::cmp::Reverse(found.key));
            found.dedup_by_key(|found| found.key);
            found.truncate(limit);
        }
        Ok(found)
    }

    /// How many photos of which sort a question finds.
    ///
    /// # Errors
    /// As for [`Library::search`].
    pub async fn facets(&self, actor: &Actor, space: Option<SpaceId>, text: &str) -> Result<Facets> {
        let mut found = self.found(actor, space, text, None, COUNTED + 1).await?;
        let all = found.len() <= COUNTED;
        found.truncate(COUNTED);
        let shown: Vec<_> = found
            .iter()
            .map(|Found { tile: Tile { asset, .. }, .. }| (asset.captured_at, asset.shown()))
            .collect();
        let years = shown.iter().map(|(at, shown)| {
            let local = shown.captured.map_or(*at, |captured| model::Timestamp(captured.local_ms));
            local.civil().0.to_string()
        });
        let cameras = shown.iter().filter_map(|(_, shown)| shown.camera_model.clone());
        let lenses = shown.iter().filter_map(|(_, shown)| shown.lens.clone());
        Ok(Facets {
            counted: found.len() as u64,
            all,
            types: ranked(shown.iter().map(|(_, shown)| format!("{:?}", shown.kind).to_lowercase())),
            years: ranked(years),
            cameras: ranked(cameras),
            lenses: ranked(lenses),
            ratings: ranked(
                shown.iter().filter_map(|(_, shown)| shown.rating.map(|stars| stars.to_string())),
            ),
            keywords: ranked(shown.iter().flat_map(|(_, shown)| shown.keywords.clone())),
        })
    }

    /// Brings the index up to date with the catalog; gives the number of photos.
    pub async fn index(&self) -> Result<u64> {
        let mut done = 0;
        loop {
            let lot = self.index_lot().await?;
            done += lot as u64;
            if lot < LOT {
                break;
            }
        }
        if done >= MANY {
            self.tidy().await?;
        }
        Ok(done)
    }

    /// After an import of many. A lot at a time, so that others who write wait for one of them only.
    async fn tidy(&self) -> Result<()> {
        let mut first = true;
        loop {
            let mut tx = self.catalog.begin().await?;
            let more = tx.search_tidy(first, TIDIED).await?;
            tx.commit().await?;
            if !more {
                return Ok(());
            }
            first = false;
        }
    }

    async fn index_lot(&self) -> Result<usize> {
        if self.catalog.read().await?.search_waiting(1).await? == 0 {
            return Ok(0);
        }
        let mut tx = self.catalog.begin().await?;
        let photos = tx.search_unindexed(LOT).await?;
        let entries: Vec<Entry> = photos.iter().map(entry).collect();
        tx.search_put(&entries).await?;
        tx.commit().await?;
        Ok(entries.len())
    }
}

/// What is found in albums that were opened to somebody outside their space. The index knows a photo by all of its albums,
/// and whoever sees it in one of them must not learn by asking what the others are called: what the index finds is looked
/// at again as if there were no other album.
async fn opened(
    tx: &mut Tx,
    search: &Search,
    albums: &[AlbumId],
    mut before: Option<SearchKey>,
    limit: usize,
) -> Result<Vec<Found>> {
    let scope = albums.iter().map(|id| Term::Fact(facts::album(*id))).collect();
    let wide = Search { all: [search.all.clone(), vec![scope]].concat(), none: Vec::new(), ..search.clone() };
    let mut found = Vec::new();
    loop {
        let page = tx.search_page(&wide, before, LOT).await?;
        let ids: Vec<AssetId> = page.iter().map(|(_, tile)| tile.asset.id).collect();
        let sources = tx.search_sources(&ids).await?.into_iter();
        let mut sources: HashMap<AssetId, Unindexed> = sources.map(|photo| (photo.asset.id, photo)).collect();
        let last = page.len() < LOT;
        for (key, tile) in page {
            before = Some(key);
            let Some(mut photo) = sources.remove(&tile.asset.id) else { continue };
            photo.albums.retain(|(id, _)| albums.contains(id));
            // It may have been taken out since the index was made.
            let Some((album, _)) = photo.albums.first() else { continue };
            if search.holds(&entry(&photo)) {
                found.push(Found { key, album: *album, tile });
            }
            if found.len() == limit {
                return Ok(found);
            }
        }
        if last {
            return Ok(found);
        }
    }
}

fn entry(photo: &Unindexed) -> Entry {
    let shown = photo.asset.shown();
    let told =
        [&shown.title, &shown.caption, &shown.camera_make, &shown.camera_model, &shown.lens, &shown.creator];
    let albums = photo.albums.iter().map(|(_, name)| name);
    let texts = told.into_iter().flatten().chain(&shown.keywords).chain(&photo.names).chain(albums);
    Entry {
        asset_id: photo.asset.id,
        captured_at: photo.asset.captured_at,
        words: words::each_once(texts.map(String::as_str), WORDS),
        facts: facts::of(photo),
    }
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
