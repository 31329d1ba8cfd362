//! `admin restore`.

use std::path::Path;

use library::restore::{NotRestored, Restore, RestoreReport};

use crate::Outcome;
use crate::args::Data;
use crate::open::with_library;
use crate::output::Output;
use crate::progress::{cancel_on_signal, progress};
use crate::text::{bytes, count, counted};

pub(super) async fn run(data: &Data, restore: Restore, output: &Output) -> Outcome {
    let to = restore.to.clone();
    with_library(data, async |library| {
        let report = library.restore(restore, &progress(output), &cancel_on_signal()?).await?;
        output.document(&report);
        Ok(tell(&report, &to, output))
    })
    .await
}

pub(super) fn tell(report: &RestoreReport, to: &Path, output: &Output) -> bool {
    if report.interrupted {
        output.line("Interrupted. Run the same command again to go on.");
    }
    output.line(format!(
        "{} restored to {} ({}), every byte verified.",
        counted(report.restored, "file", "files"),
        to.display(),
        bytes(report.restored_bytes)
    ));
    if report.already_there > 0 {
        output.line(format!("{} were there already, byte for byte.", count(report.already_there)));
    }
    if report.restored + report.already_there == 0 && report.failed.is_empty() {
        output.line("There is nothing to restore.");
    }
    list("renamed", &report.renamed, output);
    list("helped", &report.helped, output);
    list("NOT restored", &report.failed, output);
    report.is_complete()
}

fn list(label: &str, items: &[NotRestored], output: &Output) {
    for item in items {
        output.line(format!("  {label}: {}: {}", item.photo, item.reason));
    }
}
