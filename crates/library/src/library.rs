//! An open library.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use catalog::Catalog;
use model::{Clock, Error, ErrorKind, Medium, Result, SpaceId};
use vault::keys::{Passphrase, PublicKey, SecretKey, load_key_file};
use vault::store::{LocalStore, open_store};
use vault::{Store, StorePath, store};

use crate::Layout;
use crate::accounts::{Ceremonies, Guesses, Refusals};
use crate::copies::elsewhere;

/// The name of the copy that is the library's own store.
pub const LIBRARY_COPY: &str = "library";

/// What the catalog's encryption key is derived for; see [`SecretKey::derive`].
const CATALOG_KEY: &str = "ourphoto catalog v1";

/// Where things are that are not in the data folder.
#[derive(Clone, Default)]
pub struct OpenOptions {
    /// The server key, if it is not `server.key` in the data folder.
    pub key_file: Option<PathBuf>,
    /// What protects the server key, if anything does.
    pub passphrase: Option<Passphrase>,
    /// A PostgreSQL address, if the catalog is not embedded.
    pub database: Option<String>,
}

impl OpenOptions {
    /// The server key's file.
    pub(crate) fn key_path(&self, layout: &Layout) -> PathBuf {
        self.key_file.clone().unwrap_or_else(|| layout.server_key())
    }

    /// Opens, or creates, the catalog.
    pub(crate) async fn open_catalog(&self, layout: &Layout, server_key: &SecretKey) -> Result<Catalog> {
        let url = match &self.database {
            Some(url) => url.parse()?,
            None => catalog::Url::sqlite(layout.catalog()),
        };
        Catalog::open(&url, Some(&*server_key.derive(CATALOG_KEY))).await
    }
}

/// How the store at a copy's address is opened.
pub(crate) type Opener = Arc<dyn Fn(&str) -> Result<Arc<dyn Store>> + Send + Sync>;

/// One data folder, opened. Cheap to share behind an `Arc`.
pub struct Library {
    /// Where it is.
    pub layout: Layout,
    /// What is known of the photos.
    pub catalog: Catalog,
    /// Where the originals are.
    pub store: Arc<dyn Store>,
    /// Where thumbnails and previews are.
    pub renditions: Arc<dyn Store>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Opens the stores of copies.
    pub(crate) opener: Opener,
    /// Rings when something waits to be delivered.
    pub(crate) told: tokio::sync::Notify,
    server_key: SecretKey,
    /// Questions that only a recovery key can answer.
    pub(crate) challenges: crate::accounts::Challenges,
    space_keys: Mutex<HashMap<SpaceId, SecretKey>>,
    /// Passkeys that browsers were asked for.
    pub(crate) ceremonies: Ceremonies,
    /// Codes that were wrong.
    pub(crate) guesses: Guesses,
    /// Refused sign-ins that are not on record yet.
    pub(crate) refusals: Refusals,
    /// What looking after the copies keeps in mind.
    pub(crate) watch: crate::safety::Watch,
}

impl Library {
    /// Opens the library in a data folder.
    ///
    /// # Errors
    /// `NotFound` where none was set up, `Conflict` where a recovery was not finished, `Forbidden` for a wrong
    /// passphrase.
    pub async fn open(layout: Layout, options: &OpenOptions, clock: Arc<dyn Clock>) -> Result<Self> {
        if layout.recovering().exists() {
            return Err(Error::new(
                ErrorKind::Conflict,
                format!(
                    "the recovery into {} is not finished; run 'ourphoto admin recover' with the same --from and \
                     --data again, it goes on where it stopped",
                    layout.root().display()
                ),
            ));
        }
        let key_path = options.key_path(&layout);
        let passphrase = options.passphrase.clone();
        let server_key = load_key_file(&key_path, || passphrase).map_err(|error| match error.kind() {
            ErrorKind::NotFound => Error::not_found(format!(
                "there is no library in {} (no server key at {}); 'ourphoto admin setup' makes one",
                layout.root().display(),
                key_path.display()
            )),
            _ => error,
        })?;
        if options.database.is_none() && !layout.catalog().exists() {
            return Err(Error::not_found(format!(
                "the catalog {} is gone, or the set-up was not finished. If there are photos here, bring them back into a \
                 new folder: 'ourphoto admin recover --from {}'; if not, run 'ourphoto admin setup' again",
                layout.catalog().display(),
                layout.store().display()
            )));
        }
        let catalog = options.open_catalog(&layout, &server_key).await?;
        let library = Self::assemble(layout, catalog.clone(), server_key, clock);
        let library = catalog.or_close(library).await?;
        catalog.or_close(library.belongs_together().await).await?;
        Ok(library)
    }

