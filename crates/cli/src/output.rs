//! Where a report or an export goes: standard output, or a file that is whole or not there.

use crate::error::WriteFileError;
use locust_telemetry_report::report_file;
use std::path::{Path, PathBuf};

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

/// A name for a file about a run, of letters, digits, dots, `-` and `_` only: `checkout-load-7f3a91c2.html`.
pub(crate) fn file_name(testplan: &str, run_id: &str, extension: &str) -> PathBuf {
    /// Names of files may be 255 bytes long on most systems, and a character has four at most.
    const MAX_PART_CHARACTERS: usize = 28;
    let plain = |text: &str| {
        let kept = |character: char| character.is_alphanumeric() || matches!(character, '.' | '_' | '-');
        let text: String = text.chars().map(|character| if kept(character) { character } else { '-' }).collect();
        let text: String = text.trim_matches(['.', '-']).chars().take(MAX_PART_CHARACTERS).collect();
        text
    };
    let parts: Vec<String> = [plain(testplan), plain(run_id)].into_iter().filter(|part| !part.is_empty()).collect();
    let name = if parts.is_empty() { "run".to_owned() } else { parts.join("-") };
    PathBuf::from(format!("{name}.{extension}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_of_files_tell_the_run() {
        assert_eq!(file_name("checkout-load", "7f3a91c2", "html"), Path::new("checkout-load-7f3a91c2.html"));
        assert_eq!(file_name("../a b\u{1b}", "..", "csv"), Path::new("a-b.csv"));
    }

    proptest! {
        #[test]
        fn no_name_leaves_its_folder(testplan in "(?s).{0,80}", run_id in "(?s).{0,80}") {
            let name = file_name(&testplan, &run_id, "html");
            prop_assert_eq!(name.components().count(), 1);
            prop_assert!(!name.to_string_lossy().starts_with(['.', '-']));
        }
    }
}
