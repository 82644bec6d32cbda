//! What a master's intervals tell of its workers, and the reconciliation: written and read back.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use locust_telemetry_core::reconciliation::{Cause, Comparison, EndpointName, Reconciliation, WorkerAccount};
use locust_telemetry_core::{FrameCounts, Reason, SystemSample, WorkerState, WorkerWindow};
use locust_telemetry_json::{
    CauseEntry, ClockEntry, Entry, Interval, Phase, VerdictEntry, WorkerEntry, line, parse_line, reconciliation_fields,
};
use locust_telemetry_pipeline::Record;
use proptest::prelude::*;
use serde_json::Value;
use support::{START_S, encoded, master, part, reasons, record, window};

/// An interval of these seconds, each with these parts and no requests of endpoints.
fn interval(seconds: Vec<(i64, Vec<WorkerWindow>)>) -> Interval {
    let window = |(second, workers)| {
        let mut window = window(&master("r1"), START_S + second, &[]);
        window.window.workers = workers;
        window
    };
    let mut windows = seconds.into_iter().map(window);
    let mut interval = Interval::begin(&windows.next().unwrap(), Phase::Steady);
    windows.for_each(|window| interval.add(&window));
    interval
}

fn telemetry(interval: &Interval) -> Vec<Value> {
    let lines = encoded(interval);
    let line = |line: &[u8]| serde_json::from_slice::<Value>(line).unwrap()["telemetry"].clone();
    lines.bytes().split_inclusive(|&byte| byte == b'\n').map(line).collect()
}

fn read(interval: &Interval) -> Vec<WorkerEntry> {
    let lines = encoded(interval);
    let entry = |line| match parse_line(line).unwrap() {
        Entry::Worker(entry) => entry,
        other => panic!("{other:?}"),
    };
    lines.bytes().split_inclusive(|&byte| byte == b'\n').map(entry).collect()
}

fn with_system(change: impl FnOnce(&mut SystemSample)) -> WorkerWindow {
    let mut part = part("worker-0", 1);
    change(part.system.as_mut().unwrap());
    part
}

#[test]
fn each_worker_has_one_line_for_the_interval() {
    let first = (0, vec![part("worker-0", 2), part("worker-1", 3)]);
    let entries = read(&interval(vec![first, (1, vec![part("worker-1", 4)])]));
    let told: Vec<_> = entries.iter().map(|entry| (entry.worker.as_str(), entry.requests, entry.failures)).collect();
    assert_eq!(told, [("worker-0", 2, 1), ("worker-1", 7, 3)]);
    assert_eq!((entries[0].interval_start_ms, entries[0].interval_seconds), (START_S * 1_000, 2.0));
}

#[test]
fn waits_add_up_while_lags_do_not() {
    let late = WorkerWindow { hub_lag_max_ns: Some(80_000_000), ..part("worker-0", 0) };
    let fields = &telemetry(&interval(vec![(0, vec![late]), (1, vec![part("worker-0", 0)])]))[0];
    assert_eq!((&fields["hub_lag_ms"], &fields["run_queue_delay_ms"]), (&80.0.into(), &3.0.into()));
    assert_eq!(fields["throttled_ms"], 0.0);
}

#[test]
fn cpu_is_the_mean_and_the_maximum_of_the_samples() {
    let busy = with_system(|sample| sample.process_cpu_percent = 98.0);
    let unknown = WorkerWindow { system: None, ..part("worker-0", 1) };
    let entry = read(&interval(vec![(0, vec![busy]), (1, vec![part("worker-0", 1)]), (2, vec![unknown])])).remove(0);
    assert_eq!((entry.cpu_percent, entry.cpu_percent_max), (Some(69.0), Some(98.0)));
}

#[test]
fn levels_are_those_of_the_newest_second_and_counters_those_that_came_last() {
    let mut newest = with_system(|sample| {
        (sample.process_memory_bytes, sample.network_sent_bytes, sample.network_received_bytes) =
            (128 << 20, 7 << 20, 8 << 20);
    });
    newest.users = 9;
    let mut last = part("worker-0", 1);
    last.frames.received = 30;
    last.state = WorkerState::Back;
    let interval = interval(vec![(0, vec![part("worker-0", 1)]), (2, vec![newest]), (1, vec![last])]);
    let fields = &telemetry(&interval)[0];
    assert_eq!((&fields["memory_mib"], &fields["user_count"]), (&128.0.into(), &9.into()));
    assert_eq!((&fields["network_sent_mib"], &fields["network_recv_mib"]), (&7.0.into(), &8.0.into()));
    assert_eq!((&fields["frames_received"], &fields["state"]), (&30.into(), &"back".into()));
}

