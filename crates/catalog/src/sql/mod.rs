//! The two engines behind one small surface: values in, rows out, the same text with `$1` placeholders for both.
//!
//! Everything that knows sqlx is below this folder. A write transaction on SQLite takes the one writer from the start
//! (`BEGIN IMMEDIATE`), so it never fails half-way because somebody else wrote meanwhile.

mod bulk;
mod error;
mod packed;
mod row;
mod value;

use std::ops::{Deref, DerefMut};

use futures_util::TryStreamExt;
use model::Result;
use sqlx::pool::PoolConnection;
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Database, Postgres, SqlSafeStr, Sqlite};

pub(crate) use error::failed;
pub(crate) use packed::{Field, unhex};
pub(crate) use row::{Row, get_word, get_word_opt};
pub(crate) use value::{Value, args};

/// Which database speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Embedded SQLite, encrypted by SQLCipher.
    Sqlite,
    /// A PostgreSQL server.
    Postgres,
}

/// The connection pools of one catalog.
#[derive(Clone)]
pub(crate) enum Db {
    /// One writer, several readers: SQLite allows no more than one writer, and waiting in our own queue is fair.
    Sqlite {
        writer: sqlx::SqlitePool,
        readers: sqlx::SqlitePool,
    },
    Postgres(sqlx::PgPool),
}

impl Db {
    pub(crate) fn engine(&self) -> Engine {
        match self {
            Self::Sqlite { .. } => Engine::Sqlite,
            Self::Postgres(_) => Engine::Postgres,
        }
    }

    pub(crate) async fn begin(&self) -> Result<Tx> {
        let inner = match self {
            Self::Sqlite { writer, .. } => {
                Inner::Sqlite(Held::Transaction(writer.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?))
            }
            Self::Postgres(pool) => Inner::Postgres(Held::Transaction(pool.begin().await.map_err(failed)?)),
        };
        Ok(Tx { inner })
    }

    pub(crate) async fn read(&self) -> Result<Tx> {
        let inner = match self {
            Self::Sqlite { readers, .. } => {
                Inner::Sqlite(Held::Transaction(readers.begin_with("BEGIN").await.map_err(failed)?))
            }
            Self::Postgres(pool) => Inner::Postgres(Held::Transaction(
                pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await.map_err(failed)?,
            )),
        };
        Ok(Tx { inner })
    }

    pub(crate) async fn look(&self) -> Result<Tx> {
        let inner = match self {
            Self::Sqlite { readers, .. } => {
                Inner::Sqlite(Held::Connection(readers.acquire().await.map_err(failed)?))
            }
            Self::Postgres(pool) => Inner::Postgres(Held::Connection(pool.acquire().await.map_err(failed)?)),
        };
        Ok(Tx { inner })
    }
}

enum Inner {
    Sqlite(Held<Sqlite>),
    Postgres(Held<Postgres>),
}

/// A connection, in a transaction or not.
enum Held<D: Database> {
    Transaction(sqlx::Transaction<'static, D>),
    Connection(PoolConnection<D>),
}

impl<D: Database> Held<D> {
    async fn commit(self) -> Result<()> {
        match self {
            Self::Transaction(tx) => tx.commit().await.map_err(failed),
            Self::Connection(_) => Ok(()),
        }
    }
}

impl<D: Database> Deref for Held<D> {
    type Target = D::Connection;

    fn deref(&self) -> &D::Connection {
        match self {
            Self::Transaction(tx) => tx,
            Self::Connection(connection) => connection,
        }
    }
}

impl<D: Database> DerefMut for Held<D> {
    fn deref_mut(&mut self) -> &mut D::Connection {
        match self {
            Self::Transaction(tx) => tx,
            Self::Connection(connection) => connection,
        }
    }
}

/// A transaction: every function of the catalog is a method on it.
///
/// What [`Catalog::begin`](crate::Catalog::begin) returned can write and must be committed; dropping it undoes
/// everything. What [`Catalog::read`](crate::Catalog::read) returned sees one consistent state and refuses to write; what
/// [`Catalog::look`](crate::Catalog::look) returned sees each time what is there by then.
pub struct Tx {
    inner: Inner,
}

impl Tx {
    /// Makes everything that was written durable and visible.
    pub async fn commit(self) -> Result<()> {
        match self.inner {
            Inner::Sqlite(tx) => tx.commit().await,
            Inner::Postgres(tx) => tx.commit().await,
        }
    }

    pub(crate) fn engine(&self) -> Engine {
        match self.inner {
            Inner::Sqlite(_) => Engine::Sqlite,
            Inner::Postgres(_) => Engine::Postgres,
        }
    }

