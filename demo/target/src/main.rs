//! `demo-target`: reads its options, binds, says where it listens, and serves until a signal or its time is up.
//!
//! One thread on purpose: the target leaves the other cores to Locust, and one core serves far more than tests ask.

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::serve::ListenerExt;
use clap::Parser;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// A small HTTP server with realistic behaviour, for tests and benchmarks.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// Address to listen on.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// Port to listen on; 0 chooses a free one.
    #[arg(long, default_value_t = 8099)]
    port: u16,
    /// Seed of the latencies and failures.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Ends the server after this time, so that a script that dies never leaves it behind.
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    exit_after: u64,
}

/// Why the server could not start or go on.
#[derive(Debug, Error)]
enum ServeError {
    /// The system is out of threads or file handles: free some and start again.
    #[error("cannot start the runtime or its signal handlers: {0}")]
    Runtime(#[source] io::Error),
    /// Choose another `--port`, or 0, or fix `--host`.
    #[error("cannot listen on {address}: {source}")]
    Listen { address: SocketAddr, source: io::Error },
    /// Nobody can learn the port: keep the server's standard output open until it has been read.
    #[error("cannot write the address to standard output: {0}")]
    Announce(#[source] io::Error),
}

fn main() -> std::process::ExitCode {
    let options = Options::parse();
    match run(&options) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            // Written by hand: eprintln! would panic where standard error is closed.
            let _ = writeln!(io::stderr(), "demo-target: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), ServeError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(ServeError::Runtime)?;
    // Leaving drops the runtime, and with it every open connection: the end does not wait for slow answers.
    runtime.block_on(serve(options))
}

/// Serves until SIGTERM, SIGINT or `--exit-after`, all of which are a success.
async fn serve(options: &Options) -> Result<(), ServeError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(ServeError::Runtime)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(ServeError::Runtime)?;

    let address = SocketAddr::new(options.host, options.port);
    let in_listen = |source| ServeError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(in_listen)?;
    let bound = listener.local_addr().map_err(in_listen)?;
    announce(bound).map_err(ServeError::Announce)?;

    // Answers are small: waiting to fill a packet would only add latency. A socket that refuses is served anyway.
    let listener = listener.tap_io(|connection| {
        let _ = connection.set_nodelay(true);
    });
    let server = axum::serve(listener, demo_target::routes::router(options.seed));
    tokio::select! {
        served = server => served.map_err(in_listen),
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
        () = tokio::time::sleep(Duration::from_secs(options.exit_after)) => Ok(()),
    }
}

/// Prints the one line from which scripts read the port.
fn announce(address: SocketAddr) -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "listening on http://{address}")?;
    output.flush()
}
