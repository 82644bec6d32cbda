-- The views, made anew whenever a file is brought to a newer format: who changes one here adds a step.

DROP VIEW IF EXISTS events;
DROP VIEW IF EXISTS errors;
DROP VIEW IF EXISTS workers;
DROP VIEW IF EXISTS intervals;
DROP VIEW IF EXISTS endpoints;
DROP VIEW IF EXISTS runs;
DROP VIEW IF EXISTS run_length;

-- How long each run was: to its end, or else to that of its last second.
CREATE VIEW run_length AS
SELECT
    id AS run,
    max(0, iif(state = 'ended', ended_unix_ns, (last_s + 1) * 1000000000) - started_unix_ns) AS length_ns
FROM run;

-- For people.

CREATE VIEW runs AS
SELECT
    run_id,
    testplan,
    CASE
        WHEN state = 'running' AND heartbeat_unix_ns / 1000000000 < unixepoch() - 30 THEN 'cut off'
        ELSE state
    END AS state,
    strftime('%Y-%m-%dT%H:%M:%fZ', started_unix_ns / 1e9, 'unixepoch') AS started,
    strftime('%Y-%m-%dT%H:%M:%fZ', ended_unix_ns / 1e9, 'unixepoch') AS ended,
    length_ns / 1e9 AS seconds,
    users_max,
    requests,
    round(requests / (nullif(length_ns, 0) / 1e9), 3) AS requests_per_second,
    failures,
    round(failures * 100.0 / nullif(requests, 0), 3) AS failures_percent,
    response_bytes,
    p50_ms,
    p95_ms,
    p99_ms,
    max_ms,
    suspect_seconds,
    labels,
    notes,
    facts,
    lost
FROM run
JOIN run_length ON run_length.run = run.id
ORDER BY started_unix_ns DESC, id DESC;

CREATE VIEW endpoints AS
SELECT
    run.run_id,
    method,
    name,
    endpoint.requests,
    round(endpoint.requests / (nullif(length_ns, 0) / 1e9), 3) AS requests_per_second,
    endpoint.failures,
    round(endpoint.failures * 100.0 / nullif(endpoint.requests, 0), 3) AS failures_percent,
    endpoint.response_bytes,
    mean_ms,
    min_ms,
    endpoint.p50_ms,
    p90_ms,
    endpoint.p95_ms,
    endpoint.p99_ms,
    p999_ms,
    endpoint.max_ms
FROM endpoint
JOIN run ON run.id = endpoint.run
JOIN run_length ON run_length.run = run.id;

CREATE VIEW intervals AS
SELECT
    run.run_id,
    strftime('%Y-%m-%dT%H:%M:%SZ', second, 'unixepoch') AS time,
    users,
    second.requests,
    second.failures,
    second.response_bytes,
    second.p50_ms,
    second.p95_ms,
    second.p99_ms,
    second.max_ms,
    hub_lag_ms,
    cpu_percent,
    memory_bytes,
    trim(
        iif(reasons & 1, ' hub_lag', '') || iif(reasons & 2, ' process_cpu', '')
        || iif(reasons & 4, ' run_queue_delay', '') || iif(reasons & 8, ' throttled', '')
        || iif(reasons & 16, ' worker_missing', '')
    ) AS suspect
FROM second
JOIN run ON run.id = second.run;

CREATE VIEW workers AS
SELECT
    run.run_id,
    worker.source_id,
    count(*) AS seconds,
    sum(worker_second.requests) AS requests,
    sum(worker_second.failures) AS failures,
    max(worker_second.users) AS users_max,
    round(avg(cpu_percent), 1) AS cpu_percent_mean,
    max(cpu_percent) AS cpu_percent_max,
    max(memory_bytes) AS memory_bytes_max,
    max(hub_lag_ms) AS hub_lag_ms_max,
    sum(reasons <> 0) AS suspect_seconds
FROM worker
JOIN run ON run.id = worker.run
JOIN worker_second ON worker_second.run = worker.run AND worker_second.worker = worker.id
GROUP BY worker.run, worker.id;

CREATE VIEW errors AS
SELECT
    run.run_id,
    method,
    name,
    status,
    error_type,
    message,
    count,
    strftime('%Y-%m-%dT%H:%M:%SZ', error.first_s, 'unixepoch') AS first,
    strftime('%Y-%m-%dT%H:%M:%SZ', error.last_s, 'unixepoch') AS last
FROM error
JOIN run ON run.id = error.run
JOIN series ON series.run = error.run AND series.id = error.series
WHERE count > 0
ORDER BY error.run, count DESC;

CREATE VIEW events AS
SELECT
    run.run_id,
    strftime('%Y-%m-%dT%H:%M:%fZ', time_unix_ns / 1e9, 'unixepoch') AS time,
    kind,
    name,
    attributes
FROM event
JOIN run ON run.id = event.run
ORDER BY event.run, time_unix_ns;
