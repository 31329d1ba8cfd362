//! One suite that every store passes: a new store is done when it does.
//!
//! S3 runs against a server in this process; SFTP, WebDAV and Azure Blob against real servers and Microsoft's emulator on
//! loopback, where they are installed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{Read, Write};
use std::sync::Arc;

use model::{ErrorKind, Sha256, Timestamp};
use ourphoto_vault::store::faulty::{Call, Fault, FaultyStore};
use ourphoto_vault::store::{
    LocalStore, MemoryStore, RemoteStore, initialize, open_store, read_info, read_small,
};
use ourphoto_vault::{Created, Draft, Store, StorePath, verify_object};
use testkit::azurite::Azurite;
use testkit::remotes::Remote;
use testkit::s3::{Dialect, S3Server, Trouble};

fn object(seed: u8, size: usize) -> (Sha256, Vec<u8>) {
    let bytes: Vec<u8> = (0..size).map(|i| (i as u8).wrapping_mul(17) ^ seed ^ (i >> 8) as u8).collect();
    (ourphoto_vault::hash_content(&mut &bytes[..]).unwrap().sha256, bytes)
}

fn read(store: &dyn Store, path: &StorePath, offset: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    store.open(path, offset).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

/// What holds for every store.
fn conforms(store: &dyn Store) {
    store.found().unwrap();
    let missing = StorePath::object(&Sha256([9; 32]));
    assert_eq!(store.stat(&missing).unwrap(), None);
    assert_eq!(store.open(&missing, 0).err().unwrap().kind(), ErrorKind::NotFound);
    store.remove(&missing).unwrap();
    store.list("objects", &mut |entry| panic!("an empty store lists {entry:?}")).unwrap();

    // Sizes around the borders of chunks and parts.
    for (seed, size) in [(1, 0), (2, 1), (3, 65_536), (4, 300_000), (5, 9 * 1024 * 1024)] {
        let (hash, bytes) = object(seed, size);
        let path = StorePath::object(&hash);
        assert_eq!(store.create(&path, &mut &bytes[..]).unwrap(), Created::New, "{size}");
        assert_eq!(store.stat(&path).unwrap(), Some(size as u64));
        assert_eq!(read(store, &path, 0), bytes);
        verify_object(store, &hash, size as u64).unwrap();
        let middle = size as u64 / 2;
        assert_eq!(read(store, &path, middle), bytes[middle as usize..]);
        assert_eq!(read(store, &path, size as u64), b"");
    }

    // Create never overwrites.
    let (hash, bytes) = object(4, 300_000);
    let path = StorePath::object(&hash);
    assert_eq!(store.create(&path, &mut &b"something else"[..]).unwrap(), Created::Exists);
    assert_eq!(read(store, &path, 0), bytes);

    // A source that fails half way leaves nothing under the name.
    let broken = StorePath::object(&Sha256([8; 32]));
    let mut source = [7_u8; 10_000].as_slice().chain(Failing);
    assert!(store.create(&broken, &mut source).is_err());
    assert_eq!(store.stat(&broken).unwrap(), None);

    // Replace puts good bytes over bad ones.
    store.replace(&path, &mut &b"damaged"[..]).unwrap();
    assert_eq!(verify_object(store, &hash, 300_000).unwrap_err().kind(), ErrorKind::Damaged);
    store.replace(&path, &mut &bytes[..]).unwrap();
    verify_object(store, &hash, 300_000).unwrap();

    // Many at once, in order, with one that is there already and one twice in the batch.
    let batch: Vec<_> =
        (10..30).map(|seed| object(seed, 5_000)).chain([object(4, 300_000), object(10, 5_000)]).collect();
    let drafts = batch
        .iter()
        .map(|(hash, bytes)| {
            let mut spool = store.spool().unwrap();
            spool.write_all(bytes).unwrap();
            spool.close();
            Draft { path: StorePath::object(hash), spool }
        })
        .collect();
    let outcomes: Vec<Created> = store.create_many(drafts).into_iter().map(Result::unwrap).collect();
    assert_eq!(outcomes[..20], [Created::New; 20]);
    assert_eq!(outcomes[20..], [Created::Exists; 2]);
    for (hash, bytes) in &batch {
        verify_object(store, hash, bytes.len() as u64).unwrap();
    }

    // Listing gives each file once, and only of the folder that was asked for.
    store.create(&StorePath::snapshot("20261123T020000Z-1.age").unwrap(), &mut &b"snapshot"[..]).unwrap();
    let mut found = Vec::new();
    store
        .list("objects", &mut |entry| {
            found.push((entry.path.object_hash().unwrap(), entry.size));
            Ok(())
        })
        .unwrap();
    assert_eq!(found.len(), 25);
    found.sort_unstable();
    found.dedup();
    assert_eq!(found.len(), 25);
    let mut snapshots = Vec::new();
    store
        .list("catalog", &mut |entry| {
            snapshots.push(entry.path.name().to_owned());
            Ok(())
        })
        .unwrap();
    assert_eq!(snapshots, ["20261123T020000Z-1.age"]);

    // Removing.
    store.remove(&path).unwrap();
    assert_eq!(store.stat(&path).unwrap(), None);
    assert_eq!(
        read_small(store, &StorePath::snapshot("20261123T020000Z-1.age").unwrap(), 8).unwrap(),
        b"snapshot"
    );
    assert!(read_small(store, &StorePath::snapshot("20261123T020000Z-1.age").unwrap(), 7).is_err());

    // A store knows who it is, and stays who it is.
    assert_eq!(read_info(store).unwrap(), None);
    let library = uuid::Uuid::now_v7();
    let info = initialize(store, library, "guide").unwrap();
    assert_eq!(initialize(store, library, "another guide").unwrap(), info);
    let other = initialize(store, uuid::Uuid::now_v7(), "guide").unwrap_err();
    assert_eq!(other.kind(), ErrorKind::Conflict);
    assert_eq!(read_small(store, &StorePath::guide(), 100).unwrap(), b"guide");

    // Nothing that was dropped on the way stays behind.
    drop(store.spool().unwrap());
    store.sweep(Timestamp(i64::MAX)).unwrap();
}

/// A file that somebody else stores while this one is on its way stays as it is. Small, and in more than one part.
fn refuses_to_write_over_a_file_stored_meanwhile(store: &dyn Store) {
    store.found().unwrap();
    for (seed, size) in [(40, 5_000), (41, 9 * 1024 * 1024)] {
        let (hash, bytes) = object(seed, size);
        let path = StorePath::object(&hash);
        let other = vec![7; size];
        let mut late = Meanwhile { store, path: &path, winner: &bytes, content: &other, stored: false };
        assert_eq!(store.create(&path, &mut late).unwrap(), Created::Exists, "{size}");
        assert!(late.stored);
        verify_object(store, &hash, size as u64).unwrap();
    }
}

/// Content whose first read lets somebody else store `winner` under the same name.
struct Meanwhile<'a> {
    store: &'a dyn Store,
    path: &'a StorePath,
    winner: &'a [u8],
    content: &'a [u8],
    stored: bool,
}

