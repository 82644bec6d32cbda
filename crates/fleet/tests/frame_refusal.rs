//! What is no frame is refused, for the reason that it has.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use locust_telemetry_core::{Anomaly, Window};
use locust_telemetry_fleet::{DecodeError, FORMAT, decode};
use proptest::prelude::*;
use support::forge::{Forged, failing_keys, keys, messages, sealed, series, text, varint, window, windows};
use support::full::full_window;
use support::{START_S, busy_windows, frame_of};

/// Why a frame with a right checksum is refused.
#[track_caller]
fn contradiction(forged: &Forged) -> &'static str {
    match decode(&forged.bytes()) {
        Err(DecodeError::Contradictory { what }) => what,
        other => panic!("{other:?}"),
    }
}

/// The frame whose only window has these runs and series.
fn with_series(series: &[&[u8]]) -> Forged {
    Forged::default().with(3, windows(&[series.concat()]))
}

/// The frame with this window, of which the second and what is behind it are given.
fn with_window(rest: &[u8]) -> Forged {
    let second = varint((START_S as u64) << 1);
    Forged::default().with(3, [vec![1], second, rest.to_vec()].concat())
}

fn some_windows() -> Vec<Window> {
    [busy_windows(2, 8, 1, 4), vec![full_window()]].concat()
}

#[test]
fn a_frame_made_by_hand_is_read() {
    let frame = decode(&Forged::default().bytes()).unwrap();
    let gain = &frame.windows[0].series[0];
    assert_eq!((&*frame.keys[0].name, frame.windows[0].start_s, gain.requests), ("/a", START_S, 1));
    assert_eq!((gain.response_bytes, gain.latency.min_ns(), gain.latency.sum_ns()), (100, 1_000_000, 1_000_000));
}

#[test]
fn every_flipped_bit_is_seen() {
    let bytes = frame_of(&some_windows());
    for bit in 0..8 * bytes.len() {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let expected = if bit < 32 { DecodeError::NoFrame } else { DecodeError::Damaged };
        assert_eq!(decode(&flipped), Err(expected), "bit {bit}");
    }
}

#[test]
fn every_truncation_is_seen() {
    let bytes = frame_of(&some_windows());
    for length in 0..bytes.len() {
        assert_eq!(decode(&bytes[..length]), Err(DecodeError::Damaged), "{length} bytes");
    }
}

#[test]
fn bytes_behind_a_frame_are_seen() {
    let bytes = frame_of(&some_windows());
    assert_eq!(decode(&[&bytes, [0].as_slice()].concat()), Err(DecodeError::Damaged));
    assert_eq!(decode(&[bytes.clone(), bytes].concat()), Err(DecodeError::Damaged));
}

#[test]
fn other_bytes_are_no_frame() {
    assert_eq!(decode(b"{\"stats\": []}"), Err(DecodeError::NoFrame));
    assert_eq!(decode(b"LT"), Err(DecodeError::Damaged));
}

#[test]
fn formats_more_than_one_apart_are_foreign() {
    for format in (0..=u8::MAX).filter(|format| ![FORMAT, FORMAT + 1].contains(format)) {
        let bytes = Forged { format, ..Forged::default() }.bytes();
        assert_eq!(decode(&bytes), Err(DecodeError::ForeignFormat { found: format, supported: FORMAT }));
    }
}

#[test]
fn the_next_format_is_read_without_what_is_new_in_it() {
    let mut next = Forged { format: FORMAT + 1, flags: 0b1111_1110, ..Forged::default() };
    next.sections.extend([(64, b"something new".to_vec()), (u64::MAX, Vec::new())]);
    assert_eq!(decode(&next.bytes()), decode(&Forged::default().bytes()));
}

#[test]
fn a_section_that_must_be_known_is_not_passed_over() {
    for (format, tag) in [(FORMAT, 4), (FORMAT + 1, 63)] {
        let mut forged = Forged { format, ..Forged::default() };
        forged.sections.push((tag, Vec::new()));
        assert_eq!(decode(&forged.bytes()), Err(DecodeError::UnknownSection { tag }));
    }
}

