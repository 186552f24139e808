-- What the server used and did, over time. Each kind has two tables: time is cut into parts as long as its retention,
-- parts with an even number are in _a, odd ones in _b. When a part begins, its table, which holds the part before the
-- last, is emptied as a whole.

-- Points: `mean` and `peak` are 32-bit floats, little-endian, in the order of the enumeration Metric; NaN: not known.
CREATE TABLE metrics_raw_a (
  at_ms INTEGER PRIMARY KEY,
  samples INTEGER NOT NULL CHECK (samples > 0),
  mean BLOB NOT NULL CHECK (length(mean) % 4 = 0),
  peak BLOB NOT NULL CHECK (length(peak) = length(mean))
) STRICT;
CREATE TABLE metrics_raw_b (
  at_ms INTEGER PRIMARY KEY,
  samples INTEGER NOT NULL CHECK (samples > 0),
  mean BLOB NOT NULL CHECK (length(mean) % 4 = 0),
  peak BLOB NOT NULL CHECK (length(peak) = length(mean))
) STRICT;
CREATE TABLE metrics_minute_a (
  at_ms INTEGER PRIMARY KEY,
  samples INTEGER NOT NULL CHECK (samples > 0),
  mean BLOB NOT NULL CHECK (length(mean) % 4 = 0),
  peak BLOB NOT NULL CHECK (length(peak) = length(mean))
) STRICT;
CREATE TABLE metrics_minute_b (
  at_ms INTEGER PRIMARY KEY,
  samples INTEGER NOT NULL CHECK (samples > 0),
  mean BLOB NOT NULL CHECK (length(mean) % 4 = 0),
  peak BLOB NOT NULL CHECK (length(peak) = length(mean))
) STRICT;
CREATE TABLE metrics_hour_a (
  at_ms INTEGER PRIMARY KEY,
  samples INTEGER NOT NULL CHECK (samples > 0),
  mean BLOB NOT NULL CHECK (length(mean) % 4 = 0),
  peak BLOB NOT NULL CHECK (length(peak) = length(mean))
) STRICT;
CREATE TABLE metrics_hour_b (
  at_ms INTEGER PRIMARY KEY,
  samples INTEGER NOT NULL CHECK (samples > 0),
  mean BLOB NOT NULL CHECK (length(mean) % 4 = 0),
  peak BLOB NOT NULL CHECK (length(peak) = length(mean))
) STRICT;

-- What happened meanwhile; several at a time.
CREATE TABLE metrics_mark_a (
  at_ms INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind <> ''),
  text TEXT NOT NULL
) STRICT;
CREATE INDEX metrics_mark_a_by_time ON metrics_mark_a (at_ms);
CREATE TABLE metrics_mark_b (
  at_ms INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind <> ''),
  text TEXT NOT NULL
) STRICT;
CREATE INDEX metrics_mark_b_by_time ON metrics_mark_b (at_ms);

-- What finished jobs took. Nothing in it says whose or which they were.
CREATE TABLE metrics_job_a (
  at_ms INTEGER NOT NULL, -- when it ended
  engine TEXT NOT NULL,
  model TEXT NOT NULL,
  source_bytes INTEGER NOT NULL CHECK (source_bytes >= 0),
  media_ms INTEGER NOT NULL CHECK (media_ms >= 0),
  transcribe_ms INTEGER NOT NULL CHECK (transcribe_ms >= 0),
  translate_ms INTEGER NOT NULL CHECK (translate_ms >= 0),
  write_ms INTEGER NOT NULL CHECK (write_ms >= 0),
  wall_ms INTEGER NOT NULL CHECK (wall_ms >= 0),
  targets INTEGER NOT NULL CHECK (targets >= 0),
  workers INTEGER NOT NULL CHECK (workers >= 0),
  jobs_beside INTEGER NOT NULL CHECK (jobs_beside >= 0),
  process_bytes INTEGER NOT NULL CHECK (process_bytes >= 0)
) STRICT;
CREATE INDEX metrics_job_a_by_time ON metrics_job_a (at_ms);
CREATE TABLE metrics_job_b (
  at_ms INTEGER NOT NULL,
  engine TEXT NOT NULL,
  model TEXT NOT NULL,
  source_bytes INTEGER NOT NULL CHECK (source_bytes >= 0),
  media_ms INTEGER NOT NULL CHECK (media_ms >= 0),
  transcribe_ms INTEGER NOT NULL CHECK (transcribe_ms >= 0),
  translate_ms INTEGER NOT NULL CHECK (translate_ms >= 0),
  write_ms INTEGER NOT NULL CHECK (write_ms >= 0),
  wall_ms INTEGER NOT NULL CHECK (wall_ms >= 0),
  targets INTEGER NOT NULL CHECK (targets >= 0),
  workers INTEGER NOT NULL CHECK (workers >= 0),
  jobs_beside INTEGER NOT NULL CHECK (jobs_beside >= 0),
  process_bytes INTEGER NOT NULL CHECK (process_bytes >= 0)
) STRICT;
CREATE INDEX metrics_job_b_by_time ON metrics_job_b (at_ms);
