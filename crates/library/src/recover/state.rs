//! What the data folder remembers while a recovery is under way.

use std::path::PathBuf;

use model::{Error, ErrorKind, Result, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use vault::store;

use super::Recover;
use crate::Layout;
use crate::setup::private;

/// What the data folder remembers while a recovery is under way.
#[derive(Serialize, Deserialize)]
pub(super) struct State {
    pub(super) from: String,
    /// The database was found empty when this recovery began, so what is in it now is this recovery's.
    pub(super) database_is_ours: bool,
    /// Once set, the catalog is complete and objects are being brought back.
    pub(super) catalog: Option<Loaded>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Loaded {
    pub(super) library: Uuid,
    pub(super) snapshot: String,
    pub(super) snapshot_at: Timestamp,
    pub(super) skipped: Vec<String>,
    pub(super) tables: std::collections::BTreeMap<String, u64>,
}

/// Makes sure that the data folder is new, or that of this very recovery.
pub(super) fn begin(recover: &Recover, library: Option<Uuid>) -> Result<State> {
    let folder = recover.layout.root();
    let failed = |error| Error::io(format!("could not use the data folder {}", folder.display()), error);
    std::fs::create_dir_all(folder).map_err(failed)?;
    match std::fs::read(recover.layout.recovering()) {
        Ok(bytes) => {
            let state: State = serde_json::from_slice(&bytes).map_err(|error| {
                Error::damaged(format!("{} cannot be read", recover.layout.recovering().display()))
                    .with_source(error)
            })?;
            // Until a catalog was loaded any copy will do; from then on, any copy of the same library.
            let same = state.catalog.as_ref().is_none_or(|loaded| library == Some(loaded.library));
            if state.from != recover.from && !same {
                return Err(Error::new(
                    ErrorKind::Conflict,
                    format!(
                        "a recovery from {} into {} is not finished; go on with it, or use another data folder",
                        store::without_secrets(&state.from),
                        folder.display()
                    ),
                ));
            }
            Ok(state)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            // Half of a first note, left by a kill, is not yet anything.
            let empty = |entry: std::io::Result<std::fs::DirEntry>| {
                entry.is_ok_and(|entry| entry.path() == note_aside(&recover.layout))
            };
            if !std::fs::read_dir(folder).map_err(failed)?.all(empty) {
                return Err(Error::new(
                    ErrorKind::Conflict,
                    format!("{} is not empty; recover into an empty folder", folder.display()),
                ));
            }
            private(folder)?;
            let state = State { from: recover.from.clone(), database_is_ours: false, catalog: None };
            write_state(&recover.layout, &state)?;
            Ok(state)
        }
        Err(error) => Err(failed(error)),
    }
}

/// Where a note is written before it gets its name.
fn note_aside(layout: &Layout) -> PathBuf {
    layout.root().join("recovering.tmp")
}

pub(super) fn write_state(layout: &Layout, state: &State) -> Result<()> {
    let failed = |error| Error::io("could not note how far the recovery is", error);
    let aside = note_aside(layout);
    let text = serde_json::to_vec(state).map_err(|error| Error::internal("json").with_source(error))?;
    let written = std::fs::File::create(&aside).and_then(|mut file| {
        std::io::Write::write_all(&mut file, &text)?;
        file.sync_all()
    });
    written.map_err(failed)?;
    std::fs::rename(&aside, layout.recovering()).map_err(failed)?;
    store::sync_folder_of(&layout.recovering())
}
