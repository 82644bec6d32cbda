//! Where a signal goes: a checked URL.

use std::{fmt, net::IpAddr};

use url::{Host, Url};

use super::{Protocol, SettingsError, Signal};

/// The port of gRPC backends, for an endpoint that is only a host.
const GRPC_PORT: u16 = 4317;

/// An `http` or `https` URL with a host. For HTTP its path is the one that is posted to; for gRPC it has none.
///
/// `Debug` and `Display` leave the query out, which may hold a key.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint(Url);

/// What a text says about the protocol: nothing if it has a scheme.
pub(super) fn has_scheme(text: &str) -> bool {
    text.contains("://")
}

impl Endpoint {
    /// An endpoint for gRPC: a URL without a path, or `host[:port]`, which means TLS unless `insecure`.
    pub(super) fn grpc(name: &str, text: &str, insecure: bool) -> Result<Self, SettingsError> {
        let url = if has_scheme(text) {
            parse(name, text)?
        } else {
            let mut url = parse(name, &format!("{}://{text}", if insecure { "http" } else { "https" }))?;
            // `url.port()` does not tell a scheme's own port from none.
            let has_port = text.trim_end_matches('/').rsplit(']').next().is_some_and(|rest| rest.contains(':'));
            if !has_port && url.set_port(Some(GRPC_PORT)).is_err() {
                return Err(wrong(name, text, "a host is needed"));
            }
            url
        };
        if !matches!(url.path(), "" | "/") || url.query().is_some() {
            return Err(wrong(name, text, "gRPC takes a host and a port only, no path"));
        }
        Ok(Self(url))
    }

    /// An endpoint for HTTP. A base gets the signal's path appended; a signal's own URL is used as it is.
    pub(super) fn http(name: &str, text: &str, append: Option<Signal>) -> Result<Self, SettingsError> {
        if !has_scheme(text) {
            return Err(wrong(name, text, "HTTP needs a URL that begins with http:// or https://"));
        }
        let mut url = parse(name, text)?;
        if let Some(signal) = append {
            let path = format!("{}/{}", url.path().trim_end_matches('/'), signal.path());
            url.set_path(&path);
        }
        Ok(Self(url))
    }

    /// The default of a protocol, for one signal.
    pub(super) fn of_protocol(protocol: Protocol, signal: Signal) -> Result<Self, SettingsError> {
        let (name, text) = ("the default endpoint", protocol.default_endpoint());
        match protocol {
            Protocol::Grpc => Self::grpc(name, text, true),
            Protocol::HttpProtobuf | Protocol::HttpJson => Self::http(name, text, Some(signal)),
        }
    }

    /// The whole URL; its query may be a secret.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// Whether the connection is encrypted.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Whether this is the machine itself, as far as the name tells.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        match self.0.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
            Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
            None => false,
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(without_secrets(self.0.as_str()))
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({self})")
    }
}

/// A URL of ours: http or https, a host, no user and password, no fragment.
fn parse(name: &str, text: &str) -> Result<Url, SettingsError> {
    let mut url = Url::parse(text).map_err(|error| wrong(name, text, &format!("not a URL ({error})")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong(name, text, "a URL that begins with http:// or https:// is needed"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        let remedy = "user and password do not belong there; send them with OTEL_EXPORTER_OTLP_HEADERS";
        return Err(wrong(name, text, remedy));
    }
    url.set_fragment(None);
    Ok(url)
}

/// An error that shows as much of an endpoint as can be shown.
fn wrong(name: &str, text: &str, accepted: &str) -> SettingsError {
    SettingsError::value(name, without_secrets(text), accepted)
}

/// A URL's text without what may be a secret: what is before an `@`, and the query.
pub(super) fn without_secrets(text: &str) -> &str {
    // In this order: a password may hold what begins a query elsewhere.
    let text = text.rsplit('@').next().unwrap_or_default();
    text.split(['?', '#']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grpc(text: &str, insecure: bool) -> String {
        Endpoint::grpc("E", text, insecure).unwrap().url().to_string()
    }

    fn http(text: &str) -> String {
        Endpoint::http("E", text, Some(Signal::Metrics)).unwrap().url().to_string()
    }

    #[test]
    fn a_host_without_a_scheme_is_encrypted_unless_it_is_said_otherwise() {
        assert_eq!(grpc("collector:4317", false), "https://collector:4317/");
        assert_eq!(grpc("collector:4317", true), "http://collector:4317/");
        assert_eq!(grpc("http://collector:4317", false), "http://collector:4317/");
    }

    #[test]
    fn a_host_alone_has_the_port_of_grpc_backends() {
        assert_eq!(grpc("collector", false), "https://collector:4317/");
        assert_eq!(grpc("[::1]", true), "http://[::1]:4317/");
        assert_eq!(grpc("collector:443", false), "https://collector/");
        assert_eq!(grpc("collector:80/", true), "http://collector/");
    }

    #[test]
    fn a_base_gets_the_path_of_the_signal_whatever_its_end() {
        assert_eq!(http("http://c:4318"), "http://c:4318/v1/metrics");
        assert_eq!(http("http://c:4318/"), "http://c:4318/v1/metrics");
        assert_eq!(http("https://c/otlp/"), "https://c/otlp/v1/metrics");
        assert_eq!(http("https://c/otlp?key=1"), "https://c/otlp/v1/metrics?key=1");
    }

    #[test]
    fn a_signals_own_url_is_used_as_it_is() {
        let endpoint = Endpoint::http("E", "http://c:4318/my/path", None).unwrap();
        assert_eq!(endpoint.url().as_str(), "http://c:4318/my/path");
        assert_eq!(Endpoint::http("E", "http://c:4318", None).unwrap().url().path(), "/");
        assert_eq!(Endpoint::http("E", "http://c/x#part", None).unwrap().url().as_str(), "http://c/x");
    }

    #[test]
    fn what_cannot_be_an_endpoint_is_an_error_without_its_secrets() {
        for text in [
            "ftp://c",
            "http://",
            "http://u:s3cret@c",
            "http://u:s3cret#s3cret@c",
            "http://u:s3cret?s3cret@c",
            "http://c:99999/?key=s3cret",
            "unix:///tmp/x",
        ] {
            let text = Endpoint::http("E", text, None).unwrap_err().to_string();
            assert!(text.starts_with("E=") && !text.contains("s3cret"), "{text}");
        }
        let text = Endpoint::grpc("E", "http://c:4317/v1/metrics", false).unwrap_err().to_string();
        assert_eq!(text, "E=http://c:4317/v1/metrics: gRPC takes a host and a port only, no path");
        assert!(Endpoint::http("E", "c:4318", None).is_err());
    }

    #[test]
    fn shown_it_has_no_query() {
        let endpoint = Endpoint::http("E", "https://c/x?key=s3cret", None).unwrap();
        assert_eq!(format!("{endpoint} {endpoint:?}"), "https://c/x Endpoint(https://c/x)");
    }

    #[test]
    fn the_machine_itself_is_known_by_its_names_and_addresses() {
        let is_loopback = |text| Endpoint::http("E", text, None).unwrap().is_loopback();
        assert!(is_loopback("http://localhost:4318") && is_loopback("http://127.0.0.9") && is_loopback("http://[::1]"));
        assert!(!is_loopback("http://localhost.example") && !is_loopback("http://10.0.0.1"));
    }
}
