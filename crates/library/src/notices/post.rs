//! Carries a message to a channel, whatever sort it is.

use catalog::Channel;
use model::{AlertKind, ChannelKind, Network, NoticeKind, Result, Timestamp};
use uuid::Uuid;

use super::hook::Hooks;
use super::mail::{Mailer, Smtp};
use super::reach::Reach;
use super::words::{Words, code_words, words};

/// What the operator set up for sending.
#[derive(Default)]
pub struct PostOptions {
    /// The mail server; without one there is no e-mail.
    pub smtp: Option<Smtp>,
    /// Networks that webhooks and topics may be in besides the public ones.
    pub allowed: Vec<Network>,
}

/// Sends what people are told outside the app.
pub struct Post {
    mailer: Option<Mailer>,
    hooks: Hooks,
}

/// What is sent.
pub(crate) struct Message {
    /// The notice's id, or the channel's.
    pub(super) id: Uuid,
    /// What sort of message, as a webhook reads it.
    pub(super) kind: &'static str,
    /// What it says.
    pub(super) words: Words,
    /// When it happened.
    pub(super) at: Timestamp,
    /// The code that confirms a channel.
    pub(super) code: Option<String>,
    /// Whether it should wake somebody.
    pub(super) urgent: bool,
    /// The server's address, where it is known.
    pub(super) server: Option<String>,
}

impl Message {
    /// A notice.
    pub(crate) fn notice(notice: &catalog::Notice, server: Option<&str>) -> Self {
        Self {
            id: notice.id.0,
            kind: notice.kind.as_str(),
            words: words(notice.kind, &notice.facts, notice.at),
            at: notice.at,
            code: None,
            urgent: is_urgent(notice),
            server: server.map(str::to_owned),
        }
    }

    /// The code of a channel that is not confirmed yet.
    pub(crate) fn code(channel: &Channel, code: &str, at: Timestamp, server: Option<&str>) -> Self {
        Self {
            id: channel.id.0,
            kind: "confirm",
            words: code_words(code),
            at,
            code: Some(code.to_owned()),
            urgent: false,
            server: server.map(str::to_owned),
        }
    }

    /// The text, and which server it is from.
    pub(super) fn text(&self) -> String {
        match &self.server {
            Some(server) => format!("{}\n\nThe OurPhoto server at {server}\n", self.words.text),
            None => format!("{}\n\nYour OurPhoto server\n", self.words.text),
        }
    }
}

/// Whether a notice should wake somebody: what an account may be stolen by, and photos in danger. Not that it is over.
fn is_urgent(notice: &catalog::Notice) -> bool {
    if notice.kind != NoticeKind::Alert {
        return notice.kind.always_told() && notice.kind != NoticeKind::Test;
    }
    let alert = notice.facts["alert"].as_str().and_then(|kind| kind.parse::<AlertKind>().ok());
    alert.is_some_and(AlertKind::is_urgent) && notice.facts["state"] != "resolved"
}

impl Post {
    /// Does not connect to anything yet.
    ///
    /// # Errors
    /// `Invalid` for a mail server that cannot be meant so.
    pub fn new(options: PostOptions) -> Result<Self> {
        let mailer = options.smtp.map(Mailer::new).transpose()?;
        Ok(Self { mailer, hooks: Hooks::new(Reach::new(options.allowed)) })
    }

    /// Whether there is a mail server.
    pub fn has_mail(&self) -> bool {
        self.mailer.is_some()
    }

    /// Where webhooks and topics may be.
    pub(super) fn reach(&self) -> &Reach {
        &self.hooks.reach
    }

    /// Sends a message; says why it could not, in words for the channel's owner.
    pub(crate) async fn send(
        &self,
        channel: &Channel,
        message: &Message,
        now: Timestamp,
    ) -> std::result::Result<(), String> {
        let secret = channel.secret.as_deref();
        match channel.kind {
            ChannelKind::Webhook => self.hooks.webhook(&channel.address, secret, message, now).await,
            ChannelKind::Ntfy => self.hooks.ntfy(&channel.address, secret, message).await,
            ChannelKind::Email => {
                let Some(mailer) = &self.mailer else {
                    return Err("this server has no mail server any more".to_owned());
                };
                let words = Words { title: message.words.title.clone(), text: message.text() };
                let id = format!("{}.{}", message.id.simple(), channel.id.0.simple());
                mailer.send(&channel.address, &id, &words, message.at).await
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use model::{NoticeId, PersonId};
    use serde_json::json;

    use super::*;

    #[test]
    fn photos_in_danger_wake_somebody_and_that_it_is_over_does_not() {
        let notice = |alert: AlertKind, state: &str| catalog::Notice {
            id: NoticeId::generate(),
            person_id: PersonId::generate(),
            kind: NoticeKind::Alert,
            facts: json!({"alert": alert, "state": state, "facts": {}}),
            at: Timestamp(0),
            seen_at: None,
        };
        for (alert, state, urgent) in [
            (AlertKind::Lost, "raised", true),
            (AlertKind::CopyFailing, "again", true),
            (AlertKind::Lost, "resolved", false),
            (AlertKind::ReviewOverdue, "raised", false),
        ] {
            assert_eq!(is_urgent(&notice(alert, state)), urgent, "{alert} {state}");
        }
    }
}
