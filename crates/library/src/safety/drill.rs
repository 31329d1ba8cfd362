//! Drills: a restore from a copy, rehearsed as if the server were lost, compared with what should have come back, and put
//! on record with a signature.
//!
//! A drill believes nothing that is on this machine but the server key. The catalog comes from the newest snapshot in the
//! copy, the photos from the copy's objects; only then is everything compared with the library: bytes, names, folders,
//! dates, albums, what people said of the photos. Album by album, so that it takes no more room than one of them.

mod compare;
mod report;
mod stage;

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use catalog::{Copy, Drill, Scope, TimelineCursor};
use model::{AlbumId, AssetId, DrillId, DrillScope, Error, ErrorKind, Result, Timestamp};
use serde_json::json;

pub use report::{DrillReport, SignedReport};

use super::rounds::is_quiet;
use super::turns::Turn;
use crate::access::{Access, Actor};
use crate::{Cancel, Library, Progress};
use stage::Stage;

/// A drill from each copy is due so often.
const EVERY: Duration = Duration::from_hours(91 * 24);
/// The first one comes when a copy was complete for so long.
const FIRST: Duration = Duration::from_hours(24);
/// One that broke off in the middle, because the copy went away, is tried again after so long.
const AGAIN: Duration = Duration::from_hours(1);
/// Photos of a drill that nobody asked for.
const SAMPLE: u64 = 100;
/// Photos of a sample at most.
const MOST: u64 = 10_000;
/// Drills that are listed.
const LISTED: usize = 100;
/// Photos that are taken from the catalog at a time.
const PAGE: usize = 512;

/// What a drill restores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rehearse {
    /// So many photos, chosen by chance.
    Sample(u64),
    /// One album of a space (or of the only space that has it), by name or folder.
    Album {
        /// The space, if there could be a doubt.
        space: Option<String>,
        /// The album.
        album: String,
    },
    /// Everything.
    Everything,
}

impl Rehearse {
    fn scope(&self) -> DrillScope {
        match self {
            Self::Sample(_) => DrillScope::Sample,
            Self::Album { .. } => DrillScope::Album,
            Self::Everything => DrillScope::Everything,
        }
    }
}

impl Library {
    /// Rehearses a restore from a copy. A drill that fails is a result and no error.
    ///
    /// # Errors
    /// Where the copy cannot be reached, or this machine has no room; nothing is put on record then.
    pub async fn drill(
        self: &Arc<Self>,
        copy: &str,
        what: &Rehearse,
        progress: &Arc<dyn Progress>,
        cancel: &Cancel,
    ) -> Result<(DrillId, DrillReport)> {
        let copy = self.copy(copy).await?;
        if copy.is_library {
            return Err(Error::invalid("a drill restores from a copy; the library itself is not one"));
        }
        let units = self.units(what).await?;
        let store = self.reach(&copy).await?;
        let mut report = DrillReport::begin(&copy, what.scope(), self.clock.now());
        let stage = Stage::set(self, &copy, store, &mut report).await?;
        if let Some(stage) = stage {
            let compared = report.compare_all(self, &stage, &units, progress, cancel).await;
            stage.outside.close().await;
            compared?;
        }
        report.end(self.clock.now());
        let id = self.keep_drill(&copy, what.scope(), &report).await?;
        Ok((id, report))
    }

    /// What is restored one after the other: photos of a sample, or albums.
    async fn units(&self, what: &Rehearse) -> Result<Vec<Scope>> {
        let mut tx = self.catalog.read().await?;
        match what {
            Rehearse::Sample(wanted) => {
                let wanted = (*wanted).clamp(1, MOST) as u32;
                // The low bits of a fresh id are chance enough.
                let turn = DrillId::generate().0.as_u128() as u32;
                let chosen = tx.asset_spread(Scope::All, wanted, turn).await?;
                Ok(chosen.into_iter().map(Scope::Asset).collect())
            }
            Rehearse::Album { space, album } => {
                drop(tx);
                let what = crate::restore::What::Album { space: space.clone(), album: album.clone() };
                let scope = self.scope(&what).await?;
                let mut units = vec![scope];
                if let Scope::Album(id) = scope {
                    units.extend(self.added_to(id).await?.into_iter().map(Scope::Asset));
                }
                Ok(units)
            }
            Rehearse::Everything => {
                let mut units = Vec::new();
                for space in tx.space_list().await? {
                    let albums = tx.album_list(space.id).await?;
                    units.extend(
                        albums
                            .into_iter()
                            .filter(|album| album.deleted_at.is_none())
                            .map(|album| Scope::Album(album.id)),
                    );
                }
                Ok(units)
            }
        }
    }

