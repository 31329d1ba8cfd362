//! Catalogs to test with, on both engines.

pub(crate) mod people;
pub(crate) mod photos;
pub(crate) mod raw;

use std::cell::RefCell;
use std::sync::atomic::{AtomicU32, Ordering};

use ourphoto_catalog::{Catalog, Url};
use sqlx::{Connection as _, Executor as _};
use tempfile::TempDir;

pub(crate) const KEY: [u8; 32] = [7; 32];

/// A new, empty catalog that goes away with this value.
pub(crate) struct TestCatalog {
    pub catalog: Catalog,
    pub url: Url,
    /// Where the SQLite file is; PostgreSQL databases go away with their server.
    pub dir: Option<TempDir>,
}

pub(crate) async fn sqlite() -> TestCatalog {
    let dir = tempfile::tempdir().unwrap();
    let url = Url::sqlite(dir.path().join("catalog.db"));
    let catalog = open(&url).await;
    TestCatalog { catalog, url, dir: Some(dir) }
}

/// None, and a word about it, where there is no PostgreSQL to test with.
pub(crate) async fn postgres() -> Option<TestCatalog> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let Ok(server) = std::env::var("OURPHOTO_TEST_POSTGRES") else {
        println!("skipped: no PostgreSQL (OURPHOTO_TEST_POSTGRES)");
        return None;
    };
    let name = format!("t{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
    let mut admin = sqlx::PgConnection::connect(&server).await.unwrap();
    admin.execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
    admin.close().await.unwrap();
    let (base, _) = server.rsplit_once('/').unwrap();
    let url: Url = format!("{base}/{name}").parse().unwrap();
    let catalog = open(&url).await;
    Some(TestCatalog { catalog, url, dir: None })
}

thread_local! {
    /// Tests run on a thread each, and their catalogs must be closed before the process ends.
    static OPENED: RefCell<Vec<Catalog>> = const { RefCell::new(Vec::new()) };
}

/// Opens a catalog that [`close_all`] will close.
pub(crate) async fn open(url: &Url) -> Catalog {
    let catalog = Catalog::open(url, Some(&KEY)).await.unwrap();
    OPENED.with_borrow_mut(|opened| opened.push(catalog.clone()));
    catalog
}

/// Closes what this test opened; its transactions must have ended.
pub(crate) async fn close_all() {
    for catalog in OPENED.take() {
        catalog.close().await;
    }
}

/// Makes two tests out of each function: one for each engine.
macro_rules! for_each_engine {
    ($($name:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let test = crate::support::sqlite().await;
                super::$name(&test).await;
                crate::support::close_all().await;
            })*
        }

        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                if let Some(test) = crate::support::postgres().await {
                    super::$name(&test).await;
                    crate::support::close_all().await;
                }
            })*
        }
    };
}
pub(crate) use for_each_engine;
