//! Trusted contacts, recoveries and vouches, also when several act at once.

use std::time::Duration;

use model::{NoticeId, NoticeKind, PersonId, RecoveryId, SessionId, Timestamp};
use ourphoto_catalog::{
    Catalog, Contact, ContactRule, Notice, Person, Recovery, RecoveryOutcome, Session, Tx,
};

use crate::support::people::person;
use crate::support::photos::{NOW, sha256 as hash};
use crate::support::{TestCatalog, for_each_engine};

for_each_engine!(
    contacts_come_and_go_with_their_rule,
    a_recovery_is_found_until_it_ends_and_ends_once,
    vouches_count_once_and_only_of_contacts_who_may_sign_in,
    recoveries_that_are_over_are_swept,
    what_somebody_was_told_is_counted,
    vouching_and_vetoing_at_once_end_well,
    of_finishing_and_vetoing_at_once_exactly_one_happens,
);

const HOUR: Duration = Duration::from_hours(1);

fn recovery(person_id: PersonId, secret: &str) -> Recovery {
    Recovery {
        id: RecoveryId::generate(),
        person_id,
        secret_hash: hash(secret),
        agent: "browser".into(),
        network: "::1".into(),
        created_at: NOW,
        ready_at: None,
        expires_at: NOW.plus(HOUR),
        ended_at: None,
        outcome: None,
    }
}

/// Ann, and `count` contacts of hers of whom `needed` must vouch.
async fn ann_and_contacts(catalog: &Catalog, count: usize, needed: u32) -> (Person, Vec<Person>) {
    let mut tx = catalog.begin().await.unwrap();
    let ann = person(&mut tx, "ann@example.org").await;
    tx.contact_rule_put(&ContactRule { person_id: ann.id, needed, wait: HOUR }).await.unwrap();
    let mut contacts = Vec::new();
    for n in 0..count {
        let contact = person(&mut tx, &format!("contact{n}@example.org")).await;
        let added = Contact { person_id: ann.id, contact_id: contact.id, added_at: Timestamp(n as i64) };
        tx.contact_insert(&added).await.unwrap();
        contacts.push(contact);
    }
    tx.commit().await.unwrap();
    (ann, contacts)
}

async fn contacts_come_and_go_with_their_rule(test: &TestCatalog) {
    let (ann, contacts) = ann_and_contacts(&test.catalog, 2, 2).await;
    let mut tx = test.catalog.begin().await.unwrap();
    let found: Vec<Person> =
        tx.contact_list(ann.id).await.unwrap().into_iter().map(|(_, person)| person).collect();
    assert_eq!(found, contacts);
    assert_eq!(tx.contact_of(contacts[0].id).await.unwrap(), [ann.clone()]);
    assert!(tx.contact_of(ann.id).await.unwrap().is_empty());
    let rule = ContactRule { person_id: ann.id, needed: 2, wait: HOUR };
    assert_eq!(tx.contact_rule_get(ann.id).await.unwrap(), Some(rule));
    let rule = ContactRule { needed: 1, wait: HOUR * 720, ..rule };
    tx.contact_rule_put(&rule).await.unwrap();
    assert_eq!(tx.contact_rule_lock(ann.id).await.unwrap(), Some(rule));
    assert_eq!(tx.contact_rule_get(contacts[0].id).await.unwrap(), None);
    assert!(tx.contact_delete(ann.id, contacts[0].id).await.unwrap());
    assert!(!tx.contact_delete(ann.id, contacts[0].id).await.unwrap());
    assert_eq!(tx.contact_list(ann.id).await.unwrap().len(), 1);
    let again = Contact { person_id: ann.id, contact_id: contacts[1].id, added_at: NOW };
    tx.contact_insert(&again).await.unwrap_err();
}

