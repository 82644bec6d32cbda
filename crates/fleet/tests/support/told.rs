//! What a frame must tell of windows, said without the codec.

use locust_telemetry_core::{RequestAggregate, SeriesKey, SparseHistogram, Window};
use locust_telemetry_fleet::{Frame, FrameWindow};
use std::sync::Arc;

/// A series as a test compares it: its key, its requests, its bytes, its times.
pub(crate) type Told = (SeriesKey, u64, u64, SparseHistogram);

/// The series of `window`, as a frame must tell them.
pub(crate) fn told_by_window(window: &Window) -> Vec<Told> {
    let series = window.requests.series.iter();
    series
        .map(|(key, stats)| {
            (SeriesKey::clone(key), stats.requests, stats.response_bytes, SparseHistogram::of(&stats.latency))
        })
        .collect()
}

/// The series of `window` as `frame` tells them.
pub(crate) fn told_by_frame(frame: &Frame, window: &FrameWindow) -> Vec<Told> {
    let series = window.series.iter();
    series
        .map(|gain| (frame.keys[gain.key as usize].clone(), gain.requests, gain.response_bytes, gain.latency.clone()))
        .collect()
}

/// The window that `told` tells of, as if it had been closed here.
pub(crate) fn window_of(frame: &Frame, told: &FrameWindow) -> Window {
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

/// Asserts that `frame` tells all of `windows` and nothing else.
pub(crate) fn assert_tells(frame: &Frame, windows: &[Window]) {
    assert_eq!(frame.windows.len(), windows.len());
    for (told, window) in frame.windows.iter().zip(windows) {
        assert_eq!(told_by_frame(frame, told), told_by_window(window));
        assert_eq!(window_of(frame, told), *window);
    }
}
