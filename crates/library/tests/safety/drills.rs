//! Rehearsals that come by themselves, and those of a library that changed since its copy was made.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use model::{AlbumId, AlertKind, AssetId, DrillId, DrillScope, ErrorKind, FixedClock, Medium};
use ourphoto_library::ingest::Import;
use ourphoto_library::safety::drill::Rehearse;
use ourphoto_library::spaces::SpaceChange;
use ourphoto_library::{Cancel, Layout, Library, OpenOptions};
use vault::store::faulty::{Call, Fault, FaultyStore};
use vault::store::open_store;

use crate::world::{World, silent};

const DAY: Duration = Duration::from_hours(24);

impl World {
    /// Imports so many photos called `<album>-<number>.jpg` into an album.
    async fn import_into(&self, album: &str, count: u64) {
        let folder = self.path(&format!("source of {album}"));
        fs::create_dir_all(&folder).unwrap();
        for number in 0..count {
            fs::write(folder.join(format!("{album}-{number}.jpg")), format!("{album} {number}")).unwrap();
        }
        let import = Import {
            paths: vec![folder],
            space: "Family".to_owned(),
            album: Some(album.to_owned()),
            skip_duplicates: false,
        };
        self.library.import(import, &silent(), &Cancel::default()).await.unwrap();
    }

    /// The album of that folder, and its photos.
    async fn album(&self, folder: &str) -> (AlbumId, Vec<AssetId>) {
        let mut tx = self.library.catalog.read().await.unwrap();
        let space = tx.space_list().await.unwrap()[0].id;
        let album = tx.album_by_folder(space, folder.as_bytes()).await.unwrap().unwrap().id;
        let tiles = tx.asset_page_of_album(album, None, 100).await.unwrap();
        (album, tiles.into_iter().map(|tile| tile.asset.id).collect())
    }

    /// Opens the library anew; each call to a copy's store may fail with what `plan` says.
    async fn with_weather(
        &mut self,
        plan: impl Fn(&str, Call, &str) -> Option<Fault> + Clone + Send + Sync + 'static,
    ) {
        self.closed_catalog().await;
        let clock = Arc::<FixedClock>::clone(&self.clock);
        let layout = Layout::new(self.path("data"));
        let library = Library::open(layout, &OpenOptions::default(), clock).await.unwrap();
        self.library = Arc::new(library.with_opener(move |url| {
            let (copy, plan) = (url.rsplit('/').next().unwrap_or_default().to_owned(), plan.clone());
            Ok(Arc::new(FaultyStore::new(open_store(url)?, move |call, path| plan(&copy, call, path))))
        }));
    }

    /// How often the drills from each copy passed, and failed.
    async fn results(&self) -> BTreeMap<String, (u64, u64)> {
        let mut results = BTreeMap::new();
        for (drill, copy) in self.library.drills(&self.actor().await).await.unwrap() {
            let (passed, failed) = results.entry(copy).or_insert((0, 0));
            *(if drill.passed { passed } else { failed }) += 1;
        }
        results
    }
}

#[tokio::test]
async fn albums_and_spaces_that_were_renamed_since_the_snapshot_fail_no_drill() {
    let world = World::new(&[("ssd", Medium::Nas, false)]).await;
    world.import(3, 1).await;
    world.import_into("winter", 2).await;
    let actor = world.actor().await;
    let (winter, photos) = world.album("winter").await;
    world.library.album_trash(&actor, winter, true).await.unwrap();
    world.care().await;
    // The snapshot in the copy knows none of what follows.
    world.library.album_rename(&actor, world.album("photos").await.0, "Summer").await.unwrap();
    world.library.album_trash(&actor, winter, false).await.unwrap();
    let renamed = SpaceChange { name: Some("Home".into()), ..SpaceChange::default() };
    world.library.space_change(&actor, world.space().await, renamed).await.unwrap();
    let (_, report) = world.drill("ssd", &Rehearse::Everything).await;
    assert!(report.passed, "{report:?}");
    assert_eq!((report.photos, report.newer), (3, photos.len() as u64), "{report:?}");
    world.end().await;
}

#[tokio::test]
async fn another_name_of_an_album_that_nobody_gave_it_is_found() {
    let world = World::new(&[("ssd", Medium::Nas, false)]).await;
    world.import(2, 1).await;
    world.care().await;
    let mut tx = world.library.catalog.begin().await.unwrap();
    tx.album_rename(world.album("photos").await.0, "Renamed by nobody").await.unwrap();
    tx.commit().await.unwrap();
    let (_, report) = world.drill("ssd", &Rehearse::Everything).await;
    assert!(!report.passed);
    assert!(report.problems.iter().all(|found| found.problem.contains("its album")), "{report:?}");
    world.end().await;
}

