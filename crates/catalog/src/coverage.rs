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

/// An object and the copies that hold it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoveredObject {
    /// The object; the cursor of the next page.
    pub id: ObjectId,
    /// Which copies hold it as they should.
    pub holders: Holders,
    /// In which of them it was not read back for too long.
    pub unproved: Holders,
}

/// One join for each copy, so that each is a lookup by its key. Copies are `$1` and following.
fn joined(copies: &[CopyId]) -> (String, Vec<Value>) {
    let joins = (0..copies.len()).map(|number| {
        format!(
            " LEFT JOIN replica r{number} ON r{number}.copy_id = ${} AND r{number}.object_id = o.id \
             AND r{number}.state = 'held'",
            number + 1
        )
    });
    (joins.collect(), copies.iter().map(|copy| (*copy).into()).collect())
}

/// The sum of the bits of those copies of which `is` holds, in which `{}` is the row of the copy.
fn bits(copies: &[CopyId], is: &str) -> String {
    let each = (0..copies.len()).map(|number| {
        let is = is.replace("{}", &format!("r{number}"));
        format!(" + CASE WHEN {is} THEN {} ELSE 0 END", 1u64 << number)
    });
    // Without the cast PostgreSQL would count in 32 bits.
    format!("CAST(0{} AS bigint)", each.collect::<String>())
}

/// A copy holds the object.
const HOLDS: &str = "{}.object_id IS NOT NULL";

/// More copies than there are bits nobody has.
fn first(copies: &[CopyId]) -> &[CopyId] {
    &copies[..copies.len().min(62)]
}

impl Tx {
    /// How many objects each set of these copies holds, of one space.
    pub async fn coverage(&mut self, copies: &[CopyId], space_id: SpaceId) -> Result<Vec<Coverage>> {
        let copies = first(copies);
        let (joins, mut args) = joined(copies);
        args.push(space_id.into());
        let sql = built(format!(
            "SELECT h.holders, count(*), CAST(sum(h.size) AS bigint) FROM (SELECT {} AS holders, o.size \
             FROM object o{joins} WHERE o.space_id = ${}) h GROUP BY h.holders ORDER BY h.holders",
            bits(copies, HOLDS),
            args.len()
        ));
        self.fetch_all(sql, args, |row| {
            Ok(Coverage { holders: row.get(0)?, objects: row.get(1)?, bytes: row.get(2)? })
        })
        .await
    }

    /// Objects of a space that are held by exactly one of these sets of these copies, or that were not read back since
    /// `before` in a copy that has held them for as long; by id. `after` is the last of the page before.
    pub async fn coverage_objects(
        &mut self,
        copies: &[CopyId],
        space_id: SpaceId,
        sets: &[Holders],
        before: Timestamp,
        after: Option<ObjectId>,
        limit: usize,
    ) -> Result<Vec<CoveredObject>> {
        let copies = first(copies);
        let (joins, mut args) = joined(copies);
        args.extend(args![space_id, crate::object::start(after), limit, before]);
        let next = copies.len() + 1;
        let (space, cursor, count, old) = (next, next + 1, next + 2, next + 3);
        let sets: Vec<String> = sets.iter().map(|set| format!(" OR h.holders = {set}")).collect();
        let unproved = format!("coalesce({{}}.proved_at, 0) < ${old} AND {{}}.stored_at < ${old}");
        let sql = built(format!(
            "SELECT h.id, h.holders, h.unproved FROM (SELECT o.id, {} AS holders, {} AS unproved FROM object o{joins} \
             WHERE o.space_id = ${space} AND o.id > ${cursor}) h WHERE h.unproved <> 0{sets} ORDER BY h.id LIMIT ${count}",
            bits(copies, HOLDS),
            bits(copies, &unproved),
            sets = sets.concat(),
        ));
        self.fetch_all(sql, args, |row| {
            Ok(CoveredObject { id: row.get(0)?, holders: row.get(1)?, unproved: row.get(2)? })
        })
        .await
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

    /// Encrypted bytes of objects that came into the library since then.
    pub async fn object_bytes_since(&mut self, since: Timestamp) -> Result<u64> {
        let sql = "SELECT coalesce(CAST(sum(size) AS bigint), 0) FROM object WHERE created_at >= $1";
        self.fetch_one(sql, args![since], |row| row.get(0)).await
    }

    /// So many assets of a space, or of an album, that are not in the trash, spread evenly by id; all of them where there are
    /// not more. `turn` turns the choice: over all turns each is chosen as often as any other.
    pub async fn asset_spread(
        &mut self,
        scope: crate::Scope,
        wanted: u32,
        turn: u32,
    ) -> Result<Vec<AssetId>> {
        let mut args = args![wanted, turn];
        let narrowed = match scope {
            crate::Scope::All => "",
            crate::Scope::Space(id) => {
                args.push(id.into());
                " AND a.space_id = $3"
            }
            crate::Scope::Album(id) => {
                args.push(id.into());
                " AND a.album_id = $3"
            }
            crate::Scope::Asset(id) => {
                args.push(id.into());
                " AND a.id = $3"
            }
        };
        let sql = built(format!(
            "SELECT n.id FROM (SELECT a.id, row_number() OVER (ORDER BY a.id) AS place, count(*) OVER () AS total FROM asset a \
             JOIN album b ON b.id = a.album_id WHERE a.deleted_at IS NULL AND b.deleted_at IS NULL{narrowed}) n \
             WHERE (n.place + $2) * $1 % n.total < $1 ORDER BY n.id"
        ));
        self.fetch_all(sql, args, |row| row.get(0)).await
    }
}
