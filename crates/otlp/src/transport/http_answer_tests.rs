//! Tests of what HTTP answers mean.

use std::time::Duration;

use http::HeaderValue;
use proptest::prelude::*;

use super::*;

fn answer(status: u16, kind: &'static str, body: &[u8]) -> Answer {
    let mut headers = HeaderMap::new();
    if !kind.is_empty() {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    Answer { status: StatusCode::from_u16(status).unwrap(), headers, body: body.to_vec() }
}

fn of(answer: &Answer) -> Outcome {
    outcome(Signal::Metrics, answer, &Headers::default(), SystemTime::UNIX_EPOCH)
}

fn delivered(rejected: u64, message: &str) -> Outcome {
    Outcome::Delivered { rejected, message: message.to_owned() }
}

#[test]
fn each_status_is_retried_or_not_as_the_specification_says() {
    let retried: Vec<u16> =
        (300..600).filter(|&status| matches!(of(&answer(status, "", b"")), Outcome::Retry { .. })).collect();
    assert_eq!(retried, [429, 502, 503, 504]);
    let too_large: Vec<u16> =
        (300..600).filter(|&status| matches!(of(&answer(status, "", b"")), Outcome::TooLarge { .. })).collect();
    assert_eq!(too_large, [413]);
}

#[test]
fn the_wait_is_what_the_header_says() {
    for (value, after) in [("7", Some(7)), ("Thu, 01 Jan 1970 00:00:09 GMT", Some(9)), ("later", None)] {
        let mut answer = answer(503, "", b"");
        answer.headers.insert(header::RETRY_AFTER, HeaderValue::from_static(value));
        let after = after.map(Duration::from_secs);
        assert_eq!(of(&answer), Outcome::Retry { after, reason: "HTTP 503".to_owned() });
    }
}

#[test]
fn a_redirect_is_refused_with_the_reason() {
    assert_eq!(of(&answer(307, "", b"")), Outcome::refused("HTTP 307: redirects are not followed"));
}

#[test]
fn an_error_is_told_in_the_backends_words() {
    let expected = Outcome::refused("HTTP 400 (bad point)");
    assert_eq!(of(&answer(400, "application/x-protobuf", b"\x08\x03\x12\x09bad point")), expected);
    assert_eq!(of(&answer(400, "application/json; charset=utf-8", br#"{"code":3,"message":"bad point"}"#)), expected);
    assert_eq!(of(&answer(400, "text/plain", b"bad point\nmore")), expected);
}

#[test]
fn a_page_or_garbage_adds_nothing_to_an_error() {
    for kind in ["text/html", "application/x-protobuf", "application/json", ""] {
        assert_eq!(of(&answer(500, kind, b"\xff<html>")), Outcome::refused("HTTP 500"), "{kind}");
    }
}

#[test]
fn a_success_says_how_many_points_were_rejected() {
    let body = b"\x0a\x07\x08\x03\x12\x03old";
    assert_eq!(of(&answer(200, "application/x-protobuf", body)), delivered(3, "old"));
    let body = br#"{"partialSuccess":{"rejectedDataPoints":"3","errorMessage":"old"}}"#;
    assert_eq!(of(&answer(200, "application/json", body)), delivered(3, "old"));
}

#[test]
fn a_success_without_a_body_needs_no_content_type() {
    assert_eq!(of(&answer(200, "", b"")), delivered(0, ""));
    assert_eq!(of(&answer(204, "text/html", b"")), delivered(0, ""));
}

#[test]
fn a_success_with_something_else_in_it_is_no_success() {
    let not_otlp = |more: &str| Outcome::refused(format!("HTTP 200, but the answer is not OTLP{more}"));
    assert_eq!(of(&answer(200, "text/html", b"<html>log in</html>")), not_otlp(" (text/html)"));
    assert_eq!(of(&answer(200, "application/x-protobuf", b"<html>")), not_otlp(""));
    assert_eq!(of(&answer(200, "application/json", b"<html>")), not_otlp(""));
    assert_eq!(of(&answer(200, "", b"OK")), not_otlp(""));
}

proptest! {
    #[test]
    fn no_answer_panics(
        status in 100u16..1000,
        kind in prop::sample::select(vec!["", "application/json", "application/x-protobuf", "text/plain"]),
        body in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        of(&answer(status, kind, &body));
    }
}
