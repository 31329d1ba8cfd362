//! Looking after copies over months in a moment: what is due is done, what is bad is found, healed and told once, what is
//! over ends by itself, and a rehearsal that must fail does.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "safety/catalogs.rs"]
mod catalogs;
#[path = "safety/drills.rs"]
mod drills;
#[path = "safety/proofs.rs"]
mod proofs;
#[path = "safety/scrubs.rs"]
mod scrubs;
#[path = "safety/world.rs"]
mod world;

use std::fs;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use model::{AlertKind, Medium, Timestamp};
use ourphoto_library::access::Actor;
use ourphoto_library::accounts::Origin;
use ourphoto_library::safety::coverage::Why;
use ourphoto_library::safety::drill::Rehearse;
use ourphoto_library::safety::{Certificate, Seen};
use ourphoto_library::{Cancel, Library, Progress, Stage};
use tokio::runtime::Handle;
use world::World;

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

#[tokio::test]
async fn a_new_copy_fills_by_itself_and_the_rule_is_kept() {
    let world = World::new(&[("ssd", Medium::Nas, false), ("cloud", Medium::Cloud, true)]).await;
    world.import(12, 1).await;
    assert_eq!(world.counts().await, (12, 12), "nothing is copied yet");
    world.care().await;
    assert_eq!(world.counts().await, (12, 0));
    assert_eq!(world.open_alerts().await, Vec::<String>::new());
    // New photos are at risk until the copies' time has come again.
    world.import(3, 2).await;
    assert_eq!(world.counts().await, (15, 3));
    world.clock.advance(HOUR / 2);
    world.care().await;
    assert_eq!(world.counts().await, (15, 3), "it is not due");
    world.clock.advance(HOUR);
    world.care().await;
    assert_eq!(world.counts().await, (15, 0));
    world.end().await;
}

#[tokio::test]
async fn at_risk_photos_are_told_by_name_and_reason() {
    let world = World::new(&[("ssd", Medium::Disk, false)]).await;
    world.import(4, 1).await;
    let risk = world.at_risk().await;
    assert_eq!(risk.len(), 4);
    assert!(risk.iter().all(|risk| risk.why == Why::OneCopy && risk.copies == ["library"]), "{risk:?}");
    assert!(risk.iter().any(|risk| risk.photos[0].0.to_string() == "Family/photos/1-2.jpg"), "{risk:?}");
    world.care().await;
    let risk = world.at_risk().await;
    assert!(risk.iter().all(|risk| risk.why == Why::FewCopies), "{risk:?}");
    assert!(risk.iter().all(|risk| risk.copies == ["library", "ssd"]), "{risk:?}");
    assert_eq!(world.kinds().await, [AlertKind::RuleBroken]);
    // Enough, but for what nobody has read for longer than the space allows.
    let rule = catalog::Rule { copies: 2, media: 1, offsite: 0, proof_days: 10 };
    world.library.rule_set(&world.actor().await, world.space().await, rule).await.unwrap();
    assert_eq!(world.at_risk().await.len(), 0);
    world.clock.advance(DAY * 11);
    world.import(1, 2).await;
    world.library.copy_check("ssd", &world::silent(), &ourphoto_library::Cancel::default()).await.unwrap();
    let risk = world.at_risk().await;
    let named = |why: Why| {
        risk.iter().filter(|risk| risk.why == why).map(|risk| risk.unproved.clone()).collect::<Vec<_>>()
    };
    assert_eq!(named(Why::Unproved), [["library"], ["library"], ["library"], ["library"]]);
    assert_eq!(named(Why::OneCopy), [[""; 0]]);
    world.end().await;
}

