//! People, in the form of rows.

use model::PersonId;
use ourphoto_catalog::{Person, Tx};

use super::photos::NOW;

/// Somebody with an account and no password.
pub(crate) async fn person(tx: &mut Tx, email: &str) -> Person {
    let person = Person {
        id: PersonId::generate(),
        email: email.to_owned(),
        name: "Somebody".into(),
        password_hash: None,
        created_at: NOW,
        disabled_at: None,
    };
    tx.person_insert(&person).await.unwrap();
    person
}
