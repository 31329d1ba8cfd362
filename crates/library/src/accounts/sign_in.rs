//! Signing in, proving again who one is, and changing the password.

use catalog::{FactorKind, Person, Session, Tx};
use model::{Error, ErrorKind, NoticeKind, Result};
use serde_json::json;
use zeroize::Zeroizing;

use super::passkey::{Signed, Whose, passkeys};
use super::password::{new_hash, verify};
use super::{Origin, Secret, Shown, factor};
use crate::Library;
use crate::access::Actor;

/// How the log calls it.
const RECOVERY_CODE: &str = "recovery code";

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
    /// A passkey in place of a code.
    pub passkey: Option<Shown>,
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
        let Proof { password, code, passkey } = given.proof;
        let found = self.catalog.read().await?.person_by_email(given.email.trim()).await?;
        let found = found.filter(|person| person.disabled_at.is_none());
        let hash = found.as_ref().and_then(|person| person.password_hash.clone());
        let right = verify(password, hash).await?;
        let Some(person) = found.as_ref().filter(|_| right).cloned() else {
            if let Some(person) = found {
                self.refusals.count(person.id, origin, self.clock.now());
            }
            return Err(failed());
        };
        let signed = self.passkey_of(&person, passkey, origin).await?;
        let mut tx = self.catalog.begin().await?;
        // It may have been changed while this one was being looked at.
        tx.person_lock(person.id).await?;
        let now = tx.person_get(person.id).await?;
        if now.is_none_or(|now| now.disabled_at.is_some() || now.password_hash != person.password_hash) {
            return Err(failed());
        }
        let with = match signed {
            Some(signed) => self.passkey_take(&mut tx, signed).await.map(|_| Some("passkey"))?,
            None => match self.second_factor(&mut tx, &person, code.as_deref()).await {
                Ok(with) => with,
                Err(error) => {
                    drop(tx);
                    return Err(self.code_refused(&person, origin, error).await?);
                }
            },
        };
        if let Some(refused) = self.refusals.take(person.id) {
            self.put_refused(&mut tx, &person, &refused).await?;
        }
        let signed_in = self.signed_in(&mut tx, person, origin, with).await?;
        tx.commit().await?;
        Ok(signed_in)
    }

    /// Begins a session and puts on record how its owner came in.
    pub(super) async fn signed_in(
        &self,
        tx: &mut Tx,
        person: Person,
        origin: &Origin,
        with: Option<&str>,
    ) -> Result<SignedIn> {
        let (secret, session) = self.session_begin(tx, &person, origin).await?;
        let detail = json!({"network": session.network, "agent": session.agent, "second_factor": with});
        tx.audit_append(session.created_at, &person.email, "session.begin", &session.id.to_string(), &detail)
            .await?;
        Ok(SignedIn { person, secret, session })
    }

    /// Looks at the passkey that somebody shows beside their password, if they do.
    pub(super) async fn passkey_of(
        &self,
        person: &Person,
        passkey: Option<Shown>,
        origin: &Origin,
    ) -> Result<Option<Signed>> {
        match passkey {
            Some(shown) => self.passkey_check(shown, Whose::Person(person), origin).await.map(Some),
            None => Ok(None),
        }
    }

    /// Proves again who the actor is, for what asks for a recent proof.
    pub async fn prove(&self, actor: &Actor, proof: Proof) -> Result<()> {
        let session = actor.session()?;
        let person = actor.person();
        let origin = Origin { agent: session.agent.clone(), network: session.network.clone() };
        if !verify(proof.password, person.password_hash.clone()).await? {
            self.refusals.count(person.id, &origin, self.clock.now());
            return Err(Error::new(ErrorKind::Unproved, "the password is wrong").with_code("sign-in-failed"));
        }
        if let Some(shown) = proof.passkey {
            return self.prove_by_passkey(actor, shown).await;
        }
        // Alone: two who share the session's row could each wait for the other to let go.
        let mut tx = self.begin_alone_as(actor).await?;
        let with = match self.second_factor(&mut tx, person, proof.code.as_deref()).await {
            Ok(with) => with,
            Err(error) => {
                drop(tx);
                return Err(self.code_refused(person, &origin, error).await?);
            }
        };
        let now = self.clock.now();
        tx.session_prove(session.id, now).await?;
        if with == Some(RECOVERY_CODE) {
            // There are few, and each is worth a way in.
            let left = tx.recovery_code_left(person.id).await?;
            let detail = json!({"second_factor": with, "codes_left": left, "network": session.network});
            tx.audit_append(now, actor.signature(), "session.prove", &session.id.to_string(), &detail)
                .await?;
        }
        tx.commit().await
    }

    /// Tells the owner, once for each run of wrong codes, that whoever gives them knows the password. Gives the error back.
    pub(super) async fn code_refused(&self, person: &Person, origin: &Origin, error: Error) -> Result<Error> {
        if error.code() == Some("second-factor-failed") && self.guesses.worth_telling(person.id) {
            let (agent, network) = origin.kept();
            let detail = json!({"agent": agent, "network": network});
            let mut tx = self.catalog.begin().await?;
            self.tell(&mut tx, person.id, NoticeKind::PasswordKnown, detail.clone()).await?;
            let now = self.clock.now();
            tx.audit_append(now, "somebody", "session.code-refused", &person.email, &detail).await?;
            tx.commit().await?;
        }
        Ok(error)
    }

    /// The same by a passkey, which needs no password beside it.
    pub async fn prove_by_passkey(&self, actor: &Actor, shown: Shown) -> Result<()> {
        let session = actor.session()?;
        let origin = Origin { agent: session.agent.clone(), network: session.network.clone() };
        let signed = self.passkey_check(shown, Whose::Actor(actor), &origin).await?;
        let mut tx = self.begin_alone_as(actor).await?;
        self.passkey_take(&mut tx, signed).await?;
        tx.session_prove(session.id, self.clock.now()).await?;
        tx.commit().await
    }

    /// Changes the actor's password; every other session and every token of theirs ends.
    pub async fn password_change(&self, actor: &Actor, password: &str) -> Result<()> {
        let session = actor.proved(self.clock.now())?;
        let person = actor.person();
        let hash = new_hash(password, &[&person.email, &person.name]).await?;
        let mut tx = self.begin_alone_as(actor).await?;
        tx.person_set_password(person.id, &hash).await?;
        self.password_changed(&mut tx, actor, session, "password.change").await?;
        tx.commit().await
    }

    /// Takes the actor's password away: from now on they sign in by passkey. Every other session and every token ends.
    ///
    /// # Errors
    /// `Conflict` with the code `no-passkey` for whoever has no other way in.
    pub async fn password_remove(&self, actor: &Actor) -> Result<()> {
        let session = actor.proved(self.clock.now())?;
        let person = actor.person().id;
        let mut tx = self.begin_alone_as(actor).await?;
        if passkeys(&tx.factor_list(person).await?).next().is_none() {
            return Err(Error::conflict("an account without a password needs a passkey; add one first")
                .with_code("no-passkey"));
        }
        tx.person_remove_password(person).await?;
        self.password_changed(&mut tx, actor, session, "password.remove").await?;
        tx.commit().await
    }

    /// Ends every other way in that the old password opened, and tells of it.
    async fn password_changed(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        session: &Session,
        action: &str,
    ) -> Result<()> {
        let person = actor.person();
        let sessions = tx.session_delete_others(person.id, Some(session.id)).await?;
        let tokens = tx.token_delete_all(person.id).await?;
        let removed = action == "password.remove";
        let facts = json!({"removed": removed, "agent": session.agent, "network": session.network});
        self.tell(tx, person.id, NoticeKind::PasswordChanged, facts).await?;
        let detail = json!({"sessions_ended": sessions, "tokens_revoked": tokens});
        let now = self.clock.now();
        tx.audit_append(now, actor.signature(), action, &person.email, &detail).await.map(drop)
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
                "give the code of your authenticator app, a passkey, or a recovery code",
            )
            .with_code("second-factor-required"));
        };
        if factor::is_code(code) {
            self.guesses.guess(person.id, now)?;
        }
        for app in counting.iter().filter(|factor| factor.kind == FactorKind::Totp) {
            if let Some(step) = factor::check_totp(&app.secret, code, now)
                && tx.factor_use(app.id, step, now).await?
            {
                self.guesses.right(person.id);
                return Ok(Some("totp"));
            }
        }
        if tx.recovery_code_use(person.id, &factor::recovery_code_hash(code)?, now).await? {
            return Ok(Some(RECOVERY_CODE));
        }
        Err(Error::new(ErrorKind::Unproved, "the code is wrong, or was used already; wait for the next one")
            .with_code("second-factor-failed"))
    }
}

fn failed() -> Error {
    Error::new(ErrorKind::Unproved, "the address or the password is wrong").with_code("sign-in-failed")
}