#[test]
fn what_is_not_known_is_null() {
    let nothing = WorkerWindow { source_id: "worker-0".into(), ..WorkerWindow::default() };
    let fields = &telemetry(&interval(vec![(0, vec![nothing])]))[0];
    let unknown = [
        "percentile_50",
        "percentile_95",
        "percentile_99",
        "max_response_time",
        "cpu_percent",
        "cpu_percent_max",
        "memory_mib",
        "network_sent_mib",
        "network_recv_mib",
        "hub_lag_ms",
        "run_queue_delay_ms",
        "throttled_ms",
        "clock_offset_ms",
        "clock_error_ms",
    ];
    for key in unknown {
        assert_eq!(fields[key], Value::Null, "{key}");
    }
    assert_eq!(
        (&fields["state"], &fields["num_requests"], &fields["confidence"]),
        (&"ready".into(), &0.into(), &"trusted".into())
    );
}

#[test]
fn a_clock_that_was_known_stays_known() {
    let unknown = WorkerWindow { clock: None, ..part("worker-0", 1) };
    let entry = read(&interval(vec![(0, vec![part("worker-0", 1)]), (1, vec![unknown])])).remove(0);
    assert_eq!(entry.clock, Some(ClockEntry { offset_ms: -1.25, error_ms: 0.04 }));
}

#[test]
fn each_worker_has_its_own_verdict_over_its_own_seconds() {
    let suspect = |why: &[Reason]| WorkerWindow { reasons: reasons(why), ..part("worker-0", 1) };
    let entries = read(&interval(vec![
        (0, vec![suspect(&[Reason::HubLag]), part("worker-1", 1)]),
        (0, vec![suspect(&[Reason::Throttled])]),
        (1, vec![part("worker-0", 1)]),
        (2, vec![suspect(&[Reason::HubLag])]),
    ]));
    let reasons = vec!["hub_lag".to_owned(), "throttled".to_owned()];
    assert_eq!(entries[0].verdict, VerdictEntry { reasons, suspect_seconds: 2 });
    assert_eq!(entries[1].verdict, VerdictEntry::default());
}

#[test]
fn a_late_line_of_a_worker_says_so() {
    let mut window = window(&master("r1"), START_S, &[]);
    window.window.workers = vec![part("worker-0", 1)];
    let entry = read(&Interval::late(&window, Phase::RampUp)).remove(0);
    assert_eq!((entry.is_late, entry.phase, entry.interval_seconds), (true, Some(Phase::RampUp), 1.0));
}

