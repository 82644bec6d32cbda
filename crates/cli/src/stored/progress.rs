//! A bar for what takes longer than a second, where somebody watches.

use crate::console::Terminals;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::{Duration, Instant};

/// What is done sooner needs no bar.
const PATIENCE: Duration = Duration::from_secs(1);
const STEPS: u64 = 1_000;

/// How far something is.
#[derive(Debug)]
pub(super) struct Progress {
    title: &'static str,
    /// Whether there is a terminal to draw on.
    is_seen: bool,
    begun: Instant,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Something begins.
    pub(super) fn new(title: &'static str, terminals: Terminals) -> Self {
        Self { title, is_seen: terminals.stderr, begun: Instant::now(), bar: None }
    }

    /// It is done to this share, from 0 to 1.
    pub(super) fn at(&mut self, share: f64) {
        if self.is_seen && self.bar.is_none() && self.begun.elapsed() >= PATIENCE {
            let bar = ProgressBar::with_draw_target(Some(STEPS), ProgressDrawTarget::stderr());
            // Without its own style it has the usual one.
            if let Ok(style) = ProgressStyle::with_template("{msg} {bar:40} {percent} %") {
                bar.set_style(style);
            }
            self.bar = Some(bar.with_message(self.title));
        }
        if let Some(bar) = &self.bar {
            bar.set_position((share.clamp(0.0, 1.0) * STEPS as f64) as u64);
        }
    }

    /// It is done; nothing is left of the bar.
    pub(super) fn end(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
