//! Where the lines of a chart's grid are, and what stands beside them.

/// How many steps an axis of values has at most.
const MAX_VALUE_STEPS: f64 = 4.0;
/// How many labels an axis of time has at most.
const MAX_TIME_LABELS: i64 = 9;
/// Steps between labels of time that people can follow, in seconds.
const TIME_STEPS_S: [i64; 19] =
    [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, 86_400, 604_800];

/// Round values from 0 to at least `max`, evenly spaced: 2 to 5 of them. Without a `max` above 0 they are 0 and 1.
pub(super) fn values(max: f64) -> Vec<f64> {
    if !(max.is_finite() && max > 0.0) {
        return vec![0.0, 1.0];
    }
    let raw = max / MAX_VALUE_STEPS;
    let magnitude = 10_f64.powf(raw.log10().floor());
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * magnitude >= raw).unwrap_or(10.0);
    let step = factor * magnitude;
    let steps = (max / step).ceil().max(1.0) as u32;
    (0..=steps).map(|number| f64::from(number) * step).collect()
}

/// Seconds from the start of a range of `length_s` at which a label stands.
pub(super) fn seconds(length_s: i64) -> Vec<i64> {
    let longest = TIME_STEPS_S[TIME_STEPS_S.len() - 1];
    // A range of years gets multiples of the longest step.
    let fits = |step: &i64| length_s / step < MAX_TIME_LABELS;
    let step = TIME_STEPS_S.into_iter().find(fits).unwrap_or(length_s / MAX_TIME_LABELS / longest * longest + longest);
    (0..=length_s.max(0) / step).map(|number| number * step).collect()
}

/// Seconds since the start as a clock shows them: `1:30`, `2:00:00`.
pub(super) fn elapsed(seconds: i64) -> String {
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, minutes, seconds) => format!("{minutes}:{seconds:02}"),
        (hours, minutes, seconds) => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_axis_of_values_ends_at_or_above_the_largest_in_round_steps() {
        assert_eq!(values(37.0), [0.0, 10.0, 20.0, 30.0, 40.0]);
        assert_eq!(values(4.0), [0.0, 1.0, 2.0, 3.0, 4.0]);
        assert_eq!(values(0.0), [0.0, 1.0]);
        assert_eq!(values(f64::NAN), [0.0, 1.0]);
    }

    #[test]
    fn an_axis_of_time_has_labels_at_familiar_places() {
        assert_eq!(seconds(252), [0, 30, 60, 90, 120, 150, 180, 210, 240]);
        assert_eq!(seconds(3_600), [0, 600, 1_200, 1_800, 2_400, 3_000, 3_600]);
        assert_eq!(seconds(8), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(seconds(0), [0]);
        assert_eq!([59, 90, 7_200].map(elapsed), ["0:59", "1:30", "2:00:00"]);
    }

    proptest! {
        #[test]
        fn axes_are_short_and_cover_their_range(max in 1e-9_f64..1e15, length_s in 0_i64..1 << 40) {
            let values = values(max);
            prop_assert!((2..=5).contains(&values.len()), "{values:?}");
            prop_assert!(values[values.len() - 1] >= max * (1.0 - 1e-12));
            let seconds = seconds(length_s);
            prop_assert!((1..=MAX_TIME_LABELS as usize).contains(&seconds.len()), "{seconds:?}");
        }
    }
}
