//! One suite for every engine: what holds on SQLite holds on PostgreSQL.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]
#![expect(clippy::cloned_ref_to_slice_refs, reason = "reads better where speed does not matter")]

mod accounts;
mod added;
mod approval;
mod audit;
mod copies;
mod engine;
mod facets;
mod ingest;
mod jobs;
mod notices;
mod recovery;
mod restore;
mod safety;
mod search;
mod sign_in;
mod snapshot;
#[path = "../support/mod.rs"]
mod support;
