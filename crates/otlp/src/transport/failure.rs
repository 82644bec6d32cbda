//! What went wrong below HTTP and gRPC, in a few words that stay the same.
//!
//! Libraries wrap errors in errors; what a user can act on is at the end of the chain. Their own texts are not used:
//! they hold addresses, times and URLs.

use std::{
    error::Error,
    io::{self, ErrorKind},
};

use rustls::{AlertDescription, CertificateError, Error as TlsError};

use super::Outcome;

/// The outcome of an exchange that ended without a whole answer.
///
/// No connection and no answer may be better later; what is not HTTP is a wrong address, which will not.
pub(super) fn outcome(error: &(dyn Error + 'static)) -> Outcome {
    let mut garbage = false;
    let mut best: Option<String> = None;
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(reason) = of_one(error, &mut garbage) {
            // Deeper is nearer to the cause.
            best = Some(reason);
        }
        next = source(error);
    }
    match best {
        Some(reason) if garbage => Outcome::refused(reason),
        Some(reason) => Outcome::retry(reason),
        None => Outcome::retry("connection failed"),
    }
}

/// What is below an error. An I/O error that wraps another hides it from `source`.
fn source<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    if let Some(inner) = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        return Some(inner);
    }
    if let Some(inner) = error.downcast_ref::<h2::Error>().and_then(h2::Error::get_io) {
        return Some(inner);
    }
    error.source()
}

/// What one error of the chain tells, if anything.
fn of_one(error: &(dyn Error + 'static), garbage: &mut bool) -> Option<String> {
    if let Some(error) = error.downcast_ref::<TlsError>() {
        return Some(of_tls(error));
    }
    if let Some(error) = error.downcast_ref::<h2::Error>() {
        return of_http2(error, garbage);
    }
    if let Some(error) = error.downcast_ref::<hyper::Error>() {
        *garbage |= error.is_parse();
        return of_http(error).map(str::to_owned);
    }
    if let Some(error) = error.downcast_ref::<io::Error>() {
        return of_io(error);
    }
    // What has no public type.
    match error.to_string().as_str() {
        "dns error" => Some("name cannot be resolved".to_owned()),
        "TLS handshake timeout." => Some("no connection in time".to_owned()),
        "HTTP/2 was not negotiated." => Some("TLS: the backend does not offer HTTP/2".to_owned()),
        text if text.starts_with("tunnel error") || text.starts_with("proxy ") => {
            Some("the proxy refused the connection".to_owned())
        }
        _ => None,
    }
}

/// Of the HTTP library.
fn of_http(error: &hyper::Error) -> Option<&'static str> {
    if error.is_parse() {
        Some("the answer is not HTTP")
    } else if error.is_timeout() {
        Some("connection lost: keepalive was not answered")
    } else if error.is_incomplete_message() || error.is_closed() || error.is_canceled() || error.is_body_write_aborted()
    {
        Some("connection closed without an answer")
    } else {
        None
    }
}

/// Of HTTP/2. What the peer did is told from what its bytes were not.
fn of_http2(error: &h2::Error, garbage: &mut bool) -> Option<String> {
    let reason = error.reason()?;
    *garbage |= error.is_library() && matches!(reason, h2::Reason::PROTOCOL_ERROR | h2::Reason::FRAME_SIZE_ERROR);
    Some(match reason {
        _ if *garbage => "the answer is not HTTP/2".to_owned(),
        h2::Reason::NO_ERROR | h2::Reason::CANCEL => "connection closed without an answer".to_owned(),
        reason => format!("HTTP/2: {reason:?}"),
    })
}

/// Of the network.
fn of_io(error: &io::Error) -> Option<String> {
    let text = match error.kind() {
        ErrorKind::ConnectionRefused => "connection refused",
        ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe
        | ErrorKind::NotConnected
        | ErrorKind::UnexpectedEof => "connection closed without an answer",
        ErrorKind::TimedOut => "no connection in time",
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => "network unreachable",
        ErrorKind::AddrNotAvailable => "no address available",
        ErrorKind::PermissionDenied => "connection not permitted",
        // HTTP/2 keeps an alert's text, not its type.
        _ => return error.to_string().strip_prefix("received fatal alert: ").map(of_alert),
    };
    Some(text.to_owned())
}

/// Of TLS. Certificates' times and names would differ from error to error.
fn of_tls(error: &TlsError) -> String {
    let certificate = |what| format!("TLS: the backend's certificate {what}");
    match error {
        TlsError::InvalidCertificate(error) => certificate(match error {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => "has expired",
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "is not valid yet",
            // The latter: an authority of the same name, but with another key.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => "is from an unknown authority",
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "is for another name"
            }
            CertificateError::Revoked => "was revoked",
            _ => "is not valid",
        }),
        TlsError::AlertReceived(alert) => of_alert(&format!("{alert:?}")),
        TlsError::InvalidMessage(_) => "TLS: the backend does not speak TLS".to_owned(),
        TlsError::NoApplicationProtocol => of_alert(&format!("{:?}", AlertDescription::NoApplicationProtocol)),
        _ => "TLS: the connection failed".to_owned(),
    }
}

/// Of what the backend said about us.
fn of_alert(alert: &str) -> String {
    format!("TLS: the backend refused ({alert})")
}
