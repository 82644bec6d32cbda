//! How files about a run are called, by the command and by the page.

/// The longest part of a name, in bytes: with two of them it is shorter than the 255 that file systems take.
const MAX_PART_BYTES: usize = 100;

/// A name for a file about a run, of ASCII letters, digits, `.`, `_` and `-` only, which every file system and every header
/// takes: `checkout-load-7f3a91c2.html`. It begins with a letter, a digit or `_`.
#[must_use]
pub fn file_name(testplan: &str, run_id: &str, extension: &str) -> String {
    let parts = [plain(testplan), plain(run_id)];
    let parts: Vec<&str> = parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    let name = if parts.is_empty() { "run".to_owned() } else { parts.join("-") };
    format!("{name}.{extension}")
}

fn plain(text: &str) -> String {
    let is_kept = |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '_' | '-');
    let text: String = text.chars().map(|character| if is_kept(character) { character } else { '-' }).collect();
    text.trim_matches(['.', '-']).chars().take(MAX_PART_BYTES).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::path::Path;

    #[test]
    fn names_of_files_tell_the_run() {
        assert_eq!(file_name("checkout-load", "7f3a91c2", "html"), "checkout-load-7f3a91c2.html");
        assert_eq!(file_name("../a b\u{1b}", "..", "csv"), "a-b.csv");
        assert_eq!(file_name("käse", "", "csv"), "k-se.csv");
        assert_eq!(file_name("", "…", "csv"), "run.csv");
    }

    proptest! {
        #[test]
        fn no_name_leaves_its_folder_or_its_header(testplan in "(?s).{0,300}", run_id in "(?s).{0,300}") {
            let name = file_name(&testplan, &run_id, "html");
            prop_assert_eq!(Path::new(&name).components().count(), 1);
            prop_assert!(!name.starts_with(['.', '-']) && name.len() < 255);
            prop_assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)), "{}", name);
        }
    }
}
