//! Sessions: browsers and programs that someone signed in with.

use model::{PersonId, Result, SessionId, Sha256, Timestamp};

use crate::Person;
use crate::person::{PERSON_COLUMNS, person_at};
use crate::sql::{Row, Tx, args, built, exactly_one};

/// A browser or program that someone signed in with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Who signed in.
    pub person_id: PersonId,
    /// SHA-256 of the secret that the browser holds.
    pub secret_hash: Sha256,
    /// What the browser or program says it is.
    pub agent: String,
    /// The network address that it was last seen at.
    pub network: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, to a few minutes.
    pub seen_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When the person last proved who they are.
    pub proved_at: Timestamp,
}

const COLUMNS: &str =
    "id, person_id, secret_hash, agent, network, created_at, seen_at, expires_at, proved_at";

fn session(row: &Row) -> Result<Session> {
    Ok(Session {
        id: row.get(0)?,
        person_id: row.get(1)?,
        secret_hash: row.get(2)?,
        agent: row.get(3)?,
        network: row.get(4)?,
        created_at: row.get(5)?,
        seen_at: row.get(6)?,
        expires_at: row.get(7)?,
        proved_at: row.get(8)?,
    })
}

impl Tx {
    /// Adds a session.
    pub async fn session_insert(&mut self, session: &Session) -> Result<()> {
        let sql =
            built(format!("INSERT INTO session ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"));
        let args = args![
            session.id,
            session.person_id,
            session.secret_hash,
            &session.agent,
            &session.network,
            session.created_at,
            session.seen_at,
            session.expires_at,
            session.proved_at
        ];
        exactly_one(self.execute(sql, args).await?, "the session")
    }

    /// The session with this secret and whose it is, unless it has ended or the account is disabled.
    pub async fn session_find(
        &mut self,
        secret_hash: &Sha256,
        now: Timestamp,
    ) -> Result<Option<(Session, Person)>> {
        let own: Vec<String> = COLUMNS.split(", ").map(|column| format!("s.{column}")).collect();
        let sql = built(format!(
            "SELECT {}, {PERSON_COLUMNS} FROM session s JOIN person p ON p.id = s.person_id \
             WHERE s.secret_hash = $1 AND s.expires_at > $2 AND p.disabled_at IS NULL",
            own.join(", ")
        ));
        let found = |row: &Row| Ok((session(row)?, person_at(row, 9)?));
        self.fetch_optional(sql, args![*secret_hash, now], found).await
    }

    /// Whether a session goes on and its owner may sign in.
    pub async fn session_alive(&mut self, id: SessionId, now: Timestamp) -> Result<bool> {
        self.session_goes_on(id, now, "").await
    }

    /// The same for whoever writes: on PostgreSQL neither ends before this transaction does. What only reads locks nothing.
    pub async fn session_hold(&mut self, id: SessionId, now: Timestamp) -> Result<bool> {
        if self.engine() == crate::Engine::Postgres {
            // The person first: who ends all that they are signed in with locks the person, then the rest.
            let sql = "SELECT p.id FROM person p JOIN session s ON s.person_id = p.id WHERE s.id = $1 FOR SHARE OF p";
            self.fetch_optional(sql, args![id], |row| row.get::<PersonId>(0)).await?;
        }
        let lock = self.pick("", " FOR SHARE");
        self.session_goes_on(id, now, lock).await
    }

    async fn session_goes_on(&mut self, id: SessionId, now: Timestamp, lock: &str) -> Result<bool> {
        let sql = built(format!(
            "SELECT s.id FROM session s JOIN person p ON p.id = s.person_id \
             WHERE s.id = $1 AND s.expires_at > $2 AND p.disabled_at IS NULL{lock}"
        ));
        Ok(self.fetch_optional(sql, args![id, now], |row| row.get::<SessionId>(0)).await?.is_some())
    }

    /// Someone's sessions that have not ended, last used first.
    pub async fn session_list(&mut self, person_id: PersonId, now: Timestamp) -> Result<Vec<Session>> {
        let sql = built(format!(
            "SELECT {COLUMNS} FROM session WHERE person_id = $1 AND expires_at > $2 ORDER BY seen_at DESC, id DESC"
        ));
        self.fetch_all(sql, args![person_id, now], session).await
    }

    /// Notes where and when a session was used, and until when it goes on.
    pub async fn session_touch(
        &mut self,
        id: SessionId,
        network: &str,
        seen_at: Timestamp,
        expires_at: Timestamp,
    ) -> Result<()> {
        let sql = "UPDATE session SET network = $1, seen_at = $2, expires_at = $3 WHERE id = $4";
        // Ended meanwhile: nothing to note.
        self.execute(sql, args![network, seen_at, expires_at, id]).await.map(drop)
    }

    /// Notes that the person proved again who they are.
    pub async fn session_prove(&mut self, id: SessionId, proved_at: Timestamp) -> Result<()> {
        let sql = "UPDATE session SET proved_at = $1 WHERE id = $2";
        exactly_one(self.execute(sql, args![proved_at, id]).await?, "the session")
    }

    /// Ends one of someone's sessions. Says whether there was one.
    pub async fn session_delete(&mut self, person_id: PersonId, id: SessionId) -> Result<bool> {
        let sql = "DELETE FROM session WHERE id = $1 AND person_id = $2";
        Ok(self.execute(sql, args![id, person_id]).await? == 1)
    }

    /// Ends all of someone's sessions but one. Says how many ended.
    pub async fn session_delete_others(
        &mut self,
        person_id: PersonId,
        keep: Option<SessionId>,
    ) -> Result<u64> {
        match keep {
            Some(keep) => {
                let sql = "DELETE FROM session WHERE person_id = $1 AND id <> $2";
                self.execute(sql, args![person_id, keep]).await
            }
            None => self.execute("DELETE FROM session WHERE person_id = $1", args![person_id]).await,
        }
    }

    /// Forgets sessions that have ended.
    pub async fn session_sweep(&mut self, now: Timestamp) -> Result<u64> {
        self.execute("DELETE FROM session WHERE expires_at <= $1", args![now]).await
    }
}
