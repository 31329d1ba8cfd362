//! The operations, one file for each resource: what a request says, the use case, what the answer says.

pub(crate) mod album;
pub(crate) mod asset;
pub(crate) mod change;
pub(crate) mod channel;
pub(crate) mod event;
pub(crate) mod factor;
pub(crate) mod file;
pub(crate) mod health;
pub(crate) mod invitation;
pub(crate) mod member;
pub(crate) mod notice;
pub(crate) mod opening;
pub(crate) mod password;
pub(crate) mod search;
pub(crate) mod session;
pub(crate) mod setup;
pub(crate) mod space;
pub(crate) mod status;
pub(crate) mod token;
pub(crate) mod upload;
