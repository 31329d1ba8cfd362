//! Tokens: named secrets that programs call with, each with the rights it was given.

use model::{DeviceId, Permissions, PersonId, Result, Sha256, SpaceId, Timestamp, TokenId};

use crate::Person;
use crate::person::{PERSON_COLUMNS, person_at};
use crate::sql::{Row, Tx, args, built, exactly_one, get_word};

/// A secret that a program calls with, in a person's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its id.
    pub id: TokenId,
    /// In whose name it acts.
    pub person_id: PersonId,
    /// SHA-256 of the secret.
    pub secret_hash: Sha256,
    /// What its owner calls it.
    pub name: String,
    /// What it may do, as far as its owner may.
    pub permissions: Permissions,
    /// The only space that it opens, if it says one.
    pub space_id: Option<SpaceId>,
    /// The network address that it was last seen at; empty if never.
    pub network: String,
    /// The device that it is for, if it is for one.
    pub device_id: Option<DeviceId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, to a few minutes.
    pub seen_at: Option<Timestamp>,
    /// When it ends, if ever.
    pub expires_at: Option<Timestamp>,
}

const COLUMNS: &str = "id, person_id, secret_hash, name, permissions, space_id, network, created_at, seen_at, expires_at, \
     device_id";

fn token(row: &Row) -> Result<Token> {
    Ok(Token {
        id: row.get(0)?,
        person_id: row.get(1)?,
        secret_hash: row.get(2)?,
        name: row.get(3)?,
        permissions: get_word(row, 4)?,
        space_id: row.get(5)?,
        network: row.get(6)?,
        created_at: row.get(7)?,
        seen_at: row.get(8)?,
        expires_at: row.get(9)?,
        device_id: row.get(10)?,
    })
}

impl Tx {
    /// Adds a token.
    pub async fn token_insert(&mut self, token: &Token) -> Result<()> {
        let sql = built(format!(
            "INSERT INTO token ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        ));
        let args = args![
            token.id,
            token.person_id,
            token.secret_hash,
            &token.name,
            token.permissions,
            token.space_id,
            &token.network,
            token.created_at,
            token.seen_at,
            token.expires_at,
            token.device_id
        ];
        exactly_one(self.execute(sql, args).await?, "the token")
    }

    /// The token with this secret and whose it is, unless it has ended or the account is disabled.
    pub async fn token_find(
        &mut self,
        secret_hash: &Sha256,
        now: Timestamp,
    ) -> Result<Option<(Token, Person)>> {
        let own: Vec<String> = COLUMNS.split(", ").map(|column| format!("t.{column}")).collect();
        let sql = built(format!(
            "SELECT {}, {PERSON_COLUMNS} FROM token t JOIN person p ON p.id = t.person_id \
             WHERE t.secret_hash = $1 AND (t.expires_at IS NULL OR t.expires_at > $2) AND p.disabled_at IS NULL",
            own.join(", ")
        ));
        let found = |row: &Row| Ok((token(row)?, person_at(row, 11)?));
        self.fetch_optional(sql, args![*secret_hash, now], found).await
    }

    /// Whether a token goes on and its owner may sign in.
    pub async fn token_alive(&mut self, id: TokenId, now: Timestamp) -> Result<bool> {
        self.token_goes_on(id, now, "").await
    }

    /// The same for whoever writes: on PostgreSQL neither ends before this transaction does. What only reads locks nothing.
    pub async fn token_hold(&mut self, id: TokenId, now: Timestamp) -> Result<bool> {
        if self.engine() == crate::Engine::Postgres {
            // The person first: who ends all that they are signed in with locks the person, then the rest.
            let sql =
                "SELECT p.id FROM person p JOIN token t ON t.person_id = p.id WHERE t.id = $1 FOR SHARE OF p";
            self.fetch_optional(sql, args![id], |row| row.get::<PersonId>(0)).await?;
        }
        let lock = self.pick("", " FOR SHARE");
        self.token_goes_on(id, now, lock).await
    }

    async fn token_goes_on(&mut self, id: TokenId, now: Timestamp, lock: &str) -> Result<bool> {
        let sql = built(format!(
            "SELECT t.id FROM token t JOIN person p ON p.id = t.person_id \
             WHERE t.id = $1 AND (t.expires_at IS NULL OR t.expires_at > $2) AND p.disabled_at IS NULL{lock}"
        ));
        Ok(self.fetch_optional(sql, args![id, now], |row| row.get::<TokenId>(0)).await?.is_some())
    }

    /// Someone's tokens, newest first; those that have ended too.
    pub async fn token_list(&mut self, person_id: PersonId) -> Result<Vec<Token>> {
        let sql = built(format!("SELECT {COLUMNS} FROM token WHERE person_id = $1 ORDER BY id DESC"));
        self.fetch_all(sql, args![person_id], token).await
    }

    /// Tokens that end between two moments and were used since `used`, with whose they are.
    pub async fn token_ending(
        &mut self,
        from: Timestamp,
        until: Timestamp,
        used: Timestamp,
    ) -> Result<Vec<Token>> {
        let sql = built(format!(
            "SELECT {COLUMNS} FROM token WHERE expires_at > $1 AND expires_at <= $2 AND seen_at >= $3 ORDER BY id"
        ));
        self.fetch_all(sql, args![from, until, used], token).await
    }

    /// Says which device calls with a token.
    pub async fn token_set_device(&mut self, id: TokenId, device: DeviceId) -> Result<()> {
        let sql = "UPDATE token SET device_id = $1 WHERE id = $2";
        exactly_one(self.execute(sql, args![device, id]).await?, "the token")
    }

    /// Notes where and when a token was used.
    pub async fn token_touch(&mut self, id: TokenId, network: &str, seen_at: Timestamp) -> Result<()> {
        let sql = "UPDATE token SET network = $1, seen_at = $2 WHERE id = $3";
        self.execute(sql, args![network, seen_at, id]).await.map(drop)
    }

    /// Revokes one of someone's tokens. Says whether there was one.
    pub async fn token_delete(&mut self, person_id: PersonId, id: TokenId) -> Result<bool> {
        let sql = "DELETE FROM token WHERE id = $1 AND person_id = $2";
        Ok(self.execute(sql, args![id, person_id]).await? == 1)
    }

    /// Revokes all of someone's tokens, and those that programs were let in for and have not fetched. Says how many tokens
    /// there were.
    pub async fn token_delete_all(&mut self, person_id: PersonId) -> Result<u64> {
        self.execute("DELETE FROM pairing WHERE person_id = $1", args![person_id]).await?;
        self.execute("DELETE FROM token WHERE person_id = $1", args![person_id]).await
    }
}
