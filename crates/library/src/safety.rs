//! Keeping the promise: every photo in several places, each proved, and somebody told when that is not so.
//!
//! [`care`] brings copies up to date and reads them again when their time has come. [`coverage`] says exactly which photos
//! have how many copies. [`conditions`](alerts) finds what is wrong, and [`alerts`] raises it once, tells it again while
//! nobody acts, and lets it go when it is over. [`drill`] rehearses a restore; [`review`] is what people look at themselves.

pub mod alerts;
pub mod care;
mod conditions;
pub mod coverage;
mod damage;
pub mod drill;
pub mod review;
mod words;

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;

use model::{CopyId, Timestamp};

pub use alerts::AlertWords;
pub use conditions::{Certificate, Seen};
pub use damage::FoundDamage;
pub(crate) use words::alert_words;

/// What is kept in memory between two looks at everything.
#[derive(Default)]
pub(crate) struct Watch {
    /// Rings when a copy is to be looked after now.
    pub(crate) bell: tokio::sync::Notify,
    /// When the catalog was last examined, and what was found.
    pub(crate) catalog: Mutex<Option<(Timestamp, Vec<String>)>>,
    /// Only one looks after the copies at a time.
    pub(crate) at_work: tokio::sync::Mutex<()>,
    /// How many objects were bad when healing was last tried.
    pub(crate) bad: AtomicU64,
    /// Stops drills that people asked for.
    pub(crate) stop: crate::Cancel,
    /// When a drill from a copy last broke off in the middle.
    pub(crate) broke: Mutex<HashMap<CopyId, Timestamp>>,
    /// What is being done now, for people to see.
    pub(crate) doing: Mutex<Option<care::Doing>>,
}
