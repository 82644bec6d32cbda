//! OTLP over HTTP: one POST for each message.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderValue, header};
use reqwest::{Client, NoProxy, Response, Url, redirect};

use super::{
    LARGEST_ANSWER_BYTES, Message, Outcome, TransportError, USER_AGENT, body, failure,
    http_answer::{self, Answer},
    tls::Tls,
};
use crate::settings::{Headers, Protocol, SignalSettings};

/// A connection without use is closed after this time, before most backends and balancers do it in the middle of a
/// request.
const IDLE: Duration = Duration::from_secs(60);

/// Of an error's text so much is read, and for this long at most: it is only for the reason.
const LARGEST_ERROR_BYTES: usize = 16 * 1024;
const LONGEST_ERROR: Duration = Duration::from_secs(1);

/// A way to an HTTP backend.
#[derive(Debug)]
pub(super) struct Http {
    /// The library's client, with its one connection.
    client: Client,
    /// Where messages are posted to.
    url: Url,
    /// What is sent along, content type and all.
    request_headers: HeaderMap,
    /// The user's headers, whose values are secret.
    headers: Headers,
    /// Whether bodies are JSON.
    is_json: bool,
    /// Whether bodies are compressed.
    gzip: bool,
}

impl Http {
    /// Reads certificates; connects later.
    pub(super) fn new(settings: &SignalSettings, connect_timeout: Duration) -> Result<Self, TransportError> {
        // The library's error would name the proxy with its password.
        let library = |_| TransportError::Library("the HTTP client does not start".to_owned());
        let is_tls = settings.endpoint.is_tls() || settings.proxy.as_ref().is_some_and(|p| p.url().scheme() == "https");
        let mut builder = Client::builder()
            .tls_backend_preconfigured(Tls::new(settings, is_tls)?.for_http())
            .http1_only()
            .user_agent(USER_AGENT)
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(connect_timeout)
            .tcp_nodelay(true)
            .tcp_keepalive(IDLE / 2)
            .pool_max_idle_per_host(1)
            .pool_idle_timeout(IDLE)
            // The settings say which proxy: the process's environment is not asked again.
            .no_proxy();
        if let Some(proxy) = &settings.proxy {
            let exceptions = NoProxy::from_string(proxy.exceptions());
            builder = builder.proxy(reqwest::Proxy::all(proxy.url().clone()).map_err(library)?.no_proxy(exceptions));
        }
        let is_json = settings.protocol == Protocol::HttpJson;
        let kind = if is_json { http_answer::JSON } else { http_answer::PROTOBUF };
        let mut request_headers = settings.headers.as_map().clone();
        request_headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        if settings.gzip {
            request_headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        Ok(Self {
            client: builder.build().map_err(library)?,
            url: settings.endpoint.url().clone(),
            request_headers,
            headers: settings.headers.clone(),
            is_json,
            gzip: settings.gzip,
        })
    }

    /// Sends once. A dropped future closes the connection that it used.
    pub(super) async fn send(&self, message: &Message) -> Outcome {
        let body = match body::for_http(message, self.is_json, self.gzip) {
            Ok(body) => body,
            Err(_) => return Outcome::refused("the message cannot be encoded"),
        };
        let request = self.client.post(self.url.clone()).headers(self.request_headers.clone()).body(body);
        let mut response = match request.send().await {
            Ok(response) => response,
            Err(error) => return of_error(&error),
        };
        let status = response.status();
        let body = if status.is_success() {
            match read(&mut response, LARGEST_ANSWER_BYTES).await {
                Ok(Some(body)) => body,
                Ok(None) => return Outcome::refused("the answer is larger than 4 MiB"),
                Err(error) => return of_error(&error),
            }
        } else {
            // The status says what is to be done, whatever becomes of the text.
            match tokio::time::timeout(LONGEST_ERROR, read(&mut response, LARGEST_ERROR_BYTES)).await {
                Ok(Ok(body)) => body.unwrap_or_default(),
                _ => Vec::new(),
            }
        };
        let answer = Answer { status, headers: response.headers().clone(), body };
        http_answer::outcome(message.signal(), &answer, &self.headers, SystemTime::now())
    }
}

/// What an exchange without a whole answer means.
fn of_error(error: &reqwest::Error) -> Outcome {
    if error.is_timeout() && error.is_connect() {
        return Outcome::retry("no connection in time");
    }
    failure::outcome(error)
}

/// The body; `None` if it is larger than allowed.
async fn read(response: &mut Response, largest_bytes: usize) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > largest_bytes {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}
