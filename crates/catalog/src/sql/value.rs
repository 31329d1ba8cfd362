//! Arguments of statements.

use model::{
    AlbumId, AlertId, AssetId, ChannelId, CopyId, DeviceId, DrillId, Error, FactorId, FileId, InvitationId,
    JobId, NoticeId, ObjectId, PairingId, PersonId, RecoveryId, Result, ReviewId, SessionId, Sha1, Sha256,
    SpaceId, StoreId, Timestamp, TokenId, UploadId, VersionId,
};
use sqlx::encode::{Encode, IsNull};
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgTypeInfo};
use sqlx::{Arguments, Database, Postgres, Sqlite, Type};
use uuid::Uuid;

use super::failed;

/// One argument. Both engines know exactly these; truth values are integers 0 and 1.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Int(i64),
    Text(String),
    /// A word of a closed vocabulary.
    Word(&'static str),
    Bytes(Vec<u8>),
    Uuid(Uuid),
}

/// Builds the arguments of one statement.
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::sql::Value::from($value)),*] };
}
pub(crate) use args;

/// NULL without a type, so that PostgreSQL takes the type of the column.
pub(super) struct Untyped;

impl Type<Postgres> for Untyped {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(0))
    }
}

impl Encode<'_, Postgres> for Untyped {
    fn encode_by_ref(&self, _: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Ok(IsNull::Yes)
    }
}

impl Type<Sqlite> for Untyped {
    fn type_info() -> sqlx::sqlite::SqliteTypeInfo {
        <i64 as Type<Sqlite>>::type_info()
    }
}

impl Encode<'_, Sqlite> for Untyped {
    fn encode_by_ref(&self, _: &mut <Sqlite as Database>::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Ok(IsNull::Yes)
    }
}

pub(super) fn bind<D: Database>(values: Vec<Value>) -> Result<D::Arguments>
where
    Untyped: for<'q> Encode<'q, D> + Type<D>,
    i64: for<'q> Encode<'q, D> + Type<D>,
    String: for<'q> Encode<'q, D> + Type<D>,
    &'static str: for<'q> Encode<'q, D> + Type<D>,
    Vec<u8>: for<'q> Encode<'q, D> + Type<D>,
    Uuid: for<'q> Encode<'q, D> + Type<D>,
{
    let mut arguments = D::Arguments::default();
    arguments.reserve(values.len(), values.len() * 16);
    for value in values {
        match value {
            Value::Null => arguments.add(Untyped),
            Value::Int(value) => arguments.add(value),
            Value::Text(value) => {
                // PostgreSQL cannot hold it, so neither engine may: a catalog must be able to move.
                if value.as_bytes().contains(&0) {
                    return Err(Error::invalid("a text may not contain the character NUL"));
                }
                arguments.add(value)
            }
            Value::Word(value) => arguments.add(value),
            Value::Bytes(value) => arguments.add(value),
            Value::Uuid(value) => arguments.add(value),
        }
        .map_err(|error| failed(sqlx::Error::Encode(error)))?;
    }
    Ok(arguments)
}

macro_rules! value_from {
    ($($type:ty => |$value:ident| $into:expr;)*) => {
        $(impl From<$type> for Value {
            fn from($value: $type) -> Self {
                $into
            }
        })*
    };
}

value_from! {
    i64 => |value| Self::Int(value);
    u32 => |value| Self::Int(value.into());
    usize => |value| Self::Int(value as i64);
    u64 => |value| Self::Int(value as i64);
    bool => |value| Self::Int(value.into());
    String => |value| Self::Text(value);
    &str => |value| Self::Text(value.to_owned());
    &String => |value| Self::Text(value.clone());
    Vec<u8> => |value| Self::Bytes(value);
    &[u8] => |value| Self::Bytes(value.to_owned());
    &Vec<u8> => |value| Self::Bytes(value.clone());
    Uuid => |value| Self::Uuid(value);
    Timestamp => |value| Self::Int(value.0);
    Sha256 => |value| Self::Bytes(value.0.to_vec());
    Sha1 => |value| Self::Bytes(value.0.to_vec());
    SpaceId => |value| Self::Uuid(value.0);
    AlbumId => |value| Self::Uuid(value.0);
    AssetId => |value| Self::Uuid(value.0);
    FileId => |value| Self::Uuid(value.0);
    VersionId => |value| Self::Uuid(value.0);
    ObjectId => |value| Self::Uuid(value.0);
    PersonId => |value| Self::Uuid(value.0);
    CopyId => |value| Self::Uuid(value.0);
    StoreId => |value| Self::Uuid(value.0);
    JobId => |value| Self::Uuid(value.0);
    SessionId => |value| Self::Uuid(value.0);
    TokenId => |value| Self::Uuid(value.0);
    FactorId => |value| Self::Uuid(value.0);
    InvitationId => |value| Self::Uuid(value.0);
    UploadId => |value| Self::Uuid(value.0);
    ChannelId => |value| Self::Uuid(value.0);
    NoticeId => |value| Self::Uuid(value.0);
    RecoveryId => |value| Self::Uuid(value.0);
    DeviceId => |value| Self::Uuid(value.0);
    PairingId => |value| Self::Uuid(value.0);
    AlertId => |value| Self::Uuid(value.0);
    DrillId => |value| Self::Uuid(value.0);
    ReviewId => |value| Self::Uuid(value.0);
    model::Tier => |value| Self::Word(value.as_str());
    model::Approval => |value| Self::Word(value.as_str());
    model::AssetKind => |value| Self::Word(value.as_str());
    model::FileRole => |value| Self::Word(value.as_str());
    model::Medium => |value| Self::Word(value.as_str());
    model::Place => |value| Self::Word(value.as_str());
    model::ReplicaState => |value| Self::Word(value.as_str());
    model::ProvedBy => |value| Self::Word(value.as_str());
    model::RenditionKind => |value| Self::Word(value.as_str());
    model::Role => |value| Self::Word(value.as_str());
    model::AlertKind => |value| Self::Word(value.as_str());
    model::DrillScope => |value| Self::Word(value.as_str());
    model::ReviewKind => |value| Self::Word(value.as_str());
    model::Permissions => |value| Self::Text(value.to_string());
}

impl<T> From<Option<T>> for Value
where
    Self: From<T>,
{
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::from)
    }
}
