//! The vault: what is in one of its albums is not changed and not deleted, whichever album it lives in.

use catalog::{Album, Tx};
use model::{AssetId, Error, Result, Tier};

/// Refuses what would change or delete a photo that is in the vault; `what` says which of the two.
///
/// # Errors
/// `Conflict` with the code `vault-locked`.
pub(super) async fn refuse(tx: &mut Tx, id: AssetId, home: &Album, what: &str) -> Result<()> {
    let others = tx.album_asset_albums(id).await?;
    if others.iter().chain([home]).all(|album| album.tier != Tier::Vault) {
        return Ok(());
    }
    Err(Error::conflict(format!("the photo is in the vault: nothing in it can be {what}"))
        .with_code("vault-locked"))
}
