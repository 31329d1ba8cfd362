//! What copies lack, who brought photos, and which names a space has: the same on both engines.

use std::collections::{BTreeSet, HashMap};

use model::{AssetKind, CopyId, ObjectId, ReplicaState, Sha256, Tier, Timestamp};
use ourphoto_catalog::{Copy, Entry, Holders, NewAlbum, Replica, Search, SearchKey, Term, Tx, Version};

use crate::support::people::person;
use crate::support::photos::{Batch, NOW, filled, new_copy, new_space, shelf};
use crate::support::{TestCatalog, for_each_engine, raw};

for_each_engine!(
    what_copies_lack_is_what_they_do_not_hold,
    what_does_not_add_up_is_seen_and_put_right,
    a_photo_lacks_what_its_files_are_now,
    those_at_some_places_are_found_as_among_all,
    an_entry_is_made_of_tier_kind_and_who_brought_it_first,
    names_of_a_space_are_its_own,
);

/// What each copy in use lacks, told simply: every photo is looked at, and every object has one photo.
async fn lacked(tx: &mut Tx, batch: &Batch) -> BTreeSet<(CopyId, ObjectId)> {
    let mut lacked = BTreeSet::new();
    for copy in tx.copy_list().await.unwrap() {
        let mut after = None;
        let mut missing = BTreeSet::new();
        loop {
            let page = tx.replica_missing_from(copy.id, after, 100).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            missing.extend(page.iter().map(|object| object.id));
        }
        lacked.extend(missing.iter().map(|object| (copy.id, *object)));
        // The same, as photos.
        let photos = tx.assets_lacking(copy.id, 1000).await.unwrap().unwrap();
        let objects: BTreeSet<ObjectId> =
            photos.iter().map(|id| batch.objects[place(batch, *id)].id).collect();
        assert_eq!((objects, photos.len()), (missing.clone(), missing.len()), "{}", copy.name);
        if let Some(less) = missing.len().checked_sub(1) {
            assert_eq!(tx.assets_lacking(copy.id, less).await.unwrap(), None, "{} are too many", less + 1);
        }
    }
    lacked
}

fn place(batch: &Batch, id: model::AssetId) -> usize {
    batch.assets.iter().position(|asset| asset.id == id).unwrap()
}

/// What the catalog says that each photo lacks, told the same way.
async fn said(tx: &mut Tx, batch: &Batch) -> BTreeSet<(CopyId, ObjectId)> {
    let copies = tx.copy_list().await.unwrap();
    let ids: Vec<_> = batch.assets.iter().map(|asset| asset.id).collect();
    let lacks: HashMap<_, Vec<Holders>> = tx.asset_lacks(&ids, &copies).await.unwrap();
    let mut said = BTreeSet::new();
    for (id, sets) in lacks {
        assert_eq!(sets.len(), 1, "one object each");
        let lacking = copies.iter().enumerate().filter(|(number, _)| sets[0] >> number & 1 == 1);
        said.extend(lacking.map(|(_, copy)| (copy.id, batch.objects[place(batch, id)].id)));
    }
    said
}

fn replica(copy: &Copy, object: ObjectId, state: ReplicaState) -> Replica {
    Replica {
        copy_id: copy.id,
        object_id: object,
        state,
        stored_at: NOW,
        proved_at: None,
        proved_by: None,
        note: None,
    }
}

