//! Tests of the JSON form: what the specification says, and that nothing is lost on the way there and back.

use opentelemetry_proto::tonic::{
    collector::{logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest},
    common::v1::{AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList, any_value},
    logs::v1::{LogRecord, ResourceLogs, ScopeLogs},
    metrics::v1::{
        AggregationTemporality, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram,
        HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum,
        exponential_histogram_data_point::Buckets, metric::Data, number_data_point,
    },
    resource::v1::Resource,
};
use serde_json::{Value, json};

use super::*;

fn attribute(key: &str, value: any_value::Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..Default::default() }
}

fn metric(name: &str, data: Data) -> Metric {
    Metric { name: name.to_owned(), data: Some(data), ..Default::default() }
}

fn gauge(value: f64) -> Metric {
    let value = Some(number_data_point::Value::AsDouble(value));
    let point = NumberDataPoint { time_unix_nano: u64::MAX, value, ..Default::default() };
    metric("gauge", Data::Gauge(Gauge { data_points: vec![point] }))
}

fn sum(value: i64) -> Metric {
    let point = NumberDataPoint { value: Some(number_data_point::Value::AsInt(value)), flags: 1, ..Default::default() };
    let aggregation_temporality = AggregationTemporality::Cumulative as i32;
    metric("sum", Data::Sum(Sum { data_points: vec![point], aggregation_temporality, is_monotonic: true }))
}

fn histogram(sum: Option<f64>, min: Option<f64>) -> Metric {
    let point = HistogramDataPoint {
        count: 3,
        sum,
        min,
        bucket_counts: vec![1, 2],
        explicit_bounds: vec![0.5],
        ..Default::default()
    };
    let aggregation_temporality = AggregationTemporality::Delta as i32;
    metric("histogram", Data::Histogram(Histogram { data_points: vec![point], aggregation_temporality }))
}

fn exponential() -> Metric {
    let point = ExponentialHistogramDataPoint {
        count: 7,
        scale: -2,
        zero_count: 1,
        positive: Some(Buckets { offset: -3, bucket_counts: vec![6] }),
        ..Default::default()
    };
    let aggregation_temporality = AggregationTemporality::Delta as i32;
    let data_points = vec![point];
    metric("exponential", Data::ExponentialHistogram(ExponentialHistogram { data_points, aggregation_temporality }))
}

fn metrics(metrics: Vec<Metric>) -> ExportMetricsServiceRequest {
    let scope = Some(InstrumentationScope { name: "scope".to_owned(), ..Default::default() });
    let attributes = vec![attribute("service.name", any_value::Value::StringValue("shop".to_owned()))];
    let resource = Some(Resource { attributes, ..Default::default() });
    let scope_metrics = vec![ScopeMetrics { scope, metrics, ..Default::default() }];
    let resource_metrics = vec![ResourceMetrics { resource, scope_metrics, ..Default::default() }];
    ExportMetricsServiceRequest { resource_metrics }
}

fn logs() -> ExportLogsServiceRequest {
    let numbers = [1, -2].map(|number| AnyValue { value: Some(any_value::Value::IntValue(number)) });
    let list = ArrayValue { values: numbers.to_vec() };
    let map = KeyValueList { values: vec![attribute("deep", any_value::Value::DoubleValue(f64::NEG_INFINITY))] };
    let record = LogRecord {
        time_unix_nano: 1_700_000_000_000_000_001,
        severity_number: 9,
        body: Some(AnyValue { value: Some(any_value::Value::StringValue("a \"b\"\n".to_owned())) }),
        attributes: vec![
            attribute("list", any_value::Value::ArrayValue(list)),
            attribute("map", any_value::Value::KvlistValue(map)),
            attribute("bytes", any_value::Value::BytesValue(vec![255, 0])),
            attribute("truth", any_value::Value::BoolValue(false)),
            attribute("integer", any_value::Value::IntValue(i64::MIN)),
            KeyValue { key: "empty".to_owned(), ..Default::default() },
        ],
        trace_id: vec![0xab; 16],
        span_id: vec![1; 8],
        ..Default::default()
    };
    let scope_logs = vec![ScopeLogs { log_records: vec![record], ..Default::default() }];
    ExportLogsServiceRequest { resource_logs: vec![ResourceLogs { scope_logs, ..Default::default() }] }
}

