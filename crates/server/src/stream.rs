//! Bodies: files out with ranges, files in as they arrive.

use std::io::Read;
use std::ops::Range;
use std::time::{Duration, Instant};

use axum::body::{Body, BodyDataStream, Bytes};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use library::assets::Readable;
use model::{Error, Result};
use tokio::sync::mpsc;
use tokio_util::io::{StreamReader, SyncIoBridge};
use tokio_util::sync::CancellationToken;

use crate::limit::Transfer;
use crate::pace::Pace;
use crate::problem::Failure;

/// A chunk of the age format.
const CHUNK: usize = 64 * 1024;
/// So long the other end may move nothing before a transfer is given up.
const SILENCE: Duration = Duration::from_mins(1);
/// So long a body is still taken that was broken off here, while it comes without such a gap.
const DRAIN: Duration = Duration::from_secs(5);
const GAP: Duration = Duration::from_millis(200);
/// Chunks that wait for a slow client.
const AHEAD: usize = 4;

/// Which bytes of a file are wanted (RFC 9110 section 14.2); several ranges are answered with all.
fn wanted(headers: &HeaderMap, etag: &str, size: u64) -> Result<Option<Range<u64>>, ()> {
    let Some(range) = headers.get(header::RANGE).and_then(|value| value.to_str().ok()) else {
        return Ok(None);
    };
    // A range of what was there before is of no use now.
    if headers.get(header::IF_RANGE).is_some_and(|value| value.as_bytes() != etag.as_bytes()) {
        return Ok(None);
    }
    let Some(("bytes", spec)) = range.split_once('=') else { return Ok(None) };
    let Some((first, last)) = spec.trim().split_once('-').filter(|_| !spec.contains(',')) else {
        return Ok(None);
    };
    let number = |text: &str| text.trim().parse::<u64>();
    let range = match (first.trim().is_empty(), last.trim().is_empty()) {
        (false, true) => number(first).map(|first| first..size),
        (false, false) => {
            number(first).and_then(|first| Ok(first..number(last)?.saturating_add(1).min(size)))
        }
        (true, false) => number(last).map(|count| size.saturating_sub(count)..size),
        (true, true) => return Ok(None),
    };
    match range {
        Ok(range) if range.start < range.end => Ok(Some(range)),
        Ok(_) => Err(()),
        Err(_) => Ok(None),
    }
}

/// Whether the client has these bytes already.
pub(crate) fn not_modified(headers: &HeaderMap, etag: &str) -> bool {
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    known.flat_map(|value| value.split(',')).any(|known| {
        let known = known.trim();
        known == "*" || known.trim_start_matches("W/") == etag
    })
}

/// Headers of what may be kept, but must be asked for again each time: rights may have ended.
pub(crate) fn kept(headers: &mut HeaderMap, etag: &str) {
    if let Ok(etag) = HeaderValue::try_from(etag) {
        headers.insert(header::ETAG, etag);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(header::VARY, HeaderValue::from_static("cookie, authorization"));
}

/// A file as an attachment: nothing that somebody uploaded is ever shown as a page of this server.
pub(crate) async fn file(
    method: &Method,
    asked: &HeaderMap,
    readable: Readable,
    turn: Transfer,
) -> Result<Response, Failure> {
    let etag = format!("\"{}\"", readable.etag);
    let mut headers = HeaderMap::new();
    kept(&mut headers, &etag);
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if not_modified(asked, &etag) {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let size = readable.size;
    let Ok(range) = wanted(asked, &etag, size) else {
        headers.insert(header::CONTENT_RANGE, number_header(&format!("bytes */{size}")));
        return Ok((StatusCode::RANGE_NOT_SATISFIABLE, headers).into_response());
    };
    let status = if range.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    if let Some(range) = &range {
        let text = format!("bytes {}-{}/{size}", range.start, range.end - 1);
        headers.insert(header::CONTENT_RANGE, number_header(&text));
    }
    let range = range.unwrap_or(0..size);
    headers.insert(header::CONTENT_LENGTH, number_header(&(range.end - range.start).to_string()));
    let media_type = HeaderValue::try_from(&readable.media_type);
    let media_type = media_type.unwrap_or_else(|_| HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_TYPE, media_type);
    headers.insert(header::CONTENT_DISPOSITION, attachment(&readable.name));
    if *method == Method::HEAD {
        return Ok((status, headers).into_response());
    }
    let (send, receive) = mpsc::channel::<std::io::Result<Bytes>>(AHEAD);
    let (opened, open) = tokio::sync::oneshot::channel();
    let runtime = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let mut reader = match (readable.open)(range.start) {
            Ok(reader) => {
                let _ = opened.send(Ok(()));
                reader
            }
            Err(error) => {
                let _ = opened.send(Err(error));
                return;
            }
        };
        let mut left = range.end - range.start;
        let mut pace = Pace::default();
        while left > 0 {
            let mut chunk = vec![0; CHUNK.min(usize::try_from(left).unwrap_or(CHUNK))];
            let outcome = match reader.read(&mut chunk) {
                Ok(0) => Err(std::io::ErrorKind::UnexpectedEof.into()),
                Ok(filled) => {
                    left -= filled as u64;
                    chunk.truncate(filled);
                    Ok(Bytes::from(chunk))
                }
                Err(error) => Err(error),
            };
            let failed = outcome.is_err();
            let bytes = outcome.as_ref().map_or(0, Bytes::len);
            let begun = Instant::now();
            // The client has gone, or cannot be told more than that the file ends here.
            let sent = runtime.block_on(tokio::time::timeout(SILENCE, send.send(outcome)));
            if !matches!(sent, Ok(Ok(()))) || failed || !pace.moved(bytes, begun.elapsed()) {
                return;
            }
        }
    });
    // What cannot even be opened is told as a problem; later there is only breaking off.
    open.await.map_err(|_| Error::internal("reading ended early"))??;
    let chunks = futures_util::stream::unfold(receive, |mut receive| async move {
        receive.recv().await.map(|chunk| (chunk, receive))
    });
    Ok((status, headers, Body::from_stream(chunks)).into_response())
}

