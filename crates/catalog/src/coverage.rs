//! Which copies hold what: exact, object by object, counted by the set of copies that hold it.

use model::{AssetId, CopyId, ObjectId, Result, SpaceId, Timestamp};

use crate::sql::{Tx, Value, args, built};

/// A set of copies as bits, the first copy of the list that was asked with being the lowest.
pub type Holders = u64;

/// The objects that the same copies hold as they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// Which copies.
    pub holders: Holders,
    /// How many objects.
    pub objects: u64,
    /// Their encrypted bytes.
    pub bytes: u64,
}

/// One join for each copy, so that each is a lookup by its key, and the sum of bits that says who holds an object.
/// Copies are `$1` and following.
fn held_by(copies: &[CopyId]) -> (String, String, Vec<Value>) {
    let (mut joins, mut bits, mut args) = (Vec::new(), vec!["0".to_owned()], Vec::new());
    for (number, copy) in copies.iter().enumerate().take(62) {
        args.push((*copy).into());
        let (place, bit) = (args.len(), 1u64 << number);
        joins.push(format!(
            " LEFT JOIN replica r{number} ON r{number}.copy_id = ${place} AND r{number}.object_id = o.id \
             AND r{number}.state = 'held'"
        ));
        bits.push(format!("CASE WHEN r{number}.object_id IS NULL THEN 0 ELSE {bit} END"));
    }
    // Without the cast PostgreSQL would count in 32 bits.
    (joins.concat(), format!("CAST({} AS bigint)", bits.join(" + ")), args)
}

impl Tx {
    /// How many objects each set of these copies holds, of one space.
    pub async fn coverage(&mut self, copies: &[CopyId], space_id: SpaceId) -> Result<Vec<Coverage>> {
        let (joins, bits, mut args) = held_by(copies);
        args.push(space_id.into());
        let sql = built(format!(
            "SELECT h.holders, count(*), CAST(sum(h.size) AS bigint) FROM (SELECT {bits} AS holders, o.size \
             FROM object o{joins} WHERE o.space_id = ${}) h GROUP BY h.holders ORDER BY h.holders",
            args.len()
        ));
        self.fetch_all(sql, args, |row| {
            Ok(Coverage { holders: row.get(0)?, objects: row.get(1)?, bytes: row.get(2)? })
        })
        .await
    }

    /// Objects of a space that are held by exactly one of these sets of these copies, by id; `after` is the last of the
    /// page before.
    pub async fn coverage_objects(
        &mut self,
        copies: &[CopyId],
        space_id: SpaceId,
        sets: &[Holders],
        after: Option<ObjectId>,
        limit: usize,
    ) -> Result<Vec<(ObjectId, Holders)>> {
        if sets.is_empty() {
            return Ok(Vec::new());
        }
        let (joins, bits, mut args) = held_by(copies);
        args.extend(args![space_id, crate::object::start(after), limit]);
        let (space, cursor, count) = (args.len() - 2, args.len() - 1, args.len());
        let list: Vec<String> = sets.iter().map(u64::to_string).collect();
        let sql = built(format!(
            "SELECT h.id, h.holders FROM (SELECT o.id, {bits} AS holders FROM object o{joins} \
             WHERE o.space_id = ${space} AND o.id > ${cursor}) h WHERE h.holders IN ({}) ORDER BY h.id LIMIT ${count}",
            list.join(", ")
        ));
        self.fetch_all(sql, args, |row| Ok((row.get(0)?, row.get(1)?))).await
    }

    /// How many objects of a space a copy holds that were never read back there, or not since `before`, though they have
    /// been there for as long.
    pub async fn replica_stale_count(
        &mut self,
        copy_id: CopyId,
        space_id: SpaceId,
        before: Timestamp,
    ) -> Result<u64> {
        let sql = "SELECT count(*) FROM replica r JOIN object o ON o.id = r.object_id \
                   WHERE r.copy_id = $1 AND coalesce(r.proved_at, 0) < $2 AND r.state = 'held' AND r.stored_at < $2 \
                   AND o.space_id = $3";
        self.fetch_one(sql, args![copy_id, before, space_id], |row| row.get(0)).await
    }

    /// Objects of a space that a copy holds and that were never read back there, or not since `before`, the longest ago
    /// first.
    pub async fn replica_stale(
        &mut self,
        copy_id: CopyId,
        space_id: SpaceId,
        before: Timestamp,
        limit: usize,
    ) -> Result<Vec<(ObjectId, Option<Timestamp>)>> {
        let sql = "SELECT r.object_id, r.proved_at FROM replica r JOIN object o ON o.id = r.object_id \
                   WHERE r.copy_id = $1 AND coalesce(r.proved_at, 0) < $2 AND r.state = 'held' AND r.stored_at < $2 \
                   AND o.space_id = $3 ORDER BY coalesce(r.proved_at, 0), r.object_id LIMIT $4";
        self.fetch_all(sql, args![copy_id, before, space_id, limit], |row| Ok((row.get(0)?, row.get(1)?)))
            .await
    }

    /// When the oldest object that a copy does not hold came into the library.
    pub async fn replica_missing_since(&mut self, copy_id: CopyId) -> Result<Option<Timestamp>> {
        let sql = "SELECT min(o.created_at) FROM object o LEFT JOIN replica r ON r.copy_id = $1 \
                   AND r.object_id = o.id AND r.state = 'held' WHERE r.object_id IS NULL";
        self.fetch_one(sql, args![copy_id], |row| row.get(0)).await
    }

    /// Encrypted bytes of objects that came into the library since then.
    pub async fn object_bytes_since(&mut self, since: Timestamp) -> Result<u64> {
        let sql = "SELECT coalesce(CAST(sum(size) AS bigint), 0) FROM object WHERE created_at >= $1";
        self.fetch_one(sql, args![since], |row| row.get(0)).await
    }

    /// How many photos there are that are not in the trash.
    pub async fn asset_count(&mut self) -> Result<u64> {
        let sql = "SELECT count(*) FROM asset a JOIN album b ON b.id = a.album_id \
                   WHERE a.deleted_at IS NULL AND b.deleted_at IS NULL";
        self.fetch_one(sql, vec![], |row| row.get(0)).await
    }

    /// Asset ids of a space, or of an album, that are not in the trash: each `step`-th by id, beginning with the
    /// `first`-th (from 0), which spreads over a whole library what is chosen by chance.
    pub async fn asset_every(
        &mut self,
        scope: crate::Scope,
        first: u64,
        step: u64,
        limit: usize,
    ) -> Result<Vec<AssetId>> {
        let mut args = args![step.max(1), first, limit];
        let narrowed = match scope {
            crate::Scope::All => "",
            crate::Scope::Space(id) => {
                args.push(id.into());
                " AND a.space_id = $4"
            }
            crate::Scope::Album(id) => {
                args.push(id.into());
                " AND a.album_id = $4"
            }
            crate::Scope::Asset(id) => {
                args.push(id.into());
                " AND a.id = $4"
            }
        };
        let sql = built(format!(
            "SELECT n.id FROM (SELECT a.id, row_number() OVER (ORDER BY a.id) - 1 AS place FROM asset a \
             JOIN album b ON b.id = a.album_id WHERE a.deleted_at IS NULL AND b.deleted_at IS NULL{narrowed}) n \
             WHERE n.place % $1 = $2 ORDER BY n.id LIMIT $3"
        ));
        self.fetch_all(sql, args, |row| row.get(0)).await
    }
}
