//! The index finds the same on both engines.

use model::{AssetId, Edits, SpaceId, Timestamp};
use ourphoto_catalog::{Engine, Entry, Search, SearchKey, Term};

use crate::support::photos::{asset, shelf};
use crate::support::{TestCatalog, for_each_engine, open, raw};

for_each_engine!(
    words_and_facts_are_found_newest_first_page_by_page,
    an_entry_is_replaced_and_what_is_in_the_trash_is_not_found,
    what_changes_a_photo_makes_its_entry_stale,
    what_is_wiped_can_be_filled_and_indexed_again,
    photos_of_one_moment_do_not_take_each_others_place,
    any_question_finds_what_a_simple_reading_finds,
    a_tidied_index_finds_the_same,
    a_beginning_finds_what_begins_so_however_many_words_that_are,
);

fn word(word: &str) -> Term {
    Term::Word(word.into())
}

fn entry(id: AssetId, at: i64, words: &[&str], facts: &[&str]) -> Entry {
    let owned = |list: &[&str]| list.iter().map(|&word| word.to_owned()).collect();
    Entry {
        asset_id: id,
        // Of use to names only.
        space_id: SpaceId::generate(),
        captured_at: Timestamp(at),
        words: owned(words),
        facts: owned(facts),
        names: Vec::new(),
    }
}

/// Puts photos into the catalog and the index: each is its time, its words and its facts.
async fn photos(test: &TestCatalog, told: &[(i64, &[&str], &[&str])]) -> Vec<AssetId> {
    let home = shelf(&test.catalog).await;
    let mut tx = test.catalog.begin().await.unwrap();
    let assets: Vec<_> = told
        .iter()
        .enumerate()
        .map(|(number, (at, ..))| asset(home, format!("k{number}").into_bytes(), Timestamp(*at)))
        .collect();
    tx.asset_insert_many(&assets).await.unwrap();
    let entries: Vec<_> = assets
        .iter()
        .zip(told)
        .map(|(asset, (at, words, facts))| entry(asset.id, *at, words, facts))
        .collect();
    tx.search_put(&entries).await.unwrap();
    tx.commit().await.unwrap();
    assets.iter().map(|asset| asset.id).collect()
}

async fn found(test: &TestCatalog, search: &Search) -> Vec<AssetId> {
    let mut tx = test.catalog.read().await.unwrap();
    let found = tx.search_page(search, None, 100).await.unwrap();
    found.into_iter().map(|(_, tile)| tile.asset.id).collect()
}

async fn words_and_facts_are_found_newest_first_page_by_page(test: &TestCatalog) {
    let ids = photos(
        test,
        &[
            (1_000, &["lake", "summer"], &["s1"]),
            (3_000, &["lake", "winter", "лёд", "湖"], &["s1"]),
            (2_000, &["lakeside"], &["s1"]),
            (4_000, &["lake"], &["s2", "lake"]),
        ],
    )
    .await;
    let all = |groups: Vec<Vec<Term>>| Search { all: groups, ..Search::default() };
    let in_first = || vec![Term::Fact("s1".into())];
    assert_eq!(found(test, &all(vec![in_first()])).await, [ids[1], ids[2], ids[0]]);
    assert_eq!(found(test, &all(vec![in_first(), vec![word("lake")]])).await, [ids[1], ids[0]]);
    assert_eq!(
        found(test, &all(vec![in_first(), vec![Term::Prefix("lak".into())]])).await,
        [ids[1], ids[2], ids[0]]
    );
    assert_eq!(found(test, &all(vec![vec![word("лёд")], vec![word("湖")]])).await, [ids[1]]);
    assert_eq!(found(test, &all(vec![vec![word("summer"), word("winter")]])).await, [ids[1], ids[0]]);
    // A fact is no word, and a word no fact.
    assert_eq!(found(test, &all(vec![vec![word("s1")]])).await, []);
    assert_eq!(found(test, &all(vec![vec![Term::Fact("lake".into())]])).await, [ids[3]]);
    assert_eq!(found(test, &all(vec![vec![Term::FactPrefix("s".into())]])).await.len(), 4);
    let mut without = all(vec![in_first()]);
    without.none = vec![word("summer"), Term::Prefix("win".into())];
    assert_eq!(found(test, &without).await, [ids[2]]);
    let between = Search {
        from: Some(Timestamp(2_000)),
        until: Some(Timestamp(3_000)),
        ..all(vec![vec![Term::FactPrefix("s".into())]])
    };
    assert_eq!(found(test, &between).await, [ids[2]]);

    let everywhere = all(vec![vec![Term::FactPrefix("s".into())]]);
    let mut seen = Vec::new();
    let mut before = None;
    loop {
        let page = test.catalog.read().await.unwrap().search_page(&everywhere, before, 3).await.unwrap();
        seen.extend(page.iter().map(|(_, tile)| tile.asset.id));
        before = page.last().map(|(key, _)| *key);
        if page.len() < 3 {
            break;
        }
    }
    assert_eq!(seen, [ids[3], ids[1], ids[2], ids[0]]);
}

