//! An account that somebody asks to have back, who has lost everything that they signed in with.
//!
//! Anybody may ask, and learns nothing by it: the answer is the same whether or not there is an account, and so is what a
//! secret says of itself until a contact vouches. Then all wait, the owner's sessions are told, and any of them can end it.
//! What is asked for is bounded: one party asks for an account once at a time, and not endlessly many parties do; what
//! a contact has vouched for is not pushed aside by what others ask.

mod claim;
mod finish;
mod vouch;
mod words;

pub(super) use finish::By;

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use catalog::{ContactRule, Person, Recovery, Tx};
use model::{Error, NoticeKind, RecoveryId, Result, Timestamp};
use serde_json::json;
use zeroize::Zeroizing;

use super::{Origin, Secret, email};
use crate::Library;
use crate::access::Actor;

/// How long contacts have to vouch, and how long the account can be taken once the wait is over.
const LASTS: Duration = Duration::from_hours(14 * 24);
/// Parties that can ask for one account at a time.
const PARTIES: usize = 20;
/// How often owner and contacts are told in a day that somebody asks, as long as nobody vouches.
const TOLD: u64 = 3;
const DAY: Duration = Duration::from_hours(24);

/// What a claimant gets, once.
pub struct RecoveryAsked {
    /// Shows, later, that it is the same claimant.
    pub secret: Secret,
    /// To be told to the contacts, by voice.
    pub phrase: Zeroizing<String>,
}

/// How far a recovery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecoveryState {
    /// Not enough contacts have vouched.
    Asking,
    /// Enough have; everybody waits.
    Waiting,
    /// The wait is over: the claimant can choose a password.
    Ready,
    /// Used, ended by the owner, or too old.
    Ended,
}

/// What a recovery's secret says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecoveryStatus {
    /// How far it is.
    pub state: RecoveryState,
    /// How many contacts have vouched.
    pub vouched: u32,
    /// How many must; told once one has, for a stranger must not learn it.
    pub needed: Option<u32>,
    /// When the wait is over, once it has begun.
    pub ready_at: Option<Timestamp>,
    /// When it ends if nothing becomes of it.
    pub expires_at: Timestamp,
}

/// A recovery as the owner and the contacts see it.
pub struct RecoveryView {
    /// The recovery.
    pub recovery: Recovery,
    /// Whose account.
    pub person: Person,
    /// How far it is.
    pub status: RecoveryStatus,
    /// Whether the actor has vouched.
    pub vouched: bool,
}

impl Library {
    /// Asks to have an account back. The answer says nothing of whether there is one; where there is none, or none that has
    /// contacts, nothing is kept.
    pub async fn recovery_begin(&self, address: &str, origin: &Origin) -> Result<RecoveryAsked> {
        let now = self.clock.now();
        let address = email(address)?;
        let secret = self.claim_new(now);
        let secret_hash = secret.hash()?;
        let mut tx = self.catalog.begin().await?;
        if let Some(person) = tx.person_by_email(&address).await?
            && person.disabled_at.is_none()
            && tx.contact_rule_lock(person.id).await?.is_some_and(|rule| rule.needed > 0)
        {
            let (agent, network) = origin.kept();
            self.make_room(&mut tx, &person, &network).await?;
            let recovery = Recovery {
                id: RecoveryId::generate(),
                person_id: person.id,
                secret_hash,
                agent: agent.chars().filter(|c| !c.is_control()).collect(),
                network,
                created_at: now,
                ready_at: None,
                expires_at: now.plus(LASTS),
                ended_at: None,
                outcome: None,
            };
            tx.recovery_insert(&recovery).await?;
            // Whoever asks again and again fills neither the log nor anybody's mail. What is vouched for is always told.
            if tx.notice_count(person.id, NoticeKind::RecoveryStarted, now.minus(DAY)).await? < TOLD {
                let detail =
                    json!({"recovery": recovery.id, "agent": recovery.agent, "network": recovery.network});
                tx.audit_append(now, "claimant", "recovery.begin", &person.email, &detail).await?;
                self.tell_started(&mut tx, &person, &recovery).await?;
            }
            tx.commit().await?;
        }
        let phrase = Zeroizing::new(self.phrase(&secret_hash));
        Ok(RecoveryAsked { secret, phrase })
    }

    /// Forgets what this party asked for before, and the oldest of too many, as far as nobody vouches for it.
    async fn make_room(&self, tx: &mut Tx, person: &Person, network: &str) -> Result<()> {
        let mut others = Vec::new();
        for old in tx.recovery_under_way(person.id, self.clock.now()).await? {
            let same = party(&old.network) == party(network);
            if !(same && tx.recovery_delete(old.id).await?) {
                others.push(old.id);
            }
        }
        // What was forgotten answers as if nobody vouched, like one for nobody.
        let mut room = PARTIES.saturating_sub(1);
        while others.len() > room {
            let oldest = others.remove(0);
            if !tx.recovery_delete(oldest).await? {
                // Somebody vouches for it: it stays, beside what others may ask.
                room += 1;
                others.push(oldest);
            }
        }
        Ok(())
    }

