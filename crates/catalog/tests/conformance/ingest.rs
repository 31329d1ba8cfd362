//! What an import asks and writes.

use std::collections::BTreeSet;

use model::{AssetId, ErrorKind, FileRole, Metadata, RenditionKind, Timestamp, VersionId};
use ourphoto_catalog::{
    Asset, AssetGroup, File, MediaState, MediaUpdate, NewAlbum, Rendition, TimelineCursor, Version,
};

use crate::support::photos::{NOW, asset, batch, filled, object, sha256, shelf};
use crate::support::{TestCatalog, for_each_engine};

for_each_engine!(
    content_is_found_by_its_hashes,
    content_is_unique_in_a_space,
    files_are_found_by_name_with_their_current_version,
    groups_are_found_with_the_roles_they_have,
    the_timeline_pages_through_everything_once,
    months_are_counted_without_what_is_in_the_trash,
    assets_are_called_as_the_file_that_is_shown,
    what_the_media_worker_found_is_kept,
    folders_that_were_seen_are_remembered_until_they_are_forgotten,
    changes_are_numbered_without_gaps,
);

async fn content_is_found_by_its_hashes(test: &TestCatalog) {
    let (shelf, batch) = filled(&test.catalog, 1100).await;
    let mut tx = test.catalog.read().await.unwrap();
    let mut hashes: Vec<_> = batch.objects.iter().map(|object| object.content_sha256).collect();
    hashes.push(sha256("not there"));
    let found = tx.object_find_by_content(shelf.space, &hashes).await.unwrap();
    assert_eq!(found.len(), 1100);
    let sha1 = [batch.objects[3].content_sha1];
    assert_eq!(tx.object_find_by_sha1(shelf.space, &sha1).await.unwrap(), [batch.objects[3].clone()]);
    assert!(tx.object_find_by_content(shelf.space, &[]).await.unwrap().is_empty());

    let prefixes: BTreeSet<u64> =
        tx.object_content_prefixes(shelf.space).await.unwrap().into_iter().collect();
    let expected = batch
        .objects
        .iter()
        .map(|object| u64::from_be_bytes(object.content_sha256.0[..8].try_into().unwrap()));
    assert_eq!(prefixes, expected.collect());

    let one = &batch.objects[5];
    assert_eq!(tx.object_get(one.id).await.unwrap().as_ref(), Some(one));
    assert_eq!(tx.object_by_hash(one.hash).await.unwrap().as_ref(), Some(one));
    assert_eq!(tx.object_get_many(&[one.id, one.id]).await.unwrap(), [one.clone()]);
    let mut after = None;
    let mut seen = Vec::new();
    loop {
        let page = tx.object_page(after, 300).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        seen.extend(page);
    }
    assert_eq!(seen, batch.objects);

    let names = tx.object_names(&[one.id, batch.objects[6].id]).await.unwrap();
    assert_eq!(names.len(), 2);
    let name = &names[&one.id][0];
    assert_eq!((name.space.as_str(), name.name.as_slice(), name.version), ("Family", &b"IMG_5.JPG"[..], 1));
    assert_eq!((name.folder.as_slice(), name.asset_id), (&b"2026/Lake"[..], batch.assets[5].id));
}

async fn content_is_unique_in_a_space(test: &TestCatalog) {
    let (shelf, _) = filled(&test.catalog, 1).await;
    let mut again = object(shelf.space, "photo 0");
    again.hash = sha256("encrypted once more");
    let mut tx = test.catalog.begin().await.unwrap();
    assert_eq!(tx.object_insert_many(&[again]).await.unwrap_err().kind(), ErrorKind::Conflict);
}

async fn files_are_found_by_name_with_their_current_version(test: &TestCatalog) {
    let (shelf, batch) = filled(&test.catalog, 5).await;
    let file = &batch.files[2];
    let new = object(shelf.space, "photo 2 edited");
    let version = Version {
        id: VersionId::generate(),
        object_id: new.id,
        number: 2,
        modified_ns: None,
        ..batch.versions[2].clone()
    };
    let mut tx = test.catalog.begin().await.unwrap();
    tx.object_insert_many(&[new.clone()]).await.unwrap();
    tx.version_insert_many(&[version.clone()]).await.unwrap();
    tx.file_set_current(&[version.id]).await.unwrap();
    tx.asset_set_deleted(&[file.asset_id], Some(Timestamp(9))).await.unwrap();
    tx.version_set_modified(batch.versions[3].id, Some(42)).await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = test.catalog.read().await.unwrap();
    let names = [&b"IMG_2.JPG"[..], b"IMG_3.JPG", b"img_2.jpg"];
    let mut found = tx.file_find_by_names(shelf.album, &names).await.unwrap();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    assert_eq!(found.len(), 2, "names are compared byte by byte");
    assert_eq!((found[0].file_id, found[0].version_number, found[0].object_id), (file.id, 2, new.id));
    assert_eq!((found[0].asset_deleted_at, found[0].modified_ns), (Some(Timestamp(9)), None));
    assert_eq!((found[0].content_sha256, found[0].content_size), (new.content_sha256, new.content_size));
    assert_eq!((found[1].modified_ns, found[1].asset_deleted_at), (Some(42), None));

    let files = tx.asset_files(file.asset_id).await.unwrap();
    assert_eq!(files.len(), 1);
    assert_eq!(files[0].file.version_id, version.id);
    assert_eq!(files[0].versions, [version, batch.versions[2].clone()]);
}