    /// Whether server key, catalog and store are those of one library, which was set up to its end.
    async fn belongs_together(&self) -> Result<()> {
        let mut tx = self.catalog.read().await?;
        let known = tx.library_get().await?.ok_or_else(|| {
            Error::not_found("the set-up of this library was not finished; run 'ourphoto admin setup' again")
        })?;
        if known.server_recipient != self.server_key.public().to_string() {
            return Err(Error::new(ErrorKind::Conflict, "the catalog belongs to another server key"));
        }
        let own = tx.copy_by_name(LIBRARY_COPY).await?;
        drop(tx);
        let found = match store::read_info(&*self.store) {
            // The catalog knows which store it is; a damaged description must not keep anybody from their photos.
            Err(error) if error.kind() == ErrorKind::Damaged && own.is_some() => {
                let id = own.as_ref().map_or_else(model::StoreId::generate, |own| own.store_id);
                store::rewrite_info(&*self.store, id, known.id)?;
                store::read_info(&*self.store)?
            }
            other => other?,
        };
        let found = found.ok_or_else(|| {
            Error::not_found(format!(
                "the store of this library is not at {}: is its disk mounted?",
                self.store.describe()
            ))
        })?;
        if own.is_some_and(|own| own.store_id != found.store) {
            return Err(Error::new(
                ErrorKind::Conflict,
                format!("{} is the store of another library", self.store.describe()),
            ));
        }
        Ok(())
    }

    /// Puts the parts together, without looking whether they fit.
    pub(crate) fn assemble(
        layout: Layout,
        catalog: Catalog,
        server_key: SecretKey,
        clock: Arc<dyn Clock>,
    ) -> Result<Self> {
        let store: Arc<dyn Store> =
            Arc::new(LocalStore::open(std::path::absolute(layout.store()).map_err(at_root)?)?);
        // Renditions can be made again: where their folder is missing, no disk is.
        std::fs::create_dir_all(layout.renditions()).map_err(at_root)?;
        let renditions: Arc<dyn Store> =
            Arc::new(LocalStore::open(std::path::absolute(layout.renditions()).map_err(at_root)?)?);
        let opener: Opener = Arc::new(open_store);
        Ok(Self {
            layout,
            catalog,
            store,
            renditions,
            clock,
            opener,
            told: tokio::sync::Notify::new(),
            server_key,
            challenges: crate::accounts::Challenges::default(),
            space_keys: Mutex::default(),
            ceremonies: Ceremonies::default(),
            guesses: Guesses::default(),
            refusals: Refusals::default(),
            watch: crate::safety::Watch::default(),
        })
    }

    /// The same library over another store, as tests of failing disks need it.
    pub fn with_store(mut self, store: Arc<dyn Store>) -> Self {
        self.store = store;
        self
    }

    /// The same library with another way to its copies, as tests of failing copies need it.
    pub fn with_opener(
        mut self,
        opener: impl Fn(&str) -> Result<Arc<dyn Store>> + Send + Sync + 'static,
    ) -> Self {
        self.opener = Arc::new(opener);
        self
    }

    /// The key that opens everything on this machine.
    pub(crate) fn server_key(&self) -> &SecretKey {
        &self.server_key
    }

    /// Whom snapshots and space keys are encrypted to: the server key and every recovery key in use.
    pub(crate) async fn recipients(&self) -> Result<Vec<PublicKey>> {
        let mut recipients = vec![self.server_key.public()];
        recipients.append(&mut self.recovery_recipients().await?);
        Ok(recipients)
    }

