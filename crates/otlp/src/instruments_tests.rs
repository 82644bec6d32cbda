use super::*;
use crate::metric::Point;
use crate::settings::{Aggregation, Temporality};
use opentelemetry_proto::tonic::metrics::v1::NumberDataPoint;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;

const NO_VALUE: u32 = 1;

const MS: u64 = crate::send_clock::MILLISECOND_NS;

fn spans(temporality: Temporality) -> Spans {
    Spans::new(temporality, Aggregation::Explicit)
}

fn instrument(kind: Kind, temporality: Temporality) -> Arc<Instrument> {
    Instruments::new(spans(temporality)).instrument(&description("test.name", kind))
}

fn description(name: &str, kind: Kind) -> Description {
    let scope = Scope { name: "test".into(), version: "".into() };
    Description { scope, name: name.into(), kind, unit: "1".into(), description: "".into(), boundaries: None }
}

fn of(key: &str, value: &str) -> Attributes {
    Attributes::of_texts([(key, value)])
}

fn bundles(instrument: &Arc<Instrument>, now_ns: u64) -> Vec<Bundle<Receipt>> {
    let mut bundles = Vec::new();
    instrument.bundles(now_ns, &mut bundles);
    bundles
}

/// The points of an export that the backend takes.
fn export(instrument: &Arc<Instrument>, now_ns: u64) -> Vec<NumberDataPoint> {
    let mut points = Vec::new();
    for bundle in bundles(instrument, now_ns) {
        let Receipt::Set { instrument, number, is_last } = bundle.receipt else { panic!("a receipt of another") };
        instrument.settle(number, true, is_last);
        points.extend(bundle.points.into_iter().map(|(_, point)| match point {
            Point::Number(point) => point,
            other => panic!("{other:?}"),
        }));
    }
    points
}

fn figures(points: &[NumberDataPoint]) -> Vec<(u64, u64, Option<Value>)> {
    points.iter().map(|point| (point.start_time_unix_nano, point.time_unix_nano, point.value)).collect()
}

const fn int(value: i64) -> Option<Value> {
    Some(Value::AsInt(value))
}

#[test]
fn a_counter_begins_with_zero_and_then_counts_from_the_same_start() {
    let counter = instrument(Kind::Counter, Temporality::Cumulative);
    counter.take(Number::Int(2), Attributes::default(), 100 * MS);
    assert_eq!(figures(&export(&counter, 200 * MS)), [(100 * MS, 100 * MS, int(0)), (100 * MS, 200 * MS, int(2))]);
    counter.take(Number::Int(3), Attributes::default(), 250 * MS);
    assert_eq!(figures(&export(&counter, 300 * MS)), [(100 * MS, 300 * MS, int(5))]);
}

#[test]
fn a_zero_that_the_backend_did_not_get_is_sent_again() {
    let counter = instrument(Kind::Counter, Temporality::Cumulative);
    counter.take(Number::Int(2), Attributes::default(), 100 * MS);
    assert_eq!(bundles(&counter, 200 * MS)[0].points.len(), 2);
    assert_eq!(bundles(&counter, 300 * MS)[0].points.len(), 2);
}

#[test]
fn delta_counters_tell_what_came_since_the_last_point() {
    let counter = instrument(Kind::Counter, Temporality::Delta);
    counter.take(Number::Int(2), Attributes::default(), 100 * MS);
    assert_eq!(figures(&export(&counter, 200 * MS)), [(100 * MS, 200 * MS, int(2))]);
    assert_eq!(figures(&export(&counter, 300 * MS)), []);
    counter.take(Number::Int(3), Attributes::default(), 350 * MS);
    assert_eq!(figures(&export(&counter, 400 * MS)), [(200 * MS, 400 * MS, int(3))]);
}

#[test]
fn an_observed_total_is_told_as_it_is_or_as_what_it_gained() {
    let cumulative = instrument(Kind::ObservableCounter, Temporality::Cumulative);
    let delta = instrument(Kind::ObservableCounter, Temporality::Delta);
    for counter in [&cumulative, &delta] {
        counter.observe(0, [(Number::Int(10), Attributes::default())], 100 * MS);
    }
    assert_eq!(figures(&export(&cumulative, 200 * MS)), [(100 * MS, 200 * MS, int(10))]);
    assert_eq!(figures(&export(&delta, 200 * MS)), [(100 * MS, 200 * MS, int(10))]);
    for counter in [&cumulative, &delta] {
        counter.observe(0, [(Number::Int(14), Attributes::default())], 250 * MS);
    }
    assert_eq!(figures(&export(&cumulative, 300 * MS)), [(100 * MS, 300 * MS, int(14))]);
    assert_eq!(figures(&export(&delta, 300 * MS)), [(200 * MS, 300 * MS, int(4))]);
}

