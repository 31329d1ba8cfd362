//! Large files in pieces (tus 1.0), so that a link that breaks, or a laptop that is closed, costs nothing that had arrived.

use std::io::SeekFrom;
use std::time::Duration;

use api::{UploadInfo, Was};
use model::{Error, ErrorKind, Result};
use reqwest::{Body, Method, RequestBuilder, Response, header};
use tokio::io::AsyncSeekExt;
use tokio_util::io::ReaderStream;

use super::Hashed;
use crate::Client;

/// Files of this size and more are sent in pieces: smaller ones are as quickly sent again.
pub(super) const LARGE: u64 = 32 << 20;
/// How often it is tried again without a single byte having arrived.
const TRIES: u32 = 8;
/// The longest wait between two tries.
const LONGEST: Duration = Duration::from_secs(30);

/// Sends a file, from where an earlier try, or an earlier run, ended. Says what it was and how many bytes travelled.
pub(super) async fn send(
    client: &Client,
    space: uuid::Uuid,
    file: &Hashed,
    begun: &[UploadInfo],
) -> Result<(Was, u64)> {
    let known = begun.iter().find(|upload| {
        upload.space == space
            && upload.album == file.found.album
            && upload.name == file.found.name
            && upload.size == file.size
            && upload.sha256.as_deref() == Some(&file.sha256)
    });
    let mut place = match known {
        Some(upload) => upload.location.clone(),
        None => begin(client, space, file).await?,
    };
    let mut travelled = 0;
    let mut tries = 0;
    loop {
        let failure = match go_on(client, &place, file, &mut travelled, &mut tries).await {
            Ok(was) => return Ok((was, travelled)),
            Err(error) => error,
        };
        match failure.kind() {
            ErrorKind::Unavailable | ErrorKind::TooMany | ErrorKind::Conflict if tries < TRIES => {
                tries += 1;
                let wait = Duration::from_millis(250) * 2_u32.saturating_pow(tries);
                tokio::time::sleep(wait.min(LONGEST)).await;
            }
            // Its time was over on the server: it begins anew.
            ErrorKind::NotFound if tries < TRIES => {
                tries += 1;
                place = begin(client, space, file).await?;
            }
            _ => return Err(failure),
        }
    }
}

fn tus(client: &Client, method: Method, path: &str) -> RequestBuilder {
    client.request(method, path).header("Tus-Resumable", "1.0.0")
}

async fn begin(client: &Client, space: uuid::Uuid, file: &Hashed) -> Result<String> {
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
    let request = tus(client, Method::POST, &format!("/api/v1/spaces/{space}/uploads"))
        .header("Upload-Length", file.size)
        .header("Upload-Metadata", told.join(","));
    let begun = client.send(request).await?;
    let place = begun.headers().get(header::LOCATION).and_then(|place| place.to_str().ok());
    // Only a place on this very server: the secret goes with what is sent there.
    let place = place.filter(|place| place.starts_with('/') && !place.starts_with("//"));
    place.map(str::to_owned).ok_or_else(|| Error::internal("the server gave no place for the upload"))
}

/// Asks how far the file has come, and sends what is missing.
async fn go_on(
    client: &Client,
    place: &str,
    file: &Hashed,
    travelled: &mut u64,
    tries: &mut u32,
) -> Result<Was> {
    let state = client.send(tus(client, Method::HEAD, place)).await?;
    let there = offset(&state)?;
    if there >= file.size {
        return Ok(was(&state));
    }
    let cannot = |error| Error::new(ErrorKind::Invalid, "it cannot be read").with_source(error);
    let mut opened = tokio::fs::File::open(&file.found.path).await.map_err(cannot)?;
    opened.seek(SeekFrom::Start(there)).await.map_err(cannot)?;
    let left = file.size - there;
    let body = Body::wrap_stream(ReaderStream::with_capacity(
        tokio::io::AsyncReadExt::take(opened, left),
        64 * 1024,
    ));
    let request = tus(client, Method::PATCH, place)
        .header("Upload-Offset", there)
        .header(header::CONTENT_TYPE, "application/offset+octet-stream")
        .header(header::CONTENT_LENGTH, left)
        .body(body);
    let sent = client.send(request).await;
    let now = match &sent {
        Ok(answer) => offset(answer)?,
        // What arrived is known only to the server.
        Err(_) => match client.send(tus(client, Method::HEAD, place)).await {
            Ok(answer) => offset(&answer)?,
            Err(_) => there,
        },
    };
    if now > there {
        *travelled += now - there;
        *tries = 0;
    }
    let answer = sent?;
    if now < file.size {
        return Err(Error::new(ErrorKind::Unavailable, "the connection broke; nothing is lost, try again"));
    }
    Ok(was(&answer))
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
