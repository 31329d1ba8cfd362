//! Opening a catalog, and looking after it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use model::{Error, Result};
use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use zeroize::Zeroizing;

use crate::Url;
use crate::schema;
use crate::sql::{Db, Engine, Tx, failed};

const READERS: u32 = 4;
/// The cache is what keeps decryption out of the way: large for the one writer, small for each reader.
const WRITER_CACHE_KIB: u32 = 64 * 1024;
const READER_CACHE_KIB: u32 = 8 * 1024;
/// How long a writer waits for another, in this program or outside.
const PATIENCE: Duration = Duration::from_secs(30);
const STATEMENTS: usize = 512;

/// An open catalog. Clones share the connections.
#[derive(Clone)]
pub struct Catalog {
    db: Db,
}

impl Catalog {
    /// Opens the catalog at `url`, creating or migrating it when that is needed.
    ///
    /// `key` encrypts the embedded database and is required for it; PostgreSQL ignores it.
    /// `Invalid` for a wrong key, and for a catalog that a newer version of the program made.
    pub async fn open(url: &Url, key: Option<&[u8; 32]>) -> Result<Self> {
        let db = match url {
            Url::Sqlite(path) => {
                let key = key.ok_or_else(|| Error::invalid("the embedded catalog needs a key"))?;
                open_sqlite(path, key).await?
            }
            Url::Postgres(url) => open_postgres(url).await?,
        };
        let catalog = Self { db };
        match catalog.migrate().await {
            Ok(()) => Ok(catalog),
            Err(error) => {
                catalog.close().await;
                Err(error)
            }
        }
    }

    async fn migrate(&self) -> Result<()> {
        let mut tx = self.begin().await?;
        schema::migrate(&mut tx).await?;
        tx.commit().await
    }

    /// Begins a transaction that writes. On SQLite it waits for the one writer.
    pub async fn begin(&self) -> Result<Tx> {
        self.db.begin().await
    }

    /// Begins a transaction that only reads, all of it from one moment.
    pub async fn read(&self) -> Result<Tx> {
        self.db.read().await
    }

    /// Reads without a transaction: every question is answered as things are by then. For what one question answers, which it
    /// does sooner.
    pub async fn look(&self) -> Result<Tx> {
        self.db.look().await
    }

    /// Which database this is.
    pub fn engine(&self) -> Engine {
        self.db.engine()
    }

    /// What is wrong with the database itself, one sentence each; empty when all is well. Reads the whole file.
    ///
    /// PostgreSQL looks after its own pages and constraints, so there is nothing to add there.
    pub async fn check(&self) -> Result<Vec<String>> {
        let mut problems = Vec::new();
        if self.engine() == Engine::Postgres {
            return Ok(problems);
        }
        let mut tx = self.read().await?;
        // Decryption first: it names the page, where the other would only say that the file is malformed.
        let pages = tx.fetch_all("PRAGMA cipher_integrity_check", vec![], |row| row.get::<String>(0)).await?;
        problems.extend(pages.into_iter().map(|page| format!("the catalog's file is damaged: {page}")));
        if !problems.is_empty() {
            // What rests on pages that cannot be decrypted cannot be checked.
            return Ok(problems);
        }
        let found = tx.fetch_all("PRAGMA integrity_check", vec![], |row| row.get::<String>(0)).await?;
        problems.extend(
            found
                .into_iter()
                .filter(|line| line != "ok")
                .map(|line| format!("the catalog is inconsistent: {line}")),
        );
        tx.fetch_each("PRAGMA foreign_key_check", vec![], |row| {
            let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
            problems
                .push(format!("an entry of '{table}' refers to an entry of '{parent}' that does not exist"));
            Ok(())
        })
        .await?;
        Ok(problems)
    }

    /// Every table but the search index and its columns, as the database itself says; to be compared with [`crate::snapshot::TABLES`].
    pub async fn columns(&self) -> Result<BTreeMap<String, BTreeSet<String>>> {
        let mut tx = self.read().await?;
        let sql = tx.pick(
            "SELECT t.name, c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c \
             WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name NOT LIKE 'search%'",
            "SELECT table_name::text, column_name::text FROM information_schema.columns \
             WHERE table_schema = current_schema() AND table_name <> 'search'",
        );
        let mut tables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        tx.fetch_each(sql, vec![], |row| {
            tables.entry(row.get(0)?).or_default().insert(row.get(1)?);
            Ok(())
        })
        .await?;
        Ok(tables)
    }

    /// Passes an outcome on; closes the catalog if it is an error, which ends what the catalog was opened for.
    pub async fn or_close<T>(&self, outcome: Result<T>) -> Result<T> {
        if outcome.is_err() {
            self.clone().close().await;
        }
        outcome
    }

    /// Closes every connection, after those in use have come back. Call it before the process ends.
    ///
    /// SQLCipher frees its memory in an exit handler, whatever other threads are doing. A connection that is still being
    /// closed on its own thread then, as it is when a catalog is merely dropped, can bring the process down.
    pub async fn close(self) {
        match self.db {
            Db::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Db::Postgres(pool) => pool.close().await,
        }
    }
}

async fn open_sqlite(path: &Path, key: &[u8; 32]) -> Result<Db> {
    // The driver keeps this text for as long as it may have to reconnect; ours is wiped.
    let key = Zeroizing::new(format!("\"x'{}'\"", &*Zeroizing::new(hex::encode(key))));
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .pragma("key", key.to_string())
        // Part of the file format: processors have instructions for SHA-256, and none for SQLCipher's default, SHA-512.
        .pragma("cipher_hmac_algorithm", "HMAC_SHA256")
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(PATIENCE)
        .pragma("temp_store", "memory")
        .statement_cache_capacity(STATEMENTS)
        .row_buffer_size(256)
        // Or the key would be in a debug log.
        .disable_statement_logging();
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(PATIENCE)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_lazy_with(
            options
                .clone()
                .pragma("cache_size", format!("-{WRITER_CACHE_KIB}"))
                // Pages of indexes are written again and again; a longer log writes them back once.
                .pragma("wal_autocheckpoint", "8000"),
        );
    // Closed before it is dropped: SQLCipher must not be torn down under a connection's thread when the program ends.
    if let Err(error) = writer.acquire().await {
        writer.close().await;
        return Err(failed(error));
    }
    let readers = SqlitePoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(PATIENCE)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_lazy_with(
            options.pragma("cache_size", format!("-{READER_CACHE_KIB}")).pragma("query_only", "on"),
        );
    Ok(Db::Sqlite { writer, readers })
}

async fn open_postgres(url: &str) -> Result<Db> {
    let options: PgConnectOptions = url.parse().map_err(failed)?;
    let options =
        options.application_name("ourphoto").statement_cache_capacity(STATEMENTS).disable_statement_logging();
    let pool = PgPoolOptions::new().max_connections(16).acquire_timeout(PATIENCE).connect_with(options).await;
    Ok(Db::Postgres(pool.map_err(failed)?))
}
