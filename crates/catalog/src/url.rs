//! Where a catalog is: `sqlite:///absolute/path` or `postgres://…`.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use model::{Error, Result};

/// The address of a catalog.
#[derive(Clone, PartialEq, Eq)]
pub enum Url {
    /// A file of the embedded database.
    Sqlite(PathBuf),
    /// A PostgreSQL database, with user and perhaps password.
    Postgres(String),
}

impl Url {
    /// The address of the embedded database in `path`.
    pub fn sqlite(path: impl AsRef<Path>) -> Self {
        Self::Sqlite(path.as_ref().to_owned())
    }
}

impl FromStr for Url {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if let Some(path) = text.strip_prefix("sqlite://") {
            if path.len() > 1 && path.starts_with('/') {
                return Ok(Self::Sqlite(path.into()));
            }
            return Err(Error::invalid(
                "a SQLite catalog is named by an absolute path: sqlite:///path/to/file",
            ));
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        Err(Error::invalid("the address of a catalog begins with sqlite:// or postgres://"))
    }
}

/// Without the password.
impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Self::Postgres(url) => {
                let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", url));
                // Parameters may carry a password too.
                let rest = rest.split(['?', '#']).next().unwrap_or("");
                let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
                write!(f, "{scheme}://{host}")
            }
        }
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_password() {
        let url: Url = "postgres://ann:secret@db.example:5432/photos?password=secret".parse().unwrap();
        assert_eq!(
            format!("{url} {url:?}"),
            "postgres://db.example:5432/photos postgres://db.example:5432/photos"
        );
        assert_eq!("sqlite:///a/b".parse::<Url>().unwrap(), Url::sqlite("/a/b"));
        assert!("sqlite://a/b".parse::<Url>().is_err());
        assert!("mysql://x".parse::<Url>().is_err());
    }
}
