//! The search index: which photos have which words, newest first, the same on both engines.
//!
//! What a word is, is decided above; here words and facts are opaque. SQLite keeps them in FTS5, PostgreSQL in a `tsvector`
//! with a GIN index. A photo's key in the index begins with its capture time, so that both give the newest first without
//! sorting. Whatever changes a photo marks it as stale in the same transaction; the index follows soon after.

mod among;
mod beginnings;

use std::collections::{BTreeMap, HashSet};

use model::{AlbumId, AssetId, PersonId, Result, SpaceId, Tier, Timestamp};

use crate::asset::{COLUMNS, FIELDS, NAME, PACKED, Packed, asset};
use crate::sql::{Tx, Value, args, exactly, get_word};
use crate::{Asset, Engine, Tile};

/// Where a photo is in the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SearchKey(pub i64);

/// Bits of a key that tell photos of the same millisecond apart.
const APART: u32 = 20;
/// The latest and, negated, the earliest time that a key can hold: the years 1691 to 2248.
const LATEST: i64 = (1 << 43) - 1;

impl SearchKey {
    /// The smallest key of photos that were taken at `time` or later.
    pub fn from_time(time: Timestamp) -> Self {
        Self(time.0.clamp(-LATEST, LATEST) << APART)
    }

    fn of(id: AssetId, captured_at: Timestamp) -> Self {
        let tail = u32::from_be_bytes([
            id.0.as_bytes()[12],
            id.0.as_bytes()[13],
            id.0.as_bytes()[14],
            id.0.as_bytes()[15],
        ]);
        Self(Self::from_time(captured_at).0 | i64::from(tail & ((1 << APART) - 1)))
    }
}

/// A photo whose entry in the index has to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct Unindexed {
    /// The photo.
    pub asset: Asset,
    /// The albums that it is seen in, with their names: its home, then those it was added to.
    pub albums: Vec<(AlbumId, String)>,
    /// How strictly its home is kept.
    pub tier: Tier,
    /// The names of its files.
    pub names: Vec<String>,
    /// Who brought its files when they were new.
    pub uploaders: Vec<PersonId>,
}

/// What the index holds of a photo: words of ASCII letters and digits or of other scripts, without spaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The photo.
    pub asset_id: AssetId,
    /// The space it belongs to.
    pub space_id: SpaceId,
    /// When it was taken.
    pub captured_at: Timestamp,
    /// Its words.
    pub words: Vec<String>,
    /// Its facts, which words do not find.
    pub facts: Vec<String>,
    /// Names that its space is known to have from now on: of which class, and the name.
    pub names: Vec<(&'static str, String)>,
}

/// One thing to look for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Term {
    /// This word.
    Word(String),
    /// A word that begins so.
    Prefix(String),
    /// This fact.
    Fact(String),
    /// A fact that begins so.
    FactPrefix(String),
}

/// What to look for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// Of each group at least one; there must be a group.
    pub all: Vec<Vec<Term>>,
    /// None of these.
    pub none: Vec<Term>,
    /// Taken at this time or later.
    pub from: Option<Timestamp>,
    /// Taken before this time.
    pub until: Option<Timestamp>,
}

impl Search {
    /// Whether these words and facts are what is looked for, but for the time: as the index has it, of one photo.
    pub fn holds(&self, entry: &Entry) -> bool {
        let holds = |term: &Term| match term {
            Term::Word(word) => entry.words.contains(word),
            Term::Prefix(begin) => entry.words.iter().any(|word| word.starts_with(begin)),
            Term::Fact(fact) => entry.facts.contains(fact),
            Term::FactPrefix(begin) => entry.facts.iter().any(|fact| fact.starts_with(begin)),
        };
        self.all.iter().all(|group| group.iter().any(holds)) && !self.none.iter().any(holds)
    }

    /// The first key of the time that is asked for, and the first one after it.
    fn span(&self) -> (i64, i64) {
        let key = |time| SearchKey::from_time(time).0;
        (self.from.map_or(i64::MIN, key), self.until.map_or(i64::MAX, key))
    }

