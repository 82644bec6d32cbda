//! One request and its answer.

use std::{convert::Infallible, sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use http_body_util::BodyExt;
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode,
    body::Incoming,
    header::{HeaderName, HeaderValue},
};
use hyper_util::rt::TokioIo;
use opentelemetry_proto::tonic::collector::{
    logs::v1::{ExportLogsPartialSuccess, ExportLogsServiceResponse},
    metrics::v1::{ExportMetricsPartialSuccess, ExportMetricsServiceResponse},
};
use prost::Message as _;
use rustls::ServerConfig;
use tokio::sync::Notify;

use super::{
    Behaviour, Form, Received, Shared,
    body::{Script, Step},
    connection,
    received::{self, Decoded},
};

/// Answers one request as the backend behaves when it is in; `close` closes the connection.
pub async fn answer(
    shared: Arc<Shared>,
    request: Request<Incoming>,
    close: Arc<Notify>,
    tls: Option<Arc<ServerConfig>>,
    connection: usize,
) -> Result<Response<Script>, Infallible> {
    if request.method() == Method::CONNECT {
        return Ok(tunnel(shared, request, tls, connection));
    }
    let (head, body) = request.into_parts();
    let Ok(body) = body.collect().await else { return Ok(plain(400, "the body was cut off")) };
    let (received, decoded) = match received::read(connection, &head, &body.to_bytes()) {
        Ok(read) => read,
        Err(problem) => return Ok(plain(400, &problem)),
    };
    let behaviour = {
        let mut state = shared.lock();
        state.requests.push(received.clone());
        state.behaviour.clone()
    };
    Ok(match behaviour {
        Behaviour::Accept | Behaviour::NeverRead | Behaviour::Refuse | Behaviour::Garbage => {
            take(&shared, &received, decoded, 0, "")
        }
        Behaviour::NeverAnswer => std::future::pending().await,
        Behaviour::Delay(delay) => {
            tokio::time::sleep(delay).await;
            take(&shared, &received, decoded, 0, "")
        }
        Behaviour::CloseWithoutAnswer => {
            close.notify_one();
            std::future::pending().await
        }
        Behaviour::CloseMidBody => {
            let mut cut = success(&received, Script::new([Step::Data(vec![0; 3].into()), Step::Close(close)]));
            cut.headers_mut().remove("content-length");
            if received.form != Form::Grpc {
                cut.headers_mut().insert("content-length", HeaderValue::from_static("100"));
            }
            cut
        }
        Behaviour::Http { status, headers, body } => {
            let mut answer = with_status(status, Script::of(body));
            answer.headers_mut().extend(fields(&headers));
            answer
        }
        Behaviour::Grpc { code, message, retry_delay } => {
            let details = retry_delay.map(retry_info).unwrap_or_default();
            let code = code.to_string();
            let all =
                [("grpc-status", code.as_str()), ("grpc-message", message), ("grpc-status-details-bin", &details)];
            refuse(&received, all.into_iter().filter(|(_, value)| !value.is_empty()))
        }
        Behaviour::GrpcFields(fields) => refuse(&received, fields.into_iter()),
        Behaviour::WrongContentType => {
            let mut page = with_status(200, Script::of("<html>Please log in</html>"));
            page.headers_mut().insert("content-type", HeaderValue::from_static("text/html"));
            page
        }
        Behaviour::GarbageBody => success_of(&received, b"<html>".to_vec()),
        Behaviour::HugeBody(size) => success_of(&received, vec![b' '; size]),
        Behaviour::PartialSuccess { rejected, message } => take(&shared, &received, decoded, rejected, message),
        Behaviour::SizeLimit(limit) if received.message_bytes > limit => match received.form {
            Form::Grpc => {
                let message =
                    format!("grpc: received message larger than max ({} vs. {limit})", received.message_bytes);
                refuse(&received, [("grpc-status", "8"), ("grpc-message", message.as_str())].into_iter())
            }
            _ => plain(413, "the body is too large"),
        },
        Behaviour::SizeLimit(_) => take(&shared, &received, decoded, 0, ""),
    })
}

