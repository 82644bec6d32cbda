//! `locust-telemetry serve`: the page of all recorded runs.

use crate::arguments::ServeOptions;
use crate::console::Console;
use crate::error::StoredError;
use locust_telemetry_web::{LivePage, WebConfig};

/// Serves the page and tells where, until the console says that it is enough. Gives the status to end with.
pub(crate) fn serve(options: &ServeOptions, console: &mut Console<'_>) -> Result<u8, StoredError> {
    let mut page = LivePage::start(WebConfig {
        host: options.host.clone(),
        port: options.port,
        token: options.token.clone(),
        store_path: super::path(&options.store)?,
        feed: None,
    })?;
    let status = console.print(format!("{}\n", page.url()), 0);
    if console.terminals.stderr {
        console.tell("Ctrl-C ends it\n");
    }
    (console.until_stopped)();
    page.close();
    Ok(status)
}
