//! Snapshots: the same from every engine, and nothing else than what was written.

use model::{
    Approval, AssetId, AssetKind, ChannelId, ChannelKind, ErrorKind, FactorId, FileId, FileRole, Metadata,
    NoticeKind, Permission, Permissions, PersonId, Role, Timestamp, VersionId,
};
use ourphoto_catalog::{
    AlbumGrant, AlbumMirror, Channel, Device, Factor, FactorKind, File, Judgement, Member, NewAlbum, Person,
    RecoveryKey, Version, snapshot,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value as Json, json};

use crate::support::photos::{NOW, Shelf, asset, batch, filled, new_copy, new_space, object, sha256, shelf};
use crate::support::{TestCatalog, close_all, for_each_engine, postgres, raw, sqlite};

for_each_engine!(
    a_snapshot_is_read_back_and_written_the_same,
    a_snapshot_that_is_not_whole_is_refused_and_leaves_nothing,
    a_snapshot_of_a_newer_program_is_refused,
    a_snapshot_of_an_older_program_is_read,
    only_an_empty_catalog_takes_a_snapshot,
    a_catalog_that_is_not_set_up_has_no_snapshot,
    work_goes_on_after_a_snapshot_was_loaded,
    a_shell_finds_the_object_of_a_photo_by_its_name,
    written_snapshots_are_remembered,
);

/// What the first schema did not have.
const SINCE: &[(&str, &[&str])] = &[
    ("space", &["quota", "approval", "approval_told_at"]),
    ("member", &["permissions"]),
    ("factor", &[]),
    ("recovery_code", &[]),
    ("album_grant", &[]),
    ("album_mirror", &[]),
    ("asset", &["edits", "approval", "decided_by", "decided_at", "decision_reason"]),
    ("audit", &["space_id"]),
    ("contact", &[]),
    ("contact_rule", &[]),
    ("channel", &[]),
    ("device", &[]),
    ("care", &[]),
    ("rule", &[]),
    ("damage", &[]),
    ("alert", &[]),
    ("drill", &[]),
    ("review", &[]),
    ("review_done", &[]),
    ("album_asset", &[]),
];

async fn a_snapshot_of_an_older_program_is_read(test: &TestCatalog) {
    filled(&test.catalog, 30).await;
    let now = dump(test).await;
    let text = String::from_utf8(now.clone()).unwrap();
    let mut lines: Vec<Json> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut trailer = lines.pop().unwrap();
    for line in &mut lines[1..] {
        for (table, columns) in SINCE {
            if line["table"] == *table {
                for column in *columns {
                    line["row"].as_object_mut().unwrap().remove(*column).unwrap();
                }
            }
        }
    }
    for (table, _) in SINCE.iter().filter(|(_, columns)| columns.is_empty()) {
        trailer["tables"].as_object_mut().unwrap().remove(*table).unwrap();
    }
    // A line begins with the table's name, whatever order its keys were read in.
    let line = |line: &Json| match line.get("table") {
        Some(table) => format!("{{\"table\":{table},\"row\":{}}}\n", line["row"]),
        None => format!("{line}\n"),
    };
    let mut file = |schema: i64| {
        lines[0]["schema"] = json!(schema);
        let mut file: Vec<u8> = lines.iter().flat_map(|row| line(row).into_bytes()).collect();
        trailer["sha256"] = json!(sha256(std::str::from_utf8(&file).unwrap()).to_string());
        file.extend(line(&trailer).into_bytes());
        file
    };
    let other = another(test).await;
    load(&other, &file(1)).await.unwrap();
    assert_eq!(dump(&other).await, now);
    // Only an older one may lack them.
    let error = load(&another(test).await, &file(ourphoto_catalog::SCHEMA_VERSION)).await.unwrap_err();
    assert!(error.message().contains("has no readable"), "{error:?}");
}

async fn dump(test: &TestCatalog) -> Vec<u8> {
    let mut out = Vec::new();
    let summary = snapshot::write(&test.catalog, NOW, &mut out).await.unwrap();
    assert_eq!(summary.bytes, out.len() as u64);
    out
}

