//! A worker that is lost in the middle of a run: every second that lacks it says so, and no other.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod simulated;

use locust_telemetry_core::{Reason, RunConfidence, Window, WorkerState};
use locust_telemetry_fleet::{MergeSettings, Merger};
use simulated::{Fleet, RUN_ID, START_S, at};
use std::collections::BTreeSet;

/// How many seconds after its last word Locust takes a worker for missing.
const DETECTED_AFTER_S: i64 = 4;

/// A run of some workers that each send a frame a second.
struct Run {
    fleet: Fleet,
    merger: Merger,
    windows: Vec<Window>,
    next: i64,
}

impl Run {
    fn of(workers: usize, max_lateness_s: u32) -> Self {
        let settings = MergeSettings { max_lateness_s, ..MergeSettings::default() };
        let mut merger = Merger::new(settings);
        merger.start_run(RUN_ID, settings, at(0));
        Self { fleet: Fleet::new(workers, 7), merger, windows: Vec::new(), next: 0 }
    }

    fn state(&mut self, worker: usize, state: WorkerState, second: i64) {
        self.merger.worker(&self.fleet.client(worker), &format!("worker-{worker}"), state, at(second));
    }

    /// Goes on until a second; only some workers send.
    fn until(&mut self, second: i64, sends: &[usize]) {
        for second in self.next..second {
            self.fleet.record_second(second);
            for worker in sends {
                let frame = self.fleet.frame(*worker).unwrap();
                self.merger.receive(&self.fleet.client(*worker), &frame, at(second + 1));
            }
            self.merger.own_window(Window { start_s: START_S + second, users: 6, ..Window::default() });
            self.merger.own_closed(START_S + second + 1);
            self.windows.extend(self.merger.advance(at(second + 1)));
        }
        self.next = self.next.max(second);
    }

    /// Ends, and closes all books.
    fn stop(&mut self, sends: &[usize]) {
        self.merger.stop_run(at(self.next));
        self.fleet.stop();
        for worker in sends {
            let frame = self.fleet.frame(*worker).unwrap();
            self.merger.receive(&self.fleet.client(*worker), &frame, at(self.next));
        }
        self.merger.give_up_after_stop(at(self.next + 2));
        self.windows.extend(self.merger.close_all());
    }

    /// The seconds in which a worker is missing, as the windows say it of the whole and of the worker alike.
    fn missing(&self, worker: usize) -> Vec<i64> {
        let (mut all, mut own) = (BTreeSet::new(), BTreeSet::new());
        for window in &self.windows {
            let second = window.start_s - START_S;
            if window.reasons.has(Reason::WorkerMissing) {
                all.insert(second);
            }
            for part in &window.workers {
                if part.source_id == format!("worker-{worker}") && part.reasons.has(Reason::WorkerMissing) {
                    own.insert(second);
                }
            }
        }
        assert_eq!(all, own);
        own.into_iter().collect()
    }

    fn trusted_seconds(&self) -> u64 {
        let mut confidence = RunConfidence::default();
        self.windows.iter().for_each(|window| confidence.add(window));
        confidence.trusted_seconds(0)
    }
}

/// Two workers, of which the second is killed in a second and missing to Locust some seconds later.
fn killed_at(second: i64, max_lateness_s: u32) -> Run {
    let mut run = Run::of(2, max_lateness_s);
    (0..2).for_each(|worker| run.state(worker, WorkerState::Running, 0));
    run.until(second, &[0, 1]);
    run.until(second + DETECTED_AFTER_S, &[0]);
    run.state(1, WorkerState::Missing, second + DETECTED_AFTER_S);
    run
}

#[test]
fn from_its_last_word_on_every_second_lacks_a_killed_worker() {
    let mut run = killed_at(5, 10);
    run.until(12, &[0]);
    run.stop(&[0]);
    assert_eq!(run.missing(1), (5..12).collect::<Vec<_>>());
    assert_eq!(run.trusted_seconds(), 5);
}