    /// The public halves of every recovery key in use.
    pub(crate) async fn recovery_recipients(&self) -> Result<Vec<PublicKey>> {
        let mut recipients = Vec::new();
        for key in self.catalog.read().await?.recovery_key_list().await? {
            if key.retired_at.is_none() {
                recipients.push(key.recipient.parse()?);
            }
        }
        Ok(recipients)
    }

    /// The secret key of a space; unwrapped once.
    pub async fn space_key(&self, id: SpaceId) -> Result<SecretKey> {
        if let Some(key) = self.space_keys.lock().unwrap_or_else(PoisonError::into_inner).get(&id) {
            return Ok(key.clone());
        }
        let space = self.catalog.read().await?.space_get(id).await?;
        let space = space.ok_or_else(|| Error::not_found("there is no such space"))?;
        let key = SecretKey::unwrap(&space.wrapped_key, &self.server_key)
            .map_err(|error| error.context(format!("the key of the space '{}'", space.name)))?;
        if key.public().to_string() != space.recipient {
            return Err(Error::damaged(format!(
                "the key of the space '{}' is not the right one",
                space.name
            )));
        }
        self.space_keys.lock().unwrap_or_else(PoisonError::into_inner).insert(id, key.clone());
        Ok(key)
    }

    /// Opens the store of a copy, wherever its disk is mounted; the library's own is open already.
    pub(crate) fn open_copy(&self, copy: &catalog::Copy) -> Result<Arc<dyn Store>> {
        if copy.is_library {
            return Ok(Arc::clone(&self.store));
        }
        let url = copy.url.as_deref().ok_or_else(|| Error::internal("a copy without an address"))?;
        let found = self.open_copy_at(copy, url);
        if found.is_err()
            && let Some(path) = store::path_of(url)
        {
            let mut stores = elsewhere::places(&path)
                .into_iter()
                .filter(|place| place.join(StorePath::info().as_str()).is_file());
            let store = stores.find_map(|place| self.open_copy_at(copy, place.to_str()?).ok());
            return store.map_or(found, Ok);
        }
        found
    }

    fn open_copy_at(&self, copy: &catalog::Copy, url: &str) -> Result<Arc<dyn Store>> {
        let unreachable = |what: &str| {
            Error::new(ErrorKind::Unavailable, format!("the copy '{}' cannot be reached: {what}", copy.name))
        };
        let store = (self.opener)(url).map_err(|error| unreachable(error.message()))?;
        let found = store::read_info(&*store);
        let in_doubt = match &found {
            Ok(found) => found.is_none(),
            Err(error) => error.kind() == ErrorKind::Damaged,
        };
        // Where one disk comes and goes, another of this library may be there now.
        if in_doubt && copy.medium != Medium::Offline && self.has_our_keys(&*store).unwrap_or(false) {
            self.describe_anew(copy, &*store);
            return Ok(store);
        }
        match found.map_err(|error| unreachable(error.message()))? {
            Some(info) if info.store == copy.store_id => Ok(store),
            Some(_) => Err(unreachable(&format!("there is another store at {}", store.describe()))),
            None => Err(unreachable(&format!(
                "there is no store at {}; is the disk plugged in and mounted? If everything in it was deleted, \
                 'copies remove' and 'copies add' fill it anew",
                store.describe()
            ))),
        }
    }

    /// Whether a wrapped key of this library lies in a store.
    fn has_our_keys(&self, store: &dyn Store) -> Result<bool> {
        let mut ours = HashSet::new();
        self.store.list("keys", &mut |entry| {
            ours.insert(entry.path);
            Ok(())
        })?;
        let mut found = false;
        store.list("keys", &mut |entry| {
            found |= ours.contains(&entry.path);
            Ok(())
        })?;
        Ok(found)
    }

    /// Writes the description of a store that lost it: whoever may write there must not take a whole copy away with one
    /// small file. Where that is refused the copy is known by its keys the next time, too.
    fn describe_anew(&self, copy: &catalog::Copy, store: &dyn Store) {
        if let Ok(Some(own)) = store::read_info(&*self.store) {
            store::rewrite_info(store, copy.store_id, own.library).ok();
        }
    }
}

fn at_root(error: std::io::Error) -> Error {
    Error::io("could not find the data folder", error)
}
