-- What proved a replica, and when it was last looked at, whatever came of that: what is bad or cannot be read must not be
-- looked at before everything else again and again.
ALTER TABLE replica ADD COLUMN proved_by text;
ALTER TABLE replica ADD COLUMN looked_at bigint;
UPDATE replica SET looked_at = proved_at WHERE proved_at IS NOT NULL;
CREATE INDEX replica_by_look ON replica (copy_id, (coalesce(looked_at, 0)), object_id);

-- Which snapshots and keys in a copy are not what their names say, one to a line, and when all of them were last read.
ALTER TABLE care ADD COLUMN bad_files text;
ALTER TABLE care ADD COLUMN named_at bigint;

-- When something bad was last tried to be put right, and why it could not be.
ALTER TABLE damage ADD COLUMN tried_at bigint;
ALTER TABLE damage ADD COLUMN unhealed text;