async fn a_recovery_is_found_until_it_ends_and_ends_once(test: &TestCatalog) {
    let (ann, contacts) = ann_and_contacts(&test.catalog, 1, 1).await;
    let mut tx = test.catalog.begin().await.unwrap();
    let (one, other) = (recovery(ann.id, "one"), recovery(ann.id, "other"));
    tx.recovery_insert(&one).await.unwrap();
    tx.recovery_insert(&other).await.unwrap();
    assert_eq!(tx.recovery_find(&hash("one")).await.unwrap(), Some(one.clone()));
    assert_eq!(tx.recovery_find(&hash("nothing")).await.unwrap(), None);
    assert_eq!(tx.recovery_get(other.id).await.unwrap(), Some(other.clone()));
    assert_eq!(tx.recovery_under_way(ann.id, NOW).await.unwrap(), [one.clone(), other.clone()]);
    assert_eq!(tx.recovery_to_vouch(contacts[0].id, NOW).await.unwrap(), [one.clone(), other.clone()]);
    assert!(tx.recovery_to_vouch(ann.id, NOW).await.unwrap().is_empty());
    assert!(tx.recovery_under_way(ann.id, NOW.plus(HOUR)).await.unwrap().is_empty());
    tx.person_set_disabled(ann.id, Some(NOW)).await.unwrap();
    assert!(tx.recovery_to_vouch(contacts[0].id, NOW).await.unwrap().is_empty());
    tx.person_set_disabled(ann.id, None).await.unwrap();

    let later = NOW.plus(HOUR / 2);
    tx.recovery_set_wait(one.id, Some(later), later.plus(HOUR)).await.unwrap();
    let waits = tx.recovery_get(one.id).await.unwrap().unwrap();
    assert_eq!((waits.ready_at, waits.expires_at), (Some(later), later.plus(HOUR)));
    assert!(tx.recovery_end(one.id, later, RecoveryOutcome::Vetoed).await.unwrap());
    assert!(!tx.recovery_end(one.id, later, RecoveryOutcome::Used).await.unwrap());
    let ended = tx.recovery_get(one.id).await.unwrap().unwrap();
    assert_eq!((ended.ended_at, ended.outcome), (Some(later), Some(RecoveryOutcome::Vetoed)));
    tx.recovery_set_wait(one.id, None, later).await.unwrap_err();
    // What is too old cannot be used, though nobody has swept yet.
    assert!(!tx.recovery_end(other.id, NOW.plus(HOUR), RecoveryOutcome::Used).await.unwrap());
    assert_eq!(tx.recovery_end_all(ann.id, later, RecoveryOutcome::Expired).await.unwrap(), 1);
    assert!(tx.recovery_under_way(ann.id, NOW).await.unwrap().is_empty());
}

async fn vouches_count_once_and_only_of_contacts_who_may_sign_in(test: &TestCatalog) {
    let (ann, contacts) = ann_and_contacts(&test.catalog, 3, 2).await;
    let mut tx = test.catalog.begin().await.unwrap();
    let stranger = person(&mut tx, "stranger@example.org").await;
    let asked = recovery(ann.id, "one");
    tx.recovery_insert(&asked).await.unwrap();
    for who in contacts.iter().chain([&stranger]) {
        assert!(tx.vouch_insert(asked.id, who.id, NOW).await.unwrap());
        assert!(!tx.vouch_insert(asked.id, who.id, NOW).await.unwrap());
    }
    assert_eq!(tx.vouch_list(asked.id).await.unwrap().len(), 3);
    tx.person_set_disabled(contacts[0].id, Some(NOW)).await.unwrap();
    tx.contact_delete(ann.id, contacts[1].id).await.unwrap();
    assert_eq!(tx.vouch_list(asked.id).await.unwrap(), [contacts[2].id]);
    assert!(!tx.recovery_delete(asked.id).await.unwrap(), "somebody vouches for it");
    for who in contacts.iter().chain([&stranger]) {
        assert!(tx.vouch_delete(asked.id, who.id).await.unwrap());
    }
    assert!(!tx.vouch_delete(asked.id, stranger.id).await.unwrap());
    assert!(tx.recovery_delete(asked.id).await.unwrap());
    assert!(!tx.recovery_delete(asked.id).await.unwrap());
}

async fn recoveries_that_are_over_are_swept(test: &TestCatalog) {
    let (ann, contacts) = ann_and_contacts(&test.catalog, 1, 1).await;
    let mut tx = test.catalog.begin().await.unwrap();
    let (old, new) =
        (recovery(ann.id, "old"), Recovery { expires_at: NOW.plus(HOUR * 9), ..recovery(ann.id, "new") });
    tx.recovery_insert(&old).await.unwrap();
    tx.recovery_insert(&new).await.unwrap();
    tx.vouch_insert(old.id, contacts[0].id, NOW).await.unwrap();
    let over = NOW.plus(HOUR);
    assert_eq!(tx.recovery_sweep(over, NOW).await.unwrap(), 1);
    let ended = tx.recovery_get(old.id).await.unwrap().unwrap();
    assert_eq!((ended.ended_at, ended.outcome), (Some(over), Some(RecoveryOutcome::Expired)));
    assert_eq!(tx.recovery_sweep(over, over).await.unwrap(), 0);
    assert!(tx.recovery_get(old.id).await.unwrap().is_some());
    assert_eq!(tx.recovery_sweep(over, over.plus(HOUR)).await.unwrap(), 0);
    assert!(tx.recovery_get(old.id).await.unwrap().is_none());
    assert!(tx.recovery_get(new.id).await.unwrap().is_some());
}