impl Read for Meanwhile<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if !self.stored {
            self.stored = true;
            assert_eq!(self.store.create(self.path, &mut &*self.winner).unwrap(), Created::New);
        }
        self.content.read(buffer)
    }
}

struct Failing;

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Err(std::io::Error::other("the source broke"))
    }
}

#[test]
fn memory_conforms() {
    conforms(&MemoryStore::default());
}

#[test]
fn local_conforms_and_leaves_no_temporary_files() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("deep/store");
    conforms(&*open_store(&format!("file://{}", root.display())).unwrap());
    assert_eq!(std::fs::read_dir(root.join("tmp")).unwrap().count(), 0);
    refuses_to_write_over_a_file_stored_meanwhile(&LocalStore::open(dir.path().join("raced")).unwrap());
}

#[test]
fn a_faulty_store_without_faults_conforms() {
    conforms(&FaultyStore::new(Arc::new(MemoryStore::default()), |_, _| None));
}

#[test]
fn remote_over_memory_conforms() {
    let operator = opendal::Operator::new(opendal::services::Memory::default()).unwrap();
    conforms(&RemoteStore::from_operator(operator, "remote memory".to_owned()).unwrap());
}

#[test]
fn a_local_store_takes_spools_of_another_store() {
    let dir = tempfile::tempdir().unwrap();
    let store = LocalStore::open(dir.path()).unwrap();
    let (hash, bytes) = object(1, 1_000);
    let mut spool = MemoryStore::default().spool().unwrap();
    spool.write_all(&bytes).unwrap();
    let outcomes = store.create_many(vec![Draft { path: StorePath::object(&hash), spool }]);
    assert!(matches!(outcomes[..], [Ok(Created::New)]));
    verify_object(&store, &hash, 1_000).unwrap();
}

