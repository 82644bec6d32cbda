//! Sends one message once, and says what became of it.
//!
//! Start at [`Transport::send`]; [`Outcome`] is the whole vocabulary. `grpc` and `http` carry a message and hand the
//! answer to pure functions (`grpc_answer`, `http_answer`); `failure` reads what went wrong below them. Rules:
//! <https://opentelemetry.io/docs/specs/otlp/>.
//!
//! Absent on purpose: retries and queues. Cumulative data is sent anew with its newest figures, so the caller decides
//! what goes next; [`Backoff`] tells it when.

mod backoff;
mod body;
mod failure;
mod grpc;
mod grpc_answer;
mod http;
mod http_answer;
mod json;
mod partial_success;
mod reason;
mod retry_after;
mod tls;

pub use backoff::Backoff;
pub use tls::TransportError;

use std::time::Duration;

use opentelemetry_proto::tonic::collector::{
    logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
};

use crate::settings::{Protocol, Signal, SignalSettings};

/// How this program calls itself to a backend, in the form of the specification.
const USER_AGENT: &str =
    concat!("locust-telemetry-rs/", env!("CARGO_PKG_VERSION"), " OTel-OTLP-Exporter-Rust/", env!("CARGO_PKG_VERSION"));

/// Answers above this size are refused, as the specification asks: 4 MiB.
const LARGEST_ANSWER_BYTES: usize = 4 * 1024 * 1024;

/// Connecting takes this long at most, or half of a message's time if that is less: a backend that cannot be reached
/// is then told from one that does not answer.
const LONGEST_CONNECT: Duration = Duration::from_secs(5);

/// What is sent.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// Metrics.
    Metrics(ExportMetricsServiceRequest),
    /// Log records.
    Logs(ExportLogsServiceRequest),
}

impl Message {
    /// The signal that it belongs to.
    #[must_use]
    pub fn signal(&self) -> Signal {
        match self {
            Self::Metrics(_) => Signal::Metrics,
            Self::Logs(_) => Signal::Logs,
        }
    }
}

/// What became of one message.
///
/// A `reason` is short, the same each time for the same cause, and without secrets: it can be a key of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The backend has it.
    Delivered {
        /// Points or records that the backend refused (partial success). Sending them again is of no use.
        rejected: u64,
        /// What the backend said about it; with nothing rejected, a warning. Empty: nothing.
        message: String,
    },
    /// It may work later.
    Retry {
        /// The earliest time for that, if the backend said one.
        after: Option<Duration>,
        /// What happened.
        reason: String,
    },
    /// It is too large for this backend: split it.
    TooLarge {
        /// What happened.
        reason: String,
    },
    /// It will not work: drop and count it.
    Refused {
        /// What happened.
        reason: String,
    },
}

impl Outcome {
    /// To be sent again; the backend named no time.
    fn retry(reason: impl Into<String>) -> Self {
        Self::Retry { after: None, reason: reason.into() }
    }

    /// Not to be sent again.
    fn refused(reason: impl Into<String>) -> Self {
        Self::Refused { reason: reason.into() }
    }
}

/// The way of one signal to its backend.
#[derive(Debug)]
pub struct Transport {
    /// The protocol's half.
    wire: Wire,
    /// How long one message may take.
    timeout: Duration,
}

/// The two ways.
#[derive(Debug)]
enum Wire {
    /// gRPC.
    Grpc(Box<grpc::Grpc>),
    /// HTTP, binary or JSON.
    Http(Box<http::Http>),
}

impl Transport {
    /// Reads certificate files; opens no connection, starts nothing and needs no runtime.
    ///
    /// # Errors
    /// A certificate or key that cannot be used, in one line for the user.
    pub fn new(settings: &SignalSettings) -> Result<Self, TransportError> {
        let connect_timeout = LONGEST_CONNECT.min(settings.timeout / 2);
        let wire = match settings.protocol {
            Protocol::Grpc => Wire::Grpc(Box::new(grpc::Grpc::new(settings, connect_timeout)?)),
            Protocol::HttpProtobuf | Protocol::HttpJson => {
                Wire::Http(Box::new(http::Http::new(settings, connect_timeout)?))
            }
        };
        Ok(Self { wire, timeout: settings.timeout })
    }

    /// Sends once, within the settings' timeout. Must run on a tokio runtime with time and I/O; dropping the future
    /// gives up, and harms no later message. A message that is to be sent again may have arrived nevertheless.
    pub async fn send(&mut self, message: &Message) -> Outcome {
        let exchange = async {
            match &mut self.wire {
                Wire::Grpc(grpc) => grpc.send(message).await,
                Wire::Http(http) => http.send(message).await,
            }
        };
        match tokio::time::timeout(self.timeout, exchange).await {
            Ok(outcome) => outcome,
            Err(_) => Outcome::retry(format!("no answer within {:?}", self.timeout)),
        }
    }
}
