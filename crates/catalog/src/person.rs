//! People with an account.

use model::{PersonId, Result, Timestamp};

use crate::sql::{Engine, Row, Tx, args, exactly_one};

/// Someone with an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Their id.
    pub id: PersonId,
    /// Lower case; what was given otherwise is lowered on the way in.
    pub email: String,
    /// What others call them.
    pub name: String,
    /// Password hash in PHC format, when they have a password.
    pub password_hash: Option<String>,
    /// When the account was made.
    pub created_at: Timestamp,
    /// Since when they may not sign in.
    pub disabled_at: Option<Timestamp>,
}

const COLUMNS: &str = "SELECT id, email, name, password_hash, created_at, disabled_at FROM person";
/// For joins that call the table `p`.
pub(crate) const PERSON_COLUMNS: &str = "p.id, p.email, p.name, p.password_hash, p.created_at, p.disabled_at";

fn person(row: &Row) -> Result<Person> {
    person_at(row, 0)
}

/// The person whose columns begin at `first`.
pub(crate) fn person_at(row: &Row, first: usize) -> Result<Person> {
    Ok(Person {
        id: row.get(first)?,
        email: row.get(first + 1)?,
        name: row.get(first + 2)?,
        password_hash: row.get(first + 3)?,
        created_at: row.get(first + 4)?,
        disabled_at: row.get(first + 5)?,
    })
}

impl Tx {
    /// Adds a person; `Conflict` when the address is taken.
    pub async fn person_insert(&mut self, person: &Person) -> Result<()> {
        let sql = "INSERT INTO person (id, email, name, password_hash, created_at, disabled_at) \
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let args = args![
            person.id,
            person.email.to_lowercase(),
            &person.name,
            person.password_hash.as_deref(),
            person.created_at,
            person.disabled_at
        ];
        exactly_one(self.execute(sql, args).await?, "the person")
    }

    /// The person with this address, in whatever case.
    pub async fn person_by_email(&mut self, email: &str) -> Result<Option<Person>> {
        let sql = crate::sql::built(format!("{COLUMNS} WHERE email = $1"));
        self.fetch_optional(sql, args![email.to_lowercase()], person).await
    }

    /// The person with this id.
    pub async fn person_get(&mut self, id: PersonId) -> Result<Option<Person>> {
        self.fetch_optional(crate::sql::built(format!("{COLUMNS} WHERE id = $1")), args![id], person).await
    }

    /// Makes others that lock this person, or act in their name, wait until this transaction ends. SQLite has one writer
    /// anyway.
    pub async fn person_lock(&mut self, id: PersonId) -> Result<()> {
        if self.engine() == Engine::Postgres {
            // Rows that refer to the person may still be added: what is told to them waits for nobody.
            let sql = "SELECT id FROM person WHERE id = $1 FOR NO KEY UPDATE";
            self.fetch_optional(sql, args![id], |row| row.get::<PersonId>(0)).await?;
        }
        Ok(())
    }

    /// Takes someone's password away: they sign in by passkey.
    pub async fn person_remove_password(&mut self, id: PersonId) -> Result<()> {
        let sql = "UPDATE person SET password_hash = NULL WHERE id = $1";
        exactly_one(self.execute(sql, args![id]).await?, "the person")
    }

    /// Changes someone's password, by its hash.
    pub async fn person_set_password(&mut self, id: PersonId, password_hash: &str) -> Result<()> {
        let sql = "UPDATE person SET password_hash = $1 WHERE id = $2";
        exactly_one(self.execute(sql, args![password_hash, id]).await?, "the person")
    }

    /// Changes what others call someone.
    pub async fn person_set_name(&mut self, id: PersonId, name: &str) -> Result<()> {
        let sql = "UPDATE person SET name = $1 WHERE id = $2";
        exactly_one(self.execute(sql, args![name, id]).await?, "the person")
    }

    /// Locks someone out, or lets them in again with `None`.
    pub async fn person_set_disabled(&mut self, id: PersonId, disabled_at: Option<Timestamp>) -> Result<()> {
        let sql = "UPDATE person SET disabled_at = $1 WHERE id = $2";
        exactly_one(self.execute(sql, args![disabled_at, id]).await?, "the person")
    }

    /// Everyone, by address.
    pub async fn person_list(&mut self) -> Result<Vec<Person>> {
        self.fetch_all(crate::sql::built(format!("{COLUMNS} ORDER BY email")), vec![], person).await
    }
}