#[test]
fn kinds_of_anomalies_and_reasons_of_the_next_format_are_left_out() {
    let kinds = [vec![2], varint(0), varint(5), varint(1_000), varint(9)].concat();
    let frame = decode(&with_window(&[&[0, 0xFF, 0, 0], kinds.as_slice(), &[0, 0]].concat()).bytes()).unwrap();
    let told = &frame.windows[0];
    assert_eq!(told.anomalies.occurred().collect::<Vec<_>>(), [(Anomaly::TimeMissing, 5)]);
    assert_eq!(told.reasons.bits(), 0b1_1111);
}

#[test]
fn sections_come_once_ascending_and_whole() {
    let missing = |tag: u64| {
        let mut forged = Forged::default();
        forged.sections.retain(|(other, _)| *other != tag);
        contradiction(&forged)
    };
    assert!((1..=3).all(|tag| missing(tag) == "a section is missing"));
    let mut twice = Forged::default();
    twice.sections.insert(1, twice.sections[0].clone());
    assert_eq!(contradiction(&twice), "sections that do not ascend");
    let mut swapped = Forged::default();
    swapped.sections.swap(0, 1);
    assert_eq!(contradiction(&swapped), "sections that do not ascend");
    for section in 0..3 {
        let mut longer = Forged::default();
        longer.sections[section].1.push(0);
        assert_eq!(contradiction(&longer), "a part is longer than its content");
        let mut shorter = Forged::default();
        shorter.sections[section].1.pop();
        assert!(decode(&shorter.bytes()).is_err());
    }
    let mut content = Forged::default().bytes();
    content.truncate(content.len() - 4);
    content.extend([64, 5, 1]);
    assert!(matches!(decode(&sealed(&content)), Err(DecodeError::Contradictory { .. })));
}

#[test]
fn run_ids_are_neither_empty_nor_huge() {
    let of_length = |length| Forged { run_id: "x".repeat(length), ..Forged::default() };
    assert!(decode(&of_length(256).bytes()).is_ok());
    assert_eq!(contradiction(&of_length(0)), "a run without an id");
    assert_eq!(contradiction(&of_length(257)), "a text is too long");
}

#[test]
fn numbers_have_one_spelling() {
    let sequence = |bytes: &[u8]| Forged { sequence: bytes.to_vec(), ..Forged::default() };
    assert_eq!(contradiction(&sequence(&[0x87, 0])), "a number is spelled too long");
    assert_eq!(contradiction(&sequence(&[[0xFF; 9].as_slice(), &[2]].concat())), "a number is spelled too long");
    assert_eq!(contradiction(&sequence(&[0xFF; 11])), "a number does not end");
    assert_eq!(contradiction(&sequence(&varint(u64::MAX))), "a sequence number beyond reason");
}

#[test]
fn seconds_and_offsets_beyond_reason_are_refused() {
    const SECOND: &str = "a second beyond reason";
    let zigzag = |value: i64| varint(((value << 1) ^ (value >> 63)) as u64);
    let limit = 1_i64 << 40;
    let status = |second: i64, clock: &[u8]| Forged::default().with(1, [&zigzag(second), clock].concat());
    assert!(decode(&status(-limit, &[0]).bytes()).is_ok());
    assert_eq!(contradiction(&status(limit + 1, &[0])), SECOND);
    assert_eq!(contradiction(&status(0, &[2])), "a flag that is neither 0 nor 1");
    let clock = |offset_ns: i64, error_ns: u64| status(0, &[vec![1], zigzag(offset_ns), varint(error_ns)].concat());
    assert!(decode(&clock(1 - (1 << 62), (1 << 62) - 1).bytes()).is_ok());
    assert_eq!(contradiction(&clock(i64::MIN, 0)), "an offset beyond reason");
    assert_eq!(contradiction(&clock(0, 1 << 62)), "an offset beyond reason");

    let first = |second: i64| [vec![1], zigzag(second), vec![0; 7]].concat();
    assert!(decode(&Forged::default().with(3, first(limit)).bytes()).is_ok());
    assert_eq!(contradiction(&Forged::default().with(3, first(limit + 1))), SECOND);
    let apart = [vec![2], window(limit, &[0]), window(1, &[0])].concat();
    assert_eq!(contradiction(&Forged::default().with(3, apart)), SECOND);
}

