//! The master: does what the thread `lt-merge` does, in simulated time, and counts what that costs.

use crate::flow;
use crate::memory::Resident;
use crate::options::Options;
use crate::workers::RUN_ID;
use locust_telemetry_core::{Histogram, RequestAggregate, Window, WorkerState};
use locust_telemetry_fleet::{MergeSettings, Merger};
use rustix::time::{ClockId, clock_gettime};
use std::error::Error;
use std::io::Read;

const NS_PER_S: i64 = 1_000_000_000;

/// How often the thread looks for seconds that are due, in a second.
const LOOKS_PER_S: usize = 20;

/// What the merge of a run cost.
#[derive(Debug, Default)]
pub(crate) struct Cost {
    /// CPU time of each second of the run: frames read and merged.
    receive_ns: Vec<u64>,
    /// CPU time of each second of the run: seconds closed and put into the run's totals.
    close_ns: Vec<u64>,
    frames: u64,
    frame_bytes: u64,
    largest_frame_bytes: u64,
    requests: u64,
    before_bytes: u64,
    end_bytes: u64,
    peak_bytes: u64,
}

/// Merges the frames that come from `input`.
///
/// # Errors
/// When the frames break off, or the merge has not taken everything: the figures would mean nothing.
pub(crate) fn merge(options: &Options, input: &mut impl Read) -> Result<Cost, Box<dyn Error>> {
    let mut cost = Cost { before_bytes: Resident::read()?.now_bytes, ..Cost::default() };
    let clients: Vec<String> = (0..options.workers).map(|worker| format!("load-generator-{worker}_7f3a")).collect();
    let mut master = Master::start(options, &clients);
    let mut frame = Vec::new();
    for second in 0..options.seconds {
        let frames = flow::take_second(input)?;
        let (mut receive_ns, mut close_ns) = (0, 0);
        // What happened in a second is reported in the next one.
        let begin_ns = (options.start_s + second as i64 + 1) * NS_PER_S;
        master.merger.own_closed(options.start_s + second as i64 + 1);
        for look in 0..LOOKS_PER_S {
            let now_ns = begin_ns + look as i64 * (NS_PER_S / LOOKS_PER_S as i64);
            for _ in frames * look / LOOKS_PER_S..frames * (look + 1) / LOOKS_PER_S {
                let worker = flow::take_frame(input, &mut frame)?;
                receive_ns += cpu_ns(|| master.merger.receive(&clients[worker], &frame, now_ns));
                cost.frames += 1;
                cost.frame_bytes += frame.len() as u64;
                cost.largest_frame_bytes = cost.largest_frame_bytes.max(frame.len() as u64);
            }
            close_ns += cpu_ns(|| master.look(now_ns));
        }
        cost.receive_ns.push(receive_ns);
        cost.close_ns.push(close_ns);
    }
    let resident = Resident::read()?;
    (cost.end_bytes, cost.peak_bytes) = (resident.now_bytes, resident.peak_bytes);
    cost.requests = master.finish(options)?;
    Ok(cost)
}

/// CPU time that this thread takes for something.
fn cpu_ns(work: impl FnOnce()) -> u64 {
    let now_ns = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        time.tv_sec * NS_PER_S + time.tv_nsec
    };
    let before_ns = now_ns();
    work();
    now_ns().abs_diff(before_ns)
}

struct Master {
    merger: Merger,
    /// What the engine keeps of the run.
    totals: RequestAggregate,
    latency: Histogram,
    windows: usize,
}

impl Master {
    fn start(options: &Options, clients: &[String]) -> Self {
        let start_ns = options.start_s * NS_PER_S;
        let mut merger = Merger::new(MergeSettings::default());
        merger.start_run(RUN_ID, MergeSettings::default(), start_ns);
        for (number, client) in clients.iter().enumerate() {
            merger.worker(client, &format!("worker-{number}"), WorkerState::Running, start_ns);
        }
        Self { merger, totals: RequestAggregate::default(), latency: Histogram::new(), windows: 0 }
    }

    /// What the thread does every now and then.
    fn look(&mut self, now_ns: i64) {
        let windows = self.merger.advance(now_ns);
        windows.iter().for_each(|window| self.count(window));
        drop(self.merger.take_messages());
        drop((self.merger.is_merged(now_ns), self.merger.accounts()));
    }

    fn count(&mut self, window: &Window) {
        self.windows += 1;
        self.totals.merge(&window.requests);
        window.requests.series.values().for_each(|stats| self.latency.merge(&stats.latency));
    }

    /// Ends the run; how many requests were in it.
    fn finish(mut self, options: &Options) -> Result<u64, Box<dyn Error>> {
        let left = self.merger.close_all();
        left.iter().for_each(|window| self.count(window));
        let requests: u64 = self.merger.accounts().iter().map(|account| account.requests).sum();
        let series = options.series.min(MergeSettings::default().max_series);
        let is_whole = self.windows == options.seconds
            && requests == self.totals.requests()
            && self.totals.series.len() == series
            && self.merger.accounts().iter().all(|account| account.frames.refused + account.frames.lost == 0);
        if is_whole {
            return Ok(requests);
        }
        let (windows, series, merged) = (self.windows, self.totals.series.len(), self.totals.requests());
        let told = "the merge has not taken everything";
        Err(format!("{told}: {windows} windows, {series} series, {merged} requests of {requests}").into())
    }
}

impl Cost {
    /// All figures as one JSON object.
    pub(crate) fn json(&self, options: &Options) -> String {
        let Options { workers, series, seconds, report_s, .. } = options;
        let Self { receive_ns, close_ns, frames, frame_bytes, largest_frame_bytes, requests, .. } = self;
        let Self { before_bytes, end_bytes, peak_bytes, .. } = self;
        format!(
            "{{\"workers\": {workers}, \"series\": {series}, \"seconds\": {seconds}, \"report_s\": {report_s}, \
             \"frames\": {frames}, \"frame_bytes\": {frame_bytes}, \"largest_frame_bytes\": {largest_frame_bytes}, \
             \"requests\": {requests}, \"before_bytes\": {before_bytes}, \"end_bytes\": {end_bytes}, \
             \"peak_bytes\": {peak_bytes}, \"receive_ns\": {receive_ns:?}, \"close_ns\": {close_ns:?}}}"
        )
    }
}
