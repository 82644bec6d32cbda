//! What a user may choose.

use crate::error::ConfigError;
use std::path::PathBuf;

/// The longest interval: a day, in seconds.
const MAX_INTERVAL_S: f64 = 86_400.0;

/// Where the lines go, and how many.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonFileConfig {
    /// The file. Its directory must exist, and no other process may write to it.
    pub path: PathBuf,
    /// The largest size of the file and of each old one, in bytes; at least 1. 256 MiB by default.
    pub max_bytes: u64,
    /// How many old files stay beside it; 0 deletes a full file. 4 by default.
    pub keep: u32,
    /// Seconds between lines of statistics: above 0, at most 86,400, rounded up to whole ones. 3 by
    /// default.
    pub interval_s: f64,
    /// Whether each interval is written, one line for each endpoint and on a master for each worker. True by default. If false, windows
    /// count as delivered at once: what they hold is in the summary of the run.
    pub endpoint_intervals: bool,
}

impl JsonFileConfig {
    /// The defaults, for a file at `path`.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), max_bytes: 256 << 20, keep: 4, interval_s: 3.0, endpoint_intervals: true }
    }

    /// Checks each value; nothing is opened.
    ///
    /// # Errors
    /// The first value that is outside of its limits.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if self.path.as_os_str().is_empty() {
            return Err(ConfigError::EmptyPath);
        }
        if self.max_bytes == 0 {
            return Err(ConfigError::NoRoom);
        }
        // Written so that NaN fails.
        if !(self.interval_s > 0.0 && self.interval_s <= MAX_INTERVAL_S) {
            return Err(ConfigError::Interval { given: self.interval_s, max: MAX_INTERVAL_S });
        }
        Ok(())
    }

    /// The length of an interval in whole seconds, at least 1.
    pub(crate) fn interval_whole_s(&self) -> u64 {
        self.interval_s.ceil().clamp(1.0, MAX_INTERVAL_S) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid() {
        JsonFileConfig::new("run.jsonl").validate().unwrap();
    }

    #[test]
    fn each_value_is_checked() {
        let good = JsonFileConfig::new("run.jsonl");
        assert_eq!(JsonFileConfig::new("").validate(), Err(ConfigError::EmptyPath));
        assert_eq!(JsonFileConfig { max_bytes: 0, ..good.clone() }.validate(), Err(ConfigError::NoRoom));
        for interval_s in [0.0, -1.0, f64::NAN, f64::INFINITY, 86_401.0] {
            let config = JsonFileConfig { interval_s, ..good.clone() };
            assert!(matches!(config.validate(), Err(ConfigError::Interval { .. })), "{interval_s}");
        }
    }

    #[test]
    fn fractions_of_a_second_round_up() {
        let whole = |interval_s| JsonFileConfig { interval_s, ..JsonFileConfig::new("f") }.interval_whole_s();
        assert_eq!([0.01, 1.0, 1.5, 3.0].map(whole), [1, 1, 2, 3]);
    }
}
