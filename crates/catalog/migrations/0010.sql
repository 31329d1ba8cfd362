-- Objects of which nothing was learned when they were last looked at, though their copy was there: what a disk refuses to
-- read is not known to be bad, and has to be looked at again, and told, before its proof is too old.
CREATE TABLE unread (
    copy_id {uuid} NOT NULL REFERENCES copy (id),
    object_id {uuid} NOT NULL REFERENCES object (id),
    since bigint NOT NULL,
    note text NOT NULL,
    PRIMARY KEY (copy_id, object_id)
){clustered};
