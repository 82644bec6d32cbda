//! Whole numbers within bounds, as values of options.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// Reads a whole number within `bounds`; what is none is told what would be one.
pub(super) fn between<T>(bounds: RangeInclusive<T>) -> impl Fn(&str) -> Result<T, String> + Clone
where
    T: Clone + Display + FromStr + PartialOrd,
{
    move |text| {
        let number = text.parse().ok().filter(|number| bounds.contains(number));
        number.ok_or_else(|| format!("it takes a whole number from {} to {}", bounds.start(), bounds.end()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_within_the_bounds_are_taken() {
        let read = between::<u16>(1..=65_535);
        assert_eq!((read("1"), read("65535")), (Ok(1), Ok(65_535)));
        for text in ["", "abc", "0", "65536", "-1", "1.5", " 7", "99999999999999999999999"] {
            assert_eq!(read(text).unwrap_err(), "it takes a whole number from 1 to 65535", "{text}");
        }
    }
}
