//! Where a report or an export goes: standard output, or a file that is whole or not there.

use crate::error::WriteFileError;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The path that stands for standard output.
const STANDARD_OUTPUT: &str = "-";
/// Behind the name of a file that is being written.
const UNFINISHED: &str = ".unfinished";

/// Writes `bytes` to the file at `path`.
///
/// # Errors
/// When it cannot be written; then it is as it was before.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), WriteFileError> {
    write_file(path, bytes).map_err(|source| WriteFileError { path: path.display().to_string(), source })
}

/// Whether `path` stands for standard output.
pub(crate) fn is_standard(path: &Path) -> bool {
    path == Path::new(STANDARD_OUTPUT)
}

/// Writes beside the file and puts it in its place at the end, so that nobody sees half of it.
fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
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
    fn a_file_is_replaced_as_a_whole_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.html");
        fs::write(&path, "old").unwrap();
        write_file(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_is_not_there_is_a_fault_and_stays_away() {
        let folder = tempfile::tempdir().unwrap();
        assert!(write_file(&folder.path().join("no/report.html"), b"new").is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

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
