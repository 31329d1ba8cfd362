//! Work that was queued in the transaction that made it necessary, one file for each kind.

pub mod films;
pub mod media;
