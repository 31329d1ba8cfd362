//! `ourphoto-store.json`: what makes a folder a store, and which store it is, whatever its mount point.

use model::{Error, ErrorKind, Result, StoreId};
use serde::{Deserialize, Serialize};

use super::{Created, Store, StorePath, read_small};

const FORMAT: &str = "ourphoto-store";
/// The version of the tree that this program writes and the newest that it reads.
const VERSION: u32 = 1;

/// The store's description of itself (docs/format.md, "ourphoto-store.json").
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreInfo {
    /// Always `ourphoto-store`.
    pub format: String,
    /// The version of the tree.
    pub version: u32,
    /// Which store it is.
    pub store: StoreId,
}

/// The description of an existing store, or `None` where there is none.
///
/// # Errors
/// `Damaged` if it cannot be read, `Invalid` if a newer program wrote it.
pub fn read_info(store: &dyn Store) -> Result<Option<StoreInfo>> {
    let bytes = match read_small(store, &StorePath::info(), 64 * 1024) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    let info: StoreInfo = serde_json::from_slice(&bytes).map_err(|error| {
        Error::damaged(format!("ourphoto-store.json in {} cannot be read", store.describe()))
            .with_source(error)
    })?;
    if info.format != FORMAT {
        return Err(Error::invalid(format!("{} is not an OurPhoto store", store.describe())));
    }
    if info.version > VERSION {
        return Err(Error::invalid(format!(
            "{} was written by a newer OurPhoto (store version {}); update this one",
            store.describe(),
            info.version
        )));
    }
    Ok(Some(info))
}

/// Makes an empty place a store, or gives the description of the store that is there.
pub fn initialize(store: &dyn Store, guide: &str) -> Result<StoreInfo> {
    if let Some(info) = read_info(store)? {
        return Ok(info);
    }
    let info = StoreInfo { format: FORMAT.to_owned(), version: VERSION, store: StoreId::generate() };
    let text =
        serde_json::to_vec_pretty(&info).map_err(|error| Error::internal("json").with_source(error))?;
    store.create(&StorePath::guide(), &mut guide.as_bytes())?;
    match store.create(&StorePath::info(), &mut &text[..])? {
        Created::New => Ok(info),
        Created::Exists => {
            read_info(store)?.ok_or_else(|| Error::damaged("ourphoto-store.json came and went; try again"))
        }
    }
}
