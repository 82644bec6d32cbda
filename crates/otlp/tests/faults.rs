//! Faults of a backend, each with the whole recorder before it: an engine whose requests go on all the while, what the
//! backend has after its recovery, and what the books say.
//!
//! In every one of them the test run notices nothing, and recorded = delivered + queued + dropped. `cargo test -p
//! locust-telemetry-otlp --test faults -- --nocapture --test-threads 1` prints the table.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use locust_telemetry_core::{Anomaly, Event, Request, Role, RunIdentity};
use locust_telemetry_otlp::settings::Settings;
use locust_telemetry_otlp::{ExportConfig, Exporter};
use locust_telemetry_pipeline::{Balance, Engine, FlushTicket, clock};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::time::{Duration, Instant};
use support::backend::{Authority, Backend, Behaviour, Form, ServerCertificate};

/// Far below every timeout of a backend: whoever waits for one, even once, is above it.
const UNNOTICED: Duration = Duration::from_secs(2);

const FLUSH_TIMEOUT: Duration = Duration::from_secs(4);
const INTERVAL: Duration = Duration::from_millis(100);
/// How long a fault lasts.
const FAULT: Duration = Duration::from_millis(600);

/// A load generator with the otel recorder.
struct Generator {
    engine: Engine,
    exporter: Exporter,
    recorded: u64,
    /// The longest that one step of the run took.
    longest: Duration,
}

impl Generator {
    fn new(backend: &Backend, form: Form, variables: &[(&str, &str)]) -> Self {
        Self::with_timeout(FLUSH_TIMEOUT, backend, form, variables)
    }

    fn with_timeout(flush_timeout: Duration, backend: &Backend, form: Form, variables: &[(&str, &str)]) -> Self {
        let protocol = match form {
            Form::Grpc => "grpc",
            Form::Protobuf => "http/protobuf",
            Form::Json => "http/json",
        };
        let url = backend.url();
        let base = [("OTEL_EXPORTER_OTLP_PROTOCOL", protocol), ("OTEL_BLRP_SCHEDULE_DELAY", "100")];
        let all = [variables, &base].concat();
        let variable = |name: &str| all.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        let exporter = Exporter::new(ExportConfig {
            settings: Settings::read(Some(&url), None, variable).unwrap(),
            interval: INTERVAL,
            flush_timeout,
            resource: vec![("service.name".into(), "test".into())],
            exports_requests: true,
            speaks_for_workers: false,
            is_semantic: false,
            server: None,
            marks_end: true,
        });
        let exporter = exporter.unwrap();
        let engine = Engine::new(10_000);
        engine.attach(exporter.recorder()).unwrap();
        exporter.start().unwrap();
        let identity = RunIdentity {
            run_id: "run".into(),
            testplan: "plan".into(),
            role: Role::Local,
            source: "LocalRunner".into(),
            source_id: "local".into(),
            metadata: Vec::new(),
            labels: Vec::new(),
        };
        engine.start_run(identity, clock::now_unix_ns());
        Self { engine, exporter, recorded: 0, longest: Duration::ZERO }
    }

