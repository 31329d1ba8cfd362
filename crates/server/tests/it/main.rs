//! The server as its clients meet it: started in the test, asked over loopback.

#![expect(clippy::unwrap_used, reason = "tests")]

mod accounts;
mod attacks;
mod authorization;
mod files;
mod support;
mod uploads;
