//! Copies, what they hold, and what is at risk.

use model::{ErrorKind, ProvedBy, ReplicaState, Timestamp};
use ourphoto_catalog::{LookCursor, Object, Replica, ReplicaSummary};

use crate::support::photos::{NOW, filled, new_copy};
use crate::support::{TestCatalog, for_each_engine};

for_each_engine!(
    what_a_copy_lacks_is_found_page_by_page,
    a_copy_that_holds_everything_lacks_nothing,
    a_scrub_meets_first_what_was_not_looked_at_for_the_longest_time,
    proofs_of_a_time_to_come_are_forgotten,
    an_object_that_nobody_holds_is_at_risk,
    copies_are_known_by_name_and_store,
    what_a_copy_held_is_forgotten_and_nothing_else_is,
);

async fn what_a_copy_held_is_forgotten_and_nothing_else_is(test: &TestCatalog) {
    let (_, batch) = filled(&test.catalog, 5).await;
    let copies = [new_copy("ssd", false), new_copy("nas", false)];
    let mut tx = test.catalog.begin().await.unwrap();
    for copy in &copies {
        tx.copy_insert(copy).await.unwrap();
        let replicas = batch.objects.iter().map(|object| Replica {
            copy_id: copy.id,
            object_id: object.id,
            state: ReplicaState::Held,
            stored_at: NOW,
            proved_at: Some(NOW),
            proved_by: Some(ProvedBy::Run),
            note: None,
        });
        tx.replica_insert_many(&replicas.collect::<Vec<_>>()).await.unwrap();
    }
    assert_eq!(tx.copy_forget_replicas(copies[0].id).await.unwrap(), 5);
    let mut held = Vec::new();
    for copy in &copies {
        held.push(tx.replica_summary(copy.id).await.unwrap().held);
    }
    assert_eq!(held, [0, 5]);
}

async fn what_a_copy_lacks_is_found_page_by_page(test: &TestCatalog) {
    let (_, batch) = filled(&test.catalog, 30).await;
    let copy = new_copy("ssd", false);
    let mut tx = test.catalog.begin().await.unwrap();
    tx.copy_insert(&copy).await.unwrap();
    let replicas: Vec<_> = batch
        .objects
        .iter()
        .take(20)
        .enumerate()
        .map(|(n, object)| Replica {
            copy_id: copy.id,
            object_id: object.id,
            state: ReplicaState::ALL[n % 3],
            stored_at: NOW,
            proved_at: (n < 10).then_some(Timestamp(100 - n as i64)),
            proved_by: None,
            note: None,
        })
        .collect();
    tx.replica_set_states(&replicas, Some(NOW)).await.unwrap();
    let (mut lacking, mut after) = (Vec::new(), None);
    loop {
        let page = tx.replica_missing_from(copy.id, after, 4).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        lacking.extend(page);
    }
    let held = |n: usize| n < 20 && n.is_multiple_of(3);
    let expected: Vec<_> = batch
        .objects
        .iter()
        .enumerate()
        .filter(|(n, _)| !held(*n))
        .map(|(_, object)| object.clone())
        .collect();
    assert_eq!(lacking, expected);

    let missing = tx.replica_missing_count(copy.id).await.unwrap();
    assert_eq!(missing, (lacking.len() as u64, lacking.iter().map(|object| object.size).sum()));

    let size = batch.objects[0].size;
    let expected = ReplicaSummary {
        held: 7,
        held_bytes: 7 * size,
        damaged: 7,
        damaged_bytes: 7 * size,
        missing: 6,
        missing_bytes: 6 * size,
        unproved: 3,
        oldest_proof: Some(Timestamp(91)),
    };
    assert_eq!(tx.replica_summary(copy.id).await.unwrap(), expected);

    let held = Replica { state: ReplicaState::Held, proved_at: None, ..replicas[1].clone() };
    tx.replica_set_states(&[held], None).await.unwrap();
    let page = tx.replica_page(copy.id, Some(batch.objects[0].id), 1).await.unwrap();
    assert_eq!(page[0].object, batch.objects[1]);
    assert_eq!(page[0].replica.state, ReplicaState::Held);
    assert_eq!(page[0].replica.proved_at, Some(Timestamp(99)), "the last proof is not forgotten");
    assert_eq!(tx.replica_insert_many(&replicas).await.unwrap_err().kind(), ErrorKind::Conflict);
}

