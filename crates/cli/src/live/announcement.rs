//! Which run is on, as the process says that records it.

use serde_json::Value;
use std::fs;
use std::path::PathBuf;

/// A file to which a line is added for each run that starts.
#[derive(Debug)]
pub(super) struct Announcement(PathBuf);

impl Announcement {
    /// The file at `path`, which need not be there yet.
    pub(super) const fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Store and id of the run that was announced last. A line that is still being written does not count yet.
    pub(super) fn newest(&self) -> Option<(PathBuf, String)> {
        let text = fs::read_to_string(&self.0).ok()?;
        let (whole, _) = text.rsplit_once('\n')?;
        let told: Value = serde_json::from_str(whole.lines().next_back()?).ok()?;
        Some((told.get("store")?.as_str()?.into(), told.get("run_id")?.as_str()?.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn newest(text: &str) -> Option<(PathBuf, String)> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("runs");
        fs::write(&path, text).unwrap();
        Announcement::new(path).newest()
    }

    #[test]
    fn the_last_whole_line_names_the_run() {
        let line = |run_id: &str| format!("{{\"store\": \"/a/runs.db\", \"run_id\": \"{run_id}\"}}\n");
        let of = |run_id: &str| Some((PathBuf::from("/a/runs.db"), run_id.to_owned()));
        assert_eq!(newest(&line("r1")), of("r1"));
        assert_eq!(newest(&(line("r1") + &line("r2"))), of("r2"));
        assert_eq!(newest(&(line("r1") + "{\"store\": \"/a")), of("r1"));
    }

    #[test]
    fn nothing_is_announced_without_a_file_or_a_whole_line() {
        assert_eq!(Announcement::new("/nowhere/at/all".into()).newest(), None);
        assert_eq!(newest("{\"store\": \"/a/runs.db\", \"run_id\": \"r1\"}"), None);
        assert_eq!(newest("{}\n"), None);
    }
}
