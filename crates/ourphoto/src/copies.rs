//! `ourphoto copies …`.

use std::collections::BTreeMap;
use std::sync::Arc;

use library::copies::{CheckReport, CopyStatus, Finding, NewCopy, RunReport};
use library::safety::drill::Rehearse;
use library::{Cancel, LIBRARY_COPY, Library, Progress};
use model::Result;
use serde::Serialize;
use serde_json::json;

use crate::args::{Copies, Rehearsed};
use crate::open::with_library;
use crate::output::Output;
use crate::progress::{cancel_on_signal, progress};
use crate::text::{bytes, count, counted};
use crate::{Outcome, care};

pub(crate) async fn run(command: Copies, output: &Output) -> Outcome {
    let data = match &command {
        Copies::Add { data, .. }
        | Copies::List { data }
        | Copies::Care { data, .. }
        | Copies::Run { data, .. }
        | Copies::Check { data, .. }
        | Copies::Heal { data, .. }
        | Copies::Drill { data, .. }
        | Copies::Remove { data, .. } => data.clone(),
    };
    with_library(&data, async |library| act(command, library, output).await).await
}

async fn act(command: Copies, library: &Arc<Library>, output: &Output) -> Outcome {
    let bar = progress(output);
    match command {
        Copies::Add { name, url, medium, place, .. } => {
            let status = library.copy_add(NewCopy { name: &name, url: &url, medium, place }).await?;
            let shared = library.shared_disks().await?;
            output.document(&Listed::of(&status, &shared));
            output.line(format!("The copy '{name}' is added. Next: ourphoto copies run {name}"));
            if let Some(others) = shared.get(&status.name) {
                output.line(format!(
                    "WARNING: '{}' is on the same disk as {}. When that disk dies, all of them are gone: for three \
                     copies, use three disks.",
                    status.name,
                    quoted(others)
                ));
            }
            Ok(true)
        }
        Copies::List { .. } => list(library, output).await,
        Copies::Care { name, change, .. } => care::run(library, &name, change, output).await,
        Copies::Run { name, .. } => run_copies(library, name, &bar, output).await,
        Copies::Check { name, .. } => check(library, name, &bar, output).await,
        Copies::Heal { name, .. } => heal(library, name.as_deref(), &bar, output).await,
        Copies::Drill { name, what: Rehearsed { photos, album, space, everything }, .. } => {
            let what = match album {
                Some(album) => Rehearse::Album { space, album },
                None if everything => Rehearse::Everything,
                None => Rehearse::Sample(photos),
            };
            drill(library, &name, &what, &bar, output).await
        }
        Copies::Remove { name, .. } => {
            library.copy_remove(&name).await?;
            output.document(&json!({ "removed": name }));
            output.line(format!("The copy '{name}' is no longer used. Its files stay where they are."));
            Ok(true)
        }
    }
}

async fn list(library: &Arc<Library>, output: &Output) -> Outcome {
    let copies = library.copies().await?;
    let shared = library.shared_disks().await?;
    let listed: Vec<_> = copies.iter().map(|copy| Listed::of(copy, &shared)).collect();
    output.document(&listed);
    for Listed { copy, same_disk } in &listed {
        output.line(format!("{:<12} {}", copy.name, place(copy)));
        output.line(format!("             {}", state(copy)));
        if !same_disk.is_empty() {
            output.line(format!("             on the same disk as {}", quoted(same_disk)));
        }
    }
    if copies.len() == 1 {
        output.line(
            "There is no copy yet: if this disk dies, the photos are gone. Add one: ourphoto copies add",
        );
    }
    Ok(copies.len() > 1 && copies.iter().all(|copy| copy.damaged + copy.missing + copy.waiting == 0))
}

/// A copy, and what would die with it.
#[derive(Serialize)]
struct Listed<'a> {
    #[serde(flatten)]
    copy: &'a CopyStatus,
    /// Other copies on the same disk, as far as this machine can tell.
    same_disk: &'a [String],
}

