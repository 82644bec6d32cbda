//! The report: the page and a run's data in one HTML file that needs nothing else.

mod bundle;
mod data;

use crate::error::ReportError;
use crate::markup::escape;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bundle::Bundle;
use locust_telemetry_store::RunReader;
use sha2::{Digest as _, Sha256};
use std::ops::Range;

/// No report need be larger, in bytes, whatever the run: so much can be sent to anybody.
pub const MAX_REPORT_BYTES: usize = 5_000_000;

/// What the policy and the title take.
const FRAME_BYTES: usize = 2_000;

/// The report of a run, or of the part of it that is in `range` (seconds since the Unix epoch, the last one excluded), in
/// at most [`MAX_REPORT_BYTES`]. `progress` is told how much is done, from 0 to 1.
///
/// The file asks no other host for anything and its policy lets nothing run but the page's own script, whatever the
/// names in the run are.
///
/// # Errors
/// When the run cannot be read, or the page is not the one that this build knows.
pub fn encode(
    run: &RunReader<'_>,
    range: Option<Range<i64>>,
    progress: &mut dyn FnMut(f64),
) -> Result<String, ReportError> {
    encode_within(run, range, MAX_REPORT_BYTES, progress)
}

/// The same in at most `max_bytes`; only the page itself is there in any case.
///
/// # Errors
/// As those of [`encode`].
pub fn encode_within(
    run: &RunReader<'_>,
    range: Option<Range<i64>>,
    max_bytes: usize,
    progress: &mut dyn FnMut(f64),
) -> Result<String, ReportError> {
    let bundle = Bundle::of_this_build();
    let room = max_bytes.saturating_sub(bundle.size() + FRAME_BYTES);
    let data = data::encode(run, range, room, progress)?;
    assemble(&bundle, &run.row().testplan, &data)
}

/// Puts the parts into the page's document.
fn assemble(bundle: &Bundle<'_>, title: &str, data: &str) -> Result<String, ReportError> {
    let policy = format!(
        "default-src 'none'; script-src {}; style-src {}; img-src data:; base-uri 'none'; form-action 'none'",
        hash(bundle.script),
        hash(bundle.style)
    );
    let policy = format!(r#"<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}">"#);
    let style = format!("<style>{}</style>", bundle.style);
    let data = format!(r#"<script type="application/json" id="run-data">{}</script>"#, inert(data));
    let script = format!("<script>{}</script>", bundle.script);
    let title = format!("<title>{} · Locust Telemetry</title>", escape(title));
    bundle.fill(&[
        (bundle::CHARSET, &policy),
        (bundle::TITLE, &title),
        (bundle::STYLE, &style),
        (bundle::DATA, &data),
        (bundle::SCRIPT, &script),
    ])
}

/// The source that a content security policy names `code` by.
fn hash(code: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(code)))
}

/// JSON that ends no script element: whatever could do so, or begin a comment, has a `<`, which JSON has in texts only.
fn inert(json: &str) -> String {
    json.replace('<', "\\u003c")
}