#[tokio::test]
async fn a_drill_of_an_album_has_the_photos_that_were_added_to_it() {
    let world = World::new(&[("ssd", Medium::Nas, false)]).await;
    world.import(3, 1).await;
    world.import_into("best", 1).await;
    let actor = world.actor().await;
    let (best, _) = world.album("best").await;
    let (_, photos) = world.album("photos").await;
    world.library.album_add(&actor, best, &photos[..2]).await.unwrap();
    world.care().await;
    let album = Rehearse::Album { space: None, album: "best".into() };
    let (_, report) = world.drill("ssd", &album).await;
    assert!(report.passed, "{report:?}");
    assert_eq!(report.photos, 3, "{report:?}");
    // One that was added after the snapshot is not expected of it.
    world.library.album_add(&actor, best, &photos[2..]).await.unwrap();
    let (_, report) = world.drill("ssd", &album).await;
    assert!(report.passed, "{report:?}");
    assert_eq!((report.photos, report.newer), (3, 1), "{report:?}");
    // An added photo that rots is named.
    let mut tx = world.library.catalog.read().await.unwrap();
    let object =
        tx.restore_page(catalog::Scope::Asset(photos[0]), None, None, 1).await.unwrap().remove(0).object;
    drop(tx);
    world.rot("ssd", &object);
    let (_, report) = world.drill("ssd", &album).await;
    assert!(!report.passed);
    assert_eq!(report.problems.len(), 1, "{report:?}");
    world.end().await;
}

#[tokio::test]
async fn a_drill_that_cannot_be_carried_out_is_on_record_and_the_other_copies_have_their_turn() {
    let mut world = World::new(&[("ssd", Medium::Nas, false), ("cloud", Medium::Cloud, true)]).await;
    world.import(3, 1).await;
    world.care().await;
    world
        .with_weather(|copy, call, path| {
            let hit = copy == "ssd" && call == Call::List && path == "catalog";
            hit.then_some(Fault::Fail(ErrorKind::Internal))
        })
        .await;
    world.clock.advance(DAY * 2);
    world.care().await;
    let once = BTreeMap::from([("cloud".into(), (1, 0)), ("ssd".into(), (0, 1))]);
    assert_eq!(world.results().await, once);
    assert_eq!(world.kinds().await, [AlertKind::DrillFailed]);
    for _ in 0..5 {
        world.clock.advance(Duration::from_mins(1));
        world.care().await;
    }
    assert_eq!(world.results().await, once, "it is not begun again every minute");
    world.end().await;
}

#[tokio::test]
async fn a_drill_whose_copy_goes_away_in_the_middle_is_tried_again_after_an_hour() {
    let mut world = World::new(&[("ssd", Medium::Nas, false)]).await;
    world.import(3, 1).await;
    world.care().await;
    let (away, tried) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicU64::new(0)));
    let (is_away, counted) = (Arc::clone(&away), Arc::clone(&tried));
    world
        .with_weather(move |_, call, path| {
            let hit = call == Call::List && path == "catalog" && is_away.load(Ordering::SeqCst);
            hit.then(|| {
                counted.fetch_add(1, Ordering::SeqCst);
                Fault::Fail(ErrorKind::Unavailable)
            })
        })
        .await;
    world.clock.advance(DAY * 2);
    world.care().await;
    // The scrub lists too, and is tried again after five minutes.
    let once = tried.load(Ordering::SeqCst);
    for _ in 0..4 {
        world.clock.advance(Duration::from_mins(1));
        world.care().await;
    }
    assert_eq!((tried.load(Ordering::SeqCst), world.drills().await), (once, vec![]));
    away.store(false, Ordering::SeqCst);
    world.clock.advance(Duration::from_hours(1));
    world.care().await;
    assert_eq!(world.drills().await, [true]);
    world.end().await;
}

#[tokio::test]
async fn drills_wait_for_quiet_hours_to_end_and_not_for_a_run_that_fails() {
    let world = World::new(&[("ssd", Medium::Nas, false)]).await;
    world.import(2, 1).await;
    world.care().await;
    // The clock of these tests begins at 02:00 UTC.
    world.settings("ssd", |care| care.quiet = Some(catalog::Quiet { from: 60, until: 300 })).await;
    world.clock.advance(DAY * 2);
    world.care().await;
    assert_eq!(world.drills().await, Vec::<bool>::new());
    // Its last run went wrong, and the next is not due yet.
    world.clock.advance(Duration::from_hours(4));
    let mut tx = world.library.catalog.begin().await.unwrap();
    let copy = tx.copy_by_name("ssd").await.unwrap().unwrap();
    let care = tx.care_get(copy.id).await.unwrap().unwrap();
    tx.care_put(&catalog::Care { failures: 1, tried_at: Some(world.now()), ..care }).await.unwrap();
    tx.commit().await.unwrap();
    world.care().await;
    assert_eq!(world.drills().await, [true]);
    world.end().await;
}

#[tokio::test]
async fn a_drill_from_the_future_puts_none_off() {
    let world = World::new(&[("ssd", Medium::Nas, false)]).await;
    world.import(2, 1).await;
    world.care().await;
    let mut tx = world.library.catalog.begin().await.unwrap();
    let copy = tx.copy_by_name("ssd").await.unwrap().unwrap();
    let at = world.now().plus(DAY * 1000);
    let drill = catalog::Drill {
        id: DrillId::generate(),
        copy_id: copy.id,
        scope: DrillScope::Sample,
        started_at: at,
        ended_at: at,
        passed: true,
        report: "{}".into(),
        signature: vec![0; 64],
    };
    tx.drill_insert(&drill).await.unwrap();
    tx.commit().await.unwrap();
    world.clock.advance(DAY * 2);
    for _ in 0..3 {
        world.clock.advance(Duration::from_mins(1));
        world.care().await;
    }
    assert_eq!(world.drills().await.len(), 2, "one was rehearsed, and one only");
    world.end().await;
}
