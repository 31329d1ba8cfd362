//! The one error of the workspace.
//!
//! Which kind to use where:
//! - `Invalid`: the caller's input cannot be right; the message says what would be.
//! - `NotFound`, `Conflict`, `Forbidden`: the request is understood and refused.
//! - `Unproved`: nobody has signed in, or must prove again who they are.
//! - `TooMany`: asked too often; the same request may be made later.
//! - `Damaged`: stored bytes are not what they were; never retried, healed instead.
//! - `OutOfSpace`, `Unavailable`: the outside world refuses now and may not later; safe to try again.
//! - `Interrupted`: a person or the system asked us to stop; what was acknowledged stays.
//! - `Internal`: a defect of ours.
//!
//! `message` is for a person and may reach a client: no secret, no host path that the person did not name.
//! `detail` is for the log only. `code` names a failure that a program must be able to tell from others of its kind.

use std::error::Error as StdError;
use std::fmt;

/// Result with the workspace's error.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What sort of failure it is: decides retry, exit code and, at the server, the HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The input cannot be right.
    Invalid,
    /// The thing that was named does not exist.
    NotFound,
    /// The thing exists already, or changed meanwhile.
    Conflict,
    /// Not allowed.
    Forbidden,
    /// Who asks is not known, or not surely enough.
    Unproved,
    /// Asked too often.
    TooMany,
    /// Stored bytes do not match what was recorded.
    Damaged,
    /// A disk or quota is full.
    OutOfSpace,
    /// A disk, store or database does not answer as it should; trying again later may help.
    Unavailable,
    /// Stopped on request.
    Interrupted,
    /// A defect of ours.
    Internal,
}

/// What happened, to what, and what to do; with a part that only the log may read.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    detail: Option<String>,
    code: Option<&'static str>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of `kind` that tells a person `message`.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), detail: None, code: None, source: None }
    }

    /// Input that cannot be right.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, message)
    }

    /// A named thing that is not there.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotFound, message)
    }

    /// Stored bytes that are not what they were.
    pub fn damaged(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Damaged, message)
    }

    /// A defect of ours.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }

    /// Something that exists already, or changed meanwhile.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Conflict, message)
    }

    /// Something that is not allowed.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Forbidden, message)
    }

    /// An IO error met while doing `what` (as in "could not write the object").
    pub fn io(what: impl fmt::Display, source: std::io::Error) -> Self {
        use std::io::ErrorKind as Io;
        // An error of ours that passed through an io::Read keeps its kind and words.
        if source.get_ref().is_some_and(<dyn StdError + Send + Sync>::is::<Self>) {
            let inner = source.into_inner().and_then(|inner| inner.downcast::<Self>().ok());
            return *inner.expect("checked just above");
        }
        let kind = match source.kind() {
            Io::NotFound => ErrorKind::NotFound,
            Io::AlreadyExists => ErrorKind::Conflict,
            Io::StorageFull | Io::QuotaExceeded | Io::FileTooLarge => ErrorKind::OutOfSpace,
            Io::InvalidData | Io::UnexpectedEof => ErrorKind::Damaged,
            _ => ErrorKind::Unavailable,
        };
        let message = format!("{what}: {source}");
        Self { kind, message, detail: None, code: None, source: Some(Box::new(source)) }
    }

    /// Adds what only the log may read.
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Names the failure for programs: lower case, words with hyphens, never changed once released.
    pub fn with_code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    /// Adds the error underneath.
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Puts `context` in front of the message, as in "IMG_1.jpg: the disk is full".
    pub fn context(mut self, context: impl fmt::Display) -> Self {
        self.message = format!("{context}: {}", self.message);
        self
    }

    /// What sort of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What a person is told.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The failure's name for programs, if it has one of its own.
    pub fn code(&self) -> Option<&'static str> {
        self.code
    }

    /// What only the log may read.
    pub fn detail(&self) -> Option<&str> {
        self.detail.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

/// Lets our errors pass through `std::io::Read` and `Write` without losing their kind; see [`Error::io`].
impl From<Error> for std::io::Error {
    fn from(error: Error) -> Self {
        Self::other(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_survives_the_way_through_io() {
        let io: std::io::Error = Error::damaged("object ab is not what it was").into();
        let back = Error::io("reading", io);
        assert_eq!(back.kind(), ErrorKind::Damaged);
        assert_eq!(back.message(), "object ab is not what it was");
    }

    #[test]
    fn a_full_disk_is_out_of_space() {
        let full = std::io::Error::from_raw_os_error(28);
        assert_eq!(Error::io("could not write", full).kind(), ErrorKind::OutOfSpace);
    }
}
