//! `admin recover`.

use std::path::PathBuf;
use std::sync::Arc;

use library::recover::{Recover, recover};
use model::SystemClock;

use crate::Outcome;
use crate::args::Data;
use crate::copies::tell_findings;
use crate::open::{layout, options};
use crate::output::Output;
use crate::progress::{cancel_on_signal, progress};
use crate::text::{bytes, count, counted};

pub(super) async fn run(data: &Data, from: String, recovery_key: PathBuf, output: &Output) -> Outcome {
    let cancel = cancel_on_signal()?;
    let request = Recover { from, recovery_key, layout: layout(data), options: options(data)? };
    let report = recover(request, Arc::new(SystemClock), &progress(output), &cancel).await?;
    output.document(&report);
    for skipped in &report.skipped_snapshots {
        output.line(format!("A newer catalog snapshot could not be used: {skipped}"));
    }
    if let Some(at) = report.snapshot_at {
        output.line(format!("The catalog is as of {at}."));
    }
    output.line(format!(
        "{}, {}, {}, {} in {}: {} of {} brought back now ({}).",
        counted(report.people, "person", "people"),
        counted(report.spaces, "space", "spaces"),
        counted(report.albums, "album", "albums"),
        counted(report.assets, "photo", "photos"),
        counted(report.files, "file", "files"),
        count(report.objects),
        counted(report.objects + report.missing.len() as u64, "object", "objects"),
        bytes(report.bytes)
    ));
    if report.interrupted {
        output.line("Interrupted. Run the same command again to go on.");
    }
    tell_findings("MISSING", &report.missing, output);
    if report.unnamed > 0 {
        output.line(format!(
            "{} in the copy are newer than this catalog and have no name in it. They stay in the copy; keep it, and \
             recover from another copy if there is a newer one.",
            counted(report.unnamed, "object", "objects")
        ));
    }
    if report.is_complete() {
        output.line("Everything is back. Next: 'ourphoto admin previews', and 'ourphoto copies list'.");
    }
    Ok(report.is_complete())
}
