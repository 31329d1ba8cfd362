//! Setting a server up, signing in and out.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use agent::{Client, Credentials, default_path};
use api::{
    Agent, PairingBegun, PairingCollect, PairingOutcome, PairingRequest, PairingState, SetUpDone,
    SetUpRequest, SignInRequest, SignedIn,
};
use model::{Error, ErrorKind, Result};
use serde_json::json;
use zeroize::Zeroizing;

use crate::Outcome;
use crate::output::Output;

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

/// Asks to be let in by somebody who is signed in in a browser, and waits until they have decided.
pub(crate) async fn link(server: &str, output: &Output) -> Outcome {
    let client = Client::new(server, None)?;
    let machine = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let machine = match machine.trim() {
        "" => "another machine",
        name => name,
    };
    let asked = PairingRequest { name: format!("ourphoto on {machine}") };
    let begun: PairingBegun = client.post("/api/v1/pairings", &asked).await?;
    let page = format!("{}{}", client.server(), begun.path);
    output.document(&json!({"open": page, "code": begun.code}));
    output.line(format!("Open {page}#{} in a browser where you are signed in,", begun.code));
    output.line(format!("or {page} and type in the code {}. It is good for ten minutes.", begun.code));
    let asked = PairingCollect { secret: begun.secret };
    let end = Instant::now() + Duration::from_secs(begun.expires_in);
    let outcome = loop {
        tokio::time::sleep(Duration::from_secs(begun.interval.clamp(1, 60))).await;
        let outcome = client.post::<PairingOutcome>("/api/v1/pairings/collect", &asked).await;
        match outcome {
            Ok(outcome) if outcome.state == PairingState::In => break outcome,
            Ok(_) => {}
            // The line may come back before the time is over.
            Err(error) if error.kind() == ErrorKind::Unavailable && Instant::now() < end => {}
            Err(error) => return Err(error),
        }
    };
    let (Some(secret), Some(me)) = (outcome.token, outcome.me) else {
        return Err(Error::internal("the server gave no token"));
    };
    let remembered = Credentials { server: client.server().to_owned(), email: me.email.clone(), secret };
    remembered.save(&default_path()?)?;
    output.document(&json!({"server": client.server(), "email": me.email}));
    output.line(format!("Signed in to {} as {}.", client.server(), me.email));
    Ok(true)
}

/// Signs in, and remembers it for the commands that come.
async fn sign_in(client: &Client, email: &str, password: &str, code: Option<String>) -> Result<SignedIn> {
    let asked = SignInRequest {
        email: email.to_owned(),
        password: password.to_owned(),
        code,
        passkey: None,
        agent: Agent::Program,
    };
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
