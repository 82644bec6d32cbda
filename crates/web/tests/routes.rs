//! What each address answers with, over a run that the store's own recorder has made.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use flate2::read::GzDecoder;
use locust_telemetry_core::{Reasons, WorkerState, WorkerWindow};
use locust_telemetry_report::{Format, Subject, export, html};
use locust_telemetry_store::{Kind, Store, container, strip};
use locust_telemetry_web::{LivePage, StartPageError, WebConfig};
use serde_json::{Value, json};
use std::io::Read;
use std::net::SocketAddr;
use support::client::{Listener, ask, get, post};
use support::recording::{BEGIN_S, Recording, Requests, window};

/// A run of 100 seconds of which the first minute is sealed, with a failure each tenth second and a worker.
fn recording() -> Recording {
    let mut recording = Recording::new();
    for second in 0..100 {
        let failure = Requests { error_type: Some("HTTPError"), count: 1, ..Requests::to("/cart") };
        let requests = if second % 10 == 0 { vec![Requests::to("/pay"), failure] } else { vec![Requests::to("/pay")] };
        let mut window = window(BEGIN_S + second, &requests);
        window.hub_lag_max_ns = Some(1_500_000);
        window.reasons = Reasons::from_bits(u8::from(second == 7));
        window.workers = vec![WorkerWindow {
            source_id: "worker-0".to_owned(),
            state: WorkerState::Running,
            users: 5,
            requests: window.requests.requests(),
            latency: window.requests.total().latency,
            ..WorkerWindow::default()
        }];
        recording.window(window);
    }
    recording.flush();
    recording
}

fn json(address: SocketAddr, path: &str) -> Value {
    let answer = get(address, path);
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/json"));
    answer.json()
}

#[test]
fn the_page_and_its_files_are_there_and_refer_to_nothing_else() {
    let recording = recording();
    let page = recording.page();
    for (path, content_type) in [("/", "text/html"), ("/app.js", "text/javascript"), ("/app.css", "text/css")] {
        let answer = get(page.address(), path);
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("content-type"), Some(format!("{content_type}; charset=utf-8").as_str()));
        assert!(!answer.body.is_empty());
    }
    let index = get(page.address(), "/").text().to_owned();
    assert!(index.contains("app.js") && index.contains("app.css"));
    assert!(!index.contains("http://") && !index.contains("https://") && !index.contains("<style"), "{index}");
}

