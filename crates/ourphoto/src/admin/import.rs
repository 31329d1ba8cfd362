//! `admin import` and `admin previews`.

use std::sync::Arc;
use std::time::Instant;

use library::Library;
use library::ingest::{Import, ImportSummary};
use library::jobs::media::MediaSummary;
use model::Result;
use serde::Serialize;

use crate::Outcome;
use crate::args::Data;
use crate::open::{with_library, worker};
use crate::output::{Output, SHOWN};
use crate::progress::{cancel_on_signal, progress};
use crate::text::{bytes, count, counted, printable};

#[derive(Serialize)]
struct Imported {
    #[serde(flatten)]
    summary: ImportSummary,
    seconds: f64,
    previews: Option<MediaSummary>,
}

pub(super) async fn run(data: &Data, import: Import, no_previews: bool, output: &Output) -> Outcome {
    with_library(data, async |library| {
        let cancel = cancel_on_signal()?;
        let bar = progress(output);
        let started = Instant::now();
        let space = import.space.clone();
        let summary = library.import(import, &bar, &cancel).await?;
        let seconds = started.elapsed().as_secs_f64();
        tell(&summary, &space, seconds, output);
        let previews =
            if no_previews || summary.interrupted { None } else { Some(make(library, &bar, &cancel).await?) };
        if let Some(previews) = &previews {
            tell_previews(previews, output);
        }
        let well = summary.skipped.is_empty() && !summary.interrupted;
        output.document(&Imported { summary, seconds, previews });
        Ok(well)
    })
    .await
}

pub(super) async fn previews(data: &Data, output: &Output) -> Outcome {
    with_library(data, async |library| {
        let cancel = cancel_on_signal()?;
        let made = make(library, &progress(output), &cancel).await?;
        output.document(&made);
        tell_previews(&made, output);
        if made == MediaSummary::default() {
            output.line("No previews are waiting.");
        }
        Ok(made.failed == 0 && !cancel.is_cancelled())
    })
    .await
}

async fn make(
    library: &Arc<Library>,
    bar: &Arc<dyn library::Progress>,
    cancel: &library::Cancel,
) -> Result<MediaSummary> {
    let worker = worker()?;
    library.queue_films_again(&worker).await?;
    library.run_media_jobs(worker, bar, cancel).await
}

fn tell(summary: &ImportSummary, space: &str, seconds: f64, output: &Output) {
    let files = |number| counted(number, "file", "files");
    if summary.interrupted {
        output.line("Interrupted. What is counted here is safe; run the same command again to go on.");
    }
    output.line(format!("{} in the space '{space}', in {seconds:.1} s:", files(summary.files())));
    let rate = summary.stored_bytes as f64 / seconds.max(0.001);
    output.line(format!(
        "  {:>9} stored ({}, {}/s)",
        count(summary.stored),
        bytes(summary.stored_bytes),
        bytes(rate as u64)
    ));
    let lines = [
        (summary.duplicates, "with bytes that were stored already; kept by name, stored once"),
        (summary.brought_back, "of these bring back bytes that the library had lost"),
        (summary.versions, "changed: new versions, the old ones stay"),
        (summary.already_there, "already there"),
        (summary.left_in_trash, "in the trash, and left there"),
        (summary.duplicates_left_out, "left out: the space has the same bytes under another name"),
        (summary.empty.len() as u64, "of these are empty: kept by name, with no photo in them"),
        (summary.skipped.len() as u64, "skipped"),
    ];
    for (number, what) in lines.iter().filter(|(number, _)| *number > 0) {
        output.line(format!("  {:>9} {what}", count(*number)));
    }
    output.names("new version", &summary.new_versions);
    output.names("empty", &summary.empty);
    for skipped in summary.skipped.iter().take(SHOWN) {
        output.line(format!("  skipped: {}: {}", printable(&skipped.path), skipped.reason));
    }
    output.more(summary.skipped.len());
}

fn tell_previews(summary: &MediaSummary, output: &Output) {
    if summary.ready + summary.without_preview > 0 {
        output.line(format!(
            "Previews: {} made, {} without one (kept all the same).",
            count(summary.ready),
            count(summary.without_preview)
        ));
    }
    if summary.failed > 0 {
        output.line(format!("{} could not be made now and will be tried again:", count(summary.failed)));
        for reason in &summary.reasons {
            output.line(format!("  {}", printable(reason)));
        }
    }
}
