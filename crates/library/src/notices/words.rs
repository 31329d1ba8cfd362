//! Every kind of notice in plain English: who, what, where, when, and what to do if it was not you.
//!
//! The only place that turns facts into words. Facts may be missing and may be hostile: a name is shown as a name, nothing
//! is ever taken over as it is, and no secret belongs into them. What each kind may know:
//!
//! - where somebody was: `agent`, `network`
//! - who: `name`, `email`; whose doing: `by`
//! - `channel-changed`: `change` (removed, less), `kind`, `to`
//! - `token-made`: `name`, `permissions`, `space`; `factor-changed`: `change` (added, removed), `kind`, `name`
//! - `member-added`: `space`, `role`, `name`, `email`, and `you` for the new member themselves; `album-opened`: `album`
//! - `alert`: `alert`, `state` (raised, again, resolved), and the `facts` of the alert
//! - `approval-asked`: `space`, `count`; `approved`, `declined`: those, `photo` (one of them), and `reason`
//! - recoveries: `ready_at`, in milliseconds or as text

use model::{AlertKind, NoticeKind, Timestamp};
use serde_json::Value as Json;

use super::plain::{device, network, plain, quoted, said};
use crate::safety::{AlertWords, alert_words};

/// A notice as a person reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// One line.
    pub title: String,
    /// A few sentences, with empty lines between paragraphs.
    pub text: String,
}

const CHANGE_PASSWORD: &str = "If it was not you, change your password at once, which signs everybody else out, and look \
    through your second factors, sessions and tokens.";

