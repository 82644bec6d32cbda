//! The transport against a backend that behaves, and says no in the words of HTTP and gRPC.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::time::Duration;

use locust_telemetry_otlp::transport::{Message, Outcome};
use support::{
    backend::{Backend, Behaviour, Form},
    client::{FORMS, HTTP_FORMS, delivered, gauge, log, refused, retry, send, settings, transport},
};

#[tokio::test]
async fn metrics_arrive_as_they_were_sent() {
    for form in FORMS {
        let backend = Backend::start();
        let mut transport = transport(&backend, form, &[]);
        assert_eq!(transport.send(&Message::Metrics(gauge(-7, 10))).await, delivered(), "{form:?}");
        assert_eq!(backend.metrics(), [gauge(-7, 10)], "{form:?}");
        assert_eq!(backend.requests()[0].form, form);
    }
}

#[tokio::test]
async fn logs_arrive_as_they_were_sent() {
    for form in FORMS {
        let backend = Backend::start();
        let url = format!("{}/v1/logs", backend.url());
        let (own, general) = ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT");
        let endpoint = if form == Form::Grpc { (general, backend.url()) } else { (own, url) };
        let settings = settings("http://unused", form, &[(endpoint.0, &endpoint.1)]);
        let mut transport = locust_telemetry_otlp::transport::Transport::new(&settings).unwrap();
        assert_eq!(transport.send(&Message::Logs(log("ready"))).await, delivered(), "{form:?}");
        assert_eq!(backend.logs(), [log("ready")], "{form:?}");
    }
}

#[tokio::test]
async fn compressed_messages_are_smaller_and_arrive_the_same() {
    for form in FORMS {
        let backend = Backend::start();
        let mut transport = transport(&backend, form, &[("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")]);
        assert_eq!(transport.send(&Message::Metrics(gauge(1, 100_000))).await, delivered(), "{form:?}");
        assert_eq!(backend.metrics(), [gauge(1, 100_000)]);
        let request = &backend.requests()[0];
        assert!(request.sent_bytes < request.message_bytes / 10, "{form:?}: {request:?}");
    }
}

#[tokio::test]
async fn a_large_message_arrives() {
    for form in FORMS {
        let backend = Backend::start();
        let mut transport = transport(&backend, form, &[]);
        let message = gauge(1, 20_000_000);
        assert_eq!(transport.send(&Message::Metrics(message.clone())).await, delivered(), "{form:?}");
        assert!(backend.metrics() == [message], "{form:?}");
    }
}

#[tokio::test]
async fn headers_and_the_name_of_the_program_are_sent_along() {
    for form in FORMS {
        let backend = Backend::start();
        let headers = ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20t0ken,X-Scope-OrgID=team");
        assert_eq!(send(&mut transport(&backend, form, &[headers])).await, delivered());
        let headers = &backend.requests()[0].headers;
        assert_eq!(headers["authorization"], "Bearer t0ken", "{form:?}");
        assert_eq!(headers["x-scope-orgid"], "team", "{form:?}");
        let agent = headers["user-agent"].to_str().unwrap();
        let version = env!("CARGO_PKG_VERSION");
        let expected = format!("locust-telemetry-rs/{version} OTel-OTLP-Exporter-Rust/{version}");
        assert!(agent.starts_with(&expected), "{form:?}: {agent}");
    }
}

#[tokio::test]
async fn many_messages_share_one_connection() {
    for form in FORMS {
        let backend = Backend::start();
        let mut transport = transport(&backend, form, &[]);
        for _ in 0..20 {
            assert_eq!(send(&mut transport).await, delivered(), "{form:?}");
        }
        assert_eq!((backend.connections(), backend.metrics().len()), (1, 20), "{form:?}");
    }
}