fn reread(reconciliation: &Reconciliation) -> locust_telemetry_json::ReconciliationEntry {
    let telemetry = reconciliation_fields(&master("r1"), reconciliation);
    match parse_line(&line::encode(&Record { telemetry, ..record() })).unwrap() {
        Entry::Reconciliation(entry) => entry,
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_cause_is_read_back_with_what_it_knows() {
    let worker = || "worker-3".to_owned();
    let seconds = Some((START_S, START_S + 4));
    let causes = vec![
        Cause::FramesLost { worker: worker(), frames: 2, seconds, requests: Some(7) },
        Cause::FramesLost { worker: worker(), frames: 1, seconds: None, requests: None },
        Cause::ReportsLost { worker: worker(), requests: Some(4) },
        Cause::WorkerSilent { worker: worker(), requests: None },
        Cause::StatisticsReset { requests: 5 },
        Cause::AfterLocust { requests: 6 },
        Cause::Overflow { requests: 8 },
        Cause::Unexplained { missing_requests: 1, surplus_requests: 2, failures: 3 },
    ];
    let entry = reread(&Reconciliation { causes, ..Reconciliation::default() });
    let named = |cause: &str| CauseEntry { cause: cause.into(), ..CauseEntry::default() };
    let of_worker = |cause| CauseEntry { worker: Some(worker()), ..named(cause) };
    let expected = [
        CauseEntry {
            from_ms: Some(START_S * 1_000),
            until_ms: Some(START_S * 1_000 + 4_000),
            frames: Some(2),
            requests: Some(7),
            ..of_worker("frames_lost")
        },
        CauseEntry { frames: Some(1), ..of_worker("frames_lost") },
        CauseEntry { requests: Some(4), ..of_worker("reports_lost") },
        of_worker("worker_silent"),
        CauseEntry { requests: Some(5), ..named("statistics_reset") },
        CauseEntry { requests: Some(6), ..named("after_locust") },
        CauseEntry { requests: Some(8), ..named("overflow") },
        CauseEntry { missing_requests: Some(1), surplus_requests: Some(2), failures: Some(3), ..named("unexplained") },
    ];
    assert_eq!(entry.causes, expected);
}

proptest! {
    #[test]
    fn a_worker_is_read_back_as_it_was(
        counts in prop::collection::vec(0_u64..1 << 50, 10),
        offset_ns in any::<i32>(),
        id in any::<String>(),
        is_known in any::<bool>(),
    ) {
        let part = WorkerWindow {
            source_id: id.clone(),
            requests: counts[0],
            failures: counts[1],
            users: counts[2],
            hub_lag_max_ns: is_known.then_some(counts[3]),
            clock: is_known.then_some(locust_telemetry_core::ClockOffset {
                offset_ns: i64::from(offset_ns), error_ns: counts[4],
            }),
            frames: FrameCounts {
                received: counts[5], resent: counts[6], reordered: counts[7], replayed: counts[8], refused: counts[9],
                lost: counts[0],
            },
            ..WorkerWindow::default()
        };
        let entry = read(&interval(vec![(0, vec![part.clone()])])).remove(0);
        prop_assert_eq!((entry.worker, entry.source_id, entry.state), (id, "master".into(), "ready".into()));
        prop_assert_eq!((entry.requests, entry.failures, entry.user_count), (part.requests, part.failures, part.users));
        prop_assert_eq!(entry.frames, part.frames);
        prop_assert_eq!(entry.hub_lag_ms, part.hub_lag_max_ns.map(|ns| ns as f64 / 1e6));
        prop_assert_eq!(entry.clock.map(|clock| clock.offset_ms), part.clock.map(|clock| clock.offset_ns as f64 / 1e6));
    }

    #[test]
    fn a_reconciliation_is_read_back_as_it_was(
        endpoints in prop::collection::btree_map((any::<String>(), any::<String>()), prop::array::uniform4(0_u64..1 << 40), 0..8),
        lost in prop::option::of((0_i64..1 << 32, 0_i64..1 << 32)),
        is_silent in any::<bool>(),
    ) {
        let mut all = Reconciliation::default();
        for ((name, method), [a, b, c, d]) in &endpoints {
            let mut comparison = Comparison::default();
            (comparison.locust.requests, comparison.locust.failures) = (*a, *b);
            (comparison.recorded.requests, comparison.recorded.failures) = (*c, *d);
            all.total.locust.add(comparison.locust);
            all.total.recorded.add(comparison.recorded);
            all.endpoints.insert(EndpointName { name: name.as_str().into(), method: method.as_str().into() }, comparison);
        }
        all.workers = vec![WorkerAccount { source_id: "worker-0".into(), lost, is_silent, requests: 3, ..Default::default() }];
        let entry = reread(&all);
        prop_assert_eq!(entry.locust.requests, all.total.locust.requests);
        prop_assert_eq!(entry.recorded.failures, all.total.recorded.failures);
        prop_assert_eq!(entry.endpoints_differing, all.differing().len() as u64);
        for (entry, (name, comparison)) in entry.endpoints.iter().zip(all.differing()) {
            prop_assert_eq!((&*entry.name, &*entry.method), (&*name.name, &*name.method));
            prop_assert_eq!(entry.locust.requests, comparison.locust.requests);
            prop_assert_eq!(entry.recorded.requests, comparison.recorded.requests);
        }
        let worker = &entry.workers[0];
        prop_assert_eq!((worker.is_silent, worker.requests), (is_silent, 3));
        prop_assert_eq!(worker.lost_from_ms.zip(worker.lost_until_ms), lost.map(|(from, until)| (from * 1_000, until * 1_000)));
    }
}
