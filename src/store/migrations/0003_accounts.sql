-- Accounts. Times are milliseconds since 1970 UTC; `seq` is the order of arrival. Hashes are SHA-256 in hexadecimal,
-- passwords' are argon2id.
CREATE TABLE users (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE CHECK (id <> ''),
  name TEXT NOT NULL UNIQUE CHECK (name <> '' AND instr(name, '@') = 0),
  email TEXT NOT NULL CHECK (email = '' OR instr(email, '@') > 1),
  role TEXT NOT NULL CHECK (role IN ('user', 'admin')),
  is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
  deleting INTEGER NOT NULL DEFAULT 0 CHECK (deleting IN (0, 1)), -- until the user's jobs and files are gone
  password_hash TEXT NOT NULL CHECK (password_hash <> ''),

  quota_stored_bytes INTEGER CHECK (quota_stored_bytes >= 0), -- NULL: as configured
  quota_jobs_per_day INTEGER CHECK (quota_jobs_per_day >= 0),
  quota_minutes_per_day INTEGER CHECK (quota_minutes_per_day >= 0),

  created_at_ms INTEGER NOT NULL,
  password_changed_at_ms INTEGER NOT NULL,
  last_login_at_ms INTEGER,

  CHECK (deleting = 0 OR is_active = 0)
) STRICT;

CREATE UNIQUE INDEX idx_email ON users (email) WHERE email <> '';
CREATE INDEX idx_is_active ON users (is_active, role);

CREATE TABLE sessions (
  id TEXT PRIMARY KEY CHECK (id <> ''),
  user_seq INTEGER NOT NULL REFERENCES users (seq) ON DELETE CASCADE,
  token_hash TEXT NOT NULL UNIQUE CHECK (length(token_hash) = 64),
  address TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  last_used_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX idx_expires_at ON sessions (expires_at_ms);
CREATE INDEX sessions_by_user ON sessions (user_seq, created_at_ms);

CREATE TABLE api_keys (
  id TEXT PRIMARY KEY CHECK (id <> ''),
  user_seq INTEGER NOT NULL REFERENCES users (seq) ON DELETE CASCADE,
  name TEXT NOT NULL,
  secret_hash TEXT NOT NULL CHECK (length(secret_hash) = 64),
  scope TEXT NOT NULL CHECK (scope IN ('read', 'write', 'admin')),
  created_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER,
  last_used_at_ms INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX api_keys_by_user ON api_keys (user_seq, created_at_ms);

-- Failed attempts to sign in since the last success; the key names an account and an address, hashed.
CREATE TABLE login_failures (
  key TEXT PRIMARY KEY CHECK (key <> ''),
  failures INTEGER NOT NULL CHECK (failures > 0),
  last_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX login_failures_by_age ON login_failures (last_at_ms);

CREATE TABLE audit (
  seq INTEGER PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  event TEXT NOT NULL CHECK (event <> ''),
  actor TEXT NOT NULL,
  address TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT NOT NULL,
  previous TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE CHECK (length(hash) = 64)
) STRICT;

CREATE INDEX audit_by_age ON audit (at_ms);

-- What each owner has used on a day of UTC, deleted jobs included.
CREATE TABLE owner_days (
  owner TEXT NOT NULL CHECK (owner <> ''),
  day INTEGER NOT NULL, -- days since 1970
  jobs INTEGER NOT NULL CHECK (jobs >= 0),
  media_ms INTEGER NOT NULL CHECK (media_ms >= 0),
  PRIMARY KEY (owner, day)
) STRICT, WITHOUT ROWID;

-- Large payloads are stored compressed: `deflated` holds them, and `payload` is empty.
ALTER TABLE checkpoints ADD COLUMN deflated BLOB CHECK (deflated IS NULL OR payload = '');
