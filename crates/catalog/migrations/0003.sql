-- Photos are found by words, and described by people. A line that begins with the name of an engine is for it alone.

-- What people say of a photo in place of its file, JSON.
ALTER TABLE asset ADD COLUMN edits text;

-- Photos whose entry in the index is not what they are now.
CREATE TABLE stale (
    asset_id {uuid} PRIMARY KEY REFERENCES asset (id)
){clustered};
INSERT INTO stale (asset_id) SELECT id FROM asset;

-- Where a photo is in the index: newer photos have larger keys, so that the newest are found first.
CREATE TABLE indexed (
    asset_id {uuid} PRIMARY KEY REFERENCES asset (id),
    key bigint NOT NULL UNIQUE
){clustered};

{sqlite} CREATE VIRTUAL TABLE search USING fts5(words, facts, content='', contentless_delete=1, detail=column, prefix='2 3', tokenize="unicode61 remove_diacritics 0");
{postgres} CREATE TABLE search (key bigint PRIMARY KEY, doc tsvector NOT NULL);
{postgres} CREATE INDEX search_doc ON search USING gin (doc);
