//! The HTTP target of tests and benchmarks: a small shop whose endpoints behave as real ones do (fast, slow, cached,
//! flaky, loaded).
//!
//! It exists so that they have something to load whose behaviour is known, and whose own count of answers ([`counts`])
//! is independent of Locust's. Start at [`routes`]: it says what each endpoint does.
//!
//! **Absent on purpose:** anything of the recorder itself. The target knows nothing of Locust or of telemetry.

pub mod bodies;
pub mod counts;
pub mod latency;
pub mod routes;
