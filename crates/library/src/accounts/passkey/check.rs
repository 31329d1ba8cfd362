//! Asking for a passkey, and looking at the one that is shown.

use std::net::IpAddr;

use catalog::{Factor, Person, Tx};
use model::{Error, ErrorKind, NoticeKind, PersonId, Result};
use serde_json::{Value as Json, json};
use webauthn_rs::prelude::{
    AuthenticationResult, DiscoverableKey, Passkey, PublicKeyCredential, WebauthnError,
};

use super::ceremony::{Holder, Purpose};
use super::{Asked, Shown, Site, answer, defect, factor_id, holder, passkeys, stored};
use crate::Library;
use crate::access::Actor;
use crate::accounts::{Origin, SignedIn};

/// Whose passkey it has to be.
#[derive(Clone, Copy)]
pub(in crate::accounts) enum Whose<'a> {
    /// Whoever's it is: they sign in by it.
    Anybody,
    /// Theirs, who have shown something else of theirs already.
    Person(&'a Person),
    /// Theirs, in the session in which it was asked for.
    Actor(&'a Actor),
}

/// A passkey that has signed what it was asked to. It counts once it was [taken](Library::passkey_take).
pub(in crate::accounts) struct Signed {
    pub(in crate::accounts) person: Person,
    /// As it was when the signature was looked at.
    factor: Factor,
    passkey: Passkey,
    counter: i64,
}

impl Library {
    /// Asks a browser for a passkey, whoever's: to sign in with it. `party` is who asks, as far as the network tells.
    pub fn passkey_ask(&self, site: &Site, party: IpAddr) -> Result<Asked> {
        self.passkey_asked(site, Holder::Party(party), &[])
    }

    /// Asks a browser for one of the actor's passkeys, to prove again who they are.
    pub async fn passkey_ask_again(&self, site: &Site, actor: &Actor) -> Result<Asked> {
        let session = actor.session()?;
        let factors = self.catalog.read().await?.factor_list(actor.person().id).await?;
        let known: Vec<Passkey> = passkeys(&factors).map(stored).collect::<Result<_>>()?;
        if known.is_empty() {
            return Err(Error::conflict("you have no passkey").with_code("no-passkey"));
        }
        self.passkey_asked(site, holder(actor, session.id), &known)
    }

    fn passkey_asked(&self, site: &Site, holder: Holder, known: &[Passkey]) -> Result<Asked> {
        let (mut options, state) = site.0.start_discoverable_authentication().map_err(defect)?;
        // Asked for when a person says so, not while they fill in a form.
        options.mediation = None;
        let mut options = serde_json::to_value(options).map_err(defect)?;
        if let Some(allowed) = options.pointer_mut("/publicKey/allowCredentials") {
            let allow = |passkey: &Passkey| json!({"type": "public-key", "id": passkey.cred_id()});
            *allowed = known.iter().map(allow).collect::<Json>();
        }
        let ceremony = self.ceremonies.begin(holder, Purpose::Show(state), self.clock.now());
        Ok(Asked { ceremony, options })
    }

    /// Signs somebody in by a passkey alone, which is both factors in one.
    ///
    /// # Errors
    /// `Unproved`: the same for a passkey that is not known, one that was removed, and one that does not belong here.
    pub async fn passkey_sign_in(&self, shown: Shown, origin: &Origin) -> Result<SignedIn> {
        let signed = self.passkey_check(shown, Whose::Anybody, origin).await?;
        let mut tx = self.catalog.begin().await?;
        let person = self.passkey_take(&mut tx, signed).await?;
        let signed_in = self.signed_in(&mut tx, person, origin, Some("passkey alone")).await?;
        tx.commit().await?;
        Ok(signed_in)
    }

    /// Looks at the passkey that a browser shows. Whatever comes of it, its ceremony has ended.
    pub(in crate::accounts) async fn passkey_check(
        &self,
        shown: Shown,
        whose: Whose<'_>,
        origin: &Origin,
    ) -> Result<Signed> {
        let credential: PublicKeyCredential = answer(shown.credential)?;
        let session = match whose {
            Whose::Actor(actor) => Some(holder(actor, actor.session()?.id)),
            Whose::Anybody | Whose::Person(_) => None,
        };
        let state = self.ceremonies.showing(shown.ceremony, session, self.clock.now()).ok_or_else(ended)?;
        // Whose it is, the device says where it was not asked for one by name; if it says so, it has to be true.
        let said = shown.site.0.identify_discoverable_authentication(&credential).ok();
        let said = said.map(|(handle, _)| PersonId(handle));
        let wanted = match whose {
            Whose::Anybody => said.ok_or_else(failed)?,
            Whose::Person(person) => person.id,
            Whose::Actor(actor) => actor.person().id,
        };
        if said.is_some_and(|said| said != wanted) {
            return Err(failed());
        }
        let mut tx = self.catalog.read().await?;
        let person = tx.person_get(wanted).await?.filter(|person| person.disabled_at.is_none());
        let factor = tx.factor_get(factor_id(credential.get_credential_id())?).await?;
        drop(tx);
        let factor = factor.filter(|factor| factor.person_id == wanted);
        let (Some(person), Some(factor)) = (person, factor) else {
            return Err(failed());
        };
        if passkeys(std::slice::from_ref(&factor)).next().is_none() {
            return Err(failed());
        }
        let mut passkey = stored(&factor)?;
        let key = [DiscoverableKey::from(&passkey)];
        match shown.site.0.finish_discoverable_authentication(&credential, state, &key) {
            Ok(result) if !result.user_verified() => Err(failed()),
            Ok(result) if went_back(&result, &factor) => Err(self.passkey_copied(&factor, origin).await?),
            Ok(result) => {
                passkey.update_credential(&result);
                Ok(Signed { person, factor, passkey, counter: i64::from(result.counter()) })
            }
            Err(WebauthnError::CredentialPossibleCompromise) => {
                Err(self.passkey_copied(&factor, origin).await?)
            }
            Err(error) => Err(failed().with_detail(error.to_string())),
        }
    }

    /// Takes a passkey's signature: keeps its counter, and refuses one that was used, removed or locked out meanwhile.
    pub(in crate::accounts) async fn passkey_take(&self, tx: &mut Tx, signed: Signed) -> Result<Person> {
        let now = self.clock.now();
        let Signed { person, factor, passkey, counter } = signed;
        tx.person_lock(person.id).await?;
        let person = tx.person_get(person.id).await?.filter(|person| person.disabled_at.is_none());
        let same = tx.factor_get(factor.id).await?.is_some_and(|now| now.secret == factor.secret);
        let Some(person) = person.filter(|_| same) else {
            return Err(failed());
        };
        // One that does not count stays at nought.
        if counter > 0 && !tx.factor_use(factor.id, counter, now).await? {
            return Err(failed());
        }
        tx.factor_update(factor.id, &serde_json::to_vec(&passkey).map_err(defect)?, now).await?;
        Ok(person)
    }

    /// A passkey that has counted further than it says now exists twice. Its owner is told; gives what to answer.
    async fn passkey_copied(&self, factor: &Factor, origin: &Origin) -> Result<Error> {
        let (agent, network) = origin.kept();
        let facts = json!({"change": "copied", "kind": factor.kind.as_str(), "name": factor.name,
            "agent": agent, "network": network});
        let mut tx = self.catalog.begin().await?;
        if let Some(person) = tx.person_get(factor.person_id).await? {
            self.tell(&mut tx, person.id, NoticeKind::FactorChanged, facts.clone()).await?;
            let (now, id) = (self.clock.now(), factor.id.to_string());
            tx.audit_append(now, &person.email, "factor.copied", &id, &facts).await?;
            tx.commit().await?;
        }
        Ok(Error::new(
            ErrorKind::Unproved,
            "this passkey has been used more often than it says, so there may be a copy of it; sign in another way and \
             remove it",
        )
        .with_code("passkey-copied"))
    }
}

/// Whether a counter is not ahead of the last one that was taken (WebAuthn section 6.1.1). One that stays at nought is no
/// counter: passkeys that travel between devices have none.
fn went_back(result: &AuthenticationResult, factor: &Factor) -> bool {
    let counter = i64::from(result.counter());
    (counter > 0 || factor.counter > 0) && counter <= factor.counter
}

fn failed() -> Error {
    Error::new(ErrorKind::Unproved, "the passkey was not accepted; try again, or sign in another way")
        .with_code("passkey-failed")
}

fn ended() -> Error {
    Error::new(ErrorKind::Unproved, "this took too long, was done already, or was begun elsewhere; try again")
        .with_code("ceremony-ended")
}
