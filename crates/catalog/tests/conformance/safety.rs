//! How safe photos are kept: coverage by sets of copies, care, rules, damage, alerts, drills, reviews.

use std::collections::BTreeMap;
use std::time::Duration;

use model::{
    AlertId, AlertKind, DrillId, DrillScope, ErrorKind, ReplicaState, ReviewId, ReviewKind, Timestamp,
};
use ourphoto_catalog::{
    Alert, Care, Copy, Coverage, Damage, Drill, Quiet, Replica, ReplicaObject, Review, ReviewDone, Rule,
    Scope, Unread,
};
use serde_json::json;

use crate::support::photos::{NOW, filled, new_copy};
use crate::support::{TestCatalog, for_each_engine};

for_each_engine!(
    coverage_counts_each_object_once_by_who_holds_it,
    proofs_that_are_too_old_are_found,
    photos_are_chosen_evenly,
    care_and_rules_are_kept,
    damage_is_noted_once_until_it_is_healed,
    what_cannot_be_read_is_noted_until_something_is_learned,
    one_alert_of_a_kind_is_open_about_one_thing,
    drills_and_reviews_are_kept,
);

const DAY: i64 = 86_400_000;
/// Before anything was stored: no proof is too old.
const LONG_AGO: Timestamp = Timestamp(NOW.0 - 400 * DAY);

/// Three copies beside the library, which hold some of the objects; who holds what follows from the numbers.
async fn held(
    test: &TestCatalog,
    count: usize,
) -> (Vec<Copy>, crate::support::photos::Batch, model::SpaceId) {
    let (shelf, batch) = filled(&test.catalog, count).await;
    let mut tx = test.catalog.begin().await.unwrap();
    let copies: Vec<Copy> = ["ssd", "nas", "cloud"].iter().map(|name| new_copy(name, false)).collect();
    for (number, copy) in copies.iter().enumerate() {
        tx.copy_insert(copy).await.unwrap();
        let replicas: Vec<Replica> = batch
            .objects
            .iter()
            .enumerate()
            .filter(|(n, _)| !n.is_multiple_of(number + 2))
            .map(|(n, object)| Replica {
                copy_id: copy.id,
                object_id: object.id,
                state: if n % 7 == 3 { ReplicaState::Damaged } else { ReplicaState::Held },
                stored_at: Timestamp(NOW.0 - 200 * DAY),
                proved_at: (n % 5 != 0).then_some(Timestamp(NOW.0 - n as i64 * DAY)),
                proved_by: None,
                note: None,
            })
            .collect();
        tx.replica_set_states(&replicas, None).await.unwrap();
    }
    tx.commit().await.unwrap();
    (copies, batch, shelf.space)
}

