//! Frames, byte for byte.
//!
//! The files are frames as released versions sent them: a reader must go on to take them. After a wanted change run
//! with `BLESS_GOLDEN=1` and read the difference; a change of what released versions sent needs another format.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use locust_telemetry_core::{ClockOffset, Request, Window};
use locust_telemetry_fleet::{DecodeError, FORMAT, FrameBuilder, FrameHeader, decode};
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use support::forge::{Forged, text};
use support::full::{counted, full_header, full_window, silent};
use support::told::assert_tells;
use support::{START_S, header};

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// The golden file's bytes, after a check that `bytes` are the same.
#[track_caller]
fn golden(name: &str, bytes: &[u8]) -> Vec<u8> {
    if std::env::var_os("BLESS_GOLDEN").is_some() {
        std::fs::write(path(name), bytes).unwrap();
    }
    let golden = std::fs::read(path(name)).unwrap();
    assert!(golden == bytes, "{name} is no longer what is written:\n{golden:02x?}\n{bytes:02x?}");
    golden
}

fn frame(header: &FrameHeader, windows: &[Window]) -> Vec<u8> {
    let mut builder = FrameBuilder::default();
    windows.iter().for_each(|window| builder.add(window));
    builder.finish(header)
}

fn get(name: &str, elapsed_ms: f64) -> Request<'_> {
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

fn failed(name: &str, elapsed_ms: f64) -> Request<'_> {
    Request { status: NonZeroU16::new(503), error_type: Some("HTTPError"), ..get(name, elapsed_ms) }
}

/// The frame of the worked example in `docs/wire-format.md`.
fn example() -> (FrameHeader, [Window; 1]) {
    let requests = counted(&[
        get("/cart", 20.0),
        get("/cart", 10.0),
        get("/cart", 12.5),
        failed("/cart", 7.0),
        get("/cart/[id]", 9.0),
    ]);
    let header = FrameHeader {
        run_id: "r1".into(),
        closed_until_s: START_S + 1,
        clock: Some(ClockOffset { offset_ns: -1_500, error_ns: 800 }),
        ..header()
    };
    (header, [Window { start_s: START_S, requests, users: 5, hub_lag_max_ns: Some(250_000), ..Window::default() }])
}

/// The same frame where the failed request said something.
fn example_with_message() -> (FrameHeader, [Window; 1]) {
    let (header, [mut window]) = example();
    let failing = window.requests.series.keys().find(|series| series.is_failure()).unwrap();
    window.requests.errors.add(&Arc::clone(failing), &"503: too busy".into(), 1);
    (header, [window])
}

/// Two seconds of a small shop, of which the second lacks some endpoints and repeats some times.
fn typical() -> Vec<Window> {
    let names = ["/", "/cart", "/cart/[id]", "/products/[id]", "/products/[id]/reviews", "/search?q=[text]"];
    let second = |start_s: i64, names: &[&str], step_ms: f64, rounds: u32| {
        let mut requests = Vec::new();
        for (number, name) in names.iter().enumerate() {
            for round in 0..rounds {
                requests.push(get(name, 8.0 + step_ms * f64::from(round) + 1.25 * number as f64));
            }
        }
        requests.push(failed(names[0], 31.0));
        Window { start_s, requests: counted(&requests), users: 20, hub_lag_max_ns: Some(812_345), ..Window::default() }
    };
    vec![second(START_S, &names, 3.75, 5), second(START_S + 1, &names[2..4], 0.0, 3)]
}

#[test]
fn a_typical_frame() {
    assert_tells(&decode(&golden("typical.bin", &frame(&header(), &typical()))).unwrap(), &typical());
}

#[test]
fn an_empty_frame() {
    let golden = golden("empty.bin", &frame(&header(), &[]));
    let frame = decode(&golden).unwrap();
    assert_eq!((frame.header, frame.keys.len(), frame.windows.len()), (header(), 0, 0));
}

#[test]
fn a_frame_with_every_field() {
    let golden = golden("every_field_and_messages.bin", &frame(&full_header(), &[full_window()]));
    let frame = decode(&golden).unwrap();
    assert_eq!(frame.header, full_header());
    assert_tells(&frame, &[full_window()]);
}

#[test]
fn a_frame_with_every_field_that_there_was_before_messages() {
    let window = silent(full_window());
    let golden = golden("every_field.bin", &frame(&full_header(), std::slice::from_ref(&window)));
    let frame = decode(&golden).unwrap();
    assert_eq!((frame.header.clone(), frame.messages.len()), (full_header(), 0));
    assert_tells(&frame, &[window]);
}

#[test]
fn a_frame_of_the_next_format() {
    let mut next = Forged { format: 2, ..Forged::default() };
    next.sections.push((64, text("what this version does not know")));
    let golden = golden("next_format.bin", &next.bytes());
    assert_eq!(decode(&golden), decode(&Forged::default().bytes()));
    assert_eq!(decode(&golden).unwrap().windows[0].series[0].requests, 1);
}

#[test]
fn a_frame_of_the_format_after_the_next() {
    let golden = golden("format_after_next.bin", &Forged { format: 3, ..Forged::default() }.bytes());
    assert_eq!(decode(&golden), Err(DecodeError::ForeignFormat { found: 3, supported: FORMAT }));
}

/// The bytes at the beginnings of the lines of a block of the worked example.
fn documented(block: usize) -> Vec<u8> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/wire-format.md");
    let page = std::fs::read_to_string(page).unwrap();
    let example = page.split("## A worked example").nth(1).unwrap().split("```").nth(2 * block + 1).unwrap();
    let columns = example.lines().map(|line| line.split("  ").next().unwrap());
    columns.flat_map(str::split_whitespace).filter_map(|byte| u8::from_str_radix(byte, 16).ok()).collect()
}

#[test]
fn the_worked_example_is_a_frame() {
    let (header, windows) = example();
    let golden = golden("example.bin", &frame(&header, &windows));
    assert!(documented(0) == golden, "docs/wire-format.md shows something else than\n{golden:02x?}");
    let frame = decode(&golden).unwrap();
    assert_eq!(frame.header, header);
    assert_tells(&frame, &windows);
}

#[test]
fn the_worked_example_with_a_message_has_the_documented_section() {
    let (header, windows) = example_with_message();
    let golden = golden("example_with_message.bin", &frame(&header, &windows));
    // Between the section before it and the checksum.
    let section = &golden[golden.len() - 4 - documented(1).len()..golden.len() - 4];
    assert!(documented(1) == section, "docs/wire-format.md shows something else than\n{section:02x?}");
    assert_tells(&decode(&golden).unwrap(), &windows);
}
