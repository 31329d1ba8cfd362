//! Passkeys (WebAuthn Level 3): keys that a device keeps, and uses after it has made sure of who holds it.
//!
//! A passkey is both factors in one, because the device verifies its user each time: a fingerprint, a face, a PIN. So it
//! signs in alone, and stands in for the code after a password and for the password itself where a recent proof is
//! asked for. The device remembers whose it is, so nobody types an address. What is kept of it here is public.

mod ceremony;
mod check;
mod site;

pub(crate) use ceremony::Ceremonies;
pub(super) use check::{Signed, Whose};
pub use site::Site;

use catalog::{Factor, FactorKind};
use model::{Error, ErrorKind, FactorId, Result};
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};
use uuid::Uuid;
use webauthn_rs::prelude::{Passkey, RegisterPublicKeyCredential};

use self::ceremony::{Holder, Purpose};
use super::{RecoveryCodes, label};
use crate::Library;
use crate::access::Actor;

/// Passkeys that one person can have.
const MOST: usize = 32;

/// What a browser is asked, and by which ceremony it answers.
pub struct Asked {
    /// The ceremony: good for one answer, for five minutes.
    pub ceremony: Uuid,
    /// What `navigator.credentials` takes: `{"publicKey": …}`.
    pub options: Json,
}

/// What a browser answers when it was asked for a passkey.
pub struct Shown {
    /// The site that it belongs to.
    pub site: Site,
    /// The ceremony in which it was asked for.
    pub ceremony: Uuid,
    /// The answer: `PublicKeyCredential.toJSON()`.
    pub credential: Json,
}

impl Library {
    /// Asks a browser to make a passkey for the actor. It counts with [`Library::passkey_confirm`].
    pub async fn passkey_add(&self, actor: &Actor, site: &Site, name: &str) -> Result<Asked> {
        let now = self.clock.now();
        let holder = holder(actor, actor.proved(now)?.id);
        let name = label(name, "a passkey's name")?;
        let person = actor.person();
        let factors = self.catalog.read().await?.factor_list(person.id).await?;
        let known: Vec<Passkey> = passkeys(&factors).map(stored).collect::<Result<_>>()?;
        if known.len() >= MOST {
            return Err(Error::conflict(format!("you have {MOST} passkeys; remove one that you do not use")));
        }
        let known = known.iter().map(|passkey| passkey.cred_id().clone()).collect();
        let shown = if person.name.is_empty() { &person.email } else { &person.name };
        let begun = site.0.start_passkey_registration(person.id.0, &person.email, shown, Some(known));
        let (options, state) = begun.map_err(defect)?;
        let mut options = serde_json::to_value(options).map_err(defect)?;
        // Who signs in with it says nothing else, so the device has to remember whose it is.
        let selection =
            options.pointer_mut("/publicKey/authenticatorSelection").and_then(Json::as_object_mut);
        let selection =
            selection.ok_or_else(|| Error::internal("what a browser is asked has another form"))?;
        selection.insert("residentKey".into(), json!("required"));
        selection.insert("requireResidentKey".into(), json!(true));
        let ceremony = self.ceremonies.begin(holder, Purpose::Enrol(name, state), now);
        Ok(Asked { ceremony, options })
    }

    /// Adds the passkey that a browser has made. With the first second factor come recovery codes.
    pub async fn passkey_confirm(
        &self,
        actor: &Actor,
        site: &Site,
        ceremony: Uuid,
        credential: Json,
    ) -> Result<Option<RecoveryCodes>> {
        let now = self.clock.now();
        // The proof was asked for when this began, in the same session and a few minutes ago at most.
        let holder = holder(actor, actor.session()?.id);
        let credential: RegisterPublicKeyCredential = answer(credential)?;
        let taken = self.ceremonies.enrolment(ceremony, holder, now);
        let (name, state) = taken.ok_or_else(|| {
            Error::not_found("this passkey took too long, or was begun elsewhere; add it again")
                .with_code("ceremony-ended")
        })?;
        let refused = |why: &str| {
            Error::invalid(format!("the passkey was not accepted: {why}")).with_code("passkey-failed")
        };
        let passkey = site.0.finish_passkey_registration(&credential, &state).map_err(|error| {
            refused("the browser did not answer what it was asked").with_detail(error.to_string())
        })?;
        let properties = credential.extensions.cred_props;
        if properties.and_then(|properties| properties.rk) == Some(false) {
            return Err(refused("the device cannot remember whose it is; use another device"));
        }
        let person = actor.person();
        let factor = Factor {
            id: factor_id(passkey.cred_id().as_ref())?,
            person_id: person.id,
            kind: FactorKind::Passkey,
            name,
            secret: serde_json::to_vec(&passkey).map_err(defect)?,
            created_at: now,
            // Making it has shown that it works.
            confirmed_at: Some(now),
            used_at: None,
            counter: 0,
        };
        let mut tx = self.begin_alone_as(actor).await?;
        if tx.factor_get(factor.id).await?.is_some() {
            return Err(Error::conflict("this passkey was added already"));
        }
        let first = tx.factor_list(person.id).await?.iter().all(|factor| factor.confirmed_at.is_none());
        tx.factor_insert(&factor).await?;
        let codes = self.factor_counts(&mut tx, actor, &factor, first).await?;
        tx.commit().await?;
        Ok(codes)
    }
}

fn holder(actor: &Actor, session: model::SessionId) -> Holder {
    Holder::Session(actor.person().id, session)
}

/// The passkeys among someone's factors that count.
pub(super) fn passkeys(factors: &[Factor]) -> impl Iterator<Item = &Factor> {
    factors.iter().filter(|factor| factor.kind == FactorKind::Passkey && factor.confirmed_at.is_some())
}

/// What is kept of a passkey.
fn stored(factor: &Factor) -> Result<Passkey> {
    serde_json::from_slice(&factor.secret)
        .map_err(|error| Error::damaged("the catalog holds a passkey that cannot be read").with_source(error))
}

/// The id of a passkey's factor follows from the credential's, so that no two accounts can have the same one, and it is
/// found without looking at all of them.
fn factor_id(credential: &[u8]) -> Result<FactorId> {
    let hash = vault::hash_bytes(&mut &*credential)?.0;
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.0[..16]);
    Ok(FactorId(uuid::Builder::from_custom_bytes(bytes).into_uuid()))
}

/// What a browser says, in the form that is asked for.
fn answer<T: DeserializeOwned>(credential: Json) -> Result<T> {
    serde_json::from_value(credential).map_err(|error| {
        Error::new(ErrorKind::Invalid, "the credential is not what a browser gives for a passkey")
            .with_detail(error.to_string())
    })
}

fn defect(error: impl std::error::Error) -> Error {
    Error::internal("passkeys").with_detail(error.to_string())
}
