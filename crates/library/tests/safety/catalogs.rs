//! A catalog that is not what it was.

use model::{AlertKind, Medium};
use ourphoto_library::safety::Seen;

use crate::DAY;
use crate::world::World;

#[tokio::test]
async fn a_log_that_was_written_anew_from_some_point_on_contradicts_the_snapshots() {
    let mut world = World::new(&[("ssd", Medium::Nas, false)]).await;
    world.import(3, 1).await;
    // Somebody takes the catalog as it is now, and puts another past into it than the one that happens next.
    let before = world.closed_catalog().await;
    world.reopen().await;
    world.library.space_create(&world.actor().await, "What happened").await.unwrap();
    world.care().await;
    let healthy = world.library.doctor().await.unwrap();
    assert!(healthy.checks.iter().any(|check| check.what == "audit log" && check.ok), "{healthy:?}");
    world.closed_catalog().await;
    World::put_catalog(&before);
    world.reopen().await;
    for name in ["What", "did", "not", "happen", "at", "all", "but", "is", "told"] {
        world.library.space_create(&world.actor().await, name).await.unwrap();
    }
    let mut tx = world.library.catalog.read().await.unwrap();
    assert_eq!(tx.audit_verify().await.unwrap(), None, "the chain is unbroken in itself");
    drop(tx);
    let found = world.library.doctor().await.unwrap();
    let log = found.checks.iter().find(|check| check.what == "audit log").unwrap();
    assert!(!log.ok && log.found.contains("was changed after it was written"), "{log:?}");
    let (_, entry) = world.library.activity_check(&world.actor().await).await.unwrap();
    assert!(entry.is_some());
    world.clock.advance(DAY * 2);
    world.library.watch_alerts(&Seen::default()).await.unwrap();
    assert!(world.kinds().await.contains(&AlertKind::CatalogDamaged));
    world.end().await;
}

/// What a page of the catalog takes on the disk, in bytes.
const PAGE: usize = 4096;

#[tokio::test]
async fn a_catalog_with_a_bad_page_is_told_and_nothing_is_said_to_be_over_meanwhile() {
    let mut world = World::new(&[("ssd", Medium::Nas, false)]).await;
    world.import(40, 1).await;
    world.care().await;
    assert_eq!(world.kinds().await, [AlertKind::RuleBroken]);
    let whole = world.closed_catalog().await;
    let mut told = 0;
    let pages = whole.iter().map(|(_, content)| content.len() / PAGE).max().unwrap();
    for page in (2..pages).step_by(2) {
        let mut rotten = whole.clone();
        let (_, content) = rotten.iter_mut().max_by_key(|(_, content)| content.len()).unwrap();
        content[page * PAGE + PAGE / 2] ^= 1;
        World::put_catalog(&rotten);
        // Some pages keep it from being opened at all, and others from being written to.
        if world.try_reopen().await.is_err() {
            continue;
        }
        let watched = world.library.watch_alerts(&Seen::default()).await;
        if watched.is_ok() && world.library.copies().await.is_err() {
            // Who reads has met the bad page; who writes has not.
            let open = world.library.catalog.begin().await.unwrap().alert_open().await.unwrap();
            let kinds: Vec<AlertKind> = open.iter().map(|alert| alert.kind).collect();
            assert_eq!(kinds, [AlertKind::RuleBroken, AlertKind::CatalogDamaged], "page {page}");
            told += 1;
        }
        world.library.catalog.clone().close().await;
    }
    assert!(told > 0, "no page was hit that matters");
    World::put_catalog(&whole);
    world.reopen().await;
    world.library.watch_alerts(&Seen::default()).await.unwrap();
    assert_eq!(world.kinds().await, [AlertKind::RuleBroken]);
    world.end().await;
}