#[tokio::test]
async fn a_program_that_is_in_use_and_loses_its_token_soon_is_told_to_its_owner() {
    let world = World::new(&[("ssd", Medium::Nas, false)]).await;
    let token = world.token("phone", DAY * 30).await;
    world.care().await;
    assert!(world.alert(AlertKind::CredentialExpiring).await.is_none(), "there is time");
    world.clock.advance(DAY * 10);
    world.library.authenticate(&token, &Origin::default()).await.unwrap();
    world.clock.advance(DAY * 7);
    world.care().await;
    let ends = world.alert(AlertKind::CredentialExpiring).await.unwrap();
    assert!(ends.words.sentence.contains("‘phone’"), "{ends:?}");
    world.clock.advance(DAY * 14);
    world.care().await;
    assert!(world.alert(AlertKind::CredentialExpiring).await.is_none(), "it has ended");
    world.end().await;
}

#[tokio::test]
async fn a_copy_that_fails_is_told_once_told_again_and_resolved() {
    let world = World::new(&[("ssd", Medium::Nas, false), ("cloud", Medium::Cloud, true)]).await;
    world.import(3, 1).await;
    world.care().await;
    let away = world.unplug("ssd");
    world.import(1, 2).await;
    let told = world.notices().await;
    // Looked at every minute, it is tried at once, and after 5 and 10 minutes more, not every minute.
    world.clock.advance(HOUR);
    for _ in 0..20 {
        world.clock.advance(Duration::from_mins(1));
        world.care().await;
    }
    assert_eq!(world.failures("ssd").await, 3);
    for _ in 0..8 {
        world.clock.advance(HOUR);
        world.care().await;
    }
    let failing = world.alert(AlertKind::CopyFailing).await.unwrap();
    assert!(failing.words.sentence.contains("‘ssd’ could not be brought up to date"), "{failing:?}");
    assert!(failing.words.sentence.contains("is the disk plugged in"), "{failing:?}");
    let once = world.notices_of(AlertKind::CopyFailing).await;
    assert_eq!(once.len(), 1, "raised once, however often it is looked at");
    for _ in 0..3 {
        world.clock.advance(DAY);
        world.care().await;
    }
    assert_eq!(
        world.notices_of(AlertKind::CopyFailing).await.len(),
        2,
        "told again after a day, then after three"
    );
    assert!(world.alert(AlertKind::CopyLate).await.is_some());
    world.plug_in("ssd", &away);
    world.clock.advance(DAY);
    world.care().await;
    assert_eq!(world.open_alerts().await, Vec::<String>::new());
    assert_eq!(world.counts().await, (4, 0));
    let last = world.notices_of(AlertKind::CopyFailing).await;
    assert_eq!(last[0], "resolved");
    assert!(world.notices().await > told);
    world.end().await;
}

#[tokio::test]
async fn an_offline_disk_may_be_away_comes_back_anywhere_and_is_late_after_its_time() {
    let world = World::new(&[("shelf", Medium::Offline, true), ("nas", Medium::Nas, false)]).await;
    world.import(3, 1).await;
    world.care().await;
    assert_eq!(world.counts().await, (3, 0));
    let away = world.unplug("shelf");
    world.import(2, 2).await;
    for _ in 0..29 {
        world.clock.advance(DAY);
        world.care().await;
    }
    assert!(world.alert(AlertKind::CopyFailing).await.is_none(), "being away is what it is for");
    assert!(world.alert(AlertKind::CopyLate).await.is_none());
    world.clock.advance(DAY * 2);
    world.care().await;
    let late = world.alert(AlertKind::CopyLate).await.unwrap();
    assert!(late.words.sentence.contains("‘shelf’ was not plugged in"), "{late:?}");
    // Another disk at its place is not it, and is not written to.
    let other = world.path("shelf");
    fs::create_dir_all(&other).unwrap();
    fs::write(other.join("holiday.txt"), b"mine").unwrap();
    world.clock.advance(HOUR);
    world.care().await;
    assert_eq!(fs::read_dir(&other).unwrap().count(), 1);
    fs::remove_dir_all(&other).unwrap();
    world.plug_in("shelf", &away);
    world.clock.advance(HOUR);
    world.care().await;
    assert_eq!(world.counts().await, (5, 0));
    assert!(world.alert(AlertKind::CopyLate).await.is_none());
    world.end().await;
}

