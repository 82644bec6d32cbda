//! Lists of `key=value,key=value`, percent-encoded: the form of W3C Baggage, without its `;` properties.
//!
//! <https://www.w3.org/TR/baggage/#header-content>; OpenTelemetry uses it for headers and for resource attributes.

use percent_encoding::percent_decode_str;

use super::SettingsError;

/// One entry of a list.
#[derive(Debug)]
pub(super) struct Pair {
    /// Its place in the list, from 1.
    pub(super) entry: usize,
    /// The decoded key; never empty.
    pub(super) key: String,
    /// The decoded value: bytes, since a header may hold any.
    pub(super) value: Vec<u8>,
}

/// The pairs of one variable in their order. Empty entries (as after a last comma) are none.
///
/// # Errors
/// Tells an entry by its place, never by what it says: it may be a secret.
pub(super) fn read(name: &str, list: &str) -> Result<Vec<Pair>, SettingsError> {
    let wrong = |entry, problem| SettingsError::Entry { name: name.to_owned(), entry, problem };
    let mut pairs = Vec::new();
    for (entry, text) in (1..).zip(list.split(',')) {
        if text.trim().is_empty() {
            continue;
        }
        let Some((key, value)) = text.split_once('=') else {
            return Err(wrong(entry, "has no '=': key=value,key=value is needed"));
        };
        if value.contains(';') {
            return Err(wrong(entry, "has a ';', which is not supported: write %3B for one that belongs to the value"));
        }
        let Ok(key) = percent_decode_str(key.trim()).decode_utf8() else {
            return Err(wrong(entry, "has a key that is not UTF-8"));
        };
        if key.is_empty() {
            return Err(wrong(entry, "has no key before its '='"));
        }
        pairs.push(Pair { entry, key: key.into_owned(), value: percent_decode_str(value.trim()).collect() });
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(list: &str) -> Vec<(String, String)> {
        let pairs = read("X", list).unwrap();
        pairs.into_iter().map(|pair| (pair.key, String::from_utf8(pair.value).unwrap())).collect()
    }

    fn pair(key: &str, value: &str) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    #[test]
    fn values_are_percent_decoded_and_blanks_around_them_do_not_count() {
        assert_eq!(texts(" a = b%20c%2Cd ,e=%C3%A9,"), [pair("a", "b c,d"), pair("e", "é")]);
    }

    #[test]
    fn a_value_may_hold_equals_signs_and_be_empty() {
        assert_eq!(texts("authorization=Basic dXNlcg==,x="), [pair("authorization", "Basic dXNlcg=="), pair("x", "")]);
    }

    #[test]
    fn a_plus_sign_and_a_lone_percent_sign_stay_as_they_are() {
        assert_eq!(texts("a=1+1,b=50%"), [pair("a", "1+1"), pair("b", "50%")]);
    }

    #[test]
    fn an_entry_that_is_no_pair_is_told_by_its_place_only() {
        for list in ["a=b,s3cret", ",=s3cret", "a=b,c=s3cret;d"] {
            let text = read("X", list).unwrap_err().to_string();
            assert!(text.starts_with("X: entry 2 has "), "{text}");
            assert!(!text.contains("s3cret"), "{text}");
        }
    }
}
