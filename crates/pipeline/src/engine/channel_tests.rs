use super::*;
use crate::testing::Tape;
use locust_telemetry_core::{Anomaly, Event, Reason, Request, RequestAggregate, Role, RunIdentity, SystemSample};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

const S: i64 = 1_000_000_000;

fn identity(role: Role, source_id: &str) -> RunIdentity {
    RunIdentity {
        run_id: "a".into(),
        testplan: "plan".into(),
        role,
        source: "Runner".into(),
        source_id: source_id.into(),
        metadata: Vec::new(),
        labels: Vec::new(),
    }
}

fn get(name: &str) -> Request<'_> {
    Request {
        name,
        method: "GET",
        status: None,
        error_type: None,
        message: None,
        elapsed_ms: Ok(5.0),
        response_bytes: 1,
    }
}

fn record(engine: &Engine, name: &str) {
    engine.record(&get(name), None::<Anomaly>);
}

fn record_failure(engine: &Engine, name: &str, message: &str) {
    let failure = Request { error_type: Some("HTTPError"), message: Some(message), ..get(name) };
    engine.record(&failure, None::<Anomaly>);
}

fn wait_for(what: &str, look: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !look() {
        assert!(Instant::now() < deadline, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn recorder(engine: &Engine) -> Tape {
    let tape = Tape::default();
    engine.attach(tape.recorder()).unwrap();
    tape
}

/// An answer at once, from a master whose clock is `offset_ns` ahead.
fn exchange(at_ns: i64, offset_ns: i64) -> Exchange {
    Exchange {
        sent_ns: at_ns,
        received_ns: at_ns + offset_ns + 1_000,
        replied_ns: at_ns + offset_ns + 1_000,
        returned_ns: at_ns + 2_000,
    }
}

#[test]
fn a_worker_s_windows_wait_for_the_clock_and_then_have_the_master_s_seconds() {
    let engine = Engine::new(10);
    let tape = recorder(&engine);
    engine.await_clock();
    engine.start_run(identity(Role::Worker, "worker-0"), 100 * S);
    record(&engine, "/early");
    engine.event(Event { time_unix_ns: 100 * S + 5, name: "moment".into(), attributes: Vec::new() });
    engine.close_window(101 * S);
    assert!(tape.windows().is_empty());
    engine.clock_exchange(&exchange(101 * S, 1_200 * S + S / 2));
    record(&engine, "/later");
    engine.close_window(101 * S + S / 2);
    wait_for("two windows", || tape.windows().len() == 2);
    let windows: Vec<_> = tape.windows().into_iter().map(|window| window.window).collect();
    assert_eq!(windows.iter().map(|window| window.start_s).collect::<Vec<_>>(), [1_300, 1_301]);
    assert_eq!(windows[0].events[0].time_unix_ns, 100 * S + 5 + 1_200 * S + S / 2);
    assert_eq!(engine.report().run.unwrap().started_unix_ns, 100 * S + 1_200 * S + S / 2);
    engine.stop_run(101 * S + S / 2);
    let stopped = engine.report().run.unwrap();
    let times = (stopped.started_unix_ns, stopped.stopped_unix_ns);
    assert_eq!(times, (100 * S + 1_200 * S + S / 2, Some(101 * S + 1_200 * S + S)), "both in the master's time, once");
    engine.shutdown();
}

#[test]
fn a_window_stays_in_its_second_when_a_better_exchange_moves_the_clock_meanwhile() {
    let engine = Engine::new(10);
    let tape = recorder(&engine);
    engine.start_run(identity(Role::Worker, "worker-0"), 100 * S);
    engine.clock_exchange(&Exchange { returned_ns: 100 * S + 8_000_000, ..exchange(100 * S, 0) });
    record(&engine, "/first");
    engine.close_window(101 * S);
    record(&engine, "/second");
    engine.clock_exchange(&exchange(101 * S + S / 2, -1_000_000));
    engine.close_window(102 * S);
    wait_for("two windows", || tape.windows().len() == 2);
    assert_eq!(tape.windows().iter().map(|window| window.window.start_s).collect::<Vec<_>>(), [100, 101]);
    engine.shutdown();
}

#[test]
fn a_worker_whose_master_never_answers_goes_by_its_own_clock() {
    let engine = Engine::new(10);
    let tape = recorder(&engine);
    engine.await_clock();
    engine.start_run(identity(Role::Worker, "worker-0"), 100 * S);
    record(&engine, "/");
    engine.close_window(101 * S);
    engine.clock_unknown();
    wait_for("a window", || tape.windows().len() == 1);
    assert_eq!(tape.windows()[0].window.start_s, 100);
    engine.shutdown();
}

#[test]
fn a_late_worker_s_windows_wait_for_both_its_name_and_its_clock() {
    let engine = Engine::new(10);
    let tape = recorder(&engine);
    engine.hold();
    engine.await_clock();
    engine.start_run(identity(Role::Local, "local"), 100 * S);
    record(&engine, "/");
    engine.close_window(101 * S);
    engine.clock_exchange(&exchange(101 * S, 0));
    engine.close_window(102 * S);
    std::thread::sleep(Duration::from_millis(20));
    assert!(tape.windows().is_empty());
    engine.release(identity(Role::Worker, "worker-3"));
    wait_for("the windows", || tape.windows().len() == 2);
    assert!(tape.windows().iter().all(|window| window.run.source_id == "worker-3"));
    engine.shutdown();
}

/// Why the windows are suspect that end so many nanoseconds after the begin of a run, by the CPU that was used in each.
fn judged(samples: &'static [(i64, f64)]) -> Vec<Vec<Reason>> {
    let engine = Engine::new(10);
    let tape = recorder(&engine);
    let mut percents = samples.iter().map(|(_, percent)| *percent);
    engine.set_system_source(Box::new(move || {
        percents.next().map(|process_cpu_percent| SystemSample { process_cpu_percent, ..SystemSample::default() })
    }));
    // The first sample covers what went by since the source was set.
    let begin_ns = crate::clock::now_unix_ns();
    engine.start_run(identity(Role::Local, "local"), begin_ns);
    samples.iter().for_each(|(end_ns, _)| engine.close_window(begin_ns + end_ns));
    wait_for("the windows", || tape.windows().len() == samples.len());
    engine.shutdown();
    tape.windows().iter().map(|window| window.window.reasons.iter().collect()).collect()
}

#[test]
fn a_window_is_judged_by_the_sample_of_just_its_time() {
    assert_eq!(judged(&[(S, 95.0), (2 * S, 10.0)]), [vec![Reason::ProcessCpu], vec![]]);
}

#[test]
fn the_fraction_of_a_second_with_which_a_run_ends_is_not_judged_by_its_cpu() {
    assert_eq!(judged(&[(S, 10.0), (S + S / 3, 95.0)]), [vec![], vec![]]);
}

#[test]
fn nothing_is_sent_to_a_master_that_has_not_said_that_it_reads_frames() {
    let engine = Engine::new(10);
    engine.start_run(identity(Role::Worker, "worker-0"), 0);
    record(&engine, "/");
    engine.close_window(S);
    assert_eq!(engine.frame(S), None);
    assert!(engine.is_acknowledged());
    engine.shutdown();
}

/// Windows of the master, put together by second.
fn by_second(tape: &Tape) -> BTreeMap<i64, RequestAggregate> {
    let mut seconds = BTreeMap::<i64, RequestAggregate>::new();
    for window in tape.windows() {
        seconds.entry(window.window.start_s).or_default().merge(&window.window.requests);
    }
    seconds
}

#[test]
fn a_master_s_windows_and_books_are_those_of_its_workers() {
    let now_ns = crate::clock::now_unix_ns() / S * S;
    let master = Engine::new(10);
    let tape = recorder(&master);
    master.start_run(identity(Role::Master, "master"), now_ns);
    let workers: Vec<_> = (0..2)
        .map(|number| {
            let worker = Engine::new(10);
            worker.send_frames();
            worker.start_run(identity(Role::Worker, &format!("worker-{number}")), now_ns);
            master.worker(format!("host_{number}"), format!("worker-{number}"), WorkerState::Running, now_ns);
            worker
        })
        .collect();
    let tapes: Vec<_> = workers.iter().map(recorder).collect();
    for second in 1..=3 {
        for (number, worker) in workers.iter().enumerate() {
            (0..=number).for_each(|_| record(worker, "/"));
            record_failure(worker, "/", "gone");
            record_failure(worker, "/", &format!("refused by {number}"));
            worker.close_window(now_ns + second * S);
        }
    }
    for (number, worker) in workers.iter().enumerate() {
        worker.stop_run(now_ns + 3 * S);
        master.merge(format!("host_{number}"), worker.frame(now_ns).unwrap(), now_ns);
    }
    master.stop_run(now_ns + 3 * S);
    wait_for("all frames", || master.is_merged());
    for message in master.worker_messages() {
        let WorkerMessage::Acknowledge { client_id, sequence } = message else { panic!("asked for {message:?}") };
        let number: usize = client_id.trim_start_matches("host_").parse().unwrap();
        workers[number].acknowledge(sequence);
    }
    assert!(workers.iter().all(Engine::is_acknowledged));
    let flush = master.flush(now_ns + 3 * S);
    wait_for("the flush", || flush.iter().all(crate::FlushTicket::is_done));
    let mut expected = BTreeMap::<i64, RequestAggregate>::new();
    for tape in &tapes {
        by_second(tape).into_iter().for_each(|(second, requests)| expected.entry(second).or_default().merge(&requests));
    }
    expected.retain(|_, requests| !requests.is_empty());
    let mut merged = by_second(&tape);
    merged.retain(|_, requests| !requests.is_empty());
    assert_eq!(merged, expected);
    let report = master.report();
    let totals = report.run.unwrap().totals;
    assert_eq!((totals.requests(), totals.failures()), (21, 12));
    let messages: Vec<_> = totals.errors.iter().map(|(_, message, count)| (&**message, count)).collect();
    assert_eq!(messages, [("gone", 6), ("refused by 0", 3), ("refused by 1", 3)]);
    assert_eq!(report.workers.iter().map(|account| account.requests).collect::<Vec<_>>(), [9, 12]);
    assert_eq!(master.latency().count(), 21);
    assert_eq!(master.endpoints().iter().map(|at| (&*at.name, at.requests)).collect::<Vec<_>>(), [("/", 21)]);
    workers.iter().for_each(Engine::shutdown);
    master.shutdown();
}

/// When the run of a master ended whose first workers say that their users stopped at these moments (nanoseconds after
/// its start), and the master's own `test_stop` comes after three seconds.
fn end_with(stopped_ns: [Option<i64>; 2]) -> i64 {
    let now_ns = crate::clock::now_unix_ns() / S * S;
    let master = Engine::new(10);
    master.start_run(identity(Role::Master, "master"), now_ns);
    for (number, stopped_ns) in stopped_ns.into_iter().enumerate() {
        let worker = Engine::new(10);
        worker.send_frames();
        worker.start_run(identity(Role::Worker, &format!("worker-{number}")), now_ns);
        master.worker(format!("host_{number}"), format!("worker-{number}"), WorkerState::Running, now_ns);
        record(&worker, "/");
        worker.close_window(now_ns + S);
        if let Some(stopped_ns) = stopped_ns {
            let name = "locust.tl.event.test.stop".into();
            worker.event(Event { time_unix_ns: now_ns + stopped_ns, name, attributes: Vec::new() });
            worker.stop_run(now_ns + stopped_ns + 1_000);
        }
        master.merge(format!("host_{number}"), worker.frame(now_ns).unwrap(), now_ns + 5 * S);
        worker.shutdown();
    }
    master.stop_run(now_ns + 3 * S);
    let flush = master.flush(now_ns + 3 * S);
    wait_for("the flush", || flush.iter().all(crate::FlushTicket::is_done));
    let run = master.report().run.unwrap();
    master.shutdown();
    run.stopped_unix_ns.unwrap() - now_ns
}

#[test]
fn a_master_s_run_ends_when_the_last_user_of_its_workers_had_stopped() {
    assert_eq!(end_with([Some(2 * S + 20), Some(2 * S + 10)]), 2 * S + 20);
    assert_eq!(end_with([Some(2 * S), None]), 3 * S, "of one that was lost nobody knows when its users stopped");
    assert_eq!(end_with([Some(2 * S), Some(4 * S)]), 4 * S, "a master may not wait for them");
    assert_eq!(end_with([Some(2 * S), Some(900 * S)]), 5 * S, "never later than the word of it came");
    assert_eq!(end_with([None, None]), 3 * S);
}

#[test]
fn a_master_merges_no_more_series_than_it_is_told_to_keep() {
    let now_ns = crate::clock::now_unix_ns() / S * S;
    let (master, worker) = (Engine::new(10), Engine::new(10));
    master.set_max_series(2);
    master.start_run(identity(Role::Master, "master"), now_ns);
    worker.send_frames();
    worker.start_run(identity(Role::Worker, "worker-0"), now_ns);
    master.worker("host".into(), "worker-0".into(), WorkerState::Running, now_ns);
    ["/a", "/b", "/c", "/d"].iter().for_each(|name| record(&worker, name));
    worker.stop_run(now_ns + S);
    master.merge("host".into(), worker.frame(now_ns).unwrap(), now_ns);
    master.stop_run(now_ns + S);
    wait_for("all frames", || master.is_merged());
    let flush = master.flush(now_ns + S);
    wait_for("the flush", || flush.iter().all(crate::FlushTicket::is_done));
    let requests: Vec<_> = master.endpoints().into_iter().map(|at| (at.name, at.requests)).collect();
    let named = |name: &str, count| (name.to_owned(), count);
    assert_eq!(requests, [named("(overflow)", 2), named("/a", 1), named("/b", 1)]);
    worker.shutdown();
    master.shutdown();
}
