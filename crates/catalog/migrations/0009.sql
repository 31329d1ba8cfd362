-- What a copy lacks, and which cameras, lenses and years a space has, without reading everything.

-- Objects that a copy in use does not hold as it should: kept beside `replica`, because what is not there has no row to find.
-- No reference to object: what is not there any more is in no photo, and is passed over.
CREATE TABLE lacking (
    copy_id {uuid} NOT NULL REFERENCES copy (id),
    object_id {uuid} NOT NULL,
    PRIMARY KEY (copy_id, object_id)
){clustered};
INSERT INTO lacking (copy_id, object_id)
    SELECT c.id, o.id FROM copy c CROSS JOIN object o
    LEFT JOIN replica r ON r.copy_id = c.id AND r.object_id = o.id AND r.state = 'held'
    WHERE c.removed_at IS NULL AND r.object_id IS NULL;

-- Names that photos of a space have or had: `camera`, `lens` and `year`.
CREATE TABLE facet (
    space_id {uuid} NOT NULL REFERENCES space (id),
    class text NOT NULL,
    name text NOT NULL,
    PRIMARY KEY (space_id, class, name)
){clustered};

-- The index knows more of each photo than before.
INSERT INTO stale (asset_id) SELECT id FROM asset WHERE true ON CONFLICT DO NOTHING;