async fn an_entry_is_replaced_and_what_is_in_the_trash_is_not_found(test: &TestCatalog) {
    let ids = photos(test, &[(1, &["old"], &["s"]), (2, &["other"], &["s"])]).await;
    let mut tx = test.catalog.begin().await.unwrap();
    tx.search_put(&[entry(ids[0], 5, &["new"], &["s"])]).await.unwrap();
    tx.commit().await.unwrap();
    let one = |name: &str| Search { all: vec![vec![word(name)]], ..Search::default() };
    assert_eq!(found(test, &one("old")).await, []);
    assert_eq!(found(test, &one("new")).await, [ids[0]]);
    let all = Search { all: vec![vec![Term::Fact("s".into())]], ..Search::default() };
    assert_eq!(found(test, &all).await, [ids[0], ids[1]], "its new time counts");
    let mut tx = test.catalog.begin().await.unwrap();
    tx.asset_set_deleted(&[ids[0]], Some(Timestamp(9))).await.unwrap();
    let album = tx.asset_get(ids[1]).await.unwrap().unwrap().album_id;
    tx.commit().await.unwrap();
    assert_eq!(found(test, &all).await, [ids[1]]);
    let mut tx = test.catalog.begin().await.unwrap();
    tx.album_set_deleted(album, Some(Timestamp(9))).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(found(test, &all).await, []);
}

async fn a_tidied_index_finds_the_same(test: &TestCatalog) {
    let words = |at: i64| -> &[&str] { if at % 3 == 0 { &["lake", "boat"] } else { &["boat"] } };
    let told: Vec<_> = (0..40).map(|at| (at, words(at), &["s"] as &[&str])).collect();
    let ids = photos(test, &told).await;
    // Each once more, in a part of its own; and one is something else, and not what it was any more.
    for (at, id) in (0..).zip(&ids) {
        let words: &[&str] = if at == 0 { &["snow"] } else { words(at) };
        let mut tx = test.catalog.begin().await.unwrap();
        tx.search_put(&[entry(*id, at, words, &["s"])]).await.unwrap();
        tx.commit().await.unwrap();
    }
    let one = |name: &str| Search { all: vec![vec![word(name)]], ..Search::default() };
    let before = [found(test, &one("lake")).await, found(test, &one("boat")).await];
    assert_eq!([before[0].len(), before[1].len()], [13, 39]);
    let (mut first, mut steps) = (true, 0);
    loop {
        let mut tx = test.catalog.begin().await.unwrap();
        let more = tx.search_tidy(first, 1).await.unwrap();
        tx.commit().await.unwrap();
        if !more {
            break;
        }
        (first, steps) = (false, steps + 1);
        assert!(steps < 1000, "it comes to an end");
    }
    assert_eq!(steps > 0, test.catalog.engine() == Engine::Sqlite, "{steps} steps");
    assert_eq!([found(test, &one("lake")).await, found(test, &one("boat")).await], before);
    assert_eq!(found(test, &one("snow")).await, [ids[0]]);
}

