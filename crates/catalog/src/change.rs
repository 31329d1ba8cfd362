//! The change log: what clients that stay connected, and those that come back, have to look at again.
//!
//! Numbers are given by updating one row, which makes writers wait for each other until they commit. So whoever has seen
//! number 7 will never find a 6 later. Append at the end of a transaction.

use model::{AlbumId, Result, SpaceId, Timestamp};
use uuid::Uuid;

use crate::sql::{Row, Tx, Value, args, exactly};

/// Something that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its number, rising.
    pub seq: i64,
    /// Where.
    pub space_id: SpaceId,
    /// What sort of thing, as in "asset".
    pub entity: String,
    /// Which.
    pub entity_id: Uuid,
    /// What happened, as in "insert".
    pub op: String,
    /// When.
    pub at: Timestamp,
}

/// A change that has no number yet.
#[derive(Clone, Copy, Debug)]
pub struct NewChange {
    /// Where.
    pub space_id: SpaceId,
    /// What sort of thing, as in "asset".
    pub entity: &'static str,
    /// Which.
    pub entity_id: Uuid,
    /// What happened, as in "insert".
    pub op: &'static str,
    /// When.
    pub at: Timestamp,
}

fn change(row: &Row) -> Result<Change> {
    Ok(Change {
        seq: row.get(0)?,
        space_id: row.get(1)?,
        entity: row.get(2)?,
        entity_id: row.get(3)?,
        op: row.get(4)?,
        at: row.get(5)?,
    })
}

impl Tx {
    /// Appends changes in order and returns the number of the last (of all, when there are none to append).
    pub async fn change_append_many(&mut self, changes: &[NewChange]) -> Result<i64> {
        if changes.is_empty() {
            return self.change_head().await;
        }
        let head = self.sequence_take("change", changes.len()).await?;
        let first = head - changes.len() as i64 + 1;
        let mut values = Vec::with_capacity(changes.len() * 6);
        for (seq, change) in (first..).zip(changes) {
            values.extend(args![seq, change.space_id]);
            values.push(Value::Word(change.entity));
            values.extend(args![change.entity_id]);
            values.push(Value::Word(change.op));
            values.extend(args![change.at]);
        }
        let sql = "INSERT INTO change (seq, space_id, entity, entity_id, op, at) VALUES";
        exactly(changes.len(), self.insert_many(sql, 6, "", values).await?, "changes")?;
        Ok(head)
    }

    /// The number of the last change ever, 0 before the first.
    pub async fn change_head(&mut self) -> Result<i64> {
        self.fetch_one("SELECT last FROM sequence WHERE name = 'change'", vec![], |row| row.get(0)).await
    }

    /// What of this sort was changed after number `after`.
    pub async fn changed_since(&mut self, entity: &'static str, after: i64) -> Result<Vec<uuid::Uuid>> {
        let mut args = args![after];
        args.push(Value::Word(entity));
        let sql = "SELECT DISTINCT entity_id FROM change WHERE seq > $1 AND entity = $2";
        self.fetch_all(sql, args, |row| row.get(0)).await
    }

    /// The changes of a space after number `after`, in order.
    pub async fn change_list(&mut self, space_id: SpaceId, after: i64, limit: usize) -> Result<Vec<Change>> {
        let sql = "SELECT seq, space_id, entity, entity_id, op, at FROM change WHERE space_id = $1 AND seq > $2 \
                   ORDER BY seq LIMIT $3";
        self.fetch_all(sql, args![space_id, after, limit], change).await
    }

    /// Those of them that concern one album: itself, and the photos that are in it.
    pub async fn change_list_in_album(
        &mut self,
        album_id: AlbumId,
        after: i64,
        limit: usize,
    ) -> Result<Vec<Change>> {
        let sql = "SELECT c.seq, c.space_id, c.entity, c.entity_id, c.op, c.at FROM change c \
                   JOIN album b ON b.id = $1 AND b.space_id = c.space_id WHERE c.seq > $2 \
                   AND ((c.entity = 'album' AND c.entity_id = $1) OR (c.entity = 'asset' AND (\
                   EXISTS (SELECT 1 FROM asset a WHERE a.id = c.entity_id AND a.album_id = $1) OR \
                   EXISTS (SELECT 1 FROM album_asset m WHERE m.asset_id = c.entity_id AND m.album_id = $1)))) \
                   ORDER BY c.seq LIMIT $3";
        self.fetch_all(sql, args![album_id, after, limit], change).await
    }

    /// Takes the next `count` numbers of a sequence and returns the last of them. Others wait until we commit.
    pub(crate) async fn sequence_take(&mut self, name: &'static str, count: usize) -> Result<i64> {
        let sql = "UPDATE sequence SET last = last + $1 WHERE name = $2 RETURNING last";
        self.fetch_one(sql, args![count, name], |row| row.get(0)).await
    }
}