async fn what_somebody_was_told_is_counted(test: &TestCatalog) {
    let mut tx = test.catalog.begin().await.unwrap();
    let ann = person(&mut tx, "ann@example.org").await;
    for (kind, at) in [
        (NoticeKind::RecoveryStarted, NOW),
        (NoticeKind::RecoveryStarted, NOW.plus(HOUR)),
        (NoticeKind::Recovered, NOW.plus(HOUR)),
    ] {
        let facts = serde_json::json!({});
        let id = NoticeId::generate();
        tx.notice_insert(&Notice { id, person_id: ann.id, kind, facts, at, seen_at: None }).await.unwrap();
    }
    let kind = NoticeKind::RecoveryStarted;
    assert_eq!(tx.notice_count(ann.id, kind, NOW).await.unwrap(), 2);
    assert_eq!(tx.notice_count(ann.id, kind, NOW.plus(HOUR)).await.unwrap(), 1);
    assert_eq!(tx.notice_count(ann.id, kind, NOW.plus(HOUR * 2)).await.unwrap(), 0);
}

async fn session(catalog: &Catalog, person_id: PersonId) -> SessionId {
    let id = SessionId::generate();
    let session = Session {
        id,
        person_id,
        secret_hash: hash(&id.to_string()),
        agent: String::new(),
        network: String::new(),
        created_at: NOW,
        seen_at: NOW,
        expires_at: NOW.plus(HOUR * 99),
        proved_at: NOW,
    };
    let mut tx = catalog.begin().await.unwrap();
    tx.session_insert(&session).await.unwrap();
    tx.commit().await.unwrap();
    id
}

async fn tell(tx: &mut Tx, person_id: PersonId, kind: NoticeKind) {
    let facts = serde_json::json!({});
    let notice = Notice { id: NoticeId::generate(), person_id, kind, facts, at: NOW, seen_at: None };
    tx.notice_insert(&notice).await.unwrap();
}

/// As the library does it: whoever acts is locked, then the rule, then what was read still holds.
async fn vouch(catalog: Catalog, session: SessionId, ann: PersonId, id: RecoveryId, contact: PersonId) {
    let mut tx = catalog.begin().await.unwrap();
    if !tx.session_hold(session, NOW).await.unwrap() {
        return;
    }
    let rule = tx.contact_rule_lock(ann).await.unwrap().unwrap();
    if tx.recovery_get(id).await.unwrap().unwrap().ended_at.is_some() {
        return;
    }
    let before = tx.vouch_list(id).await.unwrap().len() as u32;
    if !tx.vouch_insert(id, contact, NOW).await.unwrap() {
        return;
    }
    tell(&mut tx, ann, NoticeKind::RecoveryStarted).await;
    if before < rule.needed && before + 1 >= rule.needed {
        tx.recovery_set_wait(id, Some(NOW.plus(rule.wait)), NOW.plus(rule.wait * 2)).await.unwrap();
        tell(&mut tx, ann, NoticeKind::RecoveryWaiting).await;
    }
    tx.audit_append(NOW, "contact", "recovery.vouch", &id.to_string(), &serde_json::json!({})).await.unwrap();
    tx.commit().await.unwrap();
}

async fn veto(catalog: Catalog, session: SessionId, ann: PersonId, id: RecoveryId) -> bool {
    let mut tx = catalog.begin().await.unwrap();
    if !tx.session_hold(session, NOW).await.unwrap() {
        return false;
    }
    tx.contact_rule_lock(ann).await.unwrap().unwrap();
    if !tx.recovery_end(id, NOW, RecoveryOutcome::Vetoed).await.unwrap() {
        return false;
    }
    for (_, contact) in tx.contact_list(ann).await.unwrap() {
        tell(&mut tx, contact.id, NoticeKind::RecoveryVetoed).await;
    }
    tx.audit_append(NOW, "ann", "recovery.veto", &id.to_string(), &serde_json::json!({})).await.unwrap();
    tx.commit().await.unwrap();
    true
}