fn encoded(message: &impl Serialize) -> Value {
    serde_json::from_slice(&encode(message).unwrap()).unwrap()
}

fn first_metric(metric: Metric) -> Value {
    encoded(&metrics(vec![metric]))["resourceMetrics"][0]["scopeMetrics"][0]["metrics"][0].take()
}

fn first_log() -> Value {
    encoded(&logs())["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0].take()
}

#[test]
fn names_are_in_camel_case_and_enums_are_numbers() {
    let sum = first_metric(sum(5));
    assert_eq!(sum["sum"]["aggregationTemporality"], json!(2));
    assert_eq!(sum["sum"]["isMonotonic"], json!(true));
    assert_eq!(sum["sum"]["dataPoints"][0]["flags"], json!(1));
    assert_eq!(first_log()["severityNumber"], json!(9));
}

#[test]
fn integers_of_64_bits_are_strings() {
    assert_eq!(first_metric(sum(-5))["sum"]["dataPoints"][0]["asInt"], json!("-5"));
    assert_eq!(first_metric(gauge(1.0))["gauge"]["dataPoints"][0]["timeUnixNano"], json!("18446744073709551615"));
    let point = first_metric(histogram(None, None))["histogram"]["dataPoints"][0].take();
    assert_eq!((&point["count"], &point["bucketCounts"]), (&json!("3"), &json!(["1", "2"])));
    let point = first_metric(exponential())["exponentialHistogram"]["dataPoints"][0].take();
    assert_eq!((&point["zeroCount"], &point["scale"]), (&json!("1"), &json!(-2)));
    assert_eq!(point["positive"], json!({"offset": -3, "bucketCounts": ["6"]}));
    assert_eq!(first_log()["attributes"][0]["value"]["arrayValue"]["values"][1], json!({"intValue": "-2"}));
}

#[test]
fn numbers_that_are_not_finite_are_strings() {
    for (number, text) in [(f64::NAN, "NaN"), (f64::INFINITY, "Infinity"), (f64::NEG_INFINITY, "-Infinity")] {
        assert_eq!(first_metric(gauge(number))["gauge"]["dataPoints"][0]["asDouble"], json!(text));
        assert_eq!(first_metric(histogram(Some(number), None))["histogram"]["dataPoints"][0]["sum"], json!(text));
    }
}

#[test]
fn what_is_absent_is_not_there_instead_of_null() {
    let point = first_metric(histogram(Some(2.5), None))["histogram"]["dataPoints"][0].take();
    assert_eq!(point["sum"], json!(2.5));
    let point = point.as_object().unwrap();
    assert!(!point.contains_key("min") && !point.contains_key("max"), "{point:?}");
    let text = String::from_utf8([encode(&metrics(vec![exponential()])).unwrap(), encode(&logs()).unwrap()].concat());
    assert!(!text.unwrap().contains("null"));
}

#[test]
fn ids_are_hexadecimal_and_bytes_are_base64() {
    let log = first_log();
    assert_eq!(log["traceId"], json!("ab".repeat(16)));
    assert_eq!(log["spanId"], json!("01".repeat(8)));
    assert_eq!(log["attributes"][2]["value"], json!({"bytesValue": "/wA="}));
}

#[test]
fn nothing_is_lost_on_the_way_there_and_back() {
    let all = metrics(vec![gauge(0.1), sum(i64::MAX), histogram(Some(1e300), Some(-0.0)), exponential()]);
    let back: ExportMetricsServiceRequest = serde_json::from_slice(&encode(&all).unwrap()).unwrap();
    assert_eq!(back, all);
}
