//! Sessions, tokens, second factors, invitations, grants, mirrors and uploads.

use std::time::Duration;

use model::{
    ErrorKind, FactorId, InvitationId, Permission, Permissions, PersonId, Role, SessionId, Timestamp,
    TokenId, UploadId,
};
use ourphoto_catalog::{
    AlbumGrant, AlbumMirror, Factor, FactorKind, HeldRoom, Invitation, Member, Membership, Session, Token,
    Upload,
};

use crate::support::people::person;
use crate::support::photos::{NOW, new_space, sha256 as hash, shelf};
use crate::support::{TestCatalog, for_each_engine};

for_each_engine!(
    a_session_is_found_until_it_ends,
    a_token_is_found_until_it_ends,
    nobody_who_is_disabled_is_found,
    a_code_is_taken_once,
    a_passkey_is_found_by_its_id_and_a_password_can_go,
    an_invitation_is_used_once,
    members_grants_and_mirrors_come_and_go,
    uploads_are_promised_room_until_they_are_stored_or_expire,
);

const HOUR: Duration = Duration::from_hours(1);

fn session(person_id: PersonId, secret: &str) -> Session {
    Session {
        id: SessionId::generate(),
        person_id,
        secret_hash: hash(secret),
        agent: "browser".into(),
        network: "::1".into(),
        created_at: NOW,
        seen_at: NOW,
        expires_at: NOW.plus(HOUR),
        proved_at: NOW,
    }
}

async fn a_session_is_found_until_it_ends(test: &TestCatalog) {
    let mut tx = test.catalog.begin().await.unwrap();
    let ann = person(&mut tx, "ann@example.org").await;
    let (one, other, third) = (session(ann.id, "one"), session(ann.id, "other"), session(ann.id, "third"));
    for session in [&one, &other, &third] {
        tx.session_insert(session).await.unwrap();
    }
    assert_eq!(tx.session_find(&hash("one"), NOW).await.unwrap(), Some((one.clone(), ann.clone())));
    assert_eq!(tx.session_find(&hash("nothing"), NOW).await.unwrap(), None);
    assert_eq!(tx.session_find(&hash("one"), NOW.plus(HOUR)).await.unwrap(), None);
    let later = NOW.plus(HOUR / 2);
    tx.session_touch(one.id, "10.0.0.1", later, later.plus(HOUR)).await.unwrap();
    tx.session_prove(one.id, later).await.unwrap();
    let (found, _) = tx.session_find(&hash("one"), NOW.plus(HOUR)).await.unwrap().unwrap();
    assert_eq!((found.network.as_str(), found.seen_at, found.proved_at), ("10.0.0.1", later, later));
    assert_eq!(tx.session_list(ann.id, NOW).await.unwrap()[0].id, one.id);
    // Nobody ends another's session.
    let ben = person(&mut tx, "ben@example.org").await;
    assert!(!tx.session_delete(ben.id, one.id).await.unwrap());
    assert_eq!(tx.session_delete_others(ann.id, Some(one.id)).await.unwrap(), 2);
    assert!(tx.session_delete(ann.id, one.id).await.unwrap());
    assert_eq!(tx.session_find(&hash("one"), NOW).await.unwrap(), None);
    tx.session_insert(&other).await.unwrap();
    assert_eq!(tx.session_sweep(NOW).await.unwrap(), 0);
    assert_eq!(tx.session_sweep(NOW.plus(HOUR)).await.unwrap(), 1);
    tx.session_insert(&other).await.unwrap();
    assert!(tx.session_hold(other.id, NOW).await.unwrap() && !tx.session_hold(one.id, NOW).await.unwrap());
    tx.commit().await.unwrap();
    // Who only reads locks nobody, and is not refused for it.
    let mut tx = test.catalog.read().await.unwrap();
    assert!(tx.session_alive(other.id, NOW).await.unwrap());
    assert!(!tx.session_alive(other.id, NOW.plus(HOUR)).await.unwrap());
}

