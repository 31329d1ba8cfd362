//! The recovery kit: what is printed at set-up and brings everything back, with any one copy, on an empty machine.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use model::{Error, Result, Timestamp};
use uuid::Uuid;
use vault::keys::SecretKey;
use zeroize::Zeroizing;

/// The recovery key, shown once; only its public half stays on the server.
pub struct RecoveryKit {
    pub(crate) key: SecretKey,
    pub(crate) made: Timestamp,
    pub(crate) library: Uuid,
    pub(crate) email: String,
}

impl RecoveryKit {
    /// The kit as text to print: an age identity file too, so that `age -d -i` takes it as it is.
    pub fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(format!(
            "\
# OurPhoto recovery kit
#
# Print this page and keep it away from the computer. Whoever has it and one copy of the photos can read them all.
# Without it, a lost server means lost photos. It cannot be shown again.
#
# made        {made}
# for         {email}
# library     {library}
# public key  {public}
#
# To get everything back on a new machine, from any one copy:
#
#   ourphoto admin recover --from COPY --recovery-key THIS-FILE --data FOLDER
#
# Without OurPhoto: RECOVERY.md in every copy says how, with age, zstd, jq and sha256sum alone.
#
# The recovery key, which is the line below (write it down exactly; upper case, no spaces):
{key}
",
            made = self.made,
            email = self.email,
            library = self.library,
            public = self.key.public(),
            key = *self.key.reveal(),
        ))
    }

    /// Writes the kit to a new file that only its owner can read. Never overwrites.
    pub fn write(&self, path: &Path) -> Result<()> {
        if path.exists() {
            return Err(Error::new(
                model::ErrorKind::Conflict,
                format!(
                    "{} exists already and was not touched; name another file (or remove it, if it is of a set-up \
                     that did not finish)",
                    path.display()
                ),
            ));
        }
        let failed =
            |error| Error::io(format!("could not write the recovery kit to {}", path.display()), error);
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
        file.write_all(self.text().as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        let full = std::path::absolute(path)
            .map_err(|error| Error::io("could not find the recovery kit's folder", error))?;
        vault::store::sync_folder_of(&full)
    }
}
