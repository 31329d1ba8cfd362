//! Copies, what they hold, and what is at risk.

use model::{ErrorKind, ReplicaState, Timestamp};
use ourphoto_catalog::{Object, ProofCursor, Replica, ReplicaSummary};

use crate::support::photos::{NOW, filled, new_copy};
use crate::support::{TestCatalog, for_each_engine};

for_each_engine!(
    what_a_copy_lacks_is_found_page_by_page,
    a_copy_that_holds_everything_lacks_nothing,
    a_scrub_meets_the_oldest_proof_first,
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
            note: None,
        })
        .collect();
    tx.replica_set_states(&replicas).await.unwrap();
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
    tx.replica_set_states(&[held]).await.unwrap();
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
        note: None,
    };
    let all: Vec<_> =
        batch.objects.iter().map(|object| replica(ssd.id, object, ReplicaState::Held)).collect();
    tx.replica_set_states(&all).await.unwrap();
    assert_eq!(tx.replica_missing_count(ssd.id).await.unwrap(), (0, 0));
    // As many replicas as objects, one of them bad: what it stands for is missing.
    tx.replica_set_states(&[replica(ssd.id, &batch.objects[0], ReplicaState::Damaged)]).await.unwrap();
    assert_eq!(tx.replica_missing_count(ssd.id).await.unwrap(), (1, batch.objects[0].size));
    // What another copy holds is not counted.
    let bytes = batch.objects.iter().map(|object| object.size).sum();
    assert_eq!(tx.replica_missing_count(nas.id).await.unwrap(), (batch.objects.len() as u64, bytes));
}

async fn a_scrub_meets_the_oldest_proof_first(test: &TestCatalog) {
    let (shelf, mut batch) = filled(&test.catalog, 40).await;
    let mut tx = test.catalog.begin().await.unwrap();
    for (n, replica) in batch.replicas.iter_mut().enumerate() {
        replica.proved_at = (n % 4 > 0).then_some(Timestamp(1000 - (n as i64 / 2)));
    }
    tx.replica_set_states(&batch.replicas).await.unwrap();
    batch.replicas.sort_by_key(|replica| (replica.proved_at, replica.object_id));
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = tx.replica_page_by_proof(shelf.copy, after, 7).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(ProofCursor { proved_at: last.replica.proved_at, object_id: last.replica.object_id });
        seen.extend(page.into_iter().map(|found| found.replica));
    }
    assert_eq!(seen, batch.replicas);
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
    tx.replica_set_states(&[replica.clone()]).await.unwrap();
    assert_eq!(tx.object_unsafe(None, 10).await.unwrap(), [batch.objects[2].clone()]);
    assert!(tx.good_replicas(batch.objects[2].id).await.unwrap().is_empty());

    let held = Replica { copy_id: copy.id, state: ReplicaState::Held, ..replica.clone() };
    tx.replica_set_states(&[held]).await.unwrap();
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
