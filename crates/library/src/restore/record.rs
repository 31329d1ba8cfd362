//! That something was restored is on the audit log: it proves that the photos can leave.

use catalog::Scope;
use model::{Result, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Restore, RestoreReport};
use crate::Library;
use crate::notices::time;

/// What it is called on the audit log.
pub(crate) const RESTORED: &str = "restore";

/// What the audit log says of a restore. Not where to: paths of a machine are nobody's business elsewhere.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Restored {
    /// `everything`, `space`, `album` or `photo`.
    pub(crate) scope: String,
    /// The album, as it was asked for.
    pub(crate) album: Option<String>,
    pub(crate) as_of: Option<Timestamp>,
    pub(crate) from_copy: Option<String>,
    /// Files that were written, and those that were there already.
    pub(crate) written: u64,
    pub(crate) there: u64,
    pub(crate) failed: u64,
    pub(crate) interrupted: bool,
}

impl Restored {
    /// Whether all of it came back.
    pub(crate) fn is_complete(&self) -> bool {
        self.failed == 0 && !self.interrupted
    }

    /// What happened, for people.
    pub(crate) fn line(&self, what: &str, at: Timestamp) -> String {
        let from = self.from_copy.as_ref().map_or_else(String::new, |copy| format!(" out of '{copy}'"));
        let result = match (self.failed, self.interrupted) {
            (0, false) => "all of it came back".to_owned(),
            (0, true) => "it was stopped before its end".to_owned(),
            (failed, _) => format!("{failed} FAILED"),
        };
        format!("on {}, {what} was restored{from}: {} files; {result}", time(at), self.written + self.there)
    }
}

impl Library {
    pub(super) async fn note_restore(
        &self,
        scope: Scope,
        asked: &Restore,
        report: &RestoreReport,
    ) -> Result<()> {
        use super::What;
        let (word, album) = match &asked.what {
            What::All => ("everything", None),
            What::Space(_) => ("space", None),
            What::Album { album, .. } => ("album", Some(album.clone())),
            What::Photo { album, .. } => ("photo", Some(album.clone())),
        };
        let restored = Restored {
            scope: word.to_owned(),
            album,
            as_of: asked.as_of,
            from_copy: asked.from_copy.clone(),
            written: report.restored,
            there: report.already_there,
            failed: report.failed.len() as u64,
            interrupted: report.interrupted,
        };
        let detail = serde_json::to_value(restored)
            .map_err(|error| model::Error::internal("a record that cannot be written").with_source(error))?;
        let mut tx = self.catalog.begin().await?;
        let space = match scope {
            Scope::All => None,
            Scope::Space(id) => Some(id),
            Scope::Album(id) => tx.album_get(id).await?.map(|album| album.space_id),
            Scope::Asset(id) => tx.asset_get(id).await?.map(|asset| asset.space_id),
        };
        let now = self.clock.now();
        match space {
            Some(id) => {
                let name = tx.space_get(id).await?.map(|space| space.name).unwrap_or_default();
                tx.audit_append_in(id, now, "admin", RESTORED, &name, &detail).await?;
            }
            None => {
                tx.audit_append(now, "admin", RESTORED, "", &detail).await?;
            }
        }
        tx.commit().await
    }
}
