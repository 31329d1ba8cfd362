-- People are told what happens, help each other back in, let programs and devices in, and see who did what.

-- Where a person is told: an e-mail address, a webhook, an ntfy topic.
CREATE TABLE channel (
    id {uuid} PRIMARY KEY,
    person_id {uuid} NOT NULL REFERENCES person (id),
    kind text NOT NULL,
    address text NOT NULL,
    -- What signs or opens it, if anything does.
    secret {bytes},
    -- The kinds of notices that go there, words with commas; NULL for all. What is always told goes everywhere.
    kinds text,
    created_at bigint NOT NULL,
    -- An address counts once its owner has shown that it is theirs.
    confirmed_at bigint,
    -- The hash of the code that shows it, while it waits.
    code_hash {bytes},
    told_at bigint,
    failed_at bigint,
    last_error text
);
CREATE INDEX channel_by_person ON channel (person_id);

-- What a person was told.
CREATE TABLE notice (
    id {uuid} PRIMARY KEY,
    person_id {uuid} NOT NULL REFERENCES person (id),
    kind text NOT NULL,
    facts text NOT NULL,
    at bigint NOT NULL,
    seen_at bigint
);
CREATE INDEX notice_by_person ON notice (person_id, id);

-- Who may vouch for a person who has lost everything, how many of them must, and how long everybody waits then.
CREATE TABLE contact (
    person_id {uuid} NOT NULL REFERENCES person (id),
    contact_id {uuid} NOT NULL REFERENCES person (id),
    added_at bigint NOT NULL,
    PRIMARY KEY (person_id, contact_id)
){clustered};
CREATE INDEX contact_of ON contact (contact_id);
CREATE TABLE contact_rule (
    person_id {uuid} PRIMARY KEY REFERENCES person (id),
    needed bigint NOT NULL,
    wait_ms bigint NOT NULL
){clustered};

-- An account that somebody asks to have back.
CREATE TABLE recovery (
    id {uuid} PRIMARY KEY,
    person_id {uuid} NOT NULL REFERENCES person (id),
    secret_hash {bytes} NOT NULL UNIQUE,
    agent text NOT NULL,
    network text NOT NULL,
    created_at bigint NOT NULL,
    -- Once enough contacts have vouched: when the wait is over.
    ready_at bigint,
    expires_at bigint NOT NULL,
    ended_at bigint,
    -- 'used', 'vetoed' or 'expired'.
    outcome text
);
CREATE INDEX recovery_by_person ON recovery (person_id);
CREATE TABLE vouch (
    recovery_id {uuid} NOT NULL REFERENCES recovery (id),
    contact_id {uuid} NOT NULL REFERENCES person (id),
    at bigint NOT NULL,
    PRIMARY KEY (recovery_id, contact_id)
){clustered};

-- A phone, laptop or card reader that sends photos in, and what it said last.
CREATE TABLE device (
    id {uuid} PRIMARY KEY,
    person_id {uuid} NOT NULL REFERENCES person (id),
    name text NOT NULL,
    kind text NOT NULL,
    created_at bigint NOT NULL,
    seen_at bigint,
    waiting bigint,
    waiting_bytes bigint,
    oldest_at bigint,
    note text,
    removed_at bigint
);
CREATE INDEX device_by_person ON device (person_id);
ALTER TABLE token ADD COLUMN device_id {uuid} REFERENCES device (id);

-- A program that waits for somebody to let it in (RFC 8628).
CREATE TABLE pairing (
    id {uuid} PRIMARY KEY,
    secret_hash {bytes} NOT NULL UNIQUE,
    code_hash {bytes} NOT NULL UNIQUE,
    name text NOT NULL,
    agent text NOT NULL,
    network text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    -- Who let it in, or refused, and with which rights.
    person_id {uuid} REFERENCES person (id),
    permissions text,
    space_id {uuid} REFERENCES space (id),
    decided_at bigint,
    refused bigint NOT NULL DEFAULT 0
);

-- Which space an entry is about, for those who manage it. It is part of what is hashed.
ALTER TABLE audit ADD COLUMN space_id {uuid};
CREATE INDEX audit_by_space ON audit (space_id, seq) WHERE space_id IS NOT NULL;
CREATE INDEX audit_by_actor ON audit (actor, seq);

-- Pages and counts without what is in the trash, and the trash itself.
DROP INDEX asset_by_album;
CREATE INDEX asset_by_album ON asset (album_id, captured_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX asset_trash ON asset (space_id, deleted_at DESC, id DESC) WHERE deleted_at IS NOT NULL;
