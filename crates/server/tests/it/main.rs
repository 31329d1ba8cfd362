//! The server as its clients meet it: started in the test, asked over loopback.

#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::cloned_ref_to_slice_refs, reason = "reads better where speed does not matter")]

mod accounts;
mod attacks;
mod authorization;
mod contacts;
mod events;
mod files;
mod kit;
mod recovery;
mod search;
mod strangers;
mod support;
mod uploads;
