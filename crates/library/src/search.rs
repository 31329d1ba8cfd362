//! Search: words, filters, and how many of each there are. The catalog keeps the index; what a word is, what can be asked,
//! and who may find what, is here.

mod facets;
mod facts;
mod find;
mod missing;
mod people;
mod query;
mod words;

use catalog::{Entry, SearchKey, Unindexed};
use model::{AlbumId, Result, SpaceId};

use self::find::{Found, Part};
use crate::Library;
use crate::access::Actor;
use crate::assets::Listed;

pub use facets::{Facets, Ranked};

/// Photos that are brought into the index in one transaction.
const LOT: usize = 500;
/// So many photos that were indexed at once leave an index in many parts.
const MANY: u64 = 10_000;
/// Pages of the index that are brought together in one transaction.
const TIDIED: u32 = 500;
/// Words of one photo in the index at most.
const WORDS: usize = 400;

/// Where somebody may look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Into all of a space.
    Space(SpaceId),
    /// Into one album.
    Album(AlbumId),
}

impl Library {
    /// What an actor may see and a question finds, newest first, and where the next page begins: a page may have fewer than
    /// `limit` and yet not be the last.
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
    ) -> Result<(Vec<Listed>, Option<SearchKey>)> {
        let (mut tx, mut look) = self.look_for(actor, space, text).await?;
        let Part { found, more } = look.find(&mut tx, before, limit).await?;
        let listed = |Found { tile, album, .. }| Listed { album, ..Listed::from(tile) };
        Ok((found.into_iter().map(listed).collect(), more))
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

fn entry(photo: &Unindexed) -> Entry {
    let shown = photo.asset.shown();
    let told =
        [&shown.title, &shown.caption, &shown.camera_make, &shown.camera_model, &shown.lens, &shown.creator];
    let albums = photo.albums.iter().map(|(_, name)| name);
    let texts = told.into_iter().flatten().chain(&shown.keywords).chain(&photo.names).chain(albums);
    Entry {
        asset_id: photo.asset.id,
        space_id: photo.asset.space_id,
        captured_at: photo.asset.captured_at,
        words: words::each_once(texts.map(String::as_str), WORDS),
        facts: facts::of(photo),
        names: facts::names(photo),
    }
}
