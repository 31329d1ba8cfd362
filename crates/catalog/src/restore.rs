//! What has to be written where to get photos back, as they are now or as they were.

use model::{AlbumId, AssetId, FileId, Result, SpaceId, Timestamp, VersionId};

use crate::Object;
use crate::object::{COLUMNS as OBJECT, COUNT, object_at};
use crate::sql::{Row, Tx, Value, args, built};

/// How much is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everything.
    All,
    /// One space.
    Space(SpaceId),
    /// One album.
    Album(AlbumId),
    /// One photo.
    Asset(AssetId),
}

/// One file to be restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestoreRow {
    /// The file; the cursor for the next page.
    pub file_id: FileId,
    /// The asset it belongs to.
    pub asset_id: AssetId,
    /// Its space.
    pub space_id: SpaceId,
    /// Name of its space.
    pub space: String,
    /// Folder of its album.
    pub folder: Vec<u8>,
    /// Its name.
    pub name: Vec<u8>,
    /// The version that is meant.
    pub version_id: VersionId,
    /// Modification time to be set, in nanoseconds since 1970.
    pub modified_ns: Option<i64>,
    /// The bytes.
    pub object: Object,
}

/// How much a restore will write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RestoreCount {
    /// Files.
    pub files: u64,
    /// Bytes of their originals.
    pub bytes: u64,
}

/// The joins and conditions, and the arguments, which are `$1` and following.
fn selection(scope: Scope, as_of: Option<Timestamp>) -> (String, Vec<Value>) {
    let mut args = Vec::new();
    let mut number = |value: Value| {
        args.push(value);
        format!("${}", args.len())
    };
    let scope = match scope {
        Scope::All => String::new(),
        Scope::Space(id) => format!(" AND b.space_id = {}", number(id.into())),
        Scope::Album(id) => format!(" AND f.album_id = {}", number(id.into())),
        Scope::Asset(id) => format!(" AND f.asset_id = {}", number(id.into())),
    };
    let (version, present) = match as_of {
        None => {
            ("v.id = f.version_id".to_owned(), "a.deleted_at IS NULL AND b.deleted_at IS NULL".to_owned())
        }
        Some(at) => {
            let at = number(at.into());
            (
                format!(
                    "v.file_id = f.id AND v.number = (SELECT max(w.number) FROM version w WHERE w.file_id = f.id \
                     AND w.added_at <= {at})"
                ),
                format!(
                    "(a.deleted_at IS NULL OR a.deleted_at > {at}) AND (b.deleted_at IS NULL OR b.deleted_at > {at})"
                ),
            )
        }
    };
    let sql = format!(
        " FROM file f JOIN asset a ON a.id = f.asset_id JOIN album b ON b.id = f.album_id \
         JOIN space s ON s.id = b.space_id JOIN version v ON {version} JOIN object o ON o.id = v.object_id \
         WHERE {present}{scope}"
    );
    (sql, args)
}

fn restore_row(row: &Row) -> Result<RestoreRow> {
    Ok(RestoreRow {
        object: object_at(row, 0)?,
        file_id: row.get(COUNT)?,
        asset_id: row.get(COUNT + 1)?,
        space_id: row.get(COUNT + 2)?,
        space: row.get(COUNT + 3)?,
        folder: row.get(COUNT + 4)?,
        name: row.get(COUNT + 5)?,
        version_id: row.get(COUNT + 6)?,
        modified_ns: row.get(COUNT + 7)?,
    })
}

impl Tx {
    /// A page of the files in `scope` that are not in the trash, each in its current version, or in that of the time
    /// `as_of`; by file id, `after` being the last of the page before.
    pub async fn restore_page(
        &mut self,
        scope: Scope,
        as_of: Option<Timestamp>,
        after: Option<FileId>,
        limit: usize,
    ) -> Result<Vec<RestoreRow>> {
        let (from, mut args) = selection(scope, as_of);
        args.extend(args![after.unwrap_or(FileId(uuid::Uuid::nil())), limit]);
        let (cursor, count) = (args.len() - 1, args.len());
        let sql = format!(
            "SELECT {OBJECT}, f.id, a.id, s.id, s.name, b.folder, f.name, v.id, v.modified_ns{from} \
             AND f.id > ${cursor} ORDER BY f.id LIMIT ${count}"
        );
        self.fetch_all(built(sql), args, restore_row).await
    }

    /// How many files, and bytes, [`Tx::restore_page`] will name.
    pub async fn restore_count(&mut self, scope: Scope, as_of: Option<Timestamp>) -> Result<RestoreCount> {
        let (from, args) = selection(scope, as_of);
        let sql = format!("SELECT count(*), coalesce(CAST(sum(o.content_size) AS bigint), 0){from}");
        self.fetch_one(built(sql), args, |row| Ok(RestoreCount { files: row.get(0)?, bytes: row.get(1)? }))
            .await
    }
}
