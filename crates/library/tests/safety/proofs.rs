//! What there is to see in a review, and copies that come back after they were let go.

use std::fs;
use std::time::Duration;

use catalog::{AlbumGrant, Person, Review, Token};
use model::{Medium, Permission, Permissions, PersonId, Place, ReviewKind, Sha256, TokenId};
use ourphoto_library::Cancel;
use ourphoto_library::copies::NewCopy;
use ourphoto_library::restore::{Restore, What};
use ourphoto_library::safety::drill::Rehearse;
use ourphoto_library::safety::review::Outcome;

use crate::world::{World, silent};

const DAY: Duration = Duration::from_hours(24);

impl World {
    async fn review(&self, kind: ReviewKind) -> ourphoto_library::safety::review::ReviewView {
        let views = self.library.reviews(&self.actor().await).await.unwrap();
        views.into_iter().find(|view| view.review.kind == kind).unwrap()
    }

    async fn add(&self, name: &str) {
        let url = self.path(name);
        let new = NewCopy { name, url: url.to_str().unwrap(), medium: Medium::Nas, place: Place::Onsite };
        self.library.copy_add(new).await.unwrap();
    }
}

#[tokio::test]
async fn the_export_review_shows_the_last_restore_and_the_last_rehearsal_of_everything() {
    let world = World::new(&[("ssd", Medium::Nas, false)]).await;
    world.import(4, 1).await;
    world.care().await;
    let seen = &world.review(ReviewKind::Export).await.evidence[0];
    assert!(seen.well == Some(false) && seen.lines[0].contains("neither"), "{seen:?}");

    for what in [What::Space("Family".into()), What::All] {
        let restore = Restore { what, to: world.path("out"), as_of: None, from_copy: Some("ssd".into()) };
        world.library.restore(restore, &silent(), &Cancel::default()).await.unwrap();
    }
    world.drill("ssd", &Rehearse::Sample(1)).await;
    world.drill("ssd", &Rehearse::Everything).await;
    let seen = &world.review(ReviewKind::Export).await.evidence[0];
    assert_eq!(seen.well, Some(true), "{seen:?}");
    let expected = [
        "everything was restored out of 'ssd': 4 files; all of it came back",
        "the space 'Family' was restored out of 'ssd': 4 files; all of it came back",
        "everything was rehearsed out of 'ssd': 4 photos, 4 files; it passed",
    ];
    assert_eq!(seen.lines.len(), expected.len(), "{seen:?}");
    for (line, said) in seen.lines.iter().zip(expected) {
        assert!(line.contains(said), "{line}");
        assert!(!line.contains("out/"), "no path of this machine: {line}");
    }
    // One that lost something is no proof, and an old one neither.
    let object = &world.objects().await[0];
    world.rot("ssd", object);
    let to = world.path("second");
    let restore = Restore { what: What::All, to, as_of: None, from_copy: Some("ssd".into()) };
    world.library.restore(restore, &silent(), &Cancel::default()).await.unwrap();
    let seen = &world.review(ReviewKind::Export).await.evidence[0];
    assert!(seen.well == Some(false) && seen.lines[0].contains("1 FAILED"), "{seen:?}");
    world.end().await;
}

#[tokio::test]
async fn who_may_see_what_is_told_to_the_last_and_guests_have_programs_too() {
    let world = World::new(&[]).await;
    world.import(1, 1).await;
    world.library.watch_alerts(&ourphoto_library::safety::Seen::default()).await.unwrap();
    let mut tx = world.library.catalog.begin().await.unwrap();
    let owner = tx.person_by_email("ana@example.org").await.unwrap().unwrap();
    let space = tx.space_list().await.unwrap()[0].id;
    let album = tx.album_list(space).await.unwrap()[0].id;
    for number in 0..230_u32 {
        let guest = Person {
            id: PersonId::generate(),
            email: format!("guest-{number}@example.org"),
            name: "Guest".into(),
            ..owner.clone()
        };
        tx.person_insert(&guest).await.unwrap();
        let grant = AlbumGrant {
            album_id: album,
            person_id: guest.id,
            permissions: Permissions::of(&[Permission::View]),
            added_by: owner.id,
            added_at: world.now(),
        };
        tx.album_grant_put(&grant).await.unwrap();
        if number == 0 {
            let token = Token {
                id: TokenId::generate(),
                person_id: guest.id,
                secret_hash: Sha256([1; 32]),
                name: "an old frame".into(),
                permissions: Permissions::of(&[Permission::View]),
                space_id: None,
                network: String::new(),
                device_id: None,
                created_at: world.now(),
                seen_at: None,
                expires_at: None,
            };
            tx.token_insert(&token).await.unwrap();
        }
    }
    tx.commit().await.unwrap();
    world.clock.advance(DAY * 100);
    let seen = world.review(ReviewKind::Permissions).await.evidence;
    assert_eq!(seen[1].lines.len(), 201, "{:?}", seen[1]);
    assert_eq!(seen[1].lines[200], "and 30 more, which are not listed here");
    let programs = &seen[3];
    assert!(programs.well == Some(false), "{programs:?}");
    assert!(programs.lines.iter().any(|line| line.contains("guest-0@example.org: 'an old frame'")));
    world.end().await;
}

