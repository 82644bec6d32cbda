//! The sampler against the machine it runs on. One test at a time: they measure the same process.

use super::*;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

const MIB: u64 = 1024 * 1024;

/// The first sample that `fits`, or a failure that shows the newest one.
fn wait_for(sampler: &SystemSampler, fits: impl Fn(&SystemSample) -> bool) -> SystemSample {
    let began = Instant::now();
    loop {
        match sampler.latest() {
            Some(sample) if fits(&sample) => return sample,
            newest if began.elapsed() > Duration::from_secs(3) => {
                panic!("no fitting sample within 3 s, newest: {newest:?}")
            }
            _ => thread::sleep(Duration::from_millis(2)),
        }
    }
}

fn after(sampler: &SystemSampler, sample: &SystemSample) -> SystemSample {
    wait_for(sampler, |newer| newer.time_unix_ns > sample.time_unix_ns)
}

#[test]
fn an_interval_out_of_range_is_refused() {
    for interval in [Duration::ZERO, Duration::from_millis(199), Duration::MAX] {
        let refused = SystemSampler::start(interval).unwrap_err();
        assert!(matches!(refused, StartSamplerError::IntervalOutOfRange { .. }));
        assert!(refused.to_string().contains("between 200ms and"));
    }
}

#[test]
fn levels_come_at_once_and_percentages_soon() {
    let _alone = alone();
    let began = Instant::now();
    let sampler = SystemSampler::start(Duration::from_secs(60)).unwrap();
    let base = wait_for(&sampler, |_| true);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert!(base.process_memory_bytes > 0);
    assert!(base.host_memory_used_bytes > 0);
    assert!(base.host_memory_used_bytes < base.host_memory_total_bytes);
    assert_eq!((base.process_cpu_percent, base.host_cpu_percent), (0.0, 0.0));
    assert_eq!((base.network_sent_bytes, base.network_received_bytes), (0, 0));

    let first = after(&sampler, &base);
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    assert!((0.0..=100.0).contains(&first.host_cpu_percent));
    assert_eq!(sampler.failed_readings(), 0);
}

#[test]
fn samples_keep_coming() {
    let _alone = alone();
    let sampler = SystemSampler::start(SHORTEST_INTERVAL).unwrap();
    let mut sample = wait_for(&sampler, |_| true);
    for _ in 0..3 {
        let next = after(&sampler, &sample);
        assert!(next.time_unix_ns - sample.time_unix_ns >= 190_000_000);
        sample = next;
    }
}

#[test]
fn one_busy_thread_is_about_100_percent() {
    let _alone = alone();
    let sampler = SystemSampler::start(Duration::from_millis(250)).unwrap();
    let base = wait_for(&sampler, |_| true);
    let busy = thread::spawn(|| {
        let began = Instant::now();
        while began.elapsed() < Duration::from_millis(600) {
            std::hint::black_box(began);
        }
    });
    let first = after(&sampler, &base);
    let second = after(&sampler, &first);
    busy.join().unwrap();
    let percent = first.process_cpu_percent.max(second.process_cpu_percent);
    assert!((50.0..=250.0).contains(&percent), "{first:?} {second:?}");
    assert!(second.host_cpu_percent > 0.0, "{second:?}");
}

#[test]
fn touched_memory_is_resident() {
    let _alone = alone();
    let sampler = SystemSampler::start(SHORTEST_INTERVAL).unwrap();
    let before = wait_for(&sampler, |_| true);
    // Ones: zeroed memory would not be touched before it is written.
    let memory = vec![1_u8; 64 << 20];
    let held = wait_for(&sampler, |sample| sample.process_memory_bytes >= before.process_memory_bytes + 48 * MIB);
    assert!(held.process_memory_bytes < before.process_memory_bytes + 128 * MIB);
    drop(std::hint::black_box(memory));
}

#[test]
fn loopback_traffic_is_counted_both_ways() {
    let _alone = alone();
    let sampler = SystemSampler::start(SHORTEST_INTERVAL).unwrap();
    let base = wait_for(&sampler, |_| true);

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut sending = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (mut receiving, _) = listener.accept().unwrap();
    let reader = thread::spawn(move || {
        let mut all = Vec::new();
        receiving.read_to_end(&mut all).unwrap()
    });
    // In two samples running, the second larger: the figure is a total, not that of an interval.
    let bytes = vec![7_u8; 4 << 20];
    let (first, second) = bytes.split_at(1 << 20);
    sending.write_all(first).unwrap();
    wait_for(&sampler, |sample| sample.network_sent_bytes >= MIB);
    sending.write_all(second).unwrap();
    drop(sending);
    assert_eq!(reader.join().unwrap() as u64, 4 * MIB);

    let sample = wait_for(&sampler, |sample| {
        sample.network_sent_bytes >= base.network_sent_bytes + 4 * MIB
            && sample.network_received_bytes >= base.network_received_bytes + 4 * MIB
    });
    assert!(sample.network_sent_bytes < 64 * MIB, "{sample:?}");
}

#[test]
fn stop_and_drop_end_the_thread_at_once() {
    let _alone = alone();
    for stop in [SystemSampler::stop, drop::<SystemSampler>] {
        let sampler = SystemSampler::start(Duration::from_secs(60)).unwrap();
        let base = wait_for(&sampler, |_| true);
        after(&sampler, &base);
        assert_eq!(sampling_threads(), Some(1).filter(|_| cfg!(target_os = "linux")));
        let began = Instant::now();
        stop(sampler);
        assert!(began.elapsed() < Duration::from_secs(10), "it waited for the next reading");
        assert_eq!(sampling_threads(), Some(0).filter(|_| cfg!(target_os = "linux")));
    }
}

/// Threads of this process named `lt-system`; `None` where there is no /proc.
fn sampling_threads() -> Option<usize> {
    let names = std::fs::read_dir("/proc/self/task")
        .ok()?
        .filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    Some(names.filter(|name| name.trim_end() == THREAD_NAME).count())
}

#[test]
fn the_next_reading_keeps_step_and_never_bursts() {
    let due = Instant::now();
    let second = Duration::from_secs(1);
    let ms = Duration::from_millis;
    assert_eq!(next_due(due, due + ms(5), second), due + second);
    assert_eq!(next_due(due, due + ms(900), second), due + ms(1_900));
    assert_eq!(next_due(due, due + second * 3_600, second), due + second * 3_601);
    // At the shortest interval a reading that took 5 ms moves the step along.
    assert_eq!(next_due(due, due + ms(5), ms(200)), due + ms(205));
}
