//! Files about a run: each whole, or not there.

use crate::error::WriteReportError;
use crate::html;
use locust_telemetry_store::Store;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Behind the name of a file that is being written.
const UNFINISHED: &str = ".unfinished";

/// Writes the report of a run of the store at `store_path` to `path`.
///
/// # Errors
/// When the run cannot be read, or the file not be written; then it is as it was before.
pub fn write(store_path: &Path, run_id: &str, path: &Path) -> Result<(), WriteReportError> {
    let store = Store::open(store_path)?;
    let run = store.run(run_id)?.ok_or_else(|| WriteReportError::UnknownRun { run_id: run_id.to_owned() })?;
    let report = html::encode(&run, None, &mut |_| {})?;
    replace(path, report.as_bytes()).map_err(|source| WriteReportError::Write { path: path.to_owned(), source })
}

/// Writes `bytes` beside the file and puts them in its place at the end, so that nobody sees half of it.
///
/// # Errors
/// When it cannot be written; then it is as it was before.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // What is there and no regular file (a pipe, /dev/null) is written to as it is.
    if fs::metadata(path).is_ok_and(|known| !known.is_file()) {
        return fs::OpenOptions::new().write(true).open(path)?.write_all(bytes);
    }
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(UNFINISHED);
    let unfinished = PathBuf::from(unfinished);
    let written = fs::write(&unfinished, bytes).and_then(|()| fs::rename(&unfinished, path));
    if written.is_err() {
        // What cannot be removed was most likely never made.
        let _ = fs::remove_file(&unfinished);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_as_a_whole_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.html");
        fs::write(&path, "old").unwrap();
        replace(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_is_not_there_is_a_fault_and_stays_away() {
        let folder = tempfile::tempdir().unwrap();
        assert!(replace(&folder.path().join("no/report.html"), b"new").is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn without_a_store_there_is_no_report_and_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let (store, report) = (folder.path().join("runs.db"), folder.path().join("report.html"));
        assert!(matches!(write(&store, "7f3a", &report), Err(WriteReportError::Open(_))));
        assert!(!report.exists());
    }
}
