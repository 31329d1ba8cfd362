-- Whether old snapshots in the copy are thinned out. A copy that nobody asked it for keeps everything.
ALTER TABLE care ADD COLUMN thin_out bigint NOT NULL DEFAULT 0;
