//! What a worker's report costs to write and to read, for each series and window.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use locust_telemetry_fleet::{FrameBuilder, decode};
use std::hint::black_box;

#[path = "../tests/support/mod.rs"]
mod support;

use support::{busy_windows, frame_of, header};

const SERIES: usize = 1_000;

/// Windows and requests for each series and window.
const LOADS: [(usize, u32, u32); 4] = [(1, 1, 1), (3, 3, 7), (3, 1, 30), (1, 1, 30)];

fn frames(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("frame");
    for (windows, least, most) in LOADS {
        let load = format!("{windows} windows of {SERIES} series with {least} to {most} requests");
        let closed = busy_windows(windows, SERIES, least, most);
        let frame = frame_of(&closed);
        println!("{load}: {} bytes", frame.len());
        group.throughput(Throughput::Elements((windows * SERIES) as u64));
        group.bench_with_input(BenchmarkId::new("encode", &load), &closed, |bencher, closed| {
            let mut builder = FrameBuilder::default();
            let header = header();
            bencher.iter(|| {
                closed.iter().for_each(|window| builder.add(black_box(window)));
                builder.finish(&header)
            });
        });
        group.bench_with_input(BenchmarkId::new("decode", &load), &frame, |bencher, frame| {
            bencher.iter_with_large_drop(|| decode(black_box(frame)));
        });
    }
    group.finish();
}

criterion_group!(benches, frames);
criterion_main!(benches);