async fn coverage_counts_each_object_once_by_who_holds_it(test: &TestCatalog) {
    let (copies, batch, space) = held(test, 60).await;
    let ids: Vec<_> = copies.iter().map(|copy| copy.id).collect();
    // The same, told simply.
    let holders = |n: usize| -> u64 {
        (0..3).filter(|number| !n.is_multiple_of(number + 2) && n % 7 != 3).map(|number| 1u64 << number).sum()
    };
    let mut expected: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
    for (n, object) in batch.objects.iter().enumerate() {
        let entry = expected.entry(holders(n)).or_default();
        *entry = (entry.0 + 1, entry.1 + object.size);
    }
    let mut tx = test.catalog.read().await.unwrap();
    let found = tx.coverage(&ids, space).await.unwrap();
    let expected: Vec<_> = expected
        .into_iter()
        .map(|(holders, (objects, bytes))| Coverage { holders, objects, bytes })
        .collect();
    assert_eq!(found, expected);
    assert!(found.len() > 3, "sets differ: {found:?}");
    assert_eq!(tx.coverage(&ids, model::SpaceId::generate()).await.unwrap(), vec![]);

    // Those of two sets, page by page, are exactly those that the numbers say.
    let sets = [0, 0b101];
    let (mut listed, mut after) = (Vec::new(), None);
    loop {
        let page = tx.coverage_objects(&ids, space, &sets, LONG_AGO, after, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        assert!(page.iter().all(|object| object.unproved == 0));
        listed.extend(page.iter().map(|object| (object.id, object.holders)));
    }
    let mut meant: Vec<_> = batch
        .objects
        .iter()
        .enumerate()
        .filter(|(n, _)| sets.contains(&holders(*n)))
        .map(|(n, object)| (object.id, holders(n)))
        .collect();
    meant.sort_unstable();
    assert_eq!(listed, meant);
    assert_eq!(tx.coverage_objects(&ids, space, &[], LONG_AGO, None, 3).await.unwrap(), vec![]);
}

async fn proofs_that_are_too_old_are_found(test: &TestCatalog) {
    let (copies, batch, space) = held(test, 40).await;
    let mut tx = test.catalog.read().await.unwrap();
    let before = Timestamp(NOW.0 - 20 * DAY);
    // The first copy misses even numbers; never proved are multiples of five; damaged ones are no proof at all.
    let mut meant: Vec<_> = (0..batch.objects.len())
        .filter(|n| n % 2 != 0 && n % 7 != 3 && (n % 5 == 0 || *n as i64 > 20))
        .map(|n| batch.objects[n].id)
        .collect();
    meant.sort_unstable();
    assert_eq!(tx.replica_stale_count(copies[0].id, space, before).await.unwrap(), meant.len() as u64);
    let ids: Vec<_> = copies.iter().map(|copy| copy.id).collect();
    let found = tx.coverage_objects(&ids, space, &[], before, None, 100).await.unwrap();
    let in_first = found.iter().filter(|object| object.unproved & 1 == 1);
    assert_eq!(in_first.map(|object| object.id).collect::<Vec<_>>(), meant);
    assert!(found.iter().any(|object| object.unproved == 0b110), "each copy by itself: {found:?}");
    assert!(found.iter().all(|object| object.unproved != 0 && object.unproved & !object.holders == 0));
    assert_eq!(tx.replica_missing_since(copies[0].id).await.unwrap(), Some(batch.objects[0].created_at));
}

async fn photos_are_chosen_evenly(test: &TestCatalog) {
    let (shelf, batch) = filled(&test.catalog, 30).await;
    let mut tx = test.catalog.read().await.unwrap();
    let mut all: Vec<_> = batch.assets.iter().map(|asset| asset.id).collect();
    all.sort_unstable();
    let mut chosen = std::collections::HashMap::<_, u32>::new();
    for turn in 0..30 {
        let spread = tx.asset_spread(Scope::Space(shelf.space), 20, turn).await.unwrap();
        assert_eq!(spread.len(), 20);
        assert_eq!(tx.asset_spread(Scope::Album(shelf.album), 20, turn + 300).await.unwrap(), spread);
        for id in spread {
            *chosen.entry(id).or_default() += 1;
        }
    }
    // No photo is left out for good, the newest neither.
    assert!(all.iter().all(|id| chosen[id] == 20), "{chosen:?}");
    for (wanted, turn) in [(30, 0), (10_000, u32::MAX)] {
        assert_eq!(tx.asset_spread(Scope::All, wanted, turn).await.unwrap(), all);
    }
    assert_eq!(tx.asset_spread(Scope::Space(model::SpaceId::generate()), 9, 1).await.unwrap(), vec![]);
}

async fn care_and_rules_are_kept(test: &TestCatalog) {
    let (copies, _, space) = held(test, 1).await;
    let mut tx = test.catalog.begin().await.unwrap();
    assert_eq!(tx.care_get(copies[0].id).await.unwrap(), None);
    let mut care = Care::usual(copies[0].id, copies[0].medium);
    tx.care_put(&care).await.unwrap();
    assert_eq!(tx.care_get(copies[0].id).await.unwrap(), Some(care.clone()));
    care.every = Duration::from_hours(6);
    care.quiet = Some(Quiet { from: 1380, until: 360 });
    care.rate = Some(1_000_000);
    care.last_error = Some("it is away".into());
    (care.failures, care.failing_since) = (3, Some(NOW));
    (care.free_bytes, care.total_bytes) = (Some(5), Some(10));
    tx.care_put(&care).await.unwrap();
    assert_eq!(tx.care_get(copies[0].id).await.unwrap(), Some(care));

    assert_eq!(tx.rule_get(space).await.unwrap(), Rule { copies: 3, media: 2, offsite: 1, proof_days: 100 });
    let strict = Rule { copies: 4, media: 2, offsite: 2, proof_days: 30 };
    for _ in 0..2 {
        tx.rule_put(space, strict).await.unwrap();
        assert_eq!(tx.rule_get(space).await.unwrap(), strict);
    }
}

async fn damage_is_noted_once_until_it_is_healed(test: &TestCatalog) {
    let (copies, batch, _) = held(test, 3).await;
    let mut tx = test.catalog.begin().await.unwrap();
    let found = |n: usize, at: i64| Damage {
        copy_id: copies[0].id,
        object_id: batch.objects[n].id,
        state: ReplicaState::Damaged,
        note: "its bytes differ".into(),
        found_at: Timestamp(at),
        healed_at: None,
        healed_from: None,
        unhealed: None,
    };
    assert!(!tx.damage_any().await.unwrap());
    assert_eq!(tx.damage_note(&[found(0, 5 * DAY), found(1, 5 * DAY)]).await.unwrap(), 2);
    assert!(tx.damage_any().await.unwrap());
    assert_eq!(tx.damage_note(&[found(1, 6 * DAY), found(2, 6 * DAY)]).await.unwrap(), 1, "known already");
    assert_eq!(tx.damage_count(copies[0].id, Timestamp(6 * DAY)).await.unwrap(), (1, 3));
    let (object, helper) = (batch.objects[1].id, Some(copies[1].id));
    assert!(tx.damage_healed(copies[0].id, object, helper, Timestamp(7 * DAY)).await.unwrap());
    assert!(!tx.damage_healed(copies[0].id, object, helper, Timestamp(7 * DAY)).await.unwrap());
    assert_eq!(tx.damage_count(copies[0].id, Timestamp(0)).await.unwrap(), (3, 2));
    assert_eq!(tx.damage_note(&[found(1, 8 * DAY)]).await.unwrap(), 1, "again, after it was healed");
    assert_eq!(tx.damage_days(copies[0].id, Timestamp(0)).await.unwrap(), 3);
    assert_eq!(tx.damage_count(copies[1].id, Timestamp(0)).await.unwrap(), (0, 0));
    let list = tx.damage_list(10).await.unwrap();
    assert_eq!(list[0], found(1, 8 * DAY));
    let healed = Damage { healed_at: Some(Timestamp(7 * DAY)), healed_from: helper, ..found(1, 5 * DAY) };
    assert!(list.contains(&healed), "{list:?}");

    assert_eq!(tx.damage_untried().await.unwrap(), 3);
    assert!(tx.damage_unhealed(copies[0].id, object, "it is locked", Timestamp(9 * DAY)).await.unwrap());
    assert_eq!(tx.damage_untried().await.unwrap(), 2);
    assert_eq!(tx.damage_stuck(copies[0].id).await.unwrap(), (1, Some("it is locked".into())));
    assert_eq!(tx.damage_stuck(copies[1].id).await.unwrap(), (0, None));
    assert!(tx.damage_healed(copies[0].id, object, helper, Timestamp(9 * DAY)).await.unwrap());
    assert_eq!(tx.damage_stuck(copies[0].id).await.unwrap(), (0, None));
    assert!(!tx.damage_unhealed(copies[0].id, object, "too late", Timestamp(9 * DAY)).await.unwrap());
    // Nobody heals what is in a copy that is not used any more.
    tx.copy_remove(copies[0].id, NOW).await.unwrap();
    assert_eq!((tx.damage_untried().await.unwrap(), tx.damage_open().await.unwrap()), (0, 0));
}

async fn one_alert_of_a_kind_is_open_about_one_thing(test: &TestCatalog) {
    let mut tx = test.catalog.begin().await.unwrap();
    let mut alert = Alert {
        id: AlertId::generate(),
        kind: AlertKind::CopyLate,
        subject: "ssd".into(),
        facts: json!({"copy": "ssd"}),
        raised_at: NOW,
        told_at: NOW,
        escalated: 0,
        resolved_at: None,
    };
    tx.alert_insert(&alert).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = test.catalog.begin().await.unwrap();
    let again = Alert { id: AlertId::generate(), ..alert.clone() };
    assert_eq!(tx.alert_insert(&again).await.unwrap_err().kind(), ErrorKind::Conflict);
    drop(tx);
    let mut tx = test.catalog.begin().await.unwrap();
    let other = Alert { id: AlertId::generate(), subject: "nas".into(), ..alert.clone() };
    tx.alert_insert(&other).await.unwrap();
    assert_eq!(tx.alert_open().await.unwrap(), [alert.clone(), other.clone()]);
    alert.escalated = 1;
    alert.resolved_at = Some(Timestamp(NOW.0 + 5));
    tx.alert_update(&alert).await.unwrap();
    assert_eq!(tx.alert_open().await.unwrap(), [other]);
    tx.alert_insert(&again).await.unwrap();
    assert_eq!(tx.alert_list(10).await.unwrap().len(), 3);
    assert_eq!(tx.alert_sweep(Timestamp(NOW.0 + 6)).await.unwrap(), 1);
    assert_eq!(tx.alert_list(10).await.unwrap().len(), 2, "what is open is not forgotten");
}

async fn drills_and_reviews_are_kept(test: &TestCatalog) {
    let (copies, ..) = held(test, 1).await;
    let mut tx = test.catalog.begin().await.unwrap();
    let drill = |n: i64, passed| Drill {
        id: DrillId::generate(),
        copy_id: copies[0].id,
        scope: DrillScope::Sample,
        started_at: Timestamp(n),
        ended_at: Timestamp(n + 5),
        passed,
        report: json!({"n": n}).to_string(),
        signature: vec![1, 2, 3],
    };
    let (first, second) = (drill(10, true), drill(20, false));
    tx.drill_insert(&first).await.unwrap();
    tx.drill_insert(&second).await.unwrap();
    assert_eq!(tx.drill_list(10).await.unwrap(), [second.clone(), first.clone()]);
    assert_eq!(tx.drill_last(copies[0].id).await.unwrap(), Some(second));
    assert_eq!(tx.drill_last(copies[1].id).await.unwrap(), None);
    assert_eq!(tx.drill_last_before(copies[0].id, Timestamp(19)).await.unwrap(), Some(first.clone()));
    assert_eq!(tx.drill_last_before(copies[0].id, Timestamp(9)).await.unwrap(), None);
    assert_eq!(tx.drill_last_of_everything(NOW).await.unwrap(), None);
    let everything = Drill { scope: DrillScope::Everything, ..drill(15, true) };
    tx.drill_insert(&everything).await.unwrap();
    assert_eq!(tx.drill_last_of_everything(Timestamp(14)).await.unwrap(), None);
    assert_eq!(tx.drill_last_of_everything(NOW).await.unwrap(), Some(everything));
    assert_eq!(tx.drill_get(first.id).await.unwrap(), Some(first));

    assert!(!tx.review_any().await.unwrap());
    let mut review = Review {
        id: ReviewId::generate(),
        kind: ReviewKind::Storage,
        title: "Storage health".into(),
        checklist: vec!["Every copy is up to date".into()],
        every_days: 7,
        owner_id: None,
        due_at: Timestamp(100),
        created_at: Timestamp(1),
        ended_at: None,
    };
    tx.review_insert(&review).await.unwrap();
    let done = ReviewDone {
        id: uuid::Uuid::now_v7(),
        review_id: review.id,
        due_at: review.due_at,
        done_at: Timestamp(90),
        done_by: None,
        passed: true,
        evidence: json!({"copies": 3}),
        note: "all well".into(),
    };
    tx.review_done_insert(&done).await.unwrap();
    assert_eq!(tx.review_history(review.id, 5).await.unwrap(), [done]);
    review.due_at = Timestamp(700);
    tx.review_update(&review).await.unwrap();
    assert_eq!(tx.review_list().await.unwrap(), [review.clone()]);
    review.ended_at = Some(Timestamp(800));
    tx.review_update(&review).await.unwrap();
    assert_eq!(tx.review_list().await.unwrap(), []);
    assert_eq!(tx.review_get(review.id).await.unwrap(), Some(review));
    assert!(tx.review_any().await.unwrap());
}

async fn what_cannot_be_read_is_noted_until_something_is_learned(test: &TestCatalog) {
    let (copies, batch, _) = held(test, 20).await;
    let ssd = copies[0].id;
    let at = |n: i64| Timestamp(NOW.0 + n);
    let mut tx = test.catalog.begin().await.unwrap();
    let again = Duration::from_millis(4);
    assert_eq!(tx.unread_of(ssd, again).await.unwrap(), None);
    let [one, other] = [batch.objects[1].id, batch.objects[5].id];
    tx.unread_note(ssd, &[(one, "refused".into())], at(1)).await.unwrap();
    tx.unread_note(ssd, &[(one, "refused again".into()), (other, "too".into())], at(2)).await.unwrap();
    let listed = tx.unread_list(10).await.unwrap();
    assert_eq!(
        listed.iter().map(|one| (one.object_id, one.found_at, one.note.as_str())).collect::<Vec<_>>(),
        [(other, at(2), "too"), (one, at(1), "refused again")],
        "since when stays"
    );
    // What was not looked at for the longest time comes first; what was not tried again is not told yet.
    tx.replica_looked(ssd, &[one], at(5)).await.unwrap();
    tx.replica_looked(ssd, &[other], at(4)).await.unwrap();
    let known = Unread { count: 1, since: at(1), note: "refused again".into() };
    assert_eq!(tx.unread_of(ssd, again).await.unwrap(), Some(known));
    assert_eq!(tx.unread_of(copies[1].id, again).await.unwrap(), None);
    let ids = |page: Vec<ReplicaObject>| page.iter().map(|item| item.object.id).collect::<Vec<_>>();
    assert_eq!(ids(tx.unread_page(ssd, 10).await.unwrap()), [other, one]);
    assert_eq!(ids(tx.unread_page(ssd, 1).await.unwrap()), [other]);
    // Good or bad: something is known of it.
    for (object, state) in [(one, ReplicaState::Damaged), (other, ReplicaState::Held)] {
        let seen = Replica {
            copy_id: ssd,
            object_id: object,
            state,
            stored_at: NOW,
            proved_at: None,
            proved_by: None,
            note: None,
        };
        tx.replica_set_states(&[seen], Some(at(6))).await.unwrap();
    }
    assert_eq!(tx.unread_of(ssd, again).await.unwrap(), None);
    // Nobody waits for a copy that was let go.
    tx.unread_note(ssd, &[(one, "refused".into())], at(7)).await.unwrap();
    // Since when is put right after a clock that was ahead.
    tx.unread_note(ssd, &[(one, "refused".into())], at(3)).await.unwrap();
    assert_eq!(tx.unread_list(10).await.unwrap()[0].found_at, at(3));
    tx.copy_remove(ssd, at(8)).await.unwrap();
    assert_eq!(tx.unread_list(10).await.unwrap(), []);
}
