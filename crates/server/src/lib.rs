//! The library over HTTP: who asks is found out here, what they may do is decided in `library::access`, and nothing here
//! knows SQL or encryption.
//!
//! [`App`] holds what requests share; [`router`] is the table of contents; `routes` has one file for each resource. Every
//! failure leaves as a problem document (RFC 9457).

mod app;
mod auth;
mod body;
mod care;
mod certificate;
mod connections;
mod even;
mod guard;
mod limit;
mod log;
mod metrics;
mod network;
mod openapi;
mod pace;
mod pages;
mod problem;
mod router;
mod routes;
mod serve;
mod spending;
mod stream;
mod tries;
mod turns;
mod tus;
mod web;

pub use app::{App, Config};
pub use certificate::{Acme, Tls, install_tls};
pub use connections::Patience;
pub use model::Network;
pub use network::Proxies;
pub use openapi::openapi;
pub use router::router;
pub use serve::{Running, Serve, serve};