#[test]
fn seconds_that_were_closed_before_anybody_knew_say_it_too() {
    let mut run = killed_at(5, 1);
    assert_eq!(run.missing(1), [], "not known yet");
    assert_eq!(run.trusted_seconds(), 8, "the last one still waits for it");
    run.until(12, &[0]);
    run.stop(&[0]);
    assert_eq!(run.missing(1), (5..12).collect::<Vec<_>>());
    assert_eq!(run.trusted_seconds(), 5);
}

#[test]
fn a_worker_that_is_lost_in_the_last_seconds_lacks_in_them_though_locust_never_missed_it() {
    let mut run = Run::of(2, 10);
    (0..2).for_each(|worker| run.state(worker, WorkerState::Running, 0));
    run.until(8, &[0, 1]);
    run.until(10, &[0]);
    run.stop(&[0]);
    assert_eq!(run.missing(1), [8, 9]);
}

#[test]
fn nobody_is_missed_after_the_end_of_the_run() {
    let mut run = killed_at(5, 10);
    run.until(8, &[0]);
    run.merger.stop_run(at(8));
    run.until(12, &[0]);
    run.merger.give_up_after_stop(at(12));
    run.windows.extend(run.merger.close_all());
    assert_eq!(run.missing(1).last(), Some(&8));
}

#[test]
fn it_is_missed_no_more_once_others_have_its_users() {
    let mut run = Run::of(3, 10);
    (0..2).for_each(|worker| run.state(worker, WorkerState::Running, 0));
    run.until(5, &[0, 1]);
    run.until(9, &[0]);
    run.state(1, WorkerState::Missing, 9);
    run.until(10, &[0]);
    run.state(2, WorkerState::Running, 10);
    run.until(14, &[0, 2]);
    run.stop(&[0, 2]);
    assert!(run.missing(1).starts_with(&[5, 6, 7, 8, 9]) && run.missing(1).len() <= 6, "{:?}", run.missing(1));
}

#[test]
fn a_worker_without_users_is_not_missed_whether_locust_finds_it_missing_or_the_run_ends_before() {
    for is_found in [true, false] {
        let mut run = Run::of(2, 1);
        run.fleet.users[1] = 0;
        (0..2).for_each(|worker| run.state(worker, WorkerState::Running, 0));
        run.until(5, &[0, 1]);
        run.until(9, &[0]);
        if is_found {
            run.state(1, WorkerState::Missing, 9);
            run.until(12, &[0]);
        }
        run.stop(&[0]);
        assert_eq!(run.missing(1), [], "{is_found}");
    }
}

#[test]
fn a_worker_that_had_users_again_in_its_last_second_is_missed() {
    let mut run = Run::of(2, 10);
    run.fleet.users[1] = 0;
    (0..2).for_each(|worker| run.state(worker, WorkerState::Running, 0));
    run.until(4, &[0, 1]);
    run.fleet.users[1] = 2;
    run.until(5, &[0, 1]);
    run.until(9, &[0]);
    run.state(1, WorkerState::Missing, 9);
    run.until(12, &[0]);
    run.stop(&[0]);
    assert_eq!(run.missing(1), (5..12).collect::<Vec<_>>());
}

#[test]
fn a_worker_that_leaves_in_order_is_not_missed() {
    let mut run = Run::of(2, 10);
    (0..2).for_each(|worker| run.state(worker, WorkerState::Running, 0));
    run.until(5, &[0, 1]);
    run.fleet.stop();
    let last = run.fleet.frame(1).unwrap();
    run.merger.receive(&run.fleet.client(1), &last, at(5));
    run.state(1, WorkerState::Gone, 6);
    run.until(9, &[0]);
    assert_eq!(run.missing(1), []);
}

#[test]
fn a_gap_in_what_a_live_worker_sent_is_missing_and_what_it_sent_around_it_is_not() {
    let mut run = Run::of(2, 10);
    (0..2).for_each(|worker| run.state(worker, WorkerState::Running, 0));
    run.until(5, &[0, 1]);
    run.fleet.record_second(5);
    // Lost on its way, and gone from the worker's memory when it is asked for.
    let _lost = run.fleet.frame(1).unwrap();
    let other = run.fleet.frame(0).unwrap();
    run.merger.receive(&run.fleet.client(0), &other, at(6));
    run.next = 6;
    run.until(20, &[0, 1]);
    assert_eq!(run.missing(1), [5]);
}
