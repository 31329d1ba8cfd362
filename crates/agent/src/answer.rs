//! What it means when a request is not answered as hoped. Problems become errors of the same kind, with the server's own
//! words; where there are none (an answer to HEAD, or a proxy that speaks for the server), the status says what it can.

use std::error::Error as StdError;
use std::time::Duration;

use api::Problem;
use model::{Error, ErrorKind};
use reqwest::header::RETRY_AFTER;
use reqwest::{Response, StatusCode};

use crate::retry::Failed;

/// Codes that a program acts upon.
const CODES: &[&str] = &[
    "second-factor-required",
    "second-factor-failed",
    "sign-in-failed",
    "proof-required",
    "content-unknown",
    "quota",
    "hash-differs",
    "size-differs",
    "empty-file",
    "not-set-up",
    "in-trash",
    "upload-busy",
    "wrong-offset",
];

/// Marks a refusal whose reason nobody has told.
pub(crate) const WORDLESS: &str = "no-reason-told";

/// A request that was refused.
pub(crate) async fn refused(server: &str, response: Response) -> Failed {
    let status = response.status();
    let after =
        response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let after = after.map(Duration::from_secs);
    let error = match response.json::<Problem>().await {
        Ok(problem) => told(status, &problem),
        Err(_) => untold(server, status),
    };
    Failed { error, after }
}

/// A request that was not answered at all.
pub(crate) fn unanswered(server: &str, error: reqwest::Error) -> Failed {
    let (kind, text) = if distrusted(&error) {
        let text = format!(
            "the certificate of {server} is not one that this machine trusts; is it the right address, and are the \
             clocks right?"
        );
        (ErrorKind::Invalid, text)
    } else if error.is_builder() {
        (ErrorKind::Internal, "a request could not be made".to_owned())
    } else if error.is_timeout() {
        (ErrorKind::Unavailable, no_answer(server))
    } else {
        (ErrorKind::Unavailable, format!("{server} cannot be reached; nothing is lost, try again"))
    };
    Error::new(kind, text).with_source(error).into()
}

/// A request whose bytes stood still, or whose answer was waited for in vain.
pub(crate) fn silent(server: &str) -> Failed {
    Error::new(ErrorKind::Unavailable, no_answer(server)).into()
}

fn no_answer(server: &str) -> String {
    format!("{server} does not answer; nothing is lost, try again")
}

/// Whether it is the server's certificate that was refused, which waiting does not mend.
fn distrusted(error: &reqwest::Error) -> bool {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(error) = cause {
        // An error of IO hides the one inside it from whoever asks for causes.
        let inside = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let found = inside.and_then(|inside| inside.downcast_ref()).or_else(|| error.downcast_ref());
        if matches!(found, Some(rustls::Error::InvalidCertificate(_))) {
            return true;
        }
        cause = error.source();
    }
    false
}

fn kind(status: StatusCode) -> ErrorKind {
    match status {
        StatusCode::UNAUTHORIZED => ErrorKind::Unproved,
        StatusCode::FORBIDDEN => ErrorKind::Forbidden,
        StatusCode::NOT_FOUND | StatusCode::GONE => ErrorKind::NotFound,
        StatusCode::CONFLICT => ErrorKind::Conflict,
        StatusCode::TOO_MANY_REQUESTS => ErrorKind::TooMany,
        StatusCode::INSUFFICIENT_STORAGE => ErrorKind::OutOfSpace,
        StatusCode::REQUEST_TIMEOUT => ErrorKind::Unavailable,
        StatusCode::NOT_IMPLEMENTED | StatusCode::HTTP_VERSION_NOT_SUPPORTED => ErrorKind::Invalid,
        status if status.is_server_error() => ErrorKind::Unavailable,
        // Whatever else is refused is refused again.
        _ => ErrorKind::Invalid,
    }
}

fn told(status: StatusCode, problem: &Problem) -> Error {
    let name = problem.kind.strip_prefix("/problems/");
    let kind = match name {
        // Read again, it would be as damaged.
        Some("damaged") => ErrorKind::Damaged,
        _ => kind(status),
    };
    let error = Error::new(kind, problem.detail.clone());
    match CODES.iter().find(|code| name == Some(code)) {
        Some(code) => error.with_code(code),
        None => error,
    }
}

fn untold(server: &str, status: StatusCode) -> Error {
    let kind = kind(status);
    let text = match kind {
        ErrorKind::Unproved => "you are not signed in any more; sign in again: ourphoto login".to_owned(),
        ErrorKind::Forbidden => "you may not do this; whoever manages the space can let you".to_owned(),
        ErrorKind::NotFound => "there is nothing of that name, or it is not yours to see".to_owned(),
        ErrorKind::Conflict => "it does not go together with what is there".to_owned(),
        ErrorKind::TooMany => "the server is asked too often; try again in some minutes".to_owned(),
        ErrorKind::OutOfSpace => "there is no room for it on the server, or your share is used up".to_owned(),
        ErrorKind::Invalid if status == StatusCode::PAYLOAD_TOO_LARGE => {
            format!(
                "{server}, or a proxy in front of it, takes no file of that size; the proxy's limit must be lifted"
            )
        }
        ErrorKind::Invalid if status.is_redirection() => {
            format!("{server} says that it is elsewhere ({status}); give the address that it leads to")
        }
        _ => format!("{server} answered {status}"),
    };
    Error::new(kind, text).with_code(WORDLESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(number: u16) -> StatusCode {
        StatusCode::from_u16(number).unwrap()
    }

    #[test]
    fn a_status_without_words_is_told_by_its_meaning_and_never_taken_for_a_broken_link() {
        let kinds = [
            (400, ErrorKind::Invalid),
            (401, ErrorKind::Unproved),
            (403, ErrorKind::Forbidden),
            (404, ErrorKind::NotFound),
            (409, ErrorKind::Conflict),
            (413, ErrorKind::Invalid),
            (429, ErrorKind::TooMany),
            (302, ErrorKind::Invalid),
            (500, ErrorKind::Unavailable),
            (501, ErrorKind::Invalid),
            (502, ErrorKind::Unavailable),
            (503, ErrorKind::Unavailable),
            (507, ErrorKind::OutOfSpace),
        ];
        for (number, kind) in kinds {
            let error = untold("https://photos.example.org", status(number));
            assert_eq!((error.kind(), error.code()), (kind, Some(WORDLESS)), "{number}");
        }
        assert!(untold("s", status(507)).message().contains("no room"));
    }

    #[test]
    fn a_problem_keeps_the_words_of_the_server() {
        let problem = |name: &str, status| Problem {
            kind: format!("/problems/{name}"),
            title: String::new(),
            status,
            detail: "said".to_owned(),
        };
        let trash = told(status(409), &problem("in-trash", 409));
        assert_eq!(
            (trash.kind(), trash.code(), trash.message()),
            (ErrorKind::Conflict, Some("in-trash"), "said")
        );
        assert_eq!(told(status(500), &problem("damaged", 500)).kind(), ErrorKind::Damaged);
        assert_eq!(told(status(500), &problem("internal", 500)).kind(), ErrorKind::Unavailable);
        assert_eq!(told(status(507), &problem("other", 507)).code(), None);
    }
}
