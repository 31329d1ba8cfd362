//! What people are told, and where.

use std::time::Duration;

use model::{ChannelId, ChannelKind, JobId, NoticeId, NoticeKind, PersonId, Sha256, Timestamp};
use ourphoto_catalog::{Channel, NewJob, Notice};
use serde_json::json;

use crate::support::people::person;
use crate::support::photos::NOW;
use crate::support::{TestCatalog, for_each_engine};

for_each_engine!(
    notices_are_seen_up_to_one_of_them_and_forgotten,
    a_channel_counts_once_its_code_was_given,
    a_channel_says_what_arrived_and_what_did_not,
    the_log_gives_back_what_somebody_did_lately,
    deliveries_that_were_given_up_are_forgotten,
);

const HOUR: Duration = Duration::from_hours(1);

fn notice(person_id: PersonId, at: Timestamp) -> Notice {
    let facts = json!({"agent": "browser", "network": "::1"});
    Notice { id: NoticeId::generate(), person_id, kind: NoticeKind::SignIn, facts, at, seen_at: None }
}

fn channel(person_id: PersonId, kinds: Option<Vec<NoticeKind>>) -> Channel {
    Channel {
        id: ChannelId::generate(),
        person_id,
        kind: ChannelKind::Webhook,
        address: "https://hooks.example.org/path?token=x".into(),
        secret: Some("a secret of its own".into()),
        kinds,
        created_at: NOW,
        confirmed_at: None,
        code_hash: None,
        told_at: None,
        failed_at: None,
        last_error: None,
    }
}

async fn notices_are_seen_up_to_one_of_them_and_forgotten(test: &TestCatalog) {
    let mut tx = test.catalog.begin().await.unwrap();
    let (ann, ben) =
        (person(&mut tx, "ann@example.org").await.id, person(&mut tx, "ben@example.org").await.id);
    let mut told = Vec::new();
    for hour in 0..4 {
        for who in [ann, ben] {
            let notice = notice(who, NOW.plus(HOUR * hour));
            tx.notice_insert(&notice).await.unwrap();
            told.push(notice);
        }
    }
    assert_eq!(tx.notice_unseen(ann).await.unwrap(), 4);
    // The second of Ann's; Ben's lie between and stay as they are.
    assert_eq!(tx.notice_seen(ann, told[2].id, NOW).await.unwrap(), 2);
    assert_eq!(tx.notice_seen(ann, told[2].id, NOW.plus(HOUR)).await.unwrap(), 0);
    assert_eq!((tx.notice_unseen(ann).await.unwrap(), tx.notice_unseen(ben).await.unwrap()), (2, 4));
    assert_eq!(tx.notice_get(told[0].id).await.unwrap().unwrap().seen_at, Some(NOW));
    let page = tx.notice_list(ann, None, 3).await.unwrap();
    assert_eq!(page.iter().map(|notice| notice.id).collect::<Vec<_>>(), [told[6].id, told[4].id, told[2].id]);
    let rest = tx.notice_list(ann, Some(told[2].id), 3).await.unwrap();
    assert_eq!(rest, [Notice { seen_at: Some(NOW), ..told[0].clone() }]);
    assert_eq!(tx.notice_sweep(NOW.plus(HOUR * 3)).await.unwrap(), 6);
    assert_eq!(tx.notice_list(ben, None, 9).await.unwrap(), [told[7].clone()]);
    tx.commit().await.unwrap();
}

async fn a_channel_counts_once_its_code_was_given(test: &TestCatalog) {
    let mut tx = test.catalog.begin().await.unwrap();
    let (ann, ben) =
        (person(&mut tx, "ann@example.org").await.id, person(&mut tx, "ben@example.org").await.id);
    let added = channel(ann, None);
    tx.channel_insert(&added).await.unwrap();
    assert!(!tx.channel_confirm(added.id, &Sha256([1; 32]), NOW).await.unwrap(), "no code was sent");
    assert!(tx.channel_set_code(added.id, &Sha256([1; 32])).await.unwrap());
    assert!(tx.channel_set_code(added.id, &Sha256([2; 32])).await.unwrap());
    assert!(!tx.channel_confirm(added.id, &Sha256([1; 32]), NOW).await.unwrap(), "the last one counts");
    assert!(tx.channel_confirm(added.id, &Sha256([2; 32]), NOW).await.unwrap());
    assert!(!tx.channel_confirm(added.id, &Sha256([2; 32]), NOW).await.unwrap());
    assert!(!tx.channel_set_code(added.id, &Sha256([3; 32])).await.unwrap());
    let kept = Channel { confirmed_at: Some(NOW), ..added };
    assert!(tx.channel_get(kept.id).await.unwrap() == Some(kept.clone()));
    assert!(!format!("{kept:?}").contains("secret"), "{kept:?}");

    let waits = channel(ben, Some(vec![NoticeKind::AlbumOpened, NoticeKind::ContactAdded]));
    tx.channel_insert(&waits).await.unwrap();
    assert!(tx.channel_list(ben).await.unwrap() == [waits.clone()]);
    assert_eq!(tx.channel_sweep(NOW).await.unwrap(), 0);
    assert_eq!(tx.channel_sweep(NOW.plus(HOUR)).await.unwrap(), 1, "nobody confirmed it");
    assert!(tx.channel_get(waits.id).await.unwrap().is_none());
    assert!(!tx.channel_delete(ben, kept.id).await.unwrap(), "it is not Ben's");
    assert!(tx.channel_delete(ann, kept.id).await.unwrap());
    assert!(tx.channel_list(ann).await.unwrap().is_empty());
    tx.commit().await.unwrap();
}

