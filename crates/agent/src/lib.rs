//! What runs beside the photos, on laptops and card readers: the client of the API, where its credentials are, and the
//! queue that sends files in.
//!
//! Nothing here changes a file of the person's. A file counts as sent when the server has answered that it is durable and
//! referenced, and not before.

mod answer;
mod client;
mod credentials;
mod fetch;
mod moving;
mod recovery;
mod retry;
mod silence;
mod upload;

pub use client::Client;
pub use credentials::{Credentials, default_path};
pub use fetch::{Fetch, FetchReport, Wanted, fetch};
pub use moving::Moving;
pub use recovery::recover_account;
pub use silence::Silence;
pub use upload::{Sent, Upload, UploadReport, upload};
