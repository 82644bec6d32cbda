//! A table by its columns: what charts read.

use rusqlite::types::ValueRef;
use rusqlite::{Row, Rows};
use serde_json::{Map, Value};

/// Columns of equal length, each with its name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Columns(Vec<(String, Vec<Value>)>);

impl Columns {
    /// Reads all that is left of `rows`.
    pub(crate) fn read(mut rows: Rows<'_>) -> rusqlite::Result<Self> {
        let names = rows.as_ref().into_iter().flat_map(|statement| statement.column_names());
        let mut columns: Vec<_> = names.map(|name| (name.to_owned(), Vec::new())).collect();
        while let Some(row) = rows.next()? {
            for (place, (_, values)) in columns.iter_mut().enumerate() {
                values.push(value(row, place)?);
            }
        }
        Ok(Self(columns))
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.first().map_or(0, |(_, values)| values.len())
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The names, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The values of a column: numbers, texts and nulls. None if there is no such column.
    #[must_use]
    pub fn column(&self, name: &str) -> &[Value] {
        self.0.iter().find(|(known, _)| known == name).map_or(&[], |(_, values)| values)
    }

    /// An object with a list for each column.
    #[must_use]
    pub fn to_json(&self) -> Value {
        self.0.iter().map(|(name, values)| (name.clone(), values.clone().into())).collect::<Map<_, _>>().into()
    }
}

fn value(row: &Row<'_>, place: usize) -> rusqlite::Result<Value> {
    Ok(match row.get_ref(place)? {
        ValueRef::Null | ValueRef::Blob(_) => Value::Null,
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => number.into(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into(),
    })
}
