//! Library, people, spaces, members and albums.

use model::{ErrorKind, Permissions, PersonId, Role, StoreId, Tier, Timestamp};
use ourphoto_catalog::{Member, NewAlbum, Person, RecoveryKey};

use crate::support::photos::{NOW, new_space, shelf};
use crate::support::{TestCatalog, for_each_engine};

for_each_engine!(
    a_library_is_set_up_once,
    names_and_addresses_are_unique_whatever_their_case,
    an_album_is_made_once_for_each_folder,
    a_text_with_nul_is_refused,
);

async fn a_library_is_set_up_once(test: &TestCatalog) {
    shelf(&test.catalog).await;
    let mut tx = test.catalog.begin().await.unwrap();
    let library = tx.library_get().await.unwrap().unwrap();
    assert_eq!(tx.library_insert(&library).await.unwrap_err().kind(), ErrorKind::Conflict);
    let key = RecoveryKey {
        id: StoreId::generate().0,
        recipient: "age1recovery".into(),
        label: "safe".into(),
        created_at: NOW,
        retired_at: None,
    };
    tx.recovery_key_insert(&key).await.unwrap();
    tx.library_set_recipient("age1other").await.unwrap();
    assert_eq!(tx.recovery_key_list().await.unwrap(), [key]);
    assert_eq!(tx.library_get().await.unwrap().unwrap().server_recipient, "age1other");
}

async fn names_and_addresses_are_unique_whatever_their_case(test: &TestCatalog) {
    let person = Person {
        id: PersonId::generate(),
        email: "Ann@Example.org".into(),
        name: "Ann".into(),
        password_hash: None,
        created_at: NOW,
        disabled_at: None,
    };
    let space = new_space("Ärzte & Söhne");
    let member = Member {
        space_id: space.id,
        person_id: person.id,
        role: Role::Owner,
        custom: Permissions::NONE,
        added_at: NOW,
    };
    let mut tx = test.catalog.begin().await.unwrap();
    tx.person_insert(&person).await.unwrap();
    tx.space_insert(&space).await.unwrap();
    tx.member_insert(&member).await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = test.catalog.read().await.unwrap();
    let found = tx.person_by_email("ANN@example.ORG").await.unwrap().unwrap();
    assert_eq!(found.email, "ann@example.org");
    assert_eq!(tx.person_get(person.id).await.unwrap().unwrap(), found);
    assert_eq!(tx.person_list().await.unwrap(), [found]);
    assert_eq!(tx.space_by_name("äRZTE & söhne").await.unwrap().unwrap(), space);
    assert_eq!(tx.space_list().await.unwrap(), [space.clone()]);
    assert_eq!(tx.member_list(space.id).await.unwrap(), [member]);
    assert_eq!(tx.member_get(space.id, person.id).await.unwrap(), Some(member));
    drop(tx);

    for_conflict(test, &person, "ärzte & söhne").await;
}

async fn for_conflict(test: &TestCatalog, person: &Person, space: &str) {
    let mut tx = test.catalog.begin().await.unwrap();
    let again = Person { id: PersonId::generate(), email: "ann@EXAMPLE.org".into(), ..person.clone() };
    assert_eq!(tx.person_insert(&again).await.unwrap_err().kind(), ErrorKind::Conflict);
    drop(tx);
    let mut tx = test.catalog.begin().await.unwrap();
    assert_eq!(tx.space_insert(&new_space(space)).await.unwrap_err().kind(), ErrorKind::Conflict);
}

async fn an_album_is_made_once_for_each_folder(test: &TestCatalog) {
    let shelf = shelf(&test.catalog).await;
    let folder = b"2026/\xff strange \x01";
    let new = NewAlbum { space_id: shelf.space, folder, name: "strange", tier: Tier::Vault, created_at: NOW };
    let mut tx = test.catalog.begin().await.unwrap();
    let (first, made) = tx.album_find_or_insert(&new).await.unwrap();
    assert!(made);
    assert_eq!(tx.album_find_or_insert(&new).await.unwrap(), (first.clone(), false));
    assert_eq!(first.folder, folder);
    assert_eq!(tx.album_by_name(shelf.space, "strange").await.unwrap().unwrap(), first);
    assert_eq!(tx.album_list(shelf.space).await.unwrap().len(), 2);
    tx.album_set_deleted(first.id, Some(Timestamp(5))).await.unwrap();
    assert_eq!(tx.album_by_name(shelf.space, "strange").await.unwrap(), None);
    assert_eq!(tx.album_get(first.id).await.unwrap().unwrap().deleted_at, Some(Timestamp(5)));
}

async fn a_text_with_nul_is_refused(test: &TestCatalog) {
    let mut tx = test.catalog.begin().await.unwrap();
    assert_eq!(tx.space_insert(&new_space("a\0b")).await.unwrap_err().kind(), ErrorKind::Invalid);
}