    async fn tell_started(&self, tx: &mut Tx, person: &Person, recovery: &Recovery) -> Result<()> {
        let facts = json!({"recovery": recovery.id, "network": recovery.network});
        self.tell(tx, person.id, NoticeKind::RecoveryStarted, facts).await?;
        for (_, contact) in tx.contact_list(person.id).await? {
            let facts = json!({"recovery": recovery.id, "email": person.email, "name": person.name});
            self.tell(tx, contact.id, NoticeKind::VouchAsked, facts).await?;
        }
        Ok(())
    }

    /// How far the recovery with this secret is.
    ///
    /// # Errors
    /// `NotFound` for a secret that was never handed out here.
    pub async fn recovery_state(&self, secret: &Secret) -> Result<RecoveryStatus> {
        let mut tx = self.catalog.read().await?;
        Ok(self.presented(&mut tx, secret).await?.0)
    }

    /// What a secret says of itself, and which recovery it is, if it is one.
    async fn presented(
        &self,
        tx: &mut Tx,
        secret: &Secret,
    ) -> Result<(RecoveryStatus, Option<(Recovery, Person)>)> {
        let made_at = self
            .claim_made_at(secret)?
            .ok_or_else(|| Error::not_found("this is no secret of a recovery; ask for the account again"))?;
        let found = match tx.recovery_find(&secret.hash()?).await? {
            Some(recovery) => tx.person_get(recovery.person_id).await?.map(|person| (recovery, person)),
            None => None,
        };
        let status = match &found {
            Some((recovery, person)) => self.standing(tx, recovery, person).await?,
            // Made up, or forgotten: as one that nobody vouches for.
            None => {
                let expires_at = made_at.plus(LASTS);
                let ended = self.clock.now() >= expires_at;
                let state = if ended { RecoveryState::Ended } else { RecoveryState::Asking };
                RecoveryStatus { state, vouched: 0, needed: None, ready_at: None, expires_at }
            }
        };
        Ok((status, found))
    }

    /// How far a recovery is, by the rule and the contacts as they are now.
    async fn standing(&self, tx: &mut Tx, recovery: &Recovery, person: &Person) -> Result<RecoveryStatus> {
        let now = self.clock.now();
        let rule = tx.contact_rule_get(person.id).await?;
        let needed = rule.map_or(0, |rule: ContactRule| rule.needed);
        let vouched = tx.vouch_list(recovery.id).await?.len() as u32;
        let over = recovery.ended_at.is_some() || now >= recovery.expires_at || person.disabled_at.is_some();
        let state = match recovery.ready_at {
            _ if over || needed == 0 => RecoveryState::Ended,
            Some(ready_at) if vouched >= needed && now >= ready_at => RecoveryState::Ready,
            Some(_) if vouched >= needed => RecoveryState::Waiting,
            _ => RecoveryState::Asking,
        };
        Ok(RecoveryStatus {
            state,
            vouched,
            needed: (vouched > 0).then_some(needed),
            ready_at: recovery.ready_at,
            expires_at: recovery.expires_at,
        })
    }

    /// The recoveries of the actor's own account that are under way, and those that they may vouch for.
    pub async fn recoveries(&self, actor: &Actor) -> Result<(Vec<RecoveryView>, Vec<RecoveryView>)> {
        actor.session()?;
        let now = self.clock.now();
        let me = actor.person();
        let mut tx = self.catalog.read().await?;
        let mut mine = Vec::new();
        for recovery in tx.recovery_under_way(me.id, now).await? {
            let status = self.standing(&mut tx, &recovery, me).await?;
            mine.push(RecoveryView { recovery, person: me.clone(), status, vouched: false });
        }
        let mut to_vouch = Vec::new();
        for recovery in tx.recovery_to_vouch(me.id, now).await? {
            let Some(person) = tx.person_get(recovery.person_id).await? else { continue };
            let status = self.standing(&mut tx, &recovery, &person).await?;
            let vouched = tx.vouch_list(recovery.id).await?.contains(&me.id);
            to_vouch.push(RecoveryView { recovery, person, status, vouched });
        }
        Ok((mine, to_vouch))
    }
}

/// What one party commonly has: an IPv4 address, or a /64 of IPv6.
fn party(network: &str) -> Option<IpAddr> {
    let address: IpAddr = network.parse().ok()?;
    Some(match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        address @ IpAddr::V4(_) => address,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_party_is_an_address_or_a_network_of_one_household() {
        assert_eq!(party("2001:db8::1"), party("2001:db8::ffff:1"));
        assert_ne!(party("2001:db8::1"), party("2001:db8:0:1::1"));
        assert_eq!(party("::ffff:192.0.2.1"), party("192.0.2.1"));
        assert_ne!(party("192.0.2.1"), party("192.0.2.2"));
    }
}
