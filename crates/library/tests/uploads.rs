//! The last step of an upload in pieces, whose sender does not wait for it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{Cursor, Read};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use model::{Error, ErrorKind, Result, SystemClock, Timestamp};
use ourphoto_library::accounts::{Origin, Proof, SignIn};
use ourphoto_library::ingest::{Incoming, Receiver};
use ourphoto_library::uploads::Part;
use ourphoto_library::{Layout, Library, OpenOptions, SetUp, set_up};
use vault::{Created, Draft, Entry, Spool, Store, StorePath};
use zeroize::Zeroizing;

const EMAIL: &str = "ana@example.org";
const PASSWORD: &str = "correct horse battery staple";

/// A store that counts who wants to write a file, and lets them begin when it is opened.
struct Gate {
    inner: Arc<dyn Store>,
    begun: AtomicUsize,
    open: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    fn begun(&self) -> usize {
        self.begun.load(Ordering::SeqCst)
    }

    fn let_in(&self) {
        *self.open.lock().unwrap() = true;
        self.opened.notify_all();
    }
}

impl Store for Gate {
    fn describe(&self) -> String {
        self.inner.describe()
    }

    fn create(&self, path: &StorePath, content: &mut dyn Read) -> Result<Created> {
        self.inner.create(path, content)
    }

    fn replace(&self, path: &StorePath, content: &mut dyn Read) -> Result<()> {
        self.inner.replace(path, content)
    }

    fn open(&self, path: &StorePath, offset: u64) -> Result<Box<dyn Read + Send>> {
        self.inner.open(path, offset)
    }

    fn stat(&self, path: &StorePath) -> Result<Option<u64>> {
        self.inner.stat(path)
    }

    fn list(&self, prefix: &str, each: &mut dyn FnMut(Entry) -> Result<()>) -> Result<()> {
        self.inner.list(prefix, each)
    }

    fn remove(&self, path: &StorePath) -> Result<()> {
        self.inner.remove(path)
    }

    fn sweep(&self, before: Timestamp) -> Result<u64> {
        self.inner.sweep(before)
    }

    fn spool(&self) -> Result<Spool> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        let open = self.opened.wait_while(self.open.lock().unwrap(), |open| !*open).unwrap();
        drop(open);
        self.inner.spool()
    }

    fn create_many(&self, drafts: Vec<Draft>) -> Vec<Result<Created>> {
        self.inner.create_many(drafts)
    }
}

/// Waits for what happens elsewhere.
async fn until(mut happened: impl AsyncFnMut() -> bool) {
    while !happened().await {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_step_is_begun_once_and_comes_to_its_end_though_nobody_waits() {
    let dir = tempfile::tempdir().unwrap();
    let who = SetUp { email: EMAIL, name: "", password: PASSWORD, deliver: &|_| Ok(()) };
    let layout = Layout::new(dir.path().join("data"));
    let (library, _) = set_up(layout, &OpenOptions::default(), Arc::new(SystemClock), who).await.unwrap();
    let gate = Arc::new(Gate {
        inner: Arc::clone(&library.store),
        begun: AtomicUsize::new(0),
        open: Mutex::new(false),
        opened: Condvar::new(),
    });
    let library: Arc<Library> = Arc::new(library.with_store(Arc::clone(&gate) as _));
    let proof = Proof { password: Zeroizing::new(PASSWORD.to_owned()), code: None, passkey: None };
    let signed_in = library.sign_in(SignIn { email: EMAIL.to_owned(), proof }, &Origin::default()).await;
    let secret = signed_in.unwrap().secret;
    let actor = library.authenticate(&secret, &Origin::default()).await.unwrap();
    let receiver = Receiver::start(Arc::clone(&library));
    let bytes = testkit::bytes(1, 200_000);
    let incoming = Incoming {
        space: library.space_or_new("Family").await.unwrap().id,
        folder: b"Summer".to_vec(),
        name: b"film.mov".to_vec(),
        size: bytes.len() as u64,
        content_sha256: None,
        modified_ns: None,
        by: actor.person().id,
        upload: None,
    };
    let id = receiver.upload_begin(&actor, &incoming).await.unwrap().id;

    // While too much goes on it is not begun; what arrived stays.
    let part = Part { offset: 0, checksum: None, source: Box::new(Cursor::new(bytes)) };
    let busy = || Err::<(), _>(Error::new(ErrorKind::TooMany, "too much goes on"));
    let refused = receiver.upload_continue(&actor, id, part, busy).await.unwrap_err();
    assert_eq!((refused.kind(), gate.begun()), (ErrorKind::TooMany, 0));

    // Whoever comes back hangs up in the middle of it, again and again.
    let held = Arc::new(());
    let asked = tokio::spawn({
        let (receiver, actor, held) = (receiver.clone(), actor.clone(), Arc::clone(&held));
        async move { receiver.upload_state(&actor, id, || Ok(held)).await }
    });
    until(async || gate.begun() == 1).await;
    asked.abort();
    assert!(asked.await.unwrap_err().is_cancelled());
    for _ in 0..3 {
        let again = receiver.upload_state(&actor, id, || Ok(Arc::clone(&held)));
        tokio::time::timeout(Duration::from_millis(100), again).await.unwrap_err();
    }
    assert_eq!(Arc::strong_count(&held), 2, "it holds its place while it goes on");

    gate.let_in();
    let now = library.clock.now();
    let asset = async || {
        let upload = library.catalog.read().await.unwrap().upload_get(id, now).await.unwrap();
        upload.unwrap().asset_id
    };
    until(async || asset().await.is_some()).await;
    until(async || Arc::strong_count(&held) == 1).await;
    assert_eq!(gate.begun(), 1);
    assert_eq!(std::fs::read_dir(library.layout.uploads()).unwrap().count(), 0);
    let state = receiver.upload_state(&actor, id, || Ok(())).await.unwrap();
    assert_eq!(state.asset, asset().await);
    library.catalog.clone().close().await;
}
