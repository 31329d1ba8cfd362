//! Reading a snapshot into an empty catalog: all of it, or nothing.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{BufRead, Read};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use model::{Error, ErrorKind, Result, Sha256};
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use sha2::{Digest as _, Sha256 as Hasher};
use uuid::Uuid;

use super::tables::{Kind, Table, snapshot_tables};
use super::{FORMAT, Header, MARK, Summary, Trailer};
use crate::sql::{Tx, Value, args, built, exactly};
use crate::{AuditHead, Catalog, SCHEMA_VERSION};

/// No row is longer; what claims to be is not a snapshot.
const LONGEST_LINE: u64 = 64 << 20;
const BATCH: usize = 512;

/// The end of the audit log that a snapshot holds, as its first line names it.
///
/// # Errors
/// `Damaged`, and `Invalid` when a newer program wrote it.
pub fn audit_head(input: &mut impl BufRead) -> Result<AuditHead> {
    let mut lines = Lines { input, line: Vec::new(), hasher: Hasher::new(), bytes: 0 };
    let header = header(lines.next()?)?;
    Ok(AuditHead { seq: header.audit_seq, hash: header.audit_head })
}

/// Fills an empty catalog from a snapshot.
///
/// `Damaged` when it was cut short or is not what was written, `Invalid` when a newer program wrote it, `Conflict` when
/// the catalog is not empty. Nothing is kept then.
pub async fn load<R: BufRead + Send>(catalog: &Catalog, input: &mut R) -> Result<Summary> {
    let mut tx = catalog.begin().await?;
    for table in snapshot_tables() {
        let sql = format!("SELECT 1 FROM {} LIMIT 1", table.name);
        if tx.fetch_optional(built(sql), vec![], |_| Ok(())).await?.is_some() {
            return Err(Error::new(
                ErrorKind::Conflict,
                "a snapshot can only be loaded into an empty catalog",
            ));
        }
    }

    let mut lines = Lines { input, line: Vec::new(), hasher: Hasher::new(), bytes: 0 };
    let header = header(lines.next()?)?;
    let mut tables = BTreeMap::new();
    let mut batch = Batch::default();
    let trailer = loop {
        let line = lines.next()?.ok_or_else(|| Error::damaged("the snapshot was cut short"))?;
        if !line.starts_with(ROW) {
            let trailer: Trailer = serde_json::from_slice(line).map_err(malformed)?;
            if trailer.sha256 != lines.hash_before() {
                return Err(Error::damaged("the snapshot is not what was written: its hash differs"));
            }
            break trailer;
        }
        let line: Line<'_> = serde_json::from_slice(line).map_err(malformed)?;
        let table = snapshot_tables().find(|known| known.name == line.table);
        let table = table.ok_or_else(|| Error::damaged("the snapshot holds an unknown table"))?;
        if batch.table.is_some_and(|last| last.name != table.name) || batch.rows == BATCH {
            batch.flush(&mut tx).await?;
        }
        *tables.entry(table.name.to_owned()).or_insert(0) += 1;
        batch.push(table, line.row, header.schema < SCHEMA_VERSION)?;
    };
    batch.flush(&mut tx).await?;
    finish(&mut tx, &header, &trailer, tables, &mut lines).await?;
    tx.commit().await?;
    Ok(Summary {
        library: header.library,
        created_at: header.created_at,
        change_seq: header.change_seq,
        audit_seq: header.audit_seq,
        audit_head: header.audit_head,
        rows: trailer.rows,
        tables: trailer.tables,
        bytes: lines.bytes,
    })
}

/// Everything that the header and the trailer promise.
async fn finish<R: BufRead>(
    tx: &mut Tx,
    header: &Header,
    trailer: &Trailer,
    mut tables: BTreeMap<String, u64>,
    lines: &mut Lines<'_, R>,
) -> Result<()> {
    if lines.next()?.is_some() {
        return Err(Error::damaged("the snapshot goes on after its end"));
    }
    for table in snapshot_tables() {
        tables.entry(table.name.to_owned()).or_insert(0);
    }
    // An older snapshot does not name the tables that came after it.
    let mut promised = trailer.tables.clone();
    for table in snapshot_tables().filter(|_| header.schema < SCHEMA_VERSION) {
        promised.entry(table.name.to_owned()).or_insert(0);
    }
    if !trailer.end || trailer.rows != tables.values().sum::<u64>() || promised != tables {
        return Err(Error::damaged("the snapshot does not hold as many rows as it says"));
    }
    // The index is made anew.
    tx.execute("INSERT INTO stale (asset_id) SELECT id FROM asset", vec![]).await?;
    // What copies hold is known by no snapshot, so at first they lack everything.
    tx.lacking_refill(None).await?;
    for (name, last) in [("change", header.change_seq), ("audit", header.audit_seq)] {
        let sql = "UPDATE sequence SET last = $1 WHERE name = $2";
        exactly(1, tx.execute(sql, args![last, name]).await?, "sequences")?;
    }
    let audit = tx.audit_head().await?;
    if audit.seq != header.audit_seq || audit.hash != header.audit_head || tx.audit_verify().await?.is_some()
    {
        return Err(Error::damaged("the snapshot's audit log is not the one that its header names"));
    }
    if tx.library_get().await?.is_none_or(|library| library.id != header.library) {
        return Err(Error::damaged("the snapshot is not of the library that its header names"));
    }
    Ok(())
}

