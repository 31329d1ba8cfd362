//! Fills a library that was set up with photos that exist in the catalog only, to measure how a large one is served.
//!
//! `cargo run --release -p ourphoto-library --example fill DATA [COUNT]`; the library has to have a space.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "an example that measures")]

extern crate catalog as ourphoto_catalog;

#[path = "../../catalog/tests/support/photos.rs"]
#[expect(dead_code, reason = "shared with the catalog's tests")]
mod photos;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use model::{CaptureTime, MediaKind, SystemClock, Tier};
use ourphoto_catalog::{MediaState, NewAlbum};
use ourphoto_library::{LIBRARY_COPY, Layout, Library, OpenOptions};

/// Rows of one commit, as an import makes it.
const BATCH: usize = 1000;
/// Photos of one album.
const SHOOT: usize = 2000;
const CAMERAS: [&str; 5] = ["X100VI", "Z 8", "ILCE-7M4", "EOS R5", "M11"];
const WORDS: [&str; 16] = [
    "lake", "wedding", "portrait", "night", "boat", "harbour", "snow", "forest", "studio", "street", "bride",
    "sunrise", "concert", "garden", "dog", "market",
];

#[tokio::main]
async fn main() {
    let mut args = std::env::args().skip(1);
    let data = PathBuf::from(args.next().expect("the data folder"));
    let count: usize = args.next().map_or(1_000_000, |count| count.parse().unwrap());
    let library =
        Library::open(Layout::new(&data), &OpenOptions::default(), Arc::new(SystemClock)).await.unwrap();
    let mut tx = library.catalog.begin().await.unwrap();
    let space = tx.space_list().await.unwrap()[0].id;
    let copy = tx.copy_by_name(LIBRARY_COPY).await.unwrap().unwrap().id;
    tx.commit().await.unwrap();

    let begin = Instant::now();
    for first in (0..count).step_by(BATCH) {
        let mut tx = library.catalog.begin().await.unwrap();
        let folder = format!("{}/Shoot {:04}", 2000 + first * 26 / count, first / SHOOT);
        let album = NewAlbum {
            space_id: space,
            folder: folder.as_bytes(),
            name: &folder[5..],
            tier: Tier::Working,
            created_at: photos::NOW,
        };
        let (album, _) = tx.album_find_or_insert(&album).await.unwrap();
        let shelf = photos::Shelf { space, album: album.id, copy };
        let mut batch = photos::batch(shelf, first, BATCH.min(count - first));
        // There is nothing behind them that could be looked into.
        batch.jobs.clear();
        for (n, asset) in (first..).zip(&mut batch.assets) {
            asset.media_state = MediaState::Ready;
            // From 2000 to 2026, evenly.
            asset.captured_at.0 = 946_684_800_000 + n as i64 * (26 * 31_557_600_000 / count as i64);
            let about = &mut asset.metadata;
            (about.kind, about.width, about.height) = (MediaKind::Photo, Some(6000), Some(4000));
            about.captured = Some(CaptureTime { local_ms: asset.captured_at.0, offset_minutes: Some(0) });
            about.camera_model = Some(CAMERAS[n / SHOOT % CAMERAS.len()].to_owned());
            about.keywords =
                vec![WORDS[n % 16].to_owned(), WORDS[n / 16 % 16].to_owned(), format!("no{}", n % 5000)];
            about.rating = (n % 10 == 0).then_some((n % 6) as i8);
        }
        batch.insert(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
    }
    println!("{count} photos in {:.0} s", begin.elapsed().as_secs_f64());
    let begin = Instant::now();
    let indexed = library.index().await.unwrap();
    println!("{indexed} indexed in {:.0} s", begin.elapsed().as_secs_f64());
    library.catalog.clone().close().await;
}
