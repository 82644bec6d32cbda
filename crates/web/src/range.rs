//! Ranges in addresses: `from` and `to`, whole Unix seconds.

use crate::api_error::ApiError;
use serde::Deserialize;
use std::ops::Range;

/// Seconds beyond these (some 30,000 years from now) are cut, so that nothing overflows that is computed from them.
const LIMITS_S: Range<i64> = -1_000_000_000_000..1_000_000_000_000;

/// `?from=&to=`: from the one up to, not including, the other. Without one of them, open on that side.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct RangeQuery {
    from: Option<i64>,
    to: Option<i64>,
}

impl RangeQuery {
    /// The range, or `None` for everything.
    pub(crate) fn range(self) -> Result<Option<Range<i64>>, ApiError> {
        if self.from.is_none() && self.to.is_none() {
            return Ok(None);
        }
        let within = |second: i64| second.clamp(LIMITS_S.start, LIMITS_S.end);
        let range = within(self.from.unwrap_or(i64::MIN))..within(self.to.unwrap_or(i64::MAX));
        if range.start > range.end {
            return Err(ApiError::BadRequest("the range ends before it begins".to_owned()));
        }
        Ok(Some(range))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(from: Option<i64>, to: Option<i64>) -> Option<Option<Range<i64>>> {
        RangeQuery { from, to }.range().ok()
    }

    #[test]
    fn a_range_may_be_open_on_either_side() {
        assert_eq!(range(None, None), Some(None));
        assert_eq!(range(Some(7), Some(7)), Some(Some(7..7)));
        assert_eq!(range(Some(7), None), Some(Some(7..LIMITS_S.end)));
        assert_eq!(range(None, Some(7)), Some(Some(LIMITS_S.start..7)));
        assert_eq!(range(Some(i64::MIN), Some(i64::MAX)), Some(Some(LIMITS_S)));
    }

    #[test]
    fn a_range_that_ends_before_it_begins_is_refused() {
        assert_eq!(range(Some(8), Some(7)), None);
    }
}
