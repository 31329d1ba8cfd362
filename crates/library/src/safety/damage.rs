//! What was found bad and put right, for people to see.

use std::collections::HashMap;

use model::{AlertId, AlertKind, CopyId, Result, Timestamp};
use serde_json::json;

use crate::access::{Access, Actor};
use crate::copies::HealReport;
use crate::{Library, PhotoName};

/// How many are told.
const TOLD: usize = 200;

/// Something that was found bad in a copy.
#[derive(Clone, Debug)]
pub struct FoundDamage {
    /// The photos that need it.
    pub photos: Vec<PhotoName>,
    /// The copy that it was found in.
    pub copy: String,
    /// `damaged` or `missing`; `held` where it could not be read, so that nothing is known of it.
    pub state: model::ReplicaState,
    /// What was seen.
    pub note: String,
    /// When.
    pub found_at: Timestamp,
    /// When it was put right.
    pub healed_at: Option<Timestamp>,
    /// From which copy.
    pub healed_from: Option<String>,
    /// Why it could not be put right, the last time that was tried.
    pub unhealed: Option<String>,
}

impl Library {
    /// What cannot be read in copies, then what was found bad, each the newest first, for who manages a space of this server.
    pub async fn damage_found(&self, actor: &Actor) -> Result<Vec<FoundDamage>> {
        let mut tx = self.catalog.read().await?;
        Access::new(&mut tx, actor)
            .manages_some_space("what was damaged is for who manages a space of this server")
            .await?;
        let mine: Vec<String> =
            Access::new(&mut tx, actor).spaces().await?.into_iter().map(|right| right.space.name).collect();
        // What is known of least comes first: it may be bad.
        let mut found = tx.unread_list(TOLD).await?;
        found.extend(tx.damage_list(TOLD).await?);
        let mut copies = HashMap::new();
        let mut ids: Vec<CopyId> = Vec::new();
        for damage in &found {
            ids.push(damage.copy_id);
            ids.extend(damage.healed_from);
        }
        ids.sort_unstable();
        ids.dedup();
        for id in ids {
            if let Some(copy) = tx.copy_get(id).await? {
                let name = if copy.removed_at.is_some() { "a removed copy".to_owned() } else { copy.name };
                copies.insert(id, name);
            }
        }
        drop(tx);
        let ids: Vec<_> = found.iter().map(|damage| damage.object_id).collect();
        let mut names = self.photo_names(&ids).await?;
        let told = found.into_iter().map(|damage| FoundDamage {
            // Whoever may not look into a space learns no name out of it.
            photos: names
                .remove(&damage.object_id)
                .unwrap_or_default()
                .into_iter()
                .filter(|name| mine.contains(&name.space))
                .collect(),
            copy: copies.get(&damage.copy_id).cloned().unwrap_or_default(),
            state: damage.state,
            note: damage.note,
            found_at: damage.found_at,
            healed_at: damage.healed_at,
            healed_from: damage.healed_from.and_then(|id| copies.get(&id).cloned()),
            unhealed: damage.unhealed.filter(|_| damage.healed_at.is_none()),
        });
        Ok(told.collect())
    }

    /// Tells that damage was put right: nothing is to be done, but somebody should know that it happened.
    pub(super) async fn tell_of_healing(&self, report: &HealReport) -> Result<()> {
        let count = report.count + report.healed_files.len() as u64;
        if count == 0 {
            return Ok(());
        }
        let now = self.clock.now();
        let alert = catalog::Alert {
            id: AlertId::generate(),
            kind: AlertKind::Healed,
            subject: String::new(),
            facts: json!({"count": count}),
            raised_at: now,
            told_at: now,
            escalated: 0,
            resolved_at: Some(now),
        };
        let mut tx = self.catalog.begin().await?;
        tx.alert_insert(&alert).await?;
        self.tell_of_alert(&mut tx, &alert, "raised").await?;
        tx.commit().await
    }
}