#[test]
fn faults_do_what_they_say() {
    let (hash, bytes) = object(1, 10_000);
    let path = StorePath::object(&hash);
    let with = |on: Call, fault: Fault| {
        let inner: Arc<dyn Store> = Arc::new(MemoryStore::default());
        let faulty = FaultyStore::new(Arc::clone(&inner), move |call, _| (call == on).then(|| fault.clone()));
        let created = faulty.create(&path, &mut &bytes[..]);
        (inner, faulty, created)
    };

    let (inner, _, created) = with(Call::Create, Fault::Fail(ErrorKind::OutOfSpace));
    assert_eq!(created.unwrap_err().kind(), ErrorKind::OutOfSpace);
    assert_eq!(inner.stat(&path).unwrap(), None);

    let (inner, _, created) = with(Call::Create, Fault::FailAfter(ErrorKind::Unavailable));
    assert!(created.is_err());
    verify_object(&*inner, &hash, 10_000).unwrap();

    for lie in [Fault::TearAndLie(100), Fault::Flip(77), Fault::Forget] {
        let (inner, _, created) = with(Call::Create, lie);
        assert_eq!(created.unwrap(), Created::New);
        assert!(verify_object(&*inner, &hash, 10_000).is_err());
    }

    for fault in [
        Fault::CutRead(500),
        Fault::Flip(3),
        Fault::Tear(3),
        Fault::Deny,
        Fault::Fail(ErrorKind::Unavailable),
    ] {
        let (inner, faulty, created) = with(Call::Open, fault);
        created.unwrap();
        assert!(verify_object(&faulty, &hash, 10_000).is_err());
        verify_object(&*inner, &hash, 10_000).unwrap();
    }

    let late = std::time::Duration::from_millis(30);
    let start = std::time::Instant::now();
    let (inner, _, created) = with(Call::Create, Fault::Delay(late));
    assert_eq!(created.unwrap(), Created::New);
    assert!(start.elapsed() >= late);
    verify_object(&*inner, &hash, 10_000).unwrap();
}

#[test]
fn webdav_conforms() {
    let dir = tempfile::tempdir().unwrap();
    let Some(server) = Remote::webdav(dir.path()) else {
        testkit::skipped("rclone is not installed");
        return;
    };
    conforms(&*open_store(server.url()).unwrap());
    refuses_to_write_over_a_file_stored_meanwhile(&*open_store(server.url()).unwrap());
}

fn s3(dir: &std::path::Path, dialect: Dialect, secret: &str) -> (S3Server, String) {
    let server = S3Server::start(&dir.join("server"), dialect).unwrap();
    let credentials = dir.join("credentials");
    let lines = format!("access_key_id = {}\nsecret_access_key = {secret}\n", testkit::s3::ACCESS_KEY);
    std::fs::write(&credentials, lines).unwrap();
    let url = format!("{}&credentials={}", server.url("my%20folder/store"), credentials.display());
    (server, url)
}

#[test]
fn s3_conforms() {
    let dir = tempfile::tempdir().unwrap();
    let (server, url) = s3(dir.path(), Dialect::Whole, testkit::s3::SECRET_KEY);
    conforms(&*open_store(&url).unwrap());
    assert!(server.folder("my folder/store/ourphoto-store.json").is_file());
    refuses_to_write_over_a_file_stored_meanwhile(&*open_store(&url).unwrap());
}

