//! What a user may choose.

use std::env;
use std::path::PathBuf;

/// Where runs are kept, and how many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreConfig {
    /// The file. Its directory is made where it is missing. Several processes may write to one file.
    pub path: PathBuf,
    /// How many runs are kept, the newest; `None` keeps all. None by default. A run that is on is never deleted.
    pub keep_runs: Option<u32>,
    /// How many days a run is kept after its end; `None` keeps it for ever. None by default.
    pub keep_days: Option<u32>,
    /// After how many seconds the seconds of a run become minutes; `None` keeps them. None by default. Counts, bytes and
    /// distributions stay exact; only ranges that begin or end within such a minute are widened to the whole of it.
    pub compact_after_s: Option<u64>,
    /// How many seconds a window may come after its second and still find it open. 10 by default. Later ones are added
    /// all the same, at more cost.
    pub max_lateness_s: u32,
    /// Annotations that each run gets at its start. None by default.
    pub notes: Vec<String>,
}

impl StoreConfig {
    /// The defaults, for a file at `path`.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            keep_runs: None,
            keep_days: None,
            compact_after_s: None,
            max_lateness_s: 10,
            notes: Vec::new(),
        }
    }
}

/// The store of the user who runs this process: `locust-telemetry/runs.db` in the directory that the platform has for a
/// user's data, or `None` where it tells none.
#[must_use]
pub fn default_path() -> Option<PathBuf> {
    let named = |variable: &str| env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    let below_home = |path: &str| env::home_dir().filter(|home| home.is_absolute()).map(|home| home.join(path));
    let data = if cfg!(windows) {
        named("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        below_home("Library/Application Support")
    } else {
        named("XDG_DATA_HOME").or_else(|| below_home(".local/share"))
    };
    data.map(|data| data.join("locust-telemetry").join("runs.db"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_a_file_of_the_user() {
        let path = default_path().unwrap();
        assert!(path.is_absolute() && path.ends_with("locust-telemetry/runs.db"), "{path:?}");
    }
}