#[test]
fn keys_ascend_and_are_made_of_what_is_there() {
    let table = |rows: &[(u64, &str, u64)]| Forged::default().with(2, keys(rows));
    assert!(decode(&table(&[(0, "/a", 0), (2, "b", 0), (1, "b", 0)]).bytes()).is_ok());
    assert_eq!(contradiction(&table(&[(0, "/a", 0), (2, "", 0)])), "keys that do not ascend");
    assert_eq!(contradiction(&table(&[(0, "/b", 0), (1, "a", 0)])), "keys that do not ascend");
    assert_eq!(contradiction(&table(&[(1, "/a", 0)])), "a name shares more than there is");
    assert_eq!(contradiction(&table(&[(0, "/a", 1)])), "a kind beyond the table");
    assert_eq!(contradiction(&table(&[(0, "ä", 0), (1, "a", 0)])), "a name is not UTF-8");
    assert_eq!(contradiction(&table(&[(0, &"x".repeat(1_025), 0)])), "a name is too long");
    let kinds = |kinds: &[u8]| Forged::default().with(2, [kinds, &[1, 0, 1, b'a', 0]].concat());
    assert_eq!(
        contradiction(&kinds(&[&[1], text("GET").as_slice(), &varint(65_536), &[0]].concat())),
        "a status that is none"
    );
    assert_eq!(contradiction(&kinds(&[1, 0, 0, 2])), "a flag that is neither 0 nor 1");
    assert_eq!(
        contradiction(&kinds(&[&[1], text(&"x".repeat(1_025)).as_slice(), &[0, 0]].concat())),
        "a text is too long"
    );
    assert_eq!(contradiction(&kinds(&[1, 1, 0xFF, 0, 0])), "a text is not UTF-8");
}

/// A frame with one window, in which `/a` failed three times but `/b` did not come, and this section of messages.
fn with_messages(body: Vec<u8>) -> Forged {
    let mut forged = Forged::default().with(2, failing_keys(&["/a", "/b"]));
    forged = forged.with(3, windows(&[vec![1, 0, 1, 2, 3, 0, 0]]));
    forged.sections.push((65, body));
    forged
}

#[test]
fn messages_ascend_and_are_texts() {
    let table = |table: &[&str]| with_messages(messages(table, &[&[]]));
    assert!(decode(&table(&["", "a", "b"]).bytes()).is_ok());
    assert_eq!(contradiction(&table(&["b", "a"])), "messages that do not ascend");
    assert_eq!(contradiction(&table(&["a", "a"])), "messages that do not ascend");
    let longest = "x".repeat(2_051);
    assert!(decode(&table(&[&longest]).bytes()).is_ok());
    assert_eq!(contradiction(&table(&[&format!("{longest}x")])), "a text is too long");
    assert_eq!(contradiction(&with_messages(vec![1, 1, 0xFF, 0])), "a text is not UTF-8");
}

#[test]
fn messages_are_of_failures_and_no_more_than_those() {
    const MISCOUNTED: &str = "a message that came never, or more often than failures";
    const NO_FAILURE: &str = "a message of what did not fail";
    let rows = |rows: &[[u64; 3]]| with_messages(messages(&["a", "b"], &[rows]));
    let frame = decode(&rows(&[[0, 0, 2], [0, 0, 1]]).bytes()).unwrap();
    let told: Vec<_> = frame.windows[0].messages.iter().map(|gain| (gain.series, gain.message, gain.count)).collect();
    assert_eq!(told, [(0, 0, 2), (0, 1, 1)]);
    assert_eq!(contradiction(&rows(&[[0, 0, 0]])), MISCOUNTED);
    assert_eq!(contradiction(&rows(&[[0, 0, 4]])), MISCOUNTED);
    assert_eq!(contradiction(&rows(&[[0, 0, 2], [0, 0, 2]])), MISCOUNTED);
    assert_eq!(contradiction(&rows(&[[0, 0, u64::MAX]])), MISCOUNTED);
    assert_eq!(contradiction(&rows(&[[0, 2, 1]])), "a message beyond the table");
    assert_eq!(contradiction(&rows(&[[0, 1, 1], [0, 0, 1]])), "a message beyond the table");
    assert_eq!(contradiction(&rows(&[[0, 0, 1], [0, u64::MAX, 1]])), "a message beyond the table");
    assert_eq!(contradiction(&rows(&[[1, 0, 1]])), NO_FAILURE, "in another window, perhaps");
    assert_eq!(contradiction(&rows(&[[2, 0, 1]])), NO_FAILURE);
    assert_eq!(contradiction(&rows(&[[3, 0, 1]])), "a message of no series");
    let mut success = Forged::default();
    success.sections.push((65, messages(&["a"], &[&[[0, 0, 1]]])));
    assert_eq!(contradiction(&success), NO_FAILURE);
}

