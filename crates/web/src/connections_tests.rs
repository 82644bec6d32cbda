//! How connections are bounded, over real sockets.

use super::*;
use crate::end::{self, EndSender};
use axum::body::Body;
use axum::routing::get;
use bytes::Bytes;
use futures_util::stream::repeat_with;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinHandle;

const MEGABYTE: Bytes = Bytes::from_static(&[b'7'; 1 << 20]);

struct Server {
    address: SocketAddr,
    end: EndSender,
    task: JoinHandle<()>,
}

/// Serves `/`, and `/endless` for as long as somebody reads it.
async fn server(limits: Limits) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let endless = async || Body::from_stream(repeat_with(|| Ok::<_, Infallible>(MEGABYTE)));
    let router = Router::new().route("/", get(async || "here")).route("/endless", get(endless));
    let (end, ended) = end::channel();
    Server { address, end, task: tokio::spawn(serve(listener, router, limits, ended)) }
}

fn short() -> Limits {
    let moment = Duration::from_millis(200);
    Limits { connections: 2, head: moment, stall: moment, close: moment, ..Limits::default() }
}

async fn connect_to(server: &Server) -> TcpStream {
    TcpStream::connect(server.address).await.unwrap()
}

/// Asks, and reads until the server has nothing more to say.
async fn ask(stream: &mut TcpStream, head: &str) -> String {
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

const GET: &str = "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

#[tokio::test]
async fn one_connection_too_many_is_told_so_and_later_ones_are_served() {
    let server = server(Limits { head: Duration::from_secs(60), ..short() }).await;
    let held = [connect_to(&server).await, connect_to(&server).await];
    let mut refused = connect_to(&server).await;
    assert!(ask(&mut refused, "").await.starts_with("HTTP/1.1 503 "));
    drop(held);
    // Their ends are noticed at the next turn of the loop.
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(ask(&mut connect_to(&server).await, GET).await.ends_with("here"));
}

#[tokio::test]
async fn a_connection_without_a_request_is_cut() {
    let server = server(short()).await;
    for head in ["", "GET / HTTP/1.1\r\nhost: x\r\n", "GET / HTTP/1.1\r\nhost: x\r\n\r\n"] {
        let begun = Instant::now();
        ask(&mut connect_to(&server).await, head).await;
        assert!(begun.elapsed() < Duration::from_secs(5), "{head:?}");
    }
}

#[tokio::test]
async fn a_head_that_is_too_large_is_never_answered_as_a_request() {
    let server = server(short()).await;
    let with_header =
        |length| format!("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx: {}\r\n\r\n", "7".repeat(length));
    assert!(ask(&mut connect_to(&server).await, &with_header(MAX_BUFFER_BYTES / 2)).await.ends_with("here"));
    assert!(!ask(&mut connect_to(&server).await, &with_header(4 * MAX_BUFFER_BYTES)).await.contains("200"));
}

#[tokio::test]
async fn a_client_that_does_not_read_loses_its_place() {
    let server = server(Limits { connections: 1, ..short() }).await;
    let mut idle = connect_to(&server).await;
    idle.write_all(b"GET /endless HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let begun = Instant::now();
    while !ask(&mut connect_to(&server).await, GET).await.ends_with("here") {
        assert!(begun.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn the_end_waits_only_a_moment_for_those_who_are_served() {
    let server = server(short()).await;
    let mut busy = connect_to(&server).await;
    busy.write_all(b"GET /endless HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut idle = connect_to(&server).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let begun = Instant::now();
    server.end.announce();
    server.task.await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(2));
    assert_eq!(idle.read(&mut [0]).await.unwrap(), 0, "the idle one is closed");
    assert!(TcpStream::connect(server.address).await.is_err());
}
