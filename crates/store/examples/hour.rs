//! What an hour of a big test costs.
//!
//! `cargo run --release -p locust-telemetry-store --example hour [-- SECONDS ENDPOINTS RATE]`; with the file at
//! `$HOUR_FILE`, where that is set, so that it stays.
//!
//! 500 endpoints at about 10 requests a second each, log-normal response times, failures in bursts. Tells the file's size while
//! the run is on and after its end, the recorder's CPU time, and how long some questions take.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use locust_telemetry_core::{Histogram, RequestAggregate, Role, RunIdentity, RunSpan, SeriesKey, SeriesStats, Window};
use locust_telemetry_pipeline::{Ledger, Load, Recorder, RunWindow};
use locust_telemetry_store::{FactsCell, Kind, LocalRecorder, Store, StoreConfig};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

const START_S: i64 = 1_767_323_045;

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Between 0 and 1, neither of them.
    fn unit(&mut self) -> f64 {
        ((self.next() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.unit().ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }

    fn poisson(&mut self, mean: f64) -> u64 {
        let (mut count, mut product, limit) = (0, self.unit(), (-mean).exp());
        while product > limit {
            count += 1;
            product *= self.unit();
        }
        count
    }
}

struct Endpoint {
    succeeded: Arc<SeriesKey>,
    failed: Arc<SeriesKey>,
    median_ns: f64,
    sigma: f64,
    bytes: f64,
    /// How far the longest response is from the shortest.
    bytes_spread: f64,
    fails: bool,
}

fn endpoints(count: usize, random: &mut Random) -> Vec<Endpoint> {
    let key = |number: usize, status: u16, error_type: Option<&str>| {
        Arc::new(SeriesKey {
            name: format!("/api/v2/resource-{number}/[id]").into(),
            method: "GET".into(),
            status: std::num::NonZeroU16::new(status),
            error_type: error_type.map(Into::into),
        })
    };
    // `HOUR_BYTES=vary` has every response of another length, as few services do.
    let all_vary = std::env::var_os("HOUR_BYTES").is_some();
    let endpoint = |number: usize| {
        let bytes = 200.0 + 20_000.0 * random.unit();
        Endpoint {
            succeeded: key(number, 200, None),
            failed: key(number, 503, Some("HTTPError")),
            median_ns: 5e6 + 295e6 * random.unit(),
            sigma: [0.3, 0.5, 0.8][number % 3],
            bytes,
            // The same text, a text with some numbers in it, lists.
            bytes_spread: if all_vary { 0.2 * bytes } else { [0.0, 16.0, 0.2 * bytes][number / 3 % 3] },
            fails: number.is_multiple_of(20),
        }
    };
    (0..count).map(endpoint).collect()
}

fn window(second: i64, endpoints: &[Endpoint], rate: f64, random: &mut Random) -> Window {
    let mut requests = RequestAggregate::default();
    for endpoint in endpoints {
        let mut outcomes = [(&endpoint.succeeded, 0_u64, Histogram::new()), (&endpoint.failed, 0, Histogram::new())];
        for _ in 0..random.poisson(rate) {
            // Failures come in bursts, at a few endpoints.
            let is_failure = endpoint.fails && (second / 60) % 10 == 3 && random.unit() < 0.2;
            let (_, bytes, latency) = &mut outcomes[usize::from(is_failure)];
            *bytes += (endpoint.bytes + endpoint.bytes_spread * (random.unit() - 0.5)) as u64;
            latency.record((endpoint.median_ns * (endpoint.sigma * random.normal()).exp()) as u64);
        }
        for (key, response_bytes, latency) in outcomes {
            if latency.count() > 0 {
                let requests_count = latency.count();
                if key.is_failure() {
                    requests.errors.add(key, &"503 Service Unavailable".into(), requests_count);
                }
                let stats = SeriesStats { requests: requests_count, response_bytes, latency };
                requests.series.insert(Arc::clone(key), stats);
            }
        }
    }
    Window { start_s: START_S + second, requests, users: 5_000, hub_lag_max_ns: Some(900_000), ..Window::default() }
}

/// CPU time of this thread, where the platform tells.
fn cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(text.split_whitespace().next().and_then(|ns| ns.parse().ok()).unwrap_or(0))
}