#[test]
fn s3_lists_more_than_a_page_of_files() {
    let dir = tempfile::tempdir().unwrap();
    let (server, url) = s3(dir.path(), Dialect::Whole, testkit::s3::SECRET_KEY);
    let many = 2_345_u32;
    for number in 0..many {
        let mut hash = [3; 32];
        hash[..4].copy_from_slice(&number.to_be_bytes());
        let path = StorePath::object(&Sha256(hash));
        let file = server.folder("my folder/store").join(path.as_str());
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, b"x").unwrap();
    }
    let mut found = std::collections::HashSet::new();
    let mut each = |entry: ourphoto_vault::Entry| {
        assert!(found.insert(entry.path.as_str().to_owned()), "{} twice", entry.path);
        Ok(())
    };
    open_store(&url).unwrap().list("objects", &mut each).unwrap();
    assert_eq!(found.len(), many as usize);
}

#[test]
fn a_wrong_s3_secret_is_refused_and_the_error_says_what_to_look_at() {
    let dir = tempfile::tempdir().unwrap();
    let (_server, url) = s3(dir.path(), Dialect::Whole, "not the secret");
    let store = open_store(&url).unwrap();
    let (hash, bytes) = object(1, 100);
    let path = StorePath::object(&hash);
    for error in [
        store.create(&path, &mut &bytes[..]).unwrap_err(),
        store.stat(&path).unwrap_err(),
        store.list("objects", &mut |_| Ok(())).unwrap_err(),
        initialize(&*store, uuid::Uuid::now_v7(), "guide").unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Forbidden, "{error}");
        assert!(error.message().contains("secret_access_key in the credentials file"), "{error}");
        assert!(!error.message().contains("not the secret"), "{error}");
    }
}

#[test]
fn a_bucket_that_is_not_there_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let (_server, url) = s3(dir.path(), Dialect::Whole, testkit::s3::SECRET_KEY);
    let store = open_store(&url.replace("photos", "videos")).unwrap();
    let error = store.list("objects", &mut |_| Ok(())).unwrap_err();
    assert!(error.message().contains("s3://videos/"), "{error}");
    assert!(error.message().contains("there is no such bucket; make it first"), "{error}");
}

#[test]
fn an_s3_service_without_conditional_writes_conforms_once_the_address_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let (_server, url) = s3(dir.path(), Dialect::WithoutConditionalWrites, testkit::s3::SECRET_KEY);
    let store = open_store(&url).unwrap();
    let error = initialize(&*store, uuid::Uuid::now_v7(), "guide").unwrap_err();
    assert!(error.message().contains("add conditional-writes=off to the address"), "{error}");
    conforms(&*open_store(&format!("{url}&conditional-writes=off")).unwrap());
}

#[test]
fn a_bucket_under_object_lock_takes_what_is_new_and_nothing_without_a_checksum() {
    let dir = tempfile::tempdir().unwrap();
    let (_server, url) = s3(dir.path(), Dialect::ObjectLock, testkit::s3::SECRET_KEY);
    let store = open_store(&url).unwrap();
    initialize(&*store, uuid::Uuid::now_v7(), "guide").unwrap();
    // In one piece, and in several parts.
    for (seed, size) in [(1, 0), (2, 5_000), (3, 20 * 1024 * 1024)] {
        let (hash, bytes) = object(seed, size);
        let path = StorePath::object(&hash);
        assert_eq!(store.create(&path, &mut &bytes[..]).unwrap(), Created::New, "{size}");
        assert_eq!(store.create(&path, &mut &b"other"[..]).unwrap(), Created::Exists);
        verify_object(&*store, &hash, size as u64).unwrap();
        assert_eq!(store.replace(&path, &mut &b"other"[..]).unwrap_err().kind(), ErrorKind::Forbidden);
        assert_eq!(store.remove(&path).unwrap_err().kind(), ErrorKind::Forbidden);
        verify_object(&*store, &hash, size as u64).unwrap();
    }
    // Without checksums nothing gets in, small or large.
    let without = open_store(&format!("{url}&checksum=off")).unwrap();
    for (seed, size) in [(4, 5_000), (5, 20 * 1024 * 1024)] {
        let (hash, bytes) = object(seed, size);
        let path = StorePath::object(&hash);
        without.create(&path, &mut &bytes[..]).unwrap_err();
        assert_eq!(store.stat(&path).unwrap(), None);
    }
}

