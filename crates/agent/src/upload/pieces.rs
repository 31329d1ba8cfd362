//! Large files in pieces (tus 1.0), so that a link that breaks, or a laptop that is closed, costs nothing that had arrived.

use std::io::SeekFrom;
use std::sync::Arc;

use api::{UploadInfo, Was};
use model::{Error, ErrorKind, Result};
use reqwest::{Method, RequestBuilder, Response, header};
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use super::{Hashed, To, body};
use crate::Client;
use crate::answer::WORDLESS;
use crate::moving::{OneFile, Told};
use crate::retry::Failed;
use crate::silence::Left;

/// Files of this size and more are sent in pieces: smaller ones are as quickly sent again.
pub(super) const LARGE: u64 = 32 << 20;
/// Where the server tells which uploads are not at their end.
pub(super) const BEGUN: &str = "/api/v1/uploads";

/// Sends a file, from where an earlier try, or an earlier run, ended. Says what it was and how many bytes travelled.
pub(super) async fn send(
    client: &Client,
    to: &To,
    file: &Hashed,
    moved: &Arc<OneFile>,
) -> Result<(Was, u64)> {
    let mut place = match begun(&to.begun, to, file) {
        Some(place) => place,
        None => begin(client, to, file).await?,
    };
    let mut tries = client.tries();
    let mut travelled = 0;
    let mut anew = false;
    loop {
        let before = travelled;
        let failed = match go_on(client, &place, file, moved, &mut travelled).await {
            Ok(was) => return Ok((was, travelled)),
            Err(failed) => failed,
        };
        if travelled > before {
            tries.moved_on();
        }
        // Its time was over on the server: it begins anew.
        if failed.error.kind() == ErrorKind::NotFound && !anew {
            anew = true;
            place = begin(client, to, file).await?;
        } else {
            tries.wait(failed).await?;
        }
    }
}

/// Where this file goes on, if it was begun.
fn begun(uploads: &[UploadInfo], to: &To, file: &Hashed) -> Option<String> {
    let found = uploads.iter().find(|upload| {
        upload.space == to.space
            && upload.album == file.found.album
            && upload.name == file.found.name
            && upload.size == file.size
            && upload.sha256.as_deref() == Some(&file.sha256)
    });
    found.map(|upload| upload.location.clone()).filter(|place| is_here(place))
}

/// Only a place on this very server: the secret goes with what is sent there.
fn is_here(place: &str) -> bool {
    place.starts_with('/') && !place.starts_with("//")
}

fn tus(request: RequestBuilder) -> RequestBuilder {
    request.header("Tus-Resumable", "1.0.0")
}

async fn begin(client: &Client, to: &To, file: &Hashed) -> Result<String> {
    let mut tries = client.tries();
    loop {
        match begin_once(client, to, file).await {
            Ok(place) => return Ok(place),
            Err(failed) => tries.wait(failed).await?,
        }
        // It may have been begun though the answer was lost. Begun twice, it would take up its room twice.
        if let Some(place) = begun(&client.get::<Vec<UploadInfo>>(BEGUN).await?, to, file) {
            return Ok(place);
        }
    }
}

async fn begin_once(client: &Client, to: &To, file: &Hashed) -> Result<String, Failed> {
    use base64::Engine as _;
    let told = [
        ("filename", file.found.name.clone()),
        ("album", file.found.album.clone()),
        ("sha256", file.sha256.clone()),
        ("modified_ns", file.modified_ns.to_string()),
    ];
    let told = told.map(|(key, value)| {
        format!("{key} {}", base64::engine::general_purpose::STANDARD.encode(value)).trim_end().to_owned()
    });
    let request = tus(client.request(Method::POST, &format!("/api/v1/spaces/{}/uploads", to.space)))
        .header("Upload-Length", file.size)
        .header("Upload-Metadata", told.join(","));
    let answer = client.send(request).await?;
    let place = answer.headers().get(header::LOCATION).and_then(|place| place.to_str().ok());
    let place = place
        .filter(|place| is_here(place))
        .ok_or_else(|| Error::internal("the server gave no place for the upload"))?;
    Ok(place.to_owned())
}

/// Asks how far the file has come, and sends what is missing.
async fn go_on(
    client: &Client,
    place: &str,
    file: &Hashed,
    moved: &Arc<OneFile>,
    travelled: &mut u64,
) -> Result<Was, Failed> {
    let state = state(client, place, file.size).await?;
    let there = offset(&state)?;
    moved.at(there);
    if there >= file.size {
        return Ok(was(&state));
    }
    let cannot = |error| Error::new(ErrorKind::Invalid, "it cannot be read").with_source(error);
    let mut opened = tokio::fs::File::open(&file.found.path).await.map_err(cannot)?;
    opened.seek(SeekFrom::Start(there)).await.map_err(cannot)?;
    let length = file.size - there;
    let left = Left::new(length);
    let told = Told::new(opened.take(length), moved, there, &left);
    let sent = client.bear(&left, client.send(part(client, place, there, length).body(body(told)))).await;
    let now = match &sent {
        Ok(answer) => offset(answer)?,
        // What arrived is known only to the server.
        Err(_) => match how_far(client, place).await {
            Ok(answer) => offset(&answer)?,
            Err(_) => there,
        },
    };
    *travelled += now.saturating_sub(there);
    let answer = sent?;
    if now < file.size {
        return Err(
            Error::new(ErrorKind::Unavailable, "the connection broke; nothing is lost, try again").into()
        );
    }
    Ok(was(&answer))
}

/// How far an upload is; with its last byte there it is brought to its end, which may be refused.
async fn state(client: &Client, place: &str, size: u64) -> Result<Response, Failed> {
    let failed = match how_far(client, place).await {
        Err(failed) if failed.error.code() == Some(WORDLESS) => failed,
        other => return other,
    };
    if !matches!(failed.error.kind(), ErrorKind::Conflict | ErrorKind::OutOfSpace | ErrorKind::Invalid) {
        return Err(failed);
    }
    // An answer to HEAD has no room for a reason. An empty part at the end asks the same, and hears it.
    match client.bear(&Left::new(0), client.send(part(client, place, size, 0))).await {
        Err(told) if told.error.code() == Some("wrong-offset") => Err(failed),
        other => other,
    }
}

/// Asks how far an upload is. With its last byte there the server brings it to its end before it answers.
async fn how_far(client: &Client, place: &str) -> Result<Response, Failed> {
    client.bear(&Left::new(0), client.send(tus(client.sending(Method::HEAD, place)))).await
}

/// A request that brings the next bytes.
fn part(client: &Client, place: &str, from: u64, length: u64) -> RequestBuilder {
    tus(client.sending(Method::PATCH, place))
        .header("Upload-Offset", from)
        .header(header::CONTENT_TYPE, "application/offset+octet-stream")
        .header(header::CONTENT_LENGTH, length)
}

/// What the file was; where the answer that said so was lost, it is new as far as anybody knows.
fn was(answer: &Response) -> Was {
    let told = answer.headers().get("ourphoto-was").and_then(|value| value.to_str().ok());
    Was::ALL.into_iter().find(|was| Some(was.as_str()) == told).unwrap_or(Was::New)
}

fn offset(answer: &Response) -> Result<u64> {
    let offset = answer.headers().get("upload-offset").and_then(|value| value.to_str().ok()?.parse().ok());
    offset.ok_or_else(|| Error::new(ErrorKind::Unavailable, "the server did not say how far the upload is"))
}