#[test]
fn messages_are_told_for_each_window_and_no_other() {
    let windows = |windows: &[&[[u64; 3]]]| with_messages(messages(&["a"], windows));
    assert!(decode(&windows(&[&[]]).bytes()).is_ok());
    assert_eq!(contradiction(&windows(&[])), "a number does not end", "where the rows of the window begin");
    assert_eq!(contradiction(&windows(&[&[], &[]])), "a part is longer than its content");
    let beyond = [messages(&[], &[]), varint(9)].concat();
    assert_eq!(contradiction(&with_messages(beyond)), "a count is beyond what the frame holds");
}

#[test]
fn runs_of_keys_stay_within_the_table() {
    const BEYOND: &str = "a key beyond the table";
    assert_eq!(contradiction(&with_series(&[&[1, 1, 1], &series()[3..]])), BEYOND);
    assert_eq!(contradiction(&with_series(&[&[1, 0, 2], &series()[3..]])), BEYOND);
    let endless = [vec![1], varint(u64::MAX), varint(u64::MAX)].concat();
    assert_eq!(contradiction(&with_series(&[&endless, &series()[3..]])), BEYOND);
    assert_eq!(contradiction(&with_series(&[&[1, 0, 0]])), "a run of keys that is none of its own");
    let two = with_series(&[&[2, 0, 1, 0, 1], &series()[3..], &series()[3..]]);
    let two = two.with(2, keys(&[(0, "/a", 0), (0, "/b", 0)]));
    assert_eq!(contradiction(&two), "a run of keys that is none of its own");
}

#[test]
fn a_series_has_requests_and_not_too_many() {
    let one = |body: &[u8]| with_series(&[&[1, 0, 1], body]);
    let untimed = |untimed: u64, zeros: u64| one(&[vec![2], varint(untimed), varint(zeros), vec![0]].concat());
    assert!(decode(&untimed(1 << 40, 0).bytes()).is_ok());
    assert_eq!(contradiction(&one(&[0, 0])), "a series without a request");
    assert_eq!(contradiction(&untimed(0, 0)), "an odd series that is not");
    assert_eq!(contradiction(&untimed((1 << 40) + 1, 0)), "too many requests");
    assert_eq!(contradiction(&untimed(1 << 40, 1)), "too many requests");
    assert_eq!(contradiction(&one(&[vec![4], varint(1 << 61), vec![0, 0, 0]].concat())), "too many bytes");
    let both = [
        &untimed(1 << 39, 0).sections[2].1[1..],
        &[2, 0, 0, 0, 0, 0, 0],
        &[1, 0, 1, 2],
        &varint((1 << 39) + 1),
        &[0, 0],
    ]
    .concat();
    assert_eq!(contradiction(&Forged::default().with(3, [vec![2], both].concat())), "too many requests");
}

