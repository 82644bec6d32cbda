//! An OTLP backend for tests, which can be told to misbehave.
//!
//! It speaks gRPC and HTTP (binary and JSON) on one loopback port, plain or with TLS, and is an HTTP proxy as well. It
//! lives on a thread and a runtime of its own, so that its client may be anything and stall at will.
//!
//! ```ignore
//! let backend = Backend::start();
//! backend.set(Behaviour::Http { status: 503, headers: vec![("retry-after", "1")], body: vec![] });
//! // … export to backend.url() …
//! backend.set(Behaviour::Accept);
//! backend.wait("a message", |backend| !backend.metrics().is_empty());
//! ```
//!
//! Only a message that was answered as a success is *taken* ([`Backend::metrics`], [`Backend::logs`]); every request
//! that came in whole is in [`Backend::requests`]. [`Backend::set`] returns when the new behaviour holds: connections
//! that a new behaviour cannot have are closed by then.

mod behaviour;
mod body;
mod certificates;
mod connection;
mod door;
mod exchange;
mod received;

pub use behaviour::Behaviour;
pub use certificates::{Authority, ServerCertificate};
pub use received::{Form, Received};

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, mpsc},
    thread,
    time::{Duration, Instant},
};

use opentelemetry_proto::tonic::collector::{
    logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
};
use tokio::sync::mpsc::UnboundedSender;

use door::Command;

/// A test waits this long at most for something that must happen.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running backend; ends, with its connections, when it is dropped.
pub struct Backend {
    /// Where it listens.
    address: SocketAddr,
    /// Whether it speaks TLS, for its URL.
    is_tls: bool,
    /// What it knows.
    shared: Arc<Shared>,
    /// The way to its thread.
    commands: UnboundedSender<(Command, mpsc::Sender<()>)>,
    /// Its thread.
    thread: Option<thread::JoinHandle<()>>,
}

/// What the backend's connections and its test share.
#[derive(Default)]
pub struct Shared {
    /// Behind one lock: tests are not fast.
    state: Mutex<State>,
}

/// What a backend knows.
#[derive(Default)]
pub struct State {
    /// How it behaves.
    behaviour: Behaviour,
    /// Metrics that it took.
    metrics: Vec<ExportMetricsServiceRequest>,
    /// Logs that it took.
    logs: Vec<ExportLogsServiceRequest>,
    /// Requests that came in whole.
    requests: Vec<Received>,
    /// `CONNECT` requests: the hosts.
    tunnels: Vec<String>,
    /// Connections so far.
    connections: usize,
    /// Connections now.
    open: usize,
}

impl Shared {
    /// The state.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl Backend {
    /// Starts without TLS; behaves well.
    pub fn start() -> Self {
        Self::start_with(None)
    }

    /// Starts with TLS: a certificate of this kind from `authority`; with `client_needed` for clients that show one
    /// from the same authority only.
    pub fn start_tls(authority: &Authority, certificate: ServerCertificate, client_needed: bool) -> Self {
        Self::start_with(Some(authority.server(certificate, client_needed)))
    }

    fn start_with(tls: Option<Arc<rustls::ServerConfig>>) -> Self {
        let is_tls = tls.is_some();
        let shared = Arc::new(Shared::default());
        let (commands, inbox) = tokio::sync::mpsc::unbounded_channel();
        let (started, address) = mpsc::channel();
        let of_thread = Arc::clone(&shared);
        let thread = thread::Builder::new().name("test-backend".to_owned()).spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(door::run(of_thread, tls, inbox, started));
            runtime.shutdown_background();
        });
        let address = address.recv().unwrap();
        Self { address, is_tls, shared, commands, thread: Some(thread.unwrap()) }
    }

    /// Behaves so from now on; holds when it returns.
    pub fn set(&self, behaviour: Behaviour) {
        self.tell(Command::Behave(behaviour));
    }

    /// Shows another certificate from now on, to new connections; the old ones are closed.
    pub fn set_certificate(&self, authority: &Authority, certificate: ServerCertificate, client_needed: bool) {
        self.tell(Command::Certify(authority.server(certificate, client_needed)));
    }

    /// Closes every connection, as a balancer does that is restarted.
    pub fn disconnect(&self) {
        self.tell(Command::Disconnect);
    }

    /// Its URL, without a path. With TLS its host is `localhost`, for which the good certificate is.
    pub fn url(&self) -> String {
        match self.is_tls {
            true => format!("https://localhost:{}", self.address.port()),
            false => format!("http://{}", self.address),
        }
    }

    /// Its address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The metrics that it took, in order.
    pub fn metrics(&self) -> Vec<ExportMetricsServiceRequest> {
        self.shared.lock().metrics.clone()
    }

    /// The logs that it took, in order.
    pub fn logs(&self) -> Vec<ExportLogsServiceRequest> {
        self.shared.lock().logs.clone()
    }

    /// Each request that came in whole, whatever became of it.
    pub fn requests(&self) -> Vec<Received> {
        self.shared.lock().requests.clone()
    }

    /// The hosts that it was asked to connect to, as a proxy.
    pub fn tunnels(&self) -> Vec<String> {
        self.shared.lock().tunnels.clone()
    }

    /// Connections that were accepted so far.
    pub fn connections(&self) -> usize {
        self.shared.lock().connections
    }

    /// Connections that are open now.
    pub fn open_connections(&self) -> usize {
        self.shared.lock().open
    }

    /// Forgets what it took and saw, connections excepted.
    pub fn clear(&self) {
        let mut state = self.shared.lock();
        let (behaviour, connections, open) = (state.behaviour.clone(), state.connections, state.open);
        *state = State { behaviour, connections, open, ..State::default() };
    }

    /// Waits until something holds; panics with `what` if it does not within 20 seconds. Blocks its thread.
    pub fn wait(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !holds(self) {
            assert!(Instant::now() < end, "the backend did not see {what}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Has a command done.
    fn tell(&self, command: Command) {
        let (done, wait) = mpsc::channel();
        self.commands.send((command, done)).unwrap();
        wait.recv().unwrap();
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        let (done, _) = mpsc::channel();
        // Its thread may have ended by a panic, which the join below would show if this were not a drop.
        let _ = self.commands.send((Command::Stop, done));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
