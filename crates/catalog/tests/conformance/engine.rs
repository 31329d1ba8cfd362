//! Opening, encryption, transactions and errors.

use std::time::Duration;

use model::ErrorKind;
use ourphoto_catalog::{Catalog, Engine, MediaState, MediaUpdate, Url, snapshot};

use crate::support::photos::{NOW, batch, filled, shelf};
use crate::support::{KEY, TestCatalog, close_all, for_each_engine, open, raw, sqlite};

for_each_engine!(
    what_was_not_committed_was_never_there,
    what_was_committed_is_there_after_opening_again,
    a_reading_transaction_sees_one_moment_and_cannot_write,
    a_missing_parent_is_refused,
    a_catalog_of_a_newer_program_is_refused,
    every_column_is_in_the_list_that_snapshots_are_made_by,
    a_whole_catalog_has_no_problems,
);

async fn what_was_not_committed_was_never_there(test: &TestCatalog) {
    let shelf = shelf(&test.catalog).await;
    let batch = batch(shelf, 0, 100);
    let mut tx = test.catalog.begin().await.unwrap();
    batch.insert(&mut tx).await.unwrap();
    assert_eq!(tx.object_page(None, 1000).await.unwrap().len(), 100);
    drop(tx);
    let mut tx = test.catalog.begin().await.unwrap();
    assert!(tx.object_page(None, 1000).await.unwrap().is_empty());
    assert_eq!(tx.change_head().await.unwrap(), 0);
    batch.insert(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
}

async fn what_was_committed_is_there_after_opening_again(test: &TestCatalog) {
    let (shelf, batch) = filled(&test.catalog, 3).await;
    test.catalog.clone().close().await;
    let again = open(&test.url).await;
    let mut tx = again.read().await.unwrap();
    assert_eq!(tx.object_page(None, 10).await.unwrap(), batch.objects);
    assert_eq!(tx.space_list().await.unwrap()[0].id, shelf.space);
}

async fn a_reading_transaction_sees_one_moment_and_cannot_write(test: &TestCatalog) {
    let shelf = shelf(&test.catalog).await;
    let mut reader = test.catalog.read().await.unwrap();
    assert!(reader.object_page(None, 10).await.unwrap().is_empty());
    let mut writer = test.catalog.begin().await.unwrap();
    batch(shelf, 0, 2).insert(&mut writer).await.unwrap();
    writer.commit().await.unwrap();
    assert!(reader.object_page(None, 10).await.unwrap().is_empty());
    assert!(reader.seen_put(shelf.space, shelf.album, b"/x", b"").await.is_err());
    drop(reader);
    let mut reader = test.catalog.read().await.unwrap();
    assert_eq!(reader.object_page(None, 10).await.unwrap().len(), 2);
}

async fn a_missing_parent_is_refused(test: &TestCatalog) {
    let shelf = shelf(&test.catalog).await;
    let batch = batch(shelf, 0, 1);
    let mut tx = test.catalog.begin().await.unwrap();
    assert_eq!(tx.file_insert_many(&batch.files).await.unwrap_err().kind(), ErrorKind::Conflict);
}

async fn a_catalog_of_a_newer_program_is_refused(test: &TestCatalog) {
    let sql = "INSERT INTO schema_version (version) VALUES (9999)";
    raw::execute(test, sql).await;
    let Err(error) = Catalog::open(&test.url, Some(&KEY)).await else { panic!("it was opened") };
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.message().contains("newer version"), "{error}");
}

async fn every_column_is_in_the_list_that_snapshots_are_made_by(test: &TestCatalog) {
    let listed = snapshot::TABLES
        .iter()
        .map(|table| {
            let columns = table.columns.iter().map(|column| column.name.to_owned()).collect();
            (table.name.to_owned(), columns)
        })
        .collect();
    assert_eq!(test.catalog.columns().await.unwrap(), listed);
}

async fn a_whole_catalog_has_no_problems(test: &TestCatalog) {
    filled(&test.catalog, 50).await;
    assert!(test.catalog.check().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_file_is_encrypted_and_a_wrong_key_is_named() {
    let test = sqlite().await;
    let (_, batch) = filled(&test.catalog, 20).await;
    let mut tx = test.catalog.begin().await.unwrap();
    let caption = Some("a caption that nobody may read".into());
    let metadata = model::Metadata { caption, ..model::Metadata::default() };
    let asset = &batch.assets[0];
    tx.media_set(&MediaUpdate {
        asset_id: asset.id,
        metadata,
        captured_at: asset.captured_at,
        state: MediaState::Ready,
        note: None,
        placeholder: None,
        perceptual_hash: None,
    })
    .await
    .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(test.catalog.engine(), Engine::Sqlite);
    let dir = test.dir.as_ref().unwrap().path();
    let contains =
        |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    let look = || {
        let mut seen = 0;
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "db-shm") {
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            seen += bytes.len();
            for text in ["SQLite format 3", "nobody may read", "IMG_1", "CREATE TABLE", "Lake"] {
                assert!(!contains(&bytes, text), "{} tells '{text}'", path.display());
            }
        }
        assert!(seen > 50_000, "the files are too small to have been looked at: {seen}");
    };
    look();
    test.catalog.clone().close().await;
    look();

    let Err(error) = Catalog::open(&test.url, Some(&[8; 32])).await else { panic!("a wrong key was taken") };
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.message().contains("with this key"), "{error}");
    let Err(error) = Catalog::open(&test.url, None).await else { panic!("no key was taken") };
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let again = open(&test.url).await;
    assert!(again.check().await.unwrap().is_empty());
    close_all().await;
}

#[tokio::test]
async fn a_damaged_file_is_noticed() {
    let test = sqlite().await;
    filled(&test.catalog, 2000).await;
    test.catalog.clone().close().await;
    let path = test.dir.as_ref().unwrap().path().join("catalog.db");
    let mut bytes = std::fs::read(&path).unwrap();
    // Every page after the schema's.
    bytes.chunks_mut(4096).skip(160).for_each(|page| page[2000] ^= 1);
    std::fs::write(&path, bytes).unwrap();
    let again = open(&test.url).await;
    let problems = again.check().await.unwrap();
    assert!(problems.iter().any(|problem| problem.contains("page")), "{problems:?}");
    // Whoever meets such a page is told what it is.
    let error = snapshot::write(&again, NOW, &mut std::io::sink()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Damaged, "{error:?}");
    close_all().await;
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_unavailable() {
    let url: Url = "postgres://nobody@127.0.0.1:9/none".parse().unwrap();
    let open = tokio::time::timeout(Duration::from_mins(1), Catalog::open(&url, None)).await.unwrap();
    let Err(error) = open else { panic!("something answered") };
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(!error.message().contains("127.0.0.1"), "{error}");
}
