//! CSV as RFC 4180 describes it, one line of titles first, lines ended by `\n`.

use crate::table::{Cell, Table};
use crate::time;
use std::borrow::Cow;

/// With these a spreadsheet takes a cell for a formula.
const FORMULA_STARTS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// The table as CSV. Missing values are empty; times are RFC 3339 in UTC; numbers read back to the same number.
///
/// A text that a spreadsheet would take for a formula gets an apostrophe before it, since the names of requests come
/// from the tested system's addresses, which anybody may have chosen.
pub(crate) fn encode(table: &Table) -> String {
    let mut text = table.columns().iter().map(|column| column.name).collect::<Vec<_>>().join(",");
    text.push('\n');
    for row in 0..table.rows() {
        for (position, column) in table.columns().iter().enumerate() {
            if position > 0 {
                text.push(',');
            }
            match column.cells.cell(row) {
                Cell::Missing => {}
                Cell::Count(value) => text.push_str(&value.to_string()),
                Cell::Number(value) => text.push_str(&value.to_string()),
                Cell::Time(second) => text.push_str(&time::rfc3339(second)),
                Cell::Text(value) => text.push_str(&field(value)),
            }
        }
        text.push('\n');
    }
    text
}

/// A text as one field.
fn field(text: &str) -> Cow<'_, str> {
    let guarded = if text.starts_with(FORMULA_STARTS) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) };
    if guarded.contains(['"', ',', '\n', '\r']) {
        Cow::Owned(format!("\"{}\"", guarded.replace('"', "\"\"")))
    } else {
        guarded
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Cells, Column};
    use proptest::prelude::*;

    fn of(texts: &[&str]) -> String {
        let cells = Cells::Text(texts.iter().map(|text| (*text).to_owned()).collect());
        encode(&Table::new(vec![Column { name: "name", cells }]))
    }

    #[test]
    fn what_would_end_a_field_is_quoted() {
        assert_eq!(
            of(&["/a", "/a,b", "say \"hi\"", "two\nlines"]),
            "name\n/a\n\"/a,b\"\n\"say \"\"hi\"\"\"\n\"two\nlines\"\n"
        );
    }

    #[test]
    fn no_field_begins_a_formula() {
        assert_eq!(
            of(&["=HYPERLINK(\"x\")", "+1", "-1", "@SUM(A1)", "\tx", "a=b"]),
            "name\n\"'=HYPERLINK(\"\"x\"\")\"\n'+1\n'-1\n'@SUM(A1)\n'\tx\na=b\n"
        );
    }

    #[test]
    fn missing_values_are_empty_and_times_are_utc() {
        let columns = vec![
            Column { name: "time", cells: Cells::Time(vec![1_767_323_045]) },
            Column { name: "p50_ms", cells: Cells::Number(vec![None]) },
            Column { name: "status", cells: Cells::PerhapsCount(vec![Some(503)]) },
        ];
        assert_eq!(encode(&Table::new(columns)), "time,p50_ms,status\n2026-01-02T03:04:05Z,,503\n");
    }

    proptest! {
        #[test]
        fn numbers_read_back_to_the_last_bit(value in any::<f64>().prop_filter("finite", |value| value.is_finite())) {
            let text = encode(&Table::new(vec![Column { name: "x", cells: Cells::Number(vec![Some(value)]) }]));
            let read: f64 = text.lines().nth(1).unwrap().parse().unwrap();
            prop_assert_eq!(read.to_bits(), value.to_bits());
        }
    }
}
