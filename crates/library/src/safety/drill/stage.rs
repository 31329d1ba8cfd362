//! The place of a rehearsal: a library that knows nothing but a copy.

use std::collections::HashSet;
use std::sync::Arc;

use catalog::Copy;
use model::{AlbumId, AssetId, Error, ErrorKind, Result, SpaceId};
use vault::Store;

use super::DrillReport;
use crate::Library;
use crate::outside::{Outside, passing_folder};
use crate::snapshot::{fetch_snapshot, list_snapshots};

pub(super) struct Stage {
    pub(super) outside: Outside,
    /// Photos that changed since the snapshot was written.
    pub(super) newer: HashSet<AssetId>,
    /// Albums that were renamed, or came out of the trash, since then.
    pub(super) newer_albums: HashSet<AlbumId>,
    /// Spaces that may have got another name.
    pub(super) newer_spaces: HashSet<SpaceId>,
}

impl Stage {
    /// Sets the stage out of the newest snapshot of the copy; `None`, with the reason in the report, where the copy has
    /// nothing to set it with.
    pub(super) async fn set(
        live: &Arc<Library>,
        copy: &Copy,
        store: Arc<dyn Store>,
        report: &mut DrillReport,
    ) -> Result<Option<Self>> {
        let listed = Arc::clone(&store);
        let snapshots = tokio::task::spawn_blocking(move || list_snapshots(&*listed)).await;
        let snapshots =
            snapshots.map_err(|error| Error::internal("listing ended early").with_source(error))??;
        let Some(newest) = snapshots.first() else {
            report.problem("", "the copy has no catalog snapshot: nothing in it has a name");
            return Ok(None);
        };
        let name = newest.path.name();
        let wrong = |what: &str| format!("the newest catalog snapshot of the copy, {name}, {what}");
        // Whoever knows the server's public key can write one that opens.
        let Some(written) = live.catalog.read().await?.snapshot_get(name).await? else {
            report.problem("", wrong("was not written by this library"));
            return Ok(None);
        };
        let mut fetched = fetch_snapshot(&store, newest).await?;
        if !fetched.whole {
            report.problem("", wrong("is damaged"));
            return Ok(None);
        }
        let folder = passing_folder(live.layout.root())?;
        let loaded =
            Outside::load(&copy.name, &store, &mut fetched, live.server_key(), &live.clock, folder).await;
        let outside = match loaded {
            Ok(outside) => outside,
            Err(error) if matches!(error.kind(), ErrorKind::Damaged | ErrorKind::Forbidden) => {
                report.problem("", wrong(&format!("cannot be read: {error}")));
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let head = outside.library.catalog.read().await?.audit_head().await?;
        if head.seq > 0 && live.catalog.read().await?.audit_hash(head.seq).await? != Some(head.hash) {
            let seq = head.seq;
            report.problem(
                "",
                wrong(&format!("names another entry {seq} of the audit log than the library has")),
            );
        }
        let mut tx = live.catalog.read().await?;
        let newer = tx.changed_since("asset", written.change_seq).await?.into_iter().map(AssetId).collect();
        let newer_albums =
            tx.changed_since("album", written.change_seq).await?.into_iter().map(AlbumId).collect();
        let newer_spaces =
            tx.audit_spaces_since("space.change", written.audit_seq).await?.into_iter().collect();
        drop(tx);
        report.snapshot = Some(name.to_owned());
        report.snapshot_at = Some(written.created_at);
        Ok(Some(Self { outside, newer, newer_albums, newer_spaces }))
    }
}
