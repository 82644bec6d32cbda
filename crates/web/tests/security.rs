//! Who may ask, what a request can reach, and how much it may ask for.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use locust_telemetry_web::{LivePage, StartPageError, WebConfig};
use std::io::{BufReader, Write};
use std::net::SocketAddr;
use support::client::{ask, connect, get, post, read_answer, send};
use support::recording::{Recording, Requests};

const TOKEN: &str = "a-token-of-many-characters";

/// Every address that there is.
const ADDRESSES: [&str; 17] = [
    "/",
    "/app.js",
    "/app.css",
    "/api/runs",
    "/api/runs/run-0",
    "/api/runs/run-0/seconds",
    "/api/runs/run-0/strips?kind=total&slot_s=1",
    "/api/runs/run-0/windows?after=0",
    "/api/runs/run-0/errors",
    "/api/runs/run-0/events",
    "/api/runs/run-0/workers",
    "/api/runs/run-0/worker_seconds",
    "/api/runs/run-0/report",
    "/api/runs/run-0/export?format=csv",
    "/api/runs/run-0/annotations",
    "/api/live",
    "/nothing",
];

fn recording() -> Recording {
    let mut recording = Recording::new();
    recording.second(0, &[Requests::to("/pay")]);
    recording.flush();
    recording
}

fn with_token(recording: &Recording) -> LivePage {
    LivePage::start(WebConfig { token: Some(TOKEN.to_owned()), ..recording.config() }).unwrap()
}

fn assert_protected(address: SocketAddr, path: &str, headers: &[(&str, &str)]) {
    let mut stream = connect(address);
    send(&mut stream, address, "HEAD", path, headers, b"");
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while std::io::BufRead::read_line(&mut reader, &mut head).unwrap() > 2 {}
    let head = head.to_lowercase();
    for header in [
        "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; ",
        "frame-ancestors 'none'",
        "x-content-type-options: nosniff\r\n",
        "referrer-policy: no-referrer\r\n",
        "cache-control: no-store\r\n",
        "cross-origin-resource-policy: same-origin\r\n",
    ] {
        assert!(head.contains(header), "{path}: {header} is not in {head}");
    }
    assert!(!head.contains("access-control-"), "{path}: {head}");
}

#[test]
fn every_answer_is_protected_errors_included() {
    let recording = recording();
    let (open, closed) = (recording.page(), with_token(&recording));
    for path in ADDRESSES {
        assert_protected(open.address(), path, &[]);
        assert_protected(open.address(), path, &[("host", "evil.example")]);
        assert_protected(closed.address(), path, &[]);
    }
}

#[test]
fn with_a_token_every_address_needs_it() {
    let recording = recording();
    let page = with_token(&recording);
    for path in ADDRESSES {
        for (method, body) in [("GET", ""), ("POST", "{}"), ("OPTIONS", ""), ("DELETE", "")] {
            let answer = ask(page.address(), method, path, &[("content-type", "application/json")], body.as_bytes());
            assert_eq!(answer.status, 401, "{method} {path}");
            assert!(answer.error().contains("token"));
        }
        let wrong = format!("Bearer {}", TOKEN.replace('m', "n"));
        assert_eq!(ask(page.address(), "GET", path, &[("authorization", &wrong)], b"").status, 401, "{path}");
    }
}

