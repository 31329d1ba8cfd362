//! How fast the catalog takes a large library in, pages through it, and writes it out.
//!
//! `cargo run --release -p ourphoto-catalog --example million [COUNT] [sqlite:///path | postgres://…]`

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "an example that measures")]

#[path = "../tests/support/photos.rs"]
mod photos;

use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::time::{Duration, Instant};

use ourphoto_catalog::{Catalog, Scope, TimelineCursor, Url, snapshot};

/// Rows of one commit, as an import makes it.
const BATCH: usize = 1000;

/// The most memory this process ever had, where the system tells.
fn peak_mib() -> u64 {
    let Ok(status) = std::fs::File::open("/proc/self/status") else { return 0 };
    let lines = BufReader::new(status).lines().map_while(Result::ok);
    let kib =
        lines.filter_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kib.sum::<u64>() / 1024
}

fn rate(what: &str, count: usize, took: Duration) {
    let seconds = took.as_secs_f64();
    println!("{what}: {seconds:.2} s, {:.0}/s, peak {} MiB", count as f64 / seconds, peak_mib());
}

#[tokio::main]
async fn main() {
    let mut args = std::env::args().skip(1);
    let count: usize = args.next().map_or(1_000_000, |count| count.parse().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let url =
        args.next().map_or_else(|| Url::sqlite(dir.path().join("catalog.db")), |url| url.parse().unwrap());
    let catalog = Catalog::open(&url, Some(&[7; 32])).await.unwrap();
    let (shelf, _) = photos::filled(&catalog, 0).await;

    let mut making = Duration::ZERO;
    let begin = Instant::now();
    for first in (0..count).step_by(BATCH) {
        let made = Instant::now();
        let batch = photos::batch(shelf, first, BATCH.min(count - first));
        making += made.elapsed();
        let mut tx = catalog.begin().await.unwrap();
        batch.insert(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        let done = first + BATCH;
        if done.is_multiple_of(100_000) {
            rate("  so far", done, begin.elapsed().checked_sub(making).unwrap());
        }
    }
    rate("insert", count, begin.elapsed().checked_sub(making).unwrap());

    let begin = Instant::now();
    let mut tx = catalog.read().await.unwrap();
    let prefixes = tx.object_content_prefixes(shelf.space).await.unwrap();
    rate("content prefixes", prefixes.len(), begin.elapsed());

    let begin = Instant::now();
    let hashes: Vec<_> = (0..count.min(100_000)).map(|n| photos::sha256(&format!("photo {n}"))).collect();
    let found = tx.object_find_by_content(shelf.space, &hashes).await.unwrap();
    rate("find by content", found.len(), begin.elapsed());

    let mut pages = Vec::new();
    let mut before = None;
    for _ in 0..500 {
        let begin = Instant::now();
        let page = tx.asset_page(shelf.space, before, 200).await.unwrap();
        pages.push(begin.elapsed());
        let Some(last) = page.last() else { break };
        before = Some(TimelineCursor { captured_at: last.asset.captured_at, id: last.asset.id });
    }
    pages.sort();
    println!("timeline page of 200: 99th percentile {:?}", pages[(pages.len() - 1) * 99 / 100]);

    let begin = Instant::now();
    let months = tx.asset_months(shelf.space).await.unwrap();
    rate("months", months.len(), begin.elapsed());
    let begin = Instant::now();
    let glances = tx.album_glances(&[shelf.album]).await.unwrap();
    rate("albums at a glance", glances.len(), begin.elapsed());
    let first = tx.asset_page(shelf.space, None, 200).await.unwrap();
    let first: Vec<_> = first.iter().map(|tile| tile.asset.id).collect();
    let begin = Instant::now();
    let names = tx.asset_names(&first).await.unwrap();
    rate("names of a page", names.len(), begin.elapsed());

    let begin = Instant::now();
    let (mut rows, mut after) = (0, None);
    loop {
        let page = tx.restore_page(Scope::All, None, after, 2000).await.unwrap();
        let Some(last) = page.last() else { break };
        (rows, after) = (rows + page.len(), Some(last.file_id));
    }
    rate("restore list", rows, begin.elapsed());
    drop(tx);

    let begin = Instant::now();
    let path = dir.path().join("snapshot.jsonl");
    let mut out = BufWriter::with_capacity(1 << 20, std::fs::File::create(&path).unwrap());
    let summary = snapshot::write(&catalog, photos::NOW, &mut out).await.unwrap();
    out.flush().unwrap();
    rate("snapshot rows", summary.rows as usize, begin.elapsed());
    println!("snapshot size: {} MiB", summary.bytes >> 20);

    let begin = Instant::now();
    let other = Catalog::open(&Url::sqlite(dir.path().join("other.db")), Some(&[8; 32])).await.unwrap();
    let mut input = BufReader::with_capacity(1 << 20, std::fs::File::open(&path).unwrap());
    let summary = snapshot::load(&other, &mut input).await.unwrap();
    rate("load rows", summary.rows as usize, begin.elapsed());
    other.close().await;
    catalog.close().await;
    for entry in std::fs::read_dir(dir.path()).unwrap().map_while(Result::ok) {
        println!("{}: {} MiB", entry.file_name().display(), entry.metadata().unwrap().len() >> 20);
    }
}
