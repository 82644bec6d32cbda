-- The tables of format 1; the newer formats add to them. docs/run-store.md explains it.

-- A run, with what is known of it as a whole.
CREATE TABLE run (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id TEXT NOT NULL UNIQUE,
    testplan TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'ended', 'cut off')),
    role TEXT NOT NULL,
    source TEXT NOT NULL,
    source_id TEXT NOT NULL,
    started_unix_ns INTEGER NOT NULL,
    ended_unix_ns INTEGER,
    heartbeat_unix_ns INTEGER NOT NULL,
    writer TEXT NOT NULL,
    first_s INTEGER,
    last_s INTEGER,
    sealed_until_s INTEGER,
    compacted_until_s INTEGER,
    seq INTEGER NOT NULL DEFAULT 0,
    users_max INTEGER NOT NULL DEFAULT 0,
    requests INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    response_bytes INTEGER NOT NULL DEFAULT 0,
    p50_ms REAL,
    p95_ms REAL,
    p99_ms REAL,
    max_ms REAL,
    seconds INTEGER NOT NULL DEFAULT 0,
    suspect_seconds INTEGER NOT NULL DEFAULT 0,
    notes TEXT NOT NULL DEFAULT '',
    labels TEXT NOT NULL DEFAULT '{}',
    metadata TEXT NOT NULL DEFAULT '{}',
    facts TEXT NOT NULL DEFAULT '{}',
    summary TEXT,
    reconciliation TEXT,
    lost TEXT
);

CREATE INDEX run_by_testplan ON run (testplan, started_unix_ns);

-- What a series id means in a run.
CREATE TABLE series (
    run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    id INTEGER NOT NULL,
    method TEXT NOT NULL,
    name TEXT NOT NULL,
    status INTEGER,
    error_type TEXT,
    PRIMARY KEY (run, id)
) WITHOUT ROWID;

-- What a worker id means in a run.
CREATE TABLE worker (
    run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    id INTEGER NOT NULL,
    source_id TEXT NOT NULL,
    PRIMARY KEY (run, id)
) WITHOUT ROWID;

-- The whole run by endpoint, refreshed every few seconds.
CREATE TABLE endpoint (
    run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    method TEXT NOT NULL,
    requests INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    response_bytes INTEGER NOT NULL,
    mean_ms REAL,
    min_ms REAL,
    p50_ms REAL,
    p90_ms REAL,
    p95_ms REAL,
    p99_ms REAL,
    p999_ms REAL,
    max_ms REAL,
    PRIMARY KEY (run, name, method)
) WITHOUT ROWID;

-- Each second of a run.
CREATE TABLE second (
    run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    second INTEGER NOT NULL,
    users INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    response_bytes INTEGER NOT NULL,
    p50_ms REAL,
    p95_ms REAL,
    p99_ms REAL,
    max_ms REAL,
    hub_lag_ms REAL,
    reasons INTEGER NOT NULL,
    cpu_percent REAL,
    memory_bytes INTEGER,
    PRIMARY KEY (run, second)
) WITHOUT ROWID;

-- Each second of each worker, on a master.
CREATE TABLE worker_second (
    run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    worker INTEGER NOT NULL,
    second INTEGER NOT NULL,
    state TEXT NOT NULL,
    users INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    hub_lag_ms REAL,
    reasons INTEGER NOT NULL,
    cpu_percent REAL,
    memory_bytes INTEGER,
    clock_offset_ms REAL,
    clock_error_ms REAL,
    PRIMARY KEY (run, worker, second)
) WITHOUT ROWID;

-- What failed requests said, over the whole run.
CREATE TABLE error (
    run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    id INTEGER NOT NULL,
    series INTEGER NOT NULL,
    message TEXT NOT NULL,
    count INTEGER NOT NULL,
    first_s INTEGER NOT NULL,
    last_s INTEGER NOT NULL,
    PRIMARY KEY (run, id)
) WITHOUT ROWID;

-- The same minute by minute, second by second within.
CREATE TABLE error_minute (
    run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    start_s INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (run, start_s)
) WITHOUT ROWID;

-- Requests that could not be taken as they came, in the seconds that had some.
CREATE TABLE oddity (
    run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    second INTEGER NOT NULL,
    anomalies TEXT NOT NULL,
    folded TEXT NOT NULL,
    PRIMARY KEY (run, second)
) WITHOUT ROWID;

-- Moments worth marking; annotations among them.
CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    time_unix_ns INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('event', 'annotation')),
    name TEXT NOT NULL,
    attributes TEXT NOT NULL
);

CREATE INDEX event_by_time ON event (run, time_unix_ns);

-- The windows that are not sealed yet, as pages got them.
CREATE TABLE journal (
    run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    second INTEGER NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (run, seq)
);

-- What each series, each worker and the whole run gained, 60 seconds to a row.
CREATE TABLE strip (
    run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    slot_s INTEGER NOT NULL DEFAULT 1 CHECK (slot_s = 1),
    start_s INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    subject INTEGER NOT NULL,
    data BLOB NOT NULL
);

CREATE UNIQUE INDEX strip_by_subject ON strip (run, slot_s, start_s, kind, subject);

-- The same, 60 minutes or 60 hours to a row. These are written anew each minute, and would leave holes among the others.
CREATE TABLE coarse_strip (
    run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    slot_s INTEGER NOT NULL CHECK (slot_s IN (60, 3600)),
    start_s INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    subject INTEGER NOT NULL,
    data BLOB NOT NULL
);

CREATE UNIQUE INDEX coarse_strip_by_subject ON coarse_strip (run, slot_s, start_s, kind, subject);
