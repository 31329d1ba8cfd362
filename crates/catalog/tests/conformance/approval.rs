//! Photos wait for approval, are decided once, and wait again.

use model::{Approval, AssetId, Tier, Timestamp};
use ourphoto_catalog::{Approvals, Asset, Judgement, NewAlbum, Tx};

use crate::support::people::person;
use crate::support::photos::{NOW, asset, filled, shelf};
use crate::support::{TestCatalog, for_each_engine};

for_each_engine!(
    a_space_asks_for_approval_only_when_it_is_told_to,
    what_waits_is_listed_and_counted_without_what_is_in_the_trash,
    a_photo_is_decided_once_and_declined_ones_wait_again_when_they_come_back,
    a_turn_to_tell_is_taken_once_in_its_time,
    those_who_brought_the_current_versions_are_known,
);

async fn state(tx: &mut Tx, id: AssetId) -> Option<Approval> {
    tx.asset_get(id).await.unwrap().unwrap().approval
}

async fn a_space_asks_for_approval_only_when_it_is_told_to(test: &TestCatalog) {
    let shelf = shelf(&test.catalog).await;
    let mut tx = test.catalog.begin().await.unwrap();
    assert!(!tx.space_approval(shelf.space).await.unwrap());
    for asked in [true, false, true] {
        tx.space_set_approval(shelf.space, asked).await.unwrap();
        assert_eq!(tx.space_approval(shelf.space).await.unwrap(), asked);
        let all = tx.space_approvals(&[shelf.space]).await.unwrap();
        assert_eq!(all[&shelf.space], Approvals { asked, waiting: 0 });
    }
}

async fn what_waits_is_listed_and_counted_without_what_is_in_the_trash(test: &TestCatalog) {
    let (shelf, batch) = filled(&test.catalog, 12).await;
    let mut tx = test.catalog.begin().await.unwrap();
    let folder = b"gone";
    let new = NewAlbum { space_id: shelf.space, folder, name: "gone", tier: Tier::Working, created_at: NOW };
    let (gone, _) = tx.album_find_or_insert(&new).await.unwrap();
    let hidden = Asset {
        album_id: gone.id,
        approval: Some(Approval::Waiting),
        ..asset(shelf, b"hidden".to_vec(), NOW)
    };
    tx.asset_insert_many(std::slice::from_ref(&hidden)).await.unwrap();
    tx.album_set_deleted(gone.id, Some(NOW)).await.unwrap();
    let waiting: Vec<_> = batch.assets[3..8].iter().map(|asset| asset.id).collect();
    tx.approval_wait(&waiting).await.unwrap();
    tx.asset_set_deleted(&waiting[..1], Some(NOW)).await.unwrap();
    let mut expected: Vec<_> = batch.assets[4..8].iter().collect();
    expected.sort_by_key(|asset| std::cmp::Reverse((asset.captured_at, asset.id)));
    let expected: Vec<_> = expected.iter().map(|asset| asset.id).collect();
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let page = tx.asset_page_of_waiting(shelf.space, before, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        before =
            Some(ourphoto_catalog::TimelineCursor { captured_at: last.asset.captured_at, id: last.asset.id });
        seen.extend(page.iter().map(|tile| tile.asset.id));
    }
    assert_eq!(seen, expected);
    assert_eq!(tx.space_approvals(&[shelf.space]).await.unwrap()[&shelf.space].waiting, 4);
    assert_eq!(tx.asset_page(shelf.space, None, 100).await.unwrap().len(), 11, "and nothing is hidden");
}

async fn a_photo_is_decided_once_and_declined_ones_wait_again_when_they_come_back(test: &TestCatalog) {
    let (_, batch) = filled(&test.catalog, 3).await;
    let [one, two, three] = [0, 1, 2].map(|n| batch.assets[n].id);
    let mut tx = test.catalog.begin().await.unwrap();
    let ann = person(&mut tx, "ann@example.org").await;
    let judgement = Judgement { by: ann.id, at: NOW, reason: Some("blurred".into()) };
    assert!(!tx.approval_decide(one, Approval::Approved, &judgement).await.unwrap(), "it does not wait");
    tx.approval_wait(&[one, two, three]).await.unwrap();
    assert!(tx.approval_decide(one, Approval::Approved, &judgement).await.unwrap());
    assert!(!tx.approval_decide(one, Approval::Declined, &judgement).await.unwrap(), "once");
    assert_eq!(state(&mut tx, one).await, Some(Approval::Approved));
    assert_eq!(tx.approval_judgement(one).await.unwrap(), Some(judgement.clone()));
    assert!(tx.approval_decide(two, Approval::Declined, &judgement).await.unwrap());
    tx.asset_set_deleted(&[one, two, three], Some(NOW)).await.unwrap();
    assert!(!tx.approval_decide(three, Approval::Approved, &judgement).await.unwrap(), "not in the trash");
    tx.asset_set_deleted(&[one, two, three], None).await.unwrap();
    assert_eq!(state(&mut tx, one).await, Some(Approval::Approved), "an approved photo stays approved");
    for id in [two, three] {
        assert_eq!(state(&mut tx, id).await, Some(Approval::Waiting));
        assert_eq!(tx.approval_judgement(id).await.unwrap(), None);
    }
    // New bytes: what was decided of the old ones counts no more.
    tx.approval_wait(&[one]).await.unwrap();
    assert_eq!(
        (state(&mut tx, one).await, tx.approval_judgement(one).await.unwrap()),
        (Some(Approval::Waiting), None)
    );
}

async fn a_turn_to_tell_is_taken_once_in_its_time(test: &TestCatalog) {
    let shelf = shelf(&test.catalog).await;
    let mut tx = test.catalog.begin().await.unwrap();
    for (at, since, taken) in
        [(100, 0, true), (150, 50, false), (199, 99, false), (200, 100, true), (201, 101, false)]
    {
        let told = tx.approval_told(shelf.space, Timestamp(at), Timestamp(since)).await.unwrap();
        assert_eq!(told, taken, "at {at}");
    }
}

async fn those_who_brought_the_current_versions_are_known(test: &TestCatalog) {
    let (shelf, batch) = filled(&test.catalog, 3).await;
    let mut tx = test.catalog.begin().await.unwrap();
    let (ann, ben) = (person(&mut tx, "ann@example.org").await, person(&mut tx, "ben@example.org").await);
    let again = |number: usize, version: u32, by| {
        let mut next = batch.versions[number].clone();
        (next.id, next.number, next.added_by) = (model::VersionId::generate(), version, Some(by));
        next
    };
    for next in [again(0, 2, ann.id), again(0, 3, ben.id), again(1, 2, ben.id)] {
        tx.version_insert_many(std::slice::from_ref(&next)).await.unwrap();
        tx.file_set_current(&[next.id]).await.unwrap();
    }
    let ids: Vec<_> = batch.assets.iter().map(|asset| asset.id).collect();
    let mut brought = tx.asset_bringers(&ids).await.unwrap();
    let mut bens = brought.remove(&ben.id).unwrap();
    bens.sort();
    let mut expected = ids[..2].to_vec();
    expected.sort();
    assert_eq!(bens, expected);
    assert!(
        brought.is_empty(),
        "older versions do not count, nor what nobody is known to have brought: {brought:?}"
    );
    assert_eq!(tx.space_approvals(&[shelf.space]).await.unwrap()[&shelf.space].waiting, 0);
}
