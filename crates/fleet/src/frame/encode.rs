//! Writes frames.

use crate::frame::FrameHeader;
use locust_telemetry_core::Window;

/// Gathers windows for the next frame.
#[derive(Debug, Default)]
pub struct FrameBuilder {}

impl FrameBuilder {
    /// Adds a closed window.
    pub fn add(&mut self, window: &Window) {
        let _ = window;
    }

    /// How many windows wait for the next frame.
    #[must_use]
    pub fn windows(&self) -> usize {
        0
    }

    /// The frame of what was added, and nothing is left.
    pub fn finish(&mut self, header: &FrameHeader) -> Vec<u8> {
        let _ = header;
        Vec::new()
    }
}
