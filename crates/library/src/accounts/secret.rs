//! Secrets that are handed out once.

use std::fmt;

use argon2::password_hash::rand_core::{OsRng, RngCore};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use model::{Result, Sha256};
use zeroize::Zeroizing;

/// What a secret is for stands in front of it, so that one found in a log or a repository is known for what it is.
pub(crate) const SESSION: &str = "ops_";
pub(crate) const TOKEN: &str = "opt_";
pub(crate) const INVITATION: &str = "opi_";
pub(crate) const PAIRING: &str = "opp_";
pub(crate) const RECOVERY: &str = "opr_";
pub(crate) const KIT: &str = "opk_";

/// A secret of 256 random bits. Whoever holds it, is it.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// A new one.
    pub fn generate(prefix: &str) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        OsRng.fill_bytes(&mut *bytes);
        Self(Zeroizing::new(format!("{prefix}{}", BASE64.encode(*bytes))))
    }

    /// One that somebody presents.
    pub fn presented(text: &str) -> Self {
        Self(Zeroizing::new(text.trim().to_owned()))
    }

    /// What is kept of it. So much randomness needs no slow hash.
    pub fn hash(&self) -> Result<Sha256> {
        Ok(vault::hash_bytes(&mut self.0.as_bytes())?.0)
    }

    /// Whether it is for this.
    pub(crate) fn is_for(&self, prefix: &str) -> bool {
        self.0.starts_with(prefix)
    }

    /// The secret itself, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_are_the_same_and_none_is_printed() {
        let (one, other) = (Secret::generate(TOKEN), Secret::generate(TOKEN));
        assert_ne!(one.reveal(), other.reveal());
        assert_eq!(one.reveal().len(), TOKEN.len() + 43);
        assert_eq!(format!("{one:?}"), "Secret(…)");
        assert_eq!(Secret::presented(one.reveal()).hash().unwrap(), one.hash().unwrap());
    }
}
