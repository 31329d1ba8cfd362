//! Signing in, proving again who one is, and changing the password.

use catalog::{FactorKind, Person, Session, Tx};
use model::{Error, ErrorKind, NoticeKind, Result};
use serde_json::json;
use zeroize::Zeroizing;

use super::password::{new_hash, verify};
use super::{Origin, Secret, factor};
use crate::Library;
use crate::access::Actor;

/// What someone shows to sign in.
pub struct SignIn {
    /// Their address.
    pub email: String,
    /// How they prove who they are.
    pub proof: Proof,
}

/// What proves who somebody is.
pub struct Proof {
    /// The password.
    pub password: Zeroizing<String>,
    /// A code of the authenticator app, or a recovery code, where there is a second factor.
    pub code: Option<String>,
}

/// Someone who has signed in.
pub struct SignedIn {
    /// Who.
    pub person: Person,
    /// The session's secret, which is shown only now.
    pub secret: Secret,
    /// The session.
    pub session: Session,
}

impl Library {
    /// Signs somebody in.
    ///
    /// # Errors
    /// `Unproved`: the same for a wrong address and a wrong password; with the code `second-factor-required` once the
    /// password is right and a code is missing.
    pub async fn sign_in(&self, given: SignIn, origin: &Origin) -> Result<SignedIn> {
        let found = self.catalog.read().await?.person_by_email(given.email.trim()).await?;
        let found = found.filter(|person| person.disabled_at.is_none());
        let hash = found.as_ref().and_then(|person| person.password_hash.clone());
        let right = verify(given.proof.password, hash).await?;
        let Some(person) = found.filter(|_| right) else {
            return Err(failed());
        };
        let mut tx = self.catalog.begin().await?;
        // It may have been changed while this one was being looked at.
        tx.person_lock(person.id).await?;
        let now = tx.person_get(person.id).await?;
        if now.is_none_or(|now| now.disabled_at.is_some() || now.password_hash != person.password_hash) {
            return Err(failed());
        }
        let with = self.second_factor(&mut tx, &person, given.proof.code.as_deref()).await?;
        let (secret, session) = self.session_begin(&mut tx, &person, origin).await?;
        let detail = json!({"network": session.network, "agent": session.agent, "second_factor": with});
        tx.audit_append(session.created_at, &person.email, "session.begin", &session.id.to_string(), &detail)
            .await?;
        tx.commit().await?;
        Ok(SignedIn { person, secret, session })
    }

    /// Proves again who the actor is, for what asks for a recent proof.
    pub async fn prove(&self, actor: &Actor, proof: Proof) -> Result<()> {
        let session = actor.session()?;
        let person = actor.person();
        if !verify(proof.password, person.password_hash.clone()).await? {
            return Err(Error::new(ErrorKind::Unproved, "the password is wrong").with_code("sign-in-failed"));
        }
        let mut tx = self.begin_as(actor).await?;
        self.second_factor(&mut tx, person, proof.code.as_deref()).await?;
        tx.session_prove(session.id, self.clock.now()).await?;
        tx.commit().await
    }

    /// Changes the actor's password; every other session and every token of theirs ends.
    pub async fn password_change(&self, actor: &Actor, password: &str) -> Result<()> {
        let session = actor.proved(self.clock.now())?;
        let person = actor.person();
        let hash = new_hash(password, &[&person.email, &person.name]).await?;
        let mut tx = self.begin_as(actor).await?;
        tx.person_set_password(person.id, &hash).await?;
        let sessions = tx.session_delete_others(person.id, Some(session.id)).await?;
        let tokens = tx.token_delete_all(person.id).await?;
        self.tell(
            &mut tx,
            person.id,
            NoticeKind::PasswordChanged,
            json!({"agent": session.agent, "network": session.network}),
        )
        .await?;
        let detail = json!({"sessions_ended": sessions, "tokens_revoked": tokens});
        tx.audit_append(self.clock.now(), actor.signature(), "password.change", &person.email, &detail)
            .await?;
        tx.commit().await
    }

    /// Asks for the second factor where there is one, and takes each code only once. Says what was used.
    pub(super) async fn second_factor(
        &self,
        tx: &mut Tx,
        person: &Person,
        code: Option<&str>,
    ) -> Result<Option<&'static str>> {
        let now = self.clock.now();
        let factors = tx.factor_list(person.id).await?;
        let counting: Vec<_> = factors.iter().filter(|factor| factor.confirmed_at.is_some()).collect();
        if counting.is_empty() {
            return Ok(None);
        }
        let Some(code) = code.map(str::trim).filter(|code| !code.is_empty()) else {
            return Err(Error::new(
                ErrorKind::Unproved,
                "give the code of your authenticator app, or a recovery code",
            )
            .with_code("second-factor-required"));
        };
        for app in counting.iter().filter(|factor| factor.kind == FactorKind::Totp) {
            if let Some(step) = factor::check_totp(&app.secret, code, now)
                && tx.factor_use(app.id, step, now).await?
            {
                return Ok(Some("totp"));
            }
        }
        if tx.recovery_code_use(person.id, &factor::recovery_code_hash(code)?, now).await? {
            return Ok(Some("recovery code"));
        }
        Err(Error::new(ErrorKind::Unproved, "the code is wrong, or was used already; wait for the next one")
            .with_code("second-factor-failed"))
    }
}

fn failed() -> Error {
    Error::new(ErrorKind::Unproved, "the address or the password is wrong").with_code("sign-in-failed")
}