impl<'a> Listed<'a> {
    fn of(copy: &'a CopyStatus, shared: &'a BTreeMap<String, Vec<String>>) -> Self {
        Self { copy, same_disk: shared.get(&copy.name).map_or(&[], Vec::as_slice) }
    }
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ")
}

fn place(copy: &CopyStatus) -> String {
    let url = copy.url.as_deref().unwrap_or("this library's own store");
    format!("{} · {} · {url}", copy.medium, copy.place)
}

fn state(copy: &CopyStatus) -> String {
    let mut parts =
        vec![format!("{} held ({})", counted(copy.held, "object", "objects"), bytes(copy.held_bytes))];
    for (number, what) in
        [(copy.waiting, "not copied yet"), (copy.missing, "MISSING"), (copy.damaged, "DAMAGED")]
    {
        if number > 0 {
            parts.push(format!("{} {what}", count(number)));
        }
    }
    match copy.oldest_proof {
        Some(at) if copy.unproved == 0 => parts.push(format!("all proved since {at}")),
        _ if copy.unproved > 0 => parts.push(format!("{} never read back", count(copy.unproved))),
        _ => {}
    }
    parts.join(", ")
}

/// The copies that a command means: the one that was named, or all.
async fn meant(library: &Arc<Library>, name: Option<String>, with_library: bool) -> Result<Vec<String>> {
    if let Some(name) = name {
        return Ok(vec![name]);
    }
    let copies = library.copies().await?;
    Ok(copies.into_iter().filter(|copy| with_library || !copy.is_library).map(|copy| copy.name).collect())
}

async fn run_copies(
    library: &Arc<Library>,
    name: Option<String>,
    bar: &Arc<dyn Progress>,
    output: &Output,
) -> Outcome {
    let cancel = cancel_on_signal()?;
    let names = meant(library, name, false).await?;
    if names.is_empty() {
        output.line("There is no copy yet. Add one: ourphoto copies add");
        output.document(&json!([]));
        return Ok(false);
    }
    let mut reports = Vec::new();
    let mut well = true;
    for name in names {
        // One copy that is away must not keep the others from being brought up to date.
        match library.copy_run(&name, bar, &cancel).await {
            Ok(report) => {
                tell_run(&report, output);
                well &= report.is_complete();
                reports.push(json!(report));
            }
            Err(error) => {
                bar.end();
                output.line(format!("{name}: FAILED: {error}"));
                reports.push(json!({"copy": name, "error": error.message()}));
                well = false;
            }
        }
    }
    output.document(&reports);
    Ok(well)
}

fn tell_run(report: &RunReport, output: &Output) {
    let adopted = match report.adopted {
        0 => String::new(),
        number => format!("; {} were there already and are right", count(number)),
    };
    output.line(format!(
        "{}: {} copied ({}), read back and matched{adopted}",
        report.copy,
        counted(report.copied, "object", "objects"),
        bytes(report.copied_bytes)
    ));
    if report.thinned > 0 {
        output.line(format!("  {} thinned out", counted(report.thinned, "old snapshot", "old snapshots")));
    }
    if let Some(why) = &report.not_thinned {
        output.line(format!("  Old snapshots stay: {why}"));
    }
    if report.interrupted {
        output.line("Interrupted. Run the same command again to go on.");
    }
    tell_findings("NOT copied", &report.failed, output);
    tell_unnamed(report.unnamed, output);
    for file in &report.failed_files {
        output.line(format!("  NOT put right: {file}"));
    }
}

/// Objects with a problem that are too many to be named.
fn tell_unnamed(unnamed: u64, output: &Output) {
    if unnamed > 0 {
        output.line(format!("  and {} more that are not named here", counted(unnamed, "object", "objects")));
    }
}

