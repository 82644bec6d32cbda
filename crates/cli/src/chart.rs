//! A curve over time drawn with block characters.

use crate::text::{left, right};

/// Before a curve stand its title, its scale and a space.
const TITLE_COLUMNS: usize = 10;
const SCALE_COLUMNS: usize = 9;
/// What stands before a curve.
pub(crate) const MARGIN_COLUMNS: usize = TITLE_COLUMNS + SCALE_COLUMNS + 1;
/// Eighths of a cell, from empty to full.
const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const EIGHTHS: u64 = 8;

/// What is drawn.
#[derive(Debug)]
pub(crate) struct Chart<'a> {
    /// What the curve shows.
    pub(crate) title: &'a str,
    /// One value for each stretch of time, not negative; `None` where there is none.
    pub(crate) values: &'a [Option<f64>],
    /// How many lines it takes, at least 1.
    pub(crate) lines: usize,
    /// How many columns the curve takes.
    pub(crate) columns: usize,
}

/// A line of a chart: what stands before the curve, and the curve.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Title and scale.
    pub(crate) margin: String,
    /// As many columns as the chart has.
    pub(crate) plot: String,
}

impl Chart<'_> {
    /// The lines from top to bottom. The scale goes from 0 to the largest value, which `unit` puts into words.
    pub(crate) fn lines(&self, unit: impl Fn(f64) -> String) -> Vec<Line> {
        let max = self.values.iter().flatten().copied().fold(0.0, f64::max);
        let lines = self.lines.max(1) as u64;
        let heights = stretch(self.values, self.columns).map(|value| match value {
            // What is above zero is seen to be.
            Some(value) if value > 0.0 => ((value / max * (lines * EIGHTHS) as f64).round() as u64).max(1),
            _ => 0,
        });
        let heights: Vec<u64> = heights.collect();
        let line = |number: u64| {
            let below = (lines - 1 - number) * EIGHTHS;
            let block = |height: &u64| BLOCKS[height.saturating_sub(below).min(EIGHTHS) as usize];
            let scale = match number {
                0 => unit(max),
                last if last == lines - 1 => "0".to_owned(),
                _ => String::new(),
            };
            let title = if number == 0 { self.title } else { "" };
            let margin = format!("{}{} ", left(&format!("  {title}"), TITLE_COLUMNS), right(&scale, SCALE_COLUMNS));
            Line { margin, plot: heights.iter().map(block).collect() }
        };
        (0..lines).map(line).collect()
    }
}

/// The values over the columns of a plot: each the same number of columns, give or take one.
fn stretch<T: Copy>(values: &[T], columns: usize) -> impl Iterator<Item = T> {
    let columns = if values.is_empty() { 0 } else { columns };
    (0..columns).map(move |column| values[column * values.len() / columns])
}

/// A line of marks, one for each stretch of time.
pub(crate) fn mark_line(title: &str, marks: &[char], columns: usize) -> String {
    let margin = left(&format!("  {title}"), MARGIN_COLUMNS);
    margin + &stretch(marks, columns).collect::<String>()
}

/// The line under the charts: the start at the left, `end` at the right.
pub(crate) fn time_line(start: &str, end: &str, columns: usize) -> String {
    let margin = " ".repeat(MARGIN_COLUMNS);
    let half = columns / 2;
    format!("{margin}{}{}", left(start, half), right(end, columns - half))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{PAGE_COLUMNS, columns};
    use proptest::prelude::*;

    const PLOT_COLUMNS: usize = 60;

    fn plots(values: &[Option<f64>], lines: usize) -> Vec<String> {
        Chart { title: "rate", values, lines, columns: PLOT_COLUMNS }
            .lines(|max| format!("{max}/s"))
            .into_iter()
            .map(|line| line.plot)
            .collect()
    }

    #[test]
    fn a_curve_rises_from_eighth_to_eighth() {
        let values: Vec<_> = (0..PLOT_COLUMNS).map(|column| Some(column.min(8) as f64)).collect();
        assert!(plots(&values, 1)[0].starts_with(" ▁▂▃▄▅▆▇██"), "{:?}", plots(&values, 1));
        assert!(plots(&values, 2)[0].starts_with("     ▂▄▆██"), "{:?}", plots(&values, 2));
        assert!(plots(&values, 2)[1].starts_with(" ▂▄▆██"), "{:?}", plots(&values, 2));
    }

    #[test]
    fn the_largest_value_and_zero_stand_beside_it() {
        let lines = Chart { title: "rate", values: &[Some(7.0)], lines: 3, columns: PLOT_COLUMNS }
            .lines(|max| format!("{max}/s"));
        let margins: Vec<_> = lines.iter().map(|line| line.margin.as_str()).collect();
        assert_eq!(margins, ["  rate          7/s ", "                    ", "                  0 "]);
    }

    #[test]
    fn few_values_are_stretched_and_none_are_nothing() {
        let plot = &plots(&[Some(1.0), None], 1)[0];
        assert_eq!(plot.trim_end().chars().count(), PLOT_COLUMNS / 2);
        assert_eq!(plots(&[], 1), [""]);
    }

    #[test]
    fn what_is_above_zero_is_seen() {
        assert!(plots(&[Some(1e-9), Some(1e9)], 1)[0].starts_with('▁'));
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_the_page(
            values in prop::collection::vec(prop::option::of(0.0..1e18_f64), 0..200), lines in 0_usize..6,
        ) {
            for line in (Chart { title: "failures", values: &values, lines, columns: PLOT_COLUMNS }).lines(|max| format!("{max}")) {
                prop_assert!(columns(&line.margin) + columns(&line.plot) <= PAGE_COLUMNS);
            }
        }
    }
}
