//! The transport while connections fail: refused, cut, silent, half open, garbage; and after that.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::time::{Duration, Instant};

use tokio::net::TcpStream;

use support::{
    backend::{Backend, Behaviour, Form},
    client::{FORMS, delivered, refused, retry, send, settings, transport},
};

/// A message may take this long where there is no answer.
const SHORT: (&str, &str) = ("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "1000");

#[tokio::test]
async fn a_refused_connection_is_told_and_the_next_message_arrives() {
    for form in FORMS {
        let backend = Backend::start();
        let mut transport = transport(&backend, form, &[]);
        backend.set(Behaviour::Refuse);
        assert_eq!(send(&mut transport).await, retry("connection refused"), "{form:?}");
        backend.set(Behaviour::Accept);
        assert_eq!(send(&mut transport).await, delivered(), "{form:?}");
    }
}

#[tokio::test]
async fn a_backend_that_goes_and_comes_back_is_found_again() {
    for form in FORMS {
        let backend = Backend::start();
        let mut transport = transport(&backend, form, &[]);
        for round in 1..=3 {
            assert_eq!(send(&mut transport).await, delivered(), "{form:?} {round}");
            backend.set(Behaviour::Refuse);
            // The old connection's end may be seen first.
            let outcome = send(&mut transport).await;
            let closed = retry("connection closed without an answer");
            assert!(outcome == retry("connection refused") || outcome == closed, "{form:?} {outcome:?}");
            assert_eq!(send(&mut transport).await, retry("connection refused"), "{form:?} {round}");
            backend.set(Behaviour::Accept);
        }
        assert_eq!(backend.metrics().len(), 3, "{form:?}");
    }
}

#[tokio::test]
async fn a_connection_that_was_closed_while_idle_is_replaced() {
    for form in FORMS {
        let backend = Backend::start();
        let mut transport = transport(&backend, form, &[]);
        assert_eq!(send(&mut transport).await, delivered());
        backend.disconnect();
        // The library learns of it on this runtime.
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(send(&mut transport).await, delivered(), "{form:?}");
        assert_eq!(backend.connections(), 2, "{form:?}");
    }
}

#[tokio::test]
async fn a_connection_closed_without_an_answer_is_told() {
    for form in FORMS {
        let backend = Backend::start();
        let mut transport = transport(&backend, form, &[]);
        backend.set(Behaviour::CloseWithoutAnswer);
        assert_eq!(send(&mut transport).await, retry("connection closed without an answer"), "{form:?}");
        assert_eq!(backend.requests().len(), 1, "{form:?}: the transport sends once");
        backend.set(Behaviour::Accept);
        assert_eq!(send(&mut transport).await, delivered(), "{form:?}");
    }
}

#[tokio::test]
async fn an_answer_that_is_cut_off_is_none() {
    for form in FORMS {
        let backend = Backend::start();
        let mut transport = transport(&backend, form, &[]);
        backend.set(Behaviour::CloseMidBody);
        assert_eq!(send(&mut transport).await, retry("connection closed without an answer"), "{form:?}");
        backend.set(Behaviour::Accept);
        assert_eq!(send(&mut transport).await, delivered(), "{form:?}");
    }
}

#[tokio::test]
async fn no_answer_ends_with_the_timeout_and_the_next_message_has_a_new_connection() {
    for form in FORMS {
        for behaviour in [Behaviour::NeverAnswer, Behaviour::NeverRead] {
            let backend = Backend::start();
            let mut transport = transport(&backend, form, &[SHORT]);
            backend.set(behaviour.clone());
            let start = Instant::now();
            assert_eq!(send(&mut transport).await, retry("no answer within 1s"), "{form:?} {behaviour:?}");
            assert!(start.elapsed() < Duration::from_secs(5));
            backend.set(Behaviour::Accept);
            assert_eq!(send(&mut transport).await, delivered(), "{form:?} {behaviour:?}");
            assert_eq!(backend.connections(), 2, "{form:?} {behaviour:?}");
            assert_eq!(backend.metrics().len(), 1, "{form:?} {behaviour:?}");
        }
    }
}

#[tokio::test]
async fn a_connection_that_went_half_open_is_replaced() {
    for form in FORMS {
        let backend = Backend::start();
        let mut transport = transport(&backend, form, &[SHORT]);
        assert_eq!(send(&mut transport).await, delivered());
        backend.set(Behaviour::NeverRead);
        assert_eq!(send(&mut transport).await, retry("no answer within 1s"), "{form:?}");
        backend.set(Behaviour::Accept);
        assert_eq!(send(&mut transport).await, delivered(), "{form:?}");
        assert_eq!(backend.metrics().len(), 2, "{form:?}");
    }
}

#[tokio::test]
async fn a_slow_answer_within_the_timeout_is_waited_for() {
    for form in FORMS {
        let backend = Backend::start();
        backend.set(Behaviour::Delay(Duration::from_millis(300)));
        assert_eq!(send(&mut transport(&backend, form, &[])).await, delivered(), "{form:?}");
        assert_eq!(backend.metrics().len(), 1, "{form:?}");
    }
}

#[tokio::test]
async fn a_message_that_is_given_up_harms_none_after_it() {
    for form in FORMS {
        let backend = Backend::start();
        let mut transport = transport(&backend, form, &[]);
        backend.set(Behaviour::NeverAnswer);
        assert!(tokio::time::timeout(Duration::from_millis(200), send(&mut transport)).await.is_err());
        backend.set(Behaviour::Accept);
        assert_eq!(send(&mut transport).await, delivered(), "{form:?}");
        assert_eq!((backend.connections(), backend.metrics().len()), (2, 1), "{form:?}");
    }
}

#[tokio::test]
async fn what_is_not_http_is_a_wrong_address() {
    let backend = Backend::start();
    backend.set(Behaviour::Garbage);
    for form in FORMS {
        let reason = if form == Form::Grpc { "the answer is not HTTP/2" } else { "the answer is not HTTP" };
        assert_eq!(send(&mut transport(&backend, form, &[])).await, refused(reason), "{form:?}");
    }
}

#[tokio::test]
async fn a_name_that_nobody_knows_is_told() {
    for form in FORMS {
        let settings = settings("http://no-such-host.invalid:4318", form, &[]);
        let mut transport = locust_telemetry_otlp::transport::Transport::new(&settings).unwrap();
        assert_eq!(send(&mut transport).await, retry("name cannot be resolved"), "{form:?}");
    }
}

#[tokio::test]
async fn a_connection_that_does_not_come_about_is_told_from_one_without_an_answer() {
    // Whoever is not accepted fills the queue, and further attempts are not answered at all.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(stream) = tokio::time::timeout(Duration::from_millis(300), TcpStream::connect(address)).await {
        waiting.push(stream.unwrap());
    }
    for form in FORMS {
        let settings = settings(&format!("http://{address}"), form, &[SHORT]);
        let mut transport = locust_telemetry_otlp::transport::Transport::new(&settings).unwrap();
        assert_eq!(send(&mut transport).await, retry("no connection in time"), "{form:?}");
    }
}

#[test]
fn a_transport_is_made_outside_of_a_runtime_and_opens_no_connection() {
    let backend = Backend::start();
    for form in FORMS {
        let mut transport = transport(&backend, form, &[]);
        assert_eq!(backend.open_connections(), 0, "{form:?}");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        assert_eq!(runtime.block_on(send(&mut transport)), delivered(), "{form:?}");
        drop(runtime);
        backend.wait("the end of the connection", |backend| backend.open_connections() == 0);
    }
}
