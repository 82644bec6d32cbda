//! The live page's HTTP server: runs from the store, and the windows of a run as they close.
//!
//! Start at [`LivePage`]. One native thread, `lt-web`, runs everything that waits for a socket; the store is read on few threads
//! of its own, so that a long read never holds up live windows. Nothing here calls Python, and nothing here can hold up a
//! recorder: who is too slow is cut.
//!
//! What may be asked, by whom and with which answer is in `docs/live-page.md`.

#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod access;
mod annotations;
mod answer;
mod api_error;
mod app;
mod bundle;
mod config;
mod connections;
mod downloads;
mod end;
mod error;
mod guard;
mod headers;
mod host;
mod json_body;
mod limits;
mod live;
mod live_page;
mod parameters;
mod port;
mod range;
mod reads;
mod router;
mod run;
mod runs;
mod stall;
mod strips;
mod token;

pub use config::WebConfig;
pub use error::StartPageError;
pub use live_page::LivePage;
