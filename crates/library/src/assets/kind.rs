//! What a photo is to its maker, and which one it was made from: masters, finals and social crops are kept apart and linked.

use catalog::{Asset, Tx};
use model::{AssetId, AssetKind, Error, Result};

use crate::access::{Access, Actor};

/// No chain of photos that were made from each other is followed further.
const LONGEST_CHAIN: usize = 100;

/// What shall be said of it; what is `None` stays.
#[derive(Clone, Copy, Debug, Default)]
pub struct Made {
    /// What it is.
    pub kind: Option<AssetKind>,
    /// The photo it was made from, or that it was made from none.
    pub from: Option<Option<AssetId>>,
}

/// Says it of a photo; gives whether it was something else.
///
/// # Errors
/// `NotFound` for a photo that the actor may not look at; `Invalid` for one of another space, and for a circle.
pub(super) async fn set(tx: &mut Tx, actor: &Actor, asset: &mut Asset, made: Made) -> Result<bool> {
    let before = (asset.kind, asset.derived_from);
    asset.kind = made.kind.unwrap_or(asset.kind);
    asset.derived_from = made.from.unwrap_or(asset.derived_from);
    if (asset.kind, asset.derived_from) == before {
        return Ok(false);
    }
    if let Some(Some(from)) = made.from {
        let (origin, _) = Access::new(tx, actor).asset(from).await?;
        if origin.space_id != asset.space_id {
            return Err(Error::invalid("a photo is made from one of the same space"));
        }
        let mut next = Some(from);
        for _ in 0..LONGEST_CHAIN {
            let Some(id) = next else { break };
            if id == asset.id {
                return Err(Error::invalid(
                    "a photo cannot be made from itself, nor from what was made from it",
                ));
            }
            next = tx.asset_get(id).await?.and_then(|known| known.derived_from);
        }
        if next.is_some() {
            return Err(Error::invalid(format!("up to {LONGEST_CHAIN} photos are made one from the other")));
        }
    }
    tx.asset_set_kind(asset.id, asset.kind, asset.derived_from).await?;
    Ok(true)
}

/// The photo that one was made from, for who may look at it too.
pub(super) async fn origin(tx: &mut Tx, actor: &Actor, asset: &Asset) -> Option<AssetId> {
    let from = asset.derived_from?;
    Access::new(tx, actor).asset(from).await.is_ok().then_some(from)
}
