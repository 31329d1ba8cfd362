//! Photos in the order in which they were taken: pages, and how many there are of each month.

use std::collections::HashMap;

use model::{AlbumId, AssetId, Result, SpaceId, Timestamp};

use crate::asset::{NAME, PACKED, Packed};
use crate::sql::{Tx, Value, args, built};
use crate::{Asset, Tile};

/// The last asset of a page of the timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TimelineCursor {
    /// Its [`Asset::captured_at`].
    pub captured_at: Timestamp,
    /// Its id.
    pub id: AssetId,
}

/// The last asset of a page of the trash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrashCursor {
    /// Its [`Asset::deleted_at`].
    pub deleted_at: Timestamp,
    /// Its id.
    pub id: AssetId,
}

/// An album at a glance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Glance {
    /// How many assets it has, without what is in the trash.
    pub count: u64,
    /// The newest of them that has a thumbnail.
    pub cover: Option<AssetId>,
}

/// Which of the photos that were added to an album, each an `asset a`, are seen in it: neither they nor their home are in
/// the trash.
const ADDED: &str =
    "a.deleted_at IS NULL AND a.album_id NOT IN (SELECT id FROM album WHERE deleted_at IS NOT NULL)";

/// Which photos, each an `asset a`, wait for approval.
pub(crate) const WAITING: &str = "a.approval = 'waiting' AND a.deleted_at IS NULL \
                                  AND a.album_id NOT IN (SELECT id FROM album WHERE deleted_at IS NOT NULL)";

/// Days begin here, so that no photo is older than the first: dividing cuts towards zero on both engines.
const FIRST_DAY: i64 = -719_162;
const DAY: i64 = 86_400_000;

