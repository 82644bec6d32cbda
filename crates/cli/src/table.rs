//! A table of one column of labels and some of figures, within the page's width.

use crate::text::{PAGE_COLUMNS, columns, left, right};

/// Before a table that has the page for itself.
pub(crate) const INDENT: usize = 2;
/// Between two columns, unless the labels get too narrow.
const GAP: usize = 2;
/// Labels narrower than this are hard to tell apart: then the gaps give way.
const MIN_LABEL: usize = 14;

/// Labels at the left and `N` figures, aligned at the right.
#[derive(Debug)]
pub(crate) struct Table<const N: usize> {
    indent: usize,
    rows: Vec<(String, [String; N])>,
}

impl<const N: usize> Table<N> {
    /// A table with these titles, `indent` columns from the left.
    pub(crate) fn new(indent: usize, label: &str, figures: [&str; N]) -> Self {
        Self { indent, rows: vec![(label.to_owned(), figures.map(str::to_owned))] }
    }

    /// Adds a row.
    pub(crate) fn push(&mut self, label: String, figures: [String; N]) {
        self.rows.push((label, figures));
    }

    /// One line for the titles and for each row. Labels are shortened to what the figures leave of the page.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines_within(PAGE_COLUMNS)
    }

    /// The same for a page that is `page_columns` wide.
    pub(crate) fn lines_within(&self, page_columns: usize) -> Vec<String> {
        let mut widths = [0; N];
        for (_, figures) in &self.rows {
            for (width, figure) in widths.iter_mut().zip(figures) {
                *width = columns(figure).max(*width);
            }
        }
        let longest = self.rows.iter().map(|(label, _)| columns(label)).max().unwrap_or(0);
        let room = |gap: usize| page_columns.saturating_sub(self.indent + N * gap + widths.iter().sum::<usize>());
        let gap = if room(GAP) < longest.min(MIN_LABEL) { 1 } else { GAP };
        let label_width = longest.min(room(gap));
        let line = |(label, figures): &(String, [String; N])| {
            let mut line = format!("{:indent$}{}", "", left(label, label_width), indent = self.indent);
            for (figure, &width) in figures.iter().zip(&widths) {
                line.push_str(&" ".repeat(gap));
                line.push_str(&right(figure, width));
            }
            line
        };
        self.rows.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use locust_telemetry_core::Length;
    use locust_telemetry_report::words;
    use proptest::prelude::*;

    #[test]
    fn figures_are_aligned_at_the_right_under_their_titles() {
        let mut table = Table::new(INDENT, "endpoint", ["requests", "p50"]);
        table.push("GET /".to_owned(), ["7".to_owned(), "38.2 ms".to_owned()]);
        assert_eq!(table.lines(), ["  endpoint  requests      p50", "  GET /            7  38.2 ms"]);
    }

    #[test]
    fn a_long_label_is_shortened_to_what_the_figures_leave() {
        let mut table = Table::new(INDENT, "endpoint", ["requests"]);
        table.push("x".repeat(500), ["7".to_owned()]);
        assert!(table.lines().iter().all(|line| columns(line) == PAGE_COLUMNS));
    }

    #[test]
    fn the_widest_figures_leave_ten_columns_to_the_label() {
        let widest = |columns: usize| "9".repeat(columns);
        let mut table = Table::new(INDENT, "endpoint", ["requests", "rate", "fail", "p50", "p95", "p99", "max"]);
        table.push("GET /checkout".to_owned(), [words::COUNT_COLUMNS, 9, 6, 8, 8, 8, 8].map(widest));
        assert!(table.lines()[1].starts_with("  GET /…kout 9999"), "{:?}", table.lines());
    }

    proptest! {
        #[test]
        fn columns_line_up_within_the_page_for_any_names_and_counts(
            rows in prop::collection::vec(("(?s).{0,90}", any::<u64>(), 0_u32..64, 0.0..9.1e9_f64), 0..8),
            span_ns in any::<u64>(),
        ) {
            let mut table = Table::new(INDENT, "endpoint", ["requests", "rate", "fail", "p50", "p95", "p99", "max"]);
            for (name, number, shift, ms) in &rows {
                let number = number >> shift;
                let figure = words::latency(Some(*ms));
                table.push(name.clone(), [
                    words::count(number),
                    words::rate(number, Length::from_ns(span_ns >> (63 - shift))),
                    words::share(number / 2, number),
                    figure.clone(),
                    figure.clone(),
                    figure.clone(),
                    figure,
                ]);
            }
            let lines = table.lines();
            let width = columns(&lines[0]);
            prop_assert!(width <= PAGE_COLUMNS);
            for (line, (name, ..)) in lines[1..].iter().zip(&rows) {
                prop_assert_eq!(columns(line), width, "{:?}", line);
                prop_assert!(name.is_empty() || line.trim_end().len() > INDENT);
            }
        }
    }
}
