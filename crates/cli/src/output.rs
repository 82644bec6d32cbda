//! Where a report or an export goes: standard output, or a file that is whole or not there.

use crate::error::WriteFileError;
use locust_telemetry_report::report_file;
use std::path::Path;

/// The path that stands for standard output.
const STANDARD_OUTPUT: &str = "-";

/// Writes `bytes` to the file at `path`.
///
/// # Errors
/// When it cannot be written; then it is as it was before.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), WriteFileError> {
    report_file::replace(path, bytes).map_err(|source| WriteFileError { path: path.display().to_string(), source })
}

/// Whether `path` stands for standard output.
pub(crate) fn is_standard(path: &Path) -> bool {
    path == Path::new(STANDARD_OUTPUT)
}
