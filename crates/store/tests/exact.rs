//! The aggregate of any range is the merge of the range's windows, bit for bit, however they came and wherever they are.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use locust_telemetry_core::{Anomaly, Window};
use locust_telemetry_store::{Kind, StoreConfig, container, strip};
use proptest::prelude::*;
use support::windows::{Recording, START_S, aggregate, identity, merged, open, reader, series, window};
use support::{Random, stats};

/// Windows of a run that lasts so many seconds, some of them late, twice, or missing.
fn windows(seed: u64, seconds: i64, endpoints: usize) -> Vec<Window> {
    let mut random = Random(seed);
    let mut windows = Vec::new();
    for second in 0..seconds {
        if random.below(20) == 0 {
            continue;
        }
        let mut gained = Vec::new();
        for number in 0..endpoints {
            let is_failure = random.below(9) == 0;
            let times: Vec<u64> =
                (0..random.below(4)).map(|_| random.time_ns((number as u64 + 1) * 7_000_000)).collect();
            let untimed = random.below(30) / 29;
            if times.len() as u64 + untimed > 0 {
                gained.push((series(number, is_failure), stats(&times, untimed, random.below(5_000))));
            }
        }
        let mut window = window(START_S + 3_480 + second, aggregate(gained));
        let failed: Vec<_> = window.requests.series.keys().filter(|key| key.is_failure()).cloned().collect();
        for key in failed {
            let message = format!("message {}", random.below(3));
            window.requests.errors.add(&key, &message.as_str().into(), 1 + random.below(3));
        }
        if random.below(10) == 0 {
            window.requests.anomalies.count_many(Anomaly::ALL[random.below(5) as usize], 1 + random.below(9));
            window.requests.folded.add("GET", &format!("/{}", random.below(40)));
        }
        windows.push(window);
    }
    // Windows of one second follow each other, and some come much later.
    for place in 0..windows.len() {
        if random.below(12) == 0 {
            let mut again = windows[place].clone();
            again.requests.series.values_mut().for_each(|stats| stats.response_bytes += 1);
            let later = (place + 1 + random.below(150) as usize).min(windows.len());
            windows.insert(later, again);
        }
    }
    windows
}

/// Records the windows, and compares some ranges now and then while it does, and after the end.
fn check(seed: u64, seconds: i64, endpoints: usize, compact_after_s: Option<u64>) -> Result<(), TestCaseError> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("runs.db");
    let mut recording = Recording::with(StoreConfig { compact_after_s, ..StoreConfig::new(&path) });
    let run = identity("r1");
    let windows = windows(seed, seconds, endpoints);
    let mut random = Random(seed ^ 1);
    for (place, window) in windows.iter().enumerate() {
        recording.take(&run, window.clone());
        if random.below(60) == 0 {
            compare(&path, &windows[..=place], &mut random)?;
        }
    }
    recording.end(&run);
    for _ in 0..6 {
        compare(&path, &windows, &mut random)?;
    }
    prop_assert_eq!(recording.ledger.balance().queued().requests, 0);
    prop_assert_eq!(recording.ledger.balance().dropped.requests, 0);
    Ok(())
}

fn compare(path: &std::path::Path, windows: &[Window], random: &mut Random) -> Result<(), TestCaseError> {
    let store = open(path);
    let reader = reader(&store, "r1");
    let (first, last) =
        (windows.iter().map(|w| w.start_s).min().unwrap(), windows.iter().map(|w| w.start_s).max().unwrap());
    prop_assert_eq!(reader.aggregate(None).unwrap(), merged(windows, first..last + 1));
    let from = first - 5 + random.below((last - first + 10) as u64) as i64;
    let until = from + random.below((last - first) as u64 + 10) as i64;
    for range in [from..until, first..until, from..last + 1] {
        let snapped = reader.snapped(Some(range.clone())).unwrap();
        let expected = merged(windows, snapped);
        let read = reader.aggregate(Some(range.clone())).unwrap();
        prop_assert_eq!(&read, &expected, "range {:?}", range);
        let errors = reader.errors(Some(range)).unwrap();
        prop_assert_eq!(errors.len(), expected.errors.len());
        let keys = reader.series().unwrap();
        for (key, message, count) in expected.errors.iter() {
            let is_it = |row: &&locust_telemetry_store::ErrorRow| {
                keys[row.series as usize] == *key && *row.message == **message
            };
            prop_assert_eq!(errors.iter().find(is_it).map(|row| row.count), Some(count));
        }
    }
    // The run's own figures are those of its windows.
    let whole = merged(windows, first..last + 1);
    prop_assert_eq!(reader.row().requests, whole.requests());
    prop_assert_eq!(reader.row().failures, whole.failures());
    prop_assert_eq!(reader.row().p99_ms, whole.total().latency.quantile_ms(0.99));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn any_range_is_the_merge_of_its_windows(seed in any::<u64>(), seconds in 1..400_i64, endpoints in 1..6_usize) {
        check(seed, seconds, endpoints, None)?;
    }

    #[test]
    fn where_seconds_became_minutes_whole_minutes_are(seed in any::<u64>(), seconds in 200..400_i64) {
        check(seed, seconds, 3, Some(90))?;
    }
}

#[test]
fn every_level_of_strips_holds_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("runs.db");
    let mut recording = Recording::open(&path);
    let run = identity("r1");
    let windows = windows(11, 500, 4);
    windows.iter().for_each(|window| recording.take(&run, window.clone()));
    recording.end(&run);
    let store = open(&path);
    let reader = reader(&store, "r1");
    let whole = reader.aggregate(None).unwrap();
    let keys = reader.series().unwrap();
    for slot_s in strip::LEVELS_S {
        for kind in [Kind::Series, Kind::Total] {
            let bytes = reader.strips(kind, slot_s, None, None).unwrap();
            let mut gained = vec![locust_telemetry_core::SeriesStats::default(); keys.len()];
            for packed in container::read(&bytes).unwrap() {
                assert_eq!(packed.start_s % (60 * slot_s), 0);
                let slots = strip::decode(packed.strip).unwrap();
                slots.iter().for_each(|(_, gain)| gain.add_to(&mut gained[packed.subject as usize]));
            }
            if kind == Kind::Total {
                assert_eq!(gained[0], whole.total(), "{slot_s}");
            } else {
                let expected: Vec<_> = keys.iter().map(|key| whole.series[key].clone()).collect();
                assert_eq!(gained, expected, "{slot_s}");
            }
        }
    }
}

#[test]
fn only_the_strips_that_are_asked_for_are_given() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("runs.db");
    let mut recording = Recording::open(&path);
    let run = identity("r1");
    (0..300).for_each(|second| recording.take(&run, support::windows::simple(START_S + second, 5)));
    recording.end(&run);
    let store = open(&path);
    let bytes = reader(&store, "r1").strips(Kind::Series, 1, Some(&[1, 4]), Some(START_S + 59..START_S + 120)).unwrap();
    let places: Vec<_> =
        container::read(&bytes).unwrap().iter().map(|packed| (packed.start_s - START_S, packed.subject)).collect();
    assert_eq!(places, [(0, 1), (0, 4), (60, 1), (60, 4)]);
}