    /// The text for this engine, where the two do not agree.
    pub(crate) fn pick<T>(&self, sqlite: T, postgres: T) -> T {
        match self.inner {
            Inner::Sqlite(_) => sqlite,
            Inner::Postgres(_) => postgres,
        }
    }

    /// Runs a statement and says how many rows it touched.
    pub(crate) async fn execute(&mut self, sql: impl SqlSafeStr, args: Vec<Value>) -> Result<u64> {
        match &mut self.inner {
            Inner::Sqlite(tx) => {
                let done = sqlite_query(sql, args)?.execute(&mut **tx).await.map_err(failed)?;
                Ok(done.rows_affected())
            }
            Inner::Postgres(tx) => {
                let done = postgres_query(sql, args)?.execute(&mut **tx).await.map_err(failed)?;
                Ok(done.rows_affected())
            }
        }
    }

    /// Runs a text of several statements without arguments.
    pub(crate) async fn execute_script(&mut self, sql: String) -> Result<()> {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql));
        match &mut self.inner {
            Inner::Sqlite(tx) => sql.execute(&mut **tx).await.map(drop).map_err(failed),
            Inner::Postgres(tx) => sql.execute(&mut **tx).await.map(drop).map_err(failed),
        }
    }

    /// All rows, each turned into a `T`.
    pub(crate) async fn fetch_all<T>(
        &mut self,
        sql: impl SqlSafeStr,
        args: Vec<Value>,
        mut read: impl FnMut(&Row) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut out = Vec::new();
        self.fetch_each(sql, args, |row| {
            out.push(read(row)?);
            Ok(())
        })
        .await?;
        Ok(out)
    }

    /// The first row, if there is one.
    pub(crate) async fn fetch_optional<T>(
        &mut self,
        sql: impl SqlSafeStr,
        args: Vec<Value>,
        read: impl FnMut(&Row) -> Result<T>,
    ) -> Result<Option<T>> {
        Ok(self.fetch_all(sql, args, read).await?.into_iter().next())
    }

    /// The one row that there must be, as from an aggregate.
    pub(crate) async fn fetch_one<T>(
        &mut self,
        sql: impl SqlSafeStr,
        args: Vec<Value>,
        read: impl FnMut(&Row) -> Result<T>,
    ) -> Result<T> {
        let row = self.fetch_optional(sql, args, read).await?;
        row.ok_or_else(|| {
            model::Error::internal("the catalog answered with no row where there is always one")
        })
    }

    /// Shows every row to `visit` as it arrives, so that a result of any length needs constant memory.
    pub(crate) async fn fetch_each(
        &mut self,
        sql: impl SqlSafeStr,
        args: Vec<Value>,
        mut visit: impl FnMut(&Row) -> Result<()>,
    ) -> Result<()> {
        match &mut self.inner {
            Inner::Sqlite(tx) => {
                let mut rows = sqlite_query(sql, args)?.fetch(&mut **tx);
                while let Some(row) = rows.try_next().await.map_err(failed)? {
                    visit(&Row::Sqlite(row))?;
                }
            }
            Inner::Postgres(tx) => {
                let mut rows = postgres_query(sql, args)?.fetch(&mut **tx);
                while let Some(row) = rows.try_next().await.map_err(failed)? {
                    visit(&Row::Postgres(row))?;
                }
            }
        }
        Ok(())
    }
}

/// Marks a text that this crate put together from its own constants as fit to run.
pub(crate) fn built(sql: String) -> AssertSqlSafe<String> {
    AssertSqlSafe(sql)
}

fn sqlite_query(
    sql: impl SqlSafeStr,
    args: Vec<Value>,
) -> Result<Query<'static, Sqlite, sqlx::sqlite::SqliteArguments>> {
    Ok(sqlx::query_with(sql, value::bind::<Sqlite>(args)?))
}

fn postgres_query(
    sql: impl SqlSafeStr,
    args: Vec<Value>,
) -> Result<Query<'static, Postgres, sqlx::postgres::PgArguments>> {
    Ok(sqlx::query_with(sql, value::bind::<Postgres>(args)?))
}

/// A write that had to touch exactly one row; `what` names it for a person.
pub(crate) fn exactly_one(touched: u64, what: &str) -> Result<()> {
    match touched {
        1 => Ok(()),
        0 => Err(model::Error::not_found(format!("{what} is not in the catalog"))),
        n => Err(model::Error::internal(format!("{what}: {n} rows were touched instead of one"))),
    }
}

/// A bulk write that had to touch exactly `wanted` rows.
pub(crate) fn exactly(wanted: usize, touched: u64, what: &str) -> Result<()> {
    if touched == wanted as u64 {
        return Ok(());
    }
    Err(model::Error::internal(format!("{what}: {touched} rows were written instead of {wanted}")))
}
