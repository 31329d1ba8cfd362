//! A progress bar with rate and time left, on a terminal; silence elsewhere. Ctrl-C stops long work cleanly.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use library::{Cancel, Progress, Stage};
use model::{Error, Result};

use crate::output::Output;

/// Draws on standard error, so that standard output stays for results.
#[derive(Default)]
struct Bar {
    shown: Mutex<Option<Shown>>,
}

struct Shown {
    bar: ProgressBar,
    by_bytes: bool,
    files: u64,
    files_total: u64,
}

/// Something to show progress on.
pub(crate) fn progress(output: &Output) -> Arc<dyn Progress> {
    let terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
    if output.is_json() || !terminal { Arc::new(library::Silent) } else { Arc::new(Bar::default()) }
}

/// Stops at the first Ctrl-C or SIGTERM, at the next safe point; a second one ends the program at once, which loses
/// nothing that was acknowledged.
pub(crate) fn cancel_on_signal() -> Result<Cancel> {
    let cancel = Cancel::default();
    let failed = |error| Error::io("could not listen for signals", error);
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        let asked = Arc::new(std::sync::atomic::AtomicBool::new(false));
        signal_hook::flag::register_conditional_shutdown(signal, 1, Arc::clone(&asked)).map_err(failed)?;
        signal_hook::flag::register(signal, asked).map_err(failed)?;
        signal_hook::flag::register(signal, cancel.flag()).map_err(failed)?;
    }
    Ok(cancel)
}

fn label(stage: Stage) -> &'static str {
    match stage {
        Stage::Scanning => "Looking",
        Stage::Storing => "Storing",
        Stage::Previews => "Previews",
        Stage::Snapshot => "Catalog",
        Stage::Copying => "Copying",
        Stage::Checking => "Checking",
        Stage::Healing => "Healing",
        Stage::Restoring => "Restoring",
        Stage::Recovering => "Recovering",
        Stage::Sending => "Sending",
    }
}

impl Bar {
    fn with(&self, change: impl FnOnce(&mut Shown)) {
        if let Some(shown) = &mut *self.shown.lock().unwrap_or_else(PoisonError::into_inner) {
            change(shown);
            if shown.by_bytes {
                shown.bar.set_message(format!("{}/{} files", shown.files, shown.files_total));
            }
        }
    }
}

impl Progress for Bar {
    fn begin(&self, stage: Stage, files: Option<u64>, bytes: Option<u64>) {
        let by_bytes = stage != Stage::Previews && stage != Stage::Snapshot;
        let total = if by_bytes { bytes } else { files };
        let bar = ProgressBar::with_draw_target(Some(total.unwrap_or(0)), ProgressDrawTarget::stderr());
        let template = match stage {
            Stage::Snapshot => "{prefix:>10} {spinner} {elapsed}",
            _ if by_bytes => {
                "{prefix:>10} {bar:28} {decimal_bytes}/{decimal_total_bytes}  {decimal_bytes_per_sec}  {msg}  {eta} left"
            }
            _ => "{prefix:>10} {bar:28} {pos}/{len}  {per_sec}  {eta} left",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_prefix(label(stage));
        bar.enable_steady_tick(Duration::from_millis(250));
        let shown = Shown { bar, by_bytes, files: 0, files_total: files.unwrap_or(0) };
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = Some(shown);
    }

    fn found(&self, files: u64, bytes: u64) {
        self.with(|shown| {
            shown.files_total += files;
            shown.bar.inc_length(if shown.by_bytes { bytes } else { files });
        });
    }

    fn advance(&self, files: u64, bytes: u64) {
        self.with(|shown| {
            shown.files += files;
            shown.bar.inc(if shown.by_bytes { bytes } else { files });
        });
    }

    fn end(&self) {
        if let Some(shown) = self.shown.lock().unwrap_or_else(PoisonError::into_inner).take() {
            shown.bar.finish_and_clear();
        }
    }
}