    fn text(&self, engine: Engine) -> String {
        let (and, or, not) = match engine {
            Engine::Sqlite => (" AND ", " OR ", " NOT "),
            Engine::Postgres => (" & ", " | ", " & !"),
        };
        let any_of = |terms: &Vec<Term>| {
            let terms: Vec<String> = terms.iter().map(|term| term.text(engine)).collect();
            format!("({})", terms.join(or))
        };
        let all = self.all.iter().map(any_of).collect::<Vec<_>>().join(and);
        if self.none.is_empty() { all } else { format!("{all}{not}{}", any_of(&self.none)) }
    }
}

impl Term {
    fn text(&self, engine: Engine) -> String {
        let (word, is_fact, prefix) = match self {
            Self::Word(word) => (word, false, false),
            Self::Prefix(word) => (word, false, true),
            Self::Fact(word) => (word, true, false),
            Self::FactPrefix(word) => (word, true, true),
        };
        // Letters and digits only, whatever comes.
        let word: String = word.chars().filter(|c| c.is_alphanumeric()).collect();
        match engine {
            Engine::Sqlite => {
                let (column, star) =
                    (if is_fact { "facts" } else { "words" }, if prefix { " *" } else { "" });
                format!("{column} : \"{word}\"{star}")
            }
            Engine::Postgres => {
                let (mark, star) = (if is_fact { "=" } else { "" }, if prefix { ":*" } else { "" });
                format!("'{mark}{word}'{star}")
            }
        }
    }
}

impl Tx {
    /// Says that these photos are not any more what the index says of them.
    pub(crate) async fn search_stale(&mut self, ids: &[AssetId]) -> Result<()> {
        let ids = ids.iter().map(|id| Value::from(*id)).collect();
        self.insert_many("INSERT INTO stale (asset_id) VALUES", 1, " ON CONFLICT DO NOTHING", ids)
            .await
            .map(drop)
    }

    /// As [`Tx::search_stale`], for an album.
    pub(crate) async fn search_stale_album(&mut self, id: AlbumId) -> Result<()> {
        let sql =
            "INSERT INTO stale (asset_id) SELECT id FROM asset WHERE album_id = $1 ON CONFLICT DO NOTHING";
        self.execute(sql, args![id]).await?;
        self.search_stale_added(id).await
    }

    /// As [`Tx::search_stale`], for what was added to an album and lives in another.
    pub(crate) async fn search_stale_added(&mut self, id: AlbumId) -> Result<()> {
        let sql = "INSERT INTO stale (asset_id) SELECT asset_id FROM album_asset WHERE album_id = $1 \
                   ON CONFLICT DO NOTHING";
        self.execute(sql, args![id]).await.map(drop)
    }

    /// Photos whose entries have to be made, up to `limit`.
    pub async fn search_unindexed(&mut self, limit: usize) -> Result<Vec<Unindexed>> {
        // Two that do this at the same time do not do the same.
        let sql = self.pick(
            "SELECT asset_id FROM stale ORDER BY asset_id LIMIT $1",
            "SELECT asset_id FROM stale ORDER BY asset_id LIMIT $1 FOR UPDATE SKIP LOCKED",
        );
        let ids = self.fetch_all(sql, args![limit], |row| row.get::<AssetId>(0)).await?;
        self.search_sources(&ids).await
    }

    /// What the entries of these photos are made of.
    pub async fn search_sources(&mut self, ids: &[AssetId]) -> Result<Vec<Unindexed>> {
        let items = || ids.iter().map(|id| Value::from(*id)).collect::<Vec<_>>();
        let mut found: BTreeMap<AssetId, Unindexed> = BTreeMap::new();
        let sql = format!(
            "SELECT {FIELDS}, b.name, b.tier FROM asset a JOIN album b ON b.id = a.album_id WHERE a.id IN ({{}})"
        );
        self.fetch_in(&sql, vec![], items(), |row| {
            let asset = asset(row)?;
            let albums = vec![(asset.album_id, row.get(COLUMNS)?)];
            let tier = get_word(row, COLUMNS + 1)?;
            let photo = Unindexed { asset, albums, tier, names: Vec::new(), uploaders: Vec::new() };
            found.insert(photo.asset.id, photo);
            Ok(())
        })
        .await?;
        let sql = "SELECT x.asset_id, b.id, b.name FROM album_asset x JOIN album b ON b.id = x.album_id \
                   WHERE b.deleted_at IS NULL AND x.asset_id IN ({}) ORDER BY b.id";
        self.fetch_in(sql, vec![], items(), |row| {
            if let Some(photo) = found.get_mut(&row.get(0)?) {
                photo.albums.push((row.get(1)?, row.get(2)?));
            }
            Ok(())
        })
        .await?;
        let sql = "SELECT asset_id, name_text FROM file WHERE asset_id IN ({})";
        self.fetch_in(sql, vec![], items(), |row| {
            let name: String = row.get(1)?;
            if let Some(photo) = found.get_mut(&row.get(0)?)
                && !photo.names.contains(&name)
            {
                photo.names.push(name);
            }
            Ok(())
        })
        .await?;
        for (id, people) in self.asset_uploaders(ids).await? {
            if let Some(photo) = found.get_mut(&id) {
                photo.uploaders = people;
            }
        }
        Ok(found.into_values().collect())
    }