#[test]
fn what_a_callback_tells_no_more_has_ended_and_others_have_not() {
    let gauge = instrument(Kind::ObservableGauge, Temporality::Cumulative);
    gauge.observe(0, [(Number::Int(1), of("state", "ready"))], 100 * MS);
    gauge.observe(1, [(Number::Int(7), of("state", "other"))], 100 * MS);
    assert_eq!(export(&gauge, 200 * MS).len(), 2);
    gauge.observe(0, [(Number::Int(1), of("state", "running"))], 250 * MS);
    let mut points = export(&gauge, 300 * MS);
    points.sort_by_key(|point| point.flags);
    assert_eq!(points.iter().map(|point| point.flags).collect::<Vec<_>>(), [0, 0, NO_VALUE]);
    assert_eq!((&points[2].attributes, points[2].value), (&of("state", "ready").to_proto(), None));
    assert_eq!(export(&gauge, 400 * MS).len(), 2);
}

#[test]
fn what_is_told_again_before_the_backend_heard_of_its_end_has_not_ended() {
    let gauge = instrument(Kind::ObservableGauge, Temporality::Cumulative);
    gauge.observe(0, [(Number::Int(1), of("a", "b"))], 100 * MS);
    gauge.observe(0, [], 200 * MS);
    gauge.observe(0, [(Number::Int(2), of("a", "b"))], 300 * MS);
    assert_eq!(figures(&export(&gauge, 400 * MS)), [(100 * MS, 400 * MS, int(2))]);
}

#[test]
fn a_run_s_sets_end_with_their_last_value_and_a_marker() {
    let counter = instrument(Kind::Counter, Temporality::Cumulative);
    counter.take(Number::Int(2), of("run_id", "a"), 100 * MS);
    counter.take(Number::Int(5), of("run_id", "b"), 100 * MS);
    export(&counter, 200 * MS);
    counter.end_run("a", true);
    let points = export(&counter, 300 * MS);
    let ended: Vec<_> =
        points.iter().filter(|point| point.attributes == of("run_id", "a").to_proto()).cloned().collect();
    assert_eq!(figures(&ended), [(100 * MS, 300 * MS, int(2)), (100 * MS, 300 * MS + END_MARKER_AFTER_NS, None)]);
    assert_eq!(ended[1].flags, NO_VALUE);
    assert_eq!(figures(&export(&counter, 400 * MS)), [(100 * MS, 400 * MS, int(5))]);
}

#[test]
fn without_markers_a_run_s_sets_just_end_with_their_last_value() {
    let counter = instrument(Kind::Counter, Temporality::Cumulative);
    counter.take(Number::Int(2), of("run_id", "a"), 100 * MS);
    export(&counter, 200 * MS);
    counter.end_run("a", false);
    assert_eq!(figures(&export(&counter, 300 * MS)), [(100 * MS, 300 * MS, int(2))]);
    assert_eq!(figures(&export(&counter, 400 * MS)), []);
}

#[test]
fn values_that_cannot_be_counted_are_ignored_and_counted() {
    let counter = instrument(Kind::Counter, Temporality::Cumulative);
    counter.take(Number::Int(-1), Attributes::default(), 100 * MS);
    counter.take(Number::Float(f64::NAN), Attributes::default(), 100 * MS);
    counter.take(Number::Int(1), Attributes::default(), 100 * MS);
    assert_eq!((counter.take_ignored(), counter.take_ignored()), (2, 0));
    assert_eq!(figures(&export(&counter, 200 * MS))[1], (100 * MS, 200 * MS, int(1)));
    let up_down = instrument(Kind::UpDownCounter, Temporality::Cumulative);
    up_down.take(Number::Int(-1), Attributes::default(), 100 * MS);
    assert_eq!(up_down.take_ignored(), 0);
}

#[test]
fn sets_beyond_the_limit_are_counted_together() {
    let counter = instrument(Kind::Counter, Temporality::Cumulative);
    (0..MAX_SETS + 50).for_each(|number| counter.take(Number::Int(1), of("set", &number.to_string()), 100 * MS));
    let points = export(&counter, 200 * MS);
    let sum = |point: &NumberDataPoint| if let Some(Value::AsInt(value)) = point.value { value } else { 0 };
    assert_eq!(points.iter().map(sum).sum::<i64>(), MAX_SETS as i64 + 50);
    let overflow = points.iter().filter(|point| point.attributes == Attributes::overflow().to_proto());
    assert_eq!(overflow.map(sum).sum::<i64>(), 50);
    assert_eq!(points.len(), 2 * (MAX_SETS + 1));
}

