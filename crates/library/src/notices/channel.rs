//! Channels: where somebody is told outside the app. An address counts once whoever reads there has given the code that
//! was sent to it, so that nobody is sent the notices of others; the account's own address is known to be theirs.

use std::sync::Arc;
use std::time::Duration;

use catalog::{Channel, Notice};
use model::{ChannelId, ChannelKind, Error, NoticeId, NoticeKind, Result, Sha256, Timestamp};
use serde_json::json;
use zeroize::Zeroizing;

use super::{Message, Post, mail};
use crate::Library;
use crate::access::Actor;
use crate::accounts::Secret;
use crate::jobs::deliver::{code_job, notice_job};

/// How long a code is good, and an address that nobody confirmed is kept.
const WAITS: Duration = Duration::from_hours(24);
/// Channels that somebody may have.
const MOST: usize = 20;
/// Characters of a code: no two that look alike. It is good for a day and for few tries, so 40 bits are enough.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
const CODE_LENGTH: usize = 8;

/// What a webhook's secret begins with, if it was made here.
const WEBHOOK: &str = "opw_";

/// A channel to be added.
pub struct NewChannel {
    /// What sort of address it is.
    pub kind: ChannelKind,
    /// The address.
    pub address: String,
    /// What goes there besides what is always told; `None` for everything.
    pub kinds: Option<Vec<NoticeKind>>,
    /// What signs the messages of a webhook, which is made here if it is not given; what opens a topic.
    pub secret: Option<Zeroizing<String>>,
}

impl Library {
    /// Adds a channel, and sends a code there unless the address is the account's own.
    /// Gives the secret of a webhook that was made here, which is shown only now.
    ///
    /// # Errors
    /// `Invalid` for an address that nothing can, or may, be sent to; `Conflict` for one that is there already.
    pub async fn channel_add(
        &self,
        actor: &Actor,
        post: &Post,
        new: NewChannel,
    ) -> Result<(Channel, Option<Secret>)> {
        let now = self.clock.now();
        actor.proved(now)?;
        let person = actor.person();
        let address = match new.kind {
            ChannelKind::Email if !post.has_mail() => {
                return Err(Error::invalid(
                    "this server sends no e-mail: whoever runs it has to name a mail server (smtp_host). Notices are always \
                     in the app, and can go to a webhook or an ntfy topic",
                ));
            }
            ChannelKind::Email => mail::address(&new.address)?,
            ChannelKind::Webhook | ChannelKind::Ntfy => post.reach().check(new.address.trim())?.to_string(),
        };
        let made =
            (new.kind == ChannelKind::Webhook && new.secret.is_none()).then(|| Secret::generate(WEBHOOK));
        let secret = match &made {
            Some(made) => Some(made.reveal().to_owned()),
            None => new.secret.as_deref().map(|secret| checked(new.kind, secret)).transpose()?,
        };
        let own = new.kind == ChannelKind::Email && address == person.email;
        let mut tx = self.begin_as(actor).await?;
        let others = tx.channel_list(person.id).await?;
        if others.iter().any(|other| other.kind == new.kind && other.address == address) {
            return Err(Error::conflict("you are told there already"));
        }
        if others.len() >= MOST {
            return Err(Error::conflict(format!("you have {MOST} channels; remove one first")));
        }
        let channel = Channel {
            id: ChannelId::generate(),
            person_id: person.id,
            kind: new.kind,
            address,
            secret,
            kinds: new.kinds.map(sorted),
            created_at: now,
            confirmed_at: own.then_some(now),
            code_hash: None,
            told_at: None,
            failed_at: None,
            last_error: None,
        };
        tx.channel_insert(&channel).await?;
        if !own {
            tx.job_insert_many(&[code_job(channel.id, now)]).await?;
        }
        self.channel_audit(&mut tx, actor, "channel.add", &channel).await?;
        tx.commit().await?;
        self.ring();
        Ok((channel, made))
    }

