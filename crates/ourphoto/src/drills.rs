//! Drills on a server, asked for over HTTP: `drill run`, `drill list`.

use std::time::Duration;

use agent::Client;
use api::{DrillInfo, DrillReportInfo, DrillRequest, DrillScope};
use model::{ErrorKind, Result};

use crate::Outcome;
use crate::args::{Drill, Rehearsed};
use crate::client::client;
use crate::output::Output;
use crate::text::{bytes, counted, printable};

/// How often the server is asked whether a drill is over.
const EVERY: Duration = Duration::from_secs(1);

pub(crate) async fn run(command: Drill, output: &Output) -> Outcome {
    match command {
        Drill::Run { server, copy, what } => rehearse(&client(&server)?, copy, what, output).await,
        Drill::List { server } => list(&client(&server)?, output).await,
    }
}

async fn drills(client: &Client) -> Result<Vec<DrillInfo>> {
    client.get("/api/v1/drills").await
}

async fn rehearse(client: &Client, copy: String, what: Rehearsed, output: &Output) -> Outcome {
    let before: Vec<_> = drills(client).await?.iter().map(|drill| drill.id).collect();
    let Rehearsed { photos, album, space, everything } = what;
    let (scope, photos) = match &album {
        _ if everything => (DrillScope::Everything, None),
        Some(_) => (DrillScope::Album, None),
        None => (DrillScope::Sample, u32::try_from(photos).ok()),
    };
    let asked = DrillRequest { copy: copy.clone(), scope, photos, album, space };
    client.post_quietly("/api/v1/drills", &asked).await?;
    output.line(format!(
        "The server restores from '{}' and compares. It goes on if you stop waiting.",
        printable(&copy)
    ));
    let drill = loop {
        let ended =
            drills(client).await?.into_iter().find(|drill| drill.copy == copy && !before.contains(&drill.id));
        match ended {
            Some(drill) => break drill,
            None => tokio::time::sleep(EVERY).await,
        }
    };
    match client.get::<DrillReportInfo>(&format!("/api/v1/drills/{}", drill.id)).await {
        Ok(report) => {
            output.document(&report);
            tell(&report, output);
        }
        // It names photos of every space, so not everybody may read it who may begin one.
        Err(error) if error.kind() == ErrorKind::NotFound => {
            output.document(&drill);
            output.line(line(&drill));
        }
        Err(error) => return Err(error),
    }
    Ok(drill.passed)
}

fn verdict(drill: &DrillInfo) -> &'static str {
    if drill.passed { "passed" } else { "FAILED" }
}

fn line(drill: &DrillInfo) -> String {
    let scope = match drill.scope {
        DrillScope::Sample => "a sample",
        DrillScope::Album => "an album",
        DrillScope::Everything => "everything",
    };
    format!("{}  {}  {scope} from {}", drill.ended_at, verdict(drill), printable(&drill.copy))
}

fn tell(report: &DrillReportInfo, output: &Output) {
    output.line(format!(
        "{}: {} in {} ({}) restored from '{}' and compared",
        verdict(&report.drill),
        counted(report.photos, "photo", "photos"),
        counted(report.files, "file", "files"),
        bytes(report.bytes),
        printable(&report.drill.copy),
    ));
    for found in &report.problems {
        let photo = if found.photo.is_empty() { "the copy" } else { &found.photo };
        output.line(format!("  NOT as it was: {}: {}", printable(photo), printable(&found.problem)));
    }
    if report.more_problems > 0 {
        output.line(format!("  and {} more", counted(report.more_problems, "problem", "problems")));
    }
    if !report.genuine {
        output.line("  The signature of this report is NOT the server's.");
    }
}

async fn list(client: &Client, output: &Output) -> Outcome {
    let all = drills(client).await?;
    output.document(&all);
    if all.is_empty() {
        output.line("There was no drill yet. ourphoto drill run COPY");
    }
    for drill in &all {
        output.line(line(drill));
    }
    Ok(true)
}
