-- Whose a job is: the id of a user, or empty when it was made without accounts. Idempotency keys are each owner's own.
ALTER TABLE jobs ADD COLUMN owner TEXT NOT NULL DEFAULT '';

CREATE INDEX jobs_by_owner ON jobs (owner, seq);

DROP TABLE idempotency_keys;
CREATE TABLE idempotency_keys (
  owner TEXT NOT NULL,
  key TEXT NOT NULL CHECK (key <> ''),
  job_seq INTEGER NOT NULL REFERENCES jobs (seq) ON DELETE CASCADE,
  fingerprint TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  PRIMARY KEY (owner, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_keys_by_job ON idempotency_keys (job_seq);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at_ms);
