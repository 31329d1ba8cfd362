//! The server as its clients meet it: started in the test, asked over loopback.

#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::cloned_ref_to_slice_refs, reason = "reads better where speed does not matter")]

mod accounts;
mod attacks;
mod authorization;
mod events;
mod files;
mod search;
mod support;
mod uploads;
mod web;
