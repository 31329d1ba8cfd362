//! Key files: age identity files (mode 0600), optionally protected by a passphrase as `age -p` does it.

use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use age::secrecy::SecretString;
use model::{Error, Result};
use zeroize::Zeroizing;

use super::SecretKey;
use crate::crypt::refused;

/// A passphrase; wiped when dropped, never printed.
#[derive(Clone)]
pub struct Passphrase(SecretString);

impl Passphrase {
    /// Takes the words of a person.
    pub fn new(words: impl Into<String>) -> Self {
        Self(SecretString::from(words.into()))
    }
}

/// The first secret key of an age identity file: comment lines and blank lines are passed over.
pub fn parse_identity_file(text: &str) -> Result<SecretKey> {
    text.lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with('#'))
        .ok_or_else(|| {
            Error::invalid("there is no key in this file; a line beginning AGE-SECRET-KEY-1 is expected")
        })?
        .parse()
}

/// Writes a new key file, durable, readable by its owner only. Never overwrites.
pub fn create_key_file(
    path: &Path,
    key: &SecretKey,
    comment: &str,
    passphrase: Option<&Passphrase>,
) -> Result<()> {
    let mut text = Zeroizing::new(String::new());
    for line in comment.lines() {
        for part in ["# ", line, "\n"] {
            *text += part;
        }
    }
    for part in ["# public key: ", &key.public().to_string(), "\n", &key.reveal(), "\n"] {
        *text += part;
    }
    let bytes = match passphrase {
        None => Zeroizing::new(text.as_bytes().to_vec()),
        Some(passphrase) => Zeroizing::new(protect(&text, passphrase)?),
    };
    let failed = |error| Error::io(format!("could not write the key file {}", path.display()), error);
    // Written aside first: half a key file would lock a person out of setting up again.
    let mut aside = path.as_os_str().to_owned();
    aside.push(".new");
    let aside = std::path::PathBuf::from(aside);
    let _ = std::fs::remove_file(&aside);
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside).map_err(failed)?;
    let linked = file
        .write_all(&bytes)
        .and_then(|()| file.sync_all())
        .and_then(|()| crate::store::rename_new(&aside, path));
    if linked.is_err() {
        let _ = std::fs::remove_file(&aside);
    }
    linked.map_err(failed)?;
    crate::store::sync_folder_of(path)
}

fn protect(text: &str, passphrase: &Passphrase) -> Result<Vec<u8>> {
    let failed = |error| Error::io("could not protect the key", error);
    let mut writer =
        age::Encryptor::with_user_passphrase(passphrase.0.clone()).wrap_output(Vec::new()).map_err(failed)?;
    writer.write_all(text.as_bytes()).map_err(failed)?;
    writer.finish().map_err(failed)
}

/// Reads a key file; asks for the passphrase only if the file is protected by one.
///
/// # Errors
/// `Invalid` if it is not a key file, `Forbidden` if the passphrase is missing or wrong.
pub fn load_key_file(path: &Path, passphrase: impl FnOnce() -> Option<Passphrase>) -> Result<SecretKey> {
    let failed = |error| Error::io(format!("could not read the key file {}", path.display()), error);
    let mut bytes = Zeroizing::new(Vec::new());
    std::fs::File::open(path).and_then(|file| file.take(1 << 20).read_to_end(&mut bytes)).map_err(failed)?;
    let text = if bytes.starts_with(b"age-encryption.org/") {
        let passphrase = passphrase().ok_or_else(|| {
            Error::new(
                model::ErrorKind::Forbidden,
                format!("the key file {} is protected by a passphrase, and none was given", path.display()),
            )
        })?;
        unprotect(&bytes, &passphrase)?
    } else {
        let text = String::from_utf8(bytes.to_vec())
            .map_err(|_| Error::invalid(format!("{} is not a key file", path.display())))?;
        Zeroizing::new(text)
    };
    parse_identity_file(&text).map_err(|error| error.context(path.display()))
}

fn unprotect(bytes: &[u8], passphrase: &Passphrase) -> Result<Zeroizing<String>> {
    let wrong = || Error::new(model::ErrorKind::Forbidden, "the passphrase of the key file is wrong");
    let mut identity = age::scrypt::Identity::new(passphrase.0.clone());
    // The library measures this machine and refuses what seems much too slow for it; a key made on a faster one
    // must still open here.
    identity.set_max_work_factor(22);
    let mut text = Zeroizing::new(String::new());
    age::Decryptor::new(bytes)
        .map_err(refused)?
        .decrypt(std::iter::once(&identity as &dyn age::Identity))
        .map_err(|error| match error {
            age::DecryptError::NoMatchingKeys | age::DecryptError::DecryptionFailed => wrong(),
            other => refused(other),
        })?
        .read_to_string(&mut text)
        .map_err(|error: io::Error| Error::io("could not read the key file", error))?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_file_is_private_is_not_overwritten_and_reads_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("server.key");
        let key = SecretKey::generate();
        create_key_file(&path, &key, "server key", None).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(load_key_file(&path, || None).unwrap().public(), key.public());
        let again = create_key_file(&path, &SecretKey::generate(), "", None).unwrap_err();
        assert_eq!(again.kind(), model::ErrorKind::Conflict);
        assert_eq!(load_key_file(&path, || None).unwrap().public(), key.public());
    }

    #[test]
    fn a_protected_key_file_opens_only_with_its_passphrase() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("server.key");
        let key = SecretKey::generate();
        let right = Passphrase::new("correct horse battery staple");
        create_key_file(&path, &key, "server key", Some(&right)).unwrap();
        assert_eq!(load_key_file(&path, || Some(right)).unwrap().public(), key.public());
        for wrong in [None, Some(Passphrase::new("incorrect"))] {
            assert_eq!(load_key_file(&path, || wrong).unwrap_err().kind(), model::ErrorKind::Forbidden);
        }
    }
}
