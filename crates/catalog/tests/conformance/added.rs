//! Photos are seen in albums that are not their home, and nowhere when they are in the trash.

use model::{AlbumId, AssetId, Tier, Timestamp};
use ourphoto_catalog::{Asset, Glance, MediaState, NewAlbum, TimelineCursor, Tx};

use crate::support::people::person;
use crate::support::photos::{NOW, Shelf, asset, shelf};
use crate::support::{TestCatalog, for_each_engine};

for_each_engine!(
    an_album_shows_what_lives_in_it_and_what_was_added_in_one_order,
    what_is_in_the_trash_is_seen_in_no_album,
    what_is_added_or_taken_out_is_indexed_again,
    adding_and_taking_out_twice_is_the_same_as_once,
);

async fn album(tx: &mut Tx, shelf: Shelf, name: &str) -> AlbumId {
    let folder = name.as_bytes();
    let new = NewAlbum { space_id: shelf.space, folder, name, tier: Tier::Working, created_at: NOW };
    tx.album_find_or_insert(&new).await.unwrap().0.id
}

/// Photos of an album, taken one after another, each with a picture.
async fn photos(tx: &mut Tx, shelf: Shelf, album: AlbumId, first: i64, count: i64) -> Vec<Asset> {
    let photo = |n: i64| Asset {
        album_id: album,
        media_state: MediaState::Ready,
        ..asset(shelf, format!("{first} {n}").into_bytes(), Timestamp(first + 2 * n))
    };
    let photos: Vec<_> = (0..count).map(photo).collect();
    tx.asset_insert_many(&photos).await.unwrap();
    photos
}

fn ids(assets: &[Asset]) -> Vec<AssetId> {
    assets.iter().map(|asset| asset.id).collect()
}

async fn pages(tx: &mut Tx, album: AlbumId, size: usize) -> Vec<AssetId> {
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let page = tx.asset_page_of_album(album, before, size).await.unwrap();
        let Some(last) = page.last() else { return seen };
        before = Some(TimelineCursor { captured_at: last.asset.captured_at, id: last.asset.id });
        assert!(page.len() <= size);
        seen.extend(page.iter().map(|tile| tile.asset.id));
    }
}

async fn an_album_shows_what_lives_in_it_and_what_was_added_in_one_order(test: &TestCatalog) {
    let shelf = shelf(&test.catalog).await;
    let mut tx = test.catalog.begin().await.unwrap();
    let ann = person(&mut tx, "ann@example.org").await;
    let best = album(&mut tx, shelf, "Best").await;
    let home = photos(&mut tx, shelf, best, 1000, 9).await;
    // Taken between those, and one at the very same moment.
    let away = photos(&mut tx, shelf, shelf.album, 1001, 9).await;
    let same = photos(&mut tx, shelf, shelf.album, 1000, 1).await;
    let added = [&ids(&away)[2..7], &ids(&same)].concat();
    tx.album_asset_add(best, &added, ann.id, NOW).await.unwrap();

    let mut expected: Vec<_> = home.iter().chain(&away[2..7]).chain(&same).collect();
    expected.sort_by_key(|asset| std::cmp::Reverse((asset.captured_at, asset.id)));
    let expected: Vec<_> = expected.into_iter().map(|asset| asset.id).collect();
    for size in [1, 2, 5, 100] {
        assert_eq!(pages(&mut tx, best, size).await, expected, "{size} on a page");
    }
    assert_eq!(pages(&mut tx, shelf.album, 100).await.len(), 10, "their home is as it was");
    assert_eq!(tx.asset_page(shelf.space, None, 100).await.unwrap().len(), 19, "each once in the timeline");
    let glances = tx.album_glances(&[best, shelf.album]).await.unwrap();
    assert_eq!(glances[&best], Glance { count: 15, cover: Some(home[8].id) });
    assert_eq!(glances[&shelf.album], Glance { count: 10, cover: Some(away[8].id) });
    tx.album_asset_add(best, &[away[8].id], ann.id, NOW).await.unwrap();
    assert_eq!(
        tx.album_glances(&[best]).await.unwrap()[&best],
        Glance { count: 16, cover: Some(away[8].id) }
    );
    let albums = tx.album_asset_albums(away[2].id).await.unwrap();
    assert_eq!(albums.iter().map(|album| album.id).collect::<Vec<_>>(), [best]);
    assert!(tx.album_asset_albums(home[0].id).await.unwrap().is_empty());
}

