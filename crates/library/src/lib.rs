//! The use cases: everything that a person can ask of OurPhoto, one module each.
//!
//! A [`Library`] is one data folder: a server key, a catalog and a store. What it reports as done is durable and
//! referenced: bytes are synced before their rows are committed, and only then is success told. Nothing here knows HTTP
//! or the terminal; progress goes to a [`Progress`], and a [`Cancel`] stops long work at the next safe point.

pub mod access;
pub mod accounts;
pub mod activity;
pub mod albums;
pub mod assets;
mod background;
pub mod copies;
pub mod devices;
pub mod doctor;
mod incoming;
pub mod ingest;
pub mod jobs;
mod kept;
mod kit;
mod layout;
mod library;
pub mod members;
mod names;
pub mod notices;
pub mod outside;
mod progress;
pub mod recover;
pub mod restore;
pub mod safety;
pub mod search;
mod setup;
pub mod snapshot;
pub mod spaces;
pub mod status;
mod sweep;
pub mod uploads;
mod workers;

pub use kit::RecoveryKit;
pub use layout::Layout;
pub use library::{LIBRARY_COPY, Library, OpenOptions};
pub use names::PhotoName;
pub use progress::{Cancel, Progress, Silent, Stage};
pub use setup::{SetUp, set_up};