async fn load(test: &TestCatalog, bytes: &[u8]) -> model::Result<snapshot::Summary> {
    snapshot::load(&test.catalog, &mut &bytes[..]).await
}

/// An empty catalog on the same engine.
async fn another(test: &TestCatalog) -> TestCatalog {
    match test.dir {
        Some(_) => sqlite().await,
        None => postgres().await.unwrap(),
    }
}

/// Rows of every table, with the values that are hardest to carry.
async fn strange(test: &TestCatalog, rows: &[(Vec<u8>, String, i64)]) -> Shelf {
    let (shelf, _) = filled(&test.catalog, 30).await;
    let person = Person {
        id: PersonId::generate(),
        email: "ann@example.org".into(),
        name: "Ann \u{1f4f7} \"\\\n".into(),
        password_hash: Some("$argon2id$".into()),
        created_at: NOW,
        disabled_at: Some(Timestamp(i64::MIN)),
    };
    let key = RecoveryKey {
        id: PersonId::generate().0,
        recipient: "age1r".into(),
        label: String::new(),
        created_at: NOW,
        retired_at: None,
    };
    let mut tx = test.catalog.begin().await.unwrap();
    tx.recovery_key_insert(&key).await.unwrap();
    tx.person_insert(&person).await.unwrap();
    let member = Member {
        space_id: shelf.space,
        person_id: person.id,
        role: Role::Owner,
        custom: Permissions::NONE,
        added_at: NOW,
    };
    tx.member_insert(&member).await.unwrap();
    tx.copy_insert(&new_copy("ssd", false)).await.unwrap();
    tx.space_set_quota(shelf.space, Some(1 << 50)).await.unwrap();
    let factor = Factor {
        id: FactorId::generate(),
        person_id: person.id,
        kind: FactorKind::Passkey,
        name: "key \u{1f511}".into(),
        secret: vec![0, 255],
        created_at: NOW,
        confirmed_at: Some(NOW),
        used_at: None,
        counter: i64::MAX,
    };
    tx.factor_insert(&factor).await.unwrap();
    tx.recovery_code_replace(person.id, &[sha256("code")]).await.unwrap();
    let looks = Permissions::of(&[Permission::View]);
    let (album_id, added_by) = (shelf.album, person.id);
    let grant = AlbumGrant { album_id, person_id: person.id, permissions: looks, added_by, added_at: NOW };
    tx.album_grant_put(&grant).await.unwrap();
    let elsewhere = new_space("Elsewhere");
    tx.space_insert(&elsewhere).await.unwrap();
    let member = Member { space_id: elsewhere.id, role: Role::Custom, custom: looks, ..member };
    tx.member_insert(&member).await.unwrap();
    let mirror = AlbumMirror { album_id, space_id: elsewhere.id, added_by, added_at: NOW };
    tx.album_mirror_insert(&mirror).await.unwrap();
    let channel = Channel {
        id: ChannelId::generate(),
        person_id: person.id,
        kind: ChannelKind::Webhook,
        address: "https://hooks.example.org/\u{1f4f7}".into(),
        secret: Some("\u{1f511}".into()),
        kinds: Some(vec![NoticeKind::AlbumOpened, NoticeKind::SignIn]),
        created_at: Timestamp(i64::MIN),
        confirmed_at: None,
        code_hash: Some(sha256("code")),
        told_at: Some(NOW),
        failed_at: Some(NOW),
        last_error: Some("it answered 500".into()),
    };
    tx.channel_insert(&channel).await.unwrap();
    // Made later, but its child's id is smaller: a child may come before its parent.
    let child = AssetId::generate();
    let mut parent = asset(shelf, b"parent".to_vec(), NOW);
    parent.metadata = Metadata { caption: Some("\u{0}\u{2028}\"".into()), ..Metadata::default() };
    let mut son = asset(shelf, b"son".to_vec(), NOW);
    (son.id, son.derived_from, son.kind) = (child, Some(parent.id), AssetKind::Final);
    tx.asset_insert_many(&[parent, son]).await.unwrap();
    tx.album_asset_add(shelf.album, &[child], person.id, NOW).await.unwrap();
    tx.space_set_approval(shelf.space, true).await.unwrap();
    assert!(tx.approval_told(shelf.space, NOW, Timestamp(0)).await.unwrap());
    tx.approval_wait(&[child]).await.unwrap();
    let judgement = Judgement { by: person.id, at: NOW, reason: Some("blurred \u{1f4f7}".into()) };
    assert!(tx.approval_decide(child, Approval::Declined, &judgement).await.unwrap());
    for (n, (bytes, text, number)) in rows.iter().enumerate() {
        let folder = [format!("{n}/").as_bytes(), bytes].concat();
        let new = NewAlbum {
            space_id: shelf.space,
            folder: &folder,
            name: text,
            tier: model::Tier::Vault,
            created_at: Timestamp(*number),
        };
        let (album, _) = tx.album_find_or_insert(&new).await.unwrap();
        let mut asset = asset(Shelf { album: album.id, ..shelf }, bytes.clone(), Timestamp(*number));
        asset.media_note = Some(text.clone());
        asset.placeholder = Some(bytes.clone());
        asset.perceptual_hash = Some(*number);
        let object = object(shelf.space, &format!("strange {n}"));
        let file = File {
            id: FileId::generate(),
            asset_id: asset.id,
            album_id: album.id,
            name: bytes.clone(),
            role: FileRole::Motion,
            version_id: VersionId::generate(),
        };
        let version = Version {
            id: file.version_id,
            file_id: file.id,
            object_id: object.id,
            number: 1,
            modified_ns: Some(*number),
            added_at: NOW,
            added_by: Some(person.id),
        };
        tx.object_insert_many(&[object]).await.unwrap();
        tx.asset_insert_many(&[asset]).await.unwrap();
        tx.file_insert_many(&[file]).await.unwrap();
        tx.version_insert_many(&[version]).await.unwrap();
        tx.audit_append(NOW, text, "add", "album", &json!({ "text": text, "number": number })).await.unwrap();
    }
    let device = Device {
        id: model::DeviceId::generate(),
        person_id: person.id,
        name: "phone".into(),
        kind: model::DeviceKind::CardReader,
        created_at: NOW,
        seen_at: None,
        report: ourphoto_catalog::DeviceReport::default(),
        removed_at: None,
    };
    tx.device_insert(&device).await.unwrap();
    tx.commit().await.unwrap();
    for sql in [
        "INSERT INTO contact (person_id, contact_id, added_at) SELECT id, id, 5 FROM person",
        "INSERT INTO contact_rule (person_id, needed, wait_ms) SELECT id, 1, 86400000 FROM person",
        "INSERT INTO rule (space_id, copies, media, offsite, proof_days) \
         SELECT id, 4, 2, 2, 30 FROM space WHERE name = 'Family'",
        "INSERT INTO care (copy_id, every_ms, scrub_days, thin_out) SELECT id, 3600000, 90, 1 FROM copy WHERE name = 'ssd'",
        "INSERT INTO damage (id, copy_id, object_id, state, note, found_at) \
         SELECT c.id, c.id, o.id, 'missing', '', 5 FROM copy c, object o WHERE c.name = 'ssd' ORDER BY o.id LIMIT 1",
        "INSERT INTO alert (id, kind, subject, facts, raised_at, told_at) SELECT id, 'no-copy', '', '{}', 5, 5 FROM person",
        "INSERT INTO drill (id, copy_id, scope, started_at, ended_at, passed, report, signature) \
         SELECT c.id, c.id, 'sample', 5, 6, 1, '{}', o.hash FROM copy c, object o WHERE c.name = 'ssd' ORDER BY o.id LIMIT 1",
        "INSERT INTO review (id, kind, title, checklist, every_days, owner_id, due_at, created_at) \
         SELECT id, 'own', 'Cards', '[]', 7, id, 5, 5 FROM person",
        "INSERT INTO review_done (id, review_id, due_at, done_at, done_by, passed, evidence, note) \
         SELECT id, id, 5, 5, id, 1, '{}', '' FROM person",
    ] {
        raw::execute(test, sql).await;
    }
    shelf
}

