-- Jobs of one `work_key` hear the same of the same media: while one is processed the others wait, and have its results
-- then. NULL: not known yet, or of no matter. `cached`: what a job had from earlier ones.
ALTER TABLE jobs ADD COLUMN work_key TEXT CHECK (work_key <> '');
ALTER TABLE jobs ADD COLUMN cached TEXT NOT NULL DEFAULT '[]'
  CHECK (substr(cached, 1, 1) = '[' AND (state = 'completed' OR cached = '[]'));

CREATE INDEX jobs_at_work ON jobs (work_key) WHERE state = 'processing' AND work_key IS NOT NULL;
