use super::*;
use crate::batch::Bundle;
use crate::metric::Point;
use crate::receipt::Receipt;
use crate::settings::{Aggregation, Temporality};
use crate::spans::Spans;
use locust_telemetry_core::{ClockOffset, FrameCounts, Reason, Role, WorkerState};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Figure;

const S: u64 = 1_000_000_000;

fn identity(role: Role) -> Arc<RunIdentity> {
    Arc::new(RunIdentity {
        run_id: "a".into(),
        testplan: "plan".into(),
        role,
        source: "MasterRunner".into(),
        source_id: "master".into(),
        metadata: Vec::new(),
        labels: Vec::new(),
    })
}

fn worker(state: WorkerState, reasons: Reasons) -> WorkerWindow {
    WorkerWindow {
        source_id: "worker-0".into(),
        state,
        users: 7,
        reasons,
        hub_lag_max_ns: Some(2_000_000),
        system: Some(SystemSample { process_cpu_percent: 12.5, process_memory_bytes: 64, ..SystemSample::default() }),
        clock: Some(ClockOffset { offset_ns: -3_000_000, error_ns: 500_000 }),
        frames: FrameCounts { received: 5, lost: 1, ..FrameCounts::default() },
        ..WorkerWindow::default()
    }
}

fn window(run: &Arc<RunIdentity>, start_s: i64, workers: Vec<WorkerWindow>) -> RunWindow {
    let mut reasons = Reasons::NONE;
    workers.iter().for_each(|worker| reasons.merge(worker.reasons));
    RunWindow { run: Arc::clone(run), window: Window { start_s, reasons, workers, ..Window::default() } }
}

/// What an export would say: name, value and the interesting attribute; `None` for the end of a series.
fn told(instruments: &Instruments, now_ns: u64) -> Vec<(String, Option<f64>, String)> {
    let mut bundles = Vec::<Bundle<Receipt>>::new();
    instruments.all().iter().for_each(|instrument| instrument.bundles(now_ns, &mut bundles));
    let mut told = Vec::new();
    for bundle in bundles {
        if let Receipt::Set { instrument, number, is_last } = bundle.receipt {
            instrument.settle(number, true, is_last);
        }
        for (head, point) in bundle.points {
            let Point::Number(point) = point else { panic!("no number") };
            let value = point.value.map(|value| match value {
                Figure::AsInt(value) => value as f64,
                Figure::AsDouble(value) => value,
            });
            let find = |key: &str| {
                let pair = point.attributes.iter().find(|pair| pair.key == key)?;
                if let Some(Value::StringValue(text)) = pair.value.clone()?.value { Some(text) } else { None }
            };
            let shown = ["state", "outcome", "verdict", "reason", "direction", "source_id"].into_iter().find_map(find);
            let name = head.name.trim_start_matches("locust.tl.").to_owned();
            told.push((name, value, shown.unwrap_or_default()));
        }
    }
    told
}

fn fixture(speaks_for_workers: bool) -> (Instruments, Fleet) {
    let instruments = Instruments::new(Spans::new(Temporality::Cumulative, Aggregation::Explicit));
    let fleet = Fleet::new(&instruments, speaks_for_workers);
    (instruments, fleet)
}

fn has(told: &[(String, Option<f64>, String)], name: &str, value: Option<f64>, shown: &str) -> bool {
    told.contains(&(name.to_owned(), value, shown.to_owned()))
}

#[test]
fn a_worker_s_state_frames_and_clock_are_told_and_its_last_state_ends() {
    let (instruments, mut fleet) = fixture(false);
    let run = identity(Role::Master);
    fleet.add(&window(&run, 100, vec![worker(WorkerState::Ready, Reasons::NONE)]), 101 * S);
    let first = told(&instruments, 102 * S);
    assert!(has(&first, "worker.metric.state", Some(1.0), "ready"));
    assert!(has(&first, "worker.metric.frames", Some(5.0), "received"));
    assert!(has(&first, "worker.metric.frames", Some(1.0), "lost"));
    assert!(has(&first, "worker.metric.clock.offset", Some(-3.0), "master"));
    assert!(has(&first, "worker.metric.clock.error", Some(0.5), "master"));
    fleet.add(&window(&run, 101, vec![worker(WorkerState::Running, Reasons::NONE)]), 102 * S);
    let second = told(&instruments, 103 * S);
    assert!(has(&second, "worker.metric.state", Some(1.0), "running"));
    assert!(has(&second, "worker.metric.state", None, "ready"));
}

#[test]
fn a_window_too_short_for_a_look_at_the_hub_ends_no_series() {
    let (instruments, mut fleet) = fixture(false);
    let mut looked = window(&identity(Role::Local), 100, Vec::new());
    looked.window.hub_lag_max_ns = Some(3_000_000);
    fleet.add(&looked, 101 * S);
    assert!(has(&told(&instruments, 102 * S), "system.metric.hub.lag", Some(3.0), "master"));
    fleet.add(&window(&identity(Role::Local), 101, Vec::new()), 102 * S);
    let second = told(&instruments, 103 * S);
    assert!(has(&second, "system.metric.hub.lag", Some(3.0), "master"));
    assert!(!has(&second, "system.metric.hub.lag", None, "master"));
}

