//! `ourphoto-store.json`: what makes a folder a store, and which store it is, whatever its mount point.

use model::{Error, ErrorKind, Result, StoreId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

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
    /// The library that its objects belong to.
    pub library: Uuid,
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

/// Writes a store's description anew, for one that is damaged and whose identity is known otherwise.
pub fn rewrite_info(store: &dyn Store, id: StoreId, library: Uuid) -> Result<()> {
    let info = StoreInfo { format: FORMAT.to_owned(), version: VERSION, store: id, library };
    let text =
        serde_json::to_vec_pretty(&info).map_err(|error| Error::internal("json").with_source(error))?;
    store.replace(&StorePath::info(), &mut &text[..])
}

/// Makes an empty place a store, or gives the description of the store that is there.
///
/// # Errors
/// `Conflict` if the store that is there belongs to another library: their objects must never mix.
pub fn initialize(store: &dyn Store, library: Uuid, guide: &str) -> Result<StoreInfo> {
    if let Some(info) = read_info(store)? {
        if info.library != library {
            return Err(Error::new(
                ErrorKind::Conflict,
                format!("{} holds the photos of another library; choose another place", store.describe()),
            ));
        }
        return Ok(info);
    }
    store.found()?;
    let info = StoreInfo { format: FORMAT.to_owned(), version: VERSION, store: StoreId::generate(), library };
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
