//! The chain shows every edit.

use model::{Sha256, SpaceId, Timestamp};
use ourphoto_catalog::{AuditEntry, AuditHead, AuditOf, AuditQuery};
use proptest::prelude::*;
use serde_json::json;

use crate::support::photos::NOW;
use crate::support::{TestCatalog, for_each_engine, raw};

const SPACE: SpaceId = SpaceId(uuid::Uuid::from_u128(7));

for_each_engine!(
    the_log_is_asked_by_space_person_and_action,
    the_last_of_an_action_and_its_spaces_are_found,
    the_chain_grows_and_verifies,
    any_edit_of_a_field_breaks_the_chain,
    a_missing_entry_breaks_the_chain,
    writers_do_not_fork_the_chain,
);

async fn append(test: &TestCatalog, count: usize) -> Vec<AuditEntry> {
    let mut entries = Vec::new();
    let mut tx = test.catalog.begin().await.unwrap();
    for n in 0..count {
        let detail = json!({ "name": "caf\u{e9} \u{0}", "n": n });
        let subject = format!("asset {n}");
        // Some are about a space.
        let entry = match n % 2 {
            0 => tx.audit_append_in(SPACE, NOW, "ann", "upload", &subject, &detail).await,
            _ => tx.audit_append(NOW, "ann", "upload", &subject, &detail).await,
        };
        entries.push(entry.unwrap());
    }
    tx.commit().await.unwrap();
    entries
}

async fn the_last_of_an_action_and_its_spaces_are_found(test: &TestCatalog) {
    let entries = append(test, 6).await;
    let mut tx = test.catalog.begin().await.unwrap();
    let other = tx.audit_append(NOW, "ben", "restore", "", &json!({})).await.unwrap();
    assert_eq!(tx.audit_newest("restore", 5).await.unwrap(), [other]);
    assert_eq!(tx.audit_newest("upload", 2).await.unwrap(), [entries[5].clone(), entries[4].clone()]);
    assert_eq!(tx.audit_newest("nothing", 2).await.unwrap(), []);
    assert_eq!(tx.audit_spaces_since("upload", 2).await.unwrap(), [SPACE]);
    // The fifth is the last about a space.
    assert_eq!(tx.audit_spaces_since("upload", 5).await.unwrap(), []);
    assert_eq!(tx.audit_spaces_since("restore", 0).await.unwrap(), []);
}

async fn the_chain_grows_and_verifies(test: &TestCatalog) {
    let mut tx = test.catalog.read().await.unwrap();
    assert_eq!(tx.audit_head().await.unwrap(), AuditHead { seq: 0, hash: Sha256([0; 32]) });
    assert_eq!(tx.audit_verify().await.unwrap(), None);
    drop(tx);
    let entries = append(test, 5).await;
    let mut tx = test.catalog.read().await.unwrap();
    assert_eq!(tx.audit_list(0, 10).await.unwrap(), entries);
    assert_eq!(tx.audit_list(3, 1).await.unwrap(), entries[3..4]);
    assert_eq!(tx.audit_head().await.unwrap(), AuditHead { seq: 5, hash: entries[4].hash });
    assert_eq!(tx.audit_verify().await.unwrap(), None);
}

async fn any_edit_of_a_field_breaks_the_chain(test: &TestCatalog) {
    append(test, 5).await;
    let zeros = match test.catalog.engine() {
        ourphoto_catalog::Engine::Sqlite => format!("x'{}'", "00".repeat(32)),
        ourphoto_catalog::Engine::Postgres => format!("'\\x{}'", "00".repeat(32)),
    };
    raw::execute(test, "CREATE TABLE kept AS SELECT * FROM audit").await;
    for (column, value) in [
        ("at", "1"),
        ("actor", "'bob'"),
        ("action", "'delete'"),
        ("subject", "'asset 9'"),
        ("detail", "'{}'"),
        ("space_id", "NULL"),
        ("prev", zeros.as_str()),
        ("hash", zeros.as_str()),
    ] {
        raw::execute(test, &format!("UPDATE audit SET {column} = {value} WHERE seq = 3")).await;
        let mut tx = test.catalog.read().await.unwrap();
        assert_eq!(tx.audit_verify().await.unwrap(), Some(3), "{column}");
        drop(tx);
        raw::execute(test, "DELETE FROM audit").await;
        raw::execute(test, "INSERT INTO audit SELECT * FROM kept").await;
        let mut tx = test.catalog.read().await.unwrap();
        assert_eq!(tx.audit_verify().await.unwrap(), None);
    }
}

