//! Originals, from the library or from wherever else they still are: a photo that a copy holds can be had, also when the
//! library's own object is gone or turns out bad in the middle.

use std::collections::VecDeque;
use std::io::{self, Read, Seek as _, SeekFrom};
use std::sync::Arc;

use catalog::{Copy, Object};
use model::{AssetId, Error, ErrorKind, Permission, Result, VersionId};
use vault::keys::SecretKey;
use vault::{ObjectReader, open_object};

use super::unreadable;
use crate::Library;
use crate::access::{Access, Actor};

/// An original, ready to be read from any point.
pub struct Readable {
    /// What it is.
    pub media_type: String,
    /// Plain bytes.
    pub size: u64,
    /// Never another's: names exactly these bytes.
    pub etag: String,
    /// The file's name.
    pub name: Vec<u8>,
    /// The plain bytes from this one on, authentic chunk by chunk. Opening and reading block.
    pub open: Box<dyn FnOnce(u64) -> Result<Original> + Send>,
}

impl Library {
    /// An original: one version of one file of a photo. With the name of a copy it is read from there and nowhere else.
    ///
    /// # Errors
    /// `Forbidden` for who may not download it, or does not manage the space and names a copy; `NotFound`; reading ends with
    /// `Damaged` where no place has it whole.
    pub async fn original(
        self: &Arc<Self>,
        actor: &Actor,
        id: AssetId,
        version: VersionId,
        from_copy: Option<&str>,
    ) -> Result<Readable> {
        let mut tx = self.catalog.read().await?;
        let (asset, right) = Access::new(&mut tx, actor).asset(id).await?;
        right.needs(Permission::Download)?;
        if from_copy.is_some() {
            right.needs(Permission::Manage)?;
        }
        let none = || Error::not_found("this photo has no such version");
        let files = tx.asset_files(id).await?;
        let found = files.iter().find_map(|file| {
            file.versions.iter().find(|known| known.id == version).map(|known| (&file.file, known.object_id))
        });
        let (file, object) = found.ok_or_else(none)?;
        let name = file.name.clone();
        let object = tx.object_get(object).await?.ok_or_else(none)?;
        let good = tx.good_replicas(object.id).await?;
        drop(tx);
        let places = match from_copy {
            Some(copy) => VecDeque::from([self.copy(copy).await?]),
            None => {
                let mut places: VecDeque<Copy> = good.into_iter().filter(|copy| !copy.is_library).collect();
                places.push_front(self.library_copy().await?);
                places
            }
        };
        let key = self.space_key(asset.space_id).await?;
        let library = Arc::clone(self);
        let named = from_copy.map(str::to_owned);
        Ok(Readable {
            media_type: object.media_type.clone(),
            size: object.content_size,
            etag: object.content_sha256.to_string(),
            name,
            open: Box::new(move |start| {
                let opened = Original::open(library, object, key, places, start);
                opened.map_err(|error| match named {
                    Some(copy) => not_from(&copy, error),
                    None => error,
                })
            }),
        })
    }
}

/// The plain bytes of an object, out of the first place that has them. Where one turns out bad, the next goes on at the same
/// byte.
pub struct Original {
    library: Arc<Library>,
    object: Object,
    key: SecretKey,
    /// Places that were not tried yet.
    places: VecDeque<Copy>,
    reader: ObjectReader,
    position: u64,
}

impl Original {
    fn open(
        library: Arc<Library>,
        object: Object,
        key: SecretKey,
        mut places: VecDeque<Copy>,
        position: u64,
    ) -> Result<Self> {
        let reader = next(&library, &object, &key, &mut places, position)?;
        Ok(Self { library, object, key, places, reader, position })
    }
}

impl Read for Original {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let wrong = match self.reader.read(buffer) {
                Ok(0) if !buffer.is_empty() && self.position < self.object.content_size => {
                    io::ErrorKind::UnexpectedEof.into()
                }
                Ok(filled) => {
                    self.position += filled as u64;
                    return Ok(filled);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
                Err(error) => error,
            };
            // What went wrong first is what there is to tell.
            let Self { library, object, key, places, position, .. } = self;
            self.reader = next(library, object, key, places, *position).map_err(|_| wrong)?;
        }
    }
}

/// Why a copy that was named does not give a file, for whoever named it.
fn not_from(copy: &str, error: Error) -> Error {
    let told = if error.kind() == ErrorKind::Unavailable {
        let text = format!("the copy '{copy}' cannot be reached now; is its disk plugged in?");
        Error::new(ErrorKind::Unavailable, text).with_code("copy-away")
    } else {
        Error::not_found(format!("the copy '{copy}' does not hold this file whole")).with_code("not-in-copy")
    };
    told.with_source(error)
}

/// The object in the next place that has it, from this byte on.
fn next(
    library: &Library,
    object: &Object,
    key: &SecretKey,
    places: &mut VecDeque<Copy>,
    position: u64,
) -> Result<ObjectReader> {
    let mut first = None;
    while let Some(place) = places.pop_front() {
        let opened = library.open_copy(&place).and_then(|store| {
            let mut reader = open_object(&store, &object.hash, object.size, key)?;
            let sought = reader.seek(SeekFrom::Start(position));
            sought.map_err(|error| Error::io("stored bytes cannot be read", error))?;
            Ok(reader)
        });
        match opened {
            Ok(reader) => return Ok(reader),
            Err(error) => {
                first.get_or_insert(error);
            }
        }
    }
    let error = first.unwrap_or_else(|| Error::new(ErrorKind::NotFound, "there is nowhere to read it from"));
    Err(unreadable(error))
}
