//! What the failed requests of many workers said, on their master.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use locust_telemetry_core::{Anomaly, OTHER_MESSAGES, RequestAggregate, Window, WorkerState};
use locust_telemetry_fleet::{FrameBuilder, FrameHeader, MergeSettings, Merger};
use support::full::{counted, failed};
use support::{START_S, header};

/// The merged requests of workers that each had one window, of these messages.
fn merged(settings: MergeSettings, workers: &[Vec<(&str, String)>]) -> RequestAggregate {
    let now_ns = START_S * 1_000_000_000;
    let mut merger = Merger::new(settings);
    merger.start_run(&header().run_id, settings, now_ns);
    for (number, failures) in workers.iter().enumerate() {
        let client = format!("host_{number}");
        merger.worker(&client, &format!("worker-{number}"), WorkerState::Running, now_ns);
        let requests: Vec<_> = failures.iter().map(|(name, message)| failed(name, message)).collect();
        let mut builder = FrameBuilder::default();
        builder.add(&Window { start_s: START_S, requests: counted(&requests), ..Window::default() });
        merger.receive(&client, &builder.finish(&FrameHeader { sequence: 0, ..header() }), now_ns);
    }
    let mut all = RequestAggregate::default();
    merger.close_all().iter().for_each(|window| all.merge(&window.requests));
    all
}

/// The rows of what failed requests said: name, message, count.
fn messages(requests: &RequestAggregate) -> Vec<(&str, &str, u64)> {
    requests.errors.iter().map(|(series, message, count)| (&*series.name, &**message, count)).collect()
}

#[test]
fn the_same_message_of_several_workers_is_one_with_the_sum_of_their_counts() {
    let said = |message: &str| ("/", message.to_owned());
    let all = merged(
        MergeSettings::default(),
        &[vec![said("gone"), said("gone"), said("refused")], vec![], vec![said("gone"), said("late")]],
    );
    assert_eq!(messages(&all), [("/", "gone", 3), ("/", "late", 1), ("/", "refused", 1)]);
}

#[test]
fn beyond_the_master_s_limit_messages_count_as_others_and_none_is_lost() {
    let worker = |worker: usize| (0..200).map(|number| ("/", format!("{worker}: {number}"))).collect();
    let all = merged(MergeSettings::default(), &(0..11).map(worker).collect::<Vec<_>>());
    assert_eq!(all.errors.len(), 2_001);
    assert!(messages(&all).contains(&("/", OTHER_MESSAGES, 200)));
    assert_eq!(all.anomalies.get(Anomaly::MessageOverflow), 200);
    assert_eq!(all.errors.iter().map(|(_, _, count)| count).sum::<u64>(), all.failures());
}

#[test]
fn messages_of_series_that_the_master_folds_are_those_of_the_overflow_series() {
    let failures = ["/a", "/b", "/c"].map(|name| (name, "gone".to_owned()));
    let all = merged(MergeSettings { max_series: 1, ..MergeSettings::default() }, &[failures.to_vec()]);
    assert_eq!(messages(&all), [("(overflow)", "gone", 2), ("/a", "gone", 1)]);
}