async fn a_token_is_found_until_it_ends(test: &TestCatalog) {
    let mut tx = test.catalog.begin().await.unwrap();
    let ann = person(&mut tx, "ann@example.org").await;
    let space = new_space("Family");
    tx.space_insert(&space).await.unwrap();
    let token = Token {
        device_id: None,
        id: TokenId::generate(),
        person_id: ann.id,
        secret_hash: hash("token"),
        name: "script".into(),
        permissions: Permissions::of(&[Permission::View, Permission::Upload]),
        space_id: Some(space.id),
        network: String::new(),
        created_at: NOW,
        seen_at: None,
        expires_at: Some(NOW.plus(HOUR)),
    };
    tx.token_insert(&token).await.unwrap();
    assert_eq!(tx.token_find(&hash("token"), NOW).await.unwrap(), Some((token.clone(), ann.clone())));
    assert_eq!(tx.token_find(&hash("token"), NOW.plus(HOUR)).await.unwrap(), None);
    tx.token_touch(token.id, "::1", NOW).await.unwrap();
    let seen = Token { network: "::1".into(), seen_at: Some(NOW), ..token.clone() };
    assert_eq!(tx.token_list(ann.id).await.unwrap(), [seen]);
    assert!(!tx.token_delete(PersonId::generate(), token.id).await.unwrap());
    assert!(tx.token_hold(token.id, NOW).await.unwrap());
    tx.commit().await.unwrap();
    let mut reading = test.catalog.read().await.unwrap();
    assert!(reading.token_alive(token.id, NOW).await.unwrap());
    assert!(!reading.token_alive(token.id, NOW.plus(HOUR)).await.unwrap());
    drop(reading);
    let mut tx = test.catalog.begin().await.unwrap();
    assert!(tx.token_delete(ann.id, token.id).await.unwrap());
    tx.token_insert(&Token { expires_at: None, space_id: None, ..token }).await.unwrap();
    assert!(tx.token_find(&hash("token"), NOW.plus(HOUR * 9999)).await.unwrap().is_some());
    assert_eq!(tx.token_delete_all(ann.id).await.unwrap(), 1);
    tx.commit().await.unwrap();
}

async fn nobody_who_is_disabled_is_found(test: &TestCatalog) {
    let mut tx = test.catalog.begin().await.unwrap();
    let ann = person(&mut tx, "ann@example.org").await;
    tx.session_insert(&session(ann.id, "one")).await.unwrap();
    tx.person_set_disabled(ann.id, Some(NOW)).await.unwrap();
    assert_eq!(tx.session_find(&hash("one"), NOW).await.unwrap(), None);
    tx.person_set_disabled(ann.id, None).await.unwrap();
    assert!(tx.session_find(&hash("one"), NOW).await.unwrap().is_some());
    tx.person_set_password(ann.id, "$argon2id$").await.unwrap();
    tx.person_set_name(ann.id, "Ann").await.unwrap();
    let found = tx.person_get(ann.id).await.unwrap().unwrap();
    assert_eq!((found.name.as_str(), found.password_hash.as_deref()), ("Ann", Some("$argon2id$")));
    tx.commit().await.unwrap();
}

