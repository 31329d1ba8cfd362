//! Spaces.

use model::{Result, SpaceId, Timestamp};

use crate::sql::{Engine, Row, Tx, args, built, exactly_one};

/// A top-level library with its own key, members and rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Space {
    /// Its id.
    pub id: SpaceId,
    /// Its name, unique whatever the case.
    pub name: String,
    /// The age recipient that its objects are encrypted to.
    pub recipient: String,
    /// The age identity of the space, age-encrypted to the server key and every recovery key.
    pub wrapped_key: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
}

const COLUMNS: &str = "SELECT id, name, recipient, wrapped_key, created_at FROM space";

fn space(row: &Row) -> Result<Space> {
    Ok(Space {
        id: row.get(0)?,
        name: row.get(1)?,
        recipient: row.get(2)?,
        wrapped_key: row.get(3)?,
        created_at: row.get(4)?,
    })
}

impl Tx {
    /// Makes others that call this for the same space wait until this transaction ends. SQLite has one writer anyway.
    pub async fn space_lock(&mut self, id: SpaceId) -> Result<()> {
        if self.engine() == Engine::Postgres {
            self.fetch_optional("SELECT id FROM space WHERE id = $1 FOR UPDATE", args![id], |row| {
                row.get::<SpaceId>(0)
            })
            .await?;
        }
        Ok(())
    }

    /// Adds a space; `Conflict` when the name is taken.
    pub async fn space_insert(&mut self, space: &Space) -> Result<()> {
        let sql = "INSERT INTO space (id, name, name_key, recipient, wrapped_key, created_at) \
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let args = args![
            space.id,
            &space.name,
            space.name.to_lowercase(),
            &space.recipient,
            &space.wrapped_key,
            space.created_at
        ];
        exactly_one(self.execute(sql, args).await?, "the space")
    }

    /// The space with this name, in whatever case.
    pub async fn space_by_name(&mut self, name: &str) -> Result<Option<Space>> {
        let sql = built(format!("{COLUMNS} WHERE name_key = $1"));
        self.fetch_optional(sql, args![name.to_lowercase()], space).await
    }

    /// The space with this id.
    pub async fn space_get(&mut self, id: SpaceId) -> Result<Option<Space>> {
        self.fetch_optional(built(format!("{COLUMNS} WHERE id = $1")), args![id], space).await
    }

    /// Every space, by name.
    pub async fn space_list(&mut self) -> Result<Vec<Space>> {
        self.fetch_all(built(format!("{COLUMNS} ORDER BY name_key")), vec![], space).await
    }

    /// Replaces the wrapped key of a space, as when a recovery key was added.
    pub async fn space_set_wrapped_key(&mut self, id: SpaceId, wrapped_key: &[u8]) -> Result<()> {
        let sql = "UPDATE space SET wrapped_key = $1 WHERE id = $2";
        exactly_one(self.execute(sql, args![wrapped_key, id]).await?, "the space")
    }

    /// Renames a space; `Conflict` when the name is taken.
    pub async fn space_rename(&mut self, id: SpaceId, name: &str) -> Result<()> {
        let sql = "UPDATE space SET name = $1, name_key = $2 WHERE id = $3";
        exactly_one(self.execute(sql, args![name, name.to_lowercase(), id]).await?, "the space")
    }

    /// How many bytes of originals a space may hold.
    pub async fn space_quota(&mut self, id: SpaceId) -> Result<Option<u64>> {
        let sql = "SELECT quota FROM space WHERE id = $1";
        Ok(self.fetch_optional(sql, args![id], |row| row.get(0)).await?.flatten())
    }

    /// Sets how many bytes of originals a space may hold.
    pub async fn space_set_quota(&mut self, id: SpaceId, quota: Option<u64>) -> Result<()> {
        let sql = "UPDATE space SET quota = $1 WHERE id = $2";
        exactly_one(self.execute(sql, args![quota, id]).await?, "the space")
    }

    /// Bytes of originals in a space, each content once.
    pub async fn space_used(&mut self, id: SpaceId) -> Result<u64> {
        let sql = match self.engine() {
            Engine::Sqlite => "SELECT coalesce(sum(content_size), 0) FROM object WHERE space_id = $1",
            // A sum of 64-bit numbers is wider there.
            Engine::Postgres => {
                "SELECT coalesce(sum(content_size), 0)::bigint FROM object WHERE space_id = $1"
            }
        };
        self.fetch_one(sql, args![id], |row| row.get(0)).await
    }
}
