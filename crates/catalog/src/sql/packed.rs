//! Pages that arrive in one piece.
//!
//! With SQLite every row is handed from the thread that reads to the one that asked, which wakes both and copies each
//! column: for a page of a hundred that costs far more than finding them. So the engine writes the page as one JSON text.

use model::{Error, Result};
use serde::de::DeserializeOwned;

use super::{Engine, Tx, Value, built};

/// A column of a page, by what it holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Field {
    /// A number or a text.
    Plain(&'static str),
    /// An id, which becomes a text that [`uuid::Uuid`] reads.
    Id(&'static str),
    /// Bytes, which become hexadecimal; no bytes at all cannot be told from NULL.
    Bytes(&'static str),
    /// A text of JSON, which becomes a part of the page.
    Json(&'static str),
}

impl Field {
    fn text(self, engine: Engine) -> String {
        match (self, engine) {
            (Self::Plain(column), _) => column.to_owned(),
            (Self::Id(column) | Self::Bytes(column), Engine::Sqlite) => format!("nullif(hex({column}), '')"),
            (Self::Id(column), Engine::Postgres) => format!("{column}::text"),
            (Self::Bytes(column), Engine::Postgres) => format!("nullif(encode({column}, 'hex'), '')"),
            (Self::Json(column), Engine::Sqlite) => format!("json({column})"),
            (Self::Json(column), Engine::Postgres) => format!("{column}::json"),
        }
    }
}

/// The bytes of a [`Field::Bytes`].
pub(crate) fn unhex(text: &str) -> Result<Vec<u8>> {
    hex::decode(text).map_err(unreadable)
}

fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::damaged("the catalog holds a value that cannot be read").with_source(error)
}

impl Tx {
    /// The rows of `SELECT fields FROM (from)`, each a `T` made of an array of its fields, in no particular order.
    pub(crate) async fn fetch_packed<T: DeserializeOwned>(
        &mut self,
        fields: &[Field],
        from: &str,
        args: Vec<Value>,
    ) -> Result<Vec<T>> {
        let fields: Vec<String> = fields.iter().map(|field| field.text(self.engine())).collect();
        let (all, each) = self.pick(("json_group_array", "json_array"), ("json_agg", "json_build_array"));
        let sql = format!("SELECT CAST({all}({each}({})) AS text) FROM ({from}) packed", fields.join(", "));
        // PostgreSQL makes NULL of no rows.
        let page: Option<String> = self.fetch_one(built(sql), args, |row| row.get(0)).await?;
        page.map_or(Ok(Vec::new()), |page| serde_json::from_str(&page).map_err(unreadable))
    }
}