async fn groups_are_found_with_the_roles_they_have(test: &TestCatalog) {
    let (shelf, mut batch) = filled(&test.catalog, 3).await;
    let raw = object(shelf.space, "raw 1");
    let mut version = batch.versions.remove(1);
    let mut file = File { id: model::FileId::generate(), role: FileRole::Raw, ..batch.files.remove(1) };
    file.name = b"IMG_1.DNG".to_vec();
    (version.id, version.file_id, version.object_id) = (VersionId::generate(), file.id, raw.id);
    file.version_id = version.id;
    let lonely = asset(shelf, b"lonely".to_vec(), NOW);
    let mut tx = test.catalog.begin().await.unwrap();
    tx.object_insert_many(&[raw]).await.unwrap();
    tx.file_insert_many(&[file.clone()]).await.unwrap();
    tx.version_insert_many(&[version]).await.unwrap();
    tx.asset_insert_many(&[lonely.clone()]).await.unwrap();
    tx.asset_set_deleted(&[lonely.id], Some(NOW)).await.unwrap();

    let keys = [&b"img_1"[..], b"lonely", b"none", b"img_1"];
    let found = tx.asset_find_groups(shelf.album, &keys).await.unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(
        found[0].roles.iter().copied().collect::<BTreeSet<_>>(),
        [FileRole::Primary, FileRole::Raw].into()
    );
    let expected =
        AssetGroup { asset_id: lonely.id, group_key: b"lonely".to_vec(), roles: vec![], deleted: true };
    assert_eq!(found[1], expected);

    let second = File { id: model::FileId::generate(), name: b"other.DNG".to_vec(), ..file };
    assert_eq!(tx.file_insert_many(&[second]).await.unwrap_err().kind(), ErrorKind::Conflict);
}

async fn the_timeline_pages_through_everything_once(test: &TestCatalog) {
    let (shelf, mut batch) = filled(&test.catalog, 250).await;
    let mut tx = test.catalog.begin().await.unwrap();
    let mut same_time: Vec<_> = (0..20).map(|n| asset(shelf, vec![n], Timestamp(1))).collect();
    // One of which everything is known.
    let mut metadata = Metadata { caption: Some("\"Zürich\" \\ \u{1f4f7}\n".into()), ..Metadata::default() };
    metadata.exposure.seconds = Some(0.1 + 0.2);
    same_time[7] = Asset {
        group_key: vec![0, 255],
        derived_from: Some(batch.assets[4].id),
        media_state: MediaState::None,
        media_note: Some("a 'note'".into()),
        placeholder: Some(vec![0, 1, 254, 255]),
        perceptual_hash: Some(i64::MIN),
        metadata,
        edits: model::Edits { title: Some("<b>&amp;".into()), ..model::Edits::default() },
        approval: Some(model::Approval::Approved),
        ..same_time[7].clone()
    };
    tx.asset_insert_many(&same_time).await.unwrap();
    tx.asset_set_deleted(&[batch.assets[0].id, batch.assets[1].id], Some(NOW)).await.unwrap();
    tx.commit().await.unwrap();

    batch.assets.drain(..2);
    batch.assets.append(&mut same_time);
    batch.assets.sort_by_key(|asset| std::cmp::Reverse((asset.captured_at, asset.id)));
    let mut tx = test.catalog.read().await.unwrap();
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let page = tx.asset_page(shelf.space, before, 7).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some(TimelineCursor { captured_at: last.asset.captured_at, id: last.asset.id });
        let ids: Vec<_> = page.iter().map(|tile| tile.asset.id).collect();
        let names = tx.asset_names(&ids).await.unwrap();
        for tile in page {
            assert_eq!(tile.name, names.get(&tile.asset.id).cloned().unwrap_or_default());
            seen.push(tile.asset);
        }
    }
    assert_eq!(seen, batch.assets);
    let no_space = model::SpaceId::generate();
    assert!(tx.asset_page(no_space, None, 7).await.unwrap().is_empty());
}

