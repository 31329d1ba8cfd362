//! The folder that photos are restored into. Names come from anywhere, so none is trusted: whatever they say, files end
//! up below the target.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use model::{Error, ErrorKind, Result, Sha256};
use vault::store::{begin_writing_back, rename_new, set_modified};

/// The longest name that file systems commonly take, in bytes.
const MAX_NAME: usize = 255;

/// What became of a file.
pub(super) enum Written {
    /// Written under its own name.
    New,
    /// There already, with the same bytes.
    There,
    /// Written under another name, because the target cannot hold its own.
    Renamed(String),
}

/// Where a file goes.
pub(super) struct FilePlace {
    folder: PathBuf,
    name: OsString,
    renamed: bool,
}

impl FilePlace {
    fn path(&self) -> PathBuf {
        self.folder.join(&self.name)
    }

    /// Whether the file is there already with exactly these bytes.
    ///
    /// # Errors
    /// `Conflict` if another file has its name.
    pub(super) fn has(&self, content: &Sha256, size: u64) -> Result<bool> {
        let path = self.path();
        let metadata = match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            other => other.map_err(|error| failed("the target could not be looked at", error))?,
        };
        if metadata.is_file() && metadata.len() == size {
            let mut file = File::open(&path).map_err(|error| failed("it could not be compared", error))?;
            if vault::hash_bytes(&mut file)?.0 == *content {
                return Ok(true);
            }
        }
        Err(Error::new(
            ErrorKind::Conflict,
            "another file of that name is in the target, and was left as it is; restore into an empty folder",
        ))
    }

    /// Writes a file aside and gives it its name when `fill` has verified every byte.
    pub(super) fn write(
        &self,
        modified_ns: Option<i64>,
        fill: impl FnOnce(&mut dyn Write) -> Result<()>,
    ) -> Result<Written> {
        let aside = Aside::new(&self.folder)?;
        let mut file = &aside.file;
        fill(&mut file)?;
        if let Some(ns) = modified_ns {
            set_times(&aside.file, ns)?;
        }
        begin_writing_back(&aside.file);
        aside.name(&self.path())?;
        Ok(if self.renamed {
            Written::Renamed(self.name.to_string_lossy().into_owned())
        } else {
            Written::New
        })
    }

    /// Sets the modification time of a file that was there.
    pub(super) fn set_modified(&self, modified_ns: Option<i64>) -> Result<()> {
        let Some(ns) = modified_ns else { return Ok(()) };
        let file = File::open(self.path()).map_err(|error| failed("its time could not be set", error))?;
        set_times(&file, ns)
    }
}

pub(super) struct Target {
    root: PathBuf,
    /// Folders that were cleared of what an earlier, killed restore left behind.
    cleared: Mutex<HashSet<PathBuf>>,
}

/// How files are called until they are complete.
const PREFIX: &str = ".ourphoto-";
const SUFFIX: &str = ".part";

impl Target {
    /// Opens the target folder, making it if need be.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let made = fs::create_dir_all(path).and_then(|()| fs::canonicalize(path));
        let root =
            made.map_err(|error| Error::io(format!("could not make the folder {}", path.display()), error))?;
        Ok(Self { root, cleared: Mutex::default() })
    }

    /// Where a file goes; its folder is made.
    ///
    /// # Errors
    /// `Conflict` if something that is no folder is in the way, a link included: links are not followed.
    pub(super) fn place(&self, folder: &[u8], name: &[u8]) -> Result<FilePlace> {
        let mut path = self.root.clone();
        let mut renamed = false;
        for part in folder.split(|b| *b == b'/').filter(|part| !part.is_empty()) {
            let (part, changed) = safe_name(part);
            renamed |= changed;
            path.push(part);
            match fs::symlink_metadata(&path) {
                Ok(metadata) if metadata.is_dir() => {}
                Ok(_) => {
                    return Err(Error::new(
                        ErrorKind::Conflict,
                        format!(
                            "{} is in the way and is no folder; restore into an empty folder",
                            path.display()
                        ),
                    ));
                }
                Err(_) => match fs::create_dir(&path) {
                    Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                        return Err(failed("its folder could not be made", error));
                    }
                    _ => {}
                },
            }
        }
        self.clear(&path);
        let (name, changed) = safe_name(name);
        Ok(FilePlace { folder: path, name, renamed: renamed || changed })
    }

    /// Removes unfinished files from a folder, before the first file is written into it.
    fn clear(&self, folder: &Path) {
        let mut cleared = self.cleared.lock().unwrap_or_else(PoisonError::into_inner);
        if !cleared.insert(folder.to_owned()) {
            return;
        }
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            // 32 hexadecimal digits between: nobody's photo is called so.
            if name.len() == PREFIX.len() + 32 + SUFFIX.len()
                && name.starts_with(PREFIX)
                && name.ends_with(SUFFIX)
            {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    /// Makes everything that was written durable.
    pub(super) fn sync(&self) -> Result<()> {
        let synced = File::open(&self.root).and_then(|root| {
            #[cfg(target_os = "linux")]
            rustix::fs::syncfs(&root)?;
            root.sync_all()
        });
        synced.map_err(|error| failed("what was restored could not be synced to the disk", error))
    }
}

/// A file without its name yet; gone when dropped.
struct Aside {
    file: File,
    path: Option<PathBuf>,
}

impl Aside {
    /// The name is nobody else's: two files may want the same place at the same time.
    fn new(folder: &Path) -> Result<Self> {
        let path = folder.join(format!("{PREFIX}{}{SUFFIX}", uuid::Uuid::now_v7().simple()));
        let file = OpenOptions::new().write(true).create_new(true).mode(0o644).open(&path);
        let file = file.map_err(|error| failed("it could not be written", error))?;
        Ok(Self { file, path: Some(path) })
    }

    fn name(mut self, path: &Path) -> Result<()> {
        let Some(aside) = self.path.clone() else { return Ok(()) };
        rename_new(&aside, path).map_err(|error| failed("it could not be given its name", error))?;
        self.path = None;
        Ok(())
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            let _ = fs::remove_file(path);
        }
    }
}

