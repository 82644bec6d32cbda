//! What one request costs in the table, and what closing a window costs.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use locust_telemetry_core::{Buffer, Histogram, Request, RequestTable};
use std::hint::black_box;
use std::num::NonZeroU16;

/// As long as those of HTTP clients are.
const MESSAGE: &str = "HTTPError('503 Server Error: Service Unavailable for url: http://localhost:8080/cart/items')";

fn request(name: &str, elapsed_ms: f64) -> Request<'_> {
    Request {
        name,
        method: "GET",
        status: NonZeroU16::new(200),
        error_type: None,
        message: None,
        elapsed_ms: Ok(elapsed_ms),
        response_bytes: 512,
    }
}

fn record(criterion: &mut Criterion) {
    let names: Vec<String> = (0..50).map(|number| format!("/endpoint/{number}")).collect();
    let mut table = RequestTable::new(10_000);
    let mut turn = 0_usize;
    criterion.bench_function("record a known series", |bencher| {
        bencher.iter(|| {
            turn = turn.wrapping_add(1);
            table.record(black_box(&request(&names[turn % 50], (turn % 997) as f64 * 0.37 + 0.1)));
        });
    });
    let failed = |name| Request { error_type: Some("HTTPError"), message: Some(MESSAGE), ..request(name, 3.0) };
    criterion.bench_function("record a failure with a known message", |bencher| {
        bencher.iter(|| {
            turn = turn.wrapping_add(1);
            table.record(black_box(&failed(&names[turn % 50])));
        });
    });
    let mut histogram = Histogram::new();
    criterion.bench_function("record into a histogram", |bencher| {
        bencher.iter(|| {
            turn = turn.wrapping_add(1);
            histogram.record(black_box((turn as u64 % 99_991) * 1_000 + 500));
        });
    });
}

fn close(criterion: &mut Criterion) {
    for series in [100, 10_000] {
        let names: Vec<String> = (0..series).map(|number| format!("/endpoint/{number}")).collect();
        let filled = || {
            let mut table = RequestTable::new(20_000);
            for name in &names {
                table.record(&request(name, 3.0));
            }
            table
        };
        criterion.bench_function(&format!("swap out {series} series (the lock is held)"), |bencher| {
            bencher.iter_batched_ref(filled, |table| table.swap(Buffer::default()), BatchSize::LargeInput);
        });
        criterion.bench_function(&format!("drain {series} series (outside of the lock)"), |bencher| {
            let swapped = || filled().swap(Buffer::default());
            bencher.iter_batched_ref(swapped, Buffer::drain, BatchSize::LargeInput);
        });
    }
}

criterion_group!(benches, record, close);
criterion_main!(benches);
