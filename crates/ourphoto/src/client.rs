//! What people and scripts do over HTTP: `upload`, `search`, `status`, `ls`, `restore`.

use std::sync::Arc;

use agent::{Client, Credentials, Fetch, Moving, Upload, default_path};
use api::{AlbumInfo, AlertInfo, SpaceInfo, StatusInfo};
use library::Progress;
use model::{AlertKind, Error, ErrorKind, Result};
use serde::Serialize;

use crate::Outcome;
use crate::args::Server;
use crate::output::Output;
use crate::progress::progress;
use crate::text::{bytes, count, counted};

/// The server that the flags, the environment or the last `login` mean.
pub(crate) fn client(server: &Server) -> Result<Client> {
    let token = server.token.clone().or_else(|| std::env::var("OURPHOTO_TOKEN").ok());
    let known = Credentials::load(&default_path()?)?;
    match (&server.server, token, known) {
        (Some(server), Some(token), _) => Client::new(server, Some(token)),
        (None, Some(_), _) => {
            Err(Error::invalid("OURPHOTO_TOKEN is set; say for which server, with OURPHOTO_SERVER"))
        }
        (wanted, None, Some(known)) => {
            // What was given to one server is not shown to another.
            if wanted.as_ref().is_some_and(|wanted| wanted.trim_end_matches('/') != known.server) {
                return Err(Error::invalid(format!(
                    "you are signed in to {}; sign in to the other one first",
                    known.server
                )));
            }
            Client::new(&known.server, Some(known.secret))
        }
        (_, None, None) => Err(Error::new(
            ErrorKind::Unproved,
            "you are not signed in: ourphoto login URL, or set OURPHOTO_SERVER and OURPHOTO_TOKEN",
        )),
    }
}

/// What moves between here and a server, on the bar that everything is shown on.
struct Shown(Arc<dyn Progress>);

impl Moving for Shown {
    fn found(&self, files: u64, bytes: u64) {
        self.0.found(files, bytes);
    }

    fn advance(&self, files: u64, bytes: u64) {
        self.0.advance(files, bytes);
    }
}

pub(crate) async fn send(server: &Server, upload: Upload, output: &Output) -> Outcome {
    let client = client(server)?;
    let bar = progress(output);
    bar.begin(library::Stage::Sending, None, None);
    let space = upload.space.clone();
    let report = agent::upload(&client, upload, Arc::new(Shown(Arc::clone(&bar)))).await;
    bar.end();
    let report = report?;
    output.document(&report);
    output.line(format!(
        "{} sent to the space '{space}' ({} travelled); each is durable on the server.",
        counted(report.new + report.versions, "file", "files"),
        bytes(report.bytes)
    ));
    let lines = [
        (report.known, "of them did not have to travel: the server had the bytes"),
        (report.versions, "of them are new versions"),
        (report.there, "were there already"),
        (report.in_trash, "are in the trash, and stay there"),
    ];
    for (number, what) in lines.iter().filter(|(number, _)| *number > 0) {
        output.line(format!("  {:>9} {what}", count(*number)));
    }
    if !report.empty.is_empty() {
        let empty = counted(report.empty.len() as u64, "empty file was", "empty files were");
        output.line(format!("  {empty} left out: there is no photo in them."));
        output.names("left out, empty", &report.empty);
    }
    for (path, reason) in &report.failed {
        output.line(format!("  NOT sent: {}: {reason}", crate::text::printable(path)));
    }
    Ok(report.is_complete())
}

/// What one may look into, as a document.
#[derive(Serialize)]
struct Open<'a> {
    spaces: &'a [SpaceInfo],
    /// Albums of other spaces that were opened to oneself alone.
    albums: &'a [AlbumInfo],
}

/// How safe the photos are, as a document.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    status: &'a StatusInfo,
    /// What somebody has to do something about.
    alerts: &'a [AlertInfo],
}