/// A notice in words.
pub fn words(kind: NoticeKind, facts: &Json, at: Timestamp) -> Words {
    let facts = Facts(facts);
    let (place, when) = (facts.place(), time(at));
    let (title, text) = match kind {
        NoticeKind::SignIn => (
            "New sign-in to your account".to_owned(),
            format!(
                "Somebody signed in to your account{place}, on {when}.\n\nIf it was you, there is nothing to do. {CHANGE_PASSWORD}"
            ),
        ),
        NoticeKind::PasswordChanged if facts.0.get("removed").is_some() => (
            "The password of your account was removed".to_owned(),
            format!(
                "The password of your account was removed{place}, on {when}: a passkey alone signs in now.\n\nIf it was not you, \
                 somebody else has your account: get it back with your trusted contacts or the recovery kit, and tell whoever runs \
                 the server."
            ),
        ),
        NoticeKind::PasswordChanged => (
            "Your password was changed".to_owned(),
            format!(
                "The password of your account was changed{place}, on {when}. Every other session and every token has ended.\n\n\
                 If it was not you, somebody else has your account: get it back with a recovery code, your trusted contacts or \
                 the recovery kit, and tell whoever runs the server."
            ),
        ),
        NoticeKind::FactorChanged => facts.factor(&place, &when),
        NoticeKind::ChannelChanged => facts.channel(&place, &when),
        NoticeKind::PasswordKnown => (
            "Somebody knows your password".to_owned(),
            format!(
                "Somebody gave the right password of your account, and wrong codes after it{place}, on {when}. They did not get in.\n\n\
                 If it was you, there is nothing to do. {CHANGE_PASSWORD}"
            ),
        ),
        NoticeKind::TokenMade => facts.token(&place, &when),
        NoticeKind::MemberAdded => facts.member(&when),
        NoticeKind::AlbumOpened => {
            let album = facts.named("album", "An album", |name| format!("The album {name}"));
            (
                facts.named("album", "An album was opened to you", |name| {
                    format!("The album {name} was opened to you")
                }),
                format!(
                    "{album} was opened to you{}, on {when}. You find it among your albums.\n\nIf you do not know who this is, you need not do anything: nobody sees more of yours by it.",
                    facts.by()
                ),
            )
        }
        NoticeKind::ApprovalAsked => facts.approval_asked(&when),
        NoticeKind::Approved => facts.decided("approved", &when, "There is nothing to do: everybody who sees it sees it so."),
        NoticeKind::Declined => facts.decided(
            "declined",
            &when,
            "It is in the trash there and nothing is lost. If you think that it was a mistake, ask whoever organises that space to \
             take it out again.",
        ),
        NoticeKind::ContactAdded => (
            "You were chosen as a trusted contact".to_owned(),
            format!(
                "{} chose you as a trusted contact, on {when}. If they ever lose every way into their account, you will be asked \
                 whether it is really them.\n\nIf you do not know them, tell whoever runs the server.",
                facts.who("Somebody")
            ),
        ),
        NoticeKind::ContactsChanged => (
            "Your trusted contacts were changed".to_owned(),
            format!(
                "Who may vouch for you, or how many of them must, was changed{place}, on {when}. A recovery that was under way \
                 has ended.\n\n{CHANGE_PASSWORD} Then choose your contacts again."
            ),
        ),
        NoticeKind::VouchAsked => (
            format!("{} asks to have an account back", facts.who("Somebody")),
            format!(
                "Somebody who says that they are {} asks to have that account back{place}, on {when}. You were chosen as a trusted \
                 contact, so you are asked whether it is really them.\n\nSpeak to them, in person or by a call that you make \
                 yourself, and let them tell you the words that they were shown. If they did not ask, or you cannot reach them, do \
                 not vouch, and warn them.",
                facts.who("that person")
            ),
        ),
        NoticeKind::RecoveryStarted => (
            "Somebody asks to have your account back".to_owned(),
            format!(
                "Somebody says that they have lost every way into your account, and asked your trusted contacts to vouch for \
                 them{place}, on {when}.\n\nIf it was you, there is nothing to do here: speak to your contacts. If it was not you, \
                 sign in, end this recovery, and warn your contacts not to vouch."
            ),
        ),
        NoticeKind::RecoveryWaiting => {
            let until = facts
                .time("ready_at")
                .map_or_else(|| "when the waiting time is over".to_owned(), |at| format!("after {at}"));
            (
                "Your account is about to be handed over".to_owned(),
                format!(
                    "Enough of your trusted contacts vouched for whoever asks to have your account back{place}. They can set a new \
                     password {until}.\n\nIf it is you, wait until then. If it is not you, sign in and end this recovery now, with any \
                     session or device that you still have; when the time is over it is too late."
                ),
            )
        }
        NoticeKind::RecoveryVetoed if facts.of_another() => (
            format!("The recovery of {} was ended", facts.who("an account")),
            format!(
                "The recovery that you were asked to vouch for was ended, on {when}. There is nothing to do; if they still cannot get \
                 in, they have to ask again."
            ),
        ),
        NoticeKind::Recovered if facts.of_another() => (
            format!("The account of {} was recovered", facts.who("somebody")),
            format!(
                "The account that you are a trusted contact of was given a new password by a recovery, on {when}.\n\nIf they do not \
                 know of it, somebody else has their account: tell them, and whoever runs the server, at once."
            ),
        ),
        NoticeKind::RecoveryVetoed => (
            "A recovery of your account was ended".to_owned(),
            format!(
                "The recovery that somebody had asked for was ended{place}, on {when}. Nothing has changed in your account.\n\nIf it \
                 was not you who ended it, look through your sessions, and change your password."
            ),
        ),
        NoticeKind::Recovered => (
            "Your account was recovered".to_owned(),
            format!(
                "Your account was given a new password by a recovery{place}, on {when}. Every session and every token has ended.\n\n\
                 If it was not you, somebody else has your account: tell whoever runs the server, and your trusted contacts, at once."
            ),
        ),
        NoticeKind::Alert => facts.alert(),
        NoticeKind::Test => (
            "A test from OurPhoto".to_owned(),
            format!("You asked for this test on {when}: what you should know will reach you here."),
        ),
    };
    Words { title, text }
}

/// The code that shows that an address is somebody's own.
pub(super) fn code_words(code: &str) -> Words {
    Words {
        title: "Confirm that this is yours".to_owned(),
        text: format!(
            "Somebody wants OurPhoto to send its notices here. If it was you, enter this code: {code}\n\nIt is good for a day. If \
             it was not you, do nothing, and nothing more will come."
        ),
    }
}

/// `2026-11-23 at 14:30 UTC`.
pub(crate) fn time(at: Timestamp) -> String {
    let (year, month, day, hour, minute, ..) = at.civil();
    format!("{year:04}-{month:02}-{day:02} at {hour:02}:{minute:02} UTC")
}

/// What a notice knows, made harmless where it is read.
struct Facts<'a>(&'a Json);

