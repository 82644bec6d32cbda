//! The live page of one process: from its start to its end.

use crate::access::Access;
use crate::app::App;
use crate::config::WebConfig;
use crate::connections;
use crate::end::{self, EndSender};
use crate::error::StartPageError;
use crate::host::ListenHost;
use crate::limits::Limits;
use crate::live::hub::Hub;
use crate::live::{follow, notes, watch};
use crate::port;
use crate::reads::Reads;
use crate::router;
use crate::token::{TOKEN_PARAMETER, Token};
use locust_telemetry_store::{Feed, Store};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;

/// Serves the page until it is closed or dropped.
#[derive(Debug)]
pub struct LivePage {
    address: SocketAddr,
    url: String,
    end: EndSender,
    thread: Option<JoinHandle<()>>,
}

impl LivePage {
    /// Opens the port and starts the thread, `lt-web`. To be called after any fork.
    ///
    /// # Errors
    /// When host, port and token do not fit each other or the machine, or the store cannot be read.
    pub fn start(config: WebConfig) -> Result<Self, StartPageError> {
        Self::start_within(config, Limits::default())
    }

    pub(crate) fn start_within(config: WebConfig, limits: Limits) -> Result<Self, StartPageError> {
        let WebConfig { host: name, port, token, store_path, feed } = config;
        let token = token.map(|text| Token::new(&text).ok_or(StartPageError::UnfitToken)).transpose()?;
        let host =
            ListenHost::resolve(&name).map_err(|source| StartPageError::UnknownHost { host: name.clone(), source })?;
        if token.is_none() && !host.is_loopback() {
            return Err(StartPageError::TokenNeeded { host: name });
        }
        let store = Store::open(&store_path)
            .map_err(|source| StartPageError::Store { path: store_path.clone(), source: source.into() })?;
        // What is written from here on is news: pages are served later.
        let last_event = store.annotated_after(i64::MAX).map_or(0, |known| known.last_event);
        let listener = port::listen(&host, &name, port)?;
        let thread_error = |source| StartPageError::Thread { source };
        let address = listener.local_addr().map_err(thread_error)?;

        let link = format!("http://{}:{}/", host.link_name(), address.port());
        let url = token.as_ref().map_or(link.clone(), |token| format!("{link}?{TOKEN_PARAMETER}={}", token.text()));
        let (end, ended) = end::channel();
        let app = App {
            access: Access::new(&host, address.port(), token),
            reads: Arc::new(Reads::new(store_path, store, limits.reads)),
            downloads: Arc::new(Semaphore::new(limits.downloads)),
            hub: Arc::new(Hub::new(limits.listeners)),
            news_of_notes: Arc::default(),
            limits,
            end: ended,
        };
        let thread = start_thread(app, listener, feed, last_event).map_err(thread_error)?;
        Ok(Self { address, url, end, thread: Some(thread) })
    }

    /// The link to the page. Has the token in it, if there is one.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends the page: open streams end at once, answers that are under way have a second. Waits for the thread.
    pub fn close(&mut self) {
        self.end.announce();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for LivePage {
    fn drop(&mut self) {
        self.close();
    }
}

/// Starts `lt-web`, which serves until the end is announced.
fn start_thread(app: App, listener: TcpListener, feed: Option<Feed>, last_event: i64) -> io::Result<JoinHandle<()>> {
    let app = Arc::new(app);
    let limits = app.limits;
    let runtime = runtime(limits)?;
    let listener = {
        let _inside = runtime.enter();
        tokio::net::TcpListener::from_std(listener)?
    };
    // From here on nothing is missed.
    let feed = feed.map(|feed| feed.subscribe());
    std::thread::Builder::new().name("lt-web".to_owned()).spawn(move || {
        let hub = Arc::clone(&app.hub);
        let (reads, news) = (Arc::clone(&app.reads), Arc::clone(&app.news_of_notes));
        runtime.spawn(notes::watch(reads, Arc::clone(&hub), news, last_event));
        match feed {
            Some(feed) => runtime.spawn(follow::follow(feed, hub)),
            None => runtime.spawn(watch::watch(Arc::clone(&app.reads), hub)),
        };
        let end = app.end.clone();
        runtime.block_on(connections::serve(listener, router::router(app), limits, end));
        runtime.shutdown_timeout(limits.close);
    })
}

/// One thread for sockets and, as they are needed, one for each read of the store.
fn runtime(limits: Limits) -> io::Result<Runtime> {
    Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .max_blocking_threads(limits.reads)
        .thread_name("lt-web-read")
        .build()
}
