//! Which engine a Python object means: its own, or after a fork during a run a fresh one.
//!
//! A fork copies locks as they are, held ones too, and leaves the threads behind. A child of a recording
//! process therefore never touches the engine that it inherited: it gets one that has seen nothing.

use locust_telemetry_core::{DEFAULT_MAX_SERIES, SystemSample};
use locust_telemetry_pipeline::Engine;
use locust_telemetry_system::SystemSampler;
use std::sync::{Mutex, OnceLock, PoisonError};

/// An engine, its stand-in after a fork, and the sampler that belongs to it.
pub(crate) struct Handle {
    own: Engine,
    after_fork: OnceLock<Engine>,
    sampler: Mutex<Option<(u32, SystemSampler)>>,
}

impl Handle {
    pub(crate) fn new(max_series: usize) -> Self {
        Self { own: Engine::new(max_series), after_fork: OnceLock::new(), sampler: Mutex::new(None) }
    }

    /// The engine to use. Cost: one atomic load.
    #[inline]
    pub(crate) fn engine(&self) -> &Engine {
        self.after_fork.get().unwrap_or(&self.own)
    }

    /// In the child of a fork: leaves the inherited engine alone from now on.
    pub(crate) fn renew_after_fork(&self) {
        self.after_fork.get_or_init(|| Engine::new(DEFAULT_MAX_SERIES));
    }

    /// Keeps `sampler` running, whose samples periodic records read.
    pub(crate) fn keep(&self, sampler: SystemSampler) {
        *self.sampler.lock().unwrap_or_else(PoisonError::into_inner) = Some((std::process::id(), sampler));
    }

    /// The sampler's newest sample.
    pub(crate) fn system(&self) -> Option<SystemSample> {
        let kept = self.sampler.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().filter(|(pid, _)| *pid == std::process::id()).and_then(|(_, sampler)| sampler.latest())
    }

    /// Ends the sampler's thread. In a forked child there is none to end, or to wait for.
    pub(crate) fn stop_sampler(&self) {
        let kept = self.sampler.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((pid, sampler)) = kept
            && pid != std::process::id()
        {
            std::mem::forget(sampler);
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.stop_sampler();
    }
}
