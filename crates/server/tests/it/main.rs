//! The server as its clients meet it: started in the test, asked over loopback.

#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::cloned_ref_to_slice_refs, reason = "reads better where speed does not matter")]

mod accounts;
mod activity;
mod added;
mod approval;
mod attacks;
mod authorization;
mod borders;
mod channels;
mod connections;
mod contacts;
mod device;
mod devices;
mod events;
mod facets;
mod files;
mod kit;
mod mail;
mod notices;
mod pairing;
mod passkey_attacks;
mod passkeys;
mod quota;
mod reach;
mod recovery;
mod safety;
mod search;
mod strangers;
mod support;
mod timeline;
mod tries;
mod uploads;
mod web;
