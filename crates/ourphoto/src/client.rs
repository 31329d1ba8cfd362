//! What people and scripts do over HTTP: `setup`, `login`, `logout`, `upload`, `search`, `status`, `ls`,
//! `restore`.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use agent::{Client, Credentials, Fetch, Upload, default_path};
use api::{Agent, AlbumInfo, SetUpDone, SetUpRequest, SignInRequest, SignedIn, SpaceInfo, StatusInfo};
use model::{Error, ErrorKind, Result};
use serde_json::json;
use zeroize::Zeroizing;

use crate::Outcome;
use crate::args::Server;
use crate::output::Output;
use crate::progress::progress;
use crate::text::{bytes, count, counted};

/// The server that the flags, the environment or the last `login` mean.
fn client(server: &Server) -> Result<Client> {
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
            "you are not signed in: ourphoto login URL --email YOU --password-stdin, or set OURPHOTO_SERVER and OURPHOTO_TOKEN",
        )),
    }
}

/// The first line of standard input, a password, and the second, which may be a code.
pub(crate) fn secrets() -> Result<(Zeroizing<String>, Option<String>)> {
    let mut input = Zeroizing::new(String::new());
    let read = std::io::stdin().take(4096).read_to_string(&mut input);
    read.map_err(|error| Error::io("could not read the password from standard input", error))?;
    let mut lines = input.lines();
    let password = Zeroizing::new(lines.next().unwrap_or_default().to_owned());
    let code = lines.next().map(str::to_owned).filter(|code| !code.trim().is_empty());
    Ok((password, code))
}

/// Sets up the server that printed `address`. The kit is written before anything else can go wrong: it is shown once.
pub(crate) async fn set_up(address: &str, email: &str, name: &str, kit: &Path, output: &Output) -> Outcome {
    let (server, secret) = address.split_once("/setup#").ok_or_else(|| {
        Error::invalid(
            "give the whole address that the server printed, as in http://127.0.0.1:2342/setup#ops_setup_…",
        )
    })?;
    let client = Client::new(server, None)?;
    let (password, _) = secrets()?;
    // Where the kit cannot be written, nothing is set up.
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(kit).map_err(|error| {
            Error::io(format!("could not make {}; the recovery kit needs a new file", kit.display()), error)
        })?;
    let asked = SetUpRequest {
        secret: secret.to_owned(),
        email: email.to_owned(),
        name: name.to_owned(),
        password: password.to_string(),
    };
    let done = client.post::<SetUpDone>("/api/v1/setup", &asked).await;
    let done = done.inspect_err(|_| {
        let _ = std::fs::remove_file(kit);
    })?;
    let written = file.write_all(done.recovery_kit.as_bytes()).and_then(|()| file.sync_all());
    written.map_err(|error| {
        Error::io(
            format!(
                "the server is set up, but {} could not be written; run the same command again",
                kit.display()
            ),
            error,
        )
    })?;
    sign_in(&client, email, &password, None).await?;
    output.document(&json!({"server": client.server(), "email": email, "kit": kit}));
    output.line(format!("{} is set up, and you are signed in as {email}.", client.server()));
    output.line(format!(
        "The recovery kit is in {}. Print it, keep it away from this machine, then delete the file.",
        kit.display()
    ));
    output.line("Next: ourphoto upload FOLDER --space NAME");
    Ok(true)
}

pub(crate) async fn login(server: &str, email: &str, output: &Output) -> Outcome {
    let (password, code) = secrets()?;
    let client = Client::new(server, None)?;
    let signed_in = sign_in(&client, email, &password, code).await?;
    output.document(&json!({"server": client.server(), "email": signed_in.me.email}));
    output.line(format!("Signed in to {} as {}.", client.server(), signed_in.me.email));
    Ok(true)
}

/// Signs in, and remembers it for the commands that come.
async fn sign_in(client: &Client, email: &str, password: &str, code: Option<String>) -> Result<SignedIn> {
    let asked =
        SignInRequest { email: email.to_owned(), password: password.to_owned(), code, agent: Agent::Program };
    let signed_in: SignedIn =
        client.post("/api/v1/session", &asked).await.map_err(|error| match error.code() {
            Some("second-factor-required") => Error::new(
                error.kind(),
                format!("{}; it comes on the second line of standard input", error.message()),
            ),
            _ => error,
        })?;
    let secret = signed_in.secret.clone().ok_or_else(|| Error::internal("the server gave no secret"))?;
    let path = default_path()?;
    Credentials { server: client.server().to_owned(), email: signed_in.me.email.clone(), secret }
        .save(&path)?;
    Ok(signed_in)
}

pub(crate) async fn logout(output: &Output) -> Outcome {
    let path = default_path()?;
    let Some(known) = Credentials::load(&path)? else {
        output.line("You are not signed in.");
        return Ok(true);
    };
    let ended = Client::new(&known.server, Some(known.secret))?.delete("/api/v1/session").await;
    // A session that has ended already is as good; one that could not be reached is not, and is told.
    let ended = match ended {
        Err(error) if error.kind() == ErrorKind::Unproved => Ok(()),
        other => other,
    };
    Credentials::forget(&path)?;
    ended
        .map_err(|error| error.context("forgotten here, but the session on the server could not be ended"))?;
    output.document(&json!({"server": known.server}));
    output.line(format!("Signed out of {}.", known.server));
    Ok(true)
}

pub(crate) async fn send(server: &Server, upload: Upload, output: &Output) -> Outcome {
    let client = client(server)?;
    let bar = progress(output);
    bar.begin(library::Stage::Sending, None, None);
    let space = upload.space.clone();
    let report = agent::upload(&client, upload, |bytes| bar.advance(1, bytes)).await;
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
    for (path, reason) in &report.failed {
        output.line(format!("  NOT sent: {}: {reason}", crate::text::printable(path)));
    }
    Ok(report.is_complete())
}

/// Tells how safe the photos are; `false` when something is at risk.
pub(crate) async fn status(server: &Server, output: &Output) -> Outcome {
    let client = client(server)?;
    let status: StatusInfo = client.get("/api/v1/status").await?;
    output.document(&status);
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
    if status.risks.is_empty() {
        output.line("Nothing is at risk.");
    }
    Ok(status.risks.is_empty())
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
        output.document(&spaces);
        for space in &spaces {
            output.line(format!("{:<24} you are {}", space.name, role(space)));
        }
        if spaces.is_empty() {
            output.line("You belong to no space yet.");
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
    let report = agent::fetch(&client, fetch, |bytes| bar.advance(1, bytes)).await;
    bar.end();
    let report = report?;
    output.document(&report);
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
