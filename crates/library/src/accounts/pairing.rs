//! Letting a program in without giving it a password (RFC 8628): it shows a short code, a person who is signed in types it
//! into the browser and says what the program may do, and the program fetches a token of its own.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use catalog::{Decision, Pairing, Person, Token};
use model::{Error, NoticeKind, PairingId, Permissions, Result, Sha256, SpaceId, Timestamp, TokenId};
use serde_json::json;

use super::secret::{PAIRING, TOKEN};
use super::{Origin, Secret, label};
use crate::Library;
use crate::access::{Access, Actor};
use crate::notices::party;

/// How long a program waits.
pub const PATIENCE: Duration = Duration::from_mins(10);
/// Programs that may wait at once,
const WAITING: usize = 1000;
/// and those of one party of them.
const EACH_PARTY: usize = 20;
/// How long the token lasts.
const LASTS: Duration = Duration::from_hours(365 * 24);
/// Characters of a code: no vowels, so no words, and nothing that looks like something else. Eight of them are 34 bits,
/// which is enough for ten minutes and counted tries.
const ALPHABET: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const CODE_LENGTH: usize = 8;

/// A program that has asked to be let in.
pub struct NewPairing {
    /// What it fetches its token with.
    pub secret: Secret,
    /// What it shows to the person.
    pub code: String,
    /// Until when it waits.
    pub expires_at: Timestamp,
}

/// What became of it.
pub enum Paired {
    /// Nobody has said anything yet.
    Waiting,
    /// It may come in, with this token, which is shown only now.
    In(Box<(Secret, Token, Person)>),
}

impl Library {
    /// A program asks to be let in. Strangers can ask too, and nobody is kept out by them: where too many wait, one that has
    /// waited longest ends, of whoever has most.
    pub async fn pairing_begin(&self, name: &str, origin: &Origin) -> Result<NewPairing> {
        let now = self.clock.now();
        let (secret, code) = (Secret::generate(PAIRING), new_code());
        let (agent, network) = origin.kept();
        let pairing = Pairing {
            id: PairingId::generate(),
            secret_hash: secret.hash()?,
            code_hash: code_hash(&code)?,
            name: label(name, "a program's name")?,
            agent,
            network,
            created_at: now,
            expires_at: now.plus(PATIENCE),
            decision: None,
        };
        let mut tx = self.catalog.begin().await?;
        let waiting = tx.pairing_waiting(now).await?;
        let waiting = waiting.into_iter().map(|(id, network)| (id, party(&network))).collect();
        for id in give_way(waiting, party(&pairing.network)) {
            tx.pairing_delete(id).await?;
        }
        tx.pairing_insert(&pairing).await?;
        tx.commit().await?;
        Ok(NewPairing { secret, code, expires_at: pairing.expires_at })
    }

    /// The program that shows this code.
    pub async fn pairing_view(&self, actor: &Actor, code: &str) -> Result<Pairing> {
        actor.session()?;
        let mut tx = self.catalog.read().await?;
        tx.pairing_by_code(&code_hash(code)?, self.clock.now()).await?.ok_or_else(unknown)
    }

    /// Lets the program that shows this code in.
    ///
    /// # Errors
    /// `Forbidden` for rights that the actor does not have.
    pub async fn pairing_approve(
        &self,
        actor: &Actor,
        code: &str,
        permissions: Permissions,
        space: Option<SpaceId>,
    ) -> Result<()> {
        let now = self.clock.now();
        actor.proved(now)?;
        if permissions.is_empty() {
            return Err(Error::invalid("a program needs at least one permission"));
        }
        let mut tx = self.begin_as(actor).await?;
        if let Some(space) = space {
            let right = Access::new(&mut tx, actor).space(space).await?;
            if !right.permissions.covers(permissions) {
                return Err(Error::forbidden("a program may not do what you may not do in that space"));
            }
        }
        let pairing = tx.pairing_by_code(&code_hash(code)?, now).await?.ok_or_else(unknown)?;
        let decision = Decision::Let { person_id: actor.person().id, permissions, space_id: space };
        if !tx.pairing_decide(pairing.id, decision, now).await? {
            return Err(unknown());
        }
        let detail = json!({"name": pairing.name, "agent": pairing.agent, "network": pairing.network,
            "permissions": permissions.to_string(), "space": space});
        tx.audit_append(now, actor.signature(), "pairing.approve", &pairing.id.to_string(), &detail).await?;
        tx.commit().await
    }

    /// Turns the program that shows this code away.
    pub async fn pairing_refuse(&self, actor: &Actor, code: &str) -> Result<()> {
        actor.session()?;
        let now = self.clock.now();
        let mut tx = self.begin_as(actor).await?;
        let pairing = tx.pairing_by_code(&code_hash(code)?, now).await?.ok_or_else(unknown)?;
        if !tx.pairing_decide(pairing.id, Decision::Refused, now).await? {
            return Err(unknown());
        }
        let detail = json!({"name": pairing.name, "agent": pairing.agent, "network": pairing.network});
        tx.audit_append(now, actor.signature(), "pairing.refuse", &pairing.id.to_string(), &detail).await?;
        tx.commit().await
    }

