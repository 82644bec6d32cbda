//! The reader of frames takes any bytes without a panic, and what it takes can be merged and written again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use locust_telemetry_core::{RequestAggregate, SeriesKey, Window};
use locust_telemetry_fleet::{Frame, FrameBuilder, FrameWindow, MessageGain, decode};
use std::sync::Arc;

/// The longest range of buckets that a histogram is made for here: real times, without memory for all of them.
const MAX_BUCKETS: i32 = 1_000;

/// The window as if it had been closed here.
fn window_of(frame: &Frame, told: &FrameWindow) -> Window {
    let key = |place: u32| Arc::new(frame.keys[place as usize].clone());
    let mut requests = RequestAggregate { anomalies: told.anomalies, ..RequestAggregate::default() };
    told.folded.iter().for_each(|label| requests.folded.add_label(label));
    for gain in &told.series {
        let stats = requests.series.entry(key(gain.key)).or_default();
        stats.requests += gain.requests;
        stats.response_bytes += gain.response_bytes;
        stats.latency.merge_sparse(&gain.latency);
    }
    for gain in &told.messages {
        let message = Arc::from(&*frame.messages[gain.message as usize]);
        requests.errors.add(&key(gain.series), &message, gain.count);
    }
    Window {
        start_s: told.start_s,
        requests,
        users: told.users,
        hub_lag_max_ns: told.hub_lag_max_ns,
        system: told.system.clone(),
        events: told.events.clone(),
        reasons: told.reasons,
        workers: Vec::new(),
    }
}

/// What failed requests said in a window.
fn said<'a>(frame: &'a Frame, told: &FrameWindow) -> Vec<(&'a SeriesKey, &'a str, u64)> {
    let row = |gain: &MessageGain| {
        (&frame.keys[gain.series as usize], &*frame.messages[gain.message as usize], gain.count)
    };
    told.messages.iter().map(row).collect()
}

fn is_narrow(told: &FrameWindow) -> bool {
    told.series.iter().all(|gain| {
        let buckets = gain.latency.buckets();
        buckets.first().zip(buckets.last()).is_none_or(|(first, last)| last.0 - first.0 < MAX_BUCKETS)
    })
}

/// Writes what was read, reads it again, and finds the same.
fn check(frame: &Frame) {
    if !frame.windows.iter().all(is_narrow) {
        return;
    }
    let mut builder = FrameBuilder::default();
    frame.windows.iter().for_each(|told| builder.add(&window_of(frame, told)));
    let again = decode(&builder.finish(&frame.header)).expect("what was written is read");
    assert_eq!(again.header, frame.header);
    assert_eq!(again.windows.len(), frame.windows.len());
    for (told, read) in again.windows.iter().zip(&frame.windows) {
        assert_eq!(told.start_s, read.start_s);
        assert_eq!((told.users, told.hub_lag_max_ns, told.reasons), (read.users, read.hub_lag_max_ns, read.reasons));
        assert_eq!((&told.events, told.anomalies), (&read.events, read.anomalies));
        assert_eq!(told.series.len(), read.series.len());
        for (told, read) in told.series.iter().zip(&read.series) {
            assert_eq!(again.keys[told.key as usize], frame.keys[read.key as usize]);
            assert_eq!((told.requests, told.response_bytes), (read.requests, read.response_bytes));
            assert_eq!(told.latency, read.latency);
        }
        assert_eq!(said(&again, told), said(frame, read));
    }
}

fuzz_target!(|bytes: &[u8]| {
    if let Ok(frame) = decode(bytes) {
        check(&frame);
    }
    let sealed = [bytes, &crc32fast::hash(bytes).to_le_bytes()].concat();
    if let Ok(frame) = decode(&sealed) {
        check(&frame);
    }
});
