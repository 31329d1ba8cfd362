//! Which contents a space has, asked before anything is encrypted twice.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use catalog::Catalog;
use model::{Result, Sha256, SpaceId};
use tokio::runtime::Handle;

/// The contents of one space, and those that this import is bringing. Called from worker threads; blocks.
pub(crate) struct Known {
    catalog: Catalog,
    space: SpaceId,
    runtime: Handle,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The first 8 bytes of every content of the space: most files are new, and this tells so without a query.
    prefixes: Option<HashSet<u64>>,
    /// What this import has taken on.
    taken: HashSet<Sha256>,
}

impl Known {
    pub(crate) fn new(catalog: Catalog, space: SpaceId) -> Self {
        Self { catalog, space, runtime: Handle::current(), state: Mutex::default() }
    }

    /// Whether to store this content: `false` if the space has it, or another file of this import brings it.
    pub(crate) fn take(&self, content: Sha256) -> Result<bool> {
        let maybe = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            if state.prefixes.is_none() {
                let load = async { self.catalog.read().await?.object_content_prefixes(self.space).await };
                state.prefixes = Some(self.runtime.block_on(load)?.into_iter().collect());
            }
            if !state.taken.insert(content) {
                return Ok(false);
            }
            let prefix = u64::from_be_bytes(content.0[..8].try_into().unwrap_or_default());
            state.prefixes.as_ref().is_some_and(|prefixes| prefixes.contains(&prefix))
        };
        Ok(!(maybe && self.runtime.block_on(self.held(content))?))
    }

    /// Lets another file of the same content be stored: the one that was to bring it failed.
    pub(crate) fn release(&self, content: Sha256) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).taken.remove(&content);
    }

    /// Content that the library has lost is not known, whatever other copies are said to have: whoever brings it again
    /// saves it.
    async fn held(&self, content: Sha256) -> Result<bool> {
        let mut tx = self.catalog.read().await?;
        match tx.object_find_by_content(self.space, &[content]).await?.first() {
            Some(object) => Ok(tx.objects_in_library(&[object.id]).await?.contains(&object.id)),
            None => Ok(false),
        }
    }
}