/// What a page is ordered by: the column, and the same of an asset.
type By = (&'static str, fn(&Asset) -> Option<Timestamp>);
const BY_TAKEN: By = ("captured_at", |asset| Some(asset.captured_at));
const BY_DELETED: By = ("deleted_at", |asset| asset.deleted_at);

fn seen(before: Option<TimelineCursor>) -> Option<(Timestamp, AssetId)> {
    before.map(|last| (last.captured_at, last.id))
}

impl Tx {
    /// A page of a space's timeline, newest first, without what is in the trash; `before` is the last one seen.
    pub async fn asset_page(
        &mut self,
        space_id: SpaceId,
        before: Option<TimelineCursor>,
        limit: usize,
    ) -> Result<Vec<Tile>> {
        // An album in the trash takes its photos with it.
        let here = "space_id = $1 AND deleted_at IS NULL \
                    AND album_id NOT IN (SELECT id FROM album WHERE space_id = $1 AND deleted_at IS NOT NULL)";
        self.page(here, space_id.into(), BY_TAKEN, seen(before), limit).await
    }

    /// A page of an album, newest first, without what is in the trash: what lives there and what was added.
    pub async fn asset_page_of_album(
        &mut self,
        album_id: AlbumId,
        before: Option<TimelineCursor>,
        limit: usize,
    ) -> Result<Vec<Tile>> {
        let home = "album_id = $1 AND deleted_at IS NULL";
        let mut tiles = self.page(home, album_id.into(), BY_TAKEN, seen(before), limit).await?;
        // Two pages that are merged: each is read by an index of its own.
        let added = format!("id IN (SELECT asset_id FROM album_asset WHERE album_id = $1) AND {ADDED}");
        tiles.extend(self.page(&added, album_id.into(), BY_TAKEN, seen(before), limit).await?);
        tiles.sort_by_key(|tile| std::cmp::Reverse((tile.asset.captured_at, tile.asset.id)));
        tiles.truncate(limit);
        Ok(tiles)
    }

    /// A page of the photos of a space that wait for approval, newest first, without what is in the trash.
    pub async fn asset_page_of_waiting(
        &mut self,
        space_id: SpaceId,
        before: Option<TimelineCursor>,
        limit: usize,
    ) -> Result<Vec<Tile>> {
        let here = format!("space_id = $1 AND {WAITING}");
        self.page(&here, space_id.into(), BY_TAKEN, seen(before), limit).await
    }

    async fn page(
        &mut self,
        here: &str,
        id: Value,
        (column, time): By,
        before: Option<(Timestamp, AssetId)>,
        limit: usize,
    ) -> Result<Vec<Tile>> {
        let (after, limit_at) = match before {
            Some(_) => (format!(" AND ({column}, id) < ($2, $3)"), 4),
            None => (String::new(), 2),
        };
        let mut args = vec![id];
        args.extend(before.into_iter().flat_map(|(at, id)| args![at, id]));
        args.push(limit.into());
        let from = format!(
            "SELECT a.*, {NAME}, NULL AS place FROM asset a WHERE {here}{after} ORDER BY {column} DESC, id DESC LIMIT ${limit_at}"
        );
        let packed = self.fetch_packed::<Packed>(&PACKED, &from, args).await?;
        let mut tiles = packed.into_iter().map(Packed::tile).collect::<Result<Vec<_>>>()?;
        tiles.sort_by_key(|tile| std::cmp::Reverse((time(&tile.asset), tile.asset.id)));
        Ok(tiles)
    }

    /// A page of what is in a space's trash by itself, the last put there first.
    pub async fn asset_page_of_trash(
        &mut self,
        space_id: SpaceId,
        before: Option<TrashCursor>,
        limit: usize,
    ) -> Result<Vec<Tile>> {
        let here = "space_id = $1 AND deleted_at IS NOT NULL";
        let before = before.map(|last| (last.deleted_at, last.id));
        self.page(here, space_id.into(), BY_DELETED, before, limit).await
    }

    /// Albums at a glance.
    pub async fn album_glances(&mut self, ids: &[AlbumId]) -> Result<HashMap<AlbumId, Glance>> {
        let mut glances: HashMap<AlbumId, Glance> = HashMap::new();
        let items = || ids.iter().map(|id| (*id).into()).collect();
        let home = "SELECT album_id, count(*) FROM asset WHERE album_id IN ({}) AND deleted_at IS NULL GROUP BY album_id";
        let added = format!(
            "SELECT x.album_id, count(*) FROM album_asset x JOIN asset a ON a.id = x.asset_id \
             WHERE x.album_id IN ({{}}) AND {ADDED} GROUP BY x.album_id"
        );
        for sql in [home, &added] {
            self.fetch_in(sql, vec![], items(), |row| {
                let count: u64 = row.get(1)?;
                glances.entry(row.get(0)?).or_default().count += count;
                Ok(())
            })
            .await?;
        }
        let home = "SELECT a.id FROM asset a WHERE a.album_id = b.id AND a.deleted_at IS NULL".to_owned();
        let added = format!(
            "SELECT a.id FROM album_asset x JOIN asset a ON a.id = x.asset_id WHERE x.album_id = b.id AND {ADDED}"
        );
        let mut newest: HashMap<AlbumId, (Timestamp, AssetId)> = HashMap::new();
        for of in [home, added] {
            let sql = format!(
                "SELECT b.id, c.captured_at, c.id FROM album b JOIN asset c ON c.id = ({of} AND a.media_state = 'ready' \
                 ORDER BY a.captured_at DESC, a.id DESC LIMIT 1) WHERE b.id IN ({{}})"
            );
            self.fetch_in(&sql, vec![], items(), |row| {
                let found = (row.get(1)?, row.get(2)?);
                let best = newest.entry(row.get(0)?).or_insert(found);
                *best = found.max(*best);
                Ok(())
            })
            .await?;
        }
        for (id, (_, cover)) in newest {
            glances.entry(id).or_default().cover = Some(cover);
        }
        Ok(glances)
    }

    /// What assets are called: the names of the files that are shown of them.
    pub async fn asset_names(&mut self, ids: &[AssetId]) -> Result<HashMap<AssetId, String>> {
        let sql = format!("SELECT a.id, {NAME} FROM asset a WHERE a.id IN ({{}})");
        let mut names = HashMap::new();
        self.fetch_in(&sql, vec![], ids.iter().map(|id| (*id).into()).collect(), |row| {
            if let Some(name) = row.get::<Option<String>>(1)? {
                names.insert(row.get(0)?, name);
            }
            Ok(())
        })
        .await?;
        Ok(names)
    }

    /// How many assets of a space, without what is in the trash, were taken in each month (UTC): year, month, number;
    /// newest first. Reads the timeline's index, nothing else.
    pub async fn asset_months(&mut self, space_id: SpaceId) -> Result<Vec<(i64, u32, u64)>> {
        let here = "FROM asset WHERE space_id = $1 AND deleted_at IS NULL";
        // Month by month along the index: to group what is computed, an engine would sort all of it first.
        let counted = format!(
            "SELECT count(*), (SELECT max(captured_at) {here} AND captured_at < $2) {here} \
             AND captured_at >= $2 AND captured_at < $3"
        );
        let newest = built(format!("SELECT max(captured_at) {here}"));
        let mut last: Option<Timestamp> = self.fetch_one(newest, args![space_id], |row| row.get(0)).await?;
        let mut months: HashMap<(i64, u32), i64> = HashMap::new();
        while let Some(at) = last {
            let (year, month, ..) = at.civil();
            let count: i64;
            let (begin, end) =
                (Timestamp::from_civil(year, month, 1), Timestamp::from_civil(year, month + 1, 1));
            let args = args![space_id, begin, end];
            (count, last) =
                self.fetch_one(built(counted.clone()), args, |row| Ok((row.get(0)?, row.get(1)?))).await?;
            months.insert((year, month), count);
        }
        // An album in the trash takes its photos with it; there are few of those.
        let day = format!("((captured_at + {}) / {DAY})", -FIRST_DAY * DAY);
        let hidden = format!(
            "SELECT {day}, count(*) FROM asset WHERE album_id IN \
             (SELECT id FROM album WHERE space_id = $1 AND deleted_at IS NOT NULL) AND deleted_at IS NULL \
             GROUP BY {day}"
        );
        self.fetch_each(built(hidden), args![space_id], |row| {
            let (days, count): (i64, i64) = (row.get(0)?, row.get(1)?);
            let (year, month, ..) = Timestamp((days + FIRST_DAY) * DAY).civil();
            *months.entry((year, month)).or_default() -= count;
            Ok(())
        })
        .await?;
        let mut months: Vec<_> = months
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|((year, month), count)| (year, month, count.unsigned_abs()))
            .collect();
        months.sort_unstable_by(|a, b| b.cmp(a));
        Ok(months)
    }
}