async fn a_code_is_taken_once(test: &TestCatalog) {
    let mut tx = test.catalog.begin().await.unwrap();
    let ann = person(&mut tx, "ann@example.org").await;
    let factor = Factor {
        id: FactorId::generate(),
        person_id: ann.id,
        kind: FactorKind::Totp,
        name: "phone".into(),
        secret: vec![0, 255],
        created_at: NOW,
        confirmed_at: None,
        used_at: None,
        counter: 0,
    };
    tx.factor_insert(&factor).await.unwrap();
    assert!(tx.factor_use(factor.id, 7, NOW).await.unwrap());
    assert!(!tx.factor_use(factor.id, 7, NOW).await.unwrap());
    assert!(!tx.factor_use(factor.id, 6, NOW).await.unwrap());
    assert!(tx.factor_use(factor.id, 8, NOW).await.unwrap());
    tx.factor_confirm(factor.id, NOW).await.unwrap();
    assert!(tx.factor_confirm(factor.id, NOW).await.is_err());
    tx.factor_update(factor.id, b"new", NOW).await.unwrap();
    let kept =
        Factor { confirmed_at: Some(NOW), used_at: Some(NOW), counter: 8, secret: b"new".to_vec(), ..factor };
    assert!(tx.factor_list(ann.id).await.unwrap() == [kept.clone()]);
    assert!(tx.factor_delete(ann.id, kept.id).await.unwrap());

    tx.recovery_code_replace(ann.id, &[hash("a"), hash("b")]).await.unwrap();
    assert!(tx.recovery_code_use(ann.id, &hash("a"), NOW).await.unwrap());
    assert!(!tx.recovery_code_use(ann.id, &hash("a"), NOW).await.unwrap());
    assert!(!tx.recovery_code_use(ann.id, &hash("c"), NOW).await.unwrap());
    assert_eq!(tx.recovery_code_left(ann.id).await.unwrap(), 1);
    tx.recovery_code_replace(ann.id, &[hash("a"), hash("d")]).await.unwrap();
    assert_eq!(tx.recovery_code_left(ann.id).await.unwrap(), 2);
    tx.commit().await.unwrap();
}