async fn check(
    library: &Arc<Library>,
    name: Option<String>,
    bar: &Arc<dyn Progress>,
    output: &Output,
) -> Outcome {
    let cancel: Cancel = cancel_on_signal()?;
    let mut reports = Vec::new();
    let mut well = true;
    for name in meant(library, name, true).await? {
        if cancel.is_cancelled() {
            break;
        }
        match library.copy_check(&name, bar, &cancel).await {
            Ok(report) => {
                tell_check(&report, output);
                well &= report.is_clean();
                reports.push(json!(report));
            }
            Err(error) if name != LIBRARY_COPY => {
                bar.end();
                output.line(format!("{name}: FAILED: {error}"));
                reports.push(json!({"copy": name, "error": error.message()}));
                well = false;
            }
            Err(error) => return Err(error),
        }
    }
    output.document(&reports);
    Ok(well && !cancel.is_cancelled())
}

fn tell_check(report: &CheckReport, output: &Output) {
    output.line(format!(
        "{}: {} read and right ({})",
        report.copy,
        counted(report.proved, "object", "objects"),
        bytes(report.proved_bytes)
    ));
    tell_findings("DAMAGED", &report.damaged, output);
    tell_findings("MISSING", &report.missing, output);
    tell_findings("could not be read", &report.unread, output);
    tell_unnamed(report.unnamed, output);
    for file in &report.damaged_files {
        output.line(format!("  DAMAGED: {file} (no photo; what names the photos)"));
    }
    if report.interrupted {
        output.line("  Interrupted: the rest was not looked at.");
    }
    if !report.damaged.is_empty() || !report.missing.is_empty() || !report.damaged_files.is_empty() {
        output.line("  Next: ourphoto copies heal");
    }
}

async fn heal(
    library: &Arc<Library>,
    name: Option<&str>,
    bar: &Arc<dyn Progress>,
    output: &Output,
) -> Outcome {
    let cancel = cancel_on_signal()?;
    let report = library.heal(name, bar, &cancel).await?;
    output.document(&report);
    tell_findings("healed", &report.healed, output);
    for file in &report.healed_files {
        output.line(format!("  healed: {file}"));
    }
    for file in &report.failed_files {
        output.line(format!("  not healed: {file}"));
    }
    tell_findings("LOST", &report.lost, output);
    tell_findings("not healed", &report.failed, output);
    tell_unnamed(report.unnamed, output);
    for copy in &report.unreachable {
        output.line(format!("  {copy}"));
    }
    if report.healed.is_empty() && report.healed_files.is_empty() && report.is_clean() {
        output.line("Nothing is known to be damaged or missing. 'copies check' looks again.");
    }
    Ok(report.is_clean())
}

async fn drill(
    library: &Arc<Library>,
    name: &str,
    what: &Rehearse,
    bar: &Arc<dyn Progress>,
    output: &Output,
) -> Outcome {
    let (id, report) = library.drill(name, what, bar, &cancel_on_signal()?).await?;
    output.document(&json!({ "drill": id, "report": report }));
    output.line(format!(
        "{}: {} in {} ({}) restored from '{name}' and compared",
        if report.passed { "passed" } else { "FAILED" },
        counted(report.photos, "photo", "photos"),
        counted(report.files, "file", "files"),
        bytes(report.bytes),
    ));
    if report.newer > 0 {
        output.line(format!(
            "  {} are newer than the copy's catalog, and were left out: run 'copies run {name}' first",
            counted(report.newer, "photo", "photos")
        ));
    }
    for found in &report.problems {
        let photo = if found.photo.is_empty() { "the copy" } else { &found.photo };
        output.line(format!("  NOT as it was: {photo}: {}", found.problem));
    }
    if report.photos == 0 {
        output.line("  Nothing was compared, and a rehearsal of nothing proves nothing.");
    }
    Ok(report.passed)
}

/// Problems by the names of the photos that they concern.
pub(crate) fn tell_findings(label: &str, findings: &[Finding], output: &Output) {
    for finding in findings {
        let mut names: Vec<String> = finding.photos.iter().map(ToString::to_string).collect();
        names.dedup();
        let who = match names.as_slice() {
            [] => format!("object {}", finding.object),
            [one] => one.clone(),
            [one, rest @ ..] => format!("{one} (and {} more of the same content)", rest.len()),
        };
        output.line(format!("  {label}: {who}: {}", finding.problem));
    }
}
