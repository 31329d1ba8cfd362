//! Writing a snapshot, row by row, in one read transaction.

use std::collections::BTreeMap;
use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use model::{Error, Result, Sha256, Timestamp};
use sha2::{Digest as _, Sha256 as Hasher};

use super::tables::{Kind, Table, snapshot_tables};
use super::{FORMAT, Header, MARK, Summary, Trailer};
use crate::sql::{Row, built};
use crate::{Catalog, SCHEMA_VERSION};

/// Writes the catalog as it is at this moment. Memory stays constant however large it is.
///
/// Writing blocks the task; give it a fast writer, or a thread of its own. Flush it afterwards.
pub async fn write<W: Write + Send>(catalog: &Catalog, now: Timestamp, out: &mut W) -> Result<Summary> {
    let mut tx = catalog.read().await?;
    let library = tx.library_get().await?.ok_or_else(|| Error::invalid("this library is not set up yet"))?;
    let audit = tx.audit_head().await?;
    let header = Header {
        ourphoto: MARK.into(),
        format: FORMAT,
        schema: SCHEMA_VERSION,
        library: library.id,
        created_at: now,
        audit_head: audit.hash,
        audit_seq: audit.seq,
        change_seq: tx.change_head().await?,
    };
    let mut lines = Lines { out, hasher: Hasher::new(), bytes: 0 };
    lines.put(json(&header)?)?;

    let mut tables = BTreeMap::new();
    for table in snapshot_tables() {
        let sql = format!("SELECT {} FROM {} ORDER BY {}", table.column_list(), table.name, table.key);
        let mut count = 0;
        let mut line = Vec::new();
        tx.fetch_each(built(sql), vec![], |row| {
            count += 1;
            line.clear();
            row_line(table, row, &mut line)?;
            lines.put_ref(&mut line)
        })
        .await?;
        tables.insert(table.name.to_owned(), count);
    }

    let rows = tables.values().sum();
    let sha256 = Sha256(lines.hasher.clone().finalize().into());
    lines.put(json(&Trailer { end: true, rows, tables: tables.clone(), sha256 })?)?;
    Ok(Summary {
        library: header.library,
        created_at: now,
        change_seq: header.change_seq,
        audit_seq: audit.seq,
        audit_head: audit.hash,
        rows,
        tables,
        bytes: lines.bytes,
    })
}

struct Lines<'a, W> {
    out: &'a mut W,
    hasher: Hasher,
    bytes: u64,
}

impl<W: Write> Lines<'_, W> {
    fn put(&mut self, mut line: Vec<u8>) -> Result<()> {
        self.put_ref(&mut line)
    }

    fn put_ref(&mut self, line: &mut Vec<u8>) -> Result<()> {
        line.push(b'\n');
        self.hasher.update(&*line);
        self.bytes += line.len() as u64;
        self.out.write_all(line).map_err(|error| Error::io("could not write the catalog's snapshot", error))
    }
}

fn json(value: &impl serde::Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(unwritable)
}

fn row_line(table: &Table, row: &Row, line: &mut Vec<u8>) -> Result<()> {
    line.extend_from_slice(b"{\"table\":\"");
    line.extend_from_slice(table.name.as_bytes());
    line.extend_from_slice(b"\",\"row\":{");
    for (index, column) in table.columns.iter().enumerate() {
        if index > 0 {
            line.push(b',');
        }
        line.push(b'"');
        line.extend_from_slice(column.name.as_bytes());
        line.extend_from_slice(b"\":");
        column_json(column.kind, row, index, line)?;
    }
    line.extend_from_slice(b"}}");
    Ok(())
}

fn column_json(kind: Kind, row: &Row, index: usize, line: &mut Vec<u8>) -> Result<()> {
    match kind {
        Kind::Int => match row.get::<Option<i64>>(index)? {
            Some(value) => line.extend_from_slice(value.to_string().as_bytes()),
            None => line.extend_from_slice(b"null"),
        },
        Kind::Text => {
            let text: Option<String> = row.get(index)?;
            serde_json::to_writer(line, &text).map_err(unwritable)?;
        }
        Kind::Uuid => quoted(row.get::<Option<uuid::Uuid>>(index)?.map(|id| id.to_string()), line),
        Kind::Hash => quoted(row.get::<Option<Vec<u8>>>(index)?.map(hex::encode), line),
        Kind::Bytes => quoted(row.get::<Option<Vec<u8>>>(index)?.map(|bytes| BASE64.encode(bytes)), line),
    }
    Ok(())
}

/// For text that needs no escaping.
fn quoted(text: Option<String>, line: &mut Vec<u8>) {
    match text {
        Some(text) => {
            line.push(b'"');
            line.extend_from_slice(text.as_bytes());
            line.push(b'"');
        }
        None => line.extend_from_slice(b"null"),
    }
}

fn unwritable(error: serde_json::Error) -> Error {
    Error::internal("a snapshot line cannot be written").with_source(error)
}
