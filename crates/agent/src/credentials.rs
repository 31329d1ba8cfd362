//! Where a program keeps what it signs in with: a file that only its owner can read.

use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use model::{Error, Result};
use serde::{Deserialize, Serialize};

/// What somebody has signed in with.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// The server's address.
    pub server: String,
    /// Who.
    pub email: String,
    /// The session's secret.
    pub secret: String,
}

/// `ourphoto/credentials.json` in the person's configuration folder.
pub fn default_path() -> Result<PathBuf> {
    let configured = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || std::env::var_os("HOME").map(|home| Path::new(&home).join(".config"));
    let folder = configured.or_else(home);
    let folder =
        folder.ok_or_else(|| Error::invalid("there is no home folder; set HOME or XDG_CONFIG_HOME"))?;
    Ok(folder.join("ourphoto").join("credentials.json"))
}

impl Credentials {
    /// Reads them; `None` where nobody has signed in.
    ///
    /// # Errors
    /// `Forbidden` for a file that others can read: what is in it is no secret any more.
    pub fn load(path: &Path) -> Result<Option<Self>> {
        let failed = |error| Error::io(format!("could not read {}", path.display()), error);
        let text = match std::fs::read(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(failed)?,
        };
        if std::fs::metadata(path).map_err(failed)?.mode() & 0o077 != 0 {
            return Err(Error::forbidden(format!(
                "{} can be read by others; sign out of that session elsewhere, delete the file and sign in again",
                path.display()
            )));
        }
        serde_json::from_slice(&text).map(Some).map_err(|error| {
            Error::damaged(format!("{} cannot be read; sign in again", path.display())).with_source(error)
        })
    }

    /// Writes them, whole or not at all.
    pub fn save(&self, path: &Path) -> Result<()> {
        let failed = |error| Error::io(format!("could not write {}", path.display()), error);
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(failed)?;
        let aside = path.with_extension(format!("{}.tmp", std::process::id()));
        let text =
            serde_json::to_vec_pretty(self).map_err(|error| Error::internal("json").with_source(error))?;
        let _ = std::fs::remove_file(&aside);
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&aside)
            .map_err(failed)?;
        file.write_all(&text).and_then(|()| file.sync_all()).map_err(failed)?;
        std::fs::rename(&aside, path).map_err(failed)
    }

    /// Forgets them.
    pub fn forget(path: &Path) -> Result<()> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::io(format!("could not remove {}", path.display()), error))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn credentials_are_for_their_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep").join("credentials.json");
        assert!(Credentials::load(&path).unwrap().is_none());
        let made = Credentials { server: "s".into(), email: "e".into(), secret: "x".into() };
        made.save(&path).unwrap();
        made.save(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(Credentials::load(&path).unwrap().unwrap().secret, "x");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(Credentials::load(&path).is_err());
        Credentials::forget(&path).unwrap();
        Credentials::forget(&path).unwrap();
    }
}