    /// Requests, a failure and an event each few milliseconds, for this long.
    fn run(&mut self, span: Duration) {
        let end = Instant::now() + span;
        while Instant::now() < end {
            let begin = Instant::now();
            for (name, status, error_type) in
                [("/", 200, None), ("/slow", 200, None), ("/cart", 503, Some("HTTPError"))]
            {
                self.engine.record(
                    &Request {
                        name,
                        method: "GET",
                        status: NonZeroU16::new(status),
                        error_type,
                        message: None,
                        elapsed_ms: Ok(12.5),
                        response_bytes: 1,
                    },
                    None::<Anomaly>,
                );
                self.recorded += 1;
            }
            let event = Event { time_unix_ns: clock::now_unix_ns(), name: "moment".into(), attributes: Vec::new() };
            self.engine.event(event);
            self.engine.close_window(clock::now_unix_ns());
            self.longest = self.longest.max(begin.elapsed());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn books(&self) -> Balance {
        self.engine.report().recorders.into_iter().find(|(id, _)| id == "otel").unwrap().1
    }

    /// Ends the run; how long that took.
    fn end(&self) -> Duration {
        let begin = Instant::now();
        self.engine.stop_run(clock::now_unix_ns());
        let flush = self.engine.flush(clock::now_unix_ns());
        await_all(&flush, begin + 8 * FLUSH_TIMEOUT);
        begin.elapsed()
    }

    /// Ends the process's export; how long that took.
    fn shut_down(&self) -> Duration {
        let begin = Instant::now();
        await_all(&[self.exporter.shutdown()], begin + 3 * FLUSH_TIMEOUT);
        let spent = begin.elapsed();
        self.engine.shutdown();
        spent
    }
}

fn await_all(tickets: &[FlushTicket], deadline: Instant) {
    while !tickets.iter().all(FlushTicket::is_done) {
        assert!(Instant::now() < deadline, "a flush has no end");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Requests that the backend knows of, by the last point of each series, or for deltas by all of them.
fn requests_at(backend: &Backend) -> u64 {
    let mut series = BTreeMap::<String, u64>::new();
    let requests = backend.metrics();
    let metrics = requests.iter().flat_map(|request| &request.resource_metrics);
    for metric in metrics.flat_map(|of| &of.scope_metrics).flat_map(|of| &of.metrics) {
        let Some(Data::Histogram(histogram)) = &metric.data else { continue };
        // AGGREGATION_TEMPORALITY_DELTA
        let is_delta = histogram.aggregation_temporality == 1;
        for point in histogram.data_points.iter().filter(|point| point.flags == 0) {
            let count = series.entry(format!("{}{:?}", metric.name, point.attributes)).or_default();
            *count = if is_delta { *count + point.count } else { point.count };
        }
    }
    series.values().sum()
}

/// The distinct bodies of log records at the backend, and how many records there are.
fn records_at(backend: &Backend) -> u64 {
    let requests = backend.logs();
    let records = requests.iter().flat_map(|request| &request.resource_logs).flat_map(|of| &of.scope_logs);
    let is_text = |value: &Option<Value>| matches!(value, Some(Value::StringValue(_)));
    records
        .flat_map(|of| &of.log_records)
        .filter(|record| record.body.as_ref().is_some_and(|body| is_text(&body.value)))
        .count() as u64
}

/// A fault amid a run that ends well: everything arrives after all, logs that the backend refused excepted.
fn heals(name: &str, form: Form, fault: Behaviour) {
    heals_with(
        name,
        form,
        &Backend::start(),
        &[],
        |backend| backend.set(fault.clone()),
        |backend| backend.set(Behaviour::Accept),
    );
}

fn heals_with(
    name: &str,
    form: Form,
    backend: &Backend,
    variables: &[(&str, &str)],
    begin: impl Fn(&Backend),
    end: impl Fn(&Backend),
) {
    let mut generator = Generator::new(backend, form, variables);
    generator.run(3 * INTERVAL);
    let before = generator.books().delivered.requests;
    begin(backend);
    generator.run(FAULT);
    let during = generator.books();
    end(backend);
    generator.run(INTERVAL);
    let ended_after = generator.end();
    let books = generator.books();
    println!(
        "{name} ({form:?}): {} requests, longest step {:.1} ms; delivered before the fault {before}, at its end {}, queued {}; after \
         it delivered {}, dropped {}; log records delivered {}, dropped {}; end {:.1} s",
        generator.recorded,
        generator.longest.as_secs_f64() * 1e3,
        during.delivered.requests,
        during.queued().requests,
        books.delivered.requests,
        books.dropped.requests,
        books.delivered.records,
        books.dropped.records,
        ended_after.as_secs_f64(),
    );
    assert!(generator.longest < UNNOTICED, "the run noticed: {:?}", generator.longest);
    assert_eq!(books.offered.requests, generator.recorded);
    assert_eq!((books.delivered.requests, books.dropped.requests), (generator.recorded, 0), "{:?}", books.reasons);
    assert_eq!(requests_at(backend), generator.recorded);
    assert_eq!(books.queued().records, 0);
    // What a backend says it rejected, the one of this test has all the same; what got no answer may come twice.
    assert!(records_at(backend) >= books.delivered.records);
    generator.shut_down();
}

/// A fault that lasts beyond the end: what is lost is counted, with its reason, within the deadline.
fn is_lost(name: &str, form: Form, fault: Behaviour, reason: &str) {
    let backend = Backend::start();
    let mut generator = Generator::new(&backend, form, &[]);
    generator.run(3 * INTERVAL);
    backend.wait("a first export", |backend| !backend.metrics().is_empty());
    backend.set(fault);
    generator.run(FAULT);
    let ended_after = generator.end();
    let shut_down_after = generator.shut_down();
    let books = generator.books();
    println!(
        "{name} to the end ({form:?}): {} requests, delivered {}, dropped {} ({:?}); end {:.1} s, shutdown {:.1} s",
        generator.recorded,
        books.delivered.requests,
        books.dropped.requests,
        books.reasons.keys().collect::<Vec<_>>(),
        ended_after.as_secs_f64(),
        shut_down_after.as_secs_f64(),
    );
    assert!(generator.longest < UNNOTICED, "the run noticed: {:?}", generator.longest);
    assert!(ended_after < FLUSH_TIMEOUT + UNNOTICED && shut_down_after < FLUSH_TIMEOUT + UNNOTICED);
    assert!(books.dropped.requests > 0 && books.delivered.requests > 0);
    assert_eq!(books.delivered.requests + books.dropped.requests, generator.recorded);
    assert_eq!((books.queued().requests, books.queued().records), (0, 0));
    assert!(books.reasons.keys().any(|given| given.contains(reason)), "{:?}", books.reasons);
    assert_eq!(requests_at(&backend), books.delivered.requests);
}

fn http(status: u16, headers: &[(&'static str, &'static str)]) -> Behaviour {
    Behaviour::Http { status, headers: headers.to_vec(), body: Vec::new() }
}

fn grpc(code: u8, retry_delay: Option<Duration>) -> Behaviour {
    Behaviour::Grpc { code, message: "a fault", retry_delay }
}

/// One test for each fault and form.
macro_rules! faults {
    ($($name:ident: $form:ident, $fault:expr;)*) => {
        $(#[test]
        fn $name() {
            heals(stringify!($name), Form::$form, $fault);
        })*
    };
}

faults! {
    gone_midway: Protobuf, Behaviour::Refuse;
    gone_midway_over_grpc: Grpc, Behaviour::Refuse;
    slow: Protobuf, Behaviour::Delay(Duration::from_millis(150));
    slow_over_grpc: Grpc, Behaviour::Delay(Duration::from_millis(150));
    half_open: Protobuf, Behaviour::NeverRead;
    half_open_over_grpc: Grpc, Behaviour::NeverRead;
    never_answers: Protobuf, Behaviour::NeverAnswer;
    never_answers_over_grpc: Grpc, Behaviour::NeverAnswer;
    closes_without_an_answer: Protobuf, Behaviour::CloseWithoutAnswer;
    closes_without_an_answer_over_grpc: Grpc, Behaviour::CloseWithoutAnswer;
    closes_amid_the_answer: Json, Behaviour::CloseMidBody;
    closes_amid_the_answer_over_grpc: Grpc, Behaviour::CloseMidBody;
    answers_garbage: Protobuf, Behaviour::Garbage;
    answers_garbage_over_grpc: Grpc, Behaviour::Garbage;
    too_many_requests: Protobuf, http(429, &[("retry-after", "1")]);
    bad_gateway: Json, http(502, &[]);
    unavailable: Protobuf, http(503, &[]);
    unavailable_over_grpc: Grpc, grpc(14, None);
    gateway_timeout: Protobuf, http(504, &[]);
    bad_request: Protobuf, http(400, &[]);
    unauthorized: Protobuf, http(401, &[]);
    unauthenticated_over_grpc: Grpc, grpc(16, None);
    not_found: Json, http(404, &[]);
    internal_error: Protobuf, http(500, &[]);
    internal_error_over_grpc: Grpc, grpc(13, None);
    redirects: Protobuf, http(302, &[("location", "http://127.0.0.1:9/")]);
    exhausted_for_a_while: Grpc, grpc(8, Some(Duration::from_millis(200)));
    exhausted: Grpc, grpc(8, None);
    data_loss: Grpc, grpc(15, None);
    rejects_some: Protobuf, Behaviour::PartialSuccess { rejected: 1, message: "out of order" };
    rejects_some_over_grpc: Grpc, Behaviour::PartialSuccess { rejected: 1, message: "out of order" };
    takes_small_requests_only: Protobuf, Behaviour::SizeLimit(5_000);
    takes_small_requests_only_over_grpc: Grpc, Behaviour::SizeLimit(5_000);
}

#[test]
fn absent_at_the_start() {
    for form in [Form::Protobuf, Form::Grpc] {
        let backend = Backend::start();
        backend.set(Behaviour::Refuse);
        heals_with("absent_at_the_start", form, &backend, &[], |_| {}, |backend| backend.set(Behaviour::Accept));
    }
}

#[test]
fn slower_than_the_timeout() {
    let variables = [("OTEL_EXPORTER_OTLP_TIMEOUT", "400")];
    let slow = |backend: &Backend| backend.set(Behaviour::Delay(Duration::from_secs(3)));
    let name = "slower_than_the_timeout";
    heals_with(name, Form::Protobuf, &Backend::start(), &variables, slow, |backend| backend.set(Behaviour::Accept));
}

#[test]
fn connections_are_cut() {
    for form in [Form::Protobuf, Form::Grpc] {
        heals_with("connections_are_cut", form, &Backend::start(), &[], Backend::disconnect, Backend::disconnect);
    }
}

#[test]
fn the_certificate_expires() {
    for form in [Form::Protobuf, Form::Grpc] {
        let authority = Authority::new();
        let backend = Backend::start_tls(&authority, ServerCertificate::Good, false);
        let certificate = authority.certificate();
        let variables = [("OTEL_EXPORTER_OTLP_CERTIFICATE", certificate.to_str().unwrap())];
        heals_with(
            "the_certificate_expires",
            form,
            &backend,
            &variables,
            |backend| backend.set_certificate(&authority, ServerCertificate::Expired, false),
            |backend| backend.set_certificate(&authority, ServerCertificate::Good, false),
        );
    }
}

#[test]
fn what_is_lost_is_counted_with_its_reason_and_within_the_deadline() {
    is_lost("gone", Form::Protobuf, Behaviour::Refuse, "connect");
    is_lost("never_answers", Form::Grpc, Behaviour::NeverAnswer, "no answer");
    is_lost("unauthorized", Form::Protobuf, http(401, &[]), "401");
    is_lost("half_open", Form::Protobuf, Behaviour::NeverRead, "no answer");
}

#[test]
fn deltas_that_are_refused_are_dropped_and_those_that_got_no_answer_come_later() {
    let backend = Backend::start();
    let variables = [("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "delta")];
    let mut generator = Generator::new(&backend, Form::Protobuf, &variables);
    generator.run(3 * INTERVAL);
    backend.set(http(503, &[]));
    generator.run(FAULT);
    backend.set(Behaviour::Accept);
    generator.end();
    let books = generator.books();
    assert_eq!((books.delivered.requests, books.dropped.requests), (generator.recorded, 0));
    assert_eq!(requests_at(&backend), generator.recorded);
    let healthy = generator.recorded;
    backend.set(http(400, &[]));
    generator.run(3 * INTERVAL);
    generator.end();
    backend.set(Behaviour::Accept);
    generator.run(3 * INTERVAL);
    generator.end();
    let books = generator.books();
    assert!(books.dropped.requests > 0 && books.delivered.requests > healthy, "{books:?}");
    assert_eq!(books.delivered.requests + books.dropped.requests, generator.recorded);
    assert_eq!(requests_at(&backend), books.delivered.requests);
    generator.shut_down();
}

#[test]
fn a_change_of_the_backend_s_state_is_told_once() {
    let backend = Backend::start();
    let mut generator = Generator::new(&backend, Form::Protobuf, &[("OTEL_LOGS_EXPORTER", "none")]);
    generator.run(3 * INTERVAL);
    backend.set(http(401, &[]));
    generator.run(5 * INTERVAL);
    backend.set(Behaviour::Accept);
    generator.run(3 * INTERVAL);
    generator.end();
    let notices = generator.engine.take_notices();
    assert_eq!(notices.len(), 2, "{notices:?}");
    assert!(notices[0].contains("cannot be exported") && notices[1].contains("exported again"), "{notices:?}");
    generator.shut_down();
}

#[test]
fn secrets_are_in_no_notice_and_no_reason() {
    let backend = Backend::start();
    let headers = vec![("content-type", "text/plain")];
    // As some do, it tells what it was given.
    backend.set(Behaviour::Http { status: 401, headers, body: b"not allowed: Bearer sEcret-token".to_vec() });
    let variables = [("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20sEcret-token")];
    let mut generator = Generator::new(&backend, Form::Protobuf, &variables);
    generator.run(3 * INTERVAL);
    generator.end();
    generator.shut_down();
    let said = format!("{:?} {:?}", generator.engine.take_notices(), generator.books());
    assert!(said.contains("401 (not allowed") && !said.contains("sEcret"), "{said}");
}

#[test]
fn ten_thousand_series_go_in_several_requests_and_arrive_whole() {
    let backend = Backend::start();
    // Without optimisation, on a busy machine, this takes a while.
    let mut generator = Generator::with_timeout(5 * FLUSH_TIMEOUT, &backend, Form::Grpc, &[]);
    for number in 0..9_000 {
        let name = format!("/item/{number}");
        let request = Request {
            name: &name,
            method: "GET",
            status: NonZeroU16::new(200),
            error_type: None,
            message: None,
            elapsed_ms: Ok(12.5),
            response_bytes: 1,
        };
        generator.engine.record(&request, None::<Anomaly>);
        generator.recorded += 1;
    }
    generator.engine.close_window(clock::now_unix_ns());
    generator.end();
    assert_eq!(requests_at(&backend), generator.recorded);
    let sizes: Vec<_> = backend.requests().iter().map(|request| request.message_bytes).collect();
    assert!(sizes.iter().all(|size| *size < 4 << 20), "{sizes:?}");
    assert!(sizes.len() > 1, "{sizes:?}");
    generator.shut_down();
}

#[test]
fn a_backend_that_is_slow_to_the_end_is_waited_for() {
    let backend = Backend::start();
    backend.set(Behaviour::Delay(Duration::from_secs(1)));
    let mut generator = Generator::new(&backend, Form::Protobuf, &[]);
    generator.run(3 * FAULT);
    generator.end();
    let books = generator.books();
    assert_eq!((books.delivered.requests, books.dropped.requests), (generator.recorded, 0), "{books:?}");
    let points: Vec<_> = backend.metrics().iter().map(|request| request.resource_metrics.len()).collect();
    assert_eq!(backend.requests().iter().filter(|request| request.target.contains("metrics")).count(), points.len());
    generator.shut_down();
}
