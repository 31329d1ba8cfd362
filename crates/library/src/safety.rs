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
mod rounds;
mod turns;
mod words;

use std::collections::HashMap;
use std::sync::Mutex;

use catalog::{Coverage, ReplicaSummary};
use model::{CopyId, SpaceId, Timestamp};

pub use alerts::AlertWords;
pub use conditions::{Certificate, Seen};
pub use damage::FoundDamage;
pub use turns::Doing;
pub(crate) use words::alert_words;

use crate::kept::Kept;

/// Which sets of copies hold how much of a space, and how much of it was not proved in time in each.
type Covered = (Vec<Coverage>, Vec<u64>);

/// What is kept in memory between two looks at everything.
#[derive(Default)]
pub(crate) struct Watch {
    /// Rings when a copy is to be looked after now.
    pub(crate) bell: tokio::sync::Notify,
    /// When the catalog was last examined, and what was found.
    pub(crate) catalog: Mutex<Option<(Timestamp, Vec<String>)>>,
    /// How copies stand, where that takes long to count.
    pub(crate) counted: Kept<CopyId, ReplicaSummary>,
    /// How these copies cover a space, likewise.
    covered: Kept<(SpaceId, Vec<CopyId>), Covered>,
    /// Who works on which copy.
    pub(crate) turns: turns::Turns,
    /// When healing was last tried, and how many bad objects it could not even try, because their copies were away.
    pub(crate) healed: Mutex<Option<(Timestamp, u64)>>,
    /// Drills are carried out one after the other: each takes room on this machine.
    pub(crate) drilling: tokio::sync::Mutex<()>,
    /// Stops drills that people asked for.
    pub(crate) stop: crate::Cancel,
    /// Since when the clock has been behind what is written down of a copy.
    pub(crate) behind: Mutex<HashMap<CopyId, Timestamp>>,
    /// When a drill from a copy last broke off in the middle.
    pub(crate) broke: Mutex<HashMap<CopyId, Timestamp>>,
}