    /// Photos that are seen in an album and live in another.
    async fn added_to(&self, album: AlbumId) -> Result<Vec<AssetId>> {
        let (mut found, mut before) = (Vec::new(), None);
        let mut tx = self.catalog.read().await?;
        loop {
            let page = tx.asset_page_of_album(album, before, PAGE).await?;
            let Some(last) = page.last() else { return Ok(found) };
            before = Some(TimelineCursor { captured_at: last.asset.captured_at, id: last.asset.id });
            let added = page.iter().filter(|tile| tile.asset.album_id != album);
            found.extend(added.map(|tile| tile.asset.id));
        }
    }

    async fn keep_drill(&self, copy: &Copy, scope: DrillScope, report: &DrillReport) -> Result<DrillId> {
        let (text, signature) = report.sign(self.server_key())?;
        let drill = Drill {
            id: DrillId::generate(),
            copy_id: copy.id,
            scope,
            started_at: report.started_at,
            ended_at: report.ended_at,
            passed: report.passed,
            report: text,
            signature,
        };
        let (sha256, _) = vault::hash_bytes(&mut drill.report.as_bytes())?;
        let detail = json!({
            "drill": drill.id, "passed": report.passed, "photos": report.photos, "files": report.files, "sha256": sha256.to_string(),
        });
        let mut tx = self.catalog.begin().await?;
        tx.drill_insert(&drill).await?;
        tx.audit_append(self.clock.now(), "admin", "copy.drill", &copy.name, &detail).await?;
        tx.commit().await?;
        Ok(drill.id)
    }

    /// Rehearses from every copy that was not rehearsed from for a quarter; says whether there was one.
    pub(super) async fn drills_due(
        self: &Arc<Self>,
        progress: &Arc<dyn Progress>,
        cancel: &Cancel,
    ) -> Result<bool> {
        let mut did = false;
        for copy in self.copies_in_use().await?.into_iter().filter(|copy| !copy.is_library) {
            if cancel.is_cancelled() || !self.drill_is_due(&copy).await? {
                continue;
            }
            // A copy that is away is rehearsed from when it is back; that it is late is told elsewhere.
            if self.reach(&copy).await.is_err() {
                continue;
            }
            let Ok(_alone) = self.watch.drilling.try_lock() else { continue };
            let _turn = self.drill_turn(&copy);
            match self.drill(&copy.name, &Rehearse::Sample(SAMPLE), progress, cancel).await {
                Ok(_) => did = true,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::Unavailable => self.drill_broke_off(&copy),
                // On record and told, it is not begun again every minute, and the other copies have their turn.
                Err(error) => {
                    let report = DrillReport::failed(&copy, DrillScope::Sample, self.clock.now(), &error);
                    self.keep_drill(&copy, DrillScope::Sample, &report).await?;
                    did = true;
                }
            }
        }
        Ok(did)
    }

    async fn drill_is_due(&self, copy: &Copy) -> Result<bool> {
        let now = self.clock.now();
        let care = self.care(copy).await?;
        if care.quiet.is_some_and(|quiet| is_quiet(quiet, now)) {
            return Ok(false);
        }
        let broke = self.watch.broke.lock().unwrap_or_else(PoisonError::into_inner).get(&copy.id).copied();
        if broke.is_some_and(|at| at <= now && now < at.plus(AGAIN)) {
            return Ok(false);
        }
        // What lies in the future was written while the clock was wrong, and must not put a drill off for years.
        Ok(match self.catalog.read().await?.drill_last_before(copy.id, now).await? {
            Some(drill) => drill.started_at.plus(EVERY) <= now,
            None => care.ran_at.is_some() && (copy.created_at > now || copy.created_at.plus(FIRST) <= now),
        })
    }