/// Few words are asked for one by one, many are not; and what was indexed before that was so, is found like the rest.
async fn a_beginning_finds_what_begins_so_however_many_words_that_are(test: &TestCatalog) {
    let named: Vec<_> = (0..70).map(|at| [format!("word{at:02}"), format!("camera{at:02}")]).collect();
    let named: Vec<_> = named.iter().map(|[word, fact]| [word.as_str(), fact.as_str()]).collect();
    let told: Vec<(i64, &[&str], &[&str])> =
        (0..).zip(&named).map(|(at, names)| (at, &names[..1], &names[1..])).collect();
    let mut ids = photos(test, &told).await;
    ids.reverse();
    let begin = |text: &str| Search { all: vec![vec![Term::Prefix(text.into())]], ..Search::default() };
    let fact = |text: &str| Search { all: vec![vec![Term::FactPrefix(text.into())]], ..Search::default() };
    let without = |text: &str| Search { none: vec![Term::Prefix(text.into())], ..begin("word") };
    for round in ["as indexed", "as an older program left it"] {
        assert_eq!(found(test, &begin("word")).await, ids, "{round}");
        assert_eq!(found(test, &begin("word1")).await, ids[50..60], "{round}");
        assert_eq!(found(test, &fact("camera0")).await, ids[60..], "{round}");
        assert_eq!(found(test, &fact("word0")).await, [], "{round}");
        assert_eq!(found(test, &without("word0")).await, ids[..60], "{round}");
        assert_eq!(found(test, &without("word")).await, [], "{round}");
        if test.catalog.engine() == Engine::Sqlite {
            raw::execute(test, "DROP TABLE search_word").await;
            raw::execute(test, "DELETE FROM schema_version WHERE version = 11").await;
            open(&test.url).await;
        }
    }
    // Its words are known, and it has others now, beside those of the rest.
    let mut tx = test.catalog.begin().await.unwrap();
    tx.search_put(&[entry(ids[0], 69, &["word6x"], &[])]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(found(test, &begin("word6")).await, ids[..10]);
    assert_eq!(found(test, &begin("word69")).await, []);
}

async fn what_changes_a_photo_makes_its_entry_stale(test: &TestCatalog) {
    let ids = photos(test, &[(1, &["a"], &["s"]), (2, &["b"], &["s"])]).await;
    let mut tx = test.catalog.begin().await.unwrap();
    assert_eq!(tx.search_waiting(10).await.unwrap(), 0);
    let edits = Edits { title: Some("Lake".into()), ..Edits::default() };
    tx.asset_set_edits(ids[0], &edits, Timestamp(7)).await.unwrap();
    let stale = tx.search_unindexed(10).await.unwrap();
    assert_eq!(stale.len(), 1);
    assert_eq!((&stale[0].asset.edits, stale[0].asset.captured_at), (&edits, Timestamp(7)));
    let home = (stale[0].asset.album_id, "Lake".to_owned());
    assert_eq!(stale[0].albums, [home]);
    assert_eq!(stale[0].asset.shown().title.as_deref(), Some("Lake"));
    tx.search_put(&[entry(ids[0], 7, &["lake"], &["s"])]).await.unwrap();
    assert_eq!(tx.search_waiting(10).await.unwrap(), 0);
    tx.album_rename(stale[0].asset.album_id, "Sea").await.unwrap();
    let stale = tx.search_unindexed(10).await.unwrap();
    assert_eq!(stale.iter().map(|photo| photo.albums[0].1.as_str()).collect::<Vec<_>>(), ["Sea", "Sea"]);
    assert_eq!(tx.search_unindexed(1).await.unwrap().len(), 1);
    tx.commit().await.unwrap();
}

async fn what_is_wiped_can_be_filled_and_indexed_again(test: &TestCatalog) {
    let ids = photos(test, &[(1, &["a"], &["s"])]).await;
    let mut tx = test.catalog.begin().await.unwrap();
    let before = tx.asset_get(ids[0]).await.unwrap().unwrap();
    tx.wipe().await.unwrap();
    tx.commit().await.unwrap();
    let home = shelf(&test.catalog).await;
    let mut tx = test.catalog.begin().await.unwrap();
    let again = ourphoto_catalog::Asset { space_id: home.space, album_id: home.album, ..before };
    tx.asset_insert_many(&[again]).await.unwrap();
    tx.search_put(&[entry(ids[0], 1, &["b"], &["s"])]).await.unwrap();
    tx.commit().await.unwrap();
    let one = |name: &str| Search { all: vec![vec![word(name)]], ..Search::default() };
    assert_eq!(found(test, &one("a")).await, []);
    assert_eq!(found(test, &one("b")).await, ids);
}

async fn photos_of_one_moment_do_not_take_each_others_place(test: &TestCatalog) {
    let told: Vec<(i64, &[&str], &[&str])> = (0..300).map(|_| (77, &["burst"][..], &["s"][..])).collect();
    let ids = photos(test, &told).await;
    // The same key is wanted by those whose ids end alike.
    let mut tx = test.catalog.begin().await.unwrap();
    let twins: Vec<AssetId> = (0..3_u8)
        .map(|first| {
            let mut bytes = *ids[0].0.as_bytes();
            bytes[0] ^= first + 1;
            AssetId(uuid::Uuid::from_bytes(bytes))
        })
        .collect();
    let home = tx.asset_get(ids[0]).await.unwrap().unwrap();
    let assets: Vec<_> = twins
        .iter()
        .map(|id| ourphoto_catalog::Asset { id: *id, group_key: id.0.as_bytes().to_vec(), ..home.clone() })
        .collect();
    tx.asset_insert_many(&assets).await.unwrap();
    let entries: Vec<_> = twins.iter().map(|id| entry(*id, 77, &["burst"], &["s"])).collect();
    tx.search_put(&entries).await.unwrap();
    tx.commit().await.unwrap();
    let search = Search { all: vec![vec![word("burst")]], ..Search::default() };
    let mut all = test.catalog.read().await.unwrap().search_page(&search, None, 1000).await.unwrap();
    assert_eq!(all.len(), 303);
    assert!(all.is_sorted_by(|a, b| a.0 > b.0));
    all.dedup_by_key(|(_, tile)| tile.asset.id);
    assert_eq!(all.len(), 303);
    assert!(all.iter().all(|(key, _)| *key >= SearchKey::from_time(Timestamp(77))));
}

/// Photos of few words, and questions of the same words, against a reading that a child could do.
async fn any_question_finds_what_a_simple_reading_finds(test: &TestCatalog) {
    const WORDS: &[&str] =
        &["a", "ab", "abc", "b", "ba", "c1", "ä", "湖", "abcd", "abcde", "abcdf", "湖水青青", "湖水青青天"];
    // Numbers that look random and are the same each time.
    let state = std::cell::Cell::new(88_172_645_463_325_252_u64);
    let draw = |most: usize| -> usize {
        let mut next = state.get();
        next ^= next << 13;
        next ^= next >> 7;
        next ^= next << 17;
        state.set(next);
        (next >> 20) as usize % (most + 1)
    };
    let mut told: Vec<(i64, Vec<&str>)> = Vec::new();
    for _ in 0..60 {
        let words: Vec<&str> = WORDS.iter().copied().filter(|_| draw(2) == 0).collect();
        told.push((draw(5) as i64, words));
    }
    let borrowed: Vec<(i64, &[&str], &[&str])> =
        told.iter().map(|(at, words)| (*at, words.as_slice(), &["s"][..])).collect();
    let ids = photos(test, &borrowed).await;
    for _ in 0..150 {
        let term = || {
            let text = WORDS[draw(WORDS.len() - 1)].to_owned();
            if draw(1) == 0 { Term::Word(text) } else { Term::Prefix(text) }
        };
        let groups: Vec<Vec<Term>> = vec![vec![term()], vec![term(), term()]];
        let search = Search {
            all: [vec![vec![Term::Fact("s".into())]], groups].concat(),
            none: vec![term()],
            from: (draw(1) == 0).then(|| Timestamp(draw(3) as i64)),
            until: (draw(1) == 0).then(|| Timestamp(draw(6) as i64)),
        };
        let holds = |words: &[&str], term: &Term| match term {
            Term::Word(text) => words.contains(&text.as_str()),
            Term::Prefix(text) => words.iter().any(|word| word.starts_with(text)),
            Term::Fact(text) | Term::FactPrefix(text) => text == "s",
        };
        // What is asked of one photo, without the index, is answered in the same way.
        for (id, (at, words)) in ids.iter().zip(&told) {
            let alone = search.holds(&entry(*id, *at, words, &["s"]));
            let simply = search.all.iter().all(|group| group.iter().any(|term| holds(words, term)))
                && !search.none.iter().any(|term| holds(words, term));
            assert_eq!(alone, simply, "{search:?} {words:?}");
        }
        let mut expected: Vec<AssetId> = told
            .iter()
            .zip(&ids)
            .filter(|((at, words), _)| {
                search.all.iter().all(|group| group.iter().any(|term| holds(words, term)))
                    && !search.none.iter().any(|term| holds(words, term))
                    && search.from.is_none_or(|from| *at >= from.0)
                    && search.until.is_none_or(|until| *at < until.0)
            })
            .map(|(_, id)| *id)
            .collect();
        let mut got = found(test, &search).await;
        got.sort();
        expected.sort();
        assert_eq!(got, expected, "{search:?}");
    }
}
