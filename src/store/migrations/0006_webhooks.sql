-- What the server fetches and sends by itself.

-- A job whose source is still to be fetched; the row goes once it is there. Such a job is not claimed.
CREATE TABLE imports (
  job_seq INTEGER PRIMARY KEY REFERENCES jobs (seq) ON DELETE CASCADE,
  url TEXT NOT NULL CHECK (url <> ''),
  attempt INTEGER NOT NULL DEFAULT 0 CHECK (attempt >= 0) -- attempts that failed
) STRICT;

-- Random bytes from which the secrets of single jobs are derived.
CREATE TABLE webhook_root (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  key BLOB NOT NULL CHECK (length(key) = 32)
) STRICT;
INSERT INTO webhook_root (id, key) VALUES (1, randomblob(32));

-- Where the end of every job of an owner is told.
CREATE TABLE webhook_targets (
  id TEXT PRIMARY KEY CHECK (id <> ''),
  owner TEXT NOT NULL,
  url TEXT NOT NULL CHECK (url <> ''),
  secret TEXT NOT NULL CHECK (length(secret) = 44), -- base64 of 32 bytes
  old_secret TEXT, -- valid beside the other one until then
  old_secret_until_ms INTEGER,
  created_at_ms INTEGER NOT NULL,
  disabled_at_ms INTEGER,
  disabled_reason TEXT,
  CHECK ((old_secret IS NULL) = (old_secret_until_ms IS NULL)),
  CHECK ((disabled_at_ms IS NULL) = (disabled_reason IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX webhook_targets_by_owner ON webhook_targets (owner, created_at_ms);

-- Where the end of one job is told.
CREATE TABLE job_webhooks (
  job_seq INTEGER PRIMARY KEY REFERENCES jobs (seq) ON DELETE CASCADE,
  url TEXT NOT NULL CHECK (url <> '')
) STRICT;

-- The outbox and its log: one row for each message to each address. A job may be gone by then.
CREATE TABLE webhook_deliveries (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE, -- webhook-id: the same for every attempt
  target_id TEXT REFERENCES webhook_targets (id) ON DELETE CASCADE, -- NULL: to the address of the job itself
  url TEXT NOT NULL,
  job_id TEXT NOT NULL,
  type TEXT NOT NULL CHECK (type IN ('job.completed', 'job.failed', 'job.cancelled')),
  state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'failed')),
  attempt INTEGER NOT NULL DEFAULT 0 CHECK (attempt >= 0), -- attempts made
  created_at_ms INTEGER NOT NULL,
  next_at_ms INTEGER NOT NULL,
  finished_at_ms INTEGER,
  status INTEGER, -- of the last answer
  error TEXT, -- of the last attempt
  CHECK ((state = 'pending') = (finished_at_ms IS NULL))
) STRICT;

CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_at_ms) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_by_target ON webhook_deliveries (target_id, seq);
CREATE INDEX webhook_deliveries_done ON webhook_deliveries (finished_at_ms) WHERE state <> 'pending';

-- A trigger, so that whatever ends a job tells of it in the same transaction.
CREATE TRIGGER jobs_told AFTER UPDATE OF state ON jobs
WHEN NEW.state IN ('completed', 'failed', 'cancelled') AND OLD.state <> NEW.state
BEGIN
  INSERT INTO webhook_deliveries (id, target_id, url, job_id, type, created_at_ms, next_at_ms)
  SELECT 'msg_' || lower(hex(randomblob(16))), target_id, url, NEW.id, 'job.' || NEW.state, NEW.finished_at_ms,
    NEW.finished_at_ms
  FROM (SELECT id AS target_id, url FROM webhook_targets WHERE owner = NEW.owner AND disabled_at_ms IS NULL
    UNION ALL SELECT NULL, url FROM job_webhooks WHERE job_seq = NEW.seq);
END;

-- Files of the watched folder that were taken, or that cannot be.
CREATE TABLE watched_files (
  path TEXT PRIMARY KEY CHECK (path <> ''), -- below the folder
  size_bytes INTEGER NOT NULL,
  modified_ns INTEGER NOT NULL,
  sha256 TEXT NOT NULL, -- empty: it was not read
  job_id TEXT NOT NULL, -- empty: none
  state TEXT NOT NULL CHECK (state IN ('taken', 'done', 'refused')),
  note TEXT NOT NULL,
  CHECK ((state = 'taken') <= (job_id <> ''))
) STRICT, WITHOUT ROWID;

CREATE INDEX watched_files_taken ON watched_files (state) WHERE state = 'taken';

-- Result files that were written into the watched folder, so that these and no others are written again.
CREATE TABLE watched_results (
  path TEXT PRIMARY KEY CHECK (path <> ''),
  source TEXT NOT NULL, -- path of the media
  sha256 TEXT NOT NULL
) STRICT, WITHOUT ROWID;
