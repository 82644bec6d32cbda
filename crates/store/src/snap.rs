//! Which range is really told where one is asked for. The page rounds in the same way
//! (`web/src/model/run.ts`, `Run.snapped`): both are held to `tests/golden/snapped.json`.

use crate::seal::{MINUTE_S, minute_of};
use std::ops::Range;

/// `asked` within the seconds `known` of a run, and of whole minutes before `compacted_until_s`, where no seconds are
/// left. Empty where nothing of it is within the run.
pub(crate) fn snap(asked: Option<Range<i64>>, known: Range<i64>, compacted_until_s: Option<i64>) -> Range<i64> {
    let asked = asked.unwrap_or_else(|| known.clone());
    let (mut from, mut until) = (asked.start.max(known.start), asked.end.min(known.end));
    if from >= until {
        return from..from;
    }
    let compacted = compacted_until_s.unwrap_or(i64::MIN);
    if from < compacted {
        from = minute_of(from);
    }
    if until < compacted {
        until = minute_of(until + MINUTE_S - 1);
    }
    from..until
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn ranges_are_rounded_as_the_page_rounds_them() {
        let cases: Vec<Value> = serde_json::from_str(include_str!("../tests/golden/snapped.json")).unwrap();
        let range = |value: &Value| Some(value[0].as_i64()?..value[1].as_i64()?);
        for case in &cases {
            let snapped =
                snap(range(&case["asked"]), range(&case["known"]).unwrap(), case["compacted_until_s"].as_i64());
            let expected = range(&case["snapped"]);
            assert_eq!(Some(snapped).filter(|snapped| !snapped.is_empty()), expected, "{case}");
        }
        assert!(cases.len() > 5);
    }
}
