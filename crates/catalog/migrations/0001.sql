-- {bytes}, {uuid} and {clustered} stand for what the two engines call differently. Numbers are 64 bits wide, times are
-- milliseconds UTC, truth values 0 and 1, hashes their bytes. A clustered table is small-rowed and found by its key.

CREATE TABLE library (
    id {uuid} PRIMARY KEY,
    created_at bigint NOT NULL,
    server_recipient text NOT NULL
);

-- The last number given to a change and to an audit entry; updating it also makes their writers wait for each other.
CREATE TABLE sequence (
    name text PRIMARY KEY,
    last bigint NOT NULL
);
INSERT INTO sequence (name, last) VALUES ('change', 0), ('audit', 0);

CREATE TABLE recovery_key (
    id {uuid} PRIMARY KEY,
    recipient text NOT NULL UNIQUE,
    label text NOT NULL,
    created_at bigint NOT NULL,
    retired_at bigint
);

CREATE TABLE person (
    id {uuid} PRIMARY KEY,
    email text NOT NULL UNIQUE,
    name text NOT NULL,
    password_hash text,
    created_at bigint NOT NULL,
    disabled_at bigint
);

CREATE TABLE space (
    id {uuid} PRIMARY KEY,
    name text NOT NULL,
    name_key text NOT NULL UNIQUE,
    recipient text NOT NULL,
    wrapped_key {bytes} NOT NULL,
    created_at bigint NOT NULL
);

CREATE TABLE member (
    space_id {uuid} NOT NULL REFERENCES space (id),
    person_id {uuid} NOT NULL REFERENCES person (id),
    role text NOT NULL,
    added_at bigint NOT NULL,
    PRIMARY KEY (space_id, person_id)
){clustered};

CREATE TABLE album (
    id {uuid} PRIMARY KEY,
    space_id {uuid} NOT NULL REFERENCES space (id),
    name text NOT NULL,
    folder {bytes} NOT NULL,
    tier text NOT NULL,
    created_at bigint NOT NULL,
    deleted_at bigint,
    UNIQUE (space_id, folder)
);
CREATE INDEX album_by_name ON album (space_id, name);

CREATE TABLE asset (
    id {uuid} PRIMARY KEY,
    space_id {uuid} NOT NULL REFERENCES space (id),
    album_id {uuid} NOT NULL REFERENCES album (id),
    group_key {bytes} NOT NULL,
    kind text NOT NULL,
    -- Deferred: a snapshot is loaded by id, and a master may be younger than what was made from it.
    derived_from {uuid} REFERENCES asset (id) DEFERRABLE INITIALLY DEFERRED,
    created_at bigint NOT NULL,
    deleted_at bigint,
    captured_at bigint NOT NULL,
    media_state text NOT NULL,
    media_note text,
    placeholder {bytes},
    perceptual_hash bigint,
    metadata text NOT NULL DEFAULT '{}'
);
CREATE INDEX asset_timeline ON asset (space_id, captured_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX asset_by_group ON asset (album_id, group_key);
CREATE INDEX asset_by_origin ON asset (derived_from) WHERE derived_from IS NOT NULL;

CREATE TABLE object (
    id {uuid} PRIMARY KEY,
    space_id {uuid} NOT NULL REFERENCES space (id),
    hash {bytes} NOT NULL UNIQUE,
    size bigint NOT NULL,
    content_sha256 {bytes} NOT NULL,
    content_sha1 {bytes} NOT NULL,
    content_size bigint NOT NULL,
    media_type text NOT NULL,
    created_at bigint NOT NULL,
    UNIQUE (space_id, content_sha256)
){clustered};
CREATE INDEX object_by_sha1 ON object (space_id, content_sha1);

CREATE TABLE file (
    id {uuid} PRIMARY KEY,
    asset_id {uuid} NOT NULL REFERENCES asset (id),
    album_id {uuid} NOT NULL REFERENCES album (id),
    name {bytes} NOT NULL,
    name_text text NOT NULL,
    role text NOT NULL,
    version_id {uuid} NOT NULL,
    UNIQUE (album_id, name),
    UNIQUE (asset_id, role)
){clustered};
CREATE INDEX file_by_album ON file (album_id, id);

CREATE TABLE version (
    id {uuid} PRIMARY KEY,
    file_id {uuid} NOT NULL REFERENCES file (id),
    object_id {uuid} NOT NULL REFERENCES object (id),
    number bigint NOT NULL,
    modified_ns bigint,
    added_at bigint NOT NULL,
    added_by {uuid} REFERENCES person (id),
    UNIQUE (file_id, number)
){clustered};
CREATE INDEX version_by_object ON version (object_id);

CREATE TABLE copy (
    id {uuid} PRIMARY KEY,
    name text NOT NULL UNIQUE,
    url text,
    medium text NOT NULL,
    place text NOT NULL,
    store_id {uuid} NOT NULL UNIQUE,
    is_library bigint NOT NULL,
    created_at bigint NOT NULL,
    removed_at bigint
);

CREATE TABLE replica (
    copy_id {uuid} NOT NULL REFERENCES copy (id),
    object_id {uuid} NOT NULL REFERENCES object (id),
    state text NOT NULL,
    stored_at bigint NOT NULL,
    proved_at bigint,
    note text,
    PRIMARY KEY (copy_id, object_id)
){clustered};
CREATE INDEX replica_by_proof ON replica (copy_id, (coalesce(proved_at, 0)), object_id);

CREATE TABLE rendition (
    object_id {uuid} NOT NULL REFERENCES object (id),
    kind text NOT NULL,
    hash {bytes} NOT NULL,
    size bigint NOT NULL,
    width bigint NOT NULL,
    height bigint NOT NULL,
    PRIMARY KEY (object_id, kind)
){clustered};

CREATE TABLE seen_folder (
    space_id {uuid} NOT NULL REFERENCES space (id),
    album_id {uuid} NOT NULL REFERENCES album (id),
    path {bytes} NOT NULL,
    entries {bytes} NOT NULL,
    PRIMARY KEY (space_id, album_id, path)
);

CREATE TABLE job (
    id {uuid} PRIMARY KEY,
    kind text NOT NULL,
    payload text NOT NULL,
    dedupe_key text UNIQUE,
    run_at bigint NOT NULL,
    attempts bigint NOT NULL DEFAULT 0,
    leased_until bigint,
    last_error text,
    created_at bigint NOT NULL,
    failed_at bigint
);
CREATE INDEX job_due ON job (run_at, id) WHERE failed_at IS NULL;

CREATE TABLE change (
    seq bigint PRIMARY KEY,
    space_id {uuid} NOT NULL REFERENCES space (id),
    entity text NOT NULL,
    entity_id {uuid} NOT NULL,
    op text NOT NULL,
    at bigint NOT NULL
){clustered};
CREATE INDEX change_by_space ON change (space_id, seq);

CREATE TABLE audit (
    seq bigint PRIMARY KEY,
    at bigint NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    detail text NOT NULL,
    prev {bytes} NOT NULL,
    hash {bytes} NOT NULL
);

CREATE TABLE snapshot (
    name text PRIMARY KEY,
    created_at bigint NOT NULL,
    change_seq bigint NOT NULL,
    audit_seq bigint NOT NULL,
    rows bigint NOT NULL
);