    /// Writes entries, in place of those that were there.
    pub async fn search_put(&mut self, entries: &[Entry]) -> Result<()> {
        let ids: Vec<Value> = entries.iter().map(|entry| entry.asset_id.into()).collect();
        let mut old = Vec::new();
        self.fetch_in("SELECT key FROM indexed WHERE asset_id IN ({})", vec![], ids.clone(), |row| {
            old.push(Value::Int(row.get(0)?));
            Ok(())
        })
        .await?;
        let sql = self.pick("DELETE FROM search WHERE rowid IN ({})", "DELETE FROM search WHERE key IN ({})");
        self.execute_in(sql, vec![], old).await?;
        self.execute_in("DELETE FROM indexed WHERE asset_id IN ({})", vec![], ids.clone()).await?;

        let keys = self.free_keys(entries).await?;
        let placed = keys.iter().zip(entries);
        let rows = placed.clone().flat_map(|(key, entry)| args![entry.asset_id, key.0]).collect();
        let sql = "INSERT INTO indexed (asset_id, key) VALUES";
        exactly(entries.len(), self.insert_many(sql, 2, "", rows).await?, "entries")?;
        match self.engine() {
            Engine::Sqlite => {
                let rows = placed
                    .flat_map(|(key, entry)| args![key.0, entry.words.join(" "), entry.facts.join(" ")])
                    .collect();
                self.insert_many("INSERT INTO search (rowid, words, facts) VALUES", 3, "", rows).await?;
            }
            Engine::Postgres => {
                let rows = placed
                    .flat_map(|(key, entry)| {
                        let facts = entry.facts.iter().map(|fact| format!("={fact}"));
                        let all: Vec<String> = entry.words.iter().cloned().chain(facts).collect();
                        args![key.0, all.join(" ")]
                    })
                    .collect();
                // No parser of its own: a word is what it is here.
                let head = "INSERT INTO search (key, doc) \
                            SELECT k, array_to_tsvector(string_to_array(t, ' ')) FROM (VALUES";
                self.insert_many(head, 2, ") AS v (k, t)", rows).await?;
            }
        }
        self.beginnings_note(entries).await?;
        self.facet_note(entries).await?;
        self.execute_in("DELETE FROM stale WHERE asset_id IN ({})", vec![], ids).await.map(drop)
    }

    /// Keys that no other photo has.
    async fn free_keys(&mut self, entries: &[Entry]) -> Result<Vec<SearchKey>> {
        let wanted: Vec<SearchKey> =
            entries.iter().map(|entry| SearchKey::of(entry.asset_id, entry.captured_at)).collect();
        let mut taken = HashSet::new();
        let items = wanted.iter().map(|key| Value::Int(key.0)).collect();
        self.fetch_in("SELECT key FROM indexed WHERE key IN ({})", vec![], items, |row| {
            taken.insert(SearchKey(row.get(0)?));
            Ok(())
        })
        .await?;
        let mut keys = Vec::with_capacity(wanted.len());
        for mut key in wanted {
            while !taken.insert(key) {
                // Rare: the neighbours of a taken key are asked for one by one.
                key.0 += 1;
                let sql = "SELECT 1 FROM indexed WHERE key = $1";
                if self.fetch_optional(sql, args![key.0], |_| Ok(())).await?.is_some() {
                    taken.insert(key);
                }
            }
            keys.push(key);
        }
        Ok(keys)
    }