async fn what_copies_lack_is_what_they_do_not_hold(test: &TestCatalog) {
    let (_, batch) = filled(&test.catalog, 30).await;
    let mut tx = test.catalog.begin().await.unwrap();
    assert_eq!(lacked(&mut tx, &batch).await, BTreeSet::new(), "the library holds everything");
    let mut copies: Vec<Copy> = ["ssd", "nas"].iter().map(|name| new_copy(name, false)).collect();
    for copy in &copies {
        tx.copy_insert(copy).await.unwrap();
    }
    assert_eq!(lacked(&mut tx, &batch).await.len(), 60, "what was added just now lacks everything");
    for step in 0..8 {
        match step {
            0 => {
                let some = batch.objects[..20].iter();
                let held: Vec<_> =
                    some.map(|object| replica(&copies[0], object.id, ReplicaState::Held)).collect();
                tx.replica_insert_many(&held).await.unwrap();
            }
            1 => {
                let mixed: Vec<_> = (0..30)
                    .map(|n| {
                        let state = [ReplicaState::Held, ReplicaState::Damaged, ReplicaState::Missing][n % 3];
                        replica(&copies[n % 2], batch.objects[n].id, state)
                    })
                    .collect();
                tx.replica_set_states(&mixed, None).await.unwrap();
            }
            2 => {
                tx.replica_set_states(&[replica(&copies[1], batch.objects[1].id, ReplicaState::Held)], None)
                    .await
                    .unwrap();
            }
            3 => tx.object_reseal(batch.objects[0].id, Sha256([7; 32]), 5, NOW).await.unwrap(),
            4 => tx.copy_remove(copies[1].id, NOW).await.unwrap(),
            5 => {
                copies[1] = tx.copy_get(copies[1].id).await.unwrap().unwrap();
                copies[1].removed_at = None;
                tx.copy_update(&copies[1]).await.unwrap();
            }
            6 => {
                copies[0].name = "drawer".into();
                tx.copy_update(&copies[0]).await.unwrap();
            }
            _ => tx.object_reseal(batch.objects[9].id, Sha256([8; 32]), 5, NOW).await.unwrap(),
        }
        let lacked = lacked(&mut tx, &batch).await;
        assert!(!lacked.is_empty(), "step {step}");
        assert_eq!(said(&mut tx, &batch).await, lacked, "step {step}");
        for copy in tx.copy_list().await.unwrap() {
            assert!(tx.lacking_adds_up(copy.id).await.unwrap(), "step {step}: {}", copy.name);
        }
    }
}

async fn what_does_not_add_up_is_seen_and_put_right(test: &TestCatalog) {
    let (_, batch) = filled(&test.catalog, 10).await;
    let ssd = new_copy("ssd", false);
    let mut tx = test.catalog.begin().await.unwrap();
    tx.copy_insert(&ssd).await.unwrap();
    tx.replica_insert_many(&[replica(&ssd, batch.objects[0].id, ReplicaState::Held)]).await.unwrap();
    assert!(tx.lacking_adds_up(ssd.id).await.unwrap());
    let right = tx.replica_missing_from(ssd.id, None, 100).await.unwrap();
    assert_eq!(right.len(), 9);
    tx.commit().await.unwrap();
    raw::execute(test, "DELETE FROM lacking").await;
    let mut tx = test.catalog.begin().await.unwrap();
    assert!(!tx.lacking_adds_up(ssd.id).await.unwrap());
    assert_eq!(
        tx.replica_missing_count(ssd.id).await.unwrap(),
        (0, 0),
        "which would keep photos from the copy"
    );
    tx.lacking_refill(Some(ssd.id)).await.unwrap();
    assert!(tx.lacking_adds_up(ssd.id).await.unwrap());
    assert_eq!(tx.replica_missing_from(ssd.id, None, 100).await.unwrap(), right);
}

