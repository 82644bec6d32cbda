//! The three forms of OTLP.

/// How messages travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// gRPC over HTTP/2.
    Grpc,
    /// HTTP with binary bodies.
    HttpProtobuf,
    /// HTTP with JSON bodies.
    HttpJson,
}

impl Protocol {
    /// The words of `OTEL_EXPORTER_OTLP_PROTOCOL`.
    pub(super) const WORDS: &'static [(&'static str, Self)] =
        &[("grpc", Self::Grpc), ("http/protobuf", Self::HttpProtobuf), ("http/json", Self::HttpJson)];

    /// Where a backend listens if nothing is said.
    pub(super) fn default_endpoint(self) -> &'static str {
        match self {
            Self::Grpc => "http://localhost:4317",
            Self::HttpProtobuf | Self::HttpJson => "http://localhost:4318",
        }
    }
}
