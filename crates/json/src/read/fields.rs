//! Typed access to the fields of an object, and the values that they may have.

use crate::error::ParseLineError;
use crate::time;
use serde_json::{Map, Value};

/// The largest count that is believed: 2^53, beyond which JSON numbers are not exact everywhere.
const MAX_COUNT: u64 = 1 << 53;

/// A count as Python may have written it: a whole number, perhaps as a float.
pub(super) fn count(value: &Value) -> Option<u64> {
    let whole = |number: f64| (number >= 0.0 && number <= MAX_COUNT as f64 && number.fract() == 0.0).then_some(number);
    let count = value.as_u64().or_else(|| value.as_f64().and_then(whole).map(|number| number as u64))?;
    (count <= MAX_COUNT).then_some(count)
}

/// The error that names a field.
pub(super) fn field(field: &'static str) -> ParseLineError {
    ParseLineError::Field { field }
}

/// Typed access to the fields of an object.
pub(super) struct Fields<'a>(pub(super) &'a Map<String, Value>);

impl<'a> Fields<'a> {
    /// What `read` makes of the field; an error if it is not there or `read` makes nothing of it.
    pub(super) fn get<T>(
        &self,
        key: &'static str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<T, ParseLineError> {
        self.0.get(key).and_then(read).ok_or(field(key))
    }

    /// The same of a field that may be null.
    pub(super) fn nullable<T>(
        &self,
        key: &'static str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, ParseLineError> {
        self.get(key, |value| if value.is_null() { Some(None) } else { read(value).map(Some) })
    }

    /// A text.
    pub(super) fn text(&self, key: &'static str) -> Result<String, ParseLineError> {
        self.get(key, |value| value.as_str().map(Into::into))
    }

    /// A whole number of at most 2^53.
    pub(super) fn count(&self, key: &'static str) -> Result<u64, ParseLineError> {
        self.get(key, count)
    }

    /// A moment, in milliseconds since the Unix epoch.
    pub(super) fn time_ms(&self, key: &'static str) -> Result<i64, ParseLineError> {
        self.get(key, |value| value.as_str().and_then(time::parse_ms))
    }

    /// A list of objects.
    pub(super) fn objects<T>(
        &self,
        key: &'static str,
        read: impl Fn(&Fields<'a>) -> Result<T, ParseLineError>,
    ) -> Result<Vec<T>, ParseLineError> {
        let object = |value: &'a Value| read(&Fields(value.as_object().ok_or(field(key))?));
        self.get(key, Value::as_array)?.iter().map(object).collect()
    }

    /// A figure, or null where it is not known.
    pub(super) fn figure(&self, key: &'static str) -> Result<Option<f64>, ParseLineError> {
        self.nullable(key, Value::as_f64)
    }

    /// A list of texts.
    pub(super) fn texts(&self, key: &'static str) -> Result<Vec<String>, ParseLineError> {
        let text = |value: &Value| value.as_str().map(Into::into);
        self.get(key, |list| list.as_array()?.iter().map(text).collect())
    }

    /// What `read` makes of the fields that records have had since some version; `None` in older ones, which lack
    /// `key`.
    pub(super) fn since<T>(
        &self,
        key: &'static str,
        read: impl FnOnce(&Self) -> Result<T, ParseLineError>,
    ) -> Result<Option<T>, ParseLineError> {
        if self.0.contains_key(key) { read(self).map(Some) } else { Ok(None) }
    }
}
