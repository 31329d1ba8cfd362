//! Failures as problem documents (RFC 9457). What only the log may read stays in the log.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::{Error, ErrorKind};

/// An error on its way to the client.
pub(crate) struct Failure(pub(crate) Error);

/// What handlers answer with.
pub(crate) type Answer<T> = Result<T, Failure>;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let error = self.0;
        let (status, name, title) = described(error.kind());
        // Of what went wrong inside, a client learns that it did: paths, addresses and database texts are for the log.
        let inside = status.is_server_error() && error.code().is_none();
        if inside {
            let causes = std::iter::successors(std::error::Error::source(&error), |cause| cause.source());
            let causes: Vec<String> = causes.map(ToString::to_string).collect();
            tracing::error!(
                kind = name,
                message = error.message(),
                detail = error.detail(),
                ?causes,
                "request failed"
            );
        }
        let detail = if inside { inner_detail(error.kind()).to_owned() } else { error.message().to_owned() };
        let mut response = document(status, error.code().unwrap_or(name), title, detail);
        let headers = response.headers_mut();
        match error.kind() {
            ErrorKind::Unproved => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            ErrorKind::TooMany => {
                let wait = if error.code() == Some("too-often") { "10" } else { "60" };
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static(wait));
            }
            _ => {}
        }
        response
    }
}

pub(crate) fn document(status: StatusCode, name: &str, title: &str, detail: String) -> Response {
    let problem = api::Problem {
        kind: format!("/problems/{name}"),
        title: title.to_owned(),
        status: status.as_u16(),
        detail,
    };
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let kind = HeaderValue::from_static("application/problem+json");
    (status, [(header::CONTENT_TYPE, kind)], body).into_response()
}

fn described(kind: ErrorKind) -> (StatusCode, &'static str, &'static str) {
    match kind {
        ErrorKind::Invalid => (StatusCode::BAD_REQUEST, "invalid", "The request cannot be right"),
        ErrorKind::NotFound => (StatusCode::NOT_FOUND, "not-found", "There is no such thing"),
        ErrorKind::Conflict => (StatusCode::CONFLICT, "conflict", "It exists already, or changed meanwhile"),
        ErrorKind::Forbidden => (StatusCode::FORBIDDEN, "forbidden", "Not allowed"),
        ErrorKind::Unproved => (StatusCode::UNAUTHORIZED, "unproved", "Who asks is not known"),
        ErrorKind::TooMany => (StatusCode::TOO_MANY_REQUESTS, "too-many", "Asked too often"),
        ErrorKind::OutOfSpace => (StatusCode::INSUFFICIENT_STORAGE, "out-of-space", "There is no room"),
        ErrorKind::Unavailable | ErrorKind::Interrupted => {
            (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Not possible now")
        }
        ErrorKind::Damaged => (StatusCode::INTERNAL_SERVER_ERROR, "damaged", "Stored bytes are damaged"),
        ErrorKind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "A defect of the server"),
    }
}

fn inner_detail(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::OutOfSpace => {
            "the server's disk is full; nothing was kept. Whoever runs it has to make room"
        }
        ErrorKind::Damaged => {
            "what is stored is not what it was; 'copies check' and 'copies heal' put it right"
        }
        ErrorKind::Unavailable | ErrorKind::Interrupted => {
            "a disk or the database does not answer; try again later"
        }
        _ => "something went wrong inside the server; its log says more",
    }
}

/// What happens to requests for nothing.
pub(crate) async fn nothing_here() -> Failure {
    Failure(Error::not_found("there is nothing at this address"))
}

/// And to those that ask for it in the wrong way.
pub(crate) async fn wrong_method() -> Response {
    let detail = "this address does not take this method".to_owned();
    document(StatusCode::METHOD_NOT_ALLOWED, "wrong-method", "Not with this method", detail)
}