#[test]
fn workers_that_export_themselves_are_not_spoken_for() {
    let (instruments, mut fleet) = fixture(false);
    fleet.add(&window(&identity(Role::Master), 100, vec![worker(WorkerState::Running, Reasons::NONE)]), 101 * S);
    let told = told(&instruments, 102 * S);
    assert!(told.iter().all(|(name, ..)| !["user.metric.count", "system.metric.cpu"].contains(&&**name)));
    assert!(!has(&told, "system.metric.hub.lag", Some(2.0), "worker-0"));
}

#[test]
fn workers_that_do_not_are() {
    let (instruments, mut fleet) = fixture(true);
    fleet.add(&window(&identity(Role::Master), 100, vec![worker(WorkerState::Running, Reasons::NONE)]), 101 * S);
    let told = told(&instruments, 102 * S);
    assert!(has(&told, "user.metric.count", Some(7.0), "worker-0"));
    assert!(has(&told, "system.metric.cpu", Some(12.5), "worker-0"));
    assert!(has(&told, "system.metric.mem", Some(64.0), "worker-0"));
    assert!(has(&told, "system.metric.network", Some(0.0), "recv"));
    assert!(has(&told, "system.metric.hub.lag", Some(2.0), "worker-0"));
}

/// What is told of a worker's system, and whether as an end.
fn system_told(instruments: &Instruments, now_ns: u64) -> Vec<(String, bool)> {
    let told = told(instruments, now_ns).into_iter();
    let of_system = told.filter(|(name, ..)| name.starts_with("system.metric."));
    of_system.map(|(name, value, _)| (name, value.is_none())).collect()
}

#[test]
fn a_second_without_a_sample_ends_no_series_of_a_worker_that_is_there() {
    let (instruments, mut fleet) = fixture(true);
    let run = identity(Role::Master);
    let unsampled = |state| WorkerWindow { hub_lag_max_ns: None, system: None, ..worker(state, Reasons::NONE) };
    fleet.add(&window(&run, 100, vec![worker(WorkerState::Running, Reasons::NONE)]), 101 * S);
    let first = system_told(&instruments, 102 * S);
    assert_eq!(first.len(), 5);
    fleet.add(&window(&run, 101, vec![unsampled(WorkerState::Running)]), 102 * S);
    assert_eq!(system_told(&instruments, 103 * S), first);
    fleet.add(&window(&run, 102, vec![unsampled(WorkerState::Missing)]), 103 * S);
    let ends = system_told(&instruments, 104 * S);
    assert_eq!(ends.len(), 5);
    assert!(ends.iter().all(|(_, is_end)| *is_end));
}

#[test]
fn a_worker_that_leaves_takes_its_series_along_though_it_told_of_its_last_second() {
    let (instruments, mut fleet) = fixture(true);
    let run = identity(Role::Master);
    fleet.add(&window(&run, 100, vec![worker(WorkerState::Running, Reasons::NONE)]), 101 * S);
    assert!(has(&told(&instruments, 102 * S), "user.metric.count", Some(7.0), "worker-0"));
    fleet.add(&window(&run, 101, vec![worker(WorkerState::Gone, Reasons::NONE)]), 102 * S);
    let last = told(&instruments, 103 * S);
    assert!(has(&last, "user.metric.count", None, "worker-0"));
    assert!(has(&last, "system.metric.cpu", None, "worker-0"));
    assert!(has(&last, "worker.metric.state", Some(1.0), "gone"));
}

#[test]
fn seconds_are_counted_by_verdict_and_by_reason() {
    let (instruments, mut fleet) = fixture(false);
    let run = identity(Role::Master);
    let mut late = Reasons::NONE;
    late.add(Reason::HubLag);
    fleet.add(&window(&run, 100, vec![worker(WorkerState::Running, Reasons::NONE)]), 101 * S);
    fleet.add(&window(&run, 101, vec![worker(WorkerState::Running, late)]), 102 * S);
    fleet.tell_all_seconds(103 * S);
    let told = told(&instruments, 103 * S);
    assert!(has(&told, "confidence.metric.seconds", Some(1.0), "trusted"));
    assert!(has(&told, "confidence.metric.seconds", Some(1.0), "suspect"));
    assert!(has(&told, "confidence.metric.suspect.seconds", Some(1.0), "hub_lag"));
}

