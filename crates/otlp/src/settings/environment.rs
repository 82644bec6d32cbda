//! The environment as a function, and how its values are read.

use std::time::Duration;

use super::SettingsError;

/// The longest time that a variable may ask for, in milliseconds: a day.
const LONGEST_MS: u64 = 86_400_000;

/// The variables of one reading. Empty ones are not set, as the specification says.
pub(super) struct Environment<'a> {
    /// A variable's value.
    variable: &'a dyn Fn(&str) -> Option<String>,
}

impl<'a> Environment<'a> {
    /// Over a function that knows the variables.
    pub(super) fn new(variable: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { variable }
    }

    /// A variable without the blanks around it.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let value = (self.variable)(name)?;
        let value = value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// Whether a switch is on: only `true` (any case) is.
    pub(super) fn is_true(&self, name: &str) -> bool {
        self.text(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// `true` or `false`, any case.
    pub(super) fn truth(&self, name: &str) -> Result<Option<bool>, SettingsError> {
        self.choice(name, &[("true", true), ("false", false)], "true or false")
    }

    /// One of a few words, any case.
    pub(super) fn choice<T: Copy>(
        &self,
        name: &str,
        choices: &[(&str, T)],
        accepted: &'static str,
    ) -> Result<Option<T>, SettingsError> {
        let Some(value) = self.text(name) else { return Ok(None) };
        match choices.iter().find(|(word, _)| value.eq_ignore_ascii_case(word)) {
            Some((_, choice)) => Ok(Some(*choice)),
            None => Err(SettingsError::value(name, &value, accepted)),
        }
    }

    /// A time of at least one millisecond.
    pub(super) fn milliseconds(&self, name: &str) -> Result<Option<Duration>, SettingsError> {
        let accepted = "a whole number of milliseconds from 1 to 86400000 is needed";
        Ok(self.number(name, LONGEST_MS, accepted)?.map(Duration::from_millis))
    }

    /// How many of something: at least one.
    pub(super) fn count(&self, name: &str) -> Result<Option<usize>, SettingsError> {
        let accepted = "a whole number from 1 to 1000000 is needed";
        Ok(self.number(name, 1_000_000, accepted)?.and_then(|number| usize::try_from(number).ok()))
    }

    /// A whole number from 1 to `most`.
    fn number(&self, name: &str, most: u64, accepted: &'static str) -> Result<Option<u64>, SettingsError> {
        let Some(value) = self.text(name) else { return Ok(None) };
        match value.parse::<u64>() {
            Ok(number) if (1..=most).contains(&number) => Ok(Some(number)),
            _ => Err(SettingsError::value(name, &value, accepted)),
        }
    }
}
