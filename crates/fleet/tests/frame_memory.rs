//! No frame makes its reader take memory beyond a multiple of its length.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use locust_telemetry_fleet::decode;
use support::forge::{Forged, failing_keys, keys, messages, series, varint, window, windows};
use support::{busy_windows, frame_of};

/// The most memory that was in use while `bytes` were read, per byte of them.
fn expansion(bytes: &[u8]) -> f64 {
    // What is made once in a process is not the frame's.
    decode(&Forged::default().bytes()).unwrap();
    let mut frame = None;
    let used = allocation_counter::measure(|| frame = Some(decode(bytes)));
    used.bytes_max as f64 / bytes.len() as f64
}

#[test]
fn a_worker_s_frame_takes_some_ten_bytes_for_each() {
    let expansion = expansion(&frame_of(&busy_windows(3, 1_000, 3, 7)));
    assert!(expansion < 20.0, "{expansion}");
}

#[test]
fn a_count_takes_no_more_than_what_is_left_could_fill() {
    let huge = [varint(1), vec![0; 10_000]].concat();
    let all = |tag: u64, body: &[u8]| Forged::default().with(tag, body.to_vec());
    let many = |before: &[u8], least: u64| [before, &varint(10_000 / least), &[0; 10_000]].concat();
    let beyond = |before: &[u8]| [before, &varint(1_000_000), &[0; 10_000]].concat();
    let second = window(0, &[])[..4].to_vec();
    let cases = [
        all(2, &many(&[], 3)),
        all(2, &many(&keys(&[])[..7], 4)),
        all(3, &many(&[], 8)),
        all(3, &many(&[&[1], second.as_slice()].concat(), 10)),
        all(3, &[&[1], second.as_slice(), &[0], &many(&[], 2)].concat()),
        all(3, &[&[1], second.as_slice(), &[0, 0], &many(&[], 1)].concat()),
        all(3, &[&[1], window(0, &[]).as_slice(), &many(&[], 2)].concat()),
        all(3, &[&[1], window(0, &[1, 0, 1]).as_slice(), &varint(3_000 << 2), &huge].concat()),
        all(2, &beyond(&[])),
        all(2, &beyond(&keys(&[])[..7])),
        all(3, &beyond(&[])),
        all(3, &beyond(&window(0, &[])[..4])),
        all(3, &beyond(&window(0, &[1, 0, 1]))),
    ];
    let with_messages = |body: &[u8]| {
        let mut forged = Forged::default().with(2, failing_keys(&["/a"]));
        forged.sections.push((65, body.to_vec()));
        forged
    };
    let messages = [
        with_messages(&many(&[], 1)),
        with_messages(&many(&messages(&["a"], &[]), 3)),
        with_messages(&beyond(&[])),
        with_messages(&beyond(&messages(&["a"], &[]))),
    ];
    for (number, forged) in cases.iter().chain(&messages).enumerate() {
        let expansion = expansion(&forged.bytes());
        assert!(expansion < 60.0, "case {number}: {expansion}");
    }
}

#[test]
fn names_that_share_nearly_all_of_themselves_are_bounded() {
    let long = "x".repeat(1_000);
    let suffixes: Vec<String> = (0..20_000).map(|number| format!("{number:06}")).collect();
    let rows = suffixes.iter().map(|suffix| (1_000, suffix.as_str(), 0));
    let table: Vec<_> = std::iter::once((0, long.as_str(), 0)).chain(rows).collect();
    let forged = Forged::default().with(2, keys(&table)).with(3, windows(&[series()]));
    let expansion = expansion(&forged.bytes());
    assert!(expansion < 400.0, "{expansion}");
}

#[test]
fn keys_that_outgrow_the_frame_are_refused() {
    // The longest method and error type, 2 kB for each key of a few bytes.
    let (method, error) = ("m".repeat(1_024), "e".repeat(1_024));
    let kind = [support::forge::text(&method), varint(0), vec![1], support::forge::text(&error)].concat();
    let mut table = [varint(1), kind, varint(9_000)].concat();
    for number in 0..9_000 {
        table.extend([varint(0), support::forge::text(&format!("{number:04}")), varint(0)].concat());
    }
    let bytes = Forged::default().with(2, table).bytes();
    assert!(decode(&bytes).is_err_and(|error| error.to_string().contains("outgrow")));
    assert!(expansion(&bytes) < 400.0);
}