fn header(line: Option<&[u8]>) -> Result<Header> {
    #[derive(Deserialize)]
    struct Versions {
        ourphoto: String,
        format: i64,
        schema: i64,
    }
    let line = line.ok_or_else(|| Error::damaged("the snapshot is empty"))?;
    // First what every format has, so that a newer one is called newer and not damaged.
    let versions: Versions = serde_json::from_slice(line).map_err(malformed)?;
    if versions.ourphoto != MARK {
        return Err(Error::invalid("this is not a snapshot of a catalog"));
    }
    if versions.format != FORMAT || !(1..=SCHEMA_VERSION).contains(&versions.schema) {
        return Err(Error::invalid(format!(
            "this snapshot was made by another version of OurPhoto (format {}, schema {}; this program knows format \
             {FORMAT} and schemas up to {SCHEMA_VERSION}); update the program",
            versions.format, versions.schema
        )));
    }
    serde_json::from_slice(line).map_err(malformed)
}

/// What the line of a row begins with.
const ROW: &[u8] = b"{\"table\":";

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    table: Cow<'a, str>,
    row: Map<String, Json>,
}

struct Lines<'a, R> {
    input: &'a mut R,
    line: Vec<u8>,
    /// Over every line before the current one.
    hasher: Hasher,
    bytes: u64,
}

impl<R: BufRead> Lines<'_, R> {
    fn hash_before(&self) -> Sha256 {
        Sha256(self.hasher.clone().finalize().into())
    }

    fn next(&mut self) -> Result<Option<&[u8]>> {
        self.hasher.update(&self.line);
        self.line.clear();
        let read = self.input.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut self.line);
        read.map_err(|error| Error::io("could not read the snapshot", error))?;
        if self.line.is_empty() {
            return Ok(None);
        }
        self.bytes += self.line.len() as u64;
        match self.line.split_last() {
            Some((b'\n', line)) => Ok(Some(line)),
            _ => Err(Error::damaged("the snapshot was cut short")),
        }
    }
}

/// Rows of one table that go into one statement.
#[derive(Default)]
struct Batch {
    table: Option<&'static Table>,
    rows: usize,
    values: Vec<Value>,
}

impl Batch {
    /// An older snapshot lacks the columns that came after it; they are empty then.
    fn push(&mut self, table: &'static Table, mut row: Map<String, Json>, older: bool) -> Result<()> {
        self.table = Some(table);
        self.rows += 1;
        for column in table.columns {
            let json = row.remove(column.name).or(older.then_some(Json::Null));
            let value = json.and_then(|json| value(column.kind, json)).ok_or_else(|| {
                Error::damaged(format!("the snapshot's {} has no readable {}", table.name, column.name))
            })?;
            self.values.push(value);
        }
        if row.is_empty() {
            return Ok(());
        }
        Err(Error::damaged(format!("the snapshot's {} has columns that are not known", table.name)))
    }

    async fn flush(&mut self, tx: &mut Tx) -> Result<()> {
        let Some(table) = self.table.take() else { return Ok(()) };
        let sql = format!("INSERT INTO {} ({}) VALUES", table.name, table.column_list());
        let values = std::mem::take(&mut self.values);
        let rows = std::mem::take(&mut self.rows);
        let touched = tx.insert_many(&sql, table.columns.len(), "", values).await.map_err(|error| {
            // Rows that contradict each other are the snapshot's fault, a full disk is not.
            if error.kind() == ErrorKind::Conflict {
                return Error::damaged("the rows of the snapshot contradict each other").with_source(error);
            }
            error
        })?;
        exactly(rows, touched, table.name)
    }
}

fn value(kind: Kind, json: Json) -> Option<Value> {
    Some(match (kind, json) {
        (_, Json::Null) => Value::Null,
        (Kind::Int, Json::Number(number)) => Value::Int(number.as_i64()?),
        (Kind::Text, Json::String(text)) => Value::Text(text),
        (Kind::Uuid, Json::String(text)) => Value::Uuid(Uuid::parse_str(&text).ok()?),
        (Kind::Hash, Json::String(text)) => Value::Bytes(hex::decode(text).ok()?),
        (Kind::Bytes, Json::String(text)) => Value::Bytes(BASE64.decode(text).ok()?),
        _ => return None,
    })
}

fn malformed(error: serde_json::Error) -> Error {
    Error::damaged("the snapshot holds a line that is none of its own").with_source(error)
}