#[test]
fn an_s3_service_without_checksums_conforms_once_the_address_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let (_server, url) = s3(dir.path(), Dialect::WithoutChecksums, testkit::s3::SECRET_KEY);
    let store = open_store(&url).unwrap();
    let error = initialize(&*store, uuid::Uuid::now_v7(), "guide").unwrap_err();
    assert!(error.message().contains("Add checksum=off to the address"), "{error}");
    conforms(&*open_store(&format!("{url}&checksum=off")).unwrap());
}

#[test]
fn a_full_bucket_and_expired_credentials_are_told_for_what_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let (server, url) = s3(dir.path(), Dialect::Whole, testkit::s3::SECRET_KEY);
    let store = open_store(&url).unwrap();
    for (seed, size) in [(1, 5_000), (2, 20 * 1024 * 1024)] {
        let (hash, bytes) = object(seed, size);
        let path = StorePath::object(&hash);
        for full in [Trouble::FullAfter(0), Trouble::OverQuota] {
            server.trouble(Some(full));
            let error = store.create(&path, &mut &bytes[..]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::OutOfSpace, "{full:?}: {error}");
            assert!(error.message().contains("make room there"), "{error}");
            assert_eq!(store.stat(&path).unwrap(), None, "{full:?}");
        }
        server.trouble(Some(Trouble::Expired));
        let error = store.create(&path, &mut &bytes[..]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Forbidden, "{error}");
        server.trouble(None);
        assert_eq!(store.create(&path, &mut &bytes[..]).unwrap(), Created::New);
        server.trouble(Some(Trouble::Expired));
        let error = store.open(&path, 0).err().unwrap();
        assert!(!error.message().contains(testkit::s3::SECRET_KEY), "{error}");
        server.trouble(None);
    }
    server.trouble(Some(Trouble::Expired));
    let error = store.list("objects", &mut |_| Ok(())).unwrap_err();
    assert!(error.message().contains("have expired; put new ones in their place"), "{error}");
}

fn azurite(dir: &std::path::Path, key: &str) -> Option<(Azurite, String)> {
    let Some(server) = Azurite::start() else {
        testkit::skipped("Azurite is not installed");
        return None;
    };
    let credentials = dir.join("credentials");
    std::fs::write(&credentials, format!("account_key = {key}\n")).unwrap();
    let url = format!("{}&credentials={}", server.url("my%20folder/store"), credentials.display());
    Some((server, url))
}

#[test]
fn azure_blob_conforms() {
    let dir = tempfile::tempdir().unwrap();
    let Some((_server, url)) = azurite(dir.path(), testkit::azurite::ACCOUNT_KEY) else { return };
    conforms(&*open_store(&url).unwrap());
    refuses_to_write_over_a_file_stored_meanwhile(&*open_store(&url).unwrap());
}

#[test]
fn a_wrong_azure_key_is_refused_and_the_error_says_what_to_look_at() {
    let dir = tempfile::tempdir().unwrap();
    let Some((_server, url)) = azurite(dir.path(), "bm90IHRoZSBrZXk=") else { return };
    let error = initialize(&*open_store(&url).unwrap(), uuid::Uuid::now_v7(), "guide").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden, "{error}");
    assert!(error.message().contains("account_key or sas_token in the credentials file"), "{error}");
}

#[test]
fn sftp_conforms() {
    let dir = tempfile::tempdir().unwrap();
    let Some(server) = Remote::sftp(dir.path()) else {
        testkit::skipped("OpenSSH is not installed");
        return;
    };
    conforms(&*open_store(server.url()).unwrap());
    refuses_to_write_over_a_file_stored_meanwhile(&*open_store(server.url()).unwrap());
}
