//! OTLP over gRPC: connections are tonic's, the one unary call is written here.
//!
//! tonic's own client reads a status with a function that panics on details that are not base64, and tells what a
//! proxy or a dying backend did only roughly. <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderValue, Method, Request, Version, header};
use http_body_util::{BodyExt, Full};
use prost::bytes::Bytes;
use tonic::{
    client::GrpcService,
    transport::{Channel, Endpoint},
};

use super::{
    LARGEST_ANSWER_BYTES, Message, Outcome, TransportError, USER_AGENT, body, failure,
    grpc_answer::{self, Answer},
    tls::Tls,
};
use crate::settings::{Headers, Signal, SignalSettings};

/// An idle connection is tried out after this time. Shorter would do no good, since an attempt without an answer is
/// given up with its connection, and backends turn away who pings more than twice from one request to the next.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);

/// A connection whose trial is not answered in this time is lost.
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);

/// A way to a gRPC backend.
#[derive(Debug)]
pub(super) struct Grpc {
    /// How to connect.
    endpoint: Endpoint,
    /// The connection; `None` before the first message, and after a failure.
    channel: Option<Channel>,
    /// What is sent along.
    headers: Headers,
    /// Whether messages are compressed.
    gzip: bool,
}

impl Grpc {
    /// Reads certificates; connects later.
    pub(super) fn new(settings: &SignalSettings, connect_timeout: Duration) -> Result<Self, TransportError> {
        let library = |error: tonic::transport::Error| TransportError::Library(error.to_string());
        let tls = Tls::new(settings, settings.endpoint.is_tls())?;
        let mut endpoint = Endpoint::from_shared(settings.endpoint.url().to_string())
            .and_then(|endpoint| endpoint.user_agent(USER_AGENT))
            .map_err(library)?
            .connect_timeout(connect_timeout)
            .tcp_nodelay(true)
            .tcp_keepalive(Some(KEEPALIVE_INTERVAL))
            .http2_keep_alive_interval(KEEPALIVE_INTERVAL)
            .keep_alive_timeout(KEEPALIVE_TIMEOUT)
            .keep_alive_while_idle(true);
        if settings.endpoint.is_tls() {
            endpoint = endpoint.tls_config(tls.for_grpc(connect_timeout)).map_err(library)?;
        }
        Ok(Self { endpoint, channel: None, headers: settings.headers.clone(), gzip: settings.gzip })
    }

    /// Sends once. The connection is kept only if the exchange came to its end: one that failed, or that was given up
    /// (a dropped future), may be half open, and the next message then gets a new one.
    pub(super) async fn send(&mut self, message: &Message) -> Outcome {
        let body = match body::for_grpc(message, self.gzip) {
            Ok(body) => body,
            Err(_) => return Outcome::refused("the message cannot be encoded"),
        };
        let mut channel = self.channel.take().unwrap_or_else(|| self.endpoint.connect_lazy());
        let signal = message.signal();
        match exchange(&mut channel, self.request(signal, body)).await {
            Ok(answer) => {
                self.channel = Some(channel);
                grpc_answer::outcome(signal, &answer, &self.headers, SystemTime::now())
            }
            Err(outcome) => outcome,
        }
    }

    /// A call of the signal's one method.
    fn request(&self, signal: Signal, body: Bytes) -> Request<tonic::body::Body> {
        let path = match signal {
            Signal::Metrics => "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
            Signal::Logs => "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
        };
        let mut request = Request::new(tonic::body::Body::new(Full::new(body)));
        *request.method_mut() = Method::POST;
        *request.version_mut() = Version::HTTP_2;
        *request.uri_mut() = http::Uri::from_static(path);
        let headers = request.headers_mut();
        headers.clone_from(self.headers.as_map());
        headers.insert(header::TE, HeaderValue::from_static("trailers"));
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        if self.gzip {
            headers.insert("grpc-encoding", HeaderValue::from_static("gzip"));
        }
        request
    }
}

/// Sends a request and reads its whole answer.
async fn exchange(channel: &mut Channel, request: Request<tonic::body::Body>) -> Result<Answer, Outcome> {
    let failed = |error: tonic::transport::Error| failure::outcome(&error);
    std::future::poll_fn(|context| GrpcService::poll_ready(channel, context)).await.map_err(failed)?;
    let (head, mut stream) = GrpcService::call(channel, request).await.map_err(failed)?.into_parts();
    let mut answer =
        Answer { http_status: head.status, headers: head.headers, body: Vec::new(), trailers: HeaderMap::new() };
    while let Some(frame) = stream.frame().await {
        match frame {
            Ok(frame) => match frame.into_data() {
                Ok(data) if answer.body.len() + data.len() > LARGEST_ANSWER_BYTES => {
                    return Err(Outcome::refused("the answer is larger than 4 MiB"));
                }
                Ok(data) => answer.body.extend_from_slice(&data),
                Err(frame) => answer.trailers = frame.into_trailers().unwrap_or_default(),
            },
            // A status that has come already counts, however the rest ends.
            Err(_) if answer.has_status() => break,
            Err(error) => return Err(failure::outcome(&error)),
        }
    }
    Ok(answer)
}
