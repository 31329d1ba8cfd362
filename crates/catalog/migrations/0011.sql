-- Which words and facts the index has or had, so that the beginning of one is looked up here: FTS5 gathers every photo of a
-- beginning that it keeps no list of, before it gives the newest. PostgreSQL needs none.
{sqlite} CREATE TABLE search_word (
{sqlite}     is_fact bigint NOT NULL,
{sqlite}     word text NOT NULL,
{sqlite}     PRIMARY KEY (is_fact, word)
{sqlite} ) WITHOUT ROWID;
{sqlite} CREATE VIRTUAL TABLE search_term USING fts5vocab(search, col);
{sqlite} INSERT INTO search_word (is_fact, word) SELECT col = 'facts', term FROM search_term WHERE true ON CONFLICT DO NOTHING;
{sqlite} DROP TABLE search_term;
