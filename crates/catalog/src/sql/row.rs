//! Rows of results, read column by column.

use std::str::FromStr;

use model::{
    AlbumId, AlertId, AssetId, ChannelId, CopyId, DeviceId, DrillId, Error, FactorId, FileId, InvitationId,
    JobId, NoticeId, ObjectId, PairingId, PersonId, RecoveryId, Result, ReviewId, SessionId, Sha1, Sha256,
    SpaceId, StoreId, Timestamp, TokenId, UploadId, VersionId,
};
use sqlx::{Row as _, ValueRef as _};
use uuid::Uuid;

use super::failed;

/// One row of a result.
pub(crate) enum Row {
    Sqlite(sqlx::sqlite::SqliteRow),
    Postgres(sqlx::postgres::PgRow),
}

impl Row {
    /// The value in column `index`, counted from 0.
    pub(crate) fn get<T: Column>(&self, index: usize) -> Result<T> {
        T::column(self, index)
    }

    fn is_null(&self, index: usize) -> Result<bool> {
        match self {
            Self::Sqlite(row) => row.try_get_raw(index).map(|value| value.is_null()),
            Self::Postgres(row) => row.try_get_raw(index).map(|value| value.is_null()),
        }
        .map_err(failed)
    }
}

/// What can be read out of a column.
pub(crate) trait Column: Sized {
    fn column(row: &Row, index: usize) -> Result<Self>;
}

macro_rules! plain {
    ($($type:ty),*) => {$(
        impl Column for $type {
            fn column(row: &Row, index: usize) -> Result<Self> {
                match row {
                    Row::Sqlite(row) => row.try_get(index),
                    Row::Postgres(row) => row.try_get(index),
                }
                .map_err(failed)
            }
        }
    )*};
}
plain!(i64, String, Vec<u8>, Uuid);

macro_rules! through {
    ($($type:ty as $inner:ty => |$value:ident| $into:expr;)*) => {$(
        impl Column for $type {
            fn column(row: &Row, index: usize) -> Result<Self> {
                let $value = <$inner>::column(row, index)?;
                $into
            }
        }
    )*};
}

through! {
    bool as i64 => |value| Ok(value != 0);
    u64 as i64 => |value| u64::try_from(value).map_err(|_| unreadable(&value));
    u32 as i64 => |value| u32::try_from(value).map_err(|_| unreadable(&value));
    Timestamp as i64 => |value| Ok(Self(value));
    Sha256 as Vec<u8> => |value| Self::try_from(value.as_slice());
    Sha1 as Vec<u8> => |value| Self::try_from(value.as_slice());
    SpaceId as Uuid => |value| Ok(Self(value));
    AlbumId as Uuid => |value| Ok(Self(value));
    AssetId as Uuid => |value| Ok(Self(value));
    FileId as Uuid => |value| Ok(Self(value));
    VersionId as Uuid => |value| Ok(Self(value));
    ObjectId as Uuid => |value| Ok(Self(value));
    PersonId as Uuid => |value| Ok(Self(value));
    CopyId as Uuid => |value| Ok(Self(value));
    StoreId as Uuid => |value| Ok(Self(value));
    JobId as Uuid => |value| Ok(Self(value));
    SessionId as Uuid => |value| Ok(Self(value));
    TokenId as Uuid => |value| Ok(Self(value));
    FactorId as Uuid => |value| Ok(Self(value));
    InvitationId as Uuid => |value| Ok(Self(value));
    UploadId as Uuid => |value| Ok(Self(value));
    ChannelId as Uuid => |value| Ok(Self(value));
    NoticeId as Uuid => |value| Ok(Self(value));
    RecoveryId as Uuid => |value| Ok(Self(value));
    DeviceId as Uuid => |value| Ok(Self(value));
    PairingId as Uuid => |value| Ok(Self(value));
    AlertId as Uuid => |value| Ok(Self(value));
    DrillId as Uuid => |value| Ok(Self(value));
    ReviewId as Uuid => |value| Ok(Self(value));
}

impl<T: Column> Column for Option<T> {
    fn column(row: &Row, index: usize) -> Result<Self> {
        if row.is_null(index)? { Ok(None) } else { T::column(row, index).map(Some) }
    }
}

/// A word of a closed vocabulary, or text that is checked on the way in.
pub(crate) fn get_word<T: FromStr<Err = Error>>(row: &Row, index: usize) -> Result<T> {
    let word: String = row.get(index)?;
    word.parse().map_err(|_| unreadable(&word))
}

/// As [`get_word`], where there may be none.
pub(crate) fn get_word_opt<T: FromStr<Err = Error>>(row: &Row, index: usize) -> Result<Option<T>> {
    if row.is_null(index)? { Ok(None) } else { get_word(row, index).map(Some) }
}

fn unreadable(value: &dyn std::fmt::Debug) -> Error {
    Error::damaged("the catalog holds a value that cannot be there").with_detail(format!("{value:?}"))
}
