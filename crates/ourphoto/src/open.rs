//! Opening the library that the command line means.

use std::sync::Arc;

use library::{Layout, Library, OpenOptions};
use media::{Limits, Worker};
use model::{Error, Result, SystemClock};
use vault::keys::Passphrase;

use crate::Outcome;
use crate::args::Data;

/// What the flags and the environment say of keys and catalog.
pub(crate) fn options(data: &Data) -> Result<OpenOptions> {
    let passphrase = match &data.keys.passphrase_file {
        None => None,
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|error| {
                Error::io(format!("could not read the passphrase file {}", path.display()), error)
            })?;
            Some(Passphrase::new(text.lines().next().unwrap_or_default()))
        }
    };
    // An address may carry a password, so it never comes from an argument.
    let database = data.database.clone().or_else(|| std::env::var("OURPHOTO_DATABASE").ok());
    Ok(OpenOptions { key_file: data.keys.key_file.clone(), passphrase, database })
}

/// The data folder's layout.
pub(crate) fn layout(data: &Data) -> Layout {
    Layout::new(&data.data)
}

/// Opens the library, works with it, and closes it whatever came of the work: see [`catalog::Catalog::close`].
pub(crate) async fn with_library(data: &Data, work: impl AsyncFnOnce(&Arc<Library>) -> Outcome) -> Outcome {
    let library = Library::open(layout(data), &options(data)?, Arc::new(SystemClock)).await?;
    let library = Arc::new(library);
    let outcome = work(&library).await;
    library.catalog.clone().close().await;
    outcome
}

/// Starts decoders as this very program with another name.
pub(crate) fn worker() -> Result<Arc<Worker>> {
    let program = std::env::current_exe().map_err(|error| Error::io("could not find this program", error))?;
    Ok(Arc::new(Worker::new(program, vec!["media-worker".into()], Limits::default())))
}
