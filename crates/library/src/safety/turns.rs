//! Who works on which copy: at most one at a time on each, so that a slow copy keeps nobody from the others.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use model::Timestamp;

/// What is being done with which copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doing {
    /// The copy, or `all`.
    pub copy: String,
    /// `run`, `scrub`, `heal` or `drill`.
    pub what: &'static str,
    /// Since when.
    pub since: Timestamp,
}

/// What somebody works on, and what they do with it, if they have begun.
type Taken = BTreeMap<String, Option<Doing>>;

/// Turns that are taken.
#[derive(Clone, Default)]
pub(crate) struct Turns(Arc<Mutex<Taken>>);

/// The turn of one who works on something; it ends when it is dropped.
pub(crate) struct Turn {
    of: Turns,
    key: String,
}

impl Turns {
    /// The turn at this, unless somebody has it.
    pub(crate) fn take(&self, key: &str) -> Option<Turn> {
        let mut taken = self.lock();
        if taken.contains_key(key) {
            return None;
        }
        taken.insert(key.to_owned(), None);
        Some(Turn { of: self.clone(), key: key.to_owned() })
    }

    /// What is being done now, for people to see.
    pub(crate) fn doing(&self) -> Vec<Doing> {
        self.lock().values().flatten().cloned().collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    /// Says what is done with the turn.
    pub(crate) fn does(&self, copy: &str, what: &'static str, since: Timestamp) {
        let doing = Doing { copy: copy.to_owned(), what, since };
        self.of.lock().insert(self.key.clone(), Some(doing));
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.of.lock().remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_copy_is_worked_on_by_one_and_others_by_others() {
        let turns = Turns::default();
        let disk = turns.take("disk").unwrap();
        assert!(turns.take("disk").is_none());
        let cloud = turns.take("cloud").unwrap();
        cloud.does("cloud", "run", Timestamp(7));
        assert_eq!(turns.doing(), [Doing { copy: "cloud".into(), what: "run", since: Timestamp(7) }]);
        drop((disk, cloud));
        assert_eq!(turns.doing(), []);
        assert!(turns.take("disk").is_some());
    }
}
