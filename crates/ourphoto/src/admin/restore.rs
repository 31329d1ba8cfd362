//! `admin restore`.

use library::restore::{NotRestored, Restore};

use crate::Outcome;
use crate::args::Data;
use crate::open::open;
use crate::output::Output;
use crate::progress::{cancel_on_signal, progress};
use crate::text::{bytes, count, counted};

pub(super) async fn run(data: &Data, restore: Restore, output: &Output) -> Outcome {
    let library = open(data).await?;
    let cancel = cancel_on_signal()?;
    let to = restore.to.clone();
    let report = library.restore(restore, &progress(output), &cancel).await;
    library.catalog.clone().close().await;
    let report = report?;
    output.document(&report);
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
    tell("renamed", &report.renamed, output);
    tell("helped", &report.helped, output);
    tell("NOT restored", &report.failed, output);
    Ok(report.is_complete())
}

fn tell(label: &str, items: &[NotRestored], output: &Output) {
    for item in items {
        output.line(format!("  {label}: {}: {}", item.photo, item.reason));
    }
}
