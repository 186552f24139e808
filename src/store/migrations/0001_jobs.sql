-- Jobs: the queue and the record. Times are milliseconds since 1970 UTC. `seq` is the order of arrival.
CREATE TABLE jobs (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE CHECK (id <> ''),
  state TEXT NOT NULL CHECK (state IN ('queued', 'processing', 'completed', 'failed', 'cancelled')),

  priority INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 3),
  source_name TEXT NOT NULL,
  search_name TEXT NOT NULL, -- case-folded
  spec TEXT NOT NULL CHECK (spec GLOB '{*}'), -- JSON; SQLite calls its own JSON functions unsafe in a schema

  size_bytes INTEGER NOT NULL CHECK (size_bytes >= 0),
  duration_ms INTEGER NOT NULL CHECK (duration_ms >= 0),
  content_type TEXT NOT NULL,
  description TEXT NOT NULL,

  stage TEXT NOT NULL DEFAULT 'waiting' CHECK (stage IN ('waiting', 'transcribing', 'translating', 'writing')),
  fraction REAL NOT NULL DEFAULT 0 CHECK (fraction BETWEEN 0 AND 1),
  media_done_ms INTEGER NOT NULL DEFAULT 0 CHECK (media_done_ms >= 0),
  media_total_ms INTEGER NOT NULL DEFAULT 0 CHECK (media_total_ms >= 0),

  attempt INTEGER NOT NULL DEFAULT 0 CHECK (attempt >= 0), -- attempts started
  crashes INTEGER NOT NULL DEFAULT 0 CHECK (crashes >= 0), -- workers lost since the last checkpoint
  cancel_requested INTEGER NOT NULL DEFAULT 0 CHECK (cancel_requested IN (0, 1)),

  created_at_ms INTEGER NOT NULL,
  queued_at_ms INTEGER NOT NULL, -- where ageing starts: creation, or the last retry by hand
  run_after_ms INTEGER NOT NULL,
  started_at_ms INTEGER, -- of the last attempt
  finished_at_ms INTEGER,

  lease_owner TEXT,
  lease_token TEXT UNIQUE,
  lease_until_ms INTEGER,

  error_code TEXT,
  error_message TEXT,
  files TEXT NOT NULL DEFAULT '[]' CHECK (substr(files, 1, 1) = '['),
  notes TEXT NOT NULL DEFAULT '[]' CHECK (substr(notes, 1, 1) = '['),

  CHECK ((state = 'processing') = (lease_owner IS NOT NULL)),
  CHECK ((state = 'processing') = (lease_token IS NOT NULL)),
  CHECK ((state = 'processing') = (lease_until_ms IS NOT NULL)),
  CHECK (state <> 'processing' OR (attempt >= 1 AND started_at_ms IS NOT NULL)),
  CHECK ((state IN ('completed', 'failed', 'cancelled')) = (finished_at_ms IS NOT NULL)),
  CHECK (state = 'processing' OR cancel_requested = (state = 'cancelled')),
  CHECK ((error_code IS NULL) = (error_message IS NULL)),
  CHECK (state <> 'failed' OR error_code IS NOT NULL),
  CHECK (state NOT IN ('completed', 'cancelled') OR error_code IS NULL),
  CHECK (state = 'completed' OR (files = '[]' AND notes = '[]'))
) STRICT;

-- For claims; holds all they need to choose.
CREATE INDEX jobs_queued ON jobs (queued_at_ms, priority, run_after_ms) WHERE state = 'queued';
CREATE INDEX jobs_by_state ON jobs (state, size_bytes);
CREATE INDEX jobs_finished ON jobs (finished_at_ms) WHERE finished_at_ms IS NOT NULL;

-- Finished pieces of a job that is not completed yet; `seq` is the order in which they were added.
CREATE TABLE checkpoints (
  seq INTEGER PRIMARY KEY,
  job_seq INTEGER NOT NULL REFERENCES jobs (seq) ON DELETE CASCADE,
  stage TEXT NOT NULL,
  key TEXT NOT NULL,
  payload TEXT NOT NULL,
  UNIQUE (job_seq, stage, key)
) STRICT;

-- What a client's Idempotency-Key led to, for 24 hours.
CREATE TABLE idempotency_keys (
  key TEXT PRIMARY KEY CHECK (key <> ''),
  job_seq INTEGER NOT NULL REFERENCES jobs (seq) ON DELETE CASCADE,
  fingerprint TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_keys_by_job ON idempotency_keys (job_seq);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at_ms);