#[tokio::test]
async fn a_review_that_was_done_while_the_clock_was_wrong_is_due_in_its_time() {
    let world = World::new(&[]).await;
    world.import(1, 1).await;
    let actor = world.actor().await;
    let storage = world.review(ReviewKind::Storage).await.review;
    // Done three years from now, and the clock is put right.
    let outcome = Outcome { passed: false, ticked: vec![false; 5], note: String::new() };
    world.library.review_done(&actor, storage.id, outcome).await.unwrap();
    let mut tx = world.library.catalog.begin().await.unwrap();
    let mut done = tx.review_history(storage.id, 1).await.unwrap().remove(0);
    done.id = uuid::Uuid::now_v7();
    done.done_at = world.now().plus(DAY * 1000);
    tx.review_done_insert(&done).await.unwrap();
    tx.review_update(&Review { due_at: done.done_at.plus(DAY * 7), ..storage.clone() }).await.unwrap();
    // Somebody chose a late day for another one: that stays.
    let export = tx.review_list().await.unwrap();
    let export = export.into_iter().find(|review| review.kind == ReviewKind::Export).unwrap();
    let late = world.now().plus(DAY * 900);
    tx.review_update(&Review { due_at: late, ..export }).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(world.review(ReviewKind::Storage).await.review.due_at, world.now().plus(DAY * 7));
    assert_eq!(world.review(ReviewKind::Export).await.review.due_at, late);
    world.end().await;
}

#[tokio::test]
async fn a_copy_that_was_emptied_while_it_was_let_go_counts_nothing_before_it_was_read() {
    let world = World::new(&[("ssd", Medium::Nas, false)]).await;
    world.import(4, 1).await;
    world.care().await;
    assert_eq!(world.held("ssd").await, 4);
    world.library.copy_remove("ssd").await.unwrap();
    let gone = &world.objects().await[1];
    fs::remove_file(world.object_path("ssd", gone)).unwrap();
    world.add("ssd").await;
    assert_eq!(world.held("ssd").await, 0, "nobody has looked at it since");
    assert_eq!(world.counts().await.1, 4);
    let report = world.library.copy_run("ssd", &silent(), &Cancel::default()).await.unwrap();
    assert_eq!((report.adopted, report.copied), (3, 1), "{report:?}");
    assert_eq!(world.held("ssd").await, 4);
    // The same copy at another address is the same copy.
    world.add("ssd").await;
    assert_eq!(world.held("ssd").await, 4);
    world.end().await;
}

#[tokio::test]
async fn copies_on_one_disk_are_told_and_none_is_made_inside_the_library() {
    let world = World::new(&[("ssd", Medium::Disk, false), ("nas", Medium::Nas, false)]).await;
    let shared = world.library.shared_disks().await.unwrap();
    assert_eq!(shared["ssd"], ["library", "nas"], "{shared:?}");
    let away = world.unplug("nas");
    let shared = world.library.shared_disks().await.unwrap();
    assert_eq!(shared.get("nas"), None, "{shared:?}");
    assert_eq!(shared["ssd"], ["library"], "{shared:?}");
    world.plug_in("nas", &away);
    for inside in ["data/store", "data/copies/new", "data/../data/more"] {
        let url = world.path(inside);
        let new = NewCopy {
            name: "inside",
            url: url.to_str().unwrap(),
            medium: Medium::Disk,
            place: Place::Onsite,
        };
        let error = world.library.copy_add(new).await.unwrap_err();
        assert!(error.message().contains("another place"), "{inside}: {error}");
    }
    assert!(!world.path("data/copies").exists(), "nothing was made there");
    world.end().await;
}