    /// The actor's channels, oldest first.
    pub async fn channels(&self, actor: &Actor) -> Result<Vec<Channel>> {
        actor.session()?;
        self.catalog.read().await?.channel_list(actor.person().id).await
    }

    /// Makes a channel count, by the code that was sent there.
    ///
    /// # Errors
    /// `Invalid` for a wrong code, `Conflict` for a channel that counts already.
    pub async fn channel_confirm(&self, actor: &Actor, id: ChannelId, code: &str) -> Result<()> {
        actor.session()?;
        let now = self.clock.now();
        let mut tx = self.begin_as(actor).await?;
        let channel = self.own_channel(&mut tx, actor, id).await?;
        if channel.confirmed_at.is_some() {
            return Err(Error::conflict("it is confirmed already"));
        }
        if channel.created_at < self.unconfirmed_before()
            || !tx.channel_confirm(id, &code_hash(code)?, now).await?
        {
            return Err(Error::invalid(
                "the code is wrong, or older than a day; the last one that was sent counts",
            ));
        }
        self.channel_audit(&mut tx, actor, "channel.confirm", &channel).await?;
        tx.commit().await
    }

    /// Sends a notice to one channel, to see whether it arrives.
    pub async fn channel_test(&self, actor: &Actor, id: ChannelId) -> Result<()> {
        actor.session()?;
        let now = self.clock.now();
        let mut tx = self.begin_as(actor).await?;
        let channel = self.own_channel(&mut tx, actor, id).await?;
        if channel.confirmed_at.is_none() {
            return Err(Error::conflict("confirm it first, with the code that was sent there"));
        }
        let notice = Notice {
            id: NoticeId::generate(),
            person_id: actor.person().id,
            kind: NoticeKind::Test,
            facts: json!({}),
            at: now,
            seen_at: None,
        };
        tx.notice_insert(&notice).await?;
        tx.job_insert_many(&[notice_job(id, notice.id, now)]).await?;
        tx.commit().await?;
        self.ring();
        Ok(())
    }

    /// Changes what goes to a channel, besides what is always told. Whoever has it told less has to prove who they are, and
    /// it is told so: somebody else's session must not silence what would give them away.
    pub async fn channel_change(
        &self,
        actor: &Actor,
        id: ChannelId,
        kinds: Option<Vec<NoticeKind>>,
    ) -> Result<Channel> {
        actor.session()?;
        let mut tx = self.begin_as(actor).await?;
        let was = self.own_channel(&mut tx, actor, id).await?;
        let channel = Channel { kinds: kinds.map(sorted), ..was.clone() };
        tx.channel_set_kinds(id, channel.kinds.as_deref()).await?;
        let mut less = NoticeKind::ALL.iter().filter(|kind| was.wants(**kind) && !channel.wants(**kind));
        if was.confirmed_at.is_some() && less.next().is_some() {
            actor.proved(self.clock.now())?;
            let facts = channel_facts(actor, &channel, "less")?;
            self.tell(&mut tx, channel.person_id, NoticeKind::ChannelChanged, facts).await?;
        }
        self.channel_audit(&mut tx, actor, "channel.change", &channel).await?;
        tx.commit().await?;
        Ok(channel)
    }

    /// Removes a channel: nothing goes there any more, not even what waits. One that counted asks for a proof, and is told
    /// as the last thing; `server` is the address that the message names.
    pub async fn channel_remove(
        &self,
        actor: &Actor,
        post: &Arc<Post>,
        server: Option<&str>,
        id: ChannelId,
    ) -> Result<()> {
        actor.session()?;
        let now = self.clock.now();
        let mut tx = self.begin_as(actor).await?;
        let channel = self.own_channel(&mut tx, actor, id).await?;
        tx.channel_delete(channel.person_id, id).await?;
        self.channel_audit(&mut tx, actor, "channel.remove", &channel).await?;
        if channel.confirmed_at.is_none() {
            return tx.commit().await;
        }
        actor.proved(now)?;
        let facts = channel_facts(actor, &channel, "removed")?;
        let person_id = channel.person_id;
        let kind = NoticeKind::ChannelChanged;
        self.tell(&mut tx, person_id, kind, facts.clone()).await?;
        tx.commit().await?;
        // The queue knows it no more. If this does not arrive, the app and the other channels still tell.
        let last = Notice { id: NoticeId::generate(), person_id, kind, facts, at: now, seen_at: None };
        let (post, message) = (Arc::clone(post), Message::notice(&last, server));
        tokio::spawn(async move { post.send(&channel, &message, now).await });
        Ok(())
    }