async fn a_passkey_is_found_by_its_id_and_a_password_can_go(test: &TestCatalog) {
    let mut tx = test.catalog.begin().await.unwrap();
    let (ann, ben) = (person(&mut tx, "ann@example.org").await, person(&mut tx, "ben@example.org").await);
    let factor = |person_id, id: u128, created_at| Factor {
        id: FactorId(uuid::Uuid::from_u128(id)),
        person_id,
        kind: FactorKind::Passkey,
        name: "key".into(),
        secret: b"public".to_vec(),
        created_at,
        confirmed_at: Some(created_at),
        used_at: None,
        counter: 0,
    };
    // The id says nothing of the time, so the list goes by that.
    let (late, early) = (factor(ann.id, 1, NOW.plus(HOUR)), factor(ann.id, 2, NOW));
    tx.factor_insert(&late).await.unwrap();
    tx.factor_insert(&early).await.unwrap();
    assert!(tx.factor_list(ann.id).await.unwrap() == [early.clone(), late.clone()]);
    assert!(tx.factor_get(late.id).await.unwrap() == Some(late));
    assert!(tx.factor_get(FactorId::generate()).await.unwrap().is_none());
    tx.person_set_password(ann.id, "$argon2id$").await.unwrap();
    tx.person_lock(ann.id).await.unwrap();
    tx.person_remove_password(ann.id).await.unwrap();
    assert_eq!(tx.person_get(ann.id).await.unwrap().unwrap().password_hash, None);
    assert!(tx.person_remove_password(PersonId::generate()).await.is_err());
    tx.commit().await.unwrap();
    // No two accounts have the same one.
    let mut tx = test.catalog.begin().await.unwrap();
    let error = tx.factor_insert(&factor(ben.id, 2, NOW)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
}

async fn an_invitation_is_used_once(test: &TestCatalog) {
    let mut tx = test.catalog.begin().await.unwrap();
    let ann = person(&mut tx, "ann@example.org").await;
    let space = new_space("Family");
    tx.space_insert(&space).await.unwrap();
    let membership = Membership {
        space_id: space.id,
        role: Role::Custom,
        permissions: Permissions::of(&[Permission::View]),
    };
    let invitation = Invitation {
        id: InvitationId::generate(),
        secret_hash: hash("invitation"),
        email: "ben@example.org".into(),
        membership: Some(membership),
        created_by: ann.id,
        created_at: NOW,
        expires_at: NOW.plus(HOUR),
        used_at: None,
    };
    tx.invitation_insert(&invitation).await.unwrap();
    assert_eq!(tx.invitation_find(&hash("invitation"), NOW).await.unwrap(), Some(invitation.clone()));
    assert_eq!(tx.invitation_find(&hash("invitation"), NOW.plus(HOUR)).await.unwrap(), None);
    assert_eq!(tx.invitation_list(space.id, NOW).await.unwrap(), [invitation.clone()]);
    assert!(tx.invitation_use(invitation.id, NOW).await.unwrap());
    assert!(!tx.invitation_use(invitation.id, NOW).await.unwrap());
    assert_eq!(tx.invitation_find(&hash("invitation"), NOW).await.unwrap(), None);
    assert!(!tx.invitation_delete(space.id, invitation.id).await.unwrap());
    let account = Invitation {
        id: InvitationId::generate(),
        secret_hash: hash("account"),
        membership: None,
        ..invitation
    };
    tx.invitation_insert(&account).await.unwrap();
    assert_eq!(tx.invitation_find(&hash("account"), NOW).await.unwrap(), Some(account));
    tx.commit().await.unwrap();
}

async fn members_grants_and_mirrors_come_and_go(test: &TestCatalog) {
    let home = shelf(&test.catalog).await;
    let mut tx = test.catalog.begin().await.unwrap();
    let (ann, ben) = (person(&mut tx, "ann@example.org").await, person(&mut tx, "ben@example.org").await);
    let other = new_space("Other");
    tx.space_insert(&other).await.unwrap();
    let set = Permissions::of(&[Permission::View, Permission::Upload]);
    let mut member =
        Member { space_id: home.space, person_id: ben.id, role: Role::Custom, custom: set, added_at: NOW };
    tx.member_insert(&member).await.unwrap();
    assert_eq!(tx.member_get(home.space, ben.id).await.unwrap().unwrap().permissions(), set);
    (member.role, member.custom) = (Role::Viewer, Permissions::NONE);
    tx.member_update(&member).await.unwrap();
    assert_eq!(tx.member_by_person(ben.id).await.unwrap(), [member]);
    assert_eq!(member.permissions(), Role::Viewer.permissions());
    tx.member_delete(home.space, ben.id).await.unwrap();
    assert!(tx.member_delete(home.space, ben.id).await.is_err());

    let mut grant = AlbumGrant {
        album_id: home.album,
        person_id: ben.id,
        permissions: set,
        added_by: ann.id,
        added_at: NOW,
    };
    tx.album_grant_put(&grant).await.unwrap();
    grant.permissions = Permissions::of(&[Permission::View]);
    tx.album_grant_put(&grant).await.unwrap();
    assert_eq!(tx.album_grant_get(home.album, ben.id).await.unwrap(), Some(grant));
    assert_eq!(tx.album_grant_list(home.album).await.unwrap(), [grant]);
    assert_eq!(tx.album_grant_by_person(ben.id).await.unwrap(), [grant]);
    assert!(tx.album_grant_delete(home.album, ben.id).await.unwrap());
    assert!(!tx.album_grant_delete(home.album, ben.id).await.unwrap());

    let mirror = AlbumMirror { album_id: home.album, space_id: other.id, added_by: ann.id, added_at: NOW };
    tx.album_mirror_insert(&mirror).await.unwrap();
    assert_eq!(tx.album_mirror_list(home.album).await.unwrap(), [mirror]);
    assert_eq!(tx.album_mirror_by_space(other.id).await.unwrap(), [mirror]);
    assert!(tx.album_mirror_delete(home.album, other.id).await.unwrap());
    assert!(!tx.album_mirror_delete(home.album, other.id).await.unwrap());
    tx.album_rename(home.album, "Renamed").await.unwrap();
    assert_eq!(tx.album_get(home.album).await.unwrap().unwrap().name, "Renamed");
    tx.space_rename(other.id, "ANOTHER").await.unwrap();
    assert_eq!(tx.space_by_name("another").await.unwrap().unwrap().id, other.id);
    tx.commit().await.unwrap();
}

async fn uploads_are_promised_room_until_they_are_stored_or_expire(test: &TestCatalog) {
    let home = shelf(&test.catalog).await;
    let mut tx = test.catalog.begin().await.unwrap();
    let ann = person(&mut tx, "ann@example.org").await;
    tx.space_set_quota(home.space, Some(1 << 40)).await.unwrap();
    assert_eq!(tx.space_quota(home.space).await.unwrap(), Some(1 << 40));
    tx.space_set_quota(home.space, None).await.unwrap();
    assert_eq!(tx.space_quota(home.space).await.unwrap(), None);
    assert_eq!(tx.space_used(home.space).await.unwrap(), 0);
    let upload = Upload {
        id: UploadId::generate(),
        person_id: ann.id,
        space_id: home.space,
        folder: b"a".to_vec(),
        name: b"b.jpg".to_vec(),
        size: 5_000_000_000,
        content_sha256: Some(hash("x")),
        modified_ns: Some(-1),
        created_at: NOW,
        expires_at: NOW.plus(HOUR),
        asset_id: None,
    };
    let second =
        Upload { id: UploadId::generate(), content_sha256: None, modified_ns: None, ..upload.clone() };
    tx.upload_insert(&upload).await.unwrap();
    tx.upload_insert(&second).await.unwrap();
    assert_eq!(tx.upload_get(upload.id, NOW).await.unwrap(), Some(upload.clone()));
    assert_eq!(tx.upload_get(upload.id, NOW.plus(HOUR)).await.unwrap(), None);
    let held =
        |now: Timestamp| HeldRoom { now, begun_after: now.minus(HOUR / 2), ends_after: now.plus(HOUR) };
    assert_eq!(tx.upload_promised(home.space, held(NOW)).await.unwrap(), 10_000_000_000);
    assert_eq!(tx.upload_promise(upload.id, held(NOW)).await.unwrap(), 5_000_000_000);
    assert_eq!(tx.upload_count(home.space, ann.id, NOW).await.unwrap(), 2);
    // Nothing came for a while, of the first; the other went on.
    let later = NOW.plus(HOUR / 2);
    tx.upload_extend(second.id, later.plus(HOUR * 2)).await.unwrap();
    assert_eq!(tx.upload_promised(home.space, held(later)).await.unwrap(), 5_000_000_000);
    assert_eq!(tx.upload_promise(upload.id, held(later)).await.unwrap(), 0);
    tx.upload_extend(second.id, NOW.plus(HOUR)).await.unwrap();
    let asset = crate::support::photos::asset(home, b"k".to_vec(), Timestamp(1));
    tx.asset_insert_many(&[asset.clone()]).await.unwrap();
    assert_eq!(tx.upload_list(ann.id, NOW).await.unwrap(), [upload.clone(), second.clone()]);
    assert!(tx.upload_set_asset(upload.id, asset.id).await.unwrap());
    assert!(!tx.upload_set_asset(UploadId::generate(), asset.id).await.unwrap());
    assert_eq!(tx.upload_list(ann.id, NOW).await.unwrap(), [second.clone()]);
    assert_eq!(tx.upload_promised(home.space, held(NOW)).await.unwrap(), 5_000_000_000);
    assert_eq!(tx.upload_promised(home.space, held(NOW.plus(HOUR))).await.unwrap(), 0);
    // What the space has takes no more room.
    let known = Upload { id: UploadId::generate(), content_sha256: Some(hash("known")), ..upload.clone() };
    tx.upload_insert(&known).await.unwrap();
    assert_eq!(tx.upload_promised(home.space, held(NOW)).await.unwrap(), 10_000_000_000);
    tx.object_insert_many(&[crate::support::photos::object(home.space, "known")]).await.unwrap();
    assert_eq!(tx.upload_promised(home.space, held(NOW)).await.unwrap(), 5_000_000_000);
    assert_eq!(tx.upload_promise(known.id, held(NOW)).await.unwrap(), 0);
    assert!(tx.upload_delete(known.id).await.unwrap());
    assert_eq!(tx.upload_expired(NOW.plus(HOUR), 10).await.unwrap().len(), 2);
    assert!(tx.upload_delete(upload.id).await.unwrap());
    assert!(!tx.upload_delete(upload.id).await.unwrap());
    tx.commit().await.unwrap();
}
