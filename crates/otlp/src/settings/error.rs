//! What is wrong with a setting.

use thiserror::Error;

/// Values are cut after this many characters when they are shown.
const SHOWN_CHARACTERS: usize = 80;

/// A setting that cannot be used. Its text is one line, names the variable or option, and carries no secret.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SettingsError {
    /// Write one of the values that are accepted.
    #[error("{name}={value}: {accepted}")]
    Value {
        /// The variable or the option.
        name: String,
        /// What it says: one line, cut, without secrets.
        value: String,
        /// What would be accepted, as a sentence without its point.
        accepted: String,
    },
    /// Correct one entry of a list. The entry is told by its place, since it may be a secret.
    #[error("{name}: entry {entry} {problem}")]
    Entry {
        /// The variable.
        name: String,
        /// The entry's place, from 1.
        entry: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Set what is missing beside a variable, or take it away.
    #[error("{name} is set, but {missing} is not: both are needed, or neither")]
    Incomplete {
        /// The variable that is set.
        name: String,
        /// The one that is not.
        missing: String,
    },
}

impl SettingsError {
    /// A value that is no secret.
    pub(super) fn value(name: &str, value: &str, accepted: impl Into<String>) -> Self {
        let mut shown: String =
            value.chars().take(SHOWN_CHARACTERS).map(|c| if c.is_control() { '?' } else { c }).collect();
        if value.chars().nth(SHOWN_CHARACTERS).is_some() {
            shown.push('…');
        }
        Self::Value { name: name.to_owned(), value: shown, accepted: accepted.into() }
    }
}
