//! Why a live page could not start.

use crate::token::MIN_TOKEN_LENGTH;
use locust_telemetry_store::OpenStoreError;
use std::io;
use std::path::PathBuf;

/// Why a live page could not start, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum StartPageError {
    /// Set a token, or stay on this machine.
    #[error(
        "{host} can be reached from other machines, so the live page needs a token there; set one, or use the host 127.0.0.1"
    )]
    TokenNeeded {
        /// As configured.
        host: String,
    },
    /// Choose another token. It is not repeated here: it may be most of a good one.
    #[error(
        "the token of the live page needs at least {MIN_TOKEN_LENGTH} characters, of letters, digits, '-', '.', '_' and '~'"
    )]
    UnfitToken,
    /// Correct the host.
    #[error("the live page's host {host} is not known: {source}")]
    UnknownHost {
        /// As configured.
        host: String,
        /// What the system said.
        source: io::Error,
    },
    /// Choose another port, or end what uses these.
    #[error("the live page cannot listen on {host}: the ports {first} to {last} are taken")]
    PortsTaken {
        /// As configured.
        host: String,
        /// The configured port.
        first: u16,
        /// The last one that was tried.
        last: u16,
    },
    /// Choose another host or port; the source says why not this one.
    #[error("the live page cannot listen on {host}, port {port}: {source}")]
    Listen {
        /// As configured.
        host: String,
        /// The port that was refused.
        port: u16,
        /// What the system said.
        source: io::Error,
    },
    /// Follow what the store says.
    #[error("the live page cannot read {path}: {source}")]
    Store {
        /// The run store.
        path: PathBuf,
        /// Why not.
        source: Box<OpenStoreError>,
    },
    /// Free threads or files, then start again.
    #[error("the live page's thread cannot start: {source}")]
    Thread {
        /// What the system said.
        source: io::Error,
    },
}
