//! `admin rescue`.

use std::sync::Arc;

use library::outside::{Rescue, rescue};
use model::SystemClock;

use crate::Outcome;
use crate::output::Output;
use crate::progress::{cancel_on_signal, progress};

pub(super) async fn run(asked: Rescue, output: &Output) -> Outcome {
    let to = asked.to.clone();
    let report = rescue(asked, Arc::new(SystemClock), &progress(output), &cancel_on_signal()?).await?;
    output.document(&report);
    for skipped in &report.skipped_snapshots {
        output.line(format!("  a newer catalog could not be read, and its photos are not here: {skipped}"));
    }
    Ok(super::restore::tell(&report.restored, &to, output) && report.skipped_snapshots.is_empty())
}
