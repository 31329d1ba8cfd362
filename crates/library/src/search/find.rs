//! Finding: the index is asked within what an actor may see, and what it cannot know is looked up for what it finds.

use std::collections::HashMap;

use catalog::{Search, SearchKey, Term, Tile, Tx, Unindexed};
use model::{AlbumId, AssetId, Result, SpaceId};

use super::missing::Missing;
use super::people::People;
use super::query::{self, Question};
use super::{LOT, Scope, entry, facts};
use crate::Library;
use crate::access::{Access, Actor};

/// Lots that are looked at for one page where the index does not say what is wanted: after so many it goes on with the next
/// page, however few were found.
const LOTS: usize = 40;

/// A photo that was found.
pub(super) struct Found {
    pub(super) key: SearchKey,
    pub(super) tile: Tile,
    /// The album in which who asks sees it.
    pub(super) album: AlbumId,
}

/// What was found, newest first.
#[derive(Default)]
pub(super) struct Part {
    pub(super) found: Vec<Found>,
    /// From here on nothing was looked at yet; `None` after the last.
    pub(super) more: Option<SearchKey>,
}

impl Part {
    /// The newest of what two found, as far as both have looked.
    fn and(mut self, other: Self, limit: usize) -> Self {
        self.more = self.more.max(other.more);
        self.found.extend(other.found);
        self.found.sort_by_key(|found| std::cmp::Reverse(found.key));
        self.found.dedup_by_key(|found| found.key);
        self.found.retain(|found| self.more.is_none_or(|more| found.key >= more));
        self.cut(limit)
    }

    fn cut(mut self, limit: usize) -> Self {
        if self.found.len() > limit {
            self.found.truncate(limit);
            self.more = self.found.last().map(|last| last.key);
        }
        self
    }
}

/// A question, and where its answer may be looked for.
pub(super) struct Look {
    /// Spaces that who asks may look into.
    pub(super) spaces: Vec<SpaceId>,
    /// Whether these are all that there are.
    whole: bool,
    /// Albums of other spaces that were opened to them.
    albums: Vec<AlbumId>,
    search: Search,
    pub(super) missing: Option<Missing>,
}

impl Look {
    async fn of(tx: &mut Tx, actor: &Actor, space: Option<SpaceId>, question: Question) -> Result<Self> {
        let Question { mut search, by, missing } = question;
        let (mut spaces, mut albums) = (Vec::new(), Vec::new());
        for scope in Access::new(tx, actor).scopes(space).await? {
            match scope {
                Scope::Space(id) => spaces.push(id),
                Scope::Album(id) => albums.push(id),
            }
        }
        if !by.is_empty() {
            let people = People::of(tx, actor, &spaces).await?;
            for (called, negated) in by {
                let terms = people.terms(&called);
                if negated { search.none.extend(terms) } else { search.all.push(terms) }
            }
        }
        // Who may look nowhere learns no name of a copy either.
        let nowhere = spaces.is_empty() && albums.is_empty();
        let missing =
            if missing.is_empty() || nowhere { None } else { Some(Missing::of(tx, &missing).await?) };
        let whole = spaces.len() == tx.space_list().await?.len();
        Ok(Self { spaces, whole, albums, search, missing })
    }

    /// The question within the spaces, narrowed further.
    pub(super) fn within(&self, more: Vec<Vec<Term>>) -> Search {
        let mut within = self.search.clone();
        within.all.extend(more);
        // For who sees everything the index need not be asked, photo by photo, whether they see it.
        if within.all.is_empty() || !self.whole {
            within.all.push(self.spaces.iter().map(|id| Term::Fact(facts::space(*id))).collect());
        }
        within
    }

    pub(super) async fn find(
        &mut self,
        tx: &mut Tx,
        before: Option<SearchKey>,
        limit: usize,
    ) -> Result<Part> {
        let mut part = Part::default();
        if !self.spaces.is_empty() {
            part = self.in_spaces(tx, before, limit).await?;
        }
        if !self.albums.is_empty() {
            part = part.and(self.in_albums(tx, before, limit).await?, limit);
        }
        Ok(part)
    }