fn number_header(text: &str) -> HeaderValue {
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("0"))
}

/// RFC 6266, with the name in the form of RFC 8187: any bytes, and no quoting to get wrong.
fn attachment(name: &[u8]) -> HeaderValue {
    use std::fmt::Write as _;
    let mut text = String::from("attachment; filename*=UTF-8''");
    for byte in String::from_utf8_lossy(name).bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("attachment"))
}

/// A request's body for a thread that blocks.
pub(crate) fn incoming(body: Body) -> Box<dyn Read + Send> {
    incoming_until(body, CancellationToken::new())
}

/// As [`incoming`], broken off when told: what has reached this machine by then is still taken.
pub(crate) fn incoming_until(body: Body, over: CancellationToken) -> Box<dyn Read + Send> {
    let arriving = Arriving { body: body.into_data_stream(), over, last: None, pace: Pace::default() };
    let chunks = futures_util::stream::unfold(arriving, |mut arriving| async move {
        let chunk = arriving.next().await?;
        Some((chunk, arriving))
    });
    Box::new(SyncIoBridge::new(StreamReader::new(chunks.boxed())))
}

/// A body on its way.
struct Arriving {
    body: BodyDataStream,
    over: CancellationToken,
    /// Until when what is on its way is still taken, once it is over.
    last: Option<Instant>,
    pace: Pace,
}

impl Arriving {
    async fn next(&mut self) -> Option<std::io::Result<Bytes>> {
        let aborted = || Some(Err(std::io::ErrorKind::ConnectionAborted.into()));
        let late = || Some(Err(std::io::ErrorKind::TimedOut.into()));
        let begun = Instant::now();
        let last = match self.last {
            Some(last) => last,
            None => tokio::select! {
                chunk = tokio::time::timeout(SILENCE, self.body.next()) => return match chunk {
                    Ok(Some(Ok(chunk))) if !self.pace.moved(chunk.len(), begun.elapsed()) => late(),
                    Ok(chunk) => Some(chunk?.map_err(std::io::Error::other)),
                    Err(_) => late(),
                },
                () = self.over.cancelled() => *self.last.insert(Instant::now() + DRAIN),
            },
        };
        if Instant::now() >= last {
            return aborted();
        }
        match tokio::time::timeout(GAP, self.body.next()).await {
            Ok(chunk) => Some(chunk?.map_err(std::io::Error::other)),
            Err(_) => aborted(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(range: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::RANGE, HeaderValue::try_from(range).unwrap())])
    }

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        let cases = [
            ("bytes=0-9", Ok(Some(0..10))),
            ("bytes=90-", Ok(Some(90..100))),
            ("bytes=-5", Ok(Some(95..100))),
            ("bytes=-500", Ok(Some(0..100))),
            ("bytes=50-500", Ok(Some(50..100))),
            ("bytes=100-", Err(())),
            ("bytes=-0", Err(())),
            ("bytes=0-1,5-6", Ok(None)),
            ("lines=0-1", Ok(None)),
            ("bytes=x-y", Ok(None)),
            ("bytes=-", Ok(None)),
        ];
        for (range, expected) in cases {
            assert_eq!(wanted(&asked(range), "\"e\"", 100), expected, "{range}");
        }
        let mut stale = asked("bytes=0-9");
        stale.insert(header::IF_RANGE, HeaderValue::from_static("\"old\""));
        assert_eq!(wanted(&stale, "\"e\"", 100), Ok(None));
    }

    #[test]
    fn names_cannot_break_out_of_the_header() {
        let value = attachment("a\"b\r\nSet-Cookie: x;é😀.jpg".as_bytes());
        let text = value.to_str().unwrap();
        assert!(
            text.starts_with("attachment; filename*=UTF-8''a%22b%0D%0ASet-Cookie%3A%20x%3B%C3%A9"),
            "{text}"
        );
    }
}
