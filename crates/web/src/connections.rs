//! Connections: taken up to a number, cut where they do nothing, ended with the server.

use crate::end::End;
use crate::limits::Limits;
use crate::stall::StallGuard;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// The largest head of a request, in bytes, and how much of an answer waits for a slow client beyond the system's buffer.
const MAX_BUFFER_BYTES: usize = 64 * 1024;

/// How long to wait when the system has no file left for a connection.
const PAUSE_WITHOUT_FILES: Duration = Duration::from_millis(100);

/// What one connection too many is told.
const TOO_MANY: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nretry-after: 5\r\nconnection: close\r\n\r\n";

/// Serves until the end is announced, then waits a moment for answers that are under way.
pub(crate) async fn serve(listener: TcpListener, router: Router, limits: Limits, mut end: End) {
    let places = Arc::new(Semaphore::new(limits.connections));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            _ = end.announced() => break,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(PAUSE_WITHOUT_FILES).await;
            continue;
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            // Never waits: a new connection's buffer has room for it.
            let _ = stream.try_write(TOO_MANY);
            continue;
        };
        let connection = connect(stream, router.clone(), limits, end.clone());
        connections.spawn(async move {
            connection.await;
            drop(place);
        });
    }
    drop(listener);
    let all_ended = async { while connections.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(limits.close, all_ended).await;
}

async fn connect(stream: TcpStream, router: Router, limits: Limits, mut end: End) {
    // A window is to be seen when it is there, not when more of them fill a packet.
    let _ = stream.set_nodelay(true);
    let stream = TokioIo::new(StallGuard::new(stream, limits.stall));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(MAX_BUFFER_BYTES)
        .serve_connection(stream, TowerToHyperService::new(router));
    tokio::pin!(connection);
    // What goes wrong with a connection is its client's to know.
    tokio::select! {
        _ = connection.as_mut() => {}
        _ = end.announced() => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}

#[cfg(test)]
#[path = "connections_tests.rs"]
mod tests;
