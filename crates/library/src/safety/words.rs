//! Alerts in plain English: one clear sentence, and the one thing to do.
//!
//! The only place that turns an alert's facts into words. Names come from anywhere, so they are shown as names.

use model::{AlertKind, Timestamp};
use serde_json::Value as Json;

use super::AlertWords;
use crate::notices::{plain, plain_to, quoted, time};

/// Characters of a reason.
const WHY: usize = 400;

/// An alert in words.
pub(crate) fn alert_words(kind: AlertKind, facts: &Json) -> AlertWords {
    let name = |key: &str| quoted(facts[key].as_str().unwrap_or("?"));
    let number = |key: &str| facts[key].as_u64().unwrap_or(0);
    let copy = || name("copy");
    let (sentence, action) = match kind {
        AlertKind::Lost => (
            format!(
                "{} in {} {} in no copy any more{}",
                counted(number("count"), "photo", "photos"),
                name("space"),
                if number("count") == 1 { "is" } else { "are" },
                photos(facts)
            ),
            "Import them again from wherever they still are: a card, a phone, a laptop.".to_owned(),
        ),
        AlertKind::Damaged if number("damaged") + number("missing") == 0 => (
            format!("{} damaged in the copy {}: what names the photos there, and opens them", counted(number("files"), "file is", "files are"), copy()),
            "Healing is tried by itself; run 'ourphoto copies heal' to see what stops it.".to_owned(),
        ),
        AlertKind::Unhealable => (
            format!(
                "{} in the copy {} could not be put right: {}",
                counted(number("count"), "damaged file", "damaged files"),
                copy(),
                plain_to(facts["why"].as_str().unwrap_or("the reason is not known"), WHY)
            ),
            "Do what it says, or replace the copy; it is tried again by itself.".to_owned(),
        ),
        AlertKind::Damaged => (
            format!("{} damaged or gone in the copy {}", counted(number("damaged") + number("missing"), "file is", "files are"), copy()),
            "Healing is tried by itself; connect the copies that are away, or run 'ourphoto copies heal' to see what stops it.".to_owned(),
        ),
        AlertKind::Unreadable => (
            format!(
                "{} in the copy {} could not be read{}: {}",
                counted(number("count"), "file", "files"),
                copy(),
                since(facts),
                plain_to(facts["why"].as_str().unwrap_or("the reason is not known"), WHY)
            ),
            "Put right what it says, or replace the copy; it is tried again by itself. The Safety page names the photos.".to_owned(),
        ),
        AlertKind::DiskFailing => (
            format!("Damage was found in the copy {} on {} days of the last month: what it is on may be failing", copy(), number("days")),
            "Read all of it again with 'ourphoto copies check'; if that finds more, replace the disk.".to_owned(),
        ),
        AlertKind::CatalogDamaged => (
            format!("The catalog is not what it was: {}", list(&facts["problems"])),
            "Bring it back from a copy with 'ourphoto admin recover', into a new folder.".to_owned(),
        ),
        AlertKind::NoCopy => (
            "There is no copy: if the server's disk dies, the photos are gone".to_owned(),
            "Add a copy in another place with 'ourphoto copies add'.".to_owned(),
        ),
        AlertKind::CopyFailing => (
            format!(
                "The copy {} could not be brought up to date {} times in a row: {}",
                copy(),
                number("failures"),
                plain_to(facts["why"].as_str().unwrap_or("the reason is not known"), WHY)
            ),
            "Put right what it says; the copy goes on by itself.".to_owned(),
        ),
        AlertKind::CopyLate if facts["offline"] == true => (
            format!("The offline copy {} was not plugged in for too long; {} for it", copy(), counted(number("waiting"), "file waits", "files wait")),
            "Plug it in: it is brought up to date by itself.".to_owned(),
        ),
        AlertKind::CopyLate => (
            format!("The copy {} is late; {} for it{}", copy(), counted(number("waiting"), "file waits", "files wait"), since(facts)),
            "See on the Safety page what stops it, and let it run now.".to_owned(),
        ),
        AlertKind::DiskFilling => {
            let left = plain(&bytes(number("free")));
            let days = facts["days"].as_u64().map(|days| format!(", and is full in about {}", counted(days, "day", "days")));
            (
                format!("The place of the copy {} has {left} left{}", copy(), days.unwrap_or_default()),
                "Make room there, or move the copy to a larger disk.".to_owned(),
            )
        }
        AlertKind::RuleBroken => {
            let (one, why) = match facts["why"].as_str() {
                Some("one-copy") => ("exists", "only once"),
                Some("few-copies") => ("has", "fewer copies than the space asks for"),
                Some("few-media") => ("has", "copies on one kind of medium only"),
                Some("no-offsite") => ("has", "no copy in another place"),
                _ => ("is", "less safe than the space asks for"),
            };
            let verb = match (number("count"), one) {
                (1, one) => one,
                (_, "exists") => "exist",
                (_, "has") => "have",
                _ => "are",
            };
            (
                format!("{} in {} {verb} {why}", counted(number("count"), "file", "files"), name("space")),
                "Add a copy, or let those that there are run; the Safety page names the photos.".to_owned(),
            )
        }
        AlertKind::Unproved => (
            format!(
                "{} of {} {} not read again for more than {} days, in {}",
                counted(number("count"), "file", "files"),
                name("space"),
                if number("count") == 1 { "was" } else { "were" },
                number("days"),
                list(&facts["copies"])
            ),
            "Let the server run for longer, or check now with 'ourphoto copies check'.".to_owned(),
        ),
        AlertKind::DrillFailed => (
            format!("The last rehearsed restore from {} failed", copy()),
            "Read the report on the Safety page: it names the photos.".to_owned(),
        ),
        AlertKind::ReviewOverdue => {
            let owner = facts["owner"].as_str().map(|owner| format!(", by {}", quoted(owner))).unwrap_or_default();
            (
                format!("The review {} was due on {}{owner}", name("review"), day(&facts["due"])),
                "Do it on the Safety page; what it asks for is filled in already.".to_owned(),
            )
        }
        AlertKind::CertificateExpiring => {
            let when = if facts["over"] == true { "ended" } else { "ends" };
            let action = if facts["renewed"] == true {
                "The server asks for the next one by itself and did not get it: its log says what the authority answered."
            } else {
                "Put a new certificate in its place; the server takes it up by itself."
            };
            (
                format!("The certificate of the server {when} on {}", day(&facts["ends"])),
                action.to_owned(),
            )
        }
        AlertKind::CredentialExpiring => {
            let when = if facts["over"] == true { "ended" } else { "ends" };
            match facts["token"].as_str() {
                Some(token) => (
                    format!("What the program {} signs in with ends on {}", quoted(token), day(&facts["ends"])),
                    "Sign in with it again before then ('ourphoto login'), or make it a new token.".to_owned(),
                ),
                None => (
                    format!("What the copy {} is reached with {when} on {}", copy(), day(&facts["ends"])),
                    "Ask its place for a new one, and put it where 'ourphoto copies add' was told to find it.".to_owned(),
                ),
            }
        }
        AlertKind::ClockWrong => {
            let minutes = facts["by_ms"].as_i64().unwrap_or(0).unsigned_abs() / 60_000;
            let how = if facts["behind"] == true { "is behind what was written down by" } else { "jumped by" };
            (
                format!("The clock of the server {how} {}", counted(minutes, "minute", "minutes")),
                "Set the clock, and let it be set by the network (timedatectl set-ntp true).".to_owned(),
            )
        }
        AlertKind::Healed => (
            format!("{} damaged and put right from a good copy", counted(number("count"), "file was", "files were")),
            "Nothing is to be done; the Safety page says which disk it was.".to_owned(),
        ),
    };
    AlertWords { sentence: format!("{sentence}."), action }
}

fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

fn list(words: &Json) -> String {
    let words = words.as_array().map(Vec::as_slice).unwrap_or_default();
    words.iter().filter_map(Json::as_str).map(plain).collect::<Vec<_>>().join(", ")
}

/// `: Family/Lake/IMG_1.jpg, …`.
fn photos(facts: &Json) -> String {
    let names = list(&facts["photos"]);
    if names.is_empty() { names } else { format!(": {names}") }
}

fn since(facts: &Json) -> String {
    facts["since"].as_i64().map(|at| format!(", since {}", time(Timestamp(at)))).unwrap_or_default()
}

fn day(at: &Json) -> String {
    let (year, month, day, ..) = Timestamp(at.as_i64().unwrap_or(0)).civil();
    format!("{year:04}-{month:02}-{day:02}")
}

fn bytes(number: u64) -> String {
    match number {
        0..1_000_000 => format!("{} kB", number / 1000),
        1_000_000..1_000_000_000 => format!("{} MB", number / 1_000_000),
        _ => format!("{:.1} GB", number as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_alert_is_one_sentence_and_one_action_whatever_its_facts_say() {
        let hostile = "x\r\nBcc: eve@evil.example\r\n\u{202e}<b>https://evil.example/";
        let full = json!({
            "copy": hostile, "space": hostile, "review": hostile, "owner": hostile, "why": hostile,
            "photos": [hostile, hostile], "problems": [hostile], "copies": [hostile], "count": 7, "days": 2, "free": 5,
        });
        for facts in [json!({}), json!(null), json!({"copy": 7, "photos": "x"}), full] {
            for kind in AlertKind::ALL {
                let AlertWords { sentence, action } = alert_words(*kind, &facts);
                assert!(sentence.len() > 20 && sentence.ends_with('.'), "{kind}: {sentence}");
                assert!(action.len() > 20 && action.ends_with('.'), "{kind}: {action}");
                for bad in ["\r", "\n", "\u{202e}", "://", "<b>"] {
                    assert!(!sentence.contains(bad), "{kind} {bad:?}: {sentence}");
                }
            }
        }
    }

    #[test]
    fn a_late_copy_is_told_with_its_name_and_what_waits() {
        let facts = json!({"copy": "nas", "waiting": 1, "since": 1_790_000_000_000i64});
        let words = alert_words(AlertKind::CopyLate, &facts);
        assert_eq!(
            words.sentence,
            "The copy ‘nas’ is late; 1 file waits for it, since 2026-09-21 at 14:13 UTC."
        );
    }
}