async fn a_photo_lacks_what_its_files_are_now(test: &TestCatalog) {
    let (shelf, batch) = filled(&test.catalog, 2).await;
    let mut tx = test.catalog.begin().await.unwrap();
    let ssd = new_copy("ssd", false);
    tx.copy_insert(&ssd).await.unwrap();
    let held: Vec<_> =
        batch.objects.iter().map(|object| replica(&ssd, object.id, ReplicaState::Held)).collect();
    tx.replica_insert_many(&held).await.unwrap();
    assert_eq!(tx.assets_lacking(ssd.id, 10).await.unwrap(), Some(vec![]));
    // A new version that the copy does not have yet, and the one before, which it lost.
    let newer = crate::support::photos::object(shelf.space, "newer");
    tx.object_insert_many(std::slice::from_ref(&newer)).await.unwrap();
    let second = Version {
        id: model::VersionId::generate(),
        object_id: newer.id,
        number: 2,
        added_at: NOW,
        ..batch.versions[0].clone()
    };
    tx.version_insert_many(std::slice::from_ref(&second)).await.unwrap();
    assert_eq!(tx.assets_lacking(ssd.id, 10).await.unwrap(), Some(vec![]), "nothing shows it yet");
    tx.file_set_current(&[second.id]).await.unwrap();
    tx.replica_set_states(&[replica(&ssd, batch.objects[0].id, ReplicaState::Damaged)], None).await.unwrap();
    let ids: Vec<_> = batch.assets.iter().map(|asset| asset.id).collect();
    assert_eq!(tx.assets_lacking(ssd.id, 10).await.unwrap(), Some(vec![ids[0]]));
    let copies = tx.copy_list().await.unwrap();
    // The library was told of no replica of it either.
    assert_eq!(tx.asset_lacks(&ids, &copies).await.unwrap(), HashMap::from([(ids[0], vec![0b11])]));
    tx.replica_set_states(&[replica(&ssd, newer.id, ReplicaState::Held)], None).await.unwrap();
    assert_eq!(tx.assets_lacking(ssd.id, 10).await.unwrap(), Some(vec![]));
    assert_eq!(tx.asset_lacks(&ids, &copies).await.unwrap(), HashMap::from([(ids[0], vec![0b01])]));
}

async fn those_at_some_places_are_found_as_among_all(test: &TestCatalog) {
    let (_, batch) = filled(&test.catalog, 40).await;
    let mut tx = test.catalog.begin().await.unwrap();
    let entries: Vec<Entry> = batch
        .assets
        .iter()
        .enumerate()
        .map(|(n, asset)| Entry {
            asset_id: asset.id,
            space_id: asset.space_id,
            captured_at: asset.captured_at,
            words: vec![if n % 2 == 0 { "lake".into() } else { "sea".into() }],
            facts: vec!["s".into()],
            names: vec![],
        })
        .collect();
    tx.search_put(&entries).await.unwrap();
    tx.asset_set_deleted(&[batch.assets[4].id], Some(NOW)).await.unwrap();
    let times: Vec<Timestamp> = batch.assets.iter().map(|asset| asset.captured_at).collect();
    let search = Search {
        all: vec![vec![Term::Word("lake".into())], vec![Term::Fact("s".into())]],
        from: times.iter().copied().min().map(|first| Timestamp(first.0 + 1)),
        ..Search::default()
    };
    let some: Vec<_> =
        batch.assets.iter().enumerate().filter(|(n, _)| n % 3 != 1).map(|(_, asset)| asset.id).collect();
    let keys: Vec<SearchKey> = tx.search_keys(&some).await.unwrap();
    assert_eq!(keys.len(), some.len());
    assert!(keys.is_sorted());
    let mut expected = tx.search_page(&search, None, 100).await.unwrap();
    expected.retain(|(_, tile)| some.contains(&tile.asset.id));
    assert!(expected.len() > 5);
    assert_eq!(tx.search_among(&search, &keys).await.unwrap(), expected);
    assert_eq!(tx.search_among(&search, &[]).await.unwrap(), []);
}