async fn a_copy_that_holds_everything_lacks_nothing(test: &TestCatalog) {
    let (_, batch) = filled(&test.catalog, 5).await;
    let copies = ["ssd", "nas"].map(|name| new_copy(name, false));
    let mut tx = test.catalog.begin().await.unwrap();
    for copy in &copies {
        tx.copy_insert(copy).await.unwrap();
    }
    let [ssd, nas] = &copies;
    let replica = |copy_id, object: &Object, state| Replica {
        copy_id,
        object_id: object.id,
        state,
        stored_at: NOW,
        proved_at: None,
        proved_by: None,
        note: None,
    };
    let all: Vec<_> =
        batch.objects.iter().map(|object| replica(ssd.id, object, ReplicaState::Held)).collect();
    tx.replica_set_states(&all, None).await.unwrap();
    assert_eq!(tx.replica_missing_count(ssd.id).await.unwrap(), (0, 0));
    // As many replicas as objects, one of them bad: what it stands for is missing.
    tx.replica_set_states(&[replica(ssd.id, &batch.objects[0], ReplicaState::Damaged)], None).await.unwrap();
    assert_eq!(tx.replica_missing_count(ssd.id).await.unwrap(), (1, batch.objects[0].size));
    // What another copy holds is not counted.
    let bytes = batch.objects.iter().map(|object| object.size).sum();
    assert_eq!(tx.replica_missing_count(nas.id).await.unwrap(), (batch.objects.len() as u64, bytes));
}

async fn a_scrub_meets_first_what_was_not_looked_at_for_the_longest_time(test: &TestCatalog) {
    let (shelf, batch) = filled(&test.catalog, 40).await;
    let mut tx = test.catalog.begin().await.unwrap();
    let at = |n: usize| (!n.is_multiple_of(4)).then_some(Timestamp(1000 - (n as i64 / 2)));
    let mut expected = Vec::new();
    for (n, replica) in batch.replicas.iter().enumerate() {
        // What is bad keeps its old proof, or has none: that must not bring it to the front.
        let replica = Replica { state: ReplicaState::ALL[n % 3], proved_at: None, ..replica.clone() };
        tx.replica_set_states(&[replica.clone()], at(n)).await.unwrap();
        expected.push((at(n), replica));
    }
    expected.sort_by_key(|(at, replica)| (*at, replica.object_id));
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = tx.replica_page_by_look(shelf.copy, after, 7).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(LookCursor { looked_at: last.looked_at, object_id: last.object.id });
        seen.extend(page.into_iter().map(|found| (found.looked_at, found.replica)));
    }
    assert_eq!(seen, expected);

    // One that could not be read goes to the end, and keeps what is known of it.
    let first = expected[0].1.clone();
    tx.replica_looked(shelf.copy, &[first.object_id], NOW).await.unwrap();
    let page = tx.replica_page_by_look(shelf.copy, None, 40).await.unwrap();
    let last = page.last().unwrap();
    assert_eq!((&last.replica, last.looked_at), (&first, Some(NOW)));
}