async fn a_channel_says_what_arrived_and_what_did_not(test: &TestCatalog) {
    let mut tx = test.catalog.begin().await.unwrap();
    let ann = person(&mut tx, "ann@example.org").await.id;
    let added = channel(ann, Some(Vec::new()));
    tx.channel_insert(&added).await.unwrap();
    assert!(added.wants(NoticeKind::SignIn) && !added.wants(NoticeKind::AlbumOpened));
    tx.channel_failed(added.id, "it answered 500", NOW).await.unwrap();
    let found = tx.channel_get(added.id).await.unwrap().unwrap();
    assert_eq!((found.failed_at, found.last_error.as_deref()), (Some(NOW), Some("it answered 500")));
    assert_eq!(found.kinds, Some(Vec::new()));
    tx.channel_told(added.id, NOW.plus(HOUR)).await.unwrap();
    tx.channel_set_kinds(added.id, None).await.unwrap();
    let found = tx.channel_get(added.id).await.unwrap().unwrap();
    assert!(found == Channel { told_at: Some(NOW.plus(HOUR)), kinds: None, ..added });
    assert!(found.wants(NoticeKind::AlbumOpened));
    // Removed meanwhile: nothing to note.
    tx.channel_delete(ann, found.id).await.unwrap();
    tx.channel_told(found.id, NOW).await.unwrap();
    tx.channel_failed(found.id, "x", NOW).await.unwrap();
    tx.commit().await.unwrap();
}

async fn the_log_gives_back_what_somebody_did_lately(test: &TestCatalog) {
    let mut tx = test.catalog.begin().await.unwrap();
    for (hour, actor, action) in [
        (0, "ann@example.org", "session.begin"),
        (1, "ann@example.org", "session.begin"),
        (2, "ben@example.org", "session.begin"),
        (3, "ann@example.org", "session.end"),
        (4, "ann@example.org", "session.begin"),
    ] {
        let at = NOW.plus(HOUR * hour);
        tx.audit_append(at, actor, action, "s", &json!({"hour": hour})).await.unwrap();
    }
    let ann = "ann@example.org";
    let found = tx.audit_details(ann, "session.begin", NOW.plus(HOUR), 9).await.unwrap();
    assert_eq!(found, [json!({"hour": 4}), json!({"hour": 1})]);
    let found = tx.audit_details(ann, "session.begin", Timestamp(0), 1).await.unwrap();
    assert_eq!(found, [json!({"hour": 4})]);
    tx.commit().await.unwrap();
}

async fn deliveries_that_were_given_up_are_forgotten(test: &TestCatalog) {
    let mut tx = test.catalog.begin().await.unwrap();
    let job = |kind| NewJob {
        id: JobId::generate(),
        kind,
        payload: json!({}),
        dedupe_key: None,
        run_at: NOW,
        created_at: NOW,
    };
    let jobs = [job("deliver"), job("deliver"), job("media")];
    tx.job_insert_many(&jobs).await.unwrap();
    tx.job_give_up(jobs[0].id, "x", NOW).await.unwrap();
    tx.job_give_up(jobs[2].id, "x", NOW).await.unwrap();
    assert_eq!(tx.job_forget_failed("deliver", NOW).await.unwrap(), 0);
    assert_eq!(tx.job_forget_failed("deliver", NOW.plus(HOUR)).await.unwrap(), 1);
    assert_eq!(tx.job_list_failed(9).await.unwrap()[0].id, jobs[2].id);
    tx.commit().await.unwrap();
}
