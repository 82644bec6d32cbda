//! Figures as columns: what CSV, JSON and Parquet have in common.

/// One table of an export.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: usize,
}

/// One column, with its unit in its name.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Column {
    /// The name: a stable part of the format.
    pub(crate) name: &'static str,
    /// The values, one for each row.
    pub(crate) cells: Cells,
}

/// The values of a column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cells {
    /// Counts.
    Count(Vec<u64>),
    /// Counts that may be unknown.
    PerhapsCount(Vec<Option<u64>>),
    /// Measurements; there is none where nothing was measured.
    Number(Vec<Option<f64>>),
    /// Texts.
    Text(Vec<String>),
    /// Moments, in whole seconds since the Unix epoch.
    Time(Vec<i64>),
}

/// One value of a column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Cell<'a> {
    /// There is no value.
    Missing,
    /// A count.
    Count(u64),
    /// A measurement, finite.
    Number(f64),
    /// Text as it was recorded: whoever writes it must escape it.
    Text(&'a str),
    /// A moment in whole seconds since the Unix epoch.
    Time(i64),
}

impl Cells {
    fn len(&self) -> usize {
        match self {
            Self::Count(values) => values.len(),
            Self::PerhapsCount(values) => values.len(),
            Self::Number(values) => values.len(),
            Self::Text(values) => values.len(),
            Self::Time(values) => values.len(),
        }
    }

    /// The value of one row; missing beyond the end.
    pub(crate) fn cell(&self, row: usize) -> Cell<'_> {
        let cell = match self {
            Self::Count(values) => values.get(row).map(|value| Cell::Count(*value)),
            Self::PerhapsCount(values) => values.get(row).copied().flatten().map(Cell::Count),
            // What is not finite has no place in JSON, and is no measurement.
            Self::Number(values) => {
                values.get(row).copied().flatten().filter(|value| value.is_finite()).map(Cell::Number)
            }
            Self::Text(values) => values.get(row).map(|value| Cell::Text(value)),
            Self::Time(values) => values.get(row).map(|value| Cell::Time(*value)),
        };
        cell.unwrap_or(Cell::Missing)
    }
}

impl Table {
    /// A table of these columns, which are equally long.
    pub(crate) fn new(columns: Vec<Column>) -> Self {
        let rows = columns.first().map_or(0, |column| column.cells.len());
        debug_assert!(columns.iter().all(|column| column.cells.len() == rows));
        Self { columns, rows }
    }

    /// The columns, in their order.
    pub(crate) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// How many rows there are.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }
}
