//! How safe the photos are, in one answer: for a glance, and for a program that asks every morning.

use catalog::JobCounts;
use model::{Place, Result};
use serde::Serialize;

use crate::Library;
use crate::access::{Access, Actor};
use crate::copies::CopyStatus;
use crate::names::printable;

/// How safe the photos are.
#[derive(Clone, Debug)]
pub struct Status {
    /// Every copy, the library first.
    pub copies: Vec<CopyStatus>,
    /// Work that waits, runs, and was given up.
    pub jobs: JobCounts,
    /// What puts photos at risk, the worst first; nothing when all is well.
    pub risks: Vec<Risk>,
}

/// Something that puts photos at risk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Risk {
    /// The copy that it is about.
    pub copy: Option<String>,
    /// What it is, for programs: `damaged`, `missing`, `no-copy`, `not-copied`, `no-offsite`.
    pub kind: &'static str,
    /// What it is and what to do, for people.
    pub text: String,
}

impl Library {
    /// How safe the photos are, for who manages a space of this server.
    ///
    /// # Errors
    /// `NotFound` for everybody else: for them there is no such thing.
    pub async fn status(&self, actor: &Actor) -> Result<Status> {
        let mut tx = self.catalog.read().await?;
        let refused = "the status is for who manages a space of this server";
        Access::new(&mut tx, actor).manages_some_space(refused).await?;
        drop(tx);
        let copies = self.copies().await?;
        let risks = risks(&copies);
        Ok(Status { copies, jobs: self.jobs().await?, risks })
    }
}

/// What is wrong with copies that stand like this.
fn risks(copies: &[CopyStatus]) -> Vec<Risk> {
    let mut risks = Vec::new();
    let mut add = |copy: Option<&CopyStatus>, kind, text: String| {
        risks.push(Risk { copy: copy.map(|copy| copy.name.clone()), kind, text });
    };
    for copy in copies.iter().filter(|copy| copy.damaged > 0) {
        let text = format!(
            "{} objects in '{}' are damaged; run 'copies heal' on the server",
            copy.damaged,
            printable(&copy.name)
        );
        add(Some(copy), "damaged", text);
    }
    for copy in copies.iter().filter(|copy| copy.missing > 0) {
        let text = format!(
            "{} objects are missing from '{}'; run 'copies heal' on the server",
            copy.missing,
            printable(&copy.name)
        );
        add(Some(copy), "missing", text);
    }
    let others = || copies.iter().filter(|copy| !copy.is_library);
    let stored = copies.iter().any(|copy| copy.held + copy.missing + copy.damaged > 0);
    if stored && others().next().is_none() {
        add(
            None,
            "no-copy",
            "there is no copy: if the server's disk dies, the photos are gone; run 'copies add'".into(),
        );
    }
    for copy in others().filter(|copy| copy.waiting > 0) {
        let text = format!(
            "{} objects are not in '{}' yet; run 'copies run' on the server",
            copy.waiting,
            printable(&copy.name)
        );
        add(Some(copy), "not-copied", text);
    }
    if others().next().is_some() && copies.iter().all(|copy| copy.place == Place::Onsite) {
        add(None, "no-offsite", "every copy is in the same building; add one that is not".into());
    }
    risks
}

#[cfg(test)]
mod tests {
    use model::Medium;

    use super::*;

    fn copy(name: &str, place: Place) -> CopyStatus {
        CopyStatus {
            name: name.into(),
            url: None,
            medium: Medium::Disk,
            place,
            is_library: name == "library",
            held: 5,
            held_bytes: 500,
            unproved: 0,
            oldest_proof: None,
            damaged: 0,
            missing: 0,
            waiting: 0,
        }
    }

    fn kinds(copies: &[CopyStatus]) -> Vec<&'static str> {
        risks(copies).iter().map(|risk| risk.kind).collect()
    }

    #[test]
    fn each_risk_is_told_and_the_worst_comes_first() {
        let library = copy("library", Place::Onsite);
        let away = copy("away", Place::Offsite);
        assert_eq!(kinds(&[library.clone(), away.clone()]), Vec::<&str>::new());
        assert_eq!(kinds(std::slice::from_ref(&library)), ["no-copy"]);
        assert_eq!(
            kinds(&[CopyStatus { held: 0, ..library.clone() }]),
            Vec::<&str>::new(),
            "nothing to lose"
        );
        assert_eq!(kinds(&[library.clone(), copy("usb", Place::Onsite)]), ["no-offsite"]);
        let worst = [CopyStatus { missing: 1, ..library }, CopyStatus { damaged: 2, waiting: 3, ..away }];
        assert_eq!(kinds(&worst), ["damaged", "missing", "not-copied"]);
    }

    #[test]
    fn no_name_turns_a_sentence_around() {
        let copies =
            [copy("library", Place::Onsite), CopyStatus { waiting: 1, ..copy("a\u{202e}b", Place::Offsite) }];
        let told = risks(&copies);
        assert_eq!(told[0].copy.as_deref(), Some("a\u{202e}b"));
        assert!(!told[0].text.contains('\u{202e}'), "{}", told[0].text);
    }
}
