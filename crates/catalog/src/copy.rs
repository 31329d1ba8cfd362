//! Copies: complete sets of objects, the library itself being the first.

use model::{CopyId, Medium, ObjectId, Place, Result, StoreId, Timestamp};

use crate::sql::{Row, Tx, args, built, exactly_one, get_word};

/// A place that holds, or should hold, every object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// Its id.
    pub id: CopyId,
    /// Its name, unique.
    pub name: String,
    /// Where its store is; the library's own is in the configuration.
    pub url: Option<String>,
    /// What it is stored on.
    pub medium: Medium,
    /// Where it is.
    pub place: Place,
    /// The identity that is written into the store.
    pub store_id: StoreId,
    /// Whether it is the library's own store.
    pub is_library: bool,
    /// When it was added.
    pub created_at: Timestamp,
    /// Since when it does not count any more.
    pub removed_at: Option<Timestamp>,
}

const COLUMNS: &str = "SELECT c.id, c.name, c.url, c.medium, c.place, c.store_id, c.is_library, c.created_at, c.removed_at FROM copy c";

fn copy(row: &Row) -> Result<Copy> {
    Ok(Copy {
        id: row.get(0)?,
        name: row.get(1)?,
        url: row.get(2)?,
        medium: get_word(row, 3)?,
        place: get_word(row, 4)?,
        store_id: row.get(5)?,
        is_library: row.get(6)?,
        created_at: row.get(7)?,
        removed_at: row.get(8)?,
    })
}

impl Tx {
    /// Adds a copy; `Conflict` when its name or its store is known already.
    pub async fn copy_insert(&mut self, copy: &Copy) -> Result<()> {
        let sql = "INSERT INTO copy (id, name, url, medium, place, store_id, is_library, created_at, removed_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let args = args![
            copy.id,
            &copy.name,
            copy.url.as_deref(),
            copy.medium,
            copy.place,
            copy.store_id,
            copy.is_library,
            copy.created_at,
            copy.removed_at
        ];
        exactly_one(self.execute(sql, args).await?, "the copy")?;
        self.lacking_refill(Some(copy.id)).await
    }

    /// The copies that count, the library first, then by age.
    pub async fn copy_list(&mut self) -> Result<Vec<Copy>> {
        let sql =
            format!("{COLUMNS} WHERE c.removed_at IS NULL ORDER BY c.is_library DESC, c.created_at, c.id");
        self.fetch_all(built(sql), vec![], copy).await
    }

    /// The copy of this name, removed or not.
    pub async fn copy_by_name(&mut self, name: &str) -> Result<Option<Copy>> {
        self.fetch_optional(built(format!("{COLUMNS} WHERE c.name = $1")), args![name], copy).await
    }

    /// The copy with this id, removed or not.
    pub async fn copy_get(&mut self, id: CopyId) -> Result<Option<Copy>> {
        self.fetch_optional(built(format!("{COLUMNS} WHERE c.id = $1")), args![id], copy).await
    }

    /// The copy whose files are in this store, removed or not.
    pub async fn copy_by_store(&mut self, store_id: StoreId) -> Result<Option<Copy>> {
        self.fetch_optional(built(format!("{COLUMNS} WHERE c.store_id = $1")), args![store_id], copy).await
    }

    /// Changes everything of a copy but its store; a removed one is put back into use with `removed_at` of `None`.
    /// `Conflict` when the name is taken.
    pub async fn copy_update(&mut self, copy: &Copy) -> Result<()> {
        let was = self.copy_get(copy.id).await?.and_then(|known| known.removed_at);
        let sql =
            "UPDATE copy SET name = $1, url = $2, medium = $3, place = $4, removed_at = $5 WHERE id = $6";
        let args = args![&copy.name, copy.url.as_deref(), copy.medium, copy.place, copy.removed_at, copy.id];
        exactly_one(self.execute(sql, args).await?, "the copy")?;
        if was.is_some() == copy.removed_at.is_some() {
            return Ok(());
        }
        self.lacking_refill(Some(copy.id)).await
    }

    /// Lets a copy count no more. Its rows stay; its name is free again.
    pub async fn copy_remove(&mut self, id: CopyId, removed_at: Timestamp) -> Result<()> {
        let sql = "UPDATE copy SET removed_at = $1, name = $3 \
                   WHERE id = $2 AND removed_at IS NULL";
        let name = format!("removed {id}");
        exactly_one(self.execute(sql, args![removed_at, id, name]).await?, "the copy")?;
        self.unread_forget(id).await?;
        self.lacking_refill(Some(id)).await
    }

    /// Forgets what a copy held: what is there now has to be read before it counts.
    pub async fn copy_forget_replicas(&mut self, id: CopyId) -> Result<u64> {
        let forgotten = self.execute("DELETE FROM replica WHERE copy_id = $1", args![id]).await?;
        self.unread_forget(id).await?;
        self.lacking_refill(Some(id)).await?;
        Ok(forgotten)
    }

    /// The copies that count and hold this object as it should be, the library first.
    pub async fn good_replicas(&mut self, object_id: ObjectId) -> Result<Vec<Copy>> {
        // From the few copies on: what has a copy and an object is one lookup, what has an object alone reads every replica.
        let join = self.pick("CROSS JOIN", "JOIN");
        let sql = format!(
            "{COLUMNS} {join} replica r ON r.copy_id = c.id AND r.object_id = $1 \
             WHERE r.state = 'held' AND c.removed_at IS NULL ORDER BY c.is_library DESC, c.created_at, c.id"
        );
        self.fetch_all(built(sql), args![object_id], copy).await
    }
}
