//! The operations, one file for each resource: what a request says, the use case, what the answer says.

pub(crate) mod activity;
pub(crate) mod album;
pub(crate) mod asset;
pub(crate) mod change;
pub(crate) mod contact;
pub(crate) mod device;
pub(crate) mod event;
pub(crate) mod factor;
pub(crate) mod file;
pub(crate) mod health;
pub(crate) mod invitation;
pub(crate) mod job;
pub(crate) mod member;
pub(crate) mod opening;
pub(crate) mod pairing;
pub(crate) mod passkey;
pub(crate) mod password;
pub(crate) mod recovery;
pub(crate) mod search;
pub(crate) mod session;
pub(crate) mod setup;
pub(crate) mod space;
pub(crate) mod status;
pub(crate) mod token;
pub(crate) mod trash;
pub(crate) mod upload;