#[test]
fn runs_are_listed_newest_first_and_the_one_that_is_on_is_named() {
    let mut recording = recording();
    recording.end();
    let page = recording.page();
    assert_eq!(json(page.address(), "/api/runs")["current"], Value::Null);
    recording.run("run-1", "search-load");
    recording.second(200, &[Requests::to("/search")]);
    let all = json(page.address(), "/api/runs");
    let ids = |runs: &Value| -> Vec<String> {
        runs["runs"].as_array().unwrap().iter().map(|run| run["run_id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!((ids(&all), &all["current"]), (vec!["run-1".to_owned(), "run-0".to_owned()], &json!("run-1")));
    assert_eq!(all["runs"][1]["state"], "ended");
    assert_eq!(all["runs"][1]["requests"], 1010);
    assert_eq!(all["runs"][1]["labels"], json!({"stage": "test"}));
    assert_eq!(ids(&json(page.address(), "/api/runs?testplan=checkout-load")), ["run-0"]);
    assert_eq!(ids(&json(page.address(), "/api/runs?search=SEARCH")), ["run-1"]);
    assert_eq!(ids(&json(page.address(), "/api/runs?limit=1&search=&testplan=")), ["run-1"]);
    // What is too old for the list is found by search.
    assert_eq!(ids(&json(page.address(), "/api/runs?limit=1&search=checkout")), ["run-0"]);
    assert_eq!(get(page.address(), "/api/runs?limit=-1").status, 400);
}

#[test]
fn a_run_of_another_process_is_the_current_one_where_this_one_has_none() {
    let recording = recording();
    let page = LivePage::start(WebConfig { feed: None, ..recording.config() }).unwrap();
    assert_eq!(json(page.address(), "/api/runs")["current"], "run-0");
}

#[test]
fn the_head_names_series_and_workers_and_where_the_journal_begins() {
    let recording = recording();
    let page = recording.page();
    let head = json(page.address(), "/api/runs/run-0");
    assert_eq!(head["testplan"], "checkout-load");
    assert_eq!(head["state"], "running");
    assert_eq!(head["series"], json!([[0, "GET", "/cart", 503, "HTTPError"], [1, "GET", "/pay", 200, null]]));
    assert_eq!(head["workers"], json!([[0, "worker-0"]]));
    assert_eq!((&head["first_s"], &head["last_s"]), (&json!(BEGIN_S), &json!(BEGIN_S + 99)));
    assert_eq!((&head["seq"], &head["finest_slot_s"]), (&json!(100), &json!(1)));
    assert_eq!(head["sealed_until_s"], BEGIN_S + 60);
    assert_eq!(json(page.address(), "/api/runs/run-0/workers"), json!({"workers": [[0, "worker-0"]]}));
}

#[test]
fn seconds_come_by_columns_and_only_those_of_the_range() {
    let recording = recording();
    let page = recording.page();
    let all = json(page.address(), "/api/runs/run-0/seconds");
    assert_eq!(all["second"].as_array().unwrap().len(), 100);
    let range = format!("from={}&to={}", BEGIN_S + 6, BEGIN_S + 9);
    let some = json(page.address(), &format!("/api/runs/run-0/seconds?{range}"));
    assert_eq!(some["second"], json!([BEGIN_S + 6, BEGIN_S + 7, BEGIN_S + 8]));
    assert_eq!(some["reasons"], json!([0, 1, 0]));
    assert_eq!(some["users"], json!([5, 5, 5]));
    assert_eq!(some["requests"], json!([10, 10, 10]));
    assert_eq!(some["hub_lag_ms"], json!([1.5, 1.5, 1.5]));
    let workers = json(page.address(), &format!("/api/runs/run-0/worker_seconds?worker=0&{range}"));
    assert_eq!(workers["state"], json!(["running", "running", "running"]));
    assert_eq!(workers["requests"], json!([10, 10, 10]));
    assert_eq!(json(page.address(), "/api/runs/run-0/worker_seconds?worker=7")["second"], json!([]));
    assert_eq!(json(page.address(), "/api/runs/run-0/missing"), json!({"missing": []}));
    for odd in ["from=x", "from=9&to=8", "to=1e3", "from=99999999999999999999"] {
        assert_eq!(get(page.address(), &format!("/api/runs/run-0/seconds?{odd}")).status, 400, "{odd}");
    }
}

#[test]
fn errors_and_events_are_those_of_the_range() {
    let recording = recording();
    let page = recording.page();
    let events = json(page.address(), &format!("/api/runs/run-0/events?from={}&to={}", BEGIN_S + 3, BEGIN_S + 5));
    assert_eq!(events["events"].as_array().unwrap().len(), 2);
    assert_eq!(events["events"][0]["attributes"], json!({"user_count": "5"}));
    assert_eq!(events["events"][0]["kind"], "event");
    assert_eq!(json(page.address(), "/api/runs/run-0/errors"), json!({"errors": []}), "no messages were recorded");
}

#[test]
fn a_note_is_stored_and_told_to_every_page() {
    let recording = recording();
    let page = recording.page();
    let mut listener = Listener::open(page.address(), None);
    let time_unix_ns = (BEGIN_S + 50) * 1_000_000_000 + 1;
    let note = format!(r#"{{"text":" scaled to 8 pods\n","time_unix_ns":{time_unix_ns}}}"#);
    assert_eq!(post(page.address(), "/api/runs/run-0/annotations", &note).status, 201);
    assert_eq!(listener.expect("annotation").data, json!({"run_id": "run-0"}));
    let range = format!("from={}&to={}", BEGIN_S + 50, BEGIN_S + 51);
    let events = json(page.address(), &format!("/api/runs/run-0/events?{range}"));
    let event = &events["events"][1];
    assert_eq!((&event["kind"], &event["name"]), (&json!("annotation"), &json!("scaled to 8 pods")));
    assert_eq!(event["time_unix_ns"], time_unix_ns);
    assert_eq!(post(page.address(), "/api/runs/run-0/annotations", r#"{"text":"now"}"#).status, 201);
    let events = json(page.address(), "/api/runs/run-0/events");
    let latest = events["events"].as_array().unwrap().iter().find(|event| event["name"] == "now").unwrap();
    let now_ns = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos() as i64;
    assert!((now_ns - latest["time_unix_ns"].as_i64().unwrap()).abs() < 60_000_000_000);
}

#[test]
fn windows_are_the_unsealed_ones_as_they_were_told() {
    let recording = recording();
    let page = recording.page();
    let windows = json(page.address(), "/api/runs/run-0/windows?after=0");
    let seqs: Vec<_> =
        windows["windows"].as_array().unwrap().iter().map(|window| window["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, (61..=100).collect::<Vec<_>>());
    let last = json(page.address(), "/api/runs/run-0/windows?after=99");
    assert_eq!(last["windows"][0]["second"], BEGIN_S + 99);
    assert_eq!(last["windows"].as_array().unwrap().len(), 1);
    assert_eq!(get(page.address(), "/api/runs/run-0/windows?after=x").status, 400);
}

#[test]
fn strips_are_those_of_the_store_whatever_the_range() {
    let mut recording = recording();
    // Two hours and a bit, so that more than one piece and more than one strip of minutes are read.
    (100..7_500).for_each(|second| recording.second(second, &[Requests::to("/pay"), Requests::to("/cart")]));
    recording.end();
    let page = recording.page();
    let store = Store::open(&recording.path()).unwrap();
    let run = store.run("run-0").unwrap().unwrap();
    let begin = BEGIN_S;
    for range in [
        None,
        Some(begin + 30..begin + 61),
        Some(begin - 500..begin + 9_999),
        Some(begin + 61..begin + 400),
        Some(begin + 61..begin + 61),
    ] {
        let query = range.as_ref().map_or(String::new(), |range| format!("&from={}&to={}", range.start, range.end));
        for (kind, slot_s) in
            [(Kind::Total, 1), (Kind::Series, 1), (Kind::Series, 60), (Kind::Worker, 60), (Kind::Total, 3600)]
        {
            let path = format!("/api/runs/run-0/strips?kind={}&slot_s={slot_s}{query}", kind.name());
            let answer = get(page.address(), &path);
            assert_eq!(answer.header("content-type"), Some("application/octet-stream"), "{path}");
            let mut found: Vec<_> = container::read(&answer.body).unwrap();
            found.sort_by_key(|packed| (packed.start_s, packed.subject));
            let range = range.clone().filter(|range| !range.is_empty());
            let expected = match (&range, query.is_empty()) {
                (None, false) => Vec::new(),
                _ => run.strips(kind, slot_s, None, range.clone()).unwrap(),
            };
            let mut expected = container::read(&expected).unwrap();
            expected.sort_by_key(|packed| (packed.start_s, packed.subject));
            assert_eq!(found, expected, "{path}");
        }
    }
    let one = get(page.address(), "/api/runs/run-0/strips?kind=series&slot_s=3600&subject=1");
    let strips = container::read(&one.body).unwrap();
    assert!(!strips.is_empty() && strips.iter().all(|packed| packed.subject == 1));
    let requests: u64 =
        strips.iter().flat_map(|packed| strip::decode(packed.strip).unwrap()).map(|(_, gain)| gain.requests).sum();
    assert_eq!(requests, 75_000);
}

#[test]
fn strips_that_cannot_be_are_refused() {
    let recording = recording();
    let page = recording.page();
    let many = (0..1001).map(|id| id.to_string()).collect::<Vec<_>>().join(",");
    for odd in [
        "",
        "kind=total",
        "slot_s=1",
        "kind=pods&slot_s=1",
        "kind=total&slot_s=2",
        "kind=total&slot_s=1&subject=",
        "kind=series&slot_s=1&subject=1,x",
        "kind=series&slot_s=1&subject=-1",
        "kind=total&slot_s=1&from=x",
        &format!("kind=series&slot_s=1&subject={many}"),
    ] {
        let answer = get(page.address(), &format!("/api/runs/run-0/strips?{odd}"));
        assert_eq!(answer.status, 400, "{odd}");
        answer.error();
    }
}

#[test]
fn large_json_is_compressed_for_those_who_take_it() {
    let mut recording = recording();
    (100..600).for_each(|second| recording.second(second, &[Requests::to("/pay")]));
    let page = recording.page();
    let plain = get(page.address(), "/api/runs/run-0/seconds");
    let packed = ask(page.address(), "GET", "/api/runs/run-0/seconds", &[("accept-encoding", "gzip, br")], b"");
    assert_eq!((plain.header("content-encoding"), packed.header("content-encoding")), (None, Some("gzip")));
    let mut unpacked = Vec::new();
    GzDecoder::new(&packed.body[..]).read_to_end(&mut unpacked).unwrap();
    assert!(unpacked == plain.body && packed.body.len() < plain.body.len() / 3);
}

#[test]
fn a_run_that_is_not_there_is_not_found() {
    let recording = recording();
    let page = recording.page();
    for path in [
        "",
        "/seconds",
        "/errors",
        "/events",
        "/workers",
        "/worker_seconds",
        "/missing",
        "/windows",
        "/report",
        "/export?format=csv",
        "/strips?kind=total&slot_s=1",
    ] {
        let answer = get(page.address(), &format!("/api/runs/run-{path}"));
        assert_eq!((answer.status, answer.error().as_str()), (404, "there is no such run"), "{path}");
    }
}

#[test]
fn the_report_and_exports_are_those_of_the_report_crate_as_files() {
    let mut recording = Recording::new();
    recording.run("run-0", "../check\"out\r\n ä");
    (0..100).for_each(|second| recording.second(second, &[Requests::to("/pay")]));
    recording.end();
    let page = recording.page();
    let store = Store::open(&recording.path()).unwrap();
    let run = store.run("run-0").unwrap().unwrap();
    let range = BEGIN_S + 10..BEGIN_S + 20;
    let query = format!("from={}&to={}", range.start, range.end);
    let report = get(page.address(), &format!("/api/runs/run-0/report?{query}"));
    assert_eq!(report.header("content-type"), Some("text/html; charset=utf-8"));
    let name = "attachment; filename=\"check-out-run-0.html\"";
    assert_eq!(report.header("content-disposition"), Some(name));
    assert_eq!(report.text(), html::encode(&run, Some(range.clone()), &mut |_| {}).unwrap());
    for format in Format::ALL {
        for subject in Subject::ALL {
            let path = format!("/api/runs/run-0/export?format={}&subject={}&{query}", format.name(), subject.name());
            let answer = get(page.address(), &path);
            assert_eq!((answer.status, answer.header("content-type")), (200, Some(format.content_type())), "{path}");
            assert!(answer.body == export::encode(&run, Some(range.clone()), format, subject).unwrap(), "{path}");
        }
    }
    for odd in ["", "format=docx", "format=csv&subject=pods", "format=csv&from=2&to=1"] {
        assert_eq!(get(page.address(), &format!("/api/runs/run-0/export?{odd}")).status, 400, "{odd}");
    }
}

#[test]
fn a_store_that_is_gone_is_said_to_be() {
    let recording = Recording::new();
    let missing = recording.directory.path().join("other.db");
    let config = WebConfig { store_path: missing, ..recording.config() };
    let error = LivePage::start(config).unwrap_err();
    assert!(matches!(error, StartPageError::Store { .. }) && error.to_string().contains("other.db"), "{error}");
}

#[test]
fn a_second_page_takes_the_next_port() {
    let recording = recording();
    let first = recording.page();
    let second = LivePage::start(WebConfig { port: first.address().port(), ..recording.config() }).unwrap();
    assert!(second.address().port() > first.address().port());
    assert_eq!(second.url(), format!("http://{}/", second.address()));
    assert_eq!(json(second.address(), "/api/runs")["runs"].as_array().unwrap().len(), 1);
}