#[test]
fn totals_of_a_callback_beyond_the_limit_add_up() {
    for kind in [Kind::ObservableCounter, Kind::ObservableUpDownCounter] {
        let total = instrument(kind, Temporality::Cumulative);
        for each in [3, 4] {
            let sets = (0..MAX_SETS + 50).map(|number| (Number::Int(each), of("set", &number.to_string())));
            total.observe(1, sets, 100 * MS);
            let points = export(&total, 200 * MS);
            let overflow = points.iter().find(|point| point.attributes == Attributes::overflow().to_proto()).unwrap();
            assert_eq!(overflow.value, int(50 * each));
        }
    }
}

#[test]
fn a_histogram_has_the_boundaries_of_its_author_or_those_that_suit_its_unit() {
    let instruments = Instruments::new(spans(Temporality::Cumulative));
    let bounds = |unit: &str, boundaries: Option<Vec<f64>>| {
        let description =
            Description { unit: unit.into(), boundaries, ..description("test.histogram", Kind::Histogram) };
        let histogram = Instrument::new(&description, &instruments.spans);
        let histogram = Arc::new(histogram);
        histogram.take(Number::Float(3.0), Attributes::default(), 100 * MS);
        match &bundles(&histogram, 200 * MS)[0].points[1].1 {
            Point::Explicit(point) => point.explicit_bounds.clone(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(bounds("ms", None), crate::LATENCY_BOUNDARIES_MS);
    assert_eq!(bounds("By", None).len(), 15);
    assert_eq!(bounds("ms", Some(vec![1.0, 2.0])), [1.0, 2.0]);
}

#[test]
fn the_same_description_gives_the_same_instrument_whatever_its_name_s_case() {
    let instruments = Instruments::new(spans(Temporality::Cumulative));
    let one = instruments.instrument(&description("Test.Name", Kind::Counter));
    assert!(Arc::ptr_eq(&one, &instruments.instrument(&description("test.name", Kind::Counter))));
    assert!(!Arc::ptr_eq(&one, &instruments.instrument(&description("test.name", Kind::Gauge))));
    assert_eq!(instruments.all().len(), 2);
}

#[test]
fn what_is_added_while_the_end_is_on_its_way_is_not_lost() {
    let counter = instrument(Kind::Counter, Temporality::Cumulative);
    counter.take(Number::Int(2), of("run_id", "a"), 100 * MS);
    counter.end_run("a", true);
    let in_flight = bundles(&counter, 200 * MS);
    counter.take(Number::Int(5), of("run_id", "a"), 250 * MS);
    for bundle in in_flight {
        let Receipt::Set { instrument, number, is_last } = bundle.receipt else { panic!("a receipt of another") };
        instrument.settle(number, true, is_last);
    }
    assert_eq!(figures(&export(&counter, 300 * MS)), [(100 * MS, 300 * MS, int(7))]);
}

#[test]
fn sets_that_come_and_go_leave_nothing_behind() {
    let gauge = instrument(Kind::ObservableGauge, Temporality::Cumulative);
    for number in 0..100 {
        gauge.observe(0, [(Number::Int(1), of("set", &number.to_string()))], 100 * MS + number);
        export(&gauge, 1_000 * MS + number);
    }
    assert_eq!(gauge.sets().cells.len(), 1);
}

#[test]
fn totals_of_this_program_begin_with_a_zero() {
    let own = instrument(Kind::ObservableCounter, Temporality::Cumulative);
    own.observe(OWN_CALLBACKS, [(Number::Int(1), Attributes::default())], 100 * MS);
    assert_eq!(figures(&export(&own, 200 * MS)), [(100 * MS, 100 * MS, int(0)), (100 * MS, 200 * MS, int(1))]);
    assert_eq!(figures(&export(&own, 300 * MS)), [(100 * MS, 300 * MS, int(1))]);
}

#[test]
fn boundaries_are_put_in_order() {
    assert_eq!(usable(vec![5.0, f64::NAN, 1.0, 5.0, f64::INFINITY]), [1.0, 5.0]);
}

#[test]
fn a_zero_is_never_at_the_time_of_its_value() {
    let own = instrument(Kind::ObservableCounter, Temporality::Cumulative);
    own.observe(OWN_CALLBACKS, [(Number::Int(1), Attributes::default())], 100 * MS);
    assert_eq!(figures(&export(&own, 100 * MS)), [(100 * MS, 100 * MS, int(0)), (100 * MS, 101 * MS, int(1))]);
}
