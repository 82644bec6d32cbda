//! Tests of the engine, with the time passed in and a recorder that keeps everything.

use super::*;
use crate::testing::Tape;
use locust_telemetry_core::{MAX_MESSAGES, OTHER_MESSAGES, Role};
use std::time::{Duration, Instant};

const S: i64 = 1_000_000_000;

fn identity(run_id: &str) -> RunIdentity {
    RunIdentity {
        run_id: run_id.into(),
        testplan: "plan".into(),
        role: Role::Local,
        source: "LocalRunner".into(),
        source_id: "local".into(),
        metadata: Vec::new(),
        labels: Vec::new(),
    }
}

fn request(name: &str) -> Request<'_> {
    Request {
        name,
        method: "GET",
        status: None,
        error_type: None,
        message: None,
        elapsed_ms: Ok(2.0),
        response_bytes: 1,
    }
}

fn failure<'a>(name: &'a str, message: &'a str) -> Request<'a> {
    Request { error_type: Some("HTTPError"), message: Some(message), ..request(name) }
}

/// The rows of what failed requests said: name, message, count.
fn messages(requests: &RequestAggregate) -> Vec<(&str, &str, u64)> {
    requests.errors.iter().map(|(series, message, count)| (&*series.name, &**message, count)).collect()
}

fn with_tape() -> (Engine, Tape) {
    let (engine, tape) = (Engine::new(10), Tape::default());
    engine.attach(tape.recorder()).unwrap();
    (engine, tape)
}

fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while !done() {
        assert!(Instant::now() < deadline, "{what} did not happen within 5 s");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn flush(engine: &Engine, now_unix_ns: i64) {
    let tickets = engine.flush(now_unix_ns);
    wait_for("flush", || tickets.iter().all(FlushTicket::is_done));
}

#[test]
fn each_second_becomes_one_window_of_the_run() {
    let (engine, tape) = with_tape();
    engine.start_run(identity("a"), 100 * S + 1);
    engine.record(&request("/"), []);
    engine.close_window(101 * S);
    engine.record(&request("/"), []);
    engine.record(&request("/"), []);
    engine.close_window(102 * S);
    flush(&engine, 102 * S);
    let seen: Vec<_> =
        tape.windows().iter().map(|w| (w.run.run_id.clone(), w.window.start_s, w.window.requests.requests())).collect();
    assert_eq!(seen[..2], [("a".into(), 100, 1), ("a".into(), 101, 2)]);
}

#[test]
fn a_run_is_on_from_its_start_to_its_stop_and_as_long_as_requests_come_in_later_seconds() {
    let (engine, tape) = with_tape();
    let span = || {
        let run = engine.report().run.unwrap();
        (run.started_unix_ns, run.stopped_unix_ns)
    };
    engine.start_run(identity("a"), 100 * S + 7);
    engine.record(&request("/"), []);
    engine.close_window(101 * S);
    assert_eq!(span(), (100 * S + 7, None));
    engine.stop_run(101 * S + 9);
    engine.end_run();
    assert_eq!(span(), (100 * S + 7, Some(101 * S + 9)));
    engine.record(&request("/of/a/thread"), []);
    engine.close_window(101 * S + 8 * S / 10);
    assert_eq!(span().1, Some(101 * S + 9), "of the second in which it stopped");
    engine.close_window(103 * S);
    engine.record(&request("/of/a/thread"), []);
    engine.close_window(103 * S + 5);
    assert_eq!(span().1, Some(104 * S), "no rate is of requests beyond the time that it is over");
    engine.end_run();
    flush(&engine, 104 * S);
    let ended: Vec<_> = tape.ended().iter().map(|span| span.ended_unix_ns).collect();
    assert_eq!(ended, [101 * S + 9, 104 * S], "recorders are told the same");
}

#[test]
fn nothing_of_the_last_run_is_in_the_next() {
    let (engine, tape) = with_tape();
    engine.start_run(identity("a"), 0);
    engine.record(&request("/a"), []);
    engine.stop_run(S);
    engine.record(&request("/straggler"), []);
    engine.start_run(identity("b"), 2 * S);
    engine.record(&request("/b"), []);
    flush(&engine, 3 * S);
    let of = |run: &str| {
        let mut all = RequestAggregate::default();
        tape.windows().iter().filter(|w| w.run.run_id == run).for_each(|w| all.merge(&w.window.requests));
        all.series.keys().map(|key| key.name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(of("a"), ["/a", "/straggler"]);
    assert_eq!(of("b"), ["/b"]);
    assert_eq!(engine.report().run.unwrap().totals.requests(), 1);
}

#[test]
fn messages_of_failures_reach_recorders_by_second_and_the_run_s_totals() {
    let (engine, tape) = with_tape();
    engine.start_run(identity("a"), 0);
    [("/", "gone"), ("/", "refused"), ("/", "gone")].iter().for_each(|(name, message)| {
        engine.record(&failure(name, message), []);
    });
    engine.close_window(S);
    engine.record(&failure("/", "gone"), []);
    flush(&engine, 2 * S);
    let windows = tape.windows();
    assert_eq!(messages(&windows[0].window.requests), [("/", "gone", 2), ("/", "refused", 1)]);
    assert_eq!(messages(&windows[1].window.requests), [("/", "gone", 1)]);
    let totals = engine.report().run.unwrap().totals;
    assert_eq!(messages(&totals), [("/", "gone", 3), ("/", "refused", 1)]);
}

#[test]
fn messages_of_stragglers_are_those_of_their_run_and_the_next_run_has_its_own_limit() {
    let (engine, tape) = with_tape();
    engine.start_run(identity("a"), 0);
    for number in 0..=MAX_MESSAGES {
        engine.record(&failure("/", &number.to_string()), []);
    }
    engine.stop_run(S);
    engine.record(&failure("/", "straggler"), []);
    engine.start_run(identity("b"), 2 * S);
    engine.record(&failure("/", "straggler"), []);
    flush(&engine, 3 * S);
    let of = |run: &str| {
        let mut all = RequestAggregate::default();
        tape.windows().iter().filter(|w| w.run.run_id == run).for_each(|w| all.merge(&w.window.requests));
        all
    };
    let (first, second) = (of("a"), of("b"));
    assert!(messages(&first).contains(&("/", OTHER_MESSAGES, 2)));
    assert_eq!(messages(&second), [("/", "straggler", 1)]);
}

#[test]
fn windows_weigh_as_much_as_the_series_and_messages_in_them() {
    let (engine, tape) = with_tape();
    engine.start_run(identity("a"), 0);
    for message in ["gone", "refused"] {
        engine.record(&failure("/", message), []);
    }
    flush(&engine, S);
    assert_eq!(tape.windows()[0].weight(), 1 + 1 + 2);
}

#[test]
fn requests_before_the_first_run_are_counted_as_outside() {
    let (engine, tape) = with_tape();
    engine.record(&request("/"), []);
    engine.start_run(identity("a"), 0);
    flush(&engine, S);
    assert_eq!(engine.report().before_run.get(Anomaly::OutsideRun), 1);
    assert_eq!(tape.windows()[0].window.requests.requests(), 0);
}

#[test]
fn a_known_series_counts_until_the_next_run_only() {
    let (engine, tape) = with_tape();
    engine.start_run(identity("a"), 0);
    assert_eq!(engine.record(&request("/"), []), None);
    let series = engine.record(&request("/"), []).unwrap();
    assert!(engine.record_known(series, Ok(1.0), 1));
    engine.stop_run(S);
    assert!(engine.record_known(series, Ok(1.0), 1), "it finishes after the stop");
    flush(&engine, 2 * S);
    engine.start_run(identity("b"), 2 * S);
    assert!(!engine.record_known(series, Ok(1.0), 1));
    flush(&engine, 3 * S);
    let counts: Vec<u64> = tape.windows().iter().map(|window| window.window.requests.requests()).collect();
    assert_eq!(counts.iter().sum::<u64>(), 4);
}

#[test]
fn windows_are_held_until_the_process_knows_its_name() {
    let (engine, tape) = with_tape();
    engine.hold();
    engine.start_run(identity("early"), 0);
    engine.record(&request("/"), []);
    engine.close_window(S);
    flush(&engine, S);
    assert!(tape.windows().is_empty());
    engine.release(RunIdentity { source_id: "worker-3".into(), ..identity("late") });
    flush(&engine, 2 * S);
    let first = &tape.windows()[0];
    assert_eq!((&*first.run.source_id, first.window.requests.requests()), ("worker-3", 1));
}

#[test]
fn a_stalled_recorder_costs_counted_drops_and_no_time() {
    let (engine, tape) = with_tape();
    tape.stall(true);
    engine.start_run(identity("a"), 0);
    let started = Instant::now();
    let windows = 100_200;
    for second in 1..=windows {
        engine.record(&request("/"), []);
        engine.close_window(second * S);
    }
    assert!(started.elapsed() < Duration::from_secs(20), "closing windows waited for the recorder");
    let (_, balance) = &engine.report().recorders[0];
    assert!(balance.dropped.requests > 0, "the queue must be bounded");
    assert_eq!(balance.reasons[crate::lane::QUEUE_FULL], balance.dropped);
    tape.stall(false);
    flush(&engine, (windows + 1) * S);
    let (_, balance) = &engine.report().recorders[0];
    assert_eq!(balance.queued().requests, 0);
    assert_eq!(balance.delivered.requests + balance.dropped.requests, windows.unsigned_abs());
}

#[test]
fn what_came_before_a_run_is_told_with_that_run_only() {
    let (engine, _tape) = with_tape();
    engine.record(&request("/"), []);
    engine.start_run(identity("a"), 0);
    engine.stop_run(S);
    assert_eq!(engine.report().before_run.get(Anomaly::OutsideRun), 1);
    engine.start_run(identity("b"), 2 * S);
    assert_eq!(engine.report().before_run.get(Anomaly::OutsideRun), 0);
}

#[test]
fn a_recorder_that_panics_costs_counted_drops_and_nobody_waits_for_it() {
    struct Broken;
    impl Recorder for Broken {
        fn id(&self) -> &'static str {
            "broken"
        }
        fn window(&mut self, _window: &RunWindow, _ledger: &Ledger) {
            panic!("on purpose");
        }
        fn flush(&mut self, _ledger: &Ledger) {}
    }
    let engine = Engine::new(10);
    engine.attach(Box::new(Broken)).unwrap();
    engine.start_run(identity("a"), 0);
    for second in 1..=3 {
        engine.record(&request("/"), []);
        engine.close_window(second * S);
    }
    flush(&engine, 4 * S);
    wait_for("the books to balance", || {
        let (_, balance) = &engine.report().recorders[0];
        balance.dropped.requests == 3 && balance.queued().requests == 0
    });
    assert!(engine.take_notices()[0].contains("broken has failed"));
}

#[test]
fn subscribers_fetch_the_same_windows() {
    let engine = Engine::new(10);
    let subscription = engine.subscribe("test".into());
    engine.start_run(identity("a"), 0);
    engine.record(&request("/"), []);
    engine.close_window(S);
    assert_eq!(subscription.next().unwrap().window.requests.requests(), 1);
    assert!(subscription.next().is_none());
    assert_eq!(subscription.ledger().balance().delivered.requests, 1);
}

#[test]
fn ticks_tell_users_and_the_worst_hub_lag_of_the_second() {
    let engine = Engine::new(10);
    let subscription = engine.subscribe("test".into());
    engine.start_run(identity("a"), 0);
    engine.tick(5, 7);
    engine.tick(90, 8);
    engine.tick(1, 12);
    engine.tick(1, 9);
    engine.close_window(S);
    engine.close_window(2 * S);
    let (first, second) = (subscription.next().unwrap(), subscription.next().unwrap());
    assert_eq!((first.window.hub_lag_max_ns, first.window.users), (Some(90), 9));
    assert_eq!((second.window.hub_lag_max_ns, second.window.users), (None, 9));
    assert_eq!(engine.report().run.unwrap().peak_users, 12);
}

#[test]
fn the_thread_closes_windows_by_itself_and_ends_on_shutdown() {
    let engine = Engine::new(10);
    let subscription = engine.subscribe("test".into());
    engine.start_run(identity("a"), clock::now_unix_ns());
    engine.start().unwrap();
    wait_for("a window", || subscription.next().is_some());
    engine.shutdown();
    wait_for("the end of the thread", || Arc::strong_count(&engine.0) == 1);
}

#[test]
fn concurrent_recording_and_closing_loses_nothing() {
    let engine = Engine::new(100);
    let subscription = engine.subscribe("test".into());
    engine.start_run(identity("a"), 0);
    let (threads, each) = (4, 20_000);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let engine = &engine;
            scope.spawn(move || {
                for number in 0..each {
                    engine.record(&request(&format!("/{}", (thread + number) % 20)), []);
                }
            });
        }
        for second in 1..500 {
            engine.close_window(second * S);
        }
    });
    engine.close_window(1_000 * S);
    let fetched: u64 = std::iter::from_fn(|| subscription.next()).map(|w| w.window.requests.requests()).sum();
    assert_eq!(fetched, threads * each);
}
