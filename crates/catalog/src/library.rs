//! The library as a whole: one row, and the recovery keys that everything is encrypted to.

use model::{Error, Result, Timestamp};
use uuid::Uuid;

use crate::sql::{Row, Tx, args, exactly_one};

/// What a catalog is the catalog of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Library {
    /// The same in every copy and after every move.
    pub id: Uuid,
    /// When it was set up.
    pub created_at: Timestamp,
    /// The age recipient of the server key.
    pub server_recipient: String,
}

/// The public half of a recovery key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoveryKey {
    /// Its id.
    pub id: Uuid,
    /// The age recipient.
    pub recipient: String,
    /// What people call it.
    pub label: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when nothing new is encrypted to it.
    pub retired_at: Option<Timestamp>,
}

impl Tx {
    /// The library, once it is set up.
    pub async fn library_get(&mut self) -> Result<Option<Library>> {
        self.fetch_optional("SELECT id, created_at, server_recipient FROM library", vec![], |row| {
            Ok(Library { id: row.get(0)?, created_at: row.get(1)?, server_recipient: row.get(2)? })
        })
        .await
    }

    /// Sets the library up; `Conflict` when it is set up already.
    pub async fn library_insert(&mut self, library: &Library) -> Result<()> {
        if self.library_get().await?.is_some() {
            return Err(Error::new(model::ErrorKind::Conflict, "this library is set up already"));
        }
        let sql = "INSERT INTO library (id, created_at, server_recipient) VALUES ($1, $2, $3)";
        let args = args![library.id, library.created_at, &library.server_recipient];
        exactly_one(self.execute(sql, args).await?, "the library")
    }

    /// Replaces the server key's recipient, as after a recovery on a new machine.
    pub async fn library_set_recipient(&mut self, server_recipient: &str) -> Result<()> {
        let touched =
            self.execute("UPDATE library SET server_recipient = $1", args![server_recipient]).await?;
        exactly_one(touched, "the library")
    }

    /// Adds a recovery key.
    pub async fn recovery_key_insert(&mut self, key: &RecoveryKey) -> Result<()> {
        let sql = "INSERT INTO recovery_key (id, recipient, label, created_at, retired_at) VALUES ($1, $2, $3, $4, $5)";
        let args = args![key.id, &key.recipient, &key.label, key.created_at, key.retired_at];
        exactly_one(self.execute(sql, args).await?, "the recovery key")
    }

    /// Every recovery key, oldest first, retired ones too.
    pub async fn recovery_key_list(&mut self) -> Result<Vec<RecoveryKey>> {
        let sql =
            "SELECT id, recipient, label, created_at, retired_at FROM recovery_key ORDER BY created_at, id";
        self.fetch_all(sql, vec![], |row: &Row| {
            Ok(RecoveryKey {
                id: row.get(0)?,
                recipient: row.get(1)?,
                label: row.get(2)?,
                created_at: row.get(3)?,
                retired_at: row.get(4)?,
            })
        })
        .await
    }
}