    /// What is found, newest first, without what is in the trash; `before` is the key of the last one seen.
    pub async fn search_page(
        &mut self,
        search: &Search,
        before: Option<SearchKey>,
        limit: usize,
    ) -> Result<Vec<(SearchKey, Tile)>> {
        let (lower, until) = search.span();
        let upper = before.map_or(until, |before| before.0.min(until));
        // CROSS JOIN keeps SQLite from starting anywhere else than in the index.
        let (key, matches, join) = self
            .pick(("s.rowid", "search MATCH $1", "CROSS JOIN"), ("s.key", "s.doc @@ $1::tsquery", "JOIN"));
        let on = |condition: &str| match self.engine() {
            Engine::Sqlite => String::new(),
            Engine::Postgres => format!("ON {condition}"),
        };
        let sql = format!(
            "SELECT a.*, {NAME}, {key} AS place FROM search s {join} indexed i {} {join} asset a {} \
             WHERE {matches} AND {key} < $2 AND {key} >= $3 AND i.key = {key} AND a.id = i.asset_id \
             AND a.deleted_at IS NULL AND a.album_id NOT IN (SELECT id FROM album WHERE deleted_at IS NOT NULL) \
             ORDER BY {key} DESC LIMIT $4",
            on("i.key = s.key"),
            on("a.id = i.asset_id"),
        );
        let text = self.without_beginnings(search).await?.text(self.engine());
        let args = args![text, upper, lower, limit];
        let packed = self.fetch_packed::<Packed>(&PACKED, &sql, args).await?;
        let mut found = packed
            .into_iter()
            .map(|packed| Ok((SearchKey(packed.place()), packed.tile()?)))
            .collect::<Result<Vec<_>>>()?;
        found.sort_by_key(|(key, _)| std::cmp::Reverse(*key));
        Ok(found)
    }

    /// Goes on bringing the parts of the index together, about so many pages; gives whether there is more to do. `first`
    /// begins it. Every commit leaves a part, and every question asks each of them.
    ///
    /// PostgreSQL looks after its own index.
    pub async fn search_tidy(&mut self, first: bool, pages: u32) -> Result<bool> {
        if self.engine() == Engine::Postgres {
            return Ok(false);
        }
        // https://sqlite.org/fts5.html, "The 'merge' Command": a negative number brings all of it together.
        let pages = if first { -i64::from(pages) } else { i64::from(pages) };
        let before = self.total_changes().await?;
        self.execute("INSERT INTO search (search, rank) VALUES ('merge', $1)", args![pages]).await?;
        Ok(self.total_changes().await? - before > 1)
    }

    async fn total_changes(&mut self) -> Result<i64> {
        self.fetch_one("SELECT total_changes()", vec![], |row| row.get(0)).await
    }

    /// How many photos wait for their entries, counted up to `most`.
    pub async fn search_waiting(&mut self, most: usize) -> Result<u64> {
        let sql = "SELECT count(*) FROM (SELECT 1 FROM stale LIMIT $1) AS waiting";
        self.fetch_one(sql, args![most], |row| row.get(0)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_cannot_leave_its_quotes() {
        let hostile = Term::Word("a\" OR words : \"b' | 'c\\".into());
        assert_eq!(hostile.text(Engine::Sqlite), "words : \"aORwordsbc\"");
        assert_eq!(hostile.text(Engine::Postgres), "'aORwordsbc'");
        let search = Search {
            all: vec![vec![Term::Fact("s1".into())], vec![Term::Word("a".into()), Term::Prefix("b".into())]],
            none: vec![Term::FactPrefix("c".into())],
            ..Search::default()
        };
        let sqlite = "(facts : \"s1\") AND (words : \"a\" OR words : \"b\" *) NOT (facts : \"c\" *)";
        assert_eq!(search.text(Engine::Sqlite), sqlite);
        assert_eq!(search.text(Engine::Postgres), "('=s1') & ('a' | 'b':*) & !('=c':*)");
    }

    #[test]
    fn newer_photos_have_larger_keys_and_any_time_has_one() {
        let id = AssetId::generate();
        let times = [i64::MIN, -LATEST, -1, 0, 1, 1_795_399_200_000, LATEST];
        let keys: Vec<_> = times.iter().map(|time| SearchKey::of(id, Timestamp(*time))).collect();
        assert!(keys.is_sorted());
        assert!(SearchKey::from_time(Timestamp(0)) <= SearchKey::of(id, Timestamp(0)));
        assert!(SearchKey::from_time(Timestamp(1)) > SearchKey::of(id, Timestamp(0)));
    }
}
