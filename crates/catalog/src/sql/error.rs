//! What a database failure means to the rest of the program.
//!
//! Messages name no table, statement or host; those go into the detail, which only the log reads.

use model::{Error, ErrorKind};
use sqlx::error::ErrorKind as Db;

/// Turns an error of the driver into ours.
pub(crate) fn failed(error: sqlx::Error) -> Error {
    let (kind, message) = match &error {
        sqlx::Error::Database(database) => {
            let code = database.code().unwrap_or_default();
            match database.kind() {
                Db::UniqueViolation => (ErrorKind::Conflict, "the catalog has such an entry already"),
                Db::ForeignKeyViolation => {
                    (ErrorKind::Conflict, "the catalog lacks what this entry refers to")
                }
                _ if database.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() => {
                    sqlite(&code, database.message())
                }
                _ => postgres(&code),
            }
        }
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
            (ErrorKind::Unavailable, "the catalog's database does not answer")
        }
        sqlx::Error::PoolTimedOut => (ErrorKind::Unavailable, "the catalog is busy; try again"),
        sqlx::Error::Configuration(_) => {
            (ErrorKind::Invalid, "the address of the catalog's database is not right")
        }
        _ => (ErrorKind::Internal, "the catalog failed"),
    };
    Error::new(kind, message).with_detail(error.to_string()).with_source(error)
}

/// By extended result code, see <https://www.sqlite.org/rescode.html>; the low byte is the primary code.
fn sqlite(code: &str, message: &str) -> (ErrorKind, &'static str) {
    match code.parse::<i64>().unwrap_or(0) & 0xff {
        // SQLCipher reports a page whose HMAC is wrong as the general error; a faulty statement has words of its own.
        1 if message == "SQL logic error" => (ErrorKind::Damaged, "the catalog's file is damaged"),
        5 | 6 => (ErrorKind::Unavailable, "the catalog is busy; try again"),
        // Not room enough for the index of the write-ahead log (SQLITE_IOERR_SHMSIZE).
        10 if code == "4874" => (ErrorKind::OutOfSpace, "the disk of the catalog is full"),
        8 => (ErrorKind::Unavailable, "the disk of the catalog is read-only"),
        10 => (ErrorKind::Unavailable, "the disk of the catalog cannot be read or written"),
        11 => (ErrorKind::Damaged, "the catalog's file is damaged"),
        13 => (ErrorKind::OutOfSpace, "the disk of the catalog is full"),
        14 => (ErrorKind::Unavailable, "the catalog's file cannot be opened: is its disk read-only or full?"),
        26 => (ErrorKind::Invalid, "the catalog cannot be read with this key, or its file is damaged"),
        _ => (ErrorKind::Internal, "the catalog failed"),
    }
}

/// By SQLSTATE class, see PostgreSQL's appendix "Error Codes".
fn postgres(code: &str) -> (ErrorKind, &'static str) {
    match code {
        "53100" => (ErrorKind::OutOfSpace, "the disk of the catalog is full"),
        "28P01" | "28000" => (ErrorKind::Invalid, "the database refuses this user or password"),
        "3D000" => (ErrorKind::Invalid, "there is no such database"),
        "22021" => (ErrorKind::Invalid, "a text may not contain the character NUL"),
        "XX001" | "XX002" => (ErrorKind::Damaged, "the catalog's database is damaged"),
        code if ["08", "40", "53", "55", "57", "58"].iter().any(|class| code.starts_with(class)) => {
            (ErrorKind::Unavailable, "the catalog is busy or does not answer; try again")
        }
        _ => (ErrorKind::Internal, "the catalog failed"),
    }
}
