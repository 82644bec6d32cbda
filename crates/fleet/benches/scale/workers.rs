//! The workers: real outboxes that give real frames.

use crate::flow;
use crate::options::Options;
use crate::support::busy_windows;
use locust_telemetry_core::{ClockOffset, SystemSample, Window};
use locust_telemetry_fleet::Outbox;
use std::io::{self, Write};

/// The run of all frames.
pub(crate) const RUN_ID: &str = "20260102-030405-4f2a";

/// How many different windows there are: enough that neither seconds nor workers repeat each other within a report.
const POOL: usize = 24;

/// How many requests a series has in each second.
const LEAST_REQUESTS: u32 = 1;
const MOST_REQUESTS: u32 = 7;

/// Sends the frames of a whole run. Workers report in turn, so that each second has its share of the reports.
pub(crate) fn send(options: &Options, out: &mut impl Write) -> io::Result<()> {
    let mut pool = busy_windows(POOL, options.series, LEAST_REQUESTS, MOST_REQUESTS);
    pool.iter_mut().for_each(complete);
    let mut outboxes: Vec<Outbox> = (0..options.workers).map(|worker| outbox(worker, options)).collect();
    for second in 0..options.seconds {
        let is_last = second + 1 == options.seconds;
        let reports = |worker: usize| is_last || worker % options.report_s == second % options.report_s;
        flow::put_second(out, (0..options.workers).filter(|worker| reports(*worker)).count())?;
        for (worker, outbox) in outboxes.iter_mut().enumerate() {
            let window = &mut pool[(second * 7 + worker * 5) % POOL];
            window.start_s = options.start_s + second as i64;
            outbox.add(window);
            if is_last {
                outbox.stop_run();
            }
            if reports(worker) {
                let clock = ClockOffset { offset_ns: 41_000, error_ns: 180_000 };
                let frame = outbox.frame(Some(clock), options.start_s + second as i64 + 1);
                flow::put_frame(out, worker, &frame.unwrap_or_default())?;
            }
        }
    }
    Ok(())
}

fn outbox(worker: usize, options: &Options) -> Outbox {
    // The shortest history there can be: frames that are asked for again are not what is measured.
    let mut outbox = Outbox::new(worker as u64 + 1, options.report_s as u32);
    outbox.start_run(RUN_ID);
    outbox
}

/// Gives a window what a worker's has besides its requests.
fn complete(window: &mut Window) {
    window.hub_lag_max_ns = Some(1_250_000);
    window.system = Some(SystemSample {
        time_unix_ns: window.start_s * 1_000_000_000,
        process_cpu_percent: 61.5,
        process_memory_bytes: 180 << 20,
        host_cpu_percent: 48.25,
        host_memory_used_bytes: 3 << 30,
        host_memory_total_bytes: 8 << 30,
        network_sent_bytes: 91_000_000,
        network_received_bytes: 780_000_000,
        run_queue_delay_since_last_ns: Some(18_000_000),
        throttled_since_last_ns: Some(0),
    });
}
