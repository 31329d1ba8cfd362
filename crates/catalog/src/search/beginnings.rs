//! Beginnings of words: which words they stand for.
//!
//! FTS5 keeps lists of beginnings of two and three letters. Of a longer one it gathers every photo of every word that begins so
//! before it gives the first; of whole words it reads as far as a page goes. So SQLite has a table of all words that the index
//! was ever given, and a longer beginning is asked for as the words it stands for.
//!
//! A word stays there when its last photo is gone; it is found in none then.

use std::collections::BTreeSet;

use model::Result;

use super::{Entry, Search, Term};
use crate::Engine;
use crate::sql::{Tx, args};

/// The longest beginnings that FTS5 keeps lists of: `prefix` in the schema.
const LISTED: usize = 3;
/// Words that one beginning is asked for as; of one that stands for more, FTS5 gathers the photos, few for each.
const MOST: usize = 64;

impl Tx {
    /// Says that there are these words, in SQLite.
    pub(super) async fn beginnings_note(&mut self, entries: &[Entry]) -> Result<()> {
        if self.engine() == Engine::Postgres {
            return Ok(());
        }
        let words = entries.iter().flat_map(|entry| &entry.words).map(|word| (false, word));
        let facts = entries.iter().flat_map(|entry| &entry.facts).map(|fact| (true, fact));
        let known: BTreeSet<_> = words.chain(facts).collect();
        let rows = known.into_iter().flat_map(|(is_fact, word)| args![is_fact, word.as_str()]).collect();
        let sql = "INSERT INTO search_word (is_fact, word) VALUES";
        self.insert_many(sql, 2, " ON CONFLICT DO NOTHING", rows).await.map(drop)
    }

    /// Says that there are none.
    pub(crate) async fn beginnings_forget(&mut self) -> Result<()> {
        if self.engine() == Engine::Sqlite {
            self.execute("DELETE FROM search_word", vec![]).await?;
        }
        Ok(())
    }

    /// The same question, with whole words in place of beginnings where that is quicker.
    pub(super) async fn without_beginnings(&mut self, search: &Search) -> Result<Search> {
        let mut search = search.clone();
        if self.engine() == Engine::Postgres {
            return Ok(search);
        }
        for group in &mut search.all {
            *group = self.whole_words(group).await?;
        }
        search.none = self.whole_words(&search.none).await?;
        Ok(search)
    }

    async fn whole_words(&mut self, terms: &[Term]) -> Result<Vec<Term>> {
        let mut whole = Vec::with_capacity(terms.len());
        for term in terms {
            let (begin, is_fact) = match term {
                Term::Prefix(begin) => (begin, false),
                Term::FactPrefix(begin) => (begin, true),
                Term::Word(_) | Term::Fact(_) => {
                    whole.push(term.clone());
                    continue;
                }
            };
            let words = if begin.chars().count() > LISTED {
                self.words_that_begin(begin, is_fact).await?
            } else {
                Vec::new()
            };
            if words.is_empty() || words.len() > MOST {
                whole.push(term.clone());
            } else {
                let of = if is_fact { Term::Fact } else { Term::Word };
                whole.extend(words.into_iter().map(of));
            }
        }
        Ok(whole)
    }

    /// In order, one more than [`MOST`] at most.
    async fn words_that_begin(&mut self, begin: &str, is_fact: bool) -> Result<Vec<String>> {
        // Of letters and digits, so that all that begin so are before this.
        let after = format!("{begin}\u{10FFFF}");
        let sql = "SELECT word FROM search_word WHERE is_fact = $1 AND word >= $2 AND word < $3 ORDER BY word LIMIT $4";
        self.fetch_all(sql, args![is_fact, begin, after, MOST + 1], |row| row.get(0)).await
    }
}
