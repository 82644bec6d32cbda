//! Tests of what is read from the options and variables.

use std::{cell::RefCell, collections::BTreeSet, path::Path, time::Duration};

use super::*;

/// Settings from variables alone.
fn read(variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    read_with(None, None, variables)
}

/// Settings from the two options and variables.
fn read_with(
    endpoint: Option<&str>,
    insecure: Option<bool>,
    variables: &[(&str, &str)],
) -> Result<Settings, SettingsError> {
    let variable = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, v)| (*v).to_owned());
    Settings::read(endpoint, insecure, variable)
}

fn metrics(variables: &[(&str, &str)]) -> SignalSettings {
    read(variables).unwrap().metrics.unwrap()
}

fn logs(variables: &[(&str, &str)]) -> SignalSettings {
    read(variables).unwrap().logs.unwrap()
}

fn error(variables: &[(&str, &str)]) -> String {
    read(variables).unwrap_err().to_string()
}

#[test]
fn without_any_variable_everything_is_as_the_specification_has_it() {
    let settings = read(&[]).unwrap();
    let (metrics, logs) = (settings.metrics.clone().unwrap(), settings.logs.clone().unwrap());
    assert_eq!(metrics.protocol, Protocol::HttpProtobuf);
    assert_eq!(metrics.endpoint.to_string(), "http://localhost:4318/v1/metrics");
    assert_eq!(logs.endpoint.to_string(), "http://localhost:4318/v1/logs");
    assert_eq!(metrics.timeout, Duration::from_secs(10));
    assert!(!metrics.gzip && metrics.headers == Headers::default());
    assert_eq!((metrics.certificate, metrics.client_key, metrics.client_certificate), (None, None, None));
    let rest = Settings { metrics: None, logs: None, ..settings };
    assert_eq!(rest, Settings::default());
}

#[test]
fn of_a_list_of_exporters_otlp_is_taken_and_the_others_are_told_of() {
    let settings = read(&[("OTEL_METRICS_EXPORTER", "console, OTLP"), ("OTEL_LOGS_EXPORTER", "otlp,")]).unwrap();
    assert!(settings.metrics.is_some() && settings.logs.is_some());
    let [warning] = &settings.warnings[..] else { panic!("{:?}", settings.warnings) };
    assert!(warning.starts_with("OTEL_METRICS_EXPORTER=console, OTLP: "), "{warning}");
}

#[test]
fn empty_variables_count_as_not_set() {
    let names = ["OTEL_SDK_DISABLED", "OTEL_METRICS_EXPORTER", "OTEL_EXPORTER_OTLP_ENDPOINT"];
    let more = ["OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_BLRP_MAX_QUEUE_SIZE"];
    let variables: Vec<(&str, &str)> = names.iter().chain(&more).map(|&name| (name, " ")).collect();
    assert_eq!(read(&variables).unwrap(), read(&[]).unwrap());
}

#[test]
fn only_true_disables_and_then_nothing_else_is_looked_at() {
    let settings = read(&[("OTEL_SDK_DISABLED", "TRUE"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "pigeon")]).unwrap();
    assert_eq!(settings, Settings { disabled: true, ..Settings::default() });
    assert!(!read(&[("OTEL_SDK_DISABLED", "1")]).unwrap().disabled);
}

