//! A run cut into stretches of time has all of the run, however its seconds are kept.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use locust_telemetry_report::{Figures, Format, Subject, export, timeline};
use locust_telemetry_store::{RunReader, Store, StoreConfig};
use std::ops::Range;
use std::path::Path;
use support::{CHECKOUT_ID, START_S, checkout, compacted, cut_off, key, window};

fn assert_points_add_up(run: &RunReader<'_>, range: Option<Range<i64>>) {
    let figures = Figures::read(run, range.clone()).unwrap();
    let seconds = timeline::read_seconds(run, &figures).unwrap();
    for points in [seconds, timeline::read(run, &figures, 60).unwrap(), timeline::read(run, &figures, 3).unwrap()] {
        let sum = |of: fn(&timeline::Point) -> u64| points.iter().map(of).sum::<u64>();
        assert_eq!(sum(|point| point.tally.requests), figures.total.requests, "{range:?}");
        assert_eq!(sum(|point| point.tally.failures), figures.total.failures, "{range:?}");
        assert_eq!(sum(|point| point.tally.response_bytes), figures.total.response_bytes, "{range:?}");
        assert_eq!(sum(|point| point.seconds), (figures.to_s - figures.from_s).unsigned_abs(), "{range:?}");
        assert_eq!(sum(|point| point.length.ns()), figures.length.ns(), "{range:?}");
        assert_eq!(sum(|point| point.suspect_seconds), figures.confidence.suspect_seconds, "{range:?}");
        let longest = points.iter().filter_map(|point| point.tally.latency.max_ms).fold(0.0, f64::max);
        assert_eq!(Some(longest), figures.total.latency.max_ms, "{range:?}");
        assert!(points.windows(2).all(|pair| pair[0].start_s < pair[1].start_s));
    }
}

fn with_run(path: &Path, run_id: &str, check: impl FnOnce(&RunReader<'_>)) {
    let store = Store::open(path).unwrap();
    check(&store.run(run_id).unwrap().unwrap());
}

#[test]
fn points_of_any_length_add_up_to_the_range() {
    let folder = tempfile::tempdir().unwrap();
    with_run(&checkout(folder.path()), CHECKOUT_ID, |run| {
        assert_points_add_up(run, None);
        assert_points_add_up(run, Some(START_S + 17..START_S + 83));
        assert_points_add_up(run, Some(START_S + 40..START_S + 41));
    });
}

#[test]
fn what_the_run_has_less_than_half_of_is_not_drawn_but_counted() {
    let folder = tempfile::tempdir().unwrap();
    with_run(&checkout(folder.path()), CHECKOUT_ID, |run| {
        let figures = Figures::read(run, None).unwrap();
        let seconds = timeline::read_seconds(run, &figures).unwrap();
        let [first, .., before, last] = &seconds[..] else { panic!("too short") };
        assert_eq!((first.length.seconds(), first.is_drawn, before.is_drawn), (0.75, true, true));
        assert_eq!(first.drawn_requests_per_s(), Some(first.tally.requests as f64 / 0.75), "no rise");
        assert_eq!((last.length.seconds(), last.is_drawn), (0.400_000_007, false));
        assert!(last.tally.requests > 0 && last.users > 0);
        let drawn = [last.drawn_requests_per_s(), last.drawn_failures_per_s(), last.drawn_users()];
        assert_eq!(drawn, [None; 3], "no fall");
        // A slot that a range cuts is drawn: the run fills it.
        let part = Figures::read(run, Some(START_S + 8..START_S + 61)).unwrap();
        assert!(timeline::read(run, &part, 6).unwrap().iter().all(|point| point.is_drawn));
    });
}

#[test]
fn what_is_in_the_journal_still_is_in_the_points_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.db");
    cut_off(&path, "c0", (0..130).map(|offset| window(offset, &key("GET", "/", Some(200), None), &[9_000_000, 1])));
    with_run(&path, "c0", |run| {
        assert_eq!(Figures::read(run, None).unwrap().total.requests, 260);
        assert_points_add_up(run, None);
        assert_points_add_up(run, Some(START_S + 100..START_S + 129));
    });
}

#[test]
fn a_compacted_run_is_told_minute_by_minute_and_loses_no_request() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.db");
    let config = StoreConfig { compact_after_s: Some(60), ..StoreConfig::new(&path) };
    compacted(config, "m0", (0..400).map(|offset| window(offset, &key("GET", "/", Some(200), None), &[9_000_000, 1])));
    with_run(&path, "m0", |run| {
        assert!(run.row().compacted_until_s.is_some_and(|until_s| until_s > START_S + 120), "it is compacted");
        assert_points_add_up(run, None);
        // Widened to the minutes that it touches.
        assert_points_add_up(run, Some(START_S + 61..START_S + 122));
        let figures = Figures::read(run, None).unwrap();
        let points = timeline::read_seconds(run, &figures).unwrap();
        assert!(
            points.iter().skip(1).all(|point| point.start_s % 60 == 0),
            "no second is said to have a minute's requests"
        );
        let csv = export::encode(run, None, Format::Csv, Subject::Intervals).unwrap();
        assert_eq!(String::from_utf8(csv).unwrap().lines().count(), points.len() + 1);
    });
}
