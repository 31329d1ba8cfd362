//! Behind the catalog's back: what an attacker or a failing disk does.

use ourphoto_catalog::Url;
use sqlx::AssertSqlSafe;

use super::{KEY, TestCatalog};

/// Runs one statement on the database itself.
pub(crate) async fn execute(test: &TestCatalog, sql: &str) {
    let sql = AssertSqlSafe(sql.to_owned());
    match &test.url {
        Url::Postgres(url) => {
            let pool = sqlx::PgPool::connect(url).await.unwrap();
            sqlx::query(sql).execute(&pool).await.unwrap();
            pool.close().await;
        }
        Url::Sqlite(path) => {
            let key = format!("\"x'{}'\"", hex::encode(KEY));
            let options = sqlx::sqlite::SqliteConnectOptions::new()
                .filename(path)
                .pragma("key", key)
                .pragma("cipher_hmac_algorithm", "HMAC_SHA256");
            let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
            sqlx::query(sql).execute(&pool).await.unwrap();
            pool.close().await;
        }
    }
}