#[test]
fn a_signal_whose_exporter_is_none_is_not_sent() {
    let settings = read(&[("OTEL_METRICS_EXPORTER", "none"), ("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "bad")]).unwrap();
    assert!(settings.metrics.is_none() && settings.logs.is_some());
    assert!(read(&[("OTEL_LOGS_EXPORTER", "none")]).unwrap().logs.is_none());
}

#[test]
fn another_exporter_is_an_error() {
    assert_eq!(
        error(&[("OTEL_METRICS_EXPORTER", "prometheus")]),
        "OTEL_METRICS_EXPORTER=prometheus: otlp or none is needed"
    );
    assert!(error(&[("OTEL_LOGS_EXPORTER", "none,console")]).starts_with("OTEL_LOGS_EXPORTER=none,console: "));
}

#[test]
fn a_signals_own_variable_wins_over_the_general_one() {
    let variables = [
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "1000"),
        ("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "2000"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
        ("OTEL_EXPORTER_OTLP_LOGS_COMPRESSION", "none"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=1"),
        ("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "b=2"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "http/json"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/all.pem"),
        ("OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE", "/metrics.pem"),
    ];
    let (metrics, logs) = (metrics(&variables), logs(&variables));
    assert_eq!((metrics.timeout, logs.timeout), (Duration::from_secs(2), Duration::from_secs(1)));
    assert_eq!((metrics.gzip, logs.gzip), (true, false));
    assert_eq!((metrics.protocol, logs.protocol), (Protocol::Grpc, Protocol::HttpJson));
    assert!(metrics.headers.as_map().contains_key("a") && !logs.headers.as_map().contains_key("a"));
    assert_eq!(metrics.certificate.as_deref(), Some(Path::new("/metrics.pem")));
    assert_eq!(logs.certificate.as_deref(), Some(Path::new("/all.pem")));
}

#[test]
fn a_signals_own_endpoint_is_used_as_it_is_and_a_base_gets_its_path() {
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://base:4318/otlp"),
        ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://own:9/logs"),
    ];
    assert_eq!(metrics(&variables).endpoint.to_string(), "http://base:4318/otlp/v1/metrics");
    assert_eq!(logs(&variables).endpoint.to_string(), "http://own:9/logs");
}

#[test]
fn the_option_wins_over_every_endpoint_variable() {
    let variables =
        [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://base:1"), ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://own:1")];
    let settings = read_with(Some("http://option:4318"), None, &variables).unwrap();
    assert_eq!(settings.metrics.unwrap().endpoint.to_string(), "http://option:4318/v1/metrics");
    assert_eq!(settings.logs.unwrap().endpoint.to_string(), "http://option:4318/v1/logs");
}

#[test]
fn an_endpoint_without_a_scheme_means_grpc_with_tls_unless_it_is_insecure() {
    let of = |insecure: Option<bool>, variables: &[(&str, &str)]| {
        let settings = read_with(Some("collector:4317"), insecure, variables).unwrap().metrics.unwrap();
        (settings.protocol, settings.endpoint.to_string())
    };
    let insecure_variable = [("OTEL_EXPORTER_OTLP_INSECURE", "true")];
    assert_eq!(of(None, &[]), (Protocol::Grpc, "https://collector:4317/".to_owned()));
    assert_eq!(of(Some(true), &[]), (Protocol::Grpc, "http://collector:4317/".to_owned()));
    assert_eq!(of(None, &insecure_variable), (Protocol::Grpc, "http://collector:4317/".to_owned()));
    assert_eq!(of(Some(false), &insecure_variable), (Protocol::Grpc, "https://collector:4317/".to_owned()));
}

#[test]
fn a_scheme_is_not_overruled_by_insecure() {
    let settings = read_with(Some("https://collector:4317"), Some(true), &[("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]);
    assert!(settings.unwrap().metrics.unwrap().endpoint.is_tls());
}

#[test]
fn grpc_has_its_own_default_endpoint() {
    let metrics = metrics(&[("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]);
    assert_eq!(metrics.endpoint.to_string(), "http://localhost:4317/");
}

#[test]
fn http_without_a_scheme_is_an_error_that_names_the_option() {
    let error = read_with(Some("collector:4318"), None, &[("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")]);
    assert_eq!(
        error.unwrap_err().to_string(),
        "--lt-otel-exporter-otlp-endpoint (or LOCUST_OTEL_EXPORTER_OTLP_ENDPOINT)=collector:4318: HTTP needs a URL that begins with http:// or https://"
    );
}

#[test]
fn what_metrics_alone_have_is_read() {
    let settings = read(&[
        ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "Delta"),
        ("OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION", "BASE2_EXPONENTIAL_BUCKET_HISTOGRAM"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "5000"),
        ("OTEL_METRIC_EXPORT_TIMEOUT", "7000"),
    ])
    .unwrap();
    assert_eq!((settings.temporality, settings.aggregation), (Temporality::Delta, Aggregation::Exponential));
    assert_eq!(settings.export_interval, Some(Duration::from_secs(5)));
    assert_eq!(settings.export_timeout, Duration::from_secs(7));
}

#[test]
fn batches_of_logs_are_read_and_fit_into_the_queue() {
    let batch = |variables: &[(&str, &str)]| read(variables).unwrap().log_batch;
    let all = batch(&[
        ("OTEL_BLRP_SCHEDULE_DELAY", "10"),
        ("OTEL_BLRP_EXPORT_TIMEOUT", "20"),
        ("OTEL_BLRP_MAX_QUEUE_SIZE", "30"),
        ("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "30"),
    ]);
    let (delay, timeout) = (Duration::from_millis(10), Duration::from_millis(20));
    assert_eq!(all, LogBatch { delay, timeout, max_queue: 30, max_batch: 30 });
    assert_eq!(batch(&[("OTEL_BLRP_MAX_QUEUE_SIZE", "100")]).max_batch, 100);
    assert_eq!(
        error(&[("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "4096")]),
        "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE=4096: at most the queue's size (2048, OTEL_BLRP_MAX_QUEUE_SIZE) is needed"
    );
}

#[test]
fn the_service_name_wins_and_attributes_are_decoded() {
    let list = ("OTEL_RESOURCE_ATTRIBUTES", "service.name=a,team=load%20test,team=b%C3%A9");
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    assert_eq!(read(&[list]).unwrap().resource, [pair("service.name", "a"), pair("team", "bé")]);
    let both = read(&[list, ("OTEL_SERVICE_NAME", "shop")]).unwrap().resource;
    assert_eq!(both, [pair("service.name", "shop"), pair("team", "bé")]);
    assert_eq!(read(&[]).unwrap().resource, []);
    let wrong = error(&[("OTEL_RESOURCE_ATTRIBUTES", "a=b,c=%FF")]);
    assert_eq!(wrong, "OTEL_RESOURCE_ATTRIBUTES: entry 2 has a value that is not UTF-8 once decoded");
}

#[test]
fn a_clients_key_and_certificate_come_together() {
    let variables = [("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/k"), ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "/c")];
    let metrics = metrics(&variables);
    assert_eq!(metrics.client_key.as_deref(), Some(Path::new("/k")));
    assert_eq!(metrics.client_certificate.as_deref(), Some(Path::new("/c")));
    assert_eq!(
        error(&variables[..1]),
        "OTEL_EXPORTER_OTLP_CLIENT_KEY is set, but OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE is not: both are needed, or \
         neither"
    );
    assert!(read(&variables[1..]).is_err());
}

#[test]
fn a_value_that_cannot_be_used_is_named_with_what_is_accepted() {
    for (name, value) in [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http"),
        ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "http"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "zstd"),
        ("OTEL_EXPORTER_OTLP_INSECURE", "yes"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "0"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "-1"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"),
        ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "both"),
        ("OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION", "exponential"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "1e3"),
        ("OTEL_METRIC_EXPORT_TIMEOUT", "99999999999999999999"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "soon"),
        ("OTEL_BLRP_MAX_QUEUE_SIZE", "0"),
    ] {
        let text = error(&[(name, value)]);
        assert!(text.starts_with(&format!("{name}={value}: ")), "{text}");
        assert!(!text.contains('\n') && text.len() > name.len() + value.len() + 10, "{text}");
    }
}

#[test]
fn an_error_is_one_line_of_bounded_length() {
    let text = error(&[("OTEL_EXPORTER_OTLP_PROTOCOL", &format!("a\nb{}", "c".repeat(1000)))]);
    assert!(!text.contains('\n') && text.len() < 200, "{text}");
}

#[test]
fn headers_are_in_no_error_and_in_no_debug_text() {
    let good = read(&[("OTEL_EXPORTER_OTLP_HEADERS", "api-key=s3cret")]).unwrap();
    assert!(!format!("{good:?}").contains("s3cret"));
    let bad = error(&[("OTEL_EXPORTER_OTLP_HEADERS", "x=1,s3cret")]);
    assert_eq!(bad, "OTEL_EXPORTER_OTLP_HEADERS: entry 2 has no '=': key=value,key=value is needed");
}

#[test]
fn the_table_has_each_variable_that_is_read_and_no_other() {
    let asked = RefCell::new(BTreeSet::new());
    let ask = |endpoint: &str| {
        let variable = |name: &str| {
            asked.borrow_mut().insert(name.to_owned());
            None
        };
        Settings::read(Some(endpoint).filter(|text| !text.is_empty()), None, variable).unwrap();
    };
    ask("");
    ask("http://backend");
    ask("https://backend");
    // Lower-case names of proxies are in the text of their row.
    let asked: BTreeSet<String> = asked.into_inner().into_iter().map(|name| name.to_uppercase()).collect();
    let table: BTreeSet<String> = VARIABLES
        .iter()
        .flat_map(|variable| match variable.name.split_once('…') {
            Some((start, end)) => ["", "METRICS_", "LOGS_"].map(|signal| format!("{start}{signal}{end}")).to_vec(),
            None => vec![variable.name.to_owned()],
        })
        .chain(VARIABLES.iter().filter(|v| v.name == "NO_PROXY").map(|v| v.name.to_owned()))
        .collect();
    // Nobody asks for exceptions where there is no proxy.
    let asked: BTreeSet<String> = asked.into_iter().chain(["NO_PROXY".to_owned()]).collect();
    assert_eq!(asked, table);
}
