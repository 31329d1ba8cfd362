//! The queue.

use std::collections::HashMap;
use std::time::Duration;

use model::{JobId, Timestamp};
use ourphoto_catalog::{JobCounts, NewJob};

use crate::support::photos::NOW;
use crate::support::{TestCatalog, for_each_engine};

const LEASE: Duration = Duration::from_mins(1);

for_each_engine!(
    each_job_is_claimed_exactly_once,
    a_lease_that_ends_gives_the_job_back,
    a_failed_job_is_tried_again_and_then_given_up,
    a_job_with_a_known_key_is_not_added,
);

fn job(kind: &'static str, key: Option<&str>, run_at: Timestamp) -> NewJob {
    let payload = serde_json::json!({ "n": 1, "text": "\u{0} is kept" });
    NewJob { id: JobId::generate(), kind, payload, dedupe_key: key.map(Into::into), run_at, created_at: NOW }
}

async fn each_job_is_claimed_exactly_once(test: &TestCatalog) {
    let jobs: Vec<_> = (0..600).map(|n| job(["a", "b", "c"][n % 3], None, NOW)).collect();
    let mut tx = test.catalog.begin().await.unwrap();
    assert_eq!(tx.job_insert_many(&jobs).await.unwrap(), 600);
    tx.commit().await.unwrap();

    let mut workers = tokio::task::JoinSet::new();
    for n in 0..6 {
        let catalog = test.catalog.clone();
        workers.spawn(async move {
            let mut claimed = Vec::new();
            loop {
                let mut tx = catalog.begin().await.unwrap();
                let jobs = tx.job_claim(&["a", "b"], 1 + n * 3, NOW, LEASE).await.unwrap();
                tx.commit().await.unwrap();
                if jobs.is_empty() {
                    return claimed;
                }
                let ids: Vec<_> = jobs.iter().map(|job| job.id).collect();
                claimed.extend(&ids);
                // Half of the workers forget to say so; their leases hold all the same.
                if n % 2 == 0 {
                    let mut tx = catalog.begin().await.unwrap();
                    assert_eq!(tx.job_done_many(&ids).await.unwrap(), ids.len() as u64);
                    tx.commit().await.unwrap();
                }
            }
        });
    }
    let mut times: HashMap<JobId, u32> = HashMap::new();
    workers.join_all().await.into_iter().flatten().for_each(|id| *times.entry(id).or_default() += 1);
    for job in &jobs {
        let expected = u32::from(job.kind != "c");
        assert_eq!(times.get(&job.id).copied().unwrap_or(0), expected, "{}", job.kind);
    }
}

async fn a_lease_that_ends_gives_the_job_back(test: &TestCatalog) {
    let mut tx = test.catalog.begin().await.unwrap();
    let later = NOW.plus(Duration::from_secs(1));
    let jobs = [job("a", None, later), job("a", None, NOW)];
    tx.job_insert_many(&jobs).await.unwrap();
    assert_eq!(tx.job_counts(NOW).await.unwrap(), JobCounts { due: 1, later: 1, running: 0, failed: 0 });
    let first = tx.job_claim(&["a"], 10, NOW, LEASE).await.unwrap();
    assert_eq!(first.len(), 1);
    assert_eq!((first[0].id, first[0].attempts, &first[0].payload), (jobs[1].id, 1, &jobs[1].payload));
    assert_eq!(first[0].leased_until, Some(NOW.plus(LEASE)));
    assert!(tx.job_claim(&["a"], 10, NOW, LEASE).await.unwrap().is_empty());
    assert!(tx.job_claim(&[], 10, NOW, LEASE).await.unwrap().is_empty());
    let again = tx.job_claim(&["a"], 10, NOW.plus(LEASE), LEASE).await.unwrap();
    let found: Vec<_> = again.iter().map(|job| (job.id, job.attempts)).collect();
    assert_eq!(found, [(jobs[1].id, 2), (jobs[0].id, 1)], "oldest first");
}

async fn a_failed_job_is_tried_again_and_then_given_up(test: &TestCatalog) {
    let mut tx = test.catalog.begin().await.unwrap();
    let new = job("a", Some("key"), NOW);
    tx.job_insert_many(std::slice::from_ref(&new)).await.unwrap();
    tx.job_claim(&["a"], 1, NOW, LEASE).await.unwrap();
    let later = NOW.plus(Duration::from_secs(5));
    tx.job_fail(new.id, "the disk was away", Some(later), NOW).await.unwrap();
    assert!(tx.job_claim(&["a"], 1, NOW, LEASE).await.unwrap().is_empty());
    let again = tx.job_claim(&["a"], 1, later, LEASE).await.unwrap();
    assert_eq!((again[0].attempts, again[0].last_error.as_deref()), (2, Some("the disk was away")));
    tx.job_fail(new.id, "no use", None, later).await.unwrap();
    let failed = tx.job_list_failed(10).await.unwrap();
    assert_eq!(
        (failed[0].id, failed[0].failed_at, failed[0].last_error.as_deref()),
        (new.id, Some(later), Some("no use"))
    );
    assert!(tx.job_claim(&["a"], 1, later.plus(LEASE), LEASE).await.unwrap().is_empty());
    assert_eq!(tx.job_counts(later).await.unwrap().failed, 1);
    assert_eq!(tx.job_insert_many(&[job("a", Some("key"), NOW)]).await.unwrap(), 1, "the key is free again");
}

async fn a_job_with_a_known_key_is_not_added(test: &TestCatalog) {
    let mut tx = test.catalog.begin().await.unwrap();
    let jobs = [job("a", Some("x"), NOW), job("a", Some("x"), NOW), job("a", None, NOW), job("a", None, NOW)];
    assert_eq!(tx.job_insert_many(&jobs).await.unwrap(), 3);
    assert_eq!(tx.job_insert_many(&jobs[1..2]).await.unwrap(), 0);
    let ids: Vec<_> = tx.job_claim(&["a"], 9, NOW, LEASE).await.unwrap().iter().map(|job| job.id).collect();
    assert_eq!(tx.job_done_many(&ids).await.unwrap(), 3);
    assert_eq!(tx.job_insert_many(&jobs[1..2]).await.unwrap(), 1);
}
