//! What a process exports, beside what the environment says.

use crate::requests::Server;
use crate::settings::Settings;
use std::time::Duration;

/// All that an exporter needs to know.
#[derive(Debug, Clone)]
pub struct ExportConfig {
    /// What variables and options say of the backend.
    pub settings: Settings,
    /// Time between exports of metrics, unless the variables say another.
    pub interval: Duration,
    /// How long a flush may take in all.
    pub flush_timeout: Duration,
    /// What this process is: attributes of its resource; the variables' win.
    pub resource: Vec<(String, String)>,
    /// Whether the requests in this process's windows are exported.
    pub exports_requests: bool,
    /// Whether this process also tells what its workers would tell themselves: their users, system and confidence.
    pub speaks_for_workers: bool,
    /// Whether requests are also shown as the semantic conventions have them.
    pub is_semantic: bool,
    /// Where the load goes.
    pub server: Option<Server>,
    /// Whether ended series get an end marker.
    pub marks_end: bool,
}

impl ExportConfig {
    /// Whether requests are exported, the variables asked too.
    pub(crate) const fn takes_requests(&self) -> bool {
        self.exports_requests && self.settings.metrics.is_some()
    }

    pub(crate) fn export_interval(&self) -> Duration {
        self.settings.export_interval.unwrap_or(self.interval).max(Duration::from_millis(10))
    }
}
