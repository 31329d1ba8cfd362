//! Films that had no preview for want of ffmpeg are tried again once it is there, and nothing else is.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use catalog::{MediaState, MediaUpdate};
use media::{Limits, NO_FFMPEG, Worker};
use model::SystemClock;
use ourphoto_library::ingest::Import;
use ourphoto_library::{Cancel, Layout, Library, OpenOptions, SetUp, Silent, set_up};

async fn due(library: &Library) -> u64 {
    library.catalog.read().await.unwrap().job_counts(model::Clock::now(&SystemClock)).await.unwrap().due
}

#[tokio::test]
async fn films_that_waited_for_ffmpeg_are_queued_once_it_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let who = SetUp {
        email: "ana@example.org",
        name: "",
        password: "correct horse battery staple",
        deliver: &|_| Ok(()),
    };
    let layout = Layout::new(dir.path().join("library"));
    let made = set_up(layout, &OpenOptions::default(), Arc::new(SystemClock), who).await.unwrap();
    let library = Arc::new(made.0);
    let photos = dir.path().join("photos");
    std::fs::create_dir(&photos).unwrap();
    for name in ["waits.mov", "broken.mov"] {
        std::fs::write(photos.join(name), format!("\0\0\0\x14ftypqt  \0\0\0\0qt  {name}")).unwrap();
    }
    let import =
        Import { paths: vec![photos], space: "Family".to_owned(), album: None, skip_duplicates: false };
    library.import(import, &(Arc::new(Silent) as _), &Cancel::default()).await.unwrap();

    // What a run without ffmpeg leaves behind.
    let mut tx = library.catalog.begin().await.unwrap();
    let space = tx.space_list().await.unwrap().into_iter().find(|space| space.name == "Family").unwrap();
    let tiles = tx.asset_page(space.id, None, 10).await.unwrap();
    let assets: Vec<_> = tiles.into_iter().map(|tile| tile.asset).collect();
    assert_eq!(assets.len(), 2);
    for (asset, note) in assets.iter().zip([NO_FFMPEG, "no preview: the film is broken"]) {
        let update = MediaUpdate {
            asset_id: asset.id,
            metadata: asset.metadata.clone(),
            captured_at: asset.captured_at,
            state: MediaState::None,
            note: Some(note.to_owned()),
            placeholder: None,
            perceptual_hash: None,
        };
        tx.media_set(&update).await.unwrap();
    }
    let jobs = tx.job_claim(&["media"], 10, model::Clock::now(&SystemClock), std::time::Duration::ZERO).await;
    tx.job_done_many(&jobs.unwrap().iter().map(|job| job.id).collect::<Vec<_>>()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(due(&library).await, 0);

    let worker = |ffmpeg: &str| {
        Worker::new("/nowhere/ourphoto".into(), Vec::new(), Limits::default()).with_ffmpeg(ffmpeg.into())
    };
    assert_eq!(library.queue_films_again(&worker("/nowhere/ffmpeg")).await.unwrap(), 0);
    let found = worker("/bin/sh");
    assert_eq!(library.queue_films_again(&found).await.unwrap(), 1);
    assert_eq!(library.queue_films_again(&found).await.unwrap(), 0, "one job is enough");
    assert_eq!(due(&library).await, 1);
    library.catalog.clone().close().await;
}
