//! What a live page is told before it starts.

use locust_telemetry_store::Feed;
use std::path::PathBuf;

/// Where the page is served, to whom, and from which store.
#[derive(Clone)]
pub struct WebConfig {
    /// A name or an address of this machine, such as `127.0.0.1`. Any that other machines can reach needs a token.
    pub host: String,
    /// The port to listen on, or the next free one of 20 further; 0 for any free one.
    pub port: u16,
    /// Whoever asks has to know it: at least 16 letters, digits, `-`, `.`, `_` or `~`.
    pub token: Option<String>,
    /// The run store's file, which exists.
    pub store_path: PathBuf,
    /// Windows as they close, where this process records runs. Without it the store is looked at each second.
    pub feed: Option<Feed>,
}

impl WebConfig {
    /// The usual page: this machine only, port 8090, without a token.
    #[must_use]
    pub fn new(store_path: PathBuf, feed: Option<Feed>) -> Self {
        Self { host: "127.0.0.1".to_owned(), port: 8090, token: None, store_path, feed }
    }
}
