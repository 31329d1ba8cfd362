//! The first start: keys, catalog, store and the first person, made once.

use std::path::Path;
use std::sync::Arc;

use catalog::{Copy, Person, RecoveryKey};
use model::{Clock, CopyId, Error, ErrorKind, Medium, PersonId, Place, Result};
use uuid::Uuid;
use vault::keys::{SecretKey, create_key_file};
use vault::store;

use crate::accounts::{check_strength, hash_password};
use crate::library::LIBRARY_COPY;
use crate::{Layout, Library, OpenOptions, RecoveryKit};

/// What every store says of itself to whoever has nothing else.
pub(crate) const GUIDE: &str = include_str!("RECOVERY.md");

/// Who the library is made for.
pub struct SetUp<'a> {
    /// E-mail address of the first person.
    pub email: &'a str,
    /// Their name; empty takes the part of the address before the `@`.
    pub name: &'a str,
    /// Their password.
    pub password: &'a str,
    /// Gives the recovery kit to the person: prints it, or writes it to a file. Called before anything depends on it;
    /// if it fails, nothing was set up.
    pub deliver: &'a (dyn Fn(&RecoveryKit) -> Result<()> + Sync),
}

/// Makes a library in an empty data folder and gives it with its recovery kit.
///
/// # Errors
/// `Invalid` for an address or password that cannot be used, `Conflict` where there is a library already.
pub async fn set_up(
    layout: Layout,
    options: &OpenOptions,
    clock: Arc<dyn Clock>,
    who: SetUp<'_>,
) -> Result<(Library, RecoveryKit)> {
    let email = crate::accounts::email(who.email)?;
    check_strength(who.password, &[&email, who.name])?;
    let data = layout.root().to_owned();
    let failed = |error| Error::io(format!("could not look into {}", data.display()), error);
    if data.is_dir()
        && !options.key_path(&layout).exists()
        && std::fs::read_dir(&data).map_err(failed)?.any(|entry| {
            // The server's certificate may be there before its library is.
            entry.map_or(true, |entry| entry.path() != layout.acme())
        })
    {
        return Err(Error::new(
            ErrorKind::Conflict,
            format!("{} is not empty; set up a library in an empty folder", data.display()),
        ));
    }
    std::fs::create_dir_all(&data)
        .map_err(|error| Error::io(format!("could not make the data folder {}", data.display()), error))?;
    private(&data)?;
    let server_key = server_key(&layout, options)?;
    let catalog = options.open_catalog(&layout, &server_key).await?;
    let made = Library::assemble(layout, catalog.clone(), server_key, clock);
    let library = catalog.or_close(made).await?;
    let kit = catalog.or_close(fill(&library, who, email).await).await?;
    Ok((library, kit))
}

/// Gives a library its id, its recovery key and its owner.
async fn fill(library: &Library, who: SetUp<'_>, email: String) -> Result<RecoveryKit> {
    let now = library.clock.now();
    if library.catalog.read().await?.library_get().await?.is_some() {
        return Err(Error::new(
            ErrorKind::Conflict,
            format!("there is a library in {} already; nothing was changed", library.layout.root().display()),
        ));
    }
    // Photos without their catalog are for recovery, not for a new library on top of them.
    for folder in ["objects", "catalog", "keys"] {
        library.store.list(folder, &mut |_| {
            Err(Error::new(
                ErrorKind::Conflict,
                format!(
                    "there are photos in {} whose catalog is gone; bring them back with 'ourphoto admin recover' into a \
                     new folder",
                    library.store.describe()
                ),
            ))
        })?;
    }
    // A set-up that did not finish has left a store with an id of its own; nothing is in it.
    let id = store::read_info(&*library.store)?.map_or_else(Uuid::now_v7, |info| info.library);
    let store = store::initialize(&*library.store, id, GUIDE)?;
    let kit = RecoveryKit { key: SecretKey::generate(), made: now, library: id, email: email.clone() };
    (who.deliver)(&kit)?;
    let name = if who.name.is_empty() { email.split('@').next().unwrap_or_default() } else { who.name };
    let person = Person {
        id: PersonId::generate(),
        email: email.clone(),
        name: name.to_owned(),
        password_hash: Some(hash_password(who.password)?),
        created_at: now,
        disabled_at: None,
    };

    let mut tx = library.catalog.begin().await?;
    tx.library_insert(&catalog::Library {
        id,
        created_at: now,
        server_recipient: library.server_key().public().to_string(),
    })
    .await?;
    tx.recovery_key_insert(&RecoveryKey {
        id: Uuid::now_v7(),
        recipient: kit.key.public().to_string(),
        label: "recovery kit".to_owned(),
        created_at: now,
        retired_at: None,
    })
    .await?;
    tx.person_insert(&person).await?;
    tx.copy_insert(&Copy {
        id: CopyId::generate(),
        name: LIBRARY_COPY.to_owned(),
        url: None,
        medium: Medium::Disk,
        place: Place::Onsite,
        store_id: store.store,
        is_library: true,
        created_at: now,
        removed_at: None,
    })
    .await?;
    tx.audit_append(now, "setup", "library.create", &person.email, &serde_json::json!({})).await?;
    tx.commit().await?;
    Ok(kit)
}

/// The server key: made now, or left by a set-up or recovery that did not finish.
pub(crate) fn server_key(layout: &Layout, options: &OpenOptions) -> Result<SecretKey> {
    let path = options.key_path(layout);
    let key = SecretKey::generate();
    match create_key_file(&path, &key, "OurPhoto server key", options.passphrase.as_ref()) {
        Ok(()) => Ok(key),
        Err(error) if error.kind() == ErrorKind::Conflict => {
            let passphrase = options.passphrase.clone();
            vault::keys::load_key_file(&path, || passphrase)
        }
        Err(error) => Err(error),
    }
}

/// Nobody else on the machine has a reason to look into the data folder.
pub(crate) fn private(folder: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
        .map_err(|error| Error::io(format!("could not protect {}", folder.display()), error))
}
