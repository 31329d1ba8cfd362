//! Second factors and recovery codes.

use std::fmt;
use std::str::FromStr;

use model::{Error, FactorId, PersonId, Result, Sha256, Timestamp};

use crate::sql::{Row, Tx, Value, args, built, exactly, exactly_one, get_word};

/// What sort of second factor it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactorKind {
    /// An authenticator app (RFC 6238).
    Totp,
    /// A passkey (WebAuthn).
    Passkey,
}

impl FactorKind {
    /// The word as it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::Passkey => "passkey",
        }
    }
}

impl fmt::Display for FactorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for FactorKind {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self> {
        match word {
            "totp" => Ok(Self::Totp),
            "passkey" => Ok(Self::Passkey),
            _ => Err(Error::invalid(format!("'{word}' is not one of: totp, passkey"))),
        }
    }
}

/// Something that a person has, besides the password that they know.
#[derive(Clone, PartialEq, Eq)]
pub struct Factor {
    /// Its id.
    pub id: FactorId,
    /// Whose it is.
    pub person_id: PersonId,
    /// What sort.
    pub kind: FactorKind,
    /// What its owner calls it.
    pub name: String,
    /// The shared secret of an app, or the public credential of a passkey.
    pub secret: Vec<u8>,
    /// When it was added.
    pub created_at: Timestamp,
    /// Since when it counts: its owner has shown that it works.
    pub confirmed_at: Option<Timestamp>,
    /// When it was last used.
    pub used_at: Option<Timestamp>,
    /// The last time step or signature counter that was accepted.
    pub counter: i64,
}

impl fmt::Debug for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Factor").field("id", &self.id).field("kind", &self.kind).finish_non_exhaustive()
    }
}

const COLUMNS: &str = "id, person_id, kind, name, secret, created_at, confirmed_at, used_at, counter";

fn factor(row: &Row) -> Result<Factor> {
    Ok(Factor {
        id: row.get(0)?,
        person_id: row.get(1)?,
        kind: get_word(row, 2)?,
        name: row.get(3)?,
        secret: row.get(4)?,
        created_at: row.get(5)?,
        confirmed_at: row.get(6)?,
        used_at: row.get(7)?,
        counter: row.get(8)?,
    })
}

impl Tx {
    /// Adds a second factor.
    pub async fn factor_insert(&mut self, factor: &Factor) -> Result<()> {
        let sql =
            built(format!("INSERT INTO factor ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"));
        let mut args = args![factor.id, factor.person_id];
        args.push(Value::Word(factor.kind.as_str()));
        args.extend(args![
            &factor.name,
            &factor.secret,
            factor.created_at,
            factor.confirmed_at,
            factor.used_at,
            factor.counter
        ]);
        exactly_one(self.execute(sql, args).await?, "the second factor")
    }

    /// Someone's second factors, oldest first; those that do not count yet too.
    pub async fn factor_list(&mut self, person_id: PersonId) -> Result<Vec<Factor>> {
        let sql = built(format!("SELECT {COLUMNS} FROM factor WHERE person_id = $1 ORDER BY created_at, id"));
        self.fetch_all(sql, args![person_id], factor).await
    }

    /// One second factor, whoever's.
    pub async fn factor_get(&mut self, id: FactorId) -> Result<Option<Factor>> {
        let sql = built(format!("SELECT {COLUMNS} FROM factor WHERE id = $1"));
        self.fetch_optional(sql, args![id], factor).await
    }

    /// Makes a factor count, from now on.
    pub async fn factor_confirm(&mut self, id: FactorId, at: Timestamp) -> Result<()> {
        let sql = "UPDATE factor SET confirmed_at = $1 WHERE id = $2 AND confirmed_at IS NULL";
        exactly_one(self.execute(sql, args![at, id]).await?, "the second factor")
    }

    /// Takes a time step or counter, once: says whether it is newer than the last one that was taken.
    pub async fn factor_use(&mut self, id: FactorId, counter: i64, at: Timestamp) -> Result<bool> {
        let sql = "UPDATE factor SET counter = $1, used_at = $2 WHERE id = $3 AND counter < $1";
        Ok(self.execute(sql, args![counter, at, id]).await? == 1)
    }

    /// Replaces what is stored of a passkey after it was used.
    pub async fn factor_update(&mut self, id: FactorId, secret: &[u8], at: Timestamp) -> Result<()> {
        let sql = "UPDATE factor SET secret = $1, used_at = $2 WHERE id = $3";
        exactly_one(self.execute(sql, args![secret, at, id]).await?, "the second factor")
    }

    /// Removes one of someone's factors. Says whether there was one.
    pub async fn factor_delete(&mut self, person_id: PersonId, id: FactorId) -> Result<bool> {
        let sql = "DELETE FROM factor WHERE id = $1 AND person_id = $2";
        Ok(self.execute(sql, args![id, person_id]).await? == 1)
    }

    /// Removes all of someone's second factors and recovery codes. Says how many factors there were.
    pub async fn factor_delete_all(&mut self, person_id: PersonId) -> Result<u64> {
        self.execute("DELETE FROM recovery_code WHERE person_id = $1", args![person_id]).await?;
        self.execute("DELETE FROM factor WHERE person_id = $1", args![person_id]).await
    }

    /// Gives someone new recovery codes instead of the old ones.
    pub async fn recovery_code_replace(&mut self, person_id: PersonId, hashes: &[Sha256]) -> Result<()> {
        self.execute("DELETE FROM recovery_code WHERE person_id = $1", args![person_id]).await?;
        let values = hashes.iter().flat_map(|hash| args![person_id, *hash]).collect();
        let sql = "INSERT INTO recovery_code (person_id, hash) VALUES";
        exactly(hashes.len(), self.insert_many(sql, 2, "", values).await?, "recovery codes")
    }

    /// Uses a recovery code up. Says whether it was there to be used.
    pub async fn recovery_code_use(
        &mut self,
        person_id: PersonId,
        hash: &Sha256,
        at: Timestamp,
    ) -> Result<bool> {
        let sql =
            "UPDATE recovery_code SET used_at = $1 WHERE person_id = $2 AND hash = $3 AND used_at IS NULL";
        Ok(self.execute(sql, args![at, person_id, *hash]).await? == 1)
    }

    /// How many recovery codes someone has left.
    pub async fn recovery_code_left(&mut self, person_id: PersonId) -> Result<u64> {
        let sql = "SELECT count(*) FROM recovery_code WHERE person_id = $1 AND used_at IS NULL";
        self.fetch_one(sql, args![person_id], |row| row.get(0)).await
    }
}