#[tokio::test]
async fn a_partial_success_is_delivered_with_its_count() {
    for form in FORMS {
        let backend = Backend::start();
        backend.set(Behaviour::PartialSuccess { rejected: 3, message: "out of order" });
        let outcome = send(&mut transport(&backend, form, &[])).await;
        assert_eq!(outcome, Outcome::Delivered { rejected: 3, message: "out of order".to_owned() }, "{form:?}");
        backend.set(Behaviour::PartialSuccess { rejected: 0, message: "use another port" });
        let outcome = send(&mut transport(&backend, form, &[])).await;
        assert_eq!(outcome, Outcome::Delivered { rejected: 0, message: "use another port".to_owned() }, "{form:?}");
    }
}

#[tokio::test]
async fn an_http_status_decides_and_retry_after_is_handed_on() {
    let backend = Backend::start();
    for form in HTTP_FORMS {
        let mut transport = transport(&backend, form, &[]);
        for (status, after) in [(429, Some(7)), (502, None), (503, Some(0)), (504, None)] {
            let seconds = if after == Some(7) { "7" } else { "0" };
            let headers = after.map(|_| ("retry-after", seconds)).into_iter().collect();
            backend.set(Behaviour::Http { status, headers, body: Vec::new() });
            let after = after.map(Duration::from_secs);
            let expected = Outcome::Retry { after, reason: format!("HTTP {status}") };
            assert_eq!(send(&mut transport).await, expected, "{form:?}");
        }
        for status in [400, 401, 403, 404, 408, 415, 500, 501] {
            backend.set(Behaviour::Http { status, headers: Vec::new(), body: b"<html>".to_vec() });
            assert_eq!(send(&mut transport).await, refused(&format!("HTTP {status}")), "{form:?}");
        }
    }
}

#[tokio::test]
async fn retry_after_may_be_a_date() {
    let backend = Backend::start();
    let headers = vec![("retry-after", "Fri, 31 Dec 9999 23:59:59 GMT")];
    backend.set(Behaviour::Http { status: 503, headers, body: Vec::new() });
    let Outcome::Retry { after: Some(after), .. } = send(&mut transport(&backend, Form::Protobuf, &[])).await else {
        panic!("no wait");
    };
    assert!(after > Duration::from_secs(86_400 * 365 * 1000));
}

#[tokio::test]
async fn a_grpc_status_decides_and_retry_info_is_handed_on() {
    let backend = Backend::start();
    let mut transport = transport(&backend, Form::Grpc, &[]);
    let retried = [1, 4, 10, 11, 14, 15];
    for code in 1..=16 {
        backend.set(Behaviour::Grpc { code, message: "", retry_delay: None });
        let outcome = send(&mut transport).await;
        assert_eq!(
            matches!(outcome, Outcome::Retry { after: None, .. }),
            retried.contains(&code),
            "{code} {outcome:?}"
        );
        assert_eq!(matches!(outcome, Outcome::Refused { .. }), !retried.contains(&code), "{code} {outcome:?}");
    }
    let delay = Duration::from_millis(2500);
    backend.set(Behaviour::Grpc { code: 8, message: "slow down", retry_delay: Some(delay) });
    let reason = "gRPC RESOURCE_EXHAUSTED (slow down)".to_owned();
    assert_eq!(send(&mut transport).await, Outcome::Retry { after: Some(delay), reason });
    assert_eq!(backend.connections(), 1, "a status is no reason for another connection");
}

#[tokio::test]
async fn details_that_are_not_base64_harm_nobody() {
    let backend = Backend::start();
    let mut transport = transport(&backend, Form::Grpc, &[]);
    backend.set(Behaviour::GrpcFields(vec![("grpc-status", "14"), ("grpc-status-details-bin", "%%%")]));
    assert_eq!(send(&mut transport).await, retry("gRPC UNAVAILABLE"));
}

#[tokio::test]
async fn a_proxys_http_status_before_a_grpc_backend_decides() {
    let backend = Backend::start();
    let mut transport = transport(&backend, Form::Grpc, &[]);
    for (status, expected) in [
        (404, refused("HTTP 404 instead of gRPC")),
        (503, retry("HTTP 503 instead of gRPC")),
        (413, Outcome::TooLarge { reason: "HTTP 413 instead of gRPC".to_owned() }),
    ] {
        backend.set(Behaviour::Http { status, headers: vec![("content-type", "text/html")], body: b"<html>".to_vec() });
        assert_eq!(send(&mut transport).await, expected);
    }
}

