-- How safe the photos are kept: how copies are looked after, what spaces ask for, and what was rehearsed and reviewed.

-- One row for each copy, the library included. What it asks for, then what came of it.
CREATE TABLE care (
    copy_id {uuid} PRIMARY KEY REFERENCES copy (id),
    -- How old a copy may be before it is brought up to date.
    every_ms bigint NOT NULL,
    -- Within so many days everything is read again.
    scrub_days bigint NOT NULL,
    -- Bytes in a second; NULL for as fast as it goes.
    rate bigint,
    -- Minutes of the day (UTC) between which nothing begins; both or none.
    quiet_from bigint,
    quiet_until bigint,
    -- When a run was last begun, and when one last ended with nothing left to do.
    tried_at bigint,
    ran_at bigint,
    -- Since when, and how often in a row, nothing came of it, and why.
    failing_since bigint,
    failures bigint NOT NULL DEFAULT 0,
    last_error text,
    scrubbed_at bigint,
    -- Room in the place, where it tells.
    free_bytes bigint,
    total_bytes bigint
);

-- What a space asks of its copies. A space without a row asks for 3-2-1.
CREATE TABLE rule (
    space_id {uuid} PRIMARY KEY REFERENCES space (id),
    copies bigint NOT NULL,
    media bigint NOT NULL,
    offsite bigint NOT NULL,
    proof_days bigint NOT NULL
);

-- Objects that were found bad in a copy, and what became of them.
CREATE TABLE damage (
    id {uuid} PRIMARY KEY,
    copy_id {uuid} NOT NULL REFERENCES copy (id),
    object_id {uuid} NOT NULL REFERENCES object (id),
    state text NOT NULL,
    note text NOT NULL,
    found_at bigint NOT NULL,
    healed_at bigint,
    healed_from {uuid} REFERENCES copy (id)
);
CREATE UNIQUE INDEX damage_open ON damage (copy_id, object_id) WHERE healed_at IS NULL;
CREATE INDEX damage_by_time ON damage (found_at);

-- Something that somebody has to do something about. There is one open alert of a kind about one thing.
CREATE TABLE alert (
    id {uuid} PRIMARY KEY,
    kind text NOT NULL,
    subject text NOT NULL,
    facts text NOT NULL,
    raised_at bigint NOT NULL,
    told_at bigint NOT NULL,
    escalated bigint NOT NULL DEFAULT 0,
    resolved_at bigint
);
CREATE UNIQUE INDEX alert_open ON alert (kind, subject) WHERE resolved_at IS NULL;
CREATE INDEX alert_by_time ON alert (raised_at);

-- Rehearsed restores.
CREATE TABLE drill (
    id {uuid} PRIMARY KEY,
    copy_id {uuid} NOT NULL REFERENCES copy (id),
    scope text NOT NULL,
    started_at bigint NOT NULL,
    ended_at bigint NOT NULL,
    passed bigint NOT NULL,
    -- JSON, as it was signed.
    report text NOT NULL,
    signature {bytes} NOT NULL
);
CREATE INDEX drill_by_copy ON drill (copy_id, started_at);

-- What people look at again and again.
CREATE TABLE review (
    id {uuid} PRIMARY KEY,
    kind text NOT NULL,
    title text NOT NULL,
    -- JSON: what is to be looked at.
    checklist text NOT NULL,
    every_days bigint NOT NULL,
    owner_id {uuid} REFERENCES person (id),
    due_at bigint NOT NULL,
    created_at bigint NOT NULL,
    ended_at bigint
);
CREATE TABLE review_done (
    id {uuid} PRIMARY KEY,
    review_id {uuid} NOT NULL REFERENCES review (id),
    due_at bigint NOT NULL,
    done_at bigint NOT NULL,
    done_by {uuid} REFERENCES person (id),
    passed bigint NOT NULL,
    -- JSON: what was found then, and which points were ticked.
    evidence text NOT NULL,
    note text NOT NULL
);
CREATE INDEX review_done_by_review ON review_done (review_id, done_at);
