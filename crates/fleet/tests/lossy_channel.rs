//! Workers and a master over a channel that drops, doubles, reorders, cuts and changes frames: what the master has in
//! the end is what the workers recorded, second by second and bit for bit.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod simulated;

use locust_telemetry_core::{RequestAggregate, WorkerState};
use locust_telemetry_fleet::{MergeSettings, Merger};
use proptest::prelude::*;
use simulated::{Fleet, RUN_ID, START_S, at, by_second};
use std::collections::BTreeMap;

/// What happens to one frame on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Arrives,
    Dropped,
    Doubled,
    /// Arrives behind the next frame of anybody.
    Overtaken,
    Cut,
    Changed,
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        6 => Just(Fate::Arrives),
        1 => Just(Fate::Dropped),
        1 => Just(Fate::Doubled),
        1 => Just(Fate::Overtaken),
        1 => Just(Fate::Cut),
        1 => Just(Fate::Changed),
    ]
}

/// Delivers `frame` to the merger as its fate has it; what is overtaken is left in `behind`.
fn deliver(
    merger: &mut Merger,
    client: &str,
    frame: Vec<u8>,
    fate: Fate,
    now_ns: i64,
    behind: &mut Vec<(String, Vec<u8>)>,
) {
    match fate {
        Fate::Arrives => merger.receive(client, &frame, now_ns),
        Fate::Dropped => {}
        Fate::Doubled => (0..2).for_each(|_| merger.receive(client, &frame, now_ns)),
        Fate::Overtaken => return behind.push((client.to_owned(), frame)),
        Fate::Cut => merger.receive(client, &frame[..frame.len() / 2], now_ns),
        Fate::Changed => {
            let mut changed = frame;
            let middle = changed.len() / 2;
            changed[middle] ^= 0x10;
            merger.receive(client, &changed, now_ns);
        }
    }
    for (client, frame) in behind.drain(..) {
        merger.receive(&client, &frame, now_ns);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn after_recovery_every_second_of_every_series_is_what_the_workers_recorded(
        seed in any::<u64>(),
        workers in 1_usize..5,
        fates in prop::collection::vec(fate(), 60),
    ) {
        let mut fleet = Fleet::new(workers, seed);
        let mut merger = Merger::new(MergeSettings::default());
        merger.start_run(RUN_ID, MergeSettings::default(), at(0));
        for worker in 0..workers {
            merger.worker(&fleet.client(worker), &format!("worker-{worker}"), WorkerState::Running, at(0));
        }
        let (mut windows, mut behind, mut fates) = (Vec::new(), Vec::new(), fates.into_iter());
        for second in 0..12 {
            fleet.record_second(second);
            if second % 3 == 2 {
                for worker in 0..workers {
                    let frame = fleet.frame(worker).unwrap();
                    let fate = fates.next().unwrap_or(Fate::Arrives);
                    deliver(&mut merger, &fleet.client(worker), frame, fate, at(second + 1), &mut behind);
                }
            }
            merger.own_closed(START_S + second + 1);
            windows.extend(merger.advance(at(second + 1)));
            fleet.answer(&mut merger, at(second + 1));
        }
        merger.stop_run(at(12));
        fleet.stop();
        for worker in 0..workers {
            let frame = fleet.frame(worker).unwrap();
            let fate = fates.next().unwrap_or(Fate::Arrives);
            deliver(&mut merger, &fleet.client(worker), frame, fate, at(12), &mut behind);
        }
        for tick in 0..40 {
            // Half seconds: the channel is whole again.
            let now_ns = at(12) + (tick + 1) * 500_000_000;
            windows.extend(merger.advance(now_ns));
            fleet.answer(&mut merger, now_ns);
        }
        prop_assert!(merger.is_merged(at(60)));
        prop_assert!(fleet.is_acknowledged());
        windows.extend(merger.close_all());
        merger.give_up_after_stop(at(60));
        prop_assert_eq!(by_second(&windows), fleet.recorded());
        for account in merger.accounts() {
            prop_assert_eq!((account.lost, account.frames.lost), (None, 0));
        }
    }

    #[test]
    fn a_killed_worker_costs_only_what_it_had_not_reported_and_the_loss_is_named(
        seed in any::<u64>(),
        killed_at in 1_i64..12,
    ) {
        let mut fleet = Fleet::new(2, seed);
        let mut merger = Merger::new(MergeSettings::default());
        merger.start_run(RUN_ID, MergeSettings::default(), at(0));
        for worker in 0..2 {
            merger.worker(&fleet.client(worker), &format!("worker-{worker}"), WorkerState::Running, at(0));
        }
        let mut expected = BTreeMap::<i64, RequestAggregate>::new();
        let mut windows = Vec::new();
        let mut reported_until = 0;
        for second in 0..12 {
            fleet.record_second(second);
            if second % 3 == 2 {
                for worker in 0..2 {
                    if worker == 1 && second >= killed_at {
                        continue;
                    }
                    let frame = fleet.frame(worker).unwrap();
                    merger.receive(&fleet.client(worker), &frame, at(second + 1));
                    if worker == 1 {
                        reported_until = second + 1;
                    }
                }
            }
            if second == killed_at {
                merger.worker(&fleet.client(1), "worker-1", WorkerState::Missing, at(second + 1));
            }
            merger.own_closed(START_S + second + 1);
            windows.extend(merger.advance(at(second + 1)));
        }
        for (second, worker, requests) in fleet.recorded_parts() {
            if worker == 0 || second < START_S + reported_until {
                expected.entry(second).or_default().merge(requests);
            }
        }
        merger.stop_run(at(12));
        fleet.stop();
        merger.receive(&fleet.client(0), &fleet.frame(0).unwrap(), at(12));
        windows.extend(merger.advance(at(13)));
        prop_assert!(merger.is_merged(at(13)));
        windows.extend(merger.close_all());
        merger.give_up_after_stop(at(13));
        prop_assert_eq!(by_second(&windows), expected);
        let lost: Vec<_> = merger.accounts().into_iter().map(|account| account.lost).collect();
        let until = START_S + killed_at + 2;
        // One that never reported is silent: there is no last report to count from.
        let named = (reported_until > 0).then_some((START_S + reported_until, until));
        prop_assert_eq!(lost, [None, named]);
    }
}