fn set_times(file: &File, modified_ns: i64) -> Result<()> {
    set_modified(file, modified_ns).map_err(|error| failed("its modification time could not be set", error))
}

/// An IO error of the target. A missing thing there is not a missing photo.
pub(super) fn failed(what: &str, error: io::Error) -> Error {
    let error = Error::io(what, error);
    match error.kind() {
        ErrorKind::OutOfSpace => error,
        _ => Error::new(ErrorKind::Conflict, error.message().to_owned()),
    }
}

/// A name that stays in its folder, and whether that meant changing it. Any byte but `/` and NUL may be in a name.
fn safe_name(name: &[u8]) -> (OsString, bool) {
    let mut safe = Vec::with_capacity(name.len());
    for byte in name {
        match byte {
            0 | b'/' => safe.extend(format!("%{byte:02X}").bytes()),
            byte => safe.push(*byte),
        }
    }
    if safe.is_empty() || safe == b"." || safe == b".." {
        safe = if safe.is_empty() { b"%".to_vec() } else { safe.iter().flat_map(|_| *b"%2E").collect() };
    }
    if safe.len() > MAX_NAME {
        // The start and the extension say most; the hash keeps two long names apart.
        let hash = vault::hash_bytes(&mut &name[..]).map(|(hash, _)| hash.to_string()).unwrap_or_default();
        let extension = safe.iter().rposition(|b| *b == b'.').filter(|at| safe.len() - at <= 16);
        let tail = extension.map(|at| safe[at..].to_vec()).unwrap_or_default();
        safe.truncate(MAX_NAME - tail.len() - 17);
        while safe.last().is_some_and(|b| (0x80..0xC0).contains(b)) {
            safe.pop();
        }
        safe.push(b'~');
        safe.extend(&hash.as_bytes()[..hash.len().min(16)]);
        safe.extend(tail);
    }
    let changed = safe != name;
    (OsString::from_vec(safe), changed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whatever_a_name_says_the_file_stays_below_the_target(
            folder in prop::collection::vec(any::<u8>(), 0..40), name in prop::collection::vec(any::<u8>(), 0..300)
        ) {
            let dir = tempfile::tempdir().unwrap();
            let target = Target::open(dir.path()).unwrap();
            let root = fs::canonicalize(dir.path()).unwrap();
            let place = target.place(&folder, &name).unwrap();
            place.write(None, |out| { out.write_all(b"x").unwrap(); Ok(()) }).unwrap();
            let real = fs::canonicalize(place.path()).unwrap();
            prop_assert!(real.starts_with(&root), "{:?}", real);
            prop_assert_eq!(fs::read(real).unwrap(), b"x");
        }
    }

    #[test]
    fn climbing_names_are_kept_visible_and_inside() {
        assert_eq!(safe_name(b".."), ("%2E%2E".into(), true));
        assert_eq!(safe_name(b"a/b"), ("a%2Fb".into(), true));
        assert_eq!(safe_name("né 😀\n.jpg".as_bytes()), ("né 😀\n.jpg".into(), false));
        let long = [vec![b'x'; 300], b".jpeg".to_vec()].concat();
        let (short, _) = safe_name(&long);
        assert!(short.len() <= MAX_NAME && short.to_string_lossy().ends_with(".jpeg"));
    }

    #[test]
    fn a_link_in_the_target_is_not_followed() {
        let (dir, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::os::unix::fs::symlink(outside.path(), dir.path().join("album")).unwrap();
        let target = Target::open(dir.path()).unwrap();
        assert!(target.place(b"album", b"photo.jpg").is_err());
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    }
}
