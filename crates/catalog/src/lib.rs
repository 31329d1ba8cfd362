//! The catalog: everything that is known of the photos, and the only SQL of the program.
//!
//! Open a [`Catalog`], take a transaction with [`Catalog::begin`] (write) or [`Catalog::read`], and call what it offers:
//! every function is a method of [`Tx`], named `<thing>_<verb>`, with one module for each thing. Two engines speak the
//! same SQL wherever they agree; one suite of tests runs on both. Nothing here reads a clock: times are arguments.

mod album;
mod album_asset;
mod approval;
mod asset;
mod audit;
mod catalog;
mod change;
mod channel;
mod contact;
mod copy;
mod device;
mod factor;
mod file;
mod grant;
mod health;
mod invitation;
mod job;
mod library;
mod media;
mod member;
mod notice;
mod object;
mod pairing;
mod person;
mod recovery;
mod replica;
mod restore;
mod schema;
mod search;
mod seen;
mod session;
pub mod snapshot;
mod space;
mod sql;
mod timeline;
mod token;
mod upload;
mod url;

pub use album::{Album, NewAlbum};
pub use approval::{Approvals, Judgement};
pub use asset::{Asset, AssetFile, AssetGroup, MediaState};
pub use audit::{AuditEntry, AuditHead, AuditOf, AuditQuery};
pub use catalog::Catalog;
pub use change::{Change, NewChange};
pub use channel::Channel;
pub use contact::{Contact, ContactRule};
pub use copy::Copy;
pub use device::{Device, DeviceReport};
pub use factor::{Factor, FactorKind};
pub use file::{File, FileState, Version};
pub use grant::{AlbumGrant, AlbumMirror};
pub use invitation::{Invitation, Membership};
pub use job::{Job, JobCounts, NewJob};
pub use library::{Library, RecoveryKey};
pub use media::{MediaUpdate, Rendition};
pub use member::Member;
pub use notice::Notice;
pub use object::{Object, ObjectName};
pub use pairing::{Decision, Pairing};
pub use person::Person;
pub use recovery::{Recovery, RecoveryOutcome};
pub use replica::{ProofCursor, Replica, ReplicaObject, ReplicaSummary};
pub use restore::{RestoreCount, RestoreRow, Scope};
pub use schema::SCHEMA_VERSION;
pub use search::{Entry, Search, SearchKey, Term, Unindexed};
pub use session::Session;
pub use space::Space;
pub use sql::{Engine, Tx};
pub use timeline::{Glance, TimelineCursor, TrashCursor};
pub use token::Token;
pub use upload::Upload;
pub use url::Url;
