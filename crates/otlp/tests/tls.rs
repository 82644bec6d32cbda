//! The transport over TLS: whom it trusts, what it shows, and how it says what is wrong.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::{fs, process::Command};

use locust_telemetry_otlp::transport::{Outcome, Transport};
use support::{
    backend::{Authority, Backend, Behaviour, Form, ServerCertificate},
    client::{FORMS, delivered, retry, send, settings},
};

/// The three variables of files, as far as they are given.
fn variables(authority: &Authority, shows_certificate: bool) -> Vec<(&'static str, String)> {
    let text = |path: std::path::PathBuf| path.to_str().unwrap().to_owned();
    let mut variables = vec![("OTEL_EXPORTER_OTLP_CERTIFICATE", text(authority.certificate()))];
    if shows_certificate {
        variables.push(("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", text(authority.client_certificate())));
        variables.push(("OTEL_EXPORTER_OTLP_CLIENT_KEY", text(authority.client_key())));
    }
    variables
}

fn try_transport(url: &str, form: Form, variables: &[(&'static str, String)]) -> Result<Transport, String> {
    let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Transport::new(&settings(url, form, &variables)).map_err(|error| error.to_string())
}

/// Sends one message and says what became of it.
async fn outcome(backend: &Backend, form: Form, variables: &[(&'static str, String)]) -> Outcome {
    send(&mut try_transport(&backend.url(), form, variables).unwrap()).await
}

#[tokio::test]
async fn an_authority_of_the_users_own_is_trusted() {
    let authority = Authority::new();
    let backend = Backend::start_tls(&authority, ServerCertificate::Good, false);
    for form in FORMS {
        assert_eq!(outcome(&backend, form, &variables(&authority, false)).await, delivered(), "{form:?}");
    }
    assert_eq!(backend.metrics().len(), 3);
}

#[tokio::test]
async fn an_authority_that_nobody_named_is_not_trusted() {
    let authority = Authority::new();
    let backend = Backend::start_tls(&authority, ServerCertificate::Good, false);
    let expected = retry("TLS: the backend's certificate is from an unknown authority");
    for form in FORMS {
        assert_eq!(outcome(&backend, form, &[]).await, expected, "{form:?}");
        assert_eq!(outcome(&backend, form, &variables(&Authority::new(), false)).await, expected, "{form:?}");
    }
    assert!(backend.requests().is_empty());
}

#[tokio::test]
async fn what_is_wrong_with_a_certificate_is_told() {
    let authority = Authority::new();
    let backend = Backend::start_tls(&authority, ServerCertificate::Good, false);
    for (certificate, what) in [
        (ServerCertificate::Expired, "has expired"),
        (ServerCertificate::UnknownAuthority, "is from an unknown authority"),
        (ServerCertificate::WrongHost, "is for another name"),
    ] {
        backend.set_certificate(&authority, certificate, false);
        for form in FORMS {
            let expected = retry(&format!("TLS: the backend's certificate {what}"));
            assert_eq!(outcome(&backend, form, &variables(&authority, false)).await, expected, "{form:?}");
        }
    }
    assert!(backend.requests().is_empty());
}

#[tokio::test]
async fn a_renewed_certificate_heals_the_same_transport() {
    let authority = Authority::new();
    for form in FORMS {
        let backend = Backend::start_tls(&authority, ServerCertificate::Expired, false);
        let mut transport = try_transport(&backend.url(), form, &variables(&authority, false)).unwrap();
        assert_eq!(send(&mut transport).await, retry("TLS: the backend's certificate has expired"));
        backend.set_certificate(&authority, ServerCertificate::Good, false);
        assert_eq!(send(&mut transport).await, delivered(), "{form:?}");
    }
}

#[tokio::test]
async fn a_backend_that_wants_a_certificate_of_the_client_gets_it() {
    let authority = Authority::new();
    let backend = Backend::start_tls(&authority, ServerCertificate::Good, true);
    for form in FORMS {
        assert_eq!(outcome(&backend, form, &variables(&authority, true)).await, delivered(), "{form:?}");
    }
}

#[tokio::test]
async fn a_client_without_the_certificate_that_is_wanted_is_told_so() {
    let authority = Authority::new();
    let backend = Backend::start_tls(&authority, ServerCertificate::Good, true);
    for form in FORMS {
        let outcome = outcome(&backend, form, &variables(&authority, false)).await;
        assert_eq!(outcome, retry("TLS: the backend refused (CertificateRequired)"), "{form:?}");
    }
}

#[test]
fn the_systems_authorities_are_trusted() {
    let authority = Authority::new();
    let backend = Backend::start_tls(&authority, ServerCertificate::Good, false);
    // The variable that names the system's authorities is of the whole process: this takes another one.
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "sends_to_a_backend_that_the_system_knows", "--ignored"])
        .env("SSL_CERT_FILE", authority.certificate())
        .env("TEST_BACKEND", backend.url())
        .output()
        .unwrap();
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
    assert_eq!(backend.metrics().len(), FORMS.len());
}

#[tokio::test]
#[ignore = "the half of another test that needs a process of its own"]
async fn sends_to_a_backend_that_the_system_knows() {
    let url = std::env::var("TEST_BACKEND").unwrap();
    for form in FORMS {
        assert_eq!(send(&mut try_transport(&url, form, &[]).unwrap()).await, delivered(), "{form:?}");
    }
}

#[tokio::test]
async fn a_handshake_that_does_not_come_to_its_end_is_no_connection() {
    let authority = Authority::new();
    let backend = Backend::start_tls(&authority, ServerCertificate::Good, false);
    backend.set(Behaviour::NeverRead);
    let mut variables = variables(&authority, false);
    variables.push(("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "1000".to_owned()));
    for form in FORMS {
        assert_eq!(outcome(&backend, form, &variables).await, retry("no connection in time"), "{form:?}");
    }
}

#[tokio::test]
async fn a_backend_that_does_not_speak_tls_is_told() {
    let backend = Backend::start();
    let url = backend.url().replace("http://", "https://");
    for form in FORMS {
        let mut transport = try_transport(&url, form, &[]).unwrap();
        assert_eq!(send(&mut transport).await, retry("TLS: the backend does not speak TLS"), "{form:?}");
    }
}

#[test]
fn a_file_that_cannot_be_used_stops_at_the_start_with_one_line() {
    let authority = Authority::new();
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = directory.path().join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (empty, missing) = (file("empty.pem", b""), directory.path().join("none.pem").to_str().unwrap().to_owned());
    let broken = file("broken.pem", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    let other_key = fs::read(Authority::new().client_key()).unwrap();
    let other_key = file("other.key", &other_key);
    let certificate = authority.client_certificate().to_str().unwrap().to_owned();
    let (ca, chain, key) =
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_KEY");
    for (variables, expected) in [
        (vec![(ca, missing.clone())], "OTEL_EXPORTER_OTLP_CERTIFICATE=MISSING: cannot be read (No such file"),
        (vec![(ca, empty.clone())], "OTEL_EXPORTER_OTLP_CERTIFICATE=EMPTY: has no certificate in PEM form"),
        (vec![(ca, broken.clone())], "OTEL_EXPORTER_OTLP_CERTIFICATE=BROKEN: cannot be used ("),
        (
            vec![(chain, certificate.clone()), (key, empty.clone())],
            "OTEL_EXPORTER_OTLP_CLIENT_KEY=EMPTY: has no private key in PEM form",
        ),
        (
            vec![(chain, empty.clone()), (key, other_key.clone())],
            "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE=EMPTY: has no certificate in PEM form",
        ),
        (
            vec![(chain, certificate.clone()), (key, other_key.clone())],
            "OTEL_EXPORTER_OTLP_CLIENT_KEY=OTHER: cannot be used (",
        ),
    ] {
        for form in FORMS {
            let text = try_transport("https://localhost:1", form, &variables).unwrap_err();
            let paths = [(&missing, "MISSING"), (&empty, "EMPTY"), (&broken, "BROKEN"), (&other_key, "OTHER")];
            let text = paths.iter().fold(text, |text, (path, name)| text.replace(path.as_str(), name));
            assert!(text.starts_with(expected) && !text.contains('\n'), "{text}");
        }
    }
}
