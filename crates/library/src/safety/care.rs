//! How copies are looked after: what somebody set for each, and what came of it. The work itself is in `rounds`.

use std::time::Duration;

pub use catalog::{Care, Quiet};
use catalog::{Copy, Tx};
use model::{AlertKind, Error, Result};
use serde_json::json;

use super::turns::Doing;
use crate::Library;
use crate::access::{Access, Actor};
use crate::copies::CopyStatus;

const DAY: Duration = Duration::from_hours(24);

/// What somebody may say about how a copy is looked after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CareSettings {
    /// How old it may be before it is brought up to date: five minutes to a year.
    pub every: Duration,
    /// Within so many days everything is read again: 1 to 730.
    pub scrub_days: u32,
    /// Bytes in a second, 64 KiB at least; `None` for as fast as it goes.
    pub rate: Option<u64>,
    /// When nothing begins.
    pub quiet: Option<Quiet>,
    /// Whether old snapshots in it are thinned out. The library's own are, whatever is said here.
    pub thin_out: bool,
}

impl CareSettings {
    fn check(self) -> Result<Self> {
        let minute = |minute: u32| minute < 24 * 60;
        if self.every < Duration::from_mins(5) || self.every > 365 * DAY {
            return Err(Error::invalid("a copy is brought up to date every five minutes to every year"));
        }
        if !(1..=730).contains(&self.scrub_days) {
            return Err(Error::invalid("everything in a copy is read again within 1 to 730 days"));
        }
        if self.rate.is_some_and(|rate| !(64 * 1024..=1 << 40).contains(&rate)) {
            return Err(Error::invalid("a copy gets at least 65536 bytes a second, or no limit"));
        }
        if self
            .quiet
            .is_some_and(|quiet| !minute(quiet.from) || !minute(quiet.until) || quiet.from == quiet.until)
        {
            return Err(Error::invalid("quiet hours are two different minutes of the day, from 0 to 1439"));
        }
        Ok(self)
    }
}

/// A copy, how it stands and how it is looked after.
#[derive(Clone, Debug)]
pub struct CopyCare {
    /// How it stands.
    pub status: CopyStatus,
    /// How it is looked after.
    pub care: Care,
}

impl Library {
    /// How a copy is looked after.
    pub(crate) async fn care(&self, copy: &Copy) -> Result<Care> {
        care_in(&mut self.catalog.read().await?, copy).await
    }

    /// Every copy and how it is looked after, for who manages a space of this server.
    pub async fn copies_cared(&self, actor: &Actor) -> Result<(Vec<CopyCare>, Vec<Doing>)> {
        let mut tx = self.catalog.read().await?;
        Access::new(&mut tx, actor).manages_some_space(REFUSED).await?;
        drop(tx);
        Ok((self.all_cared().await?, self.watch.turns.doing()))
    }

    /// Every copy and how it is looked after, and the kinds of the alerts that are open; without names of photos or people,
    /// for whoever watches the machine.
    pub async fn safety_counts(&self) -> Result<(Vec<CopyCare>, Vec<AlertKind>)> {
        let cared = self.all_cared().await?;
        let open = self.catalog.read().await?.alert_open().await?;
        Ok((cared, open.into_iter().map(|alert| alert.kind).collect()))
    }

    async fn all_cared(&self) -> Result<Vec<CopyCare>> {
        let mut all = Vec::new();
        for copy in self.copies_in_use().await? {
            all.push(CopyCare { status: self.copy_status(&copy).await?, care: self.care(&copy).await? });
        }
        Ok(all)
    }

    /// Says how a copy is looked after from now on. Every space has its photos there, so all of them have to be the
    /// actor's to manage, and they prove who they are: whoever stole a session would make copies old before they encrypt.
    pub async fn care_set(&self, actor: &Actor, name: &str, settings: CareSettings) -> Result<()> {
        let copy = self.copy_managed(actor, name).await?;
        actor.proved(self.clock.now())?;
        if !Access::new(&mut self.catalog.read().await?, actor).manages_every_space().await? {
            return Err(Error::forbidden(
                "a copy holds the photos of every space; ask somebody who manages all of them, or use 'ourphoto copies \
                 care' on the server",
            ));
        }
        self.care_change(self.begin_as(actor).await?, actor.signature(), &copy, settings).await
    }

    /// How the copy of that name is looked after, for who works on the machine of the library itself.
    pub async fn copy_care(&self, name: &str) -> Result<Care> {
        self.care(&self.copy(name).await?).await
    }

    /// Says how a copy is looked after from now on, as who works on the machine of the library itself.
    ///
    /// # Errors
    /// `Invalid` for settings outside of their limits; `NotFound`.
    pub async fn copy_care_set(&self, name: &str, settings: CareSettings) -> Result<()> {
        let copy = self.copy(name).await?;
        self.care_change(self.catalog.begin().await?, "admin", &copy, settings).await
    }

    async fn care_change(&self, mut tx: Tx, by: &str, copy: &Copy, settings: CareSettings) -> Result<()> {
        let settings = settings.check()?;
        let before = care_in(&mut tx, copy).await?;
        let CareSettings { every, scrub_days, rate, quiet, thin_out } = settings;
        tx.care_put(&Care { every, scrub_days, rate, quiet, thin_out, ..before }).await?;
        let detail = json!({
            "every_s": every.as_secs(), "scrub_days": scrub_days, "rate": rate,
            "quiet": quiet.map(|quiet| [quiet.from, quiet.until]), "thin_out": thin_out,
        });
        tx.audit_append(self.clock.now(), by, "copy.care", &copy.name, &detail).await?;
        tx.commit().await?;
        self.watch.bell.notify_one();
        Ok(())
    }

    /// Lets a copy be brought up to date now, whatever its schedule says.
    pub async fn copy_run_soon(&self, actor: &Actor, name: &str) -> Result<()> {
        let copy = self.copy_managed(actor, name).await?;
        if copy.is_library {
            return Err(Error::invalid("the library is what copies are made of; name another copy"));
        }
        let mut tx = self.begin_as(actor).await?;
        let before = care_in(&mut tx, &copy).await?;
        tx.care_put(&Care { tried_at: None, ..before }).await?;
        tx.audit_append(self.clock.now(), actor.signature(), "copy.run-asked", name, &json!({})).await?;
        tx.commit().await?;
        self.watch.bell.notify_one();
        Ok(())
    }

    /// A copy, for who manages a space of this server.
    async fn copy_managed(&self, actor: &Actor, name: &str) -> Result<Copy> {
        let mut tx = self.catalog.read().await?;
        Access::new(&mut tx, actor).manages_some_space(REFUSED).await?;
        drop(tx);
        self.copy(name).await
    }
}

const REFUSED: &str = "copies are for who manages a space of this server";

pub(crate) async fn care_in(tx: &mut Tx, copy: &Copy) -> Result<Care> {
    Ok(tx.care_get(copy.id).await?.unwrap_or_else(|| Care::usual(copy.id, copy.medium)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let good = CareSettings { every: DAY, scrub_days: 90, rate: None, quiet: None, thin_out: false };
        good.check().unwrap();
        for bad in [
            CareSettings { every: Duration::from_secs(1), ..good },
            CareSettings { every: 900 * DAY, ..good },
            CareSettings { scrub_days: 0, ..good },
            CareSettings { rate: Some(1), ..good },
            CareSettings { quiet: Some(Quiet { from: 7, until: 7 }), ..good },
            CareSettings { quiet: Some(Quiet { from: 7, until: 1440 }), ..good },
        ] {
            assert_eq!(bad.check().unwrap_err().kind(), model::ErrorKind::Invalid);
        }
    }
}
