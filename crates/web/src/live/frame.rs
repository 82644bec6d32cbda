//! Events of the live stream as bytes (`text/event-stream`), made once for all pages.

use bytes::Bytes;
use serde_json::json;
use std::fmt;
use std::sync::Arc;

/// Where a stream stands: the last window of a run that a page has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) run_id: Arc<str>,
    /// Counts the run's window messages.
    pub(crate) seq: u64,
}

impl Position {
    pub(crate) fn new(run_id: &str, seq: u64) -> Self {
        Self { run_id: run_id.into(), seq }
    }

    /// Reads an event id, `RUN:SEQ`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (run_id, seq) = text.rsplit_once(':')?;
        Some(Self::new(run_id, seq.parse().ok()?))
    }
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.run_id, self.seq)
    }
}

/// One event, ready to be sent to any number of pages.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    /// For a window, where a page stands that has it.
    pub(crate) position: Option<Position>,
    pub(crate) bytes: Bytes,
}

impl Frame {
    /// A window message.
    pub(crate) fn window(position: Position, json: &str) -> Self {
        let bytes = event(Some(&position), "window", json);
        Self { position: Some(position), bytes }
    }

    /// A run has begun, or is in this state now.
    pub(crate) fn run(run_id: &str, state: &str) -> Self {
        Self::plain("run", &json!({ "run_id": run_id, "state": state }))
    }

    /// A run has a new annotation.
    pub(crate) fn annotation(run_id: &str) -> Self {
        Self::plain("annotation", &json!({ "run_id": run_id }))
    }

    /// Something to tell the user.
    pub(crate) fn notice(text: &str) -> Self {
        Self::plain("notice", &json!({ "text": text }))
    }

    /// What the page missed is not there any more: it is to load everything again.
    pub(crate) fn reload() -> Self {
        Self::plain("reload", &json!({}))
    }

    fn plain(name: &str, data: &serde_json::Value) -> Self {
        Self { position: None, bytes: event(None, name, &data.to_string()) }
    }
}

/// A comment, which shows both sides that the connection lives.
pub(crate) const HEARTBEAT: Bytes = Bytes::from_static(b":\n\n");

fn event(position: Option<&Position>, name: &str, data: &str) -> Bytes {
    let mut text = String::with_capacity(data.len() + 64);
    if let Some(position) = position {
        // A line's end within would end the id, and what follows could pass for an event.
        let id = position.to_string();
        text.push_str("id: ");
        text.extend(id.chars().filter(|letter| !letter.is_control()));
        text.push('\n');
    }
    text.push_str("event: ");
    text.push_str(name);
    for line in data.split(['\r', '\n']) {
        text.push_str("\ndata: ");
        text.push_str(line);
    }
    text.push_str("\n\n");
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_an_event_with_its_position_as_id() {
        let frame = Frame::window(Position::new("7f3a", 12), r#"{"seq":12}"#);
        assert_eq!(frame.bytes, "id: 7f3a:12\nevent: window\ndata: {\"seq\":12}\n\n");
    }

    #[test]
    fn an_event_id_is_read_back() {
        let position = Position::new("plan:7f3a", u64::MAX);
        assert_eq!(Position::parse(&position.to_string()), Some(position));
        for odd in ["", "7f3a", "7f3a:", "7f3a:-1", "7f3a:x"] {
            assert_eq!(Position::parse(odd), None, "{odd}");
        }
    }

    #[test]
    fn no_text_makes_an_event_of_its_own() {
        let hostile = "x\n\nevent: window\ndata: {}\r\rid: 9";
        for frame in [
            Frame::window(Position::new(hostile, 1), hostile),
            Frame::run(hostile, hostile),
            Frame::notice(hostile),
            Frame::annotation(hostile),
        ] {
            let text = String::from_utf8(frame.bytes.to_vec()).unwrap();
            let fields = |name: &str| text.lines().filter(|line| line.starts_with(name)).count();
            assert_eq!(text.matches("\n\n").count(), 1, "{text:?}");
            assert!(fields("event: ") == 1 && fields("id: ") <= 1 && !text.contains('\r'), "{text:?}");
        }
    }
}
