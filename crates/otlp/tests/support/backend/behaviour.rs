//! What a backend can be told to do.

use std::time::Duration;

/// How a backend treats connections and requests.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Behaviour {
    /// Takes what comes.
    #[default]
    Accept,
    /// Its port is closed: connections are refused, open ones were closed.
    Refuse,
    /// Half open: it accepts connections, and reads and writes nothing any more. Connections end with this behaviour.
    NeverRead,
    /// Reads requests and never answers them. HTTP/2 pings are answered.
    NeverAnswer,
    /// Takes what comes, after this time.
    Delay(Duration),
    /// Reads a request and closes the connection.
    CloseWithoutAnswer,
    /// Closes the connection in the middle of the answer's body. Takes nothing.
    CloseMidBody,
    /// Answers an HTTP status. To gRPC it is what a proxy before a backend answers: no gRPC status.
    Http {
        /// The status.
        status: u16,
        /// Headers, a content type among them if there is to be one.
        headers: Vec<(&'static str, &'static str)>,
        /// The body.
        body: Vec<u8>,
    },
    /// Answers a gRPC status; to HTTP, 500.
    Grpc {
        /// Its number.
        code: u8,
        /// Its text.
        message: &'static str,
        /// The wait that it asks for (`RetryInfo`).
        retry_delay: Option<Duration>,
    },
    /// Answers a gRPC status made of these fields; to HTTP, 500.
    GrpcFields(Vec<(&'static str, &'static str)>),
    /// Answers bytes that are neither HTTP nor HTTP/2.
    Garbage,
    /// Answers 200 with a page, as a login portal does.
    WrongContentType,
    /// Answers a success in the right form whose message is no OTLP.
    GarbageBody,
    /// Answers a success with a body of this many bytes.
    HugeBody(usize),
    /// Takes a message, and says that it rejected so many points or records of it.
    PartialSuccess {
        /// How many.
        rejected: i64,
        /// Why.
        message: &'static str,
    },
    /// Takes messages of at most this many bytes (not compressed), and says of others that they are too large.
    SizeLimit(usize),
}
