//! Tests of what gRPC answers mean.

use http::HeaderValue;
use proptest::prelude::*;

use super::*;

fn answer(fields: &[(&'static str, &str)]) -> Answer {
    let mut answer = Answer::default();
    for (name, value) in fields {
        answer.trailers.insert(*name, HeaderValue::from_str(value).unwrap());
    }
    answer
}

fn of(answer: &Answer) -> Outcome {
    outcome(Signal::Metrics, answer, &Headers::default(), SystemTime::UNIX_EPOCH)
}

/// What a status with a text means, and a number of seconds in its details.
fn status(code: usize, message: &str, retry_s: Option<i64>) -> Outcome {
    let mut answer = answer(&[("grpc-status", &code.to_string()), ("grpc-message", message)]);
    if let Some(seconds) = retry_s {
        answer.trailers.insert("grpc-status-details-bin", HeaderValue::from_str(&details(seconds)).unwrap());
    }
    of(&answer)
}

fn details(seconds: i64) -> String {
    let info = RetryInfo { retry_delay: Some(Delay { seconds, nanos: 500_000_000 }) };
    let other = Detail { type_url: "type.googleapis.com/google.rpc.DebugInfo".to_owned(), value: vec![9] };
    let type_url = "type.googleapis.com/google.rpc.RetryInfo".to_owned();
    let details = vec![other, Detail { type_url, value: info.encode_to_vec() }];
    BASE64.encode(RpcStatus { details }.encode_to_vec())
}

fn reason_of(outcome: Outcome) -> String {
    match outcome {
        Outcome::Retry { reason, .. } | Outcome::Refused { reason } | Outcome::TooLarge { reason } => reason,
        Outcome::Delivered { .. } => panic!("delivered"),
    }
}

#[test]
fn each_code_is_retried_or_not_as_the_specification_says() {
    let retried: Vec<&str> = (1..NAMES.len())
        .filter(|&code| matches!(status(code, "", None), Outcome::Retry { after: None, .. }))
        .map(|code| NAMES[code])
        .collect();
    assert_eq!(retried, ["CANCELLED", "DEADLINE_EXCEEDED", "ABORTED", "OUT_OF_RANGE", "UNAVAILABLE", "DATA_LOSS"]);
    let with_info: Vec<&str> = (1..NAMES.len())
        .filter(|&code| matches!(status(code, "", Some(7)), Outcome::Retry { after: Some(_), .. }))
        .map(|code| NAMES[code])
        .collect();
    assert_eq!(
        with_info,
        ["CANCELLED", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "ABORTED", "OUT_OF_RANGE", "UNAVAILABLE", "DATA_LOSS"]
    );
}

#[test]
fn a_code_that_does_not_exist_is_refused() {
    for code in ["17", "255", "256", "-1", "x", ""] {
        assert_eq!(of(&answer(&[("grpc-status", code)])), Outcome::refused("gRPC UNKNOWN"), "{code}");
    }
}

#[test]
fn the_wait_is_what_the_details_say() {
    let after = Some(Duration::from_millis(7500));
    assert_eq!(status(14, "", Some(7)), Outcome::Retry { after, reason: "gRPC UNAVAILABLE".to_owned() });
}

#[test]
fn details_that_cannot_be_read_ask_for_no_wait() {
    for details in ["%%%", "AAAA", "", &BASE64.encode([255; 40])] {
        let answer = answer(&[("grpc-status", "14"), ("grpc-status-details-bin", details)]);
        assert_eq!(of(&answer), Outcome::retry("gRPC UNAVAILABLE"), "{details}");
    }
    assert!(matches!(status(14, "", Some(-1)), Outcome::Retry { after: None, .. }));
}

#[test]
fn a_message_that_is_too_large_is_told_by_the_words_of_the_common_servers() {
    for (code, message) in [
        (8, "grpc: received message larger than max (5243281 vs. 4194304)"),
        (8, "grpc: received message after decompression larger than max 4194304"),
        (8, "gRPC message exceeds maximum size 4194304: 5243281"),
        (8, "Received message exceeds the maximum configured message size."),
        (11, "Error, decoded message length too large: found 5243281 bytes, the limit is: 4194304 bytes"),
    ] {
        assert!(matches!(status(code, message, None), Outcome::TooLarge { .. }), "{message}");
    }
    assert!(matches!(status(8, "quota used up", None), Outcome::Refused { .. }));
    assert!(matches!(status(8, "received message larger than max", Some(1)), Outcome::Retry { .. }));
}

#[test]
fn a_refusal_may_come_in_the_headers_alone() {
    let mut answer = Answer::default();
    answer.headers.insert("grpc-status", HeaderValue::from_static("16"));
    answer.headers.insert("grpc-message", HeaderValue::from_static("no%20such key"));
    assert_eq!(of(&answer), Outcome::refused("gRPC UNAUTHENTICATED (no such key)"));
}

#[test]
fn an_http_status_alone_means_what_grpc_says_of_it() {
    let of_status =
        |status: u16| of(&Answer { http_status: StatusCode::from_u16(status).unwrap(), ..Answer::default() });
    for status in [429, 502, 503, 504] {
        assert_eq!(of_status(status), Outcome::retry(format!("HTTP {status} instead of gRPC")));
    }
    for status in [301, 400, 401, 403, 404, 415, 500] {
        assert_eq!(of_status(status), Outcome::refused(format!("HTTP {status} instead of gRPC")));
    }
    assert!(matches!(of_status(413), Outcome::TooLarge { .. }));
}

#[test]
fn an_answer_without_a_status_was_cut_off_or_is_something_else() {
    let mut answer = Answer::default();
    assert_eq!(of(&answer), Outcome::refused("the answer is not gRPC"));
    answer.headers.insert("content-type", HeaderValue::from_static("application/grpc+proto"));
    assert_eq!(of(&answer), Outcome::retry("connection closed without an answer"));
}

#[test]
fn a_success_says_how_many_points_were_rejected() {
    let mut answer = answer(&[("grpc-status", "0")]);
    // partial_success { rejected_data_points: 3, error_message: "old" }
    answer.body = vec![0, 0, 0, 0, 9, 0x0a, 7, 0x08, 3, 0x12, 3, b'o', b'l', b'd'];
    assert_eq!(of(&answer), Outcome::Delivered { rejected: 3, message: "old".to_owned() });
    answer.body = vec![0; 5];
    assert_eq!(of(&answer), Outcome::Delivered { rejected: 0, message: String::new() });
    answer.body.clear();
    assert_eq!(of(&answer), Outcome::Delivered { rejected: 0, message: String::new() });
}

#[test]
fn a_success_with_something_else_in_it_is_no_success() {
    let mut answer = answer(&[("grpc-status", "0")]);
    for body in [&b"<htm"[..], b"<html>", &[1, 0, 0, 0, 0], &[0, 0, 0, 0, 9], &[0, 0, 0, 0, 2, 0x0a, 99]] {
        answer.body = body.to_vec();
        assert_eq!(reason_of(of(&answer)), "the answer is not OTLP", "{body:?}");
    }
}

proptest! {
    #[test]
    fn no_answer_panics(
        status in 100u16..1000,
        fields in prop::collection::vec((0usize..5, "[\\x20-\\x7e]{0,60}"), 0..6),
        details in prop::collection::vec(any::<u8>(), 0..60),
        body in prop::collection::vec(any::<u8>(), 0..60),
    ) {
        let names = ["grpc-status", "grpc-message", "grpc-status-details-bin", "content-type", "retry-after"];
        let mut answer = Answer { http_status: StatusCode::from_u16(status).unwrap(), body, ..Answer::default() };
        let details = BASE64.encode(details);
        answer.headers.insert("grpc-status-details-bin", HeaderValue::from_str(&details).unwrap());
        for (name, value) in fields {
            answer.trailers.insert(names[name], HeaderValue::from_str(&value).unwrap());
        }
        of(&answer);
    }
}
