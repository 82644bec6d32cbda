-- Format 2, of a file of format 1. The views are in views.sql.

-- It was the moment at which a run's books were closed.
UPDATE run
SET ended_unix_ns = min(ended_unix_ns, (last_s + 1) * 1000000000)
WHERE state = 'ended' AND last_s IS NOT NULL;

-- Bit 4: the seconds in which a worker was missing. Few runs have any, and what looks for them asks each second. SQLite
-- takes the index only if it has all columns that are asked for.
CREATE INDEX worker_second_missing ON worker_second (run, worker, reasons) WHERE reasons & 16;
