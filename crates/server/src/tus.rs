//! The words of tus 1.0 (https://tus.io/protocols/resumable-upload): what its headers say, and how its answers look.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use library::uploads::{Checksum, Progressed};
use model::{Error, Result, Sha1, Sha256};

use crate::problem::{Failure, document};
use crate::routes::file::was as was_of;

const VERSION: HeaderValue = HeaderValue::from_static("1.0.0");
/// What a request with a part of a file is.
const PART: &[u8] = b"application/offset+octet-stream";

const RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const LENGTH: HeaderName = HeaderName::from_static("upload-length");
const EXPIRES: HeaderName = HeaderName::from_static("upload-expires");

/// Refuses who speaks another version, and says the version in every answer.
pub(crate) async fn version(request: Request, next: Next) -> Response {
    let spoken = request.headers().get(&RESUMABLE);
    let understood = *request.method() == Method::OPTIONS || spoken == Some(&VERSION);
    let mut response = if understood {
        next.run(request).await
    } else {
        let detail = "say 'Tus-Resumable: 1.0.0': this address speaks tus 1.0.0 and nothing else".to_owned();
        let mut refused =
            document(StatusCode::PRECONDITION_FAILED, "tus-version", "Another version of tus", detail);
        refused.headers_mut().insert("tus-version", VERSION);
        refused
    };
    if response.status() == StatusCode::BAD_REQUEST
        && response.extensions_mut().remove::<ChecksumDiffers>().is_some()
        && let Ok(mismatch) = StatusCode::from_u16(460)
    {
        *response.status_mut() = mismatch;
    }
    response.headers_mut().insert(RESUMABLE, VERSION);
    response
}

/// Marks an answer that tus has a status of its own for.
#[derive(Clone, Copy)]
struct ChecksumDiffers;

/// A failure as tus tells it.
pub(crate) fn failure(error: Error) -> Response {
    let differs = error.code() == Some("checksum-differs");
    let mut response = Failure(error).into_response();
    if differs {
        response.extensions_mut().insert(ChecksumDiffers);
    }
    response
}

/// What this server can do.
pub(crate) fn abilities() -> Response {
    let headers = [
        ("tus-version", "1.0.0"),
        ("tus-extension", "creation,creation-with-upload,expiration,checksum,termination"),
        ("tus-checksum-algorithm", "sha1,sha256"),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// How far an upload is.
pub(crate) fn progress(status: StatusCode, progressed: &Progressed) -> Response {
    let mut response = status.into_response();
    let headers = response.headers_mut();
    headers.insert(OFFSET, progressed.offset.into());
    headers.insert(LENGTH, progressed.size.into());
    if let Ok(expires) = HeaderValue::try_from(http_date(progressed.expires_at)) {
        headers.insert(EXPIRES, expires);
    }
    if let Some(asset) = progressed.asset
        && let Ok(asset) = HeaderValue::try_from(asset.to_string())
    {
        headers.insert("ourphoto-asset", asset);
    }
    if let Some(was) = progressed.was {
        headers.insert("ourphoto-was", HeaderValue::from_static(was_of(was).as_str()));
    }
    response
}

/// RFC 9110 section 5.6.7.
fn http_date(time: model::Timestamp) -> String {
    let seconds = u64::try_from(time.0 / 1000).unwrap_or_default();
    httpdate::fmt_http_date(std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds))
}

fn number(headers: &HeaderMap, name: &HeaderName) -> Result<Option<u64>> {
    let Some(value) = headers.get(name) else { return Ok(None) };
    let digits =
        value.to_str().ok().filter(|text| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()));
    let number =
        digits.and_then(|text| text.parse::<u64>().ok()).filter(|number| i64::try_from(*number).is_ok());
    number
        .map(Some)
        .ok_or_else(|| Error::invalid(format!("{name} is no number of bytes")).with_code("malformed"))
}

/// `Upload-Length`.
pub(crate) fn length(headers: &HeaderMap) -> Result<u64> {
    if headers.contains_key("upload-concat") {
        return Err(Error::invalid("send a file in one upload: this server does not join several")
            .with_code("malformed"));
    }
    number(headers, &LENGTH)?.ok_or_else(|| {
        Error::invalid("say how long the file is (Upload-Length)").with_code("length-required")
    })
}

/// `Upload-Offset`.
pub(crate) fn offset(headers: &HeaderMap) -> Result<u64> {
    number(headers, &OFFSET)?
        .ok_or_else(|| Error::invalid("say where this part begins (Upload-Offset)").with_code("malformed"))
}

/// Whether the request brings a part of the file.
pub(crate) fn brings_part(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|value| value.as_bytes() == PART)
}