async fn months_are_counted_without_what_is_in_the_trash(test: &TestCatalog) {
    let shelf = shelf(&test.catalog).await;
    let mut tx = test.catalog.begin().await.unwrap();
    let taken = [
        Timestamp::from_civil(2026, 5, 1),
        Timestamp::from_civil(2026, 5, 31),
        Timestamp::from_civil(2026, 6, 1),
        Timestamp(Timestamp::from_civil(2026, 6, 1).0 - 1),
        // Before 1970, where dividing rounds the other way.
        Timestamp::from_civil(1969, 12, 31),
        Timestamp(Timestamp::from_civil(1969, 12, 1).0 - 1),
        Timestamp::from_civil(1850, 1, 1),
    ];
    let mut assets: Vec<_> = taken.iter().zip(0..).map(|(at, n)| asset(shelf, vec![n], *at)).collect();
    let hidden = NewAlbum {
        space_id: shelf.space,
        folder: b"hidden",
        name: "hidden",
        tier: model::Tier::Working,
        created_at: NOW,
    };
    let (hidden, _) = tx.album_find_or_insert(&hidden).await.unwrap();
    assets.push(Asset { album_id: hidden.id, ..asset(shelf, vec![90], Timestamp::from_civil(2026, 5, 2)) });
    assets.push(asset(shelf, vec![91], Timestamp::from_civil(2026, 7, 2)));
    tx.asset_insert_many(&assets).await.unwrap();
    let all = tx.asset_months(shelf.space).await.unwrap();
    assert_eq!(all, [(2026, 7, 1), (2026, 6, 1), (2026, 5, 4), (1969, 12, 1), (1969, 11, 1), (1850, 1, 1)]);
    tx.asset_set_deleted(&[assets[8].id], Some(NOW)).await.unwrap();
    tx.album_set_deleted(hidden.id, Some(NOW)).await.unwrap();
    let left = tx.asset_months(shelf.space).await.unwrap();
    assert_eq!(left, [(2026, 6, 1), (2026, 5, 3), (1969, 12, 1), (1969, 11, 1), (1850, 1, 1)]);
    let pages = tx.asset_page(shelf.space, None, 100).await.unwrap();
    assert_eq!(pages.len() as u64, left.iter().map(|(.., count)| count).sum::<u64>());
}

async fn assets_are_called_as_the_file_that_is_shown(test: &TestCatalog) {
    let (_, batch) = filled(&test.catalog, 3).await;
    let mut tx = test.catalog.begin().await.unwrap();
    let raw = batch.files.iter().find(|file| file.asset_id == batch.assets[1].id).unwrap().clone();
    let mut more = Vec::new();
    for (role, name) in [(FileRole::Motion, "A.MOV"), (FileRole::Raw, "A.DNG"), (FileRole::Sidecar, "A.XMP")]
    {
        more.push(File { id: model::FileId::generate(), role, name: name.into(), ..raw.clone() });
    }
    more.retain(|file| file.role != raw.role);
    tx.file_insert_many(&more).await.unwrap();
    let ids: Vec<_> = batch.assets.iter().map(|asset| asset.id).collect();
    let names = tx.asset_names(&ids).await.unwrap();
    for asset in &batch.assets {
        let primary = batch.files.iter().find(|f| f.asset_id == asset.id && f.role == FileRole::Primary);
        assert_eq!(names[&asset.id].as_bytes(), primary.unwrap().name, "{names:?}");
    }
    assert!(tx.asset_names(&[model::AssetId::generate()]).await.unwrap().is_empty());
}