/// Keeps a message and says so.
fn take(shared: &Shared, received: &Received, decoded: Decoded, rejected: i64, message: &str) -> Response<Script> {
    let is_partial = rejected != 0 || !message.is_empty();
    let error_message = message.to_owned();
    let (protobuf, json_name) = match decoded {
        Decoded::Metrics(metrics) => {
            shared.lock().metrics.push(metrics);
            let partial = ExportMetricsPartialSuccess { rejected_data_points: rejected, error_message };
            let partial_success = is_partial.then_some(partial);
            (ExportMetricsServiceResponse { partial_success }.encode_to_vec(), "rejectedDataPoints")
        }
        Decoded::Logs(logs) => {
            shared.lock().logs.push(logs);
            let partial = ExportLogsPartialSuccess { rejected_log_records: rejected, error_message };
            let partial_success = is_partial.then_some(partial);
            (ExportLogsServiceResponse { partial_success }.encode_to_vec(), "rejectedLogRecords")
        }
    };
    match received.form {
        Form::Json if is_partial => {
            let partial = serde_json::json!({ json_name: rejected.to_string(), "errorMessage": message });
            success_of(received, serde_json::json!({ "partialSuccess": partial }).to_string().into_bytes())
        }
        Form::Json => success_of(received, b"{}".to_vec()),
        _ => success_of(received, protobuf),
    }
}

/// A success whose message is this.
fn success_of(received: &Received, message: Vec<u8>) -> Response<Script> {
    match received.form {
        Form::Grpc => {
            let length = u32::try_from(message.len()).unwrap().to_be_bytes();
            let body = [&[0][..], &length, &message].concat();
            let trailers = fields(&[("grpc-status", "0")]);
            success(received, Script::new([Step::Data(body.into()), Step::Trailers(trailers)]))
        }
        _ => success(received, Script::of(message)),
    }
}

/// A success with a body as it is.
fn success(received: &Received, body: Script) -> Response<Script> {
    let kind = match received.form {
        Form::Grpc => "application/grpc",
        Form::Protobuf => "application/x-protobuf",
        Form::Json => "application/json",
    };
    let mut answer = with_status(200, body);
    answer.headers_mut().insert("content-type", HeaderValue::from_static(kind));
    answer
}

/// A gRPC status, in the headers alone.
fn refuse<'a>(received: &Received, status: impl Iterator<Item = (&'static str, &'a str)>) -> Response<Script> {
    if received.form != Form::Grpc {
        return plain(500, "told to answer a gRPC status");
    }
    let mut answer = success(received, Script::default());
    let all: Vec<(&'static str, &str)> = status.collect();
    answer.headers_mut().extend(fields(&all));
    answer
}

/// A status and a text.
fn plain(status: u16, text: &str) -> Response<Script> {
    let mut answer = with_status(status, Script::of(text.to_owned()));
    answer.headers_mut().insert("content-type", HeaderValue::from_static("text/plain"));
    answer
}

/// A status and a body.
fn with_status(status: u16, body: Script) -> Response<Script> {
    let mut answer = Response::new(body);
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    answer
}

/// Headers or trailers.
fn fields(all: &[(&'static str, &str)]) -> HeaderMap {
    all.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())).collect()
}

/// As a proxy: what comes next is for a host, for which this backend stands as well.
fn tunnel(
    shared: Arc<Shared>,
    request: Request<Incoming>,
    tls: Option<Arc<ServerConfig>>,
    connection: usize,
) -> Response<Script> {
    shared.lock().tunnels.push(request.uri().to_string());
    tokio::spawn(async move {
        if let Ok(stream) = hyper::upgrade::on(request).await {
            // Boxed, since serving can lead here again.
            let serving: std::pin::Pin<Box<dyn Future<Output = ()> + Send>> =
                Box::pin(connection::serve(shared, TokioIo::new(stream), tls, connection));
            serving.await;
        }
    });
    Response::new(Script::default())
}

/// `google.rpc.Status` with a `RetryInfo`, as the field for it has it. Written out, so that it is not made with the
/// code that reads it.
fn retry_info(delay: Duration) -> String {
    let field = |tag: u8, bytes: &[u8]| [&[tag, u8::try_from(bytes.len()).unwrap()][..], bytes].concat();
    let varint = |mut number: u64| {
        let mut bytes = Vec::new();
        while number > 127 {
            bytes.push((number & 127) as u8 | 128);
            number >>= 7;
        }
        bytes.push(number as u8);
        bytes
    };
    let seconds = [vec![0x08], varint(delay.as_secs())].concat();
    let nanos = [vec![0x10], varint(delay.subsec_nanos().into())].concat();
    let info = field(0x0a, &[seconds, nanos].concat());
    let any = [field(0x0a, b"type.googleapis.com/google.rpc.RetryInfo"), field(0x12, &info)].concat();
    STANDARD_NO_PAD.encode(field(0x1a, &any))
}
