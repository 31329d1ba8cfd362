//! Tokens: never broader than the person who makes them, and never able to make another.

use std::time::Duration;

use catalog::{Person, Token, Tx};
use model::{Error, NoticeKind, Permissions, Result, SpaceId, TokenId};
use serde_json::json;

use super::secret::TOKEN;
use super::{Secret, label};
use crate::Library;
use crate::access::{Access, Actor, Via};

/// Nothing is trusted for longer than this.
const LONGEST: Duration = Duration::from_hours(2 * 365 * 24);

/// A token to be made.
pub struct NewToken {
    /// What its owner calls it.
    pub name: String,
    /// What it may do, as far as its owner may.
    pub permissions: Permissions,
    /// The only space that it opens, if any.
    pub space: Option<SpaceId>,
    /// For how long; without it, two years.
    pub lasts: Option<Duration>,
}

impl Library {
    /// Makes a token; its secret is shown only now.
    ///
    /// # Errors
    /// `Forbidden` for whoever comes with a token, and for rights that its maker does not have.
    pub async fn token_create(&self, actor: &Actor, new: NewToken) -> Result<(Secret, Token)> {
        let now = self.clock.now();
        let session = actor.proved(now)?;
        let from = (session.agent.as_str(), session.network.as_str());
        let mut tx = self.begin_as(actor).await?;
        if let Some(space) = new.space {
            let right = Access::new(&mut tx, actor).space(space).await?;
            if !right.permissions.covers(new.permissions) {
                return Err(Error::forbidden("a token may not do what you may not do in that space"));
            }
        }
        self.token_make(tx, actor.person(), actor.signature(), from, new).await
    }

    /// Makes a token in somebody's name, for who works on the server itself. It does no more than that person may.
    ///
    /// # Errors
    /// `NotFound` for an address that nobody here has.
    pub async fn token_create_for(&self, email: &str, new: NewToken) -> Result<(Secret, Token)> {
        let mut tx = self.catalog.begin().await?;
        let person = tx.person_by_email(email.trim()).await?.filter(|person| person.disabled_at.is_none());
        let person =
            person.ok_or_else(|| Error::not_found(format!("nobody here has the address {email}")))?;
        self.token_make(tx, &person, "admin", ("the server itself", ""), new).await
    }

    async fn token_make(
        &self,
        mut tx: Tx,
        person: &Person,
        by: &str,
        (agent, network): (&str, &str),
        new: NewToken,
    ) -> Result<(Secret, Token)> {
        let now = self.clock.now();
        if new.permissions.is_empty() {
            return Err(Error::invalid("a token needs at least one permission"));
        }
        let lasts = new.lasts.unwrap_or(LONGEST);
        if lasts > LONGEST || lasts.is_zero() {
            return Err(Error::invalid("a token lasts between a second and two years"));
        }
        let secret = Secret::generate(TOKEN);
        let token = Token {
            id: TokenId::generate(),
            person_id: person.id,
            secret_hash: secret.hash()?,
            name: label(&new.name, "a token's name")?,
            permissions: new.permissions,
            space_id: new.space,
            network: String::new(),
            device_id: None,
            created_at: now,
            seen_at: None,
            expires_at: Some(now.plus(lasts)),
        };
        tx.token_insert(&token).await?;
        let only = match token.space_id {
            Some(space) => tx.space_get(space).await?.map(|space| space.name),
            None => None,
        };
        let facts = json!({"name": token.name, "permissions": token.permissions.to_string(), "space": only,
            "agent": agent, "network": network});
        self.tell(&mut tx, token.person_id, NoticeKind::TokenMade, facts).await?;
        let detail = json!({"name": token.name, "permissions": token.permissions.to_string(), "space": token.space_id});
        tx.audit_append(now, by, "token.create", &token.id.to_string(), &detail).await?;
        tx.commit().await?;
        Ok((secret, token))
    }

    /// The actor's tokens, newest first.
    pub async fn tokens(&self, actor: &Actor) -> Result<Vec<Token>> {
        actor.session()?;
        self.catalog.read().await?.token_list(actor.person().id).await
    }

    /// A program gives its own token back.
    pub async fn token_end(&self, actor: &Actor) -> Result<()> {
        let Via::Token(token) = actor.via() else {
            return Err(Error::invalid("this request did not come with a token"));
        };
        let mut tx = self.begin_as(actor).await?;
        tx.token_delete(actor.person().id, token.id).await?;
        tx.audit_append(self.clock.now(), actor.signature(), "token.end", &token.id.to_string(), &json!({}))
            .await?;
        tx.commit().await
    }

    /// Revokes one of the actor's tokens, at once.
    pub async fn token_revoke(&self, actor: &Actor, id: TokenId) -> Result<()> {
        actor.session()?;
        let mut tx = self.begin_as(actor).await?;
        if !tx.token_delete(actor.person().id, id).await? {
            return Err(Error::not_found("there is no such token"));
        }
        tx.audit_append(self.clock.now(), actor.signature(), "token.revoke", &id.to_string(), &json!({}))
            .await?;
        tx.commit().await
    }
}