fn hard() -> Vec<(Vec<u8>, String, i64)> {
    vec![
        (b"\x00\xff\"\\\n".to_vec(), "a\u{feff}\u{202e}\u{10ffff}\"\\\n\t".into(), i64::MIN),
        (vec![], String::new(), i64::MAX),
        ("e\u{301}".into(), "\u{e9}".into(), -1),
    ]
}

async fn a_snapshot_is_read_back_and_written_the_same(test: &TestCatalog) {
    strange(test, &hard()).await;
    let first = dump(test).await;
    let other = another(test).await;
    let summary = load(&other, &first).await.unwrap();
    assert_eq!((summary.rows, summary.audit_seq), (30 * 4 + 2 + 6 * 3 + 8 + 6 + 4 + 7 + 1, 3));
    assert_eq!(first, dump(&other).await);
    assert!(other.catalog.check().await.unwrap().is_empty());
    for table in snapshot::TABLES.iter().filter(|table| table.in_snapshot) {
        assert!(summary.tables[table.name] > 0, "no row of {} was tried", table.name);
    }
}

/// SQLite to PostgreSQL and back, with whatever bytes and texts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_catalog_moves_between_engines_and_stays_the_same() {
    let text = any::<String>().prop_map(|text| text.replace('\0', "\u{1}"));
    let rows = prop::collection::vec((any::<Vec<u8>>(), text, any::<i64>()), 0..12);
    let mut runner = TestRunner::new(Config::default());
    for round in 0..4 {
        let rows = rows.new_tree(&mut runner).unwrap().current();
        let from = sqlite().await;
        strange(&from, &rows).await;
        let first = dump(&from).await;
        let Some(middle) = postgres().await else { return close_all().await };
        load(&middle, &first).await.unwrap();
        assert_eq!(first, dump(&middle).await, "round {round}: {rows:?}");
        let back = sqlite().await;
        load(&back, &dump(&middle).await).await.unwrap();
        assert_eq!(first, dump(&back).await, "round {round}: {rows:?}");
    }
    close_all().await;
}

