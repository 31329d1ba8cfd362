//! The site that passkeys belong to.

use std::fmt;

use model::{Error, ErrorKind, Result};
use webauthn_rs::prelude::{Url, Webauthn, WebauthnBuilder};

/// The site that passkeys belong to, as browsers know it: they give out a passkey only to the host that it was made for,
/// and say from which origin they were asked. So both follow from the address that people open, and from nothing that
/// a request says.
#[derive(Clone)]
pub struct Site(pub(super) Webauthn);

impl Site {
    /// The site at an address such as `https://photos.example.org`.
    ///
    /// # Errors
    /// `Unavailable` with the code `no-public-url` for an address that browsers make no passkeys for.
    pub fn at(public_url: &str) -> Result<Self> {
        let origin = Url::parse(public_url).map_err(|error| no_name().with_source(error))?;
        // A number is no name, and only the machine itself is trusted without TLS.
        let host = origin.domain().ok_or_else(no_name)?.to_owned();
        if origin.scheme() != "https" && host != "localhost" {
            return Err(no_name());
        }
        let built = WebauthnBuilder::new(&host, &origin).and_then(|site| site.rp_name("OurPhoto").build());
        built.map(Self).map_err(|error| no_name().with_source(error))
    }
}

fn no_name() -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "passkeys belong to a name: the server's public_url (--public-url) has to be an https:// address with a host \
         name, not a number",
    )
    .with_code("no-public-url")
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Site").field(&self.0.get_allowed_origins()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_that_browsers_make_passkeys_for_are_sites() {
        for good in ["https://photos.example.org", "https://nas.local:8443", "http://localhost:2342"] {
            Site::at(good).unwrap();
        }
        for bad in ["http://photos.example.org", "https://192.168.1.5", "https://[::1]", "", "photos"] {
            let error = Site::at(bad).unwrap_err();
            assert_eq!(error.code(), Some("no-public-url"), "{bad}");
            assert!(error.message().contains("--public-url"), "{error}");
        }
    }
}