    /// A drill reads a copy beside whatever else is done with it, so its turn is one of its own, for people to see.
    fn drill_turn(&self, copy: &Copy) -> Option<Turn> {
        let turn = self.watch.turns.take("drill")?;
        turn.does(&copy.name, "drill", self.clock.now());
        Some(turn)
    }

    fn drill_broke_off(&self, copy: &Copy) {
        let mut broke = self.watch.broke.lock().unwrap_or_else(PoisonError::into_inner);
        broke.insert(copy.id, self.clock.now());
    }

    /// Begins a drill that somebody asked for; it goes on by itself, and its report is put on record.
    pub async fn drill_soon(self: &Arc<Self>, actor: &Actor, copy: &str, what: Rehearse) -> Result<()> {
        let mut tx = self.catalog.read().await?;
        Access::new(&mut tx, actor).manages_some_space(REFUSED).await?;
        drop(tx);
        let copy = self.copy(copy).await?;
        // What cannot be meant is told now and not to nobody later.
        self.units(&what).await?;
        if copy.is_library {
            return Err(Error::invalid("a drill restores from a copy; the library itself is not one"));
        }
        drop(self.reach(&copy).await?);
        let detail = json!({"scope": what.scope()});
        let mut tx = self.begin_as(actor).await?;
        tx.audit_append(self.clock.now(), actor.signature(), "copy.drill-asked", &copy.name, &detail).await?;
        tx.commit().await?;
        let library = Arc::clone(self);
        let stop = self.watch.stop.clone();
        tokio::spawn(async move {
            let _alone = library.watch.drilling.lock().await;
            let turn = library.drill_turn(&copy);
            let progress: Arc<dyn Progress> = Arc::new(crate::Silent);
            let drilled = library.drill(&copy.name, &what, &progress, &stop).await;
            drop(turn);
            if let Err(error) = drilled {
                let report = DrillReport::failed(&copy, what.scope(), library.clock.now(), &error);
                // A drill that somebody waits for must not end without a word.
                let _ = library.keep_drill(&copy, what.scope(), &report).await;
            }
            library.watch.bell.notify_one();
        });
        Ok(())
    }

    /// The last drills and the names of their copies, newest first.
    pub async fn drills(&self, actor: &Actor) -> Result<Vec<(Drill, String)>> {
        let mut tx = self.catalog.read().await?;
        Access::new(&mut tx, actor).manages_some_space(REFUSED).await?;
        let mut told = Vec::new();
        for drill in tx.drill_list(LISTED).await? {
            let name = copy_name(tx.copy_get(drill.copy_id).await?);
            told.push((drill, name));
        }
        Ok(told)
    }

    /// The signed report of a drill.
    ///
    /// # Errors
    /// `NotFound` for who does not manage every space: a report names photos of all.
    pub async fn drill_report(&self, actor: &Actor, id: DrillId) -> Result<SignedReport> {
        let mut tx = self.catalog.read().await?;
        Access::new(&mut tx, actor).manages_some_space(REFUSED).await?;
        if !Access::new(&mut tx, actor).manages_every_space().await? {
            return Err(Error::not_found(
                "the report names photos of every space, so it is for who manages all of them",
            ));
        }
        let drill = tx.drill_get(id).await?.ok_or_else(|| Error::not_found("there is no such drill"))?;
        SignedReport::of(drill, self.server_key())
    }
}

const REFUSED: &str = "drills are for who manages a space of this server";

fn copy_name(copy: Option<Copy>) -> String {
    match copy {
        Some(copy) if copy.removed_at.is_none() => copy.name,
        _ => "a removed copy".to_owned(),
    }
}

/// How long something took, in seconds, and never nothing.
fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    ((to.0 - from.0).max(1) as f64) / 1000.0
}