fn with_line(lines: &[&[u8]], number: usize, line: &[u8]) -> Vec<u8> {
    let mut lines = lines.to_vec();
    lines[number] = line;
    lines.concat()
}

async fn a_snapshot_that_is_not_whole_is_refused_and_leaves_nothing(test: &TestCatalog) {
    strange(test, &hard()).await;
    let whole = dump(test).await;
    let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    let last = lines.len() - 1;
    let edited = String::from_utf8(lines[40].to_vec()).unwrap().replace('1', "2");
    assert_ne!(edited.as_bytes(), lines[40]);
    let mut twice = lines.clone();
    twice.insert(40, lines[40]);
    let trailer: Json = serde_json::from_slice(lines[last]).unwrap();
    let fewer = |key: &str, value: Json| {
        let mut trailer = trailer.clone();
        trailer[key] = value;
        format!("{trailer}\n").into_bytes()
    };
    let cases = [
        ("nothing", vec![]),
        ("only the header", lines[0].to_vec()),
        ("without the last line", lines[..last].concat()),
        ("without the last byte", whole[..whole.len() - 1].to_vec()),
        ("half a line", whole[..whole.len() / 2].to_vec()),
        ("a line too few", [&lines[..40], &lines[41..]].concat().concat()),
        ("a line twice", twice.concat()),
        ("a line edited", with_line(&lines, 40, edited.as_bytes())),
        ("not JSON", with_line(&lines, 40, b"{\"table\":\n")),
        ("an unknown table", with_line(&lines, 40, b"{\"table\":\"job\",\"row\":{}}\n")),
        ("a wrong count", with_line(&lines, last, &fewer("rows", json!(1)))),
        ("wrong counts", with_line(&lines, last, &fewer("tables", json!({})))),
        ("no end", with_line(&lines, last, &fewer("end", json!(false)))),
        ("a wrong hash", with_line(&lines, last, &fewer("sha256", json!(sha256("x"))))),
        ("more after the end", [&whole[..], b"{}\n"].concat()),
    ];
    let other = another(test).await;
    for (what, bytes) in cases {
        let error = load(&other, &bytes).await.expect_err(what);
        assert_eq!(error.kind(), ErrorKind::Damaged, "{what}: {error:?}");
        let mut tx = other.catalog.read().await.unwrap();
        assert_eq!(tx.library_get().await.unwrap(), None, "{what}");
    }
    load(&other, &whole).await.unwrap();
}