async fn what_is_in_the_trash_is_seen_in_no_album(test: &TestCatalog) {
    let shelf = shelf(&test.catalog).await;
    let mut tx = test.catalog.begin().await.unwrap();
    let ann = person(&mut tx, "ann@example.org").await;
    let (best, other) = (album(&mut tx, shelf, "Best").await, album(&mut tx, shelf, "Other").await);
    let one = photos(&mut tx, shelf, shelf.album, 1, 1).await;
    let two = photos(&mut tx, shelf, other, 5, 1).await;
    tx.album_asset_add(best, &[one[0].id, two[0].id], ann.id, NOW).await.unwrap();
    let glance = |count, cover: Option<&Asset>| Glance { count, cover: cover.map(|asset| asset.id) };
    let glances = tx.album_glances(&[best]).await.unwrap();
    assert_eq!(glances[&best], glance(2, Some(&two[0])));
    // With their home,
    tx.album_set_deleted(other, Some(NOW)).await.unwrap();
    assert_eq!(pages(&mut tx, best, 10).await, ids(&one));
    assert_eq!(tx.album_glances(&[best]).await.unwrap()[&best], glance(1, Some(&one[0])));
    // and by themselves.
    tx.asset_set_deleted(&[one[0].id], Some(NOW)).await.unwrap();
    assert!(pages(&mut tx, best, 10).await.is_empty());
    assert_eq!(
        tx.album_glances(&[best]).await.unwrap().get(&best).copied().unwrap_or_default(),
        glance(0, None)
    );
    // What comes back is where it was.
    tx.album_set_deleted(other, None).await.unwrap();
    tx.asset_set_deleted(&[one[0].id], None).await.unwrap();
    assert_eq!(pages(&mut tx, best, 10).await, [two[0].id, one[0].id]);
}

async fn what_is_added_or_taken_out_is_indexed_again(test: &TestCatalog) {
    let shelf = shelf(&test.catalog).await;
    let mut tx = test.catalog.begin().await.unwrap();
    let ann = person(&mut tx, "ann@example.org").await;
    let best = album(&mut tx, shelf, "Best").await;
    let one = photos(&mut tx, shelf, shelf.album, 1, 1).await;
    let names = |albums: &[(AlbumId, String)]| {
        albums.iter().map(|(_, name)| name.clone()).collect::<Vec<_>>().join(", ")
    };
    for (step, expected) in
        ["Lake, Best", "Lake, Better", "Lake", "Lake, Better", "Lake"].into_iter().enumerate()
    {
        match step {
            0 => tx.album_asset_add(best, &[one[0].id], ann.id, NOW).await.unwrap(),
            1 => tx.album_rename(best, "Better").await.unwrap(),
            2 => tx.album_set_deleted(best, Some(NOW)).await.unwrap(),
            3 => tx.album_set_deleted(best, None).await.unwrap(),
            _ => tx.album_asset_remove(best, &[one[0].id]).await.unwrap(),
        }
        let stale = tx.search_unindexed(10).await.unwrap();
        assert_eq!(stale.len(), 1, "step {step}");
        assert_eq!(names(&stale[0].albums), expected, "step {step}");
        let entry = ourphoto_catalog::Entry {
            asset_id: one[0].id,
            space_id: shelf.space,
            captured_at: Timestamp(1),
            words: vec!["a".into()],
            facts: vec!["s".into()],
            names: vec![],
        };
        tx.search_put(&[entry]).await.unwrap();
        assert_eq!(tx.search_waiting(10).await.unwrap(), 0);
    }
}

async fn adding_and_taking_out_twice_is_the_same_as_once(test: &TestCatalog) {
    let shelf = shelf(&test.catalog).await;
    let mut tx = test.catalog.begin().await.unwrap();
    let ann = person(&mut tx, "ann@example.org").await;
    let best = album(&mut tx, shelf, "Best").await;
    let some = ids(&photos(&mut tx, shelf, shelf.album, 1, 3).await);
    tx.album_asset_add(best, &some[..2], ann.id, NOW).await.unwrap();
    tx.album_asset_add(best, &some, ann.id, Timestamp(7)).await.unwrap();
    assert_eq!(pages(&mut tx, best, 10).await.len(), 3);
    assert_eq!(tx.album_asset_which(best, &some).await.unwrap().len(), 3);
    tx.album_asset_remove(best, &some[..1]).await.unwrap();
    tx.album_asset_remove(best, &some[..1]).await.unwrap();
    assert_eq!(pages(&mut tx, best, 10).await, [some[2], some[1]]);
    assert_eq!(tx.asset_get(some[0]).await.unwrap().unwrap().deleted_at, None);
}
