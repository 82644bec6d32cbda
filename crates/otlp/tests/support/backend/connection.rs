//! One connection: TLS or not, half open or not, HTTP/1.1 or HTTP/2.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use hyper::service::service_fn;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use rustls::ServerConfig;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::TcpStream,
    sync::Notify,
};
use tokio_rustls::TlsAcceptor;

use super::{Behaviour, Shared, exchange};

/// The first byte of a TLS connection: a handshake record.
const TLS_HANDSHAKE: u8 = 0x16;

/// Counts a connection as open as long as it is.
struct Open(Arc<Shared>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.lock().open -= 1;
    }
}

/// Serves a connection until it ends.
pub async fn run(shared: Arc<Shared>, stream: TcpStream, tls: Option<Arc<ServerConfig>>) {
    let number = {
        let mut state = shared.lock();
        state.connections += 1;
        state.open += 1;
        state.connections
    };
    let _open = Open(Arc::clone(&shared));
    let stream = Gate { stream, shared: Arc::clone(&shared), pause: None };
    serve(shared, stream, tls, number).await;
}

/// Serves a stream; for a proxy's client that is not what it came as.
pub async fn serve<S>(shared: Arc<Shared>, mut stream: S, tls: Option<Arc<ServerConfig>>, number: usize)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    // A client of the proxy speaks without TLS at first, even if the backend has it.
    let mut first = [0];
    if stream.read_exact(&mut first).await.is_err() {
        return;
    }
    let stream = Pushed { first: Some(first[0]), stream };
    match tls {
        Some(config) if first[0] == TLS_HANDSHAKE => {
            match TlsAcceptor::from(config).accept(stream).into_fallible().await {
                Ok(stream) => speak(shared, stream, None, number).await,
                Err((_, stream)) => linger(stream).await,
            }
        }
        tls => speak(shared, stream, tls, number).await,
    }
}

/// HTTP or garbage.
async fn speak<S>(shared: Arc<Shared>, mut stream: S, tls: Option<Arc<ServerConfig>>, number: usize)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    if shared.lock().behaviour == Behaviour::Garbage {
        // Behind the request, as an answer would be.
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).await;
        let _ = stream.write_all(b"?garbage, not an answer of any kind\r\n\r\n").await;
        let _ = stream.flush().await;
        linger(stream).await;
        return;
    }
    let close = Arc::new(Notify::new());
    let service =
        service_fn(|request| exchange::answer(Arc::clone(&shared), request, Arc::clone(&close), tls.clone(), number));
    let mut server = auto::Builder::new(TokioExecutor::new());
    server.http2().timer(TokioTimer::new());
    let connection = server.serve_connection_with_upgrades(TokioIo::new(stream), service);
    tokio::select! {
        // Clients close as they like.
        _ = connection => {}
        () = close.notified() => {}
    }
}

/// Reads on for a while, so that what was written is not lost by a reset: closing over unread bytes is one.
async fn linger(mut stream: impl AsyncRead + Unpin) {
    let mut rest = [0; 4096];
    let read_all = async { while matches!(stream.read(&mut rest).await, Ok(size) if size > 0) {} };
    let _ = tokio::time::timeout(Duration::from_millis(500), read_all).await;
}

/// A stream whose first byte has been looked at.
struct Pushed<S> {
    /// That byte, until it is read again.
    first: Option<u8>,
    /// The rest.
    stream: S,
}

impl<S: AsyncRead + Unpin> AsyncRead for Pushed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Some(first) = self.first.take() {
            buffer.put_slice(&[first]);
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

/// A stream through which nothing goes while the backend is half open.
struct Gate {
    /// The stream.
    stream: TcpStream,
    /// Knows the behaviour.
    shared: Arc<Shared>,
    /// Until the behaviour is looked at again.
    pause: Option<Pin<Box<tokio::time::Sleep>>>,
}

impl Gate {
    /// Waits while the backend is half open; looks again every 10 ms, since nothing else would wake it.
    fn poll_open(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while self.shared.lock().behaviour == Behaviour::NeverRead {
            let pause = self.pause.get_or_insert_with(|| Box::pin(tokio::time::sleep(Duration::from_millis(10))));
            if pause.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            self.pause = None;
        }
        Poll::Ready(())
    }
}

impl AsyncRead for Gate {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.poll_open(context).is_pending() {
            return Poll::Pending;
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Gate {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.poll_open(context).is_pending() {
            return Poll::Pending;
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Pushed<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