    /// What became of the program that asks with this secret. Its token is given once.
    ///
    /// # Errors
    /// `Forbidden` with the code `pairing-refused`; `NotFound` with the code `pairing-over` when its time is over, and when
    /// the token was fetched already.
    pub async fn pairing_collect(&self, secret: &Secret) -> Result<Paired> {
        let now = self.clock.now();
        let over =
            || Error::not_found("nobody let this program in in time; begin again").with_code("pairing-over");
        let hash = secret.hash()?;
        let found = self.catalog.read().await?.pairing_by_secret(&hash, now).await?.ok_or_else(over)?;
        let Some(decision) = found.decision else { return Ok(Paired::Waiting) };
        let mut tx = self.catalog.begin().await?;
        if !tx.pairing_delete(found.id).await? {
            return Err(over());
        }
        let Decision::Let { person_id, permissions, space_id } = decision else {
            tx.commit().await?;
            return Err(Error::forbidden("this program was turned away").with_code("pairing-refused"));
        };
        let person = tx.person_get(person_id).await?.filter(|person| person.disabled_at.is_none());
        let person = person.ok_or_else(over)?;
        let secret = Secret::generate(TOKEN);
        let token = Token {
            id: TokenId::generate(),
            person_id,
            secret_hash: secret.hash()?,
            name: found.name,
            permissions,
            space_id,
            device_id: None,
            network: found.network.clone(),
            created_at: now,
            seen_at: None,
            expires_at: Some(now.plus(LASTS)),
        };
        tx.token_insert(&token).await?;
        let facts = json!({"name": token.name, "agent": found.agent, "network": found.network,
            "permissions": permissions.to_string()});
        self.tell(&mut tx, person_id, NoticeKind::TokenMade, facts.clone()).await?;
        tx.audit_append(now, &person.email, "token.create", &token.id.to_string(), &facts).await?;
        tx.commit().await?;
        Ok(Paired::In(Box::new((secret, token, person))))
    }
}

/// Which of those that wait, the longest first, give way to one more of this party.
fn give_way(mut waiting: Vec<(PairingId, Option<IpAddr>)>, own: Option<IpAddr>) -> Vec<PairingId> {
    let mut gone = Vec::new();
    loop {
        let mut parties: HashMap<Option<IpAddr>, (usize, Reverse<usize>)> = HashMap::new();
        for (place, (_, party)) in waiting.iter().enumerate() {
            parties.entry(*party).or_insert((0, Reverse(place))).0 += 1;
        }
        let too_many = if parties.get(&own).is_some_and(|(count, _)| *count >= EACH_PARTY) {
            own
        } else if waiting.len() >= WAITING {
            // Of the parties with most, the one that has been there longest.
            parties.into_iter().max_by_key(|(_, size)| *size).map_or(own, |(party, _)| party)
        } else {
            return gone;
        };
        let Some(oldest) = waiting.iter().position(|(_, party)| *party == too_many) else { return gone };
        gone.push(waiting.remove(oldest).0);
    }
}

fn unknown() -> Error {
    Error::not_found("no program waits with this code; is it typed right, and not older than ten minutes?")
}

/// Case, spaces and hyphens do not matter.
fn code_hash(code: &str) -> Result<Sha256> {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    Secret::presented(&plain.to_ascii_uppercase()).hash()
}

fn new_code() -> String {
    use argon2::password_hash::rand_core::{OsRng, RngCore};
    let mut code = String::with_capacity(CODE_LENGTH + 1);
    while code.len() < CODE_LENGTH + 1 {
        if code.len() == CODE_LENGTH / 2 {
            code.push('-');
        }
        let byte = OsRng.next_u32().to_le_bytes()[0];
        // 240 is the largest multiple of 20 in a byte: what lies above would favour some characters.
        if byte < 240 {
            code.push(char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]));
        }
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_off_a_screen_and_typed_by_hand() {
        let code = new_code();
        assert_eq!((code.len(), code.as_bytes()[4]), (9, b'-'), "{code}");
        assert_eq!(code_hash(&code).unwrap(), code_hash(&code.to_lowercase().replace('-', " ")).unwrap());
        assert_ne!(code_hash(&code).unwrap(), code_hash(&new_code()).unwrap());
    }

    #[test]
    fn whoever_lets_many_programs_wait_loses_their_own() {
        let party = |number: usize| Some(IpAddr::from(u32::try_from(number).unwrap().to_be_bytes()));
        let mut waiting = vec![(PairingId::generate(), party(0))];
        let quiet = waiting[0].0;
        for number in 1..=WAITING / EACH_PARTY + 10 {
            for _ in 0..=EACH_PARTY {
                let gone = give_way(waiting.clone(), party(number));
                waiting.retain(|(id, _)| !gone.contains(id));
                waiting.push((PairingId::generate(), party(number)));
            }
            let own = waiting.iter().filter(|(_, other)| *other == party(number)).count();
            assert!(own <= EACH_PARTY);
        }
        assert_eq!(waiting.len(), WAITING);
        assert!(waiting.iter().any(|(id, _)| *id == quiet));
    }
}