async fn finish(catalog: Catalog, ann: PersonId, id: RecoveryId) -> bool {
    let mut tx = catalog.begin().await.unwrap();
    tx.person_lock(ann).await.unwrap();
    tx.contact_rule_lock(ann).await.unwrap().unwrap();
    if tx.recovery_get(id).await.unwrap().unwrap().ended_at.is_some() {
        return false;
    }
    tx.person_set_password(ann, "$argon2id$new").await.unwrap();
    tx.session_delete_others(ann, None).await.unwrap();
    assert!(tx.recovery_end(id, NOW, RecoveryOutcome::Used).await.unwrap());
    tx.recovery_end_all(ann, NOW, RecoveryOutcome::Expired).await.unwrap();
    for (_, contact) in tx.contact_list(ann).await.unwrap() {
        tell(&mut tx, contact.id, NoticeKind::Recovered).await;
    }
    tx.audit_append(NOW, "ann", "recovery.finish", &id.to_string(), &serde_json::json!({})).await.unwrap();
    tx.commit().await.unwrap();
    true
}

async fn begun(catalog: &Catalog, ann: PersonId, secret: &str) -> RecoveryId {
    let asked = recovery(ann, secret);
    let mut tx = catalog.begin().await.unwrap();
    tx.recovery_insert(&asked).await.unwrap();
    tx.commit().await.unwrap();
    asked.id
}

async fn vouching_and_vetoing_at_once_end_well(test: &TestCatalog) {
    let catalog = &test.catalog;
    let (ann, contacts) = ann_and_contacts(catalog, 4, 3).await;
    let mut sessions = Vec::new();
    for contact in &contacts {
        sessions.push((session(catalog, contact.id).await, contact.id));
    }
    let hers = session(catalog, ann.id).await;
    for round in 0..10 {
        let id = begun(catalog, ann.id, &format!("round {round}")).await;
        let mut vouching = tokio::task::JoinSet::new();
        for (session, contact) in &sessions {
            vouching.spawn(vouch(catalog.clone(), *session, ann.id, id, *contact));
        }
        let late = round % 2 == 1;
        if late {
            while vouching.join_next().await.is_some() {}
        }
        assert!(veto(catalog.clone(), hers, ann.id, id).await, "round {round}");
        vouching.join_all().await;
        let mut tx = catalog.read().await.unwrap();
        let ended = tx.recovery_get(id).await.unwrap().unwrap();
        assert_eq!(ended.outcome, Some(RecoveryOutcome::Vetoed), "round {round}");
        let vouched = tx.vouch_list(id).await.unwrap().len();
        assert_eq!(ended.ready_at.is_some(), vouched >= 3, "round {round}: {vouched}");
        assert!(!late || vouched == 4, "round {round}: {vouched}");
    }
    // The wait began at most once for each.
    let mut tx = catalog.read().await.unwrap();
    assert!(tx.notice_count(ann.id, NoticeKind::RecoveryWaiting, NOW).await.unwrap() <= 10);
}

async fn of_finishing_and_vetoing_at_once_exactly_one_happens(test: &TestCatalog) {
    let catalog = &test.catalog;
    let (ann, contacts) = ann_and_contacts(catalog, 2, 1).await;
    let theirs = session(catalog, contacts[0].id).await;
    for round in 0..10 {
        let hers = session(catalog, ann.id).await;
        let id = begun(catalog, ann.id, &format!("round {round}")).await;
        let vetoing = tokio::spawn(veto(catalog.clone(), hers, ann.id, id));
        let finishing = tokio::spawn(finish(catalog.clone(), ann.id, id));
        let again = tokio::spawn(finish(catalog.clone(), ann.id, id));
        let vouching = tokio::spawn(vouch(catalog.clone(), theirs, ann.id, id, contacts[0].id));
        let (vetoed, finished, again) =
            (vetoing.await.unwrap(), finishing.await.unwrap(), again.await.unwrap());
        vouching.await.unwrap();
        let happened = u32::from(vetoed) + u32::from(finished) + u32::from(again);
        assert_eq!(happened, 1, "round {round}: {vetoed} {finished} {again}");
        let mut tx = catalog.read().await.unwrap();
        let outcome = tx.recovery_get(id).await.unwrap().unwrap().outcome;
        let expected = if vetoed { RecoveryOutcome::Vetoed } else { RecoveryOutcome::Used };
        assert_eq!(outcome, Some(expected), "round {round}");
        // Whoever has finished has ended the session.
        assert_eq!(tx.session_list(ann.id, NOW).await.unwrap().is_empty(), !vetoed, "round {round}");
        drop(tx);
        let mut tx = catalog.begin().await.unwrap();
        tx.session_delete_others(ann.id, None).await.unwrap();
        tx.commit().await.unwrap();
    }
}
