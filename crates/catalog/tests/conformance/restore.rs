//! What comes back, now and as it was.

use model::{Timestamp, VersionId};
use ourphoto_catalog::{RestoreCount, RestoreRow, Scope, Tx, Version};

use crate::support::photos::{NOW, filled, new_space, object};
use crate::support::{TestCatalog, for_each_engine};

for_each_engine!(everything_is_restored_once, a_restore_goes_back_in_time);

async fn all(tx: &mut Tx, scope: Scope, as_of: Option<Timestamp>) -> Vec<RestoreRow> {
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = tx.restore_page(scope, as_of, after, 7).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.file_id);
        seen.extend(page);
    }
    let count = tx.restore_count(scope, as_of).await.unwrap();
    let bytes = seen.iter().map(|row| row.object.content_size).sum();
    assert_eq!(count, RestoreCount { files: seen.len() as u64, bytes });
    seen
}

async fn everything_is_restored_once(test: &TestCatalog) {
    let (shelf, batch) = filled(&test.catalog, 40).await;
    let mut tx = test.catalog.begin().await.unwrap();
    let empty = new_space("Empty");
    tx.space_insert(&empty).await.unwrap();
    tx.asset_set_deleted(&[batch.assets[3].id], Some(NOW)).await.unwrap();
    for scope in [Scope::All, Scope::Space(shelf.space), Scope::Album(shelf.album)] {
        let rows = all(&mut tx, scope, None).await;
        assert_eq!(rows.len(), 39);
        assert!(rows.iter().all(|row| row.file_id != batch.files[3].id));
        let row = rows.iter().find(|row| row.file_id == batch.files[5].id).unwrap();
        assert_eq!((row.asset_id, row.space_id), (batch.assets[5].id, shelf.space));
        assert_eq!((row.space.as_str(), row.folder.as_slice()), ("Family", &b"2026/Lake"[..]));
        assert_eq!((&row.name, row.version_id), (&batch.files[5].name, batch.versions[5].id));
        assert_eq!((&row.object, row.modified_ns), (&batch.objects[5], batch.versions[5].modified_ns));
    }
    assert!(all(&mut tx, Scope::Space(empty.id), None).await.is_empty());
    tx.album_set_deleted(shelf.album, Some(NOW)).await.unwrap();
    assert!(all(&mut tx, Scope::All, None).await.is_empty());
}

async fn a_restore_goes_back_in_time(test: &TestCatalog) {
    let (shelf, batch) = filled(&test.catalog, 3).await;
    let at = |hours: i64| Timestamp(NOW.0 + hours * 3_600_000);
    let mut tx = test.catalog.begin().await.unwrap();
    let mut versions = Vec::new();
    for number in 2..4_u32 {
        let new = object(shelf.space, &format!("edit {number}"));
        tx.object_insert_many(&[new.clone()]).await.unwrap();
        versions.push(Version {
            id: VersionId::generate(),
            object_id: new.id,
            number,
            added_at: at(i64::from(number)),
            ..batch.versions[0].clone()
        });
    }
    tx.version_insert_many(&versions).await.unwrap();
    tx.file_set_current(&[versions[1].id]).await.unwrap();
    tx.asset_set_deleted(&[batch.assets[1].id], Some(at(5))).await.unwrap();
    for (as_of, expected) in [
        (Some(at(-1)), vec![]),
        (Some(at(1)), vec![batch.versions[0].id, batch.versions[1].id, batch.versions[2].id]),
        (Some(at(2)), vec![versions[0].id, batch.versions[1].id, batch.versions[2].id]),
        (Some(at(4)), vec![versions[1].id, batch.versions[1].id, batch.versions[2].id]),
        (Some(at(6)), vec![versions[1].id, batch.versions[2].id]),
        (None, vec![versions[1].id, batch.versions[2].id]),
    ] {
        for scope in [Scope::All, Scope::Space(shelf.space), Scope::Album(shelf.album)] {
            let found: Vec<_> =
                all(&mut tx, scope, as_of).await.into_iter().map(|row| row.version_id).collect();
            assert_eq!(found, expected, "{as_of:?} {scope:?}");
        }
    }
}
