-- People sign in, and have rights.

-- What a member with the role "custom" may do: words with commas.
ALTER TABLE member ADD COLUMN permissions text;
-- How many bytes of originals a space may hold; without a number, as many as there is room for.
ALTER TABLE space ADD COLUMN quota bigint;

CREATE TABLE session (
    id {uuid} PRIMARY KEY,
    person_id {uuid} NOT NULL REFERENCES person (id),
    secret_hash {bytes} NOT NULL UNIQUE,
    agent text NOT NULL,
    network text NOT NULL,
    created_at bigint NOT NULL,
    seen_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    -- When the person last proved who they are, for what asks for a recent proof.
    proved_at bigint NOT NULL
);
CREATE INDEX session_by_person ON session (person_id);

CREATE TABLE token (
    id {uuid} PRIMARY KEY,
    person_id {uuid} NOT NULL REFERENCES person (id),
    secret_hash {bytes} NOT NULL UNIQUE,
    name text NOT NULL,
    permissions text NOT NULL,
    -- Only in this space, if it says one.
    space_id {uuid} REFERENCES space (id),
    network text NOT NULL,
    created_at bigint NOT NULL,
    seen_at bigint,
    expires_at bigint
);
CREATE INDEX token_by_person ON token (person_id);

CREATE TABLE factor (
    id {uuid} PRIMARY KEY,
    person_id {uuid} NOT NULL REFERENCES person (id),
    kind text NOT NULL,
    name text NOT NULL,
    secret {bytes} NOT NULL,
    created_at bigint NOT NULL,
    -- A factor counts only once its owner has shown that it works.
    confirmed_at bigint,
    used_at bigint,
    -- The last time step or signature counter that was accepted: none is accepted twice.
    counter bigint NOT NULL
);
CREATE INDEX factor_by_person ON factor (person_id);

CREATE TABLE recovery_code (
    person_id {uuid} NOT NULL REFERENCES person (id),
    hash {bytes} NOT NULL,
    used_at bigint,
    PRIMARY KEY (person_id, hash)
){clustered};

CREATE TABLE invitation (
    id {uuid} PRIMARY KEY,
    secret_hash {bytes} NOT NULL UNIQUE,
    email text NOT NULL,
    space_id {uuid} REFERENCES space (id),
    role text,
    permissions text,
    created_by {uuid} NOT NULL REFERENCES person (id),
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    used_at bigint
);

CREATE TABLE album_grant (
    album_id {uuid} NOT NULL REFERENCES album (id),
    person_id {uuid} NOT NULL REFERENCES person (id),
    permissions text NOT NULL,
    added_by {uuid} NOT NULL REFERENCES person (id),
    added_at bigint NOT NULL,
    PRIMARY KEY (album_id, person_id)
){clustered};
CREATE INDEX album_grant_by_person ON album_grant (person_id);

CREATE TABLE album_mirror (
    album_id {uuid} NOT NULL REFERENCES album (id),
    space_id {uuid} NOT NULL REFERENCES space (id),
    added_by {uuid} NOT NULL REFERENCES person (id),
    added_at bigint NOT NULL,
    PRIMARY KEY (album_id, space_id)
){clustered};
CREATE INDEX album_mirror_by_space ON album_mirror (space_id);

-- Files that come in pieces.
CREATE TABLE upload (
    id {uuid} PRIMARY KEY,
    person_id {uuid} NOT NULL REFERENCES person (id),
    space_id {uuid} NOT NULL REFERENCES space (id),
    folder {bytes} NOT NULL,
    name {bytes} NOT NULL,
    size bigint NOT NULL,
    content_sha256 {bytes},
    modified_ns bigint,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    -- Once it is in the library: which asset it became.
    asset_id {uuid} REFERENCES asset (id)
);
CREATE INDEX upload_by_expiry ON upload (expires_at);
CREATE INDEX asset_by_album ON asset (album_id, captured_at DESC, id DESC);
