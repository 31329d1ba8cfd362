//! Telling people what happens, in the transaction in which it happens.
//!
//! [`Library::tell`] is the one way in: a notice is on record with what it tells of, or neither is, and so is the job that
//! carries it to each channel of the person. In the app a notice is there at once; outside it arrives when
//! [`deliver`](crate::jobs::deliver) has sent it, with the words that [`words`] has for it.

mod channel;
mod hook;
mod mail;
mod plain;
mod post;
mod reach;
mod words;

use std::time::Duration;

use catalog::{Notice, Person, Session, Tx};
use model::{Error, NoticeId, NoticeKind, Permission, PersonId, Result, SpaceId, Timestamp};
use serde_json::{Value as Json, json};

pub use channel::NewChannel;
pub(crate) use channel::{code_hash, new_code};
pub use mail::{Smtp, SmtpTls};
pub(crate) use plain::{party, plain, plain_to, quoted};
pub(crate) use post::Message;
pub use post::{Post, PostOptions};
pub(crate) use words::time;
pub use words::{Words, words};

use crate::Library;
use crate::access::Actor;
use crate::jobs::deliver::{self, notice_job};

/// Notices are kept for so long,
const KEPT: Duration = Duration::from_hours(365 * 24);
/// and deliveries that were given up.
const GIVEN_UP: Duration = Duration::from_hours(30 * 24);
/// A browser on a network that was not seen for so long is new.
const KNOWN_FOR: Duration = Duration::from_hours(90 * 24);
/// Sign-ins that are looked back at.
const LOOK_BACK: usize = 500;
/// Notices on a page.
const PAGE: usize = 200;

/// A page of notices.
pub struct Notices {
    /// Newest first.
    pub notices: Vec<Notice>,
    /// How many of all were not seen yet.
    pub unseen: u64,
}

impl Library {
    /// Tells somebody of something: it is on record with what it tells of, or neither is.
    pub(crate) async fn tell(
        &self,
        tx: &mut Tx,
        person: PersonId,
        kind: NoticeKind,
        facts: Json,
    ) -> Result<()> {
        let at = self.clock.now();
        let notice = Notice { id: NoticeId::generate(), person_id: person, kind, facts, at, seen_at: None };
        tx.notice_insert(&notice).await?;
        let channels = tx.channel_list(person).await?;
        let wanted = channels.iter().filter(|channel| channel.confirmed_at.is_some() && channel.wants(kind));
        let jobs: Vec<_> = wanted.map(|channel| notice_job(channel.id, notice.id, at)).collect();
        if !jobs.is_empty() {
            tx.job_insert_many(&jobs).await?;
            self.ring();
        }
        Ok(())
    }

    /// Tells somebody of a sign-in from somewhere new: with a browser on a network that they did not sign in with for
    /// three months. The first one of all is no news.
    pub(crate) async fn tell_of_sign_in(
        &self,
        tx: &mut Tx,
        person: &Person,
        session: &Session,
    ) -> Result<()> {
        let begun = "session.begin";
        let since = self.clock.now().minus(KNOWN_FOR);
        let known = tx.audit_details(&person.email, begun, since, LOOK_BACK).await?;
        let place = |agent: &str, network: &str| (plain::device(agent), plain::party(network));
        let here = place(&session.agent, &session.network);
        let text = |detail: &Json, key: &str| detail[key].as_str().unwrap_or_default().to_owned();
        if known.iter().any(|detail| place(&text(detail, "agent"), &text(detail, "network")) == here) {
            return Ok(());
        }
        if known.is_empty() && tx.audit_details(&person.email, begun, Timestamp(0), 1).await?.is_empty() {
            return Ok(());
        }
        let facts = json!({"agent": session.agent, "network": session.network});
        self.tell(tx, person.id, NoticeKind::SignIn, facts).await
    }

    /// Tells a new member of a space, and those who manage it.
    pub(crate) async fn tell_of_member(
        &self,
        tx: &mut Tx,
        person: &Person,
        space: SpaceId,
        role: model::Role,
    ) -> Result<()> {
        let name = tx.space_get(space).await?.map(|space| space.name);
        let kind = NoticeKind::MemberAdded;
        self.tell(tx, person.id, kind, json!({"space": name, "role": role, "you": true})).await?;
        for member in tx.member_list(space).await? {
            if member.person_id != person.id && member.permissions().has(Permission::Manage) {
                let facts = json!({"space": name, "role": role, "name": person.name, "email": person.email});
                self.tell(tx, member.person_id, kind, facts).await?;
            }
        }
        Ok(())
    }

    /// The actor's notices, newest first, from before one of them if it is given.
    pub async fn notices(
        &self,
        actor: &Actor,
        before: Option<NoticeId>,
        limit: Option<u32>,
    ) -> Result<Notices> {
        actor.session()?;
        let limit = limit.map_or(50, |limit| limit as usize);
        if !(1..=PAGE).contains(&limit) {
            return Err(Error::invalid(format!("a page has 1 to {PAGE} notices")));
        }
        let mut tx = self.catalog.read().await?;
        let notices = tx.notice_list(actor.person().id, before, limit).await?;
        Ok(Notices { notices, unseen: tx.notice_unseen(actor.person().id).await? })
    }

    /// Notes that the actor saw their notices up to this one.
    pub async fn notices_seen(&self, actor: &Actor, until: NoticeId) -> Result<()> {
        actor.session()?;
        let mut tx = self.begin_as(actor).await?;
        tx.notice_seen(actor.person().id, until, self.clock.now()).await?;
        tx.commit().await
    }

    /// Forgets notices after a year, deliveries that were given up after a month, and addresses that nobody confirmed
    /// within a day.
    pub(crate) async fn sweep_notices(&self) -> Result<()> {
        let now = self.clock.now();
        let mut tx = self.catalog.begin().await?;
        tx.notice_sweep(now.minus(KEPT)).await?;
        tx.job_forget_failed(deliver::KIND, now.minus(GIVEN_UP)).await?;
        tx.channel_sweep(self.unconfirmed_before()).await?;
        tx.commit().await
    }

    /// Something waits to be delivered, or will as soon as the transaction under way is over.
    pub(crate) fn ring(&self) {
        self.told.notify_one();
    }

    /// Ends when something may wait to be delivered.
    pub async fn rung(&self) {
        self.told.notified().await;
    }
}
