//! Sessions: listed, expiring, each revocable at once. Whoever has the secret has the session: it is bound to no network
//! and no browser, for people move and browsers are updated. Where it was last used from is shown to its owner.

use std::time::Duration;

use catalog::{Person, Session};
use model::{Error, ErrorKind, Result, SessionId, Timestamp};

use super::Origin;
use super::secret::{SESSION, Secret, TOKEN};
use crate::Library;
use crate::access::{Actor, Via};

/// A session that is not used for so long ends,
const IDLE: Duration = Duration::from_hours(14 * 24);
/// and every session ends after so long.
const LONGEST: Duration = Duration::from_hours(90 * 24);
/// How exact "last used" is: a request need not write.
const SEEN_EVERY: i64 = 5 * 60 * 1000;

impl Library {
    /// Whom a presented secret belongs to: a session's or a token's.
    ///
    /// # Errors
    /// `Unproved` for one that is not known, has ended, or whose owner may not sign in.
    pub async fn authenticate(&self, secret: &Secret, origin: &Origin) -> Result<Actor> {
        let hash = secret.hash()?;
        let now = self.clock.now();
        let (_, network) = origin.kept();
        if secret.is_for(SESSION) {
            let found = self.catalog.look().await?.session_find(&hash, now).await?;
            if let Some((session, person)) = found {
                if stale(session.seen_at, now) || session.network != network {
                    let until = end_of(session.created_at, now);
                    let mut tx = self.catalog.begin().await?;
                    tx.session_touch(session.id, &network, now, until).await?;
                    tx.commit().await?;
                }
                return Ok(Actor::new(person, Via::Session(session)));
            }
        } else if secret.is_for(TOKEN) {
            let found = self.catalog.look().await?.token_find(&hash, now).await?;
            if let Some((token, person)) = found {
                if token.seen_at.is_none_or(|seen| stale(seen, now)) || token.network != network {
                    let mut tx = self.catalog.begin().await?;
                    tx.token_touch(token.id, &network, now).await?;
                    tx.commit().await?;
                }
                return Ok(Actor::new(person, Via::Token(token)));
            }
        }
        Err(Error::new(ErrorKind::Unproved, "you are not signed in, or no longer; sign in again"))
    }

    /// Begins a session for someone who has just proved who they are.
    pub(super) async fn session_begin(
        &self,
        tx: &mut catalog::Tx,
        person: &Person,
        origin: &Origin,
    ) -> Result<(Secret, Session)> {
        let now = self.clock.now();
        let secret = Secret::generate(SESSION);
        let (agent, network) = origin.kept();
        let session = Session {
            id: SessionId::generate(),
            person_id: person.id,
            secret_hash: secret.hash()?,
            agent,
            network,
            created_at: now,
            seen_at: now,
            expires_at: end_of(now, now),
            proved_at: now,
        };
        tx.session_insert(&session).await?;
        // Before the log says that it began: what is new is what the log does not know.
        self.tell_of_sign_in(tx, person, &session).await?;
        Ok((secret, session))
    }

    /// The actor's sessions, last used first.
    pub async fn sessions(&self, actor: &Actor) -> Result<Vec<Session>> {
        actor.session()?;
        self.catalog.read().await?.session_list(actor.person().id, self.clock.now()).await
    }

    /// Ends one of the actor's sessions, at once.
    pub async fn session_end(&self, actor: &Actor, id: SessionId) -> Result<()> {
        actor.session()?;
        let mut tx = self.begin_as(actor).await?;
        if !tx.session_delete(actor.person().id, id).await? {
            return Err(Error::not_found("there is no such session"));
        }
        tx.audit_append(
            self.clock.now(),
            actor.signature(),
            "session.end",
            &id.to_string(),
            &serde_json::json!({}),
        )
        .await?;
        tx.commit().await
    }
}

fn stale(seen: Timestamp, now: Timestamp) -> bool {
    now.0 - seen.0 > SEEN_EVERY
}

fn end_of(created_at: Timestamp, seen_at: Timestamp) -> Timestamp {
    seen_at.plus(IDLE).min(created_at.plus(LONGEST))
}