async fn an_entry_is_made_of_tier_kind_and_who_brought_it_first(test: &TestCatalog) {
    let (shelf, batch) = filled(&test.catalog, 2).await;
    let mut tx = test.catalog.begin().await.unwrap();
    let (ann, bob) = (person(&mut tx, "ann@example.org").await, person(&mut tx, "bob@example.org").await);
    let folder = b"Kept";
    let new = NewAlbum { space_id: shelf.space, folder, name: "Kept", tier: Tier::Vault, created_at: NOW };
    let (vault, _) = tx.album_find_or_insert(&new).await.unwrap();
    // One more photo, in the vault, brought by Ann and changed by Bob.
    let asset = ourphoto_catalog::Asset {
        id: model::AssetId::generate(),
        album_id: vault.id,
        group_key: b"new".to_vec(),
        ..batch.assets[0].clone()
    };
    tx.asset_insert_many(&[asset.clone()]).await.unwrap();
    let version = |number, by: &ourphoto_catalog::Person, file_id| Version {
        id: model::VersionId::generate(),
        file_id,
        number,
        added_by: Some(by.id),
        ..batch.versions[0].clone()
    };
    let mut file = batch.files[0].clone();
    (file.id, file.asset_id, file.album_id) = (model::FileId::generate(), asset.id, vault.id);
    let versions = [version(1, &ann, file.id), version(2, &bob, file.id)];
    file.version_id = versions[1].id;
    tx.file_insert_many(&[file]).await.unwrap();
    tx.version_insert_many(&versions).await.unwrap();
    tx.asset_set_kind(asset.id, AssetKind::Final, Some(batch.assets[0].id)).await.unwrap();
    let sources = tx.search_sources(&[asset.id, batch.assets[1].id]).await.unwrap();
    let source = sources.iter().find(|source| source.asset.id == asset.id).unwrap();
    assert_eq!((source.tier, source.uploaders.as_slice()), (Tier::Vault, &[ann.id][..]));
    assert_eq!(source.asset.kind, AssetKind::Final);
    assert_eq!(source.asset.derived_from, Some(batch.assets[0].id));
    let other = sources.iter().find(|source| source.asset.id != asset.id).unwrap();
    assert_eq!((other.tier, other.uploaders.len()), (Tier::Working, 0));
    let tiers = tx.album_tiers(&[vault.id, shelf.album, vault.id]).await.unwrap();
    assert_eq!(tiers, HashMap::from([(vault.id, Tier::Vault), (shelf.album, Tier::Working)]));
}

async fn names_of_a_space_are_its_own(test: &TestCatalog) {
    let (home, batch) = filled(&test.catalog, 2).await;
    let mut tx = test.catalog.begin().await.unwrap();
    let other = new_space("Other");
    tx.space_insert(&other).await.unwrap();
    let long = "x".repeat(201);
    let entry = |n: usize, space_id, names: &[(&'static str, &str)]| Entry {
        asset_id: batch.assets[n].id,
        space_id,
        captured_at: Timestamp(1),
        words: vec!["a".into()],
        facts: vec!["s".into()],
        names: names.iter().map(|(class, name)| (*class, (*name).to_owned())).collect(),
    };
    let first =
        entry(0, home.space, &[("camera", "D70"), ("year", "2004"), ("camera", &long), ("lens", "a\0b")]);
    let second = entry(1, other.id, &[("camera", "R5"), ("year", "2024")]);
    tx.search_put(&[first.clone(), second]).await.unwrap();
    // What is there already is no error, and what a photo was called stays.
    tx.search_put(&[first, entry(1, home.space, &[("year", "2020"), ("year", "2004")])]).await.unwrap();
    assert_eq!(tx.facet_names(&[home.space], "camera", 9).await.unwrap(), ["D70"]);
    assert_eq!(tx.facet_names(&[home.space], "lens", 9).await.unwrap(), [] as [String; 0]);
    assert_eq!(tx.facet_names(&[home.space, other.id], "year", 9).await.unwrap(), ["2024", "2020", "2004"]);
    assert_eq!(tx.facet_names(&[home.space, other.id], "year", 2).await.unwrap(), ["2024", "2020"]);
    assert_eq!(tx.facet_names(&[], "year", 2).await.unwrap(), [] as [String; 0]);
    tx.commit().await.unwrap();
    let mut tx = test.catalog.begin().await.unwrap();
    tx.wipe().await.unwrap();
    tx.commit().await.unwrap();
    let home = shelf(&test.catalog).await;
    let mut tx = test.catalog.read().await.unwrap();
    assert_eq!(tx.facet_names(&[home.space], "year", 9).await.unwrap(), [] as [String; 0]);
}