async fn what_the_media_worker_found_is_kept(test: &TestCatalog) {
    let (_, batch) = filled(&test.catalog, 2).await;
    let mut metadata = Metadata {
        caption: Some("Zürich \u{1f4f7}".into()),
        keywords: vec!["lake".into()],
        ..Metadata::default()
    };
    metadata.exposure.seconds = Some(0.1 + 0.2);
    let update = MediaUpdate {
        asset_id: batch.assets[0].id,
        metadata: metadata.clone(),
        captured_at: Timestamp(-5),
        state: MediaState::Ready,
        note: Some("note".into()),
        placeholder: Some(vec![0, 255]),
        perceptual_hash: Some(i64::MIN),
    };
    let rendition = Rendition {
        object_id: batch.objects[0].id,
        kind: RenditionKind::Thumbnail,
        hash: sha256("r"),
        size: 10,
        width: 512,
        height: 300,
    };
    let mut tx = test.catalog.begin().await.unwrap();
    tx.media_set(&update).await.unwrap();
    tx.rendition_put(&Rendition { hash: sha256("old"), ..rendition.clone() }).await.unwrap();
    tx.rendition_put(&rendition).await.unwrap();
    let unseen = MediaUpdate { asset_id: batch.assets[1].id, state: MediaState::None, ..update.clone() };
    tx.media_set(&unseen).await.unwrap();
    let nobody = MediaUpdate { asset_id: AssetId::generate(), ..update };
    assert_eq!(tx.media_set(&nobody).await.unwrap_err().kind(), ErrorKind::NotFound);
    tx.commit().await.unwrap();

    let mut tx = test.catalog.read().await.unwrap();
    let asset = tx.asset_get(batch.assets[0].id).await.unwrap().unwrap();
    assert_eq!(
        (asset.metadata, asset.captured_at, asset.media_state),
        (metadata, Timestamp(-5), MediaState::Ready)
    );
    assert_eq!((asset.placeholder, asset.perceptual_hash), (Some(vec![0, 255]), Some(i64::MIN)));
    assert_eq!(
        tx.rendition_of(batch.assets[0].id, RenditionKind::Thumbnail).await.unwrap(),
        Some(rendition.clone())
    );
    assert_eq!(tx.rendition_of(batch.assets[0].id, RenditionKind::Preview).await.unwrap(), None);
    assert_eq!(tx.rendition_of(batch.assets[1].id, RenditionKind::Thumbnail).await.unwrap(), None);
    // The other one has the same note, and a picture.
    assert_eq!(tx.media_noted("note").await.unwrap(), [batch.assets[1].id]);
    assert_eq!(tx.media_noted("not").await.unwrap(), []);
}

async fn folders_that_were_seen_are_remembered_until_they_are_forgotten(test: &TestCatalog) {
    let (shelf, _) = filled(&test.catalog, 1).await;
    let mut tx = test.catalog.begin().await.unwrap();
    tx.seen_put(shelf.space, shelf.album, b"/a\xff", b"one").await.unwrap();
    tx.seen_put(shelf.space, shelf.album, b"/a\xff", b"two").await.unwrap();
    tx.seen_put(shelf.space, shelf.album, b"/b", b"").await.unwrap();
    let seen = tx.seen_get_many(shelf.space, shelf.album).await.unwrap();
    assert_eq!((seen.len(), seen[&b"/a\xff"[..]].as_slice()), (2, &b"two"[..]));
    assert_eq!(tx.seen_get(shelf.space, shelf.album, b"/b").await.unwrap(), Some(vec![]));
    tx.seen_clear(shelf.space).await.unwrap();
    assert!(tx.seen_get_many(shelf.space, shelf.album).await.unwrap().is_empty());
}

async fn changes_are_numbered_without_gaps(test: &TestCatalog) {
    let (shelf, _) = filled(&test.catalog, 10).await;
    let mut writers = tokio::task::JoinSet::new();
    for n in 0..4 {
        let catalog = test.catalog.clone();
        writers.spawn(async move {
            for step in 0..10 {
                let changes = batch(shelf, 1000 + n * 100 + step, 3).changes;
                let mut tx = catalog.begin().await.unwrap();
                tx.change_append_many(&changes).await.unwrap();
                if step % 3 != 0 {
                    tx.commit().await.unwrap();
                }
            }
        });
    }
    writers.join_all().await;
    let mut tx = test.catalog.read().await.unwrap();
    let seqs: Vec<i64> =
        tx.change_list(shelf.space, 0, 1000).await.unwrap().into_iter().map(|change| change.seq).collect();
    assert_eq!(seqs, (1..=10 + 4 * 6 * 3).collect::<Vec<i64>>());
    assert_eq!(tx.change_head().await.unwrap(), *seqs.last().unwrap());
    assert_eq!(tx.change_list(shelf.space, 80, 1000).await.unwrap().len(), 2);
    // Of one album, those of the ten photos that are in it; the others speak of none.
    let in_album = tx.change_list_in_album(shelf.album, 0, 1000).await.unwrap();
    assert_eq!(in_album.iter().map(|change| change.seq).collect::<Vec<_>>(), (1..=10).collect::<Vec<i64>>());
    assert_eq!(tx.change_list_in_album(shelf.album, 7, 2).await.unwrap(), in_album[7..9]);
    assert!(tx.change_list_in_album(model::AlbumId::generate(), 0, 9).await.unwrap().is_empty());
}