#[test]
fn a_missing_worker_is_a_reason_of_its_own_and_that_worker_s_alone() {
    let (instruments, mut fleet) = fixture(true);
    let run = identity(Role::Master);
    let mut missing = Reasons::NONE;
    missing.add(Reason::WorkerMissing);
    let there = WorkerWindow { source_id: "worker-1".into(), ..worker(WorkerState::Running, Reasons::NONE) };
    fleet.add(&window(&run, 100, vec![worker(WorkerState::Missing, missing), there]), 101 * S);
    fleet.tell_all_seconds(102 * S);
    let told = told(&instruments, 102 * S);
    let reason = told.iter().filter(|(name, seconds, shown)| {
        name == "confidence.metric.suspect.seconds" && *seconds == Some(1.0) && shown == "worker_missing"
    });
    assert_eq!(reason.count(), 2, "of the run, and of the worker: {told:?}");
}

/// The trusted and the suspect seconds as they are told now.
fn seconds_told(instruments: &Instruments, now_ns: u64) -> [f64; 2] {
    let told = told(instruments, now_ns);
    ["trusted", "suspect"].map(|verdict| {
        let of_verdict =
            |(name, _, shown): &&(String, Option<f64>, String)| name == "confidence.metric.seconds" && shown == verdict;
        // After the zero with which it begins.
        told.iter().filter(of_verdict).filter_map(|(_, seconds, _)| *seconds).fold(0.0, f64::max)
    })
}

#[test]
fn trusted_seconds_never_fall_and_are_exact_in_the_end() {
    let mut late = Reasons::NONE;
    late.add(Reason::HubLag);
    for role in [Role::Master, Role::Local] {
        let (instruments, mut fleet) = fixture(false);
        let run = identity(role);
        let mut told = Vec::new();
        for second in 100..130 {
            fleet.add(&window(&run, second, vec![worker(WorkerState::Running, Reasons::NONE)]), 131 * S);
            told.push(seconds_told(&instruments, 131 * S));
            if second % 3 == 0 {
                // Its second window, or what a worker tells late.
                fleet.add(&window(&run, second, vec![worker(WorkerState::Running, late)]), 131 * S);
                told.push(seconds_told(&instruments, 131 * S));
            }
        }
        if role == Role::Master {
            // Of a second that was told as trusted long ago.
            fleet.add(&window(&run, 101, vec![worker(WorkerState::Running, late)]), 131 * S);
            told.push(seconds_told(&instruments, 131 * S));
        }
        fleet.tell_all_seconds(132 * S);
        told.push(seconds_told(&instruments, 132 * S));
        assert!(told.is_sorted_by(|before, after| before[0] <= after[0] && before[1] <= after[1]), "{told:?}");
        assert_eq!(told.last(), Some(if role == Role::Master { &[19.0, 11.0] } else { &[20.0, 10.0] }), "{role:?}");
    }
}

#[test]
fn the_last_seconds_of_a_run_are_told_when_the_next_begins() {
    let (instruments, mut fleet) = fixture(false);
    let run = identity(Role::Local);
    fleet.add(&window(&run, 100, Vec::new()), 101 * S);
    assert_eq!(seconds_told(&instruments, 102 * S), [0.0, 0.0]);
    let next = Arc::new(RunIdentity { run_id: "b".into(), ..(*run).clone() });
    fleet.add(&window(&next, 101, Vec::new()), 102 * S);
    assert_eq!(seconds_told(&instruments, 103 * S), [1.0, 0.0]);
}

#[test]
fn the_end_of_a_run_ends_what_was_told_of_its_workers() {
    let (instruments, mut fleet) = fixture(true);
    fleet.add(&window(&identity(Role::Master), 100, vec![worker(WorkerState::Running, Reasons::NONE)]), 101 * S);
    told(&instruments, 102 * S);
    fleet.end_run(103 * S);
    let last = told(&instruments, 104 * S);
    assert!(has(&last, "user.metric.count", None, "worker-0"));
    assert!(has(&last, "worker.metric.state", None, "running"));
    assert!(!told(&instruments, 105 * S).iter().any(|(name, ..)| name == "worker.metric.state"));
}

#[test]
fn a_straggler_after_the_end_counts_on() {
    let (instruments, mut fleet) = fixture(false);
    let run = identity(Role::Master);
    for second in 100..105 {
        fleet.add(&window(&run, second, vec![worker(WorkerState::Running, Reasons::NONE)]), 105 * S);
    }
    fleet.end_run(106 * S);
    fleet.add(&window(&run, 105, vec![worker(WorkerState::Running, Reasons::NONE)]), 107 * S);
    assert!(has(&told(&instruments, 108 * S), "confidence.metric.seconds", Some(6.0), "trusted"));
}

#[test]
fn recorders_of_one_process_do_not_end_each_other_s_series() {
    let (instruments, mut one) = fixture(false);
    let mut other = Fleet::new(&instruments, false);
    one.add(&window(&identity(Role::Master), 100, Vec::new()), 101 * S);
    let elsewhere = RunIdentity { source_id: "local".into(), ..(*identity(Role::Local)).clone() };
    other.add(&window(&Arc::new(elsewhere), 100, Vec::new()), 101 * S);
    assert!(told(&instruments, 102 * S).iter().all(|(_, value, _)| value.is_some()));
}