async fn proofs_of_a_time_to_come_are_forgotten(test: &TestCatalog) {
    let (shelf, batch) = filled(&test.catalog, 4).await;
    let mut tx = test.catalog.begin().await.unwrap();
    let tomorrow = Timestamp(NOW.0 + 86_400_000);
    let proved = |n: usize, at: Timestamp| Replica {
        stored_at: at,
        proved_at: Some(at),
        proved_by: Some(ProvedBy::Run),
        ..batch.replicas[n].clone()
    };
    tx.replica_set_states(&[proved(0, tomorrow), proved(1, tomorrow)], Some(tomorrow)).await.unwrap();
    tx.replica_set_states(&[proved(2, NOW)], Some(NOW)).await.unwrap();
    assert!(tx.replica_any_later(shelf.copy, NOW).await.unwrap());
    assert_eq!(tx.replica_forget_later(shelf.copy, NOW).await.unwrap(), 2);
    assert!(!tx.replica_any_later(shelf.copy, NOW).await.unwrap());
    let page = tx.replica_page(shelf.copy, None, 4).await.unwrap();
    let known = |n: usize| page.iter().find(|found| found.object == batch.objects[n]).unwrap();
    assert_eq!(known(0).replica, Replica { stored_at: NOW, ..batch.replicas[0].clone() });
    assert_eq!(known(0).looked_at, None);
    assert_eq!(known(2).replica, proved(2, NOW));
}

async fn an_object_that_nobody_holds_is_at_risk(test: &TestCatalog) {
    let (shelf, mut batch) = filled(&test.catalog, 6).await;
    let copy = new_copy("nas", false);
    let mut tx = test.catalog.begin().await.unwrap();
    tx.copy_insert(&copy).await.unwrap();
    assert!(tx.object_unsafe(None, 10).await.unwrap().is_empty());
    let replica = &mut batch.replicas[2];
    replica.state = ReplicaState::Damaged;
    replica.note = Some("hash differs".into());
    tx.replica_set_states(&[replica.clone()], None).await.unwrap();
    assert_eq!(tx.object_unsafe(None, 10).await.unwrap(), [batch.objects[2].clone()]);
    assert!(tx.good_replicas(batch.objects[2].id).await.unwrap().is_empty());

    let held = Replica { copy_id: copy.id, state: ReplicaState::Held, ..replica.clone() };
    tx.replica_set_states(&[held], None).await.unwrap();
    assert!(tx.object_unsafe(None, 10).await.unwrap().is_empty());
    assert_eq!(tx.good_replicas(batch.objects[2].id).await.unwrap(), [copy.clone()]);
    let library = tx.good_replicas(batch.objects[1].id).await.unwrap();
    assert_eq!(library.iter().map(|copy| copy.id).collect::<Vec<_>>(), [shelf.copy]);

    tx.copy_remove(copy.id, NOW).await.unwrap();
    assert_eq!(tx.object_unsafe(None, 10).await.unwrap().len(), 1, "a removed copy does not count");
    assert!(tx.good_replicas(batch.objects[2].id).await.unwrap().is_empty());
}

async fn copies_are_known_by_name_and_store(test: &TestCatalog) {
    let (shelf, _) = filled(&test.catalog, 1).await;
    let copy = new_copy("cloud", false);
    let mut tx = test.catalog.begin().await.unwrap();
    tx.copy_insert(&copy).await.unwrap();
    assert_eq!(tx.copy_by_name("cloud").await.unwrap().unwrap(), copy);
    let list: Vec<_> = tx.copy_list().await.unwrap().into_iter().map(|copy| copy.id).collect();
    assert_eq!(list, [shelf.copy, copy.id]);
    tx.copy_remove(copy.id, NOW).await.unwrap();
    assert_eq!(tx.copy_remove(copy.id, NOW).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(tx.copy_list().await.unwrap().len(), 1);
    assert_eq!(tx.copy_get(copy.id).await.unwrap().unwrap().removed_at, Some(NOW));
    let twin = ourphoto_catalog::Copy { name: "other".into(), ..copy };
    let twin = ourphoto_catalog::Copy { id: model::CopyId::generate(), ..twin };
    assert_eq!(tx.copy_insert(&twin).await.unwrap_err().kind(), ErrorKind::Conflict);
}