async fn a_snapshot_of_a_newer_program_is_refused(test: &TestCatalog) {
    let other = another(test).await;
    shelf(&test.catalog).await;
    let whole = String::from_utf8(dump(test).await).unwrap();
    let schema = format!("\"schema\":{}", ourphoto_catalog::SCHEMA_VERSION);
    for (from, to) in [
        ("\"format\":1", "\"format\":2"),
        (schema.as_str(), "\"schema\":99"),
        ("catalog-snapshot", "something-else"),
    ] {
        assert!(whole.contains(from));
        let error = load(&other, whole.replacen(from, to, 1).as_bytes()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{to}");
    }
}

async fn only_an_empty_catalog_takes_a_snapshot(test: &TestCatalog) {
    shelf(&test.catalog).await;
    let whole = dump(test).await;
    assert_eq!(load(test, &whole).await.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(whole, dump(test).await);
}

async fn a_catalog_that_is_not_set_up_has_no_snapshot(test: &TestCatalog) {
    let error = snapshot::write(&test.catalog, NOW, &mut Vec::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

async fn work_goes_on_after_a_snapshot_was_loaded(test: &TestCatalog) {
    let shelf = strange(test, &hard()).await;
    let other = another(test).await;
    load(&other, &dump(test).await).await.unwrap();
    let mut tx = other.catalog.begin().await.unwrap();
    assert_eq!(tx.change_head().await.unwrap(), 30);
    assert_eq!(tx.audit_append(NOW, "ann", "recover", "library", &json!({})).await.unwrap().seq, 4);
    assert_eq!(tx.change_append_many(&batch(shelf, 500, 2).changes).await.unwrap(), 32);
    batch(shelf, 600, 5).insert(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = other.catalog.read().await.unwrap();
    assert_eq!(tx.audit_verify().await.unwrap(), None);
    assert_eq!(tx.change_list(shelf.space, 0, 100).await.unwrap()[0].seq, 31);
}

/// The same as `jq` would do in a recovery without this program.
async fn a_shell_finds_the_object_of_a_photo_by_its_name(test: &TestCatalog) {
    let (_, batch) = filled(&test.catalog, 3).await;
    let whole = dump(test).await;
    let lines: Vec<Json> =
        whole.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    let find = |table: &str, column: &str, value: &Json| {
        let found = lines.iter().find(|line| line["table"] == table && &line["row"][column] == value);
        found.unwrap_or_else(|| panic!("no {table} with {column} {value}"))["row"].clone()
    };
    let file = find("file", "name_text", &json!("IMG_1.JPG"));
    let version = find("version", "id", &file["version_id"]);
    let object = find("object", "id", &version["object_id"]);
    assert_eq!(object["hash"], json!(batch.objects[1].hash.to_string()));
    assert_eq!(find("album", "id", &file["album_id"])["name"], "Lake");
    assert_eq!(find("space", "id", &object["space_id"])["wrapped_key"], "YWdlLWVuY3J5cHRpb24ub3JnL3YxCgD/");
    let (header, trailer) = (&lines[0], &lines[lines.len() - 1]);
    assert_eq!((&header["ourphoto"], &header["format"]), (&json!("catalog-snapshot"), &json!(1)));
    assert_eq!(trailer["rows"].as_u64().unwrap(), lines.len() as u64 - 2);
}

async fn written_snapshots_are_remembered(test: &TestCatalog) {
    let mut tx = test.catalog.begin().await.unwrap();
    let records: Vec<_> = (0..3)
        .map(|n| snapshot::Record {
            name: format!("2026-{n}.age"),
            created_at: Timestamp(n),
            change_seq: n,
            audit_seq: n,
            rows: n as u64,
        })
        .collect();
    for record in &records {
        tx.snapshot_insert(record).await.unwrap();
    }
    assert_eq!(tx.snapshot_list(2).await.unwrap(), [records[2].clone(), records[1].clone()]);
    assert_eq!(tx.snapshot_insert(&records[0]).await.unwrap_err().kind(), ErrorKind::Conflict);
}
