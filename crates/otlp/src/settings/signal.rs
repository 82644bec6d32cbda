//! How one signal is sent: a signal's own variable wins over the one for all signals.

use std::{path::PathBuf, time::Duration};

use super::{Endpoint, Headers, Protocol, Proxy, SettingsError, endpoint::has_scheme, environment::Environment};

/// The option for the endpoint, as error texts name all options: with its variable.
const ENDPOINT_OPTION: &str = "--lt-otel-exporter-otlp-endpoint (or LOCUST_OTEL_EXPORTER_OTLP_ENDPOINT)";

/// How long one message may take if nothing is said.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Metrics.
    Metrics,
    /// Log records.
    Logs,
}

impl Signal {
    /// The path under a base endpoint.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::Metrics => "v1/metrics",
            Self::Logs => "v1/logs",
        }
    }

    /// The signal in the names of variables.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Metrics => "METRICS",
            Self::Logs => "LOGS",
        }
    }

    /// The names of a variable, this signal's own before the one for all.
    fn names(self, rest: &str) -> [String; 2] {
        [format!("OTEL_EXPORTER_OTLP_{}_{rest}", self.word()), format!("OTEL_EXPORTER_OTLP_{rest}")]
    }
}

/// How one signal is sent.
#[derive(Debug, Clone, PartialEq)]
pub struct SignalSettings {
    /// The form of the messages.
    pub protocol: Protocol,
    /// Where they go.
    pub endpoint: Endpoint,
    /// How long one message may take, connecting included.
    pub timeout: Duration,
    /// What is sent along; secrets.
    pub headers: Headers,
    /// Whether bodies are compressed.
    pub gzip: bool,
    /// A file (PEM) with the only authorities whose certificates are trusted, instead of the usual ones.
    pub certificate: Option<PathBuf>,
    /// A file (PEM) with the key of `client_certificate`; both or neither.
    pub client_key: Option<PathBuf>,
    /// A file (PEM) with the certificate that this client shows, and its chain.
    pub client_certificate: Option<PathBuf>,
    /// The way to an HTTP backend, if not straight.
    pub proxy: Option<Proxy>,
}

/// A variable that is set: its name, for errors, and its value.
struct Found {
    /// The variable, or the option.
    name: String,
    /// What it says.
    value: String,
    /// Whether it is this signal's own.
    is_own: bool,
}

impl SignalSettings {
    /// Reads one signal's settings.
    pub(super) fn read(
        signal: Signal,
        endpoint_option: Option<&str>,
        insecure_option: Option<bool>,
        environment: &Environment<'_>,
    ) -> Result<Self, SettingsError> {
        let found = endpoint(signal, endpoint_option, environment);
        let protocol = protocol(signal, found.as_ref(), environment)?;
        let insecure = match insecure_option {
            Some(insecure) => insecure,
            None => first(signal, "INSECURE", |name| environment.truth(name))?.unwrap_or(false),
        };
        let endpoint = match (&found, protocol) {
            (None, _) => Endpoint::of_protocol(protocol, signal)?,
            (Some(Found { name, value, .. }), Protocol::Grpc) => Endpoint::grpc(name, value, insecure)?,
            (Some(Found { name, value, is_own }), _) => Endpoint::http(name, value, (!is_own).then_some(signal))?,
        };
        let proxy = if protocol == Protocol::Grpc { None } else { Proxy::read(&endpoint, environment)? };
        let (client_key, client_certificate) = client(signal, environment)?;
        Ok(Self {
            protocol,
            timeout: first(signal, "TIMEOUT", |name| environment.milliseconds(name))?.unwrap_or(TIMEOUT),
            headers: match find(signal, "HEADERS", environment) {
                Some(Found { name, value, .. }) => Headers::read(&name, &value)?,
                None => Headers::default(),
            },
            gzip: first(signal, "COMPRESSION", |name| {
                environment.choice(name, &[("gzip", true), ("none", false)], "gzip or none is needed")
            })?
            .unwrap_or(false),
            certificate: find(signal, "CERTIFICATE", environment).map(|found| found.value.into()),
            client_key,
            client_certificate,
            proxy,
            endpoint,
        })
    }
}

/// The first of a signal's variables that is set.
fn find(signal: Signal, rest: &str, environment: &Environment<'_>) -> Option<Found> {
    let [own, general] = signal.names(rest);
    let own = environment.text(&own).map(|value| Found { name: own, value, is_own: true });
    own.or_else(|| environment.text(&general).map(|value| Found { name: general, value, is_own: false }))
}

/// The first of a signal's variables that is set, read.
fn first<T>(
    signal: Signal,
    rest: &str,
    read: impl Fn(&str) -> Result<Option<T>, SettingsError>,
) -> Result<Option<T>, SettingsError> {
    let [own, general] = signal.names(rest);
    match read(&own)? {
        Some(value) => Ok(Some(value)),
        None => read(&general),
    }
}

/// The endpoint that somebody set; the option is a base, as the general variable is.
fn endpoint(signal: Signal, option: Option<&str>, environment: &Environment<'_>) -> Option<Found> {
    let option = option.map(str::trim).filter(|value| !value.is_empty());
    match option {
        Some(value) => Some(Found { name: ENDPOINT_OPTION.to_owned(), value: value.to_owned(), is_own: false }),
        None => find(signal, "ENDPOINT", environment),
    }
}

/// The protocol: what a variable says, or gRPC for an endpoint without a scheme, or HTTP.
fn protocol(
    signal: Signal,
    endpoint: Option<&Found>,
    environment: &Environment<'_>,
) -> Result<Protocol, SettingsError> {
    let accepted = "grpc, http/protobuf or http/json is needed";
    let asked = first(signal, "PROTOCOL", |name| environment.choice(name, Protocol::WORDS, accepted))?;
    Ok(match (asked, endpoint) {
        (Some(protocol), _) => protocol,
        (None, Some(found)) if !has_scheme(&found.value) => Protocol::Grpc,
        (None, _) => Protocol::HttpProtobuf,
    })
}

/// The client's key and certificate: both or neither.
fn client(signal: Signal, environment: &Environment<'_>) -> Result<(Option<PathBuf>, Option<PathBuf>), SettingsError> {
    let key = find(signal, "CLIENT_KEY", environment);
    let certificate = find(signal, "CLIENT_CERTIFICATE", environment);
    let missing = |found: &Found, rest: &str| {
        let [own, general] = signal.names(rest);
        SettingsError::Incomplete { name: found.name.clone(), missing: if found.is_own { own } else { general } }
    };
    match (key, certificate) {
        (Some(key), None) => Err(missing(&key, "CLIENT_CERTIFICATE")),
        (None, Some(certificate)) => Err(missing(&certificate, "CLIENT_KEY")),
        (key, certificate) => Ok((key.map(|found| found.value.into()), certificate.map(|found| found.value.into()))),
    }
}
