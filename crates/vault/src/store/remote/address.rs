//! A store's address taken apart: what it names, what its query says, and the secrets of its credentials file.

use std::collections::HashMap;

use model::{Error, Result, Timestamp};
use url::Url;

/// An address whose query has only keys that its scheme knows.
pub(super) struct Address {
    url: Url,
    query: HashMap<String, String>,
    /// What the credentials file says; empty without one.
    credentials: HashMap<String, String>,
}

impl Address {
    pub(super) fn parse(url: &Url) -> Result<Self> {
        if url.password().is_some() {
            return Err(Error::invalid(
                "a password in a store address ends up in logs and process lists; put it into a file and add \
                 ?credentials=/path/to/file",
            ));
        }
        let query: HashMap<String, String> = url.query_pairs().into_owned().collect();
        let known = known_keys(url.scheme());
        if let Some(unknown) = query.keys().find(|key| !known.contains(&key.as_str())) {
            return Err(Error::invalid(format!(
                "'{unknown}' is not known in {} addresses; these are: {}",
                url.scheme(),
                known.join(", ")
            )));
        }
        let credentials = match query.get("credentials") {
            // Google's key files are JSON, which is read by who signs with it.
            Some(path) if url.scheme() != "gcs" => read_credentials(path)?,
            _ => HashMap::new(),
        };
        Ok(Self { url: url.clone(), query, credentials })
    }

    pub(super) fn scheme(&self) -> &str {
        self.url.scheme()
    }

    /// The host, bucket or container.
    pub(super) fn host(&self) -> Result<&str> {
        self.url
            .host_str()
            .filter(|host| !host.is_empty())
            .ok_or_else(|| Error::invalid(format!("'{}' names no host, bucket or container", self.url)))
    }

    pub(super) fn port(&self) -> Option<u16> {
        self.url.port()
    }

    pub(super) fn username(&self) -> Option<String> {
        (!self.url.username().is_empty()).then(|| percent_decode(self.url.username()))
    }

    /// The folder as the person wrote it, percent-encoding undone.
    pub(super) fn root(&self) -> String {
        percent_decode(if self.url.path().is_empty() { "/" } else { self.url.path() })
    }

    pub(super) fn query(&self, key: &str) -> Option<&str> {
        self.query.get(key).map(String::as_str)
    }

    /// What the credentials file says.
    pub(super) fn credential(&self, name: &str) -> Option<&str> {
        self.credentials.get(name).map(String::as_str)
    }

    /// A secret out of the credentials file, else out of the environment.
    pub(super) fn secret(&self, name: &str, variable: &str) -> Option<String> {
        let set = || std::env::var(variable).ok().filter(|value| !value.is_empty());
        self.credential(name).map(str::to_owned).or_else(set)
    }

    /// The day from whose beginning on the credentials may not open anything any more: as the credentials file says in
    /// `expires`, or a shared access signature in its `se`. `None` where neither says so.
    fn credential_ends(&self) -> Option<Timestamp> {
        let signature = || {
            let token = self.secret("sas_token", "AZURE_STORAGE_SAS_TOKEN")?;
            let mut fields = url::form_urlencoded::parse(token.trim_start_matches('?').as_bytes());
            fields.find(|(name, _)| name == "se").map(|(_, value)| value.into_owned())
        };
        let signature = || signature().filter(|_| self.scheme() == "azblob");
        day(&self.credential("expires").map(str::to_owned).or_else(signature)?)
    }
}

/// When what a store's address is opened with ends, where that is known. Reads the credentials file.
pub(crate) fn credential_ends(url: &str) -> Option<Timestamp> {
    Address::parse(&Url::parse(url).ok()?).ok()?.credential_ends()
}