async fn the_log_is_asked_by_space_person_and_action(test: &TestCatalog) {
    append(test, 3).await;
    let mut tx = test.catalog.begin().await.unwrap();
    for (actor, action) in
        [("bob", "album.rename"), ("ann", "album"), ("bob", "albums.list"), ("ann", "ALBUM.x")]
    {
        tx.audit_append_in(SPACE, NOW, actor, action, "album", &json!({})).await.unwrap();
    }
    let all = AuditQuery { of: AuditOf::Space(SPACE), action: None, actor: None, before: None, limit: 9 };
    let seqs = |found: Vec<AuditEntry>| found.iter().map(|entry| entry.seq).collect::<Vec<_>>();
    assert_eq!(seqs(tx.audit_find(&all).await.unwrap()), [7, 6, 5, 4, 3, 1]);
    let page = AuditQuery { before: Some(6), limit: 2, ..all.clone() };
    assert_eq!(seqs(tx.audit_find(&page).await.unwrap()), [5, 4]);
    let albums = AuditQuery { action: Some("album".into()), ..all.clone() };
    assert_eq!(seqs(tx.audit_find(&albums).await.unwrap()), [5, 4]);
    let bob = AuditQuery { actor: Some("bob".into()), ..all.clone() };
    assert_eq!(seqs(tx.audit_find(&bob).await.unwrap()), [6, 4]);
    let ann = AuditQuery { of: AuditOf::Actor("ann".into()), ..all };
    assert_eq!(seqs(tx.audit_find(&ann).await.unwrap()), [7, 5, 3, 2, 1]);
}

async fn a_missing_entry_breaks_the_chain(test: &TestCatalog) {
    append(test, 5).await;
    raw::execute(test, "DELETE FROM audit WHERE seq = 5").await;
    let mut tx = test.catalog.begin().await.unwrap();
    assert_eq!(tx.audit_verify().await.unwrap(), Some(5), "cut off at the end");
    assert!(tx.audit_append(NOW, "ann", "upload", "more", &json!({})).await.is_err());
    drop(tx);
    raw::execute(test, "DELETE FROM audit WHERE seq = 2").await;
    let mut tx = test.catalog.read().await.unwrap();
    assert_eq!(tx.audit_verify().await.unwrap(), Some(2));
}

async fn writers_do_not_fork_the_chain(test: &TestCatalog) {
    let mut writers = tokio::task::JoinSet::new();
    for n in 0..4 {
        let catalog = test.catalog.clone();
        writers.spawn(async move {
            for step in 0..8 {
                let mut tx = catalog.begin().await.unwrap();
                tx.audit_append(NOW, "ann", "act", &format!("{n} {step}"), &json!(null)).await.unwrap();
                tx.commit().await.unwrap();
            }
        });
    }
    writers.join_all().await;
    let mut tx = test.catalog.read().await.unwrap();
    assert_eq!(tx.audit_head().await.unwrap().seq, 32);
    assert_eq!(tx.audit_verify().await.unwrap(), None);
}

fn entry() -> impl Strategy<Value = AuditEntry> {
    (any::<i64>(), any::<i64>(), any::<[String; 4]>(), any::<[u8; 32]>(), any::<Option<u128>>()).prop_map(
        |(seq, at, text, prev, space)| {
            let [actor, action, subject, detail] = text;
            let hash = Sha256([0; 32]);
            let space_id = space.map(|id| SpaceId(uuid::Uuid::from_u128(id)));
            AuditEntry {
                seq,
                at: Timestamp(at),
                actor,
                action,
                subject,
                detail,
                space_id,
                prev: Sha256(prev),
                hash,
            }
        },
    )
}

proptest! {
    #[test]
    fn entries_that_differ_hash_differently(a in entry(), b in entry()) {
        prop_assert_eq!(a == b, a.expected_hash() == b.expected_hash());
    }

    /// What one field ends with cannot pass for what the next begins with.
    #[test]
    fn text_cannot_move_between_fields(a in entry(), cut in any::<prop::sample::Index>()) {
        let joined = format!("{}{}", a.actor, a.action);
        let cuts: Vec<_> = joined.char_indices().map(|(at, _)| at).chain([joined.len()]).collect();
        let (actor, action) = joined.split_at(cuts[cut.index(cuts.len())]);
        let b = AuditEntry { actor: actor.into(), action: action.into(), ..a.clone() };
        prop_assert_eq!(a == b, a.expected_hash() == b.expected_hash());
    }
}