/// What a request with a part of another type is answered.
pub(crate) fn wrong_type() -> Response {
    let detail = "send a part of a file as application/offset+octet-stream".to_owned();
    document(StatusCode::UNSUPPORTED_MEDIA_TYPE, "wrong-type", "Not this type", detail)
}

/// `Upload-Checksum`: an algorithm and a hash in base64.
pub(crate) fn checksum(headers: &HeaderMap) -> Result<Option<Checksum>> {
    let Some(value) = headers.get("upload-checksum") else { return Ok(None) };
    let wrong = || {
        Error::invalid("Upload-Checksum is 'sha1' or 'sha256', a space, and the hash in base64")
            .with_code("malformed")
    };
    let (algorithm, hash) = value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(wrong)?;
    let hash = STANDARD.decode(hash.trim()).map_err(|_| wrong())?;
    let checksum = match algorithm {
        "sha1" => hash.try_into().map(|hash| Checksum::Sha1(Sha1(hash))),
        "sha256" => hash.try_into().map(|hash| Checksum::Sha256(Sha256(hash))),
        _ => return Err(wrong()),
    };
    checksum.map(Some).map_err(|_| wrong())
}

/// What `Upload-Metadata` says of a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Described {
    /// `filename`, or `name`.
    pub(crate) name: Vec<u8>,
    /// `album`: the folder below the space.
    pub(crate) album: Vec<u8>,
    /// `sha256`, in hexadecimal digits.
    pub(crate) sha256: Option<Sha256>,
    /// `modified_ns`: nanoseconds since 1970.
    pub(crate) modified_ns: Option<i64>,
}

/// `Upload-Metadata`: keys, each with a value in base64. Keys that mean nothing here are left alone, as clients send some
/// of their own.
pub(crate) fn described(headers: &HeaderMap) -> Result<Described> {
    let wrong = |what: &str| Error::invalid(format!("Upload-Metadata: {what}")).with_code("malformed");
    let mut found = Described::default();
    let Some(value) = headers.get("upload-metadata") else {
        return Err(wrong("say what the file is called (filename)"));
    };
    let text = value.to_str().map_err(|_| wrong("it is not ASCII"))?;
    for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once(' ').unwrap_or((pair, ""));
        let value = STANDARD.decode(value.trim()).map_err(|_| wrong(&format!("'{key}' is not in base64")))?;
        let text = || std::str::from_utf8(&value).map_err(|_| wrong(&format!("'{key}' is no text")));
        match key {
            "filename" | "name" if found.name.is_empty() => found.name.clone_from(&value),
            "album" => found.album.clone_from(&value),
            "sha256" => found.sha256 = Some(text()?.parse()?),
            "modified_ns" => {
                let number = text()?.parse().map_err(|_| wrong("'modified_ns' is no number"))?;
                found.modified_ns = Some(number);
            }
            _ => {}
        }
    }
    if found.name.is_empty() {
        return Err(wrong("say what the file is called (filename)"));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::try_from(value).unwrap())])
    }

    #[test]
    fn metadata_is_read_as_clients_write_it() {
        // 'filename é.jpg', 'filetype image/jpeg', a key without a value.
        let headers =
            told("upload-metadata", "filename w6kuanBn,filetype aW1hZ2UvanBlZw==, modified_ns MTI=,private");
        let found = described(&headers).unwrap();
        assert_eq!((found.name.as_slice(), found.modified_ns), ("é.jpg".as_bytes(), Some(12)));
        for wrong in [
            "",
            "filetype aW1hZ2UvanBlZw==",
            "filename ???",
            "filename YQ==,sha256 YQ==",
            "filename YQ==,modified_ns YQ==",
        ] {
            assert_eq!(
                described(&told("upload-metadata", wrong)).unwrap_err().kind(),
                model::ErrorKind::Invalid,
                "{wrong}"
            );
        }
    }

    #[test]
    fn numbers_are_digits_and_nothing_else() {
        assert_eq!(offset(&told("upload-offset", "070")).unwrap(), 70);
        for wrong in ["-1", "+1", "", "1.0", "0x1", "9223372036854775808", "99999999999999999999"] {
            assert!(offset(&told("upload-offset", wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn checksums_are_read() {
        let sum = checksum(&told("upload-checksum", "sha1 2jmj7l5rSw0yVb/vlWAYkK/YBwk=")).unwrap();
        assert!(matches!(sum, Some(Checksum::Sha1(_))));
        for wrong in
            ["md5 1B2M2Y8AsgTpgAmY7PhCfg==", "sha1", "sha1 ???", "sha256 2jmj7l5rSw0yVb/vlWAYkK/YBwk="]
        {
            assert!(checksum(&told("upload-checksum", wrong)).is_err(), "{wrong}");
        }
    }
}
