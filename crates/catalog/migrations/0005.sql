-- Photos are seen in several albums, and what contributors bring can wait for approval.

-- Albums in which a photo is seen besides its home.
CREATE TABLE album_asset (
    album_id {uuid} NOT NULL REFERENCES album (id),
    asset_id {uuid} NOT NULL REFERENCES asset (id),
    added_by {uuid} NOT NULL REFERENCES person (id),
    added_at bigint NOT NULL,
    PRIMARY KEY (album_id, asset_id)
){clustered};
CREATE INDEX album_asset_by_asset ON album_asset (asset_id);

-- Whether photos of those who may not approve wait for those who may, and when the latter were last told that some do.
ALTER TABLE space ADD COLUMN approval bigint;
ALTER TABLE space ADD COLUMN approval_told_at bigint;

-- What was decided of a photo; NULL where nobody had to decide.
ALTER TABLE asset ADD COLUMN approval text;
ALTER TABLE asset ADD COLUMN decided_by {uuid} REFERENCES person (id);
ALTER TABLE asset ADD COLUMN decided_at bigint;
ALTER TABLE asset ADD COLUMN decision_reason text;
CREATE INDEX asset_waiting ON asset (space_id, captured_at DESC, id DESC) WHERE approval = 'waiting' AND deleted_at IS NULL;
