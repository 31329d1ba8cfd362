//! Bytes that rot, vanish or refuse to be read: found, told, put right, and in the way of nothing else.

use std::fs;
use std::os::unix::fs::symlink;

use model::{AlertKind, Medium, ReplicaState};
use ourphoto_library::safety::Seen;
use ourphoto_library::safety::coverage::Why;
use ourphoto_library::safety::review::ReviewView;

use crate::world::World;
use crate::{DAY, HOUR};

#[tokio::test]
async fn damage_is_found_within_the_scrubs_time_healed_from_another_copy_and_told() {
    let world = World::new(&[("ssd", Medium::Nas, false), ("cloud", Medium::Cloud, true)]).await;
    world.import(20, 1).await;
    world.care().await;
    // One rots in the library, another in a copy, a third is deleted there.
    let objects = world.objects().await;
    world.rot("library", &objects[3]);
    world.rot("ssd", &objects[7]);
    fs::remove_file(world.object_path("cloud", &objects[11])).unwrap();
    for _ in 0..90 {
        world.clock.advance(DAY);
        world.care().await;
    }
    for (copy, object) in [("library", 3), ("ssd", 7), ("cloud", 11)] {
        assert!(world.is_right(copy, &objects[object]), "{copy}");
    }
    let found = world.library.damage_found(&world.actor().await).await.unwrap();
    let told: Vec<_> = found.iter().map(|found| (found.copy.as_str(), found.state)).collect();
    for one in
        [("library", ReplicaState::Damaged), ("ssd", ReplicaState::Damaged), ("cloud", ReplicaState::Missing)]
    {
        assert!(told.contains(&one), "{told:?}");
    }
    assert!(found.iter().all(|found| found.healed_at.is_some() && found.healed_from.is_some()), "{found:?}");
    assert!(found.iter().all(|found| found.photos[0].name.starts_with("1-")), "{found:?}");
    let healed = world.alerts().await.into_iter().filter(|alert| alert.kind == AlertKind::Healed);
    assert_eq!(healed.count(), 3);
    assert_eq!(world.counts().await, (20, 0));
    world.end().await;
}

#[tokio::test]
async fn what_no_copy_holds_any_more_is_told_by_name_and_nothing_else_is_touched() {
    let world = World::new(&[("ssd", Medium::Nas, false)]).await;
    world.import(5, 1).await;
    world.care().await;
    let objects = world.objects().await;
    for copy in ["library", "ssd"] {
        world.rot(copy, &objects[2]);
    }
    world.check_all().await;
    world.library.watch_alerts(&Seen::default()).await.unwrap();
    assert_eq!(world.notices_of(AlertKind::Damaged).await.len(), 2);
    world.care().await;
    assert_eq!(world.notices_of(AlertKind::Damaged).await, ["raised"; 2], "it is not over: it is stuck");
    let lost = world.alert(AlertKind::Lost).await.unwrap();
    assert!(lost.words.sentence.contains("1 photo in ‘Family’"), "{lost:?}");
    assert!(lost.words.sentence.contains(".jpg"), "{lost:?}");
    // Nobody can put it right, and why is told with each copy.
    assert!(world.alert(AlertKind::Damaged).await.is_none());
    let stuck = world.alert(AlertKind::Unhealable).await.unwrap();
    assert!(stuck.words.sentence.contains("no reachable copy holds it"), "{stuck:?}");
    assert_eq!(world.at_risk().await.iter().filter(|risk| risk.why == Why::Lost).count(), 1);
    // The photo comes back from the card: everything ends by itself.
    world.import(5, 1).await;
    world.clock.advance(HOUR * 2);
    world.care().await;
    assert!(world.alert(AlertKind::Lost).await.is_none());
    assert!(world.alert(AlertKind::Unhealable).await.is_none());
    world.end().await;
}

#[tokio::test]
async fn what_cannot_be_put_right_keeps_nothing_else_from_being_copied_read_and_healed() {
    let world = World::new(&[("ssd", Medium::Nas, false), ("cloud", Medium::Cloud, true)]).await;
    world.import(20, 1).await;
    world.care().await;
    let objects = world.objects().await;
    for copy in ["library", "ssd", "cloud"] {
        world.rot(copy, &objects[2]);
    }
    world.check_all().await;
    world.care().await;
    assert!(world.alert(AlertKind::Lost).await.is_some());
    // Later another one rots in a copy, and new photos come. The lost one is nowhere to be imported from again.
    world.rot("ssd", &objects[9]);
    for number in 0..20 {
        fs::remove_file(world.path("photos").join(format!("1-{number}.jpg"))).unwrap();
    }
    world.import(1, 2).await;
    for _ in 0..90 {
        world.clock.advance(DAY);
        world.care().await;
    }
    assert!(world.is_right("ssd", &objects[9]), "it was read again and put right");
    assert_eq!(world.held("cloud").await, 20, "all but the lost one");
    assert!(world.alert(AlertKind::CopyFailing).await.is_none(), "the copies do what they can");
    assert_eq!(world.failures("ssd").await, 0);
    world.end().await;
}

#[tokio::test]
async fn a_scrub_goes_on_behind_what_is_bad() {
    let world = World::new(&[("ssd", Medium::Nas, false)]).await;
    world.import(12, 1).await;
    world.care().await;
    let objects = world.objects().await;
    // Those that were never proved come first, and stay so: they are lost.
    for copy in ["library", "ssd"] {
        for object in &objects[..6] {
            world.rot(copy, object);
        }
    }
    world.check_all().await;
    world.rot("library", &objects[10]);
    for _ in 0..90 {
        world.clock.advance(DAY);
        world.care().await;
    }
    assert!(world.is_right("library", &objects[10]));
    world.end().await;
}

