//! The key hierarchy: server key → space key → objects, and the recovery key beside the server key.
//!
//! Every key is an age X25519 key. A space's secret key is stored only wrapped: as an age file encrypted to the server
//! key and to every recovery key. The recovery key's secret half is shown once and never stored.

mod file;

use std::fmt;
use std::io::{Read, Write};
use std::str::FromStr;

use age::secrecy::ExposeSecret;
use model::{Error, Result};
use zeroize::Zeroizing;

pub use file::{Passphrase, create_key_file, load_key_file, parse_identity_file};

use crate::crypt::{decrypt, encrypt};

/// A secret key (an age identity). Never printed by `Debug`.
#[derive(Clone)]
pub struct SecretKey(pub(crate) age::x25519::Identity);

/// The public half: what things are encrypted to (an age recipient, `age1…`).
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(pub(crate) age::x25519::Recipient);

impl SecretKey {
    /// A new random key.
    pub fn generate() -> Self {
        Self(age::x25519::Identity::generate())
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.to_public())
    }

    /// `AGE-SECRET-KEY-1…`, wiped when dropped.
    pub fn reveal(&self) -> Zeroizing<String> {
        Zeroizing::new(self.0.to_string().expose_secret().to_owned())
    }

    /// A key for another purpose, derived with HKDF-SHA256 (RFC 5869); `purpose` must be unique to its use.
    pub fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        let secret = self.reveal();
        let mut out = Zeroizing::new([0; 32]);
        hkdf::Hkdf::<sha2::Sha256>::new(None, secret.as_bytes())
            .expand(purpose.as_bytes(), &mut *out)
            .expect("32 bytes is a length that HKDF can give");
        out
    }

    /// This key as an age file that any of `recipients` opens; inside is an identity file with `comment` on top.
    pub fn wrap(&self, recipients: &[PublicKey], comment: &str) -> Result<Vec<u8>> {
        let mut writer = encrypt(recipients, Vec::new())?;
        let mut text = Zeroizing::new(String::new());
        for line in comment.lines() {
            *text += "# ";
            *text += line;
            *text += "\n";
        }
        *text += &self.reveal();
        *text += "\n";
        writer.write_all(text.as_bytes()).map_err(|error| Error::io("could not wrap the key", error))?;
        writer.finish()
    }

    /// The key inside `wrapped`, opened with `key`.
    pub fn unwrap(wrapped: &[u8], key: &SecretKey) -> Result<Self> {
        // A wrapped key is a few hundred bytes; anything longer is not one.
        let mut text = Zeroizing::new(String::new());
        decrypt(key, wrapped)?
            .take(64 * 1024)
            .read_to_string(&mut text)
            .map_err(|error| Error::io("could not read the wrapped key", error))?;
        parse_identity_file(&text)
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({})", self.public())
    }
}

impl FromStr for SecretKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        text.trim()
            .parse()
            .map(Self)
            .map_err(|_| Error::invalid("this is not an age secret key (AGE-SECRET-KEY-1…)"))
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for PublicKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        text.trim().parse().map(Self).map_err(|_| Error::invalid("this is not an age public key (age1…)"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrapped_key_opens_with_each_recipient_and_with_no_other() {
        let (space, server, recovery) = (SecretKey::generate(), SecretKey::generate(), SecretKey::generate());
        let wrapped = space.wrap(&[server.public(), recovery.public()], "space Family").unwrap();
        for key in [&server, &recovery] {
            assert_eq!(SecretKey::unwrap(&wrapped, key).unwrap().public(), space.public());
        }
        assert!(SecretKey::unwrap(&wrapped, &SecretKey::generate()).is_err());
    }

    #[test]
    fn derived_keys_differ_by_purpose_and_are_stable() {
        let key = SecretKey::generate();
        assert_eq!(*key.derive("catalog"), *key.derive("catalog"));
        assert_ne!(*key.derive("catalog"), *key.derive("audit"));
    }

    #[test]
    fn a_secret_key_is_not_printed_by_debug() {
        let key = SecretKey::generate();
        assert!(!format!("{key:?}").to_uppercase().contains("SECRET-KEY"));
    }
}
