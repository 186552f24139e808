-- Resumable uploads. Their bytes are in files named by the id; `offset_bytes` of them are durable and acknowledged.
CREATE TABLE uploads (
  id TEXT PRIMARY KEY CHECK (id <> ''),
  owner TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('whole', 'part', 'final')),
  length_bytes INTEGER CHECK (length_bytes >= 0), -- NULL: not known yet
  offset_bytes INTEGER NOT NULL CHECK (offset_bytes >= 0),
  metadata TEXT NOT NULL,
  parts TEXT NOT NULL CHECK (substr(parts, 1, 1) = '['), -- JSON list of ids
  expires_at_ms INTEGER NOT NULL,

  CHECK (length_bytes IS NULL OR offset_bytes <= length_bytes),
  CHECK (kind <> 'final' OR ifnull(offset_bytes = length_bytes, 0)),
  CHECK ((kind = 'final') = (parts <> '[]'))
) STRICT, WITHOUT ROWID;

CREATE INDEX uploads_by_owner ON uploads (owner);
CREATE INDEX uploads_by_expiry ON uploads (expires_at_ms);
CREATE INDEX uploads_outstanding ON uploads (length_bytes, offset_bytes) WHERE length_bytes > offset_bytes;

-- A job may be made on an upload that is still coming in. `upload_id` is set until all of it is there;
-- `awaits_upload` while too little of it is there to begin.
ALTER TABLE jobs ADD COLUMN upload_id TEXT CHECK (upload_id <> '');
ALTER TABLE jobs ADD COLUMN awaits_upload INTEGER NOT NULL DEFAULT 0
  CHECK (awaits_upload IN (0, 1) AND (awaits_upload = 0 OR upload_id IS NOT NULL));

CREATE UNIQUE INDEX jobs_by_upload ON jobs (upload_id) WHERE upload_id IS NOT NULL;