fn megabytes(path: &Path) -> f64 {
    let size = |suffix: &str| std::fs::metadata(format!("{}{suffix}", path.display())).map_or(0, |file| file.len());
    (size("") + size("-wal")) as f64 / 1e6
}

fn timed<T>(what: &str, question: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let answer = question();
    println!("{what:<52} {:>9.1} ms", began.elapsed().as_secs_f64() * 1e3);
    answer
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<f64>().expect("a number"));
    let mut next = |default: f64| arguments.next().unwrap_or(default);
    let (seconds, count, rate) = (next(3_600.0) as i64, next(500.0) as usize, next(10.0));

    let directory = tempfile::tempdir().unwrap();
    let path = std::env::var_os("HOUR_FILE").map_or(directory.path().join("runs.db"), Into::into);
    let (mut recorder, _feed) =
        LocalRecorder::open(StoreConfig::new(&path), Arc::new(FactsCell::default())).expect("a store");
    let ledger = Arc::new(Ledger::default());
    recorder.open(&ledger);
    let run = Arc::new(RunIdentity {
        run_id: "hour".into(),
        testplan: "hour".into(),
        role: Role::Local,
        source: "LocalRunner".into(),
        source_id: "local".into(),
        metadata: Vec::new(),
        labels: Vec::new(),
    });
    let mut random = Random(42);
    let endpoints = endpoints(count, &mut random);
    let (mut spent, mut longest, mut biggest, mut expected) = (Duration::ZERO, Duration::ZERO, 0.0_f64, 0);
    for second in 0..seconds {
        let window = window(second, &endpoints, rate, &mut random);
        expected += window.requests.requests();
        ledger.offered(Load::requests(window.requests.requests()));
        let window = RunWindow { run: Arc::clone(&run), window };
        let (began, before) = (Instant::now(), cpu());
        recorder.window(&window, &ledger);
        spent += cpu() - before;
        longest = longest.max(began.elapsed());
        biggest = biggest.max(megabytes(&path));
    }
    println!("{seconds} s, {count} endpoints, {expected} requests");
    println!("{:<52} {biggest:>9.1} MB", "file and log at their biggest, while it runs");
    let (began, before) = (Instant::now(), cpu());
    let start_ns = START_S * 1_000_000_000;
    let span = RunSpan { started_unix_ns: start_ns, ended_unix_ns: start_ns + seconds * 1_000_000_000 };
    recorder.run_ended(&run, span);
    println!("{:<52} {:>9.1} ms", "the end of the run", began.elapsed().as_secs_f64() * 1e3);
    println!("{:<52} {:>9.1} MB", "file after the run's end", megabytes(&path));
    let spent = (spent + (cpu() - before)).as_secs_f64();
    println!("{:<52} {spent:>9.1} s ({:.2} % of a core)", "CPU time of the recorder", 100.0 * spent / seconds as f64);
    println!("{:<52} {:>9.1} ms", "the longest a window took", longest.as_secs_f64() * 1e3);
    assert_eq!(ledger.balance().delivered.requests, expected);

    let store = timed("open", || Store::open(&path).unwrap());
    let reader = timed("find the run", || store.run("hour").unwrap().unwrap());
    timed("head", || reader.head().unwrap());
    timed("seconds", || reader.seconds(None).unwrap());
    let whole = timed("aggregate of the whole run", || reader.aggregate(None).unwrap());
    assert_eq!(whole.requests(), expected);
    let odd = Some(START_S + 17..START_S + seconds - 31);
    timed("aggregate of a range with odd ends", || reader.aggregate(odd).unwrap());
    timed("one endpoint's seconds", || reader.strips(Kind::Series, 1, Some(&[7]), None).unwrap());
    for slot_s in [60, 1] {
        let bytes =
            timed(&format!("all strips of {slot_s} s"), || reader.strips(Kind::Series, slot_s, None, None).unwrap());
        println!("{:<52} {:>9.1} MB", "", bytes.len() as f64 / 1e6);
    }
    let bytes = reader.strips(Kind::Total, 1, None, None).unwrap();
    println!("{:<52} {:>9.1} MB", "strips of the total, 1 s", bytes.len() as f64 / 1e6);
}