#[tokio::test]
async fn a_snapshot_and_a_key_that_rot_in_a_copy_are_told_and_put_right() {
    let world = World::new(&[("ssd", Medium::Nas, false)]).await;
    world.import(3, 1).await;
    world.care().await;
    let mut files = Vec::new();
    for folder in ["catalog", "keys"] {
        for entry in fs::read_dir(world.path("ssd").join(folder)).unwrap() {
            files.push(entry.unwrap().path());
        }
    }
    assert_eq!(files.len(), 2, "{files:?}");
    let whole: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    for file in &files {
        fs::write(file, b"rotten").unwrap();
    }
    // Nothing is due for a run; the hourly part of a scrub reads what a restore needs first.
    world.settings("ssd", |settings| settings.every = DAY * 30).await;
    world.clock.advance(HOUR);
    world.care().await;
    for (file, whole) in files.iter().zip(&whole) {
        assert_eq!(&fs::read(file).unwrap(), whole, "{file:?}");
    }
    assert_eq!(world.notices_of(AlertKind::Healed).await.len(), 1);
    assert_eq!(world.alert(AlertKind::Damaged).await.map(|alert| alert.words), None);
    world.end().await;
}

#[tokio::test]
async fn proofs_that_were_made_while_the_clock_was_ahead_do_not_count() {
    let world = World::new(&[("ssd", Medium::Nas, false), ("cloud", Medium::Cloud, true)]).await;
    world.import(8, 1).await;
    world.clock.advance(DAY * 1000);
    world.care().await;
    world.check_all().await;
    world.clock.set_back(DAY * 1000);
    let objects = world.objects().await;
    world.rot("ssd", &objects[5]);
    for _ in 0..90 {
        world.clock.advance(DAY);
        world.care().await;
    }
    assert!(world.is_right("ssd", &objects[5]), "it was read again, though it seemed proved for years");
    assert_eq!(world.counts().await, (8, 0));
    assert_eq!(world.alert(AlertKind::Unproved).await.map(|alert| alert.words), None);
    world.end().await;
}

#[tokio::test]
async fn a_clock_that_is_behind_for_some_hours_costs_no_proof() {
    let world = World::new(&[("ssd", Medium::Nas, false), ("cloud", Medium::Cloud, true)]).await;
    world.import(8, 1).await;
    world.care().await;
    world.check_all().await;
    let due = |views: Vec<ReviewView>| views.iter().map(|view| view.review.due_at).collect::<Vec<_>>();
    let days = due(world.library.reviews(&world.actor().await).await.unwrap());
    let proofs = world.library.copies().await.unwrap();
    // The machine starts without a battery and without a network.
    world.clock.set_back(DAY * 1000);
    for _ in 0..20 {
        world.clock.advance(HOUR);
        world.care().await;
        assert!(world.alert(AlertKind::ClockWrong).await.is_some());
    }
    world.clock.advance(DAY * 1000);
    world.care().await;
    let told = world.open_alerts().await;
    assert_eq!(told, Vec::<String>::new());
    assert_eq!(world.counts().await, (8, 0));
    let after = world.library.copies().await.unwrap();
    for (before, after) in proofs.iter().zip(&after) {
        assert!(after.unproved == 0 && after.oldest_proof >= before.oldest_proof, "{after:?}");
    }
    assert_eq!(due(world.library.reviews(&world.actor().await).await.unwrap()), days);
    world.end().await;
}

#[tokio::test]
async fn what_cannot_be_read_is_tried_again_told_and_keeps_nothing_else_waiting() {
    let world = World::new(&[("ssd", Medium::Nas, false)]).await;
    world.import(12, 1).await;
    world.care().await;
    let objects = world.objects().await;
    // It is there, and refuses to be read: nothing says that it is bad.
    let path = world.object_path("ssd", &objects[3]);
    let right = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    // A link to itself, which nobody can follow.
    symlink(&path, &path).unwrap();
    world.check_all().await;
    world.care().await;
    assert!(world.alert(AlertKind::Unreadable).await.is_none(), "once may have been a bad moment");
    world.clock.advance(HOUR * 2);
    world.care().await;
    let alert = world.alert(AlertKind::Unreadable).await.unwrap();
    assert!(
        alert.words.sentence.starts_with("1 file in the copy ‘ssd’ could not be read, since"),
        "{alert:?}"
    );
    let listed = world.library.damage_found(&world.actor().await).await.unwrap();
    assert_eq!(listed[0].state, ReplicaState::Held, "{listed:?}");
    assert!(listed[0].photos[0].name.starts_with("1-"), "{listed:?}");
    // A run that succeeds ends nothing, and what rots elsewhere in the copy is found all the same.
    world.rot("ssd", &objects[9]);
    for _ in 0..90 {
        world.clock.advance(DAY);
        world.care().await;
    }
    assert!(world.is_right("ssd", &objects[9]));
    assert_eq!(world.failures("ssd").await, 0);
    assert!(world.alert(AlertKind::Unreadable).await.is_some());
    fs::remove_file(&path).unwrap();
    fs::write(&path, right).unwrap();
    world.clock.advance(HOUR);
    world.care().await;
    assert!(world.alert(AlertKind::Unreadable).await.is_none(), "it was tried again within the hour");
    world.end().await;
}