    async fn in_spaces(&mut self, tx: &mut Tx, before: Option<SearchKey>, limit: usize) -> Result<Part> {
        let within = self.within(Vec::new());
        let Some(missing) = &mut self.missing else {
            let page = tx.search_page(&within, before, limit).await?;
            let more = page.last().filter(|_| page.len() == limit).map(|(key, _)| *key);
            return Ok(Part { found: page.into_iter().map(at_home).collect(), more });
        };
        let mut part = Part::default();
        if let Some(few) = missing.few(tx, &self.spaces).await? {
            let mut keys = tx.search_keys(&few).await?;
            keys.retain(|key| before.is_none_or(|before| *key < before));
            keys.reverse();
            for lot in keys.chunks(LOT) {
                let page = tx.search_among(&within, lot).await?;
                part.found.extend(sieved(tx, missing, page.into_iter().map(at_home).collect()).await?);
                if part.found.len() > limit {
                    break;
                }
            }
            return Ok(part.cut(limit));
        }
        part.more = before;
        for _ in 0..LOTS {
            let page = tx.search_page(&within, part.more, LOT).await?;
            part.more = page.last().filter(|_| page.len() == LOT).map(|(key, _)| *key);
            part.found.extend(sieved(tx, missing, page.into_iter().map(at_home).collect()).await?);
            if part.more.is_none() || part.found.len() >= limit {
                break;
            }
        }
        Ok(part.cut(limit))
    }

    /// What is found in albums that were opened to somebody outside their space. The index knows a photo by all of its
    /// albums, and whoever sees it in one of them must not learn by asking what the others are called: what the index finds
    /// is looked at again as if there were no other album.
    async fn in_albums(&mut self, tx: &mut Tx, before: Option<SearchKey>, limit: usize) -> Result<Part> {
        let search = &self.search;
        let scope = self.albums.iter().map(|id| Term::Fact(facts::album(*id))).collect();
        let wide =
            Search { all: [search.all.clone(), vec![scope]].concat(), none: Vec::new(), ..search.clone() };
        let mut part = Part { found: Vec::new(), more: before };
        loop {
            let page = tx.search_page(&wide, part.more, LOT).await?;
            part.more = page.last().filter(|_| page.len() == LOT).map(|(key, _)| *key);
            let ids: Vec<AssetId> = page.iter().map(|(_, tile)| tile.asset.id).collect();
            let sources = tx.search_sources(&ids).await?.into_iter();
            let mut sources: HashMap<AssetId, Unindexed> =
                sources.map(|photo| (photo.asset.id, photo)).collect();
            let mut seen = Vec::new();
            for (key, tile) in page {
                let Some(mut photo) = sources.remove(&tile.asset.id) else { continue };
                photo.albums.retain(|(id, _)| self.albums.contains(id));
                // It may have been taken out since the index was made.
                let Some((album, _)) = photo.albums.first() else { continue };
                if search.holds(&entry(&photo)) {
                    seen.push(Found { key, album: *album, tile });
                }
            }
            part.found.extend(match &mut self.missing {
                Some(missing) => sieved(tx, missing, seen).await?,
                None => seen,
            });
            if part.more.is_none() || part.found.len() >= limit {
                return Ok(part.cut(limit));
            }
        }
    }
}

fn at_home((key, tile): (SearchKey, Tile)) -> Found {
    Found { key, album: tile.asset.album_id, tile }
}

/// Those of the photos that lack what was asked for.
async fn sieved(tx: &mut Tx, missing: &mut Missing, mut photos: Vec<Found>) -> Result<Vec<Found>> {
    let wanted = missing.wanted(tx, &whose(&photos)).await?;
    photos.retain(|found| wanted.contains(&found.tile.asset.id));
    Ok(photos)
}

/// The photos, each with its space.
pub(super) fn whose(photos: &[Found]) -> Vec<(AssetId, SpaceId)> {
    photos.iter().map(|Found { tile, .. }| (tile.asset.id, tile.asset.space_id)).collect()
}

impl Library {
    /// Reads a question, and where to look for its answer, in one view of the catalog.
    pub(super) async fn look_for(
        &self,
        actor: &Actor,
        space: Option<SpaceId>,
        text: &str,
    ) -> Result<(Tx, Look)> {
        let question = query::parse(text)?;
        // What was changed a moment ago is found; after an import of many the index follows by itself.
        self.index_lot().await?;
        let mut tx = self.catalog.read().await?;
        let look = Look::of(&mut tx, actor, space, question).await?;
        Ok((tx, look))
    }
}
