//! Facets where photos are many: the newest are counted, and what only older ones have is named.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate catalog as ourphoto_catalog;

#[path = "../../catalog/tests/support/photos.rs"]
#[expect(dead_code, reason = "shared with the catalog's tests")]
mod photos;
#[path = "safety/world.rs"]
#[expect(dead_code, reason = "shared with the tests of safety")]
mod world;

use model::Timestamp;
use ourphoto_library::LIBRARY_COPY;
use ourphoto_library::search::{Facets, Ranked};
use world::World;

const DAY: i64 = 86_400_000;
/// 2020-01-01.
const BEGIN: i64 = 1_577_836_800_000;

/// Photos that exist in the catalog only, one second after the other from a moment on; `first` is the number of the first.
async fn taken(world: &World, first: usize, count: usize, from: i64, camera: &str) {
    let mut tx = world.library.catalog.begin().await.unwrap();
    let space = tx.space_list().await.unwrap()[0].id;
    let copy = tx.copy_by_name(LIBRARY_COPY).await.unwrap().unwrap().id;
    let new = ourphoto_catalog::NewAlbum {
        space_id: space,
        folder: b"Many",
        name: "Many",
        tier: model::Tier::Working,
        created_at: photos::NOW,
    };
    let (album, _) = tx.album_find_or_insert(&new).await.unwrap();
    let mut batch = photos::batch(photos::Shelf { space, album: album.id, copy }, first, count);
    batch.jobs.clear();
    for (second, asset) in batch.assets.iter_mut().enumerate() {
        asset.captured_at = Timestamp(from + second as i64 * 1000);
        asset.metadata.camera_model = Some(camera.to_owned());
    }
    batch.insert(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    world.library.index().await.unwrap();
}

async fn facets(world: &World, question: &str) -> Facets {
    world.library.facets(&world.actor().await, None, question).await.unwrap()
}

fn ranked<const N: usize>(names: [(&str, u64); N]) -> Ranked {
    names.map(|(name, count)| (name.to_owned(), count)).to_vec()
}

#[tokio::test]
async fn the_newest_five_thousand_are_counted_and_what_is_older_is_named() {
    let world = World::new(&[]).await;
    taken(&world, 0, 1_234, BEGIN, "X100VI").await;
    taken(&world, 1_234, 3_766, BEGIN + DAY, "M11").await;
    let told = facets(&world, "").await;
    assert_eq!((told.counted, told.all), (5_000, true));
    assert_eq!(told.cameras, ranked([("M11", 3_766), ("X100VI", 1_234)]));
    assert_eq!(told.tiers, ranked([("working", 5_000)]));
    assert_eq!(told.years, ranked([("2020", 5_000)]));
    assert_eq!(told.missing, ranked([("copies", 5_000)]));
    let some = facets(&world, "camera:x100vi").await;
    assert_eq!((some.counted, some.all), (1_234, true));

    taken(&world, 5_000, 1, BEGIN - 400 * DAY, "Brownie").await;
    let told = facets(&world, "").await;
    assert_eq!((told.counted, told.all), (5_000, false));
    assert_eq!(told.cameras, ranked([("M11", 3_766), ("X100VI", 1_234), ("Brownie", 0)]));
    assert_eq!(told.years, ranked([("2020", 5_000), ("2018", 0)]));
    world.end().await;
}
