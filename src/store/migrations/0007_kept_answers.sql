-- What a client's Idempotency-Key led to on routes other than POST /api/jobs, for 24 hours (AnswerStore). Until a
-- request is carried out, and for good when the server ended before its answer was kept, there is no `status`.
CREATE TABLE kept_answers (
  seq INTEGER PRIMARY KEY,
  owner TEXT NOT NULL,
  route TEXT NOT NULL CHECK (route <> ''),
  key_hash TEXT NOT NULL CHECK (length(key_hash) = 64), -- SHA-256
  created_at_ms INTEGER NOT NULL,
  fingerprint TEXT CHECK (length(fingerprint) = 64),
  status INTEGER CHECK (status BETWEEN 200 AND 299),
  content_type TEXT,
  headers TEXT,
  body BLOB,
  deflated INTEGER NOT NULL DEFAULT 0 CHECK (deflated IN (0, 1)), -- the body is
  UNIQUE (owner, route, key_hash),
  CHECK ((fingerprint IS NULL) = (status IS NULL)),
  CHECK ((content_type IS NULL) = (status IS NULL)),
  CHECK ((headers IS NULL) = (status IS NULL)),
  CHECK ((body IS NULL) = (status IS NULL))
) STRICT;

CREATE INDEX kept_answers_by_age ON kept_answers (created_at_ms);

-- Nothing is left of a user who is gone.
CREATE TRIGGER answers_of_users AFTER DELETE ON users
BEGIN
  DELETE FROM kept_answers WHERE owner = OLD.id;
END;