#[tokio::test]
async fn nothing_begins_in_quiet_hours() {
    let world = World::new(&[("ssd", Medium::Nas, false)]).await;
    world.import(4, 1).await;
    // The clock of these tests begins at 02:00 UTC.
    world.settings("ssd", |care| care.quiet = Some(catalog::Quiet { from: 60, until: 300 })).await;
    world.care().await;
    assert_eq!(world.held("ssd").await, 0);
    world.clock.advance(HOUR * 3);
    world.care().await;
    assert_eq!(world.held("ssd").await, 4);
    world.end().await;
}

#[tokio::test]
async fn old_snapshots_are_thinned_out_in_the_library_and_where_somebody_asked_for_it() {
    let world = World::new(&[("ssd", Medium::Nas, false), ("cloud", Medium::Cloud, true)]).await;
    world.settings("ssd", |care| care.thin_out = true).await;
    // Photos come in twice a day; the clock of these tests begins on 2026-11-23 at 02:00.
    for half_day in 0..150 {
        world.import(1, half_day).await;
        world.care().await;
        // Nothing has changed but that copies were brought up to date.
        world.library.snapshot(&world::silent()).await.unwrap();
        world.clock.advance(DAY / 2);
    }
    let snapshots = |copy: &str| {
        let folder = if copy == "library" {
            world.path("data/store/catalog")
        } else {
            world.path(copy).join("catalog")
        };
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    let [library, ssd, cloud] = ["library", "ssd", "cloud"].map(snapshots);
    assert!((150..=155).contains(&cloud.len()), "nobody asked for it there: {}", cloud.len());
    for names in [&library, &ssd] {
        let of = |day: &str| names.iter().filter(|name| name.starts_with(day)).count();
        // The last run was on the 5th of February.
        assert_eq!(of("202611"), 1, "{names:?}");
        for day in ["20261208", "20261224", "20270131", "20270202"] {
            assert_eq!(of(day), 1, "{day}: {names:?}");
        }
        assert!(of("20270204") >= 2, "{names:?}");
        assert!(names.len() < 75, "{}: {names:?}", names.len());
        assert_eq!(names.last(), cloud.last());
    }
    // What is left is whole, and good for a restore.
    let (_, report) = world.drill("ssd", &Rehearse::Sample(20)).await;
    assert!(report.passed, "{report:?}");
    world.check_all().await;
    assert_eq!(world.counts().await, (150, 0));
    world.end().await;
}

#[tokio::test]
async fn a_stranger_in_a_copy_is_noticed_and_undone_from_the_others() {
    let world = World::new(&[("ssd", Medium::Nas, false), ("cloud", Medium::Cloud, true)]).await;
    world.import(30, 1).await;
    world.care().await;
    // The small file by which the copy is known, too.
    let described = world.path("cloud/ourphoto-store.json");
    let description = fs::read(&described).unwrap();
    fs::write(&described, b"pay me").unwrap();
    // Deleted, overwritten, encrypted: a third each.
    for (number, object) in world.objects().await.iter().enumerate() {
        let path = world.object_path("cloud", object);
        match number % 3 {
            0 => fs::remove_file(path).unwrap(),
            1 => fs::write(path, b"pay me").unwrap(),
            _ => world.rot("cloud", object),
        }
    }
    world.check_all().await;
    let damaged = world.library.copies().await.unwrap();
    let cloud = damaged.iter().find(|copy| copy.name == "cloud").unwrap();
    assert_eq!((cloud.held, cloud.damaged, cloud.missing), (0, 20, 10));
    world.care().await;
    for object in world.objects().await {
        assert!(["library", "ssd", "cloud"].iter().all(|copy| world.is_right(copy, &object)));
    }
    assert_eq!(world.counts().await, (30, 0));
    assert_eq!(fs::read(&described).unwrap(), description);

    // Gone altogether, and while a file of it is bad.
    fs::remove_file(&described).unwrap();
    let object = &world.objects().await[4];
    world.rot("cloud", object);
    world.check_all().await;
    world.care().await;
    assert!(world.is_right("cloud", object));
    assert_eq!(fs::read(&described).unwrap(), description);
    world.end().await;
}

#[tokio::test]
async fn what_the_machine_says_of_itself_is_told_and_ends() {
    let world = World::new(&[("ssd", Medium::Nas, false), ("cloud", Medium::Cloud, true)]).await;
    world.import(1, 1).await;
    world.care().await;
    let now = world.now();
    let days = |ends: u32, life: u32, renewed| {
        let ends = now.plus(DAY * ends);
        Some(Certificate { from: Timestamp(ends.0 - (DAY * life).as_millis() as i64), ends, renewed })
    };
    let seen = Seen { certificate: days(3, 90, false), clock_jumped: Some(3_600_000) };
    world.care_with(&seen).await;
    assert_eq!(world.kinds().await, [AlertKind::CertificateExpiring, AlertKind::ClockWrong]);
    let fine = Seen { certificate: days(60, 90, false), clock_jumped: None };
    world.care_with(&fine).await;
    assert_eq!(world.open_alerts().await, Vec::<String>::new());
    // A life of six days is nearly over when a day is left, not when three are.
    world.care_with(&Seen { certificate: days(3, 6, true), clock_jumped: None }).await;
    assert_eq!(world.open_alerts().await, Vec::<String>::new());
    world.care_with(&Seen { certificate: days(1, 6, true), clock_jumped: None }).await;
    let late = world.alert(AlertKind::CertificateExpiring).await.unwrap();
    assert!(late.words.action.contains("what the authority answered"), "{late:?}");
    world.end().await;
}

#[tokio::test]
async fn reviews_come_due_are_told_and_are_done_with_their_evidence() {
    let world = World::new(&[("ssd", Medium::Nas, false), ("cloud", Medium::Cloud, true)]).await;
    world.import(2, 1).await;
    world.care().await;
    let actor = world.actor().await;
    let reviews = world.library.reviews(&actor).await.unwrap();
    let titles: Vec<_> = reviews.iter().map(|view| view.review.title.as_str()).collect();
    assert_eq!(titles, ["Storage health", "Who may see and do what", "Restore drill", "Export test"]);
    let storage = &reviews[0];
    assert!(storage.looks_well(), "{:?}", storage.evidence);
    assert!(storage.evidence[0].lines[0].starts_with("ssd: 0 files wait"), "{:?}", storage.evidence);
    assert!(!storage.overdue);
    world.clock.advance(DAY * 8);
    world.care().await;
    let overdue = world.alert(AlertKind::ReviewOverdue).await.unwrap();
    assert!(overdue.words.sentence.contains("‘Storage health’ was due on"), "{overdue:?}");
    let outcome = |passed, ticked| ourphoto_library::safety::review::Outcome {
        passed,
        ticked,
        note: "looked at everything".into(),
    };
    let id = storage.review.id;
    let refused =
        world.library.review_done(&actor, id, outcome(true, vec![true, false, true, true, true])).await;
    assert!(refused.unwrap_err().message().contains("every point"));
    world.library.review_done(&actor, id, outcome(true, vec![true; 5])).await.unwrap();
    world.care().await;
    assert!(world.alert(AlertKind::ReviewOverdue).await.is_none());
    let reviews = world.library.reviews(&actor).await.unwrap();
    let storage = reviews.iter().find(|view| view.review.id == id).unwrap();
    assert_eq!(storage.history.len(), 1);
    assert!(storage.history[0].0.passed);
    assert_eq!(storage.history[0].0.evidence["seen"][0]["well"], true);
    assert_eq!(storage.review.due_at, world.now().plus(DAY * 7));
    world.end().await;
}

#[tokio::test]
async fn a_drill_from_a_good_copy_passes_and_openssl_verifies_its_report() {
    let world = World::new(&[("ssd", Medium::Nas, false)]).await;
    world.import(12, 1).await;
    world.care().await;
    for what in
        [Rehearse::Everything, Rehearse::Sample(5), Rehearse::Album { space: None, album: "photos".into() }]
    {
        let (_, report) = world.drill("ssd", &what).await;
        assert!(report.passed, "{report:?}");
        let photos = if matches!(what, Rehearse::Sample(_)) { 5 } else { 12 };
        assert_eq!((report.photos, report.files, report.newer), (photos, photos, 0), "{what:?}");
    }
    let (id, _) = world.drill("ssd", &Rehearse::Everything).await;
    let signed = world.library.drill_report(&world.actor().await, id).await.unwrap();
    assert!(signed.genuine);
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    // The fixed beginning of every Ed25519 public key in DER (RFC 8410).
    let der =
        [b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00".to_vec(), signed.public_key.to_vec()].concat();
    fs::write(path("key.der"), der).unwrap();
    fs::write(path("report.json"), &signed.drill.report).unwrap();
    fs::write(path("signature"), &signed.drill.signature).unwrap();
    let verify = || {
        Command::new("openssl")
            .args(["pkeyutl", "-verify", "-pubin", "-rawin", "-keyform", "DER", "-inkey"])
            .arg(path("key.der"))
            .arg("-in")
            .arg(path("report.json"))
            .arg("-sigfile")
            .arg(path("signature"))
            .status()
            .unwrap()
            .success()
    };
    assert!(verify());
    fs::write(path("report.json"), signed.drill.report.replace("true", "false")).unwrap();
    assert!(!verify());
    // Nothing of a rehearsal stays on this machine.
    let left = fs::read_dir(world.path("data")).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(left.into_iter().all(|name| !name.to_str().unwrap().starts_with("drill-")));
    world.end().await;
}

#[tokio::test]
async fn a_drill_that_must_fail_names_the_photo() {
    let world = World::new(&[("ssd", Medium::Nas, false)]).await;
    world.import(6, 1).await;
    world.sidecar("1-0.xmp").await;
    world.care().await;
    let (_, good) = world.drill("ssd", &Rehearse::Everything).await;
    assert!(good.passed, "{good:?}");
    assert_eq!((good.photos, good.files), (6, 7));

    // A damaged photo.
    let damaged = world.object_named("1-4.jpg").await;
    let kept = fs::read(world.object_path("ssd", &damaged)).unwrap();
    world.rot("ssd", &damaged);
    world.must_fail("photos/1-4.jpg", "").await;
    fs::write(world.object_path("ssd", &damaged), kept).unwrap();

    // A sidecar that is gone.
    let sidecar = world.object_named("1-0.xmp").await;
    let kept = fs::read(world.object_path("ssd", &sidecar)).unwrap();
    fs::remove_file(world.object_path("ssd", &sidecar)).unwrap();
    world.must_fail("photos/1-0.xmp", "").await;
    fs::write(world.object_path("ssd", &sidecar), kept).unwrap();

    // A snapshot that somebody else made.
    let folder = world.path("ssd").join("catalog");
    let mut names: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    let newest = names.pop().unwrap();
    let bytes = fs::read(&newest).unwrap();
    let forged = folder.join(format!("29991231T000000.000Z-{}.age", "ab".repeat(32)));
    fs::write(&forged, &bytes).unwrap();
    world.must_fail("", "was not written by this library").await;
    fs::remove_file(forged).unwrap();

    // A snapshot that rots.
    fs::write(&newest, &bytes[..bytes.len() / 2]).unwrap();
    world.must_fail("", "is damaged").await;
    fs::write(&newest, &bytes).unwrap();

    let (_, good) = world.drill("ssd", &Rehearse::Everything).await;
    assert!(good.passed, "{good:?}");

    // A name that is another one in the copy's catalog.
    world.rename_in_copy("ssd", "1-3.jpg", "holiday.jpg").await;
    world.must_fail("photos/1-3.jpg", "it came back as 'holiday.jpg'").await;
    world.end().await;
}

#[tokio::test]
async fn what_a_killed_drill_left_behind_is_removed_after_a_day() {
    let world = World::new(&[]).await;
    let folders =
        ["drill-old", "drill-young", "drill-slow", "mine"].map(|name| world.path("data").join(name));
    let begin = std::time::UNIX_EPOCH + Duration::from_millis(world.now().0 as u64);
    // When it began, and when something was last restored in it.
    let ages = [(DAY * 3, DAY * 2), (HOUR, HOUR), (DAY * 3, HOUR), (DAY * 3, DAY * 2)];
    for (folder, (begun, last)) in folders.iter().zip(ages) {
        let within = folder.join("restored");
        fs::create_dir_all(&within).unwrap();
        for (path, age) in [(&within, last), (folder, begun)] {
            fs::File::open(path).unwrap().set_modified(begin - age).unwrap();
        }
    }
    world.library.sweep().await.unwrap();
    assert_eq!(folders.map(|folder| folder.exists()), [false, true, true, true]);
    world.end().await;
}

#[tokio::test]
async fn a_failed_drill_is_an_alert_until_one_passes() {
    let world = World::new(&[("ssd", Medium::Nas, false), ("cloud", Medium::Cloud, true)]).await;
    world.import(3, 1).await;
    world.care().await;
    let objects = world.objects().await;
    let kept = fs::read(world.object_path("ssd", &objects[0])).unwrap();
    world.rot("ssd", &objects[0]);
    let (_, report) = world.drill("ssd", &Rehearse::Everything).await;
    assert!(!report.passed);
    world.care().await;
    assert_eq!(world.kinds().await, [AlertKind::DrillFailed]);
    fs::write(world.object_path("ssd", &objects[0]), kept).unwrap();
    world.drill("ssd", &Rehearse::Everything).await;
    world.care().await;
    assert_eq!(world.open_alerts().await, Vec::<String>::new());
    world.end().await;
}

#[tokio::test]
async fn a_quarter_later_a_drill_was_rehearsed_by_itself() {
    let world = World::new(&[("ssd", Medium::Nas, false), ("cloud", Medium::Cloud, true)]).await;
    world.import(3, 1).await;
    world.care().await;
    assert_eq!(world.drills().await, Vec::<bool>::new(), "not on the first day");
    world.clock.advance(DAY * 2);
    world.care().await;
    assert_eq!(world.drills().await, [true, true]);
    world.clock.advance(DAY * 60);
    world.care().await;
    assert_eq!(world.drills().await.len(), 2);
    world.clock.advance(DAY * 40);
    world.care().await;
    assert_eq!(world.drills().await, [true; 4]);
    world.end().await;
}

/// Asks for another run as soon as the copying begins.
struct AsksAgain(Arc<Library>, Actor, Handle);

impl Progress for AsksAgain {
    fn begin(&self, stage: Stage, _: Option<u64>, _: Option<u64>) {
        if stage == Stage::Copying {
            let asked = || self.2.block_on(self.0.copy_run_soon(&self.1, "ssd")).unwrap();
            tokio::task::block_in_place(asked);
        }
    }
    fn found(&self, _: u64, _: u64) {}
    fn advance(&self, _: u64, _: u64) {}
    fn end(&self) {}
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_a_run_during_one_gets_another() {
    let world = World::new(&[("ssd", Medium::Nas, false)]).await;
    world.import(2, 1).await;
    let asks: Arc<dyn Progress> =
        Arc::new(AsksAgain(Arc::clone(&world.library), world.actor().await, Handle::current()));
    world.library.look_after(&asks, &Cancel::default()).await.unwrap();
    world.import(1, 2).await;
    assert_eq!(world.held("ssd").await, 2);
    world.care().await;
    assert_eq!(world.held("ssd").await, 3);
    // And no more than that.
    world.import(1, 3).await;
    world.care().await;
    assert_eq!(world.held("ssd").await, 3);
    world.end().await;
}
