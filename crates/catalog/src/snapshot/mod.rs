//! Snapshots: the whole catalog as JSON Lines that neither know nor care which engine they came from.
//!
//! The first line is a header, then one line for each row, parents before children, and the last line says how many rows
//! there are and the SHA-256 of every line before it. So a snapshot that was cut short, or edited, is recognised before
//! anything of it is kept. Hashes are hexadecimal, other bytes Base64, ids hyphenated, times milliseconds UTC: `jq` and a
//! shell are enough to find the object of a photo by its name.

mod load;
mod tables;
mod write;

use std::collections::BTreeMap;

use model::{Result, Sha256, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::sql::{Row, Tx, args, exactly_one};

pub use load::{audit_head, load};
pub use tables::{Column, Kind, TABLES, Table};
pub use write::write;

/// The number of the format of the lines; the tables have their own, the schema's.
pub const FORMAT: i64 = 1;

/// What a snapshot holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The library it is of.
    pub library: Uuid,
    /// When it was taken.
    pub created_at: Timestamp,
    /// Number of the last change in it.
    pub change_seq: i64,
    /// Number of the last audit entry in it.
    pub audit_seq: i64,
    /// Hash of that entry.
    pub audit_head: Sha256,
    /// How many rows it has.
    pub rows: u64,
    /// How many of each table.
    pub tables: BTreeMap<String, u64>,
    /// Bytes of its lines.
    pub bytes: u64,
}

/// The first line.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Header {
    ourphoto: String,
    format: i64,
    schema: i64,
    library: Uuid,
    created_at: Timestamp,
    audit_head: Sha256,
    audit_seq: i64,
    change_seq: i64,
}

/// What [`Header::ourphoto`] says.
const MARK: &str = "catalog-snapshot";

/// The last line.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Trailer {
    end: bool,
    rows: u64,
    tables: BTreeMap<String, u64>,
    sha256: Sha256,
}

/// A snapshot that was written to the library's store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its name in the store.
    pub name: String,
    /// When it was taken.
    pub created_at: Timestamp,
    /// Number of the last change in it.
    pub change_seq: i64,
    /// Number of the last audit entry in it.
    pub audit_seq: i64,
    /// How many rows it has.
    pub rows: u64,
}

fn record(row: &Row) -> Result<Record> {
    Ok(Record {
        name: row.get(0)?,
        created_at: row.get(1)?,
        change_seq: row.get(2)?,
        audit_seq: row.get(3)?,
        rows: row.get(4)?,
    })
}

impl Tx {
    /// Notes that a snapshot was written to the library's store.
    pub async fn snapshot_insert(&mut self, record: &Record) -> Result<()> {
        let sql = "INSERT INTO snapshot (name, created_at, change_seq, audit_seq, rows) VALUES ($1, $2, $3, $4, $5)";
        let args = args![&record.name, record.created_at, record.change_seq, record.audit_seq, record.rows];
        exactly_one(self.execute(sql, args).await?, "the snapshot")
    }

    /// A snapshot that was written, by its name.
    pub async fn snapshot_get(&mut self, name: &str) -> Result<Option<Record>> {
        let sql = "SELECT name, created_at, change_seq, audit_seq, rows FROM snapshot WHERE name = $1";
        self.fetch_optional(sql, args![name], record).await
    }

    /// The last snapshots, newest first.
    pub async fn snapshot_list(&mut self, limit: usize) -> Result<Vec<Record>> {
        let sql = "SELECT name, created_at, change_seq, audit_seq, rows FROM snapshot \
                   ORDER BY created_at DESC, change_seq DESC LIMIT $1";
        self.fetch_all(sql, args![limit], record).await
    }
}