#[test]
fn the_link_opens_the_page_once_and_the_cookie_from_then_on() {
    let recording = recording();
    let page = with_token(&recording);
    let link = page.url().strip_prefix(&format!("http://{}", page.address())).unwrap().to_owned();
    assert_eq!(link, format!("/?token={TOKEN}"));
    let opened = get(page.address(), &link);
    assert_eq!(opened.status, 200);
    assert!(!opened.text().contains(TOKEN) && opened.text().contains("url=/\""), "{opened:?}");
    let cookie = opened.header("set-cookie").unwrap();
    assert!(cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Strict") && cookie.contains("; Path=/"));
    let pair = cookie.split(';').next().unwrap();
    for headers in [[("cookie", pair)], [("authorization", "Bearer a-token-of-many-characters")]] {
        assert_eq!(ask(page.address(), "GET", "/api/runs", &headers, b"").status, 200);
    }
    assert_eq!(get(page.address(), &format!("/api/runs?token={TOKEN}")).status, 200);
}

#[test]
fn other_machines_are_let_in_with_a_token_only() {
    let recording = recording();
    let config = |token: Option<&str>| WebConfig {
        host: "0.0.0.0".to_owned(),
        token: token.map(str::to_owned),
        ..recording.config()
    };
    assert!(matches!(LivePage::start(config(None)), Err(StartPageError::TokenNeeded { .. })));
    assert!(matches!(LivePage::start(config(Some("short"))), Err(StartPageError::UnfitToken)));
    let page = LivePage::start(config(Some(TOKEN))).unwrap();
    assert!(page.url().starts_with("http://127.0.0.1:"), "{}", page.url());
    let address = SocketAddr::from(([127, 0, 0, 1], page.address().port()));
    let bearer = format!("Bearer {TOKEN}");
    let by_name = [("host", "load-generator.internal"), ("authorization", bearer.as_str())];
    assert_eq!(ask(address, "GET", "/api/runs", &by_name, b"").status, 200);
    assert_eq!(get(address, "/api/runs").status, 401);
}

#[test]
fn a_name_that_was_pointed_here_gets_nothing() {
    let recording = recording();
    let page = recording.page();
    for path in ADDRESSES {
        let answer = ask(page.address(), "GET", path, &[("host", "evil.example:8090")], b"");
        assert_eq!(answer.status, 403, "{path}");
        assert!(!answer.text().contains("run-0"));
    }
    assert_eq!(ask(page.address(), "GET", "/api/runs", &[("host", "localhost:1")], b"").status, 200);
}

#[test]
fn another_sites_page_can_neither_read_nor_write() {
    let recording = recording();
    let page = recording.page();
    let own = format!("http://{}", page.address());
    let annotate = |headers: &[(&str, &str)]| {
        let headers = [&[("content-type", "application/json")], headers].concat();
        ask(page.address(), "POST", "/api/runs/run-0/annotations", &headers, br#"{"text":"x"}"#).status
    };
    assert_eq!(annotate(&[("origin", "http://evil.example")]), 403);
    assert_eq!(annotate(&[("origin", "null")]), 403);
    assert_eq!(annotate(&[("sec-fetch-site", "cross-site")]), 403);
    assert_eq!(annotate(&[("origin", &own), ("sec-fetch-site", "same-origin")]), 201);
    // What a form could send without asking first.
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
        let headers = [("content-type", content_type)];
        let answer = ask(page.address(), "POST", "/api/runs/run-0/annotations", &headers, br#"{"text":"x"}"#);
        assert_eq!(answer.status, 415, "{content_type}");
    }
    let fetched = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")];
    assert_eq!(ask(page.address(), "GET", "/api/live", &fetched, b"").status, 403);
    assert_eq!(get(page.address(), "/api/runs/run-0/events").json()["events"].as_array().unwrap().len(), 2);
}

#[test]
fn no_path_leads_out_of_the_program() {
    let recording = recording();
    let page = recording.page();
    for path in [
        "/../Cargo.toml",
        "/..%2f..%2fetc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "//etc/passwd",
        "/app.js/../../x",
        "/app.js%00.html",
        "/web/dist/index.html",
        "/api/runs/../../../etc/passwd",
        "/api/runs/..%2f..%2f..%2fetc%2fpasswd",
        "/api/runs/%00",
        "/api/runs/%ff",
        "/api/runs//seconds",
    ] {
        let answer = get(page.address(), path);
        assert_eq!(answer.status, 404, "{path}: {answer:?}");
        answer.error();
    }
    // The whole of a URL, as to a proxy, and a file's.
    for path in ["http://evil.example/api/runs", "file:///etc/passwd"] {
        let answer = get(page.address(), path);
        assert!(!answer.text().contains("root:"), "{path}: {answer:?}");
    }
}

#[test]
fn hostile_ids_find_nothing_and_change_nothing() {
    let recording = recording();
    let page = recording.page();
    for id in [
        "'%20OR%20'1'='1",
        "run-0'--",
        "run-0%22;DROP%20TABLE%20run;--",
        "%25",
        "_______",
        "*",
        "run-0%0d%0aset-cookie:x",
        "%F0%9F%90%9B",
        &"x".repeat(3000),
    ] {
        for rest in ["", "/seconds", "/strips?kind=series&slot_s=1", "/errors", "/windows"] {
            let answer = get(page.address(), &format!("/api/runs/{id}{rest}"));
            assert_eq!(answer.status, 404, "{id}{rest}: {answer:?}");
            answer.error();
        }
        assert_eq!(post(page.address(), &format!("/api/runs/{id}/annotations"), r#"{"text":"x"}"#).status, 404, "{id}");
    }
    assert_eq!(get(page.address(), "/api/runs").json()["runs"].as_array().unwrap().len(), 1);
}

#[test]
fn hostile_names_and_texts_come_back_as_they_are_in_json() {
    let hostile = "</script><script>alert(1)</script>\u{2028}\u{0}\r\n\n'\"; DROP TABLE run; -- \u{202e}🐛";
    let mut recording = Recording::new();
    recording.run("run-x", hostile);
    recording.second(0, &[Requests { error_type: Some(hostile), method: hostile, ..Requests::to(hostile) }]);
    recording.flush();
    let page = recording.page();
    let note = serde_json::json!({ "text": hostile }).to_string();
    assert_eq!(post(page.address(), "/api/runs/run-x/annotations", &note).status, 201);
    let head = get(page.address(), "/api/runs/run-x").json();
    assert_eq!(head["testplan"], hostile);
    assert_eq!(head["series"][0], serde_json::json!([0, hostile, hostile, 503, hostile]));
    let events = get(page.address(), "/api/runs/run-x/events").json();
    assert!(events["events"].as_array().unwrap().iter().any(|event| event["name"] == hostile.trim()), "{events}");
    let found = get(page.address(), "/api/runs?search=%27%20OR%201%3D1%20--%20%25_");
    assert_eq!(found.json()["runs"], serde_json::json!([]));
}

#[test]
fn a_body_that_is_too_large_is_not_read() {
    let recording = recording();
    let page = recording.page();
    let large = format!(r#"{{"text":"{}"}}"#, "x".repeat(20_000));
    assert_eq!(post(page.address(), "/api/runs/run-0/annotations", &large).status, 413);
    // Without a length beforehand.
    let mut stream = connect(page.address());
    let headers = [("content-type", "application/json"), ("transfer-encoding", "chunked")];
    send(&mut stream, page.address(), "POST", "/api/runs/run-0/annotations", &headers, b"");
    let chunk = format!("{:x}\r\n{}\r\n", 1000, " ".repeat(1000));
    for _ in 0..20 {
        let _ = stream.write_all(chunk.as_bytes());
    }
    assert_eq!(read_answer(&mut BufReader::new(stream)).status, 413);
}

#[test]
fn bodies_that_make_no_sense_are_refused() {
    let recording = recording();
    let page = recording.page();
    for body in [
        "",
        "{",
        "[]",
        "null",
        "{}",
        r#"{"text":7}"#,
        r#"{"text":""}"#,
        r#"{"text":" \n "}"#,
        r#"{"text":"x","time_unix_ns":"now"}"#,
        r#"{"text":"x","time_unix_ns":1e400}"#,
        r#"{"text":"x","run":"run-1"}"#,
        "\u{0}",
    ] {
        let answer = post(page.address(), "/api/runs/run-0/annotations", body);
        assert_eq!(answer.status, 400, "{body:?}");
        answer.error();
    }
    let long = format!(r#"{{"text":"{}"}}"#, "ä".repeat(2001));
    assert_eq!(post(page.address(), "/api/runs/run-0/annotations", &long).status, 400);
}

#[test]
fn other_methods_are_refused_with_those_that_there_are() {
    let recording = recording();
    let page = recording.page();
    for path in ADDRESSES.iter().filter(|path| **path != "/nothing") {
        for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"] {
            let answer = ask(page.address(), method, path, &[], b"");
            assert_eq!(answer.status, 405, "{method} {path}");
            let allowed = if path.ends_with("annotations") { "POST" } else { "GET,HEAD" };
            assert_eq!(answer.header("allow"), Some(allowed), "{method} {path}");
            answer.error();
        }
    }
    assert_eq!(post(page.address(), "/api/runs", "{}").status, 405);
    assert_eq!(get(page.address(), "/api/runs/run-0/annotations").status, 405);
}

#[test]
fn many_connections_are_refused_beyond_a_number_and_served_again_when_they_are_gone() {
    let recording = recording();
    let page = recording.page();
    let held: Vec<_> = (0..128).map(|_| connect(page.address())).collect();
    // Connections are taken one after the other.
    let answer = read_answer(&mut BufReader::new(connect(page.address())));
    assert_eq!(answer.status, 503);
    drop(held);
    let begun = std::time::Instant::now();
    while get(page.address(), "/api/runs").status != 200 {
        assert!(begun.elapsed().as_secs() < 10);
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}
