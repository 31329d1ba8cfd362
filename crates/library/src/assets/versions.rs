//! Going back to an earlier state of a file, by a new version that has its bytes: nothing is undone, nothing is lost.

use catalog::{NewChange, Version};
use model::{AssetId, Error, Permission, Result, VersionId};
use serde_json::json;

use super::locked;
use crate::Library;
use crate::access::{Access, Actor};
use crate::ingest::waits_for_approval;
use crate::jobs::media::media_job;

impl Library {
    /// Makes an earlier version of a file the current one again.
    ///
    /// # Errors
    /// `NotFound` for a version that the photo does not have; `Conflict` with the code `vault-locked` in the vault.
    pub async fn version_restore(&self, actor: &Actor, id: AssetId, version: VersionId) -> Result<()> {
        let now = self.clock.now();
        let mut tx = self.begin_as(actor).await?;
        let (asset, right) = Access::new(&mut tx, actor).asset(id).await?;
        right.needs(Permission::Organise)?;
        locked::refuse(&mut tx, id, &right.album, "changed").await?;
        // Versions have numbers: who else makes one waits.
        tx.space_lock(asset.space_id).await?;
        let files = tx.asset_files(id).await?;
        let found = files
            .iter()
            .find_map(|file| Some((file, file.versions.iter().find(|known| known.id == version)?)));
        let (file, wanted) = found.ok_or_else(|| Error::not_found("this photo has no such version"))?;
        let newest = file.versions.iter().map(|known| known.number).max().unwrap_or(0);
        let current = file.versions.iter().find(|known| known.id == file.file.version_id);
        if current.is_some_and(|current| current.object_id == wanted.object_id) {
            return Ok(());
        }
        let again = Version {
            id: VersionId::generate(),
            file_id: file.file.id,
            object_id: wanted.object_id,
            number: newest + 1,
            modified_ns: wanted.modified_ns,
            added_at: now,
            added_by: Some(actor.person().id),
        };
        tx.version_insert_many(std::slice::from_ref(&again)).await?;
        tx.file_set_current(&[again.id]).await?;
        if waits_for_approval(&mut tx, asset.space_id, actor.person().id).await? {
            tx.approval_wait(&[id]).await?;
            self.tell_of_waiting(&mut tx, asset.space_id).await?;
        }
        let change =
            NewChange { space_id: asset.space_id, entity: "asset", entity_id: id.0, op: "update", at: now };
        tx.change_append_many(&[change]).await?;
        tx.job_insert_many(&[media_job(id, now)]).await?;
        let detail = json!({"file": String::from_utf8_lossy(&file.file.name), "version": wanted.number});
        tx.audit_append_in(
            asset.space_id,
            now,
            actor.signature(),
            "version.restore",
            &id.to_string(),
            &detail,
        )
        .await?;
        tx.commit().await
    }
}
