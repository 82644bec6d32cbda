//! What is encoded comes back, whatever it is; and no bytes do harm.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use locust_telemetry_store::{Gain, container, strip, window_gains};
use proptest::prelude::*;
use std::collections::BTreeMap;
use support::gain;

fn any_time_ns() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), 1..200_u64, 1_000_000..300_000_000_u64, 50_000_000..51_000_000_u64, any::<u64>()]
}

fn any_gain() -> impl Strategy<Value = Gain> {
    let times = prop_oneof![
        prop::collection::vec(any_time_ns(), 0..12),
        prop::collection::vec(10_000_000..12_000_000_u64, 0..200),
    ];
    let bytes = prop_oneof![0..100_000_u64, any::<u64>()];
    (times, 0..3_u64, bytes).prop_map(|(times, untimed, bytes)| gain(&times, untimed, bytes))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_strip_comes_back_bit_for_bit(slots in prop::collection::btree_map(0..60_u8, any_gain(), 0..60)) {
        let slots: Vec<_> = slots.into_iter().collect();
        prop_assert_eq!(strip::decode(&strip::encode(&slots)), Ok(slots));
    }

    #[test]
    fn the_gains_of_a_window_come_back_bit_for_bit(
        gains in prop::collection::btree_map(prop_oneof![0..40_u32, any::<u32>()], any_gain(), 0..40),
    ) {
        let gains: Vec<_> = gains.into_iter().collect();
        prop_assert_eq!(window_gains::decode(&window_gains::encode(&gains)), Ok(gains));
    }

    #[test]
    fn a_coarse_slot_holds_what_its_strip_does(slots in prop::collection::btree_map(0..60_u8, any_gain(), 1..60)) {
        let fine: Vec<_> = slots.iter().map(|(slot, gain)| (*slot, gain.clone())).collect();
        let mut whole = locust_telemetry_core::SeriesStats::default();
        strip::decode(&strip::encode(&fine)).unwrap().iter().for_each(|(_, gain)| gain.add_to(&mut whole));
        let coarse = strip::decode(&strip::encode(&[(7, Gain::of(&whole))])).unwrap();
        prop_assert_eq!(&coarse[0].1.stats(), &whole);
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = strip::decode(&bytes);
        let _ = window_gains::decode(&bytes);
        let _ = container::read(&bytes);
    }

    #[test]
    fn no_change_of_a_byte_makes_a_reader_panic(
        slots in prop::collection::btree_map(0..60_u8, any_gain(), 1..8), place in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let mut bytes = strip::encode(&slots.into_iter().collect::<Vec<_>>());
        let place = place.index(bytes.len());
        bytes[place] = byte;
        // What still reads is consistent in itself, and so is what is merged of it.
        let read: BTreeMap<_, _> = strip::decode(&bytes).unwrap_or_default().into_iter().collect();
        prop_assert!(read.values().all(|gain| Gain::of(&gain.stats()) == *gain));
    }
}

#[test]
fn a_strip_that_is_cut_or_longer_is_refused() {
    let bytes = strip::encode(&[(0, gain(&[1_000_000, 2_000_000], 0, 10)), (3, gain(&[5_000_000], 0, 5))]);
    for end in 0..bytes.len() {
        assert!(strip::decode(&bytes[..end]).is_err(), "cut at {end}");
    }
    assert!(strip::decode(&[bytes.clone(), vec![0]].concat()).is_err());
    assert_eq!(strip::slots(&bytes), Ok(2));
}

#[test]
fn a_typical_minute_of_an_endpoint_takes_twenty_bytes_a_second() {
    let mut random = support::Random(5);
    let second = |slot| {
        let times: Vec<u64> = (0..10).map(|_| random.time_ns(80_000_000)).collect();
        (slot, gain(&times, 0, 10 * 4_000 + random.below(4_000)))
    };
    let slots: Vec<_> = (0..60).map(second).collect();
    let each = strip::encode(&slots).len() as f64 / 60.0;
    assert!((14.0..20.0).contains(&each), "{each} bytes");
}