impl Facts<'_> {
    fn raw(&self, key: &str) -> Option<&str> {
        self.0[key].as_str().filter(|text| !text.trim().is_empty())
    }

    fn named(&self, key: &str, without: &str, with: impl Fn(String) -> String) -> String {
        self.raw(key).map_or_else(|| without.to_owned(), |name| with(quoted(name)))
    }

    /// `, with Firefox on Linux, from the network address 203.0.113.9`.
    fn place(&self) -> String {
        let with = self.raw("agent").map(|agent| format!(", with {}", device(agent)));
        let from = self.raw("network").and_then(network);
        let from = from.map(|address| format!(", from the network address {address}"));
        with.unwrap_or_default() + &from.unwrap_or_default()
    }

    /// `‘Ben’ (ben@example.org)`.
    fn who(&self, unknown: &str) -> String {
        match (self.raw("name"), self.raw("email")) {
            (Some(name), Some(email)) => format!("{} ({})", quoted(name), plain(email)),
            (Some(name), None) => quoted(name),
            (None, Some(email)) => plain(email),
            (None, None) => unknown.to_owned(),
        }
    }

    fn by(&self) -> String {
        self.raw("by").map(|who| format!(" by {}", quoted(who))).unwrap_or_default()
    }

    fn time(&self, key: &str) -> Option<String> {
        match &self.0[key] {
            Json::Number(ms) => ms.as_i64().map(|ms| time(Timestamp(ms))),
            Json::String(text) => Some(plain(text)),
            _ => None,
        }
    }

    /// Whether it is told to somebody else than whose account it is about.
    fn of_another(&self) -> bool {
        self.0.get("email").is_some()
    }

    fn factor(&self, place: &str, when: &str) -> (String, String) {
        if self.raw("change") == Some("copied") {
            return (
                "A passkey of your account seems to have been copied".to_owned(),
                format!(
                    "A passkey{} was used{place}, on {when}, in a way that only a copy of it is. It was refused.\n\nRemove that \
                     passkey and add a new one. {CHANGE_PASSWORD}",
                    self.raw("name").map(|name| format!(", {},", quoted(name))).unwrap_or_default()
                ),
            );
        }
        let what = match self.raw("kind") {
            Some("totp") => "an authenticator app",
            Some("passkey") => "a passkey",
            Some("recovery-codes") => "recovery codes",
            _ => "a second factor",
        };
        let change = match self.raw("change") {
            Some("added") => "added to",
            Some("removed") => "removed from",
            _ => "changed in",
        };
        let name = self.raw("name").map(|name| format!(", {},", quoted(name))).unwrap_or_default();
        let title = match self.raw("change") {
            Some("added") => "A second factor was added to your account",
            Some("removed") => "A second factor was removed from your account",
            _ => "The second factors of your account were changed",
        };
        let capital = format!("{}{}", what[..1].to_uppercase(), &what[1..]);
        let verb = if what.ends_with('s') { "were" } else { "was" };
        (
            title.to_owned(),
            format!("{capital}{name} {verb} {change} your account{place}, on {when}.\n\n{CHANGE_PASSWORD}"),
        )
    }

    fn channel(&self, place: &str, when: &str) -> (String, String) {
        let what = match self.raw("kind") {
            Some("email") => "e-mail",
            Some("webhook") => "a webhook",
            Some("ntfy") => "push messages",
            _ => "one of your channels",
        };
        let to = self.raw("to").map(|to| format!(" to {}", quoted(to))).unwrap_or_default();
        let (title, done) = match self.raw("change") {
            Some("removed") => ("You are told nothing there any more", "is told nothing any more"),
            _ => ("You are told less there", "is told less"),
        };
        (
            title.to_owned(),
            format!(
                "Where you are told what happens in your account was changed{place}, on {when}: {what}{to} {done}.\n\nIf it was not \
                 you, somebody wants you not to notice what they do. Change your password at once, which signs everybody else out, \
                 and look through your sessions, tokens and the places where you are told."
            ),
        )
    }

    fn token(&self, place: &str, when: &str) -> (String, String) {
        let name = self.named("name", "A token", |name| format!("The token {name}"));
        let may =
            self.raw("permissions").map(|words| format!(" It may: {}", plain(words).replace(',', ", ")));
        let space = self.raw("space").map(|space| format!(", in {} only", quoted(space))).unwrap_or_default();
        let may = may.map(|may| format!("{may}{space}.")).unwrap_or_default();
        (
            "A token for your account was made".to_owned(),
            format!(
                "{name} was made for your account{place}, on {when}: a program can act in your name with it.{may}\n\nIf it was not \
                 you, revoke the token and change your password at once, which ends every token."
            ),
        )
    }

    fn alert(&self) -> (String, String) {
        let Some(kind) = self.raw("alert").and_then(|kind| kind.parse::<AlertKind>().ok()) else {
            return (
                "Something is wrong".to_owned(),
                "Open the Safety page in the app: it says what it is, and what to do.".to_owned(),
            );
        };
        let AlertWords { sentence, action } = alert_words(kind, &self.0["facts"]);
        match self.raw("state") {
            Some("resolved") => (
                format!("Over: {sentence}"),
                "This was wrong, and is not any more. There is nothing to do.".to_owned(),
            ),
            Some("again") => (
                format!("Still: {sentence}"),
                format!("{action}\n\nYou were told before, and it is still so."),
            ),
            _ => (sentence, action),
        }
    }

    /// `A photo`, or `12 photos`.
    fn photos(&self, one: &str, many: &str) -> String {
        match self.0["count"].as_u64() {
            Some(count) if count != 1 => format!("{count} {many}"),
            _ => one.to_owned(),
        }
    }

    fn approval_asked(&self, when: &str) -> (String, String) {
        let space = self.named("space", "a space", |name| name);
        (
            format!("Photos wait for approval in {space}"),
            format!(
                "{} of contributors in {space} waited for somebody to approve or decline, on {when}. Everybody there sees them, marked \
                 as waiting, and copies are made of them as of any other.\n\nYou will be told of more at most once an hour.",
                self.photos("A photo", "photos")
            ),
        )
    }

    fn decided(&self, verb: &str, when: &str, then: &str) -> (String, String) {
        let photo = self.raw("photo").map(|name| format!(" {}", quoted(name))).unwrap_or_default();
        let what = self.photos(&format!("Your photo{photo}"), "of your photos");
        let was = if what.starts_with("Your") { "was" } else { "were" };
        let place = self.raw("space").map(|name| format!(" in {}", quoted(name))).unwrap_or_default();
        let reason =
            self.raw("reason").map(|reason| format!(" The reason: {}.", said(reason))).unwrap_or_default();
        (
            format!("{what} {was} {verb}"),
            format!("{what}{place} {was} {verb}{}, on {when}.{reason}\n\n{then}", self.by()),
        )
    }

    fn member(&self, when: &str) -> (String, String) {
        let space = self.named("space", "a space", |name| name);
        let role = self.raw("role").map(|role| format!(" as {}", plain(role))).unwrap_or_default();
        if self.0["you"] == true {
            return (
                format!("You are a member of {space} now"),
                format!(
                    "You accepted the invitation into {space}{role}, on {when}.\n\nIf it was not you, change your password at once, \
                     and tell whoever invited you."
                ),
            );
        }
        (
            format!("{space} has a new member"),
            format!(
                "{} became a member of {space}{role}, on {when}, by an invitation.\n\nIf you do not expect them there, remove them, \
                 and ask who else manages that space.",
                self.who("Somebody")
            ),
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const AT: Timestamp = Timestamp(1_790_000_000_000);

    #[test]
    fn every_kind_has_words_with_and_without_facts() {
        let hostile = "x\r\nBcc: eve@evil.example\r\n\r\n<b>\u{202e}https://evil.example/";
        let full: serde_json::Map<String, Json> = [
            "agent",
            "network",
            "name",
            "email",
            "by",
            "permissions",
            "space",
            "change",
            "kind",
            "role",
            "album",
            "ready_at",
            "photo",
            "reason",
            "to",
        ]
        .iter()
        .map(|key| ((*key).to_owned(), json!(hostile)))
        .collect();
        for facts in
            [json!({}), json!(null), json!({"name": 7, "you": true, "ready_at": 7}), Json::Object(full)]
        {
            for kind in NoticeKind::ALL {
                let Words { title, text } = words(*kind, &facts, AT);
                assert!(title.len() > 10 && text.len() > 40, "{kind}: {title} {text}");
                assert!(!title.contains(['\n', '\r']), "{kind}: {title}");
                for bad in ["\r", "<b>", "\u{202e}", "://", "\nBcc"] {
                    assert!(!title.contains(bad) && !text.contains(bad), "{kind} {bad:?}: {text}");
                }
            }
        }
    }

    #[test]
    fn a_sign_in_is_told_with_place_and_time_and_what_to_do() {
        let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
        let told = words(NoticeKind::SignIn, &json!({"agent": agent, "network": "203.0.113.9"}), AT);
        assert_eq!(
            told.text,
            "Somebody signed in to your account, with Firefox on Linux, from the network address 203.0.113.9, on \
             2026-09-21 at 14:13 UTC.\n\nIf it was you, there is nothing to do. If it was not you, change your password at \
             once, which signs everybody else out, and look through your second factors, sessions and tokens."
        );
    }
}