#[tokio::test]
async fn a_message_above_the_backends_limit_is_too_large_and_a_smaller_one_arrives() {
    for form in FORMS {
        let backend = Backend::start();
        backend.set(Behaviour::SizeLimit(10_000));
        let mut transport = transport(&backend, form, &[]);
        let reason = match form {
            Form::Grpc => "gRPC RESOURCE_EXHAUSTED (grpc: received message larger than max (# vs. #))",
            _ => "HTTP 413 (the body is too large)",
        };
        let outcome = transport.send(&Message::Metrics(gauge(1, 20_000))).await;
        assert_eq!(outcome, Outcome::TooLarge { reason: reason.to_owned() }, "{form:?}");
        assert_eq!(transport.send(&Message::Metrics(gauge(1, 1000))).await, delivered(), "{form:?}");
        assert_eq!(backend.metrics(), [gauge(1, 1000)]);
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let (backend, other) = (Backend::start(), Backend::start());
    let target: &'static str = Box::leak(format!("{}/v1/metrics", other.url()).into_boxed_str());
    for form in HTTP_FORMS {
        for status in [301, 302, 307, 308] {
            backend.set(Behaviour::Http { status, headers: vec![("location", target)], body: Vec::new() });
            let expected = refused(&format!("HTTP {status}: redirects are not followed"));
            assert_eq!(send(&mut transport(&backend, form, &[])).await, expected);
        }
    }
    assert_eq!(other.connections(), 0);
}

#[tokio::test]
async fn a_key_that_a_backend_repeats_is_in_no_reason() {
    for form in FORMS {
        let backend = Backend::start();
        let mut transport = transport(&backend, form, &[("OTEL_EXPORTER_OTLP_HEADERS", "api-key=s3cret-key")]);
        backend.set(match form {
            Form::Grpc => Behaviour::Grpc { code: 16, message: "bad key s3cret-key", retry_delay: None },
            _ => {
                let headers = vec![("content-type", "text/plain")];
                Behaviour::Http { status: 401, headers, body: b"bad key s3cret-key".to_vec() }
            }
        });
        let Outcome::Refused { reason } = send(&mut transport).await else { panic!("not refused") };
        assert!(reason.ends_with("(bad key [redacted])"), "{reason}");
        assert!(!format!("{transport:?}").contains("s3cret"), "{form:?}");
    }
}

#[tokio::test]
async fn a_page_instead_of_an_answer_is_no_success() {
    let backend = Backend::start();
    backend.set(Behaviour::WrongContentType);
    for form in HTTP_FORMS {
        let expected = refused("HTTP 200, but the answer is not OTLP (text/html)");
        assert_eq!(send(&mut transport(&backend, form, &[])).await, expected);
    }
    assert_eq!(send(&mut transport(&backend, Form::Grpc, &[])).await, refused("the answer is not gRPC"));
}

#[tokio::test]
async fn a_success_that_cannot_be_read_is_no_success() {
    let backend = Backend::start();
    backend.set(Behaviour::GarbageBody);
    for form in FORMS {
        let head = if form == Form::Grpc { "" } else { "HTTP 200, but " };
        let expected = refused(&format!("{head}the answer is not OTLP"));
        assert_eq!(send(&mut transport(&backend, form, &[])).await, expected, "{form:?}");
    }
}

#[tokio::test]
async fn an_answer_above_4_mib_is_not_read() {
    let backend = Backend::start();
    backend.set(Behaviour::HugeBody(5 * 1024 * 1024));
    for form in FORMS {
        let outcome = send(&mut transport(&backend, form, &[])).await;
        assert_eq!(outcome, refused("the answer is larger than 4 MiB"), "{form:?}");
    }
}