/// Tells how safe the photos are; `false` when something is at risk.
pub(crate) async fn status(server: &Server, output: &Output) -> Outcome {
    let client = client(server)?;
    let status: StatusInfo = client.get("/api/v1/status").await?;
    let told: Vec<AlertInfo> = client.get("/api/v1/alerts").await?;
    let alerts: Vec<_> = told.into_iter().filter(|alert| alert.resolved_at.is_none()).collect();
    output.document(&Told { status: &status, alerts: &alerts });
    for copy in &status.copies {
        let proved = match &copy.oldest_proof {
            _ if copy.unproved > 0 => format!(", {} never read back", count(copy.unproved)),
            Some(at) => format!(", all proved since {at}"),
            None => String::new(),
        };
        output.line(format!(
            "{}  {} · {}  {} held ({}){proved}",
            crate::text::printable(&copy.name),
            copy.medium,
            copy.place,
            counted(copy.held, "object", "objects"),
            bytes(copy.held_bytes),
        ));
    }
    if status.jobs_waiting > 0 {
        output
            .line(format!("{} being made or waiting.", counted(status.jobs_waiting, "preview", "previews")));
    }
    if status.jobs_failed > 0 {
        output.line(format!(
            "{} could not be made; the photos are kept all the same.",
            counted(status.jobs_failed, "preview", "previews")
        ));
    }
    for risk in &status.risks {
        output.line(format!("AT RISK: {}.", crate::text::printable(&risk.text)));
    }
    let at_risk = |alert: &AlertInfo| AlertKind::from(alert.kind).is_risk();
    for alert in &alerts {
        // Said by the risk of that name.
        if alert.kind == api::AlertKind::NoCopy && status.risks.iter().any(|risk| risk.kind == "no-copy") {
            continue;
        }
        let word = if alert.urgent {
            "ALERT"
        } else if at_risk(alert) {
            "AT RISK"
        } else {
            "To do"
        };
        output.line(format!(
            "{word}: {} {}",
            crate::text::printable(&alert.sentence),
            crate::text::printable(&alert.action)
        ));
    }
    let well = status.risks.is_empty() && !alerts.iter().any(at_risk);
    if well {
        output.line("Nothing is at risk.");
    }
    Ok(well)
}

pub(crate) async fn search(
    server: &Server,
    query: &str,
    space: Option<&str>,
    limit: u32,
    output: &Output,
) -> Outcome {
    let client = client(server)?;
    let space = match space {
        Some(name) => Some(client.space(name).await?.id),
        None => None,
    };
    let found: Vec<_> = client.search(query, space, limit).await?;
    output.document(&found);
    for photo in &found {
        let size = match (photo.width, photo.height) {
            (Some(width), Some(height)) => format!("{width} x {height}"),
            _ => String::new(),
        };
        let title = photo.title.as_deref().map(crate::text::printable).unwrap_or_default();
        output.line(format!(
            "{}  {:<14}  {}  {title}",
            photo.captured_at,
            size,
            crate::text::printable(&photo.name)
        ));
    }
    if found.is_empty() {
        output.line("Nothing was found.");
    } else if found.len() == limit as usize {
        output.line(format!("These are the newest {limit}; --limit shows more."));
    }
    Ok(true)
}

pub(crate) async fn list(server: &Server, space: Option<&str>, output: &Output) -> Outcome {
    let client = client(server)?;
    let Some(wanted) = space else {
        let spaces = client.spaces().await?;
        let albums = client.granted().await?;
        output.document(&Open { spaces: &spaces, albums: &albums });
        for space in &spaces {
            output.line(format!("{:<24} you are {}", space.name, role(space)));
        }
        for album in &albums {
            let name = crate::text::printable(&album.name);
            output.line(format!("{name:<24} an album that was opened to you"));
        }
        if spaces.is_empty() && albums.is_empty() {
            output.line("You belong to no space yet, and no album was opened to you.");
        }
        return Ok(true);
    };
    let found = client.space(wanted).await?;
    let albums: Vec<AlbumInfo> = client.get(&format!("/api/v1/spaces/{}/albums", found.id)).await?;
    output.document(&albums);
    for album in &albums {
        let trash = if album.deleted_at.is_some() { "  (in the trash)" } else { "" };
        output.line(format!("{}{trash}", crate::text::printable(&album.name)));
    }
    if albums.is_empty() {
        output.line("There is no album yet.");
    }
    Ok(true)
}

fn role(space: &SpaceInfo) -> String {
    model::Role::from(space.role).to_string()
}

pub(crate) async fn fetch(server: &Server, fetch: Fetch, output: &Output) -> Outcome {
    let client = client(server)?;
    let bar = progress(output);
    bar.begin(library::Stage::Restoring, None, None);
    let to = fetch.to.clone();
    let report = agent::fetch(&client, fetch, Arc::new(Shown(Arc::clone(&bar)))).await;
    bar.end();
    let report = report?;
    output.document(&report);
    if report.is_empty() {
        output.line("There are no photos to restore.");
        return Ok(true);
    }
    output.line(format!(
        "{} restored to {} ({}), every byte verified.",
        counted(report.restored, "file", "files"),
        to.display(),
        bytes(report.bytes)
    ));
    if report.there > 0 {
        output.line(format!("{} were there already, byte for byte.", count(report.there)));
    }
    for (name, reason) in &report.failed {
        output.line(format!("  NOT restored: {}: {reason}", crate::text::printable(name)));
    }
    Ok(report.is_complete())
}