    /// Addresses that were added before this and not confirmed are forgotten.
    pub(super) fn unconfirmed_before(&self) -> Timestamp {
        self.clock.now().minus(WAITS)
    }

    async fn own_channel(&self, tx: &mut catalog::Tx, actor: &Actor, id: ChannelId) -> Result<Channel> {
        let channel = tx.channel_get(id).await?.filter(|channel| channel.person_id == actor.person().id);
        channel.ok_or_else(|| Error::not_found("there is no such channel"))
    }

    /// The log says where to without the rest of the address, which may open something.
    async fn channel_audit(
        &self,
        tx: &mut catalog::Tx,
        actor: &Actor,
        action: &str,
        channel: &Channel,
    ) -> Result<()> {
        let detail = json!({"kind": channel.kind, "to": shown(channel), "kinds": channel.kinds});
        let (now, subject) = (self.clock.now(), channel.id.to_string());
        tx.audit_append(now, actor.signature(), action, &subject, &detail).await.map(drop)
    }
}

/// As much of an address as may be shown: the rest may open something.
fn shown(channel: &Channel) -> Option<String> {
    match channel.kind {
        ChannelKind::Email => Some(channel.address.clone()),
        ChannelKind::Webhook | ChannelKind::Ntfy => {
            let url = url::Url::parse(&channel.address).ok();
            url.and_then(|url| url.host_str().map(str::to_owned))
        }
    }
}

/// What a notice tells of a channel that was silenced.
fn channel_facts(actor: &Actor, channel: &Channel, change: &str) -> Result<serde_json::Value> {
    let session = actor.session()?;
    Ok(json!({
        "change": change, "kind": channel.kind, "to": shown(channel), "agent": session.agent, "network": session.network
    }))
}

/// A secret that fits into a header and is worth its name.
fn checked(kind: ChannelKind, secret: &str) -> Result<String> {
    let secret = secret.trim();
    let least = match kind {
        ChannelKind::Email => return Err(Error::invalid("e-mail takes no secret")),
        ChannelKind::Webhook => 16,
        ChannelKind::Ntfy => 1,
    };
    if !(least..=200).contains(&secret.len()) || !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Error::invalid(format!(
            "this secret has {least} to 200 characters: letters, digits and signs, no spaces"
        )));
    }
    Ok(secret.to_owned())
}

fn sorted(mut kinds: Vec<NoticeKind>) -> Vec<NoticeKind> {
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

/// Codes are copied by hand: case, spaces and hyphens do not matter.
pub(crate) fn code_hash(code: &str) -> Result<Sha256> {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    Secret::presented(&plain.to_ascii_lowercase()).hash()
}

/// A new code, as in `k7mq-2xpd`.
pub(crate) fn new_code() -> String {
    use argon2::password_hash::rand_core::{OsRng, RngCore};
    let mut bytes = [0; CODE_LENGTH];
    OsRng.fill_bytes(&mut bytes);
    let mut code = String::with_capacity(CODE_LENGTH + 1);
    for (at, byte) in bytes.iter().enumerate() {
        if at == CODE_LENGTH / 2 {
            code.push('-');
        }
        code.push(char::from(ALPHABET[usize::from(byte % 32)]));
    }
    code
}