#[test]
fn response_times_fit_their_buckets() {
    let one = |body: &[&[u8]]| with_series(&[&[1, 0, 1], &body.concat()]);
    // Bucket 0 holds 10,889 times, from 1,000,001 ns on: 14 bits.
    let highest = 10_888_u16.to_le_bytes();
    let beyond = 10_889_u16.to_le_bytes();
    let in_bucket_0 = |place: [u8; 2]| one(&[&[4, 0, 0], &place]);
    let frame = decode(&in_bucket_0(highest).bytes()).unwrap();
    assert_eq!(frame.windows[0].series[0].latency.max_ns(), 1_010_889);
    assert_eq!(contradiction(&in_bucket_0(beyond)), "response times contradict each other");
    assert_eq!(contradiction(&in_bucket_0([0, 0x40])), "a number is filled up with bits of nothing");
    // Three times: the two ends, and one between them.
    let ends = [0, 0, 0, 0];
    let three = |rest: [u8; 2]| one(&[&[5, 0, 1, 1], &ends, &rest]);
    assert!(contradiction(&three(beyond)) == "a sum is beyond its buckets");
    assert_eq!(contradiction(&three([1, 0])), "response times contradict each other", "all are 1,000,001 ns");
    assert!(decode(&three([0, 0]).bytes()).is_ok());
    assert_eq!(contradiction(&one(&[&[5, 0, 0], &highest])), "buckets are told to repeat and do not");
    // Below 0.1 µs there are buckets between whose bounds lies no nanosecond: the one behind that of 1 ns.
    let below = varint(2 * 1_276 - 1);
    assert!(decode(&one(&[&[4, 0], &below]).bytes()).is_ok());
    assert_eq!(contradiction(&one(&[&[4, 0], &varint(2 * 1_275 - 1)])), "a bucket of no time");
    assert_eq!(contradiction(&one(&[&[4, 0], &varint(2 * 1_277 - 1)])), "a bucket of no time");
    assert_eq!(contradiction(&one(&[&[4, 0], &varint(1 << 16), &[0; 9]])), "a bucket of no time");
    let many = [varint(3_394 << 2), vec![0; 5_000]].concat();
    assert_eq!(contradiction(&one(&[&many])), "more buckets than there are");
    let times = [vec![5, 0, 1], varint(u64::MAX)].concat();
    assert_eq!(contradiction(&one(&[&times])), "a bucket of too many times");
    let times = [vec![5, 0, 1], varint((1 << 40) - 1), vec![0; 20]].concat();
    assert_eq!(contradiction(&one(&[&times])), "response times contradict each other", "one more than can be");
}

#[test]
fn figures_of_a_window_are_within_reason() {
    let amount = varint((1 << 60) + 1);
    let count = varint((1 << 40) + 1);
    assert_eq!(contradiction(&with_window(&[&count, [0; 6].as_slice()].concat())), "too many users");
    assert_eq!(contradiction(&with_window(&[0, 0, 16, 0, 0, 0, 0])), "figures that are unknown");
    assert_eq!(contradiction(&with_window(&[0, 0, 4, 1, 0, 0, 0, 0])), "figures that are unknown");
    assert_eq!(
        contradiction(&with_window(&[&[0, 0, 1], amount.as_slice(), &[0; 4]].concat())),
        "an amount beyond reason"
    );
    let moment = i64::MIN.to_le_bytes();
    assert_eq!(
        contradiction(&with_window(&[&[0, 0, 2], moment.as_slice(), &[0; 30]].concat())),
        "a moment beyond reason"
    );
    assert_eq!(
        contradiction(&with_window(&[&[0, 0, 0, 1], moment.as_slice(), &[0; 5]].concat())),
        "a moment beyond reason"
    );
    let anomalies = |pairs: &[u8]| contradiction(&with_window(&[&[0, 0, 0, 0], pairs, &[0, 0]].concat()));
    assert_eq!(anomalies(&[2, 1, 1, 1, 1]), "anomalies that do not ascend, or did not occur");
    assert_eq!(anomalies(&[1, 1, 0]), "anomalies that do not ascend, or did not occur");
    assert_eq!(anomalies(&[&[1, 1], count.as_slice()].concat()), "too many anomalies");
    assert_eq!(anomalies(&[&[1], varint(1 << 16).as_slice(), &[1]].concat()), "an anomaly beyond reason");
    assert_eq!(contradiction(&with_window(&[0, 0, 0, 0, 0, 1, 1, 0xFF, 0])), "a text is not UTF-8");
}

proptest! {
    #[test]
    fn whatever_is_written_into_a_frame_is_read_or_refused(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let bytes = frame_of(&some_windows());
        let mut content = bytes[..bytes.len() - 4].to_vec();
        for (place, byte) in changes {
            let place = place.index(content.len());
            content[place] = byte;
        }
        let _ = decode(&sealed(&content));
    }
}
