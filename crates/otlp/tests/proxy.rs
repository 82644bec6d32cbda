//! The transport through an HTTP proxy.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use locust_telemetry_otlp::transport::{Outcome, Transport};
use support::{
    backend::{Authority, Backend, Behaviour, Form, ServerCertificate},
    client::{HTTP_FORMS, delivered, retry, send, settings},
};

/// Sends to a backend that only the proxy could know, unless it is the machine itself.
async fn outcome(url: &str, form: Form, variables: &[(&str, &str)]) -> Outcome {
    send(&mut Transport::new(&settings(url, form, variables)).unwrap()).await
}

#[tokio::test]
async fn plain_http_is_sent_to_the_proxy_with_the_whole_url() {
    let proxy = Backend::start();
    for form in HTTP_FORMS {
        proxy.clear();
        let outcome = outcome("http://collector.test:4318", form, &[("HTTP_PROXY", &proxy.url())]).await;
        assert_eq!(outcome, delivered(), "{form:?}");
        assert_eq!(proxy.requests()[0].target, "http://collector.test:4318/v1/metrics");
    }
}

#[tokio::test]
async fn tls_goes_through_a_tunnel_to_the_backend_itself() {
    let authority = Authority::new();
    let proxy = Backend::start_tls(&authority, ServerCertificate::Good, false);
    let certificate = authority.certificate();
    let url = format!("http://{}", proxy.address());
    let variables = [("HTTPS_PROXY", url.as_str()), ("OTEL_EXPORTER_OTLP_CERTIFICATE", certificate.to_str().unwrap())];
    for form in HTTP_FORMS {
        proxy.clear();
        assert_eq!(outcome("https://collector.test:4318", form, &variables).await, delivered(), "{form:?}");
        assert_eq!((proxy.tunnels(), proxy.metrics().len()), (vec!["collector.test:4318".to_owned()], 1));
        assert_eq!(proxy.requests()[0].target, "/v1/metrics");
        let refused = retry("TLS: the backend's certificate is for another name");
        assert_eq!(outcome("https://other.test:4318", form, &variables).await, refused, "{form:?}");
    }
}

#[tokio::test]
async fn a_proxys_user_and_password_are_sent_to_it_and_shown_nowhere() {
    let proxy = Backend::start();
    let url = proxy.url().replace("http://", "http://user:s3cret@");
    let settings = settings("http://collector.test:4318", Form::Protobuf, &[("HTTP_PROXY", &url)]);
    let mut transport = Transport::new(&settings).unwrap();
    assert_eq!(send(&mut transport).await, delivered());
    assert_eq!(proxy.requests()[0].headers["proxy-authorization"], "Basic dXNlcjpzM2NyZXQ=");
    assert!(!format!("{settings:?} {transport:?}").contains("s3cret"));
}

#[tokio::test]
async fn hosts_that_are_excepted_and_the_machine_itself_are_reached_without_it() {
    let (proxy, backend) = (Backend::start(), Backend::start());
    let proxy_url = proxy.url();
    let variables = [("HTTP_PROXY", proxy_url.as_str())];
    assert_eq!(outcome(&backend.url(), Form::Protobuf, &variables).await, delivered());
    let variables = [("HTTP_PROXY", proxy_url.as_str()), ("NO_PROXY", "other, .invalid")];
    let outcome = outcome("http://collector.invalid:4318", Form::Protobuf, &variables).await;
    assert_eq!(outcome, retry("name cannot be resolved"));
    assert_eq!((proxy.connections(), backend.connections()), (0, 1));
}

#[tokio::test]
async fn a_proxy_that_refuses_is_told() {
    let proxy = Backend::start();
    proxy.set(Behaviour::Refuse);
    let outcome = outcome("http://collector.test:4318", Form::Protobuf, &[("HTTP_PROXY", &proxy.url())]).await;
    assert_eq!(outcome, retry("connection refused"));
}
