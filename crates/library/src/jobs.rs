//! Work that was queued in the transaction that made it necessary, one file for each kind.

pub mod deliver;
pub mod films;
pub mod media;

use catalog::{Asset, Job, JobCounts, Tx};
use model::{AssetId, Error, JobId, Permission, Result};
use serde_json::json;

use crate::Library;
use crate::access::{Access, Actor};

/// Given-up jobs that are told at most.
const TOLD: usize = 200;

/// How the work stands, as far as it concerns an actor.
pub struct Work {
    /// How much there is.
    pub counts: JobCounts,
    /// What was given up of photos in spaces that the actor manages, newest first, and what those are called.
    pub given_up: Vec<(Job, Asset, String)>,
}

impl Library {
    /// How much work waits, runs, and was given up.
    pub async fn jobs(&self) -> Result<JobCounts> {
        self.catalog.read().await?.job_counts(self.clock.now()).await
    }

    /// How the work stands, for who manages a space.
    ///
    /// # Errors
    /// `NotFound` for everybody else.
    pub async fn work(&self, actor: &Actor) -> Result<Work> {
        let counts = self.jobs().await?;
        let mut tx = self.catalog.read().await?;
        let refused = "the work is for who manages a space of this server";
        Access::new(&mut tx, actor).manages_some_space(refused).await?;
        let mut given_up = Vec::new();
        for job in tx.job_list_failed(TOLD).await? {
            if let Ok(asset) = managed(&mut tx, actor, &job).await {
                let name = tx.asset_names(&[asset.id]).await?.remove(&asset.id).unwrap_or_default();
                given_up.push((job, asset, name));
            }
        }
        Ok(Work { counts, given_up })
    }

    /// Gives a job that was given up another chance.
    pub async fn job_again(&self, actor: &Actor, id: JobId) -> Result<()> {
        let now = self.clock.now();
        let mut tx = self.begin_as(actor).await?;
        let job = tx.job_failed(id).await?.ok_or_else(none)?;
        let asset = managed(&mut tx, actor, &job).await?;
        if !tx.job_again(id, now).await? {
            return Err(none());
        }
        let detail = json!({"kind": job.kind, "asset": asset.id});
        tx.audit_append_in(asset.space_id, now, actor.signature(), "job.again", &id.to_string(), &detail)
            .await?;
        tx.commit().await
    }
}

/// The photo that a job is about, if the actor manages its space.
async fn managed(tx: &mut Tx, actor: &Actor, job: &Job) -> Result<Asset> {
    let id = job.payload.get("asset").and_then(|id| id.as_str()).ok_or_else(none)?;
    let (asset, _) = Access::new(tx, actor).asset(id.parse::<AssetId>()?).await.map_err(|_| none())?;
    let right = Access::new(tx, actor).space(asset.space_id).await.map_err(|_| none())?;
    right.needs(Permission::Manage).map_err(|_| none())?;
    Ok(asset)
}

fn none() -> Error {
    Error::not_found("there is no such job, or it was not given up")
}