/// The beginning of a day that is written as `2027-01-31`, whatever follows.
fn day(text: &str) -> Option<Timestamp> {
    let mut parts = text.get(..10)?.splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let (year, month, day) = (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    ((1..=12).contains(&month) && (1..=31).contains(&day)).then(|| Timestamp::from_civil(year, month, day))
}

fn known_keys(scheme: &str) -> &'static [&'static str] {
    match scheme {
        "s3" => &["checksum", "conditional-writes", "credentials", "endpoint", "region"],
        "b2" => &["credentials", "region"],
        "azblob" => &["account", "credentials", "endpoint"],
        "sftp" => &["key", "known-hosts"],
        // Google's tokens open whatever they are shown to, so there is no endpoint but Google's.
        _ => &["credentials"],
    }
}

/// Reads a credentials file: one `name = value` to a line, `#` starts a comment.
fn read_credentials(path: &str) -> Result<HashMap<String, String>> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Error::io(format!("could not read the credentials file {path}"), error))?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, value) = line
                .split_once('=')
                .ok_or_else(|| Error::invalid(format!("{path}: lines must look like 'name = value'")))?;
            Ok((name.trim().to_owned(), value.trim().to_owned()))
        })
        .collect()
}

fn percent_decode(text: &str) -> String {
    url::form_urlencoded::parse(format!("x={}", text.replace('+', "%2B")).as_bytes())
        .next()
        .map_or_else(|| text.to_owned(), |(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use model::ErrorKind;

    use super::*;

    fn refused(url: &str) -> Error {
        let Err(error) = Address::parse(&Url::parse(url).unwrap()) else { panic!("{url} is accepted") };
        assert_eq!(error.kind(), ErrorKind::Invalid, "{url}");
        error
    }

    #[test]
    fn a_password_in_an_address_is_refused_without_repeating_it() {
        assert!(!refused("webdavs://me:hunter2@nas.example/photos").message().contains("hunter2"));
    }

    #[test]
    fn a_query_key_that_the_scheme_does_not_know_is_refused_and_the_known_ones_are_named() {
        for (url, said) in [
            ("s3://b/p?secret=x", "'secret' is not known in s3 addresses"),
            (
                "b2://b/p?endpoint=x",
                "'endpoint' is not known in b2 addresses; these are: credentials, region",
            ),
            ("azblob://c/p?region=x", "these are: account, credentials, endpoint"),
            ("gcs://b/p?endpoint=x", "these are: credentials"),
            ("sftp://h/p?credentials=x", "these are: key, known-hosts"),
            ("webdavs://h/p?key=x", "these are: credentials"),
        ] {
            let error = refused(url);
            assert!(error.message().contains(said), "{url}: {}", error.message());
        }
    }

    #[test]
    fn folders_with_spaces_and_plus_signs_are_decoded() {
        let address = Address::parse(&Url::parse("s3://bucket/My%20Photos/a+b").unwrap()).unwrap();
        assert_eq!(address.root(), "/My Photos/a+b");
        assert_eq!(address.host().unwrap(), "bucket");
    }

    #[test]
    fn the_end_of_credentials_is_known_where_they_tell() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let ends = |url: &str, text: &str| {
            std::fs::write(&file, text).unwrap();
            credential_ends(&format!("{url}credentials={}", file.path().display()))
        };
        let day = Timestamp::from_civil(2027, 1, 31);
        assert_eq!(ends("s3://b/p?", "access_key_id = a\nexpires = 2027-01-31\n"), Some(day));
        let signature = "sas_token = ?sv=2024&se=2027-01-31T08%3A00%3A00Z&sig=x\n";
        assert_eq!(ends("azblob://c/p?account=mine&", signature), Some(day));
        assert_eq!(ends("s3://b/p?", "access_key_id = a\n"), None);
        assert_eq!(ends("s3://b/p?", "expires = soon, I think\n"), None);
    }

    #[test]
    fn a_credentials_file_has_names_values_and_comments() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, "# of the nas\n\n username = me \npassword = a = b\n").unwrap();
        let url = format!("webdavs://nas/photos?credentials={}", file.path().display());
        let address = Address::parse(&Url::parse(&url).unwrap()).unwrap();
        assert_eq!(address.credential("username"), Some("me"));
        assert_eq!(address.credential("password"), Some("a = b"));
        std::fs::write(&file, "hunter2\n").unwrap();
        assert!(!refused(&url).message().contains("hunter2"));
    }
}
