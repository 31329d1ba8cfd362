//! The tables, and how an older catalog becomes a newer one.

use model::{Error, Result};

use crate::sql::{Engine, Tx, args};

/// In order; the first has number 1. A migration that was released is never edited.
const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001.sql"),
    include_str!("../migrations/0002.sql"),
    include_str!("../migrations/0003.sql"),
    include_str!("../migrations/0004.sql"),
    include_str!("../migrations/0005.sql"),
    include_str!("../migrations/0006.sql"),
    include_str!("../migrations/0007.sql"),
    include_str!("../migrations/0008.sql"),
    include_str!("../migrations/0009.sql"),
    include_str!("../migrations/0010.sql"),
    include_str!("../migrations/0011.sql"),
];

/// The number of the newest schema that this program knows.
pub const SCHEMA_VERSION: i64 = MIGRATIONS.len() as i64;

/// Makes the schema what this program expects, in the transaction that is given.
pub(crate) async fn migrate(tx: &mut Tx) -> Result<()> {
    if tx.engine() == Engine::Postgres {
        // Two servers that start together must not both create the tables. The number has no meaning.
        tx.execute("SELECT pg_advisory_xact_lock(7242066)", vec![]).await?;
    }
    tx.execute_script(
        "CREATE TABLE IF NOT EXISTS schema_version (version bigint NOT NULL PRIMARY KEY)".into(),
    )
    .await?;
    let current: i64 = tx
        .fetch_one("SELECT coalesce(max(version), 0) FROM schema_version", vec![], |row| row.get(0))
        .await?;
    if current > SCHEMA_VERSION {
        return Err(Error::invalid(format!(
            "this catalog was made by a newer version of OurPhoto (its schema is {current}, this program knows \
             {SCHEMA_VERSION}); update the program"
        )));
    }
    for (number, text) in (1..).zip(MIGRATIONS).filter(|(number, _)| *number > current) {
        tx.execute_script(for_engine(tx.engine(), text)).await?;
        tx.execute("INSERT INTO schema_version (version) VALUES ($1)", args![number]).await?;
    }
    Ok(())
}

fn for_engine(engine: Engine, text: &str) -> String {
    let (bytes, uuid, clustered, own, other) = match engine {
        Engine::Sqlite => ("blob", "blob", " WITHOUT ROWID", "{sqlite} ", "{postgres} "),
        Engine::Postgres => ("bytea", "uuid", "", "{postgres} ", "{sqlite} "),
    };
    let lines = text.lines().filter(|line| !line.starts_with(other));
    let text = lines.map(|line| line.strip_prefix(own).unwrap_or(line)).collect::<Vec<_>>().join("\n");
    text.replace("{bytes}", bytes).replace("{uuid}", uuid).replace("{clustered}", clustered)
}
