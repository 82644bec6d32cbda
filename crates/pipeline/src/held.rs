//! Windows that wait until the process knows who it is, and how its clock stands to the master's.

use locust_telemetry_core::{RunIdentity, Window};
use std::collections::VecDeque;
use std::sync::Arc;

/// Seconds of windows that are kept.
const MAX_WINDOWS: usize = 600;

/// A window whose second is not known yet.
pub(crate) struct HeldWindow {
    /// A moment early in it, by this process's own clock: Unix nanoseconds (see [`crate::clock::early_in`]).
    pub(crate) early_unix_ns: i64,
    pub(crate) run: Arc<RunIdentity>,
    pub(crate) window: Window,
}

/// What is held back, and for want of what.
#[derive(Default)]
pub(crate) struct Held {
    pub(crate) awaits_identity: bool,
    pub(crate) awaits_clock: bool,
    windows: VecDeque<HeldWindow>,
}

impl Held {
    /// Whether windows are to be held back.
    pub(crate) fn is_holding(&self) -> bool {
        self.awaits_identity || self.awaits_clock
    }

    /// Keeps a window. Returns how many requests are lost because there are too many windows already.
    pub(crate) fn keep(&mut self, window: HeldWindow) -> u64 {
        if self.windows.len() >= MAX_WINDOWS {
            return window.window.requests.requests();
        }
        self.windows.push_back(window);
        0
    }

    /// Gives every window that is held its process: `identity` is that of the present run.
    pub(crate) fn name(&mut self, identity: &Arc<RunIdentity>) {
        for held in &mut self.windows {
            held.run = if held.run.run_id == identity.run_id {
                Arc::clone(identity)
            } else {
                // Of a run that ended before the process knew itself.
                let RunIdentity { role, source, source_id, .. } = &**identity;
                let (source, source_id) = (source.clone(), source_id.clone());
                Arc::new(RunIdentity { role: *role, source, source_id, ..(*held.run).clone() })
            };
        }
    }

    /// What can go now: everything, once nothing is awaited.
    pub(crate) fn release(&mut self) -> VecDeque<HeldWindow> {
        if self.is_holding() { VecDeque::new() } else { std::mem::take(&mut self.windows) }
    }
}
