//! Headers that a user wants on each request. They hold keys to backends, so their values are never shown.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue};

use super::{
    SettingsError,
    pairs::{self, Pair},
};

/// What a value is replaced with wherever it would appear.
const REDACTED: &str = "[redacted]";

/// Parts of values that are shorter than this are no secrets: blanking them would blank ordinary words.
const SHORTEST_SECRET_BYTES: usize = 6;

/// Headers which the protocol owns: another value would break the request.
const OWNED: [&str; 7] =
    ["content-type", "content-length", "content-encoding", "transfer-encoding", "connection", "te", "host"];

/// Names and values of headers; for gRPC, of metadata. `Debug` shows the names only.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers(HeaderMap);

impl Headers {
    /// Reads a list `name=value,name=value` whose values are percent-encoded. Of a name that comes twice the last counts.
    ///
    /// # Errors
    /// Tells the entry by its place in the list, never by what it says.
    pub fn read(variable: &str, list: &str) -> Result<Self, SettingsError> {
        let mut headers = HeaderMap::new();
        for Pair { entry, key, value } in pairs::read(variable, list)? {
            let wrong = |problem| SettingsError::Entry { name: variable.to_owned(), entry, problem };
            let name: HeaderName = key.parse().map_err(|_| wrong("has a name that no header can have"))?;
            if OWNED.contains(&name.as_str()) || name.as_str().starts_with("grpc-") {
                return Err(wrong("sets a header that belongs to the protocol"));
            }
            let mut value =
                HeaderValue::from_bytes(&value).map_err(|_| wrong("has a value that no header can have"))?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        Ok(Self(headers))
    }

    /// The headers; their values are marked as sensitive.
    #[must_use]
    pub fn as_map(&self) -> &HeaderMap {
        &self.0
    }

    /// `text` without any value of these headers: a backend may repeat a key in its error.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for value in self.0.values() {
            let value = String::from_utf8_lossy(value.as_bytes());
            // `Bearer abc`: the whole first, then each word of it.
            for secret in std::iter::once(&*value).chain(value.split_ascii_whitespace()) {
                if secret.len() >= SHORTEST_SECRET_BYTES {
                    text = text.replace(secret, REDACTED);
                }
            }
        }
        text
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.keys().map(|name| (name, REDACTED))).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(list: &str) -> Headers {
        Headers::read("H", list).unwrap()
    }

    #[test]
    fn names_are_lower_case_values_decoded_and_the_last_of_a_name_counts() {
        let headers = read("Api-Key=old,api-key=n%65w,X-Scope-OrgID=team%201");
        assert_eq!(headers.as_map().get("api-key").unwrap(), "new");
        assert_eq!(headers.as_map().get("x-scope-orgid").unwrap(), "team 1");
        assert_eq!(headers.as_map().len(), 2);
    }

    #[test]
    fn no_debug_text_shows_a_value() {
        let headers = read("authorization=Bearer%20s3cret-t0ken");
        assert_eq!(format!("{headers:?}"), r#"{"authorization": "[redacted]"}"#);
        assert!(!format!("{:?}", headers.as_map()).contains("s3cret"));
    }

    #[test]
    fn what_a_backend_repeats_of_a_value_is_blanked() {
        let headers = read("authorization=Bearer%20s3cret-t0ken");
        assert_eq!(headers.redact("token s3cret-t0ken expired"), "token [redacted] expired");
        assert_eq!(headers.redact("bad header: Bearer s3cret-t0ken"), "bad header: [redacted]");
    }

    #[test]
    fn a_name_or_value_that_no_request_can_carry_is_an_error_without_the_value() {
        for list in ["a b=s3cret", "a=s3cret%0Ax", "content-type=s3cret", "grpc-timeout=s3cret"] {
            let text = Headers::read("H", list).unwrap_err().to_string();
            assert!(text.starts_with("H: entry 1 "), "{text}");
            assert!(!text.contains("s3cret"), "{text}");
        }
    }
}
